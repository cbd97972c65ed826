/*
 * The plan of a blueprint, read for the plugins that it names. It is JSON from 6.4 on, read piece
 * by piece in any size, and a pickle before, kept up to PICKLE_SIZE_MAX. A plan that cannot be read
 * is no error of the archive: its plugins are not known, and the blueprint says so.
 */
#ifndef CLOUDIFY_ARCHIVE_PLAN_H
#define CLOUDIFY_ARCHIVE_PLAN_H

#include "cloudify/archive_json.h"
#include "cloudify/archive_model.h"

struct archive_plan;

struct archive_plan *archive_plan_new(const void *ctx, struct cloudify_archive *archive);

/* A plan as it stands in a dump: JSON, or "\x80..." (a pickle's bytes in hexadecimal). */
void archive_plan_feed(struct archive_plan *plan, const char *data, size_t size);

/* A plan inside a JSON document: `around` containers enclose its own object. */
#define ARCHIVE_PLAN_DEEPEST 5 /* containers of the plan around the values that are needed */
void archive_plan_value(struct archive_plan *plan, const struct archive_json *json,
                        const struct archive_json_value *value, size_t around);

/* Gives what was found since the last end to the blueprint (NULL: nobody) and begins anew. */
void archive_plan_end(struct archive_plan *plan, struct cloudify_archive_blueprint *blueprint);

/* A column that is a JSON list or text, or a pickle of one, as texts below ctx. */
const char **archive_plan_texts(const void *ctx, const char *value, size_t *count);

#endif
