#include "ui/progress.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "ui/live.h"
#include "ui/screen.h"
#include "ui/text.h"

struct ui_progress {
    const struct ui_stream *stream;
    struct ui_progress_options options;
    struct live *live;
    struct ui_screen *screen;
    char *above;      /* lines that are to stay, for the next frame; or NULL */
    bool drawn;       /* the view is on the screen */
    int64_t drawn_ms; /* when it was drawn last */
    int64_t now_ms;   /* of the last event */
    int64_t told_ms;  /* when progress was last told as a plain line; 0: never */
};

struct ui_progress *ui_progress_new(const void *mem, const struct ui_stream *stream,
                                    const struct ui_progress_options *options)
{
    struct ui_progress *progress = mem_new(mem, struct ui_progress);

    progress->stream = stream;
    progress->options = *options;
    progress->live = live_new(progress);
    progress->live->remote = options->remote;
    progress->screen = ui_screen_new(progress, stream);
    return progress;
}

/* The workflow to which a step belongs: its steps, until a document tells them. */
static void name_steps(struct ui_progress *progress, const char *name)
{
    const struct ui_progress_options *options = &progress->options;
    size_t first = 0;

    for (size_t part = 0; part <= options->end_count; part++) {
        size_t end = part < options->end_count ? options->ends[part] : options->step_count;

        for (size_t at = first; at < end; at++) {
            if (strcmp(options->steps[at], name) == 0) {
                live_names(progress->live, options->steps + first, end - first);
                return;
            }
        }
        first = end;
    }
}

/* --- on a terminal --- */

static void draw(struct ui_progress *progress)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct ui_stream *stream = progress->stream;
    /* One column less: the last one would move some terminals to the next line. And one row less:
       that of the cursor. */
    size_t width = stream->width > 1 ? stream->width - 1 : 80;
    size_t height = stream->height > 2 ? stream->height - 1 : 1;
    size_t count;
    struct live_line *lines =
        live_lines(scope, progress->live, progress->now_ms, width, height, &count);

    ui_screen_draw(progress->screen, lines, count, progress->above);
    mem_free(progress->above);
    progress->above = NULL;
    progress->drawn = true;
    progress->drawn_ms = progress->now_ms;
}

/* A line as ui_line prints it, for the next frame. */
static void put_above(struct ui_progress *progress, enum ui_colour colour, const char *text)
{
    struct ui_stream stream = *progress->stream;
    char *printed = NULL;
    size_t size = 0;

    stream.file = open_memstream(&printed, &size);
    if (stream.file == NULL) {
        mem_exhausted();
    }
    ui_line(&stream, colour, 0, "%s", text);
    if (fclose(stream.file) == 0) {
        char *both =
            mem_printf(progress, "%s%s", progress->above == NULL ? "" : progress->above, printed);

        mem_free(progress->above);
        progress->above = both;
    }
    free(printed);
}

/* What is told above the view stays when it is over. What matters is in the view itself. */
static bool stays(const struct ui_progress *progress, const struct ferry_event *event)
{
    return strcmp(event->kind, "unrecorded") == 0 || strcmp(event->kind, "warning") == 0 ||
           (event->id != 0 && progress->options.verbose);
}

static void on_terminal(struct ui_progress *progress, const struct ferry_event *event,
                        const char *text)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    if (stays(progress, event)) {
        put_above(progress, live_event_colour(event),
                  mem_printf(scope, "%s %s", progress_clock(scope, event->at_ms), text));
    }
    if (!progress->drawn || progress->now_ms - progress->drawn_ms >= UI_REDRAW_MS ||
        progress->now_ms < progress->drawn_ms) {
        draw(progress);
    }
}

/* --- elsewhere --- */

static void tell(struct ui_progress *progress, enum ui_colour colour, const char *text)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    ui_line(progress->stream, colour, 0, "%s %s", timefmt_utc(scope, progress->now_ms), text);
    (void)fflush(progress->stream->file);
}

/* What moves the view becomes a line now and then. */
static void tell_progress(struct ui_progress *progress, const struct ferry_event *event)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    if (event->id != 0 || progress->live->detail.name == NULL || strcmp(event->kind, "tick") == 0) {
        return;
    }
    if (progress->told_ms != 0 && event->at_ms - progress->told_ms < UI_PLAIN_PROGRESS_MS) {
        return;
    }
    progress->told_ms = event->at_ms;
    tell(progress, UI_PLAIN, progress_step_line(scope, &progress->live->detail, 0));
}

static void in_lines(struct ui_progress *progress, const struct ferry_event *event,
                     const char *text)
{
    bool always = strcmp(event->kind, "unrecorded") == 0 || strcmp(event->kind, "warning") == 0;

    if (progress->drawn) { /* it has gone into the background */
        ui_screen_forget(progress->screen);
        progress->drawn = false;
    }
    if (always || (event->id != 0 && (progress->options.verbose || live_matters(event)))) {
        tell(progress, live_event_colour(event), text);
    }
    tell_progress(progress, event);
}

/* --- both --- */

void ui_progress_event(struct ui_progress *progress, const struct ferry_event *event)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *text;

    if (progress->options.quiet) {
        return;
    }
    progress->now_ms = event->at_ms;
    if (event->step != NULL && progress->live->step_count == 0) {
        name_steps(progress, event->step);
    }
    text = live_event_text(scope, progress->live, event);
    live_event(progress->live, event);
    if (progress->stream->tty) {
        on_terminal(progress, event, text);
    } else {
        in_lines(progress, event, text);
    }
}

void ui_progress_status(struct ui_progress *progress, const struct json *status, int64_t now_ms)
{
    if (progress->options.quiet) {
        return;
    }
    progress->now_ms = now_ms;
    live_status(progress->live, status, now_ms);
    if (progress->stream->tty &&
        (!progress->drawn || now_ms - progress->drawn_ms >= UI_REDRAW_MS)) {
        draw(progress);
    }
}

void ui_progress_log(struct ui_progress *progress, const char *line)
{
    if (progress->stream->tty) {
        put_above(progress, UI_DIM, line);
        return;
    }
    ui_line(progress->stream, UI_DIM, 0, "%s", line);
    (void)fflush(progress->stream->file);
}

void ui_progress_stopping(struct ui_progress *progress, int count)
{
    progress->live->note = count == 0 ? NULL
                           : count == 1
                               ? "stopping after what is in flight; press Ctrl-C again to stop now"
                               : "stopping now; what was cut is looked up by the next ferry resume";
}

void ui_progress_forget(struct ui_progress *progress)
{
    ui_screen_forget(progress->screen);
}

void ui_progress_end(struct ui_progress *progress, bool summary)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct ui_stream *stream = progress->stream;
    struct live_line *lines = NULL;
    size_t count = 0;

    if (progress->drawn && stream->tty) {
        lines = live_summary(scope, progress->live, progress->now_ms,
                             stream->width > 1 ? stream->width - 1 : 80, &count);
        ui_screen_end(progress->screen, lines, summary ? count : 0, progress->above);
    }
    mem_free(progress->above);
    progress->above = NULL;
    progress->drawn = false;
    (void)fflush(stream->file);
}
