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

struct inventory;
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

/*
 * A plugin that the restored manager will have. What it runs on stands in the table's columns (JSON
 * from 6.4 on, pickled before) and in the name of its wagon; the new format has the name alone,
 * which is read inside tenants/TENANT/plugins/ID.zip. Whatever is not told is NULL (python: none):
 * it is not known then, not unlimited.
 */
struct cloudify_archive_plugin {
    const char *id;
    const char *tenant;
    const char *name;         /* of the package; new format: by the title and the wagon's name */
    const char *version;      /* of the package */
    const char *visibility;   /* private, tenant, global */
    const char *archive_name; /* of the wagon: "cloudify_aws_plugin-3.0.3-py36-none-linux_x86_64" */
    const char *platform;     /* "any", "linux_x86_64", "manylinux2014_aarch64" */
    const char *distribution; /* "centos", mostly NULL */
    const char *release;      /* "Core" */
    const char **python;      /* tags: "py27", "py36", "py311" */
    size_t python_count;
};

struct cloudify_archive_use { /* a package that some plan names; shared between blueprints */
    const char *package;
    const char *version; /* NULL: the plan pins none */
};

/*
 * A blueprint and the plugins that its plan (the parsed blueprint) names as packages: for nodes,
 * for its deployment and for its workflows. Plugins without a package, such as "agent" or
 * "script", are no uploads and are left out. To ask which deployments need a plugin P: the sum of
 * .deployments over those blueprints whose .plugins hold P; and say "cannot tell" when a blueprint
 * with deployments has known == false.
 */
struct cloudify_archive_blueprint {
    const char *id;
    const char *tenant;
    bool hidden;         /* temporary, of a plugins update */
    bool is_global;      /* new format: other tenants may use it */
    int64_t deployments; /* of all tenants; -1: the archive does not tell, or too many */
    const struct cloudify_archive_use **plugins;
    size_t plugin_count;
    bool known; /* plan was read to its end: plugins is complete. False without a plan, too */
};

struct cloudify_archive_schedule {
    bool is_execution; /* an execution that has not ended; else an execution schedule */
    bool enabled;      /* schedules only; true for executions */
    const char *id;
    const char *status; /* executions: scheduled, queued, or an active one; schedules: "" */
    const char *workflow;
    const char *deployment; /* NULL: unknown or none */
    const char *tenant;
    const char *at;    /* scheduled_for or next_occurrence as written, UTC; NULL: none */
    const char *since; /* schedules: the first time; executions: when it was made */
    const char *until; /* schedules: no occurrence is later; NULL: without end */
    const char *rule;  /* schedules: JSON as written, or NULL */
    int64_t slip_minutes;
};

struct cloudify_archive_secret { /* its value is never read */
    const char *name;
    const char *tenant;
};

struct cloudify_archive {
    enum cloudify_archive_format format;
    const char *version;                                              /* snapshot_version */
    const char *schema_revision, *stage_revision, *composer_revision; /* NULL where absent */
    const char *create_execution; /* the execution that made it, where known */
    const char *made_at;          /* when that was started, UTC as written; NULL: not told */
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
    struct cloudify_archive_blueprint *blueprint_list; /* the hidden ones too */
    struct cloudify_archive_schedule *schedule_list;   /* scheduled, queued, schedules */
    struct cloudify_archive_schedule *active_list;     /* running, without the one that made it */
    struct cloudify_archive_secret *secret_list;
    struct cloudify_archive_use **uses;
    const char **user_list, **networks; /* networks that living agents use */
    size_t tenant_count, plugin_count, schedule_count, user_count, network_count;
    size_t blueprint_count, active_count, secret_count, use_count;
    const char *sample[CLOUDIFY_ARCHIVE_SAMPLE_MAX]; /* new format: ids of its first deployments */
    size_t sample_count;
    unsigned cut_lists;    /* a bit for each list that does not hold all; see the warnings */
    size_t kept;           /* bytes of the texts in the lists, for the reader's own limit */
    const char **warnings; /* what an operator should know although it can be restored */
    size_t warning_count;
};

struct cloudify_archive_options {
    /* Bytes done and to do; false ends the reading with FERRY_E_STOPPED. May be NULL. */
    bool (*progress)(void *arg, int64_t done, int64_t total);
    void *arg;
    /* Every member too: unpacked to its end, its CRC, sizes and header compared with the central
       directory, no two of them in the same bytes. Takes as long as unpacking the file. */
    bool deep;
    struct cloudify_archive_walk *walk; /* with deep: what need not be unpacked again; or NULL */
    struct inventory *inventory; /* gets all names, and is closed when all is read; or NULL */
};

