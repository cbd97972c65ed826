#include "practice/routes.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "practice/auth.h"
#include "practice/ledger.h"
#include "practice/license.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/restore.h"
#include "practice/workflow.h"

/* HEAD goes with GET, OPTIONS with all. */
static const struct route routes[] = {
    {"GET", "version", handle_version, NEED_USER, NULL, 0},
    {"GET", "status", handle_status, NEED_USER, NULL, 0},
    {"GET", "ok", handle_ok, NEED_NOTHING, NULL, 0},
    {"GET", "cluster-status", handle_cluster_status, NEED_USER, NULL, 0},
    {"GET", "license", handle_license, NEED_USER, NULL, 0},
    {"PUT", "license", handle_license_upload, NEED_USER, NULL, ROUTE_CHANGES},
    {"GET", "license-check", handle_license_check, NEED_NOTHING, NULL, 0},
    {"GET", "tenants", handle_tenants, NEED_USER, NULL, 0},
    {"GET", "tenants/*", handle_tenant_get, NEED_USER, NULL, 0},
    {"POST", "tenants/*", handle_tenant_create, NEED_USER, NULL, ROUTE_CHANGES},
    {"DELETE", "tenants/*", handle_premium_only, NEED_USER, NULL, 0},
    {"GET", "users", handle_users, NEED_USER, NULL, 0},
    {"POST", "users/unlock/*", handle_user_unlock, NEED_USER, NULL, ROUTE_CHANGES},
    {"GET", "user-groups", handle_group_list, NEED_USER, NULL, 0},
    {"GET", "cluster", handle_cluster, NEED_USER, NULL, 0},
    {"GET", "sites", handle_site_list, NEED_TENANT, "site_list", 0},
    {"GET", "user", handle_user, NEED_USER, NULL, 0},
    {"GET", "managers", handle_managers, NEED_USER, NULL, 0},
    {"GET", "brokers", handle_brokers, NEED_USER, NULL, 0},
    {"GET", "db-nodes", handle_db_nodes, NEED_USER, NULL, 0},
    {"GET", "config", handle_config, NEED_USER, NULL, 0},
    {"GET", "tokens", handle_token_list, NEED_USER, NULL, ROUTE_CHANGES},
    {"POST", "tokens", handle_token_create, NEED_USER, NULL, ROUTE_JSON | ROUTE_CHANGES},
    {"GET", "user-tokens/*", handle_user_token, NEED_USER, NULL, ROUTE_CHANGES},
    {"GET", "tokens/*", handle_token_get, NEED_USER, NULL, 0},
    {"DELETE", "tokens/*", handle_token_delete, NEED_USER, NULL, ROUTE_CHANGES},
    {"GET", "snapshots", handle_snapshot_list, NEED_TENANT, "snapshot_list", 0},
    {"GET", "snapshots/*", handle_snapshot_get, NEED_TENANT, "snapshot_get", 0},
    {"PUT", "snapshots/*", handle_snapshot_create, NEED_TENANT, "snapshot_create",
     ROUTE_JSON | ROUTE_ENTERING | ROUTE_CHANGES},
    {"PATCH", "snapshots/*", handle_snapshot_patch, NEED_TENANT, "snapshot_status_update",
     ROUTE_JSON | ROUTE_ENTERING | ROUTE_CHANGES},
    {"DELETE", "snapshots/*", handle_snapshot_delete, NEED_TENANT, "snapshot_delete",
     ROUTE_CHANGES},
    {"GET", "snapshots/*/archive", handle_archive_download, NEED_TENANT, "snapshot_download", 0},
    {"PUT", "snapshots/*/archive", handle_archive_upload, NEED_TENANT, "snapshot_upload",
     ROUTE_CHANGES},
    {"POST", "snapshots/*/restore", handle_snapshot_restore, NEED_TENANT, "snapshot_restore",
     ROUTE_JSON | ROUTE_ENTERING | ROUTE_CHANGES},
    {"GET", "snapshot-status", handle_snapshot_status, NEED_NOTHING, NULL, 0},
    {"GET", "maintenance", handle_maintenance_get, NEED_USER, NULL, 0},
    {"POST", "maintenance/*", handle_maintenance_action, NEED_TENANT, "maintenance_mode_set",
     ROUTE_CHANGES},
    {"GET", "executions", handle_execution_list, NEED_TENANT, "execution_list", 0},
    {"POST", "executions", handle_execution_start, NEED_TENANT, "execution_start",
     ROUTE_JSON | ROUTE_ENTERING | ROUTE_CHANGES},
    {"GET", "executions/*", handle_execution_get, NEED_TENANT, "execution_get", 0},
    {"POST", "executions/*", handle_execution_action, NEED_TENANT, "execution_cancel",
     ROUTE_JSON | ROUTE_CHANGES},
    {"GET", "deployments", handle_deployment_list, NEED_TENANT, "deployment_list", 0},
    {"GET", "deployments/*", handle_deployment_get, NEED_TENANT, "deployment_get", 0},
    {"GET", "blueprints", handle_blueprint_list, NEED_TENANT, "blueprint_list", 0},
    {"GET", "blueprints/*", handle_blueprint_get, NEED_TENANT, "blueprint_get", 0},
    {"GET", "nodes", handle_node_list, NEED_TENANT, "node_list", 0},
    {"GET", "node-instances", handle_instance_list, NEED_TENANT, "node_instance_list", 0},
    {"GET", "node-instances/*", handle_instance_get, NEED_TENANT, "node_instance_get", 0},
    {"GET", "agents", handle_agent_list, NEED_TENANT, "agent_list", 0},
    {"GET", "agents/*", handle_agent_get, NEED_TENANT, "agent_get", 0},
    {"PATCH", "agents/*", handle_agent_patch, NEED_TENANT, "agent_update",
     ROUTE_JSON | ROUTE_CHANGES},
    {"GET", "execution-schedules", handle_schedule_list, NEED_TENANT, "execution_schedule_list", 0},
    {"GET", "execution-schedules/*", handle_schedule_get, NEED_TENANT, "execution_schedule_get", 0},
    {"PUT", "execution-schedules/*", handle_schedule_create, NEED_TENANT,
     "execution_schedule_create", ROUTE_JSON | ROUTE_CHANGES},
    {"PATCH", "execution-schedules/*", handle_schedule_update, NEED_TENANT,
     "execution_schedule_create", ROUTE_JSON | ROUTE_CHANGES},
    {"DELETE", "execution-schedules/*", handle_schedule_delete, NEED_TENANT,
     "execution_schedule_delete", ROUTE_CHANGES},
    {"GET", "events", handle_event_list, NEED_TENANT, "event_list", 0},
    {"GET", "secrets", handle_secret_list, NEED_TENANT, "secret_list", 0},
    {"GET", "plugins", handle_plugin_list, NEED_TENANT, "plugin_list", 0},
    {"POST", "plugins", handle_plugin_upload, NEED_TENANT, "plugin_upload", ROUTE_CHANGES},
    {"GET", "plugins/*", handle_plugin_get, NEED_TENANT, "plugin_get", 0},
    {"DELETE", "plugins/*", handle_plugin_delete, NEED_TENANT, "plugin_delete",
     ROUTE_JSON | ROUTE_CHANGES},
    {"GET", "plugins/*/archive", handle_plugin_archive, NEED_TENANT, "plugin_download", 0},
    {"GET", "plugins-updates", handle_update_list, NEED_TENANT, "plugins_update_list", 0},
    {"GET", "plugins-updates/*", handle_update_get, NEED_TENANT, "plugins_update_get", 0},
    {"POST", "plugins-updates/*/update/*", handle_update_phase, NEED_TENANT,
     "plugins_update_create", ROUTE_JSON | ROUTE_CHANGES},
};

