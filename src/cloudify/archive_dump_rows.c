/* Rows that are counted: tenants, users, blueprints, deployments, nodes, agents. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cloudify/archive_dump.h"

void dump_set_owner(struct dump *dump, struct owners *owners, size_t count, struct owner owner)
{
    if (count > owners->room) {
        owners->room = owners->room == 0 ? 16 : owners->room * 2;
        owners->items = mem_resize(dump->scope, owners->items, struct owner, owners->room);
    }
    owners->items[count - 1] = owner;
}

enum ferry_code dump_number(const char *text, const char *what, int64_t *out,
                            struct ferry_error *err)
{
    if (text == NULL || !parse_int64(text, 0, INT64_MAX, out)) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "%s \"%.64s\" is not a number", what,
                          text == NULL ? "" : text);
    }
    return FERRY_OK;
}

enum ferry_code dump_tenant(struct dump *dump, const char *text,
                            struct cloudify_archive_tenant **out, struct ferry_error *err)
{
    int64_t id = 0;
    enum ferry_code code = dump_number(text, "_tenant_id", &id, err);
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

enum ferry_code dump_tenants(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive_tenant *tenant = NULL;
    enum ferry_code code = dump_tenant(dump, v[0], &tenant, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (tenant->name != NULL || v[1] == NULL || v[1][0] == '\0') {
        return ferry_fail(err, FERRY_E_ARCHIVE,
                          "table tenants: tenant %s is there twice or has "
                          "no name",
                          v[0]);
    }
    if (strlen(v[1]) > CLOUDIFY_ARCHIVE_TENANT_MAX) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "table tenants: a name is longer than %d bytes",
                          CLOUDIFY_ARCHIVE_TENANT_MAX);
    }
    tenant->name = mem_strdup(dump->archive, v[1]);
    dump->tenant_rows++;
    return FERRY_OK;
}

enum ferry_code dump_users(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;

    (void)err;
    dump->archive->users++;
    archive_add_user(dump->archive, v[0]);
    archive_take_stock(dump->source, INVENTORY_USERS, NULL, v[0]);
    return FERRY_OK;
}

/* A plan stands in one of the two columns; the other is null. */
void dump_plan_piece(void *arg, size_t column, const char *data, size_t size)
{
    struct dump *dump = arg;

    (void)column;
    archive_plan_feed(dump->plan, data, size);
}

/* v: _tenant_id, _storage_id, id, is_hidden, plan, plan_p */
enum ferry_code dump_blueprints(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_tenant *tenant = NULL;
    int64_t storage = -1;
    bool hidden = v[3] != NULL && strcmp(v[3], "t") == 0;
    enum ferry_code code = dump_tenant(dump, v[0], &tenant, err);

    if (code == FERRY_OK && v[1] != NULL) {
        code = dump_number(v[1], "_storage_id", &storage, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    tenant->blueprints += !hidden;
    tenant->blueprints_hidden += hidden;
    if (!hidden) {
        archive_take_stock(dump->source, INVENTORY_BLUEPRINTS, tenant, v[2]);
    }
    int64_t owner = tenant->id;
    struct cloudify_archive_blueprint *blueprint = archive_add_blueprint(archive);
    if (blueprint != NULL) {
        blueprint->id = archive_keep(archive, v[2] == NULL ? "" : v[2]);
        blueprint->hidden = hidden;
        dump_set_owner(dump, &dump->blueprint_owners, archive->blueprint_count,
                       (struct owner){.tenant = owner, .row = storage});
    }
    archive_plan_end(dump->plan, blueprint);
    return FERRY_OK;
}

/* v: _tenant_id, _storage_id, id, _blueprint_fk */
enum ferry_code dump_deployments(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive_tenant *tenant = NULL;
    int64_t storage = 0;
    int64_t blueprint = 0;
    enum ferry_code code = dump_tenant(dump, v[0], &tenant, err);

    if (code == FERRY_OK) {
        code = dump_number(v[1], "_storage_id", &storage, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    tenant->deployments++;
    archive_take_stock(dump->source, INVENTORY_DEPLOYMENTS, tenant, v[2]);
    if (v[3] != NULL && parse_int64(v[3], 0, INT64_MAX, &blueprint)) {
        archive_counts_add(dump->scope, &dump->deployed, blueprint, 0);
    }
    size_t at = dump->pool.len;
    if (v[2] != NULL && buf_append(&dump->pool, v[2], strlen(v[2]) + 1)) {
        archive_pairs_add(dump->scope, &dump->deployments, storage, (int64_t)at);
    }
    return FERRY_OK;
}

enum ferry_code dump_nodes(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    int64_t storage = 0;
    int64_t deployment = 0;
    enum ferry_code code = dump_number(v[0], "_storage_id", &storage, err);

    if (code == FERRY_OK) {
        code = dump_number(v[1], "_deployment_fk", &deployment, err);
    }
    if (code == FERRY_OK) {
        dump->archive->nodes++;
        archive_pairs_add(dump->scope, &dump->nodes, storage, deployment);
    }
    return code;
}

enum ferry_code dump_instances(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_tenant *tenant = NULL;
    const char *host = v[4];
    int64_t node = 0;
    enum ferry_code code = dump_tenant(dump, v[0], &tenant, err);

    if (code == FERRY_OK) {
        code = dump_number(v[2], "_node_fk", &node, err);
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

enum ferry_code dump_agents(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_tenant *tenant = NULL;
    enum ferry_code code = dump_tenant(dump, v[0], &tenant, err);

    if (code == FERRY_OK) {
        tenant->agents++;
        archive_tally_add(archive, &archive->agents_by_version, v[1], 1);
        archive_tally_add(archive, &archive->agents_by_method, v[2], 1);
        archive_tally_add(archive, &archive->agents_by_state, v[3], 1);
    }
    return code;
}

enum ferry_code dump_secrets(void *arg, const char *const *v, struct ferry_error *err)
{
    struct cloudify_archive_tenant *tenant = NULL;
    struct dump *dump = arg;
    struct cloudify_archive *archive = dump->archive;
    enum ferry_code code = dump_tenant(dump, v[0], &tenant, err);

    if (code != FERRY_OK) {
        return code;
    }
    tenant->secrets++;
    archive_take_stock(dump->source, INVENTORY_SECRETS, tenant, v[1]);
    int64_t owner = tenant->id;
    struct cloudify_archive_secret *secret = v[1] == NULL ? NULL : archive_add_secret(archive);
    if (secret != NULL) {
        secret->name = archive_keep(archive, v[1]);
        dump_set_owner(dump, &dump->secret_owners, archive->secret_count,
                       (struct owner){.tenant = owner});
    }
    return FERRY_OK;
}
