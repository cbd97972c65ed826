#include "states/restore_clear.h"

#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"

/* More refusals in a row are no coincidence: people should look. */
#define REFUSALS_MAX 3
#define KILLS_MAX 3
#define LOOK_AGAIN_MS (2 * STATES_SECOND_MS)

void restore_refused(const struct state_context *context, const struct state_unit *unit,
                     const struct http_reply *reply, const struct cloudify_answer *answer,
                     struct state_verdict *verdict, const void *mem)
{
    int64_t refusals = json_int64_or(unit->data, "refusals", 0) + 1;
    struct json *data = state_data(verdict, mem);
    /* without the bypass nobody can be asked which execution that is; without a date it cannot be
       told from another's */
    bool can_clear = states_caps(context)->bypass_maintenance && reply->date_ms >= 0;

    json_set_int(data, "refusals", refusals);
    if (can_clear) {
        json_set_int(data, "refused_ms", reply->date_ms);
    }
    state_say(verdict, mem, can_clear && refusals < REFUSALS_MAX ? STATE_RETRY : STATE_FOREIGN,
              "something runs on the manager, so it refused the restore and left a pending "
              "restore_snapshot execution behind: %s",
              cloudify_describe(mem, answer));
    states_fail(verdict, FERRY_E_REFUSED,
                can_clear
                    ? "let the others end; then: ferry resume, which kills what was left "
                      "behind and tells the manager again"
                    : "it blocks every further restore. End maintenance (cfy maintenance-mode "
                      "deactivate), find it (cfy executions list --include-system-workflows), kill "
                      "it (cfy executions cancel --kill ID), let the others end, activate "
                      "maintenance again; then: ferry resume");
}

const char *restore_clear_target(const struct state_unit *unit)
{
    return json_string_or(unit->data, "kill", NULL);
}

void restore_clear_over(const struct state_unit *unit, struct state_verdict *verdict,
                        const void *mem)
{
    static const char *const keys[] = {"kill", "kills", "refused_ms"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (json_get(unit->data, keys[i]) != NULL) {
            json_set_null(state_data(verdict, mem), keys[i]);
        }
    }
}

/*
 * Made while the manager had our request: after the list of what it knew, before its answer, by its
 * own clock (dates of HTTP are whole seconds); and never begun.
 */
static bool made_by_our_request(const struct state_unit *unit, const struct json *row)
{
    int64_t since_ms = json_int64_or(unit->data, "since_ms", -1);
    int64_t refused_ms = json_int64_or(unit->data, "refused_ms", -1);
    int64_t created_ms = 0;

    return strcmp(cloudify_text(row, "status", ""), "pending") == 0 &&
           cloudify_text(row, "started_at", NULL) == NULL && since_ms >= 0 && refused_ms >= 0 &&
           json_get(unit->data, "known") != NULL &&
           !states_holds(json_get(unit->data, "known"), cloudify_text(row, "id", "")) &&
           timefmt_parse_utc(cloudify_text(row, "created_at", ""), &created_ms) &&
           created_ms >= since_ms && created_ms < refused_ms + STATES_SECOND_MS;
}

static size_t open_restores(const struct json *items)
{
    size_t n = 0;

    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        n += strcmp(cloudify_text(row, "workflow_id", ""), "restore_snapshot") == 0;
    }
    return n;
}

bool restore_clear_found(const struct state_unit *unit, const struct json *items,
                         const struct json *row, struct state_verdict *verdict, const void *mem)
{
    const char *id = cloudify_text(row, "id", "");
    const char *target = restore_clear_target(unit);
    int64_t kills = json_int64_or(unit->data, "kills", 0);

    if (open_restores(items) != 1) {
        return false; /* one request leaves one: which of them is ours cannot be told */
    }
    if (target != NULL && strcmp(target, id) == 0 &&
        strcmp(cloudify_text(row, "status", ""), "kill_cancelling") == 0) {
        state_say(verdict, mem, STATE_RETRY, "execution %s is being killed", id);
        verdict->wait_ms = LOOK_AGAIN_MS;
        return true;
    }
    if (!made_by_our_request(unit, row) || kills >= KILLS_MAX) {
        return false;
    }
    json_set_string(state_data(verdict, mem), "kill", id);
    json_set_int(verdict->data, "kills", kills + 1);
    verdict->answer = STATE_ABSENT; /* on to the act, which kills it */
    return true;
}

void restore_clear_ask(const struct state_context *context, const struct state_unit *unit,
                       struct http_request *request)
{
    struct cloudify_caller caller = states_writer(context);

    caller.tenant = CLOUDIFY_DEFAULT_TENANT;
    caller.bypass = true; /* executions are out of reach in maintenance otherwise: facts 1.2 */
    cloudify_post_kill(request, &caller, restore_clear_target(unit));
}

void restore_clear_judge(const struct state_unit *unit, const struct http_reply *reply,
                         struct state_verdict *verdict, const void *mem)
{
    struct cloudify_answer answer;
    bool done = states_acted(reply, &answer, verdict, mem);

    if (done || verdict->answer == STATE_FAILED) {
        state_say(verdict, mem, STATE_RETRY,
                  done ? "killed execution %s, which the refused restore had left behind"
                       : "execution %s, left behind by the refused restore, could not be killed",
                  restore_clear_target(unit));
        states_fail(verdict, FERRY_OK, NULL);
        verdict->wait_ms = LOOK_AGAIN_MS;
    }
}

bool restore_clear_began(const struct state_unit *unit, const struct cloudify_answer *answer,
                         struct state_verdict *verdict, const void *mem)
{
    enum cloudify_execution status = cloudify_execution_of(answer->document);
    const char *id = restore_clear_target(unit);

    if (answer->kind == CLOUDIFY_MISSING || cloudify_execution_ended(status) ||
        status == CLOUDIFY_EXECUTION_WAITING) {
        verdict->answer = STATE_ABSENT; /* whatever is left will be seen by the first questions */
        return false;
    }
    state_say(verdict, mem, STATE_CANNOT_TELL, "execution %s is %s", id,
              cloudify_text(answer->document, "status", "?"));
    return strcmp(cloudify_text(answer->document, "status", ""), "started") == 0;
}
