/* One transaction a turn; what it holds is told to the watcher only after it is on disk. */
#include "engine/internal.h"

#include <stdio.h>
#include <string.h>

/* --- events --- */

static struct engine_event *queue_put(struct engine *engine, const char *kind,
                                      const struct unit *unit, const char *text)
{
    struct event_queue *queue = &engine->queue;
    struct engine_event *event;

    if (!queue->mem) {
        queue->mem = mem_scope(engine);
    }
    if (queue->count == queue->room) {
        queue->room = queue->room ? queue->room * 2 : 64;
        queue->events = mem_resize(engine, queue->events, struct engine_event, queue->room);
        queue->rows = mem_resize(engine, queue->rows, struct event_row, queue->room);
    }
    event = &queue->events[queue->count];
    *event = (struct engine_event){.kind = kind, .at_ms = engine_realtime(engine)};
    event->step = engine->step ? mem_strdup(queue->mem, engine->step->row.name) : NULL;
    event->unit = unit && !unit->is_step ? mem_strdup(queue->mem, unit->row.key) : NULL;
    event->text = mem_strdup(queue->mem, text);
    queue->rows[queue->count] =
        (struct event_row){.run = engine->run.run,
                           .step = engine->step ? engine->step->row.step : -1,
                           .seq = unit && !unit->is_step ? unit->row.seq : -1,
                           .at_ms = event->at_ms};
    queue->count++;
    return event;
}

void engine_tell(struct engine *engine, const char *kind, const struct unit *unit, const char *text,
                 const struct json *data)
{
    struct engine_event *event = queue_put(engine, kind, unit, text);
    struct event_row *row = &engine->queue.rows[engine->queue.count - 1];
    void *mem = engine->queue.mem;

    row->kind = kind;
    engine->queue.stored = true;
    if (text || data) {
        struct json *stored = data ? json_copy(mem, data) : json_object(mem);

        if (text) {
            json_set_string(stored, "text", text);
        }
        row->data = json_print(mem, stored);
        event->data = row->data;
    }
}

void engine_show(struct engine *engine, const char *kind, const struct unit *unit, const char *text,
                 const struct amount *amount)
{
    struct engine_event *event;

    if (!engine->o.on_event) {
        return;
    }
    event = queue_put(engine, kind, unit, text);
    if (amount) {
        event->done = amount->done;
        event->total = amount->total;
        event->measure = amount->measure;
    }
}

static void tell_all(struct engine *engine)
{
    struct event_queue *queue = &engine->queue;

    for (size_t i = 0; i < queue->count && engine->o.on_event; i++) {
        queue->events[i].id = queue->rows[i].id;
        engine->o.on_event(engine->o.arg, &queue->events[i]);
    }
    queue->count = 0;
    queue->stored = false;
    mem_free(queue->mem);
    queue->mem = NULL;
}

void engine_show_progress(struct engine *engine)
{
    struct transport *transport = engine->o.transport;
    int64_t now_ms = engine_now(engine);

    if (!engine->o.on_event || !engine->step || now_ms < engine->progress_ms) {
        return;
    }
    engine->progress_ms = now_ms + ENGINE_PROGRESS_MS;
    for (struct flight *flight = engine->flights; flight; flight = flight->next) {
        struct amount bytes = {.measure = "bytes"};

        if ((flight->request->body_file || flight->request->reply_file ||
             flight->request->site == HTTP_SITE_LOCAL) &&
            transport->ops->progress(transport, flight->ticket, &bytes.done, &bytes.total)) {
            engine_show(engine, "progress", flight->units[0], NULL, &bytes);
        }
    }
    if (engine->step->row.n_total > 1) {
        const struct step_row *row = &engine->step->row;

        struct amount units = {row->n_done + row->n_skipped + row->n_failed + row->n_unknown,
                               row->n_total, "units"};

        engine_show(engine, "progress", NULL, NULL, &units);
    }
    if (!engine->queue.count) {
        engine_show(engine, "tick", NULL, NULL, NULL);
    }
    tell_all(engine);
}

/* --- the transaction --- */

static bool nothing_to_write(const struct engine *engine)
{
    return !engine->dirty_count && !engine->sink.count && !engine->run_dirty &&
           !engine->queue.stored && !(engine->step && engine->step->dirty);
}

static enum ferry_code write_new_units(struct engine *engine, struct ferry_error *err)
{
    for (size_t i = 0; i < engine->sink.count; i++) {
        struct unit *unit = engine->sink.units[i];
        bool added;

        unit_store(unit, engine->o.clock);
        if (journal_unit_add(engine->o.journal, &unit->row, &added, err)) {
            return err->code;
        }
        if (added) {
            engine->step->row.n_total++;
            engine->step->row.n_skipped += unit->row.state == UNIT_SKIPPED;
        }
        mem_free(unit);
    }
    engine->sink.count = 0;
    return FERRY_OK;
}

