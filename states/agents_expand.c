/*
 * Three lists, page by page: agents, node instances, deployments. The first two are kept in the
 * step's memo and joined with each page of the third, so a unit is named as soon as its deployment
 * is seen. The memo ends with the process: after a restart the lists are read again from the
 * start, and units that are there already are left alone.
 *
 * Pages are cut by the list's own total (a manager may give shorter pages than asked, facts 10.1).
 * There is no stable order without a unique key, and ids are unique within a tenant only: rows seen
 * twice are one, and a list that came out short is read once more.
 */
#include "states/agents_expand.h"

#include <string.h>

#include "base/mem.h"
#include "states/agents_join.h"
#include "states/common.h"

/* contract/13: a deployment with its workflows has 12 kB; a page of these 2.4 MB. */
#define DEPLOYMENTS_PAGE 200
#define READINGS_MAX 3

enum stage { STAGE_AGENTS, STAGE_INSTANCES, STAGE_DEPLOYMENTS };

struct agents_memo {
    enum stage stage;
    int64_t offset; /* of the next page */
    int64_t seen;   /* rows of this reading of the list */
    int readings;   /* of this list */
    struct agents_rows agents;
    struct agents_rows hosts;
    struct agents_rows named; /* deployments that were judged */
};

static struct agents_memo *memo_of(const struct state_context *context)
{
    struct agents_memo *memo = mem_child(context->memo, "struct agents_memo");

    if (memo == NULL) {
        memo = mem_new(context->memo, struct agents_memo);
        agents_rows_init(&memo->agents, memo);
        agents_rows_init(&memo->hosts, memo);
        agents_rows_init(&memo->named, memo);
    }
    return memo;
}

bool agents_expand_ask(const struct state_context *context, const struct state_unit *units,
                       size_t n, struct http_request **request, struct state_verdict *verdicts,
                       const void *mem)
{
    static const struct cloudify_list lists[] = {
        [STAGE_AGENTS] = {.resource = "agents",
                          .include = "id,node_instance_id,host_id,deployment,tenant_name,version,"
                                     "state,created_at",
                          .size = CLOUDIFY_PAGE},
        [STAGE_INSTANCES] = {.resource = "node-instances",
                             .include = "id,host_id,state,deployment_id,tenant_name",
                             .size = CLOUDIFY_PAGE},
        [STAGE_DEPLOYMENTS] = {.resource = "deployments",
                               .include = "id,tenant_name,workflows",
                               .size = DEPLOYMENTS_PAGE},
    };
    const struct agents_memo *memo = memo_of(context);
    struct cloudify_caller caller = states_reader(context);
    struct cloudify_list list = lists[memo->stage];

    (void)units, (void)n, (void)verdicts;
    list.sort = memo->stage == STAGE_AGENTS ? "name" : "id";
    list.then_sort = memo->stage == STAGE_DEPLOYMENTS ? "created_at" : NULL;
    list.all_tenants = true;
    list.offset = memo->offset;
    if (memo->stage == STAGE_AGENTS && !states_caps(context)->agents_all_tenants) {
        list.include = NULL; /* such a manager may not know all of these columns */
    }
    cloudify_ask_list(states_request(request, mem), &caller, &list);
    return true;
}

/* --- one deployment --- */

static bool tenant_is_chosen(const struct state_context *context, const char *tenant)
{
    const struct json *tenants = json_get(context->options, "agents.tenants");

    return !json_is_array(tenants) || states_holds(tenants, tenant);
}

static const struct json *find_workflow(const struct json *deployment)
{
    const struct json *workflows = json_get(deployment, "workflows");

    for (const struct json *at = json_first(workflows); at != NULL; at = json_next(at)) {
        if (strcmp(cloudify_text(at, "name", ""), AGENTS_WORKFLOW) == 0) {
            return at;
        }
    }
    return NULL;
}

/* One stopped host fails the workflow for all hosts of the deployment (facts 3.2). */
static const char *stopped_hosts(const struct agents_row *hosts, size_t count, const void *mem)
{
    const char *first = NULL;
    size_t stopped = 0;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(hosts[i].state, "started") != 0) {
            first = first == NULL ? mem_printf(mem, "host %s is %s", hosts[i].id, hosts[i].state)
                                  : first;
            stopped++;
        }
    }
    return stopped > 1 ? mem_printf(mem, "%s, and %zu more are not started", first, stopped - 1)
                       : first;
}

/* Every host that has a living agent has one of this manager. */
static bool all_are_new(const struct agents_row *agents, size_t count,
                        const struct agents_target *target)
{
    for (size_t i = 0; i < count; i++) {
        bool has_new = !agents_is_alive(&agents[i]);

        for (size_t k = 0; k < count && !has_new; k++) {
            has_new = strcmp(agents[k].instance, agents[i].instance) == 0 &&
                      agents_is_new(&agents[k], target);
        }
        if (!has_new) {
            return false;
        }
    }
    return true;
}

