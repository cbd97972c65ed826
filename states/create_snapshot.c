/*
 * create_snapshot: the manager makes a snapshot under an id of ours.
 *
 * The id holds a part of the unit's own, so it is new for every run and attempt: a row of that name
 * is there because of us, and a repeated request is refused with 409. The snapshot's own status
 * decides, not that of the execution, which ends "terminated" up to 5.0.5 although the snapshot
 * failed (facts 6 no. 16). A failed one is of no use and keeps its id: it is deleted, which is one
 * more act of the same unit (data.clear), and then the unit fails with the manager's reason.
 */
#include "states/create_snapshot.h"

#include <string.h>

#include "base/mem.h"
#include "states/backup_names.h"
#include "states/states.h"

#define POLL_MS (5 * STATES_SECOND_MS) /* facts 6, "other waits": tests of the makers poll so */
#define LOOK_AGAIN_MS (STATES_SECOND_MS / 2)
/* So often the row may say "creating" although its execution has ended: they end 0.1 s apart
   (contract/06). */
#define ENDED_MOST 5

static void timing(const struct state_context *context, struct state_timing *timing)
{
    timing->interval_ms = states_number(context, "backup.poll_ms", POLL_MS);
    timing->deadline_ms = states_number(context, "backup.timeout_ms", 4 * STATES_HOUR_MS);
    timing->before_deadline_ms = states_number(context, "backup.wait_ms", 2 * STATES_HOUR_MS);
}

/* The failed snapshot that is to be deleted, or NULL. */
static const char *to_clear(const struct state_unit *unit)
{
    return json_string_or(unit->data, "clear", NULL);
}

static const char *busy(const struct state_context *context)
{
    return json_string_or(context->options, "backup.busy", "wait");
}

static bool is_queued(const struct state_context *context)
{
    return strcmp(busy(context), "queue") == 0 && states_caps(context)->create_queue;
}

/* --- probe --- */

static bool ask_probe(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    const char *id = to_clear(units);

    (void)n, (void)verdicts;
    states_request(request, mem);
    if (states_at(units, "running")) {
        create_ask_running(context, *request);
    } else {
        cloudify_ask_snapshot(*request, &caller,
                              id != NULL ? id : backup_snapshot_id(context, units->id, mem));
    }
    return true;
}

static void say_cleared(const struct state_unit *unit, struct state_verdict *verdict,
                        const void *mem)
{
    state_say(verdict, mem, STATE_FAILED,
              "the manager could not make the snapshot: %s (the failed one, %s, is deleted)",
              json_string_or(unit->data, "why", "it gave no reason"), to_clear(unit));
    states_fail(verdict, FERRY_E_FAILED,
                "mend the reason on the manager (disk space, backup.options.tempdir), then: ferry "
                "retry RUN --failed");
}

static void judge_running(const struct state_context *context, const struct json *document,
                          struct state_verdict *verdict, const void *mem)
{
    char *running = create_running(document, mem);

    if (running == NULL) {
        verdict->answer = STATE_ABSENT;
    } else if (strcmp(busy(context), "refuse") == 0) {
        state_say(verdict, mem, STATE_FOREIGN, "no snapshot is made while something runs: %s",
                  running);
        states_fail(verdict, FERRY_E_REFUSED,
                    "when it has ended: ferry resume; or begin anew with backup.busy=wait");
    } else {
        state_say(verdict, mem, STATE_RETRY, "waiting for what runs on the manager: %s", running);
        verdict->hint = "let it end or cancel it, then: ferry resume";
        verdict->wait_ms = states_number(context, "backup.poll_ms", POLL_MS);
    }
}

static void found(const struct state_context *context, const struct state_unit *unit,
                  struct state_verdict *verdict, const void *mem)
{
    if (to_clear(unit) != NULL) {
        verdict->answer = STATE_ABSENT; /* the deletion is yet to come */
    } else if (!context->repeat) {
        state_say(verdict, mem, STATE_FOREIGN, "a snapshot \"%s\" is on the manager already",
                  backup_snapshot_id(context, unit->id, mem));
        states_fail(verdict, FERRY_E_REFUSED, "who else uses this name? see: cfy snapshots list");
    } else {
        state_say(verdict, mem, STATE_RUNNING, "the snapshot is on the manager");
    }
}

