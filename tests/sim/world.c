#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "http/sink.h"

/* A request on its way to the manager, or an effect without a client. */
struct delivery {
    int64_t at_ms;
    struct http_request *request; /* a copy */
    int64_t sent_ms;
    uint64_t ticket; /* 0: nobody waits */
    enum fate fate;
    struct delivery *next;
};

/* What the client waits for. */
struct transfer {
    uint64_t ticket;
    int64_t ready_ms; /* INT64_MAX: not known yet */
    struct http_reply *reply;
    bool twice;
    struct transfer *next;
};

static const char *const fate_names[FATE_COUNT] = {
    "good",      "refused", "lost-before", "lost-after", "late", "502-before",
    "502-after", "busy",    "cut",         "twice",      "half"};

const char *world_fate_name(enum fate fate)
{
    return fate_names[fate];
}

static struct world *world_of(struct transport *transport)
{
    return (struct world *)(void *)((char *)transport - offsetof(struct world, transport));
}

static int64_t clock_now(struct clock *clock)
{
    return ((struct world *)(void *)clock)->now_ms;
}

static int64_t clock_real(struct clock *clock)
{
    struct world *world = (struct world *)(void *)clock;

    return WORLD_EPOCH_MS + world->now_ms + world->wall_offset_ms;
}

/* --- the network --- */

static struct http_request *copy_request(const void *ctx, const struct http_request *request)
{
    struct http_request *copy = http_request_new(ctx, request->method, request->path);

    copy->credential = request->credential;
    copy->reply_file = mem_strdup(copy, request->reply_file);
    copy->reply_offset = request->reply_offset;
    copy->reply_etag = mem_strdup(copy, request->reply_etag);
    for (size_t i = 0; i < request->header_count; i++) {
        http_request_header(copy, request->headers[i].name, request->headers[i].value);
    }
    copy->body = mem_strdup(copy, request->body);
    copy->body_size = request->body_size;
    return copy;
}

static enum fate choose_fate(struct world *world, const struct http_request *request)
{
    enum fate fate = FATE_GOOD;

    if (world->mark && !world->mark_requests && strstr(request->path, world->mark)) {
        world->mark_points = world->points;
        world->mark_requests = world->requests + 1;
    }
    world->requests++;
    world->changing += http_method_changes(request->method);
    if (world->requests == world->fate_at[0] || world->requests == world->fate_at[1]) {
        fate = world->fate;
    } else if (world->fate_share && rng_below(&world->chance.rng, 1000) < world->fate_share) {
        fate = (enum fate)rng_below(&world->chance.rng, FATE_COUNT);
    }
    world->fates[fate]++;
    return fate;
}

static void put_delivery(struct world *world, struct delivery *delivery)
{
    struct delivery **at = &world->deliveries;

    while (*at && (*at)->at_ms <= delivery->at_ms) {
        at = &(*at)->next;
    }
    delivery->next = *at;
    *at = delivery;
}

static void silent(struct transfer *transfer, int64_t at_ms, enum http_outcome outcome,
                   const char *text)
{
    transfer->ready_ms = at_ms;
    transfer->reply->outcome = outcome;
    transfer->reply->code = FERRY_E_UNREACHABLE;
    transfer->reply->error = text;
}

static void submit(struct transport *transport, const struct http_request *request, uint64_t ticket)
{
    struct world *world = world_of(transport);
    struct transfer *transfer = mem_new(world, struct transfer);
    struct delivery *delivery = mem_new(world, struct delivery);
    enum fate fate = choose_fate(world, request);
    int64_t soon_ms = world->now_ms + WORLD_LATENCY_MS;

    transfer->ticket = ticket;
    transfer->ready_ms = INT64_MAX;
    transfer->reply = http_reply_new(transfer);
    transfer->twice = fate == FATE_TWICE;
    transfer->next = world->transfers;
    world->transfers = transfer;
    if (world->trace) {
        printf("%10.3f  %-6s %s  [%s]\n", (double)world->now_ms / 1000.0,
               http_method_name(request->method), request->path, fate_names[fate]);
    }
    *delivery = (struct delivery){
        .at_ms = soon_ms, .sent_ms = world->now_ms, .ticket = ticket, .fate = fate};
    if (fate == FATE_REFUSED) {
        silent(transfer, world->now_ms, HTTP_NOT_SENT, "connection refused");
        return;
    }
    if (fate == FATE_LOST_BEFORE || fate == FATE_LATE || fate == FATE_HALF) {
        silent(transfer, world->now_ms + 2 * WORLD_LATENCY_MS, HTTP_UNKNOWN, "connection reset");
    }
    if (fate == FATE_LOST_BEFORE || (fate == FATE_HALF && request->method != HTTP_PUT)) {
        return;
    }
    if (fate == FATE_LATE) {
        delivery->ticket = 0;
        delivery->at_ms += (int64_t)rng_below(&world->chance.rng, WORLD_LATE_MAX_MS);
    }
    delivery->request = copy_request(delivery, request);
    if (fate == FATE_HALF) {
        delivery->ticket = 0;
        delivery->request->body_size /= 2;
    }
    put_delivery(world, delivery);
}

