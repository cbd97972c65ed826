/* install_new_agents and validate_agents, step by step as contract/19 saw it. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/exec_rows.h"
#include "practice/hosts.h"
#include "practice/jobs.h"
#include "practice/practice.h"
#include "practice/workflow.h"

#define OPERATIONS_A_HOST 8 /* 16 for the two hosts of contract/19 */
/* A ping that nobody answers and the pause after it, 60 times (task_retries of the manager). */
#define DEAD_SECONDS 2760.0
#define RETRIES_MOST 60
#define INSTALL_TIMEOUT_MS 300000 /* install_agent_timeout */
/* From one phase to the next. */
static const int64_t phase_ms[] = {500, 1900, 3100, 1500};

enum phase { PHASE_BEGIN, PHASE_CREATE, PHASE_SWAP, PHASE_FINISH, PHASE_RETRY, PHASE_GIVE_UP };

struct run {
    struct practice *practice;
    const struct job *job;
    void *ctx;
    const char *tenant, *deployment;
    bool validates; /* validate_agents: nothing is installed */
    struct json *parameters;
    struct host *hosts; /* chosen by the parameters */
    size_t count;
};

/* False: there is no such execution. *right is false when the filters name what is no host. */
static bool read_run(struct run *run, bool *right)
{
    struct ferry_error err;
    struct sqlite3_stmt *query = sql_start(
        run->practice->sql,
        "SELECT tenant, deployment_id, parameters, workflow_id FROM executions WHERE id = ?", "s",
        run->job->execution);
    if (!sql_next(query)) {
        return false;
    }
    run->tenant = mem_strdup(run->ctx, sql_text(query, 0));
    run->deployment = mem_strdup(run->ctx, sql_text(query, 1));
    const char *text = mem_strdup(run->ctx, sql_text(query, 2));
    run->validates = strcmp(sql_text(query, 3), "validate_agents") == 0;
    sql_end(query);
    if (text != NULL &&
        json_parse(run->ctx, text, strlen(text), &run->parameters, &err) != FERRY_OK) {
        return false;
    }
    run->count = hosts_of(run->practice, run->ctx, run->tenant, run->deployment,
                          run->job->execution, &run->hosts);
    *right = hosts_choose(run->hosts, &run->count, run->parameters);
    return true;
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

static bool any_dead(const struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->hosts[i].dead && !run->hosts[i].done) {
            return true;
        }
    }
    return false;
}

static int64_t retry_ms(const struct run *run)
{
    double seconds = practice_number(run->practice, "seconds.dead_agent", DEAD_SECONDS);
    return (int64_t)(seconds * 1000 / RETRIES_MOST);
}

/* One host that is not started, or dead, fails all that were chosen (facts 3.2). */
static void begin(const struct run *run, bool right)
{
    int64_t hosts = (int64_t)run->count;
    exec_begin(run->practice, run->job->execution, run->job->due_ms);
    exec_progress(run->practice, run->job->execution, hosts, hosts * OPERATIONS_A_HOST);
    if (!right) {
        finish(run, "failed", "RuntimeError: Specified filters are not correct:");
        return;
    }
    for (size_t i = 0; i < run->count; i++) {
        const struct host *host = &run->hosts[i];
        if (strcmp(host->state, "started") != 0) {
            finish(run, "failed",
                   mem_printf(run->ctx, "RuntimeError: Node %s is not started (state: %s)",
                              host->instance, host->state));
            return;
        }
    }
    if (any_dead(run)) {
        plan(run, PHASE_RETRY, retry_ms(run), "1");
    } else {
        plan(run, run->validates ? PHASE_FINISH : PHASE_CREATE, phase_ms[1], NULL);
    }
}

/* The events name the hosts; the execution's error does not. */
static void tell_dead(const struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct host *host = &run->hosts[i];
        if (host->dead && !host->done) {
            exec_event_of(run->practice, run->job->execution, host->instance,
                          "Task failed 'cloudify_agent.operations.validate_agent_amqp' -> Last "
                          "validation attempt has shown that agent is dead. Rerun validation.",
                          run->job->due_ms);
        }
    }
}

/* The ping is tried again and again; each try adds an operation, so percentages fall. */
static void retry(const struct run *run)
{
    int64_t tries = (int64_t)strlen(run->job->detail);
    if (!any_dead(run)) {
        plan(run, run->validates ? PHASE_FINISH : PHASE_CREATE, phase_ms[1], NULL);
        return;
    }
    sql_do(run->practice->sql,
           "UPDATE executions SET finished = finished + 1, total = total + 1 WHERE id = ?", "s",
           run->job->execution);
    if (tries >= RETRIES_MOST) {
        tell_dead(run);
        finish(run, "failed",
               "RuntimeError: Workflow failed: Task failed 'cloudify_agent.operations"
               ".validate_agent_amqp' -> Last validation attempt has shown that agent is dead. "
               "Rerun validation.");
        return;
    }
    plan(run, PHASE_RETRY, retry_ms(run), mem_printf(run->ctx, "%s1", run->job->detail));
}

