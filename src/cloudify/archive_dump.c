/* pg_data of the legacy format: the tables that a plan needs, by the names of their columns. */
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cloudify/archive_copy.h"
#include "cloudify/archive_model.h"

/* Executions that the end of the dump may delete: the one that made the snapshot. */
#define CANDIDATES_MAX 10000

struct candidate {
    const char *id;
    const char *status;
};

struct owner { /* of a listed plugin or schedule, until names are known */
    int64_t tenant;
    int64_t deployment;
};

struct dump {
    const struct archive_source *source;
    struct cloudify_archive *archive;
    void *scope;
    struct archive_copy *copy;
    int64_t size;
    int64_t done;
    int64_t tenant_rows;
    size_t last_tenant;               /* rows of one tenant often follow each other */
    struct archive_pairs deployments; /* storage id, place of the name in the pool */
    struct archive_pairs nodes;       /* storage id, storage id of the deployment */
    struct archive_pairs hosts;       /* storage id of the node, of the deployment */
    struct buf pool;
    struct owner *plugin_owners;
    struct owner *schedule_owners;
    struct candidate *candidates;
    size_t candidate_count;
    char *deleted; /* id of the execution that the dump deletes at its end */
};

static enum ferry_code number(const char *text, const char *what, int64_t *out,
                              struct ferry_error *err)
{
    if (text == NULL || !parse_int64(text, 0, INT64_MAX, out)) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "%s \"%.64s\" is not a number", what,
                          text == NULL ? "" : text);
    }
    return FERRY_OK;
}

static enum ferry_code tenant_of(struct dump *dump, const char *text,
                                 struct cloudify_archive_tenant **out, struct ferry_error *err)
{
    int64_t id = 0;
    enum ferry_code code = number(text, "_tenant_id", &id, err);
    const struct cloudify_archive *archive = dump->archive;

    if (code != FERRY_OK) {
        return code;
    }
    if (dump->last_tenant < archive->tenant_count &&
        archive->tenant_list[dump->last_tenant].id == id) {
        *out = &archive->tenant_list[dump->last_tenant];
        return FERRY_OK;
    }
    *out = archive_tenant(dump->archive, id, NULL, err);
    if (*out == NULL) {
        return FERRY_E_ARCHIVE;
    }
    dump->last_tenant = (size_t)(*out - archive->tenant_list);
    return FERRY_OK;
}

