/*
 * verify: the last gate before the point of no return. Each question must have the right answer;
 * one wrong answer, and nothing has been lost yet.
 */
#include <string.h>

#include "base/mem.h"
#include "states/restored.h"
#include "states/states.h"
#include "states/verify_networks.h"
#include "states/verify_twice.h"

static void timing(const struct state_context *context, struct state_timing *timing)
{
    (void)context;
    timing->interval_ms = 2 * STATES_SECOND_MS; /* after weather */
    timing->deadline_ms = 10 * STATES_MINUTE_MS;
}

static bool force(const struct state_context *context)
{
    return json_bool_or(context->options, "restore.force", false);
}

/* --- await: the questions, one after the other --- */

static bool ask_await(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    const char *at = states_cursor(units);

    (void)n, (void)verdicts;
    states_request(request, mem);
    if (strcmp(at, "snapshot") == 0) {
        cloudify_ask_snapshot(*request, &caller, states_snapshot_id(context));
    } else if (strcmp(at, "length") == 0) {
        cloudify_ask_archive(*request, &caller, states_snapshot_id(context));
    } else if (strcmp(at, "flag") == 0) {
        cloudify_ask_snapshot_status(*request);
    } else if (strcmp(at, "blueprints") == 0) {
        restored_ask_blueprints(*request, &caller);
    } else if (verify_networks_at(units)) {
        verify_networks_ask(units, &caller, *request);
    } else if (verify_twice_at(units)) {
        verify_twice_ask(context, &caller, *request);
    } else if (strcmp(at, "executions") == 0) {
        states_ask_open(*request, &caller);
    } else {
        cloudify_ask_maintenance(*request, &caller);
    }
    return true;
}

static void refuse(struct state_verdict *verdict, const void *mem, const char *reason,
                   const char *hint)
{
    state_say(verdict, mem, STATE_FAILED, "%s", reason);
    states_fail(verdict, FERRY_E_REFUSED, hint);
}

/* Without the bypass header nothing but snapshots can be asked in maintenance (<= 5.1.0). */
static void after_flag(const struct state_context *context, struct state_verdict *verdict,
                       const void *mem)
{
    if (states_caps(context)->bypass_maintenance) {
        states_next(verdict, mem, "blueprints");
    } else {
        verdict->answer = STATE_DONE;
    }
}

static void after_length(const struct state_context *context, struct state_verdict *verdict,
                         const void *mem)
{
    if (states_caps(context)->has_snapshot_status) {
        states_next(verdict, mem, "flag");
    } else {
        after_flag(context, verdict, mem);
    }
}

static void judge_snapshot(const struct state_context *context,
                           const struct cloudify_answer *answer, struct state_verdict *verdict,
                           const void *mem)
{
    const char *status = cloudify_text(answer->document, "status", "gone");

    if (strcmp(status, "uploaded") != 0) {
        refuse(verdict, mem,
               mem_printf(mem, "snapshot \"%s\" is not there as uploaded, but %s",
                          states_snapshot_id(context), status),
               "somebody has changed or deleted it: begin a new run");
    } else if (states_option(context, "snapshot.file") != NULL) {
        states_next(verdict, mem, "length");
    } else {
        after_length(context, verdict, mem);
    }
}

static void judge_length(const struct state_context *context, const struct http_reply *reply,
                         struct state_verdict *verdict, const void *mem)
{
    int64_t size = json_int64_or(context->facts, "archive.size", -1);

    if (reply->status == 404) {
        refuse(verdict, mem, "the snapshot is there without its archive",
               "delete it (cfy snapshots delete), then begin a new run");
    } else if (reply->content_length != size) {
        refuse(verdict, mem,
               mem_printf(mem, "the stored archive has %lld bytes, ours %lld",
                          (long long)reply->content_length, (long long)size),
               "somebody has replaced it (ids are shared between tenants): begin a new run");
    } else {
        after_length(context, verdict, mem);
    }
}

static void judge_flag(const struct state_context *context, const struct json *document,
                       struct state_verdict *verdict, const void *mem)
{
    switch (cloudify_restore_flag_of(document)) {
    case CLOUDIFY_RESTORE_IDLE:
        after_flag(context, verdict, mem);
        break;
    case CLOUDIFY_RESTORE_RUNNING:
        refuse(verdict, mem, "the manager says that a restore is running",
               mem_printf(mem,
                          "wait for its end; if none runs, an earlier one left its flag behind: "
                          "rm -f %s on the manager; then: ferry retry RUN --failed",
                          states_caps(context)->flag_path));
        break;
    case CLOUDIFY_RESTORE_UNKNOWN:
        state_say(verdict, mem, STATE_CANNOT_TELL, "snapshot-status is neither running nor not");
        break;
    }
}

static void after_blueprints(const struct state_context *context, struct state_verdict *verdict,
                             const void *mem)
{
    states_next(verdict, mem, verify_networks_wanted(context) ? "managers" : "executions");
}

