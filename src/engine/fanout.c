/* Many units: how they are named, which of the pending ones may begin now, and width. */
#include "engine/internal.h"

#define STALE_MS ((int64_t)3600 * 1000)

/* --- units that expand names, and parts of those that could not be done as a whole --- */

static void sink_put(struct state_sink *sink, const char *key, enum unit_state state,
                     const char *reason, const struct json *given)
{
    struct engine *engine = sink->engine;
    struct unit *unit = unit_new(engine->step, &engine->run, &engine->step->row, key);

    unit->row.state = state;
    unit_set_text(unit, &unit->row.error, reason);
    if (given) {
        unit->data = json_object(unit);
        json_set_json(unit->data, "given", given);
    }
    if (sink->count == sink->room) {
        sink->room = sink->room ? sink->room * 2 : 256;
        sink->units = mem_resize(engine, sink->units, struct unit *, sink->room);
    }
    sink->units[sink->count++] = unit;
    engine->step->exhausted = false;
    engine->hurry = true;
}

void state_sink_add(struct state_sink *sink, const char *key)
{
    sink_put(sink, key, UNIT_PENDING, NULL, NULL);
}

void state_sink_add_given(struct state_sink *sink, const char *key, const struct json *given)
{
    sink_put(sink, key, UNIT_PENDING, NULL, given);
}

void state_sink_skip(struct state_sink *sink, const char *key, const char *reason)
{
    sink_put(sink, key, UNIT_SKIPPED, reason, NULL);
}

/* --- rows that are in hand already --- */

void engine_remember_taken(struct step *step, const struct unit_row *rows, size_t count)
{
    step->taken = mem_resize(step, step->taken, int64_t, step->taken_count + count);
    for (size_t i = 0; i < count; i++) {
        step->taken[step->taken_count++] = rows[i].seq;
    }
}

/* Is this row in hand already? One that was open when the step was taken up may have become pending
   again since, and then the journal names it among the pending ones. */
