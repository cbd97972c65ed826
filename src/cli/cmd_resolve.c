#include <string.h>

#include "base/nearest.h"
#include "cli/cli.h"

static enum ferry_code verdict_of(const char *word, enum ferry_verdict *verdict,
                                  struct ferry_error *err)
{
    static const struct {
        const char *word;
        enum ferry_verdict verdict;
    } words[] = {{"done", FERRY_AS_DONE}, {"absent", FERRY_AS_ABSENT}, {"failed", FERRY_AS_FAILED}};
    const char *names[FERRY_COUNT(words)];
    const char *near;

    for (size_t at = 0; word != NULL && at < FERRY_COUNT(words); at++) {
        if (strcmp(words[at].word, word) == 0) {
            *verdict = words[at].verdict;
            return FERRY_OK;
        }
    }
    for (size_t at = 0; at < FERRY_COUNT(words); at++) {
        names[at] = words[at].word;
    }
    near = word == NULL ? NULL : nearest_word(word, names, FERRY_COUNT(words));
    ferry_fail(err, FERRY_E_USAGE,
               word == NULL ? "ferry resolve wants --as done|absent|failed"
                            : "--as wants done, absent or failed");
    if (near != NULL) {
        ferry_error_hint(err, "did you mean %s?", near);
    } else {
        ferry_error_hint(err, "look at the manager first: done, it took effect; absent, it did not "
                              "and may be sent again; failed, neither");
    }
    return FERRY_E_USAGE;
}

static enum ferry_code resolve(struct invocation *invocation, struct ferry_error *err)
{
    enum ferry_verdict verdict;
    struct ferry *ferry;
    char *text = NULL;
    enum ferry_code code = verdict_of(invocation->arguments.values[OPTION_AS], &verdict, err);

    if (code == FERRY_OK) {
        code = cli_open(invocation, &ferry, err);
    }
    if (code == FERRY_OK) {
        code =
            ferry_resolve(ferry, invocation->words[0], invocation->words[1], verdict, &text, err);
    }
    return cli_result(invocation, text, ui_result, code, err);
}

const struct command cli_resolve = {
    .name = "resolve",
    .usage = "RUN UNIT --as done|absent|failed",
    .summary = "Decides a unit whose outcome ferry could not find out",
    .details = "UNIT is STEP/KEY as ferry status shows it, or KEY where one step only has it.\n"
               "absent lets it be sent again; then ferry resume goes on.\n",
    .groups = GROUP_COMMON | GROUP_RESOLVE,
    .least_words = 2,
    .most_words = 2,
    .run = resolve,
};
