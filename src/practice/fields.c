/* The fields of what an archive brings, in the order in which a manager shows them. */
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
#define NOTHING(name)                                                                              \
    {                                                                                              \
        name, "NULL", FIELD_TEXT, FIELD_BOTH                                                       \
    }

static const char *const snapshot_states[] = {"creating", "created", "failed", "uploaded", NULL};

static const struct field list_snapshots_fields[] = {
    {"created_at", "t.created_at", FIELD_TEXT, FIELD_BOTH},
    {"id", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"visibility", "t.visibility", FIELD_TEXT, FIELD_BOTH},
    {"status", "t.status", FIELD_TEXT, FIELD_BOTH},
    {"error", "t.error", FIELD_TEXT, FIELD_BOTH},
    OWNER,
    SHARE("t.visibility"),
};
LISTING(list_snapshots, "Snapshot", "snapshots t", "t.id", .search = "t.id", .enum_field = "status",
        .values = snapshot_states);

#define LATEST(column)                                                                             \
    "(SELECT " column " FROM executions e WHERE e.tenant = t.tenant AND e.deployment_id = t.id"    \
    " ORDER BY e.seq DESC LIMIT 1)"
#define STATUS_WORD                                                                                \
    "CASE e.status WHEN 'terminated' THEN 'completed' WHEN 'failed' THEN 'failed'"                 \
    " WHEN 'cancelled' THEN 'cancelled' WHEN 'queued' THEN 'queued'"                               \
    " WHEN 'scheduled' THEN 'scheduled' ELSE 'in_progress' END"

static const struct field list_deployments_fields[] = {
    {"created_at", "t.created_at", FIELD_TEXT, FIELD_BOTH},
    {"id", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"visibility", "t.visibility", FIELD_TEXT, FIELD_BOTH},
    {"description", "t.description", FIELD_TEXT, FIELD_BOTH},
    NOTHING("inputs_p"),
    {"inputs", "'{}'", FIELD_JSON, FIELD_BOTH},
    NOTHING("groups_p"),
    {"groups", "'{}'", FIELD_JSON, FIELD_BOTH},
    NOTHING("permalink"),
    NOTHING("policy_triggers_p"),
    {"policy_triggers", "'{}'", FIELD_JSON, FIELD_BOTH},
    NOTHING("policy_types_p"),
    {"policy_types", "'{}'", FIELD_JSON, FIELD_BOTH},
    NOTHING("outputs_p"),
    {"outputs", "'{}'", FIELD_JSON, FIELD_BOTH},
    NOTHING("capabilities_p"),
    {"capabilities", "'{}'", FIELD_JSON, FIELD_BOTH},
    NOTHING("scaling_groups_p"),
    {"scaling_groups", "'{}'", FIELD_JSON, FIELD_BOTH},
    {"updated_at", "t.updated_at", FIELD_TEXT, FIELD_BOTH},
    NOTHING("workflows_p"),
    {"workflows",
     "coalesce((SELECT w.json FROM workflow_sets w WHERE w.seq = t.workflow_set), '[]')",
     FIELD_JSON, FIELD_BOTH},
    {"runtime_only_evaluation", "0", FIELD_BOOL, FIELD_BOTH},
    {"installation_status", "t.installation_status", FIELD_TEXT, FIELD_BOTH},
    {"deployment_status", "t.deployment_status", FIELD_TEXT, FIELD_BOTH},
    NOTHING("sub_services_status"),
    NOTHING("sub_environments_status"),
    {"sub_services_count", "0", FIELD_INT, FIELD_BOTH},
    {"sub_environments_count", "0", FIELD_INT, FIELD_BOTH},
    {"display_name", "t.display_name", FIELD_TEXT, FIELD_BOTH},
    {"resource_tags", "'{}'", FIELD_JSON, FIELD_BOTH},
    {"drifted_instances", "0", FIELD_INT, FIELD_BOTH},
    {"unavailable_instances", "0", FIELD_INT, FIELD_BOTH},
    {"deployment_group_id", "NULL", FIELD_TEXT, FIELD_ASKED},
    {"latest_execution", LATEST("e.id"), FIELD_TEXT, FIELD_BOTH},
    {"latest_execution_finished_operations", LATEST("e.finished"), FIELD_INT, FIELD_BOTH},
    {"latest_execution_total_operations", LATEST("e.total"), FIELD_INT, FIELD_BOTH},
    {"latest_execution_workflow_id", LATEST("e.workflow_id"), FIELD_TEXT, FIELD_BOTH},
    {"create_execution",
     "(SELECT e.id FROM executions e WHERE e.tenant = t.tenant AND e.deployment_id = t.id"
     " AND e.workflow_id = 'create_deployment_environment' ORDER BY e.seq LIMIT 1)",
     FIELD_TEXT, FIELD_BOTH},
    {"blueprint_id", "t.blueprint_id", FIELD_TEXT, FIELD_BOTH},
    NOTHING("site_name"),
    {"latest_execution_status", LATEST(STATUS_WORD), FIELD_TEXT, FIELD_BOTH},
    {"environment_type", "''", FIELD_TEXT, FIELD_BOTH},
    {"has_sub_deployments", "0", FIELD_BOOL, FIELD_BOTH},
    OWNER,
    SHARE("t.visibility"),
    {"workdir_zip", "NULL", FIELD_TEXT, FIELD_SHOWN},
    {"labels", "'[]'", FIELD_JSON, FIELD_SHOWN},
    {"deployment_groups", "'[]'", FIELD_JSON, FIELD_SHOWN},
};
LISTING(list_deployments, "Deployment", "deployments t", "t.id", .search = "t.id");

