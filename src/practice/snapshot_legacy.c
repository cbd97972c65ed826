/* A snapshot in the legacy format: the store's rows in the tables and columns of the version. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "practice/dump.h"
#include "practice/practice.h"
#include "practice/snapshot_write.h"

/* Numbers by which the tables of a dump point at each other. */
#define TENANT_OF(column) "(SELECT n.seq - 1 FROM tenants n WHERE n.name = " column ")"
#define TENANT TENANT_OF("t.tenant") " AS _tenant_id"
#define USER_OF(column)                                                                            \
    "coalesce((SELECT CASE WHEN u.is_bootstrap THEN 0 ELSE u.seq END FROM users u"                 \
    " WHERE u.username = " column "), 0)"
#define CREATOR USER_OF("t.created_by") " AS _creator_id"
#define DEPLOYMENT                                                                                 \
    "(SELECT d.seq FROM deployments d WHERE d.tenant = t.tenant AND d.id = t.deployment_id)"       \
    " AS _deployment_fk"
#define EXECUTION                                                                                  \
    "(SELECT min(e.seq) FROM executions e WHERE e.id = t.execution_id) AS _execution_fk"
#define ROLE(column)                                                                               \
    "CASE " column " WHEN 'sys_admin' THEN 1 WHEN 'manager' THEN 2 WHEN 'user' THEN 3"             \
    " WHEN 'operations' THEN 4 WHEN 'viewer' THEN 5 ELSE 6 END"

/* A query for each table. The names of its columns are those of the dump, with a mark behind: # for
   what is a pickle before 6.4, @ for a time, ? for a boolean. */
