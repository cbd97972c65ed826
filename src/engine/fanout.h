/*
 * Many units: how they are named, which of the pending ones may begin now, and when those that go
 * on are asked about. A part of internal.h.
 */
#ifndef ENGINE_FANOUT_H
#define ENGINE_FANOUT_H

#include "engine/transition.h"
#include "journal/journal.h"

struct engine;
struct step;
struct unit;

/* Of the units that expand named, those up to last may begin, and of the parts that were split off
   all. As the cursor of the running step keeps it. */
struct wave {
    bool on;               /* the state has waves */
    bool open;             /* one has begun */
    int64_t number;        /* 1, 2, ... */
    int64_t last;          /* seq of its last unit */
    int64_t size;          /* units that it let begin */
    int64_t failed_before; /* units that had failed when it began */
    const struct json *left;
};

/* fanout.c */
/* The next pending unit that may begin, or NULL. */
struct unit *engine_next_pending(struct engine *engine);
/* Is there a pending unit that may begin, in this turn or one of the next? */
bool engine_has_pending(struct engine *engine);
/* Takes up what an earlier life left in the cursor. */
void engine_fanout_load(struct engine *engine);
/* A unit is divided: its parts are in the sink, or were before. */
void engine_note_parts(struct engine *engine);
/* The manager is busy, or something ended well. */
void engine_narrow(struct engine *engine, const char *why);
void engine_widen(struct engine *engine);
/* These rows are in hand: the window leaves them out. */
void engine_remember_taken(struct step *step, const struct unit_row *rows, size_t count);

/* What the running step keeps beside its row, for a later life; made when it is first wanted. */
struct json *engine_cursor(struct step *step);

/* wave.c */
/* Takes up the wave that an earlier life kept, or none (kept is NULL). */
void engine_wave_load(struct step *step, const struct json *kept);
/* May no pending unit begin, whatever there is? */
bool engine_is_held(const struct step *step);
/* Nothing is in hand, and no pending unit may begin. Opens the next wave, or ends the run where the
   operator must say how to go on: then true. False: the step's units have ended, or enough have. */
bool engine_fanout_goes_on(struct engine *engine);
bool engine_too_many_failures(const struct step *step);

/* poll.c */
/* From its acceptance to the first question about it, and from each to the next. */
int64_t engine_first_poll_ms(const struct engine *engine);
int64_t engine_next_poll_ms(const struct engine *engine, const struct unit *unit);
/* Where polls are adaptive: may it be asked about in a request that leaves anyway? */
bool engine_may_ride(const struct engine *engine, const struct unit *unit, int64_t now_ms);
/* A unit has ended well: others will take about as long. */
void engine_learn_duration(struct engine *engine, const struct unit *unit, enum engine_phase phase,
                           const struct state_verdict *verdict);

#endif
