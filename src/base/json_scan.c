#include <string.h>

#include "base/error.h"
#include "base/json_node.h"
#include "base/utf8.h"

struct scan {
    const char *text;
    size_t length;
    size_t at;
    int depth;
    bool in_string;
};

static bool is_escaped_nul(const struct scan *scan)
{
    return scan->length - scan->at >= 6 && memcmp(scan->text + scan->at, "\\u0000", 6) == 0;
}

/* A quote or a backslash that does not end the string, nor begin an escape of its own. */
static bool is_escaped_delimiter(const struct scan *scan)
{
    const char *at = scan->text + scan->at;

    return scan->length - scan->at >= 2 && at[0] == '\\' && (at[1] == '"' || at[1] == '\\');
}

/* Looks at one character; how many bytes it has, or 0 with err filled. */
static size_t scan_one(struct scan *scan, struct ferry_error *err)
{
    char byte = scan->text[scan->at];
    size_t size = utf8_sequence(scan->text + scan->at, scan->length - scan->at);

    if (size == 0) {
        ferry_fail(err, FERRY_E_PROTOCOL, "bad JSON: no UTF-8 at byte %zu", scan->at);
        return 0;
    }
    if (byte == '\0' || (scan->in_string && is_escaped_nul(scan))) {
        ferry_fail(err, FERRY_E_PROTOCOL, "bad JSON: a NUL at byte %zu", scan->at);
        return 0;
    }
    if (scan->in_string && is_escaped_delimiter(scan)) {
        return 2;
    }
    if (byte == '"') {
        scan->in_string = !scan->in_string;
    }
    if (!scan->in_string && (byte == '[' || byte == '{')) {
        scan->depth++;
    }
    if (!scan->in_string && (byte == ']' || byte == '}')) {
        scan->depth--;
    }
    if (scan->depth > JSON_DEPTH_MAX) {
        ferry_fail(err, FERRY_E_PROTOCOL, "bad JSON: nested deeper than %d levels at byte %zu",
                   JSON_DEPTH_MAX, scan->at);
        return 0;
    }
    return size;
}

enum ferry_code json_scan(const char *text, size_t length, struct ferry_error *err)
{
    struct scan scan = {.text = text, .length = length};

    while (scan.at < length) {
        size_t size = scan_one(&scan, err);

        if (size == 0) {
            return FERRY_E_PROTOCOL;
        }
        scan.at += size;
    }
    return FERRY_OK;
}
