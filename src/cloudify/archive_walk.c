/*
 * Members proven while their archive is still on its way: from one local header to the next. What
 * it does not understand it leaves to the check at the end, which unpacks whatever was not proven
 * here; so it may give up at any byte, and only ever says yes.
 */
#define ZLIB_CONST /* what is unpacked is not written to */

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "cloudify/archive_local.h"
#include "cloudify/archive_walk.h"

#define EXTRA_MAX 512 /* of a header that is followed; managers write 20 (facts 5.1) */
#define HEAD_MAX (ARCHIVE_LOCAL_SIZE + CLOUDIFY_ARCHIVE_NAME_MAX + EXTRA_MAX)
#define PIECE (64 * 1024)
#define FIRST_ROOM 64
#define STORED 0
#define DEFLATED 8

struct proven {
    int64_t start, end; /* with its header, and with what stands behind its data */
    int64_t packed, size;
    uint32_t crc;
};

struct cloudify_archive_walk {
    enum { AT_HEAD, IN_DATA, AT_DESCRIPTOR, OVER } state;
    int64_t at; /* of the next byte in the file */
    unsigned char head[HEAD_MAX];
    size_t held; /* bytes of the header or descriptor at hand */
    int64_t start;
    struct archive_local local;
    int64_t packed;    /* bytes of its data so far, */
    int64_t unpacked;  /* what they unpacked to, */
    uLong crc;         /* and their sum */
    bool wrong, ended; /* ended: by the deflated data's own account */
    z_stream inflate;
    unsigned char *piece;
    struct proven *proven; /* by their offset, as they came */
    size_t count, room;
};

static int walk_free(struct cloudify_archive_walk *walk)
{
    (void)inflateEnd(&walk->inflate);
    return 0;
}

struct cloudify_archive_walk *cloudify_archive_walk_new(const void *ctx)
{
    struct cloudify_archive_walk *walk = mem_new(ctx, struct cloudify_archive_walk);

    walk->piece = mem_array(walk, unsigned char, PIECE);
    if (inflateInit2(&walk->inflate, -MAX_WBITS) != Z_OK) { /* without a header of its own */
        mem_exhausted();
    }
    talloc_set_destructor(walk, walk_free);
    return walk;
}

static bool has_descriptor(const struct cloudify_archive_walk *walk)
{
    return (walk->local.flags & ARCHIVE_LOCAL_DESCRIPTOR) != 0;
}

/* Are its sizes told before the data? With a descriptor they are 0 there, mostly. */
static bool has_sizes(const struct cloudify_archive_walk *walk)
{
    return !has_descriptor(walk) || walk->local.method == STORED;
}

static void take_unpacked(struct cloudify_archive_walk *walk, const unsigned char *data,
                          size_t size)
{
    walk->crc = crc32(walk->crc, data, (uInt)size);
    walk->unpacked += (int64_t)size;
    walk->wrong = walk->wrong || (has_sizes(walk) && walk->unpacked > walk->local.size);
}

/* Bytes that belong to it. */
static size_t unpack(struct cloudify_archive_walk *walk, const unsigned char *data, size_t size)
{
    z_stream *inflating = &walk->inflate;

    inflating->next_in = data;
    inflating->avail_in = (uInt)size;
    while (!walk->wrong && !walk->ended) {
        int result;

        inflating->next_out = walk->piece;
        inflating->avail_out = PIECE;
        result = inflate(inflating, Z_NO_FLUSH);
        if (result == Z_BUF_ERROR) {
            break; /* it wants more */
        }
        walk->ended = result == Z_STREAM_END;
        walk->wrong = result != Z_OK && !walk->ended;
        take_unpacked(walk, walk->piece, PIECE - inflating->avail_out);
    }
    return size - inflating->avail_in;
}

static void add_proven(struct cloudify_archive_walk *walk, int64_t end)
{
    if (walk->count == CLOUDIFY_ARCHIVE_ROWS_MAX) {
        walk->state = OVER;
        return;
    }
    if (walk->count == walk->room) {
        walk->room = walk->room == 0 ? FIRST_ROOM : walk->room + walk->room / 2;
        walk->proven = mem_resize(walk, walk->proven, struct proven, walk->room);
    }
    walk->proven[walk->count++] = (struct proven){.start = walk->start,
                                                  .end = end,
                                                  .packed = walk->packed,
                                                  .size = walk->unpacked,
                                                  .crc = (uint32_t)walk->crc};
}

/* All of its data are read. */
static void end_data(struct cloudify_archive_walk *walk)
{
    const struct archive_local *local = &walk->local;
    bool whole = local->method == STORED || walk->ended;

    walk->held = 0;
    walk->state = whole ? AT_HEAD : OVER;
    if (whole && has_descriptor(walk)) {
        walk->state = AT_DESCRIPTOR;
    } else if (whole && walk->unpacked == local->size && walk->crc == local->crc) {
        add_proven(walk, walk->at);
    }
}

static bool is_folder(const struct cloudify_archive_walk *walk)
{
    size_t name = walk->local.name;

    return name == 0 || walk->head[ARCHIVE_LOCAL_SIZE + name - 1] == '/';
}

