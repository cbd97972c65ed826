/* The parts that archives of both formats share: blueprints, plugins, and what only we add. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "practice/archive_write.h"

#define PACK_ROOM ((size_t)64 * 1024)

char *archive_wagon_name(const void *ctx, const struct make_plan *plan, int64_t plugin)
{
    char name[4 * PLAN_NAME_SIZE];
    plan_wagon_name(plan, plugin, name);
    return mem_strdup(ctx, name);
}

char *archive_blueprint_yaml(const void *ctx, const struct make_plan *plan, int64_t blueprint)
{
    char package[PLAN_NAME_SIZE], line[2 * PLAN_NAME_SIZE] = "";
    int64_t plugin = plan_blueprint_plugin(plan, blueprint);
    if (plugin >= 0) {
        plan_plugin_package(plugin, package);
        (void)snprintf(line, sizeof(line), "  - plugin:%s\n", package);
    }
    return mem_printf(ctx,
                      "tosca_definitions_version: cloudify_dsl_1_3\nimports:\n"
                      "  - cloudify/types/types.yaml\n%snode_templates:\n"
                      "  vm:\n    type: cloudify.nodes.Compute\n"
                      "  app:\n    type: cloudify.nodes.Root\n    relationships:\n"
                      "      - {type: cloudify.relationships.contained_in, target: vm}\n",
                      line);
}

char *archive_blueprint_plan(const void *ctx, const struct make_plan *plan, int64_t blueprint)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *tree = json_object(scope);
    json_set_object(tree, "inputs");
    json_set_object(tree, "outputs");
    json_set_array(tree, "nodes");
    struct json *plugins = json_set_array(tree, "deployment_plugins_to_install");
    json_set_array(tree, "workflow_plugins_to_install");
    json_set_array(tree, "host_agent_plugins_to_install");
    int64_t plugin = plan_blueprint_plugin(plan, blueprint);
    if (plugin >= 0) {
        char package[PLAN_NAME_SIZE], version[PLAN_NAME_SIZE];
        plan_plugin_package(plugin, package);
        plan_plugin_version(plugin, version);
        struct json *used = json_push_object(plugins);
        json_set_string(used, "name", "practice");
        json_set_string(used, "executor", "central_deployment_agent");
        json_set_bool(used, "install", true);
        json_set_string(used, "package_name", package);
        json_set_string(used, "package_version", version);
    }
    return json_print(ctx, tree);
}

static const void *close_pack(struct zip_out *out, size_t *size)
{
    const void *data = NULL;
    struct ferry_error err = {0};
    *size = 0;
    /* In memory and of a few hundred bytes: an error cannot be but a mistake of ours. */
    return zip_out_close(out, &data, size, &err) == FERRY_OK ? data : "";
}

const void *archive_yaml_pack(const void *ctx, const char *name, const char *yaml, size_t *size)
{
    struct zip_out *out = zip_out_memory(ctx, true, PACK_ROOM + 2 * strlen(yaml));
    zip_out_text(out, mem_printf(out, "%s/blueprint.yaml", name), yaml);
    return close_pack(out, size);
}

const void *archive_blueprint_pack(const void *ctx, const struct make_plan *plan, int64_t blueprint,
                                   size_t *size)
{
    char name[PLAN_NAME_SIZE];
    plan_blueprint_name(blueprint, name);
    return archive_yaml_pack(ctx, name, archive_blueprint_yaml(ctx, plan, blueprint), size);
}

static void set_part(struct json *json, const char *name, const char *text)
{
    struct json *part = NULL;
    struct ferry_error err;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (text == NULL || json_parse(scope, text, strlen(text), &part, &err) != FERRY_OK) {
        json_set_null(json, name);
    } else {
        json_set_json(json, name, part);
    }
}

const void *archive_wagon_of(const void *ctx, const struct archive_wagon *wagon, size_t *size)
{
    struct zip_out *out =
        zip_out_memory(ctx, false, PACK_ROOM + (wagon->wheels == NULL ? 0 : strlen(wagon->wheels)));
    struct json *json = json_object(out);
    json_set_string(json, "archive_name", wagon->name);
    struct json *system = json_set_object(json, "build_server_os_properties");
    json_set_string(system, "distribution", wagon->distribution);
    json_set_null(system, "distribution_release");
    json_set_null(system, "distribution_version");
    json_set_string(json, "package_name", wagon->package);
    json_set_string(json, "package_source", wagon->package);
    json_set_string(json, "package_version", wagon->version);
    set_part(json, "supported_platform", wagon->platform);
    set_part(json, "supported_python_versions", wagon->pythons);
    set_part(json, "wheels", wagon->wheels == NULL ? "[]" : wagon->wheels);
    zip_out_text(out, mem_printf(out, "%s/package.json", wagon->package), json_print(out, json));
    return close_pack(out, size);
}

char *archive_yaml_of(const void *ctx, const struct archive_wagon *wagon)
{
    return mem_printf(ctx,
                      "plugins:\n  practice:\n    executor: central_deployment_agent\n"
                      "    package_name: %s\n    package_version: '%s'\n",
                      wagon->package, wagon->version);
}

