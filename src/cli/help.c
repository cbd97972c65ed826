#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "ui/text.h"

#define OPTION_COLUMNS 28 /* of an option and its argument */
#define HELP_COLUMNS 49   /* of its help: a whole line has 80 */

static void print_option(const struct ui_stream *stream, const struct cli_option_row *row)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *left = row->letter == 0 ? mem_printf(scope, "    --%s", row->name)
                                  : mem_printf(scope, "-%c, --%s", row->letter, row->name);
    const char *help = row->help;

    if (row->argument != NULL) {
        left = mem_printf(scope, "%s %s", left, row->argument);
    }
    if (row->env != NULL) {
        help = mem_printf(scope, "%s [$%s]", help, row->env);
    }
    help = ui_wrap(scope, help, HELP_COLUMNS);
    while (*help != '\0') {
        size_t length = strcspn(help, "\n");

        (void)fprintf(stream->file, "  %-*s %.*s\n", OPTION_COLUMNS, left, (int)length, help);
        left = mem_strdup(scope, "");
        help += length + (help[length] == '\n');
    }
}

static void print_options(const struct ui_stream *stream, const char *title, unsigned groups,
                          bool common)
{
    bool first = true;

    for (size_t at = 0; at < OPTION_COUNT; at++) {
        const struct cli_option_row *row = &cli_options[at];
        bool is_common = (row->groups & GROUP_COMMON) != 0;

        if (is_common != common || (row->groups & groups) == 0) {
            continue;
        }
        if (first) {
            (void)fprintf(stream->file, "\n%s:\n", title);
        }
        first = false;
        print_option(stream, row);
    }
}

static void print_exit_codes(const struct ui_stream *stream)
{
    (void)fputs("\nexit codes:\n"
                "  0 done                         5 refused by a fact on manager or archive\n"
                "  1 failed                       6 the plan is stale\n"
                "  2 usage or configuration       7 the journal is in use\n"
                "  3 stopped, can be resumed      8 the journal cannot be used\n"
                "  4 an unknown outcome waits     10 done, but some units failed\n"
                "    for ferry resolve\n",
                stream->file);
}

static void print_overview(const struct ui_stream *stream)
{
    (void)fputs("ferry carries a Cloudify Manager across an upgrade.\n\n"
                "usage: ferry COMMAND [OPTIONS] ...\n\ncommands:\n",
                stream->file);
    for (size_t at = 0; at < cli_command_count; at++) {
        (void)fprintf(stream->file, "  %-9s %s\n", cli_commands[at]->name,
                      cli_commands[at]->summary);
    }
    print_options(stream, "options of all commands", GROUP_COMMON, true);
    (void)fputs("\nferry COMMAND --help says more.\n", stream->file);
    print_exit_codes(stream);
}

void cli_print_help(const struct ui_stream *stream, const struct command *command)
{
    if (command == NULL) {
        print_overview(stream);
        return;
    }
    (void)fprintf(stream->file, "usage: ferry %s%s%s [OPTIONS]\n\n%s.\n", command->name,
                  command->usage[0] == '\0' ? "" : " ", command->usage, command->summary);
    if (command->details != NULL) {
        (void)fprintf(stream->file, "\n%s", command->details);
    }
    print_options(stream, "options", command->groups, false);
    print_options(stream, "options of all commands", GROUP_COMMON, true);
}

static enum ferry_code help(struct invocation *invocation, struct ferry_error *err)
{
    const struct command *command = NULL;

    if (invocation->word_count > 0) {
        command = cli_command_find(invocation->words[0]);
        if (command == NULL) {
            return cli_unknown_command(invocation->words[0], err);
        }
    }
    cli_print_help(&invocation->io->out, command);
    return FERRY_OK;
}

const struct command cli_help = {
    .name = "help",
    .usage = "[COMMAND]",
    .summary = "Says what ferry or one of its commands does",
    .groups = GROUP_COMMON,
    .most_words = 1,
    .run = help,
};
