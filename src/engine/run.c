/* A run from its first row to its end: engine_create, engine_run and the turn. */
#include "engine/internal.h"

#include <stdio.h>
#include <string.h>

/* While nothing else is due, the stop flag and the sign of life are looked at this often. */
#define HEARTBEAT_MS 1000

enum ferry_code engine_create(const void *ctx, const struct engine_options *options,
                              const struct engine_definition *definition, struct run_row *out,
                              struct ferry_error *err)
{
    struct clock *clock = options->clock;
    struct event_row event = {.step = -1, .seq = -1, .kind = "run_created"};

    *out = (struct run_row){.state = RUN_RUNNING};
    uuid_random(options->rng, out->uuid);
    out->name = mem_strdup(ctx, definition->name);
    out->workflow = options->workflow->name;
    out->target = mem_strdup(ctx, definition->target);
    out->options = json_print(ctx, definition->options);
    out->facts = json_print(ctx, definition->facts);
    out->ferry_version = definition->ferry_version;
    out->created_at_ms = out->updated_at_ms = event.at_ms = clock->realtime_ms(clock);
    if (journal_begin(options->journal, err)) {
        return err->code;
    }
    if (journal_run_add(options->journal, out, err)) {
        goto undo;
    }
    for (size_t i = 0; i < options->workflow->count; i++) {
        const struct ferry_state *state = options->workflow->states[i];
        struct step_row row = {.run = out->run, .step = (int)i, .name = state->name};

        row.def = state->def;
        row.fanout = state->flags & STATE_FANOUT;
        if (journal_step_add(options->journal, &row, err)) {
            goto undo;
        }
    }
    event.run = out->run;
    if (journal_event_add(options->journal, &event, err)) {
        goto undo;
    }
    return journal_commit(options->journal, err);
undo:
    journal_rollback(options->journal);
    return err->code;
}

static enum ferry_code parse_object(const void *ctx, const char *text, struct json **out,
                                    struct ferry_error *err)
{
    if (!text) {
        *out = json_object(ctx);
        return FERRY_OK;
    }
    return json_parse(ctx, text, strlen(text), out, err);
}

static enum ferry_code take_up(struct engine *engine, const struct run_row *run,
                               const char *stop_before, struct ferry_error *err)
{
    if (!run_is_live(run->state)) {
        ferry_fail(err, FERRY_E_USAGE, "run \"%s\" has ended: it is %s", run->name,
                   run_state_name(run->state));
        if (run->state == RUN_FAILED) {
            ferry_error_hint(err, "ferry retry %s --failed", run->name);
        }
        return err->code;
    }
    engine->run = *run;
    engine->run.facts = mem_strdup(engine, run->facts);
    if (parse_object(engine, run->options, &engine->options, err) ||
        parse_object(engine, run->facts, &engine->facts, err)) {
        ferry_error_prefix(err, "run \"%s\" in the journal", run->name);
        return err->code;
    }
    engine->run.stop_before = stop_before;
    engine->run.state = RUN_RUNNING;
    engine->run.error = engine->run.hint = NULL;
    engine->run.code = FERRY_OK;
    engine->run_dirty = true;
    engine->last_flight = &engine->flights;
    engine->sink.engine = engine;
    limits_init(&engine->limits, engine->options, engine_now(engine));
    engine_tell(engine, "run_started", NULL, NULL, NULL);
    return journal_steps(engine->o.journal, engine, run->run, &engine->steps, &engine->step_count,
                         err);
}

static void heed_stop(struct engine *engine)
{
    int stop = engine->o.stop ? *engine->o.stop : 0;

    if (stop >= 1) {
        engine_end(engine, RUN_PAUSED, FERRY_E_STOPPED, "stopped by a signal",
                   "to go on: ferry resume");
    }
    if (stop >= 2 && !engine->aborted) {
        engine->aborted = true;
        engine->o.transport->ops->abort_all(engine->o.transport);
    }
}

