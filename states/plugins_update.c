/*
 * plugins_update: one unit a blueprint; its deployments move to the newest plugins.
 *
 * An update has no id of ours. So the updates of the blueprint that are there before are
 * remembered, and after a lost answer a new one is ours. Never cancelled: on some versions that
 * deletes the deployments which it had moved (facts 4.1).
 */
#include <string.h>

#include "base/mem.h"
#include "states/common.h"
#include "states/plugins_expand.h"
#include "states/states.h"

/* facts 4.1: up to an hour for each deployment, one after the other. */
#define DEADLINE_MS (24 * STATES_HOUR_MS)
#define AT_A_TIME 3
/* How often the execution is asked too, and how long the update may lag behind it; in polls. */
#define LOOK_POLLS 6
#define LAG_POLLS 24

static int64_t poll_ms(const struct state_context *context)
{
    return states_number(context, "plugins.poll_ms", 10 * STATES_SECOND_MS);
}

static void timing(const struct state_context *context, struct state_timing *timing)
{
    timing->interval_ms = poll_ms(context);
    timing->quiet_ms =
        timing->interval_ms < 2 * STATES_SECOND_MS ? timing->interval_ms : 2 * STATES_SECOND_MS;
    timing->deadline_ms = states_number(context, "plugins.timeout_ms", DEADLINE_MS);
    timing->concurrency = AT_A_TIME;
}

/* --- plan --- */

static bool ask_plan(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    int64_t count = states_archive_count(context, "blueprints");

    (void)units, (void)n, (void)request;
    verdicts->answer = STATE_DONE;
    if (plugins_none_chosen(context)) {
        state_plan_skip(context->plan, "plugins.update chooses no blueprint");
        return false;
    }
    if (!states_caps(context)->plugins_updates) {
        state_plan_skip(context->plan, "this manager cannot update plugins (before 5.0)");
        return false;
    }
    if (states_caps(context)->data_loss_on_failed_plugin_update) {
        state_plan_warning(context->plan,
                           "on this version a plugins update that fails deletes the deployments "
                           "it had moved",
                           "leave it out (plugins.update: none) until the manager is on 6.3");
    }
    if (count >= 0) {
        state_plan_units(context->plan, count);
        state_plan_estimate(context->plan, (count + AT_A_TIME - 1) / AT_A_TIME * 10 * 1000,
                            mem_printf(mem,
                                       "%lld blueprints, %d at a time, 10 s each without changes; "
                                       "with changes it depends on their deployments",
                                       (long long)count, AT_A_TIME));
    }
    return false;
}

static struct cloudify_caller reader(const struct state_context *context,
                                     const struct state_unit *unit, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    const char *blueprint = NULL;

    caller.tenant = states_tenant_of(mem, unit->key, &blueprint);
    return caller;
}

/* --- what an update says --- */

static void judge_update(const struct state_unit *unit, const struct json *update,
                         struct state_verdict *verdict, const void *mem)
{
    const char *state = cloudify_text(update, "state", "?");
    const char *execution = cloudify_text(update, "execution_id", NULL);

    verdict->remote_id = mem_strdup(mem, cloudify_text(update, "id", unit->remote_id));
    verdict->remote_state = mem_strdup(mem, state);
    if (execution != NULL && json_get(unit->data, "execution") == NULL) {
        json_set_string(state_data(verdict, mem), "execution", execution);
    }
    switch (cloudify_update_of(update)) {
    case CLOUDIFY_UPDATE_ACTIVE:
        verdict->answer = STATE_RUNNING;
        break;
    case CLOUDIFY_UPDATE_SUCCESSFUL:
        verdict->answer = STATE_DONE;
        break;
    case CLOUDIFY_UPDATE_NO_CHANGES:
        state_say(verdict, mem, STATE_DONE, "its deployments use the right plugins already");
        break;
    case CLOUDIFY_UPDATE_FAILED:
        state_say(verdict, mem, STATE_FAILED, "the update of its plugins failed");
        verdict->hint = "some deployments may have moved to a blueprint \"" PLUGINS_TEMPORARY
                        "...\": see its execution on the manager; then: ferry retry RUN --failed";
        break;
    case CLOUDIFY_UPDATE_UNKNOWN:
        state_say(verdict, mem, STATE_CANNOT_TELL, "an update in state \"%s\"", state);
        break;
    }
}

/* --- probe --- */

static bool ask_probe(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = reader(context, units, mem);
    const char *blueprint = NULL;

    (void)n, (void)verdicts;
    (void)states_tenant_of(mem, units->key, &blueprint);
    cloudify_ask_list(states_request(request, mem), &caller,
                      &(struct cloudify_list){.resource = "plugins-updates",
                                              .include = "id,state,execution_id,created_at",
                                              .filter = "blueprint_id",
                                              .values = &blueprint,
                                              .value_count = 1});
    return true;
}

static void judge_before(const struct json *items, struct state_verdict *verdict, const void *mem)
{
    struct json *known = json_set_array(state_data(verdict, mem), "known");

    verdict->answer = STATE_ABSENT;
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const char *id = cloudify_text(row, "id", "?");

        json_push_string(known, id);
        if (cloudify_update_of(row) == CLOUDIFY_UPDATE_ACTIVE) {
            state_say(verdict, mem, STATE_RETRY, "update %s of this blueprint is %s already", id,
                      cloudify_text(row, "state", "?"));
            verdict->hint = "wait for it; if its execution has ended, it hangs: initiate it by "
                            "hand with reevaluate_active_statuses";
        }
    }
}

