#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/attr.h"

static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    if (clock_gettime(id, &now) != 0) {
        perror("ferry: clock_gettime");
        abort();
    }
    return (int64_t)now.tv_sec * 1000 + (int64_t)now.tv_nsec / 1000000;
}

static int64_t system_now_ms(struct clock *clock FERRY_UNUSED)
{
    return read_clock(CLOCK_BOOTTIME);
}

static int64_t system_realtime_ms(struct clock *clock FERRY_UNUSED)
{
    return read_clock(CLOCK_REALTIME);
}

struct clock *clock_system(void)
{
    static struct clock clock = {.now_ms = system_now_ms, .realtime_ms = system_realtime_ms};

    return &clock;
}

static uint64_t system_next(struct rng *rng FERRY_UNUSED)
{
    uint64_t bits;

    /* Up to 256 bytes come whole or not at all; only a signal before the pool is ready interrupts.
     */
    while (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits)) {
        if (errno != EINTR) {
            perror("ferry: getrandom");
            abort();
        }
    }
    return bits;
}

struct rng *rng_system(void)
{
    static struct rng rng = {.next = system_next};

    return &rng;
}

/* splitmix64: the constants are those of its authors (Steele, Lea, Flood: OOPSLA 2014). */
static uint64_t seeded_next(struct rng *rng)
{
    struct rng_seeded *seeded = (struct rng_seeded *)rng;
    uint64_t bits;

    seeded->state += UINT64_C(0x9e3779b97f4a7c15);
    bits = seeded->state;
    bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
    return bits ^ (bits >> 31);
}

void rng_seed(struct rng_seeded *rng, uint64_t seed)
{
    rng->rng.next = seeded_next;
    rng->state = seed;
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    uint64_t surplus;
    uint64_t bits;

    if (bound == 0) {
        return 0;
    }
    /* The first 2^64 mod bound numbers are thrown away, so that all rests are equally likely. */
    surplus = (UINT64_MAX - bound + 1) % bound;
    do {
        bits = rng->next(rng);
    } while (bits < surplus);
    return bits % bound;
}
