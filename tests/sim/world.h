/*
 * A world of its own for the engine: a clock that only moves when somebody waits, a network whose
 * every fault is chosen by a plan or a seed, and a manager that goes on when ferry dies.
 *
 * A request that is under way when ferry dies is still delivered: it is late, as real ones are.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <setjmp.h>

#include "engine/engine.h"
#include "http/transport.h"
#include "manager.h"

/* What happens to one request. */
enum fate {
    FATE_GOOD,
    FATE_REFUSED,     /* not sent: the connection was refused */
    FATE_LOST_BEFORE, /* it left, never arrived, and no answer comes */
    FATE_LOST_AFTER,  /* it took effect, and the answer is lost */
    FATE_LATE,        /* no answer; it takes effect a little later, within the settle window */
    FATE_502_BEFORE,  /* a proxy's page, no effect */
    FATE_502_AFTER,   /* a proxy's page, after it took effect */
    FATE_BUSY,        /* 429 with Retry-After, no effect */
    FATE_CUT,         /* it took effect, and half of the answer came */
    FATE_TWICE,       /* the answer is handed out twice */
    FATE_HALF,        /* cut while it was sent: of an upload half arrives, of others nothing */
    FATE_COUNT
};

#define WORLD_LATE_MAX_MS 20000 /* below the settle window of every test (SETTLE_MS) */
#define WORLD_LATENCY_MS 20
#define WORLD_EPOCH_MS 1790000000000 /* unix time at the start of every world */

struct delivery;
struct transfer;

struct world {
    struct clock clock;
    struct rng_seeded rng;    /* of ferry: backoff, uuids */
    struct rng_seeded chance; /* of the world: fates, crashes */
    int64_t now_ms, wall_offset_ms;
    bool wall_jumps; /* the wall clock is set by an hour, either way, while ferry is dead */
    struct manager *manager;
    struct transport transport;
    struct delivery *deliveries; /* by time */
    struct transfer *transfers;
    /* fates: of the n-th request of the whole run, and by chance */
    unsigned fate_at[2]; /* counted from 1; 0: none */
    enum fate fate;
    unsigned fate_share;         /* of 1,000 requests */
    unsigned requests, changing; /* handed to the transport */
    unsigned fates[FATE_COUNT];  /* how often each was met */
    /* death: at the n-th point of the whole run, and by chance */
    jmp_buf death;
    unsigned points, die_at[2], deaths, die_share, deaths_max;
    unsigned point_count[ENGINE_GOT_REPLY + 1];
    bool trace;
    /* how far it was when the first request with this text in its path was sent; NULL: none */
    const char *mark;
    unsigned mark_points, mark_requests;
};

struct world *world_new(const void *ctx, uint64_t seed, const struct manager_options *options);
/* Time passes while nobody looks; what is under way arrives. */
void world_pass(struct world *world, int64_t ms);
/* Ferry has died: nobody waits for the transfers, but what is under way still arrives. */
void world_forget_client(struct world *world);
/* To be the engine's on_point: counts, and jumps to world->death when the time has come. */
void world_point(void *world, enum engine_point point);
const char *world_fate_name(enum fate fate);

#endif
