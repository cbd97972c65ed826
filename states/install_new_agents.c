/*
 * install_new_agents: one unit a deployment. Repeating it is never harmless: a second run puts a
 * second agent on every host (facts 3.3). So each start carries our id, as the execution's own
 * where the manager takes one, else as a parameter that comes back in the list.
 */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/agents_expand.h"
#include "states/common.h"
#include "states/states.h"

#define MARKER "ferry_unit"
/* contract/19: 7.5 s for two hosts; a manager under load takes longer. */
#define ONE_DEPLOYMENT_MS (30 * STATES_SECOND_MS)
/* facts 3.2: a dead host ends after 60 tries of 45 s; the install itself comes on top. */
#define DEADLINE_MS (4 * STATES_HOUR_MS)
/* Not begun after this long: something else holds the manager's workers. */
#define PENDING_MS (5 * STATES_MINUTE_MS)

static int64_t concurrency(const struct state_context *context)
{
    return states_number(context, "agents.concurrency", 5); /* facts 3.4 */
}

static void timing(const struct state_context *context, struct state_timing *timing)
{
    timing->interval_ms = states_number(context, "agents.poll_ms", 10 * STATES_SECOND_MS);
    timing->quiet_ms =
        timing->interval_ms < 5 * STATES_SECOND_MS ? timing->interval_ms : 5 * STATES_SECOND_MS;
    timing->deadline_ms = states_number(context, "agents.timeout_ms", DEADLINE_MS);
    timing->concurrency = (unsigned)concurrency(context);
    timing->max_failures = states_number(context, "agents.max_failures", -1);
    timing->max_failures_percent =
        (unsigned)states_number(context, "agents.max_failures_percent", 100);
    if (!states_caps(context)->client_execution_id) {
        timing->settle_ms = 5 * STATES_MINUTE_MS; /* a late start would not be refused there */
    }
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

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    bool keyed = states_caps(context)->client_execution_id;
    struct cloudify_caller caller = states_writer(context);
    struct json *parameters = json_object(mem);
    const char *deployment = NULL;

    (void)n, (void)verdicts;
    caller.tenant = states_tenant_of(mem, units->key, &deployment);
    json_set_int(parameters, "install_agent_timeout",
                 states_number(context, "agents.install_timeout", 300));
    if (json_bool_or(context->options, "agents.stop_old", false)) {
        json_set_bool(parameters, "stop_old_agent", true);
    }
    if (!keyed) {
        json_set_string(parameters, MARKER, units->id);
    }
    cloudify_post_execution(states_request(request, mem), &caller,
                            &(struct cloudify_start){.id = keyed ? units->id : NULL,
                                                     .deployment = deployment,
                                                     .workflow = AGENTS_WORKFLOW,
                                                     .parameters = parameters});
    return true;
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_answer answer;

    (void)units, (void)n;
    if (states_acted(reply, &answer, verdicts, mem)) {
        const char *id = cloudify_text(answer.document, "id", NULL);

        if (id == NULL) {
            state_say(verdicts, mem, STATE_UNKNOWN, "accepted, but without an execution");
            return;
        }
        verdicts->answer = STATE_RUNNING;
        verdicts->remote_id = mem_strdup(mem, id);
        verdicts->remote_state = mem_strdup(mem, cloudify_text(answer.document, "status", "?"));
    } else if (cloudify_is_error(&answer, "existing_running_execution_error")) {
        /* Without ids of our own it may be ours, come late: only a probe tells. */
        state_say(verdicts, mem,
                  states_caps(context)->client_execution_id ? STATE_RETRY : STATE_UNKNOWN,
                  "another execution runs on this deployment: %s", cloudify_describe(mem, &answer));
        verdicts->wait_ms = 3 * states_number(context, "agents.poll_ms", 10 * STATES_SECOND_MS);
    }
}

/* --- probe and await: one list for many units --- */

static void list_by_ids(const struct state_context *context, const struct state_unit *units,
                        size_t n, struct http_request *request, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    const char **ids = mem_array(mem, const char *, n);

    for (size_t i = 0; i < n; i++) {
        ids[i] = units[i].remote_id != NULL ? units[i].remote_id : units[i].id;
    }
    cloudify_ask_list(request, &caller,
                      &(struct cloudify_list){.resource = "executions",
                                              .include = "id,status,error",
                                              .filter = "id",
                                              .values = ids,
                                              .value_count = n,
                                              .all_tenants = true,
                                              .size = CLOUDIFY_PAGE});
}

/* Below 6.3: all starts on these deployments, with their parameters; or simply the latest when
   the names are too long for one request. */
static void list_by_deployments(const struct state_context *context, const struct state_unit *units,
                                size_t n, struct http_request *request, const void *mem)
{
    static const struct cloudify_pair workflow[] = {{"workflow_id", AGENTS_WORKFLOW}};
    struct cloudify_caller caller = states_reader(context);
    const char **names = mem_array(mem, const char *, n);
    struct cloudify_list list = {.resource = "executions",
                                 .include = "id,status,error,parameters",
                                 .filter = "deployment_id",
                                 .values = names,
                                 .value_count = n,
                                 .pairs = workflow,
                                 .pair_count = 1,
                                 .all_tenants = true,
                                 .sort = "-created_at",
                                 .size = CLOUDIFY_PAGE};

    for (size_t i = 0; i < n; i++) {
        (void)states_tenant_of(mem, units[i].key, &names[i]);
    }
    if (!cloudify_list_fits(&list)) {
        list.value_count = 0;
    }
    cloudify_ask_list(request, &caller, &list);
}

