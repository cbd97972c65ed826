/* Archives of snapshots: in by body or by URL, out whole or in pieces. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/parse.h"
#include "practice/fetch.h"
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

/* "bytes=A-B", "bytes=A-", "bytes=-N". False: unsatisfiable; whole is set when it is no range. */
static bool read_range(const char *text, int64_t size, int64_t *from, int64_t *length, bool *whole)
{
    *whole = true;
    *from = 0;
    *length = size;
    if (text == NULL || strncmp(text, "bytes=", 6) != 0 || strchr(text, ',') != NULL) {
        return true;
    }
    char first[24];
    char last[24];
    const char *dash = strchr(text + 6, '-');
    if (dash == NULL || (size_t)(dash - text - 6) >= sizeof first ||
        strlen(dash + 1) >= sizeof last) {
        return true;
    }
    (void)snprintf(first, sizeof first, "%.*s", (int)(dash - text - 6), text + 6);
    (void)snprintf(last, sizeof last, "%s", dash + 1);
    int64_t a = 0;
    int64_t b = size - 1;
    if ((*first != '\0' && !parse_int64(first, 0, INT64_MAX, &a)) ||
        (*last != '\0' && !parse_int64(last, 0, INT64_MAX, &b))) {
        return true;
    }
    *whole = false;
    if (*first == '\0') { /* the last b bytes */
        a = b >= size ? 0 : size - b;
        b = size - 1;
    }
    if (b >= size) {
        b = size - 1;
    }
    *from = a;
    *length = b - a + 1;
    return a < size && b >= a;
}

static void put_file_headers(struct request *request, const char *name, const char *etag,
                             const struct stat *status)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm at;
    (void)gmtime_r(&status->st_mtime, &at);
    reply_header(request, "Last-Modified",
                 mem_printf(request, "%s, %02d %s %d %02d:%02d:%02d GMT", days[at.tm_wday],
                            at.tm_mday, months[at.tm_mon], at.tm_year + 1900, at.tm_hour, at.tm_min,
                            at.tm_sec));
    reply_header(request, "Content-Disposition",
                 mem_printf(request, "attachment; filename=\"%s\"", name));
    reply_header(request, "ETag", etag);
}

static void send_file(struct request *request, int fd, const struct stat *status, const char *etag)
{
    int64_t size = status->st_size;
    bool whole = true;
    struct reply *reply = &request->reply;
    const char *if_range = request_header(request, "If-Range");
    const char *range = request_header(request, "Range");
    if (if_range != NULL && strcmp(if_range, etag) != 0) {
        range = NULL;
    }
    if (!read_range(range, size, &reply->file_from, &reply->file_size, &whole)) {
        (void)close(fd);
        reply_nginx(request, 416);
        reply_header(request, "Content-Range", mem_printf(request, "bytes */%" PRId64, size));
        return;
    }
    reply_empty(request, whole ? 200 : 206);
    reply->type = "application/octet-stream";
    reply->fd = fd;
    if (whole) {
        reply_header(request, "Accept-Ranges", "bytes");
        return;
    }
    reply_header(request, "Content-Range",
                 mem_printf(request, "bytes %" PRId64 "-%" PRId64 "/%" PRId64, reply->file_from,
                            reply->file_from + reply->file_size - 1, size));
}

/* As nginx serves a file that the application named by X-Accel-Redirect. */
static void reply_file(struct request *request, const char *path, const char *name)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        reply_nginx(request, 404);
        return;
    }
    const char *etag = mem_printf(request, "\"%" PRIx64 "-%" PRIx64 "\"", (uint64_t)status.st_mtime,
                                  (uint64_t)status.st_size);
    put_file_headers(request, name, etag, &status);
    const char *known = request_header(request, "If-None-Match");
    if (known != NULL && strcmp(known, etag) == 0) {
        (void)close(fd);
        reply_empty(request, 304);
        return;
    }
    send_file(request, fd, &status, etag);
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
    reply_file(request, practice_archive_path(practice, request, id),
               mem_printf(request, "%s.zip", id));
}

void handle_plugin_archive(struct request *request)
{
    const char *id = request->args[0];
    int64_t seq = list_find(request, &list_plugins, id);
    if (seq == 0) {
        reply_not_found(request, "Plugin", id);
        return;
    }
    reply_file(request, practice_plugin_path(request->practice, request, id),
               sql_one_text(request, request->practice->sql,
                            "SELECT archive_name FROM plugins WHERE seq = ?", "i", seq));
}
