#include "states/agents_choose.h"

#include <fnmatch.h>
#include <string.h>

#include "base/mem.h"
#include "states/agents_expand.h"
#include "states/common.h"

/* Why a host is not to be done; the first that is true. */
enum out {
    OUT_NOT,    /* it is to be done */
    OUT_CHOICE, /* agents.nodes, agents.node_instances or agents.install_methods leave it out */
    OUT_NEW,    /* it has an agent of this manager */
    OUT_STATE,  /* it is not started: the workflow would fail for all (facts 3.2) */
    OUT_NO_AGENT
};

struct host_out {
    enum out out;
    const char *reason;
};

bool agents_tenant_is_chosen(const struct state_context *context, const char *tenant)
{
    const struct json *tenants = json_get(context->options, "agents.tenants");

    return !json_is_array(tenants) || states_holds(tenants, tenant);
}

/* "ID" or "TENANT/ID", each with shell patterns. */
static bool deployment_is_chosen(const struct state_context *context, const char *key)
{
    const struct json *wanted = json_get(context->options, "agents.deployments");

    for (const struct json *at = json_first(wanted); at != NULL; at = json_next(at)) {
        const char *pattern = json_text(at);
        const char *subject = strchr(pattern, '/') != NULL ? key : strchr(key, '/') + 1;

        if (fnmatch(pattern, subject, 0) == 0) {
            return true;
        }
    }
    return !json_is_array(wanted);
}

static bool is_chosen(const struct state_context *context, const char *option, const char *text)
{
    const struct json *wanted = json_get(context->options, option);

    return !json_is_array(wanted) || states_holds(wanted, text);
}

static const char *method_of(const struct agents_choice *choice, const char *instance)
{
    for (size_t i = 0; i < choice->agent_count; i++) {
        if (strcmp(choice->agents[i].instance, instance) == 0) {
            return choice->agents[i].method;
        }
    }
    return "none";
}

/* The option that leaves it out, or NULL. */
static const char *left_out_by(const struct agents_choice *choice, const struct agents_row *host)
{
    if (!is_chosen(choice->context, "agents.nodes", host->node)) {
        return "agents.nodes";
    }
    if (!is_chosen(choice->context, "agents.node_instances", host->id)) {
        return "agents.node_instances";
    }
    if (!is_chosen(choice->context, "agents.install_methods", method_of(choice, host->id))) {
        return "agents.install_methods";
    }
    return NULL;
}

static struct host_out judge_host(const struct agents_choice *choice, const struct agents_row *host,
                                  const void *mem)
{
    const char *option = left_out_by(choice, host);

    if (option != NULL) {
        return (struct host_out){OUT_CHOICE, mem_printf(mem, "it is not chosen (%s)", option)};
    }
    if (agents_have_new(choice->agents, choice->agent_count, host->id, &choice->target)) {
        return (struct host_out){OUT_NEW, "already has an agent of this manager"};
    }
    if (strcmp(host->state, "started") != 0) {
        return (struct host_out){OUT_STATE,
                                 mem_printf(mem, "host %s is %s", host->id, host->state)};
    }
    if (!agents_have_living(choice->agents, choice->agent_count, host->id)) {
        return (struct host_out){OUT_NO_AGENT, "it has no agent"};
    }
    return (struct host_out){OUT_NOT, NULL};
}

static const struct json *find_workflow(const struct json *deployment, const char *name)
{
    const struct json *workflows = json_get(deployment, "workflows");

    for (const struct json *at = json_first(workflows); at != NULL; at = json_next(at)) {
        if (strcmp(cloudify_text(at, "name", ""), name) == 0) {
            return at;
        }
    }
    return NULL;
}

/* Why the deployment has nothing to do whatever its hosts are, or NULL. */
static const char *left_out(const struct agents_choice *choice, const struct json *deployment,
                            const char *key, const char *workflow, const void *mem)
{
    const char *tenant = cloudify_text(deployment, "tenant_name", "");

    if (!agents_tenant_is_chosen(choice->context, tenant)) {
        return mem_printf(mem, "tenant %s is not chosen (agents.tenants)", tenant);
    }
    if (!deployment_is_chosen(choice->context, key)) {
        return "it is not chosen (agents.deployments)";
    }
    if (find_workflow(deployment, workflow) == NULL) {
        return mem_printf(mem, "it has no workflow %s", workflow);
    }
    return choice->host_count == 0 ? "it has no hosts" : NULL;
}

