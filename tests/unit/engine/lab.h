/*
 * A laboratory for the engine: states that are made up by each test, a clock that moves only when
 * the engine waits, a transport whose every answer the test chooses, and a real journal.
 *
 * The states of the laboratory ask "GET /PHASE?KEY,KEY" (act: POST), and take their verdicts word
 * by word out of the answer. So a test describes behaviour in one function: what is answered.
 */
#ifndef TESTS_UNIT_ENGINE_LAB_H
#define TESTS_UNIT_ENGINE_LAB_H

#include <setjmp.h>

#include "engine/engine.h"
#include "journal/sqlite.h"

#define LAB_EPOCH_MS INT64_C(1790000000000) /* unix time at the start */
#define LAB_LATENCY_MS 10
#define LAB_SETTLE_MS 60000 /* options.limits.settle_ms of every run here */

enum lab_fate {
    LAB_GOOD,
    LAB_NOT_SENT, /* connection refused */
    LAB_LOST,     /* it left, and no answer comes */
    LAB_PAGE,     /* a proxy's page with status 502 */
    LAB_TWICE,    /* the answer is handed out twice */
    LAB_NEVER     /* no answer until the transfers are cut */
};

/* One unit of one request. */
struct lab_call {
    const char *phase, *key, *id;
    unsigned nth;  /* of this phase and key, from 1, over all lives */
    size_t at, of; /* place in its request, units in it */
};

struct lab_answer {
    enum state_answer say;
    enum ferry_code code;
    const char *reason, *hint, *remote_id, *remote_state, *back;
    const char *data, *facts; /* JSON objects */
    const char *add; /* keys of units, with a blank between; "-x" is skipped, "+x" is given its own
                        name as host */
    unsigned add_first, add_count; /* expand: units u00000, ... */
    int64_t wait_ms;               /* -1: the engine's own */
    int64_t done, total;
    /* of the whole reply; those of the first unit count */
    enum lab_fate fate;
    int status; /* 0: 200 */
    int64_t retry_after_ms, delay_ms;
};

struct lab_record {
    char *phase, *keys;
    char id[UUID_TEXT_SIZE]; /* of the first unit */
    size_t n;
    bool changes;
    int64_t at_ms;
};

struct lab_told {
    char *kind, *step, *unit, *text;
    int64_t id, done, total;
};

struct lab_transfer;

struct lab {
    struct clock clock;
    struct rng_seeded rng;
    int64_t now_ms, wall_offset_ms;
    struct transport transport;
    struct lab_transfer *transfers;
    void (*answer)(struct lab *lab, const struct lab_call *call, struct lab_answer *out);
    void (*on_wait)(struct lab *lab); /* before each wait; may be NULL */
    void (*on_told)(struct lab *lab, const struct engine_event *event); /* may be NULL */
    enum ferry_code (*permit)(void *arg, const char *step, const struct json *facts,
                              struct ferry_error *err); /* arg: the lab; may be NULL */
    const struct ferry_state *states[8];
    struct workflow workflow;
    const char *options; /* JSON; NULL: settle and limits of the laboratory */
    char *folder, *path;
    struct journal *journal;
    struct transport *gate;
    void *life; /* memory of the present life */
    struct run_row run;
    struct ferry_error err;
    volatile sig_atomic_t stop;
    bool deaf; /* no on_event */
    /* what happened, over all lives */
    struct lab_record *calls;
    size_t call_count, call_room;
    struct lab_told *told;
    size_t told_count, told_room;
    unsigned points, commits, waits, die_at; /* die_at: number of a point, 0: none */
    jmp_buf death;
    void *arg; /* the test's own */
};

/* Makes a laboratory with these states in order (NULL-ended array of at most 8). */
struct lab *lab_new(const struct ferry_state *const *states,
                    void (*answer)(struct lab *lab, const struct lab_call *call,
                                   struct lab_answer *out));
void lab_free(struct lab *lab);
/* Opens the journal for a new life of ferry; in the first one it makes the run. */
void lab_open(struct lab *lab);
/* Ends a life: a kill leaves what is in flight without a client; close does so in order. */
void lab_kill(struct lab *lab);
void lab_close(struct lab *lab);
struct engine_options lab_options(struct lab *lab);
/* engine_run with the run as it is in the journal. */
enum ferry_code lab_run(struct lab *lab);
enum ferry_code lab_run_before(struct lab *lab, const char *stop_before);
/* Opens, runs and closes. */
enum ferry_code lab_live(struct lab *lab);
/* Opens and runs until it dies at the n-th point from now (true), or ends before (false). */
bool lab_live_until(struct lab *lab, unsigned points);

/* --- what came of it; the journal is opened for reading when it is closed --- */
struct run_row lab_read_run(struct lab *lab);
struct step_row lab_step(struct lab *lab, const char *name);
struct unit_row lab_unit(struct lab *lab, const char *step, const char *key);
/* How many requests of a phase, about a key (NULL: any), have left. */
unsigned lab_count(const struct lab *lab, const char *phase, const char *key);
const struct lab_record *lab_nth(const struct lab *lab, const char *phase, unsigned nth);
unsigned lab_told_count(const struct lab *lab, const char *kind);
const struct lab_told *lab_told_last(const struct lab *lab, const char *kind);
/* Recounts the units of every step and compares with its counters. */
bool lab_counters_agree(struct lab *lab);

/* --- inside the laboratory --- */
extern const struct transport_ops lab_transport;
void lab_forget_client(struct lab *lab);
void lab_must(bool good, const char *what); /* or the test ends */

/* --- for descriptors --- */
#define LAB_PHASE(name)                                                                            \
    {                                                                                              \
        .ask = lab_ask_##name, .judge = lab_judge                                                  \
    }
state_ask lab_ask_plan, lab_ask_expand, lab_ask_probe, lab_ask_act, lab_ask_await, lab_ask_verify;
state_judge lab_judge;
/* interval 1 s, quiet 2 s, deadline 1 h, probe and obstacle deadlines 10 min, concurrency 3. */
void lab_timing(const struct state_context *context, struct state_timing *timing);

#endif
