/*
 * poll_status: follows the restore to its end, and believes no single sign of it.
 *
 * Silence first; then one question each interval. The anonymous snapshot-status is the main one:
 * seen down twice in a row it means "ended, or never begun", and only then is a password tried and
 * the execution asked which of both. While the flag is up the execution is looked at rarely: only
 * to notice a flag that was left behind. 401, 404, 5xx, refused connections and HTML are the
 * weather of a restore (contract 20 to 25), never a verdict.
 *
 * At the end the manager must hold what the archive held (counts.h), and where certificates were
 * restored it must have rebooted (poll_reboot.h).
 *
 * data: idle (times the flag was down in a row), ask (what the next poll asks), who and denied_*
 * (restored.h), looked_ms, ended_ms (when the execution was first seen ended below a flag), gone,
 * again (what a second run of the restore by the broker said), away and steady (poll_reboot.h).
 */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/counts.h"
#include "states/poll_blind.h"
#include "states/poll_reboot.h"
#include "states/poll_second.h"
#include "states/poll_verdict.h"
#include "states/restore_plan.h"
#include "states/restored.h"
#include "states/states.h"

/* facts 2.6: an execution that has ended under a flag for over 10 minutes; in polls of 5 s. */
#define STUCK_POLLS 120
/* A manager whose REST service stays up in a restore is not to be disturbed before its end (facts
   2.3). */
#define STUCK_POLLS_SHY 360
/* Looks at a list without our execution until the data are asked instead (facts 10.2 a). */
#define GONE_LOOKS 6

static void timing(const struct state_context *context, struct state_timing *timing)
{
    timing->quiet_ms = restored_quiet_left_ms(context);
    timing->interval_ms = restored_poll_ms(context);
    timing->deadline_ms = states_number(context, "restore.timeout_ms", 4 * STATES_HOUR_MS);
}

static int64_t stuck_ms(const struct state_context *context, const struct state_unit *unit)
{
    bool ended = json_int64_or(unit->data, "ended_ms", 0) > 0;

    return restored_poll_ms(context) * (states_caps(context)->polling_can_fail_restore && !ended
                                            ? STUCK_POLLS_SHY
                                            : STUCK_POLLS);
}

static bool is_down(const struct state_unit *unit)
{
    return json_int64_or(unit->data, "idle", 0) >= 2;
}

static bool ask_await(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = restored_caller(context, units, poll_first_who(context));
    const char *execution = json_string_or(context->facts, "restore.execution_id", NULL);
    const char *at = states_cursor(units);

    (void)n, (void)verdicts;
    states_request(request, mem);
    if (poll_blind(context)) {
        poll_blind_ask(context, units, *request);
    } else if (counts_at(units)) {
        counts_ask(units, &caller, *request);
    } else if (poll_second_at(units)) {
        poll_second_ask(context, &caller, *request);
    } else if (strcmp(at, "list") == 0 || (strcmp(at, "execution") == 0 && execution == NULL)) {
        restored_ask_list(*request, &caller);
    } else if (strcmp(at, "execution") == 0) {
        cloudify_ask_execution(*request, &caller, execution);
    } else if (strcmp(at, "login") == 0) {
        cloudify_ask_maintenance(*request, &caller);
    } else {
        cloudify_ask_snapshot_status(*request);
    }
    return true;
}

/* The next poll begins with the flag again, and with a new count of its downs. */
static void back_to_flag(const struct state_unit *unit, struct state_verdict *verdict,
                         const void *mem)
{
    states_round_over(verdict, unit, mem);
    if (json_get(unit->data, "idle") != NULL) {
        json_set_null(state_data(verdict, mem), "idle");
    }
}

static void weather(const struct state_unit *unit, const struct cloudify_answer *answer,
                    struct state_verdict *verdict, const void *mem)
{
    state_say(verdict, mem, STATE_CANNOT_TELL, "the restore goes on (%s)",
              cloudify_describe(mem, answer));
    poll_reboot_weather(unit, answer, verdict, mem);
    back_to_flag(unit, verdict, mem);
}

/* --- the flag --- */

static const char *what_to_ask(const struct state_context *context)
{
    return states_caps(context)->bypass_maintenance ? "execution" : "login";
}

static void flag_up(const struct state_context *context, const struct state_unit *unit,
                    struct state_verdict *verdict, const void *mem)
{
    int64_t looked_ms = json_int64_or(unit->data, "looked_ms", unit->started_at_ms);

