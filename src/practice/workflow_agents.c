/* install_new_agents, step by step as contract/19 saw it. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/exec_rows.h"
#include "practice/jobs.h"
#include "practice/practice.h"
#include "practice/workflow.h"

#define OPERATIONS_A_HOST 8 /* 16 for the two hosts of contract/19 */
#define RETRY_MS 46000      /* a ping that nobody answers, and the pause after it */
#define RETRIES_MOST 60     /* task_retries of the manager */
/* From one phase to the next. */
static const int64_t phase_ms[] = {500, 1900, 3100, 1500};

enum phase { PHASE_BEGIN, PHASE_CREATE, PHASE_SWAP, PHASE_FINISH, PHASE_RETRY };

struct run {
    struct practice *practice;
    const struct job *job;
    void *ctx;
    const char *tenant, *deployment;
    struct json *parameters;
};

static bool read_run(struct run *run)
{
    struct ferry_error err;
    struct sqlite3_stmt *query = sql_start(
        run->practice->sql, "SELECT tenant, deployment_id, parameters FROM executions WHERE id = ?",
        "s", run->job->execution);
    if (!sql_next(query)) {
        return false;
    }
    run->tenant = mem_strdup(run->ctx, sql_text(query, 0));
    run->deployment = mem_strdup(run->ctx, sql_text(query, 1));
    const char *text = mem_strdup(run->ctx, sql_text(query, 2));
    sql_end(query);
    return text == NULL ||
           json_parse(run->ctx, text, strlen(text), &run->parameters, &err) == FERRY_OK;
}

