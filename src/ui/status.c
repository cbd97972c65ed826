#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "ui/text.h"
#include "ui/ui.h"

#define CELLS_MAX 8 /* columns of the comparison */

static const char *number(const void *mem, const struct json *object, const char *path)
{
    int64_t value = json_int64_or(object, path, 0);

    return value == 0 ? "" : mem_printf(mem, "%" PRId64, value);
}

static void head(const struct ui_stream *stream, const struct json *status)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *state = json_string_or(status, "state", "");
    const char *error = json_string_or(status, "error.message", NULL);
    const char *hint = json_string_or(status, "error.hint", NULL);
    const char *manager = json_string_or(status, "manager.url", NULL);

    if (error == NULL)
        error = json_string_or(status, "error", NULL);
    if (hint == NULL)
        hint = json_string_or(status, "hint", NULL);
    if (manager == NULL)
        manager = json_string_or(status, "manager", "");
    ui_line(stream, ui_state_colour(state), 0, "run %s: %s", json_string_or(status, "run", ""),
            state);
    ui_line(stream, UI_PLAIN, 0, "%s of %s%s%s", json_string_or(status, "workflow", ""), manager,
            json_member(status, "created_at") == NULL ? "" : ", since ",
            ui_time(scope, status, "created_at"));
    if (error != NULL && error[0] != '\0')
        ui_line(stream, ui_state_colour(state), 0, "%s", error);
    if (hint != NULL && hint[0] != '\0')
        ui_line(stream, UI_PLAIN, 2, "next: %s", hint);
}

static const char *step_note(const void *mem, const struct json *step)
{
    const char *error = json_string_or(step, "error", NULL);
    const char *hint = json_string_or(step, "hint", NULL);

    if (error == NULL)
        return json_string_or(step, "reason", "");
    return hint == NULL || hint[0] == '\0' ? error : mem_printf(mem, "%s; next: %s", error, hint);
}

static void steps(const struct ui_stream *stream, const struct json *status)
{
    static const struct ui_column columns[] = {
        {"STEP", false}, {"STATE", false}, {"UNITS", true},   {"DONE", true},
        {"OPEN", true},  {"FAILED", true}, {"UNKNOWN", true}, {"NOTE", false}};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ui_table *table = ui_table_new(scope, stream, columns, FERRY_COUNT(columns));

    for (const struct json *step = json_first(json_member(status, "steps")); step != NULL;
         step = json_next(step)) {
        const char *state = json_string_or(step, "state", "");
        const char *cells[] = {
            json_string_or(step, "name", ""),     state,
            number(scope, step, "units.total"),   number(scope, step, "units.done"),
            number(scope, step, "units.open"),    number(scope, step, "units.failed"),
            number(scope, step, "units.unknown"), step_note(scope, step)};

        ui_table_row(table, ui_state_colour(state), cells);
    }
    ui_table_print(table);
}

/* Units that wait for a person, or failed. */
static void stuck(const struct ui_stream *stream, const struct json *status)
{
    const struct json *list = json_member(status, "stuck");

    if (json_size(list) == 0)
        return;
    ui_line(stream, UI_PLAIN, 0, "units that failed or are unknown:");
    for (const struct json *unit = json_first(list); unit != NULL; unit = json_next(unit)) {
        const char *state = json_string_or(unit, "state", "");
        const char *hint = json_string_or(unit, "hint", NULL);
        const char *key = json_string_or(unit, "unit", NULL);

        if (key == NULL)
            key = json_string_or(unit, "key", "");
        ui_line(stream, ui_state_colour(state), 2, "%s/%s %s: %s", json_string_or(unit, "step", ""),
                key, state, json_string_or(unit, "error", "no reason is known"));
        if (hint != NULL && hint[0] != '\0')
            ui_line(stream, UI_PLAIN, 4, "next: %s", hint);
    }
}

/* "compare": for each thing that is counted an object with the counts, all with the same names. */
static void comparison(const struct ui_stream *stream, const struct json *compare)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ui_column columns[CELLS_MAX] = {{"COMPARED", false}};
    const struct json *first = json_first(compare);
    struct ui_table *table;
    size_t count = 1;

    while (first != NULL && !json_is_object(first))
        first = json_next(first);
    for (const struct json *node = json_first(first); node != NULL && count < CELLS_MAX;
         node = json_next(node))
        columns[count++] = (struct ui_column){ui_safe(scope, json_key(node)), true};
    if (count == 1)
        return;
    fprintf(stream->file, "\n");
    table = ui_table_new(scope, stream, columns, count);
    for (const struct json *row = json_first(compare); row != NULL; row = json_next(row)) {
        const char *cells[CELLS_MAX] = {json_key(row)};

        if (!json_is_object(row))
            continue;
        for (size_t at = 1; at < count; at++) {
            const struct json *node = json_member(row, columns[at].title);

            cells[at] = json_is_string(node) ? json_text(node)
                        : node == NULL       ? ""
                                             : json_print(scope, node);
        }
        ui_table_row(table, json_bool_or(row, "same", true) ? UI_PLAIN : UI_BAD, cells);
    }
    ui_table_print(table);
}

void ui_status(const struct ui_stream *stream, const struct json *status)
{
    head(stream, status);
    fprintf(stream->file, "\n");
    steps(stream, status);
    comparison(stream, json_member(status, "compare"));
    if (json_size(json_member(status, "stuck")) > 0)
        fprintf(stream->file, "\n");
    stuck(stream, status);
}

void ui_result(const struct ui_stream *stream, const struct json *result)
{
    const char *text = json_string_or(result, "text", NULL);

    head(stream, result);
    if (text != NULL)
        ui_line(stream, UI_PLAIN, 0, "%s", text);
    if (json_is_array(json_member(result, "remains"))) {
        for (const struct json *line = json_first(json_member(result, "remains")); line != NULL;
             line = json_next(line)) {
            if (json_is_string(line))
                ui_line(stream, UI_CARE, 2, "remains on the manager: %s", json_text(line));
        }
    }
    stuck(stream, result);
}
