/*
 * Time and chance are passed in: nothing outside src/base asks the system for them, so tests and
 * the simulator can bring their own.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct clock {
    /* Monotonic, for intervals inside one process; starts anywhere. CLOCK_BOOTTIME: a suspended
       machine counts. */
    int64_t (*now_ms)(struct clock *clock);
    /* Unix time, for everything that is stored. */
    int64_t (*realtime_ms)(struct clock *clock);
};

struct rng {
    uint64_t (*next)(struct rng *rng); /* 64 random bits */
};

struct clock *clock_system(void); /* static */
struct rng *rng_system(void);     /* static; getrandom(2) */

/* A seeded generator (splitmix64) for tests and for jitter that can be repeated. */
struct rng_seeded {
    struct rng rng;
    uint64_t state;
};
void rng_seed(struct rng_seeded *rng, uint64_t seed);
/* A number in [0, bound); 0 for bound 0. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

#endif
