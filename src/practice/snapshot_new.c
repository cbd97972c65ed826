/* A snapshot in the new format: the store's rows as the items of the API. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "practice/archive_items.h"
#include "practice/practice.h"
#include "practice/snapshot_write.h"

#define COMMON "'id', t.id, 'created_at', t.created_at, 'created_by', t.created_by"

/* For each type: what the items belong to (NULL: nothing), and the item as JSON. */
static const struct {
    const char *type, *query;
} queries[] = {
    {"sites", "SELECT NULL, json_object('name', id, 'created_at', created_at, 'visibility',"
              " visibility, 'latitude', latitude, 'longitude', longitude, 'created_by',"
              " created_by) FROM sites WHERE tenant = ?1 ORDER BY seq"},
    {"plugins", "SELECT NULL, json_object('id', id, 'visibility', visibility, 'uploaded_at',"
                " uploaded_at, 'title', title, 'created_by', created_by) FROM plugins"
                " WHERE tenant = ?1 ORDER BY seq"},
    {"secrets", "SELECT NULL, json_object('id', id, 'value', 'gAAAAABpractice', 'visibility',"
                " 'tenant', 'is_hidden_value', json('false')) FROM secrets WHERE tenant = ?1"
                " ORDER BY seq"},
    {"blueprints",
     "SELECT NULL, json_object(" COMMON ", 'visibility', t.visibility, 'updated_at', t.updated_at,"
     " 'main_file_name', t.main_file_name, 'description', t.description, 'state', t.state,"
     " 'is_hidden', json(CASE t.is_hidden WHEN 0 THEN 'false' ELSE 'true' END), 'labels',"
     " json('[]'), 'plan', " SNAPSHOT_PLAN ") FROM blueprints t WHERE t.tenant = ?1 ORDER BY"
     " t.seq"},
    {"deployments",
     "SELECT NULL, json_object(" COMMON ", 'visibility', t.visibility, 'updated_at', t.updated_at,"
     " 'display_name', t.display_name, 'description', t.description, 'blueprint_id',"
     " t.blueprint_id, 'installation_status', t.installation_status, 'deployment_status',"
     " t.deployment_status, 'inputs', json('{}'), 'labels', json('[]'), 'workflows',"
     " json(coalesce((SELECT w.json FROM workflow_sets w WHERE w.seq = t.workflow_set), '[]')))"
     " FROM deployments t WHERE t.tenant = ?1 ORDER BY t.seq"},
    {"nodes",
     "SELECT t.deployment_id, json_object('id', t.id, 'visibility', 'tenant', 'created_by',"
     " 'admin', 'host_id', t.host_id, 'number_of_instances', t.number_of_instances,"
     " 'deploy_number_of_instances', t.number_of_instances, 'planned_number_of_instances',"
     " t.number_of_instances, 'type', t.type, 'type_hierarchy', json(t.type_hierarchy), 'plugins',"
     " json('[]'), 'properties', json('{}'), 'operations', json('{}')) FROM nodes t"
     " WHERE t.tenant = ?1 ORDER BY t.deployment_id, t.seq"},
    {"node_instances",
     "SELECT t.deployment_id, json_object('id', t.id, 'visibility', 'tenant', 'created_by',"
     " 'admin', 'host_id', t.host_id, 'state', t.state, 'index', t.idx, 'version', t.version,"
     " 'node_id', t.node_id, 'runtime_properties', json('{}'), 'relationships', json('[]'))"
     " FROM node_instances t WHERE t.tenant = ?1 ORDER BY t.deployment_id, t.seq"},
    {"agents",
     "SELECT t.deployment_id, json_object('id', t.id, 'name', t.id, 'visibility', 'tenant',"
     " 'created_by', t.created_by, 'created_at', t.created_at, 'ip', t.ip, 'install_method',"
     " t.install_method, 'system', t.system, 'version', t.version, 'state', t.state,"
     " 'node_instance_id', t.node_instance_id, 'node_id', t.node_id) FROM agents t"
     " WHERE t.tenant = ?1 ORDER BY t.deployment_id, t.seq"},
    {"executions",
     "SELECT NULL, json_object(" COMMON ", 'visibility', t.visibility, 'started_at', t.started_at,"
     " 'ended_at', t.ended_at, 'scheduled_for', t.scheduled_for, 'error', t.error, 'status',"
     " t.status, 'workflow_id', t.workflow_id, 'deployment_id', t.deployment_id, 'blueprint_id',"
     " t.blueprint_id, 'parameters', json(coalesce(t.parameters, '{}')), 'is_system_workflow',"
     " json(CASE t.is_system WHEN 0 THEN 'false' ELSE 'true' END), 'is_dry_run',"
     " json(CASE t.is_dry_run WHEN 0 THEN 'false' ELSE 'true' END)) FROM executions t"
     " WHERE t.tenant = ?1 ORDER BY t.seq"},
    {"execution_schedules",
     "SELECT NULL, json_object(" COMMON ", 'visibility', 'tenant', 'deployment_id',"
     " t.deployment_id, 'workflow_id', t.workflow_id, 'next_occurrence', t.next_occurrence,"
     " 'since', t.since, 'until', t.until, 'rule', json(coalesce(t.rule, '{}')), 'parameters',"
     " json(coalesce(t.parameters, '{}')), 'slip', t.slip, 'enabled',"
     " json(CASE t.enabled WHEN 0 THEN 'false' ELSE 'true' END), 'stop_on_fail',"
     " json(CASE t.stop_on_fail WHEN 0 THEN 'false' ELSE 'true' END)) FROM schedules t"
     " WHERE t.tenant = ?1 ORDER BY t.seq"},
    {"plugins_update",
     "SELECT NULL, json_object(" COMMON ", 'state', t.state, 'blueprint_id', t.blueprint_id,"
     " 'temp_blueprint_id', t.temp_blueprint_id, 'execution_id', t.execution_id)"
     " FROM plugins_updates t WHERE t.tenant = ?1 ORDER BY t.seq"},
    {"events", "SELECT t.execution_id, json_object('timestamp', t.timestamp, 'reported_timestamp',"
               " t.timestamp, 'message', t.message, 'event_type', t.event_type) FROM events t"
               " WHERE t.tenant = ?1 AND t.type = 'cloudify_event' ORDER BY t.execution_id, t.seq"},
    {"logs", "SELECT t.execution_id, json_object('timestamp', t.timestamp, 'reported_timestamp',"
             " t.timestamp, 'message', t.message, 'level', t.level, 'logger', 'ctx') FROM events t"
             " WHERE t.tenant = ?1 AND t.type = 'cloudify_log' ORDER BY t.execution_id, t.seq"},
};

