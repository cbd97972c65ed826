/*
 * restore: the one request that cannot be taken back, and must never be sent twice: a second
 * restore of the new format doubles every node instance (facts 10.5 no. 2), and a refused one
 * leaves a dead execution behind that blocks the manager (no. 1).
 *
 * So before it, nothing may run; the ids of all restores that the manager knows are kept; and after
 * a lost answer the first thing that tells is believed: the flag (nobody else's restore was
 * running), an execution that was not there before, or the restored data. "It had no effect" needs
 * all questions answered, with the flag down before and after them.
 *
 * A restore that was refused all the same leaves that dead execution; before the restore is told
 * again it is killed, if it is surely ours (restore_clear.h).
 */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/restore_clear.h"
#include "states/restore_plan.h"
#include "states/restored.h"
#include "states/states.h"

static void timing(const struct state_context *context, struct state_timing *timing)
{
    timing->request_ms = 2 * STATES_MINUTE_MS;
    timing->hush_ms = restored_quiet_ms(context); /* it may have begun: facts 2.3 */
    /* the weather of a restore that did begin may hide it for long */
    timing->probe_deadline_ms = 2 * STATES_HOUR_MS;
}

/* --- asking --- */

static bool ask_probe(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = restored_caller(context, units, "before");
    bool flagged = states_caps(context)->has_snapshot_status;
    const char *at = states_cursor(units);

    (void)n;
    if (!flagged && !context->repeat) { /* nothing but snapshots can be asked in maintenance */
        verdicts->answer = STATE_ABSENT;
        return false;
    }
    states_request(request, mem);
    if (context->repeat && restore_clear_target(units) != NULL) {
        cloudify_ask_execution(*request, &caller, restore_clear_target(units));
    } else if (strcmp(at, "open") == 0) {
        states_ask_open(*request, &caller);
    } else if (strcmp(at, "known") == 0 || strcmp(at, "list") == 0) {
        restored_ask_list(*request, &caller);
    } else if (strcmp(at, "row") == 0 || !flagged) {
        caller.tenant = states_reader(context).tenant;
        cloudify_ask_snapshot(*request, &caller, states_snapshot_id(context));
    } else if (strcmp(at, "blueprints") == 0) {
        restored_ask_blueprints(*request, &caller);
    } else {
        cloudify_ask_snapshot_status(*request);
    }
    return true;
}

/* --- what we leave in the facts --- */

static void took_effect(const struct state_unit *unit, const char *execution, const char *how,
                        struct state_verdict *verdict, const void *mem)
{
    struct json *restore = json_set_object(state_facts(verdict, mem), "restore");

    json_set_int(restore, "since_ms", json_int64_or(unit->data, "since_ms", unit->intent_at_ms));
    json_set_int(restore, "told_ms", unit->intent_at_ms);
    if (json_get(unit->data, "known") != NULL) {
        json_set_json(restore, "known", json_get(unit->data, "known"));
    }
    if (execution != NULL) {
        json_set_string(restore, "execution_id", execution);
        verdict->remote_id = mem_strdup(mem, execution);
    }
    state_say(verdict, mem, STATE_DONE, "%s", how);
    states_round_over(verdict, unit, mem);
}

/* --- before the first act --- */

static void judge_open(const struct state_unit *unit, const struct json *document,
                       struct state_verdict *verdict, const void *mem)
{
    const struct json *items = cloudify_items(document);

    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        if (strcmp(cloudify_text(row, "workflow_id", ""), "restore_snapshot") == 0) {
            if (restore_clear_found(unit, items, row, verdict, mem)) {
                return;
            }
            state_say(verdict, mem, STATE_FOREIGN,
                      "another restore is on the manager (execution %s, %s)",
                      cloudify_text(row, "id", "?"), cloudify_text(row, "status", "?"));
            states_fail(verdict, FERRY_E_REFUSED,
                        mem_printf(mem,
                                   "if nothing restores now, a refused request left it behind: cfy "
                                   "executions cancel --kill %s; then: ferry resume",
                                   cloudify_text(row, "id", "?")));
            return;
        }
    }
    if (cloudify_total(document) < 0) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "a list without its total");
    } else if (cloudify_total(document) > 0) {
        state_say(verdict, mem, STATE_RETRY, "executions are open, a restore would be refused: %s",
                  cloudify_execution_names(mem, items));
        verdict->hint = "let them end or cancel them, then: ferry resume";
    } else {
        states_next(verdict, mem, "known");
    }
}

static void judge_known(const struct state_context *context, const struct state_unit *unit,
                        const struct http_reply *reply, const struct json *document,
                        struct state_verdict *verdict, const void *mem)
{
    const struct json *items = cloudify_items(document);
    struct json *data = state_data(verdict, mem);

    if (items == NULL) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "an answer without a list in it");
        return;
    }
    struct json *known = json_set_array(data, "known");

    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        json_push_string(known, cloudify_text(row, "id", ""));
    }
    json_set_int(data, "since_ms", reply->date_ms >= 0 ? reply->date_ms : context->now_ms);
    restore_clear_over(unit, verdict, mem);
    verdict->answer = STATE_ABSENT;
}

