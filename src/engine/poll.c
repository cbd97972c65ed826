/* When a unit that goes on is asked about: by a fixed interval, or by what was learnt of others. */
#include "engine/internal.h"

/* Adaptive polls take at most one request in so many. */
#define POLL_SHARE 20
#define POLL_LEAST_MS 100

/* One round of polls about all units in hand, as spread as its share of the rate asks. */
static int64_t least_ms(const struct engine *engine)
{
    const struct step *step = engine->step;
    size_t batch = step->state->await.batch > 1 ? step->state->await.batch : 1;
    size_t requests = (step->live + batch - 1) / batch;
    double spread_ms = 0;

    if (engine->limits.per_second > 0.0) {
        spread_ms = (double)requests * POLL_SHARE * 1000.0 / engine->limits.per_second;
    }
    return spread_ms > POLL_LEAST_MS ? (int64_t)spread_ms : POLL_LEAST_MS;
}

static int64_t within(int64_t ms, int64_t least, int64_t most)
{
    ms = ms < least ? least : ms;
    return ms > most ? most : ms;
}

int64_t engine_first_poll_ms(const struct engine *engine)
{
    const struct state_timing *timing = &engine->step->timing;
    int64_t typical_ms = engine->step->typical_ms, quiet_ms = timing->quiet_ms;

    if (!timing->adaptive || typical_ms == 0) {
        return quiet_ms;
    }
    /* a little later than usual, or it is asked about twice */
    return within(typical_ms + typical_ms / 10, least_ms(engine), timing->interval_ms);
}

bool engine_may_ride(const struct engine *engine, const struct unit *unit, int64_t now_ms)
{
    int64_t quiet_ms = engine->step->timing.quiet_ms, typical_ms = engine->step->typical_ms;
    int64_t least_age_ms = quiet_ms / 4; /* nothing is known yet, and it costs nothing */

    if (typical_ms > 0) {
        least_age_ms = typical_ms / 2 < quiet_ms ? typical_ms / 2 : quiet_ms;
    }
    return now_ms - unit->began_ms >= least_age_ms;
}

int64_t engine_next_poll_ms(const struct engine *engine, const struct unit *unit)
{
    const struct state_timing *timing = &engine->step->timing;
    int64_t typical_ms = engine->step->typical_ms;
    int64_t age_ms = engine_now(engine) - unit->began_ms;

    if (!timing->adaptive) {
        return timing->interval_ms;
    }
    if (typical_ms == 0) { /* nothing is known yet: the longer it takes, the longer it may */
        return within(age_ms / 2, least_ms(engine), timing->interval_ms);
    }
    return within(age_ms > 2 * typical_ms ? age_ms / 8 : typical_ms / 4, least_ms(engine),
                  timing->interval_ms);
}

void engine_learn_duration(struct engine *engine, const struct unit *unit, enum engine_phase phase,
                           const struct state_verdict *verdict)
{
    int64_t took_ms = verdict->took_ms;

    if (phase != PHASE_AWAIT || !engine->step->timing.adaptive) {
        return;
    }
    if (took_ms <= 0) {
        took_ms = engine_now(engine) - unit->began_ms;
    }
    took_ms = took_ms > 0 ? took_ms : 1;
    engine->step->typical_ms =
        engine->step->typical_ms == 0 ? took_ms : (3 * engine->step->typical_ms + took_ms) / 4;
}
