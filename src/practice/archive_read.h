/* The two readers behind content_read; each takes the archive's path and fills the builder. */
#ifndef PRACTICE_ARCHIVE_READ_H
#define PRACTICE_ARCHIVE_READ_H

#include "practice/content_build.h"

/* pg_data, agents.json and admin_account.json of a legacy archive. */
enum ferry_code archive_fill_legacy(struct content_build *build, const char *path,
                                    struct ferry_error *err) FERRY_CHECK;
/* mgmt/ and tenants/ of the new format. */
enum ferry_code archive_fill_new(struct content_build *build, const char *path,
                                 struct ferry_error *err) FERRY_CHECK;

#define ARCHIVE_MEMBER_MAX ((size_t)512 * 1024 * 1024) /* of one member held in memory */

/* What a plugin's archive tells: NULL where it does not. Texts are owned by ctx. */
struct plugin_facts {
    char *archive_name, *package_name, *package_version, *distribution, *distribution_release,
        *distribution_version, *package_source, *supported_platform, *supported_py_versions,
        *wheels;
};
/* Looks into a zip of a wagon and a plugin.yaml; an archive that cannot be read tells nothing. */
void archive_plugin_facts(const void *ctx, const void *data, size_t size,
                          struct plugin_facts *facts);

#endif
