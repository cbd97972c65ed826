/*
 * How long to wait before trying again: exponential with full jitter
 * (wait = random in [base/2, base] * 2^attempt, capped); a server's Retry-After wins, up to a
 * cap, but no wait is shorter than base/2: "Retry-After: 0" makes no busy loop.
 */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdint.h>

#include "base/clock.h"

struct backoff {
    int64_t base_ms; /* wait after the first failure */
    int64_t cap_ms;  /* never longer than this */
};

#define BACKOFF_RETRY_AFTER_CAP_MS INT64_C(300000) /* 5 min: no server parks us for longer */

/* attempt counts failures so far, from 0. retry_after_ms < 0: the server said nothing. */
int64_t backoff_wait_ms(const struct backoff *backoff, unsigned attempt, int64_t retry_after_ms,
                        struct rng *rng);

#endif
