#include "practice/workflow.h"

#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "practice/exec_rows.h"
#include "practice/jobs.h"
#include "practice/ledger.h"
#include "practice/practice.h"

#define BEGIN_MS 450 /* from the answer to POST until the worker has started it (contract/19) */
#define PLAIN_MS 1000
#define MAX_CONCURRENT 20

static enum job_kind kind_of(const char *workflow)
{
    if (strcmp(workflow, "install_new_agents") == 0 || strcmp(workflow, "validate_agents") == 0) {
        return JOB_AGENTS;
    }
    if (strcmp(workflow, "update_plugin") == 0) {
        return JOB_UPDATE;
    }
    return strcmp(workflow, "create_snapshot") == 0 ? JOB_CREATE : JOB_PLAIN;
}

/* Whether no worker takes it, because a test said so. */
static bool never_starts(struct practice *practice, const char *id)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct sqlite3_stmt *query =
        sql_start(practice->sql,
                  "SELECT tenant, deployment_id FROM executions WHERE id = ? LIMIT 1", "s", id);
    if (!sql_next(query)) {
        return false;
    }
    const char *tenant = mem_strdup(scope, sql_text(query, 0));
    const char *deployment = mem_strdup(scope, sql_text(query, 1));
    sql_end(query);
    return deployment != NULL && practice_listed(practice, "never_start", tenant, deployment);
}

void workflow_relaunch(struct practice *practice)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char **ids = NULL;
    size_t count = 0;
    struct sqlite3_stmt *query =
        sql_start(practice->sql,
                  "SELECT id FROM executions x WHERE status = 'pending' AND NOT stuck"
                  " AND deployment_id IS NOT NULL"
                  " AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.execution = x.id) ORDER BY seq",
                  "");
    while (sql_next(query)) {
        ids = mem_resize(scope, ids, const char *, count + 1);
        ids[count++] = mem_strdup(scope, sql_text(query, 0));
    }
    for (size_t i = 0; i < count; i++) {
        workflow_launch(practice, ids[i], practice_now_ms(practice));
    }
}

void workflow_launch(struct practice *practice, const char *id, int64_t from_ms)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (never_starts(practice, id)) {
        return;
    }
    const char *workflow =
        sql_one_text(scope, practice->sql,
                     "SELECT CASE WHEN is_dry_run THEN 'dry-run' ELSE workflow_id END"
                     " FROM executions WHERE id = ?",
                     "s", id);
    struct job job = {.kind = kind_of(workflow == NULL ? "" : workflow), .execution = id};
    jobs_add(practice, &job, from_ms, BEGIN_MS);
}

int64_t workflow_plain_ms(struct practice *practice, const char *workflow)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *name = mem_printf(scope, "seconds.%s", workflow);
    const char *text =
        sql_one_text(scope, practice->sql, "SELECT value FROM settings WHERE name = ?", "s", name);
    double seconds = 0;
    if (text != NULL && parse_double(text, 0, 1e6, &seconds)) {
        return (int64_t)(seconds * 1000);
    }
    return PLAIN_MS;
}

static void plain_step(struct practice *practice, const struct job *job)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (job->phase == 0) {
        const char *workflow =
            sql_one_text(scope, practice->sql, "SELECT workflow_id FROM executions WHERE id = ?",
                         "s", job->execution);
        struct job next = *job;
        next.phase = 1;
        exec_begin(practice, job->execution, job->due_ms);
        jobs_add(practice, &next, job->due_ms,
                 workflow_plain_ms(practice, workflow == NULL ? "" : workflow));
        return;
    }
    /* Up to 5.0.5 a plugin has its name when it is installed (facts 4.2). */
    sql_do(practice->sql,
           "UPDATE plugins SET archive_name = substr(archive_name, 12) WHERE archive_name LIKE"
           " 'installing-%' AND id = (SELECT json_extract(parameters, '$.plugin.id') FROM"
           " executions WHERE id = ? AND workflow_id = 'install_plugin')",
           "s", job->execution);
    exec_end(practice, job->execution, "terminated", NULL, job->due_ms);
    workflow_dequeue(practice, job->due_ms);
}

static bool is_restore(struct practice *practice, const char *id)
{
    return sql_one_int(practice->sql, 0, "SELECT 1 FROM restores WHERE execution_id = ? LIMIT 1",
                       "s", id) != 0;
}

void workflow_step(struct practice *practice, const struct job *job)
{
    switch (job->kind) {
    case JOB_AGENTS:
        workflow_agents_step(practice, job);
        break;
    case JOB_UPDATE:
        workflow_update_step(practice, job);
        break;
    case JOB_CREATE:
        workflow_create_step(practice, job);
        break;
    case JOB_CANCEL:
        workflow_update_cancelled(practice, job->execution);
        workflow_create_cancelled(practice, job->execution);
        if (is_restore(practice, job->execution)) {
            ledger_restore_ends(practice);
        }
        exec_end(practice, job->execution, "cancelled", NULL, job->due_ms);
        workflow_dequeue(practice, job->due_ms);
        break;
    case JOB_PLAIN:
    case JOB_RESTORE:
        plain_step(practice, job);
        break;
    }
}

/* The first queued execution that may start. */
static char *next_queued(struct practice *practice, const void *ctx)
{
    return sql_one_text(
        ctx, practice->sql,
        "SELECT q.id FROM executions q WHERE q.status = 'queued'"
        " AND NOT EXISTS (SELECT 1 FROM executions WHERE " EXEC_HOLDS " AND " EXEC_RUNNING ")"
        " AND NOT EXISTS (SELECT 1 FROM executions r WHERE r." EXEC_RUNNING " AND (q.blocking OR"
        " (r.tenant = q.tenant AND r.deployment_id = q.deployment_id)))"
        " ORDER BY q.seq LIMIT 1",
        "");
}

/* max_concurrent_workflows throttles what is taken from the queue, and nothing else (facts 3.4). */
static bool queue_is_held(struct practice *practice)
{
    return practice->profile->throttles_queue &&
           (double)exec_running(practice) >=
               practice_number(practice, "max_concurrent_workflows", MAX_CONCURRENT);
}

void workflow_dequeue(struct practice *practice, int64_t now_ms)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (practice->state.maintenance != MAINTENANCE_DEACTIVATED) {
        return;
    }
    for (;;) {
        const char *id = next_queued(practice, scope);
        if (id == NULL || queue_is_held(practice)) {
            return;
        }
        sql_do(practice->sql, "UPDATE executions SET status = 'pending' WHERE id = ?", "s", id);
        workflow_launch(practice, id, now_ms);
    }
}

void workflow_flip_maintenance(struct practice *practice)
{
    if (practice->state.maintenance != MAINTENANCE_ACTIVATING ||
        sql_one_int(practice->sql, 0, "SELECT 1 FROM executions WHERE " EXEC_ACTIVE " LIMIT 1",
                    "") != 0) {
        return;
    }
    practice->state.maintenance = MAINTENANCE_ACTIVATED;
    practice->state.activated_ms = practice_now_ms(practice);
    state_save(practice);
}
