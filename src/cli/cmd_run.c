#include "cli/cli.h"

static enum ferry_code run(struct invocation *invocation, struct ferry_error *err)
{
    struct ferry_source source = cli_source(invocation, 0);
    struct ferry_run_options options = {.stop_before =
                                            invocation->arguments.values[OPTION_STOP_BEFORE]};
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code = cli_open_run(invocation, &ferry, err);

    if (code != FERRY_OK) {
        return code;
    }
    code = ferry_run(ferry, &source, &options, &text, err);
    cli_close_run(invocation);
    return cli_result(invocation, text, ui_result, code, err);
}

const struct command cli_run = {
    .name = "run",
    .usage = "[FILE.yaml | PLAN.json]",
    .summary = "Makes a new run and carries it to its end",
    .details = "It can be killed at any instant: ferry resume goes on. The first Ctrl-C finishes\n"
               "what is in flight and exits with 3, the second stops at once.\n",
    .groups = GROUP_COMMON | GROUP_SOURCE | GROUP_UPGRADE | GROUP_RUN,
    .most_words = 1,
    .run = run,
};