static void judge_first_flag(const struct state_context *context, const struct json *document,
                             struct state_verdict *verdict, const void *mem)
{
    switch (cloudify_restore_flag_of(document)) {
    case CLOUDIFY_RESTORE_RUNNING:
        state_say(verdict, mem, STATE_FOREIGN, "the manager says that a restore is running");
        states_fail(verdict, FERRY_E_REFUSED,
                    mem_printf(mem,
                               "wait for its end; if none runs, an earlier one left its flag "
                               "behind: rm -f %s on the manager; then: ferry resume",
                               states_caps(context)->flag_path));
        break;
    case CLOUDIFY_RESTORE_UNKNOWN:
        state_say(verdict, mem, STATE_CANNOT_TELL, "snapshot-status is neither running nor not");
        break;
    case CLOUDIFY_RESTORE_IDLE:
        if (states_caps(context)->bypass_maintenance) {
            states_next(verdict, mem, "open");
        } else {
            verdict->answer = STATE_ABSENT; /* executions cannot be asked in maintenance */
        }
        break;
    }
}

static void judge_first(const struct state_context *context, const struct state_unit *unit,
                        const struct http_reply *reply, struct state_verdict *verdict,
                        const void *mem)
{
    struct cloudify_answer answer;

    if (!states_read(unit, 1, reply, &answer, verdict, mem)) {
        return;
    }
    if (states_at(unit, "open")) {
        judge_open(unit, answer.document, verdict, mem);
    } else if (states_at(unit, "known")) {
        judge_known(context, unit, reply, answer.document, verdict, mem);
    } else {
        judge_first_flag(context, answer.document, verdict, mem);
    }
    if (verdict->answer != STATE_AGAIN) {
        states_round_over(verdict, unit, mem);
    }
}

/* --- after an act whose answer is not known --- */

/* All of it is a restore's weather: a new round after a while. */
static void weather(const struct state_context *context, const struct state_unit *unit,
                    const struct cloudify_answer *answer, struct state_verdict *verdict,
                    const void *mem)
{
    states_round_over(verdict, unit, mem);
    state_say(verdict, mem, STATE_CANNOT_TELL, "%s", cloudify_describe(mem, answer));
    if (answer->kind != CLOUDIFY_DENIED) {
        return;
    }
    verdict->wait_ms = restored_poll_ms(context);
    if (!states_caps(context)->has_snapshot_status) {
        /* No flag is there to be asked, but none but a restore changes the passwords. */
        took_effect(unit, NULL, "the password that worked before is refused, as in a restore",
                    verdict, mem);
        json_set_bool(json_set_object(verdict->facts, "restore"), "denied", true);
    } else if (!restored_denied(context, unit, "before", verdict, mem)) {
        json_set_null(verdict->data, "denied_before");
        json_set_null(verdict->data, "denied_after");
        state_say(
            verdict, mem, STATE_FOREIGN,
            "whether the restore has begun cannot be asked: the manager refuses %s, not tried "
            "more than %d times, or it may lock the account",
            states_have_after(context) ? "both passwords" : "the password", STATES_DENIALS_MAX);
        states_fail(verdict, FERRY_E_AUTH,
                    "correct manager.after_restore (the old manager's admin), then: ferry resume");
    }
}

static void judge_again_flag(const struct state_context *context, const struct state_unit *unit,
                             const struct json *document, struct state_verdict *verdict,
                             const void *mem)
{
    switch (cloudify_restore_flag_of(document)) {
    case CLOUDIFY_RESTORE_RUNNING:
        took_effect(unit, NULL, "a restore runs, and it is ours: none ran before", verdict, mem);
        break;
    case CLOUDIFY_RESTORE_UNKNOWN:
        state_say(verdict, mem, STATE_CANNOT_TELL, "snapshot-status is neither running nor not");
        states_round_over(verdict, unit, mem);
        break;
    case CLOUDIFY_RESTORE_IDLE:
        if (states_at(unit, "flag again")) {
            states_round_over(verdict, unit, mem);
            verdict->answer = STATE_ABSENT;
        } else if (states_caps(context)->bypass_maintenance) {
            states_next(verdict, mem, "list");
        } else {
            states_next(verdict, mem, "row");
        }
        break;
    }
}

static void judge_again_list(const struct state_unit *unit, const struct json *document,
                             struct state_verdict *verdict, const void *mem)
{
    const struct json *items = cloudify_items(document);
    const struct json *row = restored_row(items, json_get(unit->data, "known"));

    if (items == NULL) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "an answer without a list in it");
        states_round_over(verdict, unit, mem);
    } else if (row != NULL) {
        took_effect(unit, cloudify_text(row, "id", NULL),
                    "an execution of the restore is there that was not there before", verdict, mem);
    } else {
        states_next(verdict, mem, "row");
    }
}

