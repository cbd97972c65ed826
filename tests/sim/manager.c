#include "manager.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"

#define API "/api/v3.1/"
#define MANAGER_SILENCE_MS 30000 /* facts 2.3: what the managers' own tests leave a restore */

const char *manager_tenant(unsigned n)
{
    return n % 2 ? "acme" : "default_tenant";
}

void manager_deployment(unsigned n, char out[32])
{
    snprintf(out, 32, "dep-%u", n);
}

struct manager *manager_new(const void *ctx, const struct manager_options *options)
{
    struct manager *manager = mem_new(ctx, struct manager);

    manager->o = *options;
    manager->snapshot_size = -1;
    manager->ledger.agents = mem_array(manager, unsigned, options->deployments + 1);
    manager->ledger.hosts =
        mem_array(manager, unsigned, (options->deployments + 1) * MANAGER_HOSTS_MAX);
    manager->executions = json_array(manager);
    manager->agents = json_array(manager);
    manager->plugins = json_array(manager);
    manager->updates = json_array(manager);
    if (options->makes_snapshots) {
        manager_backup_begin(manager);
    }
    if (options->maintenance_before) {
        manager->maintenance = manager->maintenance_by_other = true;
        manager->activated_at_ms = 1780000000000; /* long before every world */
    }
    return manager;
}

void manager_answer(struct http_reply *reply, int status, const struct json *body)
{
    char *text = body ? json_print(reply, body) : mem_strdup(reply, "");

    http_reply_fill(reply, status, body ? "application/json" : NULL, text, strlen(text));
}

void manager_error(struct http_reply *reply, int status, const char *code, const char *text)
{
    struct json *body = json_object(reply);

    json_set_string(body, "message", text);
    json_set_string(body, "error_code", code);
    json_set_null(body, "server_traceback");
    manager_answer(reply, status, body);
}

static void set_time(struct json *row, const char *key, int64_t unix_ms)
{
    char *text = timefmt_utc(NULL, unix_ms);

    json_set_string(row, key, text);
    mem_free(text);
}

/* --- changes --- */

/* Half of it came. Up to 6.4 the row is there before the file (facts 1.1). */
static void upload_half(struct manager *manager, int64_t size)
{
    if (strcmp(manager->o.version, "7") < 0) {
        manager->snapshot_size = size;
        manager->ledger.halves++;
    }
}

static void upload(struct manager *manager, const struct http_request *request,
                   struct http_reply *reply)
{
    struct json *body = json_object(reply);
    bool again = manager->snapshot_size >= 0;

    if (again && strcmp(manager->o.version, "7") < 0) {
        manager_error(reply, 409, "conflict_error", "snapshot with id 's' already exists");
        return;
    }
    if (request->body_size < MANAGER_ARCHIVE_SIZE) {
        upload_half(manager, request->body_size);
        return;
    }
    if (manager->cut < manager->o.cut_uploads) {
        manager->cut++;
        manager->hung_up = true;
        upload_half(manager, request->body_size / 2);
        return;
    }
    manager->snapshot_size = request->body_size;
    manager->ledger.uploads++;
    json_set_string(body, "id", again ? NULL : "s");
    json_set_string(body, "status", again ? NULL : "uploaded");
    manager_answer(reply, 201, body);
}

static void delete_snapshot(struct manager *manager, struct http_reply *reply)
{
    struct json *body = json_object(reply);
    bool whole = manager->snapshot_size == MANAGER_ARCHIVE_SIZE;

    *(whole ? &manager->ledger.deleted_wholes : &manager->ledger.deleted_halves) += 1;
    manager->snapshot_size = -1;
    json_set_string(body, "id", "s");
    manager_answer(reply, 200, body);
}

static void put_maintenance(const struct manager *manager, struct json *body)
{
    json_set_string(body, "status", manager->maintenance ? "activated" : "deactivated");
    json_set_null(body, "activation_requested_at");
    if (manager->maintenance) {
        set_time(body, "activation_requested_at", manager->activated_at_ms);
    }
}

void manager_switched_by_other(struct manager *manager)
{
    manager->maintenance = manager->maintenance_by_other = true;
    manager->activated_at_ms = manager->now_ms;
}

static void flip_maintenance(struct manager *manager, bool on, struct http_reply *reply)
{
    struct json *body = json_object(reply);

    if (manager->maintenance == on) {
        http_reply_fill(reply, 304, NULL, "", 0);
        return;
    }
    manager->ledger.switched_others += manager->maintenance_by_other;
    manager->maintenance = on;
    manager->maintenance_by_other = false;
    manager->activated_at_ms = manager->now_ms;
    *(on ? &manager->ledger.activations : &manager->ledger.deactivations) += 1;
    put_maintenance(manager, body);
    json_push_array(json_set_array(body, "remaining_executions"));
    manager_answer(reply, 200, body);
}

