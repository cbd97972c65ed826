/* From one step of the run to the next; expand and verify, which belong to the step. */
#include "engine/internal.h"

#include <inttypes.h>
#include <string.h>

#include "base/backoff.h"

/* engine-notes D.5: request timeout + proxy timeout + clock skew. */
#define SETTLE_KEYED_MS 90000
#define SETTLE_PROBED_MS 300000
#define MINUTES_30_MS ((int64_t)30 * 60 * 1000)
#define HOURS_4_MS ((int64_t)4 * 3600 * 1000)
/* How far a wall clock may have been set while no ferry ran (a summer time, a zone): what it says
   about the age of an intent is believed only beyond that. */
#define CLOCK_DOUBT_MS ((int64_t)2 * 3600 * 1000)

void engine_timing(const struct ferry_state *state, const struct state_context *context,
                   struct state_timing *timing)
{
    int64_t settle_ms;

    *timing = (struct state_timing){.request_ms = 60000,
                                    .upload_stall_ms = 120000,
                                    .settle_ms = state->flags & STATE_KEYED ? SETTLE_KEYED_MS
                                                                            : SETTLE_PROBED_MS,
                                    .probe_deadline_ms = MINUTES_30_MS,
                                    .before_deadline_ms = MINUTES_30_MS,
                                    .interval_ms = 5000,
                                    .deadline_ms = HOURS_4_MS,
                                    .attempts = 8,
                                    .concurrency = 1,
                                    .max_failures = -1,
                                    .max_failures_percent = 100};
    if (state->timing) {
        state->timing(context, timing);
    }
#ifdef FERRY_MUTANT_HUSH
    timing->hush_ms = 0;
#endif
    settle_ms = json_int64_or(context->options, "limits.settle_ms", -1);
    if (settle_ms >= 0) {
        timing->settle_ms = settle_ms;
    }
    if (timing->concurrency == 0) {
        timing->concurrency = 1;
    }
}

/* --- taking up a step --- */

/* An open intent of an earlier life: it may have left until that life ended. */
static void take_up_intent(struct engine *engine, struct unit *unit)
{
    int64_t left_ms = unit->row.intent_at_ms, alive_ms = journal_last_alive_ms(engine->o.journal);
    int64_t hush_ms = left_ms + engine->step->timing.hush_ms - engine_realtime(engine);
    int64_t age_ms;

    if (alive_ms > left_ms) {
        left_ms = alive_ms;
    }
    age_ms = engine_realtime(engine) - left_ms - CLOCK_DOUBT_MS;
    if (age_ms < 0) {
        age_ms = 0; /* wait the whole window */
    }
    unit->due_ms = engine_now(engine);
    unit->settle_until_ms = unit->due_ms + engine->step->timing.settle_ms - age_ms;
    unit->deadline_ms = unit->due_ms + engine->step->timing.probe_deadline_ms;
    unit->row.tries = 0;
    if (hush_ms > 0) {
        unit->due_ms +=
            hush_ms < engine->step->timing.hush_ms ? hush_ms : engine->step->timing.hush_ms;
    }
}

/* Its times were stored in unix time, and the wall clock may have been set since. The next poll is
   never further away than one of a unit that starts now. The deadline may have passed while nobody
   looked: it is asked for a while all the same, and never longer than from the start. */
static void take_up_started(struct engine *engine, struct unit *unit)
{
    const struct state_timing *timing = &engine->step->timing;
    int64_t now_ms = engine_now(engine), most_ms = now_ms + timing->deadline_ms;
    int64_t least_ms = now_ms + timing->probe_deadline_ms;
    int64_t wait_ms =
        timing->quiet_ms > timing->interval_ms ? timing->quiet_ms : timing->interval_ms;

    if (unit->due_ms > now_ms + wait_ms) {
        unit->due_ms = now_ms + wait_ms;
    }
    unit->began_ms = now_ms;
    if (!timing->deadline_ms) {
        unit->deadline_ms = 0;
        return;
    }
    if (unit->deadline_ms < least_ms) {
        unit->deadline_ms = least_ms;
    }
    if (unit->deadline_ms > most_ms) {
        unit->deadline_ms = most_ms;
    }
}

