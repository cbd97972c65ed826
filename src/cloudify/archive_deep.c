#include "cloudify/archive_deep.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cloudify/archive_file.h"
#include "cloudify/archive_local.h"
#include "cloudify/archive_walk.h"

/* Sizes and signatures of APPNOTE.TXT 4.3 (the zip specification). */
#define SOME_EXTRA 512 /* bytes of an extra field that are read along */
#define HEAD_MAX (ARCHIVE_LOCAL_SIZE + CLOUDIFY_ARCHIVE_NAME_MAX + 65535)

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

static enum ferry_code differs(const struct deep *deep, struct ferry_error *err, const char *what)
{
    ferry_fail(err, FERRY_E_ARCHIVE,
               "archive \"%s\": member \"%.256s\": the central directory and %s",
               deep->source->zip->path, deep->member->name, what);
    return archive_hint(err);
}

static enum ferry_code check_descriptor(struct deep *deep, int64_t *end, struct ferry_error *err)
{
    const struct archive_zip_member *member = deep->member;
    unsigned char bytes[ARCHIVE_DESCRIPTOR_MAX];
    size_t got = 0;
    enum ferry_code code =
        archive_file_read(deep->source->zip, bytes, sizeof bytes, *end, &got, err);

    if (code != FERRY_OK) {
        return code;
    }
    size_t size = archive_descriptor_size(bytes, got, member->crc, member->packed, member->size);
    *end += (int64_t)size;
    return size > 0 ? FERRY_OK
                    : differs(deep, err,
                              "the descriptor behind its data do not agree on its "
                              "sizes and checksum");
}

/* Reads the local header of the member with all of its name and extra field. *end: the first byte
   behind the member's data. */
static enum ferry_code read_local(struct deep *deep, struct archive_local *local, int64_t *end,
                                  struct ferry_error *err)
{
    const struct archive_zip_member *member = deep->member;
    size_t name = strlen(member->name);
    size_t whole = ARCHIVE_LOCAL_SIZE + name;
    size_t got = 0;
    enum ferry_code code = archive_file_read(deep->source->zip, deep->head, whole + SOME_EXTRA,
                                             member->offset, &got, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (got < whole || !archive_local_read(deep->head, local) || local->name != name ||
        memcmp(deep->head + ARCHIVE_LOCAL_SIZE, member->name, name) != 0) {
        return differs(deep, err, "its own header do not agree on its name");
    }
    whole += local->extra;
    if (whole > got) {
        code = archive_file_read(deep->source->zip, deep->head, whole, member->offset, &got, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    *end = member->offset + (int64_t)whole + member->packed;
    if (whole > got || *end > deep->source->zip->directory) {
        return differs(deep, err, "its own header do not agree on where it ends");
    }
    (void)archive_local_extra(deep->head + whole - local->extra, local); /* unpacking tells */
    return FERRY_OK;
}

/* *end: the first byte behind the member. */
static enum ferry_code check_local(struct deep *deep, int64_t *end, struct ferry_error *err)
{
    const struct archive_zip_member *member = deep->member;
    struct archive_local local = {.flags = 0};
    enum ferry_code code = read_local(deep, &local, end, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (local.method != member->method) {
        return differs(deep, err, "its own header do not agree on how it is packed");
    }
    if ((local.flags & ARCHIVE_LOCAL_DESCRIPTOR) != 0) {
        return check_descriptor(deep, end, err);
    }
    if (local.size != member->size || local.packed != member->packed || local.crc != member->crc) {
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

/* Its data have been unpacked to their end before, and were right. */
static bool is_proven(const struct deep *deep, int64_t end)
{
    const struct archive_zip_member *member = deep->member;
    struct cloudify_archive_walk *walk = deep->source->options->walk;

    return deep->was_read(member->name) ||
           (walk != NULL && archive_walk_proved(walk, member, end) &&
            archive_zip_allows(deep->source->zip, member, 0, NULL) == FERRY_OK);
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
    if (code == FERRY_OK && !is_proven(deep, end)) {
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
