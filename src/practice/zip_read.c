#include "practice/zip_read.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

#define BLOCK (256 * 1024)
#define LINE_MAX_BYTES (64 * 1024 * 1024) /* one row of a data base dump */

static void archive_release(struct archive **archive)
{
    archive_read_free(*archive);
}

static const char *reason(struct archive *archive)
{
    const char *text = archive_error_string(archive);
    return text == NULL ? "no reason given" : text;
}

static enum ferry_code visit_entry(struct archive *archive, struct archive_entry *entry,
                                   const struct zip_visitor *visitor, struct ferry_error *err)
{
    const char *name = archive_entry_pathname_utf8(entry);
    if (name == NULL) {
        name = archive_entry_pathname(entry);
    }
    if (name == NULL) {
        return FERRY_OK;
    }
    struct zip_member member = {
        .name = name,
        .is_folder = archive_entry_filetype(entry) == AE_IFDIR,
        .size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : -1,
        .archive = archive};
    return visitor->visit(visitor->arg, &member, err);
}

static enum ferry_code walk(struct archive *archive, const struct zip_visitor *visitor,
                            enum content_problem *problem, struct ferry_error *err)
{
    for (bool first = true;; first = false) {
        struct archive_entry *entry = NULL;
        int result = archive_read_next_header(archive, &entry);
        if (result == ARCHIVE_EOF) {
            return FERRY_OK;
        }
        if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
            *problem = first ? CONTENT_NOT_ZIP : CONTENT_BAD_DATA;
            return ferry_fail(err, FERRY_E_ARCHIVE, "the archive is damaged: %s", reason(archive));
        }
        enum ferry_code code = visit_entry(archive, entry, visitor, err);
        if (code != FERRY_OK) {
            return code;
        }
    }
}

enum start { START_OTHER, START_MEMBER, START_END };

/* The first four bytes of a zip: a member, or the end of one that is empty. */
static enum start start_of(int fd)
{
    unsigned char head[4] = {0};
    if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head)) {
        return START_OTHER;
    }
    return memcmp(head, "PK\003\004", 4) == 0   ? START_MEMBER
           : memcmp(head, "PK\005\006", 4) == 0 ? START_END
                                                : START_OTHER;
}

enum ferry_code zip_walk(const char *path, const struct zip_visitor *visitor,
                         enum content_problem *problem, struct ferry_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        *problem = CONTENT_UNREADABLE;
        return ferry_fail_errno(err, errno == ENOENT ? FERRY_E_NOT_FOUND : FERRY_E_IO, errno,
                                "cannot open \"%s\"", path);
    }
    struct archive *archive FERRY_CLEANUP(archive_release) = archive_read_new();
    if (archive == NULL) {
        mem_exhausted();
    }
    enum ferry_code code = FERRY_OK;
    archive_read_support_format_zip_seekable(archive);
    enum start start = start_of(fd);
    if (start == START_END) { /* libarchive does not take an empty zip for one */
        code = FERRY_OK;
    } else if (start == START_OTHER) {
        *problem = CONTENT_NOT_ZIP;
        code = ferry_fail(err, FERRY_E_ARCHIVE, "\"%s\" is not a zip archive", path);
    } else if (archive_read_open_fd(archive, fd, BLOCK) != ARCHIVE_OK) {
        *problem = CONTENT_NOT_ZIP;
        code = ferry_fail(err, FERRY_E_ARCHIVE, "cannot read \"%s\" as a zip archive: %s", path,
                          reason(archive));
    } else {
        code = walk(archive, visitor, problem, err);
    }
    (void)close(fd);
    return code;
}

enum ferry_code zip_walk_memory(const void *data, size_t size, const struct zip_visitor *visitor,
                                struct ferry_error *err)
{
    struct archive *archive FERRY_CLEANUP(archive_release) = archive_read_new();
    enum content_problem problem = CONTENT_FINE;
    if (archive == NULL) {
        mem_exhausted();
    }
    archive_read_support_filter_gzip(archive);
    archive_read_support_format_tar(archive);
    archive_read_support_format_zip_seekable(archive);
    if (archive_read_open_memory(archive, data, size) != ARCHIVE_OK) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "cannot read the inner archive: %s",
                          reason(archive));
    }
    return walk(archive, visitor, &problem, err);
}