static bool is_taken(const struct step *step, int64_t seq)
{
    size_t low = 0, high = step->taken_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (step->taken[middle] < seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < step->taken_count && step->taken[low] == seq;
}

/* --- what is kept in the cursor of a running step --- */

struct json *engine_cursor(struct step *step)
{
    if (!step->self->data) {
        step->self->data = json_object(step->self);
    }
    return step->self->data;
}

void engine_note_parts(struct engine *engine)
{
    struct step *step = engine->step;

    if (step->named == 0) {
        step->named = step->row.n_total; /* those in the sink are not counted yet */
        json_set_int(engine_cursor(step), "named", step->named);
        step->dirty = true;
    }
}

/* Has nobody worked on the run for so long that others may have done so by hand? */
static bool stood_still(const struct engine *engine)
{
    int64_t last_ms = engine->run.updated_at_ms,
            alive_ms = journal_last_alive_ms(engine->o.journal);

    last_ms = alive_ms > last_ms ? alive_ms : last_ms;
    return engine_realtime(engine) - last_ms > STALE_MS;
}

void engine_fanout_load(struct engine *engine)
{
    struct step *step = engine->step;
    const struct json *cursor = step->row.state == STEP_RUNNING ? step->self->data : NULL;

    width_init(&step->width, step->timing.concurrency, (unsigned)json_int64_or(cursor, "width", 0));
    step->failed_accepted = step->row.n_failed;
    step->last_part = -1;
    step->stale = step->row.state == STEP_RUNNING && stood_still(engine);
    step->named = json_int64_or(cursor, "named", 0);
    engine_wave_load(step, json_get(cursor, "wave"));
}

/* --- the window: pending units read ahead --- */

/* Up to PENDING_LOADED pending rows with after < seq <= most; false: the run ends. */
static bool read_pending(struct engine *engine, int64_t after, int64_t most, struct unit_row **rows,
                         size_t *count)
{
    struct step *step = engine->step;
    struct ferry_error err = {0};

    if (journal_units(engine->o.journal, step->window,
                      &(struct unit_query){step->row.run, step->row.step, UNITS_PENDING, after,
                                           PENDING_LOADED},
                      rows, count, &err)) {
        engine_end(engine, RUN_PAUSED, err.code, err.message, err.hint);
        return false;
    }
    while (*count > 0 && (*rows)[*count - 1].seq > most) {
        --*count;
    }
    return true;
}

static void take_rows(struct engine *engine, struct unit_row *rows, size_t count)
{
    struct step *step = engine->step;
    int64_t most_ms = engine_now(engine) + BACKOFF_RETRY_AFTER_CAP_MS;

    for (size_t i = 0; i < count; i++) {
        if (!is_taken(step, rows[i].seq)) {
            struct unit *unit = unit_load(step, &rows[i], engine->o.clock);

            unit->stale = step->stale;
            unit->deadline_ms = 0; /* of a question that an earlier life asked */
            if (unit->due_ms > most_ms) {
                unit->due_ms = most_ms; /* the wall clock was set back */
            }
            step->window[step->window_count++] = unit;
        }
    }
    mem_free(rows);
}

/* Parts first: they belong to what has begun, and what they tell of failures is wanted early. */
static bool read_parts(struct engine *engine)
{
    struct step *step = engine->step;
    int64_t after = step->last_part >= step->named ? step->last_part : step->named - 1;
    struct unit_row *rows;
    size_t count = 0;

    if (step->named == 0 || !read_pending(engine, after, INT64_MAX, &rows, &count) || count == 0) {
        return false;
    }
    step->last_part = rows[count - 1].seq;
    take_rows(engine, rows, count);
    return true;
}

static void read_ahead(struct engine *engine)
{
    struct step *step = engine->step;
    int64_t most = step->named > 0 ? step->named - 1 : INT64_MAX;
    struct unit_row *rows;
    size_t count = 0;

    if (step->wave.on && step->wave.last < most) {
        most = step->wave.last;
    }
    if (read_parts(engine) || engine->ending ||
        !read_pending(engine, step->last_seq, most, &rows, &count)) {
        return;
    }
    if (count > 0) {
        step->last_seq = rows[count - 1].seq;
    }
    take_rows(engine, rows, count);
    step->exhausted = count < PENDING_LOADED;
}

/* Reads the next pending rows when the window is empty. Not while this turn has changes of its own
   that the disk does not know yet. */
static void fill_window(struct engine *engine)
{
    struct step *step = engine->step;

    while (step->window_at == step->window_count && !step->exhausted && !step->dirty &&
           !engine->sink.count && !engine->ending) {
        mem_free(step->window);
        step->window = mem_array(step, struct unit *, PENDING_LOADED);
        step->window_at = step->window_count = 0;
        read_ahead(engine);
    }
}

static bool is_apart_from(const struct engine *engine, const struct state_unit *view,
                          const struct unit *other)
{
    struct state_unit its = unit_view(other, engine_now(engine));

    return !other->is_step && engine->step->state->apart(view, &its);
}

/* Is something in hand with which this unit must not be under way? */
static bool must_stay(const struct engine *engine, const struct unit *unit)
{
    struct state_unit view = unit_view(unit, engine_now(engine));

    if (!engine->step->state->apart || engine->step->named == 0) {
        return false;
    }
    for (size_t i = 0; i < engine->schedule.count; i++) {
        if (is_apart_from(engine, &view, engine->schedule.heap[i])) {
            return true;
        }
    }
    for (const struct flight *flight = engine->flights; flight; flight = flight->next) {
        for (size_t i = 0; i < flight->n; i++) {
            if (is_apart_from(engine, &view, flight->units[i])) {
                return true;
            }
        }
    }
    return false;
}

/* The first of the window that may begin; the others keep their order. */
static struct unit *take_from_window(struct engine *engine)
{
    struct step *step = engine->step;
    size_t at = step->window_at;
    struct unit *unit;

    while (at < step->window_count && must_stay(engine, step->window[at])) {
        at++;
    }
    if (at == step->window_count) {
        return NULL;
    }
    unit = step->window[at];
    for (; at > step->window_at; at--) {
        step->window[at] = step->window[at - 1];
    }
    step->window_at++;
    return unit;
}

struct unit *engine_next_pending(struct engine *engine)
{
    struct step *step = engine->step;

    if (step->row.state != STEP_RUNNING || engine_is_held(step)) {
        return NULL;
    }
    while (step->live < step->width.now) {
        struct unit *unit;

        fill_window(engine);
        unit = take_from_window(engine);
        if (!unit) {
            return NULL;
        }
        step->live++;
        if (unit->due_ms <= engine_now(engine)) {
            return unit;
        }
        schedule_put(&engine->schedule, unit);
    }
    return NULL;
}

bool engine_has_pending(struct engine *engine)
{
    const struct step *step = engine->step;

    if (engine_is_held(step)) {
        return false;
    }
    fill_window(engine);
    return step->window_at < step->window_count || !step->exhausted;
}

/* --- width --- */

static void keep_width(struct engine *engine, const char *why)
{
    struct step *step = engine->step;
    char *text;

    json_set_int(engine_cursor(step), "width", step->width.now);
    step->dirty = true;
    text = mem_printf(step, "%u at a time: %s", step->width.now, why);
    engine_tell(engine, "width", NULL, text, NULL);
    mem_free(text);
}

void engine_narrow(struct engine *engine, const char *why)
{
    struct step *step = engine->step;

    if (step && step->row.state == STEP_RUNNING && width_busy(&step->width, engine_now(engine))) {
        keep_width(engine, why);
    }
}

void engine_widen(struct engine *engine)
{
    if (width_good(&engine->step->width)) {
        keep_width(engine, "the manager copes");
    }
}
