/*
 * Cancelling a run. One commit ends its open steps; and where the point of no return has not been
 * passed, adds the steps that take back what the run did to the manager. These are steps like any
 * other: engine_run does them, a kill in the middle loses nothing, and at their end the run is
 * cancelled.
 */
#include "engine/internal.h"

#include <string.h>

#define OPEN_LOADED 16 /* open units of a plain step: there is one */

struct cancel {
    const struct engine_options *o;
    struct run_row run;
    struct step_row *steps;
    size_t count;
    int64_t now_ms;
};

/* May the act after which nothing can be undone have taken effect? A unit that failed was refused.
 */
static bool past_return(const struct cancel *cancel)
{
    for (size_t i = 0; i < cancel->count; i++) {
        const struct step_row *row = &cancel->steps[i];
        const struct ferry_state *state = workflow_state(cancel->o->workflow, row->name);

        if (state && (state->flags & STATE_NO_RETURN) &&
            row->n_open + row->n_done + row->n_unknown > 0) {
            return true;
        }
    }
    return false;
}

/* It may have left between these two moments: until that life of ferry ended. */
static void note_intent(const struct cancel *cancel, const struct unit_row *row, struct json *out)
{
    int64_t alive_ms = journal_last_alive_ms(cancel->o->journal);

    json_set_int(out, "since_ms", row->intent_at_ms);
    json_set_int(out, "until_ms", alive_ms > row->intent_at_ms ? alive_ms : row->intent_at_ms);
}

/* What is under way, by its unit. */
static void note_begun(const struct unit_row *row, struct json *out, const void *ctx)
{
    struct json *data = NULL;

    json_set_string(out, "unit", row->intent_id);
    json_set_string(out, "remote", row->remote_id);
    if (row->data && json_parse(ctx, row->data, strlen(row->data), &data, NULL) == FERRY_OK) {
        json_set_json(out, "data", data);
    }
}

/* What had begun and not ended, and requests of this run whose outcome nobody knows: those that
   undo must reckon with both. */
static enum ferry_code note_open(const struct cancel *cancel, const void *ctx, struct json *undo,
                                 struct ferry_error *err)
{
    struct json *open = json_set_object(undo, "open");
    struct json *begun = json_set_object(undo, "begun");

    for (size_t i = 0; i < cancel->count; i++) {
        const struct step_row *step = &cancel->steps[i];
        struct unit_row *rows;
        size_t n;

        if (!step->n_open || step->fanout) {
            continue;
        }
        if (journal_units(cancel->o->journal, ctx,
                          &(struct unit_query){step->run, step->step, UNITS_OPEN, -1, OPEN_LOADED},
                          &rows, &n, err)) {
            return err->code;
        }
        for (size_t k = 0; k < n; k++) {
            note_begun(&rows[k], json_set_object(begun, step->name), ctx);
            if (rows[k].state == UNIT_INTENT) {
                note_intent(cancel, &rows[k], json_set_object(open, step->name));
            }
        }
    }
    return FERRY_OK;
}

static enum ferry_code note_facts(struct cancel *cancel, const void *ctx, struct ferry_error *err)
{
    const char *text = cancel->run.facts ? cancel->run.facts : "{}";
    struct json *facts, *undo;

    if (json_parse(ctx, text, strlen(text), &facts, err)) {
        return ferry_error_prefix(err, "run \"%s\" in the journal", cancel->run.name);
    }
    undo = json_set_object(facts, "undo");
    if (note_open(cancel, ctx, undo, err)) {
        return err->code;
    }
    cancel->run.facts = json_print(ctx, facts);
    return FERRY_OK;
}

/* A step that failed before stays as it is, unless there is something to undo: it would stop the
   run again. */
static bool must_end(const struct step_row *step, bool undo)
{
    switch (step->state) {
    case STEP_DONE:
    case STEP_SKIPPED:
    case STEP_CANCELLED:
        return false;
    case STEP_FAILED:
        return undo;
    default:
        return true;
    }
}

