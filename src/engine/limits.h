/* How fast requests may leave, and how many units may be under way: what a busy manager needs. */
#ifndef ENGINE_LIMITS_H
#define ENGINE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/backoff.h"
#include "base/json.h"

/* cloudify-facts 1.0: 7.0 allows 10 requests a second; its advice is to stay below 5. */
#define LIMITS_REQUESTS_PER_SECOND 5
#define LIMITS_IN_FLIGHT 64
/* A manager that asks for a longer pause is asked again after this. */
#define LIMITS_HOLD_MAX_MS BACKOFF_RETRY_AFTER_CAP_MS
/* Up to this rate the requests of the latest second are remembered one by one. */
#define LIMITS_REMEMBERED 64

/*
 * A token bucket spreads the requests over the second; its bucket is small. Since a bucket lets its
 * content out on top of the rate, the latest second is counted as well: no second that begins
 * anywhere has more requests than the rate says (up to LIMITS_REMEMBERED; above it a fifth more).
 */
struct limits {
    double per_second; /* 0: no limit */
    double tokens;     /* at most a fifth of a second's worth, and one at least */
    int64_t filled_ms; /* monotonic */
    int64_t hold_until_ms;
    size_t in_flight;                   /* most requests at the same time */
    int64_t left_ms[LIMITS_REMEMBERED]; /* when the latest ones left: a ring */
    size_t left_at, left_count;
};

/* From options.limits; what is absent gets the defaults above. */
void limits_init(struct limits *limits, const struct json *options, int64_t now_ms);
/* May one more request leave now? Takes a token when it may. */
bool limits_take(struct limits *limits, size_t in_flight, int64_t now_ms);
/* How long until the next may leave; 0: now (in_flight is not looked at). */
int64_t limits_wait_ms(const struct limits *limits, int64_t now_ms);
/* No request for so long: the manager said that it is busy. */
void limits_hold(struct limits *limits, int64_t wait_ms, int64_t now_ms);

/*
 * How many units may be under way: half as many each time the manager says that it is busy (once
 * for all answers of the same few seconds), and one more again for as many good ends as there are
 * places.
 */
struct width {
    unsigned most, now, good;
    int64_t narrowed_ms; /* monotonic; 0: never */
};
#define WIDTH_CALM_MS 2000

void width_init(struct width *width, unsigned most, unsigned now);
/* True when it became narrower. */
bool width_busy(struct width *width, int64_t now_ms);
/* True when it became wider. */
bool width_good(struct width *width);

#endif
