#include "engine/unit.h"

#include <string.h>

#include "base/mem.h"

/* No stored time is further away than this; a longer one comes from a clock that was wrong. */
#define UNIT_WAIT_MAX_MS ((int64_t)7 * 24 * 3600 * 1000)

void unit_derive_id(struct unit *unit, const struct run_row *run, const char *step)
{
    char *name = mem_printf(unit, "%s/%s/%u", step, unit->row.key, unit->row.attempt);

    uuid_derive(run->uuid, name, unit->row.intent_id);
    mem_free(name);
}

struct unit *unit_new(const void *ctx, const struct run_row *run, const struct step_row *step,
                      const char *key)
{
    struct unit *unit = mem_new(ctx, struct unit);

    unit->row.run = step->run;
    unit->row.step = step->step;
    unit->row.seq = -1;
    unit->row.key = mem_strdup(unit, key);
    unit->row.attempt = 1;
    unit_derive_id(unit, run, step->name);
    return unit;
}

static int64_t to_monotonic(int64_t stored_ms, struct clock *clock)
{
    int64_t wait_ms = stored_ms - clock->realtime_ms(clock);

    if (wait_ms < 0) {
        wait_ms = 0;
    }
    return clock->now_ms(clock) + (wait_ms > UNIT_WAIT_MAX_MS ? UNIT_WAIT_MAX_MS : wait_ms);
}

struct json *unit_notes(const void *ctx, const char *text)
{
    struct json *notes = NULL;

    if (!text || json_parse(ctx, text, strlen(text), &notes, NULL)) {
        return NULL;
    }
    return notes;
}

struct unit *unit_load(const void *ctx, const struct unit_row *row, struct clock *clock)
{
    struct unit *unit = mem_new(ctx, struct unit);

    unit->row = *row;
    unit->row.key = mem_strdup(unit, row->key);
    unit->row.request_digest = mem_strdup(unit, row->request_digest);
    unit->row.remote_id = mem_strdup(unit, row->remote_id);
    unit->row.remote_state = mem_strdup(unit, row->remote_state);
    unit->row.error = mem_strdup(unit, row->error);
    unit->row.hint = mem_strdup(unit, row->hint);
    unit->row.data = mem_strdup(unit, row->data);
    unit->stored = row->state;
    unit->data = unit_notes(unit, row->data);
    unit->due_ms = to_monotonic(row->not_before_ms, clock);
    if (row->deadline_ms) {
        unit->deadline_ms = to_monotonic(row->deadline_ms, clock);
    }
    return unit;
}

void unit_store(struct unit *unit, struct clock *clock)
{
    int64_t offset_ms = clock->realtime_ms(clock) - clock->now_ms(clock);

    unit->row.not_before_ms = unit->due_ms ? unit->due_ms + offset_ms : 0;
    unit->row.deadline_ms = unit->deadline_ms ? unit->deadline_ms + offset_ms : 0;
    if (unit->data) {
        mem_free((void *)(uintptr_t)unit->row.data);
        unit->row.data = json_print(unit, unit->data);
    }
}

static bool asks_first(const struct unit *unit, unsigned flags)
{
#ifdef FERRY_MUTANT_PROBE_AGAIN
    flags &= ~(unsigned)STATE_PROBE_AGAIN;
#endif
    return !unit->probed &&
           ((flags & STATE_PROBE_FIRST) ||
            ((flags & STATE_PROBE_AGAIN) && (unit->row.attempt > 1 || unit->stale)));
}

enum engine_phase unit_phase(const struct unit *unit, const struct ferry_state *state,
                             enum step_state step)
{
    if (unit->is_step) {
        return step == STEP_EXPANDING ? PHASE_EXPAND : PHASE_VERIFY;
    }
    if (unit->row.state == UNIT_STARTED) {
        return PHASE_AWAIT;
    }
    if (unit->row.state == UNIT_INTENT) {
        return PHASE_REPROBE;
    }
    return asks_first(unit, state->flags) ? PHASE_PROBE : PHASE_ACT;
}

struct state_unit unit_view(const struct unit *unit, int64_t now_ms)
{
    bool started = unit->row.state == UNIT_STARTED;

    return (struct state_unit){.key = unit->row.key,
                               .id = unit->row.intent_id,
                               .attempt = unit->row.attempt,
                               .tries = unit->row.tries,
                               .remote_id = unit->row.remote_id,
                               .intent_at_ms = unit->row.intent_at_ms,
                               .started_at_ms = unit->row.started_at_ms,
                               .age_ms = started ? now_ms - unit->began_ms : 0,
                               .data = unit->data};
}

bool unit_merge(struct unit *unit, const struct json *patch)
{
    char *text;
    bool news;

    if (!patch) {
        return false;
    }
    if (!unit->data) {
        unit->data = json_object(unit);
    }
    json_merge(unit->data, patch);
    text = json_print(unit, unit->data);
    news = strcmp(text, unit->row.data ? unit->row.data : "{}") != 0;
    mem_free(text);
    return news;
}

bool unit_set_text(struct unit *unit, const char **field, const char *text)
{
    char *copy;

    if (!text || (*field && strcmp(*field, text) == 0)) {
        return false;
    }
    copy = mem_strdup(unit, text);
    mem_free((void *)(uintptr_t)*field);
    *field = copy;
    return true;
}

bool unit_has_ended(const struct unit *unit)
{
    return unit->row.state != UNIT_PENDING && unit->row.state != UNIT_INTENT &&
           unit->row.state != UNIT_STARTED;
}

static void forget(const char **text)
{
    mem_free((void *)(uintptr_t)*text);
    *text = NULL;
}

void unit_renew(struct unit *unit, const struct run_row *run, const char *step)
{
    unit->row.attempt++;
#ifndef FERRY_MUTANT_RENEW
    unit_derive_id(unit, run, step);
#else
    (void)run, (void)step;
#endif
    forget(&unit->row.remote_id);
    forget(&unit->row.remote_state);
    forget(&unit->row.error);
    forget(&unit->row.hint);
    unit->row.tries = unit->unsent = unit->fruitless = 0;
    unit->row.intent_at_ms = unit->row.started_at_ms = unit->row.ended_at_ms = 0;
    unit->deadline_ms = unit->obstacle_until_ms = unit->settle_until_ms = 0;
    unit->probed = unit->polled = false;
}

struct json *unit_given(const void *ctx, const struct json *notes)
{
    const struct json *given = json_get(notes, "given");
    struct json *kept;

    if (!given) {
        return NULL;
    }
    kept = json_object(ctx);
    json_set_json(kept, "given", given);
    return kept;
}

void unit_begin_again(struct unit *unit, const struct run_row *run, const char *step)
{
    unit->data = unit_given(unit, unit->data);
    unit->row.data = unit->data ? json_print(unit, unit->data) : NULL;
    unit->row.state = UNIT_PENDING;
    unit->row.not_before_ms = unit->row.deadline_ms = 0;
    unit_renew(unit, run, step);
}
