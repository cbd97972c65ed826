/* Completions for fish: a line for each thing that may stand somewhere. */
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/complete.h"

static void put(FILE *file, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'' || *at == '\\') {
            (void)fputc('\\', file);
        }
        (void)fputc(*at, file);
    }
}

static void put_offer(FILE *file, const struct complete_offer *offer)
{
    if (offer->files) {
        (void)fputs(" -F", file);
    }
    if (offer->folders) {
        (void)fputs(" -a '(__fish_complete_directories)'", file);
    }
    if (offer->runs) {
        (void)fputs(" -a '(__ferry_runs)'", file);
    }
    if (offer->words[0] != '\0') {
        (void)fprintf(file, " -a '%s'", offer->words);
    }
}

/* An option, once for all commands that take it. */
static void put_option(FILE *file, const struct cli_book *book, const struct cli_option_row *row)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)fputs("complete -c ferry", file);
    if ((row->groups & GROUP_COMMON) == 0) {
        (void)fputs(" -n '__fish_seen_subcommand_from", file);
        for (size_t at = 0; at < cli_command_count; at++) {
            if ((cli_commands[at]->groups & row->groups) != 0) {
                (void)fprintf(file, " %s", cli_commands[at]->name);
            }
        }
        (void)fputs("'", file);
    }
    (void)fprintf(file, " -l %s", row->name);
    if (row->letter != 0) {
        (void)fprintf(file, " -s %c", row->letter);
    }
    if (row->argument != NULL) {
        struct complete_offer offer = complete_offer(scope, book, row->argument);

        (void)fputs(offer.files ? " -r" : " -x", file);
        put_offer(file, &offer);
    }
    (void)fputs(" -d '", file);
    put(file, row->help);
    (void)fputs("'\n", file);
}

static void put_command(FILE *file, const struct cli_book *book, const struct command *command)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct complete_offer offer = complete_offer(scope, book, command->usage);

    (void)fprintf(file, "complete -c ferry -n __fish_use_subcommand -a %s -d '", command->name);
    put(file, command->summary);
    (void)fputs("'\n", file);
    if (offer.files || offer.folders || offer.runs || offer.words[0] != '\0') {
        (void)fprintf(file, "complete -c ferry -n '__fish_seen_subcommand_from %s'", command->name);
        put_offer(file, &offer);
        (void)fputs("\n", file);
    }
}

void complete_fish(FILE *file, const struct cli_book *book)
{
    (void)fputs("# fish completion of ferry, printed by: ferry completion fish\n"
                "function __ferry_runs\n"
                "    ferry runs 2>/dev/null | string replace -r ' .*' '' | string match -v RUN\n"
                "end\n"
                "complete -c ferry -f\n",
                file);
    for (size_t at = 0; at < cli_command_count; at++) {
        put_command(file, book, cli_commands[at]);
    }
    for (size_t at = 0; at < OPTION_COUNT; at++) {
        put_option(file, book, &cli_options[at]);
    }
}
