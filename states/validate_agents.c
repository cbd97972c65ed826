/*
 * validate_agents, where agents.validate asks for it: the manager asks every new agent for an
 * answer (facts 3.6). It changes nothing on the hosts, so a failed one is simply done again.
 *
 * validate_old_agents: the same on the old manager, before its snapshot is taken. An agent that is
 * silent there cannot install its successor (facts 3.2 no. 3), so this is when to mend it.
 */
#include <string.h>

#include "base/mem.h"
#include "states/agents_expand.h"
#include "states/agents_follow.h"
#include "states/agents_hosts.h"
#include "states/common.h"
#include "states/states.h"

static const struct agents_work work = {.workflow = AGENTS_VALIDATE};

/* Agents take up to 50 s to be connected (facts 6 no. 31). */
#define GRACE_MS STATES_MINUTE_MS

#define OLD_NOT_WANTED "it is not asked for (from.validate_agents)"

struct validate_memo {
    bool waited;
};

static bool is_asked_for(const struct state_context *context)
{
    return json_bool_or(context->options, "agents.validate", false);
}

static bool ask_plan(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    (void)units, (void)n, (void)request, (void)mem;
    verdicts->answer = STATE_DONE;
    if (!is_asked_for(context)) {
        state_plan_skip(context->plan, "it is not asked for (agents.validate)");
    } else {
        state_plan_note(context->plan, "every deployment with new agents is asked once more");
    }
    return false;
}

static bool ask_expand(const struct state_context *context, const struct state_unit *units,
                       size_t n, struct http_request **request, struct state_verdict *verdicts,
                       const void *mem)
{
    struct validate_memo *memo;

    if (!is_asked_for(context)) {
        state_say(verdicts, mem, STATE_SKIP, "it is not asked for (agents.validate)");
        return false;
    }
    memo = mem_child(context->memo, "struct validate_memo");
    if (memo == NULL) { /* after a restart it is waited once more: too long rather than too short */
        mem_new(context->memo, struct validate_memo)->waited = true;
        verdicts->wait_ms = states_number(context, "agents.grace_ms", GRACE_MS);
        state_say(verdicts, mem, STATE_AGAIN, "the new agents get time to connect");
        return false;
    }
    return agents_expand_ask(context, units, n, request, verdicts, mem);
}

static bool ask_old_plan(const struct state_context *context, const struct state_unit *units,
                         size_t n, struct http_request **request, struct state_verdict *verdicts,
                         const void *mem)
{
    (void)units, (void)n, (void)request, (void)mem;
    verdicts->answer = STATE_DONE;
    if (!states_asks_old_agents(context)) {
        state_plan_skip(context->plan, OLD_NOT_WANTED);
    } else {
        state_plan_note(context->plan, "every deployment with agents is asked on the old manager");
    }
    return false;
}

static bool ask_old_expand(const struct state_context *context, const struct state_unit *units,
                           size_t n, struct http_request **request, struct state_verdict *verdicts,
                           const void *mem)
{
    if (!states_asks_old_agents(context)) {
        state_say(verdicts, mem, STATE_SKIP, OLD_NOT_WANTED);
        return false;
    }
    return agents_expand_ask(context, units, n, request, verdicts, mem);
}

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    bool keyed = states_caps(context)->client_execution_id;
    struct cloudify_caller caller = states_writer(context);
    struct agents_key key = agents_key_of(units, mem);
    struct json *parameters = json_object(mem);

    (void)n, (void)verdicts;
    if (agents_cancels(units) != NULL) {
        agents_cancel_ask(context, units, request, mem);
        return true;
    }
    if (agents_hosts_of(units) != NULL) {
        json_set_json(parameters, "node_instance_ids", agents_hosts_of(units));
    }
    if (!keyed) {
        json_set_string(parameters, AGENTS_MARKER, units->id);
    }
    caller.tenant = key.tenant;
    cloudify_post_execution(states_request(request, mem), &caller,
                            &(struct cloudify_start){.id = keyed ? units->id : NULL,
                                                     .deployment = key.deployment,
                                                     .workflow = AGENTS_VALIDATE,
                                                     .parameters = parameters});
    return true;
}

/* It runs nothing in maintenance, and we do not wait for what may last for ever. Once this run has
   switched it on itself, it is too late to ask: what counts then are the new agents. */
static void say_maintenance(const struct state_context *context, struct state_verdict *verdict,
                            const void *mem)
{
    bool late = json_get(context->facts, "old_maintenance") != NULL;

    state_say(verdict, mem, late ? STATE_FAILED : STATE_FOREIGN,
              "the old manager is in maintenance: it cannot ask its agents");
    states_fail(verdict, late ? FERRY_E_FAILED : FERRY_E_REFUSED,
                late
                    ? "nothing more to do here: what counts now is what install_new_agents says"
                    : "end the maintenance there, then: ferry resume; or cancel this run and begin "
                      "anew with from.validate_agents: false");
}

static void judge_old_act(const struct state_context *context, const struct state_unit *units,
                          size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                          const void *mem)
{
    struct cloudify_answer answer;

    cloudify_read(reply, &answer);
    if (answer.kind == CLOUDIFY_MAINTENANCE) {
        say_maintenance(context, verdicts, mem);
    } else {
        agents_act_judge(context, units, n, reply, verdicts, mem);
    }
}

static bool ask_probe(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    return agents_probe_ask(&work, context, &(struct agents_about){units, n, NULL}, request,
                            verdicts, mem);
}

static void judge(const struct state_context *context, const struct state_unit *units, size_t n,
                  const struct http_reply *reply, struct state_verdict *verdicts, const void *mem)
{
    agents_follow_judge(&work, context, &(struct agents_about){units, n, reply}, verdicts, mem);
}

const struct ferry_state state_validate_agents = {
    .name = "validate_agents",
    .summary = "asks every new agent for a sign of life, if agents.validate is set",
    .def = 1,
    .flags = STATE_FANOUT | STATE_KEYED,
    .timing = agents_timing,
    .plan = {.ask = ask_plan},
    .expand = {.ask = ask_expand, .judge = agents_expand_validate},
    .probe = {.ask = ask_probe,
              .judge = judge,
              .batch = CLOUDIFY_IDS_MAX,
              .together = agents_together},
    .act = {.ask = ask_act, .judge = agents_act_judge},
    .await = {.ask = agents_await_ask,
              .judge = judge,
              .batch = CLOUDIFY_IDS_MAX,
              .together = agents_together},
};

const struct ferry_state state_validate_old_agents = {
    .name = "validate_old_agents",
    .summary = "asks every agent of the old manager for a sign of life",
    .def = 1,
    .flags = STATE_FANOUT | STATE_KEYED,
    .site = HTTP_SITE_OLD,
    .timing = agents_timing,
    .plan = {.ask = ask_old_plan},
    .expand = {.ask = ask_old_expand, .judge = agents_expand_validate},
    .probe = {.ask = ask_probe,
              .judge = judge,
              .batch = CLOUDIFY_IDS_MAX,
              .together = agents_together},
    .act = {.ask = ask_act, .judge = judge_old_act},
    .await = {.ask = agents_await_ask,
              .judge = judge,
              .batch = CLOUDIFY_IDS_MAX,
              .together = agents_together},
};
