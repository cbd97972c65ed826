/* The new format: mgmt/NNNNNNNN.json and tenants/NAME/NNNNNNNN.json, at most 500 items each. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "practice/archive_items.h"
#include "practice/archive_write.h"
#include "practice/content_workflows.h"

#define BASE_OF_EXECUTIONS 600 /* seconds after the first date: uploads lie before */

static void items_add(struct items *items, const struct json *item)
{
    items_add_json(items, item, NULL);
}

static struct json *item_new(const void *ctx, const char *id, const char *date)
{
    struct json *item = json_object(ctx);
    json_set_string(item, "id", id);
    json_set_string(item, "visibility", "tenant");
    if (date != NULL) {
        json_set_string(item, "created_at", date);
    }
    json_set_string(item, "created_by", "admin");
    return item;
}

static void write_plugins(struct items *items)
{
    char id[UUID_TEXT_SIZE], package[PLAN_NAME_SIZE], date[PLAN_DATE_SIZE];
    items_of(items, "plugins", NULL);
    for (int64_t p = 0; p < items->plan->plugins; p++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        plan_uuid(items->plan, PLAN_PLUGIN, p, id);
        plan_plugin_package(p, package);
        plan_date(p % 500, true, date);
        struct json *item = item_new(scope, id, NULL);
        json_set_string(item, "visibility", "global");
        json_set_string(item, "uploaded_at", date);
        json_set_string(item, "title", package);
        items_add(items, item);
    }
    items_close(items);
}

static void write_plugin_files(struct items *items)
{
    char id[UUID_TEXT_SIZE];
    for (int64_t p = 0; p < items->plan->plugins; p++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        size_t size = 0;
        const void *wagon = archive_wagon(scope, items->plan, p, &size), *data = NULL;
        struct zip_out *pack = zip_out_memory(scope, false, size + 64 * 1024);
        struct ferry_error err = {0};
        zip_out_text(pack, "plugin.yaml", archive_plugin_yaml(scope, p));
        zip_out_file(pack, archive_wagon_name(scope, items->plan, p), wagon, size);
        if (zip_out_close(pack, &data, &size, &err) == FERRY_OK) {
            plan_uuid(items->plan, PLAN_PLUGIN, p, id);
            zip_out_file(items->out, mem_printf(scope, "%s/plugins/%s.zip", items->folder, id),
                         data, size);
        }
    }
}

static void write_blueprints(struct items *items)
{
    char name[PLAN_NAME_SIZE], date[PLAN_DATE_SIZE];
    void *scope FERRY_SCOPE = mem_scope(NULL);
    plan_date(0, true, date);
    items_of(items, "blueprints", NULL);
    for (int64_t b = 0; b < items->plan->blueprints; b++) {
        struct ferry_error err = {0};
        struct json *plan = NULL;
        char *text = archive_blueprint_plan(scope, items->plan, b);
        plan_blueprint_name(b, name);
        struct json *item = item_new(scope, name, date);
        json_set_string(item, "main_file_name", "blueprint.yaml");
        if (json_parse(scope, text, strlen(text), &plan, &err) == FERRY_OK) {
            json_set_json(item, "plan", plan);
        }
        json_set_null(item, "description");
        json_set_bool(item, "is_hidden", false);
        json_set_string(item, "state", "uploaded");
        json_set_array(item, "labels");
        items_add(items, item);
    }
    items_close(items);
    for (int64_t b = 0; b < items->plan->blueprints; b++) {
        size_t size = 0;
        const void *pack = archive_blueprint_pack(scope, items->plan, b, &size);
        plan_blueprint_name(b, name);
        zip_out_file(items->out, mem_printf(scope, "%s/blueprints/%s.tar.gz", items->folder, name),
                     pack, size);
    }
}

static void write_deployments(struct items *items, int64_t tenant)
{
    static const char *const objects[] = {"inputs",        "groups",        "policy_triggers",
                                          "policy_types",  "outputs",       "capabilities",
                                          "resource_tags", "scaling_groups"};
    char name[PLAN_NAME_SIZE], blueprint[PLAN_NAME_SIZE], date[PLAN_DATE_SIZE];
    struct plan_walk walk;
    items_of(items, "deployments", NULL);
    for (plan_walk_tenant(&walk, items->plan, tenant); plan_walk_next(&walk);) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        plan_deployment_name(walk.deployment, name);
        plan_blueprint_name(walk.blueprint, blueprint);
        plan_date(BASE_OF_EXECUTIONS + walk.deployment, true, date);
        struct json *item = item_new(scope, name, date);
        for (size_t i = 0; i < FERRY_COUNT(objects); i++) {
            json_set_object(item, objects[i]);
        }
        json_set_bool(item, "runtime_only_evaluation", false);
        json_set_string(item, "installation_status", "active");
        json_set_string(item, "deployment_status", "good");
        json_set_string(item, "display_name", name);
        json_set_string(item, "blueprint_id", blueprint);
        json_set_array(item, "labels");
        items_add_json(items, item, items->workflows);
    }
    items_close(items);
}

