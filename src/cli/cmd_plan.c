#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/cli.h"

#define PLAN_MODE 0600 /* it names hosts, tenants and where passwords are */

static enum ferry_code code_of(const char *name)
{
    for (int code = 0; name != NULL && code < FERRY_CODE_COUNT; code++) {
        if (strcmp(ferry_code_name((enum ferry_code)code), name) == 0) {
            return (enum ferry_code)code;
        }
    }
    return FERRY_OK;
}

/* What stands in the way decides the exit: the plan's own code, else "refused". */
static enum ferry_code blocked(const struct json *plan, struct ferry_error *err)
{
    const struct json *row = json_first(json_member(plan, "findings"));
    enum ferry_code code = code_of(json_string_or(plan, "code", NULL));

    if (!json_bool_or(plan, "blocked", false)) {
        return FERRY_OK;
    }
    while (row != NULL && strcmp(json_string_or(row, "kind", ""), "blocker") != 0) {
        row = json_next(row);
    }
    ferry_fail(err, code != FERRY_OK ? code : FERRY_E_REFUSED, "the run would be refused: %s",
               json_string_or(row, "text", "the plan does not say why"));
    ferry_error_hint(err, "%s", json_string_or(row, "hint", ""));
    return code != FERRY_OK ? code : FERRY_E_REFUSED;
}

static enum ferry_code keep(struct invocation *invocation, const char *text,
                            struct ferry_error *err)
{
    const char *path = invocation->arguments.values[OPTION_OUTPUT];
    size_t length = strlen(text);
    char *lines = mem_printf(invocation->mem, "%s\n", text);
    enum ferry_code code = file_write_atomic(path, lines, length + 1, PLAN_MODE, err);

    if (code == FERRY_OK && !invocation->quiet) {
        ui_line(&invocation->io->err, UI_PLAIN, 0,
                "the plan is in %s; to carry it out: ferry run %s", path, path);
    }
    return code;
}

/* In the form that was asked for. */
static enum ferry_code show(struct invocation *invocation, char *text, enum ferry_code code,
                            struct ferry_error *err)
{
    if (invocation->arguments.counts[OPTION_MARKDOWN] > 0) {
        return cli_result(invocation, text, ui_plan_markdown, code, err);
    }
    if (invocation->verbose) {
        return cli_result(invocation, text, ui_plan_all, code, err);
    }
    return cli_result(
        invocation, text,
        invocation->arguments.counts[OPTION_REQUESTS] > 0 ? ui_plan_requests : ui_plan, code, err);
}

static enum ferry_code plan(struct invocation *invocation, struct ferry_error *err)
{
    struct ferry_source source = cli_source(invocation, 0);
    struct ferry_plan_options options = {.at = invocation->arguments.values[OPTION_AT]};
    struct json *document;
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code = cli_open(invocation, &ferry, err);

    if (code == FERRY_OK) {
        code = ferry_plan(ferry, &source, &options, &text, err);
    }
    if (code == FERRY_OK && invocation->arguments.counts[OPTION_OUTPUT] > 0) {
        code = keep(invocation, text, err);
    }
    if (code == FERRY_OK) {
        code = cli_document(invocation, text, &document, err);
    }
    if (code == FERRY_OK) {
        code = blocked(document, err);
    }
    return show(invocation, text, code, err);
}

const struct command cli_plan = {
    .name = "plan",
    .usage = "[FILE.yaml]",
    .summary = "Says what a run would do; reads manager and archive, changes nothing",
    .details = "With --requests every request that a run would send is shown, without secrets;\n"
               "with -v the checks that are fine, too. All times are estimates and say what\n"
               "they are made of. Exits with 0 when nothing stands in the way, else with 5 or\n"
               "the code of what does.\n",
    .groups = GROUP_COMMON | GROUP_SOURCE | GROUP_UPGRADE | GROUP_PLAN,
    .most_words = 1,
    .run = plan,
};
