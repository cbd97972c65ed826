/*
 * upload: the archive is on the manager, whole, under our id.
 *
 * The id is ours, so a row of that name before our first request belongs to somebody else. After
 * a lost answer the row alone proves nothing where it is written before the file (<= 6.4, facts 6
 * no. 15): the stored archive's length decides, and what is not whole is cleared (upload_clear.h).
 */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/backup_local.h"
#include "states/common.h"
#include "states/states.h"
#include "states/upload_clear.h"
#include "states/upload_plan.h"

/* facts 1.0: nginx lets the manager work for 330 s after the last byte; then its 504 comes. */
#define SILENCE_MS (400 * STATES_SECOND_MS)

#define SNAPSHOT_MARK "{snapshot}" /* in snapshot.url; src/config/workflow.h */

static int64_t local_size(const struct state_context *context)
{
    return json_int64_or(context->facts, "archive.size", -1);
}

static void timing(const struct state_context *context, struct state_timing *timing)
{
    (void)context;
    timing->request_ms = SILENCE_MS; /* by URL the manager fetches while the request waits */
    timing->upload_stall_ms = SILENCE_MS;
}

/* --- probe --- */

static bool ask_probe(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)n, (void)verdicts;
    if (states_at(units, "length")) {
        cloudify_ask_archive(states_request(request, mem), &caller, states_snapshot_id(context));
    } else {
        cloudify_ask_snapshot(states_request(request, mem), &caller, states_snapshot_id(context));
    }
    return true;
}

static void say_foreign(const struct state_context *context, const struct json *row,
                        struct state_verdict *verdict, const void *mem)
{
    state_say(verdict, mem, STATE_FOREIGN,
              "a snapshot \"%s\" is on the manager already (%s, by %s, %s)",
              states_snapshot_id(context), cloudify_text(row, "status", "?"),
              cloudify_text(row, "created_by", "?"), cloudify_text(row, "created_at", "?"));
    states_fail(verdict, FERRY_E_REFUSED, "choose another name: --snapshot-id");
}

/* Ours, and not whole. */
static void say_incomplete(const struct state_context *context, const struct state_unit *unit,
                           const char *what, struct state_verdict *verdict, const void *mem)
{
    if (states_caps(context)->upload_replaces) {
        state_say(verdict, mem, STATE_ABSENT, "%s: it will be sent again", what);
        upload_clear_over(unit, verdict, mem);
    } else {
        upload_clear_wanted(context, unit, what, verdict, mem);
    }
}

static void judge_row(const struct state_context *context, const struct state_unit *unit,
                      const struct cloudify_answer *answer, struct state_verdict *verdict,
                      const void *mem)
{
    const struct json *row = answer->document;
    bool uploaded = strcmp(cloudify_text(row, "status", ""), "uploaded") == 0;

    if (answer->kind == CLOUDIFY_MISSING) {
        verdict->answer = STATE_ABSENT;
        upload_clear_over(unit, verdict, mem);
    } else if (cloudify_text(row, "status", NULL) == NULL) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "an answer without a snapshot in it");
    } else if (!context->repeat && !upload_clear_at(unit)) {
        say_foreign(context, row, verdict, mem);
    } else if (!uploaded) {
        say_incomplete(context, unit, "the snapshot is there, but not as uploaded", verdict, mem);
    } else if (states_option(context, "snapshot.file") == NULL) {
        verdict->answer = STATE_DONE;
    } else {
        states_next(verdict, mem, "length");
        return;
    }
    states_round_over(verdict, unit, mem);
}

static void judge_length(const struct state_context *context, const struct state_unit *unit,
                         const struct http_reply *reply, const struct cloudify_answer *answer,
                         struct state_verdict *verdict, const void *mem)
{
    states_round_over(verdict, unit, mem);
    if (answer->kind == CLOUDIFY_FINE && reply->content_length == local_size(context)) {
        verdict->answer = STATE_DONE;
        if (context->repeat && upload_clear_at(unit)) { /* its deletion may still arrive */
            state_say(verdict, mem, STATE_ABSENT, "the archive is whole after all");
        }
        return;
    }
    say_incomplete(context, unit,
                   answer->kind == CLOUDIFY_FINE
                       ? mem_printf(mem, "the stored archive has %lld of %lld bytes",
                                    (long long)reply->content_length,
                                    (long long)local_size(context))
                       : "the snapshot is there without its archive",
                   verdict, mem);
}

/* facts 2.9: archive and flag are on the node that took them, so a run stays on one node of a
   cluster from here to the end of the restore. */
static void pin_node(const struct state_context *context, const struct http_reply *reply,
                     struct state_verdict *verdict, const void *mem)
{
    if (json_size(json_get(context->options, "manager.nodes")) > 1 && reply->node != NULL &&
        json_get(context->facts, "node") == NULL) {
        json_set_string(state_facts(verdict, mem), "node", reply->node);
    }
}

