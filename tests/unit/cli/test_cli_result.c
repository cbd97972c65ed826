/* What comes out: one document or table on stdout, errors on stderr, the exit code. */
#include "ferry_test.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "fixture.h"

#define RUN "{\"run\":\"upgrade-1\",\"state\":\"running\",\"manager\":\"https://m\",\"steps\":[]}"
#define DONE "{\"run\":\"upgrade-1\",\"state\":\"done\",\"manager\":\"https://m\",\"steps\":[]}"

static int reset(void **state)
{
    (void)state;
    fake_reset();
    return 0;
}

static void every_code_has_its_exit_code(void **state)
{
    static const struct {
        enum ferry_code code;
        int exit;
    } rows[] = {
        {FERRY_OK, 0},         {FERRY_E_FAILED, 1},  {FERRY_E_UNREACHABLE, 1},
        {FERRY_E_PROTOCOL, 1}, {FERRY_E_IO, 1},      {FERRY_E_USAGE, 2},
        {FERRY_E_CONFIG, 2},   {FERRY_E_AUTH, 2},    {FERRY_E_NOT_FOUND, 2},
        {FERRY_E_STOPPED, 3},  {FERRY_E_UNKNOWN, 4}, {FERRY_E_REFUSED, 5},
        {FERRY_E_ARCHIVE, 5},  {FERRY_E_STALE, 6},   {FERRY_E_BUSY, 7},
        {FERRY_E_JOURNAL, 8},  {FERRY_E_FENCED, 7},  {FERRY_E_PARTIAL, 10},
    };

    (void)state;
    assert_int_equal(FERRY_COUNT(rows), FERRY_CODE_COUNT);
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        struct output output;

        fake_reset();
        fake_answer(rows[at].code, DONE, "it is so", "do this");
        run_cli(&output, "run", "up.yaml", NULL);
        assert_int_equal(output.exit, rows[at].exit);
        assert_has(output.out, "upgrade-1");
        if (rows[at].code != FERRY_OK) {
            assert_has(output.err, "ferry: it is so\n  next: do this\n");
        } else {
            assert_string_equal(output.err, "");
        }
        output_free(&output);
    }
}

static void an_error_without_words_still_says_something(void **state)
{
    struct output output;

    (void)state;
    fake_answer(FERRY_E_BUSY, NULL, NULL, NULL);
    run_cli(&output, "runs", NULL);
    assert_int_equal(output.exit, 7);
    assert_string_equal(output.err, "ferry: the journal is in use\n");
    assert_string_equal(output.out, "");
    output_free(&output);
}

static void json_passes_the_document_through(void **state)
{
    static const char *const commands[] = {"run", "resume", "status", "runs"};
    struct output output;

    (void)state;
    fake_answer(FERRY_OK, DONE, NULL, NULL);
    for (size_t at = 0; at < FERRY_COUNT(commands); at++) {
        run_cli(&output, commands[at], "--json", NULL);
        assert_int_equal(output.exit, 0);
        assert_string_equal(output.out, DONE "\n");
        assert_string_equal(fake.called, commands[at]);
        output_free(&output);
    }
}

static void json_of_a_failed_run_is_one_document_with_the_error_in_it(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct output output;
    struct json *document;

    (void)state;
    fake_answer(FERRY_E_STOPPED, RUN, "stopped by a signal", "ferry resume");
    run_cli(&output, "run", "--json", NULL);
    assert_int_equal(output.exit, 3);
    document = output_json(scope, &output);
    assert_string_equal(json_string_or(document, "run", ""), "upgrade-1");
    assert_string_equal(json_string_or(document, "error", ""), "stopped by a signal");
    assert_int_equal(json_int64_or(document, "exit", 0), 3);
    assert_has(output.err, "ferry: stopped by a signal");
    output_free(&output);
}

static void a_document_that_is_no_json_is_told(void **state)
{
    struct output output;

    (void)state;
    fake_answer(FERRY_OK, "{\"run\":", NULL, NULL);
    run_cli(&output, "status", NULL);
    assert_int_equal(output.exit, 1);
    assert_has(output.err, "libferry's answer");
    output_free(&output);
}

