#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "practice/dump.h"

#define NUMBER_SIZE 24
#define BASE_OF_EXECUTIONS 600 /* seconds after the first date: uploads lie before */

static const char *number(char out[NUMBER_SIZE], int64_t value)
{
    (void)snprintf(out, NUMBER_SIZE, "%lld", (long long)value);
    return out;
}

static void rows_tenants(struct dump *dump)
{
    char name[PLAN_NAME_SIZE], user[PLAN_NAME_SIZE + 32], vhost[PLAN_NAME_SIZE + 32], secret[45];
    char id[NUMBER_SIZE];
    for (int64_t t = 0; t < dump->plan->tenants; t++) {
        plan_tenant_name(t, name);
        (void)snprintf(user, sizeof(user), "rabbitmq_user_%s", name);
        (void)snprintf(vhost, sizeof(vhost), "rabbitmq_vhost_%s", name);
        plan_secret(dump->plan, 1000 + t, secret, sizeof(secret) - 1);
        dump_row(dump);
        dump_set(dump, "id", number(id, t));
        dump_set(dump, "name", name);
        dump_set(dump, "rabbitmq_password", secret);
        dump_set(dump, "rabbitmq_username", user);
        dump_set(dump, "rabbitmq_vhost", vhost);
        dump_row_end(dump);
    }
}

static void rows_users(struct dump *dump)
{
    char hash[128], salt[23], digest[44];
    plan_secret(dump->plan, 1, salt, sizeof(salt) - 1);
    plan_secret(dump->plan, 2, digest, sizeof(digest) - 1);
    (void)snprintf(hash, sizeof(hash), "$pbkdf2-sha256$29000$%s$%s", salt, digest);
    dump_row(dump);
    dump_set(dump, "id", "0");
    dump_set(dump, "username", dump->plan->admin_name);
    dump_set(dump, "active", "t");
    dump_set(dump, "password", hash);
    dump_set(dump, "failed_logins_counter", "0");
    dump_set(dump, "show_getting_started", "t");
    dump_row_end(dump);
    for (int64_t u = 0; u < dump->plan->users; u++) {
        char name[PLAN_NAME_SIZE], id[NUMBER_SIZE];
        plan_user_name(u, name);
        dump_row(dump);
        dump_set(dump, "id", number(id, u + 1));
        dump_set(dump, "username", name);
        dump_set(dump, "active", "t");
        dump_set(dump, "password", hash);
        dump_set(dump, "failed_logins_counter", "0");
        dump_row_end(dump);
    }
}

static void rows_roles(struct dump *dump)
{
    char id[NUMBER_SIZE];
    for (int64_t u = 0; u <= dump->plan->users; u++) {
        dump_row(dump);
        dump_set(dump, "user_id", number(id, u));
        dump_set(dump, "role_id", u == 0 ? "1" : "6");
        dump_row_end(dump);
    }
}

static void rows_members(struct dump *dump)
{
    char id[NUMBER_SIZE];
    for (int64_t t = 0; t < dump->plan->tenants; t++) {
        dump_row(dump);
        dump_set(dump, "user_id", "0");
        dump_set(dump, "tenant_id", number(id, t));
        dump_set(dump, "role_id", "3");
        dump_row_end(dump);
    }
    for (int64_t u = 0; u < dump->plan->users; u++) {
        char user[NUMBER_SIZE], role[NUMBER_SIZE];
        const char *name = NULL;
        dump_row(dump);
        dump_set(dump, "user_id", number(user, u + 1));
        dump_set(dump, "tenant_id", number(id, u % dump->plan->tenants));
        dump_set(dump, "role_id", number(role, plan_user_role(u, &name)));
        dump_row_end(dump);
    }
}

static void rows_secrets(struct dump *dump)
{
    char name[PLAN_NAME_SIZE], value[65], tenant[NUMBER_SIZE], date[PLAN_DATE_SIZE];
    for (int64_t s = 0; s < dump->plan->secrets; s++) {
        plan_secret_name(s, name);
        plan_secret(dump->plan, 2000 + s, value, sizeof(value) - 1);
        plan_date(s % 500, false, date);
        dump_row(dump);
        dump_set(dump, "id", name);
        dump_set(dump, "value", value);
        dump_set(dump, "created_at", date);
        dump_set(dump, "updated_at", date);
        dump_set(dump, "_tenant_id", number(tenant, s % dump->plan->tenants));
        dump_set(dump, "is_hidden_value", "f");
        dump_row_end(dump);
    }
}

