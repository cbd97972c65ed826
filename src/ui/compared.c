/* What became of all that the archive held: counts, and what was looked up by name. */
#include <string.h>

#include "base/mem.h"
#include "ui/text.h"
#include "ui/ui.h"

#define CELLS_MAX 12

/* Of counts only: what else is compared says so in words. */
static bool is_count(const struct json *row)
{
    const struct json *node = json_first(row);

    while (node != NULL && !json_is_array(node) && !json_is_object(node)) {
        node = json_next(node);
    }
    return json_is_object(row) && node == NULL;
}

/* For each thing that is counted an object with the counts, all with the same names. */
static void counts(const struct ui_stream *stream, const struct json *compare)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ui_column columns[CELLS_MAX] = {{"COMPARED", false}};
    const struct json *first = json_first(compare);
    struct ui_table *table;
    size_t count = 1;

    while (first != NULL && !is_count(first)) {
        first = json_next(first);
    }
    for (const struct json *node = json_first(first); node != NULL && count < CELLS_MAX;
         node = json_next(node)) {
        columns[count++] = (struct ui_column){ui_safe(scope, json_key(node)), true};
    }
    if (count == 1) {
        return;
    }
    (void)fprintf(stream->file, "\n");
    table = ui_table_new(scope, stream, columns, count);
    for (const struct json *row = json_first(compare); row != NULL; row = json_next(row)) {
        const char *cells[CELLS_MAX] = {json_key(row)};

        if (!is_count(row)) {
            continue;
        }
        for (size_t at = 1; at < count; at++) {
            const struct json *node = json_member(row, columns[at].title);

            cells[at] = node == NULL ? "" : json_print(scope, node);
        }
        ui_table_row(table, json_bool_or(row, "same", true) ? UI_PLAIN : UI_BAD, cells);
    }
    ui_table_print(table);
}

static void difference(const struct ui_stream *stream, const struct json *row)
{
    const char *tenant = json_string_or(row, "tenant", "");
    const char *is = json_string_or(row, "is", "");
    const char *why = json_string_or(row, "why", NULL);
    const char *words = strcmp(is, "missing") == 0   ? "missing on the manager"
                        : strcmp(is, "more") == 0    ? "not in the archive"
                        : strcmp(is, "changed") == 0 ? "changed"
                                                     : is;

    ui_line(stream, why == NULL ? UI_BAD : UI_PLAIN, 2, "%s %s%s%s: %s%s%s",
            json_string_or(row, "kind", ""), tenant, tenant[0] != '\0' ? "/" : "",
            json_string_or(row, "name", ""), words,
            why == NULL ? "" : "; expected: ", why == NULL ? "" : why);
}

static void by_name(const struct ui_stream *stream, const struct json *names)
{
    const char *why_not = json_string_or(names, "why_not", NULL);
    int64_t missing = json_int64_or(names, "missing", 0);
    int64_t other = json_int64_or(names, "more", 0) + json_int64_or(names, "changed", 0);

    if (!json_is_object(names)) {
        return;
    }
    if (why_not != NULL) {
        ui_line(stream, UI_CARE, 0, "by name: not compared: %s", why_not);
        return;
    }
    ui_line(stream,
            missing > 0 ? UI_BAD
            : other > 0 ? UI_CARE
                        : UI_GOOD,
            0, "by name: %lld missing, %lld other differences that nobody expects, %lld expected",
            (long long)missing, (long long)other, (long long)json_int64_or(names, "expected", 0));
    for (const struct json *row = json_first(json_member(names, "differences")); row != NULL;
         row = json_next(row)) {
        difference(stream, row);
    }
    for (const struct json *row = json_first(json_member(names, "kinds")); row != NULL;
         row = json_next(row)) {
        if (json_string_or(row, "why_not", NULL) != NULL) {
            ui_line(stream, UI_PLAIN, 2, "%s: not compared by name: %s",
                    json_string_or(row, "kind", ""), json_string_or(row, "why_not", ""));
        }
    }
}

void ui_compared(const struct ui_stream *stream, const struct json *compare, bool briefly)
{
    const struct json *names = json_member(compare, "names");
    int64_t unexpected = json_int64_or(names, "missing", 0) + json_int64_or(names, "more", 0) +
                         json_int64_or(names, "changed", 0);

    counts(stream, compare);
    if (!briefly || unexpected > 0) {
        by_name(stream, names);
    }
}
