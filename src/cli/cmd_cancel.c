#include "cli/cli.h"

static enum ferry_code cancel(struct invocation *invocation, struct ferry_error *err)
{
    struct ferry_source source = cli_source(invocation, 1); /* no file: the journal has it all */
    struct ferry_cancel_options options = {.leave = invocation->arguments.counts[OPTION_LEAVE] > 0};
    const char *name = invocation->words[0];
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code = cli_open_run(invocation, &ferry, err);

    if (code != FERRY_OK) {
        return code;
    }
    code = ferry_cancel(ferry, name, &source, &options, &text, err);
    cli_close_run(invocation);
    return cli_result(invocation, text, ui_result, code, err);
}

const struct command cli_cancel = {
    .name = "cancel",
    .usage = "RUN",
    .summary = "Ends a run; before its restore it also undoes what the run did",
    .details = "Before the restore, maintenance is switched off again, if this run switched it\n"
               "on and nobody has switched it since. Of a backup that is not proven yet, the\n"
               "snapshot is deleted on its manager (if it is still being made: cancelled first)\n"
               "and the unfinished download here. A restore can be neither cancelled nor\n"
               "undone: ferry says what remains.\n"
               "Passwords and tokens are read anew; where they come from, the manager's URLs and\n"
               "CAs and limits may be given anew, nothing else.\n",
    .groups = GROUP_COMMON | GROUP_RESUME | GROUP_CANCEL,
    .least_words = 1,
    .most_words = 1,
    .run = cancel,
};
