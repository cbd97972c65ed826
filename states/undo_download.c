/*
 * undo_download: a backup that is cancelled before it is proven leaves no unfinished archive here:
 * password hashes are in it, and no later run goes on with it. A proven one stays.
 */
#include <string.h>

#include "base/mem.h"
#include "states/backup_local.h"
#include "states/states.h"

static void timing(const struct state_context *context, struct state_timing *timing)
{
    (void)context;
    timing->settle_ms = 0; /* this machine answers before anything else is done */
}

static bool ask_probe(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    (void)units, (void)n;
    if (!backup_has_place(context, mem)) {
        state_say(verdicts, mem, STATE_SKIP, "this run downloaded nothing");
        return false;
    }
    backup_local(request, mem, HTTP_GET, backup_fact(context, mem, "name"), "");
    return true;
}

static void judge_probe(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;

    (void)units, (void)n;
    cloudify_read(reply, &answer);
    if (answer.kind != CLOUDIFY_FINE) {
        state_say(verdicts, mem, STATE_FOREIGN, "%s", answer.message);
        states_fail(verdicts, FERRY_E_IO, "when it is mended: ferry cancel RUN again");
    } else if (!json_is_object(json_member(answer.document, "part"))) {
        state_say(verdicts, mem, context->repeat ? STATE_DONE : STATE_SKIP,
                  "no unfinished download is here");
    } else {
        verdicts->answer = STATE_ABSENT;
    }
}

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    (void)units, (void)n, (void)verdicts;
    backup_local(request, mem, HTTP_DELETE, backup_fact(context, mem, "name"), "/part");
    return true;
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_answer answer;

    (void)units, (void)n;
    cloudify_read(reply, &answer);
    if (answer.kind == CLOUDIFY_FINE) {
        state_say(verdicts, mem, STATE_DONE, "the unfinished %s.part is removed",
                  backup_fact(context, mem, "name"));
    } else {
        state_say(verdicts, mem, STATE_FOREIGN, "%s", answer.message);
        states_fail(verdicts, FERRY_E_IO, "when it is mended: ferry cancel RUN again");
    }
}

const struct ferry_state state_undo_download = {
    .name = "undo_download",
    .summary = "removes the unfinished download",
    .def = 1,
    .flags = STATE_PROBE_FIRST,
    .timing = timing,
    .probe = {.ask = ask_probe, .judge = judge_probe},
    .act = {.ask = ask_act, .judge = judge_act},
};
