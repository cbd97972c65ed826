#include "practice/content_workflows.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"

#define REQUIRED_MAX 64 /* node types that rules name: one bit each */

struct variant {
    enum content_active active;
    uint64_t types;
    const char *text;
    bool has_agents, can_agents;
    struct variant *next;
};

struct workflow_set {
    const char *raw;
    struct json *list; /* as the API shows it, is_available still missing */
    struct variant *variants;
    struct workflow_set *next;
};

struct workflows {
    struct content_build *build;
    struct workflow_set *sets; /* the one used last comes first */
    const char *required[REQUIRED_MAX];
    size_t required_count;
};

/* Which workflows are built in, and when 6.4 and later call them available. */
struct built_in {
    const char *name, *operation;
    const char *parameters; /* JSON */
    const char *rules;      /* JSON */
    int since;              /* 10 * major + minor */
    int gone;               /* from that version on another row holds; 0: never */
};

#define SCOPE                                                                                      \
    "\"type_names\":{\"default\":[],\"type\":\"list\",\"item_type\":\"node_type\"},"               \
    "\"node_ids\":{\"default\":[],\"type\":\"list\",\"item_type\":\"node_id\"},"                   \
    "\"node_instance_ids\":{\"default\":[],\"type\":\"list\",\"item_type\":\"node_instance\"}"
#define IDLE "{\"node_instances_active\":[\"none\",\"partial\"]}"
#define BUSY "{\"node_instances_active\":[\"all\",\"partial\"]}"
#define HOSTS                                                                                      \
    "{\"node_instances_active\":[\"all\",\"partial\"],"                                            \
    "\"node_types_required\":[\"cloudify.nodes.Compute\"]}"
/* What the types.yaml of each version asks for (facts 3.1). */
#define OLD_AGENT_SCOPE                                                                            \
    "\"node_ids\":{\"default\":[],\"type\":\"list\",\"item_type\":\"node_id\"},"                   \
    "\"node_instance_ids\":{\"default\":[],\"type\":\"list\",\"item_type\":\"node_instance\"}"
#define AGENT_SCOPE OLD_AGENT_SCOPE ",\"install_methods\":{\"default\":null}"
#define INSTALL_AGENTS(scope)                                                                      \
    "\"install_agent_timeout\":{\"default\":300}," scope                                           \
    ",\"validate\":{\"default\":true},\"install\":{\"default\":true},"                             \
    "\"install_script\":{\"default\":\"\"}"
#define TO_MANAGER                                                                                 \
    "\"manager_ip\":{\"default\":\"\"},\"manager_certificate\":{\"default\":\"\"},"                \
    "\"stop_old_agent\":{\"default\":false}"

static const struct built_in built_ins[] = {
    {"install", "install", "{" SCOPE "}", IDLE, 40, 0},
    {"check_status", "check_status", "{\"run_by_dependency_order\":{\"default\":false}," SCOPE "}",
     BUSY, 64, 0},
    {"check_drift", "check_drift", "{\"run_by_dependency_order\":{\"default\":false}," SCOPE "}",
     BUSY, 64, 0},
    {"uninstall", "uninstall", "{\"ignore_failure\":{\"default\":false}," SCOPE "}", BUSY, 40, 0},
    {"start", "start",
     "{\"operation_parms\":{\"default\":{}},\"run_by_dependency_order\":{\"default\":true}," SCOPE
     "}",
     IDLE, 40, 0},
    {"reinstall", "reinstall", "{\"ignore_failure\":{\"default\":false}," SCOPE "}", BUSY, 50, 0},
    {"stop", "stop",
     "{\"operation_parms\":{\"default\":{}},\"run_by_dependency_order\":{\"default\":true}," SCOPE
     "}",
     BUSY, 40, 0},
    {"restart", "restart",
     "{\"stop_parms\":{\"default\":{}},\"start_parms\":{\"default\":{}}," SCOPE "}", BUSY, 40, 0},
    {"execute_operation", "execute_operation",
     "{\"operation\":{},\"operation_kwargs\":{\"default\":{}},"
     "\"allow_kwargs_override\":{\"default\":null},"
     "\"run_by_dependency_order\":{\"default\":false}," SCOPE "}",
     "null", 40, 0},
    {"heal", "auto_heal_reinstall_node_subgraph",
     "{\"node_instance_id\":{\"default\":\"\"},\"diagnose_value\":{\"default\":\"Not provided\"},"
     "\"ignore_failure\":{\"default\":true}}",
     BUSY, 40, 0},
    {"scale", "scale_entity",
     "{\"scalable_entity_name\":{\"default\":\"\"},\"delta\":{\"default\":1},"
     "\"scale_compute\":{\"default\":false}}",
     BUSY, 40, 0},
    {"install_new_agents", "install_new_agents", "{" INSTALL_AGENTS(OLD_AGENT_SCOPE) "}", HOSTS, 40,
     44},
    {"install_new_agents", "install_new_agents",
     "{" INSTALL_AGENTS(OLD_AGENT_SCOPE) "," TO_MANAGER "}", HOSTS, 44, 45},
    {"install_new_agents", "install_new_agents", "{" INSTALL_AGENTS(AGENT_SCOPE) "," TO_MANAGER "}",
     HOSTS, 45, 0},
    {"validate_agents", "validate_agents", "{" OLD_AGENT_SCOPE "}", HOSTS, 44, 45},
    {"validate_agents", "validate_agents", "{" AGENT_SCOPE "}", HOSTS, 45, 0},
    {"rollback", "rollback", "{\"full_rollback\":{\"default\":false}," SCOPE "}", BUSY, 51, 0},
    {"pull", "pull", "{" SCOPE "}", BUSY, 51, 0},
};

