/* The rows of the journal, and the words of their states. See journal.h for what holds for them. */
#ifndef JOURNAL_ROWS_H
#define JOURNAL_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"

/* The texts of these states are in rows.c and never change: they are stored. */
enum run_state {
    RUN_RUNNING,   /* live: some ferry works on it, or was killed doing so */
    RUN_PAUSED,    /* live: stopped in order (a signal, --stop-before, a budget) */
    RUN_BLOCKED,   /* live: waits for a decision or for an obstacle to be removed */
    RUN_CANCELLED, /* ended by the operator */
    RUN_FAILED,    /* ended: a step failed */
    RUN_DONE       /* ended: every step is done or skipped; units may have failed (n_failed) */
};

enum step_state {
    STEP_WAITING,
    STEP_EXPANDING, /* its units are being named; cursor says how far */
    STEP_RUNNING,
    STEP_VERIFYING,
    STEP_DONE,
    STEP_FAILED,
    STEP_SKIPPED,
    STEP_CANCELLED
};

enum unit_state {
    UNIT_PENDING, /* nothing was sent for this attempt that could have had an effect */
    UNIT_INTENT,  /* may have been sent */
    UNIT_STARTED, /* took effect, and goes on */
    UNIT_DONE,
    UNIT_SKIPPED,
    UNIT_FAILED,
    UNIT_UNKNOWN, /* could not be found out: waits for resolve */
    UNIT_CANCELLED
};

struct run_row {
    int64_t run;
    char uuid[UUID_TEXT_SIZE];
    const char *name;     /* unique, for people: "upgrade-3" */
    const char *workflow; /* "upgrade", "backup" */
    const char *target;   /* the manager's URL without credentials */
    enum run_state state;
    const char *options;  /* JSON: the configuration, with references to secrets, never secrets */
    const char *facts;    /* JSON: what is known of manager and archive */
    const char *error;    /* last reason why it stands, or NULL */
    const char *hint;     /* what to do next, or NULL */
    enum ferry_code code; /* of error */
    const char *ferry_version;
    const char *stop_before; /* name of a state, or NULL */
    int64_t created_at_ms, updated_at_ms;
    int64_t cancel_at_ms; /* 0: nobody asked */
};

struct step_row {
    int64_t run;
    int step;         /* 0, 1, ... in the order of the workflow */
    const char *name; /* of the state; never renamed */
    unsigned def;     /* version of the state's stored data */
    bool fanout;
    enum step_state state;
    const char *cursor; /* JSON, or NULL */
    const char *error, *hint;
    int64_t n_total, n_done, n_skipped, n_failed, n_open, n_unknown; /* kept by the journal */
    int64_t started_at_ms, ended_at_ms;                              /* 0: not yet */
};

struct unit_row {
    int64_t run;
    int step;
    int64_t seq;     /* 0, 1, ...: the order of work; given by journal_unit_add */
    const char *key; /* unique in its step: "tenant/deployment" */
    enum unit_state state;
    unsigned attempt; /* which intent_id; grows only when a new id is wanted */
    unsigned tries;   /* failures in a row in the present phase; for backoff, across restarts */
    int64_t not_before_ms; /* backoff, Retry-After, settle window, next poll */
    int64_t deadline_ms;   /* 0: none */
    int64_t intent_at_ms, started_at_ms, ended_at_ms; /* 0: not yet */
    char intent_id[UUID_TEXT_SIZE];                   /* "" before the first intent */
    const char *request_digest;                       /* of the changing request, or NULL */
    const char *remote_id, *remote_state, *error, *hint, *data; /* data: JSON; all may be NULL */
    int http;
};

struct event_row {
    int64_t id, run;
    int step;      /* -1: the run itself */
    int64_t seq;   /* -1: no unit */
    int64_t epoch; /* of the writer; the journal's own */
    int64_t at_ms;
    const char *kind; /* "step_started", "unit_done", ... */
    const char *data; /* JSON, or NULL */
};

/* The stored words of the states, never NULL; and back (false: no such word). */
const char *run_state_name(enum run_state state);
const char *step_state_name(enum step_state state);
const char *unit_state_name(enum unit_state state);
bool run_is_live(enum run_state state);
/* false, and *out left alone, where there is no such word. */
bool run_state_parse(const char *text, enum run_state *out);
bool step_state_parse(const char *text, enum step_state *out);
/* The code with this name; NULL is FERRY_OK, a name of another release FERRY_E_FAILED. */
enum ferry_code code_parse(const char *text);

#endif
