/*
 * maintenance_activate: nobody but us works on the manager from here on. old_maintenance: nobody at
 * all works on the old manager once its snapshot is taken, so that no schedule runs on both; it
 * stays alive for the agents (facts 6 no. 20 and 25).
 *
 * Activation is lazy: the manager flips from activating to activated at the first request that
 * finds nothing running, and "running" counts queued and scheduled executions too, which never
 * start while it is activating (contract 11b). So what it waits for is shown, and the wait ends.
 */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/maintenance.h"
#include "states/states.h"

#define OLD_NOT_WANTED "it is not asked for (from.maintenance)"

static int64_t patience_ms(const struct state_context *context)
{
    return states_number(context, "maintenance.timeout_ms", 30 * STATES_MINUTE_MS);
}

static void timing(const struct state_context *context, struct state_timing *timing)
{
    timing->interval_ms = states_number(context, "maintenance.poll_ms", 5 * STATES_SECOND_MS);
    /* the state itself ends the wait when its time is over; this is for a manager that is silent */
    timing->deadline_ms = patience_ms(context) + 10 * STATES_MINUTE_MS;
}

/* Whether this run switched it on, and which switching that was: the manager's own time of it tells
   it from a later one by somebody else. */
static void set_ours(const struct state_context *context, struct state_verdict *verdict, bool ours,
                     const struct json *document, const void *mem)
{
    struct json *maintenance =
        json_set_object(state_facts(verdict, mem), maintenance_fact(context));
    const char *requested_at = cloudify_text(document, "activation_requested_at", NULL);

    json_set_bool(maintenance, "ours", ours);
    if (requested_at != NULL) {
        json_set_string(maintenance, "requested_at", requested_at);
    }
}

/* --- plan --- */

static bool ask_plan(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    if (!states_manager_is_known(context)) {
        verdicts->answer = STATE_DONE;
        return false;
    }
    return maintenance_ask(context, units, n, request, verdicts, mem);
}

/* True: the mode was told; how long it takes is in the plan. */
static bool read_plan(const struct state_context *context, const struct http_reply *reply,
                      struct cloudify_answer *answer, struct state_verdict *verdict,
                      const void *mem)
{
    if (!states_plan_read(context, reply, answer, verdict, mem)) {
        return false;
    }
    verdict->answer = STATE_DONE;
    state_plan_units(context->plan, 1);
    state_plan_estimate(context->plan, 10 * STATES_SECOND_MS, "longer while executions are open");
    return true;
}

static void judge_plan(const struct state_context *context, const struct state_unit *units,
                       size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                       const void *mem)
{
    static const char name[] = "maintenance";
    struct cloudify_answer answer;
    const char *status;

    (void)units, (void)n;
    if (!read_plan(context, reply, &answer, verdicts, mem)) {
        return;
    }
    status = cloudify_text(answer.document, "status", "?");
    if (cloudify_maintenance_of(answer.document) == CLOUDIFY_MAINTENANCE_OFF) {
        state_plan_check(context->plan, name, STATE_CHECK_OK,
                         mem_printf(mem, "maintenance is %s", status), NULL);
    } else {
        state_plan_check(
            context->plan, name, STATE_CHECK_WARNING,
            mem_printf(mem, "the manager is in maintenance already (%s)", status),
            "is somebody else working on it? ferry ends maintenance after the restore");
    }
}

static bool is_old_wanted(const struct state_context *context)
{
    return json_bool_or(context->options, "old_manager.maintenance", true);
}

static void say_old_mode(const struct state_context *context)
{
    if (states_asks_old_agents(context)) {
        state_plan_check(context->plan, "old_maintenance", STATE_CHECK_STOPS,
                         "the old manager is in maintenance: it cannot ask its agents",
                         "end the maintenance there (the run begins it anew), or, when all agents "
                         "are known to live, set from.validate_agents: false");
        return;
    }
    state_plan_warning(context->plan, "the old manager is in maintenance already",
                       "is somebody else working on it? ferry leaves it as it is");
}

static void judge_old_plan(const struct state_context *context, const struct state_unit *units,
                           size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                           const void *mem)
{
    struct cloudify_answer answer;

    (void)units, (void)n;
    if (!read_plan(context, reply, &answer, verdicts, mem)) {
        return;
    }
    if (cloudify_maintenance_of(answer.document) != CLOUDIFY_MAINTENANCE_OFF) {
        say_old_mode(context);
    }
    if (!is_old_wanted(context)) {
        state_plan_skip(context->plan, OLD_NOT_WANTED);
        return;
    }
    state_plan_note(context->plan,
                    "from here on nothing runs on the old manager; leave it alive and in "
                    "maintenance until the last agent has moved");
}

/* --- probe --- */

static bool ask_old_probe(const struct state_context *context, const struct state_unit *units,
                          size_t n, struct http_request **request, struct state_verdict *verdicts,
                          const void *mem)
{
    if (!is_old_wanted(context)) {
        state_say(verdicts, mem, STATE_SKIP, OLD_NOT_WANTED);
        return false;
    }
    return maintenance_ask(context, units, n, request, verdicts, mem);
}

/* How far the manager's clock is ahead of ours (to the second, as Date tells it): should the answer
   to the switching be lost, its time is all that tells it from one of somebody else. */