static enum ferry_code take_up_units(struct engine *engine, struct ferry_error *err)
{
    struct step *step = engine->step;
    int64_t after = -1;

    for (;;) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct unit_row *rows;
        size_t count;

        if (journal_units(engine->o.journal, scope,
                          &(struct unit_query){step->row.run, step->row.step, UNITS_OPEN, after,
                                               UNITS_LOADED},
                          &rows, &count, err)) {
            return err->code;
        }
        for (size_t i = 0; i < count; i++) {
            struct unit *unit = unit_load(step, &rows[i], engine->o.clock);

            if (unit->row.state == UNIT_INTENT) {
                take_up_intent(engine, unit);
            } else {
                take_up_started(engine, unit);
            }
            step->live++;
            schedule_put(&engine->schedule, unit);
        }
        engine_remember_taken(step, rows, count);
        if (count < UNITS_LOADED) {
            return FERRY_OK;
        }
        after = rows[count - 1].seq;
    }
}

static struct unit *pseudo_unit(struct step *step)
{
    struct unit *unit = mem_new(step, struct unit);

    unit->is_step = true;
    unit->row.key = mem_strdup(unit, step->row.name);
    unit->row.seq = -1;
    unit->data = unit_notes(unit, step->row.cursor);
    return unit;
}

static enum ferry_code load_step(struct engine *engine, const struct step_row *row,
                                 struct ferry_error *err)
{
    const struct ferry_state *state = workflow_state(engine->o.workflow, row->name);
    struct state_context context;
    struct step *step;

    if (!state || state->def != row->def) {
        ferry_fail(err, FERRY_E_JOURNAL, "this ferry does not know step \"%s\" in version %u",
                   row->name, row->def);
        ferry_error_hint(err, "finish the run with the version of ferry that began it: %s",
                         engine->run.ferry_version);
        return FERRY_E_JOURNAL;
    }
    step = engine->step = mem_new(engine, struct step);
    step->row = *row;
    step->row.cursor = mem_strdup(step, row->cursor);
    step->state = state;
    step->memo = mem_scope(step);
    if (engine->o.provide) {
        engine->o.provide(engine->o.step_arg, row->name, engine->facts, step->memo);
    }
    step->last_seq = -1;
    step->self = pseudo_unit(step);
    schedule_init(&engine->schedule, step);
    context = engine_context(engine, PHASE_PROBE);
    engine_timing(state, &context, &step->timing);
    engine_fanout_load(engine);
    return take_up_units(engine, err);
}

/* --- through a step --- */

static void enter(struct engine *engine, enum step_state state)
{
    struct step *step = engine->step;
    enum step_state before = step->row.state;

    step->row.state = state;
    step->dirty = true;
    engine->hurry = true;
    if (state == STEP_EXPANDING || state == STEP_VERIFYING) {
        if (state != before) {
            step->self->data = NULL; /* the cursor of expand says nothing to verify */
        }
        step->self->row.tries = 0;
        step->self->deadline_ms = 0;
        step->self->due_ms = engine_now(engine);
        schedule_put(&engine->schedule, step->self);
    }
}

static void begin_step(struct engine *engine)
{
    struct step *step = engine->step;

    step->row.started_at_ms = engine_realtime(engine);
    engine_tell(engine, "step_started", NULL, step->state->summary, NULL);
    if (step->state->flags & STATE_FANOUT) {
        enter(engine, STEP_EXPANDING);
        return;
    }
    engine->sink.engine = engine;
    state_sink_add(&engine->sink, step->row.name);
    enter(engine, STEP_RUNNING);
}

static void end_step(struct engine *engine, enum step_state state, const char *reason,
                     const char *hint)
{
    static const char *const kinds[] = {
        [STEP_DONE] = "step_done", [STEP_FAILED] = "step_failed", [STEP_SKIPPED] = "step_skipped"};
    struct step *step = engine->step;

    step->row.state = state;
    step->row.ended_at_ms = engine_realtime(engine);
    step->row.error = mem_strdup(step, reason);
    step->row.hint = mem_strdup(step, hint);
    step->dirty = true;
    engine->hurry = true;
    schedule_remove(&engine->schedule, step->self);
    engine_tell(engine, kinds[state], NULL, reason, NULL);
}

