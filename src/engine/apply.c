/* What a verdict does to a unit: one small function a move. */
#include <assert.h>
#include <string.h>

#include "base/backoff.h"
#include "engine/internal.h"

void engine_touch(struct engine *engine, struct unit *unit)
{
    if (unit->dirty) {
        return;
    }
    if (engine->dirty_count == engine->dirty_room) {
        engine->dirty_room = engine->dirty_room ? engine->dirty_room * 2 : 64;
        engine->dirty = mem_resize(engine, engine->dirty, struct unit *, engine->dirty_room);
    }
    engine->dirty[engine->dirty_count++] = unit;
    unit->dirty = true;
}

static int64_t *counter(struct step_row *row, enum unit_state state)
{
    switch (state) {
    case UNIT_INTENT:
    case UNIT_STARTED:
        return &row->n_open;
    case UNIT_DONE:
        return &row->n_done;
    case UNIT_SKIPPED:
        return &row->n_skipped;
    case UNIT_FAILED:
        return &row->n_failed;
    case UNIT_UNKNOWN:
        return &row->n_unknown;
    case UNIT_PENDING:
    case UNIT_CANCELLED:
        break;
    }
    return NULL;
}

/* Nothing leads out of an end, and nothing leads back from "took effect" to "not sent": the only
   way back is from an intent to pending, when it is certain that it had no effect. */
static bool may_change(enum unit_state from, enum unit_state to)
{
    return from == UNIT_PENDING || (from == UNIT_INTENT && to != UNIT_SKIPPED) ||
           (from == UNIT_STARTED && to != UNIT_PENDING && to != UNIT_INTENT);
}

static void count(struct engine *engine, enum unit_state from, enum unit_state to)
{
    int64_t *before = counter(&engine->step->row, from);
    int64_t *after = counter(&engine->step->row, to);

    if (before) {
        --*before;
    }
    if (after) {
        ++*after;
    }
}

void engine_begin_again(struct engine *engine, struct unit *unit)
{
    count(engine, unit->row.state, UNIT_PENDING);
    unit_begin_again(unit, &engine->run, engine->step->row.name);
    unit->due_ms = unit->deadline_ms = 0;
    engine_touch(engine, unit);
}

void engine_change(struct engine *engine, struct unit *unit, enum unit_state state)
{
    assert(may_change(unit->row.state, state));
    count(engine, unit->row.state, state);
    unit->row.state = state;
    unit->row.tries = 0;
    unit->deadline_ms = 0;
    engine_touch(engine, unit);
}

static void due_in(struct engine *engine, struct unit *unit, int64_t wait_ms)
{
    unit->due_ms = engine_now(engine) + (wait_ms > 0 ? wait_ms : 0);
    schedule_put(&engine->schedule, unit);
}

static const struct backoff backoff = {BACKOFF_FIRST_MS, BACKOFF_CAP_MS};

static int64_t backoff_for(struct engine *engine, const struct unit *unit,
                           const struct state_verdict *verdict, const struct http_reply *reply)
{
    if (verdict->wait_ms >= 0) {
        return verdict->wait_ms;
    }
    return backoff_wait_ms(&backoff, unit->row.tries, reply ? reply->retry_after_ms : -1,
                           engine->o.rng);
}

/* Remembers why a unit stands; told once for each new reason. */
static void set_reason(struct engine *engine, struct unit *unit, const char *kind,
                       const struct state_verdict *verdict)
{
    bool news = unit_set_text(unit, &unit->row.error, verdict->reason);

    unit_set_text(unit, &unit->row.hint, verdict->hint);
    if (news) {
        engine_show(engine, kind, unit, verdict->reason,
                    &(struct amount){verdict->done, verdict->total, NULL});
    }
}

static void clear_reason(struct unit *unit)
{
    mem_free((void *)(uintptr_t)unit->row.error);
    mem_free((void *)(uintptr_t)unit->row.hint);
    unit->row.error = unit->row.hint = NULL;
}

