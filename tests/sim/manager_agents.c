/* install_new_agents: what it does to the hosts of a deployment, and how it is ended by others. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "manager.h"

#define END_MS 500 /* until a cancel or kill is taken note of */

unsigned manager_hosts(const struct manager *manager)
{
    return manager->o.hosts ? manager->o.hosts : 1;
}

void manager_host(unsigned n, unsigned host, char out[48])
{
    if (host == 0) {
        snprintf(out, 48, "vm-%u", n);
    } else {
        snprintf(out, 48, "vm-%u-%u", n, host);
    }
}

static unsigned number_of(const struct json *execution)
{
    unsigned n = 0;

    sscanf(json_string_or(execution, "deployment_id", ""), "dep-%u", &n);
    return n;
}

static bool is_open(const struct json *row)
{
    static const char *const ends[] = {"terminated", "failed", "cancelled"};

    for (size_t i = 0; i < FERRY_COUNT(ends); i++) {
        if (strcmp(json_string_or(row, "status", ""), ends[i]) == 0) {
            return false;
        }
    }
    return true;
}

/* --- POST /executions --- */

static const char *tenant_of(const struct http_request *request)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->headers[i].name, "Tenant") == 0) {
            return request->headers[i].value;
        }
    }
    return "default_tenant";
}

/* Executions of this deployment: how many there are, and whether one is open. */
static unsigned count_executions(const struct manager *manager, const char *deployment, bool *open)
{
    unsigned count = 0;

    *open = false;
    for (const struct json *row = json_first(manager->executions); row; row = json_next(row)) {
        if (strcmp(json_string_or(row, "deployment_id", ""), deployment) == 0) {
            count++;
            *open = *open || is_open(row);
        }
    }
    return count;
}

void manager_post_execution(struct manager *manager, const struct http_request *request,
                            struct http_reply *reply)
{
    const char *deployment, *tenant = tenant_of(request), *id;
    struct json *body = NULL, *row;
    unsigned n, before;
    char own[64];
    bool open;

    if (json_parse(reply, request->body, strlen(request->body), &body, NULL)) {
        manager_error(reply, 400, "bad_parameters_error", "no JSON");
        return;
    }
    deployment = json_string_or(body, "deployment_id", "");
    n = number_of(body);
    if (n >= manager->o.deployments || strcmp(manager_tenant(n), tenant) != 0) {
        manager_error(reply, 404, "not_found_error", "Requested `Deployment` was not found");
        return;
    }
    snprintf(own, sizeof own, "execution-%u", ++manager->serial);
    id = json_string_or(body, "id", own);
    if (manager_row(manager->executions, id)) {
        manager_error(reply, 409, "conflict_error", "Execution already exists");
        return;
    }
    before = count_executions(manager, deployment, &open);
    if (open) {
        manager_error(reply, 400, "existing_running_execution_error", "currently running");
        return;
    }
    row = manager_add_execution(manager, id, "install_new_agents", tenant, deployment);
    json_set_json(row, "parameters", json_get(body, "parameters"));
    json_set_bool(row, "_lost", manager->o.never_begins && before == 0 && (n == 1 || n == 2));
    manager_answer(reply, 201, json_copy(reply, row));
}

/* --- POST /executions/ID --- */

void manager_end_execution(struct manager *manager, const char *id,
                           const struct http_request *request, struct http_reply *reply)
{
    struct json *row = manager_row(manager->executions, id), *body = NULL;
    bool kill;

    if (!row || json_parse(reply, request->body, strlen(request->body), &body, NULL)) {
        manager_error(reply, 404, "not_found_error", "Requested `Execution` was not found");
        return;
    }
    kill = strcmp(json_string_or(body, "action", ""), "kill") == 0;
    if (!kill && (!is_open(row) || strstr(json_string_or(row, "status", ""), "cancelling"))) {
        manager_error(reply, 400, "illegal_action_error", "it has ended, or is cancelled already");
        return;
    }
    *(kill ? &manager->ledger.kills : &manager->ledger.cancels) += 1;
    manager->ledger.wrong_ends +=
        json_get(row, "started_at") != NULL && !json_is_null(json_get(row, "started_at"));
    if (is_open(row)) {
        json_set_string(row, "status", kill ? "kill_cancelling" : "cancelling");
        json_set_int(row, "_ends", manager->now_ms + END_MS);
    }
    manager_answer(reply, 200, json_copy(reply, row));
}

/* --- at work --- */

static bool is_asked_for(const struct json *execution, const char *host)
{
    const struct json *hosts = json_get(execution, "parameters.node_instance_ids");

    for (const struct json *at = json_first(hosts); at; at = json_next(at)) {
        if (strcmp(json_text(at), host) == 0) {
            return true;
        }
    }
    return !json_is_array(hosts);
}

static void new_agent(struct manager *manager, unsigned n, unsigned host)
{
    char id[80], name[48], deployment[32];
    struct json *row;

    manager_host(n, host, name);
    manager_deployment(n, deployment);
    snprintf(id, sizeof id, "%s_new-%u", name, ++manager->serial);
    row = json_push_object(manager->agents);
    json_set_string(row, "id", id);
    json_set_string(row, "host_id", name);
    json_set_string(row, "node_instance_id", name);
    json_set_string(row, "deployment", deployment);
    json_set_string(row, "tenant_name", manager_tenant(n));
    json_set_string(row, "version", manager->o.version);
    json_set_string(row, "state", "started");
    json_set_string(row, "install_method", "remote");
    manager->ledger.hosts[n * MANAGER_HOSTS_MAX + host]++;
}

/* Host by host, until one that is dead. */
static bool install(struct manager *manager, const struct json *execution)
{
    unsigned n = number_of(execution);

    if (manager->o.execution_fails && n == 0) {
        return false;
    }
    for (unsigned host = 0; host < manager_hosts(manager); host++) {
        char name[48];

        manager_host(n, host, name);
        if (!is_asked_for(execution, name)) {
            continue;
        }
        if (manager->o.host_dies && n == 0 && host == 1) {
            return false;
        }
        new_agent(manager, n, host);
    }
    return true;
}

static void end(struct manager *manager, struct json *row, const char *status, const char *error)
{
    char *text = timefmt_utc(NULL, manager->now_ms);

    json_set_string(row, "status", status);
    json_set_string(row, "error", error);
    json_set_string(row, "ended_at", text);
    mem_free(text);
}

static void begin(struct manager *manager, struct json *row)
{
    char *text = timefmt_utc(NULL, manager->now_ms);

    json_set_string(row, "status", "started");
    json_set_string(row, "started_at", text);
    manager->ledger.agents[number_of(row)]++;
    mem_free(text);
}

void manager_work(struct manager *manager, struct json *row)
{
    int64_t t = manager->now_ms - json_int64_or(row, "_began", 0);
    const char *status = json_string_or(row, "status", "");
    bool is_lost = json_bool_or(row, "_lost", false);

    if (strstr(status, "cancelling")) {
        bool heard = !is_lost || number_of(row) != 2 || strcmp(status, "kill_cancelling") == 0;

        if (heard && manager->now_ms >= json_int64_or(row, "_ends", 0)) {
            end(manager, row, "cancelled", NULL);
        }
        return;
    }
    if (is_lost) {
        return;
    }
    if (t >= MANAGER_WORKFLOW_START_MS && json_is_null(json_get(row, "started_at"))) {
        begin(manager, row);
    }
    if (t >= MANAGER_WORKFLOW_MS) {
        bool good = install(manager, row);

        end(manager, row, good ? "terminated" : "failed", good ? NULL : "Agent is not responding");
    }
}
