#include "practice/json_slice.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static void skip_blank(struct json_slice *text)
{
    while (text->at < text->end &&
           (*text->at == ' ' || *text->at == '\t' || *text->at == '\r' || *text->at == '\n')) {
        text->at++;
    }
}

static bool take(struct json_slice *text, char wanted)
{
    skip_blank(text);
    if (text->at == text->end || *text->at != wanted) {
        return false;
    }
    text->at++;
    return true;
}

bool json_slice_open(struct json_slice *text, char bracket)
{
    return take(text, bracket);
}

/* Moves behind the string that starts at text->at. */
static bool skip_string(struct json_slice *text)
{
    for (text->at++; text->at < text->end; text->at++) {
        if (*text->at == '\\') {
            text->at++;
        } else if (*text->at == '"') {
            text->at++;
            return true;
        }
    }
    text->at = text->end;
    return false;
}

/* Moves behind the value that starts at text->at: to a comma or bracket that is not inside it. */
static bool skip_value(struct json_slice *text)
{
    int depth = 0;
    while (text->at < text->end) {
        char c = *text->at;
        if (c == '"') {
            if (!skip_string(text)) {
                return false;
            }
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
            return true;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        text->at++;
    }
    return false;
}

static char *decode_name(const void *ctx, const char *from, size_t length)
{
    if (memchr(from, '\\', length) == NULL) {
        return mem_strndup(ctx, from + 1, length - 2);
    }
    struct ferry_error err = {0};
    struct json *tree = NULL;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (json_parse(scope, from, length, &tree, &err) != FERRY_OK) {
        return NULL;
    }
    return mem_strdup(ctx, json_text(tree));
}

static enum json_sliced take_value(struct json_slice *from, struct json_slice *value)
{
    skip_blank(from);
    value->at = from->at;
    if (!skip_value(from) || from->at == value->at) {
        return JSON_SLICE_BAD;
    }
    value->end = from->at;
    return JSON_SLICED;
}

enum json_sliced json_slice_next(struct json_slice *object, const void *ctx, char **name,
                                 struct json_slice *value)
{
    if (take(object, '}')) {
        return JSON_SLICE_END;
    }
    (void)take(object, ',');
    skip_blank(object);
    const char *from = object->at;
    if (from == object->end || *from != '"' || !skip_string(object)) {
        return JSON_SLICE_BAD;
    }
    *name = decode_name(ctx, from, (size_t)(object->at - from));
    if (*name == NULL || !take(object, ':')) {
        return JSON_SLICE_BAD;
    }
    return take_value(object, value);
}

enum json_sliced json_slice_element(struct json_slice *array, struct json_slice *value)
{
    if (take(array, ']')) {
        return JSON_SLICE_END;
    }
    (void)take(array, ',');
    return take_value(array, value);
}
