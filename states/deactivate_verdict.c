#include "states/deactivate_verdict.h"

#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/counts.h"
#include "states/poll_second.h"
#include "states/poll_verdict.h"

/* Looks without our execution: a restore hides it for a while (facts 2.3). Where no flag told that
   the restore is over, that while may be most of the restore. */
#define GONE_LOOKS 6
#define GONE_LOOKS_NO_FLAG 120
#define NEVER_BEGAN_MS (10 * STATES_MINUTE_MS) /* facts 2.6 */
#define SKEW_MS (10 * STATES_MINUTE_MS)        /* of the manager's clock and ours */

bool deactivate_verdict_wanted(const struct state_context *context)
{
    return !states_caps(context)->bypass_maintenance &&
           json_get(context->facts, "restore.since_ms") != NULL &&
           json_get(context->facts, "restore.verdict") == NULL;
}

bool deactivate_verdict_at(const struct state_unit *unit)
{
    return states_at(unit, "verdict") || poll_second_at(unit) || counts_at(unit);
}

void deactivate_verdict_next(struct state_verdict *verdict, const void *mem)
{
    states_next(verdict, mem, "verdict");
}

static const char *first_who(const struct state_context *context)
{
    return json_string_or(context->facts, "credential", "before");
}

void deactivate_verdict_ask(const struct state_context *context, const struct state_unit *unit,
                            struct http_request *request)
{
    struct cloudify_caller caller = restored_caller(context, unit, first_who(context));

    if (counts_at(unit)) {
        counts_ask(unit, &caller, request);
    } else if (poll_second_at(unit)) {
        poll_second_ask(context, &caller, request);
    } else {
        restored_ask_list(request, &caller);
    }
}

/* By its id; where the answer that held it was lost: made since we told the manager. Restores of
   the old manager come along with the archive. */
static const struct json *our_row(const struct state_context *context, const struct json *items)
{
    const char *id = json_string_or(context->facts, "restore.execution_id", NULL);
    int64_t since_ms = json_int64_or(context->facts, "restore.since_ms", 0);

    for (const struct json *row = json_first(items); id == NULL && row != NULL;
         row = json_next(row)) {
        int64_t created_ms = 0;

        if (timefmt_parse_utc(cloudify_text(row, "created_at", ""), &created_ms) &&
            created_ms >= since_ms - SKEW_MS) {
            return row;
        }
    }
    return id == NULL ? NULL : cloudify_row(items, id);
}

static void over(const struct state_context *context, const struct state_unit *unit,
                 const char *word, struct state_verdict *verdict, const void *mem)
{
    struct json *restore = json_set_object(state_facts(verdict, mem), "restore");

    json_set_string(restore, "verdict", word);
    json_set_string(verdict->facts, "credential",
                    json_string_or(unit->data, "who", first_who(context)));
    verdict->answer = STATE_DONE;
    verdict->remote_state = "deactivated";
    states_round_over(verdict, unit, mem);
}

/* Badly; but some failures are no end, as in poll_status. */
static void judge_failed(const struct state_context *context, const struct state_unit *unit,
                         const struct json *row, struct state_verdict *verdict, const void *mem)
{
    bool no_file = cloudify_restore_failure_of(cloudify_text(row, "error", ""), NULL) ==
                   CLOUDIFY_FAILURE_NO_FILE;
    bool goes_on = (no_file && poll_once_more(context, "maintenance_activate", verdict, mem)) ||
                   poll_second_begin(context, row, verdict, mem);

    if (!goes_on) {
        poll_ended_badly(row, verdict, mem);
        states_round_over(verdict, unit, mem);
    }
}

static void judge_row(const struct state_context *context, const struct state_unit *unit,
                      const struct json *row, struct state_verdict *verdict, const void *mem)
{
    enum cloudify_execution status = cloudify_execution_of(row);

    if (status == CLOUDIFY_EXECUTION_TERMINATED) {
        counts_begin(verdict, mem);
    } else if (cloudify_execution_ended(status)) {
        judge_failed(context, unit, row, verdict, mem);
    } else if (status == CLOUDIFY_EXECUTION_WAITING &&
               context->now_ms - unit->started_at_ms >= NEVER_BEGAN_MS) {
        poll_never_began(context, unit, row, verdict, mem);
    } else {
        state_say(verdict, mem, STATE_RUNNING, "maintenance is off; the restore is %s",
                  cloudify_text(row, "status", "?"));
    }
}

