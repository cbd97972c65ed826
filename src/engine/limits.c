#include "engine/limits.h"

#include <math.h>

#define SECOND_MS 1000

static double bucket(const struct limits *limits)
{
    return fmax(limits->per_second / 5.0, 1.0);
}

void limits_init(struct limits *limits, const struct json *options, int64_t now_ms)
{
    int64_t in_flight = json_int64_or(options, "limits.in_flight", LIMITS_IN_FLIGHT);

    *limits = (struct limits){.filled_ms = now_ms};
    limits->per_second =
        json_double_or(options, "limits.requests_per_second", LIMITS_REQUESTS_PER_SECOND);
    limits->in_flight = in_flight > 1 ? (size_t)in_flight : 1;
    limits->tokens = bucket(limits);
}

static double tokens_at(const struct limits *limits, int64_t now_ms)
{
    double more = (double)(now_ms - limits->filled_ms) * limits->per_second / SECOND_MS;

    return fmin(limits->tokens + fmax(more, 0.0), bucket(limits));
}

/* How many requests a second may have, 0: they are not counted one by one. */
static size_t countable(const struct limits *limits)
{
    return limits->per_second >= 1.0 && limits->per_second <= LIMITS_REMEMBERED
               ? (size_t)limits->per_second
               : 0;
}

/* How long until the latest second has room for one more. */
static int64_t window_wait_ms(const struct limits *limits, int64_t now_ms)
{
    size_t most = countable(limits);
    int64_t first_ms;

    if (most == 0 || limits->left_count < most) {
        return 0;
    }
    first_ms = limits->left_ms[(limits->left_at + LIMITS_REMEMBERED - most) % LIMITS_REMEMBERED];
    return first_ms + SECOND_MS > now_ms ? first_ms + SECOND_MS - now_ms : 0;
}

static void remember(struct limits *limits, int64_t now_ms)
{
    limits->left_ms[limits->left_at] = now_ms;
    limits->left_at = (limits->left_at + 1) % LIMITS_REMEMBERED;
    if (limits->left_count < LIMITS_REMEMBERED) {
        limits->left_count++;
    }
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
    if (limits->tokens < 1.0 || window_wait_ms(limits, now_ms) > 0) {
        return false;
    }
    limits->tokens -= 1.0;
    remember(limits, now_ms);
    return true;
}

int64_t limits_wait_ms(const struct limits *limits, int64_t now_ms)
{
    int64_t wait_ms = limits->hold_until_ms > now_ms ? limits->hold_until_ms - now_ms : 0;

    if (limits->per_second > 0.0) {
        double missing = 1.0 - tokens_at(limits, now_ms);
        int64_t window_ms = window_wait_ms(limits, now_ms);

        if (missing > 0.0) {
            int64_t refill_ms = (int64_t)ceil(missing * SECOND_MS / limits->per_second);

            wait_ms = refill_ms > wait_ms ? refill_ms : wait_ms;
        }
        wait_ms = window_ms > wait_ms ? window_ms : wait_ms;
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

/* --- width --- */

void width_init(struct width *width, unsigned most, unsigned now)
{
    *width = (struct width){.most = most, .now = now >= 1 && now < most ? now : most};
}

bool width_busy(struct width *width, int64_t now_ms)
{
    width->good = 0;
    if (width->now <= 1 ||
        (width->narrowed_ms != 0 && now_ms - width->narrowed_ms < WIDTH_CALM_MS)) {
        return false;
    }
    width->now /= 2;
    width->narrowed_ms = now_ms;
    return true;
}

bool width_good(struct width *width)
{
    if (width->now >= width->most || ++width->good < width->now) {
        return false;
    }
    width->good = 0;
    width->now++;
    return true;
}
