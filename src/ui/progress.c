#include "ui/progress.h"

#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/progress_line.h"
#include "ui/text.h"

struct ui_progress {
    const struct ui_stream *stream;
    struct ui_progress_options options;
    struct progress_step step;
    bool drawn;       /* a live line is on the screen */
    int64_t drawn_ms; /* when it was drawn last */
    char *seed_step;  /* the step that ui_progress_seed found at work, or NULL */
    int64_t seed_failed, seed_running;
    int64_t told_ms; /* when progress was last told as a plain line; 0: never */
};

struct ui_progress *ui_progress_new(const void *mem, const struct ui_stream *stream,
                                    const struct ui_progress_options *options)
{
    struct ui_progress *progress = mem_new(mem, struct ui_progress);

    progress->stream = stream;
    progress->options = *options;
    return progress;
}

static void erase(struct ui_progress *progress)
{
    if (progress->drawn) {
        (void)fputs("\r\033[K", progress->stream->file);
    }
    progress->drawn = false;
}

static void draw(struct ui_progress *progress, int64_t at_ms)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    /* One column less: the last one would move some terminals to the next line. */
    size_t columns = progress->stream->width > 1 ? progress->stream->width - 1 : 0;

    if (progress->step.name == NULL) {
        return;
    }
    (void)fprintf(progress->stream->file, "\r%s\033[K",
                  progress_step_line(scope, &progress->step, columns));
    (void)fflush(progress->stream->file);
    progress->drawn = true;
    progress->drawn_ms = at_ms;
}

/* "[2/4]": its place among the steps of its workflow. */
static void number_step(const struct ui_progress_options *options, struct progress_step *step)
{
    size_t first = 0;
    size_t part = 0;

    for (size_t at = 0; at < options->step_count; at++) {
        while (part < options->end_count && at >= options->ends[part]) {
            first = options->ends[part++];
        }
        if (strcmp(options->steps[at], step->name) == 0) {
            step->number = at - first + 1;
            step->count =
                (part < options->end_count ? options->ends[part] : options->step_count) - first;
        }
    }
}

static void begin_step(struct ui_progress *progress, const struct ferry_event *event,
                       const char *name)
{
    struct progress_step *step = &progress->step;

    mem_free(step->name);
    mem_free(step->waiting);
    memset(step, 0, sizeof(*step));
    step->name = ui_safe(progress, name);
    step->started_ms = event->at_ms;
    if (progress->seed_step != NULL && strcmp(progress->seed_step, name) == 0) {
        step->failed = progress->seed_failed;
        step->running = progress->seed_running;
    }
    number_step(&progress->options, step);
}

static void end_step(struct ui_progress *progress)
{
    mem_free(progress->step.name);
    mem_free(progress->step.waiting);
    memset(&progress->step, 0, sizeof(progress->step));
}

static bool is(const struct ferry_event *event, const char *kind)
{
    return strcmp(event->kind, kind) == 0;
}

static bool begins(const struct ferry_event *event, const char *prefix)
{
    return strncmp(event->kind, prefix, strlen(prefix)) == 0;
}

static bool ends_unit(const struct ferry_event *event)
{
    return is(event, "unit_done") || is(event, "unit_adopted_done") || is(event, "unit_failed") ||
           is(event, "unit_unknown") || is(event, "unit_absent") || is(event, "unit_split") ||
           is(event, "unit_next");
}

static void set_waiting(struct ui_progress *progress, const struct ferry_event *event)
{
    struct progress_step *step = &progress->step;
    char *text = ui_safe(progress, event->text);

    if (step->waiting != NULL && strcmp(step->waiting, text) == 0) {
        mem_free(text);
        return;
    }
    mem_free(step->waiting);
    step->waiting = text;
    step->waiting_since_ms = event->at_ms;
}

static void count_units(struct progress_step *step, const struct ferry_event *event)
{
    if (is(event, "unit_intent")) {
        step->running++;
    }
    if (is(event, "unit_failed")) {
        step->failed++;
    }
    if (ends_unit(event) && step->running > 0) {
        step->running--;
    }
}

/* Bytes of a transfer, units of the step, or what a state counts by itself. */
static void take_progress(struct progress_step *step, const struct ferry_event *event)
{
    const char *measure = event->measure == NULL ? "" : event->measure;

    if (strcmp(measure, "bytes") == 0) {
        progress_step_bytes(step, event->at_ms, event->done, event->total);
    } else if (strcmp(measure, "units") == 0) {
        step->done = event->done;
        step->total = event->total;
        step->found_total = 0;
    } else if (event->unit != NULL && event->total > 0) {
        step->part_done = event->done;
        step->part_total = event->total;
    } else if (event->total > 0) {
        step->found = event->done;
        step->found_total = event->total;
    }
}

