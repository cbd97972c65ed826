#include "base/error.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

struct code_row {
    const char *name;
    const char *text;
    int exit_code;
};

static const struct code_row code_rows[FERRY_CODE_COUNT] = {
#define CODE_ROW(code, exit_number, words) [code] = {#code, words, exit_number},
    FERRY_CODES(CODE_ROW)
#undef CODE_ROW
};

static const struct code_row *code_row(enum ferry_code code)
{
    unsigned index = (unsigned)code;

    return index < FERRY_CODE_COUNT ? &code_rows[index] : NULL;
}

int ferry_code_exit(enum ferry_code code)
{
    const struct code_row *row = code_row(code);

    return row == NULL ? 1 : row->exit_code;
}

const char *ferry_code_text(enum ferry_code code)
{
    const struct code_row *row = code_row(code);

    return row == NULL ? "unknown error" : row->text;
}

const char *ferry_code_name(enum ferry_code code)
{
    const struct code_row *row = code_row(code);

    return row == NULL ? "FERRY_E_?" : row->name;
}

/*
 * Makes one printable line of text that vsnprintf or memcpy may have cut: what came from a server
 * may hold line ends or terminal controls, and a cut may have halved a character.
 */
static void make_line(char *text)
{
    size_t length = strlen(text);

    for (size_t at = 0; at < length; at++) {
        unsigned char byte = (unsigned char)text[at];

        if (byte < 0x20 || byte == 0x7f) {
            text[at] = ' ';
        }
    }
    text[utf8_whole(text, length)] = '\0';
}

static void set_line(char *out, size_t out_size, const char *format, va_list args)
    FERRY_PRINTF(3, 0);
static void start_record(struct ferry_error *err, enum ferry_code code, int sys, const char *format,
                         va_list args) FERRY_PRINTF(4, 0);

/* Formats by way of a copy, since an argument may point into the record itself. */
static void set_line(char *out, size_t out_size, const char *format, va_list args)
{
    char line[FERRY_MESSAGE_MAX];

    if (vsnprintf(line, out_size < sizeof(line) ? out_size : sizeof(line), format, args) < 0) {
        line[0] = '\0';
    }
    make_line(line);
    memcpy(out, line, strlen(line) + 1);
}

static void append_text(char *line, const char *text)
{
    size_t used = strlen(line);
    size_t room = FERRY_MESSAGE_MAX - 1 - used;
    size_t length = strlen(text);

    if (length > room) {
        length = room;
    }
    memcpy(line + used, text, length);
    line[used + length] = '\0';
    make_line(line);
}

/* Replaces the record; the arguments may still point into the old one. */
static void start_record(struct ferry_error *err, enum ferry_code code, int sys, const char *format,
                         va_list args)
{
    set_line(err->message, sizeof(err->message), format, args);
    err->code = code;
    err->sys = sys;
    err->http_status = 0;
    err->hint[0] = '\0';
}

enum ferry_code ferry_fail(struct ferry_error *err, enum ferry_code code, const char *format, ...)
{
    va_list args;

    if (err == NULL) {
        return code;
    }
    va_start(args, format);
    start_record(err, code, 0, format, args);
    va_end(args);
    return code;
}

/* "no such file or directory": the system's words in the case of our messages. */
static void errno_text(int sys, char *out, size_t out_size)
{
    if (strerror_r(sys, out, out_size) != 0) {
        snprintf(out, out_size, "error %d", sys);
    }
    if (!isupper((unsigned char)out[1])) {
        out[0] = (char)tolower((unsigned char)out[0]);
    }
}

enum ferry_code ferry_fail_errno(struct ferry_error *err, enum ferry_code code, int sys,
                                 const char *format, ...)
{
    char reason[128];
    va_list args;

    if (err == NULL) {
        return code;
    }
    va_start(args, format);
    start_record(err, code, sys, format, args);
    va_end(args);
    errno_text(sys, reason, sizeof(reason));
    append_text(err->message, ": ");
    append_text(err->message, reason);
    return code;
}

enum ferry_code ferry_error_prefix(struct ferry_error *err, const char *format, ...)
{
    char line[FERRY_MESSAGE_MAX];
    va_list args;

    if (err == NULL) {
        return FERRY_E_FAILED;
    }
    va_start(args, format);
    set_line(line, sizeof(line), format, args);
    va_end(args);
    append_text(line, ": ");
    append_text(line, err->message);
    memcpy(err->message, line, strlen(line) + 1);
    return err->code;
}

void ferry_error_hint(struct ferry_error *err, const char *format, ...)
{
    va_list args;

    if (err == NULL) {
        return;
    }
    va_start(args, format);
    set_line(err->hint, sizeof(err->hint), format, args);
    va_end(args);
}

void ferry_error_clear(struct ferry_error *err)
{
    if (err != NULL) {
        memset(err, 0, sizeof(*err));
    }
}
