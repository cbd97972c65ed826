/* Waves: how many units may begin before somebody looks, and how many failures are too many. */
#include "engine/internal.h"

#include <inttypes.h>

#include "base/parse.h"

/* No unit has a seq as high (JSON numbers stay exact). */
#define WAVE_REST ((int64_t)1 << 40)

/* --- what is kept in the cursor of a running step --- */

static void keep_wave(struct step *step)
{
    struct json *kept = json_set_object(engine_cursor(step), "wave");
    const struct wave *wave = &step->wave;

    json_set_int(kept, "number", wave->number);
    json_set_int(kept, "last", wave->last);
    json_set_int(kept, "size", wave->size);
    json_set_int(kept, "failed", wave->failed_before);
    json_set_json(kept, "left", wave->left);
    step->dirty = true;
}

void engine_wave_load(struct step *step, const struct json *kept)
{
    struct wave *wave = &step->wave;

    wave->on = (step->state->flags & STATE_FANOUT) && json_is_array(step->timing.waves);
    wave->left = wave->on ? step->timing.waves : NULL;
    if (!wave->on || !kept) {
        return;
    }
    wave->open = true;
    wave->number = json_int64_or(kept, "number", 1);
    wave->last = json_int64_or(kept, "last", -1);
    wave->size = json_int64_or(kept, "size", 0);
    wave->failed_before = json_int64_or(kept, "failed", 0);
    if (step->timing.waves_anew) {
        wave->failed_before = step->row.n_failed; /* the operator has seen them */
        keep_wave(step);
    } else {
        wave->left = json_copy(step, json_get(kept, "left"));
    }
}

/* --- how many failures are too many --- */

static bool are_too_many(const struct step *step, int64_t failed, int64_t of)
{
    const struct state_timing *timing = &step->timing;

    return (timing->max_failures >= 0 && failed > timing->max_failures) ||
           (timing->max_failures_percent < 100 &&
            failed * 100 > of * (int64_t)timing->max_failures_percent);
}

bool engine_too_many_failures(const struct step *step)
{
    const struct wave *wave = &step->wave;

    if (wave->on && wave->open) {
        return are_too_many(step, step->row.n_failed - wave->failed_before, wave->size);
    }
    return are_too_many(step, step->row.n_failed, step->row.n_total);
}

static bool stops_at_failure(const struct step *step)
{
    return step->timing.stop_on_failure && step->row.n_failed > step->failed_accepted;
}

bool engine_is_held(const struct step *step)
{
    return stops_at_failure(step) || engine_too_many_failures(step) ||
           (step->wave.on && !step->wave.open);
}

/* --- waves --- */

static int64_t pending_of(const struct step_row *row)
{
    return row->n_total - row->n_done - row->n_skipped - row->n_failed - row->n_open -
           row->n_unknown;
}

/* Where a wave of so many units ends: the seq of its last one; *size: how many there are. */
static int64_t find_last(struct engine *engine, int64_t most, int64_t *size)
{
    struct step *step = engine->step;
    int64_t last = step->wave.open ? step->wave.last : -1;

    *size = 0;
    while (*size < most) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        size_t want = most - *size < PENDING_LOADED ? (size_t)(most - *size) : PENDING_LOADED;
        struct ferry_error err = {0};
        struct unit_row *rows;
        size_t count, used = 0;

        if (journal_units(
                engine->o.journal, scope,
                &(struct unit_query){step->row.run, step->row.step, UNITS_PENDING, last, want},
                &rows, &count, &err)) {
            engine_end(engine, RUN_PAUSED, err.code, err.message, err.hint);
            return last;
        }
        while (used < count && (step->named == 0 || rows[used].seq < step->named)) {
            last = rows[used++].seq;
        }
        *size += (int64_t)used;
        if (used < want) {
            break;
        }
    }
    return last;
}

static const struct json *behind_first(struct step *step, const struct json *list)
{
    struct json *left = json_array(step);

    for (const struct json *at = json_next(json_first(list)); at; at = json_next(at)) {
        json_push_json(left, at);
    }
    return left;
}

/* Takes the first of the waves that are left: a number, or "rest". */
static void open_wave(struct engine *engine, int64_t pending)
{
    struct step *step = engine->step;
    struct wave *wave = &step->wave;
    int64_t most = 0;

    if (parse_int64(json_text(json_first(wave->left)), 1, WAVE_REST, &most)) {
        wave->last = find_last(engine, most, &wave->size);
    } else {
        wave->last = WAVE_REST;
        wave->size = pending;
    }
    wave->left = behind_first(step, wave->left);
    wave->open = true;
    wave->number++;
    wave->failed_before = step->row.n_failed;
    step->exhausted = false;
    keep_wave(step);
    engine->hurry = true;
    engine_tell(engine, "wave_started", NULL,
                mem_printf(step, "wave %" PRId64 ": %" PRId64 " units", wave->number, wave->size),
                NULL);
}

static void stop(struct engine *engine, const char *reason, const char *hint)
{
    engine_end(engine, RUN_PAUSED, FERRY_E_STOPPED, reason, hint);
}

static void stop_wave(struct engine *engine, int64_t pending)
{
    const struct wave *wave = &engine->step->wave;

    stop(
        engine,
        mem_printf(engine->step,
                   "wave %" PRId64 ": of its %" PRId64 " units %" PRId64
                   " failed, more than allowed; %" PRId64 " units have not begun",
                   wave->number, wave->size, engine->step->row.n_failed - wave->failed_before,
                   pending),
        "see ferry status; when the reasons are mended: ferry retry RUN --failed and ferry resume; "
        "to go on all the same: ferry resume --wave rest");
}

bool engine_fanout_goes_on(struct engine *engine)
{
    struct step *step = engine->step;
    int64_t pending = pending_of(&step->row);

    if (pending <= 0) {
        return false;
    }
    if (stops_at_failure(step)) {
        stop(engine,
             mem_printf(step,
                        "%" PRId64 " failed, and the run is to stop at a failure; %" PRId64
                        " units have not begun",
                        step->row.n_failed - step->failed_accepted, pending),
             "see ferry status; to do it again: ferry retry RUN --failed; to go on with the "
             "others: ferry resume");
        return true;
    }
    if (!step->wave.on) {
        return false;
    }
    if (step->wave.open && engine_too_many_failures(step)) {
        stop_wave(engine, pending);
    } else if (!json_first(step->wave.left)) {
        stop(engine,
             mem_printf(step,
                        "wave %" PRId64 " was the last one asked for; %" PRId64
                        " units have not begun",
                        step->wave.number, pending),
             "to go on: ferry resume --wave 100,rest");
    } else {
        open_wave(engine, pending);
    }
    return true;
}
