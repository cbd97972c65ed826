#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "practice/exec_rows.h"
#include "practice/fetch.h"
#include "practice/ledger.h"
#include "practice/list.h"
#include "practice/plugin_archive.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"

void handle_plugin_list(struct request *request)
{
    list_reply(request, &list_plugins, NULL);
}

void handle_plugin_get(struct request *request)
{
    list_reply_one(request, &list_plugins, request->args[0]);
}

static bool body_is_there(struct request *request)
{
    const char *url = request_param(request, "plugin_archive_url");
    char why[512];
    if (url != NULL && request->body_fd >= 0) {
        if (!fetch_into(url, request->body_fd, why, sizeof why)) {
            reply_error(request, 400, "bad_parameters_error", "Cannot fetch %s: %s", url, why);
            return false;
        }
        return true;
    }
    if (request->body_fd < 0 || request->body_bytes == 0) {
        reply_internal_error(request, "FileNotFoundError: [Errno 2] No such file or directory: "
                                      "'/opt/manager/resources/plugins/.uploading/plugin'");
        return false;
    }
    return true;
}

static bool visibility_is_right(struct request *request, const char *visibility)
{
    if (strcmp(visibility, "private") == 0 || strcmp(visibility, "tenant") == 0 ||
        strcmp(visibility, "global") == 0) {
        return true;
    }
    reply_error(request, 400, "bad_parameters_error",
                "Invalid visibility: `%s`. Valid visibility's values are: ['private', 'tenant', "
                "'global']",
                visibility);
    return false;
}

/* 409 names an id that exists nowhere: the one that the new row would have had (contract/14). */
static bool is_there(struct request *request, const struct plugin_info *info,
                     const char *visibility)
{
    struct practice *practice = request->practice;
    if (sql_one_int(practice->sql, 0,
                    "SELECT 1 FROM plugins WHERE package_name = ? AND package_version = ?"
                    " AND coalesce(distribution, '') = coalesce(?, '')"
                    " AND coalesce(supported_platform, '') = coalesce(?, '')"
                    " AND (tenant = ? OR visibility = 'global' OR ? = 'global') LIMIT 1",
                    "ssssss", info->package_name, info->package_version, info->distribution,
                    info->supported_platform, request->tenant, visibility) == 0) {
        return false;
    }
    reply_error(request, 409, "conflict_error",
                "<Plugin id=`%s` tenant=`%s`> already exists on <Tenant name=`%s`> or with global "
                "visibility",
                practice_uuid(practice, request), request->tenant, request->tenant);
    return true;
}

static bool snapshot_forbids(struct request *request)
{
    const char *other = sql_one_text(
        request, request->practice->sql,
        "SELECT id FROM executions WHERE workflow_id = 'create_snapshot' AND " EXEC_ACTIVE
        " LIMIT 1",
        "");
    if (other == NULL) {
        return false;
    }
    reply_error(request, 400, "existing_running_execution_error",
                "You cannot upload plugins while a create_snapshot execution is running or queued "
                "(snapshot id: %s)",
                other);
    return true;
}

static void insert_plugin(struct request *request, const struct plugin_info *info, const char *id,
                          const char *visibility)
{
    struct practice *practice = request->practice;
    const char *title = request_param(request, "title");
    sql_do(practice->sql,
           "INSERT INTO plugins (tenant, id, package_name, package_version, archive_name,"
           " visibility, title, distribution, distribution_release, distribution_version,"
           " package_source, uploaded_at, created_by, supported_platform, wheels,"
           " supported_py_versions) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
           "ssssssssssssssss", request->tenant, id, info->package_name, info->package_version,
           info->archive_name, visibility, title != NULL ? title : info->package_name,
           info->distribution, info->distribution_release, info->distribution_version,
           info->package_source, practice_now(practice, request), request->user,
           info->supported_platform, info->wheels, info->supported_py_versions);
    ledger_count(practice, LEDGER_PLUGINS,
                 mem_printf(request, "%s-%s", info->package_name, info->package_version), "");
}

void handle_plugin_upload(struct request *request)
{
    struct practice *practice = request->practice;
    struct plugin_info info = {0};
    const char *why = NULL;
    const char *visibility = request_param(request, "visibility");
    visibility = visibility == NULL ? "tenant" : visibility;
    if (!visibility_is_right(request, visibility) || snapshot_forbids(request) ||
        !body_is_there(request)) {
        return;
    }
    if (!plugin_archive_read(request, request->body_path, &info, &why)) {
        reply_error(request, 400, "invalid_plugin_error", "%s", why);
        return;
    }
    if (is_there(request, &info, visibility)) {
        return;
    }
    const char *id = request_param(request, "id");
    id = id == NULL ? practice_uuid(practice, request) : id;
    if (sql_one_int(practice->sql, 0, "SELECT 1 FROM plugins WHERE id = ?", "s", id) != 0) {
        reply_error(request, 409, "conflict_error",
                    "<Plugin id=`%s` tenant=`%s`> already exists on <Tenant name=`%s`> or with "
                    "global visibility",
                    id, request->tenant, request->tenant);
        return;
    }
    if (rename(request->body_path, practice_plugin_path(practice, request, id)) != 0) {
        reply_internal_error(request, mem_printf(request, "OSError: %s", strerror(errno)));
        return;
    }
    request->body_path = NULL;
    insert_plugin(request, &info, id, visibility);
    list_write_row(practice, reply_json(request, 201), &list_plugins,
                   list_find(request, &list_plugins, id));
    (void)buf_puts(&request->reply.body, "\n");
}

static bool in_use(struct request *request, int64_t seq)
{
    struct buf users;
    buf_init(&users, request, 1u << 20);
    struct sqlite3_stmt *query =
        sql_start(request->practice->sql,
                  "SELECT DISTINCT u.blueprint FROM used_plugins u JOIN plugins p"
                  " ON p.package_name = u.package_name AND p.package_version = u.package_version"
                  " WHERE p.seq = ?",
                  "i", seq);
    while (sql_next(query)) {
        (void)buf_printf(&users, "%s%s", users.len == 0 ? "" : ", ", sql_text(query, 0));
    }
    if (users.len == 0) {
        return false;
    }
    reply_error(request, 405, "plugin_in_use",
                "Plugin \"%s\" is currently in use in blueprints: %s. You can \"force\" plugin "
                "removal if needed.",
                request->args[0], buf_text(&users));
    return true;
}

void handle_plugin_delete(struct request *request)
{
    struct practice *practice = request->practice;
    const char *id = request->args[0];
    int64_t seq = list_find(request, &list_plugins, id);
    if (seq == 0) {
        reply_not_found(request, "Plugin", id);
        return;
    }
    if (!json_bool_or(request->json, "force", false) && in_use(request, seq)) {
        return;
    }
    sql_do(practice->sql, "DELETE FROM plugins WHERE seq = ?", "i", seq);
    (void)unlink(practice_plugin_path(practice, request, id));
    ledger_count(practice, LEDGER_PLUGINS_DELETED, id, "");
    reply_empty(request, 204);
}