struct json *manager_add_execution(struct manager *manager, const char *id, const char *workflow,
                                   const char *tenant, const char *deployment)
{
    struct json *row = json_push_object(manager->executions);

    json_set_string(row, "id", id);
    json_set_string(row, "workflow_id", workflow);
    json_set_string(row, "status", "pending");
    json_set_string(row, "tenant_name", tenant);
    json_set_string(row, "deployment_id", deployment);
    json_set_bool(row, "is_system_workflow", deployment == NULL);
    set_time(row, "created_at", manager->now_ms);
    json_set_null(row, "started_at");
    json_set_null(row, "error");
    json_set_int(row, "_began", manager->now_ms);
    return row;
}

bool manager_runs(const struct manager *manager)
{
    for (const struct json *row = json_first(manager->executions); row; row = json_next(row)) {
        const char *status = json_string_or(row, "status", "");

        if (strcmp(status, "pending") == 0 || strcmp(status, "started") == 0) {
            return true;
        }
    }
    return false;
}

static void restore(struct manager *manager, struct http_reply *reply)
{
    struct json *row;

    if (manager->snapshot_size < 0) {
        manager_error(reply, 404, "not_found_error", "Requested `Snapshot` with ID `s` not found");
        return;
    }
    snprintf(manager->restore_id, sizeof manager->restore_id, "restore-%u", ++manager->serial);
    if (manager_runs(manager)) {
        manager_add_execution(manager, manager->restore_id, "restore_snapshot", "default_tenant",
                              NULL);
        manager_error(reply, 400, "existing_running_execution_error", "You cannot start");
        return;
    }
    manager->no_archive = manager->ledger.told++ < manager->o.late_archive;
    manager->ledger.restores += !manager->no_archive;
    manager->restore_at_ms = manager->now_ms;
    manager->restore_sent_ms = manager->sent_ms;
    row = manager_add_execution(manager, manager->restore_id, "restore_snapshot", "default_tenant",
                                NULL);
    json_set_string(json_set_object(row, "parameters"), "snapshot_id", "s");
    manager_answer(reply, 200, row);
}

static void upload_plugin(struct manager *manager, const char *query, struct http_reply *reply)
{
    const char *given = query ? strstr(query, "id=") : NULL;
    struct json *row;
    char id[64];

    snprintf(id, sizeof id, "plugin-%u", ++manager->serial);
    if (given && (given == query || given[-1] == '&')) {
        snprintf(id, sizeof id, "%.36s", given + 3);
    }
    for (const struct json *there = json_first(manager->plugins); there; there = json_next(there)) {
        if (strcmp(json_string_or(there, "package_version", ""), "2.0") == 0) {
            manager_error(reply, 409, "conflict_error", "a plugin archive already exists");
            return;
        }
    }
    manager->ledger.plugins++;
    row = json_push_object(manager->plugins);
    json_set_string(row, "id", id);
    json_set_string(row, "package_name", "p");
    json_set_string(row, "package_version", "2.0");
    json_set_string(row, "tenant_name", "default_tenant");
    set_time(row, "uploaded_at", manager->now_ms);
    manager_answer(reply, 201, row);
}

static void update_plugins(struct manager *manager, struct http_reply *reply)
{
    struct json *row;
    char id[64];

    for (const struct json *there = json_first(manager->updates); there; there = json_next(there)) {
        if (strcmp(json_string_or(there, "state", ""), "executing_workflow") == 0) {
            manager_error(reply, 409, "conflict_error", "There are plugins updates still active");
            return;
        }
    }
    manager->ledger.updates++;
    snprintf(id, sizeof id, "update-%u", ++manager->serial);
    row = json_push_object(manager->updates);
    json_set_string(row, "id", id);
    json_set_string(row, "blueprint_id", MANAGER_BLUEPRINT);
    json_set_string(row, "tenant_name", "default_tenant");
    set_time(row, "created_at", manager->now_ms);
    json_set_string(row, "state", "executing_workflow");
    json_set_int(row, "_began", manager->now_ms);
    snprintf(id, sizeof id, "execution-%u", ++manager->serial);
    json_set_string(row, "execution_id", id);
    manager_add_execution(manager, id, "update_plugin", "default_tenant", NULL);
    manager_answer(reply, 200, row);
}

/* --- reading --- */

static void one(struct json *rows, const char *id, struct http_reply *reply)
{
    const struct json *row = manager_row(rows, id);

    if (row) {
        manager_answer(reply, 200, row);
    } else {
        manager_error(reply, 404, "not_found_error", "Requested object was not found");
    }
}

static void snapshot(struct manager *manager, const char *rest, const struct http_request *request,
                     struct http_reply *reply)
{
    struct json *row = json_object(reply);
    const char *tail = strchr(rest, '/');

