/*
 * What the files of the engine share, and nobody else sees.
 *
 *   run.c       engine_create, engine_run, the turn
 *   end.c       the coming end of a run, and what states may know: called from everywhere
 *   steps.c     from one step to the next; expand and verify
 *   fanout.c    many units: see fanout.h
 *   wave.c      waves, and how many failures are too many: see fanout.h
 *   choose.c    which units are asked about now: one request each, or one for several
 *   collect.c   replies in, verdicts out of the states
 *   apply.c     what a verdict does to a unit
 *   back.c      steps back: an earlier step and those behind it begin again
 *   poll.c      when a unit that goes on is asked about: see fanout.h
 *   commit.c    one transaction a turn; events after it
 */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include "base/mem.h"
#include "engine/engine.h"
#include "engine/fanout.h"
#include "engine/limits.h"
#include "engine/schedule.h"
#include "engine/unit.h"

#define BACKOFF_FIRST_MS 500
#define BACKOFF_CAP_MS 30000
#define UNITS_LOADED 4096  /* rows read at once while a run is taken up again */
#define PENDING_LOADED 256 /* pending rows read at once: a window in memory, the rest on disk */

/* A request about one or more units. */
struct flight {
    uint64_t ticket;
    enum engine_phase phase;
    struct unit **units;
    size_t n;
    struct http_request *request;
    bool sent;
    struct flight *next;
};

struct step {
    struct step_row row; /* with the engine's own count of the counters */
    const struct ferry_state *state;
    struct state_timing timing;
    struct unit *self; /* the pseudo-unit of expand and verify */
    void *memo;
    struct unit **window; /* pending units read ahead, in order of seq */
    size_t window_at, window_count;
    int64_t *taken; /* seq of the units that were open when the step was taken up, ascending */
    size_t taken_count;
    int64_t last_seq;  /* of the window: read on behind it */
    int64_t named;     /* units that expand had named; parts have seqs from it on. 0: no parts */
    int64_t last_part; /* of the parts that were read ahead: they go before all others */
    bool exhausted;    /* no pending unit that may begin is left on disk */
    size_t live;       /* units in hand */
    bool stale;        /* what expand saw is old: the run has stood still since */
    struct width width;
    int64_t typical_ms;      /* how long units take from start to end; 0: none has ended yet */
    int64_t failed_accepted; /* units that had failed when this life took the step up */
    struct wave wave;
    bool dirty;
    bool left; /* it waits again, for the end of an earlier step: nothing more is done here */
    char *skip_reason;             /* of the unit that was skipped last in this process */
    char *fail_reason, *fail_hint; /* of what failed or became unknown last in this process */
    enum ferry_code fail_code;
};

struct state_sink {
    struct unit **units;
    size_t count, room;
    struct engine *engine;
};

struct event_queue {
    struct engine_event *events; /* texts below the queue's mem */
    struct event_row *rows;      /* kind NULL: transient */
    size_t count, room;
    bool stored; /* one of them at least is to be stored */
    void *mem;
};

/* Earlier steps that begin again, until that is on disk. */
struct back {
    struct back_step {
        struct step_row *row; /* in engine->steps */
        struct unit *unit;    /* below the back; NULL: it never had one */
        enum unit_state from;
    } * steps;
    size_t count;
};

struct engine {
    struct engine_options o;
    struct run_row run;
    struct json *options, *facts;
    bool run_dirty;
    struct step_row *steps;
    size_t step_count;
    struct step *step; /* the present one, or NULL between two */
    struct back *back; /* in the next commit, or NULL */
    struct schedule schedule;
    struct limits limits;
    struct flight *flights; /* all in flight or in the outbox, oldest first */
    struct flight **last_flight;
    size_t flight_count;
    uint64_t tickets;
    struct unit **dirty;
    size_t dirty_count, dirty_room;
    struct state_sink sink;
    struct event_queue queue;
    int64_t progress_ms; /* when progress was last told */
    bool aborted;        /* the second stop has cut the transfers */
    bool lost;           /* the journal: nothing more is written or sent */
    bool hurry;          /* this turn made work for the next: do not wait */
    bool ending;         /* no more asking: wait for what is in flight, then end as below */
    bool over;
    enum run_state end_state;
    enum ferry_code end_code;
    char end_reason[FERRY_MESSAGE_MAX], end_hint[FERRY_HINT_MAX];
};