/* Keeps what the live line needs. */
static void learn(struct ui_progress *progress, const struct ferry_event *event)
{
    struct progress_step *step = &progress->step;
    /* Work before the first step, such as reading the archive, goes by its text. */
    const char *name = event->step == NULL && event->id == 0 ? event->text : event->step;

    /* A resumed step does not start again, its first event says where we are. */
    if (name != NULL && (step->name == NULL || strcmp(step->name, name) != 0)) {
        begin_step(progress, event, name);
    }
    take_progress(step, event);
    if (event->id == 0 && event->step != NULL && event->text != NULL && step->total <= 1) {
        set_waiting(progress, event);
    }
    count_units(step, event);
}

/* Does it matter to everyone who watches, not only to those who ask for all? */
static bool matters(const struct ferry_event *event)
{
    return begins(event, "run_") || begins(event, "step_") || is(event, "unit_failed") ||
           is(event, "unit_unknown") || is(event, "unit_blocked") ||
           begins(event, "unit_adopted") || is(event, "unit_absent") || is(event, "unit_split") ||
           is(event, "unit_next") || begins(event, "wave_") || is(event, "width");
}

static enum ui_colour colour_of(const struct ferry_event *event)
{
    const char *last = strrchr(event->kind, '_');

    return ui_state_colour(last == NULL ? event->kind : last + 1);
}

/* "install_new_agents tenant/deployment failed: REASON" */
static char *event_text(const void *mem, const struct ui_progress *progress,
                        const struct ferry_event *event)
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
    if (of_run && event->run != NULL) {
        subject = mem_printf(mem, "run %s", event->run);
    }
    text = mem_printf(mem, "%s%s%s %s", subject, event->unit == NULL ? "" : " ",
                      event->unit == NULL ? "" : event->unit, words);
    if (is(event, "step_done") && progress->step.name != NULL) {
        text = mem_printf(mem, "%s in %s", text,
                          timefmt_duration(mem, event->at_ms - progress->step.started_ms));
    }
    return event->text == NULL ? text : mem_printf(mem, "%s: %s", text, event->text);
}

static void tell(struct ui_progress *progress, enum ui_colour colour, int64_t at_ms,
                 const char *text)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    if (progress->stream->tty) {
        erase(progress);
        ui_line(progress->stream, colour, 0, "%s %s", progress_clock(scope, at_ms), text);
    } else {
        ui_line(progress->stream, colour, 0, "%s %s", timefmt_utc(scope, at_ms), text);
    }
    (void)fflush(progress->stream->file);
}

static void tell_event(struct ui_progress *progress, const struct ferry_event *event)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    tell(progress, colour_of(event), event->at_ms, event_text(scope, progress, event));
}

/* Where there is no live line, its text becomes a line now and then. */
static void tell_progress(struct ui_progress *progress, const struct ferry_event *event)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    if (event->id != 0 || progress->step.name == NULL) {
        return;
    }
    if (progress->told_ms != 0 && event->at_ms - progress->told_ms < UI_PLAIN_PROGRESS_MS) {
        return;
    }
    progress->told_ms = event->at_ms;
    tell(progress, UI_PLAIN, event->at_ms, progress_step_line(scope, &progress->step, 0));
}

void ui_progress_event(struct ui_progress *progress, const struct ferry_event *event)
{
    if (progress->options.quiet) {
        return;
    }
    learn(progress, event);
    /* What a lost journal could not hold is seen here or nowhere, and so are the plan's warnings.
     */
    if (is(event, "unrecorded") || is(event, "warning") ||
        (event->id != 0 && (progress->options.verbose || matters(event)))) {
        tell_event(progress, event);
    }
    if (is(event, "step_done") || is(event, "step_skipped") || is(event, "step_failed") ||
        (begins(event, "run_") && !is(event, "run_started"))) {
        end_step(progress);
    }
    if (!progress->stream->tty) {
        tell_progress(progress, event);
    } else if (!progress->drawn || event->at_ms - progress->drawn_ms >= UI_REDRAW_MS) {
        draw(progress, event->at_ms);
    }
}

void ui_progress_seed(struct ui_progress *progress, const struct json *status)
{
    for (const struct json *step = json_first(json_member(status, "steps")); step != NULL;
         step = json_next(step)) {
        if (strcmp(json_string_or(step, "state", ""), "running") != 0) {
            continue;
        }
        mem_free(progress->seed_step);
        progress->seed_step = mem_strdup(progress, json_string_or(step, "name", ""));
        progress->seed_failed = json_int64_or(step, "units.failed", 0);
        progress->seed_running = json_int64_or(step, "units.running", 0);
    }
}

void ui_progress_log(struct ui_progress *progress, const char *line)
{
    erase(progress);
    ui_line(progress->stream, UI_DIM, 0, "%s", line);
    (void)fflush(progress->stream->file);
}

void ui_progress_end(struct ui_progress *progress)
{
    erase(progress);
    (void)fflush(progress->stream->file);
}
