/*
 * A plan as GitHub's Markdown, for a change ticket. Names come from archives and managers: what is
 * shown as a name stands in a code span, everything else has the characters that mean something to
 * Markdown behind a backslash, and nothing of it can end a cell, a row or a span.
 */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/plan_parts.h"
#include "ui/text.h"

#define TEXT_MAX ((size_t)1 << 20)
#define ROWS_SHOWN 200 /* executions; the document has them all */

/* Prose: one line, nothing in it is markup. */
static char *prose(const void *mem, const char *text)
{
    char *safe = ui_safe(mem, text);
    struct buf out;

    buf_init(&out, mem, TEXT_MAX);
    for (const char *at = safe; *at != '\0'; at++) {
        if (strchr("\\`*_[]<>#|~&@", *at) != NULL) {
            (void)buf_append(&out, "\\", 1);
        }
        (void)buf_append(&out, at, 1);
    }
    return mem_strdup(mem, buf_text(&out));
}

/* A name: `name`, with as many backticks around it as it needs; a bar stays in its cell. */
static char *code(const void *mem, const char *text)
{
    char *safe = ui_safe(mem, text);
    size_t run = 0, longest = 0;
    char *fence, *end = safe + strlen(safe);
    const char *pad;
    struct buf out;

    while (*safe == ' ') {
        safe++;
    }
    while (end > safe && end[-1] == ' ') {
        *--end = '\0';
    }
    if (*safe == '\0') {
        return mem_strdup(mem, "-");
    }
    buf_init(&out, mem, TEXT_MAX);
    for (const char *at = safe; *at != '\0'; at++) {
        run = *at == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
        (void)buf_append(&out, *at == '|' ? "\\|" : at, *at == '|' ? 2 : 1);
    }
    fence = mem_array(mem, char, longest + 2);
    memset(fence, '`', longest + 1);
    pad = longest > 0 ? " " : "";
    return mem_printf(mem, "%s%s%s%s%s", fence, pad, buf_text(&out), pad, fence);
}

static void fact(const struct ui_stream *stream, const char *label, const char *words)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    if (words[0] != '\0') {
        (void)fprintf(stream->file, "| %s | %s |\n", label, prose(scope, words));
    }
}

static void head(const struct ui_stream *stream, const struct json *plan)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)fprintf(stream->file, "# ferry plan: %s\n\n**%s**\n\n| | |\n|---|---|\n",
                  prose(scope, json_string_or(plan, "workflow", "upgrade")),
                  prose(scope, plan_verdict(scope, plan)));
    fact(stream, "Manager", plan_manager(scope, plan));
    fact(stream, "Archive", plan_archive(scope, plan));
    fact(stream, "Holds", plan_holds(scope, plan));
    fact(stream, "Begins", plan_moment(scope, plan, "begins"));
    fact(stream, "Lasts", plan_lasts(scope, plan));
    fact(stream, "Window", plan_window(scope, plan));
    fact(stream, "Agents", plan_agents(scope, plan));
    fact(stream, "Can be undone", plan_undo(scope, plan));
    fact(stream, "Made", json_string_or(plan, "made_at", ""));
    fact(stream, "Digest", json_string_or(plan, "digest", ""));
}

static void check_row(void *arg, const struct plan_row *row)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct ui_stream *stream = arg;
    bool strong = strcmp(row->weight, "stops") == 0;

    (void)fprintf(stream->file, "| %s%s%s | %s | %s | %s |\n", strong ? "**" : "",
                  plan_weight_words(row->weight), strong ? "**" : "",
                  row->name == NULL ? "-" : code(scope, row->name), prose(scope, row->text),
                  row->next == NULL ? "-" : prose(scope, row->next));
}

