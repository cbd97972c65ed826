/* What an operator decides about a run that no engine works on: one commit each. */
#include "engine/internal.h"

#include <inttypes.h>
#include <string.h>

#define ROWS_AT_ONCE 1024

static void event_for(const struct engine_options *o, struct event_row *event, int64_t run,
                      int step, int64_t seq)
{
    *event = (struct event_row){.run = run, .step = step, .seq = seq};
    event->at_ms = o->clock->realtime_ms(o->clock);
}

static enum ferry_code tell(const struct engine_options *o, const char *kind, int64_t run, int step,
                            int64_t seq, struct ferry_error *err)
{
    struct event_row event;

    event_for(o, &event, run, step, seq);
    event.kind = kind;
    return journal_event_add(o->journal, &event, err);
}

/* The run is live again: resume takes it up. */
static enum ferry_code set_paused(const struct engine_options *o, const struct run_row *run,
                                  struct ferry_error *err)
{
    struct run_row row = *run;

    row.state = RUN_PAUSED;
    row.code = FERRY_OK;
    row.error = NULL;
    row.hint = "to go on: ferry resume";
    row.updated_at_ms = o->clock->realtime_ms(o->clock);
    return journal_run_update(o->journal, &row, err);
}

static bool has_ended(const struct run_row *run, struct ferry_error *err)
{
    if (run_is_live(run->state)) {
        return false;
    }
    ferry_fail(err, FERRY_E_USAGE, "run \"%s\" has ended: it is %s", run->name,
               run_state_name(run->state));
    return true;
}

/* --- resolve --- */

/* Finds "STEP/KEY", or KEY in the only step that has it. */
static enum ferry_code find_unit(const struct engine_options *o, const void *ctx, int64_t run,
                                 const char *name, struct unit_row *out, struct ferry_error *err)
{
    struct ferry_error none = {0};
    struct step_row *steps;
    size_t count, found = 0;

    if (journal_steps(o->journal, ctx, run, &steps, &count, err)) {
        return err->code;
    }
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(steps[i].name);
        bool named = strncmp(name, steps[i].name, length) == 0 && name[length] == '/';
        struct unit_row row;

        if (named && !journal_unit_find(o->journal, ctx,
                                        &(struct unit_key){run, steps[i].step, name + length + 1},
                                        &row, &none)) {
            *out = row;
            return FERRY_OK;
        }
        if (!journal_unit_find(o->journal, ctx, &(struct unit_key){run, steps[i].step, name}, &row,
                               &none)) {
            *out = row;
            found++;
        }
    }
    if (found > 1) {
        return ferry_fail(err, FERRY_E_USAGE, "unit \"%s\" is in %zu steps: say STEP/%s", name,
                          found, name);
    }
    if (found == 0) {
        enum ferry_code code =
            ferry_fail(err, FERRY_E_NOT_FOUND, "no unit \"%s\" in this run", name);

        ferry_error_hint(err, "ferry status lists the units that wait for a decision");
        return code;
    }
    return FERRY_OK;
}

/* A plain step that failed goes on from where its unit was decided. */
static enum ferry_code reopen_decided(const struct engine_options *o, const struct unit_row *row,
                                      enum unit_state from, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct step_row *steps;
    size_t n;

    if (from != UNIT_FAILED) {
        return FERRY_OK;
    }
    if (journal_steps(o->journal, scope, row->run, &steps, &n, err)) {
        return err->code;
    }
    steps[row->step].state = STEP_RUNNING;
    steps[row->step].error = steps[row->step].hint = NULL;
    steps[row->step].ended_at_ms = 0;
    return journal_step_update(o->journal, &steps[row->step], err);
}

static enum ferry_code write_decision(const struct engine_options *o, const struct run_row *run,
                                      const struct unit_row *row, enum unit_state from,
                                      struct ferry_error *err)
{
    if (journal_begin(o->journal, err)) {
        return err->code;
    }
    if (journal_unit_update(o->journal, row, from, err) || reopen_decided(o, row, from, err) ||
        set_paused(o, run, err) || tell(o, "unit_resolved", run->run, row->step, row->seq, err)) {
        journal_rollback(o->journal);
        return err->code;
    }
    return journal_commit(o->journal, err);
}

/* Which units an operator may decide: those whose outcome is unknown; and to go on where a plain
   step failed ("it is well enough"), its failed unit as done. */
