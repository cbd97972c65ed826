/* The writers behind make-archive. */
#ifndef PRACTICE_ARCHIVE_WRITE_H
#define PRACTICE_ARCHIVE_WRITE_H

#include "practice/make_plan.h"
#include "practice/zip_write.h"

/* Everything of a legacy archive, or of one in the new format, but what follows. */
void archive_write_legacy(struct zip_out *out, const struct make_plan *plan);
void archive_write_items(struct zip_out *out, const struct make_plan *plan);
/* practice.json and the payload. */
void archive_write_extras(struct zip_out *out, const struct make_plan *plan);

/* Texts owned by ctx. */
char *archive_blueprint_yaml(const void *ctx, const struct make_plan *plan, int64_t blueprint);
char *archive_blueprint_plan(const void *ctx, const struct make_plan *plan, int64_t blueprint);
char *archive_plugin_yaml(const void *ctx, int64_t plugin);
/* A tar.gz of a blueprint's folder; a wagon. Owned by ctx. */
const void *archive_blueprint_pack(const void *ctx, const struct make_plan *plan, int64_t blueprint,
                                   size_t *size);
const void *archive_wagon(const void *ctx, int64_t plugin, size_t *size);
/* "PACKAGE-VERSION-py311-none-any.wgn", owned by ctx. */
char *archive_wagon_name(const void *ctx, int64_t plugin);

#endif
