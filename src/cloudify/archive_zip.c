#include "cloudify/archive_zip.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "cloudify/archive.h"
#include "cloudify/archive_file.h"
#include "cloudify/little_endian.h"

/* Sizes and signatures of APPNOTE.TXT 4.3 (the zip specification). */
#define END_SIGNATURE 0x06054b50U
#define END_SIZE 22
#define END64_SIGNATURE 0x06064b50U
#define END64_SIZE 56
#define LOCATOR_SIGNATURE 0x07064b50U
#define LOCATOR_SIZE 20
#define ENTRY_SIGNATURE 0x02014b50U
#define ENTRY_SIZE 46
#define LOCAL_SIGNATURE 0x04034b50U
#define LOCAL_SIZE 30
#define ZIP64_EXTRA 0x0001U
#define FLAG_ENCRYPTED 0x0001U
#define NOT_HERE 0xffffffffU /* the value stands in the ZIP64 extra field */

#define TAIL_MAX (END_SIZE + 65535 + LOCATOR_SIZE + END64_SIZE)
#define ENTRY_MAX (ENTRY_SIZE + 3 * 65535)
#define WINDOW (256 * 1024) /* of the directory; more than ENTRY_MAX */

enum ferry_code archive_hint(struct ferry_error *err)
{
    ferry_error_hint(err, "fetch the snapshot again from its manager and compare the sizes; a "
                          "manager would accept this file and then hang in the restore");
    return err == NULL ? FERRY_E_ARCHIVE : err->code;
}

static enum ferry_code damaged(const struct archive_zip *zip, struct ferry_error *err,
                               const char *why)
{
    ferry_fail(err, FERRY_E_ARCHIVE, "archive \"%s\" is damaged: %s", zip->path, why);
    return archive_hint(err);
}

static int zip_close(struct archive_zip *zip)
{
    (void)close(zip->fd);
    return 0;
}

enum ferry_code archive_file_read(const struct archive_zip *zip, void *data, size_t size,
                                  int64_t offset, size_t *done, struct ferry_error *err)
{
    size_t got = 0;

    while (got < size) {
        ssize_t n = pread(zip->fd, (char *)data + got, size - got, (off_t)(offset + (int64_t)got));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return ferry_fail_errno(err, FERRY_E_IO, errno, "cannot read archive \"%s\"",
                                    zip->path);
        }
        if (n == 0) {
            break;
        }
        got += (size_t)n;
    }
    *done = got;
    return FERRY_OK;
}

static enum ferry_code open_file(struct archive_zip *zip, const char *path, struct ferry_error *err)
{
    struct stat st;

    zip->path = mem_strdup(zip, path);
    zip->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a fifo must not hold us up */
    if (zip->fd < 0) {
        int sys = errno;
        enum ferry_code code = sys == ENOENT || sys == ENOTDIR ? FERRY_E_NOT_FOUND : FERRY_E_IO;
        ferry_fail_errno(err, code, sys, "cannot open archive \"%s\"", path);
        ferry_error_hint(err, "check its name (snapshot.file in upgrade.yaml) and its rights");
        return code;
    }
    talloc_set_destructor(zip, zip_close);
    if (fstat(zip->fd, &st) != 0) {
        return ferry_fail_errno(err, FERRY_E_IO, errno, "cannot stat archive \"%s\"", path);
    }
    if (!S_ISREG(st.st_mode)) {
        ferry_fail(err, FERRY_E_ARCHIVE, "archive \"%s\" is not a file", path);
        ferry_error_hint(err, "snapshot.file must name the zip file itself");
        return FERRY_E_ARCHIVE;
    }
    zip->size = (int64_t)st.st_size;
    if (zip->size == 0) {
        ferry_fail(err, FERRY_E_ARCHIVE, "archive \"%s\" is empty", path);
        return archive_hint(err);
    }
    return FERRY_OK;
}

/* The end record is the last signature whose comment fits into the file; -1: there is none. */
static int64_t find_end(const unsigned char *tail, size_t size)
{
    if (size < END_SIZE) {
        return -1;
    }
    for (size_t at = size - END_SIZE + 1; at-- > 0;) {
        if (le32(tail + at) == END_SIGNATURE && at + END_SIZE + le16(tail + at + 20) <= size) {
            return (int64_t)at;
        }
    }
    return -1;
}