static const char *unavailable(const struct json *deployment, const char *workflow, const void *mem)
{
    if (json_bool_or(find_workflow(deployment, workflow), "is_available", true)) {
        return NULL;
    }
    return mem_printf(mem, "the manager says that %s is not available for it", workflow);
}

/* No host is to be done: why, in one line. */
static const char *reason_of_all(const struct host_out *outs, size_t count, const void *mem)
{
    size_t of[OUT_NO_AGENT + 1] = {0};
    const char *first[OUT_NO_AGENT + 1] = {NULL};

    for (size_t i = 0; i < count; i++) {
        first[outs[i].out] = of[outs[i].out]++ == 0 ? outs[i].reason : first[outs[i].out];
    }
    if (of[OUT_STATE] > 1) {
        return mem_printf(mem, "%s, and %zu more are not started", first[OUT_STATE],
                          of[OUT_STATE] - 1);
    }
    if (of[OUT_STATE] == 1) {
        return first[OUT_STATE];
    }
    if (of[OUT_NEW] > 0) {
        return "already has agents of this manager";
    }
    return of[OUT_CHOICE] > 0 ? first[OUT_CHOICE] : "its hosts have no agents";
}

/* Some hosts only: they are named, and the others are told of one by one. */
static void add_some(const struct agents_choice *choice, const struct host_out *outs,
                     const char *key, const void *mem)
{
    struct json *given = json_object(mem);
    struct json *hosts = json_set_array(given, "hosts");

    for (size_t i = 0; i < choice->host_count; i++) {
        if (outs[i].out == OUT_NOT) {
            json_push_string(hosts, choice->hosts[i].id);
        }
    }
    state_sink_add_given(choice->context->sink, key, given);
    for (size_t i = 0; i < choice->host_count; i++) {
        if (outs[i].out != OUT_NOT) {
            state_sink_skip(choice->context->sink,
                            mem_printf(mem, "%s/%s", key, choice->hosts[i].id), outs[i].reason);
        }
    }
}

void agents_choose(const struct agents_choice *choice, const struct json *deployment,
                   const char *key, const void *mem)
{
    struct host_out *outs = mem_array(mem, struct host_out, choice->host_count + 1);
    const char *reason = left_out(choice, deployment, key, AGENTS_WORKFLOW, mem);
    size_t todo = 0;

    for (size_t i = 0; i < choice->host_count && reason == NULL; i++) {
        outs[i] = judge_host(choice, &choice->hosts[i], mem);
        todo += outs[i].out == OUT_NOT;
    }
    if (reason == NULL && todo == 0) {
        reason = reason_of_all(outs, choice->host_count, mem);
    }
    if (reason == NULL) {
        reason = unavailable(deployment, AGENTS_WORKFLOW, mem);
    }
    if (reason != NULL) {
        state_sink_skip(choice->context->sink, key, reason);
    } else if (todo == choice->host_count) {
        state_sink_add(choice->context->sink, key);
    } else {
        add_some(choice, outs, key, mem);
    }
}

/* The new manager's are those of its version; all that live on the old one are the old one's. */
static bool has_agent_to_validate(const struct agents_choice *choice, const char *instance)
{
    if (states_site(choice->context) == HTTP_SITE_OLD) {
        return agents_have_living(choice->agents, choice->agent_count, instance);
    }
    return agents_have_new(choice->agents, choice->agent_count, instance, &choice->target);
}

void agents_choose_to_validate(const struct agents_choice *choice, const struct json *deployment,
                               const char *key, const void *mem)
{
    const char *reason = left_out(choice, deployment, key, AGENTS_VALIDATE, mem);
    struct json *given = json_object(mem);
    struct json *hosts = json_set_array(given, "hosts");

    for (size_t i = 0; i < choice->host_count && reason == NULL; i++) {
        const struct agents_row *host = &choice->hosts[i];

        if (left_out_by(choice, host) == NULL && strcmp(host->state, "started") == 0 &&
            has_agent_to_validate(choice, host->id)) {
            json_push_string(hosts, host->id);
        }
    }
    if (reason == NULL && json_size(hosts) == 0) {
        reason = "none of its hosts has an agent of this manager";
    }
    if (reason == NULL) {
        reason = unavailable(deployment, AGENTS_VALIDATE, mem);
    }
    if (reason != NULL) {
        state_sink_skip(choice->context->sink, key, reason);
    } else if (json_size(hosts) == choice->host_count) {
        state_sink_add(choice->context->sink, key);
    } else {
        state_sink_add_given(choice->context->sink, key, given);
    }
}