static void end_unit(struct engine *engine, struct unit *unit, enum unit_state state,
                     const char *kind, const struct state_verdict *verdict)
{
    clear_reason(unit);
    if (state != UNIT_DONE) {
        unit_set_text(unit, &unit->row.error,
                      verdict->reason ? verdict->reason : "no reason given");
        unit_set_text(unit, &unit->row.hint, verdict->hint);
    }
    engine_change(engine, unit, state);
    unit->row.ended_at_ms = engine_realtime(engine);
    unit->due_ms = 0;
    schedule_remove(&engine->schedule, unit);
    engine->step->live--;
    engine_tell(engine, kind, unit, verdict->reason, NULL);
}

/* For the message with which the step ends, and the run. */
static void remember(struct step *step, const char *reason, const char *hint, enum ferry_code code)
{
    mem_free(step->fail_reason);
    mem_free(step->fail_hint);
    step->fail_reason = mem_strdup(step, reason);
    step->fail_hint = mem_strdup(step, hint);
    step->fail_code = code;
}

static void move_unknown(struct engine *engine, struct unit *unit, const char *what)
{
    struct state_verdict verdict = {.reason = NULL, .wait_ms = -1};
    const char *step = engine->step->row.name;
    char *reason = mem_printf(unit, "%s%s%s", what, unit->row.error ? "; last: " : "",
                              unit->row.error ? unit->row.error : "");

    verdict.reason = reason;
    verdict.hint = mem_printf(unit,
                              "%s, then: ferry resolve %s %s/%s "
                              "--as done|absent|failed, and ferry resume %s",
                              unit->row.hint ? unit->row.hint : "look at the manager",
                              engine->run.name, step, unit->row.key, engine->run.name);
    end_unit(engine, unit, UNIT_UNKNOWN, "unit_unknown", &verdict);
    remember(engine->step, reason, verdict.hint, FERRY_E_UNKNOWN);
}

static void move_skip(struct engine *engine, struct unit *unit, const struct state_verdict *verdict)
{
    struct step *step = engine->step;

    end_unit(engine, unit, UNIT_SKIPPED, "unit_skipped", verdict);
    mem_free(step->skip_reason);
    step->skip_reason = mem_strdup(step, unit->row.error);
}

static void move_fail(struct engine *engine, struct unit *unit, const struct state_verdict *verdict)
{
    end_unit(engine, unit, UNIT_FAILED, "unit_failed", verdict);
    remember(engine->step, unit->row.error, verdict->hint,
             verdict->code != FERRY_OK ? verdict->code : FERRY_E_FAILED);
}

static void move_block(struct engine *engine, struct unit *unit, enum engine_phase phase,
                       const struct state_verdict *verdict)
{
    if (phase == PHASE_ACT) {
        engine_change(engine, unit, UNIT_PENDING);
        unit->probed = false;
    }
    unit_set_text(unit, &unit->row.error, verdict->reason);
    unit_set_text(unit, &unit->row.hint, verdict->hint);
    engine_touch(engine, unit);
    engine_tell(engine, "unit_blocked", unit, verdict->reason, NULL);
    engine_end(engine, RUN_BLOCKED, verdict->code != FERRY_OK ? verdict->code : FERRY_E_REFUSED,
               verdict->reason, verdict->hint);
}

/* The outcome of a request is open: ask, and do not believe "absent" before the settle window is
   over, counted from now: the request may have left until a moment ago. */
static void move_probe(struct engine *engine, struct unit *unit,
                       const struct state_verdict *verdict)
{
    int64_t now_ms = engine_now(engine), hush_ms = engine->step->timing.hush_ms;

    unit->row.tries = unit->unsent = 0;
    unit->settle_until_ms = now_ms + engine->step->timing.settle_ms;
    unit->deadline_ms = now_ms + hush_ms + engine->step->timing.probe_deadline_ms;
    unit_set_text(unit, &unit->row.error, verdict->reason);
    engine_touch(engine, unit);
    engine_tell(engine, "unit_open", unit, verdict->reason, NULL);
    due_in(engine, unit, verdict->wait_ms > hush_ms ? verdict->wait_ms : hush_ms);
}

