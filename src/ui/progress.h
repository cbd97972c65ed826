/*
 * What a run shows while it goes on: on a terminal the live view (ui/live.h), redrawn at most four
 * times a second, above which stays what must stay; elsewhere plain lines, each with its time,
 * without cursor movement, and progress at most every ten seconds.
 *
 * The only clock is the time that events carry, and what ui_progress_status is told.
 */
#ifndef UI_PROGRESS_H
#define UI_PROGRESS_H

#include "ferry/ferry.h"
#include "ui/ui.h"

#define UI_REDRAW_MS 250
#define UI_PLAIN_PROGRESS_MS 10000

struct ui_progress_options {
    const char *const *steps; /* of all workflows, in order; may be empty */
    size_t step_count;
    const size_t *ends; /* where each workflow's end among them; empty: one workflow */
    size_t end_count;
    bool quiet;   /* say nothing */
    bool verbose; /* every event, not only those that matter to most */
    bool remote;  /* fed from the journal, beside the run */
};

struct ui_progress;

/* Below mem; borrows the stream (its size and tty may change) and the options' texts. */
struct ui_progress *ui_progress_new(const void *mem, const struct ui_stream *stream,
                                    const struct ui_progress_options *options);
void ui_progress_event(struct ui_progress *progress, const struct ferry_event *event);
/* A document of ferry_status, read at this time. */
void ui_progress_status(struct ui_progress *progress, const struct json *status, int64_t now_ms);
/* A line of the log, above the view. */
void ui_progress_log(struct ui_progress *progress, const char *line);
/* How often the user has asked it to stop: shown in the view. */
void ui_progress_stopping(struct ui_progress *progress, int count);
/* Others have written to the terminal: the view begins anew below. */
void ui_progress_forget(struct ui_progress *progress);
/* The end. summary: a terminal keeps the steps; else the view only goes away. More events bring it
   back. */
void ui_progress_end(struct ui_progress *progress, bool summary);

#endif
