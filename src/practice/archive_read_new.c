/*
 * The new format (7.0 and later): mgmt/NNNNNNNN.json and tenants/NAME/NNNNNNNN.json, each
 * {"type", "items", "source", "source_id"}. As in the manager, a tenant counts only if the zip has
 * a folder entry for it.
 */
#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "practice/archive_read.h"
#include "practice/json_slice.h"
#include "practice/zip_read.h"

#define PLUGIN_MAX ((size_t)256 * 1024 * 1024) /* larger ones are not looked into */

struct alias {
    const char *key, *member;
};

struct type {
    const char *name;
    enum content_kind kind;
    const char *source; /* the member that takes source_id, or NULL */
    struct alias aliases[5];
};

static const struct type types[] = {
    {"plugins", CONTENT_PLUGINS, NULL, {{0}}},
    {"blueprints", CONTENT_BLUEPRINTS, NULL, {{0}}},
    {"deployments", CONTENT_DEPLOYMENTS, NULL, {{"blueprint_id", "blueprint"}}},
    {"nodes", CONTENT_NODES, "deployment", {{"number_of_instances", "instances"}}},
    {"node_instances", CONTENT_INSTANCES, "deployment", {{"node_id", "node"}}},
    {"agents",
     CONTENT_AGENTS,
     "deployment",
     {{"id", "name"}, {"node_instance_id", "instance"}, {"node_id", "node"}}},
    {"executions",
     CONTENT_EXECUTIONS,
     NULL,
     {{"deployment_id", "deployment"},
      {"workflow_id", "workflow"},
      {"blueprint_id", "blueprint"},
      {"is_system_workflow", "is_system"}}},
    {"execution_schedules",
     CONTENT_SCHEDULES,
     NULL,
     {{"deployment_id", "deployment"}, {"workflow_id", "workflow"}}},
    {"secrets", CONTENT_SECRETS, NULL, {{"id", "key"}}},
    {"sites", CONTENT_SITES, NULL, {{0}}},
    {"plugins_update",
     CONTENT_UPDATES,
     NULL,
     {{"blueprint_id", "blueprint"},
      {"temp_blueprint_id", "temp_blueprint"},
      {"execution_id", "execution"}}},
};

struct plugin_seen {
    const char *tenant, *id;
    struct plugin_facts facts;
};

/* A member with items, cut but not parsed. */
struct items {
    char *type, *source_id;
    struct json_slice list;
};

struct reading {
    struct content_build *build;
    const char **folders; /* tenants with a folder entry, kept texts */
    size_t folders_count;
    const char **passed; /* tenants with items but without */
    size_t passed_count;
    struct plugin_seen *plugins;
    size_t plugins_count;
};

static bool add_name(const void *ctx, const char ***list, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++) {
        if ((*list)[i] == name) {
            return false;
        }
    }
    *list = mem_resize(ctx, *list, const char *, *count + 1);
    (*list)[(*count)++] = name;
    return true;
}

static bool has_name(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == name) {
            return true;
        }
    }
    return false;
}

/* "tenants/NAME/REST" as the kept NAME and the place of REST; NULL for other members. */
static const char *tenant_of(struct reading *reading, const char *member, const char **rest)
{
    static const char start[] = "tenants/";
    if (strncmp(member, start, sizeof(start) - 1) != 0) {
        return NULL;
    }
    const char *name = member + sizeof(start) - 1;
    size_t length = strcspn(name, "/");
    if (length == 0 || name[length] != '/') {
        return NULL;
    }
    *rest = name + length + 1;
    return content_keep_n(reading->build, name, length);
}

static enum ferry_code visit_folder(void *arg, const struct zip_member *member,
                                    struct ferry_error *err)
{
    struct reading *reading = arg;
    const char *rest = NULL;
    const char *tenant = tenant_of(reading, member->name, &rest);
    (void)err;
    if (tenant != NULL && *rest == '\0') {
        (void)add_name(reading, &reading->folders, &reading->folders_count, tenant);
    }
    return FERRY_OK;
}

