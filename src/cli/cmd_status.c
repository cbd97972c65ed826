#include <string.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/units.h"
#include "cli/wait.h"

static void show(struct invocation *invocation, const struct json *status)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct ui_stream *out = &invocation->io->out;

    if (invocation->io->refresh != NULL) {
        invocation->io->refresh(invocation->io);
    }
    if (invocation->json) {
        ui_json(out, json_print(scope, status));
        return;
    }
    if (out->tty) {
        (void)fputs("\033[H\033[J", out->file);
    }
    ui_status(out, status);
    if (!out->tty) {
        (void)fputs("\n", out->file);
    }
}

/* One look; shows what has changed since *last, which lives below the invocation. */
static enum ferry_code look(struct invocation *invocation, struct ferry *ferry, char **last,
                            bool *running, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *name = invocation->word_count > 0 ? invocation->words[0] : NULL;
    struct json *status = NULL;
    char *text = NULL;
    enum ferry_code code = ferry_status(ferry, name, &text, err);

    if (code == FERRY_OK) {
        code = json_parse(scope, text, strlen(text), &status, err);
    }
    if (code == FERRY_OK && (*last == NULL || strcmp(*last, text) != 0)) {
        show(invocation, status);
        mem_free(*last);
        *last = mem_strdup(invocation->mem, text);
        invocation->printed = true;
    }
    *running = code == FERRY_OK && cli_is_running(status);
    ferry_text_free(text);
    return code;
}

/* Each second, printed where it has changed: with --json one document a line. */
static enum ferry_code watch(struct invocation *invocation, struct ferry *ferry,
                             struct ferry_error *err)
{
    char *last = NULL;
    bool running = false;
    enum ferry_code code;

    do {
        if (running) {
            cli_wait();
        }
        code = look(invocation, ferry, &last, &running, err);
        if (fflush(invocation->io->out.file) != 0) {
            return code; /* told at the end */
        }
    } while (code == FERRY_OK && running);
    return code;
}

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
        return watch(invocation, ferry, err);
    }
    code = ferry_status(ferry, name, &text, err);
    return cli_result(invocation, text, ui_status, code, err);
}

const struct command cli_status = {
    .name = "status",
    .usage = "[RUN]",
    .summary = "Says where a run is; works beside the run itself",
    .details = "RUN is a name or the beginning of an id; left out, it is the open run, else the\n"
               "newest. --units lists what was done for each deployment and host, a row each.\n",
    .groups = GROUP_COMMON | GROUP_STATUS,
    .most_words = 1,
    .run = status,
};
