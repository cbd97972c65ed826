/*
 * The restore of a legacy archive, from the first stop of the services to the end of its execution
 * (facts 2.1, 2.3, 10.2). Which services stop, what fails and what is restarted differ by version.
 */
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/content.h"
#include "practice/exec_rows.h"
#include "practice/ledger.h"
#include "practice/practice.h"
#include "practice/restore_step.h"
#include "practice/schedules.h"
#include "practice/store.h"
#include "practice/workflow.h"

/* Milliseconds from one moment to the next: contract/20, seconds 9.3, 15.9, 17.1, 25.3. */
#define TO_REPLACED_MS 7500
#define TO_DOWN_AGAIN_MS 6600
#define TO_UP_AGAIN_MS 1200
#define TO_ENDED_MS 8200
#define SLOW_MS 400 /* answers while services start; the slowest one seen took 1.8 s */

/* What a worker that is killed leaves: an execution that stays as it is, and the flag. */
static bool worker_dies(const struct step *step, const char *when)
{
    const char *told = practice_text(step->practice, step->ctx, "worker_dies");
    return told != NULL && strcmp(told, when) == 0;
}

/* Remembers our own execution, empties the tables and loads the source's rows. */
static void replace_data(const struct step *step)
{
    struct practice *practice = step->practice;
    struct content *content = restore_content(practice, step->snapshot);
    if (content == NULL) {
        return;
    }
    sql_do(practice->sql,
           "UPDATE restores SET row = (SELECT created_at FROM executions WHERE id = ?1 LIMIT 1)"
           " WHERE execution_id = ?1",
           "s", step->job->execution);
    sql_do(practice->sql, "DELETE FROM jobs WHERE execution <> ?", "s", step->job->execution);
    store_clear(practice);
    store_load(practice, content, false);
}

/* Only id, created_at and the owner come back (postgres.py of the worker): the rest is null. */
static void bring_row_back(const struct step *step)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (practice_switch(step->practice, "row_lost")) {
        return;
    }
    struct exec_row row = {
        .id = step->job->execution,
        .tenant = DEFAULT_TENANT,
        .workflow = "restore_snapshot",
        .status = "started",
        .error = "",
        .user = ADMIN,
        .created_at = sql_one_text(scope, step->practice->sql,
                                   "SELECT row FROM restores WHERE execution_id = ?", "s",
                                   step->job->execution),
        .is_system = true,
        .blocking = true,
    };
    (void)exec_insert(step->practice, &row);
}

/* A line for each execution that the next statement fails. */
static void log_failed(const struct step *step, const char *format, const char *until)
{
    sql_do(step->practice->sql,
           "INSERT INTO events (tenant, execution_id, workflow_id, timestamp, type, level, message)"
           " SELECT ?1, ?2, 'restore_snapshot', ?3, 'cloudify_log', 'warning',"
           " printf(?4, id, scheduled_for) FROM executions WHERE status = 'scheduled'"
           " AND tenant = ?1 AND (?5 IS NULL OR scheduled_for <= ?5)",
           "sssss", DEFAULT_TENANT, step->job->execution, timefmt_utc(step->ctx, step->job->due_ms),
           format, until);
}

/* From 6.0 on: a new schedule for each that is still to come, and all originals failed. */
static void make_schedules(const struct step *step, const char *now)
{
    struct practice *practice = step->practice;
    sql_do(practice->sql,
           "INSERT INTO schedules (tenant, id, deployment_id, workflow_id, created_at,"
           " next_occurrence, since, rule, parameters, slip, enabled, stop_on_fail, created_by)"
           " SELECT tenant, workflow_id || '_restored_' || lower(hex(randomblob(16))),"
           " deployment_id, workflow_id, ?1, scheduled_for, scheduled_for, '{\"count\": 1}',"
           " parameters, 0, 1, 0, created_by FROM executions"
           " WHERE status = 'scheduled' AND tenant = ?2 AND scheduled_for > ?1",
           "ss", now, DEFAULT_TENANT);
    log_failed(step, "Marking original execution %s scheduled for %s as FAILED.", NULL);
    sql_do(practice->sql,
           "UPDATE executions SET status = 'failed' WHERE status = 'scheduled' AND tenant = ?", "s",
           DEFAULT_TENANT);
}

/* Executions that were waiting for their time. 5.0.5 to 5.2: the overdue fail, the others are
   queued for it again, so they stay as they are; before, nobody looked. */
static void settle_scheduled(const struct step *step)
{
    const struct profile *profile = step->practice->profile;
    const char *now = timefmt_utc(step->ctx, step->job->due_ms);
    if (profile->fails_scheduled) {
        make_schedules(step, now);
    } else if (profile->requeues_scheduled) {
        log_failed(step, "Execution %s scheduled for %s is overdue. Marking as FAILED.", now);
        sql_do(step->practice->sql,
               "UPDATE executions SET status = 'failed' WHERE status = 'scheduled'"
               " AND tenant = ? AND scheduled_for <= ?",
               "ss", DEFAULT_TENANT, now);
    }
}

static void remove_archive(const struct step *step)
{
    struct practice *practice = step->practice;
    if (practice->profile->removes_archive) {
        (void)unlink(practice_archive_path(practice, step->ctx, step->snapshot));
        sql_do(practice->sql, "DELETE FROM archives WHERE id = ?", "s", step->snapshot);
    }
}

