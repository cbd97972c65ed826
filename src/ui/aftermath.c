/* What a run leaves for people to know or to do: advice, schedules that a restore ended, remains.
 */
#include <string.h>

#include "base/mem.h"
#include "ui/ui.h"

static void lines(const struct ui_stream *stream, const struct json *list, const char *title)
{
    if (json_size(list) == 0) {
        return;
    }
    ui_line(stream, UI_PLAIN, 0, "%s:", title);
    for (const struct json *row = json_first(list); row != NULL; row = json_next(row)) {
        ui_line(stream, UI_PLAIN, 2, "%s", json_text(row) == NULL ? "" : json_text(row));
    }
}

/* Executions that were to run at a time: the restore ended the old ones and made some anew. */
static void scheduled(const struct ui_stream *stream, const struct json *facts)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct ui_column columns[] = {{"SCHEDULED EXECUTION", false},
                                        {"DEPLOYMENT", false},
                                        {"TENANT", false},
                                        {"WHEN", false},
                                        {"THE RESTORE", false}};
    const struct json *rows = json_member(facts, "rows");
    int64_t all = json_int64_or(facts, "failed", 0) + json_int64_or(facts, "again", 0);
    struct ui_table *table;

    if (json_size(rows) == 0) {
        return;
    }
    (void)fprintf(stream->file, "\n");
    table = ui_table_new(scope, stream, columns, FERRY_COUNT(columns));
    for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
        bool failed = strcmp(json_string_or(row, "was", ""), "failed") == 0;
        const char *cells[] = {
            json_string_or(row, "workflow", "?"),
            json_string_or(row, "deployment", "?"),
            json_string_or(row, "tenant", "?"),
            json_string_or(row, "when", "?"),
            failed ? "marked it failed" : "made it anew as a schedule",
        };

        ui_table_row(table, failed ? UI_CARE : UI_PLAIN, cells);
    }
    ui_table_print(table);
    if (all > (int64_t)json_size(rows)) {
        ui_line(stream, UI_PLAIN, 0, "and %lld more", (long long)(all - (int64_t)json_size(rows)));
    }
}

void ui_aftermath(const struct ui_stream *stream, const struct json *status)
{
    scheduled(stream, json_member(status, "scheduled"));
    lines(stream, json_member(status, "advice"), "to be done on the manager now");
    lines(stream, json_member(status, "remains"), "remains on the manager");
}
