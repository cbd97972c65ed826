#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json_node.h"
#include "base/mem.h"
#include "base/parse.h"

struct holder {
    cJSON *root;
};

static int delete_tree(struct holder *holder)
{
    cJSON_Delete(holder->root);
    return 0;
}

struct json *json_own(const void *ctx, cJSON *root)
{
    struct holder *holder;

    if (root == NULL) {
        mem_exhausted();
    }
    holder = mem_new(ctx, struct holder);
    holder->root = root;
    talloc_set_destructor(holder, delete_tree);
    return (struct json *)root;
}

static bool is_blank(const char *text, const char *end)
{
    while (text < end && strchr(" \t\r\n", *text) != NULL) {
        text++;
    }
    return text == end;
}

enum ferry_code json_parse(const void *ctx, const char *text, size_t length, struct json **out,
                           struct ferry_error *err)
{
    const char *end = text;
    cJSON *root;

    if (json_scan(text, length, err) != FERRY_OK) {
        return FERRY_E_PROTOCOL;
    }
    if (is_blank(text, text + length)) {
        return ferry_fail(err, FERRY_E_PROTOCOL, "bad JSON: the text is empty");
    }
    errno = 0;
    root = cJSON_ParseWithLengthOpts(text, length, &end, 0);
    if (root == NULL && errno == ENOMEM) {
        mem_exhausted();
    }
    if (root == NULL) {
        return ferry_fail(err, FERRY_E_PROTOCOL, "bad JSON: cannot be read from byte %zu on",
                          (size_t)(end - text));
    }
    if (!is_blank(end, text + length)) {
        cJSON_Delete(root);
        return ferry_fail(err, FERRY_E_PROTOCOL, "bad JSON: more text after the end at byte %zu",
                          (size_t)(end - text));
    }
    *out = json_own(ctx, root);
    return FERRY_OK;
}

static const struct json *member_of(const struct json *node, const char *name, size_t length)
{
    if (!json_is_object(node)) {
        return NULL;
    }
    for (const cJSON *item = node->node.child; item != NULL; item = item->next) {
        if (strncmp(item->string, name, length) == 0 && item->string[length] == '\0') {
            return (const struct json *)item;
        }
    }
    return NULL;
}

const struct json *json_member(const struct json *node, const char *key)
{
    return member_of(node, key, strlen(key));
}

const struct json *json_get(const struct json *node, const char *path)
{
    for (;;) {
        size_t length = strcspn(path, ".");

        node = member_of(node, path, length);
        if (node == NULL || path[length] == '\0') {
            return node;
        }
        path += length + 1;
    }
}

const struct json *json_at(const struct json *array, size_t index)
{
    const struct json *item = json_first(array);

    while (item != NULL && index > 0) {
        item = json_next(item);
        index--;
    }
    return item;
}

size_t json_size(const struct json *node)
{
    size_t size = 0;

    for (node = json_first(node); node != NULL; node = json_next(node)) {
        size++;
    }
    return size;
}

const struct json *json_first(const struct json *node)
{
    return node == NULL ? NULL : (const struct json *)node->node.child;
}

const struct json *json_next(const struct json *node)
{
    return node == NULL ? NULL : (const struct json *)node->node.next;
}

const char *json_key(const struct json *node)
{
    return node == NULL ? NULL : node->node.string;
}

bool json_is_object(const struct json *node)
{
    return node != NULL && cJSON_IsObject(&node->node);
}

bool json_is_array(const struct json *node)
{
    return node != NULL && cJSON_IsArray(&node->node);
}

bool json_is_string(const struct json *node)
{
    return node != NULL && cJSON_IsString(&node->node);
}

bool json_is_number(const struct json *node)
{
    /* A raw node is an integer that json_set_int could not put into a double. */
    return node != NULL && (cJSON_IsNumber(&node->node) || cJSON_IsRaw(&node->node));
}

bool json_is_bool(const struct json *node)
{
    return node != NULL && cJSON_IsBool(&node->node);
}

bool json_is_true(const struct json *node)
{
    return node != NULL && cJSON_IsTrue(&node->node);
}

bool json_is_null(const struct json *node)
{
    return node != NULL && cJSON_IsNull(&node->node);
}

const char *json_text(const struct json *node)
{
    return json_is_string(node) ? node->node.valuestring : NULL;
}

enum ferry_code json_string(const struct json *node, const char *path, const char **out,
                            struct ferry_error *err)
{
    const struct json *item = json_get(node, path);

    if (item == NULL) {
        return ferry_fail(err, FERRY_E_PROTOCOL, "bad JSON: there is no \"%s\"", path);
    }
    if (!json_is_string(item)) {
        return ferry_fail(err, FERRY_E_PROTOCOL, "bad JSON: \"%s\" is not a string", path);
    }
    *out = json_text(item);
    return FERRY_OK;
}

static bool exact_integer(const struct json *item, int64_t *out)
{
    double value = item->node.valuedouble;

    if (cJSON_IsRaw(&item->node)) {
        return parse_int64(item->node.valuestring, INT64_MIN, INT64_MAX, out);
    }
    if (!(fabs(value) < JSON_INTEGER_END) || value != trunc(value)) {
        return false;
    }
    *out = (int64_t)value;
    return true;
}

enum ferry_code json_int64(const struct json *node, const char *path, int64_t *out,
                           struct ferry_error *err)
{
    const struct json *item = json_get(node, path);

    if (item == NULL) {
        return ferry_fail(err, FERRY_E_PROTOCOL, "bad JSON: there is no \"%s\"", path);
    }
    if (!json_is_number(item)) {
        return ferry_fail(err, FERRY_E_PROTOCOL, "bad JSON: \"%s\" is not a number", path);
    }
    if (!exact_integer(item, out)) {
        return ferry_fail(err, FERRY_E_PROTOCOL,
                          "bad JSON: \"%s\" is not an integer that can be held exactly", path);
    }
    return FERRY_OK;
}

const char *json_string_or(const struct json *node, const char *path, const char *fallback)
{
    const char *text = json_text(json_get(node, path));

    return text == NULL ? fallback : text;
}

int64_t json_int64_or(const struct json *node, const char *path, int64_t fallback)
{
    const struct json *item = json_get(node, path);
    int64_t value;

    return json_is_number(item) && exact_integer(item, &value) ? value : fallback;
}

bool json_bool_or(const struct json *node, const char *path, bool fallback)
{
    const struct json *item = json_get(node, path);

    return json_is_bool(item) ? json_is_true(item) : fallback;
}

double json_double_or(const struct json *node, const char *path, double fallback)
{
    const struct json *item = json_get(node, path);
    int64_t whole;

    if (!json_is_number(item)) {
        return fallback;
    }
    if (cJSON_IsRaw(&item->node)) {
        return exact_integer(item, &whole) ? (double)whole : fallback;
    }
    return item->node.valuedouble;
}
