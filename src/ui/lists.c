#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "ui/text.h"
#include "ui/ui.h"

#define ID_SHOWN 8 /* letters of a uuid: enough to name a run */

void ui_runs(const struct ui_stream *stream, const struct json *runs)
{
    static const struct ui_column columns[] = {
        {"RUN", false}, {"ID", false}, {"STATE", false}, {"SINCE", false}, {"MANAGER", false}};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *list = json_is_array(runs) ? runs : json_member(runs, "runs");
    struct ui_table *table = ui_table_new(scope, stream, columns, FERRY_COUNT(columns));

    if (json_size(list) == 0) {
        ui_line(stream, UI_PLAIN, 0, "no runs yet");
    }
    for (const struct json *run = json_first(list); run != NULL; run = json_next(run)) {
        const char *state = json_string_or(run, "state", "");
        const char *cells[] = {json_string_or(run, "run", ""),
                               mem_strndup(scope, json_string_or(run, "id", ""), ID_SHOWN), state,
                               ui_time(scope, run, "created_at"),
                               json_string_or(run, "manager", "")};

        ui_table_row(table, ui_state_colour(state), cells);
    }
    ui_table_print(table);
}

/* "2026-11-22 15:06:06 12 step/unit kind: text"; also the line of --follow. */
static void event_line(const struct ui_stream *stream, const struct json *event)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *step = json_string_or(event, "step", NULL);
    const char *unit = json_string_or(event, "unit", NULL);
    const char *kind = json_string_or(event, "kind", "");
    const char *text = json_string_or(event, "text", NULL);
    const char *last = strrchr(kind, '_');

    ui_line(stream, ui_state_colour(last == NULL ? kind : last + 1), 0,
            "%s %5" PRId64 "  %s%s%s%s%s%s%s", ui_time(scope, event, "at"),
            json_int64_or(event, "id", 0), step == NULL ? "" : step, unit == NULL ? "" : " ",
            unit == NULL ? "" : unit, step == NULL ? "" : " ", kind, text == NULL ? "" : ": ",
            text == NULL ? "" : text);
}

void ui_events(const struct ui_stream *stream, const struct json *events)
{
    const struct json *list = json_is_array(events) ? events : json_member(events, "events");

    for (const struct json *event = json_first(list); event != NULL; event = json_next(event)) {
        event_line(stream, event);
    }
}
