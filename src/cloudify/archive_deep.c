#include "cloudify/archive_deep.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cloudify/archive_file.h"

/* Sizes and signatures of APPNOTE.TXT 4.3 (the zip specification). */
#define LOCAL_SIZE 30
#define LOCAL_SIGNATURE 0x04034b50U
#define DESCRIPTOR_SIGNATURE 0x08074b50U
#define DESCRIPTOR_MAX 24
#define ZIP64_EXTRA 0x0001U
#define FLAG_DESCRIPTOR 0x0008U
#define NOT_HERE 0xffffffffU
#define SOME_EXTRA 512 /* bytes of an extra field that are read along */
#define HEAD_MAX (LOCAL_SIZE + CLOUDIFY_ARCHIVE_NAME_MAX + 65535)

struct deep {
    const struct archive_source *source;
    bool (*was_read)(const char *name);
    void *scope;
    unsigned char *head;         /* of the member at hand */
    struct archive_pairs ranges; /* offset of each member, first byte behind it */
    struct archive_pairs names;  /* 0, hash of each name */
    int64_t done;                /* bytes of the file */
    int64_t member_done;         /* unpacked bytes of the member at hand */
    const struct archive_zip_member *member;
};

static uint32_t le16(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t le32(const unsigned char *p)
{
    return le16(p) | le16(p + 2) << 16;
}

static int64_t le64(const unsigned char *p)
{
    uint64_t value = (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;

    return value > INT64_MAX ? -1 : (int64_t)value;
}

static enum ferry_code differs(const struct deep *deep, struct ferry_error *err, const char *what)
{
    ferry_fail(err, FERRY_E_ARCHIVE,
               "archive \"%s\": member \"%.256s\": the central directory and %s",
               deep->source->zip->path, deep->member->name, what);
    return archive_hint(err);
}

/* The two sizes of a local header; those that do not fit into it stand in its extra field, the
   unpacked one first (4.5.3). False: they are not there. */
static bool local_sizes(const unsigned char *head, int64_t *size, int64_t *packed)
{
    const unsigned char *extra = head + LOCAL_SIZE + le16(head + 26);
    size_t left = le16(head + 28);

    *packed = le32(head + 18);
    *size = le32(head + 22);
    if (*packed != NOT_HERE && *size != NOT_HERE) {
        return true;
    }
    while (left >= 4 && le16(extra + 2) <= left - 4) {
        size_t length = le16(extra + 2);
        if (le16(extra) == ZIP64_EXTRA && length >= 16) {
            *size = le64(extra + 4);
            *packed = le64(extra + 12);
            return true;
        }
        extra += 4 + length;
        left -= 4 + length;
    }
    return false;
}

/* Does a descriptor at p, whose sizes have so many bytes, say what the directory says? */
static bool is_descriptor(const struct archive_zip_member *member, const unsigned char *p,
                          size_t width)
{
    int64_t packed = width == 4 ? (int64_t)le32(p + 4) : le64(p + 4);
    int64_t size = width == 4 ? (int64_t)le32(p + 8) : le64(p + 12);

    return le32(p) == member->crc && packed == member->packed && size == member->size;
}

/* 4.3.9: with or without a signature, with sizes of 4 or of 8 bytes. */
static size_t descriptor_size(const struct archive_zip_member *member, const unsigned char *p,
                              size_t left)
{
    for (size_t start = 0; start <= 4; start += 4) {
        for (size_t width = 4; width <= 8; width += 4) {
            size_t whole = start + 4 + 2 * width;
            if (whole <= left && (start == 0 || le32(p) == DESCRIPTOR_SIGNATURE) &&
                is_descriptor(member, p + start, width)) {
                return whole;
            }
        }
    }
    return 0;
}

static enum ferry_code check_descriptor(struct deep *deep, int64_t *end, struct ferry_error *err)
{
    unsigned char bytes[DESCRIPTOR_MAX];
    size_t got = 0;
    enum ferry_code code =
        archive_file_read(deep->source->zip, bytes, sizeof bytes, *end, &got, err);

    if (code != FERRY_OK) {
        return code;
    }
    size_t size = descriptor_size(deep->member, bytes, got);
    *end += (int64_t)size;
    return size > 0 ? FERRY_OK
                    : differs(deep, err,
                              "the descriptor behind its data do not agree on its "
                              "sizes and checksum");
}

/* Reads the local header of the member with all of its name and extra field. *end: the first byte
   behind the member's data. */
static enum ferry_code read_local(struct deep *deep, int64_t *end, struct ferry_error *err)
{
    const struct archive_zip_member *member = deep->member;
    size_t name = strlen(member->name);
    size_t whole = LOCAL_SIZE + name;
    size_t got = 0;
    enum ferry_code code = archive_file_read(deep->source->zip, deep->head, whole + SOME_EXTRA,
                                             member->offset, &got, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (got < whole || le32(deep->head) != LOCAL_SIGNATURE || le16(deep->head + 26) != name ||
        memcmp(deep->head + LOCAL_SIZE, member->name, name) != 0) {
        return differs(deep, err, "its own header do not agree on its name");
    }
    whole += le16(deep->head + 28);
    if (whole > got) {
        code = archive_file_read(deep->source->zip, deep->head, whole, member->offset, &got, err);
    }
    *end = member->offset + (int64_t)whole + member->packed;
    if (code == FERRY_OK && (whole > got || *end > deep->source->zip->directory)) {
        return differs(deep, err, "its own header do not agree on where it ends");
    }
    return code;
}

/* *end: the first byte behind the member. */
static enum ferry_code check_local(struct deep *deep, int64_t *end, struct ferry_error *err)
{
    const struct archive_zip_member *member = deep->member;
    const unsigned char *head = deep->head;
    int64_t size = 0;
    int64_t packed = 0;
    enum ferry_code code = read_local(deep, end, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (le16(head + 8) != member->method) {
        return differs(deep, err, "its own header do not agree on how it is packed");
    }
    if ((le16(head + 6) & FLAG_DESCRIPTOR) != 0) {
        return check_descriptor(deep, end, err);
    }
    if (!local_sizes(head, &size, &packed) || size != member->size || packed != member->packed ||
        le32(head + 14) != member->crc) {
        return differs(deep, err, "its own header do not agree on its sizes and checksum");
    }
    return FERRY_OK;
}

static enum ferry_code tell(struct deep *deep, struct ferry_error *err)
{
    const struct archive_zip_member *member = deep->member;
    int64_t part =
        member->size > 0 && deep->member_done < member->size
            ? (int64_t)((double)member->packed * (double)deep->member_done / (double)member->size)
            : member->packed;

    return archive_progress(deep->source, deep->done + part, deep->source->zip->size, err);
}

static enum ferry_code take(void *arg, const char *data, size_t size, bool *stop,
                            struct ferry_error *err)
{
    struct deep *deep = arg;

    (void)data;
    (void)stop;
    deep->member_done += (int64_t)size;
    return tell(deep, err);
}

static int64_t hash_name(const char *name)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a */

    for (; *name != '\0'; name++) {
        hash = (hash ^ (unsigned char)*name) * 1099511628211U;
    }
    return (int64_t)(hash & INT64_MAX);
}

static enum ferry_code visit(void *arg, const struct archive_zip_member *member,
                             struct ferry_error *err)
{
    struct deep *deep = arg;
    const struct archive_sink sink = {.take = take, .arg = deep};
    int64_t end = 0;

    deep->member = member;
    deep->member_done = 0;
    enum ferry_code code = check_local(deep, &end, err);
    if (code == FERRY_OK && !deep->was_read(member->name)) {
        code = archive_zip_read(deep->source->zip, member, &sink, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    archive_pairs_add(deep->scope, &deep->ranges, member->offset, end);
    archive_pairs_add(deep->scope, &deep->names, 0, hash_name(member->name));
    deep->done += end - member->offset;
    deep->member_done = 0;
    return archive_progress(deep->source, deep->done, deep->source->zip->size, err);
}

static enum ferry_code check_overlap(struct deep *deep, struct ferry_error *err)
{
    const struct archive_pairs *ranges = &deep->ranges;

    archive_pairs_sort(&deep->ranges);
    for (size_t i = 1; i < ranges->count; i++) {
        if (ranges->items[i].key < ranges->items[i - 1].value) {
            ferry_fail(err, FERRY_E_ARCHIVE,
                       "archive \"%s\": two members overlap at byte %lld of the file",
                       deep->source->zip->path, (long long)ranges->items[i].key);
            return archive_hint(err);
        }
    }
    return FERRY_OK;
}

enum ferry_code archive_check_deep(const struct archive_source *source,
                                   bool (*was_read)(const char *name), struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct deep deep = {.source = source, .was_read = was_read, .scope = scope};

    deep.head = mem_array(scope, unsigned char, HEAD_MAX);
    enum ferry_code code = archive_zip_each(source->zip, visit, &deep, err);
    if (code == FERRY_OK) {
        code = check_overlap(&deep, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    if (deep.ranges.full) {
        archive_warn(source->archive,
                     "more than %d members: whether the rest overlap was not looked at",
                     CLOUDIFY_ARCHIVE_ROWS_MAX);
    }
    int64_t distinct = archive_pairs_distinct(&deep.names);
    if (distinct != (int64_t)deep.names.count) {
        archive_warn(source->archive,
                     "%lld names of members stand twice: a manager takes the later one",
                     (long long)((int64_t)deep.names.count - distinct));
    }
    return FERRY_OK;
}