static const char users[] =
    "SELECT NULL, json_object('username', t.username, 'role', t.role, 'active',"
    " json(CASE t.active WHEN 0 THEN 'false' ELSE 'true' END), 'created_at', t.created_at,"
    " 'password_hash', '$pbkdf2-sha256$29000$' || hex(t.username), 'tenant_roles',"
    " json_object('direct', (SELECT json_group_object(ut.tenant, json_array(ut.role)) FROM"
    " user_tenants ut WHERE ut.username = t.username), 'groups', json('{}'))) FROM users t"
    " WHERE ?1 IS NOT NULL ORDER BY t.seq";
static const char tenants[] =
    "SELECT NULL, json_object('name', t.name, 'rabbitmq_password', 'practice') FROM tenants t"
    " WHERE ?1 IS NOT NULL ORDER BY t.seq";

static const char groups[] = "SELECT NULL, json_object('name', t.name, 'ldap_dn', t.ldap_dn) FROM"
                             " user_groups t WHERE ?1 IS NOT NULL ORDER BY t.seq";

static void write_items(struct snapshot_writer *writer, struct items *items, const char *type,
                        const char *query, const char *tenant)
{
    struct sqlite3_stmt *rows = sql_prepare(writer->practice->sql, query);
    sql_bind_text(rows, 1, tenant);
    items_of(items, type, NULL);
    while (sql_step(rows)) {
        const char *source = sql_text(rows, 0);
        if (source != NULL && strcmp(source, items->source) != 0) {
            items_of(items, type, source);
        }
        items_add_text(items, sql_text(rows, 1), NULL);
    }
    items_close(items);
    sql_drop(rows);
}

