/* What is understood of a command line, and what is said to one that is not. */
#include "ferry_test.h"

#include "base/mem.h"
#include "fixture.h"

static int reset(void **state)
{
    (void)state;
    fake_reset();
    fake_answer(FERRY_OK, "{\"run\":\"upgrade-1\",\"state\":\"done\"}", NULL, NULL);
    return 0;
}

static void options_become_settings_in_the_order_given(void **state)
{
    struct output output;

    (void)state;
    run_cli(&output, "run", "up.yaml", "--manager", "https://a", "--set", "manager.url=https://b",
            "--username=u", "--password-file", "/p", "--tenant", "t", "--ca", "c.pem",
            "--snapshot=s.zip", "--snapshot-id", "i", "--profile", "x", "--stop-before", "restore",
            NULL);
    assert_int_equal(output.exit, 0);
    assert_string_equal(fake.called, "run");
    assert_string_equal(fake.file, "up.yaml");
    assert_string_equal(fake.stop_before, "restore");
    assert_string_equal(fake.settings, "manager.url=https://a\nmanager.url=https://b\n"
                                       "manager.username=u\nmanager.password.file=/p\n"
                                       "manager.tenant=t\nmanager.ca=c.pem\n"
                                       "snapshot.file=s.zip\nsnapshot.id=i\n"
                                       "manager.profile=x\n");
    output_free(&output);
}

static void a_manager_may_have_several_nodes(void **state)
{
    struct output output;

    (void)state;
    run_cli(&output, "run", "up.yaml", "--manager", "https://a", "--token-file", "/t",
            "--manager=https://b,https://c", NULL);
    assert_int_equal(output.exit, 0);
    assert_string_equal(fake.settings, "manager.url=https://a\nmanager.token.file=/t\n"
                                       "manager.url=https://a,https://b,https://c\n");
    output_free(&output);
}

static void what_may_change_under_a_run_may_be_given_to_resume_and_cancel(void **state)
{
    static const char *const commands[] = {"resume", "cancel"};

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(commands); at++) {
        struct output output;

        (void)reset(NULL);
        run_cli(&output, commands[at], "upgrade-1", "--manager", "https://a", "--ca", "c.pem",
                "--password-file", "/p", "--token-file", "/t", "--set", "limits.in_flight=3", NULL);
        assert_int_equal(output.exit, 0);
        assert_string_equal(fake.called, commands[at]);
        assert_string_equal(fake.run, "upgrade-1");
        assert_string_equal(fake.file, "");
        assert_false(fake.leave);
        assert_string_equal(fake.settings, "manager.url=https://a\nmanager.ca=c.pem\n"
                                           "manager.password.file=/p\nmanager.token.file=/t\n"
                                           "limits.in_flight=3\n");
        output_free(&output);
    }
}

static void cancel_may_leave_the_manager_as_it_is(void **state)
{
    struct output output;

    (void)state;
    run_cli(&output, "cancel", "upgrade-1", "--leave", NULL);
    assert_int_equal(output.exit, 0);
    assert_true(fake.leave);
    output_free(&output);
}

static void options_may_stand_before_the_command(void **state)
{
    struct output output;

    (void)state;
    run_cli(&output, "--journal", "/j.db", "--json", "status", "upgrade-1", NULL);
    assert_int_equal(output.exit, 0);
    assert_string_equal(fake.journal, "/j.db");
    assert_string_equal(fake.command, "ferry status");
    assert_string_equal(fake.run, "upgrade-1");
    output_free(&output);
}

static void a_word_behind_two_dashes_is_no_option(void **state)
{
    struct output output;

    (void)state;
    run_cli(&output, "cancel", "--", "--json", NULL);
    assert_int_equal(output.exit, 0);
    assert_string_equal(fake.called, "cancel");
    assert_string_equal(fake.run, "--json");
    output_free(&output);
}

static void what_is_left_out_is_null(void **state)
{
    struct output output;

    (void)state;
    run_cli(&output, "resume", NULL);
    assert_string_equal(fake.called, "resume");
    assert_string_equal(fake.run, "");
    assert_string_equal(fake.file, "");
    assert_string_equal(fake.journal, "");
    output_free(&output);
}