static void add_node(struct items *items, const struct plan_walk *walk, const char *name)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    bool host = strcmp(name, "vm") == 0;
    struct json *item = item_new(scope, name, NULL);
    json_set_string(item, "host_id", walk->hosts > 0 ? "vm" : NULL);
    json_set_int(item, "deploy_number_of_instances", host ? walk->hosts : 1);
    json_set_int(item, "number_of_instances", host ? walk->hosts : 1);
    json_set_int(item, "planned_number_of_instances", host ? walk->hosts : 1);
    json_set_int(item, "min_number_of_instances", 0);
    json_set_int(item, "max_number_of_instances", -1);
    json_set_array(item, "plugins");
    json_set_array(item, "relationships");
    json_set_object(item, "properties");
    json_set_object(item, "operations");
    json_set_string(item, "type", host ? "cloudify.nodes.Compute" : "cloudify.nodes.Root");
    struct json *types = json_set_array(item, "type_hierarchy");
    json_push_string(types, "cloudify.nodes.Root");
    if (host) {
        json_push_string(types, "cloudify.nodes.Compute");
    }
    items_add(items, item);
}

static void add_instance(struct items *items, const struct plan_walk *walk, int64_t index)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char name[PLAN_NAME_SIZE], host[PLAN_NAME_SIZE];
    bool is_host = index < walk->hosts;
    plan_instance_name(walk, index, name);
    plan_instance_name(walk, is_host ? index : 0, host);
    struct json *item = item_new(scope, name, NULL);
    json_set_string(item, "host_id", walk->hosts > 0 ? host : NULL);
    json_set_int(item, "index", is_host ? index + 1 : 1);
    json_set_array(item, "relationships");
    json_set_object(item, "runtime_properties");
    json_set_array(item, "scaling_groups");
    json_set_string(item, "state",
                    is_host ? plan_host_state(items->plan, plan_host(walk, index)) : "started");
    json_set_bool(item, "has_configuration_drift", false);
    json_set_bool(item, "is_status_check_ok", true);
    json_set_string(item, "node_id", plan_instance_node(walk, index));
    items_add(items, item);
}

static void add_agent(struct items *items, const struct plan_walk *walk, int64_t host)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char name[PLAN_NAME_SIZE], date[PLAN_DATE_SIZE];
    int64_t agent = plan_host(walk, host);
    plan_instance_name(walk, host, name);
    plan_date(BASE_OF_EXECUTIONS + walk->deployment, true, date);
    struct json *item = item_new(scope, name, date);
    json_set_string(item, "name", name);
    json_set_string(item, "ip",
                    mem_printf(scope, "10.%d.%d.%d", (int)(agent >> 16 & 255),
                               (int)(agent >> 8 & 255), (int)(agent & 255)));
    json_set_string(item, "install_method", "remote");
    json_set_string(item, "system", "linux");
    json_set_string(item, "version", plan_agent_version(items->plan));
    json_set_string(item, "state", plan_agent_state(items->plan, agent));
    json_set_string(item, "node_instance_id", name);
    items_add(items, item);
}

static void write_topology(struct items *items, int64_t tenant)
{
    struct plan_walk walk;
    char name[PLAN_NAME_SIZE];
    for (plan_walk_tenant(&walk, items->plan, tenant); plan_walk_next(&walk);) {
        plan_deployment_name(walk.deployment, name);
        items_of(items, "nodes", name);
        add_node(items, &walk, walk.hosts > 0 ? "vm" : "root");
        if (walk.hosts > 0) {
            add_node(items, &walk, "app");
        }
        items_of(items, "node_instances", name);
        for (int64_t i = 0; i < walk.instances; i++) {
            add_instance(items, &walk, i);
        }
        items_of(items, "agents", name);
        for (int64_t host = 0; host < walk.hosts; host++) {
            if (plan_host_has_agent(items->plan, plan_host(&walk, host))) {
                add_agent(items, &walk, host);
            }
        }
    }
    items_close(items);
}

