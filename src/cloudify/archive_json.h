/*
 * JSON of any size, read piece by piece. The members of a snapshot reach gigabytes (a fleet's
 * agents.json, the blueprints of the new format), so no tree is built: values are told one by one
 * with the place where they stand, and memory does not grow.
 */
#ifndef CLOUDIFY_ARCHIVE_JSON_H
#define CLOUDIFY_ARCHIVE_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "ferry/error.h"

#define ARCHIVE_JSON_DEPTH_MAX                                                                     \
    1000                    /* Python's own limit: nothing deeper can come from a manager          \
                             */
#define ARCHIVE_JSON_KEYS 8 /* levels whose key is kept */

enum archive_json_event {
    ARCHIVE_JSON_OBJECT, /* an object begins */
    ARCHIVE_JSON_ARRAY,
    ARCHIVE_JSON_END, /* the object or array that began at this depth ends */
    ARCHIVE_JSON_STRING,
    ARCHIVE_JSON_NUMBER,
    ARCHIVE_JSON_TRUE,
    ARCHIVE_JSON_FALSE,
    ARCHIVE_JSON_NULL
};

struct archive_json_value {
    enum archive_json_event event;
    size_t depth;     /* containers around the value; 0: the document itself */
    const char *text; /* of strings (decoded) and numbers (as written), else "" */
    bool cut;         /* the text is longer than CLOUDIFY_ARCHIVE_VALUE_MAX and ends early */
};

struct archive_json;

struct archive_json_sink {
    /* Called for each value, in order. Keys of the objects around it: archive_json_key. */
    enum ferry_code (*take)(void *arg, const struct archive_json *json,
                            const struct archive_json_value *value, struct ferry_error *err);
    void *arg;
    size_t deepest; /* values with more containers around them are not told, which saves time */
};

struct archive_json *archive_json_new(const void *ctx, const struct archive_json_sink *sink);
/* Tells values in this depth too from now on. */
void archive_json_deepen(struct archive_json *json, size_t deepest);
/* The key under which the value (or a container around it) stands at a level: level 1 is that of
   the outermost container. "" inside arrays and beyond ARCHIVE_JSON_KEYS. */
const char *archive_json_key(const struct archive_json *json, size_t level);
enum ferry_code archive_json_feed(struct archive_json *json, const char *data, size_t size,
                                  struct ferry_error *err) FERRY_CHECK;
/* FERRY_E_ARCHIVE when the document is not complete. */
enum ferry_code archive_json_end(struct archive_json *json, struct ferry_error *err) FERRY_CHECK;

#endif
