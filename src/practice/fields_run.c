/* The fields of what runs: executions, updates, schedules, events. */
#include "base/attr.h"
#include "practice/list.h"

#define SHARE(visibility)                                                                          \
    {"resource_availability", visibility, FIELD_TEXT, FIELD_BOTH},                                 \
    {                                                                                              \
        "private_resource", "(coalesce(" visibility ", '') = 'private')", FIELD_BOOL, FIELD_BOTH   \
    }
#define OWNER                                                                                      \
    {"tenant_name", "t.tenant", FIELD_TEXT, FIELD_BOTH},                                           \
    {                                                                                              \
        "created_by", "t.created_by", FIELD_TEXT, FIELD_BOTH                                       \
    }

static const char *const execution_states[] = {
    "terminated",       "failed",          "cancelled", "pending",   "started", "cancelling",
    "force_cancelling", "kill_cancelling", "queued",    "scheduled", NULL,
};

static const struct field list_executions_fields[] = {
    {"created_at", "t.created_at", FIELD_TEXT, FIELD_BOTH},
    {"visibility", "t.visibility", FIELD_TEXT, FIELD_BOTH},
    {"id", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"ended_at", "t.ended_at", FIELD_TEXT, FIELD_BOTH},
    {"error", "t.error", FIELD_TEXT, FIELD_BOTH},
    {"is_system_workflow", "t.is_system", FIELD_BOOL, FIELD_BOTH},
    {"parameters_p", "NULL", FIELD_TEXT, FIELD_BOTH},
    {"parameters", "t.parameters", FIELD_JSON, FIELD_BOTH},
    {"status", "t.status", FIELD_TEXT, FIELD_BOTH},
    {"workflow_id", "t.workflow_id", FIELD_TEXT, FIELD_BOTH},
    {"started_at", "t.started_at", FIELD_TEXT, FIELD_BOTH},
    {"scheduled_for", "t.scheduled_for", FIELD_TEXT, FIELD_BOTH},
    {"is_dry_run", "t.is_dry_run", FIELD_BOOL, FIELD_BOTH},
    {"resume", "t.resume", FIELD_BOOL, FIELD_BOTH},
    {"total_operations", "t.total", FIELD_INT, FIELD_BOTH},
    {"finished_operations", "t.finished", FIELD_INT, FIELD_BOTH},
    {"allow_custom_parameters", "t.allow_custom", FIELD_BOOL, FIELD_BOTH},
    {"blueprint_id", "t.blueprint_id", FIELD_TEXT, FIELD_BOTH},
    {"deployment_display_name", "t.deployment_id", FIELD_TEXT, FIELD_BOTH},
    {"deployment_id", "t.deployment_id", FIELD_TEXT, FIELD_BOTH},
    {"status_display", "CASE t.status WHEN 'terminated' THEN 'completed' ELSE t.status END",
     FIELD_TEXT, FIELD_BOTH},
    OWNER,
    SHARE("t.visibility"),
};
LISTING(list_executions, "Execution", "executions t", "t.id", .search = NULL,
        .enum_field = "status", .values = execution_states);

static const struct field list_updates_fields[] = {
    {"created_at", "t.created_at", FIELD_TEXT, FIELD_BOTH},
    {"id", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"visibility", "'tenant'", FIELD_TEXT, FIELD_BOTH},
    {"state", "t.state", FIELD_TEXT, FIELD_BOTH},
    {"deployments_to_update_p", "NULL", FIELD_TEXT, FIELD_BOTH},
    {"deployments_to_update", "NULL", FIELD_TEXT, FIELD_BOTH},
    {"deployments_per_tenant", "t.deployments_per_tenant", FIELD_JSON, FIELD_BOTH},
    {"forced", "t.forced", FIELD_BOOL, FIELD_BOTH},
    {"all_tenants", "t.all_tenants", FIELD_BOOL, FIELD_BOTH},
    {"blueprint_id", "t.blueprint_id", FIELD_TEXT, FIELD_BOTH},
    {"temp_blueprint_id", "t.temp_blueprint_id", FIELD_TEXT, FIELD_BOTH},
    {"execution_id", "t.execution_id", FIELD_TEXT, FIELD_BOTH},
    OWNER,
    SHARE("'tenant'"),
};
LISTING(list_updates, "PluginsUpdate", "plugins_updates t", "t.id", .search = NULL,
        .one_page = true);

static const struct field list_schedules_fields[] = {
    {"created_at", "t.created_at", FIELD_TEXT, FIELD_BOTH},
    {"id", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"visibility", "'tenant'", FIELD_TEXT, FIELD_BOTH},
    {"next_occurrence", "t.next_occurrence", FIELD_TEXT, FIELD_BOTH},
    {"since", "t.since", FIELD_TEXT, FIELD_BOTH},
    {"until", "t.until", FIELD_TEXT, FIELD_BOTH},
    {"rule", "t.rule", FIELD_JSON, FIELD_BOTH},
    {"slip", "t.slip", FIELD_INT, FIELD_BOTH},
    {"workflow_id", "t.workflow_id", FIELD_TEXT, FIELD_BOTH},
    {"parameters", "t.parameters", FIELD_JSON, FIELD_BOTH},
    {"execution_arguments", "'{}'", FIELD_JSON, FIELD_BOTH},
    {"stop_on_fail", "t.stop_on_fail", FIELD_BOOL, FIELD_BOTH},
    {"enabled", "t.enabled", FIELD_BOOL, FIELD_BOTH},
    {"deployment_id", "t.deployment_id", FIELD_TEXT, FIELD_BOTH},
    {"latest_execution_status", "(SELECT e.status FROM executions e WHERE e.id = t.latest LIMIT 1)",
     FIELD_TEXT, FIELD_BOTH},
    OWNER,
    SHARE("'tenant'"),
    {"all_next_occurrences",
     "CASE WHEN t.next_occurrence IS NULL THEN '[]' ELSE json_array(t.next_occurrence) END",
     FIELD_JSON, FIELD_SHOWN},
};
LISTING(list_schedules, "ExecutionSchedule", "schedules t", "t.id", .search = "t.id");

