/* The new format: mgmt/N.json and tenants/TENANT/N.json, each {"type", "items": [...]}. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cloudify/archive_json.h"
#include "cloudify/archive_model.h"

/* Items that stand before the type of their member: real ones have the type first, and at most 500
   items (facts 5.2). */
#define EARLY_ITEMS_MAX 5000

enum field {
    FIELD_ID,
    FIELD_NAME,
    FIELD_USERNAME,
    FIELD_TITLE,
    FIELD_VERSION,
    FIELD_VISIBILITY,
    FIELD_STATE,
    FIELD_HOST,
    FIELD_METHOD,
    FIELD_STATUS,
    FIELD_WORKFLOW,
    FIELD_DEPLOYMENT,
    FIELD_SCHEDULED,
    FIELD_NEXT,
    FIELD_SINCE,
    FIELD_SLIP,
    FIELD_ENABLED,
    FIELD_HIDDEN,
    FIELD_COUNT
};

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
    [FIELD_SLIP] = "slip",
    [FIELD_ENABLED] = "enabled",
    [FIELD_HIDDEN] = "is_hidden",
};

struct item {
    const char *values[FIELD_COUNT]; /* NULL: null or absent; "true" and "false" of bools */
};

struct reading {
    const struct archive_source *source;
    struct cloudify_archive *archive;
    void *scope;                 /* of the whole archive */
    struct archive_pairs owners; /* hashes of the deployments that have hosts */
    int64_t member;              /* number, for progress */
    int64_t orphans;             /* members of tenants without a folder entry */
    const char *last_orphan;
    /* of the member being read */
    void *member_scope;
    struct archive_json *json;
    const char *tenant; /* NULL: mgmt */
    const char *type;
    const char *owner; /* source_id */
    bool has_host;
    bool has_items;
    struct item item;
    struct item *early;
    size_t early_count;
};

