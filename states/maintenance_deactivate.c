/*
 * maintenance_deactivate: the manager takes part in life again. The manual of the managers leaves
 * this out, and nothing else ends maintenance: without it no agent can be installed. Old managers
 * tell only now how the restore ended (deactivate_verdict.h).
 */
#include "base/mem.h"
#include "states/deactivate_verdict.h"
#include "states/maintenance.h"
#include "states/states.h"

static void timing(const struct state_context *context, struct state_timing *timing)
{
    maintenance_timing(context, timing);
    if (deactivate_verdict_wanted(context)) {
        timing->interval_ms = restored_poll_ms(context);
        timing->deadline_ms += states_number(context, "restore.timeout_ms", 4 * STATES_HOUR_MS);
    }
}

static bool ask(const struct state_context *context, const struct state_unit *units, size_t n,
                struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    if (deactivate_verdict_at(units)) {
        deactivate_verdict_ask(context, units, states_request(request, mem));
        return true;
    }
    return maintenance_ask(context, units, n, request, verdicts, mem);
}

/* What starts at this moment by itself: the operator should know before (facts 2.8). */
static bool ask_plan(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    int64_t scheduled = states_archive_count(context, "executions_scheduled");
    const struct cloudify_caps *caps = states_caps(context);

    (void)units, (void)n, (void)request;
    state_plan_units(context->plan, 1);
    state_plan_estimate(context->plan, 5 * STATES_SECOND_MS, "one request");
    if (scheduled > 0) {
        state_plan_warning(
            context->plan,
            mem_printf(mem, "the snapshot holds %lld scheduled executions%s", (long long)scheduled,
                       caps->restore_reschedules
                           ? ": the restore marks them failed and makes schedules of those to come"
                           : ": those overdue are marked failed, the others start when due"),
            "keep the old manager in maintenance, or both managers will run them");
    }
    if (states_archive_count(context, "executions_queued") > 0) {
        state_plan_warning(
            context->plan,
            mem_printf(mem, "the snapshot holds %lld queued executions%s",
                       (long long)states_archive_count(context, "executions_queued"),
                       caps->deactivate_starts_queued ? ": they start when maintenance ends" : ""),
            "let them end on the old manager before the snapshot is made");
    }
    if (states_archive_count(context, "schedules") > 0 && caps->execution_schedules) {
        state_plan_note(context->plan,
                        mem_printf(mem,
                                   "the snapshot holds %lld schedules: what is within its slip "
                                   "starts when maintenance ends, on the old manager too unless it "
                                   "is in maintenance",
                                   (long long)states_archive_count(context, "schedules")));
    }
    verdicts->answer = STATE_DONE;
    return false;
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
        if (deactivate_verdict_wanted(context)) {
            state_say(verdicts, mem, STATE_RUNNING, "maintenance is off");
            break;
        }
        state_say(verdicts, mem, context->repeat ? STATE_DONE : STATE_SKIP, "maintenance is off%s",
                  context->repeat ? "" : " already");
        verdicts->remote_state = "deactivated";
        break;
    case CLOUDIFY_MAINTENANCE_ON:
    case CLOUDIFY_MAINTENANCE_COMING:
        verdicts->answer = STATE_ABSENT;
        break;
    case CLOUDIFY_MAINTENANCE_UNKNOWN:
        state_say(verdicts, mem, STATE_CANNOT_TELL, "an answer without a state of maintenance");
        break;
    }
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;

    if (deactivate_verdict_at(units)) {
        deactivate_verdict_judge(context, units, reply, verdicts, mem);
        return;
    }
    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    if (cloudify_maintenance_of(answer.document) == CLOUDIFY_MAINTENANCE_OFF &&
        deactivate_verdict_wanted(context)) {
        deactivate_verdict_next(verdicts, mem);
    } else if (cloudify_maintenance_of(answer.document) == CLOUDIFY_MAINTENANCE_OFF) {
        verdicts->answer = STATE_DONE;
        verdicts->remote_state = "deactivated";
    } else {
        state_say(verdicts, mem, STATE_RUNNING, "maintenance is still on");
    }
}

const struct ferry_state state_maintenance_deactivate = {
    .name = "maintenance_deactivate",
    .summary = "switches maintenance off, so that executions can run again",
    .def = 1,
    .flags = STATE_PROBE_FIRST,
    .timing = timing,
    .plan = {.ask = ask_plan},
    .probe = {.ask = ask, .judge = judge_probe},
    .act = {.ask = maintenance_ask_off, .judge = maintenance_judge_off},
    .await = {.ask = ask, .judge = judge_await},
};
