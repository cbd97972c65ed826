/* One life of ferry in a child process, which a test may end at any point. */
#ifndef CRASH_LIFE_H
#define CRASH_LIFE_H

#include <stdbool.h>

#include "engine/engine.h"
#include "ferry/ferry.h"

struct life {
    const struct ferry_source *source; /* of the run that begins where there is none to resume */
    const char *folder;                /* gets journal.db; client.pid names the child */
    void (*on_point)(void *arg, enum engine_point point); /* in the child; may kill it */
    bool loud;                                            /* what ferry says goes to stderr */
};

/* Goes on with the run in the journal, or begins one. The exit code of ferry, 99 when the child
   could not write its number, or -1 when it was killed. */
int life_fork(const struct life *life);

#endif