    back_to_flag(unit, verdict, mem);
    poll_reboot_not_yet(unit, verdict, mem);
    state_say(verdict, mem, STATE_RUNNING, "snapshot-status says that the restore is running");
    verdict->remote_state = "running";
    verdict->hint =
        mem_printf(mem,
                   "does the manager's cloudify-mgmtworker still work on it? if not, the "
                   "restore was cut off (begin again with a fresh manager) or left its "
                   "flag behind (rm -f %s)",
                   states_caps(context)->flag_path);
    if (context->now_ms - looked_ms >= stuck_ms(context, unit) &&
        states_caps(context)->bypass_maintenance) {
        json_set_string(state_data(verdict, mem), "ask", "execution");
        json_set_int(state_data(verdict, mem), "looked_ms", context->now_ms);
    }
}

static void flag_down(const struct state_context *context, const struct state_unit *unit,
                      struct state_verdict *verdict, const void *mem)
{
    int64_t idle = json_int64_or(unit->data, "idle", 0) + 1;

    state_say(verdict, mem, STATE_RUNNING, "snapshot-status says that no restore is running");
    verdict->remote_state = "not-running";
    json_set_int(state_data(verdict, mem), "idle", idle);
    if (idle >= 2) {
        json_set_string(verdict->data, "ask", what_to_ask(context));
    }
}

static void judge_flag(const struct state_context *context, const struct state_unit *unit,
                       const struct cloudify_answer *answer, struct state_verdict *verdict,
                       const void *mem)
{
    if (answer->kind != CLOUDIFY_FINE) {
        weather(unit, answer, verdict, mem);
        return;
    }
    switch (cloudify_restore_flag_of(answer->document)) {
    case CLOUDIFY_RESTORE_RUNNING:
        flag_up(context, unit, verdict, mem);
        break;
    case CLOUDIFY_RESTORE_IDLE:
        flag_down(context, unit, verdict, mem);
        break;
    case CLOUDIFY_RESTORE_UNKNOWN:
        state_say(verdict, mem, STATE_CANNOT_TELL, "snapshot-status is neither running nor not");
        back_to_flag(unit, verdict, mem);
        break;
    }
}

/* --- the execution --- */

static void judge_denied(const struct state_context *context, const struct state_unit *unit,
                         const struct cloudify_answer *answer, struct state_verdict *verdict,
                         const void *mem)
{
    if (!is_down(unit)) {
        weather(unit, answer, verdict, mem); /* only a look: in a restore no password works */
        return;
    }
    state_say(verdict, mem, STATE_CANNOT_TELL,
              "the restore has ended; looking for the password: %s",
              cloudify_describe(mem, answer));
    restored_space_out(context, unit, verdict);
    if (!restored_denied(context, unit, poll_first_who(context), verdict, mem)) {
        poll_no_password(context, unit, verdict, mem);
    }
}

/* Ended, and the flag still up: it is left behind when that lasts. */
static void judge_ended_below_flag(const struct state_context *context,
                                   const struct state_unit *unit, const struct json *execution,
                                   struct state_verdict *verdict, const void *mem)
{
    int64_t ended_ms = json_int64_or(unit->data, "ended_ms", 0);

    if (ended_ms > 0 && context->now_ms - ended_ms >= stuck_ms(context, unit)) {
        poll_flag_stuck(context, unit, execution, verdict, mem);
        return;
    }
    back_to_flag(unit, verdict, mem);
    state_say(verdict, mem, STATE_RUNNING, "the restore has ended; its last steps are running");
    if (ended_ms == 0) {
        json_set_int(state_data(verdict, mem), "ended_ms", context->now_ms);
    }
}

static void judge_open(const struct state_context *context, const struct state_unit *unit,
                       const struct json *execution, struct state_verdict *verdict, const void *mem)
{
    bool waits = cloudify_execution_of(execution) == CLOUDIFY_EXECUTION_WAITING;

    if (is_down(unit) && waits &&
        context->now_ms - unit->started_at_ms >= stuck_ms(context, unit)) {
        poll_never_began(context, unit, execution, verdict, mem);
        return;
    }
    back_to_flag(unit, verdict, mem);
    state_say(verdict, mem, STATE_RUNNING, "the restore is %s",
              waits ? "accepted, but has not begun" : "running");
    verdict->remote_state = mem_strdup(mem, cloudify_text(execution, "status", "?"));
    if (is_down(unit)) {
        json_set_int(state_data(verdict, mem), "idle", 1); /* look again after the next down */
    }
}

/* Some failures are no end: the archive had not arrived at the node yet, or the broker delivered
   the restore a second time and it found the data of the first (facts 6 no. 28 and 30). */
static void judge_failed(const struct state_context *context, const struct state_unit *unit,
                         const struct json *execution, struct state_verdict *verdict,
                         const void *mem)
{
    const char *error = cloudify_text(execution, "error", "");
    bool no_file = cloudify_restore_failure_of(error, NULL) == CLOUDIFY_FAILURE_NO_FILE;

    if (no_file && poll_once_more(context, "restore", verdict, mem)) {
        return;
    }
    if (!poll_second_begin(context, execution, verdict, mem)) {
        poll_failed(context, unit, execution, verdict, mem);
    }
}

