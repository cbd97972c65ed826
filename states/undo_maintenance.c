/*
 * undo_maintenance: a run that is cancelled before its restore gives the manager back as it found
 * it: out of maintenance, if it was this run that switched it on and nobody has switched since.
 *
 * facts.undo.open.maintenance_activate: the run ended while nobody knew whether its request to
 * switch maintenance on had arrived; it left between since_ms and until_ms (unix). It may still
 * arrive, so "off" is believed only after the settle window.
 */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/maintenance.h"
#include "states/states.h"

/* engine-notes D.5: request timeout, proxy timeout, clock skew */
#define SETTLE_MS (90 * STATES_SECOND_MS)
#define SKEW_MS (2 * STATES_SECOND_MS) /* of the manager's clock and ours, beside whole seconds */

static const struct json *maintenance(const struct state_context *context)
{
    return json_get(context->facts, maintenance_fact(context));
}

/* What is known of a request to switch it on whose outcome was not when the run ended. */
static const struct json *open_request(const struct state_context *context)
{
    const struct json *open = json_get(context->facts, "undo.open");

    return json_member(open, states_site(context) == HTTP_SITE_OLD ? "old_maintenance"
                                                                   : "maintenance_activate");
}

static bool is_ours(const struct state_context *context)
{
    return json_bool_or(maintenance(context), "ours", false);
}

/* When our request may have left last, its outcome never known; 0: there is no such request. */
static int64_t open_until_ms(const struct state_context *context)
{
    return json_int64_or(open_request(context), "until_ms", 0);
}

static bool ask(const struct state_context *context, const struct state_unit *units, size_t n,
                struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    if (!is_ours(context) && open_until_ms(context) == 0) {
        state_say(verdicts, mem, STATE_SKIP, "this run did not switch maintenance on");
        return false;
    }
    if (states_at(units, "flag")) {
        cloudify_ask_snapshot_status(states_request(request, mem));
        return true;
    }
    return maintenance_ask(context, units, n, request, verdicts, mem);
}

static int64_t settle_ms(const struct state_context *context)
{
    return states_number(context, "limits.settle_ms", SETTLE_MS);
}

/* Between when our request may have left first, and when it may have arrived last? */
static bool may_be_open_request(const struct state_context *context, int64_t requested_ms)
{
    int64_t since_ms = json_int64_or(open_request(context), "since_ms", 0);

    requested_ms -= json_int64_or(maintenance(context), "ahead_ms", 0);
    return requested_ms >= since_ms - SKEW_MS &&
           requested_ms <= open_until_ms(context) + settle_ms(context) + SKEW_MS;
}

/* The switching that is on now: is it the one of this run? */
static bool switched_by_us(const struct state_context *context, const struct json *document)
{
    const char *requested_at = cloudify_text(document, "activation_requested_at", "");
    const char *ours = json_string_or(maintenance(context), "requested_at", NULL);
    int64_t requested_ms = 0;

    if (is_ours(context) && ours != NULL) {
        return strcmp(requested_at, ours) == 0;
    }
    if (is_ours(context)) {
        return true; /* the manager did not tell the time of it then */
    }
    return timefmt_parse_utc(requested_at, &requested_ms) &&
           may_be_open_request(context, requested_ms);
}

static void judge_on(const struct state_context *context, const struct json *document,
                     struct state_verdict *verdict, const void *mem)
{
    if (!switched_by_us(context, document)) {
        state_say(verdict, mem, STATE_SKIP,
                  "maintenance stays on: somebody else has switched it on since (at %s)",
                  cloudify_text(document, "activation_requested_at", "?"));
    } else if (states_caps(context)->has_snapshot_status) {
        states_next(verdict, mem, "flag");
    } else {
        verdict->answer = STATE_ABSENT;
    }
}

static void judge_off(const struct state_context *context, struct state_verdict *verdict,
                      const void *mem)
{
    int64_t left_ms = open_until_ms(context) + settle_ms(context) - context->now_ms;

    if (open_until_ms(context) > 0 && left_ms > 0 && !context->repeat) {
        state_say(verdict, mem, STATE_RETRY,
                  "maintenance is off; a request that switches it on may still arrive");
        verdict->wait_ms = left_ms < settle_ms(context) ? left_ms : settle_ms(context);
        return;
    }
    state_say(verdict, mem, context->repeat ? STATE_DONE : STATE_SKIP, "maintenance is off");
}

static void judge_flag(const struct json *document, struct state_verdict *verdict, const void *mem)
{
    switch (cloudify_restore_flag_of(document)) {
    case CLOUDIFY_RESTORE_IDLE:
        verdict->answer = STATE_ABSENT;
        break;
    case CLOUDIFY_RESTORE_RUNNING:
        state_say(verdict, mem, STATE_SKIP,
                  "maintenance stays on: a restore that is not of this run is under way");
        break;
    case CLOUDIFY_RESTORE_UNKNOWN:
        state_say(verdict, mem, STATE_CANNOT_TELL, "snapshot-status is neither running nor not");
        break;
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
    if (states_at(units, "flag")) {
        judge_flag(answer.document, verdicts, mem);
        states_round_over(verdicts, units, mem);
        return;
    }
    switch (cloudify_maintenance_of(answer.document)) {
    case CLOUDIFY_MAINTENANCE_OFF:
        judge_off(context, verdicts, mem);
        break;
    case CLOUDIFY_MAINTENANCE_ON:
    case CLOUDIFY_MAINTENANCE_COMING:
        judge_on(context, answer.document, verdicts, mem);
        break;
    case CLOUDIFY_MAINTENANCE_UNKNOWN:
        state_say(verdicts, mem, STATE_CANNOT_TELL, "an answer without a state of maintenance");
        break;
    }
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    maintenance_judge_off(context, units, n, reply, verdicts, mem);
    states_undo_refused(verdicts, "maintenance on", mem);
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;

    (void)context;
    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    if (cloudify_maintenance_of(answer.document) == CLOUDIFY_MAINTENANCE_OFF) {
        state_say(verdicts, mem, STATE_DONE, "maintenance is off again");
        verdicts->remote_state = "deactivated";
    } else {
        state_say(verdicts, mem, STATE_RUNNING, "maintenance is still on");
    }
}

const struct ferry_state state_undo_maintenance = {
    .name = "undo_maintenance",
    .summary = "switches maintenance off, if this run had switched it on",
    .def = 1,
    .flags = STATE_PROBE_FIRST,
    .timing = maintenance_timing,
    .probe = {.ask = ask, .judge = judge_probe},
    .act = {.ask = maintenance_ask_off, .judge = judge_act},
    .await = {.ask = ask, .judge = judge_await},
};

const struct ferry_state state_undo_old_maintenance = {
    .name = "undo_old_maintenance",
    .summary = "switches the old manager's maintenance off, if this run had switched it on",
    .def = 1,
    .flags = STATE_PROBE_FIRST,
    .site = HTTP_SITE_OLD,
    .timing = maintenance_timing,
    .probe = {.ask = ask, .judge = judge_probe},
    .act = {.ask = maintenance_ask_off, .judge = judge_act},
    .await = {.ask = ask, .judge = judge_await},
};