static const struct field list_blueprints_fields[] = {
    {"created_at", "t.created_at", FIELD_TEXT, FIELD_BOTH},
    {"id", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"visibility", "t.visibility", FIELD_TEXT, FIELD_BOTH},
    {"main_file_name", "t.main_file_name", FIELD_TEXT, FIELD_BOTH},
    NOTHING("plan_p"),
    /* Enough of a plan to see which plugins are used. */
    {"plan",
     "json_object('deployment_plugins_to_install', (SELECT json_group_array(json_object("
     "'package_name', u.package_name, 'package_version', u.package_version)) FROM used_plugins u"
     " WHERE u.tenant = t.tenant AND u.blueprint = t.id))",
     FIELD_JSON, FIELD_BOTH},
    {"requirements", "'{\"parent_capabilities\": [], \"secrets\": []}'", FIELD_JSON, FIELD_BOTH},
    {"updated_at", "t.updated_at", FIELD_TEXT, FIELD_BOTH},
    {"description", "t.description", FIELD_TEXT, FIELD_BOTH},
    {"is_hidden", "t.is_hidden", FIELD_BOOL, FIELD_BOTH},
    {"state", "t.state", FIELD_TEXT, FIELD_BOTH},
    NOTHING("error"),
    NOTHING("error_traceback"),
    OWNER,
    SHARE("t.visibility"),
    {"labels", "'[]'", FIELD_JSON, FIELD_SHOWN},
    {"upload_execution", "NULL", FIELD_JSON, FIELD_SHOWN},
};
LISTING(list_blueprints, "Blueprint", "blueprints t", "t.id", .search = "t.id",
        .sees_global = true);

static const struct field list_nodes_fields[] = {
    {"id", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"visibility", "'tenant'", FIELD_TEXT, FIELD_BOTH},
    {"deploy_number_of_instances", "t.number_of_instances", FIELD_INT, FIELD_BOTH},
    {"host_id", "t.host_id", FIELD_TEXT, FIELD_BOTH},
    {"number_of_instances", "t.number_of_instances", FIELD_INT, FIELD_BOTH},
    {"planned_number_of_instances", "t.number_of_instances", FIELD_INT, FIELD_BOTH},
    {"type", "t.type", FIELD_TEXT, FIELD_BOTH},
    {"type_hierarchy", "t.type_hierarchy", FIELD_JSON, FIELD_BOTH},
    {"properties", "'{}'", FIELD_JSON, FIELD_BOTH},
    {"plugins", "'[]'", FIELD_JSON, FIELD_BOTH},
    {"relationships", "'[]'", FIELD_JSON, FIELD_BOTH},
    {"operations", "'{}'", FIELD_JSON, FIELD_BOTH},
    {"blueprint_id",
     "(SELECT d.blueprint_id FROM deployments d WHERE d.tenant = t.tenant"
     " AND d.id = t.deployment_id)",
     FIELD_TEXT, FIELD_BOTH},
    {"deployment_id", "t.deployment_id", FIELD_TEXT, FIELD_BOTH},
    {"tenant_name", "t.tenant", FIELD_TEXT, FIELD_BOTH},
    {"created_by", "'admin'", FIELD_TEXT, FIELD_BOTH},
    SHARE("'tenant'"),
    {"actual_number_of_instances",
     "(SELECT count(*) FROM node_instances i WHERE i.tenant = t.tenant"
     " AND i.deployment_id = t.deployment_id AND i.node_id = t.id)",
     FIELD_INT, FIELD_SHOWN},
};
LISTING(list_nodes, "Node", "nodes t", "t.id", .search = "t.id");

