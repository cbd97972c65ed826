#include "ui/live.h"

#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/text.h"

/* All that a journal tells of a step without a reason for its waiting. */
#define WORKS "the manager works on it"
#define UNDER_WAY "a request is under way; how far, only the ferry that sends it knows"

struct live *live_new(const void *mem)
{
    return mem_new(mem, struct live);
}

static void set(struct live *live, char **text, const char *value)
{
    mem_free(*text);
    *text = value == NULL ? NULL : ui_safe(live, value);
}

static void drop_detail(struct live *live)
{
    mem_free(live->detail.name);
    mem_free(live->detail.waiting);
    memset(&live->detail, 0, sizeof(live->detail));
    live->pace_ms = 0;
}

/* The step of this name; added at the end where the model does not know it (steps that undo). */
static struct live_step *step_named(struct live *live, const char *name)
{
    for (size_t at = 0; at < live->step_count; at++) {
        const char *known = live->steps[at].name;

        if (known != NULL && strcmp(known, name) == 0) {
            return &live->steps[at];
        }
    }
    live->steps = mem_resize(live, live->steps, struct live_step, live->step_count + 1);
    if (live->current == live->step_count) {
        live->current++;
    }
    live->steps[live->step_count] =
        (struct live_step){.name = ui_safe(live, name), .state = mem_strdup(live, "waiting")};
    return &live->steps[live->step_count++];
}

bool live_is_at_work(const struct live_step *step)
{
    const char *state = step->state == NULL ? "" : step->state;

    return strcmp(state, "running") == 0 || strcmp(state, "expanding") == 0 ||
           strcmp(state, "verifying") == 0;
}

void live_names(struct live *live, const char *const *names, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        (void)step_named(live, names[at]);
    }
}

/* --- documents --- */

static int64_t time_of(const struct json *object, const char *key)
{
    int64_t ms = 0;

    (void)timefmt_parse_utc(json_string_or(object, key, ""), &ms);
    return ms;
}

static void take_step(struct live *live, const struct json *row)
{
    struct live_step *step = step_named(live, json_string_or(row, "name", ""));

    set(live, &step->state, json_string_or(row, "state", ""));
    set(live, &step->reason, json_string_or(row, "error", NULL));
    step->started_ms = time_of(row, "started_at");
    step->ended_ms = time_of(row, "ended_at");
    step->total = json_int64_or(row, "units.total", 0);
    step->done = json_int64_or(row, "units.done", 0);
    step->skipped = json_int64_or(row, "units.skipped", 0);
    step->failed = json_int64_or(row, "units.failed", 0);
    step->running = json_int64_or(row, "units.running", 0);
    step->unknown = json_int64_or(row, "units.unknown", 0);
}

static void set_waiting(struct live *live, const char *text, int64_t at_ms)
{
    struct progress_step *detail = &live->detail;
    char *safe = ui_safe(live, text);

    if (detail->waiting != NULL && strcmp(detail->waiting, safe) == 0) {
        mem_free(safe);
        return;
    }
    mem_free(detail->waiting);
    detail->waiting = safe;
    detail->waiting_since_ms = at_ms;
}

static int64_t ended(const struct live_step *step)
{
    return step->done + step->skipped + step->failed + step->unknown;
}

/* What the one step is doing, as far as a journal tells. */
static void take_detail(struct live *live, const struct json *status, int64_t now_ms)
{
    struct live_step *step = &live->steps[live->current];
    struct progress_step *detail = &live->detail;
    const struct json *open = json_first(json_member(status, "open"));
    const char *why = json_string_or(open, "error", NULL);

    if (detail->name == NULL || strcmp(detail->name, step->name) != 0) {
        drop_detail(live);
        detail->name = mem_strdup(live, step->name);
        detail->started_ms = step->started_ms;
        detail->number = live->current + 1;
        detail->count = live->step_count;
    }
    detail->failed = step->failed;
    detail->running = step->running;
    if (step->total > 1) {
        detail->done = ended(step);
        detail->total = step->total;
        if (live->pace_ms == 0) {
            live->pace_ms = now_ms;
            live->pace_ended = detail->done;
        }
    } else if (open != NULL && live->remote) {
        bool sent = strcmp(json_string_or(open, "state", ""), "started") == 0;

        int64_t since_ms = time_of(open, "since");

        set_waiting(live,
                    why != NULL ? why
                    : sent      ? WORKS
                                : UNDER_WAY,
                    since_ms != 0 ? since_ms : step->started_ms);
    }
}

