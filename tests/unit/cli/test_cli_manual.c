/*
 * The tables of commands, options, keys and states beside everything that is made of them: help,
 * man pages, completion. What is new in a table and lacks a text fails here.
 */
#include "ferry_test.h"

#include <ctype.h>

#include "base/mem.h"
#include "cli/complete.h"
#include "cli/manual.h"
#include "cli/reference.h"
#include "cli/topics.h"
#include "fixture.h"
#include "states/manual.h"

static struct {
    void *mem;
    struct cli_book book;
    char *overview, *man, *bash, *zsh, *fish; /* printed once */
} all;

static char *printed(void (*print)(FILE *file, const struct cli_book *book))
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    print(file, &all.book);
    fclose(file);
    return text;
}

static void every_part(FILE *file, const struct cli_book *book)
{
    static const char *const parts[] = {"commands", "options", "exits", "environment",
                                        "files",    "terms",   "keys",  "states"};

    for (size_t at = 0; at < FERRY_COUNT(parts); at++)
        assert_true(cli_manual_part(file, book, parts[at]));
}

static void overview(FILE *file, const struct cli_book *book)
{
    (void)book;
    cli_print_help(&(struct ui_stream){.file = file}, NULL);
}

static int set_up(void **state)
{
    struct ferry_error err = {0};

    (void)state;
    all.mem = mem_scope(NULL);
    if (cli_book_open(all.mem, &all.book, &err) != FERRY_OK)
        fail_msg("%s", err.message);
    all.overview = printed(overview);
    all.man = printed(every_part);
    all.bash = printed(complete_bash);
    all.zsh = printed(complete_zsh);
    all.fish = printed(complete_fish);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(all.overview);
    free(all.man);
    free(all.bash);
    free(all.zsh);
    free(all.fish);
    mem_free(all.mem);
    return 0;
}

/* Fails and says which table lacks what where. */
#define assert_tells(text, what, ...)                                                              \
    do {                                                                                           \
        char *part_ = mem_printf(all.mem, __VA_ARGS__);                                            \
        if (strstr((text), part_) == NULL)                                                         \
            fail_msg("%s does not hold: %s", (what), part_);                                       \
    } while (0)

static void assert_described(const char *what, const char *name, const char *text)
{
    if (text == NULL || strlen(text) < 8)
        fail_msg("%s %s has no text: its row wants one", what, name);
}

