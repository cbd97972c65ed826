/* Which units are asked about now, and with which requests. */
#include "engine/internal.h"

#include <assert.h>
#include <string.h>

#define NARROW_WAIT_MS 500

static const struct state_phase *ops_of(const struct ferry_state *state, enum engine_phase phase)
{
    const struct state_phase *const ops[PHASE_COUNT] = {
        [PHASE_PROBE] = &state->probe,   [PHASE_REPROBE] = &state->probe,
        [PHASE_ACT] = &state->act,       [PHASE_AWAIT] = &state->await,
        [PHASE_EXPAND] = &state->expand, [PHASE_VERIFY] = &state->verify};

    return ops[phase];
}

static enum engine_phase phase_now(const struct engine *engine, const struct unit *unit)
{
    return unit_phase(unit, engine->step->state, engine->step->row.state);
}

/* May this unit ride along in a request of another? It is asked the same, and is due now or, for
   polls after the quiet period, would be within half an interval; where polls are adaptive,
   whenever it is not quiet, since that costs nothing. */
static bool rides_along(const struct engine *engine, const struct unit *unit,
                        enum engine_phase phase, int64_t now_ms)
{
    const struct state_timing *timing = &engine->step->timing;
    int64_t slack_ms = phase == PHASE_AWAIT && unit->polled ? timing->interval_ms / 2 : 0;
    bool due = phase == PHASE_AWAIT && timing->adaptive ? engine_may_ride(engine, unit, now_ms)
                                                        : unit->due_ms <= now_ms + slack_ms;

    return due && !unit->in_flight && !unit->is_step && phase_now(engine, unit) == phase;
}

static bool go_together(const struct engine *engine, enum engine_phase phase, const struct unit *a,
                        const struct unit *b)
{
    const struct state_phase *ops = ops_of(engine->step->state, phase);
    struct state_unit first, second;

    if (!ops->together) {
        return true;
    }
    first = unit_view(a, engine_now(engine));
    second = unit_view(b, engine_now(engine));
    return ops->together(&first, &second);
}

static struct flight *flight_new(struct engine *engine, struct unit *first, enum engine_phase phase,
                                 unsigned batch)
{
    struct flight *flight = mem_new(engine, struct flight);
    int64_t now_ms = engine_now(engine);

    flight->phase = phase;
    flight->units = mem_array(flight, struct unit *, batch);
    flight->units[flight->n++] = first;
    schedule_remove(&engine->schedule, first);
    for (size_t i = 0; i < engine->schedule.count && flight->n < batch;) {
        struct unit *unit = engine->schedule.heap[i];

        if (rides_along(engine, unit, phase, now_ms) && go_together(engine, phase, first, unit)) {
            flight->units[flight->n++] = unit;
            schedule_remove(&engine->schedule, unit);
        } else {
            i++;
        }
    }
    return flight;
}

/* The one place where a unit's intent is made. It is in the commit of this turn; the request waits
   in the outbox until that commit has returned. */
/* The method and the path, without a query: that of an archive's URL may hold a password. */
static void tell_intent(struct engine *engine, struct unit *unit,
                        const struct http_request *request)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *data = json_object(scope);

    json_set_string(data, "request",
                    mem_printf(scope, "%s %.*s", http_method_name(request->method),
                               (int)strcspn(request->path, "?"), request->path));
    json_set_int(data, "attempt", unit->row.attempt);
    engine_tell(engine, "unit_intent", unit, NULL, data);
}

static void write_intent(struct engine *engine, struct unit *unit, struct http_request *request)
{
    unsigned tries = unit->row.tries; /* of the obstacle that may still be there */
    char digest[65];

    http_request_digest(request, digest);
    unit_set_text(unit, &unit->row.request_digest, digest);
    engine_change(engine, unit, UNIT_INTENT);
    unit->row.tries = tries;
    unit->row.intent_at_ms = engine_realtime(engine);
    unit->settle_until_ms = 0;
    request->intent_id = mem_strdup(request, unit->row.intent_id);
    tell_intent(engine, unit, request);
}

static void outbox_put(struct engine *engine, struct flight *flight)
{
    struct http_request *request = flight->request;
    const struct state_timing *timing = &engine->step->timing;

    if (request->timeout_ms == 0 && !request->body_file && !request->reply_file) {
        request->timeout_ms = timing->request_ms;
    }
    if (request->site == HTTP_SITE_NEW) {
        request->node = json_string_or(engine->facts, "node", NULL); /* until the restore is over */
    }
    if (request->stall_ms == 0 && (request->body_file || request->reply_file)) {
        request->stall_ms = timing->upload_stall_ms;
    }
    flight->ticket = ++engine->tickets;
    *engine->last_flight = flight;
    engine->last_flight = &flight->next;
    engine->flight_count++;
    for (size_t i = 0; i < flight->n; i++) {
        flight->units[i]->in_flight = true;
        flight->units[i]->asked_ms = engine_now(engine);
    }
}

