/*
 * plugins_update: one unit a blueprint; its deployments move to the newest plugins.
 *
 * An update has no id of ours. So the updates of the blueprint that are there before are
 * remembered, and after a lost answer a new one that our user has made is ours. Never cancelled: on
 * some versions that deletes the deployments which it had moved (facts 4.1). And never for all
 * tenants: with the same blueprint in two of them that fails (facts 10.1). What is asked at its end
 * is in plugins_after.c.
 */
#include <string.h>

#include "base/mem.h"
#include "states/common.h"
#include "states/plugins_after.h"
#include "states/plugins_expand.h"
#include "states/plugins_left.h"
#include "states/plugins_options.h"
#include "states/states.h"

/* facts 4.1: up to an hour for each deployment, one after the other. */
#define DEADLINE_MS (24 * STATES_HOUR_MS)
#define AT_A_TIME 3
/* For an update of somebody else on the same blueprint. */
#define WAIT_MS (30 * STATES_MINUTE_MS)
/* How often the execution is asked too, and how long the update may lag behind it; in polls. */
#define LOOK_POLLS 6
#define LAG_POLLS 24

static int64_t poll_ms(const struct state_context *context)
{
    return states_number(context, "plugins.poll_ms", 10 * STATES_SECOND_MS);
}

static int64_t wait_ms(const struct state_context *context)
{
    return states_number(context, "plugins.wait_ms", WAIT_MS);
}

static void timing(const struct state_context *context, struct state_timing *timing)
{
    timing->interval_ms = poll_ms(context);
    timing->quiet_ms =
        timing->interval_ms < 2 * STATES_SECOND_MS ? timing->interval_ms : 2 * STATES_SECOND_MS;
    timing->deadline_ms = states_number(context, "plugins.timeout_ms", DEADLINE_MS);
    /* an obstacle longer than that is no update of somebody else: that one is judged here */
    timing->before_deadline_ms = wait_ms(context) + WAIT_MS;
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
    plugins_options_plan(context, mem);
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

/* Its end is judged by the questions of await, when there is anything to ask. */
static void judge_end(const struct state_context *context, const struct state_unit *unit,
                      const struct json *update, struct state_verdict *verdict, const void *mem)
{
    bool failed = cloudify_update_of(update) == CLOUDIFY_UPDATE_FAILED;
    bool changed = cloudify_update_of(update) == CLOUDIFY_UPDATE_SUCCESSFUL;

    if (failed || plugins_after_is_due(context, unit, verdict, mem)) {
        state_say(verdict, mem, STATE_RUNNING, "it has ended; what is left of it is looked at");
    } else {
        verdict->answer = STATE_DONE;
        verdict->reason = changed ? NULL : "its deployments use the right plugins already";
    }
}

static void judge_update(const struct state_context *context, const struct state_unit *unit,
                         const struct json *update, struct state_verdict *verdict, const void *mem)
{
    static const char *const kept[][2] = {{"execution", "execution_id"},
                                          {"temp", "temp_blueprint_id"}};
    const char *state = cloudify_text(update, "state", "?");

    verdict->remote_id = mem_strdup(mem, cloudify_text(update, "id", unit->remote_id));
    verdict->remote_state = mem_strdup(mem, state);
    for (size_t i = 0; i < FERRY_COUNT(kept); i++) {
        const char *text = cloudify_text(update, kept[i][1], NULL);

        if (text != NULL && json_get(unit->data, kept[i][0]) == NULL) {
            json_set_string(state_data(verdict, mem), kept[i][0], text);
        }
    }
    switch (cloudify_update_of(update)) {
    case CLOUDIFY_UPDATE_ACTIVE:
        verdict->answer = STATE_RUNNING;
        break;
    case CLOUDIFY_UPDATE_SUCCESSFUL:
    case CLOUDIFY_UPDATE_NO_CHANGES:
    case CLOUDIFY_UPDATE_FAILED:
        judge_end(context, unit, update, verdict, mem);
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
    if (states_at(units, "other")) {
        cloudify_ask_execution(states_request(request, mem), &caller,
                               json_string_or(units->data, "other.execution", ""));
        return true;
    }
    (void)states_tenant_of(mem, units->key, &blueprint);
    cloudify_ask_list(states_request(request, mem), &caller,
                      &(struct cloudify_list){.resource = "plugins-updates",
                                              .include = "id,state,execution_id,created_at,"
                                                         "created_by,temp_blueprint_id",
                                              .filter = "blueprint_id",
                                              .values = &blueprint,
                                              .value_count = 1});
    return true;
}

/* An update of somebody else goes on: is it alive? */
static void judge_before(const struct json *items, struct state_verdict *verdict, const void *mem)
{
    struct json *known = json_set_array(state_data(verdict, mem), "known");
    const struct json *active = NULL;

    verdict->answer = STATE_ABSENT;
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        json_push_string(known, cloudify_text(row, "id", "?"));
        active = cloudify_update_of(row) == CLOUDIFY_UPDATE_ACTIVE ? row : active;
    }
    if (active != NULL) {
        struct json *other = json_set_object(verdict->data, "other");

        json_set_string(other, "id", cloudify_text(active, "id", "?"));
        json_set_string(other, "state", cloudify_text(active, "state", "?"));
        json_set_string(other, "by", cloudify_text(active, "created_by", "?"));
        json_set_string(other, "execution", cloudify_text(active, "execution_id", ""));
        states_next(verdict, mem, "other");
    }
}

static void judge_other(const struct state_context *context, const struct state_unit *unit,
                        const struct json *execution, struct state_verdict *verdict,
                        const void *mem)
{
    const struct json *other = json_get(unit->data, "other");
    bool ended = cloudify_execution_ended(cloudify_execution_of(execution));

    states_round_over(verdict, unit, mem);
    if (ended && plugins_options_clear(context)) {
        verdict->answer = STATE_ABSENT; /* ours clears it, as the operator has chosen */
        return;
    }
    int64_t since_ms = json_int64_or(unit->data, "since_ms", context->now_ms);

    json_set_int(state_data(verdict, mem), "since_ms", since_ms);
    state_say(verdict, mem,
              context->now_ms - since_ms < wait_ms(context) ? STATE_RETRY : STATE_FAILED,
              "update %s of this blueprint (by %s) is %s already, its execution is %s%s",
              json_string_or(other, "id", "?"), json_string_or(other, "by", "?"),
              json_string_or(other, "state", "?"),
              cloudify_text(execution, "status", "not to be seen"), ended ? ": it hangs" : "");
    verdict->hint = plugins_options_clear_hint(context);
}

/* Our user, before or after the restore. A manager that names nobody does not rule it out. */
static bool may_be_ours(const struct state_context *context, const struct json *update)
{
    const char *by = cloudify_text(update, "created_by", NULL);

    return by == NULL ||
           strcmp(by, json_string_or(context->options, "manager.username", "")) == 0 ||
           strcmp(by, json_string_or(context->options, "manager.after_restore.username", "")) == 0;
}

static void judge_after(const struct state_context *context, const struct state_unit *unit,
                        const struct json *items, struct state_verdict *verdict, const void *mem)
{
    const struct json *known = json_get(unit->data, "known");
    const struct json *ours = NULL;

    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        if (!states_holds(known, cloudify_text(row, "id", "")) && may_be_ours(context, row)) {
            ours = row;
            if (cloudify_update_of(row) == CLOUDIFY_UPDATE_ACTIVE) {
                break;
            }
        }
    }
    if (ours == NULL) {
        verdict->answer = STATE_ABSENT;
    } else {
        judge_update(context, unit, ours, verdict, mem);
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

    if (states_at(units, "other")) {
        judge_other(context, units, answer.document, verdicts, mem);
    } else if (items == NULL) {
        state_say(verdicts, mem, STATE_CANNOT_TELL, "an answer without a list in it");
    } else if (context->repeat) {
        judge_after(context, units, items, verdicts, mem);
    } else {
        judge_before(items, verdicts, mem);
    }
}

/* --- act --- */

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_writer(context);
    const char *blueprint = NULL;

    (void)n, (void)verdicts;
    caller.tenant = states_tenant_of(mem, units->key, &blueprint);
    cloudify_post_plugins_update(states_request(request, mem), &caller, blueprint,
                                 plugins_options_body(context, mem),
                                 plugins_options_force_in_query(context));
    return true;
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_answer answer;

    (void)n;
    if (states_acted(reply, &answer, verdicts, mem)) {
        if (cloudify_text(answer.document, "id", NULL) == NULL) {
            state_say(verdicts, mem, STATE_UNKNOWN, "accepted, but without an update");
            return;
        }
        judge_update(context, units, answer.document, verdicts, mem);
        if (verdicts->answer == STATE_CANNOT_TELL) {
            verdicts->answer = STATE_RUNNING; /* it took effect, whatever its state means */
        }
    } else if (cloudify_is_error(&answer, "existing_running_execution_error")) {
        state_say(verdicts, mem, STATE_RETRY, "something else runs: %s",
                  cloudify_describe(mem, &answer));
    }
    /* 409, another update is active: it may be ours come late, so the probe decides */
}

