#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Bytes that a first byte promises; 0 for one that cannot be a first byte. */
static size_t promised(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return 2;
    }
    if (first >= 0xe0 && first <= 0xef) {
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        return 4;
    }
    return 0;
}

size_t utf8_sequence(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t size = length == 0 ? 0 : promised(bytes[0]);

    if (size == 0 || size > length) {
        return 0;
    }
    for (size_t at = 1; at < size; at++) {
        if (!is_continuation(bytes[at])) {
            return 0;
        }
    }
    if (bytes[0] == 0xe0 && bytes[1] < 0xa0) { /* overlong */
        return 0;
    }
    if (bytes[0] == 0xed && bytes[1] > 0x9f) { /* surrogates */
        return 0;
    }
    if (bytes[0] == 0xf0 && bytes[1] < 0x90) { /* overlong */
        return 0;
    }
    if (bytes[0] == 0xf4 && bytes[1] > 0x8f) { /* over U+10FFFF */
        return 0;
    }
    return size;
}

size_t utf8_whole(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t start = length;

    while (start > 0 && length - start < 3 && is_continuation(bytes[start - 1])) {
        start--;
    }
    if (start == 0) {
        return length;
    }
    if (promised(bytes[start - 1]) > length - start + 1) {
        return start - 1;
    }
    return length;
}

void utf8_mend(char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        if ((unsigned char)text[at] - 1U < 0x7fU) { /* ASCII, as most text is */
            at++;
            continue;
        }
        size_t size = utf8_sequence(text + at, length - at);
        if (size == 0 || text[at] == '\0') {
            text[at] = '?';
            size = 1;
        }
        at += size;
    }
}
