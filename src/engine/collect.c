/* Replies in, verdicts out of the states. */
#include "engine/internal.h"

#include <string.h>

#define BUSY_MS 1000 /* a pause for a peer that does not say how long a one it wants */

static const struct state_phase *phase_of(const struct ferry_state *state, enum engine_phase phase)
{
    switch (phase) {
    case PHASE_PROBE:
    case PHASE_REPROBE:
        return &state->probe;
    case PHASE_ACT:
        return &state->act;
    case PHASE_AWAIT:
        return &state->await;
    case PHASE_EXPAND:
        return &state->expand;
    case PHASE_VERIFY:
    case PHASE_COUNT:
        break;
    }
    return &state->verify;
}

static struct flight *take_flight(struct engine *engine, uint64_t ticket)
{
    for (struct flight **at = &engine->flights; *at; at = &(*at)->next) {
        if ((*at)->ticket == ticket) {
            struct flight *flight = *at;

            *at = flight->next;
            if (!*at) {
                engine->last_flight = at;
            }
            engine->flight_count--;
            return flight;
        }
    }
    return NULL;
}

static void silence(struct engine *engine, enum engine_phase phase, struct unit *unit,
                    const struct http_reply *reply)
{
    struct state_verdict verdict = {.wait_ms = -1, .code = reply->code};

    if (phase == PHASE_ACT && reply->outcome == HTTP_NOT_SENT) {
        engine_not_sent(engine, unit, reply);
        return;
    }
    verdict.answer = phase == PHASE_ACT ? STATE_UNKNOWN : STATE_CANNOT_TELL;
    verdict.reason = reply->error ? reply->error : "no answer";
    engine_apply(engine, unit, phase, &verdict, reply);
}

void engine_drop_unsent(struct engine *engine)
{
    for (struct flight *flight = engine->flights, *next; flight; flight = next) {
        next = flight->next;
        if (!flight->sent) {
            take_flight(engine, flight->ticket);
            mem_free(flight);
        }
    }
}

/* Facts that are known already are not written again. */
static void learn(struct engine *engine, const struct json *facts)
{
    char *text;

    if (!facts) {
        return;
    }
    json_merge(engine->facts, facts);
    text = json_print(engine, engine->facts);
    if (!engine->run.facts || strcmp(text, engine->run.facts) != 0) {
        engine->run_dirty = true;
    }
    mem_free(text);
}

void engine_judge_all(struct engine *engine, enum engine_phase phase, struct unit **units, size_t n,
                      const struct http_reply *reply, const struct state_verdict *verdicts)
{
    for (size_t i = 0; i < n; i++) {
        learn(engine, verdicts[i].facts);
        if (units[i]->is_step) {
            enum engine_move move = engine_move(phase, verdicts[i].answer);

            if (unit_merge(units[i], verdicts[i].data) || move == MOVE_DONE) {
                engine->step->dirty = true;
            }
            engine_step_move(engine, phase, move, &verdicts[i]);
        } else {
            engine_apply(engine, units[i], phase, &verdicts[i], reply);
        }
        if (verdicts[i].total > 0) {
            engine_show(engine, "progress", units[i], verdicts[i].reason,
                        &(struct amount){verdicts[i].done, verdicts[i].total, NULL});
        }
    }
}

static void silence_all(struct engine *engine, const struct flight *flight,
                        const struct http_reply *reply)
{
    for (size_t i = 0; i < flight->n; i++) {
        if (flight->units[i]->is_step) {
            struct state_verdict verdict = {.answer = STATE_CANNOT_TELL, .wait_ms = -1};

            verdict.reason = reply->error;
            engine_step_move(engine, flight->phase, MOVE_ASK_LATER, &verdict);
        } else {
            silence(engine, flight->phase, flight->units[i], reply);
        }
    }
}

/* For how long a busy peer wants no more requests. nginx's page for too many of them (a manager of
   7.0 allows 10 a second) is a 503 in HTML without Retry-After. */
static int64_t busy_ms(const struct http_reply *reply)
{
    bool page = reply->status == 503 && reply->outcome == HTTP_ANSWERED && reply->json == NULL;

    if (reply->retry_after_ms > 0 && (reply->status == 429 || reply->status == 503)) {
        return reply->retry_after_ms;
    }
    return reply->status == 429 || page ? BUSY_MS : 0;
}

static void judge(struct engine *engine, struct flight *flight, const struct http_reply *reply)
{
    const struct state_phase *phase = phase_of(engine->step->state, flight->phase);
    struct state_context context = engine_context(engine, flight->phase);
    struct state_unit *views = mem_array(flight, struct state_unit, flight->n);
    struct state_verdict *verdicts = mem_array(flight, struct state_verdict, flight->n);

    for (size_t i = 0; i < flight->n; i++) {
        flight->units[i]->in_flight = false;
        views[i] = unit_view(flight->units[i], engine_now(engine));
        verdicts[i].wait_ms = -1;
    }
    if (busy_ms(reply) > 0) {
        limits_hold(&engine->limits, busy_ms(reply), engine_now(engine));
    }
    if (reply->outcome == HTTP_ANSWERED && (reply->status == 429 || reply->status == 503)) {
        engine_narrow(engine, "the manager is busy");
    }
    if (reply->outcome != HTTP_ANSWERED && !(phase->judges_silence && flight->phase != PHASE_ACT)) {
        silence_all(engine, flight, reply);
        return;
    }
    phase->judge(&context, views, flight->n, reply, verdicts, flight);
    engine_judge_all(engine, flight->phase, flight->units, flight->n, reply, verdicts);
}

void engine_collect(struct engine *engine)
{
    struct transport *transport = engine->o.transport;
    struct http_reply *reply;
    uint64_t ticket;

    while (transport->ops->finished(transport, engine, &ticket, &reply)) {
        struct flight *flight = take_flight(engine, ticket);

        if (flight) {
            if (engine->o.on_point) {
                engine->o.on_point(engine->o.arg, ENGINE_GOT_REPLY);
            }
            judge(engine, flight, reply);
            mem_free(flight);
        }
        mem_free(reply);
    }
}