static enum ferry_code no_directory(const struct archive_zip *zip, const unsigned char *head,
                                    size_t size, struct ferry_error *err)
{
    if (size >= 4 && le32(head) == LOCAL_SIGNATURE) {
        ferry_fail(err, FERRY_E_ARCHIVE,
                   "archive \"%s\" is cut off: its central directory is missing after %lld bytes",
                   zip->path, (long long)zip->size);
    } else {
        ferry_fail(err, FERRY_E_ARCHIVE, "archive \"%s\" is not a zip file", zip->path);
    }
    return archive_hint(err);
}

/* end points at the end record, which stands at offset of the file. */
static enum ferry_code read_end(struct archive_zip *zip, const unsigned char *tail, int64_t at,
                                int64_t offset, struct ferry_error *err)
{
    const unsigned char *end = tail + at;
    uint64_t entries = le16(end + 10);
    uint64_t size = le32(end + 12);
    uint64_t start = le32(end + 16);
    int64_t stop = offset; /* where the directory must end */

    if (at >= LOCATOR_SIZE + END64_SIZE && le32(end - LOCATOR_SIZE) == LOCATOR_SIGNATURE) {
        const unsigned char *end64 = end - LOCATOR_SIZE - END64_SIZE;
        if (le32(end64) != END64_SIGNATURE) {
            return damaged(zip, err, "its ZIP64 end record is not where it should be");
        }
        entries = le64(end64 + 32);
        size = le64(end64 + 40);
        start = le64(end64 + 48);
        stop -= LOCATOR_SIZE + END64_SIZE;
    } else if (le16(end + 4) != 0 || le16(end + 6) != 0) {
        return damaged(zip, err, "it is one part of a split archive");
    }
    if (size > (uint64_t)stop || start > (uint64_t)stop - size || entries > size / ENTRY_SIZE) {
        return damaged(zip, err, "its central directory lies outside of the file");
    }
    zip->shift = stop - (int64_t)size - (int64_t)start; /* bytes put before the zip, as Python */
    zip->directory = (int64_t)start + zip->shift;
    zip->directory_size = (int64_t)size;
    zip->members = (int64_t)entries;
    return FERRY_OK;
}

enum ferry_code archive_file_open(const void *ctx, const char *path, struct archive_zip **out,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct archive_zip *zip = mem_new(scope, struct archive_zip);
    enum ferry_code code = open_file(zip, path, err);

    if (code == FERRY_OK) {
        *out = mem_move(ctx, zip);
    }
    return code;
}

enum ferry_code archive_zip_open(const void *ctx, const char *path, struct archive_zip **out,
                                 struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct archive_zip *zip = NULL;
    unsigned char *tail = mem_array(scope, unsigned char, TAIL_MAX);
    unsigned char head[4];
    size_t head_size = 0;
    size_t got = 0;

    enum ferry_code code = archive_file_open(scope, path, &zip, err);
    if (code != FERRY_OK) {
        return code;
    }
    int64_t from = zip->size > TAIL_MAX ? zip->size - TAIL_MAX : 0;
    code = archive_file_read(zip, tail, (size_t)(zip->size - from), from, &got, err);
    if (code == FERRY_OK) {
        code = archive_file_read(zip, head, sizeof head, 0, &head_size, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    int64_t at = find_end(tail, got);
    if (at < 0) {
        return no_directory(zip, head, head_size, err);
    }
    code = read_end(zip, tail, at, from + at, err);
    if (code == FERRY_OK) {
        *out = mem_move(ctx, zip);
    }
    return code;
}

int64_t archive_zip_size(const struct archive_zip *zip)
{
    return zip->size;
}

int64_t archive_zip_members(const struct archive_zip *zip)
{
    return zip->members;
}

/* Takes the 64-bit values from the extra field, in the order of APPNOTE 4.5.3. */
static bool read_zip64(const unsigned char *extra, size_t size, uint64_t values[3],
                       const bool wanted[3])
{
    while (size >= 4) {
        size_t length = le16(extra + 2);
        if (length > size - 4) {
            return false;
        }
        if (le16(extra) == ZIP64_EXTRA) {
            const unsigned char *p = extra + 4;
            for (size_t i = 0; i < 3; i++) {
                if (!wanted[i]) {
                    continue;
                }
                if (length < 8) {
                    return false;
                }
                values[i] = le64(p);
                p += 8;
                length -= 8;
            }
            return true;
        }
        extra += 4 + length;
        size -= 4 + length;
    }
    return !wanted[0] && !wanted[1] && !wanted[2];
}

/* A name that could leave the folder it is unpacked in; the restore unpacks all of them. */
static bool unsafe_name(const char *name)
{
    for (const char *p = name; p != NULL; p = strchr(p, '/'), p = p == NULL ? NULL : p + 1) {
        if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == '\0')) {
            return true;
        }
    }
    return name[0] == '/' || name[0] == '\0';
}

