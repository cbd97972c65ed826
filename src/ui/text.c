#include "ui/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

static uint32_t code_point(const char *text, size_t length)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)text[0] & masks[length];

    for (size_t at = 1; at < length; at++) {
        point = point << 6 | ((unsigned char)text[at] & 0x3f);
    }
    return point;
}

static bool is_between(uint32_t point, const uint32_t (*ranges)[2], size_t count)
{
    for (size_t at = 0; at < count; at++) {
        if (point >= ranges[at][0] && point <= ranges[at][1]) {
            return true;
        }
    }
    return false;
}

/* Unicode 15, East Asian Width W and F by block, and the common marks of no width: enough for names
   that people give; a wrong guess costs a ragged line, nothing else. */
static size_t point_width(uint32_t point)
{
    static const uint32_t wide[][2] = {{0x1100, 0x115f}, {0x2e80, 0xa4cf},   {0xac00, 0xd7a3},
                                       {0xf900, 0xfaff}, {0xfe30, 0xfe6f},   {0xff00, 0xff60},
                                       {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};
    static const uint32_t none[][2] = {{0x300, 0x36f}, {0x200b, 0x200f}, {0xfe00, 0xfe0f}};

    if (point < 0x300) {
        return 1;
    }
    if (is_between(point, none, sizeof(none) / sizeof(none[0]))) {
        return 0;
    }
    return is_between(point, wide, sizeof(wide) / sizeof(wide[0])) ? 2 : 1;
}

/* U+202A to U+202E and U+2066 to U+2069 turn the direction of what follows; C1 are controls. */
static bool is_obeyed(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) ||
           (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

char *ui_safe(const void *mem, const char *text)
{
    size_t length = text == NULL ? 0 : strlen(text);
    char *safe = mem_array(mem, char, length + 1);
    size_t used = 0;

    for (size_t at = 0; at < length;) {
        size_t step = utf8_sequence(text + at, length - at);

        if (text[at] == '\n' || text[at] == '\t') {
            safe[used++] = ' ';
        } else if (step == 0 || is_obeyed(code_point(text + at, step))) {
            safe[used++] = '?';
        } else {
            memcpy(safe + used, text + at, step);
            used += step;
        }
        at += step > 0 ? step : 1;
    }
    return safe;
}

/* Bytes of the longest beginning that is not wider than columns. */
static size_t fitting(const char *text, size_t columns)
{
    size_t length = strlen(text);
    size_t width = 0;
    size_t at = 0;

    while (at < length) {
        size_t step = utf8_sequence(text + at, length - at);

        if (step == 0) {
            step = 1;
        }
        width += point_width(code_point(text + at, step));
        if (width > columns) {
            break;
        }
        at += step;
    }
    return at;
}

size_t ui_width(const char *text)
{
    size_t length = strlen(text);
    size_t width = 0;

    for (size_t at = 0; at < length;) {
        size_t step = utf8_sequence(text + at, length - at);

        if (step == 0) {
            step = 1;
        }
        width += point_width(code_point(text + at, step));
        at += step;
    }
    return width;
}

char *ui_cut(const void *mem, const char *text, size_t columns)
{
    if (ui_width(text) <= columns) {
        return mem_strdup(mem, text);
    }
    if (columns < 4) {
        return mem_strndup(mem, text, fitting(text, columns));
    }
    return mem_printf(mem, "%.*s...", (int)fitting(text, columns - 3), text);
}

/* Bytes of the first character; 1 for what is none. */
static size_t character(const char *text)
{
    size_t length = utf8_sequence(text, strlen(text));

    return length > 0 ? length : 1;
}

/* Where the line that begins here ends: at the last space that still fits, else in the word. */
static size_t line_end(const char *text, size_t columns)
{
    size_t fits = fitting(text, columns);
    size_t at = fits;

    if (text[fits] == '\0') {
        return fits;
    }
    while (at > 0 && text[at] != ' ') {
        at--;
    }
    if (at > 0) {
        return at;
    }
    /* One character at least, even where none fits: a line must get shorter. */
    return fits > 0 ? fits : character(text);
}

char *ui_wrap(const void *mem, const char *text, size_t columns)
{
    char *wrapped = mem_array(mem, char, 2 * strlen(text) + 1);
    size_t used = 0;

    while (*text != '\0') {
        size_t length = columns == 0 ? strlen(text) : line_end(text, columns);
        size_t shown = length;

        while (shown > 0 && text[shown - 1] == ' ') {
            shown--;
        }
        memcpy(wrapped + used, text, shown);
        used += shown;
        text += length;
        while (*text == ' ') {
            text++;
        }
        if (*text != '\0') {
            wrapped[used++] = '\n';
        }
    }
    return wrapped;
}
