#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_ROOM 256

void buf_init(struct buf *buf, const void *ctx, size_t limit)
{
    memset(buf, 0, sizeof(*buf));
    buf->ctx = ctx;
    /* One byte is kept for the NUL, so that no sum below can overflow. */
    buf->limit = limit < SIZE_MAX ? limit : SIZE_MAX - 1;
}

/* Makes room for size more bytes and the NUL. */
static bool make_room(struct buf *buf, size_t size)
{
    size_t most = buf->limit + 1;
    size_t room = buf->room == 0 ? FIRST_ROOM : buf->room;
    size_t need;

    if (size > buf->limit - buf->len) {
        return false;
    }
    need = buf->len + size + 1;
    if (need <= buf->room) {
        return true;
    }
    while (room < need) {
        room = room > most / 2 ? most : room * 2;
    }
    if (room > most) {
        room = most;
    }
    buf->data = mem_resize(buf->ctx, buf->data, char, room);
    buf->room = room;
    return true;
}

bool buf_append(struct buf *buf, const void *data, size_t size)
{
    if (!make_room(buf, size)) {
        return false;
    }
    if (size > 0) {
        memcpy(buf->data + buf->len, data, size);
    }
    buf->len += size;
    buf->data[buf->len] = '\0';
    return true;
}

bool buf_puts(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0 || !make_room(buf, (size_t)size)) {
        return false;
    }
    va_start(args, format);
    (void)vsnprintf(buf->data + buf->len, (size_t)size + 1, format, args);
    va_end(args);
    buf->len += (size_t)size;
    return true;
}

static bool is_unreserved(unsigned char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

bool buf_put_escaped(struct buf *buf, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t size = 0;

    for (const char *at = text; *at != '\0'; at++) {
        size += is_unreserved((unsigned char)*at) ? 1 : 3;
    }
    if (!make_room(buf, size)) {
        return false;
    }
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (is_unreserved(byte)) {
            buf->data[buf->len++] = *text;
            continue;
        }
        buf->data[buf->len++] = '%';
        buf->data[buf->len++] = digits[byte >> 4];
        buf->data[buf->len++] = digits[byte & 15];
    }
    buf->data[buf->len] = '\0';
    return true;
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    if (buf->data != NULL) {
        buf->data[0] = '\0';
    }
}

const char *buf_text(const struct buf *buf)
{
    return buf->data == NULL ? "" : buf->data;
}