static const struct field list_instances_fields[] = {
    {"id", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"visibility", "'tenant'", FIELD_TEXT, FIELD_BOTH},
    {"host_id", "t.host_id", FIELD_TEXT, FIELD_BOTH},
    {"index", "t.idx", FIELD_INT, FIELD_BOTH},
    NOTHING("relationships_p"),
    {"relationships", "'[]'", FIELD_JSON, FIELD_BOTH},
    NOTHING("runtime_properties_p"),
    {"runtime_properties",
     "coalesce((SELECT json_object('cloudify_agent', json_object('name', a.id, 'queue', a.id,"
     " 'install_method', a.install_method, 'ip', a.ip, 'version', a.version, 'system', a.system))"
     " FROM agents a WHERE a.tenant = t.tenant AND a.node_instance_id = t.id"
     " ORDER BY a.seq DESC LIMIT 1), '{}')",
     FIELD_JSON, FIELD_BOTH},
    NOTHING("system_properties"),
    NOTHING("scaling_groups_p"),
    {"scaling_groups", "'[]'", FIELD_JSON, FIELD_BOTH},
    {"state", "t.state", FIELD_TEXT, FIELD_BOTH},
    {"version", "t.version", FIELD_INT, FIELD_BOTH},
    {"has_configuration_drift", "0", FIELD_BOOL, FIELD_BOTH},
    {"is_status_check_ok", "0", FIELD_BOOL, FIELD_BOTH},
    {"node_id", "t.node_id", FIELD_TEXT, FIELD_BOTH},
    {"deployment_id", "t.deployment_id", FIELD_TEXT, FIELD_BOTH},
    {"tenant_name", "t.tenant", FIELD_TEXT, FIELD_BOTH},
    {"created_by", "'admin'", FIELD_TEXT, FIELD_BOTH},
    SHARE("'tenant'"),
};
LISTING(list_instances, "NodeInstance", "node_instances t", "t.id", .search = "t.id");

static const char *const agent_states[] = {
    "creating", "created",   "configuring", "configured",    "starting",   "started",
    "stopping", "stopped",   "deleting",    "deleted",       "restarting", "restarted",
    "restored", "upgrading", "upgraded",    "nonresponsive", "failed",     NULL,
};

/* The list shows other fields than the single agent. */
static const struct field list_agents_fields[] = {
    {"id", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"host_id", "t.host_id", FIELD_TEXT, FIELD_BOTH},
    {"node_instance_id", "t.node_instance_id", FIELD_TEXT, FIELD_BOTH},
    {"ip", "t.ip", FIELD_TEXT, FIELD_BOTH},
    {"install_method", "t.install_method", FIELD_TEXT, FIELD_BOTH},
    {"system", "t.system", FIELD_TEXT, FIELD_BOTH},
    {"version", "t.version", FIELD_TEXT, FIELD_BOTH},
    {"node", "t.node_id", FIELD_TEXT, FIELD_BOTH},
    {"deployment", "t.deployment_id", FIELD_TEXT, FIELD_BOTH},
    {"tenant_name", "t.tenant", FIELD_TEXT, FIELD_BOTH},
    {"created_at", "t.created_at", FIELD_TEXT, FIELD_BOTH},
    {"rabbitmq_exchange", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"created_by", "t.created_by", FIELD_TEXT, FIELD_BOTH},
    NOTHING("rabbitmq_username"),
    {"visibility", "'tenant'", FIELD_TEXT, FIELD_BOTH},
    NOTHING("rabbitmq_password"),
    {"state", "t.state", FIELD_TEXT, FIELD_BOTH},
    {"name", "t.id", FIELD_TEXT, FIELD_ASKED},
    {"updated_at", "t.updated_at", FIELD_TEXT, FIELD_ASKED},
    {"deployment_id", "t.deployment_id", FIELD_TEXT, FIELD_ASKED},
    {"node_id", "t.node_id", FIELD_TEXT, FIELD_ASKED},
    {"node_ids", "t.node_id", FIELD_TEXT, FIELD_ASKED},
    {"node_instance_ids", "t.node_instance_id", FIELD_TEXT, FIELD_ASKED},
    {"install_methods", "t.install_method", FIELD_TEXT, FIELD_ASKED},
};
LISTING(list_agents, "Agent", "agents t", "t.id", .search = "t.id", .enum_field = "state",
        .values = agent_states);