static void judge_gone(const struct state_context *context, const struct state_unit *unit,
                       struct state_verdict *verdict, const void *mem)
{
    int64_t gone = json_int64_or(unit->data, "gone", 0) + 1;
    bool flagged = states_caps(context)->has_snapshot_status;

    json_set_int(state_data(verdict, mem), "gone", gone);
    if (gone < (flagged ? GONE_LOOKS : GONE_LOOKS_NO_FLAG)) {
        state_say(verdict, mem, STATE_CANNOT_TELL,
                  "the execution of the restore is not to be seen");
        return;
    }
    json_set_bool(verdict->data, "lost", true);
    counts_begin(verdict, mem);
}

/* Refused, and the data of a first delivery are not there: it is what it says. */
static void refused(const struct state_unit *unit, const struct json *again,
                    struct state_verdict *verdict, const void *mem)
{
    poll_ended_badly(again, verdict, mem);
    counts_forget(unit, verdict, mem);
    json_set_null(state_data(verdict, mem), "again");
    states_round_over(verdict, unit, mem);
}

static void judge_counts(const struct state_context *context, const struct state_unit *unit,
                         const struct json *document, struct state_verdict *verdict,
                         const void *mem)
{
    bool lost = json_bool_or(unit->data, "lost", false);
    const struct json *again = json_get(unit->data, "again");

    if (!counts_judge(context, unit, document, verdict, mem)) {
        return;
    }
    if (again != NULL && counts_fewer(context, unit, verdict, mem)[0] != '\0') {
        refused(unit, again, verdict, mem);
        return;
    }
    if (poll_counts_wrong(context, unit, verdict, mem)) {
        return;
    }
    state_say(verdict, mem, STATE_DONE, "maintenance is off; the restore has ended%s, and %s",
              again != NULL ? " (the manager ran it twice; the second was refused)"
              : lost        ? " (its execution is lost)"
                            : ": terminated",
              poll_what_is_there(context, unit, verdict, mem));
    counts_forget(unit, verdict, mem);
    over(context, unit, lost ? "lost" : "terminated", verdict, mem);
}

void deactivate_verdict_judge(const struct state_context *context, const struct state_unit *unit,
                              const struct http_reply *reply, struct state_verdict *verdict,
                              const void *mem)
{
    struct cloudify_answer answer;

    cloudify_read(reply, &answer);
    if (answer.kind == CLOUDIFY_DENIED) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "looking for the password: %s",
                  cloudify_describe(mem, &answer));
        restored_space_out(context, unit, verdict);
        if (!restored_denied(context, unit, first_who(context), verdict, mem)) {
            poll_no_password(context, unit, verdict, mem);
        }
        return;
    }
    if (poll_second_answered(unit, &answer)) {
        if (!poll_second_judge(&answer, verdict, mem)) {
            refused(unit, json_get(unit->data, "again"), verdict, mem);
        }
        return;
    }
    if (counts_at(unit) && answer.kind == CLOUDIFY_FINE) {
        judge_counts(context, unit, answer.document, verdict, mem);
        return;
    }
    const struct json *items =
        answer.kind == CLOUDIFY_FINE ? cloudify_items(answer.document) : NULL;

    if (items == NULL) { /* weather: below 5.0.5 the restore may still be at work */
        state_say(verdict, mem, STATE_CANNOT_TELL, "%s", cloudify_describe(mem, &answer));
        return;
    }
    const struct json *row = our_row(context, items);

    restored_admitted(unit, verdict, mem);
    if (row != NULL) {
        judge_row(context, unit, row, verdict, mem);
    } else {
        judge_gone(context, unit, verdict, mem);
    }
}
