#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/text.h"
#include "ui/ui.h"

static const char *number(const void *mem, const struct json *object, const char *path)
{
    int64_t value = json_int64_or(object, path, 0);

    return value == 0 ? "" : mem_printf(mem, "%" PRId64, value);
}

static void head(const struct ui_stream *stream, const struct json *status)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *state = json_string_or(status, "state", "");

    ui_line(stream, ui_state_colour(state), 0, "run %s: %s", json_string_or(status, "run", ""),
            state);
    const char *old = json_string_or(status, "from.manager", NULL);

    ui_line(stream, UI_PLAIN, 0, "%s of %s%s%s%s%s", json_string_or(status, "workflow", ""),
            json_string_or(status, "manager", ""), old == NULL ? "" : " from ",
            old == NULL ? "" : old, json_member(status, "created_at") == NULL ? "" : ", since ",
            ui_time(scope, status, "created_at"));
}

/* Why the run stands, and what to do. */
static void reason(const struct ui_stream *stream, const struct json *status)
{
    const char *error = json_string_or(status, "error", "");
    const char *hint = json_string_or(status, "hint", "");

    if (error[0] != '\0') {
        ui_line(stream, ui_state_colour(json_string_or(status, "state", "")), 0, "%s", error);
    }
    if (hint[0] != '\0') {
        ui_line(stream, UI_PLAIN, 2, "next: %s", hint);
    }
}

/* "since 15:06:06", "3 min 05 s", why it was skipped, or "" for a step that has not begun. */
static const char *step_time(const void *mem, const struct json *step)
{
    int64_t began_ms;
    int64_t ended_ms;
    const char *began = json_string_or(step, "started_at", NULL);
    const char *ended = json_string_or(step, "ended_at", NULL);

    if (strcmp(json_string_or(step, "state", ""), "skipped") == 0) {
        return json_string_or(step, "error", "");
    }
    if (began == NULL || !timefmt_parse_utc(began, &began_ms)) {
        return "";
    }
    if (ended == NULL || !timefmt_parse_utc(ended, &ended_ms)) {
        return mem_printf(mem, "since %s",
                          ui_time(mem, step, "started_at") + strlen("2026-11-22 "));
    }
    return timefmt_duration(mem, ended_ms - began_ms);
}

static void steps(const struct ui_stream *stream, const struct json *status)
{
    static const struct ui_column columns[] = {
        {"STEP", false},   {"STATE", false}, {"UNITS", true},   {"DONE", true},
        {"RUNNING", true}, {"FAILED", true}, {"UNKNOWN", true}, {"TIME OR REASON", false}};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ui_table *table = ui_table_new(scope, stream, columns, FERRY_COUNT(columns));

    for (const struct json *step = json_first(json_member(status, "steps")); step != NULL;
         step = json_next(step)) {
        const char *state = json_string_or(step, "state", "");
        const char *cells[] = {
            json_string_or(step, "name", ""),     state,
            number(scope, step, "units.total"),   number(scope, step, "units.done"),
            number(scope, step, "units.running"), number(scope, step, "units.failed"),
            number(scope, step, "units.unknown"), step_time(scope, step)};

        ui_table_row(table, ui_state_colour(state), cells);
    }
    ui_table_print(table);
}

/* Why steps stand; the run's own reason is in the head. */
static void step_errors(const struct ui_stream *stream, const struct json *status)
{
    const char *shown = json_string_or(status, "error", "");

    for (const struct json *step = json_first(json_member(status, "steps")); step != NULL;
         step = json_next(step)) {
        const char *error = json_string_or(step, "error", "");
        const char *hint = json_string_or(step, "hint", "");

        if (error[0] == '\0' || strcmp(error, shown) == 0 ||
            strcmp(json_string_or(step, "state", ""), "skipped") == 0) {
            continue;
        }
        ui_line(stream, ui_state_colour(json_string_or(step, "state", "")), 0, "%s: %s",
                json_string_or(step, "name", ""), error);
        if (hint[0] != '\0') {
            ui_line(stream, UI_PLAIN, 2, "next: %s", hint);
        }
    }
}

