#include "practice/content_build.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"

#define POOL_BLOCK (64 * 1024)
#define POOL_ALONE (POOL_BLOCK / 8) /* longer texts get a block of their own */

struct slot {
    uint64_t hash;
    const char *text;
};

struct content_build {
    struct content *content;
    size_t room[CONTENT_KINDS]; /* items allocated */
    char *block;
    size_t block_used;
    struct slot *slots; /* open addressing, the size is a power of two */
    size_t slots_size, slots_used;
};

#define F(type, member, form)                                                                      \
    {                                                                                              \
#member, form, offsetof(struct type, member)                                               \
    }
#define TEXT(type, member) F(type, member, CONTENT_TEXT)
#define TIME(type, member) F(type, member, CONTENT_TIME)
#define JSON(type, member) F(type, member, CONTENT_JSON)
#define INT(type, member) F(type, member, CONTENT_INT)
#define BOOL(type, member) F(type, member, CONTENT_BOOL)

static const struct content_field tenant_fields[] = {TEXT(content_tenant, name)};

static const struct content_field user_fields[] = {
    TEXT(content_user, username), TEXT(content_user, role), TEXT(content_user, password_hash),
    BOOL(content_user, active), BOOL(content_user, is_admin)};

static const struct content_field blueprint_fields[] = {
    TEXT(content_blueprint, id),         TEXT(content_blueprint, tenant),
    TIME(content_blueprint, created_at), TIME(content_blueprint, updated_at),
    TEXT(content_blueprint, state),      TEXT(content_blueprint, main_file_name),
    TEXT(content_blueprint, creator),    TEXT(content_blueprint, description),
    TEXT(content_blueprint, visibility), BOOL(content_blueprint, is_hidden)};

static const struct content_field deployment_fields[] = {
    TEXT(content_deployment, id),
    TEXT(content_deployment, tenant),
    TEXT(content_deployment, blueprint),
    TIME(content_deployment, created_at),
    TIME(content_deployment, updated_at),
    TEXT(content_deployment, display_name),
    TEXT(content_deployment, description),
    TEXT(content_deployment, visibility),
    TEXT(content_deployment, creator),
    TEXT(content_deployment, installation_status),
    TEXT(content_deployment, deployment_status),
    JSON(content_deployment, workflows)};

static const struct content_field node_fields[] = {
    TEXT(content_node, id),      TEXT(content_node, tenant),         TEXT(content_node, deployment),
    TEXT(content_node, type),    JSON(content_node, type_hierarchy), INT(content_node, instances),
    TEXT(content_node, host_id), BOOL(content_node, is_host)};

static const struct content_field instance_fields[] = {
    TEXT(content_instance, id),         TEXT(content_instance, tenant),
    TEXT(content_instance, deployment), TEXT(content_instance, node),
    TEXT(content_instance, host_id),    TEXT(content_instance, state),
    INT(content_instance, index),       INT(content_instance, version),
    BOOL(content_instance, dead)};

static const struct content_field agent_fields[] = {
    TEXT(content_agent, name),           TEXT(content_agent, tenant),
    TEXT(content_agent, deployment),     TEXT(content_agent, node),
    TEXT(content_agent, instance),       TEXT(content_agent, ip),
    TEXT(content_agent, version),        TEXT(content_agent, state),
    TEXT(content_agent, install_method), TEXT(content_agent, system),
    TIME(content_agent, created_at),     BOOL(content_agent, in_table),
    BOOL(content_agent, in_agents)};

static const struct content_field plugin_fields[] = {TEXT(content_plugin, id),
                                                     TEXT(content_plugin, tenant),
                                                     TEXT(content_plugin, package_name),
                                                     TEXT(content_plugin, package_version),
                                                     TEXT(content_plugin, archive_name),
                                                     TEXT(content_plugin, visibility),
                                                     TEXT(content_plugin, title),
                                                     TEXT(content_plugin, distribution),
                                                     TEXT(content_plugin, distribution_release),
                                                     TEXT(content_plugin, distribution_version),
                                                     TEXT(content_plugin, package_source),
                                                     TIME(content_plugin, uploaded_at),
                                                     TEXT(content_plugin, creator),
                                                     JSON(content_plugin, supported_platform),
                                                     JSON(content_plugin, supported_py_versions),
                                                     JSON(content_plugin, wheels)};

static const struct content_field execution_fields[] = {
    TEXT(content_execution, id),         TEXT(content_execution, tenant),
    TEXT(content_execution, deployment), TEXT(content_execution, blueprint),
    TEXT(content_execution, workflow),   TEXT(content_execution, status),
    TEXT(content_execution, error),      TIME(content_execution, created_at),
    TIME(content_execution, started_at), TIME(content_execution, ended_at),
    TEXT(content_execution, creator),    TIME(content_execution, scheduled_for),
    JSON(content_execution, parameters), BOOL(content_execution, is_system)};

