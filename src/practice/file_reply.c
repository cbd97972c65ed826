#include "practice/file_reply.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/parse.h"
#include "practice/practice.h"
#include "practice/request.h"

struct file {
    int fd;
    int64_t size;
    const char *etag, *modified; /* NULL: not told */
    bool ranges;
};

enum range { RANGE_WHOLE, RANGE_PART, RANGE_WRONG };

static bool read_number(const void *ctx, const char *from, size_t length, int64_t *out)
{
    return parse_int64(mem_strndup(ctx, from, length), 0, INT64_MAX, out);
}

/* What stands before and behind the dash; a side that is missing leaves its number. */
static bool read_sides(const void *ctx, const char *text, int64_t *first, int64_t *last)
{
    const char *dash = strchr(text, '-');
    if (dash == NULL || (dash == text && dash[1] == '\0')) {
        return false;
    }
    return (dash == text || read_number(ctx, text, (size_t)(dash - text), first)) &&
           (dash[1] == '\0' || read_number(ctx, dash + 1, strlen(dash + 1), last));
}

/* "bytes=A-B", "bytes=A-", "bytes=-N"; several parts at once are answered by the whole. */
static enum range read_range(const void *ctx, const char *text, int64_t size, int64_t *from,
                             int64_t *length)
{
    int64_t first = 0;
    int64_t last = size - 1;
    *from = 0;
    *length = size;
    if (text == NULL || strncmp(text, "bytes=", 6) != 0 || strchr(text, ',') != NULL) {
        return RANGE_WHOLE;
    }
    text += 6;
    if (!read_sides(ctx, text, &first, &last)) {
        return RANGE_WRONG;
    }
    if (*text == '-') { /* the last so many bytes */
        first = last >= size ? 0 : size - last;
        last = size - 1;
    }
    last = last >= size ? size - 1 : last;
    *from = first;
    *length = last - first + 1;
    return first < size && last >= first ? RANGE_PART : RANGE_WRONG;
}

char *http_date(const void *ctx, time_t time)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm at;
    (void)gmtime_r(&time, &at);
    return mem_printf(ctx, "%s, %02d %s %d %02d:%02d:%02d GMT", days[at.tm_wday], at.tm_mday,
                      months[at.tm_mon], at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
}

static bool open_file(struct request *request, const char *path, bool archive, struct file *file)
{
    struct stat status;
    struct practice *practice = request->practice;
    file->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (file->fd < 0 || fstat(file->fd, &status) != 0) {
        reply_nginx(request, 404);
        return false;
    }
    const char *ranges = practice_text(practice, request, "ranges");
    file->ranges =
        !archive || (ranges == NULL ? practice->profile->ranges : strcmp(ranges, "on") == 0);
    file->size = status.st_size;
    if (!archive || !practice_switch(practice, "no_etag")) {
        file->etag = mem_printf(request, "\"%" PRIx64 "-%" PRIx64 "\"", (uint64_t)status.st_mtime,
                                (uint64_t)status.st_size);
        file->modified = http_date(request, status.st_mtime);
    }
    return true;
}

static bool same(const char *asked, const char *is)
{
    return is != NULL && strcmp(asked, is) == 0;
}

/* True: a condition of the client ends it, by 304 or 412. */
static bool condition_ends(struct request *request, const struct file *file)
{
    const char *known = request_header(request, "If-None-Match");
    const char *wanted = request_header(request, "If-Match");
    if (wanted != NULL && strcmp(wanted, "*") != 0 && !same(wanted, file->etag)) {
        reply_nginx(request, 412);
        return true;
    }
    if (known != NULL && same(known, file->etag)) {
        reply_empty(request, 304);
        return true;
    }
    return false;
}

static void send_part(struct request *request, const struct file *file)
{
    struct reply *reply = &request->reply;
    const char *range = file->ranges ? request_header(request, "Range") : NULL;
    const char *if_range = request_header(request, "If-Range");
    if (if_range != NULL && !same(if_range, file->etag) && !same(if_range, file->modified)) {
        range = NULL;
    }
    enum range kind = read_range(request, range, file->size, &reply->file_from, &reply->file_size);
    if (kind == RANGE_WRONG) {
        (void)close(file->fd);
        reply_nginx(request, 416);
        reply_header(request, "Content-Range", mem_printf(request, "bytes */%" PRId64, file->size));
        return;
    }
    reply_empty(request, kind == RANGE_WHOLE ? 200 : 206);
    reply->type = "application/octet-stream";
    reply->fd = file->fd;
    reply->file_total = file->size;
    if (kind == RANGE_PART) {
        reply_header(request, "Content-Range",
                     mem_printf(request, "bytes %" PRId64 "-%" PRId64 "/%" PRId64, reply->file_from,
                                reply->file_from + reply->file_size - 1, file->size));
    } else if (file->ranges) {
        reply_header(request, "Accept-Ranges", "bytes");
    }
}

void file_reply(struct request *request, const char *path, const char *name, const char *snapshot)
{
    struct file file = {.fd = -1};
    bool opened = open_file(request, path, snapshot != NULL, &file);
    reply_header(request, "Content-Disposition",
                 mem_printf(request, "attachment; filename=\"%s\"", name));
    if (!opened) {
        return;
    }
    if (file.etag != NULL) {
        reply_header(request, "Last-Modified", file.modified);
        reply_header(request, "ETag", file.etag);
    }
    if (condition_ends(request, &file)) {
        (void)close(file.fd);
        return;
    }
    send_part(request, &file);
    if (request->reply.fd >= 0) {
        request->reply.snapshot = snapshot;
    }
}
