#include "cli/manual.h"

#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/reference.h"

#define LINE_MAX_BYTES 4096

/* scdoc takes some letters for marks, others only where a text begins. */
static void put(FILE *file, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (strchr("\\*_", *at) != NULL || (at == text && strchr("#|[]<-", *at) != NULL)) {
            (void)fputc('\\', file);
        }
        (void)fputc(*at, file);
    }
}

/* A title, and its text indented below it. */
static void entry(FILE *file, const char *title, const char *text)
{
    (void)fputs("*", file);
    put(file, title);
    (void)fputs("*\n\t", file);
    put(file, text);
    (void)fputs("\n\n", file);
}

/* "type: whole number", one of several lines below an entry. */
static void fact(FILE *file, const char *label, const char *text)
{
    (void)fprintf(file, "++\n_%s_: ", label);
    put(file, text);
}

/* --- ferry(1) --- */

/* "plan, run": who takes it. Below mem. */
static char *takers(const void *mem, const struct cli_option_row *row)
{
    char *names = mem_strdup(mem, "");

    for (size_t at = 0; at < cli_command_count; at++) {
        if ((cli_commands[at]->groups & row->groups) != 0) {
            names = mem_printf(mem, "%s%s%s", names, names[0] == '\0' ? "" : ", ",
                               cli_commands[at]->name);
        }
    }
    return names;
}

static void options(FILE *file, const struct cli_book *book)
{
    (void)book;
    for (size_t at = 0; at < OPTION_COUNT; at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        const struct cli_option_row *row = &cli_options[at];
        const char *help = mem_printf(scope, "%s.", row->help);

        if (row->key != NULL) {
            help = mem_printf(scope, "%s Sets the key %s.", help, row->key);
        }
        if (row->env != NULL) {
            help = mem_printf(scope, "%s Else the environment's %s is taken.", help, row->env);
        }
        if ((row->groups & GROUP_COMMON) == 0) {
            help = mem_printf(scope, "%s Of: %s.", help, takers(scope, row));
        }
        entry(file, cli_option_title(scope, row), help);
    }
}

static void put_options_of(FILE *file, unsigned groups)
{
    bool first = true;

    for (size_t at = 0; at < OPTION_COUNT; at++) {
        if ((cli_options[at].groups & groups & ~(unsigned)GROUP_COMMON) == 0) {
            continue;
        }
        (void)fprintf(file, "%s*--%s*", first ? "Options: " : ", ", cli_options[at].name);
        first = false;
    }
    (void)fputs(first ? "" : "\n\n", file);
}

/* Lines that are indented stand for themselves. */
static void put_details(FILE *file, const char *details)
{
    bool literal = false;

    while (*details != '\0') {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        size_t length = strcspn(details, "\n");
        bool indented = details[0] == ' ';
        const char *line = mem_strndup(scope, details, length);

        if (indented != literal) {
            (void)fputs(indented ? "\n```\n" : "```\n\n", file);
        }
        literal = indented;
        if (literal) {
            (void)fprintf(file, "%s\n", line + strspn(line, " "));
        } else {
            put(file, line);
            (void)fputs("\n", file);
        }
        details += length + (details[length] == '\n');
    }
    (void)fputs(literal ? "```\n\n" : "\n", file);
}

static void commands(FILE *file, const struct cli_book *book)
{
    (void)book;
    for (size_t at = 0; at < cli_command_count; at++) {
        const struct command *command = cli_commands[at];

        /* In a title nothing is a mark. */
        (void)fprintf(file, "## ferry %s%s%s\n\n", command->name,
                      command->usage[0] == '\0' ? "" : " ", command->usage);
        put(file, command->summary);
        (void)fputs(".\n\n", file);
        if (command->details != NULL) {
            put_details(file, command->details);
        }
        put_options_of(file, command->groups);
    }
}

