/*
 * download: the archive comes here, into NAME.zip.part.
 *
 * What is there already is never fetched again, as long as it is a part of the same archive: its
 * length and ETag are asked for before the first byte and kept in the unit, so that they survive a
 * kill, and each further request goes on where the file ends ("Range", "If-Range"). Where they have
 * changed, or the manager knows no ranges, it begins anew, and says so. An answer that was cut off
 * after it had brought something is followed by another act at once; one that brought nothing
 * counts as without effect.
 */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/backup_local.h"
#include "states/download_plan.h"
#include "states/states.h"

#define STALL_MS (2 * STATES_MINUTE_MS)
#define MARGIN ((int64_t)1024 * 1024) /* for the records beside the archive */
#define FRUITLESS_MOST 10             /* answers in a row that brought nothing */
#define ANEW_MOST 3                   /* an archive that changes again and again is no snapshot */

static void timing(const struct state_context *context, struct state_timing *timing)
{
    (void)context;
    timing->settle_ms = 0; /* nothing can arrive late: who was cut off writes no more */
    timing->upload_stall_ms = STALL_MS;
    timing->attempts = FRUITLESS_MOST;
}

/* --- probe: this folder, then the manager's archive --- */

static bool ask_probe(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)n;
    if (backup_goes_by_url(context, verdicts, mem)) {
        return false;
    }
    if (states_at(units, "head")) {
        cloudify_ask_archive(states_request(request, mem), &caller,
                             backup_fact(context, mem, "snapshot"));
    } else {
        backup_local(request, mem, HTTP_GET, backup_fact(context, mem, "name"), "");
    }
    return true;
}

static void judge_look(const struct state_context *context, const struct json *document,
                       struct state_verdict *verdict, const void *mem)
{
    struct json *data;

    if (backup_is_ours(context, document, mem)) {
        state_say(verdict, mem, STATE_DONE, "it is here already, and proven");
    } else if (json_is_number(json_member(document, "size"))) {
        backup_say_taken(context, verdict, mem);
    } else if (!backup_folder_is_bad(document, verdict, mem)) {
        data = state_data(verdict, mem);
        json_set_int(data, "part", json_int64_or(document, "part.size", 0));
        json_set_int(data, "free", json_int64_or(document, "free", INT64_MAX));
        states_next(verdict, mem, "head");
    }
}

/* Is the archive still the one of which a part is here? */
static bool is_same(const struct state_unit *unit, const struct http_reply *reply)
{
    const char *etag = json_string_or(unit->data, "etag", NULL);

    return etag != NULL && reply->etag != NULL && strcmp(etag, reply->etag) == 0 &&
           json_int64_or(unit->data, "size", -1) == reply->content_length;
}

static bool has_begun(const struct state_unit *unit)
{
    return json_get(unit->data, "size") != NULL;
}

static void go_on(const struct state_context *context, const struct state_unit *unit,
                  const struct http_reply *reply, struct state_verdict *verdict, const void *mem)
{
    int64_t size = reply->content_length;
    int64_t part = json_int64_or(unit->data, "part", 0);
    bool same = is_same(unit, reply);
    int64_t offset = same && part <= size ? part : 0;
    bool more = same && offset > json_int64_or(unit->data, "offset", 0);
    struct json *data = state_data(verdict, mem);

    if (has_begun(unit) && !same && part > 0) {
        json_set_int(data, "anew", json_int64_or(unit->data, "anew", 0) + 1);
        json_set_string(data, "why",
                        reply->etag == NULL ? "the manager names no version of the archive"
                                            : "the archive on the manager has changed");
    }
    json_set_int(data, "size", size);
    json_set_string(data, "etag", reply->etag);
    json_set_int(data, "offset", offset);
    if (same && offset == size && size > 0) {
        json_set_int(json_set_object(state_facts(verdict, mem), "backup"), "size", size);
        state_say(verdict, mem, STATE_DONE, "all %s are here", timefmt_bytes(mem, size));
    } else if (context->repeat && more) {
        state_say(verdict, mem, STATE_NEXT, "it was cut off after %s of %s: going on there",
                  timefmt_bytes(mem, offset), timefmt_bytes(mem, size));
        verdict->wait_ms = STATES_SECOND_MS / 10;
    } else {
        verdict->answer = STATE_ABSENT;
    }
}

