/* What the files of base/json share: a node of ours is a node of cJSON. Nobody else includes this.
 */
#ifndef BASE_JSON_NODE_H
#define BASE_JSON_NODE_H

#include <cjson/cJSON.h>

#include "base/json.h"

struct json {
    cJSON node;
};

/* From here on an integer may have been rounded on its way into a double: 2^53 + 1 reads as 2^53.
 */
#define JSON_INTEGER_END 9007199254740992.0

/* Makes root end with ctx. NULL: memory is exhausted. */
struct json *json_own(const void *ctx, cJSON *root);
/* Bytes that cJSON would let pass: NUL, bad UTF-8, "\u0000", too deep nesting. */
enum ferry_code json_scan(const char *text, size_t length, struct ferry_error *err) FERRY_CHECK;

#endif