/* A number of at most two digits; moves *at behind it. -1: there is none. */
static int take_number(const char **at)
{
    char digits[3] = "";
    int64_t value = 0;
    size_t length = strspn(*at, "0123456789");
    if (length == 0 || length >= sizeof(digits)) {
        return -1;
    }
    memcpy(digits, *at, length);
    *at += length;
    return parse_int64(digits, 0, 99, &value) ? (int)value : -1;
}

int workflows_version(const char *version)
{
    if (version == NULL) {
        return -1;
    }
    int major = take_number(&version);
    if (major < 0 || *version++ != '.') {
        return -1;
    }
    int minor = take_number(&version);
    return minor < 0 ? -1 : major * 10 + (minor > 9 ? 9 : minor);
}

/* Puts the members of a workflow into the order and the completeness of the API. */
static struct json *list_add(struct json *list, const char *name, const struct json *workflow)
{
    struct json *entry = json_push_object(list);
    json_set_string(entry, "name", name);
    json_set_string(entry, "plugin", json_string_or(workflow, "plugin", NULL));
    json_set_string(entry, "operation", json_string_or(workflow, "operation", NULL));
    const struct json *parameters = json_get(workflow, "parameters");
    if (parameters != NULL) {
        json_set_json(entry, "parameters", parameters);
    } else {
        json_set_object(entry, "parameters");
    }
    json_set_bool(entry, "is_cascading", json_bool_or(workflow, "is_cascading", false));
    const struct json *rules = json_get(workflow, "availability_rules");
    json_set_bool(entry, "is_available", true);
    if (rules != NULL) {
        json_set_json(entry, "availability_rules", rules);
    } else {
        json_set_null(entry, "availability_rules");
    }
    return entry;
}

static void set_parsed(struct json *object, const char *key, const char *text)
{
    struct ferry_error err = {0};
    struct json *value = NULL;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (json_parse(scope, text, strlen(text), &value, &err) == FERRY_OK) {
        json_set_json(object, key, value);
    }
}

static void built_in_members(struct json *object, const struct built_in *workflow, int number)
{
    char operation[96];
    (void)snprintf(operation, sizeof(operation), "cloudify.plugins.workflows.%s",
                   workflow->operation);
    json_set_string(object, "plugin", "default_workflows");
    json_set_string(object, "operation", operation);
    set_parsed(object, "parameters", workflow->parameters);
    json_set_bool(object, "is_cascading", false);
    if (number >= 64) { /* rules came with 6.4 */
        set_parsed(object, "availability_rules", workflow->rules);
    }
}

char *workflows_built_in(const void *ctx, const char *version, bool as_list)
{
    int number = workflows_version(version);
    if (number < 0) {
        number = 990; /* nobody said: as the newest */
    }
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *all = as_list ? json_array(scope) : json_object(scope);
    for (size_t i = 0; i < FERRY_COUNT(built_ins); i++) {
        const struct built_in *workflow = &built_ins[i];
        if (workflow->since <= number && (workflow->gone == 0 || number < workflow->gone)) {
            struct json *entry =
                as_list ? json_push_object(all) : json_set_object(all, workflow->name);
            if (as_list) {
                json_set_string(entry, "name", workflow->name);
            }
            built_in_members(entry, workflow, number);
        }
    }
    return json_print(ctx, all);
}

struct workflows *workflows_new(const void *ctx, struct content_build *build)
{
    struct workflows *workflows = mem_new(ctx, struct workflows);
    workflows->build = build;
    return workflows;
}

static void require(struct workflows *workflows, const struct json *entry)
{
    const struct json *types = json_get(entry, "availability_rules.node_types_required");
    for (const struct json *t = json_first(types); t != NULL; t = json_next(t)) {
        const char *name = content_keep(workflows->build, json_text(t));
        bool known = name == NULL || workflows->required_count == REQUIRED_MAX;
        for (size_t i = 0; !known && i < workflows->required_count; i++) {
            known = workflows->required[i] == name;
        }
        if (!known) {
            workflows->required[workflows->required_count++] = name;
        }
    }
}

