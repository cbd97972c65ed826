/*
 * Tables and columns of dumps, in the order of the dump, as archives of 4.6.0, 5.1.0 and 7.1.0 have
 * them; each stands for its neighbours too.
 */
#include "practice/dump.h"

#include "base/attr.h"

static const struct dump_table family_4[] = {
    /* 4.x */
    {"tenants", "id, name, rabbitmq_password, rabbitmq_username, rabbitmq_vhost"},
    {"users", "id, username, active, created_at, email, first_name, last_login_at, last_name, "
              "password, api_token_key, last_failed_login_at, failed_logins_counter"},
    {"blueprints", "_storage_id, id, created_at, main_file_name, plan, updated_at, description, "
                   "_tenant_id, _creator_id, visibility"},
    {"deployments",
     "_storage_id, id, created_at, description, inputs, groups, permalink, "
     "policy_triggers, policy_types, outputs, scaling_groups, updated_at, workflows, "
     "_blueprint_fk, _creator_id, _tenant_id, visibility, capabilities"},
    {"nodes", "_storage_id, id, deploy_number_of_instances, host_id, max_number_of_instances, "
              "min_number_of_instances, number_of_instances, planned_number_of_instances, plugins, "
              "plugins_to_install, properties, relationships, operations, type, type_hierarchy, "
              "_deployment_fk, _creator_id, _tenant_id, visibility"},
    {"node_instances",
     "_storage_id, id, host_id, relationships, runtime_properties, scaling_groups, state, "
     "version, _node_fk, _creator_id, _tenant_id, visibility"},
    {"agents", "_storage_id, id, name, ip, install_method, system, version, state, visibility, "
               "rabbitmq_username, rabbitmq_password, rabbitmq_exchange, created_at, updated_at, "
               "_node_instance_fk, _tenant_id, _creator_id"},
    {"deployment_modifications",
     "_storage_id, id, context, created_at, ended_at, modified_nodes, node_instances, "
     "status, _deployment_fk, _creator_id, _tenant_id, visibility"},
    {"executions", "_storage_id, id, created_at, error, is_system_workflow, parameters, status, "
                   "workflow_id, _deployment_fk, _tenant_id, _creator_id, visibility, ended_at, "
                   "started_at, is_dry_run, scheduled_for"},
    {"deployment_updates",
     "_storage_id, id, created_at, deployment_plan, deployment_update_node_instances, "
     "deployment_update_deployment, deployment_update_nodes, modified_entity_ids, state, "
     "_execution_fk, _deployment_fk, _creator_id, _tenant_id, visibility, "
     "_old_blueprint_fk, _new_blueprint_fk, old_inputs, new_inputs"},
    {"deployment_update_steps",
     "_storage_id, id, action, entity_id, entity_type, _deployment_update_fk, _creator_id, "
     "_tenant_id, visibility"},
    {"events", "_storage_id, id, \"timestamp\", message, message_code, event_type, operation, "
               "node_id, _execution_fk, _creator_id, _tenant_id, reported_timestamp, error_causes, "
               "visibility, source_id, target_id"},
    {"groups", "id, name, ldap_dn"},
    {"groups_roles", "group_id, role_id"},
    {"groups_tenants", "group_id, tenant_id, role_id"},
    {"logs", "_storage_id, id, \"timestamp\", message, message_code, logger, level, operation, "
             "node_id, _execution_fk, _creator_id, _tenant_id, reported_timestamp, visibility, "
             "source_id, target_id"},
    {"tasks_graphs", "_storage_id, id, visibility, name, created_at, _execution_fk, _tenant_id, "
                     "_creator_id"},
    {"operations", "_storage_id, id, visibility, name, state, created_at, dependencies, type, "
                   "parameters, _tasks_graph_fk, _tenant_id, _creator_id"},
    {"plugins", "_storage_id, id, archive_name, distribution, distribution_release, "
                "distribution_version, excluded_wheels, package_name, package_source, "
                "package_version, supported_platform, supported_py_versions, uploaded_at, wheels, "
                "_tenant_id, _creator_id, visibility"},
    {"secrets",
     "_storage_id, id, value, created_at, updated_at, _tenant_id, _creator_id, visibility, "
     "is_hidden_value"},
    {"users_groups", "user_id, group_id"},
    {"users_roles", "user_id, role_id"},
    {"users_tenants", "user_id, tenant_id, role_id"},
};