static void judge_probe(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;

    cloudify_read(reply, &answer);
    if (states_at(units, "running") && answer.kind == CLOUDIFY_MAINTENANCE) {
        states_round_over(verdicts, units, mem);
        verdicts->answer = STATE_ABSENT; /* it cannot be asked; snapshots are made all the same */
        return;
    }
    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    if (states_at(units, "running")) {
        states_round_over(verdicts, units, mem);
        judge_running(context, answer.document, verdicts, mem);
    } else if (answer.kind != CLOUDIFY_MISSING) {
        found(context, units, verdicts, mem);
    } else if (to_clear(units) != NULL) {
        say_cleared(units, verdicts, mem);
    } else if (context->repeat || is_queued(context)) {
        verdicts->answer = STATE_ABSENT;
    } else {
        states_next(verdicts, mem, "running");
    }
}

/* --- act --- */

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_writer(context);
    const struct cloudify_caps *caps = states_caps(context);
    const struct json *backup = json_get(context->options, "backup");
    struct cloudify_create create = {
        .credentials = json_bool_or(backup, "credentials", true),
        .logs = json_bool_or(backup, "logs", true),
        .events = json_bool_or(backup, "events", true),
        .knows_metrics = caps->create_include_metrics,
        .metrics = json_bool_or(backup, "metrics", false),
        .knows_queue = caps->create_queue,
        .queue = is_queued(context),
        .knows_legacy = caps->legacy_flag,
        .legacy = json_bool_or(backup, "legacy", true),
        .tempdir = caps->create_tempdir_path ? json_string_or(backup, "tempdir", NULL) : NULL,
        .listener_timeout = caps->legacy_flag ? json_int64_or(backup, "listener_timeout", 0) : 0};

    (void)n, (void)verdicts;
    states_request(request, mem);
    if (to_clear(units) != NULL) {
        cloudify_delete_snapshot(*request, &caller, to_clear(units));
    } else {
        cloudify_put_snapshot(*request, &caller, backup_snapshot_id(context, units->id, mem),
                              &create);
    }
    return true;
}

static void judge_clear(const struct state_unit *unit, const struct http_reply *reply,
                        struct state_verdict *verdict, const void *mem)
{
    struct cloudify_answer answer;
    bool done = states_acted(reply, &answer, verdict, mem);

    if (done || answer.kind == CLOUDIFY_MISSING) {
        say_cleared(unit, verdict, mem);
    } else {
        states_delete_later(&answer, LOOK_AGAIN_MS, verdict, mem);
    }
}

static void judge_refused(const struct state_context *context, const struct cloudify_answer *answer,
                          struct state_verdict *verdict, const void *mem)
{
    if (cloudify_is_error(answer, "existing_running_execution_error")) {
        bool refuse = strcmp(busy(context), "refuse") == 0;

        state_say(verdict, mem, refuse ? STATE_FOREIGN : STATE_RETRY, "the manager refused: %s",
                  cloudify_describe(mem, answer));
        states_fail(verdict, refuse ? FERRY_E_REFUSED : FERRY_OK,
                    refuse ? "when it has ended: ferry resume" : NULL);
        verdict->wait_ms = states_number(context, "backup.poll_ms", POLL_MS);
    } else if (strstr(answer->message, "Temp dir") != NULL) {
        states_fail(verdict, FERRY_E_CONFIG,
                    "backup.options.tempdir must be a folder of the manager that it may write to");
    }
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_answer answer;

    (void)n;
    if (to_clear(units) != NULL) {
        judge_clear(units, reply, verdicts, mem);
    } else if (states_acted(reply, &answer, verdicts, mem)) {
        const char *execution = cloudify_text(answer.document, "id", NULL);

        state_say(verdicts, mem, STATE_RUNNING, "the manager makes snapshot %s",
                  backup_snapshot_id(context, units->id, mem));
        verdicts->remote_id = mem_strdup(mem, execution);
        verdicts->wait_ms = 0;
    } else {
        judge_refused(context, &answer, verdicts, mem);
    }
}

/* --- await --- */

static bool ask_await(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)n, (void)verdicts;
    states_request(request, mem);
    if (states_at(units, "execution")) {
        cloudify_ask_execution(*request, &caller, units->remote_id);
    } else {
        cloudify_ask_snapshot(*request, &caller, backup_snapshot_id(context, units->id, mem));
    }
    return true;
}

static void say_created(const struct state_context *context, const struct state_unit *unit,
                        const struct json *row, struct state_verdict *verdict, const void *mem)
{
    struct json *backup = json_set_object(state_facts(verdict, mem), "backup");
    const char *id = backup_snapshot_id(context, unit->id, mem);

    json_set_string(backup, "snapshot", id);
    json_set_string(backup, "name", backup_file_name(context, mem));
    json_set_string(backup, "taken_at", cloudify_text(row, "created_at", NULL));
    state_say(verdict, mem, STATE_DONE, "snapshot %s is made", id);
    verdict->remote_state = "created";
}