void live_status(struct live *live, const struct json *status, int64_t now_ms)
{
    live->current = 0;
    set(live, &live->run, json_string_or(status, "run", NULL));
    set(live, &live->workflow, json_string_or(status, "workflow", NULL));
    set(live, &live->manager, json_string_or(status, "manager", NULL));
    set(live, &live->state, json_string_or(status, "state", NULL));
    if (live->since_ms == 0) {
        live->since_ms = time_of(status, "created_at");
    }
    for (const struct json *row = json_first(json_member(status, "steps")); row != NULL;
         row = json_next(row)) {
        take_step(live, row);
    }
    live->current = 0;
    while (live->current < live->step_count && !live_is_at_work(&live->steps[live->current])) {
        live->current++;
    }
    if (live->current < live->step_count) {
        take_detail(live, status, now_ms);
    } else {
        drop_detail(live);
    }
}

/* --- events --- */

static bool is(const struct ferry_event *event, const char *kind)
{
    return strcmp(event->kind, kind) == 0;
}

static bool begins(const struct ferry_event *event, const char *prefix)
{
    return strncmp(event->kind, prefix, strlen(prefix)) == 0;
}

bool live_matters(const struct ferry_event *event)
{
    return begins(event, "run_") || begins(event, "step_") || is(event, "unit_failed") ||
           is(event, "unit_unknown") || is(event, "unit_blocked") ||
           begins(event, "unit_adopted") || is(event, "unit_absent") || is(event, "unit_split") ||
           is(event, "unit_next") || begins(event, "wave_") || is(event, "width") ||
           is(event, "unrecorded") || is(event, "warning");
}

enum ui_colour live_event_colour(const struct ferry_event *event)
{
    const char *last = strrchr(event->kind, '_');

    return is(event, "warning") ? UI_CARE : ui_state_colour(last == NULL ? event->kind : last + 1);
}

char *live_event_text(const void *mem, const struct live *live, const struct ferry_event *event)
{
    const char *underscore = strchr(event->kind, '_');
    const char *what = underscore == NULL ? event->kind : underscore + 1;
    bool of_run = begins(event, "run_") || event->step == NULL;
    const char *subject = of_run ? "run" : event->step;
    char *words = mem_strdup(mem, what);
    char *text;

    for (char *at = words; *at != '\0'; at++) {
        *at = *at == '_' ? ' ' : *at;
    }
    if (of_run && event->run != NULL && event->run[0] != '\0') {
        subject = mem_printf(mem, "run %s", event->run);
    }
    text = mem_printf(mem, "%s%s%s %s", subject, event->unit == NULL ? "" : " ",
                      event->unit == NULL ? "" : event->unit, words);
    if (is(event, "step_done") && live->detail.name != NULL) {
        text = mem_printf(mem, "%s in %s", text,
                          timefmt_duration(mem, event->at_ms - live->detail.started_ms));
    }
    return event->text == NULL ? text : mem_printf(mem, "%s: %s", text, event->text);
}

static void remember(struct live *live, const struct ferry_event *event)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    mem_free(live->recent[0].text);
    memmove(&live->recent[0], &live->recent[1], sizeof(live->recent[0]) * (LIVE_EVENTS_MAX - 1));
    live->recent[LIVE_EVENTS_MAX - 1] =
        (struct live_event){.at_ms = event->at_ms,
                            .colour = live_event_colour(event),
                            .text = ui_safe(live, live_event_text(scope, live, event))};
}

/* The step that an event is of begins, or goes on where it stood. */
static void begin_step(struct live *live, const struct ferry_event *event, const char *name)
{
    bool known = event->step != NULL;
    struct live_step *step = known ? step_named(live, name) : NULL;

    drop_detail(live);
    live->detail.name = ui_safe(live, name);
    live->detail.started_ms = event->at_ms;
    live->current = known ? (size_t)(step - live->steps) : live->step_count;
    if (!known) {
        return; /* work before the first step, such as reading the archive */
    }
    live->detail.number = live->current + 1;
    live->detail.count = live->step_count;
    live->detail.failed = step->failed;
    live->detail.running = step->running;
    if (step->started_ms == 0 || is(event, "step_started")) {
        step->started_ms = event->at_ms;
    } else {
        live->detail.started_ms = step->started_ms;
    }
    step->ended_ms = 0;
    set(live, &step->state, "running");
    set(live, &step->reason, NULL);
    /* A step back: what comes after it is done again. */
    for (size_t at = live->current + 1; is(event, "step_started") && at < live->step_count; at++) {
        set(live, &live->steps[at].state, "waiting");
        live->steps[at].started_ms = live->steps[at].ended_ms = 0;
    }
}

static void end_step(struct live *live, const struct ferry_event *event)
{
    struct live_step *step = event->step == NULL ? NULL : step_named(live, event->step);

    if (step != NULL && begins(event, "step_")) {
        set(live, &step->state, event->kind + strlen("step_"));
        set(live, &step->reason, is(event, "step_done") ? NULL : event->text);
        step->ended_ms = event->at_ms;
        step->running = 0;
    }
    drop_detail(live);
    live->current = live->step_count;
}

