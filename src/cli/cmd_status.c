#include "cli/cli.h"
#include "cli/units.h"
#include "cli/watch.h"

static enum ferry_code check_options(const struct invocation *invocation, struct ferry_error *err)
{
    const unsigned *counts = invocation->arguments.counts;

    if (counts[OPTION_UNITS] > 0 && counts[OPTION_WATCH] > 0) {
        return ferry_fail(err, FERRY_E_USAGE, "--units and --watch do not go together");
    }
    if (counts[OPTION_UNITS] == 0 && (counts[OPTION_STEP] > 0 || counts[OPTION_FORMAT] > 0)) {
        ferry_fail(err, FERRY_E_USAGE, "--step and --format belong to --units");
        ferry_error_hint(err, "ferry status --units --step install_new_agents --format csv");
        return FERRY_E_USAGE;
    }
    return FERRY_OK;
}

static enum ferry_code status(struct invocation *invocation, struct ferry_error *err)
{
    const char *name = invocation->word_count > 0 ? invocation->words[0] : NULL;
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code = cli_open(invocation, &ferry, err);

    if (code == FERRY_OK) {
        code = check_options(invocation, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    if (invocation->arguments.counts[OPTION_UNITS] > 0) {
        return cli_units(invocation, ferry, err);
    }
    if (invocation->arguments.counts[OPTION_WATCH] > 0) {
        return cli_watch(invocation, ferry, err);
    }
    code = ferry_status(ferry, name, &text, err);
    return cli_result(invocation, text, ui_status, code, err);
}

const struct command cli_status = {
    .name = "status",
    .usage = "[RUN]",
    .summary = "Says where a run is; works beside the run itself",
    .details = "RUN is a name or the beginning of an id; left out, it is the open run, else the\n"
               "newest. --watch shows what the run itself shows, from the journal, but not how\n"
               "many bytes of a file have gone. --units lists what was done for each deployment\n"
               "and host, a row each.\n",
    .groups = GROUP_COMMON | GROUP_STATUS,
    .most_words = 1,
    .run = status,
};
