/* Which unit is due next: a binary heap by time. */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

struct unit;

struct schedule {
    struct unit **heap; /* talloc, below ctx; the units are borrowed */
    size_t count, room;
    const void *ctx;
};

void schedule_init(struct schedule *schedule, const void *ctx);
/* Puts a unit in, or moves it to its new due_ms. */
void schedule_put(struct schedule *schedule, struct unit *unit);
void schedule_remove(struct schedule *schedule, struct unit *unit); /* no harm when not in */
struct unit *schedule_first(const struct schedule *schedule);       /* NULL: empty */

#endif
