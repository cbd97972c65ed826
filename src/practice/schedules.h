/* Execution schedules whose time has passed, at the two moments when the scheduler looks again. */
#ifndef PRACTICE_SCHEDULES_H
#define PRACTICE_SCHEDULES_H

#include <stdint.h>

struct practice;

/* When a schedule is next due, by its first time and its rule: owned by ctx, NULL for never. */
char *schedules_next(struct practice *practice, const void *ctx, const char *since,
                     const char *rule);
/* The scheduler begins: in the middle of a restore, and when maintenance ends (facts 2.8, 10.2d).
   What is no later than its slip and 60 s starts an execution; a later one is dropped; a recurring
   one moves on. In maintenance nothing happens. */
void schedules_fire(struct practice *practice, int64_t now_ms);

#endif