static void judge_after(const struct state_unit *unit, const struct json *items,
                        struct state_verdict *verdict, const void *mem)
{
    const struct json *known = json_get(unit->data, "known");
    const struct json *ours = NULL;

    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        if (!states_holds(known, cloudify_text(row, "id", ""))) {
            ours = row;
            if (cloudify_update_of(row) == CLOUDIFY_UPDATE_ACTIVE) {
                break;
            }
        }
    }
    if (ours == NULL) {
        verdict->answer = STATE_ABSENT;
    } else {
        judge_update(unit, ours, verdict, mem);
    }
}

static void judge_probe(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;

    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    const struct json *items = cloudify_items(answer.document);

    if (items == NULL) {
        state_say(verdicts, mem, STATE_CANNOT_TELL, "an answer without a list in it");
    } else if (context->repeat) {
        judge_after(units, items, verdicts, mem);
    } else {
        judge_before(items, verdicts, mem);
    }
}

/* --- act --- */

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_writer(context);
    const char *to = json_string_or(context->options, "plugins.to", "latest");
    const char *blueprint = NULL;
    enum cloudify_plugins_to how = CLOUDIFY_PLUGINS_BARE;

    (void)n, (void)verdicts;
    caller.tenant = states_tenant_of(mem, units->key, &blueprint);
    if (states_caps(context)->plugins_update_body_options) {
        how = strcmp(to, "minor") == 0 ? CLOUDIFY_PLUGINS_MINOR : CLOUDIFY_PLUGINS_LATEST;
    }
    cloudify_post_plugins_update(states_request(request, mem), &caller, blueprint, how);
    return true;
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_answer answer;

    (void)context, (void)n;
    if (states_acted(reply, &answer, verdicts, mem)) {
        if (cloudify_text(answer.document, "id", NULL) == NULL) {
            state_say(verdicts, mem, STATE_UNKNOWN, "accepted, but without an update");
            return;
        }
        judge_update(units, answer.document, verdicts, mem);
        if (verdicts->answer == STATE_CANNOT_TELL) {
            verdicts->answer = STATE_RUNNING; /* it took effect, whatever its state means */
        }
    } else if (cloudify_is_error(&answer, "existing_running_execution_error")) {
        state_say(verdicts, mem, STATE_RETRY, "something else runs: %s",
                  cloudify_describe(mem, &answer));
    }
    /* 409, another update is active: it may be ours come late, so the probe decides */
}

/* --- await: the update, and now and then its execution --- */

static bool ask_await(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = reader(context, units, mem);
    const char *execution = json_string_or(units->data, "execution", NULL);

    (void)n, (void)verdicts;
    states_request(request, mem);
    if (states_at(units, "execution") && execution != NULL) {
        cloudify_ask_execution(*request, &caller, execution);
    } else {
        cloudify_ask_plugins_update(*request, &caller,
                                    units->remote_id == NULL ? "" : units->remote_id);
    }
    return true;
}

/* The workflow finalizes the update itself; where it died before (5.0.x) nobody will. */
static void judge_execution(const struct state_context *context, const struct state_unit *unit,
                            const struct json *execution, struct state_verdict *verdict,
                            const void *mem)
{
    int64_t ended_ms = json_int64_or(unit->data, "ended_ms", 0);
    const char *error = cloudify_text(execution, "error", "");

    states_round_over(verdict, unit, mem);
    verdict->answer = STATE_RUNNING;
    if (!cloudify_execution_ended(cloudify_execution_of(execution))) {
        return;
    }
    if (ended_ms == 0) {
        json_set_int(state_data(verdict, mem), "ended_ms", context->now_ms);
    } else if (context->now_ms - ended_ms >= LAG_POLLS * poll_ms(context)) {
        state_say(verdict, mem, STATE_FAILED,
                  "the execution of the update is %s, the update hangs%s%s",
                  cloudify_text(execution, "status", "?"), error[0] == '\0' ? "" : ": ",
                  cloudify_last_line(mem, error));
        verdict->hint = "initiate it by hand with reevaluate_active_statuses";
    }
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    int64_t looked_ms = json_int64_or(units->data, "looked_ms", units->started_at_ms);
    struct cloudify_answer answer;

    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    if (states_at(units, "execution") && answer.kind == CLOUDIFY_FINE) {
        judge_execution(context, units, answer.document, verdicts, mem);
        return;
    }
    if (answer.kind == CLOUDIFY_MISSING) {
        state_say(verdicts, mem, STATE_CANNOT_TELL, "the update is not to be seen");
        states_round_over(verdicts, units, mem);
        return;
    }
    judge_update(units, answer.document, verdicts, mem);
    if (verdicts->answer == STATE_RUNNING &&
        context->now_ms - looked_ms >= LOOK_POLLS * poll_ms(context) &&
        json_get(units->data, "execution") != NULL) {
        json_set_string(state_data(verdicts, mem), "ask", "execution");
        json_set_int(verdicts->data, "looked_ms", context->now_ms);
    }
}

const struct ferry_state state_plugins_update = {
    .name = "plugins_update",
    .summary = "moves the deployments of every blueprint to the new plugins",
    .def = 1,
    .leaves = "the plugins updates that are done or go on: never cancel them",
    .flags = STATE_FANOUT | STATE_PROBE_FIRST,
    .timing = timing,
    .plan = {.ask = ask_plan},
    .expand = {.ask = plugins_expand_ask, .judge = plugins_expand_judge},
    .probe = {.ask = ask_probe, .judge = judge_probe},
    .act = {.ask = ask_act, .judge = judge_act},
    .await = {.ask = ask_await, .judge = judge_await},
};
