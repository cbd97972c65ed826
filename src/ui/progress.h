/*
 * What a run shows while it goes on: on a terminal one live line, redrawn at most four times a
 * second and never wider than the terminal, below the lines that stay; elsewhere plain lines, each
 * with its time, without cursor movement, and progress at most every ten seconds.
 *
 * The only clock is the time that events carry.
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
    const size_t *ends; /* of each workflow: how many steps there are up to its last one */
    size_t end_count;   /* 0: they are all of one workflow */
    bool quiet;         /* say nothing */
    bool verbose;       /* every event, not only those that matter to most */
};

struct ui_progress;

/* Below mem; borrows the stream (its width may change) and the options' texts. */
struct ui_progress *ui_progress_new(const void *mem, const struct ui_stream *stream,
                                    const struct ui_progress_options *options);
void ui_progress_event(struct ui_progress *progress, const struct ferry_event *event);
/* A status of the run before it goes on: what stands open or failed already is counted. */
void ui_progress_seed(struct ui_progress *progress, const struct json *status);
/* A line of the log, above the live line. */
void ui_progress_log(struct ui_progress *progress, const char *line);
/* Takes the live line away; more events bring it back. */
void ui_progress_end(struct ui_progress *progress);

#endif
