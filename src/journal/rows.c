#include "journal/rows.h"

#include <string.h>

#include "base/attr.h"

/* Stored words: they never change. */
static const char *const run_words[] = {
    [RUN_RUNNING] = "running",     [RUN_PAUSED] = "paused", [RUN_BLOCKED] = "blocked",
    [RUN_CANCELLED] = "cancelled", [RUN_FAILED] = "failed", [RUN_DONE] = "done",
};

static const char *const step_words[] = {
    [STEP_WAITING] = "waiting",     [STEP_EXPANDING] = "expanding", [STEP_RUNNING] = "running",
    [STEP_VERIFYING] = "verifying", [STEP_DONE] = "done",           [STEP_FAILED] = "failed",
    [STEP_SKIPPED] = "skipped",     [STEP_CANCELLED] = "cancelled",
};

/* Units are stored by number, for size; the words are for people and JSON. */
static const char *const unit_words[] = {
    [UNIT_PENDING] = "pending", [UNIT_INTENT] = "intent",       [UNIT_STARTED] = "started",
    [UNIT_DONE] = "done",       [UNIT_SKIPPED] = "skipped",     [UNIT_FAILED] = "failed",
    [UNIT_UNKNOWN] = "unknown", [UNIT_CANCELLED] = "cancelled",
};

static const char *word(const char *const *words, size_t count, unsigned index)
{
    return index < count ? words[index] : "?";
}

static bool find_word(const char *const *words, size_t count, const char *text, unsigned *index)
{
    for (unsigned at = 0; text != NULL && at < count; at++) {
        if (strcmp(words[at], text) == 0) {
            *index = at;
            return true;
        }
    }
    return false;
}

const char *run_state_name(enum run_state state)
{
    return word(run_words, FERRY_COUNT(run_words), (unsigned)state);
}

const char *step_state_name(enum step_state state)
{
    return word(step_words, FERRY_COUNT(step_words), (unsigned)state);
}

const char *unit_state_name(enum unit_state state)
{
    return word(unit_words, FERRY_COUNT(unit_words), (unsigned)state);
}

bool run_state_parse(const char *text, enum run_state *out)
{
    unsigned index;

    if (!find_word(run_words, FERRY_COUNT(run_words), text, &index)) {
        return false;
    }
    *out = (enum run_state)index;
    return true;
}

bool step_state_parse(const char *text, enum step_state *out)
{
    unsigned index;

    if (!find_word(step_words, FERRY_COUNT(step_words), text, &index)) {
        return false;
    }
    *out = (enum step_state)index;
    return true;
}

enum ferry_code code_parse(const char *text)
{
    for (unsigned at = 0; text != NULL && at < FERRY_CODE_COUNT; at++) {
        if (strcmp(ferry_code_name((enum ferry_code)at), text) == 0) {
            return (enum ferry_code)at;
        }
    }
    return text == NULL ? FERRY_OK : FERRY_E_FAILED;
}

bool run_is_live(enum run_state state)
{
    return state == RUN_RUNNING || state == RUN_PAUSED || state == RUN_BLOCKED;
}
