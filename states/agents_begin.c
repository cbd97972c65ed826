/* What the two states of agents send, and the answers to that. */
#include <string.h>

#include "base/mem.h"
#include "states/agents_follow.h"
#include "states/agents_hosts.h"
#include "states/common.h"

/* facts 3.2: a dead host ends after 60 tries of 45 s; the install itself comes on top. */
#define DEADLINE_MS (4 * STATES_HOUR_MS)

void agents_timing(const struct state_context *context, struct state_timing *timing)
{
    int64_t poll_ms = states_number(context, "agents.poll_ms", 0);

    timing->adaptive = poll_ms == 0;
    timing->interval_ms = timing->adaptive ? STATES_MINUTE_MS : poll_ms;
    timing->quiet_ms = timing->adaptive ? STATES_SECOND_MS : timing->interval_ms;
    if (timing->quiet_ms > 5 * STATES_SECOND_MS) {
        timing->quiet_ms = 5 * STATES_SECOND_MS;
    }
    timing->deadline_ms = states_number(context, "agents.timeout_ms", DEADLINE_MS);
    timing->concurrency = (unsigned)states_number(context, "agents.concurrency", 5); /* facts 3.4 */
    timing->max_failures = states_number(context, "agents.max_failures", -1);
    timing->max_failures_percent =
        (unsigned)states_number(context, "agents.max_failures_percent", 100);
    timing->stop_on_failure =
        strcmp(json_string_or(context->options, "agents.on_failure", "continue"), "stop") == 0;
    if (!states_caps(context)->client_execution_id) {
        timing->settle_ms = 5 * STATES_MINUTE_MS; /* a late start would not be refused there */
    }
}

/* --- cancelling what never began --- */

const char *agents_cancels(const struct state_unit *unit)
{
    return json_string_or(unit->data, "cancel", NULL);
}

bool agents_kills(const struct state_unit *unit)
{
    return json_bool_or(unit->data, "kill", false);
}

bool agents_together(const struct state_unit *a, const struct state_unit *b)
{
    return states_at(a, "hosts") == states_at(b, "hosts") &&
           (agents_cancels(a) == NULL) == (agents_cancels(b) == NULL);
}

void agents_cancel_ask(const struct state_context *context, const struct state_unit *unit,
                       struct http_request **request, const void *mem)
{
    struct cloudify_caller caller = states_writer(context);

    caller.tenant = agents_key_of(unit, mem).tenant;
    if (agents_kills(unit)) {
        cloudify_post_kill(states_request(request, mem), &caller, agents_cancels(unit));
    } else {
        cloudify_post_cancel(states_request(request, mem), &caller, agents_cancels(unit));
    }
}

static void judge_cancel(const struct state_unit *unit, const struct http_reply *reply,
                         struct state_verdict *verdict, const void *mem)
{
    struct cloudify_answer answer;

    if (states_acted(reply, &answer, verdict, mem) || verdict->answer == STATE_FAILED) {
        /* refused: it has ended, or began meanwhile. Its list tells which. */
        verdict->answer = STATE_RUNNING;
        verdict->reason = verdict->hint = NULL;
        verdict->code = FERRY_OK;
        verdict->remote_id = mem_strdup(mem, agents_cancels(unit));
    }
}

/* --- beginning --- */

static void judge_start(const struct state_context *context, const struct http_reply *reply,
                        struct state_verdict *verdict, const void *mem)
{
    struct cloudify_answer answer;

    if (states_acted(reply, &answer, verdict, mem)) {
        const char *id = cloudify_text(answer.document, "id", NULL);

        if (id == NULL) {
            state_say(verdict, mem, STATE_UNKNOWN, "accepted, but without an execution");
            return;
        }
        verdict->answer = STATE_RUNNING;
        verdict->remote_id = mem_strdup(mem, id);
        verdict->remote_state = mem_strdup(mem, cloudify_text(answer.document, "status", "?"));
    } else if (cloudify_is_error(&answer, "existing_running_execution_error")) {
        /* Without ids of our own it may be ours, come late: only a probe tells. */
        state_say(verdict, mem,
                  states_caps(context)->client_execution_id ? STATE_RETRY : STATE_UNKNOWN,
                  "another execution runs on this deployment: %s", cloudify_describe(mem, &answer));
        verdict->wait_ms = 3 * states_number(context, "agents.poll_ms", 10 * STATES_SECOND_MS);
    }
}

void agents_act_judge(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    (void)n;
    if (agents_cancels(units) != NULL) {
        judge_cancel(units, reply, verdicts, mem);
    } else {
        judge_start(context, reply, verdicts, mem);
    }
}