static void ask(struct engine *engine, struct unit *first, enum engine_phase phase)
{
    const struct state_phase *ops = ops_of(engine->step->state, phase);
    unsigned batch = ops->batch > 1 && phase != PHASE_ACT ? ops->batch : 1;
    struct flight *flight = flight_new(engine, first, phase, batch);
    struct state_context context = engine_context(engine, phase);
    struct state_unit *views = mem_array(flight, struct state_unit, flight->n);
    struct state_verdict *verdicts = mem_array(flight, struct state_verdict, flight->n);

    for (size_t i = 0; i < flight->n; i++) {
        views[i] = unit_view(flight->units[i], engine_now(engine));
        verdicts[i].wait_ms = -1;
    }
    if (!ops->ask) {
        verdicts[0] = (struct state_verdict){.answer = STATE_CANNOT_TELL, .wait_ms = -1};
        verdicts[0].reason = "this state cannot ask";
        engine_judge_all(engine, phase, flight->units, flight->n, NULL, verdicts);
        mem_free(flight);
        return;
    }
    if (!ops->ask(&context, views, flight->n, &flight->request, verdicts, flight)) {
        engine_judge_all(engine, phase, flight->units, flight->n, NULL, verdicts);
        engine->hurry = true; /* nothing is on its way that could end the wait */
        mem_free(flight);
        return;
    }
    assert(phase == PHASE_ACT || !http_method_changes(flight->request->method));
    if (phase == PHASE_ACT) {
        write_intent(engine, first, flight->request);
    }
    outbox_put(engine, flight);
}

/* Fewer may be under way than were taken in hand, since the manager became busy: this one waits for
   another to end. */
static bool must_wait(const struct step *step, const struct unit *unit, enum engine_phase phase)
{
    return phase == PHASE_ACT && !unit->is_step && step->row.n_open >= (int64_t)step->width.now;
}

/* The next unit to be asked about: one that is due, else a pending one while there is room. */
static struct unit *next_unit(struct engine *engine)
{
    struct unit *unit = schedule_first(&engine->schedule);

    if (unit && unit->due_ms <= engine_now(engine)) {
        return unit;
    }
    return engine_next_pending(engine);
}

void engine_choose(struct engine *engine)
{
    while (engine->step && !engine->ending) {
        struct unit *unit = next_unit(engine);
        enum engine_phase phase;

        if (!unit) {
            return;
        }
        phase = phase_now(engine, unit);
        if (phase == PHASE_ACT && !engine->step->state->act.ask) {
            engine_begin_waiting(engine, unit);
            continue;
        }
        if (must_wait(engine->step, unit, phase)) {
            unit->due_ms = engine_now(engine) + NARROW_WAIT_MS;
            schedule_put(&engine->schedule, unit);
            continue;
        }
        if (!limits_take(&engine->limits, engine->flight_count, engine_now(engine))) {
            schedule_put(&engine->schedule, unit);
            return;
        }
        ask(engine, unit, phase);
    }
}

void engine_send(struct engine *engine)
{
    struct transport *transport = engine->o.transport;

    for (struct flight *flight = engine->flights; flight; flight = flight->next) {
        if (flight->sent) {
            continue;
        }
        if (engine->o.on_point) {
            engine->o.on_point(engine->o.arg, ENGINE_BEFORE_SEND);
        }
        flight->sent = true;
        transport->ops->submit(transport, flight->request, flight->ticket);
        if (engine->o.on_point) {
            engine->o.on_point(engine->o.arg, ENGINE_AFTER_SEND);
        }
    }
}

int64_t engine_next_due(const struct engine *engine)
{
    const struct unit *first = schedule_first(&engine->schedule);
    int64_t now_ms = engine_now(engine), due_ms, free_ms;

    if (!first || engine->ending) {
        return INT64_MAX;
    }
    if (engine->flight_count >= engine->limits.in_flight) {
        return INT64_MAX;
    }
    due_ms = first->due_ms;
    free_ms = now_ms + limits_wait_ms(&engine->limits, now_ms);
    return due_ms > free_ms ? due_ms : free_ms;
}
