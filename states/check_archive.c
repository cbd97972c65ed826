/*
 * check_archive: the download is proven, and only then gets its name.
 *
 * Every byte is read here: length, SHA-256, central directory, the CRC of every member, and what is
 * in it must be what this manager can have made. Damage sends the run back to the download, once;
 * what is damaged again is a failure, with its reason. Older backups are not touched by that.
 */
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
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
    const char *tail = "";

    (void)n;
    if (backup_goes_by_url(context, verdicts, mem)) {
        return false;
    }
    if (states_at(units, "check")) {
        tail = mem_printf(mem, "/check?size=%lld",
                          (long long)json_int64_or(context->facts, "backup.size", 0));
    }
    backup_local(request, mem, HTTP_GET, backup_fact(context, mem, "name"), tail);
    return true;
}

/* Damage is remembered; the await phase then decides. */
static void say_bad(struct state_verdict *verdict, const void *mem, const char *why)
{
    json_set_string(state_data(verdict, mem), "bad", why);
    state_say(verdict, mem, STATE_RUNNING, "the download is damaged: %s", why);
    verdict->wait_ms = 0;
}

static bool is_checked(const struct state_unit *unit, const struct json *part)
{
    return json_int64_or(unit->data, "checked.size", -1) == json_int64_or(part, "size", 0) &&
           json_int64_or(unit->data, "checked.modified_ms", -1) ==
               json_int64_or(part, "modified_ms", 0);
}

static void say_proven(const struct state_context *context, const char *sha256, int64_t size,
                       struct state_verdict *verdict, const void *mem)
{
    struct json *backup = json_set_object(state_facts(verdict, mem), "backup");
    char *file = mem_printf(mem, "%s/%s", json_string_or(context->options, "backup.directory", ""),
                            backup_fact(context, mem, "name"));

    json_set_string(backup, "file", file);
    json_set_string(backup, "sha256", sha256);
    json_set_int(backup, "size", size);
    json_set_string(backup, "proven_at", timefmt_utc(mem, context->now_ms));
    state_say(verdict, mem, STATE_DONE, "%s is proven: %s, SHA-256 %.12s...", file,
              timefmt_bytes(mem, size), sha256);
}

static void judge_look(const struct state_context *context, const struct state_unit *unit,
                       const struct json *document, struct state_verdict *verdict, const void *mem)
{
    const struct json *part = json_member(document, "part");

    if (json_is_number(json_member(document, "size"))) {
        if (backup_is_ours(context, document, mem)) {
            say_proven(context, json_string_or(document, "record.sha256", ""),
                       json_int64_or(document, "record.size", 0), verdict, mem);
        } else {
            backup_say_taken(context, verdict, mem);
        }
    } else if (backup_folder_is_bad(document, verdict, mem)) {
        return;
    } else if (!json_is_object(part)) {
        say_bad(verdict, mem, "the downloaded file is gone");
    } else if (is_checked(unit, part)) {
        verdict->answer = STATE_ABSENT;
    } else {
        states_next(verdict, mem, "check");
    }
}

/* What a readable archive of this manager cannot be, or NULL. */
static const char *oddity(const struct state_context *context, const struct json *archive,
                          const void *mem)
{
    const char *version = json_string_or(archive, "version", "?");
    const char *manager = states_manager_fact(context, "version", "?");
    const char *format = json_string_or(archive, "format", "?");
    bool legacy =
        json_bool_or(context->options, "backup.legacy", true) || !states_caps(context)->legacy_flag;
    int order = 0;

    if (cloudify_version_compare_text(version, manager, &order) && order != 0) {
        return mem_printf(mem, "it says that version %.32s made it, the manager is %.32s", version,
                          manager);
    }
    if (legacy == (strcmp(format, "new") == 0)) {
        return mem_printf(mem, "it has the %.32s format, the %s one was asked for", format,
                          legacy ? "legacy" : "new");
    }
    if (json_int64_or(archive, "tenants", 0) < 1) {
        return "it holds no tenant at all";
    }
    return NULL;
}

static void judge_check(const struct state_context *context, const struct json *document,
                        struct state_verdict *verdict, const void *mem)
{
    const struct json *archive = json_member(document, "archive");
    const char *odd = oddity(context, archive, mem);
    struct json *checked, *known;

    if (odd != NULL) {
        say_bad(verdict, mem, odd);
        return;
    }
    known = json_copy(mem, archive);
    checked = json_set_object(state_data(verdict, mem), "checked");
    json_set_int(checked, "size", json_int64_or(document, "size", 0));
    json_set_int(checked, "modified_ms", json_int64_or(document, "modified_ms", 0));
    json_set_string(checked, "sha256", json_string_or(document, "sha256", ""));
    json_set_int(known, "modified_ms", json_int64_or(document, "modified_ms", 0));
    json_set_json(state_facts(verdict, mem), "archive", known);
    verdict->answer = STATE_ABSENT;
}

