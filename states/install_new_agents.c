/*
 * install_new_agents: one unit a deployment, and where that does not end well one unit a host.
 * Repeating it is never harmless: a second run puts a second agent on every host (facts 3.3). So
 * each start carries our id, as the execution's own where the manager takes one, else as a
 * parameter that comes back in the list; and before any further attempt the agents are asked about.
 */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/agents_expand.h"
#include "states/agents_follow.h"
#include "states/agents_hosts.h"
#include "states/common.h"
#include "states/states.h"

/* contract/19: 7.5 s for two hosts; a manager under load takes longer. */
#define ONE_DEPLOYMENT_MS (30 * STATES_SECOND_MS)

static const struct agents_work work = {.workflow = AGENTS_WORKFLOW, .divides = true};

static int64_t concurrency(const struct state_context *context)
{
    return states_number(context, "agents.concurrency", 5); /* facts 3.4 */
}

static void timing(const struct state_context *context, struct state_timing *timing)
{
    const struct json *waves = json_get(context->options, "agents.waves");

    agents_timing(context, timing);
    timing->waves = json_size(waves) > 0 ? waves : NULL;
    timing->waves_anew = json_bool_or(context->options, "agents.waves_anew", false);
}

/* --- plan --- */

static bool ask_plan(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    int64_t agents = states_archive_count(context, "agents");
    int64_t hosts = states_archive_count(context, "deployments_with_hosts");
    int64_t deployments = hosts >= 0 ? hosts : states_archive_count(context, "deployments");
    int64_t most = agents < deployments ? agents : deployments;

    (void)units, (void)n, (void)request;
    verdicts->answer = STATE_DONE;
    if (most < 0) {
        state_plan_note(context->plan, "which deployments have agents is seen after the restore");
        return false;
    }
    state_plan_units(context->plan, most);
    state_plan_estimate(
        context->plan, (most + concurrency(context) - 1) / concurrency(context) * ONE_DEPLOYMENT_MS,
        mem_printf(mem,
                   "at most %lld deployments, %lld at a time, %s each; one with a "
                   "dead host takes 45 min",
                   (long long)most, (long long)concurrency(context),
                   timefmt_duration(mem, ONE_DEPLOYMENT_MS)));
    if (most > 0) {
        state_plan_note(context->plan,
                        "the old manager must stay up: its broker is the way to the old agents");
    } else {
        state_plan_skip(context->plan, "the archive holds no agents");
    }
    return false;
}

/* --- act --- */

static void set_text(const struct state_context *context, const char *option,
                     struct json *parameters, const char *name)
{
    const char *text = states_option(context, option);

    if (text != NULL) {
        json_set_string(parameters, name, text);
    }
}

static struct json *parameters_of(const struct state_context *context,
                                  const struct state_unit *unit, const void *mem)
{
    const char *host = json_string_or(unit->data, "given.host", NULL);
    const struct json *methods = json_get(context->options, "agents.install_methods");
    struct json *parameters = json_object(mem);

    json_set_int(parameters, "install_agent_timeout",
                 states_number(context, "agents.install_timeout", 300));
    if (json_bool_or(context->options, "agents.stop_old", false)) {
        json_set_bool(parameters, "stop_old_agent", true);
    }
    set_text(context, "agents.manager_ip", parameters, "manager_ip");
    set_text(context, "agents.manager_certificate", parameters, "manager_certificate");
    if (json_is_array(methods)) {
        json_set_json(parameters, "install_methods", methods);
    }
    if (host != NULL) {
        json_push_string(json_set_array(parameters, "node_instance_ids"), host);
    } else if (agents_hosts_of(unit) != NULL) {
        json_set_json(parameters, "node_instance_ids", agents_hosts_of(unit));
    }
    if (!states_caps(context)->client_execution_id) {
        json_set_string(parameters, AGENTS_MARKER, unit->id);
    }
    return parameters;
}

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_writer(context);
    struct agents_key key = agents_key_of(units, mem);

    (void)n, (void)verdicts;
    if (agents_cancels(units) != NULL) {
        agents_cancel_ask(context, units, request, mem);
        return true;
    }
    caller.tenant = key.tenant;
    cloudify_post_execution(
        states_request(request, mem), &caller,
        &(struct cloudify_start){.id = states_caps(context)->client_execution_id ? units->id : NULL,
                                 .deployment = key.deployment,
                                 .workflow = AGENTS_WORKFLOW,
                                 .parameters = parameters_of(context, units, mem)});
    return true;
}

static bool ask_probe(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    return agents_probe_ask(&work, context, &(struct agents_about){units, n, NULL}, request,
                            verdicts, mem);
}

static void judge_probe(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    if (context->repeat) {
        agents_follow_judge(&work, context, &(struct agents_about){units, n, reply}, verdicts, mem);
    } else {
        agents_hosts_judge_probe(context, units, n, reply, verdicts, mem);
    }
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    if (states_at(units, "hosts")) {
        agents_hosts_judge_failure(context, units, n, reply, verdicts, mem);
    } else {
        agents_follow_judge(&work, context, &(struct agents_about){units, n, reply}, verdicts, mem);
    }
}

const struct ferry_state state_install_new_agents = {
    .name = "install_new_agents",
    .summary = "gives every host an agent of the new manager",
    .def = 1,
    .leaves = "new agents on the deployments that are done; their old manager must stay up for the "
              "others",
    .flags = STATE_FANOUT | STATE_KEYED | STATE_PROBE_AGAIN,
    .timing = timing,
    .apart = agents_apart,
    .plan = {.ask = ask_plan},
    .expand = {.ask = agents_expand_ask, .judge = agents_expand_judge},
    .probe = {.ask = ask_probe,
              .judge = judge_probe,
              .batch = CLOUDIFY_IDS_MAX,
              .together = agents_together},
    .act = {.ask = ask_act, .judge = agents_act_judge},
    .await = {.ask = agents_await_ask,
              .judge = judge_await,
              .batch = CLOUDIFY_IDS_MAX,
              .together = agents_together},
};
