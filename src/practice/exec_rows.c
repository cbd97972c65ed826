#include "practice/exec_rows.h"

#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/practice.h"

int64_t exec_insert(struct practice *practice, const struct exec_row *row)
{
    sql_do(practice->sql,
           "INSERT INTO executions (id, tenant, workflow_id, deployment_id, blueprint_id, status,"
           " error, parameters, created_by, visibility, created_at, is_system, is_dry_run,"
           " allow_custom, blocking, stuck)"
           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
           "sssssssssssiiiii", row->id, row->tenant, row->workflow, row->deployment, row->blueprint,
           row->status, row->error, row->parameters, row->user, row->visibility, row->created_at,
           (int64_t)row->is_system, (int64_t)row->is_dry_run, (int64_t)row->allow_custom,
           (int64_t)row->blocking, (int64_t)row->stuck);
    return sql_one_int(practice->sql, 0, "SELECT last_insert_rowid()", "");
}

void exec_begin(struct practice *practice, const char *id, int64_t at_ms)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    sql_do(practice->sql,
           "UPDATE executions SET status = 'started', error = '', started_at = ?"
           " WHERE id = ? AND " EXEC_ACTIVE,
           "ss", timefmt_utc(scope, at_ms), id);
    exec_event(practice, id, "workflow_started", "Starting workflow execution", at_ms);
}

void exec_end(struct practice *practice, const char *id, const char *status, const char *error,
              int64_t at_ms)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    sql_do(practice->sql, "UPDATE executions SET status = ?, error = ?, ended_at = ? WHERE id = ?",
           "ssss", status, error == NULL ? "" : error, timefmt_utc(scope, at_ms), id);
    exec_event(practice, id, "workflow_ended", mem_printf(scope, "Workflow %s", status), at_ms);
}

void exec_progress(struct practice *practice, const char *id, int64_t finished, int64_t total)
{
    sql_do(practice->sql, "UPDATE executions SET finished = ?, total = ? WHERE id = ?", "iis",
           finished, total, id);
}

char *exec_any_running(struct practice *practice, const void *ctx)
{
    return sql_one_text(ctx, practice->sql,
                        "SELECT id FROM executions WHERE " EXEC_RUNNING " ORDER BY seq LIMIT 1",
                        "");
}

char *exec_blocking(struct practice *practice, const void *ctx)
{
    return sql_one_text(
        ctx, practice->sql,
        "SELECT id FROM executions WHERE blocking AND " EXEC_RUNNING " ORDER BY seq LIMIT 1", "");
}

int64_t exec_running(struct practice *practice)
{
    return sql_one_int(practice->sql, 0, "SELECT count(*) FROM executions WHERE " EXEC_RUNNING, "");
}

void exec_event(struct practice *practice, const char *id, const char *type, const char *message,
                int64_t at_ms)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    sql_do(practice->sql,
           "INSERT INTO events (tenant, execution_id, deployment_id, blueprint_id, workflow_id,"
           " timestamp, type, event_type, level, message)"
           " SELECT tenant, id, deployment_id, blueprint_id, workflow_id, ?, 'cloudify_event', ?,"
           " 'info', ? FROM executions WHERE id = ? LIMIT 1",
           "ssss", timefmt_utc(scope, at_ms), type, message, id);
}

void exec_event_of(struct practice *practice, const char *id, const char *instance,
                   const char *message, int64_t at_ms)
{
    exec_event(practice, id, "task_failed", message, at_ms);
    sql_do(practice->sql,
           "UPDATE events SET node_instance_id = ?, level = 'error' WHERE seq ="
           " last_insert_rowid()",
           "s", instance);
}

void exec_log(struct practice *practice, const char *id, const char *level, const char *message,
              int64_t at_ms)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    sql_do(practice->sql,
           "INSERT INTO events (tenant, execution_id, deployment_id, blueprint_id, workflow_id,"
           " timestamp, type, level, message)"
           " SELECT tenant, id, deployment_id, blueprint_id, workflow_id, ?, 'cloudify_log', ?, ?"
           " FROM executions WHERE id = ? LIMIT 1",
           "ssss", timefmt_utc(scope, at_ms), level, message, id);
}