static void judge_blueprints(const struct state_context *context, int64_t count,
                             struct state_verdict *verdict, const void *mem)
{
    if (count < 0) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "a list without its total");
    } else if (count > 0 && !force(context)) {
        refuse(
            verdict, mem,
            mem_printf(mem, "the manager is not empty: it holds %lld blueprints", (long long)count),
            "nothing was changed; restore on a fresh manager");
    } else if (verify_twice_wanted(context, count)) {
        states_next(verdict, mem, "deployments");
    } else {
        after_blueprints(context, verdict, mem);
    }
}

static void judge_twice(const struct state_context *context, const struct json *document,
                        struct state_verdict *verdict, const void *mem)
{
    const char *wrong = verify_twice_wrong(document, mem);

    if (wrong != NULL) {
        refuse(verdict, mem, wrong, VERIFY_TWICE_HINT);
    } else {
        after_blueprints(context, verdict, mem);
    }
}

static void judge_networks(const struct state_context *context, const struct state_unit *unit,
                           const struct cloudify_answer *answer, struct state_verdict *verdict,
                           const void *mem)
{
    const char *wrong = verify_networks_wrong(context, unit, answer, mem);

    if (wrong != NULL) {
        refuse(verdict, mem, wrong, VERIFY_NETWORKS_HINT ": ferry retry RUN --failed");
    } else {
        states_next(verdict, mem, states_at(unit, "managers") ? "brokers" : "executions");
    }
}

static void judge_open(const struct json *document, struct state_verdict *verdict, const void *mem)
{
    if (cloudify_total(document) < 0) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "a list without its total");
    } else if (cloudify_total(document) > 0) {
        refuse(verdict, mem,
               mem_printf(mem, "executions are open: %s",
                          cloudify_execution_names(mem, cloudify_items(document))),
               "a restore beside them is refused and leaves a dead execution behind; let them end "
               "or cancel them (a pending restore_snapshot: cfy executions cancel -k ID), then: "
               "ferry retry RUN --failed");
    } else {
        state_say(verdict, mem, STATE_DONE,
                  "maintenance is on, the archive is whole, nothing runs");
    }
}

static void judge_maintenance(const struct json *document, struct state_verdict *verdict,
                              const void *mem)
{
    switch (cloudify_maintenance_of(document)) {
    case CLOUDIFY_MAINTENANCE_ON:
        states_next(verdict, mem, "snapshot");
        break;
    case CLOUDIFY_MAINTENANCE_UNKNOWN:
        state_say(verdict, mem, STATE_CANNOT_TELL, "an answer without a state of maintenance");
        break;
    case CLOUDIFY_MAINTENANCE_COMING:
    case CLOUDIFY_MAINTENANCE_OFF:
        refuse(verdict, mem,
               mem_printf(mem, "maintenance is not on, but %s",
                          cloudify_text(document, "status", "?")),
               "somebody has changed it: cfy maintenance-mode activate, then: ferry retry RUN "
               "--failed");
        break;
    }
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    const char *at = states_cursor(units);
    struct cloudify_answer answer;

    cloudify_read(reply, &answer);
    /* a row without its file is nginx's own 404 (facts 10.1): an answer, not weather */
    bool no_file = strcmp(at, "length") == 0 && answer.status == 404;

    if (!no_file && !verify_networks_passed_over(units, &answer) &&
        !states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    if (strcmp(at, "snapshot") == 0) {
        judge_snapshot(context, &answer, verdicts, mem);
    } else if (strcmp(at, "length") == 0) {
        judge_length(context, reply, verdicts, mem);
    } else if (strcmp(at, "flag") == 0) {
        judge_flag(context, answer.document, verdicts, mem);
    } else if (strcmp(at, "blueprints") == 0) {
        judge_blueprints(context, cloudify_total(answer.document), verdicts, mem);
    } else if (verify_networks_at(units)) {
        judge_networks(context, units, &answer, verdicts, mem);
    } else if (verify_twice_at(units)) {
        judge_twice(context, answer.document, verdicts, mem);
    } else if (strcmp(at, "executions") == 0) {
        judge_open(answer.document, verdicts, mem);
    } else {
        judge_maintenance(answer.document, verdicts, mem);
    }
    if (verdicts->answer != STATE_AGAIN) {
        states_round_over(verdicts, units, mem);
    }
}

/* What it will ask, the checks of the plan have asked already. */
static bool ask_plan(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    (void)units, (void)n, (void)request, (void)mem;
    verdicts->answer = STATE_DONE;
    state_plan_units(context->plan, 1);
    state_plan_estimate(context->plan, 5 * STATES_SECOND_MS, "a few questions");
    return false;
}

const struct ferry_state state_verify = {
    .name = "verify",
    .summary = "looks once more at everything, before the point of no return",
    .def = 1,
    .timing = timing,
    .plan = {.ask = ask_plan},
    .await = {.ask = ask_await, .judge = judge_await},
};
