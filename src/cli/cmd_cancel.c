#include "cli/cli.h"

static enum ferry_code cancel(struct invocation *invocation, struct ferry_error *err)
{
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code = cli_open(invocation, &ferry, err);

    if (code == FERRY_OK) {
        code = ferry_cancel(ferry, invocation->words[0], NULL, NULL, &text, err);
    }
    return cli_result(invocation, text, ui_result, code, err);
}

const struct command cli_cancel = {
    .name = "cancel",
    .usage = "RUN",
    .summary = "Ends a run that no ferry works on; says what remains on the manager",
    .groups = GROUP_COMMON,
    .least_words = 1,
    .most_words = 1,
    .run = cancel,
};