static void checks(const struct ui_stream *stream, const struct json *plan)
{
    unsigned rows = 0, fine = plan_count(plan, "ok");
    struct ui_stream copy = *stream;

    for (size_t i = 0; plan_weights[i] != NULL; i++) {
        rows += strcmp(plan_weights[i], "ok") == 0 ? 0 : plan_count(plan, plan_weights[i]);
    }
    if (rows + fine == 0) {
        return;
    }
    (void)fprintf(stream->file, "\n## Checks\n\n");
    if (rows > 0) {
        (void)fprintf(stream->file, "| Verdict | Check | Evidence | Next |\n|---|---|---|---|\n");
        for (size_t i = 0; plan_weights[i] != NULL; i++) {
            if (strcmp(plan_weights[i], "ok") != 0) {
                plan_each(plan, plan_weights[i], check_row, &copy);
            }
        }
    }
    if (fine > 0) {
        (void)fprintf(stream->file, "\n%u check%s ok.\n", fine, fine == 1 ? " is" : "s are");
    }
}

static void executions(const struct ui_stream *stream, const struct json *plan)
{
    const struct json *all = json_get(plan, "forecast.executions");
    int64_t more = json_int64_or(all, "left_out", 0);
    unsigned shown = 0;

    if (json_size(json_member(all, "rows")) == 0) {
        return;
    }
    (void)fprintf(stream->file,
                  "\n## Scheduled and queued executions\n\nTimes are UTC.\n\n"
                  "| Due | Workflow | Deployment | Tenant | New manager | Old manager "
                  "|\n|---|---|---|---|---|---|\n");
    for (const struct json *row = json_first(json_member(all, "rows")); row != NULL;
         row = json_next(row)) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        char *due = ui_time(scope, row, "due");
        bool is_schedule = strcmp(json_string_or(row, "kind", ""), "schedules") == 0;
        char *what = code(scope, json_string_or(row, "workflow", ""));

        if (shown++ >= ROWS_SHOWN) {
            more++;
            continue;
        }
        if (is_schedule) {
            what = mem_printf(scope, "%s of %s", what, code(scope, json_string_or(row, "id", "")));
        }
        (void)fprintf(stream->file, "| %s | %s | %s | %s | %s | %s |\n", due[0] == '\0' ? "-" : due,
                      what, code(scope, json_string_or(row, "deployment", "")),
                      code(scope, json_string_or(row, "tenant", "")),
                      prose(scope, json_string_or(row, "new", "-")),
                      prose(scope, json_string_or(row, "old", "-")));
    }
    if (more > 0) {
        (void)fprintf(stream->file, "\nAnd %" PRId64 " more.\n", more);
    }
}

static void steps(const struct ui_stream *stream, const struct json *plan)
{
    unsigned number = 0;

    (void)fprintf(stream->file, "\n## Steps\n\n| # | Step | Units | About | By | Changes |\n"
                                "|---:|---|---:|---|---|---|\n");
    for (const struct json *step = json_first(json_member(plan, "steps")); step != NULL;
         step = json_next(step)) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        const char *skip = json_string_or(step, "skip", NULL);
        const char *by = skip == NULL ? json_string_or(step, "estimate_terms", "-")
                                      : mem_printf(scope, "skipped: %s", skip);
        int64_t ms = json_int64_or(step, "estimate_ms", 0);
        char *changes = mem_strdup(scope, "");

        for (const struct json *request = json_first(json_member(step, "requests"));
             skip == NULL && request != NULL; request = json_next(request)) {
            if (json_bool_or(request, "changes", false)) {
                changes = mem_printf(
                    scope, "%s%s%s", changes, changes[0] == '\0' ? "" : "<br>",
                    code(scope, mem_printf(scope, "%s %s", json_string_or(request, "method", ""),
                                           json_string_or(request, "path", ""))));
            }
        }
        (void)fprintf(stream->file, "| %u | %s%s | %" PRId64 " | %s | %s | %s |\n", ++number,
                      code(scope, json_string_or(step, "name", "")),
                      json_bool_or(step, "no_return", false) ? " **point of no return**" : "",
                      json_int64_or(step, "units", 0),
                      skip == NULL && ms > 0 ? timefmt_duration(scope, ms) : "-", prose(scope, by),
                      changes[0] == '\0' ? "-" : changes);
    }
}

void ui_plan_markdown(const struct ui_stream *stream, const struct json *plan)
{
    head(stream, plan);
    checks(stream, plan);
    executions(stream, plan);
    steps(stream, plan);
}