static const struct {
    const char *table, *query;
} queries[] = {
    {"tenants", "SELECT seq - 1 AS id, name, 'rabbitmq_user_' || name AS rabbitmq_username,"
                " 'rabbitmq_vhost_' || name AS rabbitmq_vhost FROM tenants ORDER BY seq"},
    {"users",
     "SELECT CASE WHEN is_bootstrap THEN 0 ELSE seq END AS id, username, active AS \"active?\","
     " created_at AS \"created_at@\", 0 AS failed_logins_counter, 1 AS \"show_getting_started?\","
     " '$pbkdf2-sha256$29000$' || hex(username) || '$' || hex(seq) AS password FROM users"
     " ORDER BY seq"},
    {"users_roles", "SELECT CASE WHEN is_bootstrap THEN 0 ELSE seq END AS user_id, " ROLE(
                        "role") " AS role_id FROM users ORDER BY seq"},
    {"users_tenants", "SELECT " USER_OF("t.username") " AS user_id, " TENANT_OF(
                          "t.tenant") " AS tenant_id, " ROLE("t.role") " AS role_id FROM"
                                                                       " user_tenants t"},
    {"blueprints", "SELECT seq AS _storage_id, id, created_at AS \"created_at@\", updated_at AS"
                   " \"updated_at@\", main_file_name, " SNAPSHOT_PLAN " AS \"plan#\", description,"
                   " visibility, is_hidden AS \"is_hidden?\", state, '{\"parent_capabilities\":"
                   " [], \"secrets\": []}' AS requirements, " TENANT ", " CREATOR
                   " FROM blueprints t ORDER BY seq"},
    {"deployments",
     "SELECT seq AS _storage_id, id, created_at AS \"created_at@\", updated_at AS \"updated_at@\","
     " description, display_name, visibility, installation_status, deployment_status, '{}' AS"
     " \"inputs#\", '{}' AS \"groups#\", '{}' AS \"policy_triggers#\", '{}' AS \"policy_types#\","
     " '{}' AS \"outputs#\", '{}' AS \"scaling_groups#\", '{}' AS \"capabilities#\", '{}' AS"
     " resource_tags, 0 AS \"runtime_only_evaluation?\", 0 AS drifted_instances, 0 AS"
     " unavailable_instances, 0 AS sub_environments_count, 0 AS sub_services_count,"
     " coalesce((SELECT json_group_object(json_extract(w.value, '$.name'), json_remove(w.value,"
     " '$.is_available')) FROM workflow_sets s, json_each(s.json) w WHERE s.seq ="
     " t.workflow_set), '{}') AS \"workflows#\", (SELECT b.seq FROM blueprints b WHERE b.tenant ="
     " t.tenant AND b.id = t.blueprint_id) AS _blueprint_fk, " TENANT ", " CREATOR
     " FROM deployments t ORDER BY seq"},
    {"nodes",
     "SELECT seq AS _storage_id, id, host_id, number_of_instances, number_of_instances AS"
     " deploy_number_of_instances, number_of_instances AS planned_number_of_instances, 0 AS"
     " min_number_of_instances, -1 AS max_number_of_instances, '[]' AS \"plugins#\", '[]' AS"
     " \"plugins_to_install#\", '{}' AS \"properties#\", '[]' AS \"relationships#\", '{}' AS"
     " \"operations#\", type, type_hierarchy AS \"type_hierarchy#\", 0 AS drifted_instances, 0 AS"
     " unavailable_instances, " DEPLOYMENT ", " TENANT " FROM nodes t ORDER BY seq"},
    {"node_instances",
     "SELECT seq AS _storage_id, id, host_id, state, version, idx AS \"index\", '[]' AS"
     " \"relationships#\", '{}' AS \"runtime_properties#\", '[]' AS \"scaling_groups#\", 0 AS"
     " \"is_status_check_ok?\", 0 AS \"has_configuration_drift?\", (SELECT n.seq FROM nodes n WHERE"
     " n.tenant = t.tenant AND n.deployment_id = t.deployment_id AND n.id = t.node_id) AS _node_fk,"
     " " TENANT " FROM node_instances t ORDER BY seq"},
    {"agents", "SELECT seq AS _storage_id, id, id AS name, ip, install_method, system, version,"
               " state, id AS rabbitmq_exchange, created_at AS \"created_at@\", updated_at AS"
               " \"updated_at@\", (SELECT i.seq FROM node_instances i WHERE i.tenant = t.tenant AND"
               " i.id = t.node_instance_id LIMIT 1) AS _node_instance_fk, " TENANT ", " CREATOR
               " FROM agents t ORDER BY seq"},
    {"executions",
     "SELECT seq AS _storage_id, id, created_at AS \"created_at@\", started_at AS \"started_at@\","
     " ended_at AS \"ended_at@\", scheduled_for AS \"scheduled_for@\", error, is_system AS"
     " \"is_system_workflow?\", parameters AS \"parameters#\", status, workflow_id, visibility,"
     " is_dry_run AS \"is_dry_run?\", blueprint_id, finished AS finished_operations, total AS"
     " total_operations, resume AS \"resume?\", allow_custom AS \"allow_custom_parameters?\","
     " " DEPLOYMENT ", " TENANT ", " CREATOR " FROM executions t ORDER BY seq"},
    {"execution_schedules",
     "SELECT seq AS _storage_id, id, created_at AS \"created_at@\", next_occurrence AS"
     " \"next_occurrence@\", since AS \"since@\", until AS \"until@\", rule, slip, workflow_id,"
     " parameters, '{}' AS execution_arguments, stop_on_fail AS \"stop_on_fail?\", enabled AS"
     " \"enabled?\", " DEPLOYMENT ", " TENANT ", " CREATOR " FROM schedules t ORDER BY seq"},
    {"plugins",
     "SELECT seq AS _storage_id, id, archive_name, distribution, distribution_release,"
     " distribution_version, package_name, package_source, package_version,"
     " supported_platform AS \"supported_platform#\", supported_py_versions AS"
     " \"supported_py_versions#\", wheels AS \"wheels#\", uploaded_at AS"
     " \"uploaded_at@\", visibility, title, " TENANT ", " CREATOR " FROM plugins t ORDER BY seq"},
    {"plugins_updates",
     "SELECT seq AS _storage_id, id, created_at AS \"created_at@\", state, forced AS \"forced?\","
     " all_tenants AS \"all_tenants?\", (SELECT b.seq FROM blueprints b WHERE b.tenant = t.tenant"
     " AND b.id = t.blueprint_id) AS _original_blueprint_fk, (SELECT b.seq FROM blueprints b WHERE"
     " b.tenant = t.tenant AND b.id = t.temp_blueprint_id) AS _temp_blueprint_fk, " EXECUTION ","
     " " TENANT ", " CREATOR " FROM plugins_updates t ORDER BY seq"},
    {"secrets", "SELECT seq AS _storage_id, id, 'gAAAAABpractice' || hex(id) AS value, 0 AS"
                " \"is_hidden_value?\", " TENANT " FROM secrets t ORDER BY seq"},
    {"tokens", "SELECT id, '$pbkdf2-sha256$29000$' || hex(id) AS secret_hash, description,"
               " expiration_date AS \"expiration_date@\", " USER_OF("t.username") " AS _user_fk"
                                                                                  " FROM tokens t"},
    {"groups", "SELECT seq AS id, name, ldap_dn FROM user_groups ORDER BY seq"},
    {"sites", "SELECT seq AS _storage_id, id, id AS name, created_at AS \"created_at@\", latitude,"
              " longitude, visibility, " TENANT ", " CREATOR " FROM sites t ORDER BY seq"},
    {"events", "SELECT seq AS _storage_id, seq AS id, timestamp AS \"timestamp@\", timestamp AS"
               " \"reported_timestamp@\", message, event_type, " EXECUTION ", " TENANT
               " FROM events t WHERE type = 'cloudify_event' ORDER BY seq"},
    {"logs", "SELECT seq AS _storage_id, seq AS id, timestamp AS \"timestamp@\", timestamp AS"
             " \"reported_timestamp@\", message, level, 'ctx' AS logger, " EXECUTION ", " TENANT
             " FROM events t WHERE type = 'cloudify_log' ORDER BY seq"},
};