static struct workflow_set *set_make(struct workflows *workflows, const char *raw,
                                     const struct json *tree)
{
    struct workflow_set *set = mem_new(workflows, struct workflow_set);
    set->raw = raw;
    set->list = json_array(set);
    for (const struct json *w = json_first(tree); w != NULL; w = json_next(w)) {
        const char *name = json_is_array(tree) ? json_string_or(w, "name", NULL) : json_key(w);
        if (name != NULL && json_is_object(w)) {
            require(workflows, list_add(set->list, name, w));
        }
    }
    set->next = workflows->sets;
    workflows->sets = set;
    return set;
}

struct workflow_set *workflows_set_of(struct workflows *workflows, const char *raw,
                                      const char *version)
{
    for (struct workflow_set **at = &workflows->sets; *at != NULL; at = &(*at)->next) {
        struct workflow_set *set = *at;
        if (set->raw == raw) {
            *at = set->next;
            set->next = workflows->sets;
            workflows->sets = set;
            return set;
        }
    }
    struct ferry_error err = {0};
    struct json *tree = NULL;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *assumed = raw == NULL ? workflows_built_in(scope, version, true) : NULL;
    const char *text = raw == NULL ? assumed : raw;
    if (json_parse(scope, text, strlen(text), &tree, &err) != FERRY_OK) {
        assumed = workflows_built_in(scope, version, true);
        if (json_parse(scope, assumed, strlen(assumed), &tree, &err) != FERRY_OK) {
            tree = NULL;
        }
    }
    return set_make(workflows, raw, tree);
}

uint64_t workflows_types_of(const struct workflows *workflows, const char *hierarchy)
{
    uint64_t bits = 0;
    for (size_t i = 0; hierarchy != NULL && i < workflows->required_count; i++) {
        size_t length = strlen(workflows->required[i]);
        for (const char *at = strstr(hierarchy, workflows->required[i]); at != NULL;
             at = strstr(at + 1, workflows->required[i])) {
            if (at > hierarchy && at[-1] == '"' && at[length] == '"') {
                bits |= (uint64_t)1 << i;
                break;
            }
        }
    }
    return bits;
}

static bool list_names(const struct json *list, const char *text)
{
    for (const struct json *t = json_first(list); t != NULL; t = json_next(t)) {
        if (json_is_string(t) && strcmp(json_text(t), text) == 0) {
            return true;
        }
    }
    return false;
}

static bool types_fit(const struct workflows *workflows, const struct json *wanted, uint64_t types)
{
    for (size_t i = 0; i < workflows->required_count; i++) {
        if ((types >> i & 1) != 0 && list_names(wanted, workflows->required[i])) {
            return true;
        }
    }
    return false;
}

static bool available(const struct workflows *workflows, const struct json *rules,
                      enum content_active active, uint64_t types)
{
    static const char *const names[] = {"none", "partial", "all"};
    const struct json *wanted = json_get(rules, "node_instances_active");
    const struct json *required = json_get(rules, "node_types_required");
    return json_bool_or(rules, "available", true) &&
           (!json_is_array(wanted) || list_names(wanted, names[active])) &&
           (!json_is_array(required) || types_fit(workflows, required, types));
}

static struct variant *variant_make(struct workflows *workflows, struct workflow_set *set,
                                    enum content_active active, uint64_t types)
{
    struct variant *variant = mem_new(set, struct variant);
    *variant = (struct variant){.active = active, .types = types, .next = set->variants};
    set->variants = variant;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *list = json_array(scope);
    for (const struct json *w = json_first(set->list); w != NULL; w = json_next(w)) {
        struct json *entry = json_copy(scope, w);
        bool yes = available(workflows, json_get(w, "availability_rules"), active, types);
        json_set_bool(entry, "is_available", yes);
        json_push_json(list, entry);
        if (strcmp(json_string_or(w, "name", ""), "install_new_agents") == 0) {
            variant->has_agents = true;
            variant->can_agents = yes;
        }
    }
    variant->text = content_keep(workflows->build, json_print(scope, list));
    return variant;
}

void workflows_apply(struct workflows *workflows, struct workflow_set *set, uint64_t types,
                     struct content_deployment *deployment)
{
    struct variant *variant = set->variants;
    while (variant != NULL && (variant->active != deployment->active || variant->types != types)) {
        variant = variant->next;
    }
    if (variant == NULL) {
        variant = variant_make(workflows, set, deployment->active, types);
    }
    deployment->workflows = variant->text;
    deployment->has_install_new_agents = variant->has_agents;
    deployment->can_install_new_agents = variant->can_agents;
}
