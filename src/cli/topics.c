#include "cli/topics.h"

#include <string.h>

#include "base/mem.h"
#include "base/nearest.h"
#include "cli/page.h"
#include "cli/reference.h"

#define FACT_COLUMN 13
#define STATE_COLUMN 26
#define TERM_COLUMN 20
#define EXIT_COLUMN 6

/* --- keys --- */

static void print_key(FILE *file, const struct cli_key *key)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)fprintf(file, "%s\n\n", key->name);
    page_text(file, 2, key->help);
    (void)fputs("\n", file);
    page_row(file, FACT_COLUMN, "type", key->type);
    page_row(file, FACT_COLUMN, "default", key->fallback == NULL ? "none" : key->fallback);
    if (key->range != NULL) {
        page_row(file, FACT_COLUMN, "range", key->range);
    }
    page_row(file, FACT_COLUMN, "for", key->workflows);
    page_row(file, FACT_COLUMN, "since", mem_printf(scope, "ferry %s", key->since));
    if (key->resume) {
        page_row(file, FACT_COLUMN, "anew", "may be given again to ferry resume and ferry cancel");
    }
    for (size_t at = 0; at < OPTION_COUNT; at++) {
        if (cli_options[at].key != NULL && strcmp(cli_options[at].key, key->name) == 0) {
            page_row(file, FACT_COLUMN, "option",
                     mem_printf(scope, "--%s %s", cli_options[at].name, cli_options[at].argument));
        }
    }
    page_row(file, FACT_COLUMN, "or", mem_printf(scope, "--set %s=VALUE", key->name));
    (void)fputs("\nferry help keys lists all of them; so does ferry.yaml(5).\n", file);
}

static void print_group(FILE *file, const struct cli_book *book, const char *group)
{
    size_t length = strlen(group);

    for (size_t at = 0; at < book->key_count; at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        const struct cli_key *key = &book->keys[at];

        if (length > 0 && (strncmp(key->name, group, length) != 0 || key->name[length] != '.')) {
            continue;
        }
        (void)fprintf(file, "  %s%s\n", key->name,
                      key->fallback == NULL ? "" : mem_printf(scope, " (%s)", key->fallback));
        page_text(file, 6, key->help);
    }
}

static void print_keys(FILE *file, const struct cli_book *book)
{
    page_text(file, 0,
              "The keys of upgrade.yaml and backup.yaml, with their defaults in brackets. An "
              "upgrade wants manager and snapshot, a backup manager and backup.directory; all "
              "else may be left out. Each may be given as --set KEY=VALUE too.");
    (void)fputs("\n", file);
    print_group(file, book, "");
    (void)fputs("\nferry help KEY says more of one, ferry.yaml(5) of all.\n", file);
}

/* --- states --- */

static void print_state(FILE *file, const struct cli_state *state)
{
    (void)fprintf(file, "%s, of the workflow %s\n\n", state->name, state->workflow);
    page_text(file, 2, state->summary);
    (void)fputs("\nsends\n", file);
    page_text(file, 2, state->sends);
    (void)fputs("\nis done when\n", file);
    page_text(file, 2, state->expects);
    (void)fputs("\nafter a crash\n", file);
    page_text(file, 2, state->crash);
    (void)fputs("\nferry help states lists all of them; ferry-states(7) holds these pages.\n",
                file);
}

static void print_states(FILE *file, const struct cli_book *book)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *workflow = "", *again;

    (void)fputs("The steps of a run, in their order.\n", file);
    for (size_t at = 0; at < book->state_count; at++) {
        const struct cli_state *state = &book->states[at];

        if (strcmp(state->workflow, workflow) != 0) {
            workflow = state->workflow;
            (void)fprintf(file, "\n%s:\n", workflow);
        }
        again = cli_book_again(scope, book, &at);
        if (again != NULL) {
            page_text(file, 2, mem_printf(scope, "as above: %s", again));
            continue;
        }
        page_row(file, STATE_COLUMN, state->name, state->summary);
    }
    (void)fputs("\nundo_... are steps of ferry cancel.\n"
                "ferry help STATE says what one sends, when it is done, and what happens after a\n"
                "crash; so does ferry-states(7).\n",
                file);
}

/* --- the rest --- */