/* The row of a restored snapshot goes with the restore (legacy); who else would delete it? */
static void judge_again_row(const struct state_context *context, const struct state_unit *unit,
                            const struct cloudify_answer *answer, struct state_verdict *verdict,
                            const void *mem)
{
    if (answer->kind != CLOUDIFY_MISSING && states_caps(context)->has_snapshot_status) {
        states_next(verdict, mem, "flag again");
    } else if (answer->kind != CLOUDIFY_MISSING) {
        states_round_over(verdict, unit, mem);
        verdict->answer = STATE_ABSENT;
    } else if (states_caps(context)->bypass_maintenance) {
        states_next(verdict, mem, "blueprints");
    } else {
        took_effect(unit, NULL, "the snapshot's row is gone, as after a restore", verdict, mem);
    }
}

static void judge_again_blueprints(const struct state_unit *unit, const struct json *document,
                                   struct state_verdict *verdict, const void *mem)
{
    if (cloudify_total(document) > 0) {
        took_effect(unit, NULL, "the snapshot's row is gone and its blueprints are there", verdict,
                    mem);
        return;
    }
    states_round_over(verdict, unit, mem);
    state_say(verdict, mem, STATE_CANNOT_TELL,
              "the snapshot's row is gone, and nothing tells of a restore");
}

static void judge_again(const struct state_context *context, const struct state_unit *unit,
                        const struct http_reply *reply, struct state_verdict *verdict,
                        const void *mem)
{
    struct cloudify_answer answer;

    cloudify_read(reply, &answer);
    if (answer.kind != CLOUDIFY_FINE && answer.kind != CLOUDIFY_MISSING) {
        weather(context, unit, &answer, verdict, mem);
        return;
    }
    if (restore_clear_target(unit) != NULL) {
        restored_admitted(unit, verdict, mem);
        if (restore_clear_began(unit, &answer, verdict, mem)) {
            took_effect(unit, restore_clear_target(unit), "the restore has begun after all",
                        verdict, mem);
        }
        return;
    }
    if (states_cursor(unit)[0] != '\0' && !states_at(unit, "flag again")) {
        restored_admitted(unit, verdict, mem);
    }
    if (states_at(unit, "list")) {
        judge_again_list(unit, answer.document, verdict, mem);
    } else if (states_at(unit, "row") || !states_caps(context)->has_snapshot_status) {
        judge_again_row(context, unit, &answer, verdict, mem);
    } else if (states_at(unit, "blueprints")) {
        judge_again_blueprints(unit, answer.document, verdict, mem);
    } else {
        judge_again_flag(context, unit, answer.document, verdict, mem);
    }
}

static void judge_probe(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    (void)n;
    if (context->repeat) {
        judge_again(context, units, reply, verdicts, mem);
    } else {
        judge_first(context, units, reply, verdicts, mem);
    }
}

/* --- act --- */

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_writer(context);
    struct cloudify_restore restore = {
        .force = json_bool_or(context->options, "restore.force", false),
        .certificates = json_bool_or(context->options, "restore.certificates", false),
        .no_reboot = json_bool_or(context->options, "restore.no_reboot", false),
        .recreate_envs = states_caps(context)->recreate_deployments_envs_required};

    (void)n, (void)verdicts;
    states_request(request, mem);
    if (restore_clear_target(units) != NULL) {
        restore_clear_ask(context, units, *request);
        return true;
    }
    cloudify_post_restore(*request, &caller, states_snapshot_id(context), &restore);
    return true;
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_answer answer;

    (void)n;
    if (restore_clear_target(units) != NULL) {
        restore_clear_judge(units, reply, verdicts, mem);
        return;
    }
    if (states_acted(reply, &answer, verdicts, mem)) {
        const char *id = cloudify_text(answer.document, "id", NULL);

        if (id != NULL) {
            took_effect(units, id, "the manager has accepted the restore", verdicts, mem);
        } else {
            state_say(verdicts, mem, STATE_UNKNOWN, "accepted, but without an execution");
        }
    } else if (cloudify_is_error(&answer, "existing_running_execution_error")) {
        restore_refused(context, units, reply, &answer, verdicts, mem);
    } else if (answer.kind == CLOUDIFY_MISSING) {
        states_fail(verdicts, FERRY_E_REFUSED, "the snapshot is gone: begin a new run");
    } else if (cloudify_is_error(&answer, "snapshot_action_error")) {
        states_fail(verdicts, FERRY_E_REFUSED,
                    mem_printf(mem,
                               "see its error (cfy snapshots get %s), then begin a new run with "
                               "another --snapshot-id",
                               states_snapshot_id(context)));
    }
}

const struct ferry_state state_restore = {
    .name = "restore",
    .summary = "tells the manager to restore the snapshot: from here there is no way back",
    .def = 1,
    .leaves = "the restored content: a restore can be neither cancelled nor undone",
    .flags = STATE_PROBE_FIRST | STATE_NO_RETURN,
    .timing = timing,
    .plan = {.ask = restore_plan_ask},
    .probe = {.ask = ask_probe, .judge = judge_probe},
    .act = {.ask = ask_act, .judge = judge_act},
};
