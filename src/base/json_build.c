#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/json_node.h"
#include "base/mem.h"

static cJSON *made(cJSON *item)
{
    if (item == NULL) {
        mem_exhausted();
    }
    return item;
}

static cJSON *copy_of(const struct json *node)
{
    cJSON *copy;

    if (node == NULL) {
        return made(cJSON_CreateNull());
    }
    copy = made(cJSON_Duplicate(&node->node, 1));
    /* The copy is not a member of the original's object. */
    if (copy->string != NULL && (copy->type & cJSON_StringIsConst) == 0) {
        cJSON_free(copy->string);
    }
    copy->string = NULL;
    return copy;
}

static cJSON *integer(int64_t value)
{
    char digits[24];

    if ((double)value < JSON_INTEGER_END && (double)value > -JSON_INTEGER_END) {
        return cJSON_CreateNumber((double)value);
    }
    snprintf(digits, sizeof(digits), "%" PRId64, value);
    return cJSON_CreateRaw(digits);
}

static cJSON *text_or_null(const char *text)
{
    return text == NULL ? cJSON_CreateNull() : cJSON_CreateString(text);
}

/* The old value goes last: key and item may have been taken from it. */
static struct json *set(struct json *object, const char *key, cJSON *item)
{
    cJSON_bool done;

    assert(json_is_object(object));
    made(item);
    if (json_member(object, key) != NULL) {
        done = cJSON_ReplaceItemInObjectCaseSensitive(&object->node, key, item);
    } else {
        done = cJSON_AddItemToObject(&object->node, key, item);
    }
    if (!done || item->string == NULL) {
        mem_exhausted();
    }
    return (struct json *)item;
}

static struct json *push(struct json *array, cJSON *item)
{
    assert(json_is_array(array));
    if (!cJSON_AddItemToArray(&array->node, made(item))) {
        mem_exhausted();
    }
    return (struct json *)item;
}

struct json *json_object(const void *ctx)
{
    return json_own(ctx, cJSON_CreateObject());
}

struct json *json_array(const void *ctx)
{
    return json_own(ctx, cJSON_CreateArray());
}

struct json *json_copy(const void *ctx, const struct json *node)
{
    return json_own(ctx, copy_of(node));
}

void json_set_string(struct json *object, const char *key, const char *text)
{
    set(object, key, text_or_null(text));
}

void json_set_int(struct json *object, const char *key, int64_t value)
{
    set(object, key, integer(value));
}

void json_set_double(struct json *object, const char *key, double value)
{
    set(object, key, cJSON_CreateNumber(value));
}

void json_set_bool(struct json *object, const char *key, bool value)
{
    set(object, key, cJSON_CreateBool(value));
}

void json_set_null(struct json *object, const char *key)
{
    set(object, key, cJSON_CreateNull());
}

void json_set_json(struct json *object, const char *key, const struct json *node)
{
    set(object, key, copy_of(node));
}

struct json *json_set_object(struct json *object, const char *key)
{
    return set(object, key, cJSON_CreateObject());
}

struct json *json_set_array(struct json *object, const char *key)
{
    return set(object, key, cJSON_CreateArray());
}

void json_push_string(struct json *array, const char *text)
{
    push(array, text_or_null(text));
}

void json_push_int(struct json *array, int64_t value)
{
    push(array, integer(value));
}

void json_push_json(struct json *array, const struct json *node)
{
    push(array, copy_of(node));
}

struct json *json_push_object(struct json *array)
{
    return push(array, cJSON_CreateObject());
}

struct json *json_push_array(struct json *array)
{
    return push(array, cJSON_CreateArray());
}

void json_remove(struct json *object, const char *key)
{
    assert(json_is_object(object));
    cJSON_DeleteItemFromObjectCaseSensitive(&object->node, key);
}

/* The member as an object that can be written to; anything else there gives way to an empty one. */
static struct json *object_member(struct json *object, const char *key)
{
    cJSON *item = cJSON_GetObjectItemCaseSensitive(&object->node, key);

    return cJSON_IsObject(item) ? (struct json *)item : json_set_object(object, key);
}

void json_merge(struct json *object, const struct json *patch)
{
    if (!json_is_object(patch)) {
        return;
    }
    for (const struct json *item = json_first(patch); item != NULL; item = json_next(item)) {
        const char *key = json_key(item);

        if (json_is_null(item)) {
            json_remove(object, key);
        } else if (json_is_object(item)) {
            json_merge(object_member(object, key), item);
        } else {
            json_set_json(object, key, item);
        }
    }
}
