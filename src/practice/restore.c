#include "practice/restore.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/content.h"
#include "practice/exec_rows.h"
#include "practice/jobs.h"
#include "practice/practice.h"
#include "practice/store.h"
#include "practice/workflow.h"

enum phase {
    PHASE_STARTED,  /* the worker has it */
    PHASE_FLAG,     /* flag file up; the archive is judged */
    PHASE_JUDGED,   /* the end of those that fail or do nothing */
    PHASE_FLAG_OFF, /* after a failure */
    PHASE_NEW_DATA, /* new format: rows arrive */
    PHASE_NEW_FLAG_OFF,
    PHASE_NEW_END,
    PHASE_DOWN,       /* legacy: services stopped, 502 */
    PHASE_REPLACED,   /* the database is the source's; no password verifies, no execution row */
    PHASE_DOWN_AGAIN, /* second restart */
    PHASE_UP_AGAIN,   /* the row is back, with nulls */
    PHASE_ENDED,      /* terminated */
    PHASE_ADMIN,      /* admin's row is the source's */
    PHASE_LAST,       /* flag off */
};

/* Milliseconds from one moment to the next: contract/20 and 25, seconds 0.4, 0.9, 1.8, 9.3, ... */
#define TO_STARTED_MS 450
#define TO_FLAG_MS 450
#define TO_JUDGED_MS 150
#define TO_FLAG_OFF_MS 3500
#define TO_NEW_DATA_MS 12300
#define TO_NEW_FLAG_OFF_MS 1200
#define TO_NEW_END_MS 150
#define TO_NOTHING_FLAG_OFF_MS 600
#define TO_DOWN_MS 900
#define TO_REPLACED_MS 7500
#define TO_DOWN_AGAIN_MS 6600
#define TO_UP_AGAIN_MS 1200
#define TO_ENDED_MS 8200
#define TO_ADMIN_MS 3400
#define TO_LAST_MS 1500
#define SLOW_MS 400 /* answers while services start; the slowest one seen took 1.8 s */

struct step {
    struct practice *practice;
    const struct job *job;
    void *ctx;
    const char *snapshot, *verdict_error;
    bool force, bootstrap, deadlock;
    enum restore_verdict verdict;
};

void restore_launch(struct practice *practice, const char *execution, const char *snapshot,
                    bool force, bool bootstrap)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *detail = json_object(scope);
    json_set_string(detail, "snapshot", snapshot);
    json_set_bool(detail, "force", force);
    json_set_bool(detail, "bootstrap", bootstrap);
    json_set_int(detail, "began_ms", practice_now_ms(practice));
    sql_do(practice->sql,
           "INSERT INTO restores (snapshot_id, execution_id, tenant, status)"
           " VALUES (?, ?, ?, 'pending')",
           "sss", snapshot, execution, DEFAULT_TENANT);
    struct job job = {.kind = JOB_RESTORE,
                      .phase = PHASE_STARTED,
                      .execution = execution,
                      .detail = json_print(scope, detail)};
    jobs_add(practice, &job, practice_now_ms(practice), TO_STARTED_MS);
}

static void plan_with(const struct step *step, enum phase phase, int64_t delay_ms,
                      const char *detail)
{
    struct job next = *step->job;
    next.phase = (int64_t)phase;
    next.detail = detail;
    jobs_add(step->practice, &next, step->job->due_ms, delay_ms);
}

static void plan(const struct step *step, enum phase phase, int64_t delay_ms)
{
    plan_with(step, phase, delay_ms, step->job->detail);
}

static void note_status(const struct step *step, const char *status)
{
    sql_do(step->practice->sql, "UPDATE restores SET status = ? WHERE execution_id = ?", "ss",
           status, step->job->execution);
}

static void end_execution(const struct step *step, const char *status, const char *error)
{
    exec_end(step->practice, step->job->execution, status, error, step->job->due_ms);
    note_status(step, status);
    workflow_dequeue(step->practice, step->job->due_ms);
}

