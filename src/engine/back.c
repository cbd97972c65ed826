/*
 * Steps back: the present step has seen that what an earlier one did had no effect. So that one
 * begins again, with an id of its own, and those behind it follow it once more, up to the present
 * one. All of it is one commit, so after a kill either nothing has happened or the earlier step is
 * the present one.
 */
#include "engine/internal.h"

#include <assert.h>
#include <string.h>

static int find_earlier(const struct engine *engine, const char *name)
{
    for (int i = 0; name && i < engine->step->row.step; i++) {
        if (strcmp(engine->steps[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* The unit of an earlier step, as it will be stored. */
static enum ferry_code take_back(struct engine *engine, struct back *back, struct step_row *row,
                                 struct ferry_error *err)
{
    struct back_step *step = &back->steps[back->count++];
    struct unit_row unit;
    enum ferry_code code;

    assert(!row->fanout);
    *step = (struct back_step){.row = row};
    code = journal_unit_find(engine->o.journal, back,
                             &(struct unit_key){engine->run.run, row->step, row->name}, &unit, err);
    if (code == FERRY_E_NOT_FOUND) { /* it was never begun */
        return FERRY_OK;
    }
    if (!code) {
        step->from = unit.state;
        step->unit = unit_load(back, &unit, engine->o.clock);
        unit_begin_again(step->unit, &engine->run, row->name);
    }
    return code;
}

/* The present step waits, as if it had not been begun; nothing of it is in flight. */
static void wait_here(struct engine *engine, struct unit *unit)
{
    struct step *step = engine->step;

    schedule_remove(&engine->schedule, unit);
    engine_begin_again(engine, unit);
    step->live--;
    step->self->data = NULL;
    step->row.state = STEP_WAITING;
    step->row.started_at_ms = 0;
    step->dirty = step->left = true;
    engine->hurry = true;
}

static void begin_rows_again(struct engine *engine, const struct state_verdict *verdict)
{
    struct back *back = engine->back;

    for (size_t i = 0; i < back->count; i++) {
        struct step_row *row = back->steps[i].row;

        row->state = i == 0 ? STEP_RUNNING : STEP_WAITING;
        row->ended_at_ms = 0;
        row->error = row->hint = NULL;
    }
    if (back->steps[0].unit && verdict->wait_ms > 0) {
        back->steps[0].unit->due_ms = engine_now(engine) + verdict->wait_ms;
    }
}

void engine_go_back(struct engine *engine, struct unit *unit, const struct state_verdict *verdict)
{
    struct back *back = mem_new(engine, struct back);
    int first = find_earlier(engine, verdict->back), last = engine->step->row.step;
    struct ferry_error err = {0};

    assert(first >= 0 && !(engine->step->state->flags & STATE_FANOUT));
    back->steps = mem_array(back, struct back_step, (size_t)(last - first));
    for (int i = first; i < last; i++) {
        if (take_back(engine, back, &engine->steps[i], &err)) {
            engine_end(engine, RUN_PAUSED, err.code, err.message, err.hint);
            mem_free(back);
            return;
        }
    }
    engine_tell(engine, "step_back", unit, verdict->reason, NULL);
    wait_here(engine, unit);
    engine->back = back;
    begin_rows_again(engine, verdict);
}

/* The counters of a step that is not the present one are kept by hand, as the journal keeps its
   own. */
static void count_back(const struct back_step *step)
{
    step->row->n_done -= step->from == UNIT_DONE;
    step->row->n_skipped -= step->from == UNIT_SKIPPED;
    step->row->n_failed -= step->from == UNIT_FAILED;
}

enum ferry_code engine_write_back(struct engine *engine, struct ferry_error *err)
{
    struct back *back = engine->back;

    if (!back) {
        return FERRY_OK;
    }
    for (size_t i = 0; i < back->count; i++) {
        struct back_step *step = &back->steps[i];

        if (step->unit) {
            unit_store(step->unit, engine->o.clock);
            if (journal_unit_update(engine->o.journal, &step->unit->row, step->from, err)) {
                return err->code;
            }
            count_back(step);
        }
        if (journal_step_update(engine->o.journal, step->row, err)) {
            return err->code;
        }
    }
    mem_free(back);
    engine->back = NULL;
    return FERRY_OK;
}