static void write_blueprints(struct snapshot_writer *writer, const char *tenant)
{
    struct sqlite3_stmt *query = sql_start(
        writer->practice->sql,
        "SELECT id, (SELECT group_concat('  - plugin:' || u.package_name || char(10), '') FROM"
        " used_plugins u WHERE u.tenant = t.tenant AND u.blueprint = t.id) FROM blueprints t"
        " WHERE tenant = ? ORDER BY seq",
        "s", tenant);
    while (sql_next(query)) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        size_t size = 0;
        const char *id = sql_text(query, 0);
        const char *yaml = snapshot_blueprint_yaml(scope, sql_text(query, 1));
        const void *pack = archive_yaml_pack(scope, id, yaml, &size);
        zip_out_file(writer->out, mem_printf(scope, "tenants/%s/blueprints/%s.tar.gz", tenant, id),
                     pack, size);
    }
}

static void write_plugins(struct snapshot_writer *writer, const char *tenant)
{
    struct sqlite3_stmt *query = sql_start(
        writer->practice->sql,
        "SELECT id, coalesce(archive_name, package_name || '.wgn'), package_name,"
        " coalesce(package_version, '0'), distribution, supported_platform, supported_py_versions,"
        " wheels FROM plugins WHERE tenant = ? ORDER BY seq",
        "s", tenant);
    while (sql_next(query)) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct archive_wagon wagon = {.name = sql_text(query, 1),
                                      .package = sql_text(query, 2),
                                      .version = sql_text(query, 3),
                                      .distribution = sql_text(query, 4),
                                      .platform = sql_text(query, 5),
                                      .pythons = sql_text(query, 6),
                                      .wheels = sql_text(query, 7)};
        size_t size = 0;
        const void *pack = archive_plugin_pack(scope, &wagon, &size);
        zip_out_file(writer->out,
                     mem_printf(scope, "tenants/%s/plugins/%s.zip", tenant, sql_text(query, 0)),
                     pack, size);
    }
}

static void write_tenant(struct snapshot_writer *writer, struct items *items, const char *tenant)
{
    static const char *const folders[] = {"", "blueprints/", "deployments/", "plugins/"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    (void)snprintf(items->folder, sizeof items->folder, "tenants/%s", tenant);
    items->members = 0;
    for (size_t i = 0; i < FERRY_COUNT(folders); i++) {
        zip_out_folder(writer->out, mem_printf(scope, "tenants/%s/%s", tenant, folders[i]));
    }
    for (size_t i = 0; i < FERRY_COUNT(queries); i++) {
        bool left_out = (strcmp(queries[i].type, "events") == 0 && !writer->order->events) ||
                        (strcmp(queries[i].type, "logs") == 0 && !writer->order->logs);
        if (!left_out) {
            write_items(writer, items, queries[i].type, queries[i].query, tenant);
        }
    }
    write_plugins(writer, tenant);
    write_blueprints(writer, tenant);
}

void snapshot_write_items(struct snapshot_writer *writer)
{
    static const char *const folders[] = {"composer/", "mgmt/", "stage/", "tenants/"};
    struct practice *practice = writer->practice;
    struct items items = {.out = writer->out, .folder = "mgmt", .count = -1};
    struct json *metadata = json_object(writer->ctx);
    const struct version *version = &practice->version;
    for (size_t i = 0; i < FERRY_COUNT(folders); i++) {
        zip_out_folder(writer->out, folders[i]);
    }
    json_set_string(
        metadata, "snapshot_version",
        mem_printf(writer->ctx, "%d.%d.%d", version->major, version->minor, version->patch));
    json_set_string(metadata, "execution_id", writer->order->execution);
    zip_out_text(writer->out, "metadata.json", json_print(writer->ctx, metadata));
    write_items(writer, &items, "tenants", tenants, "");
    write_items(writer, &items, "user_groups", groups, "");
    write_items(writer, &items, "users", users, "");
    struct sqlite3_stmt *query =
        sql_start(practice->sql, "SELECT name FROM tenants ORDER BY seq", "");
    while (sql_next(query)) {
        write_tenant(writer, &items, sql_text(query, 0));
    }
}
