/*
 * What a state is: the manual for everyone who writes one.
 *
 * A state does no I/O and keeps no memory between calls. Each of its phases is a pair: `ask` fills
 * one request for one or more units, `judge` reads the reply and gives each of these units a
 * verdict. The engine sends the request, and decides by the verdict, the journal and the clock
 * what happens next (src/engine/transition.c shows the whole table).
 *
 * The unit is what is bracketed by intent and result. A plain state has one unit, whose key is the
 * state's name; a fan-out state has those that its `expand` phase adds. The phases plan, expand
 * and verify belong to the step and get a pseudo-unit: key is the state's name, data the cursor.
 */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/mem.h"
#include "engine/state_plan.h"
#include "http/message.h"

/* One unit, as a state sees it. */
struct state_unit {
    const char *key;         /* "tenant/deployment", or the state's name */
    const char *id;          /* our own id (uuid of run, state, key, attempt), to be sent along */
    unsigned attempt;        /* 1, 2, ...: a new one has a new id */
    unsigned tries;          /* failures in a row in this phase */
    const char *remote_id;   /* as an earlier verdict said, or NULL */
    int64_t intent_at_ms;    /* unix ms, 0: no intent yet */
    int64_t started_at_ms;   /* unix ms, 0: not accepted yet */
    int64_t age_ms;          /* since it was accepted, 0: not yet. By a clock that nobody sets, and
                                so counted from the restart when there was one meanwhile */
    const struct json *data; /* the state's own notes (an object), or NULL; a retry by the
                                operator begins without */
};

struct state_sink; /* where expand puts units */

/* What a state may know. All borrowed for the call. */
struct state_context {
    const struct json *options; /* of the run: the configuration by the names of upgrade.yaml */
    const struct json *facts;   /* of the run: manager, archive, and what states left there */
    const char *run_id;         /* uuid */
    int64_t now_ms;             /* unix ms */
    int64_t run_started_ms;     /* unix ms */
    bool repeat;   /* probe: an intent has no result (true), or before the first act (false) */
    bool planning; /* called for a plan: nothing will be sent but the plan's own questions */
    enum http_site site; /* the state's: which manager "the manager" is */
    void *memo; /* a talloc context of this step in this process, for what must be collected
                   from several pages; gone after a restart. compare finds the archive's names
                   there ("struct inventory") */
    struct state_sink *sink; /* expand, and await of fan-out states (see STATE_SPLIT) */
    struct state_plan *plan; /* plan only */
};

enum state_answer {
    STATE_NONE,        /* not judged: counts as CANNOT_TELL */
    STATE_ABSENT,      /* probe: the effect is not there */
    STATE_RUNNING,     /* it is there and goes on; act: accepted, now await it */
    STATE_DONE,        /* it is there and complete; step phases: finished */
    STATE_SKIP,        /* nothing to do, see reason; only before an intent */
    STATE_FAILED,      /* it ended badly, or was refused for good and had no effect */
    STATE_FOREIGN,     /* something of others is in the way: the run stops and says what */
    STATE_CANNOT_TELL, /* this answer proves nothing: ask again after the interval */
    STATE_AGAIN,       /* one more request of this phase at once; the cursor is in data */
    STATE_RETRY,       /* not now: act was refused without effect, probe found an obstacle that
                          passes by itself. Same id, after the wait */
    STATE_BACK,        /* await of a plain state: what an earlier plain step did is seen to have had
                          no effect; that step (back) is done again, with a new id, after the wait,
                          and then those between it and this one */
    STATE_UNKNOWN,     /* act: it may have taken effect. The engine will probe */
    STATE_SPLIT, /* await: it ended badly as a whole, and the parts that are left were put into
                    the sink: they are added in the commit that ends this one as skipped */
    STATE_NEXT   /* await, probe after an intent: this act is over, and another one must
                    follow (data says which): pending with a new attempt and a new id */
};
#define STATE_ANSWER_COUNT (STATE_NEXT + 1)

struct state_verdict {
    enum state_answer answer;
    enum ferry_code code;  /* with FAILED and FOREIGN: the class (exit code); default by answer */
    const char *reason;    /* for people, one line; required for SKIP FAILED FOREIGN RETRY */
    const char *hint;      /* for people: what to do next, or NULL */
    const char *back;      /* with BACK: name of the earlier, plain step */
    const char *remote_id; /* NULL: as before */
    const char *remote_state; /* the manager's own word, for people; NULL: as before */
    struct json *data;        /* merged into the unit's data (RFC 7396), or NULL */
    struct json *facts;       /* merged into the run's facts, or NULL */
    int64_t wait_ms;          /* not again before; -1: the engine's own interval or backoff */
    int64_t done, total;      /* progress for people, total 0: not known */
    int64_t took_ms;          /* with DONE: how long it took by the manager's clock; 0: not told */
};

/*
 * Sets *request (http_request_new below mem) to one request about n units and returns true.
 * Returns false when no request is needed: then the verdicts are filled (texts below mem).
 */
typedef bool state_ask(const struct state_context *context, const struct state_unit *units,
                       size_t n, struct http_request **request, struct state_verdict *verdicts,
                       const void *mem);
/* Reads an answered reply and fills the n verdicts (texts below mem). The engine handles replies
   that did not come by itself, unless the phase says that it wants them (judges_silence). */
typedef void state_judge(const struct state_context *context, const struct state_unit *units,
                         size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                         const void *mem);

