/* A plan for a person: the verdict first, then what, how many, how long, and what can be undone. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/plan_parts.h"
#include "ui/text.h"

#define BODY_COLUMNS 400 /* of a request's body; the whole is in the JSON document */
#define LABEL_WIDTH 10

/* "label     words", the later lines below the words; nothing for "". */
static void labelled(const struct ui_stream *stream, const char *label, const char *words)
{
    if (words[0] != '\0') {
        plan_hanging(stream, UI_PLAIN, LABEL_WIDTH, label, words);
    }
}

/* --- checks --- */

/* Rows that say the same of several checks become one: when the manager cannot be asked, that is
   said once, and what stops the run is not buried. */
struct fold {
    const struct ui_stream *stream;
    bool all;            /* nothing is folded */
    struct plan_row row; /* not printed yet; without a text: none */
    unsigned more;       /* others that say the same */
};

static bool is_same(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

static void unfold(struct fold *fold)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct plan_row *row = &fold->row;

    if (fold->more > 0) {
        row->name = mem_printf(scope, "%s and %u more", row->name, fold->more);
    }
    if (row->text != NULL) {
        plan_print_row(fold->stream, row);
    }
    *row = (struct plan_row){0};
    fold->more = 0;
}

static void row_lines(void *arg, const struct plan_row *row)
{
    struct fold *fold = arg;

    if (!fold->all && row->name != NULL && fold->row.name != NULL &&
        is_same(row->text, fold->row.text) && is_same(row->next, fold->row.next)) {
        fold->more++;
        return;
    }
    unfold(fold);
    fold->row = *row;
}

static void checks(const struct ui_stream *stream, const struct json *plan, bool all)
{
    unsigned fine = plan_count(plan, "ok");
    struct fold fold = {.stream = stream, .all = all};

    (void)fprintf(stream->file, "\n");
    for (size_t i = 0; plan_weights[i] != NULL; i++) {
        if (all || strcmp(plan_weights[i], "ok") != 0) {
            plan_each(plan, plan_weights[i], row_lines, &fold);
            unfold(&fold);
        }
    }
    if (!all && fine > 0) {
        ui_line(stream, UI_GOOD, 0, "%-11s %u check%s (-v shows them)", "ok", fine,
                fine == 1 ? "" : "s");
    }
}

/* --- steps --- */

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
    bool local = strcmp(json_string_or(request, "manager", ""), "none") == 0;
    const char *mark = local ? "   (this machine)" : "";

    if (changes) {
        mark = local ? "   <- changes this machine" : "   <- changes the manager";
    }
    ui_line(stream, changes ? UI_STRONG : UI_PLAIN, 4, "%-7s %s %s%s",
            json_string_or(request, "phase", ""), json_string_or(request, "method", ""),
            json_string_or(request, "path", ""), mark);
    if (json_is_string(json_member(request, "reply_file"))) {
        ui_line(stream, UI_DIM, 14, "into %s", json_string_or(request, "reply_file", ""));
    }
    for (const struct json *header = json_first(json_member(request, "headers")); header != NULL;
         header = json_next(header)) {
        if (json_is_string(header)) {
            ui_line(stream, UI_DIM, 14, "%s: %s", json_key(header), json_text(header));
        }
    }
    request_body(stream, request);
}

static void step_line(const struct ui_stream *stream, const struct json *step, unsigned number)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *skip = json_string_or(step, "skip", NULL);
    const char *terms = json_string_or(step, "estimate_terms", NULL);
    int64_t units = json_int64_or(step, "units", 0), ms = json_int64_or(step, "estimate_ms", 0);
    char *extent = mem_strdup(scope, "");

    if (json_bool_or(step, "no_return", false) && skip == NULL) {
        ui_line(stream, UI_CARE, 0, "---- point of no return: what follows cannot be undone ----");
    }
    if (skip != NULL) {
        ui_line(stream, UI_DIM, 0, "%2u. %s: skipped, %s", number, json_string_or(step, "name", ""),
                skip);
        return;
    }
    if (units > 1) {
        extent = mem_printf(scope, ", %" PRId64 " units", units);
    }
    if (ms > 0) {
        extent = mem_printf(scope, "%s, about %s", extent, timefmt_duration(scope, ms));
    }
    ui_line(stream, UI_STRONG, 0, "%2u. %s%s", number, json_string_or(step, "name", ""), extent);
    ui_line(stream, UI_PLAIN, 4, "%s", json_string_or(step, "summary", ""));
    if (terms != NULL) {
        ui_line(stream, UI_DIM, 4, "%s%s", ms > 0 ? "" : "time not known: ", terms);
    }
}

static void steps(const struct ui_stream *stream, const struct json *plan, bool requests)
{
    unsigned number = 0;

    (void)fprintf(stream->file, "\n");
    for (const struct json *step = json_first(json_member(plan, "steps")); step != NULL;
         step = json_next(step)) {
        const struct json *request = json_first(json_member(step, "requests"));

        step_line(stream, step, ++number);
        if (json_string_or(step, "skip", NULL) != NULL) {
            continue;
        }
        for (; requests && request != NULL; request = json_next(request)) {
            request_line(stream, request);
        }
    }
}

/* --- all of it --- */

static void show(const struct ui_stream *stream, const struct json *plan, bool all, bool requests)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    bool blocked = json_bool_or(plan, "blocked", false);

    ui_line(stream, blocked ? UI_BAD : UI_GOOD, 0, "%s", plan_verdict(scope, plan));
    labelled(stream, "manager", plan_manager(scope, plan));
    labelled(stream, "archive", plan_archive(scope, plan));
    labelled(stream, "holds", plan_holds(scope, plan));
    labelled(stream, "begins", plan_moment(scope, plan, "begins"));
    labelled(stream, "lasts", plan_lasts(scope, plan));
    labelled(stream, "window", plan_window(scope, plan));
    labelled(stream, "agents", plan_agents(scope, plan));
    labelled(stream, "undo", plan_undo(scope, plan));
    checks(stream, plan, all);
    plan_print_forecast(stream, plan, all);
    steps(stream, plan, requests);
    if (!requests) {
        ui_line(stream, UI_DIM, 0,
                "the requests of each step: --requests; everything: -v or --json");
    }
}

void ui_plan(const struct ui_stream *stream, const struct json *plan)
{
    show(stream, plan, false, false);
}

void ui_plan_requests(const struct ui_stream *stream, const struct json *plan)
{
    show(stream, plan, false, true);
}

void ui_plan_all(const struct ui_stream *stream, const struct json *plan)
{
    show(stream, plan, true, true);
}
