/* What is inside an uploaded plugin: a wagon, or a zip with one wagon and its yaml. */
#ifndef PRACTICE_PLUGIN_ARCHIVE_H
#define PRACTICE_PLUGIN_ARCHIVE_H

#include <stdbool.h>

struct plugin_info {
    const char *package_name, *package_version, *package_source, *archive_name;
    const char *distribution, *distribution_release, *distribution_version;
    const char *supported_platform, *wheels, *supported_py_versions; /* JSON */
};

/* Everything in *out is owned by ctx. False: *why is the manager's message (static). */
bool plugin_archive_read(const void *ctx, const char *path, struct plugin_info *out,
                         const char **why);

#endif
