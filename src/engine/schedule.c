#include "engine/schedule.h"

#include "base/mem.h"
#include "engine/unit.h"

void schedule_init(struct schedule *schedule, const void *ctx)
{
    *schedule = (struct schedule){.ctx = ctx};
}

static void place(struct schedule *schedule, size_t at, struct unit *unit)
{
    schedule->heap[at] = unit;
    unit->heap_at = at + 1;
}

/* Of two units due at the same time the one with the lower seq goes first: the order of a run does
   not depend on the heap. */
static int before(const struct unit *a, const struct unit *b)
{
    if (a->due_ms != b->due_ms) {
        return a->due_ms < b->due_ms;
    }
    return a->row.seq < b->row.seq;
}

static void rise(struct schedule *schedule, size_t at, struct unit *unit)
{
    while (at > 0 && before(unit, schedule->heap[(at - 1) / 2])) {
        place(schedule, at, schedule->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    place(schedule, at, unit);
}

static void sink(struct schedule *schedule, size_t at, struct unit *unit)
{
    for (;;) {
        size_t child = at * 2 + 1;

        if (child >= schedule->count) {
            break;
        }
        if (child + 1 < schedule->count &&
            before(schedule->heap[child + 1], schedule->heap[child])) {
            child++;
        }
        if (!before(schedule->heap[child], unit)) {
            break;
        }
        place(schedule, at, schedule->heap[child]);
        at = child;
    }
    rise(schedule, at, unit);
}

void schedule_put(struct schedule *schedule, struct unit *unit)
{
    if (unit->heap_at) {
        sink(schedule, unit->heap_at - 1, unit);
        return;
    }
    if (schedule->count == schedule->room) {
        schedule->room = schedule->room ? schedule->room * 2 : 16;
        schedule->heap = mem_resize(schedule->ctx, schedule->heap, struct unit *, schedule->room);
    }
    schedule->count++;
    rise(schedule, schedule->count - 1, unit);
}

void schedule_remove(struct schedule *schedule, struct unit *unit)
{
    struct unit *last;
    size_t at;

    if (!unit->heap_at) {
        return;
    }
    at = unit->heap_at - 1;
    unit->heap_at = 0;
    last = schedule->heap[--schedule->count];
    if (last != unit) {
        sink(schedule, at, last);
    }
}

struct unit *schedule_first(const struct schedule *schedule)
{
    return schedule->count ? schedule->heap[0] : NULL;
}