static bool ask_probe(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    (void)verdicts;
    states_request(request, mem);
    if (states_caps(context)->client_execution_id) {
        list_by_ids(context, units, n, *request, mem);
    } else {
        list_by_deployments(context, units, n, *request, mem);
    }
    return true;
}

static bool ask_await(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    (void)verdicts;
    list_by_ids(context, units, n, states_request(request, mem), mem);
    return true;
}

/* The unit's execution. Should one id stand for several (contract/28), an open one comes first. */
static const struct json *find_row(const struct json *items, const struct state_unit *unit)
{
    const char *id = unit->remote_id != NULL ? unit->remote_id : unit->id;
    const struct json *found = NULL;

    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const char *marker = json_string_or(row, "parameters." MARKER, "");

        if (strcmp(cloudify_text(row, "id", ""), id) != 0 && strcmp(marker, unit->id) != 0) {
            continue;
        }
        if (!cloudify_execution_ended(cloudify_execution_of(row))) {
            return row;
        }
        found = row;
    }
    return found;
}

static void judge_row(const struct state_context *context, const struct state_unit *unit,
                      const struct json *row, struct state_verdict *verdict, const void *mem)
{
    const char *status = cloudify_text(row, "status", "?");
    const char *error = cloudify_text(row, "error", "");
    int64_t age_ms = context->now_ms - unit->started_at_ms;

    verdict->remote_id = mem_strdup(mem, cloudify_text(row, "id", NULL));
    verdict->remote_state = mem_strdup(mem, status);
    switch (cloudify_execution_of(row)) {
    case CLOUDIFY_EXECUTION_TERMINATED:
        verdict->answer = STATE_DONE;
        break;
    case CLOUDIFY_EXECUTION_FAILED:
        state_say(verdict, mem, STATE_FAILED, "the workflow failed: %s",
                  error[0] == '\0' ? "no reason given" : cloudify_last_line(mem, error));
        verdict->hint = "see the events of the execution on the manager; are its hosts and the old "
                        "manager's broker up? then: ferry retry RUN --failed";
        break;
    case CLOUDIFY_EXECUTION_CANCELLED:
        state_say(verdict, mem, STATE_FAILED, "the workflow was cancelled by somebody");
        verdict->hint = "to do it after all: ferry retry RUN --failed";
        break;
    case CLOUDIFY_EXECUTION_WAITING:
        verdict->answer = STATE_RUNNING;
        if (unit->started_at_ms > 0 && age_ms > PENDING_MS) {
            state_say(verdict, mem, STATE_RUNNING,
                      "%s for %s: does the manager's management worker run?", status,
                      timefmt_duration(mem, age_ms - age_ms % STATES_MINUTE_MS));
        }
        break;
    case CLOUDIFY_EXECUTION_ACTIVE:
        verdict->answer = STATE_RUNNING;
        break;
    case CLOUDIFY_EXECUTION_UNKNOWN:
        state_say(verdict, mem, STATE_CANNOT_TELL, "an execution in state \"%s\"", status);
        break;
    }
}

/* Not in the list: conclusive only when the list is complete. */
static void judge_missing(const struct json *document, bool probing, struct state_verdict *verdict,
                          const void *mem)
{
    const struct json *items = cloudify_items(document);

    if (items == NULL || cloudify_total(document) != (int64_t)json_size(items)) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "a list that is not complete");
    } else if (probing) {
        verdict->answer = STATE_ABSENT;
    } else {
        state_say(verdict, mem, STATE_CANNOT_TELL, "its execution is not to be seen");
    }
}

static void judge_list(const struct state_context *context, const struct state_unit *units,
                       size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                       const void *mem)
{
    struct cloudify_answer answer;

    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct json *row = find_row(cloudify_items(answer.document), &units[i]);

        if (row != NULL) {
            judge_row(context, &units[i], row, &verdicts[i], mem);
        } else {
            judge_missing(answer.document, context->repeat, &verdicts[i], mem);
        }
    }
}

const struct ferry_state state_install_new_agents = {
    .name = "install_new_agents",
    .summary = "gives every host an agent of the new manager",
    .def = 1,
    .leaves = "new agents on the deployments that are done; their old manager must stay up for the "
              "others",
    .flags = STATE_FANOUT | STATE_KEYED,
    .timing = timing,
    .plan = {.ask = ask_plan},
    .expand = {.ask = agents_expand_ask, .judge = agents_expand_judge},
    .probe = {.ask = ask_probe, .judge = judge_list, .batch = CLOUDIFY_IDS_MAX},
    .act = {.ask = ask_act, .judge = judge_act},
    .await = {.ask = ask_await, .judge = judge_list, .batch = CLOUDIFY_IDS_MAX},
};
