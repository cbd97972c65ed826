#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/parse.h"
#include "practice/exec_rows.h"
#include "practice/jtext.h"
#include "practice/ledger.h"
#include "practice/list.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/restore.h"
#include "practice/routes.h"
#include "practice/workflow.h"

#define ID_MOST 256

void handle_snapshot_list(struct request *request)
{
    list_reply(request, &list_snapshots, NULL);
}

void handle_snapshot_get(struct request *request)
{
    list_reply_one(request, &list_snapshots, request->args[0]);
}

void handle_snapshot_status(struct request *request)
{
    /* A file on the disk of the node that restores (facts 1.1). */
    const struct state *state = &request->practice->state;
    bool here = state->restore_flag && state->restore_node == (int64_t)request->node;
    reply_json_text(request, 200,
                    here ? "{\"status\": \"running\"}\n" : "{\"status\": \"not-running\"}\n");
}

/* A boolean of the body: true, false, or a text that reads as one. */
static bool read_bool(struct request *request, const char *name, bool fallback, bool *out)
{
    const struct json *node = json_get(request->json, name);
    const char *text = json_text(node);
    *out = fallback;
    if (node == NULL || json_is_bool(node)) {
        *out = node == NULL ? fallback : json_is_true(node);
        return true;
    }
    if (text != NULL && parse_bool(text, out)) {
        return true;
    }
    reply_error(request, 400, "bad_parameters_error", "%s must be <true/false>, got %s", name,
                text != NULL ? text : json_print(request, node));
    return false;
}

static bool id_is_right(struct request *request, const char *id)
{
    if (strlen(id) > ID_MOST) {
        reply_error(request, 400, "bad_parameters_error",
                    "The `snapshot_id` argument is too long. Maximum allowed length is %d "
                    "characters",
                    ID_MOST);
        return false;
    }
    for (const char *at = id; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("-._", *at) == NULL) {
            reply_error(request, 400, "bad_parameters_error",
                        "The `snapshot_id` argument contains illegal characters. Only letters, "
                        "digits and the characters \"-\", \".\" and \"_\" are allowed");
            return false;
        }
    }
    if (!isalpha((unsigned char)*id)) {
        reply_error(request, 400, "bad_parameters_error",
                    "The `snapshot_id` argument must begin with a letter");
        return false;
    }
    return true;
}

static bool put_flag(struct request *request, struct json *out, const char *name, bool fallback)
{
    bool value = false;
    if (!read_bool(request, name, fallback, &value)) {
        return false;
    }
    json_set_bool(out, name, value);
    return true;
}

/* What 7.0 brought: the format, and how long to wait for the listener of its changes. */
static bool new_parameters(struct request *request, struct json *out)
{
    const struct json *timeout = json_get(request->json, "listener_timeout");
    double seconds = 0;
    if (!put_flag(request, out, "legacy", false)) {
        return false;
    }
    if (json_is_string(timeout) && !parse_double(json_text(timeout), 0, 1e9, &seconds)) {
        reply_error(request, 400, "bad_parameters_error",
                    "listener_timeout must a valid floating point number");
        return false;
    }
    json_set_null(out, "listener_timeout");
    return true;
}

static bool create_parameters(struct request *request, struct json *out)
{
    const struct profile *profile = request->practice->profile;
    json_set_string(out, "snapshot_id", request->args[0]);
    if (!put_flag(request, out, "include_credentials", true) ||
        !put_flag(request, out, "include_logs", true) ||
        !put_flag(request, out, "include_events", true) ||
        (profile->create_metrics && !put_flag(request, out, "include_metrics", false))) {
        return false;
    }
    (void)json_set_object(out, "config");
    if (profile->create_tempdir) {
        const char *folder = json_string_or(request->json, "tempdir_path", NULL);
        if (folder != NULL && access(folder, W_OK) != 0) {
            reply_error(request, 403, "forbidden_error",
                        "Temp dir cannot be created inside unwriteable location %s", folder);
            return false;
        }
        json_set_string(out, "tempdir_path", folder);
    }
    return !profile->new_format || new_parameters(request, out);
}

static void reply_execution(struct request *request, int status, int64_t seq)
{
    list_write_row(request->practice, reply_json(request, status), &list_executions, seq);
    (void)buf_puts(&request->reply.body, "\n");
}

static bool reply_running(struct request *request, const char *other)
{
    reply_error(request, 400, "existing_running_execution_error",
                "Cannot start execution because there are other executions running e.g.: %s",
                other);
    return false;
}

