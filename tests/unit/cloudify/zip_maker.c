#include "unit/cloudify/zip_maker.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define LIMIT ((size_t)256 << 20)

struct zip_maker {
    struct buf out;
    struct buf directory;
    int64_t entries;
    size_t prefix;
};

struct zip_maker *zip_maker_new(const void *ctx)
{
    struct zip_maker *zip = mem_new(ctx, struct zip_maker);

    buf_init(&zip->out, zip, LIMIT);
    buf_init(&zip->directory, zip, LIMIT);
    return zip;
}

static void put(struct buf *buf, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        char c = (char)(i < 8 ? value >> (8 * i) & 0xff : 0);
        (void)buf_append(buf, &c, 1);
    }
}

static uint32_t crc32_of(const void *data, size_t size)
{
    const unsigned char *p = data;
    uint32_t crc = 0xffffffffU;

    for (size_t i = 0; i < size; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
        }
    }
    return ~crc;
}

static void put_common(struct buf *buf, const struct zip_lie *lie, uint32_t crc, uint64_t packed,
                       uint64_t size)
{
    put(buf, 45, 2);                     /* version needed */
    put(buf, lie->encrypted ? 1 : 0, 2); /* flags */
    put(buf, 0, 2);                      /* stored */
    put(buf, 0x00210000, 4);             /* 1980-01-01 */
    put(buf, crc, 4);
    put(buf, packed, 4);
    put(buf, size, 4);
}

static void put_entry(struct zip_maker *zip, const char *name, const struct zip_lie *lie,
                      uint32_t crc, uint64_t at, uint64_t real)
{
    struct buf *dir = &zip->directory;
    uint64_t size = lie->size != 0 ? (uint64_t)lie->size : real;
    uint64_t packed = lie->packed != 0 ? (uint64_t)lie->packed : real;
    uint64_t offset = lie->offset != 0 ? (uint64_t)lie->offset : at;

    put(dir, 0x02014b50, 4);
    put(dir, 45, 2);
    put_common(dir, lie, crc, lie->zip64 ? 0xffffffffU : packed, lie->zip64 ? 0xffffffffU : size);
    put(dir, strlen(name), 2);
    put(dir, lie->zip64 ? 28 : 0, 2);
    put(dir, 0, 2 + 2 + 2 + 4); /* comment, disk, attributes */
    put(dir, lie->zip64 ? 0xffffffffU : offset, 4);
    (void)buf_append(dir, name, strlen(name));
    if (lie->zip64) {
        put(dir, 1, 2);
        put(dir, 24, 2);
        put(dir, size, 8);
        put(dir, packed, 8);
        put(dir, offset, 8);
    }
}

void zip_maker_add(struct zip_maker *zip, const char *name, const void *data, size_t size,
                   const struct zip_lie *lie)
{
    static const struct zip_lie none = {.size = 0};
    const struct zip_lie *l = lie == NULL ? &none : lie;
    const char *local = l->name == NULL ? name : l->name;
    uint32_t crc = crc32_of(data, size) ^ (l->wrong_crc ? 1U : 0U);
    uint64_t at = zip->out.len - zip->prefix;

    put(&zip->out, 0x04034b50, 4);
    put_common(&zip->out, l, crc, size, size);
    put(&zip->out, strlen(local), 2);
    put(&zip->out, 0, 2);
    (void)buf_append(&zip->out, local, strlen(local));
    (void)buf_append(&zip->out, data, size);
    put_entry(zip, name, l, crc, at, size);
    zip->entries++;
}

void zip_maker_text(struct zip_maker *zip, const char *name, const char *text)
{
    zip_maker_add(zip, name, text, strlen(text), NULL);
}

void zip_maker_prefix(struct zip_maker *zip, const void *data, size_t size)
{
    (void)buf_append(&zip->out, data, size);
    zip->prefix = size;
}

const char *zip_maker_end(struct zip_maker *zip, const struct zip_end *end, size_t *size)
{
    static const struct zip_end none = {.comment = NULL};
    const struct zip_end *e = end == NULL ? &none : end;
    struct buf *out = &zip->out;
    uint64_t at = out->len - zip->prefix;
    uint64_t length = zip->directory.len + (uint64_t)e->size;
    uint64_t entries = (uint64_t)(zip->entries + e->entries);
    const char *comment = e->comment == NULL ? "" : e->comment;

    (void)buf_append(out, buf_text(&zip->directory), zip->directory.len);
    if (e->zip64) {
        uint64_t record = out->len - zip->prefix;
        put(out, 0x06064b50, 4);
        put(out, 44, 8);
        put(out, 45, 2);
        put(out, 45, 2);
        put(out, 0, 8);
        put(out, entries, 8);
        put(out, entries, 8);
        put(out, length, 8);
        put(out, at, 8);
        put(out, 0x07064b50, 4);
        put(out, 0, 4);
        put(out, record, 8);
        put(out, 1, 4);
    }
    put(out, 0x06054b50, 4);
    put(out, 0, 4);
    put(out, e->zip64 ? 0xffffU : entries, 2);
    put(out, e->zip64 ? 0xffffU : entries, 2);
    put(out, e->zip64 ? 0xffffffffU : length, 4);
    put(out, e->zip64 ? 0xffffffffU : at, 4);
    put(out, strlen(comment), 2);
    (void)buf_append(out, comment, strlen(comment));
    *size = out->len;
    return buf_text(out);
}
