/* The report for a ticket: Markdown, without what only a page can show. */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/report.h"
#include "ui/text.h"

#define TEXT_MAX ((size_t)16 << 20)
#define FAILURES_SHOWN 200

struct sheet {
    void *mem;
    struct buf out;
};

/* Text of others: what Markdown or HTML would obey gets a backslash. */
static const char *safe(struct sheet *sheet, const char *text)
{
    char *plain = ui_safe(sheet->mem, text);
    char *marked = mem_array(sheet->mem, char, 2 * strlen(plain) + 1);
    size_t used = 0;

    for (const char *at = plain; *at != '\0'; at++) {
        if (strchr("\\`*_[]<>#|&!~", *at) != NULL) {
            marked[used++] = '\\';
        }
        marked[used++] = *at;
    }
    return marked;
}

static void line(struct sheet *sheet, const char *format, ...) FERRY_PRINTF(2, 3);
static void line(struct sheet *sheet, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)buf_printf(&sheet->out, "%s\n", mem_vprintf(sheet->mem, format, args));
    va_end(args);
}

static void head(struct sheet *sheet, const struct json *report)
{
    int64_t from_ms, to_ms;
    int64_t span_ms = report_span(report, &from_ms, &to_ms);

    line(sheet, "# Run %s: %s\n", safe(sheet, json_string_or(report, "run", "")),
         safe(sheet, json_string_or(report, "state", "")));
    line(sheet, "%s\n", safe(sheet, report_sentence(sheet->mem, report)));
    if (json_string_or(report, "hint", NULL) != NULL) {
        line(sheet, "Next: %s\n", safe(sheet, json_string_or(report, "hint", "")));
    }
    line(sheet, "| | |\n|---|---|");
    line(sheet, "| Manager | %s |", safe(sheet, json_string_or(report, "manager", "")));
    line(sheet, "| Its version | %s |",
         safe(sheet, json_string_or(report, "manager_version", "?")));
    if (json_string_or(report, "from.manager", NULL) != NULL) {
        line(sheet, "| Archive taken on | %s |",
             safe(sheet, json_string_or(report, "from.manager", "")));
    }
    line(sheet, "| Archive | version %s, %s |",
         safe(sheet, json_string_or(report, "archive.version", "?")),
         safe(sheet, json_string_or(report, "archive.format", "?")));
    if (json_string_or(report, "archive.sha256", NULL) != NULL) {
        line(sheet, "| Archive SHA-256 | %s |", json_string_or(report, "archive.sha256", ""));
    }
    line(sheet, "| From beginning to end | %s |", timefmt_duration(sheet->mem, span_ms));
    line(sheet, "| Requests that changed the manager | %s |",
         report_number(sheet->mem, (int64_t)json_size(json_member(report, "requests"))));
    line(sheet, "| ferry | %s |\n", safe(sheet, json_string_or(report, "ferry", "")));
}

static const char *number(struct sheet *sheet, const struct json *row, const char *key)
{
    return json_is_number(json_member(row, key))
               ? report_number(sheet->mem, json_int64_or(row, key, 0))
               : "";
}