static const struct dump_table family_5[] = {
    /* 5.0 to 6.3 */
    {"tenants", "id, name, rabbitmq_password, rabbitmq_username, rabbitmq_vhost"},
    {"users", "id, username, active, created_at, email, first_name, last_login_at, last_name, "
              "password, api_token_key, last_failed_login_at, failed_logins_counter"},
    {"blueprints", "_storage_id, id, created_at, main_file_name, plan, updated_at, description, "
                   "_tenant_id, _creator_id, visibility, is_hidden"},
    {"sites", "_storage_id, id, visibility, created_at, name, latitude, longitude, _tenant_id, "
              "_creator_id"},
    {"deployments",
     "_storage_id, id, created_at, description, inputs, groups, permalink, "
     "policy_triggers, policy_types, outputs, scaling_groups, updated_at, workflows, "
     "_blueprint_fk, _creator_id, _tenant_id, visibility, capabilities, _site_fk, "
     "runtime_only_evaluation"},
    {"nodes", "_storage_id, id, deploy_number_of_instances, host_id, max_number_of_instances, "
              "min_number_of_instances, number_of_instances, planned_number_of_instances, plugins, "
              "plugins_to_install, properties, relationships, operations, type, type_hierarchy, "
              "_deployment_fk, _creator_id, _tenant_id, visibility"},
    {"node_instances",
     "_storage_id, id, host_id, relationships, runtime_properties, scaling_groups, state, "
     "version, _node_fk, _creator_id, _tenant_id, visibility, index"},
    {"agents", "_storage_id, id, name, ip, install_method, system, version, state, visibility, "
               "rabbitmq_username, rabbitmq_password, rabbitmq_exchange, created_at, updated_at, "
               "_node_instance_fk, _tenant_id, _creator_id"},
    {"deployment_modifications",
     "_storage_id, id, context, created_at, ended_at, modified_nodes, node_instances, "
     "status, _deployment_fk, _creator_id, _tenant_id, visibility"},
    {"executions", "_storage_id, id, created_at, error, is_system_workflow, parameters, status, "
                   "workflow_id, _deployment_fk, _tenant_id, _creator_id, visibility, ended_at, "
                   "started_at, is_dry_run, scheduled_for, token, blueprint_id"},
    {"deployment_updates",
     "_storage_id, id, created_at, deployment_plan, deployment_update_node_instances, "
     "deployment_update_deployment, deployment_update_nodes, modified_entity_ids, state, "
     "_execution_fk, _deployment_fk, _creator_id, _tenant_id, visibility, "
     "_old_blueprint_fk, _new_blueprint_fk, old_inputs, new_inputs, "
     "central_plugins_to_install, central_plugins_to_uninstall, runtime_only_evaluation"},
    {"deployment_update_steps",
     "_storage_id, id, action, entity_id, entity_type, _deployment_update_fk, _creator_id, "
     "_tenant_id, visibility"},
    {"events", "_storage_id, id, \"timestamp\", message, message_code, event_type, operation, "
               "node_id, _execution_fk, _creator_id, _tenant_id, reported_timestamp, error_causes, "
               "visibility, source_id, target_id"},
    {"groups", "id, name, ldap_dn"},
    {"groups_roles", "group_id, role_id"},
    {"groups_tenants", "group_id, tenant_id, role_id"},
    {"logs", "_storage_id, id, \"timestamp\", message, message_code, logger, level, operation, "
             "node_id, _execution_fk, _creator_id, _tenant_id, reported_timestamp, visibility, "
             "source_id, target_id"},
    {"tasks_graphs", "_storage_id, id, visibility, name, created_at, _execution_fk, _tenant_id, "
                     "_creator_id"},
    {"operations", "_storage_id, id, visibility, name, state, created_at, dependencies, type, "
                   "parameters, _tasks_graph_fk, _tenant_id, _creator_id"},
    {"plugins", "_storage_id, id, archive_name, distribution, distribution_release, "
                "distribution_version, excluded_wheels, package_name, package_source, "
                "package_version, supported_platform, supported_py_versions, uploaded_at, wheels, "
                "_tenant_id, _creator_id, visibility"},
    {"plugins_updates",
     "_storage_id, id, visibility, created_at, state, deployments_to_update, forced, "
     "_original_blueprint_fk, _temp_blueprint_fk, _execution_fk, _tenant_id, _creator_id"},
    {"secrets",
     "_storage_id, id, value, created_at, updated_at, _tenant_id, _creator_id, visibility, "
     "is_hidden_value"},
    {"users_groups", "user_id, group_id"},
    {"users_roles", "user_id, role_id"},
    {"users_tenants", "user_id, tenant_id, role_id"},
};

