/* The new format: mgmt/N.json and tenants/TENANT/N.json, each {"type", "items": [...]}. */
#include "cloudify/archive_new.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* Items that stand before the type of their member: real ones have the type first, and at most 500
   items (facts 5.2). */
#define EARLY_ITEMS_MAX 5000
#define EARLY_SIZE_MAX (4 << 20)
#define PLAN_AROUND 3 /* containers around a blueprint's plan: the member, items, the blueprint */
#define RULE_INSIDE 4 /* and around what is in the rule of a schedule */

static const char *const field_names[FIELD_COUNT] = {
    [FIELD_ID] = "id",
    [FIELD_NAME] = "name",
    [FIELD_USERNAME] = "username",
    [FIELD_TITLE] = "title",
    [FIELD_VERSION] = "version",
    [FIELD_VISIBILITY] = "visibility",
    [FIELD_STATE] = "state",
    [FIELD_HOST] = "host_id",
    [FIELD_METHOD] = "install_method",
    [FIELD_STATUS] = "status",
    [FIELD_WORKFLOW] = "workflow_id",
    [FIELD_DEPLOYMENT] = "deployment_id",
    [FIELD_SCHEDULED] = "scheduled_for",
    [FIELD_NEXT] = "next_occurrence",
    [FIELD_SINCE] = "since",
    [FIELD_UNTIL] = "until",
    [FIELD_RRULE] = "rrule",
    [FIELD_SLIP] = "slip",
    [FIELD_ENABLED] = "enabled",
    [FIELD_HIDDEN] = "is_hidden",
    [FIELD_KEY] = "key",
    [FIELD_CREATED] = "created_at",
    [FIELD_STARTED] = "started_at",
    [FIELD_BLUEPRINT] = "blueprint_id",
    [FIELD_PACKAGE] = "package_name",
    [FIELD_PACKAGE_VERSION] = "package_version",
    [FIELD_ARCHIVE] = "archive_name",
    [FIELD_PLATFORM] = "supported_platform",
    [FIELD_DISTRIBUTION] = "distribution",
    [FIELD_RELEASE] = "distribution_release",
};

static bool same(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

static enum ferry_code item_done(struct reading *reading, struct ferry_error *err)
{
    if (reading->type != NULL) {
        enum ferry_code code = archive_new_take(reading, &reading->item, err);
        for (size_t i = 0; i < FIELD_COUNT; i++) {
            mem_free((void *)(uintptr_t)reading->item.values[i]);
        }
        memset(&reading->item, 0, sizeof reading->item);
        return code;
    }
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        reading->early_size +=
            reading->item.values[i] == NULL ? 0 : strlen(reading->item.values[i]);
    }
    if (reading->early_count == EARLY_ITEMS_MAX || reading->early_size > EARLY_SIZE_MAX) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "it does not tell the type of its items");
    }
    reading->early =
        mem_resize(reading->member_scope, reading->early, struct item, reading->early_count + 1);
    reading->early[reading->early_count++] = reading->item;
    memset(&reading->item, 0, sizeof reading->item);
    return FERRY_OK;
}

static const char *value_text(const void *ctx, const struct archive_json_value *value)
{
    switch (value->event) {
    case ARCHIVE_JSON_STRING:
    case ARCHIVE_JSON_NUMBER:
        return mem_strdup(ctx, value->text);
    case ARCHIVE_JSON_TRUE:
        return mem_strdup(ctx, "true");
    case ARCHIVE_JSON_FALSE:
        return mem_strdup(ctx, "false");
    default:
        return NULL;
    }
}

static void take_field(struct reading *reading, const char *key,
                       const struct archive_json_value *value)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (field_names[i][0] == key[0] && strcmp(field_names[i], key) == 0) {
            mem_free((void *)(uintptr_t)reading->item.values[i]); /* Python too takes the last */
            reading->item.values[i] = value_text(reading->member_scope, value);
        }
    }
}

