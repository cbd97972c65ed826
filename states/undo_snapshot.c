/*
 * undo_snapshot: a backup that is cancelled before it is proven takes its snapshot from the manager
 * again. One that is still being made is cancelled first: until then it cannot be deleted, and
 * nothing else runs there. Ours is what bears the id that this run made up (backup_names.h).
 *
 * Once the backup is proven the snapshot is left as the run would have left it at its end.
 */
#include <string.h>

#include "base/mem.h"
#include "states/backup_local.h"
#include "states/backup_names.h"
#include "states/states.h"

#define POLL_MS (2 * STATES_SECOND_MS)
#define LOOK_AGAIN_MS (STATES_SECOND_MS / 2)
/* engine-notes D.5: request timeout, proxy timeout, clock skew */
#define SETTLE_MS (90 * STATES_SECOND_MS)

static void timing(const struct state_context *context, struct state_timing *timing)
{
    timing->settle_ms = 0; /* ids are never used again: what arrives late deletes nothing else */
    timing->interval_ms = states_number(context, "backup.poll_ms", POLL_MS);
    timing->deadline_ms = timing->before_deadline_ms =
        states_number(context, "backup.timeout_ms", 4 * STATES_HOUR_MS);
}

static const struct json *begun(const struct state_context *context)
{
    return json_get(context->facts, "undo.begun.create_snapshot");
}

/* "": there can be none of this run. */
static const char *snapshot_id(const struct state_context *context, const void *mem)
{
    const char *known = backup_fact(context, mem, "snapshot");
    const char *unit = json_string_or(begun(context), "unit", NULL);

    if (known[0] != '\0' || unit == NULL) {
        return known;
    }
    known = json_string_or(begun(context), "data.clear", NULL); /* a failed one, not deleted yet */
    return known != NULL ? known : backup_snapshot_id(context, unit, mem);
}

/* The execution that makes it and is to be cancelled, or NULL. */
static const char *to_cancel(const struct state_unit *unit)
{
    return json_string_or(unit->data, "cancel", NULL);
}

/* --- probe: this folder, the snapshot, its execution --- */

/* Has it a name here yet? Without one nothing of it can be proven. */
static bool asks_here(const struct state_context *context, const struct state_unit *unit,
                      const void *mem)
{
    return states_cursor(unit)[0] == '\0' && backup_has_place(context, mem);
}

static bool ask_probe(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    const char *id = snapshot_id(context, mem);

    (void)n;
    if (id[0] == '\0') {
        state_say(verdicts, mem, STATE_SKIP, "this run made no snapshot");
        return false;
    }
    if (asks_here(context, units, mem)) {
        backup_local(request, mem, HTTP_GET, backup_fact(context, mem, "name"), "");
        return true;
    }
    states_request(request, mem);
    if (states_at(units, "execution")) {
        cloudify_ask_execution(*request, &caller, json_string_or(begun(context), "remote", ""));
    } else {
        cloudify_ask_snapshot(*request, &caller, id);
    }
    return true;
}

/* The journal may not know yet what stands in the folder. */
static void judge_here(const struct state_context *context, const struct http_reply *reply,
                       struct state_verdict *verdict, const void *mem)
{
    struct cloudify_answer answer;

    cloudify_read(reply, &answer);
    if (answer.kind != CLOUDIFY_FINE) {
        state_say(verdict, mem, STATE_FOREIGN, "%s", answer.message);
        states_fail(verdict, FERRY_E_IO, "when it is mended: ferry cancel RUN again");
    } else if (backup_is_ours(context, answer.document, mem) &&
               !json_bool_or(context->options, "backup.delete_after", false)) {
        state_say(verdict, mem, STATE_SKIP,
                  "the backup is proven; its snapshot %s stays on the manager, as "
                  "backup.delete_after is not set",
                  snapshot_id(context, mem));
    } else {
        states_next(verdict, mem, "snapshot");
    }
}

static void judge_missing(const struct state_context *context, struct state_verdict *verdict,
                          const void *mem)
{
    int64_t settle_ms = states_number(context, "limits.settle_ms", SETTLE_MS);
    int64_t left_ms = json_int64_or(context->facts, "undo.open.create_snapshot.until_ms", 0) +
                      settle_ms - context->now_ms;

    if (!context->repeat && left_ms > 0) {
        state_say(verdict, mem, STATE_RETRY,
                  "there is no snapshot; a request that makes it may still arrive");
        verdict->wait_ms = left_ms < settle_ms ? left_ms : settle_ms;
        return;
    }
    state_say(verdict, mem, context->repeat ? STATE_DONE : STATE_SKIP, "the snapshot is gone");
}

static void say_delete(struct state_verdict *verdict, const void *mem)
{
    json_set_null(state_data(verdict, mem), "cancel");
    verdict->answer = STATE_ABSENT;
}

