/* What time does: the restore's weather, workflows that end. Numbers: contract/20 and 25. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "manager.h"

#define FLAG_LATE_MS 900   /* snapshot-status still says not-running */
#define DOWN_FROM_MS 1800  /* 502 */
#define DOWN_UNTIL_MS 9300 /* then nobody can log in, and the execution is gone */
#define DOWN_AGAIN_MS 15900
#define UP_AGAIN_MS 17100
#define TERMINATED_MS 25300
#define RENAMED_MS 28700
#define FLAG_OFF_MS 30200
#define NEW_FLAG_MS 500
#define NEW_FLAG_OFF_MS 2000
#define NEW_TERMINATED_MS 2150
#define NO_ARCHIVE_FAILED_MS 1500 /* the restore fails before it has changed anything */
#define NO_ARCHIVE_FLAG_OFF_MS 2500

static int64_t age(const struct manager *manager)
{
    return manager->restore_at_ms ? manager->now_ms - manager->restore_at_ms : -1;
}

static int64_t flag_off(const struct manager *manager)
{
    if (manager->no_archive) {
        return NO_ARCHIVE_FLAG_OFF_MS;
    }
    return manager->o.new_format ? NEW_FLAG_OFF_MS : FLAG_OFF_MS;
}

bool manager_flag(const struct manager *manager)
{
    int64_t t = age(manager);

    return t >= (manager->o.new_format ? NEW_FLAG_MS : FLAG_LATE_MS) && t < flag_off(manager);
}

static void bring_content(struct manager *manager)
{
    manager->restored = true;
    if (!manager->o.new_format) {
        manager->snapshot_size = -1;
    }
    for (unsigned i = 0; i < manager->o.deployments * manager_hosts(manager); i++) {
        unsigned n = i / manager_hosts(manager);
        struct json *row = json_push_object(manager->agents);
        char name[32], id[48];

        manager_deployment(n, name);
        manager_host(n, i % manager_hosts(manager), id);
        json_set_string(row, "id", id);
        json_set_string(row, "host_id", id);
        json_set_string(row, "node_instance_id", id);
        json_set_string(row, "deployment", name);
        json_set_string(row, "tenant_name", manager_tenant(n));
        json_set_string(row, "version", "5.0.5");
        json_set_string(row, "state", "started");
        json_set_string(row, "install_method", "remote");
    }
    if (manager->o.plugins) {
        struct json *row = json_push_object(manager->plugins);

        json_set_string(row, "id", "plugin-old");
        json_set_string(row, "package_name", "p");
        json_set_string(row, "package_version", "1.0");
        json_set_string(row, "tenant_name", "default_tenant");
    }
}

static void fail_without_archive(struct manager *manager, int64_t t)
{
    struct json *row = manager_row(manager->executions, manager->restore_id);

    if (row && t >= NO_ARCHIVE_FAILED_MS) {
        json_set_string(row, "status", "failed");
        json_set_string(row, "error",
                        "Traceback (most recent call last):\nFileNotFoundError: [Errno 2] No such "
                        "file or directory: '/opt/manager/resources/snapshots/s/s.zip'");
    } else if (row && t >= FLAG_LATE_MS) {
        json_set_string(row, "status", "started");
    }
}

static void settle_restore(struct manager *manager)
{
    int64_t t = age(manager);
    bool is_new = manager->o.new_format;
    struct json *row;

    if (t < 0) {
        return;
    }
    if (manager->no_archive) {
        fail_without_archive(manager, t);
        return;
    }
    if (!manager->restored && t >= (is_new ? NEW_FLAG_MS : DOWN_UNTIL_MS)) {
        bring_content(manager);
    }
    if (!is_new && t >= RENAMED_MS) {
        manager->renamed = true;
    }
    row = manager_row(manager->executions, manager->restore_id);
    if (row && t >= (is_new ? NEW_TERMINATED_MS : TERMINATED_MS)) {
        json_set_string(row, "status", "terminated");
    } else if (row && t >= (is_new ? NEW_FLAG_MS : FLAG_LATE_MS)) {
        json_set_string(row, "status", "started");
    }
}

static void settle_execution(struct manager *manager, struct json *row)
{
    const char *status = json_string_or(row, "status", "");
    const char *workflow = json_string_or(row, "workflow_id", "");
    int64_t t = manager->now_ms - json_int64_or(row, "_began", 0);

    if (strcmp(workflow, "restore_snapshot") == 0 || strcmp(workflow, "create_snapshot") == 0 ||
        strcmp(status, "terminated") == 0 || strcmp(status, "failed") == 0 ||
        strcmp(status, "cancelled") == 0) {
        return;
    }
    if (strcmp(workflow, "install_new_agents") == 0) {
        manager_work(manager, row);
    } else if (t >= MANAGER_WORKFLOW_MS) {
        json_set_string(row, "status", "terminated");
    } else if (t >= MANAGER_WORKFLOW_START_MS) {
        json_set_string(row, "status", "started");
    }
}

void manager_settle(struct manager *manager)
{
    settle_restore(manager);
    for (const struct json *row = json_first(manager->executions); row; row = json_next(row)) {
        settle_execution(manager, (struct json *)(uintptr_t)row);
    }
    for (const struct json *row = json_first(manager->updates); row; row = json_next(row)) {
        if (manager->now_ms - json_int64_or(row, "_began", 0) >= MANAGER_WORKFLOW_MS) {
            json_set_string((struct json *)(uintptr_t)row, "state", "successful");
        }
    }
}

static bool bad_gateway(struct http_reply *reply)
{
    static const char page[] = "<html><head><title>502 Bad Gateway</title></head></html>";

    http_reply_fill(reply, 502, "text/html", page, strlen(page));
    return true;
}

static bool denied(struct http_reply *reply)
{
    manager_error(reply, 401, "unauthorized_error",
                  "User unauthorized: Authentication failed. Wrong credentials or locked account");
    return true;
}

bool manager_weather(struct manager *manager, const struct http_request *request,
                     struct http_reply *reply)
{
    int64_t t = manager->no_archive ? -1 : age(manager);

    if (!manager->o.new_format && t >= 0 &&
        ((t >= DOWN_FROM_MS && t < DOWN_UNTIL_MS) || (t >= DOWN_AGAIN_MS && t < UP_AGAIN_MS))) {
        return bad_gateway(reply);
    }
    if (request->credential == HTTP_ANONYMOUS) {
        return strstr(request->path, "snapshot-status") ? false : denied(reply);
    }
    if (!manager->o.new_format && t >= DOWN_UNTIL_MS && t < RENAMED_MS) {
        return denied(reply);
    }
    if ((request->credential == HTTP_AS_AFTER) != manager->renamed) {
        return denied(reply);
    }
    return false;
}
