#include "base/backoff.h"

static int64_t at_least_zero(int64_t ms)
{
    return ms < 0 ? 0 : ms;
}

/* base * 2^attempt, at most cap. */
static int64_t ceiling_ms(const struct backoff *backoff, unsigned attempt)
{
    int64_t wait = at_least_zero(backoff->base_ms);
    int64_t cap = at_least_zero(backoff->cap_ms);

    while (attempt > 0 && wait > 0 && wait < cap) {
        wait = wait > cap / 2 ? cap : wait * 2;
        attempt--;
    }
    return wait < cap ? wait : cap;
}

int64_t backoff_wait_ms(const struct backoff *backoff, unsigned attempt, int64_t retry_after_ms,
                        struct rng *rng)
{
    int64_t high;
    int64_t low;

    if (retry_after_ms >= 0) {
        /* "Retry-After: 0" must not make a busy loop. */
        int64_t least = at_least_zero(backoff->base_ms) / 2;
        int64_t wait = retry_after_ms > least ? retry_after_ms : least;

        return wait < BACKOFF_RETRY_AFTER_CAP_MS ? wait : BACKOFF_RETRY_AFTER_CAP_MS;
    }
    high = ceiling_ms(backoff, attempt);
    low = high / 2;
    return low + (int64_t)rng_below(rng, (uint64_t)(high - low) + 1);
}