static const char *read_entry(const struct archive_zip *zip, const unsigned char *p, char *name,
                              struct archive_zip_member *member)
{
    size_t name_size = le16(p + 28);
    size_t extra_size = le16(p + 30);
    uint64_t values[3] = {le32(p + 24), le32(p + 20), le32(p + 42)};
    const bool wanted[3] = {values[0] == NOT_HERE, values[1] == NOT_HERE, values[2] == NOT_HERE};

    if (name_size > CLOUDIFY_ARCHIVE_NAME_MAX) {
        return "the name of a member is too long";
    }
    memcpy(name, p + ENTRY_SIZE, name_size);
    name[name_size] = '\0';
    if (strlen(name) != name_size || unsafe_name(name)) {
        return "the name of a member leaves its folder or is not a name";
    }
    if (!read_zip64(p + ENTRY_SIZE + name_size, extra_size, values, wanted)) {
        return "the ZIP64 sizes of a member are missing";
    }
    if (values[0] > INT64_MAX / 2 || values[1] > (uint64_t)zip->directory ||
        values[2] > (uint64_t)(zip->directory - zip->shift) ||
        (int64_t)values[2] + zip->shift + LOCAL_SIZE + (int64_t)values[1] > zip->directory) {
        return "a member lies outside of the file";
    }
    *member = (struct archive_zip_member){.name = name,
                                          .size = (int64_t)values[0],
                                          .packed = (int64_t)values[1],
                                          .offset = (int64_t)values[2] + zip->shift,
                                          .encrypted = (le16(p + 8) & FLAG_ENCRYPTED) != 0,
                                          .method = le16(p + 10),
                                          .crc = le32(p + 16)};
    return NULL;
}

struct window {
    unsigned char *data;
    size_t size; /* bytes in data */
    size_t at;
    int64_t next; /* offset of the file after data */
};

/* Makes sure that a whole entry, or all that is left of the directory, stands in the window. */
static enum ferry_code fill(const struct archive_zip *zip, struct window *window,
                            struct ferry_error *err)
{
    size_t left = window->size - window->at;
    int64_t stop = zip->directory + zip->directory_size;
    size_t got = 0;

    if (left >= ENTRY_MAX || window->next >= stop) {
        return FERRY_OK;
    }
    memmove(window->data, window->data + window->at, left);
    size_t want = WINDOW - left;
    if ((int64_t)want > stop - window->next) {
        want = (size_t)(stop - window->next);
    }
    enum ferry_code code =
        archive_file_read(zip, window->data + left, want, window->next, &got, err);
    window->at = 0;
    window->size = left + got;
    window->next += (int64_t)got;
    return code != FERRY_OK || got == want ? code : damaged(zip, err, "it became shorter");
}

enum ferry_code archive_zip_each(struct archive_zip *zip,
                                 enum ferry_code (*visit)(void *arg,
                                                          const struct archive_zip_member *member,
                                                          struct ferry_error *err),
                                 void *arg, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *name = mem_array(scope, char, CLOUDIFY_ARCHIVE_NAME_MAX + 1);
    struct window window = {.data = mem_array(scope, unsigned char, WINDOW),
                            .next = zip->directory};
    int64_t room = zip->directory; /* members that overlap need more than there is: a bomb */
    enum ferry_code code = FERRY_OK;

    for (int64_t i = 0; i < zip->members && code == FERRY_OK; i++) {
        struct archive_zip_member member;
        code = fill(zip, &window, err);
        if (code != FERRY_OK) {
            return code;
        }
        const unsigned char *p = window.data + window.at;
        size_t left = window.size - window.at;
        if (left < ENTRY_SIZE || le32(p) != ENTRY_SIGNATURE) {
            return damaged(zip, err, "its central directory ends too early");
        }
        size_t length = ENTRY_SIZE + le16(p + 28) + le16(p + 30) + le16(p + 32);
        if (length > left) {
            return damaged(zip, err, "its central directory ends too early");
        }
        const char *why = read_entry(zip, p, name, &member);
        room -= why == NULL ? member.packed + LOCAL_SIZE : 0;
        if (why != NULL || room < 0) {
            return damaged(zip, err, why != NULL ? why : "its members overlap");
        }
        window.at += length;
        code = visit(arg, &member, err);
    }
    if (code == FERRY_OK &&
        (window.at != window.size || window.next != zip->directory + zip->directory_size)) {
        return damaged(zip, err, "its central directory holds more than its end record says");
    }
    return code;
}