static void judge_head(const struct state_context *context, const struct state_unit *unit,
                       const struct http_reply *reply, struct state_verdict *verdict,
                       const void *mem)
{
    int64_t free = json_int64_or(unit->data, "free", INT64_MAX);
    int64_t missing = reply->content_length - json_int64_or(unit->data, "part", 0);

    if (reply->content_length < 0) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "the manager does not say how long it is");
    } else if (json_int64_or(unit->data, "anew", 0) > ANEW_MOST) {
        state_say(verdict, mem, STATE_FOREIGN, "the download had to begin anew %d times: %s",
                  ANEW_MOST + 1, json_string_or(unit->data, "why", "?"));
        states_fail(verdict, FERRY_E_REFUSED, "who changes the snapshot? then: ferry resume");
    } else if (missing > 0 && free < missing + MARGIN) {
        state_say(verdict, mem, STATE_FOREIGN,
                  "\"%s\" has %s free, and %s are needed: %s are still to come, %s stay free",
                  json_string_or(context->options, "backup.directory", ""),
                  timefmt_bytes(mem, free), timefmt_bytes(mem, missing + MARGIN),
                  timefmt_bytes(mem, missing), timefmt_bytes(mem, MARGIN));
        states_fail(verdict, FERRY_E_IO,
                    "make room there, then: ferry resume (what has come is kept)");
    } else {
        go_on(context, unit, reply, verdict, mem);
    }
}

/* A row without its file is nginx's own 404; in a cluster the file may be still on its way. */
static void judge_missing(const struct cloudify_answer *answer, struct state_verdict *verdict,
                          const void *mem)
{
    if (answer->kind == CLOUDIFY_MISSING) {
        state_say(verdict, mem, STATE_FAILED, "the snapshot has gone from the manager");
        states_fail(verdict, FERRY_E_FAILED, "has somebody deleted it? begin a new backup");
    } else {
        state_say(verdict, mem, STATE_CANNOT_TELL,
                  "the manager has the snapshot, but not its archive");
        verdict->hint = "is the disk of the manager whole? in a cluster: ask the node that made it";
    }
}

static void judge_probe(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;

    cloudify_read(reply, &answer);
    if (!states_at(units, "head")) {
        if (answer.kind == CLOUDIFY_FINE) {
            judge_look(context, answer.document, verdicts, mem);
        } else {
            state_say(verdicts, mem, STATE_CANNOT_TELL, "%s", cloudify_describe(mem, &answer));
        }
    } else if (answer.status == 404) {
        states_round_over(verdicts, units, mem);
        judge_missing(&answer, verdicts, mem);
    } else if (states_read(units, n, reply, &answer, verdicts, mem)) {
        states_round_over(verdicts, units, mem);
        judge_head(context, units, reply, verdicts, mem);
    }
}

/* --- act --- */

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)n, (void)verdicts;
    cloudify_get_archive(states_request(request, mem), &caller,
                         backup_fact(context, mem, "snapshot"));
    (*request)->reply_file = mem_printf(*request, "%s/%s.part",
                                        json_string_or(context->options, "backup.directory", "."),
                                        backup_fact(context, mem, "name"));
    (*request)->reply_offset = json_int64_or(units->data, "offset", 0);
    (*request)->reply_etag = mem_strdup(*request, json_string_or(units->data, "etag", NULL));
    (*request)->reply_size = json_int64_or(units->data, "size", 0);
    return true;
}

static void say_done(const struct state_unit *unit, const struct http_reply *reply,
                     struct state_verdict *verdict, const void *mem)
{
    const char *why = json_string_or(unit->data, "why", NULL);

    if (reply->file_anew) {
        why = "the manager began anew";
    }
    json_set_int(json_set_object(state_facts(verdict, mem), "backup"), "size", reply->file_bytes);
    state_say(verdict, mem, STATE_DONE, "%s in %s%s%s", timefmt_bytes(mem, reply->file_bytes),
              timefmt_duration(mem, reply->took_ms),
              why == NULL ? "" : "; it was begun anew: ", why == NULL ? "" : why);
    verdict->took_ms = reply->took_ms;
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_answer answer;
    int64_t whole = reply->status == 206 ? reply->range_total : reply->content_length;

    (void)context, (void)n;
    if (reply->file_bytes >= 0) {
        if (whole >= 0 && reply->file_bytes != whole) {
            state_say(verdicts, mem, STATE_UNKNOWN, "%lld of %lld bytes came",
                      (long long)reply->file_bytes, (long long)whole);
        } else {
            say_done(units, reply, verdicts, mem);
        }
    } else if (reply->status == 416 || reply->status == 404) {
        state_say(verdicts, mem, STATE_UNKNOWN, "the manager has no such part of the archive");
    } else if (states_acted(reply, &answer, verdicts, mem)) {
        state_say(verdicts, mem, STATE_UNKNOWN, "an answer without an archive in it");
    }
}

const struct ferry_state state_download = {
    .name = "download",
    .summary = "brings the snapshot's archive here",
    .def = 1,
    .leaves = "the unfinished download (NAME.zip.part in backup.directory)",
    .undone_by = "check_archive",
    .undo = "undo_download",
    .flags = STATE_PROBE_FIRST,
    .site = HTTP_SITE_OLD, /* where there is one; else of the only manager */
    .timing = timing,
    .plan = {.ask = download_plan_ask, .judge = download_plan_judge},
    .probe = {.ask = ask_probe, .judge = judge_probe},
    .act = {.ask = ask_act, .judge = judge_act},
};
