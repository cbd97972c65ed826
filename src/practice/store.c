#include "practice/store.h"

#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/practice.h"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS state (maintenance INTEGER NOT NULL DEFAULT 0,"
    " requested_ms INTEGER NOT NULL DEFAULT 0, activated_ms INTEGER NOT NULL DEFAULT 0,"
    " requested_by TEXT NOT NULL DEFAULT '', rest_down INTEGER NOT NULL DEFAULT 0,"
    " services_down INTEGER NOT NULL DEFAULT 0, passwords_fail INTEGER NOT NULL DEFAULT 0,"
    " restore_flag INTEGER NOT NULL DEFAULT 0, slow_ms INTEGER NOT NULL DEFAULT 0,"
    " tables INTEGER NOT NULL DEFAULT 0, restore_node INTEGER NOT NULL DEFAULT 0,"
    " rebooting INTEGER NOT NULL DEFAULT 0, certificate INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE IF NOT EXISTS archives (id TEXT PRIMARY KEY, node INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS tenants (seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    /* A password that is not known (only its hash is in the archive) is null and never fits. */
    "CREATE TABLE IF NOT EXISTS users (seq INTEGER PRIMARY KEY, username TEXT NOT NULL UNIQUE,"
    " password TEXT, role TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 1,"
    " is_bootstrap INTEGER NOT NULL DEFAULT 0, created_at TEXT, first_login_at TEXT,"
    " last_login_at TEXT);"
    "CREATE TABLE IF NOT EXISTS user_tenants (username TEXT NOT NULL, tenant TEXT NOT NULL,"
    " role TEXT NOT NULL, PRIMARY KEY (username, tenant)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS tokens (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " secret TEXT, username TEXT NOT NULL, expiration_date TEXT, last_used TEXT,"
    " description TEXT);"
    "CREATE TABLE IF NOT EXISTS snapshots (seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " id TEXT NOT NULL, created_at TEXT, status TEXT NOT NULL, error TEXT, created_by TEXT,"
    " visibility TEXT NOT NULL DEFAULT 'private', UNIQUE (tenant, id));"
    "CREATE TABLE IF NOT EXISTS secrets (seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " id TEXT NOT NULL, UNIQUE (tenant, id));"
    "CREATE TABLE IF NOT EXISTS jobs (seq INTEGER PRIMARY KEY, due_ms INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, phase INTEGER NOT NULL, execution TEXT NOT NULL, detail TEXT);"
    "CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due_ms, seq);"
    "CREATE INDEX IF NOT EXISTS jobs_execution ON jobs (execution);"
    "CREATE TABLE IF NOT EXISTS ledger (kind TEXT NOT NULL, name TEXT NOT NULL, sub TEXT NOT NULL,"
    " n INTEGER NOT NULL, PRIMARY KEY (kind, name, sub)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS restores (seq INTEGER PRIMARY KEY, snapshot_id TEXT NOT NULL,"
    " execution_id TEXT NOT NULL, tenant TEXT NOT NULL, status TEXT NOT NULL, row TEXT);"
    "CREATE TABLE IF NOT EXISTS settings (name TEXT NOT NULL PRIMARY KEY, value TEXT);"
    "CREATE TABLE IF NOT EXISTS downloads (seq INTEGER PRIMARY KEY, snapshot TEXT NOT NULL,"
    " status INTEGER NOT NULL, range_from INTEGER NOT NULL, range_to INTEGER NOT NULL,"
    " size INTEGER NOT NULL, node INTEGER NOT NULL, sent INTEGER NOT NULL DEFAULT 0,"
    " acked INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE IF NOT EXISTS fault_counts (rule INTEGER PRIMARY KEY, n INTEGER NOT NULL);";