/* Can its data be followed, and should they? A bomb is left to the check at the end. */
static bool is_plain(const struct cloudify_archive_walk *walk)
{
    const struct archive_local *local = &walk->local;

    if ((local->flags & ~(ARCHIVE_LOCAL_DESCRIPTOR | ARCHIVE_LOCAL_HARMLESS)) != 0 ||
        (local->method != STORED && local->method != DEFLATED)) {
        return false;
    }
    if (is_folder(walk)) { /* with data it is an oddity */
        return !has_descriptor(walk) && local->packed == 0 && local->size == 0;
    }
    return !has_sizes(walk) || (local->packed >= 0 && local->size >= 0 &&
                                (local->method == DEFLATED || local->size == local->packed));
}

static bool is_bomb(const struct cloudify_archive_walk *walk)
{
    return walk->unpacked > CLOUDIFY_ARCHIVE_RATIO_FROM &&
           walk->unpacked / CLOUDIFY_ARCHIVE_RATIO_MAX > walk->packed;
}

static void begin_member(struct cloudify_archive_walk *walk)
{
    if (!archive_local_extra(walk->head + ARCHIVE_LOCAL_SIZE + walk->local.name, &walk->local) ||
        !is_plain(walk)) {
        walk->state = OVER;
        return;
    }
    walk->state = IN_DATA;
    walk->start = walk->at - (int64_t)walk->held;
    walk->packed = 0;
    walk->unpacked = 0;
    walk->crc = crc32(0, NULL, 0);
    walk->wrong = walk->ended = false;
    (void)inflateReset(&walk->inflate);
    if (has_sizes(walk) && walk->local.packed == 0) {
        end_data(walk);
    }
}

/* Bytes of the header that are there in the end, as far as is known. */
static size_t head_size(const struct cloudify_archive_walk *walk)
{
    return walk->held < ARCHIVE_LOCAL_SIZE
               ? ARCHIVE_LOCAL_SIZE
               : ARCHIVE_LOCAL_SIZE + walk->local.name + walk->local.extra;
}

static size_t take_head(struct cloudify_archive_walk *walk, const unsigned char *data, size_t size)
{
    size_t lacking = head_size(walk) - walk->held;
    size_t part = size < lacking ? size : lacking;

    memcpy(walk->head + walk->held, data, part);
    walk->held += part;
    walk->at += (int64_t)part;
    if (part < lacking) {
        return part;
    }
    if (walk->held == ARCHIVE_LOCAL_SIZE &&
        (!archive_local_read(walk->head, &walk->local) || head_size(walk) > sizeof walk->head)) {
        walk->state = OVER; /* the central directory, mostly */
    } else if (walk->held == head_size(walk)) {
        begin_member(walk);
    }
    return part;
}

static size_t take_data(struct cloudify_archive_walk *walk, const unsigned char *data, size_t size)
{
    int64_t left = has_sizes(walk) ? walk->local.packed - walk->packed : INT64_MAX;
    size_t part = (int64_t)size < left ? size : (size_t)left;

    if (walk->local.method == STORED) {
        take_unpacked(walk, data, part);
    } else {
        part = unpack(walk, data, part);
    }
    walk->at += (int64_t)part;
    walk->packed += (int64_t)part;
    if (walk->wrong || is_bomb(walk) || (walk->ended && has_sizes(walk) && (int64_t)part < left)) {
        walk->state = OVER;
    } else if (walk->ended || (int64_t)part == left) {
        end_data(walk);
    }
    return part;
}

/* What is read too far belongs to the next header. */
static size_t take_descriptor(struct cloudify_archive_walk *walk, const unsigned char *data,
                              size_t size)
{
    size_t lacking = ARCHIVE_DESCRIPTOR_MAX - walk->held;
    size_t part = size < lacking ? size : lacking;
    size_t length;

    memcpy(walk->head + walk->held, data, part);
    walk->held += part;
    walk->at += (int64_t)part;
    if (part < lacking) {
        return part;
    }
    length = archive_descriptor_size(walk->head, walk->held, (uint32_t)walk->crc, walk->packed,
                                     walk->unpacked);
    walk->held -= length;
    walk->state = length > 0 ? AT_HEAD : OVER;
    if (length > 0) {
        memmove(walk->head, walk->head + length, walk->held);
        add_proven(walk, walk->at - (int64_t)walk->held);
    }
    return part;
}

void cloudify_archive_walk_on(struct cloudify_archive_walk *walk, const void *data, size_t size)
{
    const unsigned char *from = data;

    while (size > 0 && walk->state != OVER) {
        size_t part = 0;

        if (walk->state == AT_HEAD) {
            part = take_head(walk, from, size);
        } else if (walk->state == IN_DATA) {
            part = take_data(walk, from, size);
        } else {
            part = take_descriptor(walk, from, size);
        }
        from += part;
        size -= part;
    }
}

static int compare(const void *key, const void *item)
{
    const int64_t *offset = key;
    const struct proven *proven = item;

    return *offset < proven->start ? -1 : *offset > proven->start;
}

bool archive_walk_proved(const struct cloudify_archive_walk *walk,
                         const struct archive_zip_member *member, int64_t end)
{
    const struct proven *found = NULL;

    if (walk->count > 0) {
        found = bsearch(&member->offset, walk->proven, walk->count, sizeof *found, compare);
    }
    return found != NULL && found->end == end && found->packed == member->packed &&
           found->size == member->size && found->crc == member->crc;
}