/* Lines of at most 80 columns, without a tab, a trailing space or an unfilled value. */
static void assert_page(const char *name, const char *text)
{
    if (strstr(text, "(null)") != NULL)
        fail_msg("a text is missing in the page of %s:\n%s", name, text);
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        if (length > 80 || memchr(text, '\t', length) != NULL)
            fail_msg("the page of %s has a line that does not fit 80 columns: %.*s", name,
                     (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static char *page_of(const char *name)
{
    struct output output;

    run_cli(&output, "help", name, NULL);
    if (output.exit != 0)
        fail_msg("ferry help %s: %s", name, output.err);
    free(output.err);
    assert_page(name, output.out);
    return output.out;
}

/* The text as scdoc wants it: what is special there stands behind a backslash. */
static char *as_source(const char *text)
{
    char *source = mem_array(all.mem, char, 2 * strlen(text) + 1);
    char *at = source;

    if (strchr("#|[]<-", *text) != NULL)
        *at++ = '\\';
    for (; *text != '\0'; text++) {
        if (*text == '_' || *text == '*' || *text == '\\')
            *at++ = '\\';
        *at++ = *text;
    }
    return source;
}

static void every_command_is_told_everywhere(void **state)
{
    (void)state;
    for (size_t at = 0; at < cli_command_count; at++) {
        const struct command *command = cli_commands[at];
        char *page = page_of(command->name);

        assert_described("the command", command->name, command->summary);
        assert_tells(page, "its help", "usage: ferry %s", command->name);
        assert_tells(all.overview, "ferry --help", "\n  %s ", command->name);
        assert_tells(all.man, "ferry(1)", "## ferry %s%s%s\n", command->name,
                     command->usage[0] == '\0' ? "" : " ", command->usage);
        assert_tells(all.bash, "the bash completion", "\n  %s)\n", command->name);
        assert_tells(all.zsh, "the zsh completion", "\n  '%s:", command->name);
        assert_tells(all.zsh, "the zsh completion", "\n  (%s) ", command->name);
        assert_tells(all.fish, "the fish completion", "-a %s -d '", command->name);
        free(page);
    }
}

/* The lines of the bash completion that belong to a command. */
static char *bash_of(const char *command)
{
    char *start = strstr(all.bash, mem_printf(all.mem, "\n  %s)\n", command));

    assert_non_null(start);
    return mem_strndup(all.mem, start, (size_t)(strstr(start, ";;") - start));
}

static void an_option_with(const struct cli_option_row *row, const struct command *command)
{
    bool taken = (row->groups & command->groups) != 0;
    char *page = page_of(command->name);
    char *bash = bash_of(command->name);
    char *name = mem_printf(all.mem, "--%s ", row->name);
    bool in_help = strstr(page, mem_printf(all.mem, "--%s ", row->name)) != NULL ||
                   strstr(page, mem_printf(all.mem, "--%s\n", row->name)) != NULL;
    bool in_bash = strstr(bash, name) != NULL;

    if (in_bash != taken)
        fail_msg("completion and table differ on ferry %s --%s", command->name, row->name);
    if (taken && !in_help)
        fail_msg("ferry %s --help does not tell --%s", command->name, row->name);
    free(page);
}

static void every_option_is_told_where_it_is_taken(void **state)
{
    (void)state;
    for (size_t at = 0; at < OPTION_COUNT; at++) {
        const struct cli_option_row *row = &cli_options[at];

        assert_described("the option --", row->name, row->help);
        assert_int_equal(row->argument == NULL,
                         row->type == TYPE_FLAG || row->type == TYPE_OPTIONAL);
        assert_tells(all.man, "ferry(1)", "*%s*\n", as_source(cli_option_title(all.mem, row)));
        assert_tells(all.zsh, "the zsh completion", "--%s[", row->name);
        assert_tells(all.fish, "the fish completion", " -l %s ", row->name);
        for (size_t of = 0; of < cli_command_count; of++)
            an_option_with(row, cli_commands[of]);
        for (size_t other = 0; other < at; other++) {
            assert_string_not_equal(cli_options[other].name, row->name);
            assert_true(row->letter == 0 || row->letter != cli_options[other].letter);
        }
    }
}

/* An option that says it sets a key sets one. */
static void options_set_keys_that_there_are(void **state)
{
    (void)state;
    for (size_t at = 0; at < OPTION_COUNT; at++) {
        const struct cli_option_row *row = &cli_options[at];
        bool known = false;

        if (row->key != NULL && cli_book_key(&all.book, row->key) == NULL)
            fail_msg("--%s sets %s, which is no key", row->name, row->key);
        for (size_t of = 0; of < cli_variable_count; of++)
            known = known || (row->env != NULL && strcmp(cli_variables[of].name, row->env) == 0);
        if (row->env != NULL && !known)
            fail_msg("$%s of --%s is not in ferry help environment", row->env, row->name);
    }
}

static void every_key_is_told_everywhere(void **state)
{
    (void)state;
    assert_true(all.book.key_count > 60);
    for (size_t at = 0; at < all.book.key_count; at++) {
        const struct cli_key *key = &all.book.keys[at];
        char *page = page_of(key->name);

        assert_described("the key", key->name, key->help);
        if (key->type[0] == '\0' || key->since[0] == '\0' || key->workflows[0] == '\0')
            fail_msg("the key %s has no type, no since or no workflow", key->name);
        if (key->help[strlen(key->help) - 1] == '.')
            fail_msg("the text of %s ends with a stop: it gets one where it needs one", key->name);
        assert_tells(page, "its help", "--set %s=", key->name);
        assert_tells(all.man, "ferry.yaml(5)", "\n*%s*\n\t%s", as_source(key->name),
                     as_source(key->help));
        assert_tells(all.bash, "the bash completion", "%s=", key->name);
        assert_tells(all.zsh, "the zsh completion", "%s=", key->name);
        assert_tells(all.fish, "the fish completion", "%s=", key->name);
        free(page);
    }
}

static void every_state_is_told_everywhere(void **state)
{
    (void)state;
    for (size_t at = 0; at < all.book.state_count; at++) {
        const struct cli_state *row = &all.book.states[at];
        char *page = page_of(row->name);

        assert_described("the state", row->name, row->summary);
        assert_described("states/manual.c: what is sent by", row->name, row->sends);
        assert_described("states/manual.c: what is expected by", row->name, row->expects);
        assert_described("states/manual.c: after a crash in", row->name, row->crash);
        assert_tells(page, "its help", "\nafter a crash\n");
        assert_tells(all.man, "ferry-states(7)", "\n## %s\n", row->name);
        if (!row->undoes) {
            assert_tells(all.bash, "the bash completion", "%s", row->name);
            assert_tells(all.zsh, "the zsh completion", "%s", row->name);
            assert_tells(all.fish, "the fish completion", "%s", row->name);
        }
        free(page);
    }
    for (size_t at = 0; at < state_manual_count; at++)
        if (cli_book_state(&all.book, state_manuals[at].state) == NULL)
            fail_msg("states/manual.c tells of %s, which is no state", state_manuals[at].state);
}

static void every_exit_code_is_told(void **state)
{
    bool told[256] = {false};
    int codes = 0, rows = 0;

    (void)state;
    for (int code = 0; code < FERRY_CODE_COUNT; code++)
        told[ferry_code_exit((enum ferry_code)code)] = true;
    for (int exit = 0; exit < 256; exit++)
        codes += told[exit] ? 1 : 0;
    for (size_t at = 0; at < cli_exit_count; at++, rows++)
        if (!told[cli_exits[at].code])
            fail_msg("no error has the exit code %d", cli_exits[at].code);
    assert_int_equal(rows, codes);
}

static void topics_are_pages_and_words_are_in_order(void **state)
{
    (void)state;
    assert_page("ferry", all.overview);
    for (size_t at = 0; at < cli_topic_count; at++) {
        assert_null(cli_command_find(cli_topics[at].name));
        free(page_of(cli_topics[at].name));
    }
    free(page_of("agents"));
    free(page_of("manager.password"));
    for (size_t at = 1; at < cli_term_count; at++)
        assert_true(strcmp(cli_terms[at - 1].name, cli_terms[at].name) < 0);
}

static void ask_each(const struct cli_term *rows, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        char *page = page_of(rows[at].name);

        assert_tells(page, "its page of help", "%s", rows[at].name);
        free(page);
    }
}

static void words_and_variables_can_be_asked_for_alone(void **state)
{
    (void)state;
    ask_each(cli_terms, cli_term_count);
    ask_each(cli_variables, cli_variable_count);
}

/* --- what is written by hand --- */

static bool is_option(const char *name, size_t length)
{
    for (size_t at = 0; at < OPTION_COUNT; at++)
        if (strlen(cli_options[at].name) == length &&
            strncmp(cli_options[at].name, name, length) == 0)
            return true;
    return false;
}

static char *without_backslashes(const char *text)
{
    char *plain = mem_array(all.mem, char, strlen(text) + 1);
    char *at = plain;

    for (; *text != '\0'; text++)
        if (*text != '\\')
            *at++ = *text;
    return plain;
}

/* Every --option and every GROUP.KEY of the text is one. */
static void assert_true_words(const char *where, const char *source)
{
    const char *text = without_backslashes(source);

    for (const char *at = text; (at = strstr(at, "--")) != NULL; at += 2) {
        size_t length = strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-");

        if (length > 0 && !is_option(at + 2, length))
            fail_msg("%s names --%.*s, which is no option", where, (int)length, at + 2);
    }
    for (const char *at = text; *at != '\0';) {
        size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyz_.");
        const char *dot = memchr(at, '.', length);

        if (dot != NULL && dot[1] != '\0' && islower((unsigned char)dot[1])) {
            size_t whole = at[length - 1] == '.' ? length - 1 : length;
            char *name = mem_strndup(all.mem, at, whole);
            char *group = mem_strndup(all.mem, at, (size_t)(dot - at));

            bool is_file = strncmp(dot, ".yaml", 5) == 0;

            if (!is_file && cli_book_is_group(&all.book, group) &&
                cli_book_key(&all.book, name) == NULL && !cli_book_is_group(&all.book, name))
                fail_msg("%s names %s, which is no key", where, name);
        }
        at += length > 0 ? length : 1;
    }
}

static void texts_name_what_there_is(void **state)
{
    (void)state;
    assert_true_words("ferry(1)", all.man);
    assert_true_words("ferry --help", all.overview);
    for (size_t at = 0; at < all.book.key_count; at++)
        assert_true_words(all.book.keys[at].name, all.book.keys[at].help);
    for (size_t at = 0; at < cli_command_count; at++)
        if (cli_commands[at]->details != NULL)
            assert_true_words(cli_commands[at]->name, cli_commands[at]->details);
}

static void pages_name_what_there_is(void **state)
{
    static const char *const pages[] = {"ferry.1", "ferry.yaml.5", "ferry-states.7"};

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(pages); at++) {
        FILE *page =
            fopen(mem_printf(all.mem, "%s/src/man/%s.scd", FERRY_SOURCE_DIR, pages[at]), "re");
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        assert_non_null(page);
        assert_true(cli_manual_page(page, out, &all.book));
        fclose(page);
        fclose(out);
        assert_true_words(pages[at], text);
        for (const char *in = text; (in = strstr(in, "*ferry ")) != NULL; in++) {
            size_t length = strspn(in + 7, "abcdefghijklmnopqrstuvwxyz-");

            if (length > 0 && cli_command_find(mem_strndup(all.mem, in + 7, length)) == NULL)
                fail_msg("%s names ferry %.*s, which is no command", pages[at], (int)length,
                         in + 7);
        }
        free(text);
    }
}

/* A part that is not there is no empty place in a page. */
static void a_page_with_an_unknown_part_is_refused(void **state)
{
    char line[] = "# A\n@nothing@\n";
    FILE *page = fmemopen(line, strlen(line), "r");
    FILE *out = fopen("/dev/null", "we");

    (void)state;
    assert_false(cli_manual_page(page, out, &all.book));
    fclose(page);
    fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_told_everywhere),
        cmocka_unit_test(every_option_is_told_where_it_is_taken),
        cmocka_unit_test(options_set_keys_that_there_are),
        cmocka_unit_test(every_key_is_told_everywhere),
        cmocka_unit_test(every_state_is_told_everywhere),
        cmocka_unit_test(every_exit_code_is_told),
        cmocka_unit_test(topics_are_pages_and_words_are_in_order),
        cmocka_unit_test(words_and_variables_can_be_asked_for_alone),
        cmocka_unit_test(texts_name_what_there_is),
        cmocka_unit_test(pages_name_what_there_is),
        cmocka_unit_test(a_page_with_an_unknown_part_is_refused),
    };

    return cmocka_run_group_tests_name("cli: manual", tests, set_up, tear_down);
}