enum ferry_code zip_member_read(const void *ctx, const struct zip_member *member, size_t limit,
                                char **out, size_t *size, struct ferry_error *err)
{
    size_t room = member->size >= 0 && (uint64_t)member->size < limit ? (size_t)member->size : 4096;
    char *data = mem_array(ctx, char, room + 1);
    size_t used = 0;
    for (;;) {
        if (used == room) {
            room = room * 2 + 4096;
            data = mem_resize(ctx, data, char, room + 1);
        }
        la_ssize_t got = archive_read_data(member->archive, data + used, room - used);
        if (got < 0) {
            mem_free(data);
            return ferry_fail(err, FERRY_E_ARCHIVE, "cannot read \"%s\": %s", member->name,
                              reason(member->archive));
        }
        if (got == 0) {
            break;
        }
        used += (size_t)got;
        if (used > limit) {
            mem_free(data);
            return ferry_fail(err, FERRY_E_ARCHIVE, "\"%s\" is larger than %zu bytes", member->name,
                              limit);
        }
    }
    data[used] = '\0';
    *out = data;
    *size = used;
    return FERRY_OK;
}

enum ferry_code zip_member_json(const void *ctx, const struct zip_member *member, size_t limit,
                                struct json **out, struct ferry_error *err)
{
    char *text = NULL;
    size_t size = 0;
    enum ferry_code code = zip_member_read(NULL, member, limit, &text, &size, err);
    if (code != FERRY_OK) {
        return code;
    }
    code = json_parse(ctx, text, size, out, err);
    mem_free(text);
    if (code != FERRY_OK) {
        (void)ferry_error_prefix(err, "member \"%s\"", member->name);
        err->code = FERRY_E_ARCHIVE;
        return FERRY_E_ARCHIVE;
    }
    return FERRY_OK;
}

struct zip_lines {
    const struct zip_member *member;
    char *data;
    size_t room, from, to; /* unread bytes are data[from..to) */
    bool ended;
};

struct zip_lines *zip_lines_new(const void *ctx, const struct zip_member *member)
{
    struct zip_lines *lines = mem_new(ctx, struct zip_lines);
    lines->member = member;
    lines->room = BLOCK;
    lines->data = mem_array(lines, char, lines->room + 1);
    return lines;
}

/* Brings more bytes behind the unread ones. */
static enum ferry_code lines_fill(struct zip_lines *lines, struct ferry_error *err)
{
    if (lines->from > 0) {
        memmove(lines->data, lines->data + lines->from, lines->to - lines->from);
        lines->to -= lines->from;
        lines->from = 0;
    }
    if (lines->to == lines->room) {
        if (lines->room >= LINE_MAX_BYTES) {
            return ferry_fail(err, FERRY_E_ARCHIVE, "a line of \"%s\" is longer than %d bytes",
                              lines->member->name, LINE_MAX_BYTES);
        }
        lines->room *= 2;
        lines->data = mem_resize(lines, lines->data, char, lines->room + 1);
    }
    la_ssize_t got =
        archive_read_data(lines->member->archive, lines->data + lines->to, lines->room - lines->to);
    if (got < 0) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "cannot read \"%s\": %s", lines->member->name,
                          reason(lines->member->archive));
    }
    lines->ended = got == 0;
    lines->to += (size_t)got;
    return FERRY_OK;
}

enum ferry_code zip_lines_next(struct zip_lines *lines, char **line, size_t *length,
                               struct ferry_error *err)
{
    size_t looked = 0; /* bytes behind from that hold no line end */
    for (;;) {
        char *start = lines->data + lines->from;
        size_t unread = lines->to - lines->from;
        char *end = memchr(start + looked, '\n', unread - looked);
        if (end == NULL && lines->ended) {
            *line = unread == 0 ? NULL : start;
            *length = unread;
            start[unread] = '\0';
            lines->from = lines->to;
            return FERRY_OK;
        }
        if (end != NULL) {
            *line = start;
            *length = (size_t)(end - start);
            *end = '\0';
            lines->from += *length + 1;
            return FERRY_OK;
        }
        looked = unread;
        enum ferry_code code = lines_fill(lines, err);
        if (code != FERRY_OK) {
            return code;
        }
    }
}
