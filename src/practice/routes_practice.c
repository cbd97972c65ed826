/*
 * The doors of tests:
 *
 *   GET  /practice/ledger            what took effect
 *   GET  /practice/agents            how many hosts of each deployment have new agents
 *   GET  /practice/requests?after=N  what was asked
 *   GET  /practice/state             maintenance, flag, weather, jobs: for tests that wait
 *   GET  /practice/settings          everything that POST /practice/set takes, see settings.c
 *   POST /practice/faults            a list of rules, see faults.h
 *   POST /practice/load              {"path": "..."}: adds the content of a file, as --content
 *   POST /practice/set               settings by name, and what does something by itself
 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "practice/content.h"
#include "practice/faults.h"
#include "practice/jobs.h"
#include "practice/ledger.h"
#include "practice/ledger_agents.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"
#include "practice/server.h"
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
    json_set_bool(out, "rebooting", practice->state.rebooting);
    json_set_int(
        out, "dead_hosts",
        sql_one_int(practice->sql, 0, "SELECT count(*) FROM node_instances WHERE dead", ""));
    struct json *nodes = json_set_array(out, "nodes");
    for (size_t i = 0; i < practice->cluster.count; i++) {
        struct json *node = json_push_object(nodes);
        json_set_bool(node, "listens", cluster_listens(practice, i));
        json_set_bool(node, "old_secret", practice->cluster.nodes[i].old_secret);
        json_set_bool(node, "restores", practice->state.restore_node == (int64_t)i);
    }
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

static enum ferry_code set_all(struct request *request, struct ferry_error *err)
{
    struct practice *practice = request->practice;
    const struct json *body = request->json;
    enum ferry_code code = settings_set(practice, body, err);
    if (code == FERRY_OK) {
        code = cluster_set(practice, json_get(body, "nodes"), err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    const struct json *at = json_first(json_get(body, "tenants"));
    for (; at != NULL; at = json_next(at)) {
        sql_do(practice->sql, "INSERT OR IGNORE INTO tenants (name) VALUES (?)", "s",
               json_text(at));
    }
    set_users(practice->sql, json_get(body, "users"));
    if (json_get(body, "never_start") != NULL) {
        workflow_relaunch(practice);
    }
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
    return FERRY_OK;
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
        code = set_all(request, &err);
    } else {
        code = load(request, &err);
    }
    sql_commit(request->practice->sql);
    /* Who asks next finds it so: the loop would come to it a little later. */
    server_follow(request->practice->server, request->node);
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
    } else if (!post && strcmp(door, "agents") == 0) {
        ledger_agents_write_all(request->practice, reply_json(request, 200));
    } else if (!post && strcmp(door, "settings") == 0) {
        settings_write(request->practice, reply_json(request, 200));
    } else if (post && (strcmp(door, "faults") == 0 || strcmp(door, "set") == 0 ||
                        strcmp(door, "load") == 0)) {
        change(request, door);
    } else {
        reply_flask(request, 404);
    }
}