    if (request->method == HTTP_PUT) {
        upload(manager, request, reply);
        return;
    }
    if (request->method == HTTP_POST && tail && strcmp(tail, "/restore") == 0) {
        restore(manager, reply);
        return;
    }
    if (manager->snapshot_size < 0) {
        manager_error(reply, 404, "not_found_error", "Requested `Snapshot` with ID `s` not found");
        return;
    }
    if (request->method == HTTP_DELETE) {
        delete_snapshot(manager, reply);
        return;
    }
    json_set_string(row, "id", "s");
    json_set_string(row, "status", "uploaded");
    json_set_string(row, "created_by", "admin");
    set_time(row, "created_at", manager->now_ms);
    manager_answer(reply, 200, row);
    if (tail) {
        http_reply_fill(reply, 200, "application/octet-stream", "", 0);
        reply->content_length = manager->snapshot_size;
    }
}

static void plain(struct manager *manager, const char *what, struct http_reply *reply)
{
    struct json *body = json_object(reply);

    if (strcmp(what, "version") == 0) {
        json_set_string(body, "version", manager->o.version);
        json_set_string(body, "edition", "community");
    } else if (strcmp(what, "snapshot-status") == 0) {
        json_set_string(body, "status", manager_flag(manager) ? "running" : "not-running");
    } else if (strcmp(what, "maintenance") == 0) {
        put_maintenance(manager, body);
        json_set_null(body, "remaining_executions");
    } else {
        manager_error(reply, 404, "missing_premium_package_error", "premium only");
        return;
    }
    manager_answer(reply, 200, body);
}

static void get(struct manager *manager, const char *what, const char *query,
                struct http_reply *reply)
{
    if (strncmp(what, "executions/", 11) == 0) {
        one(manager->executions, what + 11, reply);
    } else if (strncmp(what, "plugins/", 8) == 0) {
        one(manager->plugins, what + 8, reply);
    } else if (strncmp(what, "plugins-updates/", 16) == 0) {
        one(manager->updates, what + 16, reply);
    } else if (strcmp(what, "version") == 0 || strcmp(what, "snapshot-status") == 0 ||
               strcmp(what, "maintenance") == 0 || strcmp(what, "license") == 0) {
        plain(manager, what, reply);
    } else {
        manager_list(manager, what, query, reply);
    }
}

static bool blocked_by_maintenance(const struct manager *manager, const char *what,
                                   const struct http_request *request)
{
    static const char *const open[] = {"maintenance", "snapshot", "version", "license"};

    if (!manager->maintenance) {
        return false;
    }
    for (size_t i = 0; i < FERRY_COUNT(open); i++) {
        if (strncmp(what, open[i], strlen(open[i])) == 0) {
            return false;
        }
    }
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->headers[i].name, "X-BYPASS-MAINTENANCE") == 0) {
            return false;
        }
    }
    return true;
}

static void post(struct manager *manager, const char *what, const char *query,
                 const struct http_request *request, struct http_reply *reply)
{
    if (strcmp(what, "maintenance/activate") == 0 || strcmp(what, "maintenance/deactivate") == 0) {
        flip_maintenance(manager, what[12] == 'a', reply);
    } else if (strcmp(what, "executions") == 0) {
        manager_post_execution(manager, request, reply);
    } else if (strncmp(what, "executions/", 11) == 0) {
        manager_end_execution(manager, what + 11, request, reply);
    } else if (strcmp(what, "plugins") == 0) {
        upload_plugin(manager, query, reply);
    } else if (strncmp(what, "plugins-updates/", 16) == 0) {
        update_plugins(manager, reply);
    } else {
        manager_error(reply, 404, "not_found_error", "no such route");
    }
}

void manager_handle(struct manager *manager, const struct http_request *request,
                    struct http_reply *reply)
{
    const char *what = request->path + strlen(API), *mark = strchr(what, '?');
    char *route = mark ? mem_strndup(reply, what, (size_t)(mark - what)) : mem_strdup(reply, what);
    const char *query = mark ? mark + 1 : NULL;

    manager->requests++;
    manager->ledger.disturbed += manager->restore_at_ms > 0 &&
                                 manager->sent_ms > manager->restore_sent_ms &&
                                 manager->sent_ms < manager->restore_sent_ms + MANAGER_SILENCE_MS;
    manager_settle(manager);
    reply->date_ms = manager->now_ms / 1000 * 1000;
    if (manager_weather(manager, request, reply)) {
        return;
    }
    if (blocked_by_maintenance(manager, route, request)) {
        manager_error(reply, 503, "maintenance_mode_active", "Your request was rejected");
        return;
    }
    if (manager->snapshots) {
        manager_backup_settle(manager);
    }
    if (manager->snapshots && strncmp(route, "snapshots/", 10) == 0) {
        manager_backup_snapshot(manager, route + 10, request, reply);
    } else if (strncmp(route, "snapshots/", 10) == 0) {
        snapshot(manager, route + 10, request, reply);
    } else if (request->method == HTTP_GET) {
        get(manager, route, query, reply);
    } else {
        post(manager, route, query, request, reply);
    }
}
