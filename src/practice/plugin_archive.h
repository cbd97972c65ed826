/* What is inside an uploaded plugin: a wagon, a zip with one wagon and its yaml, or a caravan. */
#ifndef PRACTICE_PLUGIN_ARCHIVE_H
#define PRACTICE_PLUGIN_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

struct plugin_info {
    const char *package_name, *package_version, *package_source, *archive_name;
    const char *distribution, *distribution_release, *distribution_version;
    const char *supported_platform, *wheels, *supported_py_versions; /* JSON */
};

struct plugin_part {
    struct plugin_info info;
    const char *data; /* of a wagon inside; NULL: the upload is the wagon */
    size_t size;
};

struct plugin_archive {
    struct plugin_part *parts;
    size_t count;
    bool caravan; /* a tgz of several wagons, told apart by ROOT/METADATA */
};

/* Everything in *out is owned by ctx. one_yaml: a zip may not have more (up to 5.x). False: *why is
   the manager's message (static). */
bool plugin_archive_read(const void *ctx, const char *path, bool one_yaml,
                         struct plugin_archive *out, const char **why);

#endif