static void rows_blueprints(struct dump *dump)
{
    char name[PLAN_NAME_SIZE], date[PLAN_DATE_SIZE], tenant[NUMBER_SIZE];
    for (int64_t t = 0; t < dump->plan->tenants; t++) {
        for (int64_t b = 0; b < dump->plan->blueprints; b++) {
            plan_blueprint_name(b, name);
            plan_date(t % 500, false, date);
            dump_row(dump);
            dump_set(dump, "id", name);
            dump_set(dump, "created_at", date);
            dump_set(dump, "updated_at", date);
            dump_set(dump, "main_file_name", "blueprint.yaml");
            dump_set_data(dump, "plan", dump->plans[b]);
            dump_set(dump, "_tenant_id", number(tenant, t));
            dump_set(dump, "is_hidden", "f");
            dump_set(dump, "state", "uploaded");
            dump_set(dump, "requirements", "{\"parent_capabilities\": [], \"secrets\": []}");
            dump_row_end(dump);
        }
    }
}

static void rows_deployments(struct dump *dump)
{
    static const char *const objects[] = {"inputs",       "groups",  "policy_triggers",
                                          "policy_types", "outputs", "scaling_groups",
                                          "capabilities"};
    struct plan_walk walk;
    char name[PLAN_NAME_SIZE], date[PLAN_DATE_SIZE], blueprint[NUMBER_SIZE], tenant[NUMBER_SIZE];
    for (plan_walk_start(&walk, dump->plan); plan_walk_next(&walk);) {
        plan_deployment_name(walk.deployment, name);
        plan_date(BASE_OF_EXECUTIONS + walk.deployment, false, date);
        dump_row(dump);
        dump_set(dump, "id", name);
        dump_set(dump, "created_at", date);
        dump_set(dump, "updated_at", date);
        for (size_t i = 0; i < FERRY_COUNT(objects); i++) {
            dump_set_data(dump, objects[i], "{}");
        }
        dump_set_data(dump, "workflows", dump->workflows);
        dump_set(dump, "_blueprint_fk",
                 number(blueprint, walk.tenant * dump->plan->blueprints + walk.blueprint + 1));
        dump_set(dump, "_tenant_id", number(tenant, walk.tenant));
        dump_set(dump, "runtime_only_evaluation", "f");
        dump_set(dump, "installation_status", "active");
        dump_set(dump, "deployment_status", "good");
        dump_set(dump, "sub_environments_count", "0");
        dump_set(dump, "sub_services_count", "0");
        dump_set(dump, "display_name", name);
        dump_set(dump, "resource_tags", "{}");
        dump_set(dump, "drifted_instances", "0");
        dump_set(dump, "unavailable_instances", "0");
        dump_row_end(dump);
    }
}

static void row_node(struct dump *dump, const struct plan_walk *walk, int64_t node)
{
    char deployment[NUMBER_SIZE], count[NUMBER_SIZE], tenant[NUMBER_SIZE];
    bool host = walk->hosts > 0 && node == 0;
    const char *name = walk->hosts == 0 ? "root" : host ? "vm" : "app";
    number(count, host ? walk->hosts : 1);
    dump_row(dump);
    dump_set(dump, "id", name);
    dump_set(dump, "host_id", walk->hosts > 0 ? "vm" : NULL);
    dump_set(dump, "deploy_number_of_instances", count);
    dump_set(dump, "number_of_instances", count);
    dump_set(dump, "planned_number_of_instances", count);
    dump_set(dump, "min_number_of_instances", "0");
    dump_set(dump, "max_number_of_instances", "-1");
    dump_set_data(dump, "plugins", "[]");
    dump_set_data(dump, "properties", "{}");
    dump_set_data(dump, "relationships", "[]");
    dump_set_data(dump, "operations", "{}");
    dump_set(dump, "type", host ? "cloudify.nodes.Compute" : "cloudify.nodes.Root");
    dump_set_data(dump, "type_hierarchy",
                  host ? "[\"cloudify.nodes.Root\", \"cloudify.nodes.Compute\"]"
                       : "[\"cloudify.nodes.Root\"]");
    dump_set(dump, "_deployment_fk", number(deployment, walk->deployment + 1));
    dump_set(dump, "_tenant_id", number(tenant, walk->tenant));
    dump_set(dump, "drifted_instances", "0");
    dump_set(dump, "unavailable_instances", "0");
    dump_row_end(dump);
}

