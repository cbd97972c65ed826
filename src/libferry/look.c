/* Looking at runs: status, runs, events. Never changes a byte of the journal. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/timefmt.h"
#include "libferry/internal.h"
#include "states/states.h"

#define STUCK_SHOWN 100 /* units that wait for somebody, in one document */
#define OPEN_SHOWN 20

void ferry_set_time(struct json *object, const char *key, int64_t unix_ms)
{
    if (unix_ms) {
        char *text = timefmt_utc(NULL, unix_ms);

        json_set_string(object, key, text);
        mem_free(text);
    } else {
        json_set_null(object, key);
    }
}

enum ferry_code ferry_open_journal(const void *ctx, struct ferry *ferry, enum journal_mode mode,
                                   struct journal **out, struct ferry_error *err)
{
    struct journal_options options = {.path = ferry->journal_path,
                                      .mode = mode,
                                      .clock = ferry->clock,
                                      .rng = ferry->rng,
                                      .allow_network_fs = ferry->o.allow_network_fs,
                                      .owner = ferry->o.command};

    return journal_open(ctx, &options, out, err);
}

static struct json *describe_step(struct json *steps, const struct step_row *row)
{
    struct json *step = json_push_object(steps), *units;

    json_set_string(step, "name", row->name);
    json_set_string(step, "state", step_state_name(row->state));
    json_set_bool(step, "fanout", row->fanout);
    units = json_set_object(step, "units");
    json_set_int(units, "total", row->n_total);
    json_set_int(units, "done", row->n_done);
    json_set_int(units, "skipped", row->n_skipped);
    json_set_int(units, "failed", row->n_failed);
    json_set_int(units, "running", row->n_open);
    json_set_int(units, "unknown", row->n_unknown);
    ferry_set_time(step, "started_at", row->started_at_ms);
    ferry_set_time(step, "ended_at", row->ended_at_ms);
    json_set_string(step, "error", row->error);
    json_set_string(step, "hint", row->hint);
    return step;
}

static enum ferry_code list_units(struct journal *journal, const struct step_row *step,
                                  enum unit_filter filter, size_t limit, struct json *into,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct unit_row *rows;
    size_t count;

    if (journal_units(journal, scope,
                      &(struct unit_query){step->run, step->step, filter, -1, limit}, &rows, &count,
                      err)) {
        return err->code;
    }
    for (size_t i = 0; i < count; i++) {
        struct json *unit = json_push_object(into);

        json_set_string(unit, "step", step->name);
        json_set_string(unit, "unit", rows[i].key);
        json_set_string(unit, "state", unit_state_name(rows[i].state));
        json_set_string(unit, "error", rows[i].error);
        json_set_string(unit, "hint", rows[i].hint);
        json_set_string(unit, "remote_id", rows[i].remote_id);
        json_set_string(unit, "remote_state", rows[i].remote_state);
        ferry_set_time(unit, "since", rows[i].intent_at_ms);
    }
    return FERRY_OK;
}

static void describe_head(struct json *document, const struct run_row *run)
{
    json_set_string(document, "run", run->name);
    json_set_string(document, "id", run->uuid);
    json_set_string(document, "workflow", run->workflow);
    json_set_string(document, "state", run_state_name(run->state));
    json_set_string(document, "manager", run->target);
    json_set_string(document, "ferry", run->ferry_version);
    ferry_set_time(document, "created_at", run->created_at_ms);
    ferry_set_time(document, "updated_at", run->updated_at_ms);
    json_set_string(document, "code", ferry_code_name(run->code));
    json_set_int(document, "exit", ferry_code_exit(run->code));
    json_set_string(document, "error", run->error);
    json_set_string(document, "hint", run->hint);
}

/* The old manager of a run that began there, and what it was. */
static void describe_from(const void *ctx, struct json *document, const struct run_row *run,
                          const struct json *facts)
{
    struct json *options, *from;

    if (strcmp(run->workflow, workflow_upgrade_from.name) != 0 || !run->options ||
        json_parse(ctx, run->options, strlen(run->options), &options, NULL)) {
        return;
    }
    from = json_set_object(document, "from");
    json_set_string(from, "manager", json_string_or(options, "old_manager.url", NULL));
    json_set_string(from, "version", json_string_or(facts, "old_manager.version", NULL));
}