/* An empty or absent list lets everything pass. */
static bool listed(const struct json *list, const char *name)
{
    if (json_size(list) == 0) {
        return true;
    }
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        const char *text = json_text(at);
        if (text != NULL && name != NULL && strcmp(text, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool chosen(const struct run *run, struct sqlite3_stmt *agent)
{
    return listed(json_get(run->parameters, "node_instance_ids"), sql_text(agent, 1)) &&
           listed(json_get(run->parameters, "node_ids"), sql_text(agent, 2)) &&
           listed(json_get(run->parameters, "install_methods"), sql_text(agent, 3));
}

static const char current_agents[] =
    "SELECT id, node_instance_id, node_id, install_method, seq FROM agents"
    " WHERE tenant = ? AND deployment_id = ?"
    " AND state NOT IN ('upgraded', 'stopped', 'deleted', 'creating') ORDER BY seq";

/* Hosts of this run whose agent answers, and one that does not (settings "dead.AGENT"). */
static int64_t count_hosts(const struct run *run, bool *dead)
{
    int64_t hosts = 0;
    struct sqlite3_stmt *agent =
        sql_start(run->practice->sql, current_agents, "ss", run->tenant, run->deployment);
    while (sql_next(agent)) {
        if (!chosen(run, agent)) {
            continue;
        }
        const char *setting = mem_printf(run->ctx, "dead.%s", sql_text(agent, 0));
        hosts++;
        *dead = *dead || sql_one_int(run->practice->sql, 0, "SELECT 1 FROM settings WHERE name = ?",
                                     "s", setting) != 0;
    }
    return hosts;
}

static void plan(const struct run *run, enum phase phase, int64_t delay_ms, const char *detail)
{
    struct job next = *run->job;
    next.phase = (int64_t)phase;
    next.detail = detail;
    jobs_add(run->practice, &next, run->job->due_ms, delay_ms);
}

static void finish(const struct run *run, const char *status, const char *error)
{
    exec_end(run->practice, run->job->execution, status, error, run->job->due_ms);
    workflow_dequeue(run->practice, run->job->due_ms);
}

static void begin(const struct run *run)
{
    bool dead = false;
    int64_t hosts = count_hosts(run, &dead);
    exec_begin(run->practice, run->job->execution, run->job->due_ms);
    exec_progress(run->practice, run->job->execution, hosts, hosts * OPERATIONS_A_HOST);
    bool filtered = json_size(json_get(run->parameters, "node_instance_ids")) > 0 ||
                    json_size(json_get(run->parameters, "node_ids")) > 0;
    if (hosts == 0 && filtered) {
        finish(run, "failed", "RuntimeError: Specified filters are not correct:");
    } else if (dead) {
        plan(run, PHASE_RETRY, RETRY_MS, "1");
    } else {
        plan(run, PHASE_CREATE, phase_ms[1], NULL);
    }
}

/* The ping is tried again and again; each try adds an operation, so percentages fall. */
static void retry(const struct run *run)
{
    int64_t tries = (int64_t)strlen(run->job->detail);
    bool dead = false;
    (void)count_hosts(run, &dead);
    if (!dead) {
        plan(run, PHASE_CREATE, phase_ms[1], NULL);
        return;
    }
    sql_do(run->practice->sql,
           "UPDATE executions SET finished = finished + 1, total = total + 1 WHERE id = ?", "s",
           run->job->execution);
    if (tries >= RETRIES_MOST) {
        finish(run, "failed",
               "RuntimeError: Workflow failed: Task failed 'cloudify_agent.operations"
               ".validate_agent_amqp' -> Last validation attempt has shown that agent is dead. "
               "Rerun validation.");
        return;
    }
    plan(run, PHASE_RETRY, RETRY_MS, mem_printf(run->ctx, "%s1", run->job->detail));
}

static void create_one(const struct run *run, const char *instance, int64_t old)
{
    struct practice *practice = run->practice;
    const char *at = timefmt_utc(run->ctx, run->job->due_ms);
    const char *name = mem_printf(run->ctx, "%s_%s", instance, practice_uuid(practice, run->ctx));
    sql_do(practice->sql, "UPDATE agents SET state = 'upgrading', updated_at = ? WHERE seq = ?",
           "si", at, old);
    sql_do(practice->sql,
           "INSERT INTO agents (tenant, deployment_id, node_id, node_instance_id, host_id, id, ip,"
           " install_method, system, version, state, created_at, updated_at, created_by, replaces)"
           " SELECT tenant, deployment_id, node_id, node_instance_id, host_id, ?1, ip,"
           " install_method, system, ?2, 'creating', ?3, ?3, created_by, ?4 FROM agents"
           " WHERE seq = ?5",
           "ssssi", name, practice->agent_version, at, run->job->execution, old);
}

struct host {
    const char *instance;
    int64_t agent;
};

static void create(const struct run *run)
{
    struct host *hosts = NULL;
    size_t count = 0;
    if (json_bool_or(run->parameters, "install", true)) {
        struct sqlite3_stmt *agent =
            sql_start(run->practice->sql, current_agents, "ss", run->tenant, run->deployment);
        while (sql_next(agent)) {
            if (chosen(run, agent)) {
                hosts = mem_resize(run->ctx, hosts, struct host, count + 1);
                hosts[count++] =
                    (struct host){mem_strdup(run->ctx, sql_text(agent, 1)), sql_int(agent, 4)};
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        create_one(run, hosts[i].instance, hosts[i].agent);
    }
    plan(run, PHASE_SWAP, phase_ms[2], NULL);
}

static void swap(const struct run *run)
{
    const char *at = timefmt_utc(run->ctx, run->job->due_ms);
    sql_do(run->practice->sql,
           "UPDATE agents SET state = 'upgraded', updated_at = ? WHERE tenant = ?"
           " AND deployment_id = ? AND state = 'upgrading'",
           "sss", at, run->tenant, run->deployment);
    sql_do(run->practice->sql,
           "UPDATE agents SET state = 'started', updated_at = ? WHERE tenant = ?"
           " AND deployment_id = ? AND replaces = ? AND state = 'creating'",
           "ssss", at, run->tenant, run->deployment, run->job->execution);
    plan(run, PHASE_FINISH, phase_ms[3], NULL);
}

void workflow_agents_step(struct practice *practice, const struct job *job)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct run run = {.practice = practice, .job = job, .ctx = scope};
    if (!read_run(&run)) {
        return;
    }
    switch ((enum phase)job->phase) {
    case PHASE_BEGIN:
        begin(&run);
        break;
    case PHASE_CREATE:
        create(&run);
        break;
    case PHASE_SWAP:
        swap(&run);
        break;
    case PHASE_FINISH:
        sql_do(practice->sql, "UPDATE executions SET finished = total WHERE id = ?", "s",
               job->execution);
        finish(&run, "terminated", NULL);
        break;
    case PHASE_RETRY:
        retry(&run);
        break;
    }
}