static const char schema_inventory[] =
    "CREATE TABLE IF NOT EXISTS blueprints (seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " id TEXT NOT NULL, created_at TEXT, updated_at TEXT, main_file_name TEXT, description TEXT,"
    " visibility TEXT, state TEXT, created_by TEXT, is_hidden INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (tenant, id));"
    "CREATE TABLE IF NOT EXISTS used_plugins (tenant TEXT NOT NULL, blueprint TEXT NOT NULL,"
    " package_name TEXT NOT NULL, package_version TEXT,"
    " PRIMARY KEY (tenant, blueprint, package_name)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS workflow_sets (seq INTEGER PRIMARY KEY, digest TEXT UNIQUE,"
    " json TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS deployments (seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " id TEXT NOT NULL, blueprint_id TEXT, created_at TEXT, updated_at TEXT, display_name TEXT,"
    " description TEXT, visibility TEXT, created_by TEXT, installation_status TEXT,"
    " deployment_status TEXT, workflow_set INTEGER, UNIQUE (tenant, id));"
    "CREATE INDEX IF NOT EXISTS deployments_id ON deployments (id);"
    "CREATE INDEX IF NOT EXISTS deployments_blueprint ON deployments (tenant, blueprint_id);"
    "CREATE TABLE IF NOT EXISTS nodes (seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " deployment_id TEXT NOT NULL, id TEXT NOT NULL, type TEXT, type_hierarchy TEXT,"
    " host_id TEXT, number_of_instances INTEGER, is_host INTEGER,"
    " UNIQUE (tenant, deployment_id, id));"
    "CREATE TABLE IF NOT EXISTS node_instances (seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " deployment_id TEXT, node_id TEXT, id TEXT NOT NULL, host_id TEXT, state TEXT, idx INTEGER,"
    " version INTEGER, dead INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX IF NOT EXISTS node_instances_of ON node_instances (tenant, deployment_id);"
    "CREATE INDEX IF NOT EXISTS node_instances_id ON node_instances (tenant, id);"
    "CREATE TABLE IF NOT EXISTS agents (seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " deployment_id TEXT, node_id TEXT, node_instance_id TEXT, host_id TEXT, id TEXT NOT NULL,"
    " ip TEXT, install_method TEXT, system TEXT, version TEXT, state TEXT, created_at TEXT,"
    " updated_at TEXT, created_by TEXT, replaces TEXT, UNIQUE (tenant, id));"
    "CREATE INDEX IF NOT EXISTS agents_on ON agents (tenant, node_instance_id);"
    "CREATE INDEX IF NOT EXISTS agents_of ON agents (tenant, deployment_id);";

static const char schema_runs[] =
    "CREATE TABLE IF NOT EXISTS plugins (seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " id TEXT NOT NULL UNIQUE, package_name TEXT, package_version TEXT, archive_name TEXT,"
    " visibility TEXT, title TEXT, distribution TEXT, distribution_release TEXT,"
    " distribution_version TEXT, package_source TEXT, uploaded_at TEXT, created_by TEXT,"
    " supported_platform TEXT, wheels TEXT, supported_py_versions TEXT);"
    "CREATE TABLE IF NOT EXISTS plugins_updates (seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " id TEXT NOT NULL UNIQUE, blueprint_id TEXT, temp_blueprint_id TEXT, execution_id TEXT,"
    " state TEXT, created_at TEXT, created_by TEXT, forced INTEGER NOT NULL DEFAULT 0,"
    " all_tenants INTEGER NOT NULL DEFAULT 0, deployments_per_tenant TEXT, target TEXT);"
    "CREATE INDEX IF NOT EXISTS plugins_updates_of ON plugins_updates (tenant, blueprint_id);"
    /* id is not unique: the real manager checks it, but does not enforce it (contract/28). */
    "CREATE TABLE IF NOT EXISTS executions (seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " id TEXT NOT NULL, workflow_id TEXT, deployment_id TEXT, blueprint_id TEXT, status TEXT,"
    " error TEXT, created_at TEXT, started_at TEXT, ended_at TEXT, scheduled_for TEXT,"
    " parameters TEXT, created_by TEXT, visibility TEXT, is_system INTEGER NOT NULL DEFAULT 0,"
    " is_dry_run INTEGER NOT NULL DEFAULT 0, resume INTEGER NOT NULL DEFAULT 0,"
    " allow_custom INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,"
    " finished INTEGER NOT NULL DEFAULT 0, blocking INTEGER NOT NULL DEFAULT 0,"
    " stuck INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX IF NOT EXISTS executions_id ON executions (id);"
    "CREATE INDEX IF NOT EXISTS executions_of ON executions (tenant, deployment_id);"
    "CREATE INDEX IF NOT EXISTS executions_created ON executions (created_at);"
    "CREATE INDEX IF NOT EXISTS executions_status ON executions (status);"
    "CREATE INDEX IF NOT EXISTS executions_system ON executions (status) WHERE is_system;"
    "CREATE TABLE IF NOT EXISTS schedules (seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " id TEXT NOT NULL, deployment_id TEXT, workflow_id TEXT, created_at TEXT,"
    " next_occurrence TEXT, since TEXT, until TEXT, rule TEXT, parameters TEXT, slip INTEGER,"
    " enabled INTEGER, stop_on_fail INTEGER, created_by TEXT, latest TEXT);"
    "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " execution_id TEXT, deployment_id TEXT, blueprint_id TEXT, workflow_id TEXT,"
    " timestamp TEXT, type TEXT, event_type TEXT, level TEXT, message TEXT,"
    " node_instance_id TEXT);"
    "CREATE TABLE IF NOT EXISTS user_groups (seq INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " ldap_dn TEXT, role TEXT NOT NULL DEFAULT 'default');"
    "CREATE TABLE IF NOT EXISTS sites (seq INTEGER PRIMARY KEY, tenant TEXT NOT NULL,"
    " id TEXT NOT NULL, created_at TEXT, latitude TEXT, longitude TEXT, visibility TEXT,"
    " created_by TEXT, UNIQUE (tenant, id));";