static enum ferry_code take_top(struct reading *reading, const char *key,
                                const struct archive_json_value *value, struct ferry_error *err)
{
    if (strcmp(key, "items") == 0) {
        reading->has_items = true;
        return value->event == ARCHIVE_JSON_ARRAY || value->event == ARCHIVE_JSON_END
                   ? FERRY_OK
                   : ferry_fail(err, FERRY_E_ARCHIVE, "its items are no list");
    }
    if (strcmp(key, "source_id") == 0 && value->event == ARCHIVE_JSON_STRING) {
        reading->owner = mem_strdup(reading->member_scope, value->text);
    }
    if (strcmp(key, "type") != 0) {
        return FERRY_OK;
    }
    if (value->event != ARCHIVE_JSON_STRING) {
        return ferry_fail(err, FERRY_E_ARCHIVE, "its type is no text");
    }
    reading->type = mem_strdup(reading->member_scope, value->text);
    reading->type_row = archive_new_type(value->text, reading->tenant != NULL);
    if (same(reading->type, "blueprints")) {
        archive_json_deepen(reading->json, PLAN_AROUND + ARCHIVE_PLAN_DEEPEST);
    } else if (same(reading->type, "execution_schedules")) {
        archive_json_deepen(reading->json, RULE_INSIDE);
    }
    for (size_t i = 0; i < reading->early_count; i++) {
        enum ferry_code code = archive_new_take(reading, &reading->early[i], err);
        if (code != FERRY_OK) {
            return code;
        }
    }
    reading->early_count = 0;
    return FERRY_OK;
}

static enum ferry_code take_value(void *arg, const struct archive_json *json,
                                  const struct archive_json_value *value, struct ferry_error *err)
{
    struct reading *reading = arg;
    const char *key = archive_json_key(json, 1);

    if (value->depth == 1) {
        return take_top(reading, key, value, err);
    }
    if (value->depth < 2 || strcmp(key, "items") != 0) {
        return FERRY_OK;
    }
    if (value->depth >= PLAN_AROUND && strcmp(archive_json_key(json, PLAN_AROUND), "plan") == 0) {
        archive_plan_value(reading->plan, json, value, PLAN_AROUND);
        return FERRY_OK;
    }
    if (value->depth > 3) {
        if (value->depth == RULE_INSIDE && strcmp(archive_json_key(json, 3), "rule") == 0 &&
            strcmp(archive_json_key(json, RULE_INSIDE), "rrule") == 0) {
            take_field(reading, "rrule", value);
        }
        return FERRY_OK;
    }
    if (value->depth == 3) {
        take_field(reading, archive_json_key(json, 3), value);
        return FERRY_OK;
    }
    if (value->event == ARCHIVE_JSON_END) {
        return item_done(reading, err);
    }
    return value->event == ARCHIVE_JSON_OBJECT
               ? FERRY_OK
               : ferry_fail(err, FERRY_E_ARCHIVE, "one of its items is no object");
}

static enum ferry_code feed(void *arg, const char *data, size_t size, bool *stop,
                            struct ferry_error *err)
{
    struct reading *reading = arg;
    enum ferry_code code = archive_json_feed(reading->json, data, size, err);

    *stop = reading->type != NULL && reading->type_row < 0; /* events are most of a snapshot */
    return code;
}

static enum ferry_code read_items(struct reading *reading, const struct archive_zip_member *member,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct archive_sink sink = {.take = feed, .arg = reading};
    const struct archive_json_sink values = {.take = take_value, .arg = reading, .deepest = 3};

    reading->member_scope = scope;
    reading->json = archive_json_new(scope, &values);
    reading->type = NULL;
    reading->owner = NULL;
    reading->has_host = false;
    reading->has_items = false;
    reading->early = NULL;
    reading->early_count = 0;
    reading->early_size = 0;
    memset(&reading->item, 0, sizeof reading->item);
    archive_plan_end(reading->plan, NULL);
    enum ferry_code code = archive_zip_read(reading->source->zip, member, &sink, err);
    bool stopped = reading->type != NULL && reading->type_row < 0;
    if (code == FERRY_OK && !stopped) {
        code = archive_json_end(reading->json, err);
    }
    if (code == FERRY_OK && !stopped && (reading->type == NULL || !reading->has_items)) {
        code = ferry_fail(err, FERRY_E_ARCHIVE, "it has no type or no items");
    }
    if (code == FERRY_OK && reading->has_host && reading->owner != NULL) {
        archive_pairs_add(reading->scope, &reading->owners, 0,
                          archive_new_hash(reading->tenant, reading->owner));
    }
    return code == FERRY_OK ? FERRY_OK : archive_blame(member->name, err);
}

static bool has_folder(const struct cloudify_archive *archive, const char *name)
{
    for (size_t i = 0; i < archive->tenant_count; i++) {
        if (strcmp(archive->tenant_list[i].name, name) == 0) {
            return archive->tenant_list[i].in_folders;
        }
    }
    return false;
}

/* "tenants/NAME/" gives NAME and what follows; NULL: another member. Owned by ctx. */
static char *tenant_of(const void *ctx, const char *name, const char **rest)
{
    static const char start[] = "tenants/";

    if (strncmp(name, start, sizeof start - 1) != 0) {
        return NULL;
    }
    name += sizeof start - 1;
    const char *end = strchr(name, '/');
    if (end == NULL || end == name) {
        return NULL;
    }
    *rest = end + 1;
    return mem_strndup(ctx, name, (size_t)(end - name));
}