struct execution {
    enum plan_thing thing;
    int64_t index;
    const char *workflow, *status, *deployment, *date, *due;
};

static void add_execution(struct items *items, const struct execution *execution)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char id[UUID_TEXT_SIZE];
    bool ended = strcmp(execution->status, "terminated") == 0;
    plan_uuid(items->plan, execution->thing, execution->index, id);
    struct json *item = item_new(scope, id, execution->date);
    json_set_string(item, "workflow_id", execution->workflow);
    json_set_string(item, "status", execution->status);
    json_set_string(item, "error", "");
    json_set_bool(item, "is_system_workflow", execution->deployment == NULL);
    json_set_object(item, "parameters");
    json_set_string(item, "deployment_id", execution->deployment);
    bool begun = ended || strcmp(execution->status, "started") == 0;
    json_set_string(item, "started_at", begun ? execution->date : NULL);
    json_set_string(item, "ended_at", ended ? execution->date : NULL);
    json_set_string(item, "scheduled_for", execution->due);
    json_set_bool(item, "is_dry_run", false);
    json_set_bool(item, "allow_custom_parameters", true);
    items_add(items, item);
}

/* Executions of a tenant that have not ended. */
static void add_waiting(struct items *items, enum plan_thing thing, int64_t count,
                        const char *status, int64_t tenant)
{
    const struct make_plan *plan = items->plan;
    char name[PLAN_NAME_SIZE], date[PLAN_DATE_SIZE], due[PLAN_DATE_SIZE];
    for (int64_t i = 0; i < count; i++) {
        if (i % plan->deployments % plan->tenants == tenant) {
            plan_deployment_name(i % plan->deployments, name);
            plan_date(0, true, date);
            plan_scheduled_for(i, true, due);
            struct execution execution = {.thing = thing,
                                          .index = i,
                                          .workflow = "heal",
                                          .status = status,
                                          .deployment = name,
                                          .date = date,
                                          .due = thing == PLAN_SCHEDULED ? due : NULL};
            add_execution(items, &execution);
        }
    }
}

static void write_executions(struct items *items, int64_t tenant)
{
    const struct make_plan *plan = items->plan;
    char name[PLAN_NAME_SIZE], date[PLAN_DATE_SIZE];
    struct plan_walk walk;
    items_of(items, "executions", NULL);
    for (plan_walk_tenant(&walk, plan, tenant); plan_walk_next(&walk);) {
        plan_deployment_name(walk.deployment, name);
        plan_date(BASE_OF_EXECUTIONS + walk.deployment, true, date);
        struct execution execution = {PLAN_EXECUTION,
                                      walk.deployment,
                                      "create_deployment_environment",
                                      "terminated",
                                      name,
                                      date,
                                      NULL};
        add_execution(items, &execution);
        execution.thing = PLAN_INSTALL;
        execution.workflow = "install";
        add_execution(items, &execution);
    }
    add_waiting(items, PLAN_SCHEDULED, plan->scheduled, "scheduled", tenant);
    add_waiting(items, PLAN_RUNNING, plan->running, "started", tenant);
    add_waiting(items, PLAN_QUEUED, plan->queued, "queued", tenant);
    if (tenant == 0) {
        plan_date(BASE_OF_EXECUTIONS + plan->deployments, true, date);
        struct execution snapshot = {PLAN_SNAPSHOT, 0,   "create_snapshot", "started", NULL,
                                     date,          NULL};
        add_execution(items, &snapshot);
    }
    items_close(items);
}

static void write_schedules(struct items *items, int64_t tenant)
{
    const struct make_plan *plan = items->plan;
    char id[PLAN_NAME_SIZE], name[PLAN_NAME_SIZE], due[PLAN_DATE_SIZE], date[PLAN_DATE_SIZE];
    items_of(items, "execution_schedules", NULL);
    plan_date(0, true, date);
    for (int64_t i = 0; i < plan->scheduled; i++) {
        if (i % plan->deployments % plan->tenants != tenant) {
            continue;
        }
        void *scope FERRY_SCOPE = mem_scope(NULL);
        (void)snprintf(id, sizeof(id), "sched-%02lld", (long long)i);
        plan_deployment_name(i % plan->deployments, name);
        plan_scheduled_for(i, true, due);
        struct json *item = item_new(scope, id, date);
        json_set_string(item, "deployment_id", name);
        json_set_string(item, "workflow_id", "heal");
        json_set_string(item, "since", due);
        json_set_string(item, "next_occurrence", plan_has_next(plan, i) ? due : NULL);
        struct json *rule = json_set_object(item, "rule");
        json_set_null(rule, "recurrence");
        json_set_int(rule, "count", 1);
        json_set_object(item, "parameters");
        json_set_int(item, "slip", items->plan->slip);
        json_set_bool(item, "enabled", true);
        json_set_bool(item, "stop_on_fail", false);
        items_add(items, item);
    }
    items_close(items);
}

