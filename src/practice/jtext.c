#include "practice/jtext.h"

#include <inttypes.h>
#include <string.h>

static void escape(struct buf *out, unsigned char byte)
{
    switch (byte) {
    case '"':
        (void)buf_append(out, "\\\"", 2);
        break;
    case '\\':
        (void)buf_append(out, "\\\\", 2);
        break;
    case '\n':
        (void)buf_append(out, "\\n", 2);
        break;
    case '\r':
        (void)buf_append(out, "\\r", 2);
        break;
    case '\t':
        (void)buf_append(out, "\\t", 2);
        break;
    default:
        (void)buf_printf(out, "\\u%04x", byte);
        break;
    }
}

void jtext_string(struct buf *out, const char *text)
{
    if (text == NULL) {
        (void)buf_append(out, "null", 4);
        return;
    }
    (void)buf_append(out, "\"", 1);
    const char *from = text;
    const char *at = text;
    for (; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte >= 0x20 && byte != '"' && byte != '\\') {
            continue;
        }
        (void)buf_append(out, from, (size_t)(at - from));
        escape(out, byte);
        from = at + 1;
    }
    (void)buf_append(out, from, (size_t)(at - from));
    (void)buf_append(out, "\"", 1);
}

void jtext_key(struct buf *out, bool *first, const char *name)
{
    if (!*first) {
        (void)buf_append(out, ", ", 2);
    }
    *first = false;
    (void)buf_append(out, "\"", 1);
    (void)buf_append(out, name, strlen(name));
    (void)buf_append(out, "\": ", 3);
}

void jtext_name(struct buf *out, bool *first, const char *name)
{
    (void)buf_puts(out, *first ? "" : ", ");
    *first = false;
    jtext_string(out, name);
    (void)buf_puts(out, ": ");
}

void jtext_int(struct buf *out, int64_t value)
{
    (void)buf_printf(out, "%" PRId64, value);
}

void jtext_bool(struct buf *out, bool value)
{
    (void)buf_puts(out, value ? "true" : "false");
}