static void a_plan_exits_with_what_blocks_it(void **state)
{
    static const struct {
        const char *document;
        int exit;
    } rows[] = {
        {"{\"blocked\":false,\"code\":\"FERRY_OK\",\"steps\":[]}", 0},
        {"{\"blocked\":true,\"findings\":[{\"kind\":\"blocker\",\"text\":\"too old\"}]}", 5},
        {"{\"blocked\":true,\"code\":\"FERRY_E_AUTH\",\"findings\":[{\"kind\":\"note\",\"text\":"
         "\"x\"},{\"kind\":\"blocker\",\"text\":\"too old\",\"hint\":\"newer\"}]}",
         2},
    };

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        struct output output;

        fake_reset();
        fake_answer(FERRY_OK, rows[at].document, NULL, NULL);
        run_cli(&output, "plan", NULL);
        assert_int_equal(output.exit, rows[at].exit);
        if (rows[at].exit != 0)
            assert_has(output.err, "ferry: the run would be refused: too old");
        output_free(&output);
    }
}

static void a_plan_is_kept_for_its_owner_alone(void **state)
{
    static const char document[] = "{\"blocked\":true,\"steps\":[],\"options\":{}}";
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};
    struct output output;
    struct stat info;
    char *text;

    (void)state;
    fake_answer(FERRY_OK, document, NULL, NULL);
    run_cli(&output, "plan", "up.yaml", "-o", "kept.json", NULL);
    assert_int_equal(output.exit, 5);
    assert_has(output.err, "kept.json");
    assert_int_equal(stat("kept.json", &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(file_read(scope, "kept.json", 4096, &text, NULL, &err), FERRY_OK);
    assert_string_equal(text, "{\"blocked\":true,\"steps\":[],\"options\":{}}\n");
    unlink("kept.json");
    output_free(&output);
    run_cli(&output, "plan", "-q", "-o", "no/such/folder.json", NULL);
    assert_int_equal(output.exit, 2);
    assert_has(output.err, "no/such/folder.json");
    output_free(&output);
}

static void decisions_reach_the_library(void **state)
{
    static const struct {
        const char *word;
        enum ferry_verdict verdict;
    } rows[] = {{"done", FERRY_AS_DONE}, {"absent", FERRY_AS_ABSENT}, {"failed", FERRY_AS_FAILED}};
    struct output output;

    (void)state;
    fake_answer(FERRY_OK, DONE, NULL, NULL);
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        run_cli(&output, "resolve", "upgrade-1", "restore/restore", "--as", rows[at].word, NULL);
        assert_int_equal(output.exit, 0);
        assert_int_equal(fake.verdict, rows[at].verdict);
        assert_string_equal(fake.unit, "restore/restore");
        output_free(&output);
    }
    run_cli(&output, "retry", "upgrade-1", "--failed", NULL);
    assert_string_equal(fake.called, "retry");
    output_free(&output);
    run_cli(&output, "cancel", "upgrade-1", NULL);
    assert_string_equal(fake.called, "cancel");
    assert_string_equal(fake.run, "upgrade-1");
    output_free(&output);
}

static void events_are_one_document_from_all_pages(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *page = json_object(scope);
    struct json *list = json_set_array(page, "events");
    struct output output;
    struct json *document;

    (void)state;
    for (int at = 1; at <= 1000; at++)
        json_set_int(json_push_object(list), "id", at);
    json_set_int(page, "last", 1000);
    fake_answer(FERRY_OK, json_print(scope, page), NULL, NULL);
    fake_answer(FERRY_OK, "{\"events\":[{\"id\":1001}],\"last\":1001}", NULL, NULL);
    run_cli(&output, "events", "upgrade-1", "--json", "--after", "7", NULL);
    assert_int_equal(output.exit, 0);
    assert_int_equal(fake.after_count, 2);
    assert_int_equal(fake.after[0], 7);
    assert_int_equal(fake.after[1], 1000);
    document = output_json(scope, &output);
    assert_int_equal(json_size(json_member(document, "events")), 1001);
    assert_int_equal(json_int64_or(document, "last", 0), 1001);
    output_free(&output);
}

