/* What the report says in words, on a page and for a ticket alike. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/report.h"

static bool state_is(const struct json *report, const char *state)
{
    return strcmp(json_string_or(report, "state", ""), state) == 0;
}

int64_t report_missing(const struct json *report)
{
    return json_int64_or(report, "compare.names.missing", 0);
}

int64_t report_other(const struct json *report)
{
    return json_int64_or(report, "compare.names.more", 0) +
           json_int64_or(report, "compare.names.changed", 0);
}

enum report_mood report_mood(const struct json *report)
{
    if (state_is(report, "running")) {
        return REPORT_GOING;
    }
    if (state_is(report, "done")) {
        return json_int64_or(report, "exit", 0) == 0 && report_other(report) == 0 ? REPORT_GOOD
                                                                                  : REPORT_CARE;
    }
    return state_is(report, "failed") || state_is(report, "blocked") ? REPORT_BAD : REPORT_CARE;
}

/* Have the names of the archive been looked up, and were all there? */
static bool is_proven(const struct json *report)
{
    return json_get(report, "compare.names.kinds") != NULL && report_missing(report) == 0;
}

char *report_sentence(const void *mem, const struct json *report)
{
    int64_t failed = json_int64_or(report, "failures_in_all", 0);
    const char *error = json_string_or(report, "error", NULL);

    if (state_is(report, "running")) {
        return mem_strdup(mem, "The run is under way.");
    }
    if (!state_is(report, "done")) {
        return error != NULL
                   ? mem_printf(mem, "The run is %s: %s", json_string_or(report, "state", ""),
                                error)
                   : mem_printf(mem, "The run is %s.", json_string_or(report, "state", ""));
    }
    return mem_printf(
        mem, "%s%s",
        is_proven(report) ? "Everything the archive held is on the manager, looked up by name"
                          : "The run has reached its end",
        failed == 0
            ? "."
            : mem_printf(mem, "; %s did not succeed.",
                         failed == 1 ? "one unit" : mem_printf(mem, "%" PRId64 " units", failed)));
}

int64_t report_time(const struct json *object, const char *key)
{
    int64_t ms = 0;

    return timefmt_parse_utc(json_string_or(object, key, ""), &ms) ? ms : 0;
}

int64_t report_span(const struct json *report, int64_t *from_ms, int64_t *to_ms)
{
    int64_t last_ms = 0;

    *from_ms = report_time(report, "created_at");
    for (const struct json *life = json_first(json_member(report, "lives")); life != NULL;
         life = json_next(life)) {
        int64_t ended_ms = report_time(life, "ended_at");

        last_ms = ended_ms > last_ms ? ended_ms : last_ms;
    }
    *to_ms = state_is(report, "running") || last_ms == 0 ? report_time(report, "made_at") : last_ms;
    if (*to_ms <= *from_ms) {
        *to_ms = *from_ms + 1;
    }
    return *to_ms - *from_ms;
}

const char *report_clock(const void *mem, const struct json *object, const char *key, bool fine)
{
    const char *text = json_string_or(object, key, "");
    size_t length = strlen(text); /* 2026-11-22T15:06:06.291Z */

    return length < 20 ? "" : mem_strndup(mem, text + 11, fine && length >= 23 ? 12 : 8);
}

char *report_number(const void *mem, int64_t number)
{
    char *plain = mem_printf(mem, "%" PRId64, number);
    size_t length = strlen(plain);
    char *text = mem_array(mem, char, length + length / 3 + 1);
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && plain[i - 1] != '-') {
            text[used++] = ',';
        }
        text[used++] = plain[i];
    }
    return text;
}

const char *report_difference(const struct json *row)
{
    const char *is = json_string_or(row, "is", "");

    return strcmp(is, "missing") == 0 ? "missing on the manager"
           : strcmp(is, "more") == 0  ? "not in the archive"
                                      : "changed";
}