static void fail_step(struct engine *engine, enum ferry_code code, const char *reason,
                      const char *hint)
{
    end_step(engine, STEP_FAILED, reason, hint);
    engine_end(engine, RUN_FAILED, code, reason, hint);
}

static void later(struct engine *engine, const struct state_verdict *verdict)
{
    static const struct backoff backoff = {BACKOFF_FIRST_MS, BACKOFF_CAP_MS};
    struct unit *self = engine->step->self;
    int64_t now_ms = engine_now(engine);

    if (!self->deadline_ms) {
        self->deadline_ms = now_ms + engine->step->timing.before_deadline_ms;
    }
    if (now_ms >= self->deadline_ms) {
        self->deadline_ms = 0;
        engine_end(engine, RUN_PAUSED, FERRY_E_STOPPED,
                   verdict->reason ? verdict->reason : "the manager does not answer",
                   "when the manager answers again: ferry resume");
        return;
    }
    engine_show(engine, "waiting", NULL, verdict->reason, NULL);
    self->due_ms = now_ms + (verdict->wait_ms >= 0
                                 ? verdict->wait_ms
                                 : backoff_wait_ms(&backoff, self->row.tries, -1, engine->o.rng));
    self->row.tries++;
    schedule_put(&engine->schedule, self);
}

void engine_step_move(struct engine *engine, enum engine_phase phase, enum engine_move move,
                      const struct state_verdict *verdict)
{
    struct step *step = engine->step;

    switch (move) {
    case MOVE_ASK_NOW:
        step->self->row.tries = 0;
        step->self->deadline_ms = 0;
        step->self->due_ms = engine_now(engine) + (verdict->wait_ms > 0 ? verdict->wait_ms : 0);
        schedule_put(&engine->schedule, step->self);
        break;
    case MOVE_DONE:
        if (phase == PHASE_EXPAND) {
            engine_tell(engine, "step_expanded", NULL, verdict->reason, NULL);
            enter(engine, STEP_RUNNING);
        } else {
            end_step(engine, STEP_DONE, verdict->reason, NULL);
        }
        break;
    case MOVE_SKIP:
        end_step(engine, STEP_SKIPPED, verdict->reason, NULL);
        break;
    case MOVE_FAIL:
        fail_step(engine, verdict->code != FERRY_OK ? verdict->code : FERRY_E_FAILED,
                  verdict->reason, verdict->hint);
        break;
    case MOVE_BLOCK:
        engine_end(engine, RUN_BLOCKED, verdict->code != FERRY_OK ? verdict->code : FERRY_E_REFUSED,
                   verdict->reason, verdict->hint);
        break;
    case MOVE_ASK_LATER:
    case MOVE_WAIT:
    case MOVE_ACT:
    case MOVE_PROBE:
    case MOVE_SETTLE:
    case MOVE_OBSTACLE:
    case MOVE_START:
    case MOVE_SPLIT:
    case MOVE_NEXT:
    case MOVE_BACK:
        later(engine, verdict);
        break;
    }
}

/* Of a plain state: as it is known here, or, for a unit that failed in an earlier life or by the
   operator's word, as it was written down. */
static void fail_plain(struct engine *engine)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct step *step = engine->step;
    struct ferry_error err = {0};
    struct unit_row *rows;
    size_t count;

    if (step->fail_reason) {
        fail_step(engine, step->fail_code, step->fail_reason, step->fail_hint);
    } else if (journal_units(
                   engine->o.journal, scope,
                   &(struct unit_query){step->row.run, step->row.step, UNITS_STUCK, -1, 1}, &rows,
                   &count, &err)) {
        engine_end(engine, RUN_PAUSED, err.code, err.message, err.hint);
    } else {
        fail_step(engine, FERRY_E_FAILED, rows[0].error, rows[0].hint);
    }
}

/* Of a plain state the reason is told; among many units a person has to look for it. */
static void end_unknown(struct engine *engine)
{
    struct step *step = engine->step;
    bool told = !(step->state->flags & STATE_FANOUT) && step->fail_code == FERRY_E_UNKNOWN;

    engine_end(engine, RUN_BLOCKED, FERRY_E_UNKNOWN,
               told ? mem_printf(step, "the outcome of %s could not be found out: %s",
                                 step->state->name, step->fail_reason)
                    : "the outcome of a request could not be found out",
               told ? step->fail_hint
                    : "see ferry status, then: ferry resolve RUN UNIT --as done|absent|failed");
}