static void start_create(struct request *request, const struct json *parameters, bool queue)
{
    struct practice *practice = request->practice;
    bool alone = json_bool_or(parameters, "legacy", true);
    char *other = alone ? exec_any_running(practice, request) : exec_blocking(practice, request);
    if (other != NULL && !queue) {
        (void)reply_running(request, other);
        return;
    }
    const char *now = practice_now(practice, request);
    sql_do(practice->sql,
           "INSERT INTO snapshots (tenant, id, created_at, status, error, created_by)"
           " VALUES (?, ?, ?, 'creating', '', ?)",
           "ssss", request->tenant, request->args[0], now, request->user);
    struct exec_row row = {
        .id = practice_uuid(practice, request),
        .tenant = request->tenant,
        .workflow = "create_snapshot",
        .status = other == NULL ? "pending" : "queued",
        .parameters = json_print(request, parameters),
        .user = request->user,
        .visibility = "tenant",
        .created_at = now,
        .is_system = true,
        .allow_custom = true,
        .blocking = alone,
    };
    int64_t seq = exec_insert(practice, &row);
    if (other == NULL) {
        workflow_launch(practice, row.id, practice_now_ms(practice));
    }
    reply_execution(request, 201, seq);
}

void handle_snapshot_create(struct request *request)
{
    struct json *parameters = json_object(request);
    bool queue = false;
    const struct profile *profile = request->practice->profile;
    if ((profile->checks_id && !id_is_right(request, request->args[0])) ||
        !create_parameters(request, parameters) ||
        (profile->create_queues && !read_bool(request, "queue", false, &queue))) {
        return;
    }
    if (list_find(request, &list_snapshots, request->args[0]) != 0) {
        reply_error(request, 409, "conflict_error",
                    "<Snapshot id=`%s` tenant=`%s`> already exists on <Tenant name=`%s`> or with "
                    "global visibility",
                    request->args[0], request->tenant, request->tenant);
        return;
    }
    start_create(request, parameters, queue);
}

void handle_snapshot_patch(struct request *request)
{
    int64_t seq = list_find(request, &list_snapshots, request->args[0]);
    if (seq == 0) {
        reply_not_found(request, "Snapshot", request->args[0]);
        return;
    }
    sql_do(request->practice->sql,
           "UPDATE snapshots SET status = coalesce(?, status), error = ? WHERE seq = ?", "ssi",
           json_string_or(request->json, "status", NULL),
           json_string_or(request->json, "error", ""), seq);
    reply_json_text(request, 200, "null\n");
}

void handle_snapshot_delete(struct request *request)
{
    struct practice *practice = request->practice;
    const char *id = request->args[0];
    int64_t seq = list_find(request, &list_snapshots, id);
    if (seq == 0) {
        reply_not_found(request, "Snapshot", id);
        return;
    }
    const char *workflow =
        !practice->profile->delete_guarded
            ? NULL
            : sql_one_text(request, practice->sql,
                           "SELECT workflow_id FROM executions WHERE " EXEC_ACTIVE
                           " AND workflow_id IN ('create_snapshot', 'restore_snapshot')"
                           " AND json_extract(parameters, '$.snapshot_id') = ? LIMIT 1",
                           "s", id);
    if (workflow != NULL) {
        reply_error(request, 400, "snapshot_action_error",
                    "Cannot delete snapshot `%s` which has an active `%s` execution", id, workflow);
        return;
    }
    list_write_row(practice, reply_json(request, 200), &list_snapshots, seq);
    sql_do(practice->sql, "DELETE FROM snapshots WHERE seq = ?", "i", seq);
    (void)unlink(practice_archive_path(practice, request, id));
    sql_do(practice->sql, "DELETE FROM archives WHERE id = ?", "s", id);
    ledger_count(practice, LEDGER_DELETED, id, "");
}

struct wanted {
    bool force, certificates, no_reboot, ignore_plugins;
};

