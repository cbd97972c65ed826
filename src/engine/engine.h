/*
 * The engine: carries a run through the states of its workflow, one turn after another.
 *
 * A turn: take finished transfers and due timers and let the states judge them; choose the next
 * units; write results and intents in one commit; only then show the results and send what the
 * intents announced; wait. It knows neither curl nor SQLite nor Cloudify: journal, transport,
 * clock and chance are given to it, so it runs the same inside the simulator of the tests.
 *
 * After a kill at any instant, engine_run on the same run goes on: an intent without a result is
 * answered by the state's probe, never by a guess (src/engine/transition.c).
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <signal.h>

#include "base/clock.h"
#include "engine/state.h"
#include "http/transport.h"
#include "journal/journal.h"

/* What the engine tells. Texts are valid during the call. Events with an id are on disk already. */
struct engine_event {
    int64_t id; /* 0: not stored (progress) */
    int64_t at_ms;
    const char *kind;
    const char *step, *unit, *text, *data;
    int64_t done, total;
    const char *measure; /* "bytes", "units" or NULL */
};

/* Points at which the crash tests end the process. */
enum engine_point { ENGINE_AFTER_COMMIT, ENGINE_BEFORE_SEND, ENGINE_AFTER_SEND, ENGINE_GOT_REPLY };

struct engine_options {
    const void *mem;             /* parent of all that engine_run allocates; NULL: none */
    struct journal *journal;     /* open for writing; NULL only for engine_plan */
    struct transport *transport; /* already behind the gate */
    struct clock *clock;
    struct rng *rng;
    const struct workflow *workflow;
    const volatile sig_atomic_t *stop; /* 0 go on, 1 finish what is in flight, 2 cut it; or NULL */
    void (*on_event)(void *arg, const struct engine_event *event); /* may be NULL */
    void (*on_point)(void *arg, enum engine_point point);          /* tests only; may be NULL */
    /* Before the first question of a step in this process: what lies on this machine for its state
       goes below memo (state_context.memo). Changes nothing. May be NULL. */
    void (*provide)(void *arg, const char *step, const struct json *facts, void *memo);
    /* Before a step begins: may it? Else the run stands (blocked; paused with FERRY_E_STOPPED) and
       says why, and this is asked again when it goes on. Nothing is in flight meanwhile; may use
       the transport for questions of its own. May be NULL. */
    enum ferry_code (*permit)(void *arg, const char *step, const struct json *facts,
                              struct ferry_error *err);
    void *arg;
    void *step_arg; /* of provide and permit */
};

#define ENGINE_PROGRESS_MS                                                                         \
    250 /* between two progress events: the live view redraws 4 times a second */

/* What makes a new run. Borrowed for the call. */
struct engine_definition {
    const char *name;   /* unique, for people */
    const char *target; /* the manager's URL without credentials */
    const struct json *options;
    const struct json *facts;
    const char *ferry_version;
};

/* Writes a new run with all its steps in one commit. *out lives below ctx. */
enum ferry_code engine_create(const void *ctx, const struct engine_options *options,
                              const struct engine_definition *definition, struct run_row *out,
                              struct ferry_error *err) FERRY_CHECK;

/*
 * Goes on with a live run until it ends or stands. stop_before: name of a state, or NULL.
 * FERRY_OK done · FERRY_E_PARTIAL done, units failed · FERRY_E_STOPPED paused · FERRY_E_UNKNOWN an
 * unknown unit waits · FERRY_E_REFUSED (or the state's own code) blocked · FERRY_E_FAILED (or the
 * state's own code) failed · FERRY_E_FENCED, FERRY_E_JOURNAL the journal is lost: nothing more was
 * sent, and what is on disk is what resume will find.
 */
enum ferry_code engine_run(const struct engine_options *options, const struct run_row *run,
                           const char *stop_before, struct ferry_error *err) FERRY_CHECK;

/*
 * Lets every state look and say what it would do; sends reading requests only, journals nothing.
 * *plan (below ctx): {"blocked":bool,"facts":{..},"checks":[..],"findings":[..],"steps":[..]}, see
 * ferry/ferry.h.
 * facts is the start of what is known (the archive).
 */
enum ferry_code engine_plan(const void *ctx, const struct engine_options *options,
                            const struct json *run_options, const struct json *facts,
                            struct json **plan, struct ferry_error *err) FERRY_CHECK;

/* --- what an operator decides, on a run that no engine works on. One commit each. --- */

enum engine_decision { ENGINE_AS_DONE, ENGINE_AS_ABSENT, ENGINE_AS_FAILED };
/* Decides a unit in state unknown ("STEP/KEY", or a KEY that one step only has). As done also the
   failed unit of a plain step at which the run failed: the run is live again (paused). */
enum ferry_code engine_resolve(const struct engine_options *options, const struct run_row *run,
                               const char *unit, enum engine_decision decision,
                               struct ferry_error *err) FERRY_CHECK;
/* Failed units become pending with a new id, failed steps run again, and behind them the steps that
   only look (compare) look again; the run is live (paused). *count: units and steps that will be
   tried again. FERRY_E_NOT_FOUND when nothing has failed, FERRY_E_USAGE for a cancelled run,
   FERRY_E_REFUSED when another run works on the same manager. */
enum ferry_code engine_retry_failed(const struct engine_options *options, const struct run_row *run,
                                    int64_t *count, struct ferry_error *err) FERRY_CHECK;
/* Cancels a run that is not done: open steps end. Units stay as they are: those that are open say
   what may still go on at the manager. Before the point of no return the steps that undo are added,
   and *undo is true: engine_run does them and ends the run; without them (leave, or past that
   point) the run ends here. A run that was cancelled before goes on with its undoing.
   FERRY_E_USAGE for a run that has ended, FERRY_E_REFUSED when a failed run is to undo while
   another run works on the same manager. */
/* Would it have something to undo? Changes nothing. */
enum ferry_code engine_cancel_undoes(const struct engine_options *options,
                                     const struct run_row *run, bool *undo,
                                     struct ferry_error *err) FERRY_CHECK;
enum ferry_code engine_cancel(const struct engine_options *options, const struct run_row *run,
                              bool leave, bool *undo, struct ferry_error *err) FERRY_CHECK;

#endif
