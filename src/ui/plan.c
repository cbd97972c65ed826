#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/text.h"
#include "ui/ui.h"

#define BODY_COLUMNS 400 /* of a request's body; the whole is in the JSON document */

static void findings_of_kind(const struct ui_stream *stream, const struct json *plan,
                             const char *kind, enum ui_colour colour)
{
    for (const struct json *row = json_first(json_member(plan, "findings")); row != NULL;
         row = json_next(row)) {
        const char *step = json_string_or(row, "step", NULL);
        const char *hint = json_string_or(row, "hint", NULL);

        if (strcmp(json_string_or(row, "kind", ""), kind) != 0) {
            continue;
        }
        ui_line(stream, colour, 0, "%s%s%s: %s", kind, step == NULL ? "" : " ",
                step == NULL ? "" : step, json_string_or(row, "text", ""));
        if (hint != NULL) {
            ui_line(stream, UI_PLAIN, 2, "next: %s", hint);
        }
    }
}

/* "name value" of every single value in an object, on one line. */
static void single_values(const struct ui_stream *stream, const char *title,
                          const struct json *node)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *line = mem_strdup(scope, "");

    if (json_is_string(node)) {
        ui_line(stream, UI_PLAIN, 0, "%s: %s", title, json_text(node));
        return;
    }
    if (!json_is_object(node)) {
        return;
    }
    for (const struct json *member = json_first(node); member != NULL; member = json_next(member)) {
        const char *text = json_text(member);

        if (json_is_object(member) || json_is_array(member) || json_is_null(member)) {
            continue;
        }
        if (text == NULL) {
            text = json_print(scope, member);
        }
        line = mem_printf(scope, "%s%s%s %s", line, line[0] == '\0' ? "" : ", ", json_key(member),
                          text);
    }
    if (line[0] != '\0') {
        ui_line(stream, UI_PLAIN, 0, "%s: %s", title, line);
    }
}

static void request_body(const struct ui_stream *stream, const struct json *request)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *body = json_member(request, "body");
    const char *file = json_string_or(request, "body_file", NULL);

    if (file != NULL) {
        ui_line(stream, UI_PLAIN, 14, "the file %s, %s", file,
                timefmt_bytes(scope, json_int64_or(request, "body_size", 0)));
    }
    if (body == NULL || json_is_null(body)) {
        return;
    }
    ui_line(stream, UI_PLAIN, 14, "%s",
            ui_cut(scope, json_is_string(body) ? json_text(body) : json_print(scope, body),
                   BODY_COLUMNS));
}

static void request_line(const struct ui_stream *stream, const struct json *request)
{
    bool changes = json_bool_or(request, "changes", false);

    ui_line(stream, changes ? UI_STRONG : UI_PLAIN, 4, "%-7s %s %s%s",
            json_string_or(request, "phase", ""), json_string_or(request, "method", ""),
            json_string_or(request, "path", ""), changes ? "   <- changes the manager" : "");
    for (const struct json *header = json_first(json_member(request, "headers")); header != NULL;
         header = json_next(header)) {
        if (json_is_string(header)) {
            ui_line(stream, UI_DIM, 14, "%s: %s", json_key(header), json_text(header));
        }
    }
    request_body(stream, request);
}

static void step_extent(const struct ui_stream *stream, const struct json *step)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t units = json_int64_or(step, "units", 0);
    int64_t estimate_ms = json_int64_or(step, "estimate_ms", 0);
    const char *terms = json_string_or(step, "estimate_terms", NULL);

    if (units > 0) {
        ui_line(stream, UI_PLAIN, 4, "%" PRId64 " unit%s", units, units == 1 ? "" : "s");
    }
    if (estimate_ms > 0 || terms != NULL) {
        ui_line(stream, UI_PLAIN, 4, "takes %s%s%s%s",
                estimate_ms > 0 ? "about " : "an unknown time",
                estimate_ms > 0 ? timefmt_duration(scope, estimate_ms) : "",
                terms == NULL ? "" : ": ", terms == NULL ? "" : terms);
    }
}

static void step_part(const struct ui_stream *stream, const struct json *step, unsigned number)
{
    const char *skip = json_string_or(step, "skip", NULL);

    if (json_bool_or(step, "no_return", false) && skip == NULL) {
        ui_line(stream, UI_CARE, 0, "---- point of no return: what follows cannot be undone ----");
    }
    ui_line(stream, skip == NULL ? UI_STRONG : UI_DIM, 0, "%2u. %s: %s", number,
            json_string_or(step, "name", ""), json_string_or(step, "summary", ""));
    if (skip != NULL) {
        ui_line(stream, UI_DIM, 4, "skipped: %s", skip);
        return;
    }
    step_extent(stream, step);
    for (const struct json *request = json_first(json_member(step, "requests")); request != NULL;
         request = json_next(request)) {
        request_line(stream, request);
    }
}

void ui_plan(const struct ui_stream *stream, const struct json *plan)
{
    unsigned number = 0;

    findings_of_kind(stream, plan, "blocker", UI_BAD);
    findings_of_kind(stream, plan, "warning", UI_CARE);
    findings_of_kind(stream, plan, "note", UI_PLAIN);
    ui_line(stream, UI_PLAIN, 0, "workflow: %s", json_string_or(plan, "workflow", "upgrade"));
    single_values(stream, "manager", json_member(plan, "manager"));
    single_values(stream, "archive", json_member(plan, "archive"));
    for (const struct json *step = json_first(json_member(plan, "steps")); step != NULL;
         step = json_next(step)) {
        (void)fprintf(stream->file, "\n");
        step_part(stream, step, ++number);
    }
    (void)fprintf(stream->file, "\n");
    if (json_bool_or(plan, "blocked", false)) {
        ui_line(stream, UI_BAD, 0,
                "blocked: a run would be refused, see above; nothing was changed");
    } else {
        ui_line(stream, UI_GOOD, 0, "nothing stands in the way; nothing was changed");
    }
}