/* It is made ready for the act that deletes it, and then the unit fails with this reason. */
static void say_failed(const struct state_context *context, const struct state_unit *unit,
                       const char *why, struct state_verdict *verdict, const void *mem)
{
    struct json *data = state_data(verdict, mem);

    json_set_string(data, "clear", backup_snapshot_id(context, unit->id, mem));
    json_set_string(data, "why", why);
    state_say(verdict, mem, STATE_NEXT, "the snapshot failed (%s): it will be deleted", why);
    verdict->wait_ms = LOOK_AGAIN_MS;
}

static void judge_row(const struct state_context *context, const struct state_unit *unit,
                      const struct cloudify_answer *answer, struct state_verdict *verdict,
                      const void *mem)
{
    const char *status = cloudify_text(answer->document, "status", "");

    if (answer->kind == CLOUDIFY_MISSING) {
        state_say(verdict, mem, STATE_FAILED, "the snapshot has gone while it was made");
        states_fail(verdict, FERRY_E_FAILED,
                    "has somebody deleted it? to make another: ferry retry RUN --failed");
    } else if (strcmp(status, "created") == 0) {
        say_created(context, unit, answer->document, verdict, mem);
    } else if (strcmp(status, "failed") == 0) {
        say_failed(context, unit,
                   cloudify_first_line(mem, cloudify_text(answer->document, "error",
                                                          "the manager gives no reason")),
                   verdict, mem);
    } else if (strcmp(status, "creating") != 0) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "the snapshot is \"%.32s\"", status);
    } else if (unit->remote_id != NULL) {
        states_next(verdict, mem, "execution");
    } else {
        state_say(verdict, mem, STATE_RUNNING, "the manager makes the snapshot");
        verdict->remote_state = "creating";
    }
}

/* What the execution is for: to say that it waits in the queue, and to see one that was cancelled
   and leaves its snapshot at "creating" for ever. */
static void judge_execution(const struct state_context *context, const struct state_unit *unit,
                            const struct cloudify_answer *answer, struct state_verdict *verdict,
                            const void *mem)
{
    enum cloudify_execution status = cloudify_execution_of(answer->document);
    const char *word = cloudify_text(answer->document, "status", "?");
    int64_t ended = json_int64_or(unit->data, "ended", 0);

    verdict->remote_state = "creating";
    if (answer->kind != CLOUDIFY_FINE || !cloudify_execution_ended(status)) {
        bool queued = status == CLOUDIFY_EXECUTION_WAITING && strcmp(word, "queued") == 0;

        state_say(verdict, mem, STATE_RUNNING,
                  queued ? "the snapshot waits in the manager's queue"
                         : "the manager makes the snapshot");
    } else if (ended < ENDED_MOST) {
        json_set_int(state_data(verdict, mem), "ended", ended + 1);
        state_say(verdict, mem, STATE_RUNNING, "the execution is %.32s, the snapshot not yet",
                  word);
        verdict->wait_ms = LOOK_AGAIN_MS;
    } else {
        const char *error = cloudify_last_line(mem, cloudify_text(answer->document, "error", ""));

        say_failed(context, unit,
                   mem_printf(mem, "its execution %s is %.32s%s%s", unit->remote_id, word,
                              error[0] == '\0' ? "" : ": ", error),
                   verdict, mem);
    }
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;

    if (states_at(units, "execution")) {
        states_round_over(verdicts, units, mem);
        cloudify_read(reply, &answer);
        judge_execution(context, units, &answer, verdicts, mem);
    } else if (states_read(units, n, reply, &answer, verdicts, mem)) {
        judge_row(context, units, &answer, verdicts, mem);
    }
}

const struct ferry_state state_create_snapshot = {
    .name = "create_snapshot",
    .summary = "has the manager make a snapshot",
    .def = 1,
    .leaves = "the snapshot, on the manager that made it (cfy snapshots list shows it, cfy "
              "snapshots delete removes it)",
    .undo = "undo_snapshot",
    .flags = STATE_PROBE_FIRST | STATE_KEYED,
    .site = HTTP_SITE_OLD, /* where there is one; else of the only manager */
    .timing = timing,
    .plan = {.ask = create_plan_ask, .judge = create_plan_judge},
    .probe = {.ask = ask_probe, .judge = judge_probe},
    .act = {.ask = ask_act, .judge = judge_act},
    .await = {.ask = ask_await, .judge = judge_await},
};