static void judge_execution(const struct state_context *context, const struct state_unit *unit,
                            const struct json *execution, struct state_verdict *verdict,
                            const void *mem)
{
    enum cloudify_execution status = cloudify_execution_of(execution);

    restored_admitted(unit, verdict, mem);
    if (!cloudify_execution_ended(status)) {
        judge_open(context, unit, execution, verdict, mem);
    } else if (!is_down(unit)) {
        judge_ended_below_flag(context, unit, execution, verdict, mem);
    } else if (status != CLOUDIFY_EXECUTION_TERMINATED) {
        judge_failed(context, unit, execution, verdict, mem);
    } else {
        counts_begin(verdict, mem);
    }
}

static void judge_list(const struct state_context *context, const struct state_unit *unit,
                       const struct json *document, struct state_verdict *verdict, const void *mem)
{
    const char *id = json_string_or(context->facts, "restore.execution_id", NULL);
    const struct json *items = cloudify_items(document);
    const struct json *row = id != NULL
                                 ? cloudify_row(items, id)
                                 : restored_row(items, json_get(context->facts, "restore.known"));
    int64_t gone = json_int64_or(unit->data, "gone", 0) + 1;

    if (row != NULL) {
        judge_execution(context, unit, row, verdict, mem);
        return;
    }
    state_say(verdict, mem, STATE_CANNOT_TELL, "the execution of the restore is not to be seen");
    if (!is_down(unit) || items == NULL) {
        back_to_flag(unit, verdict, mem);
        return;
    }
    json_set_int(state_data(verdict, mem), "gone", gone);
    json_set_string(verdict->data, "ask", gone < GONE_LOOKS ? "list" : "tenants");
}

static void judge_counts(const struct state_context *context, const struct state_unit *unit,
                         const struct json *document, struct state_verdict *verdict,
                         const void *mem)
{
    const struct json *again = json_get(unit->data, "again");

    if (!counts_judge(context, unit, document, verdict, mem)) {
        return;
    }
    if (again != NULL && counts_fewer(context, unit, verdict, mem)[0] != '\0') {
        poll_failed(context, unit, again, verdict, mem);
    } else if (poll_counts_wrong(context, unit, verdict, mem)) {
        poll_keep_credential(context, unit, verdict, mem);
    } else if (poll_reboot_awaited(context, unit)) {
        poll_reboot_begin(verdict, mem);
    } else {
        poll_done(context, unit,
                  mem_printf(mem, "%s, and %s",
                             again != NULL ? "the manager ran the restore twice; the second was "
                                             "refused"
                                           : "the restore has ended",
                             poll_what_is_there(context, unit, verdict, mem)),
                  verdict, mem);
    }
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    const char *at = states_cursor(units);
    struct cloudify_answer answer;

    (void)n;
    cloudify_read(reply, &answer);
    if (poll_blind(context)) {
        poll_blind_judge(context, units, &answer, stuck_ms(context, units), verdicts, mem);
    } else if (poll_reboot_at(units)) {
        poll_reboot_judge(context, units, &answer, verdicts, mem);
    } else if (at[0] == '\0') {
        judge_flag(context, units, &answer, verdicts, mem);
    } else if (answer.kind == CLOUDIFY_DENIED) {
        judge_denied(context, units, &answer, verdicts, mem);
    } else if (poll_second_answered(units, &answer)) {
        if (!poll_second_judge(&answer, verdicts, mem)) {
            poll_failed(context, units, json_get(units->data, "again"), verdicts, mem);
        }
    } else if (answer.kind == CLOUDIFY_MISSING && strcmp(at, "execution") == 0) {
        state_say(verdicts, mem, STATE_CANNOT_TELL,
                  "the execution of the restore is not to be seen");
        json_set_string(state_data(verdicts, mem), "ask", "list");
    } else if (answer.kind != CLOUDIFY_FINE) {
        weather(units, &answer, verdicts, mem);
    } else if (counts_at(units)) {
        judge_counts(context, units, answer.document, verdicts, mem);
    } else if (strcmp(at, "login") == 0) {
        poll_done(context, units, "the flag is down and the password works", verdicts, mem);
    } else if (cloudify_items(answer.document) != NULL || strcmp(at, "list") == 0) {
        judge_list(context, units, answer.document, verdicts, mem);
    } else {
        judge_execution(context, units, answer.document, verdicts, mem);
    }
}

const struct ferry_state state_poll_status = {
    .name = "poll_status",
    .summary = "follows the restore to its end and finds the password that works then",
    .def = 1,
    .timing = timing,
    .plan = {.ask = restore_plan_duration},
    .await = {.ask = ask_await, .judge = judge_await, .judges_silence = true},
};