static void rows_nodes(struct dump *dump)
{
    struct plan_walk walk;
    for (plan_walk_start(&walk, dump->plan); plan_walk_next(&walk);) {
        for (int64_t n = 0; n < walk.nodes; n++) {
            row_node(dump, &walk, n);
        }
    }
}

static void row_instance(struct dump *dump, const struct plan_walk *walk, int64_t instance)
{
    char name[PLAN_NAME_SIZE], host[PLAN_NAME_SIZE], node[NUMBER_SIZE], tenant[NUMBER_SIZE];
    char index[NUMBER_SIZE];
    bool is_host = instance < walk->hosts;
    plan_instance_name(walk, instance, name);
    plan_instance_name(walk, is_host ? instance : 0, host);
    dump_row(dump);
    dump_set(dump, "id", name);
    dump_set(dump, "host_id", walk->hosts > 0 ? host : NULL);
    dump_set_data(dump, "relationships", "[]");
    dump_set_data(dump, "runtime_properties", "{}");
    dump_set_data(dump, "scaling_groups", "[]");
    dump_set(dump, "state",
             is_host ? plan_host_state(dump->plan, plan_host(walk, instance)) : "started");
    dump_set(dump, "version", "3");
    dump_set(dump, "_node_fk",
             number(node, walk->first_node + (walk->hosts == 0 || is_host ? 1 : 2)));
    dump_set(dump, "_tenant_id", number(tenant, walk->tenant));
    dump_set(dump, "index", number(index, is_host ? instance + 1 : 1));
    dump_set(dump, "is_status_check_ok", "f");
    dump_set(dump, "has_configuration_drift", "f");
    dump_row_end(dump);
}

static void rows_instances(struct dump *dump)
{
    struct plan_walk walk;
    for (plan_walk_start(&walk, dump->plan); plan_walk_next(&walk);) {
        for (int64_t i = 0; i < walk.instances; i++) {
            row_instance(dump, &walk, i);
        }
    }
}

static void row_agent(struct dump *dump, const struct plan_walk *walk, int64_t host)
{
    char name[PLAN_NAME_SIZE], ip[64], instance[NUMBER_SIZE], tenant[NUMBER_SIZE];
    char date[PLAN_DATE_SIZE];
    int64_t agent = plan_host(walk, host);
    plan_instance_name(walk, host, name);
    plan_date(BASE_OF_EXECUTIONS + walk->deployment, false, date);
    (void)snprintf(ip, sizeof(ip), "10.%d.%d.%d", (int)(agent >> 16 & 255), (int)(agent >> 8 & 255),
                   (int)(agent & 255));
    dump_row(dump);
    dump_set(dump, "id", name);
    dump_set(dump, "name", name);
    dump_set(dump, "ip", ip);
    dump_set(dump, "install_method", "remote");
    dump_set(dump, "system", "linux");
    dump_set(dump, "version", plan_agent_version(dump->plan));
    dump_set(dump, "state", plan_agent_state(dump->plan, agent));
    dump_set(dump, "rabbitmq_exchange", name);
    dump_set(dump, "created_at", date);
    dump_set(dump, "updated_at", date);
    dump_set(dump, "_node_instance_fk", number(instance, walk->first_instance + host + 1));
    dump_set(dump, "_tenant_id", number(tenant, walk->tenant));
    dump_row_end(dump);
}

static void rows_agents(struct dump *dump)
{
    struct plan_walk walk;
    if (plan_version(dump->plan) < 45) { /* only agents.json tells of them (facts 1.0) */
        return;
    }
    for (plan_walk_start(&walk, dump->plan); plan_walk_next(&walk);) {
        for (int64_t host = 0; host < walk.hosts; host++) {
            if (plan_host_has_agent(dump->plan, plan_host(&walk, host))) {
                row_agent(dump, &walk, host);
            }
        }
    }
}

