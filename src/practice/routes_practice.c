/*
 * The doors of tests:
 *
 *   GET  /practice/ledger            what took effect
 *   GET  /practice/requests?after=N  what was asked
 *   GET  /practice/state             maintenance, flag, weather, jobs: for tests that wait
 *   POST /practice/faults            a list of rules, see faults.h
 *   POST /practice/load              {"path": "..."}: adds the content of a file, as --content
 *   POST /practice/set               any of these keys:
 *
 *   users           [{"username", "password", "role", "tenants": {"TENANT": "ROLE"}}]
 *   tenants         ["NAME"]
 *   admin_password  of the bootstrap admin
 *   settings        {"NAME": "VALUE"}, null takes one back:
 *                   seconds.WORKFLOW: how long a plain workflow takes;
 *                   create.error: why every snapshot that is made now fails;
 *                   failed_logins.USER: null unlocks one that --account-lock has locked;
 *                   dead.AGENT "1": never answers; slow "0": quick answers during a restore too;
 *                   pinned.TENANT/BLUEPRINT "1": its plugins stay (an archive does not tell it)
 *                   seconds.migration: how long a legacy restore replaces the data base
 *   temperamental   true, up to 6.1: a request within 30 s (from 5.2 on 60 s) after the restore's
 *                   POST, or less than 5 s after another, ends the restore in a deadlock
 *   flag_leaks      true: the flag stays up after a good restore
 *   row_lost        true: the execution of a legacy restore does not come back
 *   file_late_ms    a restore sooner than that after the upload fails: no such file
 *   networks        ["default"]: those of the manager and the broker
 *   entities_fail   so many deployments get lost in a restore of the new format, with a log line
 *   no_license      true: a premium manager without a licence, until one is put
 *   flag            the flag behind snapshot-status, to take back one that is stuck
 *   maintenance     "activated" or "deactivated", by force
 *   freeze          true: the clock stands still from now on
 *   advance_ms      puts the clock forward; what is due by then happens at once
 *   sql             a script for the store
 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "practice/content.h"
#include "practice/faults.h"
#include "practice/jobs.h"
#include "practice/ledger.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"
#include "practice/store.h"
#include "practice/workflow.h"

static void reply_ledger(struct request *request)
{
    ledger_write(request->practice, reply_json(request, 200));
    (void)buf_puts(&request->reply.body, "\n");
}

static void reply_requests(struct request *request)
{
    int64_t after = 0;
    const char *text = request_param(request, "after");
    if (text != NULL) {
        (void)parse_int64(text, 0, INT64_MAX, &after);
    }
    ledger_write_requests(request->practice, reply_json(request, 200), after);
}

static void reply_state(struct request *request)
{
    struct practice *practice = request->practice;
    struct json *out = json_object(request);
    json_set_string(out, "maintenance", maintenance_name(practice->state.maintenance));
    json_set_bool(out, "restore_flag", practice->state.restore_flag);
    json_set_string(out, "flag_path", practice->profile->flag_path);
    json_set_bool(out, "rest_down", practice->state.rest_down);
    json_set_bool(out, "passwords_fail", practice->state.passwords_fail);
    json_set_int(out, "jobs", sql_one_int(practice->sql, 0, "SELECT count(*) FROM jobs", ""));
    reply_json_node(request, 200, out);
}

static void reply_done(struct request *request, enum ferry_code code, const struct ferry_error *err)
{
    if (code == FERRY_OK) {
        reply_json_text(request, 200, "{}\n");
    } else {
        reply_invalid(request, 400, "practice_error", "%s", err->message);
    }
}

static void set_users(struct sql *sql, const struct json *users)
{
    for (const struct json *user = json_first(users); user != NULL; user = json_next(user)) {
        const char *name = json_string_or(user, "username", "");
        sql_do(sql,
               "INSERT INTO users (username, password, role, created_at)"
               " VALUES (?, ?, ?, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"
               " ON CONFLICT (username) DO UPDATE SET password = excluded.password,"
               " role = excluded.role",
               "sss", name, json_string_or(user, "password", NULL),
               json_string_or(user, "role", "default"));
        const struct json *tenant = json_first(json_get(user, "tenants"));
        for (; tenant != NULL; tenant = json_next(tenant)) {
            sql_do(sql, "INSERT OR REPLACE INTO user_tenants VALUES (?, ?, ?)", "sss", name,
                   json_key(tenant), json_text(tenant));
        }
    }
}

static void set_settings(struct sql *sql, const struct json *settings)
{
    for (const struct json *at = json_first(settings); at != NULL; at = json_next(at)) {
        if (json_is_null(at)) {
            sql_do(sql, "DELETE FROM settings WHERE name = ?", "s", json_key(at));
        } else {
            sql_do(sql, "INSERT OR REPLACE INTO settings VALUES (?, ?)", "ss", json_key(at),
                   json_text(at));
        }
    }
}

/* Keys that are settings by themselves. */
static void set_switches(struct sql *sql, const struct json *body)
{
    static const char *const names[] = {"temperamental", "flag_leaks", "row_lost",  "file_late_ms",
                                        "entities_fail", "networks",   "no_license"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        const struct json *node = json_get(body, names[i]);
        if (node != NULL) {
            const char *text =
                json_is_bool(node) ? (json_is_true(node) ? "1" : "0") : json_print(scope, node);
            sql_do(sql, "INSERT OR REPLACE INTO settings VALUES (?, ?)", "ss", names[i], text);
        }
    }
}

