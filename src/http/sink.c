#include "http/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define SEND_OFF ((int64_t)8 * 1024 * 1024)
#define FILE_MODE 0600 /* archives hold password hashes and keys (facts 5.1) */

struct http_sink {
    const struct http_request *request;
    int fd;
    bool begun; /* the answer has been looked at, */
    bool takes; /* and its body goes into the file */
    bool anew;
    int64_t at; /* where the buffer's first byte belongs */
    size_t held;
    char *buffer;     /* HTTP_SINK_BUFFER bytes */
    struct stat mine; /* the file after our last write */
    bool touched;     /* and it was another one before the next */
    int64_t sent_off; /* what is before that is on its way to the disk */
};

static int sink_destroy(struct http_sink *sink)
{
    if (sink->fd >= 0) {
        (void)close(sink->fd);
        sink->fd = -1;
    }
    return 0;
}

/* Before a write: has anybody else written? Times of files move in steps of some milliseconds, so a
   write in the same step as ours is not seen. */
static void look_for_others(struct http_sink *sink)
{
    struct stat now;

    sink->touched = sink->touched || fstat(sink->fd, &now) != 0 ||
                    now.st_size != sink->mine.st_size ||
                    now.st_mtim.tv_sec != sink->mine.st_mtim.tv_sec ||
                    now.st_mtim.tv_nsec != sink->mine.st_mtim.tv_nsec;
}

static void note_mine(struct http_sink *sink)
{
    sink->touched = fstat(sink->fd, &sink->mine) != 0 || sink->touched;
}

/* The disk begins with what has come, so that the last byte need not wait for all of them. */
static void send_off(struct http_sink *sink)
{
    if (sink->at - sink->sent_off >= SEND_OFF) {
        (void)sync_file_range(sink->fd, sink->sent_off, sink->at - sink->sent_off,
                              SYNC_FILE_RANGE_WRITE);
        sink->sent_off = sink->at;
    }
}

/* What is there must hold at least what is not asked for again. */
static const char *file_problem(const struct http_sink *sink, const void *ctx)
{
    const struct http_request *request = sink->request;
    struct stat info;

    if (sink->fd < 0) {
        return mem_printf(ctx, "cannot open \"%s\": %s", request->reply_file,
                          errno == ELOOP ? "it is a symbolic link" : strerror(errno));
    }
    if (fstat(sink->fd, &info) != 0) {
        return mem_printf(ctx, "cannot look at \"%s\": %s", request->reply_file, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return mem_printf(ctx, "\"%s\" is not a regular file", request->reply_file);
    }
    if ((int64_t)info.st_size < request->reply_offset) {
        return mem_printf(ctx, "\"%s\" has %lld bytes, but had %lld before", request->reply_file,
                          (long long)info.st_size, (long long)request->reply_offset);
    }
    if (fchmod(sink->fd, FILE_MODE) != 0 ||
        (info.st_size > request->reply_offset && ftruncate(sink->fd, request->reply_offset) != 0)) {
        return mem_printf(ctx, "cannot write \"%s\": %s", request->reply_file, strerror(errno));
    }
    return NULL;
}

struct http_sink *http_sink_open(const void *ctx, const struct http_request *request,
                                 const char **why)
{
    struct http_sink *sink = mem_new(ctx, struct http_sink);

    sink->request = request;
    sink->at = request->reply_offset;
    sink->fd = open(request->reply_file,
                    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);
    talloc_set_destructor(sink, sink_destroy);
    *why = file_problem(sink, ctx);
    if (*why != NULL) {
        mem_free(sink);
        return NULL;
    }
    sink->buffer = mem_array(sink, char, HTTP_SINK_BUFFER);
    sink->sent_off = sink->at;
    note_mine(sink);
    return sink;
}

/* Do these two name the same content? A weak one promises too little to go on by. */
static bool is_same(const char *mine, const char *theirs)
{
    return mine == NULL || theirs == NULL || strcmp(mine, theirs) == 0;
}

bool http_sink_begin(struct http_sink *sink, const struct http_reply *reply, int status,
                     const char **why)
{
    const struct http_request *request = sink->request;

    if (sink->begun) {
        return true;
    }
    sink->begun = true;
    if (status != 200 && status != 206) {
        return true;
    }
    sink->takes = true;
    if (status == 206) {
        if (reply->range_from != request->reply_offset) {
            *why = mem_printf(sink, "asked for the bytes from %lld on, the answer begins at %lld",
                              (long long)request->reply_offset, (long long)reply->range_from);
            return false;
        }
        if (!is_same(request->reply_etag, reply->etag)) {
            *why = mem_printf(sink, "the file has changed on the manager: it was %s and is %s",
                              request->reply_etag, reply->etag);
            return false;
        }
        return true;
    }
    sink->anew = request->reply_offset > 0;
    sink->at = sink->sent_off = 0;
    if (ftruncate(sink->fd, 0) != 0) {
        *why = mem_printf(sink, "cannot write \"%s\": %s", request->reply_file, strerror(errno));
        return false;
    }
    note_mine(sink);
    return true;
}

bool http_sink_takes(const struct http_sink *sink)
{
    return sink->takes;
}

static bool flush(struct http_sink *sink, const char **why)
{
    size_t done = 0;

    look_for_others(sink);
    while (done < sink->held) {
        ssize_t n = pwrite(sink->fd, sink->buffer + done, sink->held - done,
                           (off_t)(sink->at + (int64_t)done));

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            *why = mem_printf(sink, "cannot write \"%s\": %s", sink->request->reply_file,
                              n < 0 ? strerror(errno) : "no byte was taken");
            memmove(sink->buffer, sink->buffer + done, sink->held - done);
            sink->at += (int64_t)done;
            sink->held -= done;
            return false;
        }
        done += (size_t)n;
    }
    sink->at += (int64_t)sink->held;
    sink->held = 0;
    note_mine(sink);
    send_off(sink);
    return true;
}

bool http_sink_write(struct http_sink *sink, const void *data, size_t size, const char **why)
{
    const char *from = data;

    while (size > 0) {
        size_t room = HTTP_SINK_BUFFER - sink->held;
        size_t part = size < room ? size : room;

        memcpy(sink->buffer + sink->held, from, part);
        sink->held += part;
        from += part;
        size -= part;
        if (sink->held == HTTP_SINK_BUFFER && !flush(sink, why)) {
            return false;
        }
    }
    return true;
}

bool http_sink_end(struct http_sink *sink, struct http_reply *reply, const char **why)
{
    bool good = flush(sink, why);

    if (sink->takes) {
        reply->file_bytes = sink->at;
        reply->file_anew = sink->anew;
        reply->file_touched = sink->touched;
    }
    (void)sink_destroy(sink);
    return good;
}

int64_t http_sink_bytes(const struct http_sink *sink)
{
    return sink->at + (int64_t)sink->held;
}