static const struct content_field schedule_fields[] = {
    TEXT(content_schedule, id),         TEXT(content_schedule, tenant),
    TEXT(content_schedule, deployment), TEXT(content_schedule, workflow),
    TIME(content_schedule, created_at), TIME(content_schedule, next_occurrence),
    TIME(content_schedule, since),      TIME(content_schedule, until),
    JSON(content_schedule, rule),       JSON(content_schedule, parameters),
    INT(content_schedule, slip),        BOOL(content_schedule, enabled),
    TEXT(content_schedule, creator),    BOOL(content_schedule, stop_on_fail)};

static const struct content_field secret_fields[] = {TEXT(content_secret, key),
                                                     TEXT(content_secret, tenant)};

static const struct content_field token_fields[] = {
    TEXT(content_token, id),          TEXT(content_token, user),  TEXT(content_token, secret_hash),
    TEXT(content_token, description), TEXT(content_token, value), TIME(content_token, expires_at)};

static const struct content_field update_fields[] = {
    TEXT(content_plugins_update, id),        TEXT(content_plugins_update, tenant),
    TEXT(content_plugins_update, blueprint), TEXT(content_plugins_update, temp_blueprint),
    TEXT(content_plugins_update, execution), TEXT(content_plugins_update, state),
    TIME(content_plugins_update, created_at)};

static const struct content_field group_fields[] = {TEXT(content_group, name),
                                                    TEXT(content_group, ldap_dn)};

static const struct content_field site_fields[] = {
    TEXT(content_site, name),     TEXT(content_site, tenant),    TIME(content_site, created_at),
    TEXT(content_site, latitude), TEXT(content_site, longitude), TEXT(content_site, visibility),
    TEXT(content_site, creator)};

#define LIST(type, member, the_fields)                                                             \
    {                                                                                              \
#member, sizeof(struct type), offsetof(struct content, member),                            \
            offsetof(struct content, member##_count), the_fields, FERRY_COUNT(the_fields)          \
    }

static const struct content_list lists[CONTENT_KINDS] = {
    [CONTENT_TENANTS] = LIST(content_tenant, tenants, tenant_fields),
    [CONTENT_USERS] = LIST(content_user, users, user_fields),
    [CONTENT_BLUEPRINTS] = LIST(content_blueprint, blueprints, blueprint_fields),
    [CONTENT_DEPLOYMENTS] = LIST(content_deployment, deployments, deployment_fields),
    [CONTENT_NODES] = LIST(content_node, nodes, node_fields),
    [CONTENT_INSTANCES] = LIST(content_instance, instances, instance_fields),
    [CONTENT_AGENTS] = LIST(content_agent, agents, agent_fields),
    [CONTENT_PLUGINS] = LIST(content_plugin, plugins, plugin_fields),
    [CONTENT_EXECUTIONS] = LIST(content_execution, executions, execution_fields),
    [CONTENT_SCHEDULES] = LIST(content_schedule, schedules, schedule_fields),
    [CONTENT_SECRETS] = LIST(content_secret, secrets, secret_fields),
    [CONTENT_TOKENS] = LIST(content_token, tokens, token_fields),
    [CONTENT_UPDATES] = LIST(content_plugins_update, plugins_updates, update_fields),
    [CONTENT_GROUPS] = LIST(content_group, user_groups, group_fields),
    [CONTENT_SITES] = LIST(content_site, sites, site_fields),
};

const struct content_list *content_list_of(enum content_kind kind)
{
    return &lists[kind];
}

const struct content_field *content_field_find(enum content_kind kind, const char *name)
{
    for (size_t i = 0; i < lists[kind].fields_count; i++) {
        if (strcmp(lists[kind].fields[i].name, name) == 0) {
            return &lists[kind].fields[i];
        }
    }
    return NULL;
}

struct content_build *content_build_new(const void *ctx)
{
    struct content_build *build = mem_new(ctx, struct content_build);
    build->content = mem_new(ctx, struct content);
    build->slots_size = 1024;
    build->slots = mem_array(build, struct slot, build->slots_size);
    return build;
}

struct content *content_build_content(struct content_build *build)
{
    return build->content;
}

/* FNV-1a, 64 bits: short texts, no adversary. */
static uint64_t hash_of(const char *text, size_t length)
{
    uint64_t hash = 14695981039346656037U;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)text[i]) * 1099511628211U;
    }
    return hash;
}

static char *pool_take(struct content_build *build, size_t size)
{
    if (size > POOL_ALONE) {
        return mem_array(build->content, char, size);
    }
    if (build->block == NULL || build->block_used + size > POOL_BLOCK) {
        build->block = mem_array(build->content, char, POOL_BLOCK);
        build->block_used = 0;
    }
    char *place = build->block + build->block_used;
    build->block_used += size;
    return place;
}

