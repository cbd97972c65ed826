/*
 * Snapshot archives, read offline: what a manager will hold after the restore.
 *
 * The reader goes through the file once, with bounded memory, and believes nothing: a file that it
 * cannot read to the end is an error (FERRY_E_ARCHIVE), because a manager accepts such a file with
 * 201 and then hangs for ever (facts 10.3). Nothing secret is kept: password hashes, keys and
 * values of secrets are skipped where they stand.
 */
#ifndef CLOUDIFY_ARCHIVE_H
#define CLOUDIFY_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/digest.h"
#include "ferry/error.h"

struct json;

enum cloudify_archive_format {
    CLOUDIFY_ARCHIVE_LEGACY, /* a database dump; every version restores it */
    CLOUDIFY_ARCHIVE_NEW,    /* JSON members; 7.0 and newer */
    /* A dump whose metadata lack the stage and composer revisions, as community managers make it:
       managers before 7.0 restore it, 7.x take it for the new format and restore nothing, without
       an error (facts 10.3). */
    CLOUDIFY_ARCHIVE_COMMUNITY_LEGACY
};

#define CLOUDIFY_ARCHIVE_SAMPLE_MAX 20 /* ids that fit into one question */

struct cloudify_tally { /* how often each value of a column was seen */
    struct cloudify_tally_item {
        const char *name; /* "" for null */
        int64_t count;
    } * items;
    size_t count;
};

struct cloudify_archive_tenant {
    const char *name;
    int64_t id; /* of the dump's row; -1 in the new format */
    int64_t blueprints, blueprints_hidden, deployments, plugins, agents, hosts, secrets;
    bool in_folders; /* new format: has the folder entry without which nothing is restored */
};

struct cloudify_archive_plugin {
    const char *id;
    const char *tenant;
    const char *name;    /* package; in the new format the title, which is all it tells */
    const char *version; /* NULL in the new format */
    const char *visibility;
};

struct cloudify_archive_schedule {
    bool
        is_execution; /* an execution with status scheduled or queued; else an execution schedule */
    bool enabled;     /* schedules only; true for executions */
    const char *id;
    const char *status; /* executions: scheduled, queued; schedules: "" */
    const char *workflow;
    const char *deployment; /* NULL: unknown or none */
    const char *tenant;
    const char *at;    /* scheduled_for or next_occurrence as written, UTC; NULL: none */
    const char *since; /* schedules: the first time; NULL for executions */
    const char *rule;  /* schedules: JSON as written, or NULL */
    int64_t slip_minutes;
};

struct cloudify_archive {
    enum cloudify_archive_format format;
    const char *version;                                              /* snapshot_version */
    const char *schema_revision, *stage_revision, *composer_revision; /* NULL where absent */
    const char *create_execution; /* the execution that made it, where known */
    int64_t size, members;
    int64_t tenants, users, secrets;
    int64_t blueprints;        /* as GET /blueprints counts: without the hidden ones */
    int64_t blueprints_hidden; /* temporary ones of plugins updates */
    int64_t deployments, nodes, node_instances;
    int64_t hosts;                  /* node instances that are their own host */
    int64_t hosts_not_started;      /* each of them fails its deployment's agents (facts 3.2) */
    int64_t deployments_with_hosts; /* -1: too many to tell within the memory allowed */
    int64_t agents;                 /* rows that GET /agents will show */
    int64_t agents_listed;          /* in agents.json, which the restore re-connects */
    int64_t plugins, schedules;
    int64_t executions, executions_scheduled, executions_queued, executions_active;
    struct cloudify_tally instances_by_state, agents_by_version, agents_by_method, agents_by_state;
    struct cloudify_tally executions_by_status;
    struct cloudify_archive_tenant *tenant_list;
    struct cloudify_archive_plugin *plugin_list;
    struct cloudify_archive_schedule *schedule_list; /* scheduled, queued, schedules */
    const char **user_list, **networks;              /* networks that living agents use */
    size_t tenant_count, plugin_count, schedule_count, user_count, network_count;
    const char *sample[CLOUDIFY_ARCHIVE_SAMPLE_MAX]; /* new format: ids of its first deployments */
    size_t sample_count;
    const char **warnings; /* what an operator should know although it can be restored */
    size_t warning_count;
};

struct cloudify_archive_options {
    /* Bytes done and to do; false ends the reading with FERRY_E_STOPPED. May be NULL. */
    bool (*progress)(void *arg, int64_t done, int64_t total);
    void *arg;
};

/* Limits. A list that reaches its limit says so in a warning; its count stays exact. */
#define CLOUDIFY_ARCHIVE_METADATA_MAX (1 << 20)  /* real ones: 0.3 KB (facts 5.1) */
#define CLOUDIFY_ARCHIVE_NETWORKS_MAX (16 << 20) /* names of networks alone */
#define CLOUDIFY_ARCHIVE_VALUE_MAX (64 << 10)    /* of a column or text that we keep; ids: 256 */
#define CLOUDIFY_ARCHIVE_COLUMNS_MAX 1600    /* of a table: PostgreSQL's MaxHeapAttributeNumber */
#define CLOUDIFY_ARCHIVE_NAME_MAX 4096       /* of a member: PATH_MAX of the manager */
#define CLOUDIFY_ARCHIVE_LIST_MAX 10000      /* plugins, schedules, users that are listed */
#define CLOUDIFY_ARCHIVE_TENANTS_MAX 10000   /* more is refused; 3 to 50 are usual */
#define CLOUDIFY_ARCHIVE_ROWS_MAX 600000     /* deployments, nodes, hosts kept for joins */
#define CLOUDIFY_ARCHIVE_POOL_MAX (12 << 20) /* bytes of names kept for joins */
#define CLOUDIFY_ARCHIVE_TALLY_MAX 200       /* values of a tally; the rest is "(other)" */
#define CLOUDIFY_ARCHIVE_RATIO_MAX 500       /* unpacked to packed; dumps reach 25 (5.3) */
#define CLOUDIFY_ARCHIVE_RATIO_FROM                                                                \
    ((int64_t)64 << 20) /* the ratio is looked at from this size                                   \
                         */

/* Reads the archive; *out is owned by ctx. options may be NULL. FERRY_E_NOT_FOUND: no such file;
   FERRY_E_IO: it cannot be read; FERRY_E_ARCHIVE: it is no usable snapshot, with a hint. */
enum ferry_code cloudify_archive_read(const void *ctx, const char *path,
                                      const struct cloudify_archive_options *options,
                                      struct cloudify_archive **out,
                                      struct ferry_error *err) FERRY_CHECK;

/* SHA-256 and size of the whole file, without looking inside. */
enum ferry_code cloudify_archive_digest(const char *path,
                                        const struct cloudify_archive_options *options,
                                        char sha256[DIGEST_SHA256_HEX], int64_t *size,
                                        struct ferry_error *err) FERRY_CHECK;

/* The object facts.archive; sha256 may be NULL. Owned by ctx. */
struct json *cloudify_archive_facts(const void *ctx, const struct cloudify_archive *archive,
                                    const char *sha256);

/* "legacy", "new", "community-legacy"; static. */
const char *cloudify_archive_format_name(enum cloudify_archive_format format);

#endif