/* Limits. A list that reaches its limit says so in a warning; its count stays exact. */
#define CLOUDIFY_ARCHIVE_METADATA_MAX (64 << 10) /* real ones: 0.3 KB (facts 5.1) */
#define CLOUDIFY_ARCHIVE_VALUE_MAX (64 << 10)    /* of a column or text that we keep; ids: 256 */
#define CLOUDIFY_ARCHIVE_COLUMNS_MAX 1600     /* of a table: PostgreSQL's MaxHeapAttributeNumber */
#define CLOUDIFY_ARCHIVE_TENANT_MAX 1024      /* bytes of a tenant's name; managers allow 256 */
#define CLOUDIFY_ARCHIVE_NAME_MAX 4096        /* of a member: PATH_MAX of the manager */
#define CLOUDIFY_ARCHIVE_LIST_MAX 10000       /* elements of each list */
#define CLOUDIFY_ARCHIVE_USES_MAX 10000       /* package and version, in all plans together */
#define CLOUDIFY_ARCHIVE_USES_OF_ONE_MAX 100  /* of one blueprint; more: not known */
#define CLOUDIFY_ARCHIVE_TENANTS_MAX 10000    /* more is refused; 3 to 50 are usual */
#define CLOUDIFY_ARCHIVE_ROWS_MAX 450000      /* deployments, nodes, hosts kept for joins */
#define CLOUDIFY_ARCHIVE_TEXTS_MAX (10 << 20) /* bytes of the texts in all lists */
#define CLOUDIFY_ARCHIVE_POOL_MAX (8 << 20)   /* bytes of names kept for joins */
#define CLOUDIFY_ARCHIVE_TALLY_MAX 200        /* values of a tally; the rest is "(other)" */
#define CLOUDIFY_ARCHIVE_RATIO_MAX 500        /* unpacked to packed; dumps reach 25 (5.3) */
#define CLOUDIFY_ARCHIVE_RATIO_FROM                                                                \
    ((int64_t)64 << 20) /* the ratio is looked at from this size                                   \
                         */

/* Reads the archive; *out is owned by ctx. options may be NULL. FERRY_E_NOT_FOUND: no such file;
   FERRY_E_IO: it cannot be read; FERRY_E_ARCHIVE: it is no usable snapshot, with a hint. */
enum ferry_code cloudify_archive_read(const void *ctx, const char *path,
                                      const struct cloudify_archive_options *options,
                                      struct cloudify_archive **out,
                                      struct ferry_error *err) FERRY_CHECK;

/*
 * Unpacking the members while the file is still coming: its bytes are given from the first on, in
 * order. A deep check with this walk holds the members against the central directory as ever, but
 * does not unpack those again whose data had that size and CRC; the file must not have changed
 * since. What it cannot follow (something before the first member, an encrypted one, damage) is
 * left to that check. Memory: 120 KiB, and 40 bytes a member.
 */
struct cloudify_archive_walk *cloudify_archive_walk_new(const void *ctx);
void cloudify_archive_walk_on(struct cloudify_archive_walk *walk, const void *data, size_t size);

/* SHA-256 and size of the whole file, without looking inside. */
enum ferry_code cloudify_archive_digest(const char *path,
                                        const struct cloudify_archive_options *options,
                                        char sha256[DIGEST_SHA256_HEX], int64_t *size,
                                        struct ferry_error *err) FERRY_CHECK;

/*
 * The object facts.archive; sha256 may be NULL. Owned by ctx. Beside the counts:
 *   plugin_list     [{package_name, package_version, tenant_name, visibility, archive_name,
 *                     platform, distribution, python: [TAGS]}]: null and [] mean "not told"
 *   blueprint_list  [{id, tenant_name, hidden, deployments, known,
 *                     plugins: [{package_name, package_version or null}]}], those with deployments
 *                   first; blueprint_list_complete: false when there are more than it shows
 */
struct json *cloudify_archive_facts(const void *ctx, const struct cloudify_archive *archive,
                                    const char *sha256);

/*
 * The whole of it, for a person or a script: the facts with all plugins and blueprints, and
 *   members, schema_revision, stage_revision, composer_revision, create_execution,
 *   instances_by_state, agents_by_state, executions_by_status   {NAME: COUNT}
 *   tenant_list     [{name, blueprints, blueprints_hidden, deployments, hosts, agents, plugins,
 *                     secrets}], user_list [NAMES], secret_list [{name, tenant_name}]
 *   waiting, active [{kind: "execution" or "schedule", id, status, workflow, deployment,
 *                     tenant_name, at, created_at or since, rule, slip_minutes, enabled}]
 * Times are RFC 3339 in UTC; lists end at CLOUDIFY_ARCHIVE_LIST_MAX. Owned by ctx.
 */
struct json *cloudify_archive_report(const void *ctx, const struct cloudify_archive *archive,
                                     const char *sha256);

/* "legacy", "new", "community-legacy"; static. */
const char *cloudify_archive_format_name(enum cloudify_archive_format format);

#endif
