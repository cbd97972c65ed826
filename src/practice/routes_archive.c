/* Archives of snapshots: in by body or by URL, out whole or in pieces. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "practice/faults.h"
#include "practice/fetch.h"
#include "practice/file_reply.h"
#include "practice/ledger.h"
#include "practice/list.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"

static const char nulls[] =
    "{\"created_at\": null, \"id\": null, \"visibility\": null, \"status\": null, \"error\": null,"
    " \"tenant_name\": null, \"created_by\": null, \"resource_availability\": null,"
    " \"private_resource\": null}\n";

/* Fetches snapshot_archive_url into the body file; false: the reply is filled. */
static bool fetch_body(struct request *request, const char *url)
{
    if (request->body_bytes > 0) {
        reply_error(request, 400, "bad_parameters_error",
                    "Can pass snapshot as only one of: URL via query parameters, request body, "
                    "multi-form or chunked.");
        return false;
    }
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        reply_error(request, 400, "bad_parameters_error", "Invalid URL %s", url);
        return false;
    }
    char why[512];
    if (!fetch_into(url, request->body_fd, why, sizeof why)) {
        reply_error(request, 400, "bad_parameters_error", "Cannot fetch %s: %s", url, why);
        return false;
    }
    return true;
}

static bool body_is_there(struct request *request)
{
    const char *url = request_param(request, "snapshot_archive_url");
    if (request->body_fd < 0) {
        reply_internal_error(request, "OSError: [Errno 28] No space left on device");
        return false;
    }
    if (url != NULL) {
        return fetch_body(request, url);
    }
    const char *type = request_header(request, "Content-Type");
    bool multipart = type != NULL && strncmp(type, "multipart/", 10) == 0;
    if (multipart || request->body_bytes == 0) {
        reply_internal_error(request,
                             mem_printf(request,
                                        "FileNotFoundError: [Errno 2] No such file or directory: "
                                        "'/opt/manager/resources/snapshots/.uploading/%s'",
                                        request->args[0]));
        return false;
    }
    return true;
}

/* File first, then the row: the order of 7.0; one transaction makes it the same for all. */
static bool keep_archive(struct request *request)
{
    const char *path = practice_archive_path(request->practice, request, request->args[0]);
    if (rename(request->body_path, path) != 0) {
        reply_internal_error(request, mem_printf(request, "OSError: %s", strerror(errno)));
        return false;
    }
    request->body_path = NULL;
    return true;
}

static void insert_row(struct request *request, const char *id)
{
    sql_do(request->practice->sql,
           "INSERT INTO snapshots (tenant, id, created_at, status, error, created_by)"
           " VALUES (?, ?, ?, 'uploaded', '', ?)",
           "ssss", request->tenant, id, practice_now(request->practice, request), request->user);
}

void handle_archive_upload(struct request *request)
{
    struct practice *practice = request->practice;
    const char *id = request->args[0];
    int64_t seq = list_find(request, &list_snapshots, id);
    if (seq != 0 && !practice->profile->upload_replaces) {
        reply_error(request, 409, "conflict_error",
                    "<Snapshot id=`%s` tenant=`%s`> already exists on <Tenant name=`%s`> or with "
                    "global visibility",
                    id, request->tenant, request->tenant);
        return;
    }
    if (!body_is_there(request)) {
        return;
    }
    /* Up to 6.4 the row comes before the file (facts 1.1), and a crash between them leaves it. */
    if (!practice->profile->upload_replaces && practice_switch(practice, "upload_loses_file")) {
        practice_keep(practice, "upload_loses_file", NULL);
        insert_row(request, id);
        reply_internal_error(request, "OSError: [Errno 5] Input/output error");
        return;
    }
    if (!keep_archive(request)) {
        return;
    }
    ledger_count(practice, LEDGER_UPLOADS, id, "");
    cluster_uploaded(practice, id, request->node);
    if (seq != 0) {
        reply_json_text(request, 201, nulls);
        return;
    }
    insert_row(request, id);
    seq = list_find(request, &list_snapshots, id);
    list_write_row(practice, reply_json(request, 201), &list_snapshots, seq);
    (void)buf_puts(&request->reply.body, "\n");
}

/* Another file in the place of one that may be half downloaded. Without from, the same one with all
   its bits the other way: as long, but no zip. */
static void replace_file(struct request *request, const char *path, const char *from)
{
    struct stat old = {0};
    char piece[65536];
    const char *temporary = mem_printf(request, "%s.new", path);
    int in = open(from == NULL ? path : from, O_RDONLY | O_CLOEXEC);
    int out = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = in >= 0 && out >= 0 && stat(path, &old) == 0;
    ssize_t size = 0;
    while (good && (size = read(in, piece, sizeof piece)) > 0) {
        for (ssize_t i = 0; from == NULL && i < size; i++) {
            piece[i] = (char)~piece[i];
        }
        good = write(out, piece, (size_t)size) == size;
    }
    /* The ETag tells seconds: the new file is of another one than the old. */
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = old.st_mtime + 1}};
    if (!good || futimens(out, times) != 0 || rename(temporary, path) != 0) {
        (void)fprintf(stderr, "ferry-practice: cannot replace %s\n", path);
    }
    (void)close(in);
    (void)close(out);
}

void handle_archive_download(struct request *request)
{
    struct practice *practice = request->practice;
    const char *id = request->args[0];
    int64_t seq = list_find(request, &list_snapshots, id);
    if (seq == 0) {
        reply_not_found(request, "Snapshot", id);
        return;
    }
    if (sql_one_int(practice->sql, 0, "SELECT status = 'failed' FROM snapshots WHERE seq = ?", "i",
                    seq) != 0) {
        reply_error(request, 400, "snapshot_action_error", "Failed snapshot cannot be downloaded");
        return;
    }
    if (!cluster_has_archive(practice, id, request->node, false)) {
        reply_nginx(request, 404);
        return;
    }
    const char *path = practice_archive_path(practice, request, id);
    if (request->fault != NULL && request->fault->kind == FAULT_REPLACE_FILE) {
        replace_file(request, path, request->fault->file);
    }
    file_reply(request, path, mem_printf(request, "%s.zip", id), id);
}

void handle_plugin_archive(struct request *request)
{
    const char *id = request->args[0];
    int64_t seq = list_find(request, &list_plugins, id);
    if (seq == 0) {
        reply_not_found(request, "Plugin", id);
        return;
    }
    file_reply(request, practice_plugin_path(request->practice, request, id),
               sql_one_text(request, request->practice->sql,
                            "SELECT archive_name FROM plugins WHERE seq = ?", "i", seq),
               NULL);
}