static bool ends_step(const struct ferry_event *event)
{
    return is(event, "step_done") || is(event, "step_skipped") || is(event, "step_failed") ||
           is(event, "step_blocked");
}

static bool ends_unit(const struct ferry_event *event)
{
    return is(event, "unit_done") || is(event, "unit_adopted_done") || is(event, "unit_failed") ||
           is(event, "unit_unknown") || is(event, "unit_absent") || is(event, "unit_split") ||
           is(event, "unit_next");
}

static void count_units(struct live *live, const struct ferry_event *event)
{
    struct live_step *step = step_named(live, event->step);

    if (is(event, "unit_intent")) {
        live->detail.running++;
    }
    if (is(event, "unit_failed")) {
        live->detail.failed++;
    }
    if (ends_unit(event) && live->detail.running > 0) {
        live->detail.running--;
    }
    step->failed = live->detail.failed;
    step->running = live->detail.running;
}

static void take_units(struct live *live, const struct ferry_event *event)
{
    live->detail.done = event->done;
    live->detail.total = event->total;
    live->detail.found_total = 0;
    if (live->pace_ms == 0) {
        live->pace_ms = event->at_ms;
        live->pace_ended = event->done;
    }
    if (event->step != NULL) {
        struct live_step *step = step_named(live, event->step);

        step->total = event->total;
        step->done = event->done - step->failed - step->unknown - step->skipped;
    }
}

/* Bytes of a transfer, units of the step, or what a state counts by itself. */
static void take_progress(struct live *live, const struct ferry_event *event)
{
    const char *measure = event->measure == NULL ? "" : event->measure;
    struct progress_step *detail = &live->detail;

    if (strcmp(measure, "bytes") == 0) {
        progress_step_bytes(detail, event->at_ms, event->done, event->total);
    } else if (strcmp(measure, "units") == 0) {
        take_units(live, event);
    } else if (event->unit != NULL && event->total > 0) {
        detail->part_done = event->done;
        detail->part_total = event->total;
    } else if (event->total > 0) {
        detail->found = event->done;
        detail->found_total = event->total;
    }
}

static void take_run(struct live *live, const struct ferry_event *event)
{
    set(live, &live->run, event->run);
    if (is(event, "run_started")) {
        set(live, &live->state, "running");
        live->since_ms = event->at_ms;
    } else if (!is(event, "run_created")) {
        set(live, &live->state, event->kind + strlen("run_"));
        drop_detail(live);
        live->current = live->step_count;
    }
}

/* A document that a run tells of itself when it begins or goes on. */
static void take_document(struct live *live, const struct ferry_event *event)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error ignored;
    struct json *status = NULL;

    if (event->data != NULL &&
        json_parse(scope, event->data, strlen(event->data), &status, &ignored) == FERRY_OK) {
        live_status(live, status, event->at_ms);
        set(live, &live->state, "running");
        live->since_ms = event->at_ms;
    }
}

/* Something of a step that has ended: told in the same turn as its end, or behind it. */
static bool is_late(struct live *live, const struct ferry_event *event)
{
    const struct live_step *step = event->step == NULL ? NULL : step_named(live, event->step);

    return step != NULL && !is(event, "step_started") && !ends_step(event) &&
           (strcmp(step->state, "done") == 0 || strcmp(step->state, "skipped") == 0 ||
            strcmp(step->state, "failed") == 0);
}

static void take_work(struct live *live, const struct ferry_event *event)
{
    /* Work before the first step goes by its text. */
    const char *name = event->step == NULL && event->id == 0 ? event->text : event->step;

    if (name != NULL && (live->detail.name == NULL || strcmp(live->detail.name, name) != 0)) {
        if (is_late(live, event)) {
            return;
        }
        begin_step(live, event, name);
    }
    if (is(event, "step_expanded") && event->step != NULL) {
        set(live, &step_named(live, event->step)->state, "running");
    }
    take_progress(live, event);
    if (event->id == 0 && event->step != NULL && event->text != NULL && live->detail.total <= 1) {
        set_waiting(live, event->text, event->at_ms);
    }
    if (event->step != NULL && begins(event, "unit_")) {
        count_units(live, event);
    }
}

void live_event(struct live *live, const struct ferry_event *event)
{
    if (is(event, "status")) {
        take_document(live, event);
        return;
    }
    if (event->id == 0 && is(event, "tick")) {
        return; /* time passes, nothing else */
    }
    if (is(event, "warning")) {
        return; /* it stays above the view */
    }
    if (!begins(event, "run_")) {
        take_work(live, event);
    }
    /* What begins, the steps show. */
    if (live_matters(event) && !is(event, "step_started") && !is(event, "step_expanded") &&
        !is(event, "run_created")) {
        remember(live, event);
    }
    if (ends_step(event)) {
        end_step(live, event);
    } else if (begins(event, "run_")) {
        take_run(live, event);
    }
}
