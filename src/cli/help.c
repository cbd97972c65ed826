/* ferry --help, ferry COMMAND --help and ferry help, all from the tables. */
#include <string.h>

#include "base/mem.h"
#include "cli/page.h"
#include "cli/reference.h"
#include "cli/topics.h"

#define OPTION_COLUMN 31
#define COMMAND_COLUMN 14
#define TOPIC_COLUMN 27

char *cli_option_title(const void *mem, const struct cli_option_row *row)
{
    char *left = row->letter == 0 ? mem_printf(mem, "--%s", row->name)
                                  : mem_printf(mem, "-%c, --%s", row->letter, row->name);

    return row->argument == NULL ? left : mem_printf(mem, "%s %s", left, row->argument);
}

static void print_option(FILE *file, const struct cli_option_row *row)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *left = cli_option_title(scope, row);
    const char *help = row->help;

    if (row->letter == 0) {
        left = mem_printf(scope, "    %s", left);
    }
    if (row->env != NULL) {
        help = mem_printf(scope, "%s [$%s]", help, row->env);
    }
    page_row(file, OPTION_COLUMN, left, help);
}

static void print_options(FILE *file, const char *title, unsigned groups, bool common)
{
    bool first = true;

    for (size_t at = 0; at < OPTION_COUNT; at++) {
        const struct cli_option_row *row = &cli_options[at];
        bool is_common = (row->groups & GROUP_COMMON) != 0;

        if (is_common != common || (row->groups & groups) == 0) {
            continue;
        }
        if (first) {
            (void)fprintf(file, "\n%s:\n", title);
        }
        first = false;
        print_option(file, row);
    }
}

static void print_overview(FILE *file)
{
    (void)fputs("ferry carries a Cloudify Manager across an upgrade.\n\n"
                "usage: ferry COMMAND [OPTIONS] ...\n\ncommands:\n",
                file);
    for (size_t at = 0; at < cli_command_count; at++) {
        page_row(file, COMMAND_COLUMN, cli_commands[at]->name, cli_commands[at]->summary);
    }
    print_options(file, "options of all commands", GROUP_COMMON, true);
    (void)fputs("\nferry COMMAND --help says more; so do these, and ferry(1):\n", file);
    for (size_t at = 0; at < cli_topic_count; at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        page_row(file, TOPIC_COLUMN, mem_printf(scope, "ferry help %s", cli_topics[at].name),
                 cli_topics[at].summary);
    }
    (void)fputs("\nexit codes:\n", file);
    for (size_t at = 0; at < cli_exit_count; at++) {
        (void)fprintf(file, "  %d %s\n", cli_exits[at].code, cli_exits[at].meaning);
    }
}

void cli_print_help(const struct ui_stream *stream, const struct command *command)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    FILE *file = stream->file;

    if (command == NULL) {
        print_overview(file);
        return;
    }
    (void)fprintf(file, "usage: ferry %s%s%s [OPTIONS]\n\n", command->name,
                  command->usage[0] == '\0' ? "" : " ", command->usage);
    page_text(file, 0, mem_printf(scope, "%s.", command->summary));
    if (command->details != NULL) {
        (void)fprintf(file, "\n%s", command->details);
    }
    print_options(file, "options", command->groups, false);
    print_options(file, "options of all commands", GROUP_COMMON, true);
}

static enum ferry_code unknown_topic(const struct cli_book *book, const char *name,
                                     struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *near = cli_topic_nearest(scope, book, name);

    ferry_fail(err, FERRY_E_USAGE, "there is no command, topic, key, state or term '%s'", name);
    if (near != NULL) {
        ferry_error_hint(err, "did you mean ferry help %s?", near);
    } else {
        ferry_error_hint(err, "ferry --help shows the commands and topics");
    }
    return FERRY_E_USAGE;
}

static enum ferry_code help(struct invocation *invocation, struct ferry_error *err)
{
    const struct command *command = NULL;
    struct cli_book book;
    enum ferry_code code;

    if (invocation->word_count > 0) {
        command = cli_command_find(invocation->words[0]);
    }
    if (invocation->word_count == 0 || command != NULL) {
        cli_print_help(&invocation->io->out, command);
        return FERRY_OK;
    }
    code = cli_book_open(invocation->mem, &book, err);
    if (code == FERRY_OK &&
        !cli_topic_print(invocation->io->out.file, &book, invocation->words[0])) {
        code = unknown_topic(&book, invocation->words[0], err);
    }
    return code;
}

const struct command cli_help = {
    .name = "help",
    .usage = "[COMMAND | TOPIC | KEY | STATE | TERM]",
    .summary = "Says what a command, a key of upgrade.yaml or a state does",
    .details = "TOPIC is keys, states, exit-codes, environment, files or terms. TERM is a word\n"
               "of terms, such as wave, or a variable of the environment.\n",
    .groups = GROUP_COMMON,
    .most_words = 1,
    .run = help,
};