/* "2026-11-22T14:31:07.382Z" as PostgreSQL writes it. */
static char *plain_time(const void *ctx, const char *text)
{
    char *out = mem_strdup(ctx, text);
    size_t length = strlen(out);
    if (length > 11 && out[10] == 'T') {
        out[10] = ' ';
    }
    if (length > 0 && out[length - 1] == 'Z') {
        out[length - 1] = '\0';
    }
    return out;
}

static void put(struct dump *dump, const void *ctx, const char *column, const char *text)
{
    size_t length = strlen(column) - 1;
    const char *name = mem_strndup(ctx, column, length);
    if (text == NULL) {
        dump_set(dump, strchr("#@?", column[length]) == NULL ? column : name, NULL);
        return;
    }
    switch (column[length]) {
    case '#':
        dump_set_data(dump, name, text);
        break;
    case '@':
        dump_set(dump, name, plain_time(ctx, text));
        break;
    case '?':
        dump_set(dump, name, *text == '0' ? "f" : "t");
        break;
    default:
        dump_set(dump, column, mem_strdup(ctx, text));
        break;
    }
}

static void write_rows(struct dump *dump, const char *query)
{
    const struct snapshot_writer *writer = dump->arg;
    struct sqlite3_stmt *rows = sql_prepare(writer->practice->sql, query);
    int columns = sqlite3_column_count(rows);
    while (sql_step(rows)) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        dump_row(dump);
        for (int i = 0; i < columns; i++) {
            put(dump, scope, sqlite3_column_name(rows, i), sql_text(rows, i));
        }
        dump_row_end(dump);
    }
    sql_drop(rows);
}

static void rows_of(struct dump *dump, const char *table)
{
    const struct snapshot_writer *writer = dump->arg;
    bool left_out = (strcmp(table, "events") == 0 && !writer->order->events) ||
                    (strcmp(table, "logs") == 0 && !writer->order->logs) ||
                    (strcmp(table, "agents") == 0 && dump->version < 45);
    for (size_t i = 0; i < FERRY_COUNT(queries) && !left_out; i++) {
        if (strcmp(queries[i].table, table) == 0) {
            write_rows(dump, queries[i].query);
        }
    }
}

/* {tenant: {deployment: {node: {instance: {...}}}}} of the agents that are in use. */
static void write_agents(struct snapshot_writer *writer, const struct make_plan *plan)
{
    const char *cert = archive_certificate(writer->ctx, plan);
    struct buf text;
    char *last[3] = {NULL, NULL, NULL};
    bool any = false;
    buf_init(&text, writer->ctx, (size_t)64 << 20);
    zip_out_begin(writer->out, "agents.json", -1);
    (void)buf_puts(&text, "{");
    struct sqlite3_stmt *query = sql_start(
        writer->practice->sql,
        "SELECT tenant, deployment_id, node_id, node_instance_id, max(version) FROM agents"
        " WHERE coalesce(install_method, '') <> 'none' AND node_instance_id IS NOT NULL AND state"
        " NOT IN ('upgraded', 'stopped', 'deleted') GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
        "");
    while (sql_next(query)) {
        size_t same = 0;
        while (any && same < 3 && strcmp(last[same], sql_text(query, (int)same)) == 0) {
            same++;
        }
        static const char *const closing[] = {"}}}, ", "}}, ", "}, ", ", "};
        (void)buf_puts(&text, any ? closing[same] : "");
        for (size_t i = same; i < 3; i++) {
            mem_free(last[i]);
            last[i] = mem_strdup(writer->ctx, sql_text(query, (int)i));
            (void)buf_printf(&text, "\"%s\": {", last[i]);
        }
        (void)buf_printf(&text,
                         "\"%s\": {\"version\": \"%s\", \"broker_config\": {\"broker_ip\": "
                         "[\"127.0.0.1\"], \"broker_ssl_cert\": \"%s\", \"broker_ssl_enabled\": "
                         "true}}",
                         sql_text(query, 3), sql_text(query, 4), cert);
        any = true;
        zip_out_put(writer->out, buf_text(&text), text.len);
        buf_clear(&text);
    }
    (void)buf_puts(&text, any ? "}}}}" : "}");
    zip_out_put(writer->out, buf_text(&text), text.len);
    zip_out_end(writer->out);
}

