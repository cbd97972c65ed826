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
#include "practice/workflow.h"

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
    bool global = strcmp(visibility, "global") == 0;
    if (global && !request->is_admin) {
        reply_error(request, 403, "forbidden_error",
                    "User `%s` is not permitted to perform the action create_global_resource in "
                    "the tenant `%s`",
                    request->user, request->tenant);
        return false;
    }
    if (global || strcmp(visibility, "private") == 0 || strcmp(visibility, "tenant") == 0) {
        return true;
    }
    reply_error(request, 400, "bad_parameters_error",
                "Invalid visibility: `%s`. Valid visibility's values are: ['private', 'tenant', "
                "'global']",
                visibility);
    return false;
}

/* Up to 6.4 the name of the archive counts, later what it is built for. The id that 409 names from
   7.0 on exists nowhere: it is the one that the new row would have had (contract/14). */
static bool is_there(struct request *request, const struct plugin_info *info,
                     const char *visibility)
{
    struct practice *practice = request->practice;
    bool by_archive = practice->profile->plugin_by_archive;
    if (sql_one_int(practice->sql, 0,
                    "SELECT 1 FROM plugins WHERE package_name = ?1 AND package_version = ?2"
                    " AND CASE WHEN ?7 THEN coalesce(archive_name, '') IN (coalesce(?8, ''),"
                    " 'installing-' || coalesce(?8, ''))"
                    " ELSE coalesce(distribution, '') = coalesce(?3, '')"
                    " AND coalesce(supported_platform, '') = coalesce(?4, '') END"
                    " AND (tenant = ?5 OR visibility = 'global' OR ?6 = 'global') LIMIT 1",
                    "ssssssis", info->package_name, info->package_version, info->distribution,
                    info->supported_platform, request->tenant, visibility, (int64_t)by_archive,
                    info->archive_name) == 0) {
        return false;
    }
    if (by_archive) {
        reply_error(request, 409, "conflict_error",
                    "a plugin archive by the name of %s already exists for package with name %s "
                    "and version %s",
                    info->archive_name, info->package_name, info->package_version);
        return true;
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
    bool installs = practice->profile->plugin_execution;
    sql_do(practice->sql,
           "INSERT INTO plugins (tenant, id, package_name, package_version, archive_name,"
           " visibility, title, distribution, distribution_release, distribution_version,"
           " package_source, uploaded_at, created_by, supported_platform, wheels,"
           " supported_py_versions) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
           "ssssssssssssssss", request->tenant, id, info->package_name, info->package_version,
           mem_printf(request, "%s%s", installs ? "installing-" : "",
                      info->archive_name == NULL ? "" : info->archive_name),
           visibility, title != NULL ? title : info->package_name, info->distribution,
           info->distribution_release, info->distribution_version, info->package_source,
           practice_now(practice, request), request->user, info->supported_platform, info->wheels,
           info->supported_py_versions);
    ledger_count(practice, LEDGER_PLUGINS,
                 mem_printf(request, "%s-%s", info->package_name, info->package_version), "");
}

/* Up to 5.0.5 the workers install it at once, by an execution of their own. */
static void install(struct request *request, const char *id)
{
    struct practice *practice = request->practice;
    if (!practice->profile->plugin_execution) {
        return;
    }
    struct exec_row row = {
        .id = practice_uuid(practice, request),
        .tenant = request->tenant,
        .workflow = "install_plugin",
        .status = "pending",
        .parameters = mem_printf(request, "{\"plugin\": {\"id\": \"%s\"}}", id),
        .user = request->user,
        .visibility = "tenant",
        .created_at = practice_now(practice, request),
        .is_system = true,
        .allow_custom = true,
    };
    (void)exec_insert(practice, &row);
    workflow_launch(practice, row.id, practice_now_ms(practice));
}

/* Its bytes, in the place of the plugin: the upload, or a wagon out of a caravan. */
static bool keep_file(struct request *request, const struct plugin_part *part, bool caravan,
                      const char *id)
{
    const char *path = practice_plugin_path(request->practice, request, id);
    bool good = true;
    if (!caravan) {
        good = rename(request->body_path, path) == 0;
        request->body_path = good ? NULL : request->body_path;
    } else {
        FILE *out = fopen(path, "wb");
        good = out != NULL && fwrite(part->data, 1, part->size, out) == part->size;
        good = out != NULL && fclose(out) == 0 && good;
    }
    if (!good) {
        reply_internal_error(request, mem_printf(request, "OSError: %s", strerror(errno)));
    }
    return good;
}

/* NULL: the reply is filled. */
static const char *choose_id(struct request *request)
{
    struct practice *practice = request->practice;
    const char *id = practice->profile->client_plugin_id ? request_param(request, "id") : NULL;
    if (id == NULL) {
        return practice_uuid(practice, request);
    }
    if (sql_one_int(practice->sql, 0, "SELECT 1 FROM plugins WHERE id = ?", "s", id) == 0) {
        return id;
    }
    reply_error(request, 409, "conflict_error",
                "<Plugin id=`%s` tenant=`%s`> already exists on <Tenant name=`%s`> or with global "
                "visibility",
                id, request->tenant, request->tenant);
    return NULL;
}

static bool take_part(struct request *request, const struct plugin_part *part, bool caravan,
                      const char *visibility)
{
    if (practice_listed(request->practice, "upload_breaks", request->tenant,
                        part->info.package_name)) {
        reply_error(request, 400, "invalid_plugin_error", "The plugin %s cannot be used",
                    part->info.package_name);
        return false;
    }
    if (is_there(request, &part->info, visibility)) {
        return false;
    }
    const char *id = caravan ? practice_uuid(request->practice, request) : choose_id(request);
    if (id == NULL || !keep_file(request, part, caravan, id)) {
        return false;
    }
    insert_plugin(request, &part->info, id, visibility);
    install(request, id);
    if (!caravan) {
        list_write_row(request->practice, reply_json(request, 201), &list_plugins,
                       list_find(request, &list_plugins, id));
        (void)buf_puts(&request->reply.body, "\n");
    }
    return true;
}

/* The answer to a caravan is wrong: nothing, or every plugin there is (facts 4.2). */
static void reply_caravan(struct request *request)
{
    request->params_count = 0; /* they are no filters */
    list_reply(request, &list_plugins,
               request->practice->profile->caravan_lists_all ? NULL : "t.seq < 0");
    request->reply.status = 201;
}

void handle_plugin_upload(struct request *request)
{
    struct plugin_archive archive = {0};
    const char *why = NULL;
    const char *visibility = request_param(request, "visibility");
    visibility = mem_strdup(request, visibility == NULL ? "tenant" : visibility);
    if (!visibility_is_right(request, visibility) || snapshot_forbids(request) ||
        !body_is_there(request)) {
        return;
    }
    bool one_yaml = request->practice->version.major < 6;
    if (!plugin_archive_read(request, request->body_path, one_yaml, &archive, &why)) {
        reply_error(request, 400, "invalid_plugin_error", "%s", why);
        return;
    }
    for (size_t i = 0; i < archive.count; i++) {
        if (!take_part(request, &archive.parts[i], archive.caravan, visibility)) {
            return;
        }
    }
    if (archive.caravan) {
        reply_caravan(request);
    }
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
    if (practice->profile->deletes_with_body) {
        list_write_row(practice, reply_json(request, 200), &list_plugins, seq);
        (void)buf_puts(&request->reply.body, "\n");
    } else {
        reply_empty(request, 204);
    }
    sql_do(practice->sql, "DELETE FROM plugins WHERE seq = ?", "i", seq);
    (void)unlink(practice_plugin_path(practice, request, id));
    ledger_count(practice, LEDGER_PLUGINS_DELETED, id, "");
}