static void describe_facts(const void *ctx, struct json *document, const struct run_row *run)
{
    static const char *const shown[] = {"archive",   "backup",       "compare",
                                        "scheduled", "plugins_left", "advice"};
    struct json *facts;

    if (!run->facts || json_parse(ctx, run->facts, strlen(run->facts), &facts, NULL)) {
        return;
    }
    json_set_string(document, "manager_version", json_string_or(facts, "manager.version", NULL));
    describe_from(ctx, document, run, facts);
    for (size_t i = 0; i < FERRY_COUNT(shown); i++) {
        if (json_get(facts, shown[i])) {
            json_set_json(document, shown[i], json_get(facts, shown[i]));
        }
    }
}

static const struct step_row *find_step(const struct step_row *rows, size_t count, const char *name)
{
    for (size_t i = 0; name && i < count; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Has a later step, or one that undoes, taken it away? One that undoes and had nothing to do has
   seen that nothing of ours is left. */
static bool is_gone(const struct ferry_state *state, const struct step_row *rows, size_t count)
{
    const struct step_row *later = find_step(rows, count, state->undone_by);
    const struct step_row *undo = find_step(rows, count, state->undo);

    return (later && later->n_done) || (undo && undo->n_done + undo->n_skipped);
}

/* Is what this state leaves worth a word? */
static bool remains_of(const struct run_row *run, const struct ferry_state *state)
{
    if (run->state == RUN_DONE) { /* the old manager is left as the operator must find it */
        return state->site == HTTP_SITE_OLD;
    }
    return run->state == RUN_CANCELLED || run->state == RUN_FAILED;
}

/* Maintenance that did not begin in time has been switched on all the same. */
static bool is_switched(const struct ferry_state *state, const struct json *facts)
{
    return (state == &state_maintenance_activate &&
            json_bool_or(facts, "maintenance.ours", false)) ||
           (state == &state_old_maintenance && json_bool_or(facts, "old_maintenance.ours", false));
}

/* A run that has ended before its end leaves something on the manager: say what. */
static void describe_remains(struct json *document, const struct run_row *run,
                             const struct step_row *rows, size_t count)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct workflow *workflow = workflow_named(run->workflow);
    struct json *remains, *facts = NULL;

    if (!workflow) {
        return; /* of another ferry: it knows */
    }
    if (run_is_live(run->state) || (run->state == RUN_DONE && workflow != &workflow_upgrade_from)) {
        return;
    }
    remains = json_set_array(document, "remains");
    if (json_parse(scope, run->facts, strlen(run->facts), &facts, NULL)) {
        facts = NULL; /* then the steps alone tell */
    }
    for (size_t i = 0; i < workflow->count; i++) {
        const struct ferry_state *state = workflow->states[i];
        const struct step_row *step = find_step(rows, count, state->name);

        if (state->leaves && remains_of(run, state) && step &&
            (step->n_done || step->n_open || step->n_unknown || is_switched(state, facts)) &&
            !is_gone(state, rows, count)) {
            json_push_string(remains, state->leaves);
        }
    }
}

enum ferry_code ferry_describe_run(struct journal *journal, const struct run_row *run, char **out,
                                   struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *document = json_object(scope), *steps, *stuck, *open;
    struct step_row *rows;
    size_t count;

    if (journal_steps(journal, scope, run->run, &rows, &count, err)) {
        return err->code;
    }
    describe_head(document, run);
    steps = json_set_array(document, "steps");
    stuck = json_set_array(document, "stuck");
    open = json_set_array(document, "open");
    for (size_t i = 0; i < count; i++) {
        size_t have = json_size(stuck);

        describe_step(steps, &rows[i]);
        if ((rows[i].n_failed || rows[i].n_unknown) && have < STUCK_SHOWN &&
            list_units(journal, &rows[i], UNITS_STUCK, STUCK_SHOWN - have, stuck, err)) {
            return err->code;
        }
        if (rows[i].n_open && list_units(journal, &rows[i], UNITS_OPEN, OPEN_SHOWN, open, err)) {
            return err->code;
        }
    }
    describe_remains(document, run, rows, count);
    describe_facts(scope, document, run);
    *out = ferry_text(json_print_pretty(scope, document));
    return FERRY_OK;
}

enum ferry_code ferry_find_run(struct journal *journal, const void *ctx, const char *name,
                               struct run_row *out, struct ferry_error *err)
{
    struct run_row *rows;
    size_t count;

    if (name || journal_run_find(journal, ctx, NULL, out, err) == FERRY_OK) {
        return name ? journal_run_find(journal, ctx, name, out, err) : FERRY_OK;
    }
    if (err->code != FERRY_E_NOT_FOUND || journal_runs(journal, ctx, &rows, &count, err)) {
        return err->code;
    }
    if (count == 0) {
        ferry_fail(err, FERRY_E_NOT_FOUND, "there are no runs in this journal");
        ferry_error_hint(err, "ferry run begins one; --journal FILE names another journal");
        return FERRY_E_NOT_FOUND;
    }
    ferry_error_clear(err);
    *out = rows[0];
    return FERRY_OK;
}

enum ferry_code ferry_status(struct ferry *ferry, const char *name, char **status,
                             struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error own = {0};
    struct journal *journal;
    struct run_row run;
    enum ferry_code code;

    err = err ? err : &own;
    if (ferry_open_journal(scope, ferry, JOURNAL_READ, &journal, err)) {
        return err->code;
    }
    code = ferry_find_run(journal, scope, name, &run, err);
    if (!code) {
        code = ferry_describe_run(journal, &run, status, err);
    }
    journal_close(journal);
    return code;
}

enum ferry_code ferry_runs(struct ferry *ferry, char **runs, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *document = json_object(scope), *list;
    struct ferry_error own = {0};
    struct journal *journal;
    struct run_row *rows;
    size_t count;

    err = err ? err : &own;
    if (ferry_open_journal(scope, ferry, JOURNAL_READ, &journal, err)) {
        return err->code;
    }
    if (journal_runs(journal, scope, &rows, &count, err)) {
        journal_close(journal);
        return err->code;
    }
    list = json_set_array(document, "runs");
    for (size_t i = 0; i < count; i++) {
        describe_head(json_push_object(list), &rows[i]);
    }
    *runs = ferry_text(json_print_pretty(scope, document));
    journal_close(journal);
    return FERRY_OK;
}

/* --- events --- */

struct names { /* of the steps of one run, for the events that name them by number */
    int64_t run;
    const char *name;
    struct step_row *steps;
    size_t count;
};

static enum ferry_code learn_names(struct journal *journal, const void *ctx, int64_t run,
                                   struct names *names, struct ferry_error *err)
{
    struct run_row *rows;
    size_t count;

    if (names->run == run) {
        return FERRY_OK;
    }
    if (journal_runs(journal, ctx, &rows, &count, err) ||
        journal_steps(journal, ctx, run, &names->steps, &names->count, err)) {
        return err->code;
    }
    names->run = run;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].run == run) {
            names->name = rows[i].name;
        }
    }
    return FERRY_OK;
}

