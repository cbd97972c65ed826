/* From the content of an archive to rows. */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "practice/content.h"
#include "practice/practice.h"
#include "practice/store.h"

struct load {
    struct practice *practice;
    struct sql *sql;
    const struct content *content;
    void *ctx;
    const char *now;
    bool is_new;                /* the new format adds to what is there */
    const char *last_workflows; /* texts are shared, so most deployments repeat the last one */
    int64_t last_set;
};

static const char *or_default(const char *text, const char *fallback)
{
    return text == NULL ? fallback : text;
}

static void load_tenants(struct load *load)
{
    const struct content *content = load->content;
    sql_do(load->sql, "INSERT OR IGNORE INTO tenants (name) VALUES (?)", "s", DEFAULT_TENANT);
    for (size_t i = 0; i < content->tenants_count; i++) {
        sql_do(load->sql, "INSERT OR IGNORE INTO tenants (name) VALUES (?)", "s",
               content->tenants[i].name);
    }
}

static void load_memberships(struct load *load, const struct content_user *user)
{
    for (size_t i = 0; i < user->tenants_count; i++) {
        sql_do(load->sql, "INSERT OR IGNORE INTO user_tenants VALUES (?, ?, ?)", "sss",
               user->username, user->tenants[i], user->roles[i]);
    }
}

/* Of "ctok-ID-SECRET" the end; before 6.4 a token is one word. */
static const char *secret_of(const char *value)
{
    if (value == NULL || strncmp(value, "ctok-", 5) != 0) {
        return value;
    }
    const char *dash = strchr(value + 5, '-');
    return dash == NULL ? NULL : dash + 1;
}

const char *store_admin_of(const struct content *content)
{
    for (size_t i = 0; i < content->users_count; i++) {
        if (content->users[i].is_admin) {
            return content->users[i].username;
        }
    }
    return NULL;
}