static void note_clock(const struct state_context *context, const struct http_reply *reply,
                       struct state_verdict *verdict, const void *mem)
{
    if (reply->date_ms >= 0) {
        json_set_int(json_set_object(state_facts(verdict, mem), maintenance_fact(context)),
                     "ahead_ms", reply->date_ms - context->now_ms);
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
    switch (cloudify_maintenance_of(answer.document)) {
    case CLOUDIFY_MAINTENANCE_OFF:
        verdicts->answer = STATE_ABSENT;
        note_clock(context, reply, verdicts, mem);
        break;
    case CLOUDIFY_MAINTENANCE_COMING:
        verdicts->answer = STATE_RUNNING;
        verdicts->remote_state = "activating";
        set_ours(context, verdicts, context->repeat, answer.document, mem);
        break;
    case CLOUDIFY_MAINTENANCE_ON:
        state_say(verdicts, mem, context->repeat ? STATE_DONE : STATE_SKIP,
                  context->repeat ? "maintenance is on"
                                  : "maintenance was on already, and not by this run");
        set_ours(context, verdicts, context->repeat, answer.document, mem);
        break;
    case CLOUDIFY_MAINTENANCE_UNKNOWN:
        state_say(verdicts, mem, STATE_CANNOT_TELL, "an answer without a state of maintenance");
        break;
    }
}

/* --- act --- */

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_answer answer;

    (void)units, (void)n;
    if (!states_acted(reply, &answer, verdicts, mem)) {
        return;
    }
    if (cloudify_maintenance_of(answer.document) == CLOUDIFY_MAINTENANCE_ON) {
        verdicts->answer = STATE_DONE;
        verdicts->remote_state = "activated";
    } else {
        verdicts->answer = STATE_RUNNING; /* 304 too: somebody was a moment earlier */
    }
    set_ours(context, verdicts, answer.kind == CLOUDIFY_FINE, answer.document, mem);
}

/* --- await --- */

static void judge_coming(const struct state_context *context, const struct state_unit *unit,
                         const struct json *document, struct state_verdict *verdict,
                         const void *mem)
{
    const struct json *remaining = cloudify_remaining(document);
    const char *names = cloudify_execution_names(mem, remaining);

    verdict->remote_state = "activating";
    if (context->now_ms - unit->started_at_ms < patience_ms(context)) {
        state_say(verdict, mem, STATE_RUNNING, "waiting for %zu executions to end: %s",
                  json_size(remaining), names);
        return;
    }
    state_say(verdict, mem, STATE_FAILED, "maintenance did not begin within %s; it waits for: %s",
              timefmt_duration(mem, patience_ms(context)), names);
    states_fail(verdict, FERRY_E_FAILED,
                "let these executions end or cancel them (queued and scheduled ones never end by "
                "themselves in maintenance), then: ferry retry RUN --failed");
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;

    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    switch (cloudify_maintenance_of(answer.document)) {
    case CLOUDIFY_MAINTENANCE_ON:
        verdicts->answer = STATE_DONE;
        verdicts->remote_state = "activated";
        break;
    case CLOUDIFY_MAINTENANCE_COMING:
        judge_coming(context, units, answer.document, verdicts, mem);
        break;
    case CLOUDIFY_MAINTENANCE_OFF:
        state_say(verdicts, mem, STATE_FAILED, "somebody has ended maintenance meanwhile");
        states_fail(verdicts, FERRY_E_REFUSED,
                    "find out who works on this manager, then: ferry retry RUN --failed");
        break;
    case CLOUDIFY_MAINTENANCE_UNKNOWN:
        state_say(verdicts, mem, STATE_CANNOT_TELL, "an answer without a state of maintenance");
        break;
    }
}

const struct ferry_state state_maintenance_activate = {
    .name = "maintenance_activate",
    .summary = "switches maintenance on and waits until nothing else runs",
    .def = 1,
    .leaves = "maintenance mode is on (cfy maintenance-mode deactivate ends it)",
    .undone_by = "maintenance_deactivate",
    .undo = "undo_maintenance",
    .flags = STATE_PROBE_FIRST,
    .timing = timing,
    .plan = {.ask = ask_plan, .judge = judge_plan},
    .probe = {.ask = maintenance_ask, .judge = judge_probe},
    .act = {.ask = maintenance_ask_on, .judge = judge_act},
    .await = {.ask = maintenance_ask, .judge = judge_await},
};

const struct ferry_state state_old_maintenance = {
    .name = "old_maintenance",
    .summary = "switches maintenance on at the old manager, which stays alive for its agents",
    .def = 1,
    .leaves = "maintenance mode is on at the old manager (cfy maintenance-mode deactivate there "
              "ends it)",
    .undo = "undo_old_maintenance",
    .flags = STATE_PROBE_FIRST,
    .site = HTTP_SITE_OLD,
    .timing = timing,
    .plan = {.ask = ask_plan, .judge = judge_old_plan},
    .probe = {.ask = ask_old_probe, .judge = judge_probe},
    .act = {.ask = maintenance_ask_on, .judge = judge_act},
    .await = {.ask = maintenance_ask, .judge = judge_await},
};
