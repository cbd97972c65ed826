#include <string.h>

#include "cli/cli.h"

/* What stops decides the exit: 5, or the code of what it was. */
static enum ferry_code blocked(const struct json *report, struct ferry_error *err)
{
    const struct json *row = json_first(json_member(report, "checks"));

    if (!json_bool_or(report, "blocked", false)) {
        return FERRY_OK;
    }
    while (row != NULL && strcmp(json_string_or(row, "verdict", ""), "stops") != 0) {
        row = json_next(row);
    }
    ferry_fail(err, FERRY_E_REFUSED, "a run would not work here: %s: %s",
               json_string_or(row, "name", "?"), json_string_or(row, "evidence", "?"));
    ferry_error_hint(err, "%s", json_string_or(row, "next", ""));
    return FERRY_E_REFUSED;
}

static enum ferry_code doctor(struct invocation *invocation, struct ferry_error *err)
{
    struct ferry_source source = cli_source(invocation, 0);
    struct json *document;
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code = cli_open_run(invocation, &ferry, err);

    if (code != FERRY_OK) {
        return code;
    }
    code = ferry_doctor(ferry, &source, &text, err);
    cli_close_run(invocation);
    if (code == FERRY_OK) {
        code = cli_document(invocation, text, &document, err);
    }
    if (code == FERRY_OK) {
        code = blocked(document, err);
    }
    return cli_result(invocation, text, ui_doctor, code, err);
}

const struct command cli_doctor = {
    .name = "doctor",
    .usage = "[FILE.yaml]",
    .summary = "Looks whether a run would find here what it needs",
    .details = "Looks at libraries, clock, limits and the place of the journal, where it makes a\n"
               "small file for a moment. With FILE.yaml also at its keys, its secrets and the\n"
               "manager, which is asked one question with one login. Exits with 0, or with 5\n"
               "when something would stop a run.\n",
    .groups = GROUP_COMMON | GROUP_SOURCE | GROUP_UPGRADE,
    .most_words = 1,
    .run = doctor,
};
