#include "cli/cli.h"

static enum ferry_code runs(struct invocation *invocation, struct ferry_error *err)
{
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code = cli_open(invocation, &ferry, err);

    if (code == FERRY_OK) {
        code = ferry_runs(ferry, &text, err);
    }
    return cli_result(invocation, text, ui_runs, code, err);
}

const struct command cli_runs = {
    .name = "runs",
    .usage = "",
    .summary = "Lists the runs of the journal, newest first",
    .groups = GROUP_COMMON,
    .run = runs,
};