/* Of an execution that was resumed: an agent that it had begun to install is taken up again. */
static bool is_under_way(const struct run *run, const struct host *host)
{
    return sql_one_int(run->practice->sql, 0,
                       "SELECT 1 FROM agents WHERE tenant = ? AND node_instance_id = ?"
                       " AND replaces = ? AND state = 'creating' LIMIT 1",
                       "sss", run->tenant, host->instance, run->job->execution) != 0;
}

static void create_one(const struct run *run, const struct host *host)
{
    struct practice *practice = run->practice;
    const char *at = timefmt_utc(run->ctx, run->job->due_ms);
    const char *name =
        mem_printf(run->ctx, "%s_%s", host->instance, practice_uuid(practice, run->ctx));
    sql_do(practice->sql, "UPDATE agents SET state = 'upgrading', updated_at = ? WHERE seq = ?",
           "si", at, host->seq);
    sql_do(practice->sql,
           "INSERT INTO agents (tenant, deployment_id, node_id, node_instance_id, host_id, id, ip,"
           " install_method, system, version, state, created_at, updated_at, created_by, replaces)"
           " SELECT tenant, deployment_id, node_id, node_instance_id, host_id, ?1, ip,"
           " install_method, system, ?2, 'creating', ?3, ?3, created_by, ?4 FROM agents"
           " WHERE seq = ?5",
           "ssssi", name, practice->agent_version, at, run->job->execution, host->seq);
}

static void create(const struct run *run)
{
    bool installs = json_bool_or(run->parameters, "install", true);
    for (size_t i = 0; i < run->count && installs; i++) {
        if (!run->hosts[i].done && !is_under_way(run, &run->hosts[i])) {
            create_one(run, &run->hosts[i]);
        }
    }
    plan(run, PHASE_SWAP, phase_ms[2], NULL);
}

/* The new agent connects, and the old one is put aside; or it does not, and stays upgrading. */
static bool swap_one(const struct run *run, int64_t seq, const char *instance)
{
    struct sql *sql = run->practice->sql;
    const char *at = timefmt_utc(run->ctx, run->job->due_ms);
    bool fails = practice_listed(run->practice, "agent_install_fails", run->tenant, instance);
    sql_do(sql, "UPDATE agents SET state = ?, updated_at = ? WHERE seq = ?", "ssi",
           fails ? "failed" : "started", at, seq);
    if (!fails) {
        sql_do(sql,
               "UPDATE agents SET state = 'upgraded', updated_at = ? WHERE tenant = ?"
               " AND node_instance_id = ? AND state = 'upgrading'",
               "sss", at, run->tenant, instance);
    }
    return !fails;
}

struct fresh {
    int64_t seq;
    const char *instance;
};

static void swap(const struct run *run)
{
    struct fresh *fresh = NULL;
    size_t count = 0;
    bool good = true;
    struct sqlite3_stmt *query =
        sql_start(run->practice->sql,
                  "SELECT seq, node_instance_id FROM agents WHERE tenant = ? AND deployment_id = ?"
                  " AND replaces = ? AND state = 'creating' ORDER BY seq",
                  "sss", run->tenant, run->deployment, run->job->execution);
    while (sql_next(query)) {
        fresh = mem_resize(run->ctx, fresh, struct fresh, count + 1);
        fresh[count++] =
            (struct fresh){sql_int(query, 0), mem_strdup(run->ctx, sql_text(query, 1))};
    }
    for (size_t i = 0; i < count; i++) {
        good = swap_one(run, fresh[i].seq, fresh[i].instance) && good;
    }
    plan(run, good ? PHASE_FINISH : PHASE_GIVE_UP, good ? phase_ms[3] : INSTALL_TIMEOUT_MS, NULL);
}

void workflow_agents_step(struct practice *practice, const struct job *job)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct run run = {.practice = practice, .job = job, .ctx = scope};
    bool right = true;
    if (!read_run(&run, &right)) {
        return;
    }
    switch ((enum phase)job->phase) {
    case PHASE_BEGIN:
        begin(&run, right);
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
    case PHASE_GIVE_UP:
        finish(&run, "failed",
               "RuntimeError: Workflow failed: Task failed 'cloudify_agent.operations"
               ".create_agent_amqp' -> New agent did not start and connect");
        break;
    }
}
