/* The units of a run: a row each. */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/text.h"
#include "ui/ui.h"

/* How long it took, "" where that is not known. */
static const char *duration(const void *mem, const struct json *unit)
{
    double seconds = json_double_or(unit, "seconds", -1.0);

    return seconds < 0.0 ? "" : timefmt_duration(mem, (int64_t)(seconds * 1000.0));
}

void ui_units_table(const struct ui_stream *stream, const struct json *page, bool first)
{
    static const struct ui_column columns[] = {
        {"STATE", false}, {"TOOK", true}, {"UNIT", false}, {"WHY", false}};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ui_table *table = NULL;
    const char *step = NULL;

    if (first && json_size(json_member(page, "units")) == 0) {
        ui_line(stream, UI_PLAIN, 0, "no units yet");
    }
    for (const struct json *unit = json_first(json_member(page, "units")); unit != NULL;
         unit = json_next(unit)) {
        const char *state = json_string_or(unit, "state", "");
        const char *of = json_string_or(unit, "step", "");
        const char *cells[] = {state, duration(scope, unit), json_string_or(unit, "unit", ""),
                               json_string_or(unit, "reason", "")};

        if (step == NULL || strcmp(step, of) != 0) {
            if (table != NULL) {
                ui_table_print(table);
            }
            ui_line(stream, UI_STRONG, 0, "%s", of);
            table = ui_table_new(scope, stream, columns, FERRY_COUNT(columns));
            step = of;
        }
        ui_table_row(table, ui_state_colour(state), cells);
    }
    if (table != NULL) {
        ui_table_print(table);
    }
}

/* --- JSON: {"run":NAME,"units":[...]}, a unit a line --- */

void ui_units_json_begin(const struct ui_stream *stream, const struct json *page)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *name = json_array(scope);
    const char *text;

    json_push_string(name, json_string_or(page, "run", ""));
    text = json_print(scope, name);
    (void)fprintf(stream->file, "{\"run\":%.*s,\"units\":[", (int)strlen(text) - 2, text + 1);
}

void ui_units_json(const struct ui_stream *stream, const struct json *page, bool first)
{
    for (const struct json *unit = json_first(json_member(page, "units")); unit != NULL;
         unit = json_next(unit)) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        (void)fprintf(stream->file, "%s\n%s", first ? "" : ",", json_print(scope, unit));
        first = false;
    }
}

void ui_units_json_end(const struct ui_stream *stream)
{
    (void)fputs("\n]}\n", stream->file);
}

/* --- CSV --- */

static const char *const csv_columns[] = {"step",  "unit",     "tenant",  "deployment",
                                          "host",  "state",    "reason",  "attempt",
                                          "since", "ended_at", "seconds", "execution"};

/* In quotes where RFC 4180 asks for them. What a spreadsheet would take for a formula gets a ' in
   front, since the texts are those of managers. */
static void csv_text(const struct ui_stream *stream, const char *text)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *safe = ui_safe(scope, text);
    const char *guard = safe[0] != '\0' && strchr("=+-@", safe[0]) != NULL ? "'" : "";

    if (strpbrk(safe, "\",\r\n") == NULL) {
        (void)fprintf(stream->file, "%s%s", guard, safe);
        return;
    }
    (void)fprintf(stream->file, "\"%s", guard);
    for (const char *at = safe; *at != '\0'; at++) {
        (void)fprintf(stream->file, *at == '"' ? "\"\"" : "%c", *at);
    }
    (void)fputc('"', stream->file);
}

void ui_units_csv_begin(const struct ui_stream *stream, const struct json *page)
{
    (void)page;
    for (size_t at = 0; at < FERRY_COUNT(csv_columns); at++) {
        (void)fprintf(stream->file, "%s%s", at == 0 ? "" : ",", csv_columns[at]);
    }
    (void)fputs("\r\n", stream->file);
}

void ui_units_csv(const struct ui_stream *stream, const struct json *page, bool first)
{
    (void)first;
    for (const struct json *unit = json_first(json_member(page, "units")); unit != NULL;
         unit = json_next(unit)) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        for (size_t at = 0; at < FERRY_COUNT(csv_columns); at++) {
            const struct json *cell = json_member(unit, csv_columns[at]);

            if (at > 0) {
                (void)fputc(',', stream->file);
            }
            if (json_is_number(cell)) {
                (void)fputs(json_print(scope, cell), stream->file);
            } else {
                csv_text(stream, json_text(cell));
            }
        }
        (void)fputs("\r\n", stream->file);
    }
}
