/* How fast requests may leave: a token bucket, and a pause that a busy manager asked for. */
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

struct limits {
    double per_second; /* 0: no limit */
    double tokens;     /* at most one second's worth */
    int64_t filled_ms; /* monotonic */
    int64_t hold_until_ms;
    size_t in_flight; /* most requests at the same time */
};

/* From options.limits; what is absent gets the defaults above. */
void limits_init(struct limits *limits, const struct json *options, int64_t now_ms);
/* May one more request leave now? Takes a token when it may. */
bool limits_take(struct limits *limits, size_t in_flight, int64_t now_ms);
/* How long until the next may leave; 0: now (in_flight is not looked at). */
int64_t limits_wait_ms(const struct limits *limits, int64_t now_ms);
/* No request for so long: the manager said that it is busy. */
void limits_hold(struct limits *limits, int64_t wait_ms, int64_t now_ms);

#endif