static bool read_wanted(struct request *request, struct wanted *wanted)
{
    if (json_get(request->json, "force") == NULL) {
        reply_internal_error(request, "KeyError: 'force'");
        return false;
    }
    if (request->practice->profile->needs_recreate_envs &&
        json_get(request->json, "recreate_deployments_envs") == NULL) {
        reply_error(request, 400, "bad_parameters_error",
                    "Missing recreate_deployments_envs in json request body");
        return false;
    }
    if (!read_bool(request, "force", false, &wanted->force) ||
        !read_bool(request, "restore_certificates", false, &wanted->certificates) ||
        !read_bool(request, "no_reboot", false, &wanted->no_reboot) ||
        !read_bool(request, "ignore_plugin_failure", false, &wanted->ignore_plugins)) {
        return false;
    }
    if (wanted->no_reboot && !wanted->certificates) {
        reply_error(request, 400, "bad_parameters_error",
                    "`no_reboot` is only relevant when `restore_certificates` is activated");
        return false;
    }
    const struct json *timeout = json_get(request->json, "timeout");
    int64_t seconds = 300;
    if (timeout != NULL && !json_is_number(timeout) &&
        (json_text(timeout) == NULL ||
         !parse_int64(json_text(timeout), INT32_MIN, INT32_MAX, &seconds))) {
        reply_error(request, 400, "bad_parameters_error",
                    "invalid parameter, should be int, got: %s",
                    json_text(timeout) != NULL ? json_text(timeout) : json_print(request, timeout));
        return false;
    }
    return true;
}

static char *restore_parameters(struct request *request, const struct wanted *wanted)
{
    struct json *out = json_object(request);
    json_set_string(out, "snapshot_id", request->args[0]);
    (void)json_set_object(out, "config");
    json_set_bool(out, "force", wanted->force);
    json_set_int(out, "timeout", 300);
    json_set_bool(out, "restore_certificates", wanted->certificates);
    json_set_bool(out, "no_reboot", wanted->no_reboot);
    json_set_bool(out, "premium_enabled", request->practice->options.premium);
    json_set_bool(out, "user_is_bootstrap_admin", request->is_bootstrap);
    return json_print(request, out);
}

/* The answer is the execution in the clothes of a snapshot (contract/09). */
static void reply_as_snapshot(struct request *request, const struct exec_row *row)
{
    struct buf *out = reply_json(request, 200);
    static const char *const names[] = {
        "created_at", "id",          "visibility", "status",
        "error",      "tenant_name", "created_by", "resource_availability"};
    const char *values[] = {row->created_at, row->id,   "tenant", row->status, NULL,
                            row->tenant,     row->user, "tenant"};
    bool first = true;
    (void)buf_puts(out, "{");
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        jtext_key(out, &first, names[i]);
        jtext_string(out, values[i]);
    }
    (void)buf_puts(out, ", \"private_resource\": false}\n");
}

void handle_snapshot_restore(struct request *request)
{
    struct practice *practice = request->practice;
    struct wanted wanted = {0};
    if (!read_wanted(request, &wanted)) {
        return;
    }
    int64_t seq = list_find(request, &list_snapshots, request->args[0]);
    if (seq == 0) {
        reply_not_found(request, "Snapshot", request->args[0]);
        return;
    }
    if (sql_one_int(practice->sql, 0, "SELECT status = 'failed' FROM snapshots WHERE seq = ?", "i",
                    seq) != 0) {
        reply_error(request, 400, "snapshot_action_error", "Failed snapshot cannot be restored");
        return;
    }
    if (practice->version.major < 5 && practice->cluster.count > 1) {
        reply_error(request, 400, "illegal_action_error",
                    "Cannot restore a snapshot on a manager that is part of a cluster");
        return;
    }
    char *other = exec_any_running(practice, request);
    struct exec_row row = {
        .id = practice_uuid(practice, request),
        .tenant = request->tenant,
        .workflow = "restore_snapshot",
        .status = "pending",
        .parameters = restore_parameters(request, &wanted),
        .user = request->user,
        .visibility = "tenant",
        .created_at = practice_now(practice, request),
        .is_system = true,
        .allow_custom = true,
        .blocking = true,
        .stuck = other != NULL,
    };
    (void)exec_insert(practice, &row);
    if (other != NULL) { /* the row stays behind, pending for ever */
        (void)reply_running(request, other);
        return;
    }
    struct restore_order order = {.execution = row.id,
                                  .snapshot = request->args[0],
                                  .node = request->node,
                                  .force = wanted.force,
                                  .bootstrap = request->is_bootstrap,
                                  .certificates = wanted.certificates,
                                  .no_reboot = wanted.no_reboot,
                                  .ignore_plugins = wanted.ignore_plugins};
    restore_launch(practice, &order);
    reply_as_snapshot(request, &row);
}