static void write_secrets(struct items *items, int64_t tenant)
{
    char name[PLAN_NAME_SIZE], value[65], date[PLAN_DATE_SIZE];
    items_of(items, "secrets", NULL);
    for (int64_t s = tenant; s < items->plan->secrets; s += items->plan->tenants) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        plan_secret_name(s, name);
        plan_secret(items->plan, 2000 + s, value, sizeof(value) - 1);
        plan_date(s % 500, true, date);
        struct json *item = item_new(scope, name, date);
        json_set_string(item, "value", value);
        json_set_bool(item, "is_hidden_value", false);
        items_add(items, item);
    }
    items_close(items);
}

static void write_users(struct items *items)
{
    char name[PLAN_NAME_SIZE], tenant[PLAN_NAME_SIZE];
    items_of(items, "users", NULL);
    for (int64_t u = 0; u < items->plan->users; u++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        const char *role = NULL;
        struct json *item = json_object(scope);
        plan_user_name(u, name);
        plan_tenant_name(u % items->plan->tenants, tenant);
        (void)plan_user_role(u, &role);
        json_set_string(item, "username", name);
        json_set_string(item, "role", "default");
        json_set_bool(item, "active", true);
        struct json *roles = json_set_object(item, "tenant_roles");
        json_push_string(json_set_array(json_set_object(roles, "direct"), tenant), role);
        items_add(items, item);
    }
    items_close(items);
}

static void write_tenant(struct items *items, int64_t tenant)
{
    static const char *const folders[] = {"", "blueprints/", "deployments/", "plugins/"};
    char name[PLAN_NAME_SIZE], folder[4 * PLAN_NAME_SIZE];
    plan_tenant_name(tenant, name);
    (void)snprintf(items->folder, sizeof(items->folder), "tenants/%s", name);
    items->members = 0;
    for (size_t i = 0; i < FERRY_COUNT(folders); i++) {
        (void)snprintf(folder, sizeof(folder), "%s/%s", items->folder, folders[i]);
        zip_out_folder(items->out, folder);
    }
    if (tenant == 0) {
        write_plugins(items);
        write_plugin_files(items);
    }
    write_secrets(items, tenant);
    write_blueprints(items);
    write_deployments(items, tenant);
    write_topology(items, tenant);
    write_executions(items, tenant);
    write_schedules(items, tenant);
}

static void write_mgmt(struct items *items)
{
    char name[PLAN_NAME_SIZE], secret[33];
    (void)snprintf(items->folder, sizeof(items->folder), "mgmt");
    items_of(items, "tenants", NULL);
    for (int64_t t = 0; t < items->plan->tenants; t++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct json *item = json_object(scope);
        plan_tenant_name(t, name);
        plan_secret(items->plan, 1000 + t, secret, sizeof(secret) - 1);
        json_set_string(item, "name", name);
        json_set_string(item, "rabbitmq_password", secret);
        items_add(items, item);
    }
    items_close(items);
    write_users(items);
}

void archive_write_items(struct zip_out *out, const struct make_plan *plan)
{
    static const char *const folders[] = {"composer/", "mgmt/", "stage/", "tenants/"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct items items = {.out = out, .plan = plan, .count = -1};
    char id[UUID_TEXT_SIZE];
    /* Text, not a tree: printing it again for each deployment would take most of the time. */
    items.workflows =
        mem_printf(scope, ", \"workflows\": %s", workflows_built_in(scope, plan->version, true));
    for (size_t i = 0; i < FERRY_COUNT(folders); i++) {
        zip_out_folder(out, folders[i]);
    }
    plan_uuid(plan, PLAN_SNAPSHOT, 0, id);
    struct json *metadata = json_object(scope);
    json_set_string(metadata, "snapshot_version", plan->version);
    json_set_string(metadata, "execution_id", id);
    zip_out_text(out, "metadata.json", json_print(scope, metadata));
    write_mgmt(&items);
    for (int64_t t = 0; t < plan->tenants; t++) {
        write_tenant(&items, t);
    }
}