static void proof(struct sheet *sheet, const struct json *report)
{
    const struct json *names = json_get(report, "compare.names");

    if (names == NULL) {
        return;
    }
    line(sheet, "## What was proven\n");
    if (json_string_or(names, "why_not", NULL) != NULL) {
        line(sheet, "Only counted: %s\n", safe(sheet, json_string_or(names, "why_not", "")));
        return;
    }
    line(sheet, "| What | Archive | Manager | Missing | Not in the archive | Expected |\n"
                "|---|--:|--:|--:|--:|--:|");
    for (const struct json *row = json_first(json_member(names, "kinds")); row != NULL;
         row = json_next(row)) {
        const char *why_not = json_string_or(row, "why_not", NULL);

        line(sheet, "| %s %s%s | %s | %s | %s | %s | %s |",
             safe(sheet, json_string_or(row, "kind", "")),
             safe(sheet, json_string_or(row, "state", "")),
             why_not == NULL ? "" : mem_printf(sheet->mem, "(%s)", safe(sheet, why_not)),
             number(sheet, row, "archive"), number(sheet, row, "manager"),
             number(sheet, row, "missing"), number(sheet, row, "more"),
             number(sheet, row, "expected"));
    }
    line(sheet, "%s", "");
    for (const struct json *row = json_first(json_member(names, "differences")); row != NULL;
         row = json_next(row)) {
        const char *tenant = json_string_or(row, "tenant", "");
        const char *why = json_string_or(row, "why", NULL);

        line(sheet, "- %s%s %s%s%s: %s%s%s", why == NULL ? "**not expected** " : "",
             safe(sheet, json_string_or(row, "kind", "")), safe(sheet, tenant),
             tenant[0] != '\0' ? "/" : "", safe(sheet, json_string_or(row, "name", "")),
             report_difference(row), why == NULL ? "" : "; ", why == NULL ? "" : why);
    }
    line(sheet, "%s", "");
}

static void steps(struct sheet *sheet, const struct json *report)
{
    line(sheet, "## Steps\n\n| Step | State | Begun (UTC) | Took | Done | Failed |\n"
                "|---|---|---|--:|--:|--:|");
    for (const struct json *step = json_first(json_member(report, "steps")); step != NULL;
         step = json_next(step)) {
        int64_t from_ms = report_time(step, "started_at");
        int64_t to_ms = report_time(step, "ended_at");

        line(sheet, "| %s | %s | %s | %s | %s | %s |",
             safe(sheet, json_string_or(step, "name", "")), json_string_or(step, "state", ""),
             report_clock(sheet->mem, step, "started_at", false),
             to_ms > 0 && from_ms > 0 ? timefmt_duration(sheet->mem, to_ms - from_ms) : "",
             number(sheet, json_member(step, "units"), "done"),
             number(sheet, json_member(step, "units"), "failed"));
    }
    line(sheet, "%s", "");
}

static void failures(struct sheet *sheet, const struct json *report)
{
    int64_t all = json_int64_or(report, "failures_in_all", 0), shown = 0;

    if (all == 0) {
        return;
    }
    line(sheet, "## What did not succeed\n");
    for (const struct json *row = json_first(json_member(report, "failures"));
         row != NULL && shown < FAILURES_SHOWN; row = json_next(row), shown++) {
        const char *hint = json_string_or(row, "hint", NULL);

        line(sheet, "- %s %s: %s%s%s", safe(sheet, json_string_or(row, "step", "")),
             safe(sheet, json_string_or(row, "unit", "")),
             safe(sheet, json_string_or(row, "reason", "no reason is known")),
             hint == NULL ? "" : " Next: ", hint == NULL ? "" : safe(sheet, hint));
    }
    if (all > shown) {
        line(sheet, "- and %" PRId64 " more", all - shown);
    }
    line(sheet, "%s", "");
}

static void texts(struct sheet *sheet, const struct json *list, const char *title)
{
    if (json_size(list) == 0) {
        return;
    }
    line(sheet, "## %s\n", title);
    for (const struct json *row = json_first(list); row != NULL; row = json_next(row)) {
        line(sheet, "- %s", safe(sheet, json_text(row)));
    }
    line(sheet, "%s", "");
}

char *ui_report_markdown(const void *mem, const struct json *report)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct sheet sheet = {.mem = scope};

    buf_init(&sheet.out, scope, TEXT_MAX);
    head(&sheet, report);
    failures(&sheet, report);
    proof(&sheet, report);
    steps(&sheet, report);
    texts(&sheet, json_member(report, "advice"), "To be done on the manager now");
    texts(&sheet, json_member(report, "remains"), "Remains on the manager");
    line(&sheet,
         "All requests with their ids and times: `ferry report %s --html FILE` or `--json`.",
         safe(&sheet, json_string_or(report, "run", "")));
    return mem_strdup(mem, buf_text(&sheet.out));
}