struct refusal {
    const char *words[6];
    const char *message, *hint;
};

static void mistakes_exit_with_2_and_say_what_to_do(void **state)
{
    static const struct refusal refusals[] = {
        {{NULL}, "no command is given", "ferry --help shows the commands"},
        {{"rnu"}, "unknown command 'rnu'", "did you mean ferry run?"},
        {{"statsu"}, "unknown command 'statsu'", "did you mean ferry status?"},
        {{"up.yaml"}, "unknown command 'up.yaml'", "ferry run up.yaml?"},
        {{"zzzzzz"}, "unknown command 'zzzzzz'", "ferry --help shows the commands"},
        {{"run", "--manger", "x"}, "unknown option --manger", "did you mean --manager?"},
        {{"run", "--jsno"}, "unknown option --jsno", "did you mean --json?"},
        {{"run", "-Z"}, "unknown option -Z", "ferry --help"},
        {{"run", "--set"}, "--set wants a value: KEY=VALUE", ""},
        {{"run", "--set", "abc"}, "--set wants KEY=VALUE", "agents.concurrency=10"},
        {{"run", "--json=yes"}, "--json takes no value", ""},
        {{"run", "a.yaml", "b.yaml"}, "'b.yaml' is one word too many", "ferry run --help"},
        {{"cancel"}, "ferry cancel wants RUN", "ferry cancel --help"},
        {{"resolve", "upgrade-1"}, "ferry resolve wants RUN UNIT", "ferry resolve --help"},
        {{"resolve", "r", "u"}, "wants --as done|absent|failed", "look at the manager first"},
        {{"resolve", "r", "u", "--as", "dnoe"}, "--as wants done, absent or failed", "mean done?"},
        {{"resolve", "r", "u", "--as", "x"}, "done, absent or failed", "look at the manager first"},
        {{"status", "--units", "--format", "tabel"}, "not 'tabel'", "did you mean table?"},
        {{"status", "--units", "--format", "x"}, "--format is table, json or csv, not 'x'", ""},
        {{"retry", "r"}, "ferry retry wants --failed", "ferry retry r --failed"},
        {{"status", "--snapshot", "x"}, "ferry status takes no option --snapshot", "--help"},
        {{"resume", "--tenant", "x"}, "ferry resume takes no option --tenant", "--help"},
        {{"cancel", "r", "--stop-before", "restore"},
         "ferry cancel takes no option --stop-before",
         "--help"},
        {{"resume", "--leave"}, "ferry resume takes no option --leave", "--help"},
        {{"events", "--after", "x"}, "--after wants a number, not 'x'", ""},
        {{"run", "--stop-before", "restor"},
         "no state is called 'restor'",
         "did you mean restore?"},
        {{"resume", "--stop-before", "xyz"}, "no state is called 'xyz'", "ferry plan shows"},
        {{"help", "rnu"}, "key, state or term 'rnu'", "did you mean ferry help run?"},
        {{"help", "restor"}, "term 'restor'", "did you mean ferry help restore?"},
        {{"help", "agents.concurency"}, "'agents.concurency'", "ferry help agents.concurrency?"},
        {{"help", "zzzzzz"}, "term 'zzzzzz'", "ferry --help shows the commands and topics"},
        {{"run", "--pass", "x"}, "unknown option --pass", "did you mean --password-file?"},
        {{"backup", "--wave", "1"}, "ferry backup takes no option --wave", "--help"},
        {{"help", "wavee"}, "term 'wavee'", "did you mean ferry help wave?"},
        {{"completion", "bsh"}, "no completion for the shell 'bsh'", "did you mean bash?"},
        {{"completion", "tcsh"}, "no completion for the shell 'tcsh'", "bash, zsh and fish"},
    };

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(refusals); at++) {
        const struct refusal *refusal = &refusals[at];
        struct output output;

        run_cli(&output, refusal->words[0], refusal->words[1], refusal->words[2], refusal->words[3],
                refusal->words[4], NULL);
        assert_int_equal(output.exit, 2);
        assert_has(output.err, refusal->message);
        assert_has(output.err, refusal->hint);
        assert_string_equal(output.out, "");
        assert_string_equal(fake.called, "");
        output_free(&output);
    }
}

