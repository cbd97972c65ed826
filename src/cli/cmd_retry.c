#include "cli/cli.h"

static enum ferry_code retry(struct invocation *invocation, struct ferry_error *err)
{
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code;

    if (invocation->arguments.counts[OPTION_FAILED] == 0) {
        ferry_fail(err, FERRY_E_USAGE, "ferry retry wants --failed: which units to do again");
        ferry_error_hint(err, "ferry retry %s --failed", invocation->words[0]);
        return FERRY_E_USAGE;
    }
    code = cli_open(invocation, &ferry, err);
    if (code == FERRY_OK) {
        code = ferry_retry_failed(ferry, invocation->words[0], &text, err);
    }
    return cli_result(invocation, text, ui_result, code, err);
}

const struct command cli_retry = {
    .name = "retry",
    .usage = "RUN --failed",
    .summary = "Makes failed units pending again; ferry resume then does them",
    .groups = GROUP_COMMON | GROUP_RETRY,
    .least_words = 1,
    .most_words = 1,
    .run = retry,
};