static enum ferry_code write_units(struct engine *engine, struct ferry_error *err)
{
    for (size_t i = 0; i < engine->dirty_count; i++) {
        struct unit *unit = engine->dirty[i];

        unit_store(unit, engine->o.clock);
        if (journal_unit_update(engine->o.journal, &unit->row, unit->stored, err)) {
            return err->code;
        }
    }
    return FERRY_OK;
}

static enum ferry_code write_step(struct engine *engine, struct ferry_error *err)
{
    struct step *step = engine->step;

    if (!step || !step->dirty) {
        return FERRY_OK;
    }
    mem_free((void *)(uintptr_t)step->row.cursor);
    step->row.cursor = step->self->data ? json_print(step, step->self->data) : NULL;
    mem_free((void *)(uintptr_t)step->self->row.data);
    step->self->row.data = mem_strdup(step->self, step->row.cursor);
    return journal_step_update(engine->o.journal, &step->row, err);
}

static enum ferry_code write_run(struct engine *engine, struct ferry_error *err)
{
    if (!engine->run_dirty) {
        return FERRY_OK;
    }
    mem_free((void *)(uintptr_t)engine->run.facts);
    engine->run.facts = json_print(engine, engine->facts);
    engine->run.updated_at_ms = engine_realtime(engine);
    return journal_run_update(engine->o.journal, &engine->run, err);
}

static enum ferry_code write_events(struct engine *engine, struct ferry_error *err)
{
    for (size_t i = 0; i < engine->queue.count; i++) {
        struct event_row *row = &engine->queue.rows[i];

        if (row->kind && journal_event_add(engine->o.journal, row, err)) {
            return err->code;
        }
    }
    return FERRY_OK;
}

static enum ferry_code write_all(struct engine *engine, struct ferry_error *err)
{
    if (journal_begin(engine->o.journal, err)) {
        return err->code;
    }
    if (write_run(engine, err) || write_new_units(engine, err) || write_units(engine, err) ||
        write_step(engine, err) || engine_write_back(engine, err) || write_events(engine, err)) {
        journal_rollback(engine->o.journal);
        return err->code;
    }
    return journal_commit(engine->o.journal, err);
}

static void forget_dirty(struct engine *engine)
{
    for (size_t i = 0; i < engine->dirty_count; i++) {
        struct unit *unit = engine->dirty[i];

        unit->dirty = false;
        unit->stored = unit->row.state;
        if (unit_has_ended(unit) && !unit->in_flight) {
            mem_free(unit);
        }
    }
    engine->dirty_count = 0;
    engine->run_dirty = false;
    if (engine->step) {
        engine->step->dirty = false;
    }
}

static void journal_lost(struct engine *engine, const struct ferry_error *err)
{
    engine->lost = engine->ending = true;
    engine->over = false;
    engine->end_code = err->code;
    (void)snprintf(engine->end_reason, sizeof engine->end_reason, "%s", err->message);
    (void)snprintf(engine->end_hint, sizeof engine->end_hint, "%s",
                   err->hint[0] ? err->hint : "mend the journal's place, then: ferry resume");
    engine_drop_unsent(engine);
}

void engine_show_unrecorded(struct engine *engine)
{
    engine->queue.count = 0; /* of what the journal does not hold, only this is told */
    for (size_t i = 0; i < engine->dirty_count; i++) {
        const struct unit *unit = engine->dirty[i];
        const char *why = unit->row.error ? unit->row.error : unit->row.remote_id;
        char *text;

        if (unit->row.state == unit->stored || unit->row.state == UNIT_PENDING ||
            unit->row.state == UNIT_INTENT) {
            continue;
        }
        text = mem_printf(engine, "%s%s%s", unit_state_name(unit->row.state), why ? ": " : "",
                          why ? why : "");
        engine_show(engine, "unrecorded", unit, text, NULL);
        mem_free(text);
    }
    tell_all(engine);
}

bool engine_commit(struct engine *engine)
{
    struct ferry_error err = {0};

    if (nothing_to_write(engine)) {
        tell_all(engine);
        return true;
    }
    if (write_all(engine, &err)) {
        journal_lost(engine, &err);
        return false;
    }
    if (engine->o.on_point) {
        engine->o.on_point(engine->o.arg, ENGINE_AFTER_COMMIT);
    }
    forget_dirty(engine);
    tell_all(engine);
    return true;
}