struct execution {
    enum plan_thing thing;
    int64_t index;
    const char *workflow, *status, *created, *scheduled;
    int64_t deployment, tenant; /* deployment -1: none */
};

static void row_execution(struct dump *dump, const struct execution *execution)
{
    char id[UUID_TEXT_SIZE], deployment[NUMBER_SIZE], tenant[NUMBER_SIZE];
    bool ended = strcmp(execution->status, "terminated") == 0;
    bool begun = ended || strcmp(execution->status, "started") == 0;
    plan_uuid(dump->plan, execution->thing, execution->index, id);
    dump_row(dump);
    dump_set(dump, "id", id);
    dump_set(dump, "created_at", execution->created);
    dump_set(dump, "error", "");
    dump_set(dump, "is_system_workflow", execution->deployment < 0 ? "t" : "f");
    dump_set_data(dump, "parameters", "{}");
    dump_set(dump, "status", execution->status);
    dump_set(dump, "workflow_id", execution->workflow);
    if (execution->deployment >= 0) {
        dump_set(dump, "_deployment_fk", number(deployment, execution->deployment + 1));
    }
    dump_set(dump, "_tenant_id", number(tenant, execution->tenant));
    dump_set(dump, "started_at", begun ? execution->created : NULL);
    dump_set(dump, "ended_at", ended ? execution->created : NULL);
    dump_set(dump, "is_dry_run", "f");
    dump_set(dump, "scheduled_for", execution->scheduled);
    dump_set(dump, "resume", "f");
    dump_set(dump, "allow_custom_parameters", "t");
    dump_row_end(dump);
}

/* Executions that have not ended, one for each deployment in turn. */
static void rows_waiting(struct dump *dump, enum plan_thing thing, int64_t count,
                         const char *status)
{
    char date[PLAN_DATE_SIZE], due[PLAN_DATE_SIZE];
    for (int64_t i = 0; i < count; i++) {
        int64_t deployment = i % dump->plan->deployments;
        plan_date(0, false, date);
        plan_scheduled_for(i, false, due);
        struct execution execution = {.thing = thing,
                                      .index = i,
                                      .workflow = "heal",
                                      .status = status,
                                      .created = date,
                                      .scheduled = thing == PLAN_SCHEDULED ? due : NULL,
                                      .deployment = deployment,
                                      .tenant = deployment % dump->plan->tenants};
        row_execution(dump, &execution);
    }
}

static void rows_executions(struct dump *dump)
{
    struct plan_walk walk;
    char date[PLAN_DATE_SIZE];
    for (plan_walk_start(&walk, dump->plan); plan_walk_next(&walk);) {
        plan_date(BASE_OF_EXECUTIONS + walk.deployment, false, date);
        struct execution execution = {PLAN_EXECUTION,
                                      walk.deployment,
                                      "create_deployment_environment",
                                      "terminated",
                                      date,
                                      NULL,
                                      walk.deployment,
                                      walk.tenant};
        row_execution(dump, &execution);
        execution.thing = PLAN_INSTALL;
        execution.workflow = "install";
        row_execution(dump, &execution);
    }
    rows_waiting(dump, PLAN_SCHEDULED, dump->plan->scheduled, "scheduled");
    rows_waiting(dump, PLAN_RUNNING, dump->plan->running, "started");
    rows_waiting(dump, PLAN_QUEUED, dump->plan->queued, "queued");
    plan_date(BASE_OF_EXECUTIONS + dump->plan->deployments, false, date);
    struct execution snapshot = {PLAN_SNAPSHOT, 0, "create_snapshot", "started", date, NULL, -1, 0};
    row_execution(dump, &snapshot);
}