/* --- await: the update, now and then its execution, and what it has left at its end --- */

static bool ask_await(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = reader(context, units, mem);
    const char *execution = json_string_or(units->data, "execution", NULL);

    (void)n, (void)verdicts;
    states_request(request, mem);
    if (plugins_after_at(units)) {
        plugins_after_ask(context, units, *request, mem);
    } else if (states_at(units, "execution") && execution != NULL) {
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
        verdict->hint = plugins_options_clear_hint(context);
    }
}

static void judge_state(const struct state_context *context, const struct state_unit *unit,
                        const struct json *update, struct state_verdict *verdict, const void *mem)
{
    int64_t looked_ms = json_int64_or(unit->data, "looked_ms", unit->started_at_ms);

    judge_update(context, unit, update, verdict, mem);
    if (verdict->answer != STATE_RUNNING) {
        return;
    }
    if (cloudify_update_of(update) != CLOUDIFY_UPDATE_ACTIVE) {
        plugins_after_begin(context, unit, update, verdict, mem);
    } else if (context->now_ms - looked_ms >= LOOK_POLLS * poll_ms(context) &&
               json_get(unit->data, "execution") != NULL) {
        json_set_string(state_data(verdict, mem), "ask", "execution");
        json_set_int(verdict->data, "looked_ms", context->now_ms);
    }
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;

    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    if (plugins_after_at(units)) {
        plugins_after_judge(context, units, &answer, verdicts, mem);
    } else if (states_at(units, "execution") && answer.kind == CLOUDIFY_FINE) {
        judge_execution(context, units, answer.document, verdicts, mem);
    } else if (answer.kind == CLOUDIFY_MISSING) {
        state_say(verdicts, mem, STATE_CANNOT_TELL, "the update is not to be seen");
        states_round_over(verdicts, units, mem);
    } else {
        judge_state(context, units, answer.document, verdicts, mem);
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
    .verify = {.ask = plugins_left_verify_ask, .judge = plugins_left_verify_judge},
};
