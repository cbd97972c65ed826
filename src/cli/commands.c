#include <string.h>

#include "base/nearest.h"
#include "cli/cli.h"

const struct command *const cli_commands[] = {
    &cli_doctor, &cli_inspect,    &cli_plan,    &cli_run,        &cli_resume,  &cli_status,
    &cli_report, &cli_watch_page, &cli_events,  &cli_runs,       &cli_resolve, &cli_retry,
    &cli_cancel, &cli_backup,     &cli_backups, &cli_completion, &cli_version, &cli_help};
const size_t cli_command_count = FERRY_COUNT(cli_commands);

const struct command *cli_command_find(const char *name)
{
    for (size_t at = 0; at < cli_command_count; at++) {
        if (strcmp(cli_commands[at]->name, name) == 0) {
            return cli_commands[at];
        }
    }
    return NULL;
}

static bool is_file(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot != NULL &&
           (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 || strcmp(dot, ".json") == 0);
}

enum ferry_code cli_unknown_command(const char *name, struct ferry_error *err)
{
    const char *names[FERRY_COUNT(cli_commands)];
    const char *near;

    for (size_t at = 0; at < cli_command_count; at++) {
        names[at] = cli_commands[at]->name;
    }
    near = nearest_word(name, names, cli_command_count);
    ferry_fail(err, FERRY_E_USAGE, "unknown command '%s'", name);
    if (near != NULL) {
        ferry_error_hint(err, "did you mean ferry %s?", near);
    } else if (is_file(name)) {
        ferry_error_hint(err, "did you mean ferry plan %s, or ferry run %s?", name, name);
    } else {
        ferry_error_hint(err, "ferry --help shows the commands");
    }
    return FERRY_E_USAGE;
}
