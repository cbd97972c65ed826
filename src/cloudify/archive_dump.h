/* What the rows of pg_data are gathered in. Inside the reader of dumps only. */
#ifndef CLOUDIFY_ARCHIVE_DUMP_H
#define CLOUDIFY_ARCHIVE_DUMP_H

#include "base/buf.h"
#include "cloudify/archive_copy.h"
#include "cloudify/archive_model.h"
#include "cloudify/archive_plan.h"

/* Executions that the end of the dump may delete: the one that made the snapshot. */
#define CANDIDATES_MAX 10000
#define CANDIDATE_ID_MAX 256 /* bytes; ids of executions are uuids */

struct candidate {
    const char *id;
    const char *status;
    const char *made_at;
};

/* Of an element of a list, until all tables are read. */
struct owner {
    int64_t tenant; /* id */
    int64_t row;    /* storage id of the deployment; of blueprints their own */
};

struct owners { /* in the order of the list */
    struct owner *items;
    size_t room;
};

struct dump {
    const struct archive_source *source;
    struct cloudify_archive *archive;
    void *scope;
    struct archive_copy *copy;
    struct archive_plan *plan;
    int64_t size;
    int64_t done;
    int64_t tenant_rows;
    size_t last_tenant;               /* rows of one tenant often follow each other */
    struct archive_pairs deployments; /* storage id, place of the name in the pool */
    struct archive_pairs nodes;       /* storage id, storage id of the deployment */
    struct archive_pairs hosts;       /* storage id of the node, of the deployment */
    struct archive_counts deployed;   /* storage ids of blueprints, for each deployment */
    struct buf pool;
    struct owners plugin_owners, schedule_owners, active_owners, blueprint_owners, secret_owners;
    struct candidate *candidates;
    size_t candidate_count;
    char *deleted; /* id of the execution that the dump deletes at its end */
};

/* Keeps the owner of the last element of a list that has count of them. */
void dump_set_owner(struct dump *dump, struct owners *owners, size_t count, struct owner owner);
enum ferry_code dump_number(const char *text, const char *what, int64_t *out,
                            struct ferry_error *err) FERRY_CHECK;
enum ferry_code dump_tenant(struct dump *dump, const char *text,
                            struct cloudify_archive_tenant **out,
                            struct ferry_error *err) FERRY_CHECK;

/* The rows of each table; the columns stand in archive_dump.c. */
enum ferry_code dump_tenants(void *arg, const char *const *v, struct ferry_error *err);
enum ferry_code dump_users(void *arg, const char *const *v, struct ferry_error *err);
enum ferry_code dump_blueprints(void *arg, const char *const *v, struct ferry_error *err);
void dump_plan_piece(void *arg, size_t column, const char *data, size_t size);
enum ferry_code dump_deployments(void *arg, const char *const *v, struct ferry_error *err);
enum ferry_code dump_nodes(void *arg, const char *const *v, struct ferry_error *err);
enum ferry_code dump_instances(void *arg, const char *const *v, struct ferry_error *err);
enum ferry_code dump_agents(void *arg, const char *const *v, struct ferry_error *err);
enum ferry_code dump_secrets(void *arg, const char *const *v, struct ferry_error *err);
enum ferry_code dump_plugins(void *arg, const char *const *v, struct ferry_error *err);
enum ferry_code dump_executions(void *arg, const char *const *v, struct ferry_error *err);
enum ferry_code dump_schedules(void *arg, const char *const *v, struct ferry_error *err);

#endif