static void weather(const struct step *step, bool down, bool passwords_fail)
{
    struct state *state = &step->practice->state;
    bool stops = step->practice->profile->stops_rest;
    state->rest_down = down && stops;
    state->services_down = down;
    state->tables = down && !stops ? TABLES_CHANGING : TABLES_FINE;
    state->passwords_fail = passwords_fail;
    bool quick = sql_one_int(step->practice->sql, 0,
                             "SELECT 1 FROM settings WHERE name = 'slow' AND value = '0'", "") != 0;
    state->slow_ms = down || quick ? 0 : practice_scaled(step->practice, SLOW_MS);
}

/* Up to 4.4 the post-commands are inside the try: a restore that failed runs none (facts 2.1). */
static void after_failure(const struct step *step)
{
    if (step->practice->profile->restarts_rest) {
        restore_plan_with(step, PHASE_ADMIN, RESTORE_TO_ADMIN_MS,
                          restore_detail_with(step, "failed"));
        return;
    }
    step->practice->state.passwords_fail = false;
    restore_is_over(step);
}

/* The transaction is taken back, so the target's rows stay. But the salt is the source's already:
   where the REST service was stopped, it has read it, and no password verifies. */
static void migration_fails(const struct step *step, const char *why)
{
    struct practice *practice = step->practice;
    weather(step, false, practice->profile->stops_rest);
    practice->state.slow_ms = 0;
    restore_end_execution(step, "failed",
                          mem_printf(step->ctx,
                                     "cloudify.exceptions.NonRecoverableError: Failed to restore "
                                     "postgres data from the snapshot: %s\n",
                                     why));
    after_failure(step);
}

static void replace(const struct step *step)
{
    struct practice *practice = step->practice;
    const char *why = practice_text(practice, step->ctx, "restore_fails");
    if (worker_dies(step, "in_database")) {
        weather(step, false, true);
        return;
    }
    if (step->deadlock) {
        why = "sqlalchemy.exc.OperationalError: (psycopg2.errors.DeadlockDetected) deadlock "
              "detected";
    }
    if (why != NULL) {
        migration_fails(step, why);
        return;
    }
    replace_data(step);
    schedules_fire(practice, step->job->due_ms);
    cluster_restored(practice, (size_t)practice->state.restore_node);
    weather(step, false, practice->profile->restarts_rest);
    if (practice->profile->shows_transient) {
        practice->state.tables = TABLES_EMPTY;
    }
    restore_plan(step, practice->profile->restarts_rest ? PHASE_DOWN_AGAIN : PHASE_UP_AGAIN,
                 TO_DOWN_AGAIN_MS);
}

/* The REST service is started with the new secret: 502 from 4.5 on (facts 2.1). */
static void restart(const struct step *step)
{
    weather(step, true, true);
    step->practice->state.rest_down = true;
    step->practice->state.tables = TABLES_FINE;
    restore_plan(step, PHASE_UP_AGAIN, TO_UP_AGAIN_MS);
}

static void up_again(const struct step *step)
{
    struct practice *practice = step->practice;
    bring_row_back(step);
    weather(step, false, practice->profile->restarts_rest);
    if (worker_dies(step, "after_rows")) {
        return;
    }
    bool plugins = practice->profile->reinstalls_plugins;
    restore_plan(step, plugins ? PHASE_PLUGINS : PHASE_ENDED,
                 plugins ? TO_ENDED_MS / 2 : TO_ENDED_MS);
}

/* Each by an execution of its own; one that fails is the end unless ignore_plugin_failure. */
static void install_plugins(const struct step *step)
{
    struct practice *practice = step->practice;
    const char *at = timefmt_utc(step->ctx, step->job->due_ms);
    bool fails = practice_switch(practice, "plugins_fail");
    int64_t count = sql_do(
        practice->sql,
        "INSERT INTO executions (tenant, id, workflow_id, status, error, created_at, started_at,"
        " ended_at, created_by, visibility, is_system)"
        " SELECT tenant, lower(hex(randomblob(16))), 'install_plugin', ?1, '', ?2, ?2, ?2,"
        " created_by, 'tenant', 1 FROM plugins",
        "ss", fails ? "failed" : "terminated", at);
    if (fails && count > 0 && !step->ignore_plugins) {
        restore_end_execution(step, "failed",
                              "cloudify.exceptions.NonRecoverableError: Failed to install plugins "
                              "during the restore of the snapshot\n");
        after_failure(step);
        return;
    }
    restore_plan(step, PHASE_ENDED, TO_ENDED_MS / 2);
}

void restore_legacy_step(const struct step *step)
{
    switch ((enum phase)step->job->phase) {
    case PHASE_DOWN:
        weather(step, true, false);
        restore_plan(step, PHASE_REPLACED, restore_migration_ms(step->practice, TO_REPLACED_MS));
        break;
    case PHASE_REPLACED:
        replace(step);
        break;
    case PHASE_DOWN_AGAIN:
        restart(step);
        break;
    case PHASE_UP_AGAIN:
        up_again(step);
        break;
    case PHASE_PLUGINS:
        install_plugins(step);
        break;
    default:
        settle_scheduled(step);
        restore_end_execution(step, "terminated", NULL);
        remove_archive(step);
        restore_plan(step, PHASE_ADMIN, RESTORE_TO_ADMIN_MS);
        break;
    }
}