static const char *const api_versions[] = {"v3.1/", "v3/", "v2.1/", "v2/", "v1/"};

/* The path after "/api/VERSION/", or NULL when it is not of the API. */
static const char *after_prefix(const char *path)
{
    if (strncmp(path, "/api/", 5) != 0) {
        return NULL;
    }
    const char *rest = path + 5;
    for (size_t i = 0; i < FERRY_COUNT(api_versions); i++) {
        size_t length = strlen(api_versions[i]);
        if (strncmp(rest, api_versions[i], length) == 0) {
            return rest + length;
        }
    }
    return rest; /* "/api/version" and the like work without a version too */
}

/* Fills args from the segments under "*". */
static bool fits(struct request *request, const char *pattern, const char *rest)
{
    size_t args = 0;
    while (*pattern != '\0') {
        size_t want = strcspn(pattern, "/");
        size_t have = strcspn(rest, "/");
        if (have == 0) {
            return false;
        }
        if (want == 1 && *pattern == '*') {
            if (args < REQUEST_ARGS) {
                request->args[args++] = mem_strndup(request, rest, have);
            }
        } else if (want != have || strncmp(pattern, rest, want) != 0) {
            return false;
        }
        pattern += want;
        rest += have;
        if (*pattern != *rest) {
            return false;
        }
        pattern += *pattern == '/' ? 1 : 0;
        rest += *rest == '/' ? 1 : 0;
    }
    return *rest == '\0';
}

/* As fits, without keeping anything. */
static bool looks_like(const char *pattern, const char *rest)
{
    for (;;) {
        size_t want = strcspn(pattern, "/");
        size_t have = strcspn(rest, "/");
        bool any = want == 1 && *pattern == '*' && have > 0;
        if (!any && (want != have || strncmp(pattern, rest, want) != 0)) {
            return false;
        }
        pattern += want;
        rest += have;
        if (*pattern != *rest || *pattern == '\0') {
            return *pattern == *rest;
        }
        pattern++;
        rest++;
    }
}

const char *routes_pattern(const char *path)
{
    const char *rest = after_prefix(path);
    for (size_t i = 0; rest != NULL && i < FERRY_COUNT(routes); i++) {
        if (looks_like(routes[i].pattern, rest)) {
            return routes[i].pattern;
        }
    }
    return "other";
}