static void a_mistake_is_json_for_who_asked_for_json(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct output output;
    struct json *document;

    (void)state;
    run_cli(&output, "run", "--manger", "x", "--json", NULL);
    assert_int_equal(output.exit, 2);
    document = output_json(scope, &output);
    assert_string_equal(json_string_or(document, "code", ""), "FERRY_E_USAGE");
    assert_int_equal(json_int64_or(document, "exit", 0), 2);
    assert_string_equal(json_string_or(document, "error", ""), "unknown option --manger");
    assert_string_equal(json_string_or(document, "hint", ""), "did you mean --manager?");
    assert_has(output.err, "unknown option --manger");
    output_free(&output);
}

static void help_names_every_command_and_option(void **state)
{
    struct output output;

    (void)state;
    run_cli(&output, "--help", NULL);
    assert_int_equal(output.exit, 0);
    assert_string_equal(output.err, "");
    for (size_t at = 0; at < cli_command_count; at++)
        assert_has(output.out, cli_commands[at]->name);
    assert_has(output.out, "--journal FILE");
    assert_has(output.out, "10 done, but some units failed");
    output_free(&output);
    run_cli(&output, "run", "--help", NULL);
    assert_int_equal(output.exit, 0);
    assert_has(output.out, "usage: ferry run [FILE.yaml | PLAN.json]");
    assert_has(output.out, "--stop-before STATE");
    assert_has(output.out, "--snapshot-id ID");
    assert_lacks(output.out, "--watch");
    assert_string_equal(fake.called, "");
    output_free(&output);
    run_cli(&output, "help", "events", NULL);
    assert_has(output.out, "usage: ferry events [RUN]");
    assert_has(output.out, "--follow");
    output_free(&output);
}

static void assert_narrow(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        if (length > 80)
            fail_msg("too wide: %.*s", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void help_fits_80_columns(void **state)
{
    struct output output;

    (void)state;
    run_cli(&output, "help", NULL);
    assert_narrow(output.out);
    output_free(&output);
    for (size_t at = 0; at < cli_command_count; at++) {
        run_cli(&output, "help", cli_commands[at]->name, NULL);
        assert_narrow(output.out);
        output_free(&output);
    }
}

static void the_version_is_the_librarys(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct output output;

    (void)state;
    run_cli(&output, "--version", NULL);
    assert_string_equal(output.out, "ferry 1.2.3\n");
    output_free(&output);
    run_cli(&output, "version", "--json", NULL);
    assert_string_equal(json_string_or(output_json(scope, &output), "version", ""), "1.2.3");
    output_free(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(options_become_settings_in_the_order_given, reset),
        cmocka_unit_test_setup(a_manager_may_have_several_nodes, reset),
        cmocka_unit_test_setup(what_may_change_under_a_run_may_be_given_to_resume_and_cancel,
                               reset),
        cmocka_unit_test_setup(cancel_may_leave_the_manager_as_it_is, reset),
        cmocka_unit_test_setup(options_may_stand_before_the_command, reset),
        cmocka_unit_test_setup(a_word_behind_two_dashes_is_no_option, reset),
        cmocka_unit_test_setup(what_is_left_out_is_null, reset),
        cmocka_unit_test_setup(mistakes_exit_with_2_and_say_what_to_do, reset),
        cmocka_unit_test_setup(a_mistake_is_json_for_who_asked_for_json, reset),
        cmocka_unit_test_setup(help_names_every_command_and_option, reset),
        cmocka_unit_test_setup(help_fits_80_columns, reset),
        cmocka_unit_test_setup(the_version_is_the_librarys, reset),
    };

    return cmocka_run_group_tests_name("cli: parse", tests, NULL, NULL);
}