static void set_state(struct practice *practice, const struct json *body)
{
    struct state *state = &practice->state;
    const char *maintenance = json_string_or(body, "maintenance", NULL);
    if (maintenance != NULL) {
        state->maintenance =
            strcmp(maintenance, "activated") == 0 ? MAINTENANCE_ACTIVATED : MAINTENANCE_DEACTIVATED;
        state->requested_ms = practice_now_ms(practice);
        state->activated_ms = state->requested_ms;
    }
    state->restore_flag = json_bool_or(body, "flag", state->restore_flag);
    state_save(practice);
}

static void set_clock(struct practice *practice, const struct json *body)
{
    static const char keep[] = "INSERT OR REPLACE INTO settings VALUES (?, ?)";
    int64_t advance_ms = json_int64_or(body, "advance_ms", 0);
    if (json_bool_or(body, "freeze", false)) {
        practice->frozen_ms = practice->clock->realtime_ms(practice->clock);
        sql_do(practice->sql, keep, "si", "clock.frozen_ms", practice->frozen_ms);
    }
    if (advance_ms > 0) {
        practice->ahead_ms += advance_ms;
        sql_do(practice->sql, keep, "si", "clock.ahead_ms", practice->ahead_ms);
        jobs_run(practice, practice_now_ms(practice));
    }
}

static void set_all(struct request *request)
{
    struct practice *practice = request->practice;
    const struct json *body = request->json;
    const struct json *at = json_first(json_get(body, "tenants"));
    for (; at != NULL; at = json_next(at)) {
        sql_do(practice->sql, "INSERT OR IGNORE INTO tenants (name) VALUES (?)", "s",
               json_text(at));
    }
    set_users(practice->sql, json_get(body, "users"));
    set_settings(practice->sql, json_get(body, "settings"));
    set_switches(practice->sql, body);
    const char *password = json_string_or(body, "admin_password", NULL);
    if (password != NULL) {
        sql_do(practice->sql, "UPDATE users SET password = ? WHERE is_bootstrap", "s", password);
    }
    set_state(practice, body);
    set_clock(practice, body);
    const char *script = json_string_or(body, "sql", NULL);
    if (script != NULL) {
        sql_script(practice->sql, script);
        workflow_dequeue(practice, practice_now_ms(practice));
    }
}

static enum ferry_code load(struct request *request, struct ferry_error *err)
{
    struct content *content = NULL;
    const char *path = NULL;
    enum ferry_code code = json_string(request->json, "path", &path, err);
    if (code == FERRY_OK) {
        code = content_load(request, path, &content, err);
    }
    if (code == FERRY_OK) {
        store_load(request->practice, content, false);
    }
    return code;
}

static void change(struct request *request, const char *door)
{
    struct ferry_error err = {0};
    enum ferry_code code =
        json_parse(request, buf_text(&request->body), request->body.len, &request->json, &err);
    if (code != FERRY_OK) {
        reply_done(request, code, &err);
        return;
    }
    sql_begin(request->practice->sql);
    if (strcmp(door, "faults") == 0) {
        code = faults_set(request->practice->faults, request->json, &err);
    } else if (strcmp(door, "set") == 0) {
        set_all(request);
    } else {
        code = load(request, &err);
    }
    sql_commit(request->practice->sql);
    reply_done(request, code, &err);
}

void handle_practice(struct request *request)
{
    const char *door = request->path + strlen("/practice/");
    bool post = strcmp(request->method, "POST") == 0;
    if (!post && strcmp(door, "ledger") == 0) {
        reply_ledger(request);
    } else if (!post && strcmp(door, "requests") == 0) {
        reply_requests(request);
    } else if (!post && strcmp(door, "state") == 0) {
        reply_state(request);
    } else if (post && (strcmp(door, "faults") == 0 || strcmp(door, "set") == 0 ||
                        strcmp(door, "load") == 0)) {
        change(request, door);
    } else {
        reply_flask(request, 404);
    }
}