/* "00000012.json": the form of the members with items. */
static bool is_items(const char *name)
{
    size_t digits = 0;
    while (isdigit((unsigned char)name[digits]) != 0) {
        digits++;
    }
    return digits > 0 && strcmp(name + digits, ".json") == 0;
}

static const struct type *type_of(const char *name)
{
    for (size_t i = 0; i < FERRY_COUNT(types); i++) {
        if (strcmp(types[i].name, name) == 0) {
            return &types[i];
        }
    }
    return NULL;
}

static const struct content_field *field_of(const struct type *type, const char *key)
{
    for (size_t i = 0; i < FERRY_COUNT(type->aliases) && type->aliases[i].key != NULL; i++) {
        if (strcmp(type->aliases[i].key, key) == 0) {
            return content_field_find(type->kind, type->aliases[i].member);
        }
    }
    return content_field_find(type->kind, strcmp(key, "created_by") == 0 ? "creator" : key);
}

/* Sets the field that a member of an item stands for; others are not even looked at. */
static enum ferry_code take_member(struct reading *reading, const struct type *type, void *made,
                                   const char *name, const struct json_slice *value)
{
    const struct content_field *field = field_of(type, name);
    bool is_plan = type->kind == CONTENT_BLUEPRINTS && strcmp(name, "plan") == 0;
    size_t length = (size_t)(value->end - value->at);
    struct ferry_error err = {0};
    struct json *tree = NULL;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (!is_plan && (field == NULL || strcmp(name, "tenant") == 0)) {
        return FERRY_OK;
    }
    if (type->kind == CONTENT_DEPLOYMENTS && strcmp(name, "workflows") == 0) {
        /* Kept as text: many deployments share it, and content_finish parses it once. */
        content_set(reading->build, made, field, mem_strndup(scope, value->at, length));
        return FERRY_OK;
    }
    enum ferry_code code = json_parse(scope, value->at, length, &tree, &err);
    if (code == FERRY_OK && is_plan) {
        content_set_plan(reading->build, made, tree);
    } else if (code == FERRY_OK) {
        content_set_json(reading->build, made, field, tree);
    }
    return code;
}

static enum ferry_code take_item(struct reading *reading, const struct type *type,
                                 const char *tenant, const char *source_id, struct json_slice *item)
{
    void *made = content_add(reading->build, type->kind);
    void *scope FERRY_SCOPE = mem_scope(NULL);
    enum json_sliced sliced = JSON_SLICE_BAD;
    if (!json_slice_open(item, '{')) {
        return FERRY_E_ARCHIVE;
    }
    for (;;) {
        char *name = NULL;
        struct json_slice value = {0};
        sliced = json_slice_next(item, scope, &name, &value);
        if (sliced == JSON_SLICE_END) {
            break;
        }
        if (sliced == JSON_SLICE_BAD ||
            take_member(reading, type, made, name, &value) != FERRY_OK) {
            return FERRY_E_ARCHIVE;
        }
    }
    content_set(reading->build, made, content_field_find(type->kind, "tenant"), tenant);
    if (type->source != NULL && source_id != NULL) {
        content_set(reading->build, made, content_field_find(type->kind, type->source), source_id);
    }
    if (type->kind == CONTENT_AGENTS) {
        ((struct content_agent *)made)->in_table = true;
    }
    return FERRY_OK;
}

static enum ferry_code take_tenant_items(struct reading *reading, const char *tenant,
                                         const struct items *items)
{
    const struct type *type = items->type == NULL ? NULL : type_of(items->type);
    struct json_slice list = items->list;
    if (type == NULL) {
        return FERRY_OK; /* events and other things that are not counted here */
    }
    (void)json_slice_open(&list, '[');
    for (;;) {
        struct json_slice item = {0};
        enum json_sliced sliced = json_slice_element(&list, &item);
        if (sliced != JSON_SLICED) {
            return sliced == JSON_SLICE_END ? FERRY_OK : FERRY_E_ARCHIVE;
        }
        if (take_item(reading, type, tenant, items->source_id, &item) != FERRY_OK) {
            return FERRY_E_ARCHIVE;
        }
    }
}