static enum ferry_code check_resolvable(const struct run_row *run, const char *name,
                                        const struct unit_row *row, bool plain,
                                        enum engine_decision decision, struct ferry_error *err)
{
    if (row->state == UNIT_UNKNOWN && run_is_live(run->state)) {
        return FERRY_OK;
    }
    if (row->state == UNIT_FAILED && plain && run->state == RUN_FAILED &&
        decision == ENGINE_AS_DONE) {
        return FERRY_OK;
    }
    if (has_ended(run, err)) {
        return err->code;
    }
    ferry_fail(err, FERRY_E_USAGE, "unit \"%s\" is %s, not unknown", name,
               unit_state_name(row->state));
    ferry_error_hint(err, "only a unit whose outcome is unknown can be resolved");
    return err->code;
}

static bool is_plain(const struct engine_options *o, const struct unit_row *row)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error none = {0};
    struct step_row *steps;
    size_t n;

    return journal_steps(o->journal, scope, row->run, &steps, &n, &none) == FERRY_OK &&
           (size_t)row->step < n && !steps[row->step].fanout;
}

enum ferry_code engine_resolve(const struct engine_options *o, const struct run_row *run,
                               const char *unit, enum engine_decision decision,
                               struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct unit_row row = {0};
    enum unit_state from;

    if (run->state == RUN_CANCELLED || run->state == RUN_DONE) {
        (void)has_ended(run, err);
        return err->code;
    }
    if (find_unit(o, scope, run->run, unit, &row, err) ||
        check_resolvable(run, unit, &row, is_plain(o, &row), decision, err)) {
        return err->code;
    }
    from = row.state;
    row.tries = 0;
    row.not_before_ms = row.deadline_ms = 0;
    row.ended_at_ms = o->clock->realtime_ms(o->clock);
    switch (decision) {
    case ENGINE_AS_DONE:
        row.state = UNIT_DONE;
        row.error = row.hint = NULL;
        break;
    case ENGINE_AS_FAILED:
        row.state = UNIT_FAILED;
        row.error = mem_printf(scope, "failed, as the operator decided%s%s",
                               row.error ? "; before: " : "", row.error ? row.error : "");
        row.hint = NULL;
        break;
    case ENGINE_AS_ABSENT: /* the same id: should it be there after all, the manager refuses it */
        row.state = UNIT_PENDING;
        row.ended_at_ms = 0;
        row.error = row.hint = NULL;
        break;
    }
    return write_decision(o, run, &row, from, err);
}

/* --- retry --- */

static enum ferry_code retry_unit(const struct engine_options *o, const struct run_row *run,
                                  const struct step_row *step, const struct unit_row *failed,
                                  struct ferry_error *err)
{
    struct unit *unit = unit_load(NULL, failed, o->clock);
    enum ferry_code code;

    unit_begin_again(unit, run, step->name);
    code = journal_unit_update(o->journal, &unit->row, failed->state, err);
    mem_free(unit);
    return code ? code : tell(o, "unit_retried", run->run, step->step, failed->seq, err);
}

static enum ferry_code retry_units(const struct engine_options *o, const struct run_row *run,
                                   const struct step_row *step, enum unit_state of, int64_t *count,
                                   struct ferry_error *err)
{
    int64_t after = -1;

    for (;;) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct unit_row *rows;
        size_t n;

        if (journal_units(o->journal, scope,
                          &(struct unit_query){run->run, step->step,
                                               of == UNIT_FAILED ? UNITS_STUCK : UNITS_ALL, after,
                                               ROWS_AT_ONCE},
                          &rows, &n, err)) {
            return err->code;
        }
        for (size_t i = 0; i < n; i++) {
            if (rows[i].state != of) {
                continue;
            }
            if (retry_unit(o, run, step, &rows[i], err)) {
                return err->code;
            }
            ++*count;
        }
        if (n < ROWS_AT_ONCE) {
            return FERRY_OK;
        }
        after = rows[n - 1].seq;
    }
}

/* Waves that have begun stay so, and parts are parts; of a wave's failures none is left. */
static const char *kept_cursor(const void *ctx, const char *cursor)
{
    struct json *notes = unit_notes(ctx, cursor), *kept = json_object(ctx);
    const struct json *named = json_get(notes, "named"), *wave = json_get(notes, "wave");

    if (named) {
        json_set_json(kept, "named", named);
    }
    if (json_is_object(wave)) {
        json_set_json(kept, "wave", wave);
        json_set_int((struct json *)(uintptr_t)json_get(kept, "wave"), "failed", 0);
    }
    return json_size(kept) > 0 ? json_print(ctx, kept) : NULL;
}

