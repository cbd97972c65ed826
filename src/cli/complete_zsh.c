/* A completion function for zsh: to be put as _ferry into a folder of $fpath. */
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/complete.h"

/* Within '...' of _arguments: colons and brackets part, a quote would end it. */
static void put(FILE *file, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'') {
            (void)fputs("'\\''", file);
            continue;
        }
        if (strchr(":[]\\", *at) != NULL) {
            (void)fputc('\\', file);
        }
        (void)fputc(*at, file);
    }
}

/* The action of an argument. */
static void put_offer(FILE *file, const struct complete_offer *offer)
{
    if (offer->runs) {
        (void)fputs("_ferry_runs", file);
    } else if (offer->files) {
        (void)fputs("_files", file);
    } else if (offer->folders) {
        (void)fputs("_files -/", file);
    } else if (offer->open) {
        (void)fprintf(file, "{compadd -S \"\" %s}", offer->words);
    } else if (offer->words[0] != '\0') {
        (void)fprintf(file, "(%s)", offer->words);
    }
}

static void put_option(FILE *file, const struct cli_book *book, const struct cli_option_row *row)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    bool again = row->type == TYPE_LIST || row->type == TYPE_SETTING;
    const char *names[] = {mem_printf(scope, "--%s", row->name),
                           row->letter == 0 ? NULL : mem_printf(scope, "-%c", row->letter)};

    for (size_t at = 0; at < FERRY_COUNT(names) && names[at] != NULL; at++) {
        (void)fprintf(file, "    '%s%s[", again ? "*" : "", names[at]);
        put(file, row->help);
        (void)fputs("]", file);
        if (row->argument != NULL) {
            struct complete_offer offer = complete_offer(scope, book, row->argument);

            (void)fputs(":", file);
            put(file, row->argument);
            (void)fputs(":", file);
            put_offer(file, &offer);
        }
        (void)fputs("' \\\n", file);
    }
}

static void put_command(FILE *file, const struct cli_book *book, const struct command *command)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct complete_offer offer = complete_offer(scope, book, command->usage);

    (void)fprintf(file, "  (%s) _arguments -s \\\n", command->name);
    for (size_t at = 0; at < OPTION_COUNT; at++) {
        if ((cli_options[at].groups & command->groups) != 0) {
            put_option(file, book, &cli_options[at]);
        }
    }
    (void)fputs("    '*:", file);
    put(file, command->usage[0] == '\0' ? "nothing" : command->usage);
    (void)fputs(":", file);
    put_offer(file, &offer);
    (void)fputs("' ;;\n", file);
}

void complete_zsh(FILE *file, const struct cli_book *book)
{
    (void)fputs("#compdef ferry\n"
                "# zsh completion of ferry, printed by: ferry completion zsh\n"
                "_ferry_runs() {\n"
                "  local -a runs=(${${(f)\"$(ferry runs 2>/dev/null)\"}%% *})\n"
                "  compadd -- ${runs:#RUN}\n"
                "}\n"
                "local -a commands=(\n",
                file);
    for (size_t at = 0; at < cli_command_count; at++) {
        (void)fprintf(file, "  '%s:", cli_commands[at]->name);
        put(file, cli_commands[at]->summary);
        (void)fputs("'\n", file);
    }
    (void)fputs(")\n"
                "local curcontext=$curcontext state line\n"
                "_arguments -C -s \\\n",
                file);
    for (size_t at = 0; at < OPTION_COUNT; at++) {
        if ((cli_options[at].groups & GROUP_COMMON) != 0) {
            put_option(file, book, &cli_options[at]);
        }
    }
    (void)fputs("    '1:command:{_describe command commands}' '*::argument:->rest'\n"
                "[[ $state == rest ]] || return\n"
                "case $line[1] in\n",
                file);
    for (size_t at = 0; at < cli_command_count; at++) {
        put_command(file, book, cli_commands[at]);
    }
    (void)fputs("esac\n", file);
}
