/*
 * What a state may say in its plan phase. Texts are copied. Included by engine/state.h.
 *
 * A check is a question with a name, which a plan always answers: by a verdict, the evidence for
 * it, and what to do next. Notes, warnings and blockers are findings without a name.
 */
#ifndef ENGINE_STATE_PLAN_H
#define ENGINE_STATE_PLAN_H

#include <stdint.h>

#include "ferry/error.h"

struct state_plan;

/* One line of the table of checks. The name is stable: people and programs look for it. */
struct state_check_name {
    const char *name;   /* snake_case */
    const char *source; /* where it comes from: "facts 2.4" */
    const char *asks;   /* one line, for people: the question that it answers */
};

enum state_check {
    STATE_CHECK_OK,
    STATE_CHECK_CANNOT_TELL, /* counts as a warning */
    STATE_CHECK_WARNING,
    STATE_CHECK_STOPS /* counts as a blocker: the run would be refused */
};
/*
 * The verdict of a check by its name (one of the workflow's check_names). evidence: what was seen,
 * one line. next: what to do about it; NULL with OK only. Said twice, the worse verdict stays (of
 * two as bad the first). A check of the table that nobody speaks of is shown as CANNOT_TELL.
 */
void state_plan_check(struct state_plan *plan, const char *name, enum state_check verdict,
                      const char *evidence, const char *next);
/* The same with STOPS, for what the run is refused with another code than FERRY_E_REFUSED. */
void state_plan_stops(struct state_plan *plan, const char *name, enum ferry_code code,
                      const char *evidence, const char *next);
/* Stands in the way: the run would be refused (exit 5, or that of code). */
void state_plan_blocker(struct state_plan *plan, enum ferry_code code, const char *text,
                        const char *hint);
void state_plan_warning(struct state_plan *plan, const char *text, const char *hint);
void state_plan_note(struct state_plan *plan, const char *text);
/* This step would be skipped. */
void state_plan_skip(struct state_plan *plan, const char *reason);
/* How many units it would have, and how long it may take (ms, 0: cannot tell) and why. */
void state_plan_units(struct state_plan *plan, int64_t count);
void state_plan_estimate(struct state_plan *plan, int64_t ms, const char *terms);

#endif
