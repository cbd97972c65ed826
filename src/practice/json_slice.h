/*
 * Cuts objects and arrays of a JSON text apart without building their tree: for documents of which
 * only a part should be in memory or is wanted. The values are checked later, by json_parse.
 */
#ifndef PRACTICE_JSON_SLICE_H
#define PRACTICE_JSON_SLICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct json_slice {
    const char *at, *end;
};

enum json_sliced { JSON_SLICED, JSON_SLICE_END, JSON_SLICE_BAD };

/* Steps into an object or array; false when the text does not start one. */
bool json_slice_open(struct json_slice *text, char bracket);
/* The next member: its name (owned by ctx) and the text of its value. */
enum json_sliced json_slice_next(struct json_slice *object, const void *ctx, char **name,
                                 struct json_slice *value) FERRY_CHECK;
/* The next element of an array. */
enum json_sliced json_slice_element(struct json_slice *array, struct json_slice *value) FERRY_CHECK;

#endif