/* Sent again and again, and never an effect: it does not help to go on for ever. */
static void move_fruitless(struct engine *engine, struct unit *unit)
{
    bool fanout = engine->step->state->flags & STATE_FANOUT;
    char *reason =
        mem_printf(unit, "sent %u times without effect%s%s", unit->fruitless,
                   unit->row.error ? "; last: " : "", unit->row.error ? unit->row.error : "");
    struct state_verdict verdict = {.reason = reason, .wait_ms = -1};

    if (fanout) {
        verdict.hint = "when the reason is mended: ferry retry RUN --failed";
        move_fail(engine, unit, &verdict);
        return;
    }
    unit->probed = false;
    engine_change(engine, unit, UNIT_PENDING);
    engine_end(engine, RUN_PAUSED, FERRY_E_STOPPED, reason,
               "nothing is half done; when the reason is mended: ferry resume");
}

static void move_settle(struct engine *engine, struct unit *unit)
{
    int64_t now_ms = engine_now(engine);

#ifdef FERRY_MUTANT_SETTLE
    unit->settle_until_ms = 0;
#endif
    if (unit->asked_ms < unit->settle_until_ms) {
        due_in(engine, unit, unit->settle_until_ms - now_ms);
        engine_show(engine, "waiting", unit, "not there; waiting out the settle window", NULL);
        return;
    }
    if (++unit->fruitless >= engine->step->timing.attempts) {
        move_fruitless(engine, unit);
        return;
    }
    unit->probed = false;
    clear_reason(unit);
    engine_change(engine, unit, UNIT_PENDING);
    engine_tell(engine, "unit_absent", unit, "the request had no effect; it will be sent again",
                NULL);
    due_in(engine, unit, 0);
}

/* An obstacle passes by itself, or it does not: one limit over probes and acts together, which only
   real progress (a start, an end) takes away. */
static void move_obstacle(struct engine *engine, struct unit *unit, enum engine_phase phase,
                          const struct state_verdict *verdict, const struct http_reply *reply)
{
    int64_t now_ms = engine_now(engine);
    unsigned tries = unit->row.tries + 1;

    if (phase == PHASE_ACT) {
        engine_change(engine, unit, UNIT_PENDING);
    }
    unit->probed = false;
    unit->row.tries = tries;
    if (!unit->obstacle_until_ms) {
        unit->obstacle_until_ms = now_ms + engine->step->timing.before_deadline_ms;
    }
    set_reason(engine, unit, "waiting", verdict);
    if (now_ms < unit->obstacle_until_ms) {
        due_in(engine, unit, backoff_for(engine, unit, verdict, reply));
    } else if (engine->step->state->flags & STATE_FANOUT) {
        move_fail(engine, unit, verdict);
    } else {
        move_block(engine, unit, PHASE_PROBE, verdict);
    }
}

/* When that does not help, the run pauses: no unit fails for a network that is down. */
void engine_not_sent(struct engine *engine, struct unit *unit, const struct http_reply *reply)
{
    const char *reason = reply->error ? reply->error : "the request could not be sent";
    struct state_verdict verdict = {.answer = STATE_RETRY, .reason = reason};

    engine_change(engine, unit, UNIT_PENDING);
    unit->probed = false;
    if (reply->code == FERRY_E_REFUSED) { /* by the gate: the intent is not ours any more */
        engine_end(engine, RUN_PAUSED, FERRY_E_FENCED, reason, NULL);
        return;
    }
    if (++unit->unsent >= engine->step->timing.attempts) {
        engine_end(engine, RUN_PAUSED, FERRY_E_STOPPED, reason,
                   "nothing was sent; when the manager can be reached again: ferry resume");
        return;
    }
    set_reason(engine, unit, "waiting", &verdict);
    due_in(engine, unit, backoff_wait_ms(&backoff, unit->unsent - 1, -1, engine->o.rng));
}

