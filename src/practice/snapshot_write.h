/*
 * The archive of a snapshot, made of all that this manager holds: what create_snapshot leaves. It
 * can be restored into another practice manager, which then holds the same.
 */
#ifndef PRACTICE_SNAPSHOT_WRITE_H
#define PRACTICE_SNAPSHOT_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "ferry/error.h"
#include "practice/archive_write.h"
#include "practice/zip_write.h"

struct practice;

struct snapshot_order {
    const char *path;      /* of the archive; it appears when it is complete */
    const char *execution; /* that makes it */
    bool legacy, credentials, logs, events, metrics;
    int64_t payload; /* bytes of a member that cannot be compressed, 0: none */
};

/* FERRY_E_IO when it cannot be written; nothing is left behind then. */
enum ferry_code snapshot_write(struct practice *practice, const struct snapshot_order *order,
                               struct ferry_error *err) FERRY_CHECK;

/* --- the two formats --- */
struct snapshot_writer {
    struct practice *practice;
    const struct snapshot_order *order;
    struct zip_out *out;
    void *ctx;
};
void snapshot_write_legacy(struct snapshot_writer *writer);
void snapshot_write_items(struct snapshot_writer *writer);
/* The yaml of a blueprint that uses plugins: a list of package names, one a line, or NULL. */
char *snapshot_blueprint_yaml(const void *ctx, const char *packages);

/* The plan of the blueprint t, as far as it names plugins: an expression of SQL. */
#define SNAPSHOT_PLAN                                                                              \
    "json_object('inputs', json('{}'), 'outputs', json('{}'), 'nodes', json('[]'),"                \
    " 'workflow_plugins_to_install', json('[]'), 'host_agent_plugins_to_install', json('[]'),"     \
    " 'deployment_plugins_to_install', (SELECT json_group_array(json_object('name',"               \
    " u.package_name, 'executor', 'central_deployment_agent', 'install', json('true'),"            \
    " 'package_name', u.package_name, 'package_version', u.package_version)) FROM used_plugins u"  \
    " WHERE u.tenant = t.tenant AND u.blueprint = t.id))"

#endif