static bool is_items(const char *name)
{
    size_t length = strlen(name);

    return length > 5 && strcmp(name + length - 5, ".json") == 0 && strchr(name, '/') == NULL;
}

static enum ferry_code visit(void *arg, const struct archive_zip_member *member,
                             struct ferry_error *err)
{
    struct reading *reading = arg;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *rest = NULL;
    enum ferry_code code =
        archive_progress(reading->source, ++reading->member, reading->archive->members, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (strncmp(member->name, "mgmt/", 5) == 0 && is_items(member->name + 5)) {
        reading->tenant = NULL;
        return read_items(reading, member, err);
    }
    reading->tenant = tenant_of(scope, member->name, &rest);
    if (reading->tenant == NULL || !is_items(rest)) {
        return FERRY_OK;
    }
    if (has_folder(reading->archive, reading->tenant)) {
        return read_items(reading, member, err);
    }
    reading->orphans++;
    if (reading->last_orphan == NULL) {
        reading->last_orphan = mem_strdup(reading->scope, reading->tenant);
    }
    return FERRY_OK;
}

static enum ferry_code visit_folder(void *arg, const struct archive_zip_member *member,
                                    struct ferry_error *err)
{
    struct reading *reading = arg;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *rest = NULL;
    const char *name = tenant_of(scope, member->name, &rest);

    if (name == NULL || *rest != '\0') {
        return FERRY_OK;
    }
    struct cloudify_archive_tenant *tenant = archive_tenant(reading->archive, -1, name, err);
    if (tenant == NULL) {
        return FERRY_E_ARCHIVE;
    }
    tenant->in_folders = true;
    return FERRY_OK;
}

static struct cloudify_archive_plugin *find_plugin(struct cloudify_archive *archive,
                                                   const char *tenant, const char *file)
{
    size_t length = strlen(file);

    for (size_t i = 0; i < archive->plugin_count && i < CLOUDIFY_ARCHIVE_LIST_MAX; i++) {
        struct cloudify_archive_plugin *plugin = &archive->plugin_list[i];
        size_t id = plugin->id == NULL ? 0 : strlen(plugin->id);
        if (id > 0 && length == id + 4 && strncmp(file, plugin->id, id) == 0 &&
            strcmp(file + id, ".zip") == 0 && strcmp(plugin->tenant, tenant) == 0) {
            return plugin;
        }
    }
    return NULL;
}

static enum ferry_code visit_plugin(void *arg, const struct archive_zip_member *member,
                                    struct ferry_error *err)
{
    struct reading *reading = arg;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *rest = NULL;
    const char *tenant = tenant_of(scope, member->name, &rest);

    if (tenant == NULL || strncmp(rest, "plugins/", 8) != 0) {
        return FERRY_OK;
    }
    struct cloudify_archive_plugin *plugin = find_plugin(reading->archive, tenant, rest + 8);
    return plugin == NULL ? FERRY_OK : archive_read_wagon(reading->source, member, plugin, err);
}

static enum ferry_code no_folders(struct ferry_error *err)
{
    ferry_fail(err, FERRY_E_ARCHIVE,
               "the archive has no folder entry of any tenant: a manager "
               "would restore nothing and call it done");
    ferry_error_hint(err, "it was probably packed again; use the file as the manager wrote it");
    return FERRY_E_ARCHIVE;
}

enum ferry_code archive_read_new_format(const struct archive_source *source,
                                        struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct reading *reading = mem_new(scope, struct reading);

    reading->source = source;
    reading->archive = source->archive;
    reading->scope = scope;
    reading->plan = archive_plan_new(scope, source->archive);
    enum ferry_code code = archive_zip_each(source->zip, visit_folder, reading, err);
    if (code == FERRY_OK && source->archive->tenant_count == 0) {
        return no_folders(err);
    }
    if (code == FERRY_OK) {
        code = archive_zip_each(source->zip, visit, reading, err);
    }
    if (code == FERRY_OK && source->archive->plugin_count > 0) {
        code = archive_zip_each(source->zip, visit_plugin, reading, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    archive_new_count_deployments(reading);
    if (reading->orphans > 0) {
        archive_warn(source->archive,
                     "%lld members belong to tenants without a folder entry, such as \"%s\": a "
                     "manager does not restore them",
                     (long long)reading->orphans, reading->last_orphan);
    }
    source->archive->deployments_with_hosts =
        reading->owners.full ? -1 : archive_pairs_distinct(&reading->owners);
    return FERRY_OK;
}