static void rows_schedules(struct dump *dump)
{
    char id[PLAN_NAME_SIZE], due[PLAN_DATE_SIZE], deployment[NUMBER_SIZE], tenant[NUMBER_SIZE];
    char slip[NUMBER_SIZE];
    for (int64_t i = 0; i < dump->plan->scheduled; i++) {
        int64_t index = i % dump->plan->deployments;
        (void)snprintf(id, sizeof(id), "sched-%02lld", (long long)i);
        plan_scheduled_for(i, false, due);
        dump_row(dump);
        dump_set(dump, "id", id);
        dump_set(dump, "next_occurrence", plan_has_next(dump->plan, i) ? due : NULL);
        dump_set(dump, "since", due);
        dump_set(dump, "rule", "{\"recurrence\": null, \"count\": 1, \"weekdays\": null}");
        dump_set(dump, "slip", number(slip, dump->plan->slip));
        dump_set(dump, "workflow_id", "heal");
        dump_set(dump, "parameters", "{}");
        dump_set(dump, "execution_arguments", "{}");
        dump_set(dump, "stop_on_fail", "f");
        dump_set(dump, "enabled", "t");
        dump_set(dump, "_deployment_fk", number(deployment, index + 1));
        dump_set(dump, "_tenant_id", number(tenant, index % dump->plan->tenants));
        dump_row_end(dump);
    }
}

static void rows_plugins(struct dump *dump)
{
    char id[UUID_TEXT_SIZE], package[PLAN_NAME_SIZE], version[PLAN_NAME_SIZE];
    char archive[4 * PLAN_NAME_SIZE], date[PLAN_DATE_SIZE];
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *pythons = mem_printf(scope, "[\"%s\"]", dump->plan->plugin_python);
    const char *platform = mem_printf(scope, "\"%s\"", dump->plan->plugin_platform);
    bool any = strcmp(dump->plan->plugin_platform, "any") == 0;
    for (int64_t p = 0; p < dump->plan->plugins; p++) {
        plan_uuid(dump->plan, PLAN_PLUGIN, p, id);
        plan_plugin_package(p, package);
        plan_plugin_version(p, version);
        plan_date(p % 500, false, date);
        plan_wagon_name(dump->plan, p, archive);
        dump_row(dump);
        dump_set(dump, "id", id);
        dump_set(dump, "archive_name", archive);
        dump_set(dump, "package_name", package);
        dump_set(dump, "package_source", package);
        dump_set(dump, "package_version", version);
        dump_set_data(dump, "supported_platform", platform);
        dump_set_data(dump, "supported_py_versions", pythons);
        dump_set(dump, "distribution", any ? NULL : "centos");
        dump_set(dump, "distribution_release", any ? NULL : "core");
        dump_set_data(dump, "wheels", "[]");
        dump_set(dump, "uploaded_at", date);
        dump_set(dump, "_tenant_id", "0");
        dump_set(dump, "visibility", "global");
        dump_set(dump, "title", package);
        dump_row_end(dump);
    }
}

static void rows_tokens(struct dump *dump)
{
    char id[PLAN_TOKEN_SIZE], value[PLAN_TOKEN_SIZE];
    char hash[128], salt[23], digest[44], date[PLAN_DATE_SIZE];
    plan_token(dump->plan, id, value);
    plan_secret(dump->plan, 12, salt, sizeof(salt) - 1);
    plan_secret(dump->plan, 13, digest, sizeof(digest) - 1);
    plan_date(0, false, date);
    (void)snprintf(hash, sizeof(hash), "$pbkdf2-sha256$29000$%s$%s", salt, digest);
    dump_row(dump);
    dump_set(dump, "created_at", date);
    dump_set(dump, "id", id);
    dump_set(dump, "secret_hash", hash);
    dump_set(dump, "description", "made with the archive");
    dump_set(dump, "_user_fk", "0");
    dump_row_end(dump);
}

void dump_rows(struct dump *dump, const char *table)
{
    static const struct {
        const char *name;
        void (*rows)(struct dump *dump);
    } makers[] = {
        {"tenants", rows_tenants},       {"users", rows_users},
        {"users_roles", rows_roles},     {"users_tenants", rows_members},
        {"blueprints", rows_blueprints}, {"deployments", rows_deployments},
        {"nodes", rows_nodes},           {"node_instances", rows_instances},
        {"agents", rows_agents},         {"executions", rows_executions},
        {"plugins", rows_plugins},       {"execution_schedules", rows_schedules},
        {"tokens", rows_tokens},         {"secrets", rows_secrets},
        {"events", dump_rows_events},    {"logs", dump_rows_events},
    };
    for (size_t i = 0; i < FERRY_COUNT(makers); i++) {
        if (strcmp(makers[i].name, table) == 0) {
            makers[i].rows(dump);
        }
    }
}