static inline int64_t engine_now(const struct engine *engine)
{
    return engine->o.clock->now_ms(engine->o.clock);
}

static inline int64_t engine_realtime(const struct engine *engine)
{
    return engine->o.clock->realtime_ms(engine->o.clock);
}

/* end.c */
/* From now on nothing new is asked; when all answers are in, the run gets this state. The first
   reason given stays. */
void engine_end(struct engine *engine, enum run_state state, enum ferry_code code,
                const char *reason, const char *hint);
struct state_context engine_context(struct engine *engine, enum engine_phase phase);

/* steps.c */
void engine_advance(struct engine *engine);
/* What the answer of an expand or verify phase leads to. */
void engine_step_move(struct engine *engine, enum engine_phase phase, enum engine_move move,
                      const struct state_verdict *verdict);
void engine_timing(const struct ferry_state *state, const struct state_context *context,
                   struct state_timing *timing);

/* choose.c */
void engine_choose(struct engine *engine);
/* Hands the requests of this turn to the transport. */
void engine_send(struct engine *engine);
/* When something is due next (monotonic); INT64_MAX: only a reply can bring news. */
int64_t engine_next_due(const struct engine *engine);

/* collect.c */
void engine_collect(struct engine *engine);
/* Lets go of the requests that have not been handed to the transport. */
void engine_drop_unsent(struct engine *engine);
/* Verdicts of an `ask` that needed no request. */
void engine_judge_all(struct engine *engine, enum engine_phase phase, struct unit **units, size_t n,
                      const struct http_reply *reply, const struct state_verdict *verdicts);

/* apply.c */
void engine_apply(struct engine *engine, struct unit *unit, enum engine_phase phase,
                  const struct state_verdict *verdict, const struct http_reply *reply);
/* The request of an act did not leave: it certainly had no effect. */
void engine_not_sent(struct engine *engine, struct unit *unit, const struct http_reply *reply);
/* A unit of a state without an act begins to be awaited. */
void engine_begin_waiting(struct engine *engine, struct unit *unit);
void engine_change(struct engine *engine, struct unit *unit, enum unit_state state);
/* As if it had not been begun; the one way back out of "took effect" (see back.c). */
void engine_begin_again(struct engine *engine, struct unit *unit);
void engine_touch(struct engine *engine, struct unit *unit); /* into the next commit */

/* commit.c */
/* Adds an event to the next commit. text and data may be NULL; all are copied. */
void engine_tell(struct engine *engine, const char *kind, const struct unit *unit, const char *text,
                 const struct json *data);
/* A transient event: shown, never stored. */
struct amount {
    int64_t done, total;
    const char *measure;
};
void engine_show(struct engine *engine, const char *kind, const struct unit *unit, const char *text,
                 const struct amount *amount); /* amount may be NULL */
/* Writes everything of this turn, then tells it. False: the journal is lost, engine->lost. */
bool engine_commit(struct engine *engine);
/* What was learnt and could not be written is shown once; the next life finds it again by probing.
 */
void engine_show_unrecorded(struct engine *engine);
/* Progress of what is in flight and of the step, at most each ENGINE_PROGRESS_MS. */
void engine_show_progress(struct engine *engine);

/* back.c */
void engine_go_back(struct engine *engine, struct unit *unit, const struct state_verdict *verdict);
/* Writes the earlier steps into the transaction of this turn. */
enum ferry_code engine_write_back(struct engine *engine, struct ferry_error *err) FERRY_CHECK;

#endif
