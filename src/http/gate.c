#include "base/mem.h"
#include "http/transport.h"

struct refusal {
    struct refusal *next;
    uint64_t ticket;
    struct http_reply *reply;
};

struct gate {
    struct transport transport;
    struct transport *inner;
    bool (*permitted)(void *arg, const char *intent_id);
    void *arg;
    struct refusal *first; /* oldest; replies that finished has not yet given */
    struct refusal *last;
    size_t waiting;
    size_t refused;
};

static struct gate *gate_of(struct transport *transport)
{
    return (struct gate *)transport; /* the first member */
}

static void refuse(struct gate *gate, const struct http_request *request, uint64_t ticket)
{
    struct refusal *refusal = mem_new(gate, struct refusal);
    struct http_reply *reply = http_reply_new(refusal);

    reply->outcome = HTTP_NOT_SENT;
    reply->code = FERRY_E_REFUSED;
    reply->body = "";
    reply->error =
        mem_printf(reply, "refused to send %s: no committed intent of this run allows it",
                   http_method_name(request->method));
    refusal->reply = reply;
    refusal->ticket = ticket;
    if (gate->last == NULL) {
        gate->first = refusal;
    } else {
        gate->last->next = refusal;
    }
    gate->last = refusal;
    gate->waiting++;
    gate->refused++;
}

static void gate_submit(struct transport *transport, const struct http_request *request,
                        uint64_t ticket)
{
    struct gate *gate = gate_of(transport);

    if (http_method_changes(request->method) &&
        (request->intent_id == NULL || !gate->permitted(gate->arg, request->intent_id))) {
        refuse(gate, request, ticket);
        return;
    }
    gate->inner->ops->submit(gate->inner, request, ticket);
}

static bool gate_finished(struct transport *transport, const void *ctx, uint64_t *ticket,
                          struct http_reply **reply)
{
    struct gate *gate = gate_of(transport);
    struct refusal *refusal = gate->first;

    if (refusal == NULL) {
        return gate->inner->ops->finished(gate->inner, ctx, ticket, reply);
    }
    gate->first = refusal->next;
    if (gate->first == NULL) {
        gate->last = NULL;
    }
    gate->waiting--;
    *ticket = refusal->ticket;
    *reply = mem_move(ctx, refusal->reply);
    mem_free(refusal);
    return true;
}

static void gate_wait(struct transport *transport, int64_t max_ms)
{
    struct gate *gate = gate_of(transport);

    gate->inner->ops->wait(gate->inner, gate->waiting > 0 ? 0 : max_ms);
}

static bool gate_progress(struct transport *transport, uint64_t ticket, int64_t *sent,
                          int64_t *total)
{
    struct gate *gate = gate_of(transport);

    return gate->inner->ops->progress(gate->inner, ticket, sent, total);
}

static void gate_abort_all(struct transport *transport)
{
    struct gate *gate = gate_of(transport);

    gate->inner->ops->abort_all(gate->inner);
}

static size_t gate_in_flight(struct transport *transport)
{
    struct gate *gate = gate_of(transport);

    return gate->waiting + gate->inner->ops->in_flight(gate->inner);
}

static const struct transport_ops gate_ops = {
    .submit = gate_submit,
    .finished = gate_finished,
    .wait = gate_wait,
    .progress = gate_progress,
    .abort_all = gate_abort_all,
    .in_flight = gate_in_flight,
};

struct transport *transport_gate(const void *ctx, struct transport *inner,
                                 bool (*permitted)(void *arg, const char *intent_id), void *arg)
{
    struct gate *gate = mem_new(ctx, struct gate);

    gate->transport.ops = &gate_ops;
    gate->inner = inner;
    gate->permitted = permitted;
    gate->arg = arg;
    return &gate->transport;
}

size_t transport_gate_refusals(const struct transport *gate)
{
    return ((const struct gate *)(const void *)gate)->refused;
}
