#include "cli/cli.h"
#include "cli/timer.h"

static enum ferry_code backup(struct invocation *invocation, struct ferry_error *err)
{
    struct ferry_source source = cli_source(invocation, 0);
    struct ferry_run_options options = {.stop_before =
                                            invocation->arguments.values[OPTION_STOP_BEFORE]};
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code;

    if (invocation->arguments.counts[OPTION_PRINT_TIMER] > 0) {
        return cli_print_timer(invocation, err);
    }
    code = cli_open_run(invocation, &ferry, err);
    if (code != FERRY_OK) {
        return code;
    }
    source.workflow = "backup";
    code = ferry_run(ferry, &source, &options, &text, err);
    cli_close_run(invocation);
    return cli_result(invocation, text, ui_result, code, err);
}

const struct command cli_backup = {
    .name = "backup",
    .usage = "[FILE.yaml | PLAN.json]",
    .summary = "Takes a backup: snapshot, download, proof; removes old ones",
    .details = "A run like any other: ferry plan FILE.yaml shows what it would do, and after a\n"
               "kill ferry resume goes on where it was, in the middle of the download too; so\n"
               "does ferry backup itself. --print-timer has it done each night.\n",
    .groups = GROUP_COMMON | GROUP_SOURCE | GROUP_RUN | GROUP_BACKUP,
    .most_words = 1,
    .run = backup,
};