void store_rename_admin(struct practice *practice, const char *name)
{
    static const char *const tables[] = {"tokens", "user_tenants", "users"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct state *state = &practice->state;
    const char *old = sql_one_text(scope, practice->sql,
                                   "SELECT username FROM users WHERE is_bootstrap LIMIT 1", "");
    if (name == NULL || old == NULL || strcmp(name, old) == 0) {
        return;
    }
    sql_do(practice->sql, "DELETE FROM users WHERE username = ?", "s", name);
    for (size_t i = 0; i < FERRY_COUNT(tables); i++) {
        sql_do(practice->sql,
               mem_printf(scope, "UPDATE OR REPLACE %s SET username = ? WHERE username = ?",
                          tables[i]),
               "ss", name, old);
    }
    if (strcmp(state->requested_by, old) == 0) {
        (void)snprintf(state->requested_by, sizeof state->requested_by, "%s", name);
        state_save(practice);
    }
}

/* Until the end of a restore user id 0 has the name that it had here. */
static const char *owner_of_token(struct load *load, const struct content_token *token)
{
    const char *admin = store_admin_of(load->content);
    if (token->user != NULL && (admin == NULL || strcmp(token->user, admin) != 0)) {
        return token->user;
    }
    return sql_one_text(load->ctx, load->sql,
                        "SELECT username FROM users WHERE is_bootstrap LIMIT 1", "");
}

static void load_users(struct load *load)
{
    const struct content *content = load->content;
    for (size_t i = 0; i < content->users_count; i++) {
        const struct content_user *user = &content->users[i];
        if (!user->is_admin) {
            sql_do(load->sql,
                   "INSERT OR IGNORE INTO users (username, role, active, created_at)"
                   " VALUES (?, ?, ?, ?)",
                   "ssis", user->username, or_default(user->role, "default"), (int64_t)user->active,
                   load->now);
        }
        load_memberships(load, user);
    }
    sql_do(load->sql, "INSERT OR IGNORE INTO user_tenants VALUES (?, ?, 'user')", "ss", ADMIN,
           DEFAULT_TENANT);
    if (load->is_new) {
        return;
    }
    practice_keep(load->practice, "source.admin_password", content->admin_password);
    practice_keep(load->practice, "source.admin_name", store_admin_of(content));
    for (size_t i = 0; i < content->tokens_count; i++) {
        const struct content_token *token = &content->tokens[i];
        /* "ctok-ID-SECRET": without practice.json only the hash is known, and nothing fits it. */
        const char *secret = secret_of(token->value);
        sql_do(load->sql,
               "INSERT OR IGNORE INTO tokens (id, secret, username, expiration_date, description)"
               " VALUES (?, ?, ?, ?, ?)",
               "sssss", token->id, secret, owner_of_token(load, token), token->expires_at,
               token->description);
    }
}

static void load_blueprints(struct load *load)
{
    const struct content *content = load->content;
    for (size_t i = 0; i < content->blueprints_count; i++) {
        const struct content_blueprint *row = &content->blueprints[i];
        int64_t added = sql_do(
            load->sql,
            "INSERT OR IGNORE INTO blueprints (tenant, id, created_at, updated_at, main_file_name,"
            " description, visibility, state, created_by, is_hidden)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            "sssssssssi", row->tenant, row->id, row->created_at, row->updated_at,
            row->main_file_name, row->description, or_default(row->visibility, "tenant"),
            or_default(row->state, "uploaded"), or_default(row->creator, ADMIN),
            (int64_t)row->is_hidden);
        for (size_t j = 0; added > 0 && j < row->plugins_count; j++) {
            sql_do(load->sql, "INSERT OR IGNORE INTO used_plugins VALUES (?, ?, ?, ?)", "ssss",
                   row->tenant, row->id, row->plugins[j].package_name,
                   row->plugins[j].package_version);
        }
    }
}

/* Deployments of one blueprint share the text of their workflows. */
static int64_t workflow_set(struct load *load, const char *workflows)
{
    char digest[DIGEST_SHA256_HEX];
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (workflows == load->last_workflows) {
        return load->last_set;
    }
    load->last_workflows = workflows;
    if (!load->practice->profile->availability) {
        workflows = sql_one_text(scope, load->sql,
                                 "SELECT json_group_array(json_remove(value, '$.is_available',"
                                 " '$.availability_rules')) FROM json_each(?)",
                                 "s", workflows);
    }
    digest_sha256_hex(workflows, strlen(workflows), digest);
    sql_do(load->sql, "INSERT OR IGNORE INTO workflow_sets (digest, json) VALUES (?, ?)", "ss",
           digest, workflows);
    load->last_set =
        sql_one_int(load->sql, 0, "SELECT seq FROM workflow_sets WHERE digest = ?", "s", digest);
    return load->last_set;
}

static void load_deployments(struct load *load)
{
    const struct content *content = load->content;
    for (size_t i = 0; i < content->deployments_count; i++) {
        const struct content_deployment *row = &content->deployments[i];
        sql_do(load->sql,
               "INSERT OR IGNORE INTO deployments (tenant, id, blueprint_id, created_at,"
               " updated_at, display_name, description, visibility, created_by,"
               " installation_status, deployment_status, workflow_set)"
               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               "sssssssssssi", row->tenant, row->id, row->blueprint, row->created_at,
               row->updated_at, or_default(row->display_name, row->id), row->description,
               or_default(row->visibility, "tenant"), or_default(row->creator, ADMIN),
               row->installation_status, row->deployment_status,
               workflow_set(load, or_default(row->workflows, "[]")));
    }
}

static void load_nodes(struct load *load)
{
    const struct content *content = load->content;
    for (size_t i = 0; i < content->nodes_count; i++) {
        const struct content_node *row = &content->nodes[i];
        sql_do(load->sql,
               "INSERT OR IGNORE INTO nodes (tenant, deployment_id, id, type, type_hierarchy,"
               " host_id, number_of_instances, is_host) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
               "ssssssii", row->tenant, row->deployment, row->id, row->type,
               or_default(row->type_hierarchy, "[]"), row->host_id, row->instances,
               (int64_t)row->is_host);
    }
    for (size_t i = 0; i < content->instances_count; i++) {
        const struct content_instance *row = &content->instances[i];
        /* No uniqueness here: a new-format restore that is repeated doubles them (contract/26). */
        sql_do(load->sql,
               "INSERT INTO node_instances (tenant, deployment_id, node_id, id, host_id, state,"
               " idx, version, dead) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
               "ssssssiii", row->tenant, row->deployment, row->node, row->id, row->host_id,
               row->state, row->index, row->version, (int64_t)row->dead);
    }
    if (content->dead_hosts != NULL) {
        sql_do(load->sql,
               "UPDATE node_instances SET dead = 1 WHERE tenant || '/' || id IN"
               " (SELECT value FROM json_each(?))",
               "s", content->dead_hosts);
    }
}

static void load_agents(struct load *load)
{
    const struct content *content = load->content;
    for (size_t i = 0; i < content->agents_count; i++) {
        const struct content_agent *row = &content->agents[i];
        /* agents.json alone names it: a legacy restore adds it where it is a host's. */
        if (!row->in_table &&
            (load->is_new || sql_one_int(load->sql, 0,
                                         "SELECT 1 FROM node_instances WHERE tenant = ? AND id = ?"
                                         " AND host_id = id LIMIT 1",
                                         "ss", row->tenant, row->instance) == 0)) {
            continue;
        }
        sql_do(load->sql,
               "INSERT OR IGNORE INTO agents (tenant, deployment_id, node_id, node_instance_id,"
               " host_id, id, ip, install_method, system, version, state, created_at, updated_at,"
               " created_by) VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12)",
               "ssssssssssss", row->tenant, row->deployment, row->node, row->instance, row->name,
               row->ip, row->install_method, row->system, row->version, row->state, row->created_at,
               ADMIN);
    }
}

static void load_plugins(struct load *load)
{
    const struct content *content = load->content;
    for (size_t i = 0; i < content->plugins_count; i++) {
        const struct content_plugin *row = &content->plugins[i];
        sql_do(load->sql,
               "INSERT OR IGNORE INTO plugins (tenant, id, package_name, package_version,"
               " archive_name, visibility, title, distribution, distribution_release,"
               " distribution_version, package_source, uploaded_at, created_by,"
               " supported_platform, wheels, supported_py_versions)"
               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               "ssssssssssssssss", row->tenant, row->id, row->package_name, row->package_version,
               row->archive_name, or_default(row->visibility, "tenant"),
               or_default(row->title, row->package_name), row->distribution,
               row->distribution_release, row->distribution_version, row->package_source,
               row->uploaded_at, or_default(row->creator, ADMIN), row->supported_platform,
               row->wheels, row->supported_py_versions);
    }
    for (size_t i = 0; i < content->plugins_updates_count; i++) {
        const struct content_plugins_update *row = &content->plugins_updates[i];
        sql_do(load->sql,
               "INSERT OR IGNORE INTO plugins_updates (tenant, id, blueprint_id,"
               " temp_blueprint_id, execution_id, state, created_at, created_by)"
               " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
               "ssssssss", row->tenant, row->id, row->blueprint, row->temp_blueprint,
               row->execution, row->state, row->created_at, ADMIN);
    }
}

/* The new format does not carry what was under way: it arrives as cancelled. */
static const char *arriving_status(const struct load *load, const struct content_execution *row)
{
    static const char *const ended[] = {"terminated", "failed", "cancelled"};
    const char *creator = load->content->create_execution;
    if (load->is_new && creator != NULL && strcmp(creator, row->id) == 0) {
        return "terminated";
    }
    for (size_t i = 0; i < FERRY_COUNT(ended); i++) {
        if (strcmp(row->status, ended[i]) == 0) {
            return row->status;
        }
    }
    return load->is_new ? "cancelled" : row->status;
}

static void load_executions(struct load *load)
{
    const struct content *content = load->content;
    for (size_t i = 0; i < content->executions_count; i++) {
        const struct content_execution *row = &content->executions[i];
        if (load->is_new &&
            sql_one_int(load->sql, 0, "SELECT 1 FROM executions WHERE id = ?", "s", row->id) != 0) {
            continue;
        }
        sql_do(load->sql,
               "INSERT INTO executions (tenant, id, workflow_id, deployment_id, blueprint_id,"
               " status, error, created_at, started_at, ended_at, scheduled_for, parameters,"
               " created_by, visibility, is_system)"
               " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'tenant', ?)",
               "sssssssssssssi", row->tenant, row->id, row->workflow, row->deployment,
               row->blueprint, arriving_status(load, row), row->error, row->created_at,
               row->started_at, row->ended_at, row->scheduled_for, row->parameters,
               or_default(row->creator, ADMIN), (int64_t)row->is_system);
    }
}

static void load_rest(struct load *load)
{
    const struct content *content = load->content;
    for (size_t i = 0; i < content->schedules_count; i++) {
        const struct content_schedule *row = &content->schedules[i];
        sql_do(load->sql,
               "INSERT INTO schedules (tenant, id, deployment_id, workflow_id, created_at,"
               " next_occurrence, since, until, rule, parameters, slip, enabled, stop_on_fail,"
               " created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               "ssssssssssiiis", row->tenant, row->id, row->deployment, row->workflow,
               row->created_at, row->next_occurrence, row->since, row->until, row->rule,
               or_default(row->parameters, "{}"), row->slip, (int64_t)row->enabled,
               (int64_t)row->stop_on_fail, or_default(row->creator, ADMIN));
    }
    for (size_t i = 0; i < content->secrets_count; i++) {
        sql_do(load->sql, "INSERT OR IGNORE INTO secrets (tenant, id) VALUES (?, ?)", "ss",
               content->secrets[i].tenant, content->secrets[i].key);
    }
}

static void load_places(struct load *load)
{
    const struct content *content = load->content;
    for (size_t i = 0; i < content->user_groups_count; i++) {
        sql_do(load->sql, "INSERT OR IGNORE INTO user_groups (name, ldap_dn) VALUES (?, ?)", "ss",
               content->user_groups[i].name, content->user_groups[i].ldap_dn);
    }
    for (size_t i = 0; i < content->sites_count; i++) {
        const struct content_site *row = &content->sites[i];
        sql_do(load->sql,
               "INSERT OR IGNORE INTO sites (tenant, id, created_at, latitude, longitude,"
               " visibility, created_by) VALUES (?, ?, ?, ?, ?, ?, ?)",
               "sssssss", row->tenant, row->name, row->created_at, row->latitude, row->longitude,
               row->visibility, or_default(row->creator, ADMIN));
    }
}

void store_load(struct practice *practice, const struct content *content, bool new_format)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct load load = {.practice = practice,
                        .sql = practice->sql,
                        .content = content,
                        .ctx = scope,
                        .now = practice_now(practice, scope),
                        .is_new = new_format};
    sql_begin(practice->sql);
    load_tenants(&load);
    load_users(&load);
    load_blueprints(&load);
    load_deployments(&load);
    load_nodes(&load);
    load_agents(&load);
    load_plugins(&load);
    load_executions(&load);
    load_rest(&load);
    load_places(&load);
    sql_commit(practice->sql);
}