static void exits(FILE *file, const struct cli_book *book)
{
    (void)book;
    for (size_t at = 0; at < cli_exit_count; at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        entry(file, mem_printf(scope, "%d %s", cli_exits[at].code, cli_exits[at].meaning),
              cli_exits[at].next);
    }
}

static void put_terms(FILE *file, const struct cli_term *terms, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        entry(file, terms[at].name, terms[at].text);
    }
}

static void environment(FILE *file, const struct cli_book *book)
{
    (void)book;
    put_terms(file, cli_variables, cli_variable_count);
}

static void files(FILE *file, const struct cli_book *book)
{
    (void)book;
    put_terms(file, cli_files, cli_file_count);
}

static void terms(FILE *file, const struct cli_book *book)
{
    (void)book;
    put_terms(file, cli_terms, cli_term_count);
}

/* --- ferry.yaml(5) --- */

static void keys(FILE *file, const struct cli_book *book)
{
    const char *group = "";
    size_t length = 0;

    for (size_t at = 0; at < book->key_count; at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        const struct cli_key *key = &book->keys[at];

        if (strncmp(key->name, group, length) != 0 || strcspn(key->name, ".") != length) {
            group = key->name;
            length = strcspn(group, ".");
            (void)fprintf(file, "# %.*s\n\n", (int)length, group);
        }
        (void)fputs("*", file);
        put(file, key->name);
        (void)fputs("*\n\t", file);
        put(file, mem_printf(scope, "%s.", key->help));
        fact(file, "type", key->type);
        if (key->fallback != NULL) {
            fact(file, "default", key->fallback);
        }
        if (key->range != NULL) {
            fact(file, "range", key->range);
        }
        fact(file, "for", key->workflows);
        fact(file, "since", mem_printf(scope, "ferry %s", key->since));
        if (key->resume) {
            fact(file, "anew", "may be given again to ferry resume and ferry cancel");
        }
        (void)fputs("\n\n", file);
    }
}

/* --- ferry-states(7) --- */

static void states(FILE *file, const struct cli_book *book)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *workflow = "", *again;

    for (size_t at = 0; at < book->state_count; at++) {
        const struct cli_state *state = &book->states[at];

        if (strcmp(state->workflow, workflow) != 0) {
            workflow = state->workflow;
            (void)fprintf(file, "# THE WORKFLOW %s\n\n", workflow);
        }
        again = cli_book_again(scope, book, &at);
        if (again != NULL) {
            put(file, mem_printf(scope, "As above: %s.", again));
            (void)fputs("\n\n", file);
            continue;
        }
        (void)fprintf(file, "## %s\n\n", state->name);
        put(file, state->summary);
        (void)fputs(".\n\n", file);
        entry(file, "Sends", state->sends);
        entry(file, "Is done when", state->expects);
        entry(file, "After a crash", state->crash);
    }
}

static const struct {
    const char *name;
    void (*put)(FILE *file, const struct cli_book *book);
} parts[] = {
    {"commands", commands}, {"options", options}, {"exits", exits}, {"environment", environment},
    {"files", files},       {"terms", terms},     {"keys", keys},   {"states", states},
};

bool cli_manual_part(FILE *file, const struct cli_book *book, const char *part)
{
    for (size_t at = 0; at < FERRY_COUNT(parts); at++) {
        if (strcmp(parts[at].name, part) == 0) {
            parts[at].put(file, book);
            return true;
        }
    }
    return false;
}

bool cli_manual_page(FILE *page, FILE *out, const struct cli_book *book)
{
    char line[LINE_MAX_BYTES];

    while (fgets(line, sizeof(line), page) != NULL) {
        size_t length = strcspn(line, "\n");

        if (length < 3 || line[0] != '@' || line[length - 1] != '@') {
            (void)fputs(line, out);
            continue;
        }
        line[length - 1] = '\0';
        if (!cli_manual_part(out, book, line + 1)) {
            return false;
        }
    }
    return true;
}