static void print_exits(FILE *file, const struct cli_book *book)
{
    (void)book;
    (void)fputs("The exit codes of every command, and what to do.\n\n", file);
    for (size_t at = 0; at < cli_exit_count; at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        page_row(file, EXIT_COLUMN, mem_printf(scope, "%2d", cli_exits[at].code),
                 cli_exits[at].meaning);
        page_text(file, EXIT_COLUMN + 2, cli_exits[at].next);
    }
}

static void print_terms(FILE *file, const struct cli_term *terms, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        page_row(file, TERM_COLUMN, terms[at].name, terms[at].text);
    }
}

static void print_environment(FILE *file, const struct cli_book *book)
{
    (void)book;
    (void)fputs("Variables of the environment that ferry heeds.\n\n", file);
    print_terms(file, cli_variables, cli_variable_count);
}

static void print_files(FILE *file, const struct cli_book *book)
{
    (void)book;
    (void)fputs("Files that ferry reads and writes.\n\n", file);
    print_terms(file, cli_files, cli_file_count);
}

static void print_words(FILE *file, const struct cli_book *book)
{
    (void)book;
    (void)fputs("Words that ferry and its pages use.\n\n", file);
    print_terms(file, cli_terms, cli_term_count);
}

const struct cli_topic cli_topics[] = {
    {"keys", "the keys of upgrade.yaml and backup.yaml, also one: help KEY", print_keys},
    {"states", "the steps of a run, also one: ferry help STATE", print_states},
    {"exit-codes", "what they mean, and what to do", print_exits},
    {"environment", "variables that ferry heeds", print_environment},
    {"files", "what ferry reads and writes", print_files},
    {"terms", "words that ferry uses: unit, wave, wagon, ...", print_words},
};
const size_t cli_topic_count = FERRY_COUNT(cli_topics);

static bool print_term(FILE *file, const struct cli_term *terms, size_t count, const char *name,
                       const char *topic)
{
    for (size_t at = 0; at < count; at++) {
        if (strcmp(terms[at].name, name) == 0) {
            (void)fprintf(file, "%s\n\n", name);
            page_text(file, 2, terms[at].text);
            (void)fprintf(file, "\nferry help %s lists all of them.\n", topic);
            return true;
        }
    }
    return false;
}

bool cli_topic_print(FILE *file, const struct cli_book *book, const char *name)
{
    const struct cli_state *state = cli_book_state(book, name);
    const struct cli_key *key = cli_book_key(book, name);

    for (size_t at = 0; at < cli_topic_count; at++) {
        if (strcmp(cli_topics[at].name, name) == 0) {
            cli_topics[at].print(file, book);
            return true;
        }
    }
    if (state != NULL) {
        print_state(file, state);
        if (cli_book_is_group(book, name)) {
            (void)fputs("\nKeys of upgrade.yaml for it:\n", file);
            print_group(file, book, name);
        }
    } else if (key != NULL) {
        print_key(file, key);
    } else if (cli_book_is_group(book, name)) {
        (void)fprintf(file, "The keys below %s.\n\n", name);
        print_group(file, book, name);
    } else {
        return print_term(file, cli_terms, cli_term_count, name, "terms") ||
               print_term(file, cli_variables, cli_variable_count, name, "environment");
    }
    return true;
}

const char *cli_topic_nearest(const void *mem, const struct cli_book *book, const char *name)
{
    const char **names = mem_array(mem, const char *,
                                   cli_command_count + cli_topic_count + book->key_count +
                                       book->state_count + cli_term_count + cli_variable_count);
    size_t count = 0;

    for (size_t at = 0; at < cli_command_count; at++) {
        names[count++] = cli_commands[at]->name;
    }
    for (size_t at = 0; at < cli_topic_count; at++) {
        names[count++] = cli_topics[at].name;
    }
    for (size_t at = 0; at < book->state_count; at++) {
        names[count++] = book->states[at].name;
    }
    for (size_t at = 0; at < book->key_count; at++) {
        names[count++] = book->keys[at].name;
    }
    for (size_t at = 0; at < cli_term_count; at++) {
        names[count++] = cli_terms[at].name;
    }
    for (size_t at = 0; at < cli_variable_count; at++) {
        names[count++] = cli_variables[at].name;
    }
    return nearest_word(name, names, count);
}
