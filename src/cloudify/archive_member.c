/*
 * The data of one member. libarchive's streaming zip reader is set on the member's local header,
 * so that only this member is read: it unpacks and checks the CRC.
 */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cloudify/archive.h"
#include "cloudify/archive_file.h"

#define BLOCK (64 * 1024)
#define SMALL_BLOCK 512
/* After the data: a descriptor of at most 24 bytes (APPNOTE 4.3.9). Before them: the local header
   with a name and an extra field. */
#define LOCAL_SIZE 30
#define AROUND (LOCAL_SIZE + 65535 + 65535 + 24)

struct feed {
    const struct archive_zip *zip;
    int64_t at;
    int64_t data_end; /* when its local header has no extra field and no descriptor follows */
    int64_t end;      /* when both are as long as can be */
    char *block;
    struct ferry_error error; /* of reading the file, kept through libarchive */
};

static la_ssize_t feed_read(struct archive *reader, void *data, const void **out)
{
    struct feed *feed = data;
    /* An archive has 100,000 small members: no more is read of each than it probably has. */
    int64_t probably = feed->at < feed->data_end ? feed->data_end - feed->at : SMALL_BLOCK;
    int64_t left = feed->end - feed->at < probably ? feed->end - feed->at : probably;
    size_t want = left < BLOCK ? (size_t)left : BLOCK;
    size_t got = 0;

    if (archive_file_read(feed->zip, feed->block, want, feed->at, &got, &feed->error) != FERRY_OK) {
        archive_set_error(reader, feed->error.sys, "%s", feed->error.message);
        return -1;
    }
    feed->at += (int64_t)got;
    *out = feed->block;
    return (la_ssize_t)got;
}

static enum ferry_code refuse(const struct archive_zip *zip,
                              const struct archive_zip_member *member, struct ferry_error *err,
                              const char *why)
{
    ferry_fail(err, FERRY_E_ARCHIVE, "archive \"%s\": member \"%.256s\" %s", zip->path,
               member->name, why);
    return archive_hint(err);
}

enum ferry_code archive_zip_allows(const struct archive_zip *zip,
                                   const struct archive_zip_member *member, int64_t limit,
                                   struct ferry_error *err)
{
    if (member->encrypted) {
        return refuse(zip, member, err, "is encrypted");
    }
    if (limit > 0 && member->size > limit) {
        return refuse(zip, member, err, "is larger than any that a manager writes");
    }
    if (member->size > CLOUDIFY_ARCHIVE_RATIO_FROM &&
        member->size / CLOUDIFY_ARCHIVE_RATIO_MAX > member->packed) {
        return refuse(zip, member, err, "unpacks to too many times its size");
    }
    return FERRY_OK;
}

static enum ferry_code failed(const struct feed *feed, const struct archive_zip_member *member,
                              struct archive *reader, struct ferry_error *err)
{
    const char *why = archive_error_string(reader);

    if (feed->error.code != FERRY_OK) {
        return ferry_fail_errno(err, FERRY_E_IO, feed->error.sys, "cannot read archive \"%s\"",
                                feed->zip->path);
    }
    void *scope FERRY_SCOPE = mem_scope(NULL);
    return refuse(feed->zip, member, err,
                  mem_printf(scope, "cannot be unpacked: %s", why == NULL ? "damaged" : why));
}

static enum ferry_code pump(struct feed *feed, struct archive *reader,
                            const struct archive_zip_member *member,
                            const struct archive_sink *sink, struct ferry_error *err)
{
    int64_t total = 0;
    bool stop = false;

    for (;;) {
        const void *data = NULL;
        size_t size = 0;
        la_int64_t offset = 0;
        int result = archive_read_data_block(reader, &data, &size, &offset);
        if (result == ARCHIVE_EOF) {
            break;
        }
        if (result != ARCHIVE_OK) {
            return failed(feed, member, reader, err);
        }
        total += (int64_t)size;
        if (total > member->size) {
            return refuse(feed->zip, member, err, "is longer than the central directory says");
        }
        if (size > 0) {
            enum ferry_code code = sink->take(sink->arg, data, size, &stop, err);
            if (code != FERRY_OK || stop) {
                return code;
            }
        }
    }
    if (total != member->size) {
        return refuse(feed->zip, member, err, "is shorter than the central directory says");
    }
    return FERRY_OK;
}

static enum ferry_code read_member(struct feed *feed, struct archive *reader,
                                   const struct archive_zip_member *member,
                                   const struct archive_sink *sink, struct ferry_error *err)
{
    struct archive_entry *entry = NULL;

    if (archive_read_support_format_zip_streamable(reader) != ARCHIVE_OK ||
        archive_read_open(reader, feed, NULL, feed_read, NULL) != ARCHIVE_OK ||
        archive_read_next_header(reader, &entry) < ARCHIVE_WARN) {
        return failed(feed, member, reader, err);
    }
    return pump(feed, reader, member, sink, err);
}

/* Python's zip reader, which the managers use, refuses a member whose two names differ. */
static enum ferry_code check_name(const struct archive_zip *zip,
                                  const struct archive_zip_member *member, struct ferry_error *err)
{
    char head[LOCAL_SIZE + CLOUDIFY_ARCHIVE_NAME_MAX];
    size_t length = strlen(member->name);
    size_t got = 0;
    enum ferry_code code =
        archive_file_read(zip, head, LOCAL_SIZE + length, member->offset, &got, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (got != LOCAL_SIZE + length || memcmp(head, "PK\3\4", 4) != 0 ||
        (size_t)(unsigned char)head[26] + ((size_t)(unsigned char)head[27] << 8) != length ||
        memcmp(head + LOCAL_SIZE, member->name, length) != 0) {
        return refuse(zip, member, err, "has another name in its own header");
    }
    return FERRY_OK;
}

enum ferry_code archive_zip_read(struct archive_zip *zip, const struct archive_zip_member *member,
                                 const struct archive_sink *sink, struct ferry_error *err)
{
    enum ferry_code code = archive_zip_allows(zip, member, sink->limit, err);

    if (code == FERRY_OK) {
        code = check_name(zip, member, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    if (zip->block == NULL) {
        zip->block = mem_array(zip, char, BLOCK);
    }
    struct feed feed = {.zip = zip, .at = member->offset, .block = zip->block};
    feed.data_end =
        member->offset + LOCAL_SIZE + (int64_t)strlen(member->name) + member->packed + SMALL_BLOCK;
    feed.end = member->offset + AROUND + member->packed;
    if (feed.end > zip->size) { /* libarchive wants to see more than the last descriptor */
        feed.end = zip->size;
    }
    struct archive *reader = archive_read_new();
    if (reader == NULL) {
        mem_exhausted();
    }
    code = read_member(&feed, reader, member, sink, err);
    (void)archive_read_free(reader);
    return code;
}