/* A fresh manager holds its bootstrap admin and one tenant. */
static void first_rows(struct practice *practice)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *now = practice_now(practice, scope);
    struct sql *sql = practice->sql;
    if (sql_one_int(sql, 0, "SELECT count(*) FROM users", "") > 0) {
        return;
    }
    sql_do(sql, "INSERT INTO tenants (name) VALUES (?)", "s", DEFAULT_TENANT);
    sql_do(sql,
           "INSERT INTO users (username, password, role, is_bootstrap, created_at)"
           " VALUES (?, ?, 'sys_admin', 1, ?)",
           "sss", ADMIN, practice->options.password, now);
    sql_do(sql, "INSERT INTO user_tenants VALUES (?, ?, 'user')", "ss", ADMIN, DEFAULT_TENANT);
}

enum ferry_code store_open(struct practice *practice, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    static const char *const folders[] = {"snapshots", "plugins", "uploads"};
    for (size_t i = 0; i < FERRY_COUNT(folders); i++) {
        const char *folder = mem_printf(scope, "%s/%s", practice->options.data, folders[i]);
        enum ferry_code code = file_make_folders(folder, err);
        if (code != FERRY_OK) {
            return code;
        }
    }
    const char *path = mem_printf(scope, "%s/practice.db", practice->options.data);
    enum ferry_code code = sql_open(practice, path, &practice->sql, err);
    if (code != FERRY_OK) {
        return code;
    }
    sql_begin(practice->sql);
    sql_script(practice->sql, schema);
    sql_script(practice->sql, schema_inventory);
    sql_script(practice->sql, schema_runs);
    first_rows(practice);
    state_load(practice);
    practice->ahead_ms = sql_one_int(practice->sql, 0,
                                     "SELECT CAST(value AS INTEGER) FROM settings"
                                     " WHERE name = 'clock.ahead_ms'",
                                     "");
    practice->frozen_ms = sql_one_int(practice->sql, 0,
                                      "SELECT CAST(value AS INTEGER) FROM settings"
                                      " WHERE name = 'clock.frozen_ms'",
                                      "");
    sql_commit(practice->sql);
    return FERRY_OK;
}

void store_clear(struct practice *practice)
{
    sql_script(practice->sql,
               "DELETE FROM tenants; DELETE FROM user_tenants; DELETE FROM tokens;"
               "DELETE FROM users WHERE is_bootstrap = 0;"
               "DELETE FROM snapshots; DELETE FROM secrets; DELETE FROM blueprints;"
               "DELETE FROM used_plugins; DELETE FROM workflow_sets; DELETE FROM deployments;"
               "DELETE FROM nodes; DELETE FROM node_instances; DELETE FROM agents;"
               "DELETE FROM plugins; DELETE FROM plugins_updates; DELETE FROM executions;"
               "DELETE FROM schedules; DELETE FROM events; DELETE FROM user_groups;"
               "DELETE FROM sites;");
}

int64_t practice_now_ms(struct practice *practice)
{
    int64_t now_ms = practice->frozen_ms != 0 ? practice->frozen_ms
                                              : practice->clock->realtime_ms(practice->clock);
    return now_ms + practice->ahead_ms;
}

char *practice_now(struct practice *practice, const void *ctx)
{
    return timefmt_utc(ctx, practice_now_ms(practice));
}

char *practice_uuid(struct practice *practice, const void *ctx)
{
    char text[UUID_TEXT_SIZE];
    uuid_random(practice->rng, text);
    return mem_strdup(ctx, text);
}

int64_t practice_scaled(const struct practice *practice, int64_t ms)
{
    return (int64_t)((double)ms * practice->options.time_scale);
}

static char *file_of(const struct practice *practice, const void *ctx, const char *folder,
                     const char *id)
{
    struct buf name;
    buf_init(&name, ctx, 8192);
    (void)buf_printf(&name, "%s/%s/", practice->options.data, folder);
    (void)buf_put_escaped(&name, id);
    (void)buf_puts(&name, ".zip");
    return mem_strdup(ctx, buf_text(&name));
}

char *practice_archive_path(const struct practice *practice, const void *ctx, const char *id)
{
    return file_of(practice, ctx, "snapshots", id);
}

char *practice_plugin_path(const struct practice *practice, const void *ctx, const char *id)
{
    return file_of(practice, ctx, "plugins", id);
}
