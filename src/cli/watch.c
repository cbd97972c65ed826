#include "cli/watch.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "cli/signals.h"
#include "cli/wait.h"
#include "ui/progress.h"

#define PAGE 1000 /* events read at once */
#define TAIL 200  /* ids: so far back the last events are looked for */
#define ID_MOST (INT64_C(1) << 52)

struct watcher {
    struct invocation *invocation;
    struct ferry *ferry;
    const char *run;
    struct ui_progress *progress;
    int64_t after; /* the last event that was taken */
    char *last;    /* the last document that was printed, or NULL */
    bool running;
};

/* --- documents, for programs --- */

static enum ferry_code read_status(struct watcher *watcher, const void *mem, char **text,
                                   struct json **status, struct ferry_error *err)
{
    char *read = NULL;
    enum ferry_code code = ferry_status(watcher->ferry, watcher->run, &read, err);

    if (code == FERRY_OK) {
        code = json_parse(mem, read, strlen(read), status, err);
    }
    *text = mem_strdup(mem, read);
    ferry_text_free(read);
    watcher->running = code == FERRY_OK && cli_is_running(*status);
    return code;
}

static enum ferry_code look_for_json(struct watcher *watcher, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct ui_stream *out = &watcher->invocation->io->out;
    struct json *status = NULL;
    char *text = NULL;
    enum ferry_code code = read_status(watcher, scope, &text, &status, err);

    if (code == FERRY_OK && (watcher->last == NULL || strcmp(watcher->last, text) != 0)) {
        ui_json(out, json_print(scope, status));
        mem_free(watcher->last);
        watcher->last = mem_strdup(watcher->invocation->mem, text);
        watcher->invocation->printed = true;
    }
    return code;
}

/* --- the view, for people --- */

static void take_event(struct watcher *watcher, const struct json *row)
{
    struct ferry_event event = {
        .id = json_int64_or(row, "id", 0),
        .kind = json_string_or(row, "kind", ""),
        .run = json_string_or(row, "run", NULL),
        .step = json_string_or(row, "step", NULL),
        .unit = json_string_or(row, "unit", NULL),
        .text = json_string_or(row, "text", NULL),
    };

    (void)timefmt_parse_utc(json_string_or(row, "at", ""), &event.at_ms);
    ui_progress_event(watcher->progress, &event);
}

/* At most `limit` events behind an id; *count tells how many there were. take: show them. */
static enum ferry_code read_events(struct watcher *watcher, int64_t after, size_t limit, bool take,
                                   size_t *count, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *page = NULL;
    char *text = NULL;
    enum ferry_code code = ferry_events(watcher->ferry, watcher->run, after, limit, &text, err);
    const struct json *events;

    if (code == FERRY_OK) {
        code = json_parse(scope, text, strlen(text), &page, err);
    }
    ferry_text_free(text);
    events = json_member(page, "events");
    *count = json_size(events);
    for (const struct json *row = json_first(events); take && row != NULL; row = json_next(row)) {
        take_event(watcher, row);
        watcher->after = json_int64_or(row, "id", watcher->after);
    }
    return code;
}

static enum ferry_code read_on(struct watcher *watcher, struct ferry_error *err)
{
    size_t count;
    enum ferry_code code;

    do {
        code = read_events(watcher, watcher->after, PAGE, true, &count, err);
    } while (code == FERRY_OK && count == PAGE);
    return code;
}

/* The id of the run's last event: a run of ten thousand deployments has too many to read them all
   for the sake of the last ones. */
static enum ferry_code find_last(struct watcher *watcher, int64_t *last, struct ferry_error *err)
{
    int64_t low = 0;        /* there are events behind it, or it is 0 */
    int64_t high = ID_MOST; /* there are none */
    size_t count = 0;
    enum ferry_code code = FERRY_OK;

    for (int64_t step = 1; step < ID_MOST && high == ID_MOST && code == FERRY_OK; step *= 16) {
        code = read_events(watcher, step, 1, false, &count, err);
        *(count > 0 ? &low : &high) = step;
    }
    while (high - low > 1 && code == FERRY_OK) {
        int64_t middle = low + (high - low) / 2;

        code = read_events(watcher, middle, 1, false, &count, err);
        *(count > 0 ? &low : &high) = middle;
    }
    *last = high;
    return code;
}

static enum ferry_code begin_view(struct watcher *watcher, struct ferry_error *err)
{
    const struct ui_stream *out = &watcher->invocation->io->out;
    struct ui_progress_options options = {.remote = true, .verbose = watcher->invocation->verbose};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *status = NULL;
    char *text = NULL;
    int64_t last = 0;
    enum ferry_code code = read_status(watcher, scope, &text, &status, err);

    if (code == FERRY_OK && watcher->running) {
        code = find_last(watcher, &last, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    watcher->progress = ui_progress_new(watcher->invocation->mem, out, &options);
    watcher->after = last;
    if (out->tty && watcher->running) {
        watcher->after = last > TAIL ? last - TAIL : 0;
    } else if (watcher->running) {
        ui_status(out, status);
        (void)fprintf(out->file, "\n");
    }
    return code;
}

/* Events first: what they tell is older than the document, which is right where both tell it. */
static enum ferry_code look_for_people(struct watcher *watcher, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct clock *clock = clock_system();
    struct json *status = NULL;
    char *text = NULL;
    enum ferry_code code;

    if (watcher->progress == NULL) {
        code = begin_view(watcher, err);
        if (code != FERRY_OK) {
            return code;
        }
    }
    if (cli_signals_continued()) {
        ui_progress_forget(watcher->progress);
    }
    code = watcher->running ? read_on(watcher, err) : FERRY_OK;
    if (code == FERRY_OK) {
        code = read_status(watcher, scope, &text, &status, err);
    }
    if (code == FERRY_OK && watcher->running) {
        ui_progress_status(watcher->progress, status, clock->realtime_ms(clock));
    } else if (code == FERRY_OK) {
        code = read_on(watcher, err);
        ui_progress_end(watcher->progress, false);
        ui_status(&watcher->invocation->io->out, status);
    }
    return code;
}

enum ferry_code cli_watch(struct invocation *invocation, struct ferry *ferry,
                          struct ferry_error *err)
{
    struct watcher watcher = {.invocation = invocation,
                              .ferry = ferry,
                              .run = invocation->word_count > 0 ? invocation->words[0] : NULL};
    struct cli_io *io = invocation->io;
    enum ferry_code code;

    cli_signals_watch();
    do {
        if (watcher.running) {
            cli_wait();
        }
        if (io->refresh != NULL) {
            io->refresh(io);
        }
        code = invocation->json ? look_for_json(&watcher, err) : look_for_people(&watcher, err);
        if (fflush(io->out.file) != 0) {
            return code; /* told at the end */
        }
    } while (code == FERRY_OK && watcher.running);
    if (watcher.progress != NULL && code != FERRY_OK) {
        ui_progress_end(watcher.progress, true);
    }
    return code;
}
