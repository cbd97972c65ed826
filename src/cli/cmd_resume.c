#include "cli/cli.h"

static enum ferry_code resume(struct invocation *invocation, struct ferry_error *err)
{
    struct ferry_source source = cli_source(invocation, 1); /* no file: the journal has it all */
    struct ferry_run_options options = {.stop_before =
                                            invocation->arguments.values[OPTION_STOP_BEFORE]};
    const char *name = invocation->word_count > 0 ? invocation->words[0] : NULL;
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code = cli_open_run(invocation, &ferry, err);

    if (code != FERRY_OK) {
        return code;
    }
    code = ferry_resume(ferry, name, &source, &options, &text, err);
    cli_close_run(invocation);
    return cli_result(invocation, text, ui_result, code, err);
}

const struct command cli_resume = {
    .name = "resume",
    .usage = "[RUN]",
    .summary = "Goes on with a run that was stopped or killed",
    .details = "RUN is a name or the beginning of an id; left out, the only open run is meant.\n"
               "What the run is, is in the journal. Passwords and tokens are read anew; where\n"
               "they come from, the manager's URLs and CAs and limits may be given anew, nothing\n"
               "else.\n",
    .groups = GROUP_COMMON | GROUP_RESUME | GROUP_RUN,
    .most_words = 1,
    .run = resume,
};
