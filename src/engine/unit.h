/*
 * A unit while the engine works on it: its row, and what only this process knows.
 *
 * Times in here are of the monotonic clock, so a jump of the wall clock neither stalls nor hurries
 * anything; unit_store turns them into unix times for the row, unit_load turns them back.
 */
#ifndef ENGINE_UNIT_H
#define ENGINE_UNIT_H

#include "base/clock.h"
#include "engine/state.h"
#include "engine/transition.h"
#include "journal/journal.h"

struct unit {
    struct unit_row row;       /* as it will be stored; texts below the unit */
    struct json *data;         /* the state's notes, below the unit; NULL until there are any */
    enum unit_state stored;    /* as it is on disk */
    bool is_step;              /* the pseudo-unit of expand and verify: not a row of its own */
    bool probed;               /* the first probe said that nothing is in the way */
    bool stale;                /* named long ago: how it stands is asked before the first act too */
    bool polled;               /* awaited at least once by this process: the quiet period is over */
    bool in_flight;            /* a request about it is on its way */
    bool dirty;                /* must be in the next commit */
    unsigned unsent;           /* sendings in a row of which not one byte left */
    unsigned fruitless;        /* sendings that left and had no effect */
    int64_t due_ms;            /* not before */
    int64_t began_ms;          /* when this process saw it accepted, or took it up */
    int64_t deadline_ms;       /* of the present question; 0: none */
    int64_t obstacle_until_ms; /* an obstacle is waited for until then; 0: none seen */
    int64_t settle_until_ms;   /* "absent" is not believed before */
    int64_t asked_ms;          /* when the latest request about it left */
    size_t heap_at;            /* place in the schedule + 1; 0: not in it */
};

/* A new unit below ctx, with its first id. */
struct unit *unit_new(const void *ctx, const struct run_row *run, const struct step_row *step,
                      const char *key);
/* From a stored row; texts are copied. now and realtime are read from the clock once. */
struct unit *unit_load(const void *ctx, const struct unit_row *row, struct clock *clock);
/* Notes as the journal keeps them: an object below ctx, NULL for none and for what no ferry wrote.
 */
struct json *unit_notes(const void *ctx, const char *text);
/* Brings the row up to date with what the process knows. */
void unit_store(struct unit *unit, struct clock *clock);
/* Derives the id of the present attempt: uuid of run, step, key, attempt. */
void unit_derive_id(struct unit *unit, const struct run_row *run, const char *step);
/* From nothing: pending, with the id of its next attempt. Notes of the old one would mislead. */
void unit_begin_again(struct unit *unit, const struct run_row *run, const char *step);
/* What is to be asked about it next. */
enum engine_phase unit_phase(const struct unit *unit, const struct ferry_state *state,
                             enum step_state step);
/* As a state sees it at this (monotonic) time; borrowed from the unit. */
struct state_unit unit_view(const struct unit *unit, int64_t now_ms);
/* Merges a patch into its notes; true when they now differ from what is on disk. */
bool unit_merge(struct unit *unit, const struct json *patch);
/* Replaces one of the texts of its row; true when it changed. NULL leaves it alone. */
bool unit_set_text(struct unit *unit, const char **field, const char *text);
bool unit_has_ended(const struct unit *unit);
/* Begins another attempt: a new id, and nothing of the manager's. Its notes are the caller's. */
void unit_renew(struct unit *unit, const struct run_row *run, const char *step);
/* The part of its notes that a retry keeps ("given"), below ctx, or NULL. */
struct json *unit_given(const void *ctx, const struct json *notes);

#endif