static const struct field list_agent_fields[] = {
    {"created_at", "t.created_at", FIELD_TEXT, FIELD_BOTH},
    {"id", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"visibility", "'tenant'", FIELD_TEXT, FIELD_BOTH},
    {"ip", "t.ip", FIELD_TEXT, FIELD_BOTH},
    {"name", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"install_method", "t.install_method", FIELD_TEXT, FIELD_BOTH},
    {"system", "t.system", FIELD_TEXT, FIELD_BOTH},
    {"version", "t.version", FIELD_TEXT, FIELD_BOTH},
    {"state", "t.state", FIELD_TEXT, FIELD_BOTH},
    NOTHING("rabbitmq_username"),
    NOTHING("rabbitmq_password"),
    {"rabbitmq_exchange", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"updated_at", "t.updated_at", FIELD_TEXT, FIELD_BOTH},
    {"node_instance_id", "t.node_instance_id", FIELD_TEXT, FIELD_BOTH},
    {"host_id", "t.host_id", FIELD_TEXT, FIELD_BOTH},
    {"node_id", "t.node_id", FIELD_TEXT, FIELD_BOTH},
    {"deployment_id", "t.deployment_id", FIELD_TEXT, FIELD_BOTH},
    {"node", "t.node_id", FIELD_TEXT, FIELD_BOTH},
    {"deployment", "t.deployment_id", FIELD_TEXT, FIELD_BOTH},
    {"node_ids", "t.node_id", FIELD_TEXT, FIELD_BOTH},
    {"node_instance_ids", "t.node_instance_id", FIELD_TEXT, FIELD_BOTH},
    {"install_methods", "t.install_method", FIELD_TEXT, FIELD_BOTH},
    OWNER,
    SHARE("'tenant'"),
};
LISTING(list_agent, "Agent", "agents t", "t.id", .search = NULL);

static const struct field list_plugins_fields[] = {
    {"id", "t.id", FIELD_TEXT, FIELD_BOTH},
    {"visibility", "t.visibility", FIELD_TEXT, FIELD_BOTH},
    {"archive_name", "t.archive_name", FIELD_TEXT, FIELD_BOTH},
    {"distribution", "t.distribution", FIELD_TEXT, FIELD_BOTH},
    {"distribution_release", "t.distribution_release", FIELD_TEXT, FIELD_BOTH},
    {"distribution_version", "t.distribution_version", FIELD_TEXT, FIELD_BOTH},
    NOTHING("excluded_wheels_p"),
    NOTHING("excluded_wheels"),
    {"package_name", "t.package_name", FIELD_TEXT, FIELD_BOTH},
    {"package_source", "t.package_source", FIELD_TEXT, FIELD_BOTH},
    {"package_version", "t.package_version", FIELD_TEXT, FIELD_BOTH},
    NOTHING("supported_platform_p"),
    {"supported_platform", "t.supported_platform", FIELD_JSON, FIELD_BOTH},
    NOTHING("supported_py_versions_p"),
    {"supported_py_versions", "t.supported_py_versions", FIELD_JSON, FIELD_BOTH},
    {"uploaded_at", "t.uploaded_at", FIELD_TEXT, FIELD_BOTH},
    NOTHING("wheels_p"),
    {"wheels", "t.wheels", FIELD_JSON, FIELD_BOTH},
    {"title", "t.title", FIELD_TEXT, FIELD_BOTH},
    NOTHING("blueprint_labels"),
    NOTHING("labels"),
    NOTHING("resource_tags"),
    OWNER,
    SHARE("t.visibility"),
    {"installation_state", "'[]'", FIELD_JSON, FIELD_SHOWN},
    {"yaml_files_paths", "json_array('plugins/' || t.id || '/plugin.yaml')", FIELD_JSON,
     FIELD_SHOWN},
    {"yaml_url_path",
     "'plugin:' || t.package_name || '?version=' || t.package_version || '&distribution=' ||"
     " coalesce(t.distribution, 'None')",
     FIELD_TEXT, FIELD_SHOWN},
};
LISTING(list_plugins, "Plugin", "plugins t", "t.id", .search = "t.package_name",
        .sees_global = true);