static enum ferry_code tenants_row(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive_tenant *tenant = NULL;
    enum ferry_code code = tenant_of(dump, v[0], &tenant, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (tenant->name != NULL || v[1] == NULL || v[1][0] == '\0') {
        return ferry_fail(err, FERRY_E_ARCHIVE,
                          "table tenants: tenant %s is there twice or has "
                          "no name",
                          v[0]);
    }
    tenant->name = mem_strdup(dump->archive, v[1]);
    dump->tenant_rows++;
    return FERRY_OK;
}

static enum ferry_code users_row(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;

    (void)err;
    dump->archive->users++;
    archive_add_user(dump->archive, v[0]);
    return FERRY_OK;
}

static enum ferry_code blueprints_row(void *arg, const char *const *v, struct ferry_error *err)
{
    struct cloudify_archive_tenant *tenant = NULL;
    enum ferry_code code = tenant_of(arg, v[0], &tenant, err);

    if (code == FERRY_OK && v[1] != NULL && strcmp(v[1], "t") == 0) {
        tenant->blueprints_hidden++;
    } else if (code == FERRY_OK) {
        tenant->blueprints++;
    }
    return code;
}

static enum ferry_code deployments_row(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive_tenant *tenant = NULL;
    int64_t storage = 0;
    enum ferry_code code = tenant_of(dump, v[0], &tenant, err);

    if (code == FERRY_OK) {
        code = number(v[1], "_storage_id", &storage, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    tenant->deployments++;
    size_t at = dump->pool.len;
    if (v[2] != NULL && buf_append(&dump->pool, v[2], strlen(v[2]) + 1)) {
        archive_pairs_add(dump->scope, &dump->deployments, storage, (int64_t)at);
    }
    return FERRY_OK;
}

static enum ferry_code nodes_row(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    int64_t storage = 0;
    int64_t deployment = 0;
    enum ferry_code code = number(v[0], "_storage_id", &storage, err);

    if (code == FERRY_OK) {
        code = number(v[1], "_deployment_fk", &deployment, err);
    }
    if (code == FERRY_OK) {
        dump->archive->nodes++;
        archive_pairs_add(dump->scope, &dump->nodes, storage, deployment);
    }
    return code;
}

static enum ferry_code instances_row(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_tenant *tenant = NULL;
    const char *host = v[4];
    int64_t node = 0;
    enum ferry_code code = tenant_of(dump, v[0], &tenant, err);

    if (code == FERRY_OK) {
        code = number(v[2], "_node_fk", &node, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    archive->node_instances++;
    archive_tally_add(archive, &archive->instances_by_state, v[3], 1);
    if (v[1] != NULL && host != NULL && strcmp(v[1], host) == 0) {
        tenant->hosts++;
        archive->hosts_not_started += v[3] == NULL || strcmp(v[3], "started") != 0;
        archive_pairs_add(dump->scope, &dump->hosts, node, -1);
    }
    return FERRY_OK;
}

static enum ferry_code agents_row(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_tenant *tenant = NULL;
    enum ferry_code code = tenant_of(dump, v[0], &tenant, err);

    if (code == FERRY_OK) {
        tenant->agents++;
        archive_tally_add(archive, &archive->agents_by_version, v[1], 1);
        archive_tally_add(archive, &archive->agents_by_method, v[2], 1);
        archive_tally_add(archive, &archive->agents_by_state, v[3], 1);
    }
    return code;
}

static enum ferry_code plugins_row(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_tenant *tenant = NULL;
    enum ferry_code code = tenant_of(dump, v[0], &tenant, err);

    if (code != FERRY_OK) {
        return code;
    }
    tenant->plugins++;
    int64_t id = tenant->id;
    struct cloudify_archive_plugin *plugin = archive_add_plugin(archive);
    if (plugin == NULL) {
        return FERRY_OK;
    }
    plugin->id = mem_strdup(archive, v[1]);
    plugin->name = mem_strdup(archive, v[2]);
    plugin->version = mem_strdup(archive, v[3]);
    plugin->visibility = mem_strdup(archive, v[4]);
    dump->plugin_owners =
        mem_resize(dump->scope, dump->plugin_owners, struct owner, archive->plugin_count);
    dump->plugin_owners[archive->plugin_count - 1] = (struct owner){.tenant = id};
    return FERRY_OK;
}

static struct cloudify_archive_schedule *add_schedule(struct dump *dump, int64_t tenant,
                                                      const char *deployment)
{
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_schedule *schedule = archive_add_schedule(archive);
    struct owner owner = {.tenant = tenant, .deployment = -1};

    if (schedule == NULL) {
        return NULL;
    }
    if (deployment != NULL && !parse_int64(deployment, 0, INT64_MAX, &owner.deployment)) {
        owner.deployment = -1;
    }
    dump->schedule_owners =
        mem_resize(dump->scope, dump->schedule_owners, struct owner, archive->schedule_count);
    dump->schedule_owners[archive->schedule_count - 1] = owner;
    return schedule;
}

static void keep_candidate(struct dump *dump, const char *id, const char *status)
{
    if (id == NULL || dump->candidate_count == CANDIDATES_MAX) {
        return;
    }
    dump->candidates =
        mem_resize(dump->scope, dump->candidates, struct candidate, dump->candidate_count + 1);
    dump->candidates[dump->candidate_count++] = (struct candidate){
        .id = mem_strdup(dump->scope, id), .status = mem_strdup(dump->scope, status)};
}

static enum ferry_code executions_row(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_tenant *tenant = NULL;
    enum ferry_code code = tenant_of(dump, v[0], &tenant, err);

    if (code != FERRY_OK) {
        return code;
    }
    const char *status = v[2] == NULL ? "" : v[2];
    archive_count_execution(archive, status, 1);
    if (v[3] != NULL && strcmp(v[3], "create_snapshot") == 0) {
        keep_candidate(dump, v[1], status);
    }
    if (strcmp(status, "scheduled") != 0 && strcmp(status, "queued") != 0) {
        return FERRY_OK;
    }
    struct cloudify_archive_schedule *schedule = add_schedule(dump, tenant->id, v[5]);
    if (schedule != NULL) {
        schedule->is_execution = true;
        schedule->enabled = true;
        schedule->id = mem_strdup(archive, v[1]);
        schedule->status = mem_strdup(archive, status);
        schedule->workflow = mem_strdup(archive, v[3]);
        schedule->at = mem_strdup(archive, v[4]);
    }
    return FERRY_OK;
}

static enum ferry_code schedules_row(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_tenant *tenant = NULL;
    enum ferry_code code = tenant_of(dump, v[0], &tenant, err);

    if (code != FERRY_OK) {
        return code;
    }
    archive->schedules++;
    struct cloudify_archive_schedule *schedule = add_schedule(dump, tenant->id, v[3]);
    if (schedule != NULL) {
        schedule->id = mem_strdup(archive, v[1]);
        schedule->status = "";
        schedule->workflow = mem_strdup(archive, v[2]);
        schedule->at = mem_strdup(archive, v[4]);
        schedule->since = mem_strdup(archive, v[5]);
        schedule->rule = mem_strdup(archive, v[6]);
        schedule->enabled = v[8] == NULL || strcmp(v[8], "t") == 0;
        if (v[7] == NULL || !parse_int64(v[7], 0, INT64_MAX, &schedule->slip_minutes)) {
            schedule->slip_minutes = 0;
        }
    }
    return FERRY_OK;
}

static enum ferry_code secrets_row(void *arg, const char *const *v, struct ferry_error *err)
{
    struct cloudify_archive_tenant *tenant = NULL;
    enum ferry_code code = tenant_of(arg, v[0], &tenant, err);

    if (code == FERRY_OK) {
        tenant->secrets++;
    }
    return code;
}

enum { TABLE_TENANTS, TABLE_USERS, TABLE_BLUEPRINTS, TABLE_DEPLOYMENTS, TABLE_AGENTS };

static const struct archive_copy_table tables[] = {
    [TABLE_TENANTS] = {"tenants", {"id", "name"}, 2, tenants_row},
    [TABLE_USERS] = {"users", {"username"}, 1, users_row},
    [TABLE_BLUEPRINTS] = {"blueprints", {"_tenant_id", "is_hidden"}, 1, blueprints_row},
    [TABLE_DEPLOYMENTS] = {"deployments", {"_tenant_id", "_storage_id", "id"}, 3, deployments_row},
    [TABLE_AGENTS] = {"agents",
                      {"_tenant_id", "version", "install_method", "state"},
                      2,
                      agents_row},
    {"nodes", {"_storage_id", "_deployment_fk"}, 2, nodes_row},
    {"node_instances", {"_tenant_id", "id", "_node_fk", "state", "host_id"}, 5, instances_row},
    {"plugins",
     {"_tenant_id", "id", "package_name", "package_version", "visibility"},
     4,
     plugins_row},
    {"executions",
     {"_tenant_id", "id", "status", "workflow_id", "scheduled_for", "_deployment_fk"},
     4,
     executions_row},
    {"execution_schedules",
     {"_tenant_id", "id", "workflow_id", "_deployment_fk", "next_occurrence", "since", "rule",
      "slip", "enabled"},
     3,
     schedules_row},
    {"secrets", {"_tenant_id"}, 1, secrets_row},
};

/* "DELETE FROM [public.]executions WHERE id = 'ID';": the managers' own last line (facts 5.1). */
static enum ferry_code statement(void *arg, const char *line, struct ferry_error *err)
{
    static const char start[] = "DELETE FROM ";
    static const char rest[] = "executions WHERE id = '";
    struct dump *dump = arg;

    (void)err;
    if (strncmp(line, start, sizeof start - 1) != 0) {
        return FERRY_OK;
    }
    const char *at = line + sizeof start - 1;
    at += strncmp(at, "public.", 7) == 0 ? 7 : 0;
    if (strncmp(at, rest, sizeof rest - 1) != 0) {
        return FERRY_OK;
    }
    at += sizeof rest - 1;
    const char *end = strchr(at, '\'');
    if (end != NULL) {
        mem_free(dump->deleted);
        dump->deleted = mem_strndup(dump->scope, at, (size_t)(end - at));
    }
    return FERRY_OK;
}

static enum ferry_code check_tenants(const struct dump *dump, struct ferry_error *err)
{
    const struct cloudify_archive *archive = dump->archive;

    for (size_t i = 0; i < FERRY_COUNT(tables); i++) {
        if (i <= TABLE_DEPLOYMENTS && !archive_copy_seen(dump->copy, i)) {
            return ferry_fail(err, FERRY_E_ARCHIVE, "the table %s is missing", tables[i].name);
        }
    }
    if (dump->tenant_rows == 0) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "it holds no tenant");
    }
    for (size_t i = 0; i < archive->tenant_count; i++) {
        if (archive->tenant_list[i].name == NULL) {
            return ferry_fail(err, FERRY_E_ARCHIVE, "rows belong to tenant %lld, which is missing",
                              (long long)archive->tenant_list[i].id);
        }
    }
    return FERRY_OK;
}

static void remove_deleted(struct dump *dump)
{
    if (dump->deleted == NULL) {
        return;
    }
    dump->archive->create_execution = mem_strdup(dump->archive, dump->deleted);
    for (size_t i = 0; i < dump->candidate_count; i++) {
        if (strcmp(dump->candidates[i].id, dump->deleted) == 0) {
            archive_count_execution(dump->archive, dump->candidates[i].status, -1);
            return;
        }
    }
}

static const char *tenant_name(const struct cloudify_archive *archive, int64_t id)
{
    for (size_t i = 0; i < archive->tenant_count; i++) {
        if (archive->tenant_list[i].id == id) {
            return archive->tenant_list[i].name;
        }
    }
    return NULL;
}

static void name_owners(struct dump *dump)
{
    struct cloudify_archive *archive = dump->archive;

    archive_pairs_sort(&dump->deployments);
    for (size_t i = 0; i < archive->plugin_count && i < CLOUDIFY_ARCHIVE_LIST_MAX; i++) {
        archive->plugin_list[i].tenant = tenant_name(archive, dump->plugin_owners[i].tenant);
    }
    for (size_t i = 0; i < archive->schedule_count && i < CLOUDIFY_ARCHIVE_LIST_MAX; i++) {
        struct cloudify_archive_schedule *schedule = &archive->schedule_list[i];
        const struct owner *owner = &dump->schedule_owners[i];
        int64_t at = 0;
        schedule->tenant = tenant_name(archive, owner->tenant);
        if (owner->deployment >= 0 &&
            archive_pairs_find(&dump->deployments, owner->deployment, &at)) {
            schedule->deployment = mem_strdup(archive, dump->pool.data + at);
        }
    }
}

static void count_deployments_with_hosts(struct dump *dump)
{
    struct archive_pairs *hosts = &dump->hosts;

    archive_pairs_sort(&dump->nodes);
    for (size_t i = 0; i < hosts->count; i++) {
        (void)archive_pairs_find(&dump->nodes, hosts->items[i].key, &hosts->items[i].value);
    }
    dump->archive->deployments_with_hosts =
        hosts->full || dump->nodes.full ? -1 : archive_pairs_distinct(hosts);
}

static enum ferry_code take(void *arg, const char *data, size_t size, bool *stop,
                            struct ferry_error *err)
{
    struct dump *dump = arg;

    (void)stop;
    enum ferry_code code = archive_copy_feed(dump->copy, data, size, err);
    dump->done += (int64_t)size;
    return code != FERRY_OK ? code : archive_progress(dump->source, dump->done, dump->size, err);
}

enum ferry_code archive_read_dump(const struct archive_source *source,
                                  const struct archive_zip_member *pg_data, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct dump *dump = mem_new(scope, struct dump);
    const struct archive_copy_sink rows = {
        .tables = tables, .table_count = FERRY_COUNT(tables), .statement = statement, .arg = dump};
    const struct archive_sink sink = {.take = take, .arg = dump};

    dump->source = source;
    dump->archive = source->archive;
    dump->scope = scope;
    dump->size = pg_data->size;
    dump->copy = archive_copy_new(scope, &rows);
    buf_init(&dump->pool, scope, CLOUDIFY_ARCHIVE_POOL_MAX);
    enum ferry_code code = archive_zip_read(source->zip, pg_data, &sink, err);
    if (code == FERRY_OK) {
        code = archive_copy_end(dump->copy, err);
    }
    if (code == FERRY_OK) {
        code = check_tenants(dump, err);
    }
    if (code != FERRY_OK) {
        return archive_blame(pg_data->name, err);
    }
    remove_deleted(dump);
    name_owners(dump);
    count_deployments_with_hosts(dump);
    return FERRY_OK;
}
