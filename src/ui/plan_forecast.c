/* What becomes of scheduled and queued executions and of schedules: a table of those that need a
   thought, the rest in numbers. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/plan_parts.h"

#define ROWS_SHOWN 40 /* the document has them all */

/* Outcomes in the order of what a person must think about, and how a count of them is said. */
static const struct {
    const char *outcome, *words;
    bool quiet; /* goes on as before: shown only when everything is */
    enum ui_colour colour;
} outcomes[] = {
    {"lost", "never run", false, UI_BAD},
    {"failed", "marked failed", false, UI_BAD},
    {"stays", "left as they are", false, UI_CARE},
    {"unknown", "not to be told", false, UI_CARE},
    {"starts", "started when maintenance ends", false, UI_CARE},
    {"fires_late", "fired late, when maintenance ends", false, UI_CARE},
    {"skips", "leaving one out", false, UI_CARE},
    {"recreated", "made anew as schedules", false, UI_PLAIN},
    {"requeued", "requeued for their time", false, UI_PLAIN},
    {"fires", "going on", true, UI_PLAIN},
    {"over", "over", true, UI_DIM},
    {"disabled", "switched off", true, UI_DIM},
};

static const char *due(const void *mem, const struct json *row)
{
    char *text = ui_time(mem, row, "due");

    return text[0] == '\0' ? "-" : text;
}

static void row_lines(const struct ui_stream *stream, const struct json *row, enum ui_colour colour)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *old_words = json_string_or(row, "old", NULL);
    bool is_schedule = strcmp(json_string_or(row, "kind", ""), "schedules") == 0;

    ui_line(stream, colour, 2, "%s  %s%s%s on %s in %s%s", due(scope, row),
            is_schedule ? json_string_or(row, "id", "?") : "", is_schedule ? ": " : "",
            json_string_or(row, "workflow", "?"), json_string_or(row, "deployment", "?"),
            json_string_or(row, "tenant", "?"),
            json_bool_or(row, "close", false) ? "  (near the run: its length decides)" : "");
    ui_line(stream, UI_PLAIN, 6, "new: %s", json_string_or(row, "new", ""));
    if (old_words != NULL) {
        ui_line(stream, json_bool_or(row, "both", false) ? UI_CARE : UI_PLAIN, 6, "old: %s",
                old_words);
    }
}

static void counts_line(const struct ui_stream *stream, const struct json *counts, const char *kind,
                        const char *title)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *of_kind = json_member(counts, kind);
    char *text = mem_strdup(scope, "");

    for (size_t i = 0; i < FERRY_COUNT(outcomes); i++) {
        int64_t count = json_int64_or(of_kind, outcomes[i].outcome, 0);

        if (count > 0) {
            text = mem_printf(scope, "%s%s%" PRId64 " %s", text, text[0] == '\0' ? "" : ", ", count,
                              outcomes[i].words);
        }
    }
    if (text[0] != '\0') {
        ui_line(stream, UI_PLAIN, 2, "%s: %s", title, text);
    }
}

void plan_print_forecast(const struct ui_stream *stream, const struct json *plan, bool all)
{
    const struct json *executions = json_get(plan, "forecast.executions");
    const struct json *counts = json_member(executions, "counts");
    unsigned shown = 0, more = (unsigned)json_int64_or(executions, "left_out", 0);

    if (json_size(counts) == 0) {
        return;
    }
    (void)fprintf(stream->file, "\n");
    ui_line(stream, UI_STRONG, 0, "scheduled and queued on the archive's manager (times in UTC):");
    counts_line(stream, counts, "scheduled", "scheduled executions");
    counts_line(stream, counts, "queued", "queued executions");
    counts_line(stream, counts, "schedules", "schedules");
    for (size_t i = 0; i < FERRY_COUNT(outcomes); i++) {
        const struct json *row = json_first(json_member(executions, "rows"));

        for (; row != NULL; row = json_next(row)) {
            if (strcmp(json_string_or(row, "outcome", ""), outcomes[i].outcome) != 0 ||
                (outcomes[i].quiet && !all && !json_bool_or(row, "close", false))) {
                continue;
            }
            if (shown < ROWS_SHOWN || all) {
                row_lines(stream, row, outcomes[i].colour);
                shown++;
            } else {
                more++;
            }
        }
    }
    if (more > 0) {
        ui_line(stream, UI_DIM, 2, "and %u more (--json has them)", more);
    }
}