static const char *unit_key(struct journal *journal, const void *ctx, const struct event_row *row)
{
    struct ferry_error err = {0};
    struct unit_row *unit;
    size_t count;

    if (row->seq < 0 ||
        journal_units(journal, ctx,
                      &(struct unit_query){row->run, row->step, UNITS_ALL, row->seq - 1, 1}, &unit,
                      &count, &err) ||
        count == 0) {
        return NULL;
    }
    return unit->key;
}

static void describe_event(struct journal *journal, const void *ctx, const struct names *names,
                           const struct event_row *row, struct json *list)
{
    struct json *event = json_push_object(list), *data = NULL;

    json_set_int(event, "id", row->id);
    ferry_set_time(event, "at", row->at_ms);
    json_set_string(event, "run", names->name);
    json_set_string(event, "kind", row->kind);
    json_set_string(
        event, "step",
        row->step >= 0 && (size_t)row->step < names->count ? names->steps[row->step].name : NULL);
    json_set_string(event, "unit", unit_key(journal, ctx, row));
    if (row->data && !json_parse(ctx, row->data, strlen(row->data), &data, NULL)) {
        json_set_string(event, "text", json_string_or(data, "text", NULL));
        json_set_json(event, "data", data);
    }
}

enum ferry_code ferry_events(struct ferry *ferry, const char *name, int64_t after, size_t limit,
                             char **events, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *document = json_object(scope), *list;
    struct ferry_error own = {0};
    struct names names = {0};
    struct event_row *rows;
    struct journal *journal;
    struct run_row run;
    size_t count;
    enum ferry_code code;

    err = err ? err : &own;
    if (ferry_open_journal(scope, ferry, JOURNAL_READ, &journal, err)) {
        return err->code;
    }
    code = ferry_find_run(journal, scope, name, &run, err);
    if (!code) {
        code = journal_events(journal, scope, &(struct event_query){run.run, after, limit}, &rows,
                              &count, err);
    }
    list = json_set_array(document, "events");
    for (size_t i = 0; !code && i < count; i++) {
        code = learn_names(journal, scope, rows[i].run, &names, err);
        if (!code) {
            describe_event(journal, scope, &names, &rows[i], list);
            after = rows[i].id;
        }
    }
    if (!code) {
        json_set_int(document, "last", after);
        *events = ferry_text(json_print(scope, document));
    }
    journal_close(journal);
    return code;
}
