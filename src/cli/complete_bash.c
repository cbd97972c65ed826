/* A completion script for bash 4.4 and later; it needs nothing beside bash. */
#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/complete.h"

/* What is in $cur, $last (the word before) and $line (all words) stands in the script's head. */
static const char head[] =
    "# bash completion of ferry, printed by: ferry completion bash\n"
    "_ferry_runs() { command ferry runs 2>/dev/null | while read -r run _; do\n"
    "  [[ $run == RUN ]] || printf '%s\\n' \"$run\"; done; }\n"
    "_ferry_offer() { # WORDS [files|folders|runs]...: what may stand here\n"
    "  local kind\n"
    "  mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
    "  for kind in \"${@:2}\"; do\n"
    "    case $kind in\n"
    "    files) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < "
    "<(compgen -f -- \"$cur\") ;;\n"
    "    folders) compopt -o filenames; mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < "
    "<(compgen -d -- \"$cur\") ;;\n"
    "    runs) mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < "
    "<(compgen -W \"$(_ferry_runs)\" -- \"$cur\") ;;\n"
    "    open) compopt -o nospace ;;\n"
    "    esac\n"
    "  done\n"
    "}\n";

static const char tail[] =
    "_ferry() {\n"
    "  local cur=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD - 1]} command='' word=''\n"
    "  local at skip=''\n"
    "  COMPREPLY=()\n"
    "  # \"--name=value\" and \"key=value\" come as three words.\n"
    "  if [[ $cur == = ]]; then cur=''; word=$last; fi\n"
    "  if [[ $last == = ]]; then word=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
    "  if [[ $word == --* ]]; then last=$word\n"
    "  elif [[ -n $word ]]; then _ferry_setting \"$word\"; return; fi\n"
    "  if _ferry_value \"$last\"; then return; fi\n"
    "  for ((at = 1; at < COMP_CWORD; at++)); do\n"
    "    word=${COMP_WORDS[at]}\n"
    "    if [[ -n $skip ]]; then skip=''; continue; fi\n"
    "    if [[ $word == -* ]]; then\n"
    "      if _ferry_has_value \"$word\"; then skip=1; fi\n"
    "    else command=$word; break; fi\n"
    "  done\n"
    "  _ferry_command \"$command\"\n"
    "}\n"
    "complete -F _ferry ferry\n";

static void put_offer(FILE *file, const struct complete_offer *offer)
{
    (void)fprintf(file, "_ferry_offer '%s'%s%s%s%s", offer->words, offer->files ? " files" : "",
                  offer->folders ? " folders" : "", offer->runs ? " runs" : "",
                  offer->open ? " open" : "");
}

static void put_pattern(FILE *file, const struct cli_option_row *row)
{
    (void)fprintf(file, "--%s", row->name);
    if (row->letter != 0) {
        (void)fprintf(file, " | -%c", row->letter);
    }
}

static void put_values(FILE *file, const struct cli_book *book)
{
    bool first = true;

    (void)fputs("_ferry_has_value() {\n  case $1 in\n  ", file);
    for (size_t at = 0; at < OPTION_COUNT; at++) {
        if (cli_options[at].argument != NULL) {
            (void)fputs(first ? "" : " | ", file);
            put_pattern(file, &cli_options[at]);
            first = false;
        }
    }
    (void)fputs(") return 0 ;;\n  esac\n  return 1\n}\n"
                "_ferry_value() { # OPTION: offers its values; fails where it takes none\n"
                "  case $1 in\n",
                file);
    for (size_t at = 0; at < OPTION_COUNT; at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        const struct cli_option_row *row = &cli_options[at];
        struct complete_offer offer;

        if (row->argument != NULL) {
            offer = complete_offer(scope, book, row->argument);
            (void)fputs("  ", file);
            put_pattern(file, row);
            (void)fputs(") ", file);
            put_offer(file, &offer);
            (void)fputs(" ;;\n", file);
        }
    }
    (void)fputs("  *) return 1 ;;\n  esac\n}\n", file);
}

static void put_settings(FILE *file, const struct cli_book *book)
{
    (void)fputs("_ferry_setting() { # KEY: offers what may stand behind its =\n  case $1 in\n",
                file);
    for (size_t at = 0; at < book->key_count; at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        const char *words = complete_values(scope, &book->keys[at]);

        if (words[0] != '\0') {
            (void)fprintf(file, "  %s) _ferry_offer '%s' ;;\n", book->keys[at].name, words);
        }
    }
    (void)fputs("  esac\n}\n", file);
}

static void put_options_of(FILE *file, unsigned groups)
{
    for (size_t at = 0; at < OPTION_COUNT; at++) {
        if ((cli_options[at].groups & groups) != 0) {
            (void)fprintf(file, "--%s ", cli_options[at].name);
            if (cli_options[at].letter != 0) {
                (void)fprintf(file, "-%c ", cli_options[at].letter);
            }
        }
    }
}

static void put_commands(FILE *file, const struct cli_book *book)
{
    (void)fputs("_ferry_command() { # COMMAND or nothing: offers its options or words\n"
                "  local options\n  case $1 in\n",
                file);
    for (size_t at = 0; at < cli_command_count; at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        const struct command *command = cli_commands[at];
        struct complete_offer offer = complete_offer(scope, book, command->usage);

        (void)fprintf(file, "  %s)\n    options='", command->name);
        put_options_of(file, command->groups);
        (void)fputs("'\n    if [[ $cur == -* ]]; then _ferry_offer \"$options\"; else ", file);
        put_offer(file, &offer);
        (void)fputs("; fi ;;\n", file);
    }
    (void)fputs("  '')\n    if [[ $cur == -* ]]; then _ferry_offer '", file);
    put_options_of(file, GROUP_COMMON);
    (void)fputs("'; else _ferry_offer '", file);
    for (size_t at = 0; at < cli_command_count; at++) {
        (void)fprintf(file, "%s ", cli_commands[at]->name);
    }
    (void)fputs("'; fi ;;\n  esac\n}\n", file);
}

void complete_bash(FILE *file, const struct cli_book *book)
{
    (void)fputs(head, file);
    put_values(file, book);
    put_settings(file, book);
    put_commands(file, book);
    (void)fputs(tail, file);
}
