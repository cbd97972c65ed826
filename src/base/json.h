/*
 * JSON, the only door to cJSON.
 *
 * A tree is owned by the context given to json_parse, json_object or json_array and ends with it;
 * the nodes inside are views. Names are case-sensitive. A PATH is "a.b.c" (objects only).
 * Numbers: cJSON keeps doubles, so json_int64 refuses what may have been rounded on
 * the way in (2^53 and beyond); json_set_int keeps all 64 bits.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "ferry/error.h"

struct json; /* a node */

#define JSON_DEPTH_MAX 64 /* deeper documents are refused: no answer of a manager is */

/* Parses a whole document; trailing bytes, depth over JSON_DEPTH_MAX, bad UTF-8 and NUL (also as
   \u0000) are errors (FERRY_E_PROTOCOL). *out is owned by ctx. */
enum ferry_code json_parse(const void *ctx, const char *text, size_t length, struct json **out,
                           struct ferry_error *err) FERRY_CHECK;

/* --- reading; node may be NULL everywhere, which reads as "not there" --- */
const struct json *json_get(const struct json *node, const char *path);   /* NULL: not there */
const struct json *json_member(const struct json *node, const char *key); /* dots are no path */
const struct json *json_at(const struct json *array, size_t index);
size_t json_size(const struct json *node); /* members of an object or array */
const struct json *json_first(const struct json *node);
const struct json *json_next(const struct json *node);
const char *json_key(const struct json *node); /* name inside its object, or NULL */
bool json_is_object(const struct json *node);
bool json_is_array(const struct json *node);
bool json_is_string(const struct json *node);
bool json_is_number(const struct json *node);
bool json_is_bool(const struct json *node);
bool json_is_true(const struct json *node);
bool json_is_null(const struct json *node);     /* an explicit null */
const char *json_text(const struct json *node); /* of a string node, else NULL */

/* Required values: FERRY_E_PROTOCOL with the path in the message when absent or of another type. */
enum ferry_code json_string(const struct json *node, const char *path, const char **out,
                            struct ferry_error *err) FERRY_CHECK;
enum ferry_code json_int64(const struct json *node, const char *path, int64_t *out,
                           struct ferry_error *err) FERRY_CHECK;
/* Optional values: the fallback when absent, null or of another type. */
const char *json_string_or(const struct json *node, const char *path, const char *fallback);
int64_t json_int64_or(const struct json *node, const char *path, int64_t fallback);
bool json_bool_or(const struct json *node, const char *path, bool fallback);
double json_double_or(const struct json *node, const char *path, double fallback);

/* --- building; a key that exists is replaced; text is copied, NULL text becomes null --- */
struct json *json_object(const void *ctx);
struct json *json_array(const void *ctx);
struct json *json_copy(const void *ctx, const struct json *node);
void json_set_string(struct json *object, const char *key, const char *text);
void json_set_int(struct json *object, const char *key, int64_t value);
void json_set_double(struct json *object, const char *key, double value);
void json_set_bool(struct json *object, const char *key, bool value);
void json_set_null(struct json *object, const char *key);
void json_set_json(struct json *object, const char *key, const struct json *node); /* a copy */
struct json *json_set_object(struct json *object, const char *key); /* a new, empty child */
struct json *json_set_array(struct json *object, const char *key);
void json_push_string(struct json *array, const char *text);
void json_push_int(struct json *array, int64_t value);
void json_push_json(struct json *array, const struct json *node); /* a copy */
struct json *json_push_object(struct json *array);
struct json *json_push_array(struct json *array);
void json_remove(struct json *object, const char *key);
/* Writes every member of patch into object (objects inside are merged, null removes: RFC 7396). */
void json_merge(struct json *object, const struct json *patch);

/* --- printing; the text is owned by ctx --- */
char *json_print(const void *ctx, const struct json *node);           /* compact, one line */
char *json_print_pretty(const void *ctx, const struct json *node);    /* for people */
char *json_print_canonical(const void *ctx, const struct json *node); /* compact, keys sorted */

#endif