static void slots_grow(struct content_build *build)
{
    size_t size = build->slots_size * 2;
    struct slot *slots = mem_array(build, struct slot, size);
    for (size_t i = 0; i < build->slots_size; i++) {
        if (build->slots[i].text != NULL) {
            size_t at = build->slots[i].hash & (size - 1);
            while (slots[at].text != NULL) {
                at = (at + 1) & (size - 1);
            }
            slots[at] = build->slots[i];
        }
    }
    mem_free(build->slots);
    build->slots = slots;
    build->slots_size = size;
}

const char *content_keep_n(struct content_build *build, const char *text, size_t length)
{
    if (text == NULL) {
        return NULL;
    }
    uint64_t hash = hash_of(text, length);
    size_t at = hash & (build->slots_size - 1);
    for (; build->slots[at].text != NULL; at = (at + 1) & (build->slots_size - 1)) {
        const struct slot *slot = &build->slots[at];
        if (slot->hash == hash && strncmp(slot->text, text, length) == 0 &&
            slot->text[length] == '\0') {
            return slot->text;
        }
    }
    char *copy = pool_take(build, length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    build->slots[at] = (struct slot){hash, copy};
    if (++build->slots_used * 4 > build->slots_size * 3) {
        slots_grow(build);
    }
    return copy;
}

const char *content_keep(struct content_build *build, const char *text)
{
    return text == NULL ? NULL : content_keep_n(build, text, strlen(text));
}

void *content_add(struct content_build *build, enum content_kind kind)
{
    const struct content_list *list = &lists[kind];
    char *base = (char *)build->content;
    void *items = NULL;
    size_t count = 0;
    memcpy(&items, base + list->items_at, sizeof(items));
    memcpy(&count, base + list->count_at, sizeof(count));
    if (count == build->room[kind]) {
        build->room[kind] = count == 0 ? 16 : count * 2;
        items = mem_resized_array(build->content, items, list->item_size, build->room[kind]);
        memcpy(base + list->items_at, &items, sizeof(items));
    }
    char *item = (char *)items + count * list->item_size;
    memset(item, 0, list->item_size);
    count++;
    memcpy(base + list->count_at, &count, sizeof(count));
    return item;
}

/* "2026-11-22 14:31:07.38232" as "2026-11-22T14:31:07.382Z": the columns hold UTC without a zone,
   and the API cuts the microseconds. Anything else stays as it is. */
static const char *keep_time(struct content_build *build, const char *text)
{
    static const char shape[] = "dddd-dd-dd dd:dd:dd";
    char out[sizeof("2026-11-22T14:31:07.382Z")] = "";
    for (size_t i = 0; i < sizeof(shape) - 1; i++) {
        bool fits = shape[i] == 'd'   ? isdigit((unsigned char)text[i]) != 0
                    : shape[i] == ' ' ? text[i] == ' ' || text[i] == 'T'
                                      : text[i] == shape[i];
        if (!fits) {
            return content_keep(build, text);
        }
        out[i] = shape[i] == ' ' ? 'T' : text[i];
    }
    const char *rest = text + sizeof(shape) - 1;
    memcpy(out + sizeof(shape) - 1, ".000Z", sizeof(".000Z"));
    if (*rest == '.') {
        rest++;
        for (size_t i = 0; isdigit((unsigned char)*rest) != 0; i++, rest++) {
            if (i < 3) {
                out[sizeof(shape) + i] = *rest;
            }
        }
    }
    bool ended = *rest == '\0' || strcmp(rest, "Z") == 0;
    return content_keep(build, ended ? out : text);
}

static bool looks_like_json(const char *text)
{
    return *text == '{' || *text == '[' || *text == '"';
}

static void set_text(void *item, size_t offset, const char *text)
{
    memcpy((char *)item + offset, &text, sizeof(text));
}

void content_set(struct content_build *build, void *item, const struct content_field *field,
                 const char *text)
{
    int64_t number = 0;
    bool yes = false;
    if (text == NULL) {
        return;
    }
    switch (field->form) {
    case CONTENT_TEXT:
        set_text(item, field->offset, content_keep(build, text));
        break;
    case CONTENT_TIME:
        set_text(item, field->offset, keep_time(build, text));
        break;
    case CONTENT_JSON:
        if (looks_like_json(text)) {
            set_text(item, field->offset, content_keep(build, text));
        }
        break;
    case CONTENT_INT:
        if (parse_int64(text, INT64_MIN, INT64_MAX, &number)) {
            memcpy((char *)item + field->offset, &number, sizeof(number));
        }
        break;
    case CONTENT_BOOL:
        yes = text[0] == 't';
        memcpy((char *)item + field->offset, &yes, sizeof(yes));
        break;
    }
}

void content_set_json(struct content_build *build, void *item, const struct content_field *field,
                      const struct json *value)
{
    if (value == NULL || json_is_null(value)) {
        return;
    }
    if (field->form == CONTENT_JSON) {
        char *text = json_print(NULL, value);
        content_set(build, item, field, text);
        mem_free(text);
    } else if (json_is_bool(value)) {
        content_set(build, item, field, json_is_true(value) ? "t" : "f");
    } else if (json_is_string(value)) {
        content_set(build, item, field, json_text(value));
    } else if (json_is_number(value)) {
        char *text = json_print(NULL, value);
        content_set(build, item, field, text);
        mem_free(text);
    }
}

static void plan_plugin(struct content_build *build, struct content_blueprint *blueprint,
                        const struct json *plugin)
{
    const char *name = content_keep(build, json_string_or(plugin, "package_name", NULL));
    const char *version = content_keep(build, json_string_or(plugin, "package_version", NULL));
    if (name == NULL) {
        return; /* the built-in ones: agent, default_workflows */
    }
    for (size_t i = 0; i < blueprint->plugins_count; i++) {
        if (blueprint->plugins[i].package_name == name &&
            blueprint->plugins[i].package_version == version) {
            return;
        }
    }
    size_t count = blueprint->plugins_count + 1;
    blueprint->plugins =
        mem_resize(build->content, blueprint->plugins, struct content_used_plugin, count);
    blueprint->plugins[count - 1] = (struct content_used_plugin){name, version};
    blueprint->plugins_count = count;
}

static void plan_plugins(struct content_build *build, struct content_blueprint *blueprint,
                         const struct json *list)
{
    for (const struct json *p = json_first(list); p != NULL; p = json_next(p)) {
        plan_plugin(build, blueprint, p);
    }
}

void content_set_plan(struct content_build *build, struct content_blueprint *blueprint,
                      const struct json *plan)
{
    plan_plugins(build, blueprint, json_get(plan, "deployment_plugins_to_install"));
    plan_plugins(build, blueprint, json_get(plan, "workflow_plugins_to_install"));
    plan_plugins(build, blueprint, json_get(plan, "host_agent_plugins_to_install"));
    const struct json *nodes = json_get(plan, "nodes");
    for (const struct json *node = json_first(nodes); node != NULL; node = json_next(node)) {
        plan_plugins(build, blueprint, json_get(node, "plugins"));
    }
}

void content_user_join(struct content_build *build, struct content_user *user, const char *tenant,
                       const char *role)
{
    size_t count = user->tenants_count + 1;
    user->tenants = mem_resize(build->content, user->tenants, const char *, count);
    user->roles = mem_resize(build->content, user->roles, const char *, count);
    user->tenants[count - 1] = content_keep(build, tenant);
    user->roles[count - 1] = content_keep(build, role);
    user->tenants_count = count;
}

/* Dumps of managers before 6.4 have no table of tokens: one that says its user is added. */
static struct content_token *token_named(struct content_build *build, const char *id,
                                         const char *user)
{
    struct content *content = build->content;
    for (size_t i = 0; i < content->tokens_count; i++) {
        if (content->tokens[i].id != NULL && strcmp(content->tokens[i].id, id) == 0) {
            return &content->tokens[i];
        }
    }
    if (user == NULL) {
        return NULL;
    }
    struct content_token *token = content_add(build, CONTENT_TOKENS);
    token->id = content_keep(build, id);
    token->user = content_keep(build, user);
    return token;
}

void content_set_practice(struct content_build *build, const struct json *practice)
{
    struct content *content = build->content;
    content->admin_password = content_keep(build, json_string_or(practice, "admin_password", NULL));
    const struct json *tokens = json_get(practice, "tokens");
    for (const struct json *t = json_first(tokens); t != NULL; t = json_next(t)) {
        const char *id = json_string_or(t, "id", "");
        struct content_token *token = token_named(build, id, json_string_or(t, "user", NULL));
        if (token != NULL) {
            token->value = content_keep(build, json_string_or(t, "value", NULL));
        }
    }
    const struct json *plans = json_get(practice, "blueprint_plugins");
    for (size_t i = 0; i < content->blueprints_count && plans != NULL; i++) {
        struct content_blueprint *blueprint = &content->blueprints[i];
        if (blueprint->plugins_count == 0 && blueprint->id != NULL) {
            plan_plugins(build, blueprint, json_get(plans, blueprint->id));
        }
    }
    const struct json *dead = json_get(practice, "dead_hosts");
    if (dead != NULL) {
        content->dead_hosts = json_print(content, dead);
    }
}