static void judge(const struct step *step)
{
    struct practice *practice = step->practice;
    practice->state.restore_flag = true;
    struct restore_case found =
        restore_judge(practice, step->ctx, step->snapshot, step->force, step->bootstrap);
    struct json *detail = NULL;
    struct ferry_error err;
    if (json_parse(step->ctx, step->job->detail, strlen(step->job->detail), &detail, &err) !=
        FERRY_OK) {
        return;
    }
    json_set_int(detail, "verdict", (int64_t)found.verdict);
    json_set_string(detail, "error", found.error);
    const char *text = json_print(step->ctx, detail);
    switch (found.verdict) {
    case RESTORE_HANGS:
        break;
    case RESTORE_LEAKS:
    case RESTORE_FAILS:
    case RESTORE_BREAKS:
        plan_with(step, PHASE_JUDGED, TO_JUDGED_MS, text);
        break;
    case RESTORE_NOTHING:
        plan_with(step, PHASE_NEW_FLAG_OFF, TO_NOTHING_FLAG_OFF_MS, text);
        break;
    case RESTORE_NEW:
        plan_with(step, PHASE_NEW_DATA, TO_NEW_DATA_MS, text);
        break;
    case RESTORE_LEGACY:
        plan_with(step, PHASE_DOWN, TO_DOWN_MS, text);
        break;
    }
}

static void judged(const struct step *step)
{
    if (step->verdict == RESTORE_BREAKS) {
        step->practice->state.restore_flag = false;
    }
    end_execution(step, "failed", step->verdict_error);
    restore_forget(step->practice);
    if (step->verdict == RESTORE_FAILS) {
        plan(step, PHASE_FLAG_OFF, TO_FLAG_OFF_MS);
    }
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

static void end_legacy(const struct step *step)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    settle_scheduled(step);
    end_execution(step, "terminated", NULL);
    if (step->practice->profile->removes_archive) {
        (void)unlink(practice_archive_path(step->practice, scope, step->snapshot));
    }
}