static void write_blueprints(struct snapshot_writer *writer)
{
    struct zip_out *out = writer->out;
    struct sqlite3_stmt *query = sql_start(
        writer->practice->sql,
        "SELECT tenant, id, (SELECT group_concat('  - plugin:' || u.package_name || char(10), '')"
        " FROM used_plugins u WHERE u.tenant = t.tenant AND u.blueprint = t.id),"
        " coalesce(main_file_name, 'blueprint.yaml') FROM blueprints t ORDER BY seq",
        "");
    while (sql_next(query)) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        const char *folder = mem_printf(scope, "%s/%s", sql_text(query, 0), sql_text(query, 1));
        const char *id = sql_text(query, 1);
        const char *yaml = snapshot_blueprint_yaml(scope, sql_text(query, 2));
        size_t size = 0;
        zip_out_folder(out, mem_printf(scope, "blueprints/%s/", folder));
        zip_out_text(out, mem_printf(scope, "blueprints/%s/%s", folder, sql_text(query, 3)), yaml);
        const void *pack = archive_yaml_pack(scope, id, yaml, &size);
        zip_out_file(out, mem_printf(scope, "uploaded-blueprints/%s/%s.tar.gz", folder, id), pack,
                     size);
    }
    query = sql_start(writer->practice->sql,
                      "SELECT tenant || '/' || id FROM deployments ORDER BY seq", "");
    while (sql_next(query)) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        zip_out_folder(out, mem_printf(scope, "deployments/%s/", sql_text(query, 0)));
    }
}

static void write_plugins(struct snapshot_writer *writer)
{
    struct sqlite3_stmt *query = sql_start(
        writer->practice->sql,
        "SELECT id, coalesce(archive_name, package_name || '.wgn'), package_name,"
        " coalesce(package_version, '0'), distribution, supported_platform, supported_py_versions,"
        " wheels FROM plugins ORDER BY seq",
        "");
    while (sql_next(query)) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct archive_wagon wagon = {.name = sql_text(query, 1),
                                      .package = sql_text(query, 2),
                                      .version = sql_text(query, 3),
                                      .distribution = sql_text(query, 4),
                                      .platform = sql_text(query, 5),
                                      .pythons = sql_text(query, 6),
                                      .wheels = sql_text(query, 7)};
        const char *folder = mem_printf(scope, "plugins/%s", sql_text(query, 0));
        size_t size = 0;
        const void *data = archive_wagon_of(scope, &wagon, &size);
        zip_out_folder(writer->out, mem_printf(scope, "%s/", folder));
        zip_out_file(writer->out, mem_printf(scope, "%s/%s", folder, wagon.name), data, size);
        zip_out_text(writer->out, mem_printf(scope, "%s/plugin.yaml", folder),
                     archive_yaml_of(scope, &wagon));
    }
}

void snapshot_write_legacy(struct snapshot_writer *writer)
{
    struct practice *practice = writer->practice;
    struct version version = practice->version;
    struct make_plan plan = {
        .version = mem_printf(writer->ctx, "%d.%d.%d", version.major, version.minor, version.patch),
        .legacy = true,
        .community = !practice->options.premium,
        .seed = 1,
        .admin_name = sql_one_text(writer->ctx, practice->sql,
                                   "SELECT username FROM users WHERE is_bootstrap", "")};
    int minor = version.minor > 9 ? 9 : version.minor;
    struct dump *dump = dump_new(writer->ctx, writer->out, 10 * version.major + minor);
    archive_write_manager(writer->out, &plan);
    dump->rows = rows_of;
    dump->arg = writer;
    dump_write(dump, writer->order->execution);
    const char *networks = practice_text(practice, writer->ctx, "networks");
    zip_out_text(writer->out, "networks.json",
                 mem_printf(writer->ctx, "{\"active_networks\": %s}",
                            networks == NULL ? "[\"default\"]" : networks));
    write_agents(writer, &plan);
    write_blueprints(writer);
    write_plugins(writer);
    if (writer->order->credentials) {
        zip_out_text(writer->out, "snapshot-credentials/agent_key.pem", "practice\n");
    }
    if (writer->order->metrics) {
        zip_out_text(writer->out, "influxdb", "# practice metrics\n");
    }
}
