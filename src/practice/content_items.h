/* The things that content.h lists: one struct for each kind, all texts owned by the content. */
#ifndef PRACTICE_CONTENT_ITEMS_H
#define PRACTICE_CONTENT_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which of a deployment's node instances are started: the rule behind is_available. */
enum content_active { CONTENT_ACTIVE_NONE, CONTENT_ACTIVE_PARTIAL, CONTENT_ACTIVE_ALL };

struct content_tenant {
    const char *name;
};

struct content_user {
    const char *username;
    const char *role;          /* system role: "sys_admin" or "default" */
    const char *password_hash; /* as stored, NULL where the archive has none */
    bool active;
    bool is_admin;        /* the bootstrap admin, id 0 */
    const char **tenants; /* tenants joined, with the role in the same place of roles */
    const char **roles;
    size_t tenants_count;
};

struct content_used_plugin {
    const char *package_name;
    const char *package_version; /* NULL: any */
};

struct content_blueprint {
    const char *id, *tenant, *created_at, *updated_at, *main_file_name, *description, *visibility,
        *state, *creator;
    bool is_hidden;
    struct content_used_plugin *plugins; /* empty where the plan is a pickle (before 6.4) */
    size_t plugins_count;
};

struct content_deployment {
    const char *id, *tenant, *blueprint, *created_at, *updated_at, *display_name, *description,
        *visibility, *creator;
    const char *installation_status; /* "active", "inactive" */
    const char *deployment_status;   /* "good", "in_progress", "requires_attention" */
    /* JSON array in the form of the API, is_available included; shared by equal deployments. */
    const char *workflows;
    bool has_install_new_agents, can_install_new_agents; /* present; present and available */
    enum content_active active;
};

struct content_node {
    const char *id, *tenant, *deployment, *type, *host_id;
    const char *type_hierarchy; /* JSON array */
    int64_t instances;
    bool is_host; /* derived from cloudify.nodes.Compute */
};

struct content_instance {
    const char *id, *tenant, *deployment, *node, *host_id, *state;
    int64_t index, version;
    bool dead; /* a host whose agent never answers; descriptions only */
};

struct content_agent {
    const char *name, *tenant, *deployment, *node, *instance, *ip, *version, *state,
        *install_method, *system, *created_at;
    bool in_table; /* a row of the agents table (new format: an item) */
    bool
        in_agents; /* named in agents.json; without a row, a legacy restore adds it as "restored" */
};

struct content_plugin {
    const char *id, *tenant, *package_name, *package_version, *archive_name, *visibility, *title,
        *distribution, *distribution_release, *distribution_version, *package_source, *uploaded_at,
        *creator;
    const char *supported_platform, *wheels, *supported_py_versions; /* JSON, or NULL */
};

struct content_execution {
    const char *id, *tenant, *deployment, *blueprint, *workflow, *status, *error, *created_at,
        *started_at, *ended_at, *scheduled_for, *creator;
    const char *parameters; /* JSON object, or NULL (pickled) */
    bool is_system;
};

struct content_schedule {
    const char *id, *tenant, *deployment, *workflow, *created_at, *next_occurrence, *since, *until,
        *creator;
    const char *rule, *parameters; /* JSON */
    int64_t slip;
    bool enabled, stop_on_fail;
};

struct content_secret {
    const char *key, *tenant; /* values never leave the archive */
};

struct content_token {
    const char *id, *user, *secret_hash, *description, *expires_at;
    const char *value; /* "ctok-ID-SECRET", only where practice.json tells it */
};

struct content_group {
    const char *name, *ldap_dn;
};

struct content_site {
    const char *name, *tenant, *created_at, *latitude, *longitude, *visibility, *creator;
};

struct content_plugins_update {
    const char *id, *tenant, *blueprint, *temp_blueprint, *execution, *state, *created_at;
};

#endif