static void units_ended(struct engine *engine)
{
    struct step *step = engine->step;
    const struct step_row *row = &step->row;
    bool fanout = step->state->flags & STATE_FANOUT;

    if (row->n_unknown) {
        end_unknown(engine);
    } else if (row->n_failed && !fanout) {
        fail_plain(engine);
    } else if (engine_too_many_failures(step)) {
        char *reason = mem_printf(step, "%" PRId64 " of %" PRId64 " failed, more than allowed",
                                  row->n_failed, row->n_total);

        fail_step(engine, FERRY_E_FAILED, reason,
                  "see ferry status; when the reasons are mended: ferry retry RUN --failed");
    } else if (step->state->verify.ask && row->n_done) {
        enter(engine, STEP_VERIFYING);
    } else if (row->n_done + row->n_failed == 0 && !fanout) {
        end_step(engine, STEP_SKIPPED, step->skip_reason, NULL);
    } else if (row->n_total == 0) {
        end_step(engine, STEP_SKIPPED, "there is nothing to do", NULL);
    } else {
        end_step(engine, STEP_DONE, NULL, NULL);
    }
}

/* False: the run stands, and says why. */
static bool is_permitted(struct engine *engine, const struct step_row *row)
{
    struct ferry_error err = {0};

    if (!engine->o.permit ||
        !engine->o.permit(engine->o.step_arg, row->name, engine->facts, &err)) {
        return true;
    }
    engine_end(engine, err.code == FERRY_E_STOPPED ? RUN_PAUSED : RUN_BLOCKED, err.code,
               err.message, err.hint);
    return false;
}

static void next_step(struct engine *engine)
{
    struct ferry_error err = {0};

    for (size_t i = 0; i < engine->step_count; i++) {
        const struct step_row *row = &engine->steps[i];

        if (row->state == STEP_DONE || row->state == STEP_SKIPPED || row->state == STEP_CANCELLED) {
            continue;
        }
        if (row->state == STEP_FAILED) { /* and its run was killed before it could say so */
            engine_end(engine, RUN_FAILED, FERRY_E_FAILED, row->error, row->hint);
            return;
        }
        if (engine->run.stop_before && strcmp(engine->run.stop_before, row->name) == 0) {
            char *reason = mem_printf(engine, "stopped before %s, as asked", row->name);

            engine_end(engine, RUN_PAUSED, FERRY_E_STOPPED, reason, "to go on: ferry resume");
            return;
        }
        if (row->state == STEP_WAITING && !is_permitted(engine, row)) {
            return;
        }
        if (load_step(engine, row, &err)) {
            engine_end(engine, RUN_PAUSED, err.code, err.message, err.hint);
        } else if (row->state == STEP_WAITING) {
            begin_step(engine);
        } else if (row->state != STEP_RUNNING) {
            enter(engine, row->state);
        }
        return;
    }
    engine_end(engine, RUN_DONE, FERRY_OK, NULL, NULL);
}

/* The step has ended and that is on disk: keep its row, let go of the rest. */
static void leave_step(struct engine *engine)
{
    struct step *step = engine->step;
    struct step_row *row = &engine->steps[step->row.step];

    *row = step->row;
    row->cursor = NULL; /* nobody reads it any more */
    row->error = mem_strdup(engine->steps, step->row.error);
    row->hint = mem_strdup(engine->steps, step->row.hint);
    mem_free(step);
    engine->step = NULL;
}

void engine_advance(struct engine *engine)
{
    struct step *step = engine->step;

    if (engine->ending) {
        return;
    }
    if (step && (step->row.ended_at_ms || step->left) && !step->dirty) {
        leave_step(engine);
        step = NULL;
    }
    if (!step) {
        next_step(engine);
        return;
    }
    if (step->row.state != STEP_RUNNING || step->live || step->dirty || engine->sink.count ||
        engine_has_pending(engine)) {
        return; /* changes of this turn are looked at when they are on disk */
    }
    if (!engine_fanout_goes_on(engine)) {
        units_ended(engine);
    }
}