/* No word of the manager itself: nothing came, or something else spoke for it. */
static bool unheard(const struct http_reply *reply)
{
    return reply && (reply->outcome != HTTP_ANSWERED || http_reply_is_foreign(reply));
}

/* An open question that nobody could be asked is no unknown outcome: it is asked after a resume. */
static void pause_unheard(struct engine *engine, const struct state_verdict *verdict)
{
    engine_end(engine, RUN_PAUSED, FERRY_E_STOPPED,
               verdict->reason ? verdict->reason : "the manager does not answer",
               "what was sent is asked about again; when the manager answers: ferry resume");
}

static void move_start(struct engine *engine, struct unit *unit, enum engine_phase phase,
                       const struct state_verdict *verdict)
{
    const struct state_timing *timing = &engine->step->timing;

    clear_reason(unit);
    engine_change(engine, unit, UNIT_STARTED);
    unit->row.started_at_ms = engine_realtime(engine);
    unit->deadline_ms = timing->deadline_ms ? engine_now(engine) + timing->deadline_ms : 0;
    unit->polled = false;
    unit->began_ms = engine_now(engine);
    engine_tell(engine, phase == PHASE_ACT ? "unit_started" : "unit_adopted", unit, verdict->reason,
                NULL);
    due_in(engine, unit, engine_first_poll_ms(engine));
}

void engine_begin_waiting(struct engine *engine, struct unit *unit)
{
    struct state_verdict verdict = {.wait_ms = -1};

    move_start(engine, unit, PHASE_ACT, &verdict);
}

static void move_wait(struct engine *engine, struct unit *unit, const struct state_verdict *verdict,
                      const struct http_reply *reply)
{
    set_reason(engine, unit, verdict->answer == STATE_RUNNING ? "running" : "waiting", verdict);
    unit->polled = true;
    if (unit->deadline_ms && engine_now(engine) >= unit->deadline_ms) {
        if (unheard(reply)) {
            pause_unheard(engine, verdict);
        } else {
            move_unknown(engine, unit, "its end was not seen in time");
        }
        return;
    }
    due_in(engine, unit,
           verdict->wait_ms >= 0 ? verdict->wait_ms : engine_next_poll_ms(engine, unit));
}

/* It could not be done as a whole: its parts are in the sink, and in the same commit. */
static void move_split(struct engine *engine, struct unit *unit,
                       const struct state_verdict *verdict)
{
    engine_note_parts(engine);
    end_unit(engine, unit, UNIT_SKIPPED, "unit_split", verdict);
}

/* What it did is over and known, so the way back to pending is free: for another act, with another
   id. */
static void move_next(struct engine *engine, struct unit *unit, const struct state_verdict *verdict)
{
    count(engine, unit->row.state, UNIT_PENDING);
    unit->row.state = UNIT_PENDING;
    unit_renew(unit, &engine->run, engine->step->row.name);
    unit_set_text(unit, &unit->row.error, verdict->reason);
    engine_touch(engine, unit);
    engine_tell(engine, "unit_next", unit, verdict->reason, NULL);
    due_in(engine, unit, verdict->wait_ms);
}

