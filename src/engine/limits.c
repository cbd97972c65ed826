#include "engine/limits.h"

#include <math.h>

void limits_init(struct limits *limits, const struct json *options, int64_t now_ms)
{
    int64_t in_flight = json_int64_or(options, "limits.in_flight", LIMITS_IN_FLIGHT);

    *limits = (struct limits){.filled_ms = now_ms};
    limits->per_second =
        json_double_or(options, "limits.requests_per_second", LIMITS_REQUESTS_PER_SECOND);
    limits->in_flight = in_flight > 1 ? (size_t)in_flight : 1;
    limits->tokens = fmax(limits->per_second, 1.0);
}

static double tokens_at(const struct limits *limits, int64_t now_ms)
{
    double more = (double)(now_ms - limits->filled_ms) * limits->per_second / 1000.0;

    return fmin(limits->tokens + fmax(more, 0.0), fmax(limits->per_second, 1.0));
}

bool limits_take(struct limits *limits, size_t in_flight, int64_t now_ms)
{
    if (in_flight >= limits->in_flight || now_ms < limits->hold_until_ms) {
        return false;
    }
    if (limits->per_second <= 0.0) {
        return true;
    }
    limits->tokens = tokens_at(limits, now_ms);
    limits->filled_ms = now_ms;
    if (limits->tokens < 1.0) {
        return false;
    }
    limits->tokens -= 1.0;
    return true;
}

int64_t limits_wait_ms(const struct limits *limits, int64_t now_ms)
{
    int64_t wait_ms = limits->hold_until_ms > now_ms ? limits->hold_until_ms - now_ms : 0;

    if (limits->per_second > 0.0) {
        double missing = 1.0 - tokens_at(limits, now_ms);

        if (missing > 0.0) {
            int64_t refill_ms = (int64_t)ceil(missing * 1000.0 / limits->per_second);

            wait_ms = refill_ms > wait_ms ? refill_ms : wait_ms;
        }
    }
    return wait_ms;
}

void limits_hold(struct limits *limits, int64_t wait_ms, int64_t now_ms)
{
    wait_ms = wait_ms > LIMITS_HOLD_MAX_MS ? LIMITS_HOLD_MAX_MS : wait_ms;
    if (now_ms + wait_ms > limits->hold_until_ms) {
        limits->hold_until_ms = now_ms + wait_ms;
    }
}