/* The source's admin: its password is known from practice.json or --restored-password. */
static void swap_admin(const struct step *step)
{
    struct practice *practice = step->practice;
    const char *password =
        sql_one_text(step->ctx, practice->sql,
                     "SELECT value FROM settings WHERE name = 'source.admin_password'", "");
    if (password == NULL) {
        password = practice->options.restored_password;
    }
    if (password != NULL) {
        sql_do(practice->sql, "UPDATE users SET password = ? WHERE is_bootstrap", "s", password);
    }
    practice->state.passwords_fail = false;
    practice->state.slow_ms = 0;
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

/* The transaction is taken back, so the target's rows stay; the flag goes as after any failure. */
static void migration_fails(const struct step *step)
{
    weather(step, false, false);
    step->practice->state.slow_ms = 0;
    end_execution(step, "failed",
                  "cloudify.exceptions.NonRecoverableError: Failed to restore postgres data from "
                  "the snapshot: sqlalchemy.exc.OperationalError: "
                  "(psycopg2.errors.DeadlockDetected) deadlock detected\n");
    restore_forget(step->practice);
    plan(step, PHASE_FLAG_OFF, TO_FLAG_OFF_MS);
}

static void take_flag_down(struct practice *practice)
{
    practice->state.restore_flag = practice_switch(practice, "flag_leaks");
}

static void legacy_step(const struct step *step)
{
    const struct profile *profile = step->practice->profile;
    switch ((enum phase)step->job->phase) {
    case PHASE_DOWN:
        weather(step, true, false);
        plan(step, PHASE_REPLACED, restore_migration_ms(step->practice, TO_REPLACED_MS));
        break;
    case PHASE_REPLACED:
        if (step->deadlock) {
            migration_fails(step);
            break;
        }
        replace_data(step);
        weather(step, false, true);
        if (profile->shows_transient) {
            step->practice->state.tables = TABLES_EMPTY;
        }
        plan(step, PHASE_DOWN_AGAIN, TO_DOWN_AGAIN_MS);
        break;
    case PHASE_DOWN_AGAIN:
        weather(step, profile->stops_rest, true);
        plan(step, PHASE_UP_AGAIN, TO_UP_AGAIN_MS);
        break;
    case PHASE_UP_AGAIN:
        bring_row_back(step);
        weather(step, false, true);
        plan(step, PHASE_ENDED, TO_ENDED_MS);
        break;
    case PHASE_ENDED:
        end_legacy(step);
        plan(step, PHASE_ADMIN, TO_ADMIN_MS);
        break;
    case PHASE_ADMIN:
        swap_admin(step);
        plan(step, PHASE_LAST, TO_LAST_MS);
        break;
    default:
        take_flag_down(step->practice);
        restore_forget(step->practice);
        break;
    }
}

/* Errors of single things are only logged; the execution ends well all the same (facts 2.5). */
static void leave_out(const struct step *step, const struct content *content)
{
    static const char *const tables[] = {"agents", "node_instances", "nodes"};
    struct sql *sql = step->practice->sql;
    size_t count = (size_t)practice_number(step->practice, "entities_fail", 0);
    for (size_t i = 0; i < count && i < content->deployments_count; i++) {
        const struct content_deployment *deployment = &content->deployments[i];
        for (size_t j = 0; j < FERRY_COUNT(tables); j++) {
            sql_do(sql,
                   mem_printf(step->ctx, "DELETE FROM %s WHERE tenant = ? AND deployment_id = ?",
                              tables[j]),
                   "ss", deployment->tenant, deployment->id);
        }
        sql_do(sql, "DELETE FROM deployments WHERE tenant = ? AND id = ?", "ss", deployment->tenant,
               deployment->id);
        exec_log(step->practice, step->job->execution, "error",
                 mem_printf(step->ctx,
                            "Error restoring deployments in tenant %s: 409: conflict with "
                            "deployment %s",
                            deployment->tenant, deployment->id),
                 step->job->due_ms);
    }
}

static void first_step(const struct step *step)
{
    struct practice *practice = step->practice;
    switch ((enum phase)step->job->phase) {
    case PHASE_STARTED:
        exec_begin(practice, step->job->execution, step->job->due_ms);
        note_status(step, "started");
        plan(step, PHASE_FLAG, TO_FLAG_MS);
        break;
    case PHASE_FLAG:
        judge(step);
        break;
    case PHASE_JUDGED:
        judged(step);
        break;
    case PHASE_FLAG_OFF:
        practice->state.restore_flag = false;
        break;
    case PHASE_NEW_DATA: {
        struct content *content = restore_content(practice, step->snapshot);
        if (content != NULL) {
            store_load(practice, content, true);
            leave_out(step, content);
        }
        plan(step, PHASE_NEW_FLAG_OFF, TO_NEW_FLAG_OFF_MS);
        break;
    }
    case PHASE_NEW_FLAG_OFF:
        take_flag_down(practice);
        restore_forget(practice);
        plan(step, PHASE_NEW_END, TO_NEW_END_MS);
        break;
    default:
        end_execution(step, "terminated", NULL);
        break;
    }
}

void restore_step(struct practice *practice, const struct job *job)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *detail = NULL;
    struct ferry_error err;
    if (job->detail == NULL ||
        json_parse(scope, job->detail, strlen(job->detail), &detail, &err) != FERRY_OK) {
        return;
    }
    struct step step = {
        .practice = practice,
        .job = job,
        .ctx = scope,
        .snapshot = json_string_or(detail, "snapshot", ""),
        .force = json_bool_or(detail, "force", false),
        .bootstrap = json_bool_or(detail, "bootstrap", false),
        .deadlock = json_bool_or(detail, "deadlock", false),
        .verdict = (enum restore_verdict)json_int64_or(detail, "verdict", 0),
        .verdict_error = json_string_or(detail, "error", NULL),
    };
    if (job->phase >= PHASE_DOWN) {
        legacy_step(&step);
    } else {
        first_step(&step);
    }
    state_save(practice);
}