static bool any_alive(const struct agents_row *agents, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (agents_is_alive(&agents[i])) {
            return true;
        }
    }
    return false;
}

/* An old manager of the same version has made agents that look new: then the time decides. */
static struct agents_target target_of(const struct state_context *context)
{
    const char *version = json_string_or(context->facts, "manager.version", "");
    const char *old = json_string_or(context->facts, "archive.version", version);
    struct agents_target target = {.version = version};
    int order = 0;

    if (cloudify_version_compare_text(old, version, &order) && order == 0) {
        target.since_ms = json_int64_or(context->facts, "restore.since_ms", 0);
    }
    return target;
}

/* Why there is nothing to do, or NULL. */
static const char *reason_to_skip(const struct state_context *context,
                                  const struct agents_memo *memo, const struct json *deployment,
                                  const char *key, const void *mem)
{
    const char *tenant = cloudify_text(deployment, "tenant_name", "");
    const struct json *workflow = find_workflow(deployment);
    struct agents_target target = target_of(context);
    size_t host_count = 0;
    size_t agent_count = 0;
    const struct agents_row *hosts = agents_of(&memo->hosts, key, &host_count);
    const struct agents_row *agents = agents_of(&memo->agents, key, &agent_count);

    if (!tenant_is_chosen(context, tenant)) {
        return mem_printf(mem, "tenant %s is not chosen (agents.tenants)", tenant);
    }
    if (workflow == NULL) {
        return "it has no workflow " AGENTS_WORKFLOW;
    }
    if (host_count == 0) {
        return "it has no hosts";
    }
    const char *stopped = stopped_hosts(hosts, host_count, mem);

    if (stopped != NULL) {
        return stopped;
    }
    if (!any_alive(agents, agent_count)) {
        return "its hosts have no agents";
    }
    if (all_are_new(agents, agent_count, &target)) {
        return "already has agents of this manager";
    }
    if (!json_bool_or(workflow, "is_available", true)) {
        return "the manager says that " AGENTS_WORKFLOW " is not available for it";
    }
    return NULL;
}

static void name_deployments(const struct state_context *context, struct agents_memo *memo,
                             const struct json *items, const void *mem)
{
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const char *key = mem_printf(mem, "%s/%s", cloudify_text(row, "tenant_name", ""),
                                     cloudify_text(row, "id", ""));
        const char *reason = reason_to_skip(context, memo, row, key, mem);

        if (reason == NULL) {
            state_sink_add(context->sink, key);
        } else {
            state_sink_skip(context->sink, key, reason);
        }
    }
}

/* --- pages --- */

/* How many different rows of the present list are known. */
static int64_t different(struct agents_memo *memo)
{
    switch (memo->stage) {
    case STAGE_AGENTS:
        agents_sort(&memo->agents);
        return (int64_t)memo->agents.count;
    case STAGE_INSTANCES: /* only hosts are kept: their number says nothing about the pages */
        agents_sort(&memo->hosts);
        return memo->seen;
    case STAGE_DEPLOYMENTS:
        break;
    }
    agents_sort(&memo->named);
    return (int64_t)memo->named.count;
}

/* After the last page: the next list, or this one once more, or the end. */
static void end_of_list(struct agents_memo *memo, int64_t total, struct state_verdict *verdict)
{
    bool again = different(memo) < total && ++memo->readings < READINGS_MAX;

    memo->offset = 0;
    memo->seen = 0;
    verdict->answer = STATE_AGAIN;
    if (again) {
        return;
    }
    memo->readings = 0;
    if (memo->stage == STAGE_DEPLOYMENTS) {
        verdict->answer = STATE_DONE;
    } else {
        memo->stage = memo->stage == STAGE_AGENTS ? STAGE_INSTANCES : STAGE_DEPLOYMENTS;
    }
}

void agents_expand_judge(const struct state_context *context, const struct state_unit *units,
                         size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                         const void *mem)
{
    struct agents_memo *memo = memo_of(context);
    struct cloudify_answer answer;

    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    const struct json *items = cloudify_items(answer.document);
    int64_t total = cloudify_total(answer.document);

    if (items == NULL || total < 0) {
        state_say(verdicts, mem, STATE_CANNOT_TELL, "an answer without a list in it");
        return;
    }
    if (memo->stage == STAGE_AGENTS) {
        agents_add_agents(&memo->agents, items);
    } else if (memo->stage == STAGE_INSTANCES) {
        agents_add_hosts(&memo->hosts, items);
    } else {
        name_deployments(context, memo, items, mem);
        agents_add_names(&memo->named, items);
    }
    memo->seen += (int64_t)json_size(items);
    memo->offset += (int64_t)json_size(items);
    verdicts->answer = STATE_AGAIN;
    verdicts->done = memo->offset;
    verdicts->total = total;
    if (memo->offset >= total || json_size(items) == 0) {
        end_of_list(memo, total, verdicts);
    }
}