/* A fault of this machine: the run stands until it is mended. */
static void say_local(const struct cloudify_answer *answer, struct state_verdict *verdict,
                      const void *mem)
{
    state_say(verdict, mem, STATE_FOREIGN, "%s", answer->message);
    states_fail(verdict, FERRY_E_IO, "when it is mended: ferry resume (the download is kept)");
}

static void judge_probe(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    bool checking = states_at(units, "check");
    struct cloudify_answer answer;

    (void)n;
    cloudify_read(reply, &answer);
    states_round_over(verdicts, units, mem);
    if (answer.kind == CLOUDIFY_FINE && checking) {
        judge_check(context, answer.document, verdicts, mem);
    } else if (answer.kind == CLOUDIFY_FINE) {
        judge_look(context, units, answer.document, verdicts, mem);
    } else if (answer.status == 422 || answer.status == 404) {
        say_bad(verdicts, mem, cloudify_first_line(mem, answer.message));
    } else {
        say_local(&answer, verdicts, mem);
    }
}

/* --- act --- */

static bool ask_act(const struct state_context *context, const struct state_unit *units, size_t n,
                    struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    static const char *const counted[] = {"tenants",        "blueprints", "deployments",
                                          "node_instances", "agents",     "plugins"};
    const struct json *checked = json_get(units->data, "checked");
    struct json *body = json_object(mem);
    struct json *record = json_set_object(body, "record");
    struct json *counts = json_set_object(record, "counts");

    (void)n, (void)verdicts;
    json_set_int(body, "size", json_int64_or(checked, "size", 0));
    json_set_int(body, "modified_ms", json_int64_or(checked, "modified_ms", 0));
    json_set_string(record, "run", context->run_id);
    json_set_string(record, "manager", states_manager_option(context, "url", ""));
    json_set_string(record, "manager_version", states_manager_fact(context, "version", ""));
    json_set_string(record, "snapshot", backup_fact(context, mem, "snapshot"));
    json_set_string(record, "taken_at", backup_fact(context, mem, "taken_at"));
    json_set_string(record, "sha256", json_string_or(checked, "sha256", ""));
    json_set_string(record, "format", states_archive_format(context));
    if (json_is_object(json_get(context->options, "old_manager"))) {
        json_set_bool(record, "upgrade", true); /* no policy of backups takes it away */
    }
    for (size_t i = 0; i < FERRY_COUNT(counted); i++) {
        json_set_int(counts, counted[i], states_archive_count(context, counted[i]));
    }
    http_request_json(backup_local(request, mem, HTTP_POST, backup_fact(context, mem, "name"), ""),
                      body);
    return true;
}

static void judge_act(const struct state_context *context, const struct state_unit *units, size_t n,
                      const struct http_reply *reply, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_answer answer;

    (void)n;
    cloudify_read(reply, &answer);
    if (answer.kind == CLOUDIFY_FINE) {
        say_proven(context, json_string_or(units->data, "checked.sha256", ""),
                   json_int64_or(units->data, "checked.size", 0), verdicts, mem);
    } else if (answer.status == 409) {
        backup_say_taken(context, verdicts, mem);
    } else if (answer.status == 412) {
        json_set_null(state_data(verdicts, mem), "checked");
        state_say(verdicts, mem, STATE_RETRY, "%s", answer.message);
        verdicts->wait_ms = 0;
    } else {
        say_local(&answer, verdicts, mem);
    }
}

/* --- await: what becomes of a damaged download --- */

static bool ask_await(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    int64_t again = json_int64_or(context->facts, "backup.again", 0);
    const char *why = json_string_or(units->data, "bad", "?");

    (void)n, (void)request;
    if (again == 0 || units->attempt > again + 1) { /* also after an operator's retry */
        json_set_int(json_set_object(state_facts(verdicts, mem), "backup"), "again",
                     units->attempt);
        state_say(verdicts, mem, STATE_BACK,
                  "the download is damaged (%s): it is fetched once more", why);
        verdicts->back = "download";
        return false;
    }
    state_say(verdicts, mem, STATE_FAILED, "the download is damaged, the second one too: %s", why);
    states_fail(verdicts, FERRY_E_ARCHIVE,
                "is the snapshot itself damaged, or a proxy or disk on the way? older backups are "
                "untouched; to fetch it again: ferry retry RUN --failed");
    return false;
}

static void judge_await(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    (void)context, (void)units, (void)n, (void)reply, (void)verdicts, (void)mem; /* never asked */
}

const struct ferry_state state_check_archive = {
    .name = "check_archive",
    .summary = "reads every byte of the download, and gives it its name when all is right",
    .def = 1,
    .flags = STATE_PROBE_FIRST,
    .site = HTTP_SITE_OLD, /* where there is one; else of the only manager */
    .timing = timing,
    .probe = {.ask = ask_probe, .judge = judge_probe},
    .act = {.ask = ask_act, .judge = judge_act},
    .await = {.ask = ask_await, .judge = judge_await},
};
