#include "cli/cli.h"

static enum ferry_code inspect(struct invocation *invocation, struct ferry_error *err)
{
    const struct cli_arguments *arguments = &invocation->arguments;
    bool markdown = arguments->counts[OPTION_MARKDOWN] > 0;
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code = cli_open(invocation, &ferry, err);

    if (code == FERRY_OK) {
        code = ferry_inspect(ferry, invocation->words[0], arguments->counts[OPTION_DEEP] > 0, &text,
                             err);
    }
    return cli_result(invocation, text, markdown ? ui_inspect_markdown : ui_inspect, code, err);
}

const struct command cli_inspect = {
    .name = "inspect",
    .usage = "ARCHIVE",
    .summary = "Says what a snapshot archive holds and whether it can be restored",
    .details = "Needs no manager, no configuration and no journal. Exits with 0 when the archive\n"
               "can be used, and with 5 when not: damaged, cut off, not a snapshot, too old.\n"
               "Names of secrets are shown, nothing else of them.\n",
    .groups = GROUP_COMMON | GROUP_INSPECT,
    .least_words = 1,
    .most_words = 1,
    .run = inspect,
};
