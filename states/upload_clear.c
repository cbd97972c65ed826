#include "states/upload_clear.h"

#include "base/mem.h"

/* More cut uploads in a row are no coincidence: people should look. */
#define CLEARS_MAX 3
#define LOOK_AGAIN_MS (1 * STATES_SECOND_MS)

bool upload_clear_at(const struct state_unit *unit)
{
    return json_bool_or(unit->data, "clear", false);
}

void upload_clear_wanted(const struct state_context *context, const struct state_unit *unit,
                         const char *what, struct state_verdict *verdict, const void *mem)
{
    int64_t clears = json_int64_or(unit->data, "clears", 0);

    if (clears >= CLEARS_MAX) {
        state_say(verdict, mem, STATE_FOREIGN, "%s, for the %lldth time", what,
                  (long long)clears + 1);
        states_fail(verdict, FERRY_E_REFUSED,
                    mem_printf(mem,
                               "what cuts the uploads (disk, proxy)? when it is mended: cfy "
                               "snapshots delete %s, then: ferry resume",
                               states_snapshot_id(context)));
        return;
    }
    state_say(verdict, mem, STATE_ABSENT, "%s: it will be deleted and sent again", what);
    json_set_bool(state_data(verdict, mem), "clear", true);
    if (!upload_clear_at(unit)) {
        json_set_int(verdict->data, "clears", clears + 1);
    }
}

void upload_clear_over(const struct state_unit *unit, struct state_verdict *verdict,
                       const void *mem)
{
    if (json_get(unit->data, "clear") != NULL) {
        json_set_null(state_data(verdict, mem), "clear");
    }
}

void upload_clear_ask(const struct state_context *context, struct http_request *request)
{
    struct cloudify_caller caller = states_writer(context);

    cloudify_delete_snapshot(request, &caller, states_snapshot_id(context));
}

void upload_clear_judge(const struct http_reply *reply, struct state_verdict *verdict,
                        const void *mem)
{
    struct cloudify_answer answer;
    bool done = states_acted(reply, &answer, verdict, mem);

    if (done || answer.kind == CLOUDIFY_MISSING) {
        state_say(verdict, mem, STATE_RETRY, "the incomplete snapshot is deleted; sending anew");
        states_fail(verdict, FERRY_OK, NULL);
        verdict->wait_ms = LOOK_AGAIN_MS;
    } else if (verdict->answer == STATE_FAILED) {
        verdict->answer = STATE_FOREIGN;
        states_fail(verdict, FERRY_E_REFUSED,
                    "the incomplete snapshot cannot be deleted; when it can: ferry resume");
    }
}
