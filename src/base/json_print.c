#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json_node.h"
#include "base/mem.h"
#include "base/utf8.h"

/*
 * Our own printer, since cJSON's writes 1000000000000000 as 1e+15, lets bad UTF-8 through and
 * knows no order of keys.
 */
enum style { COMPACT, PRETTY, CANONICAL };

struct printer {
    struct buf out;
    enum style style;
    int depth;
};

static void put_bytes(struct printer *to, const char *text, size_t size)
{
    if (!buf_append(&to->out, text, size)) {
        mem_exhausted();
    }
}

static void put(struct printer *to, const char *text)
{
    put_bytes(to, text, strlen(text));
}

/* How a byte below 0x20, a quote or a backslash is written; NULL for the others. */
static const char *escape_of(unsigned char byte, char room[8])
{
    switch (byte) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        break;
    }
    if (byte >= 0x20 && byte != 0x7f) {
        return NULL;
    }
    snprintf(room, 8, "\\u%04x", (unsigned)byte);
    return room;
}

static void put_string(struct printer *to, const char *text)
{
    size_t left = strlen(text);

    put(to, "\"");
    while (left > 0) {
        char room[8];
        const char *escape = escape_of((unsigned char)*text, room);
        size_t size = utf8_sequence(text, left);

        if (size == 0) {
            put(to, "\xef\xbf\xbd"); /* U+FFFD: what is no UTF-8 must not make the document bad */
        } else if (escape != NULL) {
            put(to, escape);
        } else {
            put_bytes(to, text, size);
        }
        text += size == 0 ? 1 : size;
        left -= size == 0 ? 1 : size;
    }
    put(to, "\"");
}

static void put_number(struct printer *to, double value)
{
    char text[40];
    char *comma;

    if (!isfinite(value)) {
        put(to, "null"); /* JSON has no word for it */
        return;
    }
    if (fabs(value) < JSON_INTEGER_END && value == trunc(value)) {
        snprintf(text, sizeof(text), "%" PRId64, (int64_t)value);
        put(to, text);
        return;
    }
    /* 15 digits look best, 17 always give the same double back. */
    snprintf(text, sizeof(text), "%.15g", value);
    if (strtod(text, NULL) != value) {
        snprintf(text, sizeof(text), "%.17g", value);
    }
    comma = strchr(text, ','); /* some locales write it so */
    if (comma != NULL) {
        *comma = '.';
    }
    put(to, text);
}

static void put_line(struct printer *to)
{
    if (to->style != PRETTY) {
        return;
    }
    put(to, "\n");
    for (int level = 0; level < to->depth; level++) {
        put(to, "  ");
    }
}

static void put_node(struct printer *to, const cJSON *node);

static void put_member(struct printer *to, const cJSON *item, bool first, bool named)
{
    if (!first) {
        put(to, ",");
    }
    put_line(to);
    if (named) {
        put_string(to, item->string);
        put(to, to->style == PRETTY ? ": " : ":");
    }
    put_node(to, item);
}

static int by_key(const void *a, const void *b)
{
    const cJSON *const *left = a;
    const cJSON *const *right = b;

    return strcmp((*left)->string, (*right)->string);
}

static void put_sorted(struct printer *to, const cJSON *object)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    size_t count = json_size((const struct json *)object);
    const cJSON **items = mem_array(scope, const cJSON *, count);
    size_t at = 0;

    for (const cJSON *item = object->child; item != NULL; item = item->next) {
        items[at++] = item;
    }
    qsort(items, count, sizeof(items[0]), by_key);
    for (at = 0; at < count; at++) {
        put_member(to, items[at], at == 0, true);
    }
}

static void put_container(struct printer *to, const cJSON *node)
{
    bool named = cJSON_IsObject(node);

    put(to, named ? "{" : "[");
    to->depth++;
    if (named && to->style == CANONICAL) {
        put_sorted(to, node);
    } else {
        for (const cJSON *item = node->child; item != NULL; item = item->next) {
            put_member(to, item, item == node->child, named);
        }
    }
    to->depth--;
    if (node->child != NULL) {
        put_line(to);
    }
    put(to, named ? "}" : "]");
}

static void put_node(struct printer *to, const cJSON *node)
{
    if (node == NULL) {
        put(to, "null");
        return;
    }
    if (cJSON_IsObject(node) || cJSON_IsArray(node)) {
        put_container(to, node);
    } else if (cJSON_IsString(node)) {
        put_string(to, node->valuestring);
    } else if (cJSON_IsRaw(node)) {
        put(to, node->valuestring);
    } else if (cJSON_IsNumber(node)) {
        put_number(to, node->valuedouble);
    } else if (cJSON_IsBool(node)) {
        put(to, cJSON_IsTrue(node) ? "true" : "false");
    } else {
        put(to, "null");
    }
}

static char *print(const void *ctx, const struct json *node, enum style style)
{
    struct printer to = {.style = style};

    buf_init(&to.out, ctx, SIZE_MAX);
    put_node(&to, node == NULL ? NULL : &node->node);
    return to.out.data;
}

char *json_print(const void *ctx, const struct json *node)
{
    return print(ctx, node, COMPACT);
}

char *json_print_pretty(const void *ctx, const struct json *node)
{
    return print(ctx, node, PRETTY);
}

char *json_print_canonical(const void *ctx, const struct json *node)
{
    return print(ctx, node, CANONICAL);
}