static void judge_probe(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;

    if (states_at(units, "length")) {
        cloudify_read(reply, &answer);
        /* a row without its file is nginx's own 404 (facts 10.1) */
        if (answer.kind == CLOUDIFY_FINE || answer.status == 404) {
            judge_length(context, units, reply, &answer, verdicts, mem);
            return;
        }
    }
    if (states_read(units, n, reply, &answer, verdicts, mem)) {
        pin_node(context, reply, verdicts, mem);
        judge_row(context, units, &answer, verdicts, mem);
    }
}

/* --- act --- */

/* "{snapshot}" is the snapshot that this run took on the old manager. */
static const char *archive_url(const struct state_context *context, const void *mem)
{
    const char *url = json_string_or(context->options, "snapshot.url", "");
    const char *mark = strstr(url, SNAPSHOT_MARK);

    if (mark == NULL) {
        return url;
    }
    return mem_printf(mem, "%.*s%s%s", (int)(mark - url), url,
                      backup_fact(context, mem, "snapshot"), mark + strlen(SNAPSHOT_MARK));
}

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_writer(context);
    const char *file = states_option(context, "snapshot.file");
    const char *id = states_snapshot_id(context);

    (void)n, (void)verdicts;
    if (upload_clear_at(units)) {
        upload_clear_ask(context, states_request(request, mem));
    } else if (file != NULL) {
        cloudify_put_archive(states_request(request, mem), &caller, id, file, local_size(context));
        (*request)->timeout_ms = 24 * STATES_HOUR_MS; /* what matters is that bytes move */
        (*request)->stall_ms = SILENCE_MS;
    } else {
        cloudify_put_archive_url(states_request(request, mem), &caller, id,
                                 archive_url(context, mem));
        (*request)->timeout_ms = SILENCE_MS;
    }
    return true;
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_answer answer;

    (void)context, (void)n;
    if (upload_clear_at(units)) {
        upload_clear_judge(reply, verdicts, mem);
    } else if (states_acted(reply, &answer, verdicts, mem)) {
        /* replacing an archive answers 201 with a row of nulls (facts 10.1) */
        verdicts->answer = STATE_DONE;
        verdicts->remote_state = "uploaded";
    } else if (answer.status == 413) {
        states_fail(verdicts, FERRY_E_FAILED,
                    "a proxy before the manager limits the size of uploads: raise its limit");
    } else if (strstr(answer.message, "Cannot fetch") != NULL) {
        states_fail(verdicts, FERRY_E_FAILED,
                    "the manager itself must be able to fetch snapshot.url");
    }
}

/* --- verify --- */

static bool ask_verify(const struct state_context *context, const struct state_unit *units,
                       size_t n, struct http_request **request, struct state_verdict *verdicts,
                       const void *mem)
{
    return ask_probe(context, units, n, request, verdicts, mem);
}

static void verify_length(const struct state_context *context, const struct http_reply *reply,
                          struct state_verdict *verdict, const void *mem)
{
    if (reply->status != 404 && reply->content_length == local_size(context)) {
        verdict->answer = STATE_DONE;
        return;
    }
    if (reply->status == 404) {
        state_say(verdict, mem, STATE_FAILED, "the manager has the snapshot, but not its archive");
    } else {
        state_say(verdict, mem, STATE_FAILED,
                  "the manager stored %lld bytes of the archive, the file has %lld",
                  (long long)reply->content_length, (long long)local_size(context));
    }
    states_fail(verdict, FERRY_E_ARCHIVE,
                "did the file change meanwhile? delete the snapshot, then begin a new run");
}

static void judge_verify(const struct state_context *context, const struct state_unit *units,
                         size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                         const void *mem)
{
    struct cloudify_answer answer;
    bool at_length = states_at(units, "length");

    cloudify_read(reply, &answer);
    if (!(at_length && answer.status == 404) &&
        !states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    if (at_length) {
        states_round_over(verdicts, units, mem);
        verify_length(context, reply, verdicts, mem);
    } else if (strcmp(cloudify_text(answer.document, "status", ""), "uploaded") != 0) {
        state_say(verdicts, mem, STATE_FAILED, "the snapshot is not there as uploaded, but %s",
                  cloudify_text(answer.document, "status", "gone"));
        states_fail(verdicts, FERRY_E_FAILED, NULL);
    } else if (states_option(context, "snapshot.file") == NULL) {
        verdicts->answer = STATE_DONE;
    } else {
        states_next(verdicts, mem, "length");
    }
}

const struct ferry_state state_upload = {
    .name = "upload",
    .summary = "puts the snapshot's archive on the new manager",
    .def = 1,
    .leaves =
        "the uploaded snapshot (cfy snapshots delete removes it), unless a legacy restore did",
    .flags = STATE_PROBE_FIRST,
    .timing = timing,
    .plan = {.ask = upload_plan_ask, .judge = upload_plan_judge},
    .probe = {.ask = ask_probe, .judge = judge_probe},
    .act = {.ask = ask_act, .judge = judge_act},
    .verify = {.ask = ask_verify, .judge = judge_verify},
};