static void take_user(struct reading *reading, const struct json *item)
{
    struct content_user *user = content_add(reading->build, CONTENT_USERS);
    user->active = true;
    for (const struct json *m = json_first(item); m != NULL; m = json_next(m)) {
        const struct content_field *field = content_field_find(CONTENT_USERS, json_key(m));
        if (field != NULL) {
            content_set_json(reading->build, user, field, m);
        }
    }
    user->is_admin = user->username != NULL && strcmp(user->username, "admin") == 0;
    const struct json *roles = json_get(item, "tenant_roles.direct");
    for (const struct json *t = json_first(roles); t != NULL; t = json_next(t)) {
        const char *role = json_is_array(t) ? json_text(json_at(t, 0)) : json_text(t);
        if (json_key(t) != NULL) {
            content_user_join(reading->build, user, json_key(t), role == NULL ? "user" : role);
        }
    }
}

static enum ferry_code take_mgmt_items(struct reading *reading, const struct items *items)
{
    struct ferry_error err = {0};
    struct json *list = NULL;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    bool tenants = items->type != NULL && strcmp(items->type, "tenants") == 0;
    bool users = items->type != NULL && strcmp(items->type, "users") == 0;
    bool groups = items->type != NULL && strcmp(items->type, "user_groups") == 0;
    if (!tenants && !users && !groups) {
        return FERRY_OK;
    }
    if (json_parse(scope, items->list.at, (size_t)(items->list.end - items->list.at), &list,
                   &err) != FERRY_OK) {
        return FERRY_E_ARCHIVE;
    }
    for (const struct json *i = json_first(list); i != NULL; i = json_next(i)) {
        if (tenants) {
            struct content_tenant *tenant = content_add(reading->build, CONTENT_TENANTS);
            tenant->name = content_keep(reading->build, json_string_or(i, "name", NULL));
        } else if (groups) {
            struct content_group *group = content_add(reading->build, CONTENT_GROUPS);
            group->name = content_keep(reading->build, json_string_or(i, "name", NULL));
            group->ldap_dn = content_keep(reading->build, json_string_or(i, "ldap_dn", NULL));
        } else {
            take_user(reading, i);
        }
    }
    return FERRY_OK;
}

static char *text_of(const void *ctx, const struct json_slice *value)
{
    struct ferry_error err = {0};
    struct json *tree = NULL;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (json_parse(scope, value->at, (size_t)(value->end - value->at), &tree, &err) != FERRY_OK) {
        return NULL;
    }
    return mem_strdup(ctx, json_text(tree));
}

/* Cuts {"type", "items", "source", "source_id"} apart; the order differs between the types. */
static bool cut(const void *ctx, const char *text, size_t size, struct items *items)
{
    struct json_slice object = {text, text + size};
    *items = (struct items){0};
    if (!json_slice_open(&object, '{')) {
        return false;
    }
    for (;;) {
        char *name = NULL;
        struct json_slice value = {0};
        enum json_sliced sliced = json_slice_next(&object, ctx, &name, &value);
        if (sliced != JSON_SLICED) {
            return sliced == JSON_SLICE_END && items->type != NULL && items->list.at != NULL;
        }
        if (strcmp(name, "type") == 0) {
            items->type = text_of(ctx, &value);
        } else if (strcmp(name, "source_id") == 0) {
            items->source_id = text_of(ctx, &value);
        } else if (strcmp(name, "items") == 0 && *value.at == '[') {
            items->list = value;
        }
    }
}

static enum ferry_code read_items(struct reading *reading, const struct zip_member *member,
                                  const char *tenant, struct ferry_error *err)
{
    char *text = NULL;
    size_t size = 0;
    struct items items;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    enum ferry_code code = zip_member_read(scope, member, ARCHIVE_MEMBER_MAX, &text, &size, err);
    if (code != FERRY_OK) {
        return code;
    }
    if (!cut(scope, text, size, &items)) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "member \"%s\" has no type or no items",
                          member->name);
    }
    code = tenant == NULL ? take_mgmt_items(reading, &items)
                          : take_tenant_items(reading, tenant, &items);
    if (code != FERRY_OK) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "the items of member \"%s\" make no sense",
                          member->name);
    }
    return FERRY_OK;
}

