/* The items of the new format, one function a type. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cloudify/archive_new.h"

static bool same(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

static void add_plugin(struct reading *reading, const struct item *item,
                       const struct cloudify_archive_tenant *tenant)
{
    struct cloudify_archive *archive = reading->archive;
    struct cloudify_archive_plugin *plugin = archive_add_plugin(archive);
    const char *const *v = item->values;

    if (plugin != NULL) {
        plugin->id = archive_keep(archive, v[FIELD_ID]);
        plugin->tenant = tenant->name;
        plugin->name =
            archive_keep(archive, v[v[FIELD_PACKAGE] == NULL ? FIELD_TITLE : FIELD_PACKAGE]);
        plugin->version = archive_keep(archive, v[FIELD_PACKAGE_VERSION]);
        plugin->visibility = archive_keep(archive, v[FIELD_VISIBILITY]);
        plugin->archive_name = archive_keep(archive, v[FIELD_ARCHIVE]);
        plugin->platform = archive_keep(archive, v[FIELD_PLATFORM]);
        plugin->distribution = archive_keep(archive, v[FIELD_DISTRIBUTION]);
        plugin->release = archive_keep(archive, v[FIELD_RELEASE]);
        archive_read_wagon_name(archive, plugin);
    }
}

static void fill_schedule(struct reading *reading, const struct item *item, const char *tenant,
                          struct cloudify_archive_schedule *schedule)
{
    struct cloudify_archive *archive = reading->archive;
    const char *const *v = item->values;
    bool is_execution = same(reading->type, "executions");

    if (schedule == NULL) {
        return;
    }
    schedule->is_execution = is_execution;
    schedule->tenant = tenant;
    schedule->id = archive_keep(archive, v[FIELD_ID]);
    schedule->workflow = archive_keep(archive, v[FIELD_WORKFLOW]);
    schedule->deployment = archive_keep(archive, v[FIELD_DEPLOYMENT]);
    schedule->status = is_execution ? archive_keep(archive, v[FIELD_STATUS]) : "";
    schedule->at = archive_keep(archive, v[is_execution ? FIELD_SCHEDULED : FIELD_NEXT]);
    schedule->since = archive_keep(archive, v[is_execution ? FIELD_CREATED : FIELD_SINCE]);
    schedule->until = archive_keep(archive, v[FIELD_UNTIL]);
    if (v[FIELD_RRULE] != NULL) { /* all of a rule that this format's restore looks at */
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct json *rule = json_object(scope);

        json_set_string(rule, "rrule", v[FIELD_RRULE]);
        schedule->rule = archive_keep(archive, json_print(scope, rule));
    }
    schedule->enabled = is_execution || !same(v[FIELD_ENABLED], "false");
    if (v[FIELD_SLIP] == NULL ||
        !parse_int64(v[FIELD_SLIP], 0, INT64_MAX, &schedule->slip_minutes)) {
        schedule->slip_minutes = 0;
    }
}

static void take_execution(struct reading *reading, const struct item *item,
                           struct cloudify_archive_tenant *tenant)
{
    struct cloudify_archive *archive = reading->archive;
    const char *status = item->values[FIELD_STATUS];
    const char *started = item->values[FIELD_STARTED];

    /* The one that made the snapshot is still running in it; it is restored as cancelled. */
    if (archive->create_execution != NULL &&
        same(item->values[FIELD_ID], archive->create_execution)) {
        status = "cancelled";
        archive->made_at =
            archive_keep(archive, started != NULL ? started : item->values[FIELD_CREATED]);
    }
    archive_count_execution(archive, status, 1);
    if (same(status, "scheduled") || same(status, "queued")) {
        fill_schedule(reading, item, tenant->name, archive_add_schedule(archive));
    } else if (status != NULL && archive_is_active(status)) {
        fill_schedule(reading, item, tenant->name, archive_add_active(archive));
    }
}

int64_t archive_new_hash(const char *tenant, const char *id)
{
    uint64_t hash = 14695981039346656037U;
    const char *const texts[] = {tenant, "/", id};

    for (size_t i = 0; i < FERRY_COUNT(texts); i++) {
        for (const char *p = texts[i]; *p != '\0'; p++) {
            hash = (hash ^ (unsigned char)*p) * 1099511628211U;
        }
    }
    return (int64_t)(hash & INT64_MAX);
}

static const char *text_of(const struct item *item, enum field field)
{
    return item->values[field] == NULL ? "" : item->values[field];
}

static void take_blueprint(struct reading *reading, const struct item *item,
                           struct cloudify_archive_tenant *tenant)
{
    struct cloudify_archive *archive = reading->archive;
    bool hidden = same(item->values[FIELD_HIDDEN], "true");
    struct cloudify_archive_blueprint *blueprint = archive_add_blueprint(archive);

    tenant->blueprints_hidden += hidden;
    tenant->blueprints += !hidden;
    if (!hidden) {
        archive_take_stock(reading->source, INVENTORY_BLUEPRINTS, tenant, item->values[FIELD_ID]);
    }
    if (blueprint != NULL) {
        blueprint->id = archive_keep(archive, text_of(item, FIELD_ID));
        blueprint->tenant = tenant->name;
        blueprint->hidden = hidden;
        blueprint->is_global = same(item->values[FIELD_VISIBILITY], "global");
    }
    archive_plan_end(reading->plan, blueprint);
}

