/* What a manager does with snapshots that it makes itself: rows, time, and the archive's bytes. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "manager.h"
#include "unit/cloudify/archive_fixture.h"

#define ETAG "\"one\""

/* Small, and an archive that a reader finds nothing wrong with. */
static void make_archive(struct manager *manager)
{
    struct zip_maker *zip = zip_maker_new(manager);
    char wagon[3000];

    memset(wagon, 'w', sizeof wagon);
    zip_maker_text(zip, "metadata.json", LEGACY_METADATA);
    zip_maker_text(zip, "pg_data", DUMP);
    zip_maker_add(zip, "plugins/p/x.wgn", wagon, sizeof wagon, NULL);
    manager->archive = zip_maker_end(zip, NULL, &manager->archive_size);
}

static void add_row(struct manager *manager, const char *id, const char *status)
{
    struct json *row = json_push_object(manager->snapshots);
    char *now = timefmt_utc(NULL, manager->now_ms);

    json_set_string(row, "id", id);
    json_set_string(row, "status", status);
    json_set_string(row, "created_at", now);
    json_set_string(row, "tenant_name", "default_tenant");
    json_set_null(row, "error");
    mem_free(now);
}

void manager_backup_begin(struct manager *manager)
{
    manager->snapshots = json_array(manager);
    make_archive(manager);
    add_row(manager, MANAGER_THEIRS, "created");
}

static struct json *find(struct manager *manager, const char *id)
{
    struct json *row = manager_row(manager->snapshots, id);

    return row && !json_bool_or(row, "_deleted", false) ? row : NULL;
}

static void ends(struct manager *manager, struct json *execution, const char *how,
                 const char *snapshot_is)
{
    const char *id = json_string_or(execution, "parameters.snapshot_id", "");
    struct json *row = find(manager, id);

    json_set_string(execution, "status", how);
    if (row) {
        json_set_string(row, "status", snapshot_is);
    }
}

static void settle(struct manager *manager, struct json *execution)
{
    const char *status = json_string_or(execution, "status", "");
    int64_t t = manager->now_ms - json_int64_or(execution, "_began", 0);

    if (strstr(status, "cancelling")) {
        if (manager->now_ms >= json_int64_or(execution, "_ends", 0)) {
            ends(manager, execution, "cancelled", "failed");
        }
    } else if (strcmp(status, "pending") == 0 || strcmp(status, "started") == 0) {
        if (t >= MANAGER_WORKFLOW_MS) {
            ends(manager, execution, "terminated", "created");
        } else if (t >= MANAGER_WORKFLOW_START_MS) {
            json_set_string(execution, "status", "started");
        }
    }
}

void manager_backup_settle(struct manager *manager)
{
    for (const struct json *row = json_first(manager->executions); row; row = json_next(row)) {
        if (strcmp(json_string_or(row, "workflow_id", ""), "create_snapshot") == 0) {
            settle(manager, (struct json *)(uintptr_t)row);
        }
    }
}

static void create(struct manager *manager, const char *id, const struct http_request *request,
                   struct http_reply *reply)
{
    struct json *body, *row;
    char execution[32];

    if (json_parse(reply, request->body, (size_t)request->body_size, &body, NULL)) {
        return; /* it was cut off */
    }
    if (find(manager, id)) {
        manager_error(reply, 409, "conflict_error", "snapshot with this id already exists");
        return;
    }
    if (manager_runs(manager)) {
        manager_error(reply, 400, "existing_running_execution_error", "You cannot start");
        return;
    }
    manager->ledger.created++;
    add_row(manager, id, "creating");
    snprintf(execution, sizeof execution, "create-%u", ++manager->serial);
    row = manager_add_execution(manager, execution, "create_snapshot", "default_tenant", NULL);
    json_set_string(json_set_object(row, "parameters"), "snapshot_id", id);
    manager_answer(reply, 201, row);
}

static void delete_row(struct manager *manager, struct json *row, struct http_reply *reply)
{
    if (strcmp(json_string_or(row, "status", ""), "creating") == 0) {
        manager_error(reply, 400, "snapshot_action_error", "it is being created");
        return;
    }
    json_set_bool(row, "_deleted", true);
    *(strcmp(json_string_or(row, "id", ""), MANAGER_THEIRS) == 0 ? &manager->ledger.deleted_theirs
                                                                 : &manager->ledger.deleted) += 1;
    manager_answer(reply, 200, row);
}

/* The body itself is not in the reply: the world writes it to the file. */
static void archive(const struct manager *manager, const struct http_request *request,
                    struct http_reply *reply)
{
    bool rest = request->method == HTTP_GET && request->reply_offset > 0;

    http_reply_fill(reply, rest ? 206 : 200, "application/octet-stream", "", 0);
    reply->etag = mem_strdup(reply, ETAG);
    reply->takes_ranges = true;
    reply->content_length = (int64_t)manager->archive_size - (rest ? request->reply_offset : 0);
    if (rest) {
        reply->range_from = request->reply_offset;
        reply->range_total = (int64_t)manager->archive_size;
    }
}

void manager_backup_snapshot(struct manager *manager, const char *rest,
                             const struct http_request *request, struct http_reply *reply)
{
    const char *tail = strchr(rest, '/');
    char *id = mem_strndup(reply, rest, tail ? (size_t)(tail - rest) : strlen(rest));
    struct json *row = find(manager, id);

    if (request->method == HTTP_PUT) {
        create(manager, id, request, reply);
    } else if (!row) {
        manager_error(reply, 404, "not_found_error", "Requested `Snapshot` was not found");
    } else if (request->method == HTTP_DELETE) {
        delete_row(manager, row, reply);
    } else if (tail) {
        archive(manager, request, reply);
    } else {
        manager_answer(reply, 200, row);
    }
}