static struct transfer *find_transfer(struct world *world, uint64_t ticket)
{
    struct transfer *transfer = world->transfers;

    while (transfer && (transfer->ticket != ticket || ticket == 0)) {
        transfer = transfer->next;
    }
    return transfer;
}

static void proxy_page(struct http_reply *reply)
{
    static const char page[] = "<html><head><title>502 Bad Gateway</title></head></html>";

    reply->json = NULL;
    http_reply_fill(reply, 502, "text/html", page, strlen(page));
}

/* An archive comes into its file: all of it, or the half that came before a cut. */
static void receive(const struct world *world, const struct http_request *request,
                    struct http_reply *reply, bool half)
{
    int64_t from = request->reply_offset;
    size_t size = world->manager->archive_size - (size_t)from;
    const char *why = NULL;
    struct http_sink *sink = http_sink_open(reply, request, &why);

    if (!sink || !http_sink_begin(sink, reply, reply->status, &why) ||
        !http_sink_write(sink, world->manager->archive + from, half ? size / 2 : size, &why) ||
        !http_sink_end(sink, reply, &why)) {
        fprintf(stderr, "sim: %s\n", why ? why : "no sink");
        abort();
    }
    mem_free(sink);
}

static void arrive(struct world *world, struct delivery *delivery)
{
    struct transfer *transfer = find_transfer(world, delivery->ticket);
    struct http_reply *reply = transfer ? transfer->reply : http_reply_new(delivery);

    world->manager->now_ms = WORLD_EPOCH_MS + world->now_ms;
    world->manager->hung_up = false;
    if (delivery->fate == FATE_502_BEFORE) {
        proxy_page(reply);
    } else if (delivery->fate == FATE_BUSY) {
        manager_error(reply, 429, "too_many_requests", "slow down");
        reply->retry_after_ms = 2000;
    } else {
        world->manager->sent_ms = delivery->sent_ms;
        manager_handle(world->manager, delivery->request, reply);
    }
    if (!transfer) {
        return;
    }
    if (delivery->request && delivery->request->reply_file &&
        (reply->status == 200 || reply->status == 206)) {
        receive(world, delivery->request, reply,
                delivery->fate == FATE_CUT || delivery->fate == FATE_LOST_AFTER);
    }
    if (delivery->fate == FATE_LOST_AFTER || delivery->fate == FATE_CUT ||
        world->manager->hung_up) {
        reply->status = delivery->fate == FATE_CUT ? reply->status : 0;
        reply->json = NULL;
        silent(transfer, world->now_ms, HTTP_UNKNOWN, "the connection was cut");
    } else if (delivery->fate == FATE_502_AFTER) {
        proxy_page(reply);
    }
    transfer->ready_ms = world->now_ms + WORLD_LATENCY_MS;
}

static void deliver_due(struct world *world)
{
    while (world->deliveries && world->deliveries->at_ms <= world->now_ms) {
        struct delivery *delivery = world->deliveries;

        world->deliveries = delivery->next;
        arrive(world, delivery);
        mem_free(delivery);
    }
}

void world_pass(struct world *world, int64_t ms)
{
    int64_t until_ms = world->now_ms + ms;

    while (world->deliveries && world->deliveries->at_ms <= until_ms) {
        if (world->deliveries->at_ms > world->now_ms) {
            world->now_ms = world->deliveries->at_ms;
        }
        deliver_due(world);
    }
    world->now_ms = until_ms;
    world->manager->now_ms = WORLD_EPOCH_MS + world->now_ms;
}