static void reply_not_allowed(struct request *request, const char *allow)
{
    if (strcmp(request->method, "OPTIONS") == 0) {
        reply_empty(request, 200);
        request->reply.type = "text/html; charset=utf-8";
    } else {
        reply_flask(request, 405);
    }
    reply_header(request, "Allow", allow);
}

static bool find_route(struct request *request)
{
    const char *rest = after_prefix(request->path);
    const char *method = request->is_head ? "GET" : request->method;
    struct buf allow;
    buf_init(&allow, request, 1024);
    for (size_t i = 0; rest != NULL && i < FERRY_COUNT(routes); i++) {
        if (!profile_has_route(request->practice->profile, routes[i].method, routes[i].pattern) ||
            !fits(request, routes[i].pattern, rest)) {
            continue;
        }
        if (strcmp(routes[i].method, method) == 0) {
            request->route = &routes[i];
            return true;
        }
        (void)buf_printf(&allow, "%s, %s", routes[i].method,
                         strcmp(routes[i].method, "GET") == 0 ? "HEAD, " : "");
    }
    if (allow.len > 0) {
        (void)buf_puts(&allow, "OPTIONS");
        reply_not_allowed(request, buf_text(&allow));
        return false;
    }
    reply_flask(request, 404);
    return false;
}

/* Pages of nginx, outside the application. */
static bool nginx_answers(struct request *request)
{
    if (strcmp(request->path, "/") == 0) {
        reply_json_text(request, 200, "<!DOCTYPE html>\n<html><title>practice</title></html>\n");
        request->reply.type = "text/html";
        return true;
    }
    if (strncmp(request->path, "/api/", 5) != 0) {
        reply_nginx(request, 404);
        return true;
    }
    size_t line = strlen(request->method) + strlen(request->raw_uri) + strlen("  HTTP/1.1");
    if (line > 8190) {
        reply_nginx(request, 414);
        return true;
    }
    if (line > 4094) { /* gunicorn's limit_request_line */
        reply_nginx(request, 400);
        return true;
    }
    return false;
}

/* What nginx answers on the plain port of an HTTPS manager. */
static bool wants_tls(struct request *request)
{
    if (!request->practice->options.ssl_required) {
        return false;
    }
    if (strncmp(request->path, "/api/", 5) == 0) {
        reply_json_text(request, 400,
                        "{\"message\": \"SSL Required\", \"error_code\": \"SSL_REQUIRED\"}\n");
        return true;
    }
    const char *host = request_header(request, "Host");
    reply_empty(request, 308);
    reply_header(
        request, "Location",
        mem_printf(request, "https://%s%s", host == NULL ? "localhost" : host, request->path));
    return true;
}

static bool body_is_right(struct request *request)
{
    struct ferry_error err;
    if ((request->route->flags & ROUTE_JSON) == 0) {
        return true;
    }
    if (!request->practice->profile->update_body &&
        strncmp(request->route->pattern, "plugins-updates", 15) == 0) {
        const char *force = request_param(request, "force");
        request->json = json_object(request);
        json_set_bool(request->json, "force", force != NULL && strcmp(force, "true") == 0);
        return true;
    }
    const char *type = request_header(request, "Content-Type");
    if (type == NULL || strcmp(type, "application/json") != 0) {
        reply_error(request, 415, "unsupported_content_type_error",
                    "Content type must be application/json");
        return false;
    }
    if (json_parse(request, buf_text(&request->body), request->body.len, &request->json, &err) !=
        FERRY_OK) {
        reply_flask(request, 400);
        return false;
    }
    return true;
}

static void handle(struct request *request)
{
    if (!auth_passes(request) || license_refuses(request) || !body_is_right(request)) {
        return;
    }
    request->route->handle(request);
}

void routes_dispatch(struct request *request)
{
    struct practice *practice = request->practice;
    if (strncmp(request->path, "/practice/", 10) == 0) {
        handle_practice(request);
        return;
    }
    if (request->node == CLUSTER_CONTROL) {
        reply_nginx(request, 404);
        return;
    }
    if (wants_tls(request)) {
        return;
    }
    restore_disturb(practice);
    if (restore_stops_node(request)) {
        reply_nginx(request, 502);
        return;
    }
    if (nginx_answers(request) || restore_answers_sick(request) ||
        restore_lost_requester(request)) {
        return;
    }
    reply_header(request, "Vary", "Cookie");
    workflow_flip_maintenance(practice);
    if (!find_route(request)) {
        return;
    }
    bool changes = (request->route->flags & ROUTE_CHANGES) != 0;
    if (changes) {
        sql_begin(practice->sql);
        ledger_flush(practice);
    }
    handle(request);
    if (changes) {
        sql_commit(practice->sql);
    }
}

bool routes_streams(const char *method, const char *path)
{
    const char *rest = after_prefix(path);
    if (rest == NULL) {
        return false;
    }
    size_t length = strlen(rest);
    if (strcmp(method, "PUT") == 0) {
        return strncmp(rest, "snapshots/", 10) == 0 && length > 8 &&
               strcmp(rest + length - 8, "/archive") == 0;
    }
    return strcmp(method, "POST") == 0 && strcmp(rest, "plugins") == 0;
}