/* A step with failed units runs again; one that failed without any (expand, verify) begins there
   again. */
static enum ferry_code reopen(const struct engine_options *o, const void *ctx,
                              const struct run_row *run, struct step_row *step, int64_t *count,
                              struct ferry_error *err)
{
    int64_t before = *count;

    if (step->n_failed && retry_units(o, run, step, UNIT_FAILED, count, err)) {
        return err->code;
    }
    if (*count == before && step->state != STEP_FAILED) {
        return FERRY_OK;
    }
    /* Expanding again adds what was not named yet, and leaves alone what was. */
    step->state = *count == before && step->fanout ? STEP_EXPANDING : STEP_RUNNING;
    step->cursor = step->state == STEP_RUNNING ? kept_cursor(ctx, step->cursor) : NULL;
    step->error = step->hint = NULL;
    step->ended_at_ms = 0;
    *count += *count == before;
    return journal_step_update(o->journal, step, err);
}

/* Behind a step that runs again, one that only looks (compare) looks again: what it said was about
   the whole. */
static enum ferry_code look_again(const struct engine_options *o, const struct run_row *run,
                                  struct step_row *step, struct ferry_error *err)
{
    const struct ferry_state *state = o->workflow ? workflow_state(o->workflow, step->name) : NULL;
    int64_t count = 0;

    if (!state || state->act.ask || step->fanout || step->state != STEP_DONE) {
        return FERRY_OK;
    }
    if (retry_units(o, run, step, UNIT_DONE, &count, err)) {
        return err->code;
    }
    step->state = STEP_WAITING;
    step->cursor = step->error = step->hint = NULL;
    step->started_at_ms = step->ended_at_ms = 0;
    return journal_step_update(o->journal, step, err);
}

/* The first step that may be done again: what prepared for the act after which nothing can be
   undone is history once that is done. To ask it again could only make a finished run a failed one.
 */
static size_t first_to_retry(const struct engine_options *o, const struct step_row *steps, size_t n)
{
    size_t first = 0;

    for (size_t i = 0; i < n && o->workflow; i++) {
        const struct ferry_state *state = workflow_state(o->workflow, steps[i].name);

        if (state && (state->flags & STATE_NO_RETURN) && steps[i].n_done > 0) {
            first = i;
        }
    }
    return first;
}

static enum ferry_code nothing_to_retry(const struct run_row *run, const struct step_row *steps,
                                        size_t first, struct ferry_error *err)
{
    for (size_t i = 0; i < first; i++) {
        if (steps[i].n_failed > 0) {
            ferry_fail(err, FERRY_E_NOT_FOUND,
                       "what has failed in run \"%s\", %s, is not done again: %s is behind it",
                       run->name, steps[i].name, steps[first].name);
            ferry_error_hint(err, "ferry status %s shows it; what counts now is what came after",
                             run->name);
            return FERRY_E_NOT_FOUND;
        }
    }
    return ferry_fail(err, FERRY_E_NOT_FOUND, "nothing has failed in run \"%s\"", run->name);
}

enum ferry_code engine_retry_failed(const struct engine_options *o, const struct run_row *run,
                                    int64_t *count, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct step_row *steps;
    size_t n, first;

    *count = 0;
    if (run->state == RUN_CANCELLED || run->cancel_at_ms) {
        return ferry_fail(err, FERRY_E_USAGE, "run \"%s\" was cancelled", run->name);
    }
    if (journal_steps(o->journal, scope, run->run, &steps, &n, err) ||
        journal_begin(o->journal, err)) {
        return err->code;
    }
    first = first_to_retry(o, steps, n);
    for (size_t i = first; i < n; i++) {
        bool behind = *count > 0;

        if (reopen(o, scope, run, &steps[i], count, err) ||
            (behind && look_again(o, run, &steps[i], err))) {
            journal_rollback(o->journal);
            return err->code;
        }
    }
    if (*count == 0) {
        journal_rollback(o->journal);
        return nothing_to_retry(run, steps, first, err);
    }
    if (set_paused(o, run, err) || tell(o, "run_retried", run->run, -1, -1, err)) {
        journal_rollback(o->journal);
        return err->code;
    }
    return journal_commit(o->journal, err);
}