static void move_ask_later(struct engine *engine, struct unit *unit, enum engine_phase phase,
                           const struct state_verdict *verdict, const struct http_reply *reply)
{
    int64_t now_ms = engine_now(engine);

    unit->row.tries++;
    if (!unit->deadline_ms) { /* of a reprobe it is set when the outcome becomes open */
        unit->deadline_ms = now_ms + engine->step->timing.before_deadline_ms;
    }
    set_reason(engine, unit, "waiting", verdict);
    if (now_ms < unit->deadline_ms) {
        due_in(engine, unit, backoff_for(engine, unit, verdict, reply));
    } else if (phase == PHASE_REPROBE && unheard(reply)) {
        pause_unheard(engine, verdict);
    } else if (phase == PHASE_REPROBE) {
        move_unknown(engine, unit, "the manager did not tell whether the request took effect");
    } else {
        engine_end(engine, RUN_PAUSED, FERRY_E_STOPPED,
                   verdict->reason ? verdict->reason : "the manager does not tell how things stand",
                   "nothing is half done; when the manager answers again: ferry resume");
    }
}

/* "Done" by a probe after an intent is an adoption: the journal says so. */
static const char *done_kind(enum engine_phase phase)
{
    return phase == PHASE_REPROBE ? "unit_adopted_done" : "unit_done";
}

static void move_act(struct engine *engine, struct unit *unit)
{
    unit->probed = true;
    unit->row.tries = unit->obstacle_until_ms ? unit->row.tries : 0;
    unit->deadline_ms = 0;
    due_in(engine, unit, 0);
}

static void move_done(struct engine *engine, struct unit *unit, enum engine_phase phase,
                      const struct state_verdict *verdict)
{
    engine_learn_duration(engine, unit, phase, verdict);
    engine_widen(engine);
    end_unit(engine, unit, UNIT_DONE, done_kind(phase), verdict);
}

/* What the verdict says about the unit whatever follows; asking on is no news for the journal. */
static void take_notes(struct engine *engine, struct unit *unit,
                       const struct state_verdict *verdict, bool asks_on)
{
    bool new_id = unit_set_text(unit, &unit->row.remote_id, verdict->remote_id);
    bool new_state = unit_set_text(unit, &unit->row.remote_state, verdict->remote_state);
    bool new_data = unit_merge(unit, verdict->data);

    if (new_id || new_state || (new_data && !asks_on)) {
        engine_touch(engine, unit);
    }
}

void engine_apply(struct engine *engine, struct unit *unit, enum engine_phase phase,
                  const struct state_verdict *verdict, const struct http_reply *reply)
{
    enum engine_move move = engine_move(phase, verdict->answer);

    take_notes(engine, unit, verdict, move == MOVE_ASK_NOW);
    unit->row.http = reply ? reply->status : 0;
    if (move == MOVE_PROBE && unit->row.state == UNIT_PENDING) {
        move = MOVE_OBSTACLE; /* the state could not even ask: nothing was sent */
    }
    switch (move) {
    case MOVE_ASK_NOW:
        due_in(engine, unit, verdict->wait_ms);
        break;
    case MOVE_ASK_LATER:
        move_ask_later(engine, unit, phase, verdict, reply);
        break;
    case MOVE_WAIT:
        move_wait(engine, unit, verdict, reply);
        break;
    case MOVE_ACT:
        move_act(engine, unit);
        break;
    case MOVE_PROBE:
        move_probe(engine, unit, verdict);
        break;
    case MOVE_SETTLE:
        move_settle(engine, unit);
        break;
    case MOVE_OBSTACLE:
        move_obstacle(engine, unit, phase, verdict, reply);
        break;
    case MOVE_START:
        move_start(engine, unit, phase, verdict);
        break;
    case MOVE_DONE:
        move_done(engine, unit, phase, verdict);
        break;
    case MOVE_SKIP:
        move_skip(engine, unit, verdict);
        break;
    case MOVE_FAIL:
        move_fail(engine, unit, verdict);
        break;
    case MOVE_SPLIT:
        move_split(engine, unit, verdict);
        break;
    case MOVE_NEXT:
        move_next(engine, unit, verdict);
        break;
    case MOVE_BACK:
        engine_go_back(engine, unit, verdict);
        break;
    case MOVE_BLOCK:
        move_block(engine, unit, phase, verdict);
        break;
    }
}
