/* pg_data of the legacy format: the tables that a plan needs, by the names of their columns. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "cloudify/archive_dump.h"

enum { TABLE_TENANTS, TABLE_USERS, TABLE_BLUEPRINTS, TABLE_DEPLOYMENTS, TABLE_AGENTS };

/* Values that the functions of the rows are given: their order is the one written above them. */
static const struct archive_copy_table tables[] = {
    [TABLE_TENANTS] = {"tenants", {"id", "name"}, 2, dump_tenants, NULL, 0},
    [TABLE_USERS] = {"users", {"username"}, 1, dump_users, NULL, 0},
    [TABLE_BLUEPRINTS] = {"blueprints",
                          {"_tenant_id", "_storage_id", "id", "is_hidden", "plan", "plan_p"},
                          1,
                          dump_blueprints,
                          dump_plan_piece,
                          4},
    [TABLE_DEPLOYMENTS] = {"deployments",
                           {"_tenant_id", "_storage_id", "id", "_blueprint_fk"},
                           3,
                           dump_deployments,
                           NULL,
                           0},
    [TABLE_AGENTS] =
        {"agents", {"_tenant_id", "version", "install_method", "state"}, 2, dump_agents, NULL, 0},
    {"nodes", {"_storage_id", "_deployment_fk"}, 2, dump_nodes, NULL, 0},
    {"node_instances",
     {"_tenant_id", "id", "_node_fk", "state", "host_id"},
     5,
     dump_instances,
     NULL,
     0},
    {"plugins",
     {"_tenant_id", "id", "package_name", "package_version", "visibility", "archive_name",
      "distribution", "distribution_release", "supported_platform", "supported_platform_p",
      "supported_py_versions", "supported_py_versions_p"},
     4,
     dump_plugins,
     NULL,
     0},
    {"executions",
     {"_tenant_id", "id", "status", "workflow_id", "scheduled_for", "_deployment_fk", "created_at",
      "started_at"},
     4,
     dump_executions,
     NULL,
     0},
    {"execution_schedules",
     {"_tenant_id", "id", "workflow_id", "_deployment_fk", "next_occurrence", "since", "rule",
      "slip", "enabled", "until"},
     3,
     dump_schedules,
     NULL,
     0},
    {"secrets", {"_tenant_id", "id"}, 1, dump_secrets, NULL, 0},
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

/* It is not running on the manager that the snapshot is restored on. */
static void remove_active(struct dump *dump, const char *id)
{
    struct cloudify_archive *archive = dump->archive;
    size_t count = archive->active_count;

    if (count > CLOUDIFY_ARCHIVE_LIST_MAX) {
        return; /* it may not have been listed; the count is right */
    }
    for (size_t i = 0; i < count; i++) {
        const char *one = archive->active_list[i].id;
        if (one != NULL && strcmp(one, id) == 0) {
            memmove(&archive->active_list[i], &archive->active_list[i + 1],
                    (count - i - 1) * sizeof archive->active_list[0]);
            memmove(&dump->active_owners.items[i], &dump->active_owners.items[i + 1],
                    (count - i - 1) * sizeof dump->active_owners.items[0]);
            archive->active_count--;
            return;
        }
    }
}

static void remove_deleted(struct dump *dump)
{
    if (dump->deleted == NULL) {
        return;
    }
    dump->archive->create_execution = mem_strdup(dump->archive, dump->deleted);
    remove_active(dump, dump->deleted);
    for (size_t i = 0; i < dump->candidate_count; i++) {
        if (strcmp(dump->candidates[i].id, dump->deleted) == 0) {
            archive_count_execution(dump->archive, dump->candidates[i].status, -1);
            dump->archive->made_at = dump->candidates[i].made_at;
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

static size_t listed(size_t count)
{
    return count < CLOUDIFY_ARCHIVE_LIST_MAX ? count : CLOUDIFY_ARCHIVE_LIST_MAX;
}

static void name_schedules(struct dump *dump, struct cloudify_archive_schedule *list, size_t count,
                           const struct owners *owners)
{
    for (size_t i = 0; i < listed(count); i++) {
        const struct owner *owner = &owners->items[i];
        int64_t at = 0;
        list[i].tenant = tenant_name(dump->archive, owner->tenant);
        if (owner->row >= 0 && archive_pairs_find(&dump->deployments, owner->row, &at)) {
            list[i].deployment = mem_strdup(dump->archive, dump->pool.data + at);
        }
    }
}

static void name_owners(struct dump *dump)
{
    struct cloudify_archive *archive = dump->archive;

    archive_pairs_sort(&dump->deployments);
    for (size_t i = 0; i < listed(archive->plugin_count); i++) {
        archive->plugin_list[i].tenant = tenant_name(archive, dump->plugin_owners.items[i].tenant);
    }
    for (size_t i = 0; i < listed(archive->secret_count); i++) {
        archive->secret_list[i].tenant = tenant_name(archive, dump->secret_owners.items[i].tenant);
    }
    for (size_t i = 0; i < listed(archive->blueprint_count); i++) {
        const struct owner *owner = &dump->blueprint_owners.items[i];
        int64_t count = archive_counts_get(&dump->deployed, owner->row);
        archive->blueprint_list[i].tenant = tenant_name(archive, owner->tenant);
        archive->blueprint_list[i].deployments =
            owner->row < 0 || (count == 0 && dump->deployed.full) ? -1 : count;
    }
    name_schedules(dump, archive->schedule_list, archive->schedule_count, &dump->schedule_owners);
    name_schedules(dump, archive->active_list, archive->active_count, &dump->active_owners);
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
    dump->plan = archive_plan_new(scope, dump->archive);
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
