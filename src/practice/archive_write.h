/* The writers behind make-archive. */
#ifndef PRACTICE_ARCHIVE_WRITE_H
#define PRACTICE_ARCHIVE_WRITE_H

#include "practice/make_plan.h"
#include "practice/zip_write.h"

/* Everything of a legacy archive, or of one in the new format, but what follows. */
void archive_write_legacy(struct zip_out *out, const struct make_plan *plan);
void archive_write_items(struct zip_out *out, const struct make_plan *plan);
/* What a manager says of itself: metadata, secrets, the admin's account, empty folders. */
void archive_write_manager(struct zip_out *out, const struct make_plan *plan);
/* A member of so many bytes that cannot be compressed, always the same for a seed. */
void archive_write_payload(struct zip_out *out, int64_t bytes, uint64_t seed);
/* practice.json and the payload. */
void archive_write_extras(struct zip_out *out, const struct make_plan *plan);

/* Texts owned by ctx. */
char *archive_blueprint_yaml(const void *ctx, const struct make_plan *plan, int64_t blueprint);
char *archive_blueprint_plan(const void *ctx, const struct make_plan *plan, int64_t blueprint);
char *archive_plugin_yaml(const void *ctx, int64_t plugin);
/* What a wagon says of itself; the last three are JSON, NULL: none or any. */
struct archive_wagon {
    const char *name, *package, *version, *distribution;
    const char *platform, *pythons, *wheels;
};
/* A wagon; a zip with it and a plugin.yaml; a tar.gz NAME/blueprint.yaml. All owned by ctx. */
const void *archive_wagon_of(const void *ctx, const struct archive_wagon *wagon, size_t *size);
const void *archive_plugin_pack(const void *ctx, const struct archive_wagon *wagon, size_t *size);
const void *archive_yaml_pack(const void *ctx, const char *name, const char *yaml, size_t *size);
char *archive_yaml_of(const void *ctx, const struct archive_wagon *wagon);
/* A tar.gz of a blueprint's folder; a wagon. Owned by ctx. */
const void *archive_blueprint_pack(const void *ctx, const struct make_plan *plan, int64_t blueprint,
                                   size_t *size);
const void *archive_wagon(const void *ctx, const struct make_plan *plan, int64_t plugin,
                          size_t *size);
/* Something of the size of a broker's certificate, in the escapes of JSON. */
char *archive_certificate(const void *ctx, const struct make_plan *plan);
/* "PACKAGE-VERSION-py311-none-any.wgn", owned by ctx. */
char *archive_wagon_name(const void *ctx, const struct make_plan *plan, int64_t plugin);

#endif