/* Do these say the same of themselves, by all that is told of them but their names? */
static bool are_alike(const struct json *a, const struct json *b)
{
    static const char *const members[] = {"step", "state", "error", "hint"};

    for (size_t at = 0; at < FERRY_COUNT(members); at++) {
        if (a == NULL || b == NULL ||
            strcmp(json_string_or(a, members[at], ""), json_string_or(b, members[at], "")) != 0) {
            return false;
        }
    }
    return true;
}

/* A document lists the first of them only. */
static int64_t not_listed(const struct json *status, const struct json *list)
{
    int64_t all = 0;

    for (const struct json *step = json_first(json_member(status, "steps")); step != NULL;
         step = json_next(step)) {
        all += json_int64_or(step, "units.failed", 0) + json_int64_or(step, "units.unknown", 0);
    }
    return all - (int64_t)json_size(list);
}

/* Units that wait for a person, or failed. One reason of many in a row is told once, and what to do
   about it once, at their end. */
static void stuck(const struct ui_stream *stream, const struct json *status)
{
    const struct json *list = json_member(status, "stuck"), *before = NULL;

    if (json_size(list) == 0) {
        return;
    }
    ui_line(stream, UI_PLAIN, 0, "units that failed or are unknown:");
    for (const struct json *unit = json_first(list); unit != NULL; unit = json_next(unit)) {
        const char *state = json_string_or(unit, "state", "");
        const char *hint = json_string_or(unit, "hint", NULL);
        const char *key = json_string_or(unit, "unit", NULL);

        if (key == NULL) {
            key = json_string_or(unit, "key", "");
        }
        ui_line(stream, ui_state_colour(state), 2, "%s/%s %s: %s", json_string_or(unit, "step", ""),
                key, state,
                are_alike(before, unit) ? "as the one above"
                                        : json_string_or(unit, "error", "no reason is known"));
        if (hint != NULL && hint[0] != '\0' && !are_alike(unit, json_next(unit))) {
            ui_line(stream, UI_PLAIN, 4, "next: %s", hint);
        }
        before = unit;
    }
    if (not_listed(status, list) > 0) {
        ui_line(stream, UI_PLAIN, 2, "and %" PRId64 " more: ferry status %s --units lists all",
                not_listed(status, list), json_string_or(status, "run", ""));
    }
}

/* Units that the manager works on. */
static void in_flight(const struct ui_stream *stream, const struct json *status)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *list = json_member(status, "open");

    for (const struct json *unit = json_first(list); unit != NULL; unit = json_next(unit)) {
        const char *remote = json_string_or(unit, "remote_state", NULL);
        const char *error = json_string_or(unit, "error", NULL);

        ui_line(stream, UI_PLAIN, 2, "%s/%s %s since %s%s%s%s%s", json_string_or(unit, "step", ""),
                json_string_or(unit, "unit", ""), json_string_or(unit, "state", ""),
                ui_time(scope, unit, "since"),
                remote == NULL ? "" : ", on the manager: ", remote == NULL ? "" : remote,
                error == NULL ? "" : "; ", error == NULL ? "" : error);
    }
}

void ui_status(const struct ui_stream *stream, const struct json *status)
{
    head(stream, status);
    reason(stream, status);
    (void)fprintf(stream->file, "\n");
    steps(stream, status);
    step_errors(stream, status);
    if (json_size(json_member(status, "open")) > 0) {
        (void)fprintf(stream->file, "\n");
    }
    in_flight(stream, status);
    ui_compared(stream, json_member(status, "compare"), false);
    if (json_size(json_member(status, "stuck")) > 0) {
        (void)fprintf(stream->file, "\n");
    }
    stuck(stream, status);
    ui_aftermath(stream, status);
}

void ui_result(const struct ui_stream *stream, const struct json *result)
{
    head(stream, result);
    ui_compared(stream, json_member(result, "compare"), true);
    stuck(stream, result);
    ui_aftermath(stream, result);
}