struct state_phase {
    state_ask *ask; /* NULL: the state has no such phase */
    state_judge *judge;
    unsigned batch; /* most units one request can ask about; 0 and 1: one */
    /* May these two be asked about in one request? NULL: any two that are in the same phase. */
    bool (*together)(const struct state_unit *a, const struct state_unit *b);
    bool judges_silence; /* judge is also called for replies that are not HTTP_ANSWERED */
};

/* Numbers of a step, from options, manager version and the state's own knowledge; the state names
   the source of each beside it. The engine fills in defaults before the state is called. */
struct state_timing {
    int64_t request_ms;         /* limit of one exchange (default 60 s) */
    int64_t upload_stall_ms;    /* limit without a byte moving while a file is sent; 0: none */
    int64_t settle_ms;          /* how long "absent" is not believed (90 s keyed, 300 s probed) */
    int64_t probe_deadline_ms;  /* how long an open question is asked before it is unknown */
    int64_t before_deadline_ms; /* how long an obstacle before the act is waited for */
    int64_t quiet_ms;           /* silence between acceptance and the first await */
    int64_t hush_ms;            /* silence between an act whose outcome is open and the first probe
                                   (0: none): for acts whose effect must not be disturbed */
    int64_t interval_ms;        /* between two awaits */
    int64_t deadline_ms;        /* from acceptance to the end (0: none) */
    unsigned attempts;    /* sendings of one unit without effect until the run pauses, or one of
                             many units fails */
    unsigned concurrency; /* units between intent and end at the same time */
    int64_t max_failures; /* failed units that end the step; -1: none do */
    unsigned max_failures_percent; /* the same as a share of all units; 100: none do */
    bool adaptive; /* await when they usually end: learnt from those that did (interval is then the
                      longest wait), and never with more than a share of the request rate */
    bool stop_on_failure;     /* after one failed unit nothing new begins: the run stops */
    const struct json *waves; /* [1, 10, "rest"]: units that begin together; NULL: all */
    bool waves_anew;          /* these were given for this life: what was left of others is void */
};

enum state_flags {
    STATE_FANOUT = 1,      /* many units, named by expand */
    STATE_PROBE_FIRST = 2, /* probe before the first act of each unit */
    STATE_KEYED = 4,       /* the manager takes our id: a repeat is refused by itself */
    STATE_NO_RETURN = 8,   /* after its act nothing can be undone */
    STATE_PROBE_AGAIN = 16 /* probe before the act of every attempt but the first, and of
                              the first when the run has stood still for an hour since */
}; /* A state that undoes never says FAILED: what it cannot take back stands in the way (FOREIGN),
      and cancelling goes on when that is mended. */

struct ferry_state {
    const char *name;    /* key in the journal: never renamed */
    const char *summary; /* one line, for people: what it does */
    unsigned def;        /* version of what it stores in data, cursor and facts */
    unsigned flags;
    enum http_site site; /* which manager it is about; the new one when left out */
    void (*timing)(const struct state_context *context, struct state_timing *timing);
    const char *leaves;    /* what its effect leaves on the manager, for people; NULL: nothing */
    const char *undone_by; /* the later state that takes it away again, or NULL */
    const char *undo;      /* the state that does so when the run is cancelled, or NULL */
    /* Must these two never be under way together? Asked where units have been divided; NULL: none.
     */
    bool (*apart)(const struct state_unit *a, const struct state_unit *b);
    struct state_phase plan;   /* reads only */
    struct state_phase expand; /* reads only; fan-out states */
    struct state_phase probe;  /* reads only */
    struct state_phase act;    /* exactly one changing request; none: the unit only awaits */
    struct state_phase await;  /* reads only */
    struct state_phase verify; /* reads only; after all units have ended */
};

/* A workflow: states in order, and those that take back what they did when the run is cancelled
   before its point of no return (each finds out by itself whether there is anything to undo).
   checks are states of which only the plan phase counts: a plan asks them first, in order; they are
   no steps of a run and never in the journal. check_names is all that they and the plan phases of
   the states check. */
struct workflow {
    const char *name;
    const char *summary;
    const struct ferry_state *const *states;
    size_t count;
    const struct ferry_state *const *undo;
    size_t undo_count;
    const struct ferry_state *const *checks;
    size_t check_count;
    const struct state_check_name *check_names;
    size_t check_name_count;
};
/* The state of this name, also among those that undo; NULL: none. */
const struct ferry_state *workflow_state(const struct workflow *workflow, const char *name);

/* --- what expand may do --- */

/* Adds a unit. A key that is there already is left alone. Copies. */
void state_sink_add(struct state_sink *sink, const char *key);
/* The same with what the state must know about it: its notes begin with {"given": given}, and keep
   that over a retry. */
void state_sink_add_given(struct state_sink *sink, const char *key, const struct json *given);
/* Adds a unit that has nothing to do, with the reason why. */
void state_sink_skip(struct state_sink *sink, const char *key, const char *reason);

/* --- small help for judges --- */

/* Sets answer and reason (printf below mem); returns the verdict. */
struct state_verdict *state_say(struct state_verdict *verdict, const void *mem,
                                enum state_answer answer, const char *format, ...)
    FERRY_PRINTF(4, 5);
/* The object behind verdict->data or verdict->facts, made below mem when NULL. */
struct json *state_data(struct state_verdict *verdict, const void *mem);
struct json *state_facts(struct state_verdict *verdict, const void *mem);

#endif
