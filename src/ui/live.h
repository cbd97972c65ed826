/*
 * The live view of a run: what is known of it, and the lines that show it.
 *
 * The model is fed by events, as a run tells them or as the journal keeps them, and by documents
 * of ferry_status. The lines depend on nothing but the model, the time and the size of the screen:
 * whoever looks on by way of the journal sees what the run itself shows, but for the bytes of a
 * transfer, which no journal holds.
 */
#ifndef UI_LIVE_H
#define UI_LIVE_H

#include "ferry/ferry.h"
#include "ui/progress_line.h"
#include "ui/ui.h"

#define LIVE_EVENTS_MAX 12

struct live_step {
    char *name, *state;           /* "waiting", "running", "done", ... */
    char *reason;                 /* why it was skipped or stands, or NULL */
    int64_t started_ms, ended_ms; /* 0: not yet */
    int64_t total, done, skipped, failed, running, unknown; /* units */
};

struct live_event {
    int64_t at_ms;
    enum ui_colour colour;
    char *text; /* NULL: none yet */
};

struct live {
    char *run, *workflow, *manager, *state;
    int64_t since_ms; /* when this life of the run began; 0: not known */
    struct live_step *steps;
    size_t step_count;
    size_t current;              /* step_count: none is at work */
    struct progress_step detail; /* of the one at work */
    int64_t pace_ms, pace_ended; /* since when its units are counted, and how many had ended */
    struct live_event recent[LIVE_EVENTS_MAX]; /* oldest first */
    bool remote;                               /* seen by way of the journal */
    const char *note;                          /* what must be known now, static, or NULL */
};

struct live_line {
    enum ui_colour colour;
    char *text; /* harmless, of known width */
};

struct live *live_new(const void *mem);
/* The steps to come, where no document has told them yet. Texts are copied. */
void live_names(struct live *live, const char *const *names, size_t count);
/* A document of ferry_status; what the model has learnt from events stays where it is newer. */
void live_status(struct live *live, const struct json *status, int64_t now_ms);
void live_event(struct live *live, const struct ferry_event *event);
bool live_is_at_work(const struct live_step *step);
/* Does it matter to everyone who watches, not only to those who ask for all? */
bool live_matters(const struct ferry_event *event);
/* "install_new_agents tenant/deployment failed: REASON". Below mem. */
char *live_event_text(const void *mem, const struct live *live, const struct ferry_event *event);
enum ui_colour live_event_colour(const struct ferry_event *event);

/* At most height lines of at most width columns each, below mem; *count tells how many. */
struct live_line *live_lines(const void *mem, const struct live *live, int64_t now_ms, size_t width,
                             size_t height, size_t *count);
/* What stays when it is over: every step, however high the screen. */
struct live_line *live_summary(const void *mem, const struct live *live, int64_t now_ms,
                               size_t width, size_t *count);

#endif
