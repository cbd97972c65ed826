/* What follows from an answer: the whole behaviour of a unit as one table. */
#ifndef ENGINE_TRANSITION_H
#define ENGINE_TRANSITION_H

#include "engine/state.h"

/* What is being asked about a unit. */
enum engine_phase {
    PHASE_PROBE,   /* before the first act: is there anything in the way, is it so already? */
    PHASE_ACT,     /* the change itself; an intent is on disk */
    PHASE_REPROBE, /* an intent has no result: is the effect there? */
    PHASE_AWAIT,   /* it is accepted: has it ended? */
    PHASE_EXPAND,  /* step: which units are there? */
    PHASE_VERIFY,  /* step: is the post-condition true? */
    PHASE_COUNT
};

enum engine_move {
    MOVE_ASK_NOW,   /* the same phase, at once */
    MOVE_ASK_LATER, /* the same phase, after a backoff, until its deadline */
    MOVE_WAIT,      /* the same phase, after its interval, until its deadline */
    MOVE_ACT,       /* write the intent, then send */
    MOVE_PROBE,     /* the outcome is open: ask the manager */
    MOVE_SETTLE,    /* absent: believed after the settle window, then pending with the same id */
    MOVE_OBSTACLE,  /* certainly no effect, and not now: pending with the same id, after a wait */
    MOVE_START,     /* it took effect and goes on */
    MOVE_DONE,
    MOVE_SKIP,
    MOVE_FAIL,
    MOVE_SPLIT, /* ended: its parts are units of their own */
    MOVE_NEXT,  /* pending again, with a new attempt and a new id */
    MOVE_BACK,  /* an earlier step begins again; this one waits for its end */
    MOVE_BLOCK  /* something of others is in the way: the run stops, the unit stays */
};

enum engine_move engine_move(enum engine_phase phase, enum state_answer answer);

#endif