static void following_ends_when_the_run_stands_still(void **state)
{
    struct output output;

    (void)state;
    fake_answer(FERRY_OK, RUN, NULL, NULL);
    fake_answer(FERRY_OK,
                "{\"events\":[{\"id\":1,\"kind\":\"a\"},{\"id\":2,\"kind\":\"b\"}],"
                "\"last\":2}",
                NULL, NULL);
    fake_answer(FERRY_OK, DONE, NULL, NULL);
    fake_answer(FERRY_OK, "{\"events\":[{\"id\":3,\"kind\":\"c\"}],\"last\":3}", NULL, NULL);
    run_cli(&output, "events", "--follow", "--json", NULL);
    assert_int_equal(output.exit, 0);
    assert_string_equal(output.out, "{\"id\":1,\"kind\":\"a\"}\n{\"id\":2,\"kind\":\"b\"}\n"
                                    "{\"id\":3,\"kind\":\"c\"}\n");
    assert_int_equal(fake.after[1], 2);
    output_free(&output);
}

static void watching_prints_what_changed_and_ends_with_the_run(void **state)
{
    struct output output;

    (void)state;
    fake_answer(FERRY_OK, RUN, NULL, NULL);
    fake_answer(FERRY_OK, RUN, NULL, NULL);
    fake_answer(FERRY_OK, DONE, NULL, NULL);
    run_cli(&output, "status", "--watch", "--json", NULL);
    assert_int_equal(output.exit, 0);
    assert_string_equal(output.out, RUN "\n" DONE "\n");
    output_free(&output);
}

#define UNIT_DONE                                                                                  \
    "{\"step\":\"install_new_agents\",\"unit\":\"acme/"                                            \
    "d1\",\"tenant\":\"acme\",\"deployment\":\"d1\","                                              \
    "\"host\":null,\"state\":\"done\",\"reason\":null,\"attempt\":1,\"seconds\":7.5,"              \
    "\"execution\":\"e1\"}"
#define UNIT_FAILED                                                                                \
    "{\"step\":\"install_new_agents\",\"unit\":\"acme/d2/vm1\",\"tenant\":\"acme\","               \
    "\"deployment\":\"d2\",\"host\":\"vm1\",\"state\":\"failed\",\"reason\":\"=dead, "             \
    "\\\"gone\\\"\","                                                                              \
    "\"attempt\":2,\"seconds\":null,\"execution\":null}"

static void two_pages(void)
{
    fake_answer(FERRY_OK, "{\"run\":\"upgrade-1\",\"units\":[" UNIT_DONE "],\"next\":\"6:0\"}",
                NULL, NULL);
    fake_answer(FERRY_OK, "{\"run\":\"upgrade-1\",\"units\":[" UNIT_FAILED "],\"next\":null}", NULL,
                NULL);
}

static void units_are_rows_of_csv(void **state)
{
    struct output output;

    (void)state;
    two_pages();
    run_cli(&output, "status", "upgrade-1", "--units", "--step", "install_new_agents", "--format",
            "csv", NULL);
    assert_int_equal(output.exit, 0);
    assert_string_equal(fake.step, "install_new_agents");
    assert_string_equal(fake.cursor, "6:0");
    assert_string_equal(
        output.out,
        "step,unit,tenant,deployment,host,state,reason,attempt,since,ended_at,seconds,execution\r\n"
        "install_new_agents,acme/d1,acme,d1,,done,,1,,,7.5,e1\r\n"
        "install_new_agents,acme/d2/vm1,acme,d2,vm1,failed,\"'=dead, \"\"gone\"\"\",2,,,,\r\n");
    output_free(&output);
}

static void units_are_one_json_document_from_all_pages(void **state)
{
    struct output output;

    (void)state;
    two_pages();
    run_cli(&output, "status", "--units", "--json", NULL);
    assert_int_equal(output.exit, 0);
    assert_string_equal(output.out, "{\"run\":\"upgrade-1\",\"units\":[\n" UNIT_DONE
                                    ",\n" UNIT_FAILED "\n]}\n");
    output_free(&output);
}