/* Units of a finished run that failed make it "done, but": exit code 10. */
static enum ferry_code outcome_of_done(const struct engine *engine)
{
    for (size_t i = 0; i < engine->step_count; i++) {
        if (engine->steps[i].n_failed) {
            return FERRY_E_PARTIAL;
        }
    }
    return FERRY_OK;
}

/* All answers are in: the run's last row of this life, in the commit of this turn. */
static void finish(struct engine *engine)
{
    static const char *const kinds[] = {
        [RUN_PAUSED] = "run_paused", [RUN_BLOCKED] = "run_blocked",     [RUN_FAILED] = "run_failed",
        [RUN_DONE] = "run_done",     [RUN_CANCELLED] = "run_cancelled",
    };

    if (engine->end_state == RUN_DONE && engine->run.cancel_at_ms) { /* all is undone */
        engine->end_state = RUN_CANCELLED;
        (void)snprintf(engine->end_reason, sizeof engine->end_reason, "cancelled by the operator");
    } else if (engine->end_state == RUN_DONE) {
        engine->end_code = outcome_of_done(engine);
    }
    engine->run.state = engine->end_state;
    engine->run.code = engine->end_code;
    engine->run.error = engine->end_reason[0] ? engine->end_reason : NULL;
    engine->run.hint = engine->end_hint[0] ? engine->end_hint : NULL;
    engine->run_dirty = true;
    engine_tell(engine, kinds[engine->end_state], NULL, engine->run.error, NULL);
    engine->over = true;
}

static void wait_for_news(struct engine *engine)
{
    int64_t due_ms = engine_next_due(engine), now_ms = engine_now(engine);
    int64_t wait_ms = due_ms == INT64_MAX ? HEARTBEAT_MS : due_ms - now_ms;
    int64_t most_ms = engine->o.on_event && engine->flights ? ENGINE_PROGRESS_MS : HEARTBEAT_MS;

    if (engine->hurry || wait_ms <= 0) {
        return;
    }
    engine->o.transport->ops->wait(engine->o.transport, wait_ms < most_ms ? wait_ms : most_ms);
}

static bool changes_in_flight(const struct engine *engine)
{
    for (const struct flight *flight = engine->flights; flight; flight = flight->next) {
        if (http_method_changes(flight->request->method)) {
            return true;
        }
    }
    return false;
}

/* The journal is lost: what may be changing the manager right now is let finish, so that its
   outcome can at least be shown. */
static void lost_turn(struct engine *engine)
{
    heed_stop(engine);
    engine_collect(engine);
    if (changes_in_flight(engine)) {
        engine->o.transport->ops->wait(engine->o.transport, HEARTBEAT_MS);
        return;
    }
    engine_show_unrecorded(engine);
    engine->over = true;
}

static void turn(struct engine *engine)
{
    engine->hurry = false;
    if (engine->lost) {
        lost_turn(engine);
        return;
    }
    heed_stop(engine);
    engine_collect(engine);
    engine_advance(engine);
    engine_choose(engine);
#ifdef FERRY_MUTANT_INTENT_COMMIT
    engine_send(engine);
#endif
    if (engine->ending && engine->flight_count == 0) {
        finish(engine);
    }
    if (!engine_commit(engine) || engine->over) {
        return;
    }
    engine_send(engine);
    journal_alive(engine->o.journal, engine_realtime(engine));
    engine_show_progress(engine);
    wait_for_news(engine);
}

enum ferry_code engine_run(const struct engine_options *options, const struct run_row *run,
                           const char *stop_before, struct ferry_error *err)
{
    struct engine *engine = mem_new(options->mem, struct engine);
    enum ferry_code code;

    engine->o = *options;
    code = take_up(engine, run, stop_before, err);
    if (code == FERRY_OK) {
        while (!engine->over) {
            turn(engine);
        }
        code = engine->end_code;
        if (code != FERRY_OK) {
            ferry_fail(err, code, "%s",
                       engine->end_reason[0] ? engine->end_reason : ferry_code_text(code));
            ferry_error_hint(err, "%s", engine->end_hint);
        }
    }
    if (engine->flight_count) {
        options->transport->ops->abort_all(options->transport);
    }
    mem_free(engine);
    return code;
}