static void take_deployment(struct reading *reading, const struct item *item,
                            struct cloudify_archive_tenant *tenant)
{
    struct cloudify_archive *archive = reading->archive;
    const char *blueprint = text_of(item, FIELD_BLUEPRINT);

    tenant->deployments++;
    archive_take_stock(reading->source, INVENTORY_DEPLOYMENTS, tenant, item->values[FIELD_ID]);
    archive_counts_add(reading->scope, &reading->deployed,
                       archive_new_hash(tenant->name, blueprint), archive_new_hash("", blueprint));
    if (archive->sample_count < CLOUDIFY_ARCHIVE_SAMPLE_MAX && item->values[FIELD_ID] != NULL) {
        archive->sample[archive->sample_count++] = archive_keep(archive, item->values[FIELD_ID]);
    }
}

static size_t listed_blueprints(const struct cloudify_archive *archive)
{
    return archive->blueprint_count < CLOUDIFY_ARCHIVE_LIST_MAX ? archive->blueprint_count
                                                                : CLOUDIFY_ARCHIVE_LIST_MAX;
}

/* Deployments name their blueprint by its id: it is one of their tenant, or else a global one. */
static void count_foreign(struct reading *reading, const struct archive_pairs *own,
                          const struct archive_pairs *global)
{
    struct cloudify_archive_blueprint *list = reading->archive->blueprint_list;
    int64_t at = 0;

    for (size_t i = 0; i < reading->deployed.room; i++) {
        const struct archive_count *one = &reading->deployed.items[i];
        if (one->count > 0 && !archive_pairs_find(own, one->key, &at) &&
            archive_pairs_find(global, one->also, &at)) {
            list[at].deployments += one->count;
        }
    }
}

void archive_new_count_deployments(struct reading *reading)
{
    struct cloudify_archive *archive = reading->archive;
    struct archive_pairs own = {.items = NULL};
    struct archive_pairs global = {.items = NULL};

    for (size_t i = 0; i < listed_blueprints(archive); i++) {
        struct cloudify_archive_blueprint *one = &archive->blueprint_list[i];
        int64_t key = archive_new_hash(one->tenant, one->id);
        one->deployments = archive_counts_get(&reading->deployed, key);
        archive_pairs_add(reading->scope, &own, key, (int64_t)i);
        if (one->is_global) {
            archive_pairs_add(reading->scope, &global, archive_new_hash("", one->id), (int64_t)i);
        }
    }
    archive_pairs_sort(&own);
    archive_pairs_sort(&global);
    count_foreign(reading, &own, &global);
    for (size_t i = 0; reading->deployed.full && i < listed_blueprints(archive); i++) {
        archive->blueprint_list[i].deployments = -1;
    }
}

static void take_plugin(struct reading *reading, const struct item *item,
                        struct cloudify_archive_tenant *tenant)
{
    tenant->plugins++;
    archive_take_stock(
        reading->source, INVENTORY_PLUGINS, tenant,
        item->values[item->values[FIELD_TITLE] == NULL ? FIELD_PACKAGE : FIELD_TITLE]);
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
    archive_take_stock(reading->source, INVENTORY_SCHEDULES, tenant, item->values[FIELD_ID]);
    fill_schedule(reading, item, tenant->name, archive_add_schedule(reading->archive));
}

static void take_secret(struct reading *reading, const struct item *item,
                        struct cloudify_archive_tenant *tenant)
{
    struct cloudify_archive *archive = reading->archive;
    const char *name = item->values[item->values[FIELD_KEY] == NULL ? FIELD_ID : FIELD_KEY];

    archive_take_stock(reading->source, INVENTORY_SECRETS, tenant, name);

    tenant->secrets++;
    struct cloudify_archive_secret *secret = name == NULL ? NULL : archive_add_secret(archive);
    if (secret != NULL) {
        secret->name = archive_keep(archive, name);
        secret->tenant = tenant->name;
    }
}

static void take_user(struct reading *reading, const struct item *item,
                      struct cloudify_archive_tenant *tenant)
{
    (void)tenant;
    reading->archive->users++;
    archive_add_user(reading->archive, item->values[FIELD_USERNAME]);
    archive_take_stock(reading->source, INVENTORY_USERS, NULL, item->values[FIELD_USERNAME]);
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

int archive_new_type(const char *type, bool in_tenant)
{
    for (size_t i = 0; i < FERRY_COUNT(types); i++) {
        if (same(type, types[i].type) && types[i].in_tenant == in_tenant) {
            return (int)i;
        }
    }
    return -1;
}

enum ferry_code archive_new_take(struct reading *reading, const struct item *item,
                                 struct ferry_error *err)
{
    struct cloudify_archive_tenant *tenant = NULL;

    if (reading->type_row < 0) {
        return FERRY_OK;
    }
    if (reading->tenant != NULL) {
        tenant = archive_tenant(reading->archive, -1, reading->tenant, err);
        if (tenant == NULL) {
            return FERRY_E_ARCHIVE;
        }
    }
    types[reading->type_row].take(reading, item, tenant);
    return FERRY_OK;
}