static void units_are_a_table_for_people(void **state)
{
    struct output output;

    (void)state;
    two_pages();
    run_cli(&output, "status", "--units", NULL);
    assert_has(output.out, "install_new_agents\n");
    assert_has(output.out, "acme/d1");
    assert_has(output.out, "=dead, \"gone\"");
    output_free(&output);
    fake_reset();
    fake_answer(FERRY_OK, "{\"run\":\"upgrade-1\",\"units\":[],\"next\":null}", NULL, NULL);
    run_cli(&output, "status", "--units", NULL);
    assert_string_equal(output.out, "no units yet\n");
    output_free(&output);
}

static void options_of_units_need_it_and_are_judged(void **state)
{
    struct output output;

    (void)state;
    run_cli(&output, "status", "--format", "csv", NULL);
    assert_int_equal(output.exit, 2);
    assert_has(output.err, "belong to --units");
    output_free(&output);
    run_cli(&output, "status", "--units", "--watch", NULL);
    assert_int_equal(output.exit, 2);
    output_free(&output);
    run_cli(&output, "status", "--units", "--format", "xml", NULL);
    assert_int_equal(output.exit, 2);
    assert_has(output.err, "table, json or csv");
    output_free(&output);
}

static void waves_reach_the_library_as_a_setting(void **state)
{
    struct output output;

    (void)state;
    fake_answer(FERRY_OK, DONE, NULL, NULL);
    run_cli(&output, "resume", "upgrade-1", "--wave", "100,rest", NULL);
    assert_int_equal(output.exit, 0);
    assert_string_equal(fake.settings, "agents.waves=100,rest\n");
    output_free(&output);
}

static void progress_goes_to_stderr_unless_quiet(void **state)
{
    static const struct ferry_event events[] = {
        {.id = 1, .at_ms = 1000, .kind = "run_started", .run = "upgrade-1"},
        {.id = 2, .at_ms = 2000, .kind = "step_started", .run = "upgrade-1", .step = "upload"},
        {.id = 3, .at_ms = 3000, .kind = "unit_intent", .run = "upgrade-1", .step = "upload"},
    };
    struct output output;

    (void)state;
    fake_answer(FERRY_OK, DONE, NULL, NULL);
    fake.events = events;
    fake.event_count = FERRY_COUNT(events);
    run_cli(&output, "run", "--json", NULL);
    assert_string_equal(output.out, DONE "\n");
    assert_has(output.err, "1970-01-01T00:00:02.000Z upload started");
    assert_lacks(output.err, "intent");
    output_free(&output);
    run_cli(&output, "run", "-v", NULL);
    assert_has(output.err, "upload intent");
    output_free(&output);
    run_cli(&output, "run", "-q", NULL);
    assert_string_equal(output.err, "");
    output_free(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_code_has_its_exit_code, reset),
        cmocka_unit_test_setup(an_error_without_words_still_says_something, reset),
        cmocka_unit_test_setup(json_passes_the_document_through, reset),
        cmocka_unit_test_setup(json_of_a_failed_run_is_one_document_with_the_error_in_it, reset),
        cmocka_unit_test_setup(a_document_that_is_no_json_is_told, reset),
        cmocka_unit_test_setup(a_plan_exits_with_what_blocks_it, reset),
        cmocka_unit_test_setup(a_plan_is_kept_for_its_owner_alone, reset),
        cmocka_unit_test_setup(decisions_reach_the_library, reset),
        cmocka_unit_test_setup(events_are_one_document_from_all_pages, reset),
        cmocka_unit_test_setup(following_ends_when_the_run_stands_still, reset),
        cmocka_unit_test_setup(watching_prints_what_changed_and_ends_with_the_run, reset),
        cmocka_unit_test_setup(units_are_rows_of_csv, reset),
        cmocka_unit_test_setup(units_are_one_json_document_from_all_pages, reset),
        cmocka_unit_test_setup(units_are_a_table_for_people, reset),
        cmocka_unit_test_setup(options_of_units_need_it_and_are_judged, reset),
        cmocka_unit_test_setup(waves_reach_the_library_as_a_setting, reset),
        cmocka_unit_test_setup(progress_goes_to_stderr_unless_quiet, reset),
    };

    return cmocka_run_group_tests_name("cli: results", tests, NULL, NULL);
}
