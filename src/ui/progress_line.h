/* What is known about the present step, and the live line made of it. */
#ifndef UI_PROGRESS_LINE_H
#define UI_PROGRESS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress_step {
    char *name;           /* NULL: between two steps */
    size_t number, count; /* "[4/10]"; 0: not known */
    int64_t started_ms;
    int64_t done, total; /* units */
    int64_t failed, running;
    int64_t part_done, part_total; /* of the one unit that is at work; total 0: not known */
    int64_t found, found_total;    /* of the units that are being named */
    int64_t sent, size;            /* bytes; size 0: nothing is being sent */
    double bytes_per_ms;           /* 0: not known yet */
    int64_t sent_before;           /* where the rate was measured last */
    int64_t measured_ms;
    char *waiting; /* for what, or NULL */
    int64_t waiting_since_ms;
};

/* Takes in how many bytes have been sent at a time. */
void progress_step_bytes(struct progress_step *step, int64_t at_ms, int64_t sent, int64_t size);
/* "[1/10] upload 42% [####------] 1.2 GiB of 2.9 GiB, 98.0 MiB/s", at most columns wide (0: no
   limit): the bar goes first, then the end. Below mem. */
char *progress_step_line(const void *mem, const struct progress_step *step, size_t columns);
/* "15:06:06" */
char *progress_clock(const void *mem, int64_t at_ms);

#endif