static bool finished(struct transport *transport, const void *ctx, uint64_t *ticket,
                     struct http_reply **reply)
{
    struct world *world = world_of(transport);

    for (struct transfer **at = &world->transfers; *at; at = &(*at)->next) {
        struct transfer *transfer = *at;

        if (transfer->ready_ms > world->now_ms) {
            continue;
        }
        *ticket = transfer->ticket;
        if (transfer->twice) {
            transfer->twice = false;
            *reply = http_reply_new(ctx);
            **reply = *transfer->reply;
            (*reply)->json = NULL;
            if (transfer->reply->body) {
                http_reply_fill(*reply, transfer->reply->status, transfer->reply->content_type,
                                transfer->reply->body, transfer->reply->body_size);
                (*reply)->content_length = transfer->reply->content_length;
            }
            return true;
        }
        *at = transfer->next;
        *reply = mem_move(ctx, transfer->reply);
        mem_free(transfer);
        return true;
    }
    return false;
}

/* Time passes: to the next thing that happens, at most max_ms. */
static void wait_for(struct transport *transport, int64_t max_ms)
{
    struct world *world = world_of(transport);
    int64_t until_ms = world->now_ms + (max_ms < 0 ? 3600000 : max_ms);

    for (struct transfer *transfer = world->transfers; transfer; transfer = transfer->next) {
        if (transfer->ready_ms < until_ms) {
            until_ms = transfer->ready_ms;
        }
    }
    if (world->deliveries && world->deliveries->at_ms < until_ms) {
        until_ms = world->deliveries->at_ms;
    }
    world->now_ms = until_ms > world->now_ms ? until_ms : world->now_ms + 1;
    deliver_due(world);
}

static bool progress(struct transport *transport, uint64_t ticket, int64_t *sent, int64_t *total)
{
    (void)transport, (void)ticket, (void)sent, (void)total;
    return false;
}

static void abort_all(struct transport *transport)
{
    struct world *world = world_of(transport);

    for (struct transfer *transfer = world->transfers; transfer; transfer = transfer->next) {
        silent(transfer, world->now_ms, HTTP_UNKNOWN, "stopped");
    }
}

static size_t in_flight(struct transport *transport)
{
    size_t count = 0;

    for (struct transfer *at = world_of(transport)->transfers; at; at = at->next) {
        count++;
    }
    return count;
}

/* --- death --- */

void world_forget_client(struct world *world)
{
    while (world->transfers) {
        struct transfer *transfer = world->transfers;

        world->transfers = transfer->next;
        mem_free(transfer);
    }
    for (struct delivery *delivery = world->deliveries; delivery; delivery = delivery->next) {
        if (delivery->ticket && delivery->request->reply_file) { /* it died in the middle of it */
            struct http_reply *reply = http_reply_new(delivery);

            reply->status = delivery->request->reply_offset > 0 ? 206 : 200;
            reply->range_from = delivery->request->reply_offset;
            receive(world, delivery->request, reply, true);
        }
        delivery->ticket = 0;
    }
}

void world_point(void *arg, enum engine_point point)
{
    struct world *world = arg;
    bool dies;

    world->points++;
    world->point_count[point]++;
    dies = world->points == world->die_at[0] || world->points == world->die_at[1];
    if (world->deaths < world->deaths_max &&
        rng_below(&world->chance.rng, 1000) < world->die_share) {
        dies = true;
    }
    if (dies) {
        world->deaths++;
        longjmp(world->death, 1);
    }
}

struct world *world_new(const void *ctx, uint64_t seed, const struct manager_options *options)
{
    static const struct transport_ops ops = {submit,   finished,  wait_for,
                                             progress, abort_all, in_flight};
    struct world *world = mem_new(ctx, struct world);

    world->clock = (struct clock){clock_now, clock_real};
    rng_seed(&world->rng, seed);
    rng_seed(&world->chance, seed ^ 0x9e3779b97f4a7c15u);
    world->now_ms = 1000;
    world->transport.ops = &ops;
    world->manager = manager_new(world, options);
    return world;
}
