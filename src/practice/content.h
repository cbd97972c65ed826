/*
 * What an archive brings, or what a manager holds when it starts: the model between the readers of
 * archives and the server of the practice manager.
 *
 * Everything, texts too, lives below the struct content and ends with it. Texts that repeat
 * (tenants, versions, workflows) are stored once. Dates are RFC 3339 in UTC with milliseconds
 * ("2026-11-22T14:31:07.382Z"), as the manager's API writes them. A text that is not known is NULL.
 */
#ifndef PRACTICE_CONTENT_H
#define PRACTICE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/json.h"
#include "ferry/error.h"

enum content_layout {
    CONTENT_LAYOUT_NONE,   /* only metadata, or a JSON description */
    CONTENT_LAYOUT_LEGACY, /* has pg_data */
    CONTENT_LAYOUT_NEW,    /* has mgmt/ or tenants/ */
};

/* Why an archive cannot be read; a manager reacts differently to each. */
enum content_problem {
    CONTENT_FINE,
    CONTENT_UNREADABLE,  /* the file itself: absent, no permission */
    CONTENT_NOT_ZIP,     /* empty, garbage, cut: a manager hangs with the flag up for ever */
    CONTENT_NO_METADATA, /* a zip without a usable metadata.json: the same */
    CONTENT_BAD_DATA,    /* pg_data or a member of the new format makes no sense */
    CONTENT_NO_DATA,     /* metadata of a legacy archive, but no pg_data */
};

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
};

struct content_agent {
    const char *name, *tenant, *deployment, *node, *instance, *ip, *version, *state,
        *install_method, *system, *created_at;
    bool in_table;  /* a row of the agents table (new format: an item) */
    bool in_agents; /* named in agents.json: a legacy restore makes its state "restored" */
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

struct content_plugins_update {
    const char *id, *tenant, *blueprint, *temp_blueprint, *execution, *state, *created_at;
};

#define CONTENT_LIST(type, name)                                                                   \
    struct type *name;                                                                             \
    size_t name##_count

struct content {
    enum content_layout layout;
    const char *snapshot_version;                                     /* "7.1.0" */
    const char *schema_revision, *stage_revision, *composer_revision; /* NULL: not in metadata */
    const char *create_execution; /* the new format's execution_id; NULL in legacy archives */
    const char *admin_password;   /* practice.json only, else NULL */
    const char **networks;        /* networks.json: active_networks */
    size_t networks_count;
    /* Tenants that have items but no directory entry tenants/NAME/: a 7.x manager passes them
       over in silence, so they are not in the lists below (only counted here). */
    size_t tenants_passed_over;
    CONTENT_LIST(content_tenant, tenants);
    CONTENT_LIST(content_user, users);
    CONTENT_LIST(content_blueprint, blueprints);
    CONTENT_LIST(content_deployment, deployments);
    CONTENT_LIST(content_node, nodes);
    CONTENT_LIST(content_instance, instances);
    CONTENT_LIST(content_agent, agents);
    CONTENT_LIST(content_plugin, plugins);
    CONTENT_LIST(content_execution, executions);
    CONTENT_LIST(content_schedule, schedules);
    CONTENT_LIST(content_secret, secrets);
    CONTENT_LIST(content_token, tokens);
    CONTENT_LIST(content_plugins_update, plugins_updates);
};

/* What a manager of 7.0 and later takes for a legacy archive: all three revisions are there. An
   archive of a community manager lacks two and is taken for the new format, which finds nothing
   in it: so the restore ends well and has restored nothing. */
bool content_has_revisions(const struct content *content);

/* Reads an archive. *out is owned by ctx and set only for FERRY_OK; *problem (never NULL) tells
   what kind of failure it was. FERRY_E_NOT_FOUND and FERRY_E_IO for CONTENT_UNREADABLE,
   FERRY_E_ARCHIVE for all others. */
enum ferry_code content_read(const void *ctx, const char *path, struct content **out,
                             enum content_problem *problem, struct ferry_error *err) FERRY_CHECK;
/* Takes an archive or a JSON description (content_from_json), told apart by the first bytes. */
enum ferry_code content_load(const void *ctx, const char *path, struct content **out,
                             struct ferry_error *err) FERRY_CHECK;
/* Reads a description: {"version","admin_password","tenants":[..],"blueprints":[{..}], ...} with
   the names of the fields above as keys. *out is owned by ctx. */
enum ferry_code content_from_json(const void *ctx, const struct json *description,
                                  struct content **out, struct ferry_error *err) FERRY_CHECK;
/* Counts for each tenant and for all, as JSON owned by ctx; for "describe FILE --json". */
struct json *content_describe(const void *ctx, const struct content *content);

#endif
