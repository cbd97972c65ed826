/* What people are told of each state: ferry help states, and the page ferry-states(7). */
#ifndef STATES_MANUAL_H
#define STATES_MANUAL_H

#include <stddef.h>

struct state_manual {
    const char *state;
    const char *sends;   /* which requests that change the manager, and how often */
    const char *expects; /* when ferry believes that it is done */
    const char *crash;   /* what the next ferry does when this one was killed in the middle */
};

extern const struct state_manual state_manuals[];
extern const size_t state_manual_count;
/* Never NULL for a state of a workflow: a test looks for each of them. */
const struct state_manual *state_manual(const char *state);

#endif
