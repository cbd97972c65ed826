/*
 * prune: what the policy does not keep goes, one unit a file; and, where it is asked for, the
 * snapshot on the manager of which a proven backup is here now.
 *
 * Which files go is said by this machine (src/backup/retention.h), when the step begins and once
 * more when each of them is removed: never the newest proven one, never what ferry did not make.
 */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/backup_local.h"
#include "states/states.h"

#define SNAPSHOT "snapshot on the manager" /* key of the one unit that is no file */
#define NAMED_MOST 10                      /* files that a plan names */

static void timing(const struct state_context *context, struct state_timing *timing)
{
    (void)context;
    /* names and ids are never used again: a request that arrives late removes nothing else */
    timing->settle_ms = 0;
}

static bool keeps_all(const struct state_context *context)
{
    static const char *const rules[] = {"daily", "weekly", "monthly", "yearly"};
    const struct json *keep = json_get(context->options, "keep");

    for (size_t i = 0; i < FERRY_COUNT(rules); i++) {
        if (json_int64_or(keep, rules[i], 0) > 0) {
            return false;
        }
    }
    return true;
}

static bool deletes_snapshot(const struct state_context *context)
{
    return json_bool_or(context->options, "backup.delete_after", false);
}

static bool is_snapshot(const struct state_unit *unit)
{
    return strcmp(unit->key, SNAPSHOT) == 0;
}

static void ask_list(struct http_request **request, const void *mem)
{
    *request = http_request_new(mem, HTTP_GET, "/backups");
    (*request)->site = HTTP_SITE_LOCAL;
}

/* --- plan --- */

static bool ask_plan(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    (void)units, (void)n;
    if (deletes_snapshot(context)) {
        state_plan_note(context->plan, "the snapshot is deleted on the manager once the backup is "
                                       "proven (backup.delete_after)");
    }
    if (!keeps_all(context)) {
        ask_list(request, mem);
        return true;
    }
    if (!deletes_snapshot(context)) {
        state_plan_skip(context->plan, "every backup is kept: no rule of keep is set");
    }
    verdicts->answer = STATE_DONE;
    return false;
}

static void judge_plan(const struct state_context *context, const struct state_unit *units,
                       size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                       const void *mem)
{
    const struct json *remove = json_member(reply->json, "remove");
    size_t named = 0;

    (void)units, (void)n;
    verdicts->answer = STATE_DONE;
    if (reply->status != 200) {
        return; /* the folder cannot be read: download has said so */
    }
    state_plan_units(context->plan,
                     (int64_t)json_size(remove) + (deletes_snapshot(context) ? 1 : 0));
    for (const struct json *row = json_first(remove); row != NULL && named < NAMED_MOST;
         row = json_next(row), named++) {
        state_plan_note(context->plan, mem_printf(mem, "would be removed: %s, %s",
                                                  json_string_or(row, "name", "?"),
                                                  json_string_or(row, "why", "?")));
    }
    state_plan_note(context->plan,
                    mem_printf(mem,
                               "as things stand %zu of %lld backups would be removed; the new "
                               "one counts too then",
                               json_size(remove),
                               (long long)json_int64_or(reply->json, "backups", 0)));
}

/* --- expand --- */

static bool ask_expand(const struct state_context *context, const struct state_unit *units,
                       size_t n, struct http_request **request, struct state_verdict *verdicts,
                       const void *mem)
{
    (void)units, (void)n;
    if (deletes_snapshot(context) && context->sink != NULL) {
        state_sink_add(context->sink, SNAPSHOT);
    }
    if (!keeps_all(context)) {
        ask_list(request, mem);
        return true;
    }
    state_say(verdicts, mem, deletes_snapshot(context) ? STATE_DONE : STATE_SKIP,
              "every backup is kept: no rule of keep is set");
    return false;
}

static void judge_expand(const struct state_context *context, const struct state_unit *units,
                         size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                         const void *mem)
{
    const struct json *remove = json_member(reply->json, "remove");
    struct cloudify_answer answer;

    (void)units, (void)n;
    cloudify_read(reply, &answer);
    if (answer.kind != CLOUDIFY_FINE) {
        state_say(verdicts, mem, STATE_FOREIGN, "%s", cloudify_describe(mem, &answer));
        states_fail(verdicts, FERRY_E_IO, "when backup.directory can be read: ferry resume");
        return;
    }
    for (const struct json *row = json_first(remove); row != NULL; row = json_next(row)) {
        struct json *given = json_object(mem);

        json_set_string(given, "why", json_string_or(row, "why", NULL));
        state_sink_add_given(context->sink, json_string_or(row, "name", "?"), given);
    }
    state_say(verdicts, mem, STATE_DONE, "%zu of %lld backups are not kept by any rule",
              json_size(remove), (long long)json_int64_or(answer.document, "backups", 0));
}

/* --- one unit --- */

static bool ask_probe(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)n, (void)verdicts;
    if (is_snapshot(units)) {
        cloudify_ask_snapshot(states_request(request, mem), &caller,
                              backup_fact(context, mem, "snapshot"));
    } else {
        backup_local(request, mem, HTTP_GET, units->key, "");
    }
    return true;
}

static void judge_probe(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;
    bool gone;

    (void)context;
    if (!states_read(units, n, reply, &answer, verdicts, mem)) {
        return;
    }
    gone = is_snapshot(units) ? answer.kind == CLOUDIFY_MISSING
                              : json_is_null(json_member(answer.document, "size")) &&
                                    json_is_null(json_member(answer.document, "record"));
    if (gone) {
        state_say(verdicts, mem, STATE_DONE, "it is gone");
    } else {
        verdicts->answer = STATE_ABSENT;
    }
}

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_writer(context);

    (void)n, (void)verdicts;
    if (is_snapshot(units)) {
        cloudify_delete_snapshot(states_request(request, mem), &caller,
                                 backup_fact(context, mem, "snapshot"));
    } else {
        backup_local(request, mem, HTTP_DELETE, units->key, "");
    }
    return true;
}

static void judge_snapshot(const struct http_reply *reply, struct state_verdict *verdict,
                           const void *mem)
{
    struct cloudify_answer answer;
    bool done = states_acted(reply, &answer, verdict, mem);

    if (done || answer.kind == CLOUDIFY_MISSING) {
        state_say(verdict, mem, STATE_DONE, "deleted on the manager; the backup here is proven");
    } else {
        states_delete_later(&answer, STATES_SECOND_MS, verdict, mem);
    }
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_answer answer;

    (void)context, (void)n;
    if (is_snapshot(units)) {
        judge_snapshot(reply, verdicts, mem);
        return;
    }
    cloudify_read(reply, &answer);
    if (answer.kind == CLOUDIFY_FINE) {
        state_say(verdicts, mem, STATE_DONE, "removed: %s",
                  json_string_or(units->data, "given.why", "no rule keeps it"));
    } else {
        state_say(verdicts, mem, STATE_FAILED, "%s", answer.message);
        states_fail(verdicts, FERRY_E_IO, "when it is mended: ferry retry RUN --failed");
    }
}

const struct ferry_state state_prune = {
    .name = "prune",
    .summary = "removes the backups that no rule of keep holds",
    .def = 1,
    .flags = STATE_FANOUT | STATE_PROBE_AGAIN,
    .timing = timing,
    .plan = {.ask = ask_plan, .judge = judge_plan},
    .expand = {.ask = ask_expand, .judge = judge_expand},
    .probe = {.ask = ask_probe, .judge = judge_probe},
    .act = {.ask = ask_act, .judge = judge_act},
};