static const struct dump_table family_6[] = {
    /* 6.4 and later */
    {"tenants", "id, name, rabbitmq_password, rabbitmq_username, rabbitmq_vhost"},
    {"users", "id, username, active, created_at, email, first_name, last_login_at, last_name, "
              "password, last_failed_login_at, failed_logins_counter, show_getting_started, "
              "first_login_at"},
    {"blueprints", "_storage_id, id, created_at, main_file_name, plan_p, updated_at, description, "
                   "_tenant_id, _creator_id, visibility, is_hidden, state, error, error_traceback, "
                   "_upload_execution_fk, plan, requirements"},
    {"sites", "_storage_id, id, visibility, created_at, name, latitude, longitude, _tenant_id, "
              "_creator_id"},
    {"deployments",
     "_storage_id, id, created_at, description, inputs_p, groups_p, permalink, "
     "policy_triggers_p, policy_types_p, outputs_p, scaling_groups_p, updated_at, "
     "workflows_p, _blueprint_fk, _creator_id, _tenant_id, visibility, capabilities_p, "
     "_site_fk, runtime_only_evaluation, _create_execution_fk, _latest_execution_fk, "
     "installation_status, deployment_status, sub_environments_count, "
     "sub_environments_status, sub_services_count, sub_services_status, display_name, "
     "resource_tags, drifted_instances, unavailable_instances, inputs, groups, "
     "policy_triggers, policy_types, outputs, capabilities, scaling_groups, workflows"},
    {"nodes", "_storage_id, id, deploy_number_of_instances, host_id, max_number_of_instances, "
              "min_number_of_instances, number_of_instances, planned_number_of_instances, "
              "plugins_p, plugins_to_install_p, properties_p, relationships_p, operations_p, type, "
              "type_hierarchy_p, _deployment_fk, _creator_id, _tenant_id, visibility, "
              "drifted_instances, unavailable_instances, plugins, plugins_to_install, properties, "
              "relationships, operations, type_hierarchy"},
    {"node_instances",
     "_storage_id, id, host_id, relationships_p, runtime_properties_p, scaling_groups_p, "
     "state, version, _node_fk, _creator_id, _tenant_id, visibility, index, "
     "system_properties, is_status_check_ok, has_configuration_drift, relationships, "
     "runtime_properties, scaling_groups"},
    {"agents", "_storage_id, id, name, ip, install_method, system, version, state, visibility, "
               "rabbitmq_username, rabbitmq_password, rabbitmq_exchange, created_at, updated_at, "
               "_node_instance_fk, _tenant_id, _creator_id"},
    {"blueprints_filters",
     "_storage_id, id, visibility, created_at, value, updated_at, _tenant_id, _creator_id, "
     "is_system_filter"},
    {"blueprints_labels", "created_at, id, key, value, _labeled_model_fk, _creator_id"},
    {"deployment_groups",
     "_storage_id, id, visibility, created_at, description, _default_blueprint_fk, "
     "default_inputs, _tenant_id, _creator_id, creation_counter"},
    {"deployment_groups_deployments", "deployment_group_id, deployment_id"},
    {"deployment_groups_labels", "created_at, id, key, value, _labeled_model_fk, _creator_id"},
    {"deployment_labels_dependencies",
     "_storage_id, id, visibility, created_at, _source_deployment, _target_deployment, "
     "_tenant_id, _creator_id"},
    {"deployment_modifications",
     "_storage_id, id, context_p, created_at, ended_at, modified_nodes_p, "
     "node_instances_p, status, _deployment_fk, _creator_id, _tenant_id, visibility, "
     "context, modified_nodes, node_instances"},
    {"executions",
     "_storage_id, id, created_at, error, is_system_workflow, parameters_p, status, "
     "workflow_id, _deployment_fk, _tenant_id, _creator_id, visibility, ended_at, "
     "started_at, is_dry_run, scheduled_for, token, blueprint_id, finished_operations, "
     "total_operations, resume, allow_custom_parameters, parameters"},
    {"deployment_updates",
     "_storage_id, id, created_at, deployment_plan_p, deployment_update_node_instances_p, "
     "deployment_update_deployment_p, deployment_update_nodes_p, modified_entity_ids_p, "
     "state, _execution_fk, _deployment_fk, _creator_id, _tenant_id, visibility, "
     "_old_blueprint_fk, _new_blueprint_fk, old_inputs_p, new_inputs_p, "
     "central_plugins_to_install_p, central_plugins_to_uninstall_p, "
     "runtime_only_evaluation, keep_old_deployment_dependencies, deployment_plan, "
     "deployment_update_node_instances, deployment_update_deployment, "
     "central_plugins_to_uninstall, central_plugins_to_install, deployment_update_nodes, "
     "modified_entity_ids, old_inputs, new_inputs"},
    {"deployment_update_steps",
     "_storage_id, id, action, entity_id, entity_type, _deployment_update_fk, _creator_id, "
     "_tenant_id, visibility, topology_order"},
    {"deployments_filters",
     "_storage_id, id, visibility, created_at, value, updated_at, _tenant_id, _creator_id, "
     "is_system_filter"},
    {"deployments_labels", "id, key, value, created_at, _creator_id, _labeled_model_fk"},
    {"execution_groups",
     "_storage_id, id, visibility, created_at, _deployment_group_fk, workflow_id, "
     "_tenant_id, _creator_id, concurrency, _success_group_fk, _failed_group_fk"},
    {"events", "_storage_id, \"timestamp\", message, message_code, event_type, operation, node_id, "
               "_execution_fk, _creator_id, _tenant_id, reported_timestamp, error_causes, "
               "visibility, source_id, target_id, _execution_group_fk, manager_name, agent_name"},
    {"execution_groups_executions", "execution_group_id, execution_id"},
    {"execution_schedules",
     "_storage_id, id, visibility, created_at, next_occurrence, since, until, rule, slip, "
     "workflow_id, parameters, execution_arguments, stop_on_fail, enabled, _deployment_fk, "
     "_latest_execution_fk, _tenant_id, _creator_id"},
    {"groups", "id, name, ldap_dn"},
    {"groups_roles", "group_id, role_id"},
    {"groups_tenants", "group_id, tenant_id, role_id"},
    {"inter_deployment_dependencies",
     "_storage_id, id, visibility, created_at, dependency_creator, target_deployment_func, "
     "_source_deployment, _target_deployment, _tenant_id, _creator_id, external_source, "
     "external_target"},
    {"log_bundles",
     "created_at, _storage_id, id, visibility, status, error, _tenant_id, _creator_id"},
    {"logs", "_storage_id, \"timestamp\", message, message_code, logger, level, operation, "
             "node_id, _execution_fk, _creator_id, _tenant_id, reported_timestamp, visibility, "
             "source_id, target_id, _execution_group_fk, manager_name, agent_name"},
    {"tasks_graphs", "_storage_id, id, visibility, name, created_at, _execution_fk, _tenant_id, "
                     "_creator_id"},
    {"operations",
     "_storage_id, id, visibility, name, state, created_at, dependencies, type, "
     "parameters, _tasks_graph_fk, _tenant_id, _creator_id, manager_name, agent_name"},
    {"permissions", "id, role_id, name"},
    {"plugins",
     "_storage_id, id, archive_name, distribution, distribution_release, "
     "distribution_version, excluded_wheels_p, package_name, package_source, "
     "package_version, supported_platform_p, supported_py_versions_p, uploaded_at, "
     "wheels_p, _tenant_id, _creator_id, visibility, title, blueprint_labels, labels, "
     "resource_tags, excluded_wheels, supported_platform, supported_py_versions, wheels"},
    {"plugins_updates",
     "_storage_id, id, visibility, created_at, state, deployments_to_update_p, forced, "
     "_original_blueprint_fk, _temp_blueprint_fk, _execution_fk, _tenant_id, _creator_id, "
     "deployments_per_tenant, all_tenants, deployments_to_update"},
    {"secrets_providers",
     "created_at, _storage_id, id, visibility, name, type, connection_parameters, "
     "updated_at, _tenant_id, _creator_id"},
    {"secrets",
     "_storage_id, id, value, created_at, updated_at, _tenant_id, _creator_id, visibility, "
     "is_hidden_value, schema, provider_options, _secrets_provider_fk"},
    {"tokens", "created_at, id, secret_hash, description, last_used, expiration_date, _user_fk, "
               "_execution_fk"},
    {"users_groups", "user_id, group_id"},
    {"users_roles", "user_id, role_id"},
    {"users_tenants", "user_id, tenant_id, role_id"},
};

const struct dump_table *dump_tables(int version, size_t *count)
{
    if (version < 50) {
        *count = FERRY_COUNT(family_4);
        return family_4;
    }
    if (version < 64) {
        *count = FERRY_COUNT(family_5);
        return family_5;
    }
    *count = FERRY_COUNT(family_6);
    return family_6;
}
