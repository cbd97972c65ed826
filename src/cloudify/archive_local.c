#include "cloudify/archive_local.h"

#include "cloudify/little_endian.h"

#define SIGNATURE 0x04034b50U
#define DESCRIPTOR_SIGNATURE 0x08074b50U
#define ZIP64_EXTRA 0x0001U
#define TIMES_EXTRA 0x5455U
#define OWNERS_EXTRA 0x7875U
#define NOT_HERE 0xffffffffU

/* A size; -1 for one that no file has. */
static int64_t size_at(const unsigned char *p)
{
    uint64_t value = le64(p);

    return value > INT64_MAX ? -1 : (int64_t)value;
}

bool archive_local_read(const unsigned char *head, struct archive_local *out)
{
    if (le32(head) != SIGNATURE) {
        return false;
    }
    *out = (struct archive_local){.flags = le16(head + 6),
                                  .method = le16(head + 8),
                                  .crc = le32(head + 14),
                                  .packed = le32(head + 18),
                                  .size = le32(head + 22),
                                  .name = le16(head + 26),
                                  .extra = le16(head + 28)};
    return true;
}

/* Fields of which libarchive's writer makes these two: a time, and owners of 4 bytes each. */
static bool is_usual(const unsigned char *field, size_t length)
{
    switch (le16(field)) {
    case ZIP64_EXTRA:
        return length >= 16;
    case TIMES_EXTRA:
        return (length == 5 && field[4] == 1) || (length == 1 && field[4] == 0);
    case OWNERS_EXTRA:
        return length == 11 && field[4] == 1 && field[5] == 4 && field[10] == 4;
    default:
        return false;
    }
}

bool archive_local_extra(const unsigned char *extra, struct archive_local *out)
{
    bool wanted = out->packed == NOT_HERE || out->size == NOT_HERE;
    bool usual = (out->packed == NOT_HERE) == (out->size == NOT_HERE);
    size_t left = out->extra;

    if (wanted) {
        out->packed = out->size = -1;
    }
    while (left >= 4 && le16(extra + 2) <= left - 4) {
        size_t length = le16(extra + 2);

        usual = usual && is_usual(extra, length);
        if (wanted && le16(extra) == ZIP64_EXTRA && length >= 16) {
            out->size = size_at(extra + 4); /* the unpacked one comes first */
            out->packed = size_at(extra + 12);
            wanted = false;
        }
        extra += 4 + length;
        left -= 4 + length;
    }
    return usual && left == 0;
}

size_t archive_descriptor_size(const unsigned char *p, size_t left, uint32_t crc, int64_t packed,
                               int64_t size)
{
    for (size_t start = 0; start <= 4; start += 4) {
        for (size_t width = 4; width <= 8; width += 4) {
            const unsigned char *at = p + start;
            size_t whole = start + 4 + 2 * width;

            if (whole > left || (start > 0 && le32(p) != DESCRIPTOR_SIGNATURE) || le32(at) != crc) {
                continue;
            }
            if (width == 4 ? le32(at + 4) == packed && le32(at + 8) == size
                           : size_at(at + 4) == packed && size_at(at + 12) == size) {
                return whole;
            }
        }
    }
    return 0;
}