static enum ferry_code read_plugin(struct reading *reading, const struct zip_member *member,
                                   const char *tenant, const char *name, struct ferry_error *err)
{
    size_t length = strlen(name);
    if (length <= 4 || strcmp(name + length - 4, ".zip") != 0 ||
        member->size > (int64_t)PLUGIN_MAX) {
        return FERRY_OK;
    }
    char *data = NULL;
    size_t size = 0;
    enum ferry_code code = zip_member_read(NULL, member, PLUGIN_MAX, &data, &size, err);
    if (code != FERRY_OK) {
        return code;
    }
    reading->plugins =
        mem_resize(reading, reading->plugins, struct plugin_seen, reading->plugins_count + 1);
    struct plugin_seen *seen = &reading->plugins[reading->plugins_count++];
    *seen = (struct plugin_seen){.tenant = tenant,
                                 .id = content_keep_n(reading->build, name, length - 4)};
    archive_plugin_facts(reading, data, size, &seen->facts);
    mem_free(data);
    return FERRY_OK;
}

static enum ferry_code visit(void *arg, const struct zip_member *member, struct ferry_error *err)
{
    static const char mgmt[] = "mgmt/", plugins[] = "plugins/";
    struct reading *reading = arg;
    const char *rest = NULL;
    if (member->is_folder) {
        return FERRY_OK;
    }
    if (strncmp(member->name, mgmt, sizeof(mgmt) - 1) == 0) {
        return is_items(member->name + sizeof(mgmt) - 1) ? read_items(reading, member, NULL, err)
                                                         : FERRY_OK;
    }
    const char *tenant = tenant_of(reading, member->name, &rest);
    if (tenant == NULL) {
        return FERRY_OK;
    }
    if (!has_name(reading->folders, reading->folders_count, tenant)) {
        (void)add_name(reading, &reading->passed, &reading->passed_count, tenant);
        return FERRY_OK;
    }
    if (strncmp(rest, plugins, sizeof(plugins) - 1) == 0) {
        return read_plugin(reading, member, tenant, rest + sizeof(plugins) - 1, err);
    }
    return is_items(rest) ? read_items(reading, member, tenant, err) : FERRY_OK;
}

static void apply_facts(struct content_build *build, struct content_plugin *plugin,
                        const struct plugin_facts *facts)
{
    plugin->archive_name = content_keep(build, facts->archive_name);
    plugin->package_name = content_keep(build, facts->package_name);
    plugin->package_version = content_keep(build, facts->package_version);
    plugin->package_source = content_keep(build, facts->package_source);
    plugin->distribution = content_keep(build, facts->distribution);
    plugin->distribution_release = content_keep(build, facts->distribution_release);
    plugin->distribution_version = content_keep(build, facts->distribution_version);
    plugin->supported_platform = content_keep(build, facts->supported_platform);
    plugin->supported_py_versions = content_keep(build, facts->supported_py_versions);
    plugin->wheels = content_keep(build, facts->wheels);
}

static void apply_plugins(struct reading *reading)
{
    struct content *content = content_build_content(reading->build);
    for (size_t i = 0; i < content->plugins_count; i++) {
        struct content_plugin *plugin = &content->plugins[i];
        for (size_t k = 0; k < reading->plugins_count; k++) {
            const struct plugin_seen *seen = &reading->plugins[k];
            if (seen->tenant == plugin->tenant && seen->id == plugin->id) {
                apply_facts(reading->build, plugin, &seen->facts);
            }
        }
    }
}

enum ferry_code archive_fill_new(struct content_build *build, const char *path,
                                 struct ferry_error *err)
{
    struct reading *reading = mem_new(build, struct reading);
    reading->build = build;
    struct zip_visitor folders = {visit_folder, reading};
    struct zip_visitor members = {visit, reading};
    enum content_problem problem = CONTENT_FINE;
    enum ferry_code code = zip_walk(path, &folders, &problem, err);
    if (code == FERRY_OK) {
        code = zip_walk(path, &members, &problem, err);
    }
    if (code == FERRY_OK) {
        apply_plugins(reading);
        content_build_content(build)->tenants_passed_over = reading->passed_count;
    }
    mem_free(reading);
    return code;
}