static enum ferry_code end_steps(struct cancel *cancel, bool undo, struct ferry_error *err)
{
    for (size_t i = 0; i < cancel->count; i++) {
        struct step_row *step = &cancel->steps[i];

        if (!must_end(step, undo)) {
            continue;
        }
        if (step->state != STEP_FAILED) {
            step->ended_at_ms = cancel->now_ms;
        }
        step->state = STEP_CANCELLED;
        if (journal_step_update(cancel->o->journal, step, err)) {
            return err->code;
        }
    }
    return FERRY_OK;
}

static enum ferry_code add_undo_steps(const struct cancel *cancel, struct ferry_error *err)
{
    const struct workflow *workflow = cancel->o->workflow;

    for (size_t i = 0; i < workflow->undo_count; i++) {
        struct step_row row = {.run = cancel->run.run,
                               .step = (int)(cancel->count + i),
                               .name = workflow->undo[i]->name,
                               .def = workflow->undo[i]->def};

        if (journal_step_add(cancel->o->journal, &row, err)) {
            return err->code;
        }
    }
    return FERRY_OK;
}

static enum ferry_code tell(const struct cancel *cancel, const char *kind, struct ferry_error *err)
{
    struct event_row event = {
        .run = cancel->run.run, .step = -1, .seq = -1, .kind = kind, .at_ms = cancel->now_ms};

    return journal_event_add(cancel->o->journal, &event, err);
}

static enum ferry_code write_end(struct cancel *cancel, struct ferry_error *err)
{
    cancel->run.state = RUN_CANCELLED;
    cancel->run.error = "cancelled by the operator";
    if (end_steps(cancel, false, err) ||
        journal_run_update(cancel->o->journal, &cancel->run, err)) {
        return err->code;
    }
    return tell(cancel, "run_cancelled", err);
}

static enum ferry_code write_undo(struct cancel *cancel, const void *ctx, struct ferry_error *err)
{
    cancel->run.state = RUN_PAUSED;
    cancel->run.error = "cancelled by the operator; not everything is undone yet";
    cancel->run.hint = "to go on with that: ferry cancel RUN";
    if (note_facts(cancel, ctx, err) || end_steps(cancel, true, err) ||
        add_undo_steps(cancel, err) || journal_run_update(cancel->o->journal, &cancel->run, err)) {
        return err->code;
    }
    return tell(cancel, "run_cancelling", err);
}

static enum ferry_code load(struct cancel *cancel, const void *ctx, bool *undo,
                            struct ferry_error *err)
{
    const struct engine_options *o = cancel->o;

    if (cancel->run.state == RUN_CANCELLED || cancel->run.state == RUN_DONE) {
        return ferry_fail(err, FERRY_E_USAGE, "run \"%s\" has ended: it is %s", cancel->run.name,
                          run_state_name(cancel->run.state));
    }
    if (journal_steps(o->journal, ctx, cancel->run.run, &cancel->steps, &cancel->count, err)) {
        return err->code;
    }
    *undo = cancel->run.cancel_at_ms || (o->workflow->undo_count > 0 && !past_return(cancel));
    return FERRY_OK;
}

enum ferry_code engine_cancel_undoes(const struct engine_options *o, const struct run_row *run,
                                     bool *undo, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cancel cancel = {.o = o, .run = *run};

    return load(&cancel, scope, undo, err);
}

static enum ferry_code write(struct cancel *cancel, const void *ctx, bool undo,
                             struct ferry_error *err)
{
    enum ferry_code code;

    if (journal_begin(cancel->o->journal, err)) {
        return err->code;
    }
    code = undo ? write_undo(cancel, ctx, err) : write_end(cancel, err);
    if (code) {
        journal_rollback(cancel->o->journal);
        return code;
    }
    return journal_commit(cancel->o->journal, err);
}

enum ferry_code engine_cancel(const struct engine_options *o, const struct run_row *run, bool leave,
                              bool *undo, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct cancel cancel = {.o = o, .run = *run, .now_ms = o->clock->realtime_ms(o->clock)};

    *undo = false;
    if (load(&cancel, scope, undo, err)) {
        return err->code;
    }
    *undo = *undo && !leave;
    if (*undo && run->cancel_at_ms) { /* it is not at its end: go on with that */
        return FERRY_OK;
    }
    cancel.run.cancel_at_ms = cancel.run.updated_at_ms = cancel.now_ms;
    cancel.run.code = FERRY_OK;
    cancel.run.hint = NULL;
    return write(&cancel, scope, *undo, err);
}