static bool same(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

static void add_plugin(struct reading *reading, const struct item *item,
                       const struct cloudify_archive_tenant *tenant)
{
    struct cloudify_archive *archive = reading->archive;
    struct cloudify_archive_plugin *plugin = archive_add_plugin(archive);

    if (plugin != NULL) {
        plugin->id = mem_strdup(archive, item->values[FIELD_ID]);
        plugin->tenant = tenant->name;
        plugin->name = mem_strdup(archive, item->values[FIELD_TITLE]);
        plugin->visibility = mem_strdup(archive, item->values[FIELD_VISIBILITY]);
    }
}

static void add_schedule(struct reading *reading, const struct item *item,
                         const struct cloudify_archive_tenant *tenant, bool is_execution)
{
    struct cloudify_archive *archive = reading->archive;
    struct cloudify_archive_schedule *schedule = archive_add_schedule(archive);
    const char *const *v = item->values;

    if (schedule == NULL) {
        return;
    }
    schedule->is_execution = is_execution;
    schedule->tenant = tenant->name;
    schedule->id = mem_strdup(archive, v[FIELD_ID]);
    schedule->workflow = mem_strdup(archive, v[FIELD_WORKFLOW]);
    schedule->deployment = mem_strdup(archive, v[FIELD_DEPLOYMENT]);
    schedule->status = is_execution ? mem_strdup(archive, v[FIELD_STATUS]) : "";
    schedule->at = mem_strdup(archive, v[is_execution ? FIELD_SCHEDULED : FIELD_NEXT]);
    schedule->since = is_execution ? NULL : mem_strdup(archive, v[FIELD_SINCE]);
    schedule->enabled = is_execution || !same(v[FIELD_ENABLED], "false");
    if (v[FIELD_SLIP] == NULL ||
        !parse_int64(v[FIELD_SLIP], 0, INT64_MAX, &schedule->slip_minutes)) {
        schedule->slip_minutes = 0;
    }
}

static void take_execution(struct reading *reading, const struct item *item,
                           struct cloudify_archive_tenant *tenant)
{
    const char *status = item->values[FIELD_STATUS];

    /* The one that made the snapshot is still running in it; it is restored as cancelled. */
    if (same(item->values[FIELD_ID], reading->archive->create_execution == NULL
                                         ? ""
                                         : reading->archive->create_execution)) {
        status = "cancelled";
    }
    archive_count_execution(reading->archive, status, 1);
    if (same(status, "scheduled") || same(status, "queued")) {
        add_schedule(reading, item, tenant, true);
    }
}

static void take_blueprint(struct reading *reading, const struct item *item,
                           struct cloudify_archive_tenant *tenant)
{
    (void)reading;
    if (same(item->values[FIELD_HIDDEN], "true")) {
        tenant->blueprints_hidden++;
    } else {
        tenant->blueprints++;
    }
}

static void take_deployment(struct reading *reading, const struct item *item,
                            struct cloudify_archive_tenant *tenant)
{
    struct cloudify_archive *archive = reading->archive;

    tenant->deployments++;
    if (archive->sample_count < CLOUDIFY_ARCHIVE_SAMPLE_MAX && item->values[FIELD_ID] != NULL) {
        archive->sample[archive->sample_count++] = mem_strdup(archive, item->values[FIELD_ID]);
    }
}

static void take_plugin(struct reading *reading, const struct item *item,
                        struct cloudify_archive_tenant *tenant)
{
    tenant->plugins++;
    add_plugin(reading, item, tenant);
}

static void take_node(struct reading *reading, const struct item *item,
                      struct cloudify_archive_tenant *tenant)
{
    (void)item;
    (void)tenant;
    reading->archive->nodes++;
}

static void take_instance(struct reading *reading, const struct item *item,
                          struct cloudify_archive_tenant *tenant)
{
    struct cloudify_archive *archive = reading->archive;
    const char *host = item->values[FIELD_HOST];

    archive->node_instances++;
    archive_tally_add(archive, &archive->instances_by_state, item->values[FIELD_STATE], 1);
    if (host != NULL && same(item->values[FIELD_ID], host)) {
        tenant->hosts++;
        archive->hosts_not_started += !same(item->values[FIELD_STATE], "started");
        reading->has_host = true;
    }
}

static void take_agent(struct reading *reading, const struct item *item,
                       struct cloudify_archive_tenant *tenant)
{
    struct cloudify_archive *archive = reading->archive;

    tenant->agents++;
    archive_tally_add(archive, &archive->agents_by_version, item->values[FIELD_VERSION], 1);
    archive_tally_add(archive, &archive->agents_by_method, item->values[FIELD_METHOD], 1);
    archive_tally_add(archive, &archive->agents_by_state, item->values[FIELD_STATE], 1);
}

static void take_schedule(struct reading *reading, const struct item *item,
                          struct cloudify_archive_tenant *tenant)
{
    reading->archive->schedules++;
    add_schedule(reading, item, tenant, false);
}

static void take_secret(struct reading *reading, const struct item *item,
                        struct cloudify_archive_tenant *tenant)
{
    (void)reading;
    (void)item;
    tenant->secrets++;
}

static void take_user(struct reading *reading, const struct item *item,
                      struct cloudify_archive_tenant *tenant)
{
    (void)tenant;
    reading->archive->users++;
    archive_add_user(reading->archive, item->values[FIELD_USERNAME]);
}

static const struct {
    const char *type;
    bool in_tenant;
    void (*take)(struct reading *reading, const struct item *item,
                 struct cloudify_archive_tenant *tenant);
} types[] = {
    {"users", false, take_user},
    {"blueprints", true, take_blueprint},
    {"deployments", true, take_deployment},
    {"plugins", true, take_plugin},
    {"nodes", true, take_node},
    {"node_instances", true, take_instance},
    {"agents", true, take_agent},
    {"executions", true, take_execution},
    {"execution_schedules", true, take_schedule},
    {"secrets", true, take_secret},
};

/* The row of the types that matters for the member being read; -1: nobody wants its items. */
static int wanted_type(const struct reading *reading)
{
    for (size_t i = 0; i < FERRY_COUNT(types); i++) {
        if (same(reading->type, types[i].type) && types[i].in_tenant == (reading->tenant != NULL)) {
            return (int)i;
        }
    }
    return -1;
}

static enum ferry_code take_item(struct reading *reading, const struct item *item,
                                 struct ferry_error *err)
{
    int type = wanted_type(reading);
    struct cloudify_archive_tenant *tenant = NULL;

    if (type < 0) {
        return FERRY_OK;
    }
    if (reading->tenant != NULL) {
        tenant = archive_tenant(reading->archive, -1, reading->tenant, err);
        if (tenant == NULL) {
            return FERRY_E_ARCHIVE;
        }
    }
    types[type].take(reading, item, tenant);
    return FERRY_OK;
}

static enum ferry_code item_done(struct reading *reading, struct ferry_error *err)
{
    if (reading->type != NULL) {
        enum ferry_code code = take_item(reading, &reading->item, err);
        for (size_t i = 0; i < FIELD_COUNT; i++) {
            mem_free((void *)(uintptr_t)reading->item.values[i]);
        }
        memset(&reading->item, 0, sizeof reading->item);
        return code;
    }
    if (reading->early_count == EARLY_ITEMS_MAX) {
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
    for (size_t i = 0; i < reading->early_count; i++) {
        enum ferry_code code = take_item(reading, &reading->early[i], err);
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
    if (value->depth < 2 || value->depth > 3 || strcmp(key, "items") != 0) {
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

    *stop = reading->type != NULL && wanted_type(reading) < 0; /* events are most of a snapshot */
    return code;
}

/* FNV-1a, 64 bits: different deployments that look alike to it are one in ten to the eight. */
static int64_t hash_owner(const char *tenant, const char *owner)
{
    uint64_t hash = 14695981039346656037U;
    const char *const texts[] = {tenant, "/", owner};

    for (size_t i = 0; i < FERRY_COUNT(texts); i++) {
        for (const char *p = texts[i]; *p != '\0'; p++) {
            hash = (hash ^ (unsigned char)*p) * 1099511628211U;
        }
    }
    return (int64_t)(hash & INT64_MAX);
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
    memset(&reading->item, 0, sizeof reading->item);
    enum ferry_code code = archive_zip_read(reading->source->zip, member, &sink, err);
    bool stopped = reading->type != NULL && wanted_type(reading) < 0;
    if (code == FERRY_OK && !stopped) {
        code = archive_json_end(reading->json, err);
    }
    if (code == FERRY_OK && !stopped && (reading->type == NULL || !reading->has_items)) {
        code = ferry_fail(err, FERRY_E_ARCHIVE, "it has no type or no items");
    }
    if (code == FERRY_OK && reading->has_host && reading->owner != NULL) {
        archive_pairs_add(reading->scope, &reading->owners, 0,
                          hash_owner(reading->tenant, reading->owner));
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
    enum ferry_code code = archive_zip_each(source->zip, visit_folder, reading, err);
    if (code == FERRY_OK && source->archive->tenant_count == 0) {
        return no_folders(err);
    }
    if (code == FERRY_OK) {
        code = archive_zip_each(source->zip, visit, reading, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
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