const void *archive_plugin_pack(const void *ctx, const struct archive_wagon *wagon, size_t *size)
{
    const void *data = archive_wagon_of(ctx, wagon, size);
    struct zip_out *out = zip_out_memory(ctx, false, *size + PACK_ROOM);
    zip_out_text(out, "plugin.yaml", archive_yaml_of(out, wagon));
    zip_out_file(out, wagon->name, data, *size);
    return close_pack(out, size);
}

/* Texts are owned by ctx. */
static struct archive_wagon wagon_of_plan(const void *ctx, int64_t plugin)
{
    char package[PLAN_NAME_SIZE], version[PLAN_NAME_SIZE];
    plan_plugin_package(plugin, package);
    plan_plugin_version(plugin, version);
    return (struct archive_wagon){.package = mem_strdup(ctx, package),
                                  .version = mem_strdup(ctx, version)};
}

char *archive_plugin_yaml(const void *ctx, int64_t plugin)
{
    struct archive_wagon wagon = wagon_of_plan(ctx, plugin);
    return archive_yaml_of(ctx, &wagon);
}

const void *archive_wagon(const void *ctx, const struct make_plan *plan, int64_t plugin,
                          size_t *size)
{
    struct archive_wagon wagon = wagon_of_plan(ctx, plugin);
    bool any = strcmp(plan->plugin_platform, "any") == 0;
    wagon.name = archive_wagon_name(ctx, plan, plugin);
    wagon.platform = mem_printf(ctx, "\"%s\"", plan->plugin_platform);
    wagon.pythons = mem_printf(ctx, "[\"%s\"]", plan->plugin_python);
    wagon.distribution = any ? NULL : "centos";
    return archive_wagon_of(ctx, &wagon, size);
}

void archive_write_payload(struct zip_out *out, int64_t bytes, uint64_t seed)
{
    uint64_t block[8192]; /* 64 KiB */
    struct rng_seeded rng;
    int64_t left = bytes;
    rng_seed(&rng, seed ^ (uint64_t)PLAN_PAYLOAD << 56);
    zip_out_begin(out, "practice-payload.bin", left);
    while (left > 0) {
        int64_t size = left < (int64_t)sizeof(block) ? left : (int64_t)sizeof(block);
        for (size_t i = 0; i < FERRY_COUNT(block); i++) {
            block[i] = rng.rng.next(&rng.rng);
        }
        zip_out_put(out, block, (size_t)size);
        left -= size;
    }
    zip_out_end(out);
}

static void add_dead_hosts(struct json *practice, const struct make_plan *plan)
{
    char tenant[PLAN_NAME_SIZE], instance[PLAN_NAME_SIZE], both[2 * PLAN_NAME_SIZE + 1];
    struct plan_walk walk;
    if (plan->dead == 0) {
        return;
    }
    struct json *list = json_set_array(practice, "dead_hosts");
    for (plan_walk_start(&walk, plan); plan_walk_next(&walk);) {
        plan_tenant_name(walk.tenant, tenant);
        for (int64_t host = 0; host < walk.hosts; host++) {
            if (plan_host_is_dead(plan, plan_host(&walk, host))) {
                plan_instance_name(&walk, host, instance);
                (void)snprintf(both, sizeof(both), "%s/%s", tenant, instance);
                json_push_string(list, both);
            }
        }
    }
}

/* Before 6.4 the plan of a blueprint is a pickle, which no reader here opens. */
static void add_plans(struct json *practice, const struct make_plan *plan)
{
    char name[PLAN_NAME_SIZE], package[PLAN_NAME_SIZE], version[PLAN_NAME_SIZE];
    if (!plan->legacy || plan_version(plan) >= 64 || plan->plugins == 0) {
        return;
    }
    struct json *all = json_set_object(practice, "blueprint_plugins");
    for (int64_t b = 0; b < plan->blueprints; b++) {
        int64_t plugin = plan_blueprint_plugin(plan, b);
        plan_blueprint_name(b, name);
        plan_plugin_package(plugin, package);
        plan_plugin_version(plugin, version);
        struct json *used = json_push_object(json_set_array(all, name));
        json_set_string(used, "package_name", package);
        json_set_string(used, "package_version", version);
    }
}

void archive_write_extras(struct zip_out *out, const struct make_plan *plan)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *practice = json_object(scope);
    char id[PLAN_TOKEN_SIZE], value[PLAN_TOKEN_SIZE];
    json_set_string(practice, "admin_password", plan->admin_password);
    plan_token(plan, id, value);
    struct json *token = json_push_object(json_set_array(practice, "tokens"));
    json_set_string(token, "id", id);
    json_set_string(token, "value", value);
    if (plan->token != NULL) {
        json_set_string(token, "user", "admin");
    }
    add_dead_hosts(practice, plan);
    add_plans(practice, plan);
    zip_out_text(out, "practice.json", json_print(scope, practice));
    if (plan->payload > 0) {
        archive_write_payload(out, plan->payload, plan->seed);
    }
}