/* Whose answer was lost is not known by its execution: it is let end. */
static void judge_row(const struct state_context *context, const struct cloudify_answer *answer,
                      struct state_verdict *verdict, const void *mem)
{
    if (answer->kind == CLOUDIFY_MISSING) {
        judge_missing(context, verdict, mem);
    } else if (strcmp(cloudify_text(answer->document, "status", ""), "creating") != 0) {
        say_delete(verdict, mem);
    } else if (json_string_or(begun(context), "remote", NULL) != NULL) {
        states_next(verdict, mem, "execution");
    } else {
        state_say(verdict, mem, STATE_RETRY,
                  "the manager is still making the snapshot; it is deleted then");
        verdict->wait_ms = states_number(context, "backup.poll_ms", POLL_MS);
    }
}

static bool is_ending(const struct json *execution)
{
    return strstr(cloudify_text(execution, "status", ""), "cancelling") != NULL;
}

static void judge_execution(const struct state_context *context,
                            const struct cloudify_answer *answer, struct state_verdict *verdict,
                            const void *mem)
{
    const char *id = json_string_or(begun(context), "remote", "");

    if (answer->kind != CLOUDIFY_FINE ||
        cloudify_execution_ended(cloudify_execution_of(answer->document)) ||
        strcmp(cloudify_text(answer->document, "workflow_id", ""), "create_snapshot") != 0) {
        say_delete(verdict, mem);
    } else if (is_ending(answer->document)) {
        json_set_string(state_data(verdict, mem), "cancel", id);
        state_say(verdict, mem, STATE_RUNNING, "execution %s is being cancelled", id);
    } else {
        json_set_string(state_data(verdict, mem), "cancel", id);
        verdict->answer = STATE_ABSENT;
    }
}

static void judge_probe(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    bool execution = states_at(units, "execution");
    struct cloudify_answer answer;

    if (asks_here(context, units, mem)) {
        judge_here(context, reply, verdicts, mem);
        return;
    }
    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    states_round_over(verdicts, units, mem);
    if (execution) {
        judge_execution(context, &answer, verdicts, mem);
    } else {
        judge_row(context, &answer, verdicts, mem);
    }
}

/* --- act --- */

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_writer(context);

    (void)n, (void)verdicts;
    states_request(request, mem);
    if (to_cancel(units) != NULL) {
        cloudify_post_cancel(*request, &caller, to_cancel(units));
    } else {
        cloudify_delete_snapshot(*request, &caller, snapshot_id(context, mem));
    }
    return true;
}

static void judge_cancel(const struct state_unit *unit, const struct cloudify_answer *answer,
                         bool done, struct state_verdict *verdict, const void *mem)
{
    if (done || answer->kind == CLOUDIFY_MISSING ||
        cloudify_is_error(answer, "illegal_action_error")) { /* it has just ended */
        state_say(verdict, mem, STATE_RUNNING, "execution %s, which makes the snapshot, is ended",
                  to_cancel(unit));
        verdict->wait_ms = LOOK_AGAIN_MS;
    }
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_answer answer;
    bool done = states_acted(reply, &answer, verdicts, mem);

    (void)n;
    if (to_cancel(units) != NULL) {
        judge_cancel(units, &answer, done, verdicts, mem);
    } else if (done || answer.kind == CLOUDIFY_MISSING) {
        state_say(verdicts, mem, STATE_DONE, "snapshot %s is deleted on the manager",
                  snapshot_id(context, mem));
    } else {
        states_delete_later(&answer, LOOK_AGAIN_MS, verdicts, mem);
    }
    states_undo_refused(verdicts, "the snapshot", mem);
}

/* --- await: the execution ends, then comes the deletion --- */

static bool ask_await(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)n, (void)verdicts;
    cloudify_ask_execution(states_request(request, mem), &caller, to_cancel(units));
    return true;
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
    if (answer.kind == CLOUDIFY_FINE &&
        !cloudify_execution_ended(cloudify_execution_of(answer.document))) {
        state_say(verdicts, mem, STATE_RUNNING, "the manager ends execution %s", to_cancel(units));
        return;
    }
    json_set_null(state_data(verdicts, mem), "cancel");
    state_say(verdicts, mem, STATE_NEXT, "the snapshot is not made any more: it will be deleted");
    verdicts->wait_ms = LOOK_AGAIN_MS;
}

const struct ferry_state state_undo_snapshot = {
    .name = "undo_snapshot",
    .summary = "takes the snapshot of this run from the manager again, where it is not proven here",
    .def = 1,
    .flags = STATE_PROBE_FIRST,
    .site = HTTP_SITE_OLD, /* where there is one; else of the only manager */
    .timing = timing,
    .probe = {.ask = ask_probe, .judge = judge_probe},
    .act = {.ask = ask_act, .judge = judge_act},
    .await = {.ask = ask_await, .judge = judge_await},
};
