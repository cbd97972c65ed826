/*
 * The system workflow update_plugin: it moves the deployments of a blueprint to a temporary one,
 * deployment by deployment, and at the end both become one again. What a failure half way leaves
 * differs by version, and some delete what they had moved (facts 4.1).
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "practice/exec_rows.h"
#include "practice/jobs.h"
#include "practice/practice.h"
#include "practice/workflow.h"

#define HALF_MS 3300 /* contract/15: 7.0 s from POST to the end, two deployments */

struct update {
    struct practice *practice;
    void *ctx;
    const char *id, *tenant, *blueprint, *temp, *target, *execution;
    bool all_tenants;
};

/* False: the execution is of no update that is under way. */
static bool read_update(struct practice *practice, void *ctx, const char *execution,
                        struct update *update)
{
    struct sqlite3_stmt *query =
        sql_start(practice->sql,
                  "SELECT tenant, blueprint_id, temp_blueprint_id, target, id, all_tenants"
                  " FROM plugins_updates WHERE execution_id = ?"
                  " AND state IN ('updating', 'executing_workflow', 'finalizing')",
                  "s", execution);
    if (!sql_next(query)) {
        return false;
    }
    *update = (struct update){.practice = practice,
                              .ctx = ctx,
                              .tenant = mem_strdup(ctx, sql_text(query, 0)),
                              .blueprint = mem_strdup(ctx, sql_text(query, 1)),
                              .temp = mem_strdup(ctx, sql_text(query, 2)),
                              .target = mem_strdup(ctx, sql_text(query, 3)),
                              .id = mem_strdup(ctx, sql_text(query, 4)),
                              .all_tenants = sql_int(query, 5) != 0,
                              .execution = execution};
    sql_end(query);
    return true;
}

/* The blueprint now uses what the update chose. */
static void take_versions(const struct update *update, const char *blueprint)
{
    struct json *versions = NULL;
    struct ferry_error err;
    if (update->target == NULL || json_parse(update->ctx, update->target, strlen(update->target),
                                             &versions, &err) != FERRY_OK) {
        return;
    }
    for (const struct json *at = json_first(versions); at != NULL; at = json_next(at)) {
        sql_do(update->practice->sql,
               "UPDATE used_plugins SET package_version = ? WHERE tenant = ? AND blueprint = ?"
               " AND package_name = ?",
               "ssss", json_text(at), update->tenant, blueprint, json_key(at));
    }
}

/* Half of the deployments, the older ones first; one alone is moved too. */
static void move_half(const struct update *update)
{
    struct sql *sql = update->practice->sql;
    int64_t count = sql_one_int(sql, 0,
                                "SELECT count(*) FROM deployments WHERE tenant = ?"
                                " AND blueprint_id = ?",
                                "ss", update->tenant, update->blueprint);
    sql_do(sql,
           "INSERT OR IGNORE INTO used_plugins SELECT tenant, ?1, package_name, package_version"
           " FROM used_plugins WHERE tenant = ?2 AND blueprint = ?3",
           "sss", update->temp, update->tenant, update->blueprint);
    take_versions(update, update->temp);
    sql_do(sql,
           "UPDATE deployments SET blueprint_id = ?1 WHERE seq IN (SELECT seq FROM deployments"
           " WHERE tenant = ?2 AND blueprint_id = ?3 ORDER BY seq LIMIT ?4)",
           "sssi", update->temp, update->tenant, update->blueprint, (count + 1) / 2);
}

static void set_state(const struct update *update, const char *state, bool keeps_temp)
{
    sql_do(update->practice->sql,
           "UPDATE plugins_updates SET state = ?1, temp_blueprint_id = CASE WHEN ?2 THEN"
           " temp_blueprint_id END WHERE execution_id = ?3",
           "sis", state, (int64_t)keeps_temp, update->execution);
}

static void drop_temp(const struct update *update)
{
    struct sql *sql = update->practice->sql;
    sql_do(sql, "DELETE FROM blueprints WHERE tenant = ? AND id = ?", "ss", update->tenant,
           update->temp);
    sql_do(sql, "DELETE FROM used_plugins WHERE tenant = ? AND blueprint = ?", "ss", update->tenant,
           update->temp);
}

static void move_back(const struct update *update)
{
    sql_do(update->practice->sql,
           "UPDATE deployments SET blueprint_id = ? WHERE tenant = ? AND blueprint_id = ?", "sss",
           update->blueprint, update->tenant, update->temp);
    drop_temp(update);
}

/* The temporary blueprint goes, and by the foreign keys all deployments that were moved to it. */
static void lose_moved(const struct update *update)
{
    static const char *const tables[] = {"agents", "node_instances", "nodes", "executions"};
    struct sql *sql = update->practice->sql;
    for (size_t i = 0; i < FERRY_COUNT(tables); i++) {
        sql_do(sql,
               mem_printf(update->ctx,
                          "DELETE FROM %s WHERE tenant = ?1 AND deployment_id IN (SELECT id FROM"
                          " deployments WHERE tenant = ?1 AND blueprint_id = ?2)",
                          tables[i]),
               "ss", update->tenant, update->temp);
    }
    sql_do(sql, "DELETE FROM deployments WHERE tenant = ? AND blueprint_id = ?", "ss",
           update->tenant, update->temp);
    drop_temp(update);
}

/* Half of it is done when it ends without success. */
static void break_off(const struct update *update)
{
    const struct profile *profile = update->practice->profile;
    if (profile->update_stops) { /* nobody finalizes it: active for ever, deployments split */
        return;
    }
    if (profile->update_loses) {
        lose_moved(update);
        set_state(update, "failed", false);
        return;
    }
    sql_do(update->practice->sql, "UPDATE blueprints SET is_hidden = 0 WHERE tenant = ? AND id = ?",
           "ss", update->tenant, update->temp);
    set_state(update, "failed", true);
}

static void end(const struct update *update, const struct job *job)
{
    struct practice *practice = update->practice;
    /* "fail" is set by initiate for an update that a real manager cannot finish (contract/15). */
    bool hopeless = update->target != NULL && strcmp(update->target, "fail") == 0;
    bool breaks = practice_listed(practice, "update_fails", update->tenant, update->blueprint);
    const char *error = NULL;
    if (breaks) {
        break_off(update);
    } else {
        move_back(update);
        set_state(update, hopeless ? "failed" : "successful", false);
        if (!hopeless) {
            take_versions(update, update->blueprint);
        }
    }
    if (breaks || hopeless) {
        error = mem_printf(update->ctx, "RuntimeError: The execution of plugins update %s failed.",
                           update->id);
    }
    exec_end(practice, job->execution, error == NULL ? "terminated" : "failed", error, job->due_ms);
    workflow_dequeue(practice, job->due_ms);
}

void workflow_update_step(struct practice *practice, const struct job *job)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct update update = {0};
    if (!read_update(practice, scope, job->execution, &update)) {
        return;
    }
    struct job next = *job;
    next.phase++;
    switch (job->phase) {
    case 0:
        exec_begin(practice, job->execution, job->due_ms);
        jobs_add(practice, &next, job->due_ms, HALF_MS);
        break;
    case 1:
        move_half(&update);
        jobs_add(practice, &next, job->due_ms, HALF_MS);
        break;
    default:
        end(&update, job);
        break;
    }
}

void workflow_update_cancelled(struct practice *practice, const char *execution)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct update update = {0};
    if (read_update(practice, scope, execution, &update)) {
        break_off(&update);
    }
}