static const struct field list_events_fields[] = {
    {"timestamp", "t.timestamp", FIELD_TEXT, FIELD_BOTH},
    {"reported_timestamp", "t.timestamp", FIELD_TEXT, FIELD_BOTH},
    {"blueprint_id", "t.blueprint_id", FIELD_TEXT, FIELD_BOTH},
    {"deployment_id", "t.deployment_id", FIELD_TEXT, FIELD_BOTH},
    {"execution_id", "t.execution_id", FIELD_TEXT, FIELD_BOTH},
    {"workflow_id", "t.workflow_id", FIELD_TEXT, FIELD_BOTH},
    {"node_instance_id", "t.node_instance_id", FIELD_TEXT, FIELD_BOTH},
    {"node_name", "NULL", FIELD_TEXT, FIELD_BOTH},
    {"operation", "NULL", FIELD_TEXT, FIELD_BOTH},
    {"message", "t.message", FIELD_TEXT, FIELD_BOTH},
    {"error_causes", "NULL", FIELD_TEXT, FIELD_BOTH},
    {"event_type", "t.event_type", FIELD_TEXT, FIELD_BOTH},
    {"type", "t.type", FIELD_TEXT, FIELD_BOTH},
    {"level", "t.level", FIELD_TEXT, FIELD_BOTH},
    {"logger", "NULL", FIELD_TEXT, FIELD_BOTH},
    {"tenant_name", "t.tenant", FIELD_TEXT, FIELD_BOTH},
    {"include_logs", "1", FIELD_BOOL, FIELD_ASKED},
};
LISTING(list_events, "Event", "events t", "t.seq", .search = NULL);

static const struct field list_secrets_fields[] = {
    {"key", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"tenant_name", "t.tenant", FIELD_TEXT, FIELD_BOTH},
    {"visibility", "'tenant'", FIELD_TEXT, FIELD_BOTH},
};
LISTING(list_secrets, "Secret", "secrets t", "t.id", .search = "t.id");

#define MEMBER_OF "FROM user_tenants m WHERE m.username = t.username"

/* The ids of users are not shown (facts 1.6). */
static const struct field list_users_fields[] = {
    {"username", "t.username", FIELD_TEXT, FIELD_BOTH},
    {"role", "t.role", FIELD_TEXT, FIELD_BOTH},
    {"active", "t.active", FIELD_BOOL, FIELD_BOTH},
    {"tenants", "(SELECT count(*) " MEMBER_OF ")", FIELD_INT, FIELD_BOTH},
    {"groups", "0", FIELD_INT, FIELD_BOTH},
    {"is_locked",
     "coalesce((SELECT CAST(s.value AS INTEGER) >= CAST(coalesce((SELECT a.value FROM settings a"
     " WHERE a.name = 'failed_logins_allowed'), 4) AS INTEGER) FROM settings s WHERE s.name ="
     " 'failed_logins.' || t.username), 0)",
     FIELD_BOOL, FIELD_BOTH},
    {"created_at", "t.created_at", FIELD_TEXT, FIELD_BOTH},
    {"first_login_at", "t.first_login_at", FIELD_TEXT, FIELD_BOTH},
    {"last_login_at", "t.last_login_at", FIELD_TEXT, FIELD_BOTH},
    {"group_system_roles", "'{}'", FIELD_JSON, FIELD_SHOWN},
    {"tenant_roles", "NULL", FIELD_TEXT, FIELD_SHOWN},
};
LISTING(list_users, "User", "users t", "t.username", .search = "t.username", .whole = true);

static const struct field list_groups_fields[] = {
    {"name", "t.name", FIELD_TEXT, FIELD_BOTH}, {"ldap_dn", "t.ldap_dn", FIELD_TEXT, FIELD_BOTH},
    {"role", "t.role", FIELD_TEXT, FIELD_BOTH}, {"users", "0", FIELD_INT, FIELD_BOTH},
    {"tenants", "0", FIELD_INT, FIELD_BOTH},
};
LISTING(list_groups, "Group", "user_groups t", "t.name", .search = "t.name", .whole = true);

static const struct field list_sites_fields[] = {
    {"created_at", "t.created_at", FIELD_TEXT, FIELD_BOTH},
    {"name", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"visibility", "coalesce(t.visibility, 'tenant')", FIELD_TEXT, FIELD_BOTH},
    {"location", "t.latitude || ', ' || t.longitude", FIELD_TEXT, FIELD_SHOWN},
    OWNER,
    SHARE("coalesce(t.visibility, 'tenant')"),
};
LISTING(list_sites, "Site", "sites t", "t.id", .search = "t.id");
