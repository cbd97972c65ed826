/* The archive as the object facts.archive of a run. */
#include "base/json.h"
#include "cloudify/archive_tell.h"

void archive_tell_tally(struct json *facts, const char *key, const struct cloudify_tally *tally)
{
    struct json *object = json_set_object(facts, key);
    for (size_t i = 0; i < tally->count; i++) {
        if (tally->items[i].count != 0) {
            json_set_int(object, tally->items[i].name, tally->items[i].count);
        }
    }
}

void archive_tell_texts(struct json *facts, const char *key, const char *const *texts, size_t count)
{
    struct json *array = json_set_array(facts, key);

    for (size_t i = 0; i < count; i++) {
        json_push_string(array, texts[i]);
    }
}

static void set_tenants(struct json *facts, const struct cloudify_archive *archive, size_t most)
{
    struct json *all = json_set_object(facts, "by_tenant");

    for (size_t i = 0; i < archive->tenant_count && i < most; i++) {
        const struct cloudify_archive_tenant *tenant = &archive->tenant_list[i];
        struct json *one = json_set_object(all, tenant->name);
        json_set_int(one, "blueprints", tenant->blueprints);
        json_set_int(one, "deployments", tenant->deployments);
        json_set_int(one, "plugins", tenant->plugins);
        json_set_int(one, "agents", tenant->agents);
    }
}

/* Which versions the restored manager will have, for the plan of the plugins. */
static void set_plugins(struct json *facts, const struct cloudify_archive *archive,
                        const struct archive_tell_limits *limits)
{
    struct json *list = json_set_array(facts, "plugin_list");

    for (size_t i = 0; i < archive->plugin_count && i < limits->plugins; i++) {
        const struct cloudify_archive_plugin *plugin = &archive->plugin_list[i];

        if (plugin->version != NULL || limits->untold) { /* the new format may tell a title alone */
            struct json *row = json_push_object(list);

            json_set_string(row, "package_name", plugin->name);
            json_set_string(row, "package_version", plugin->version);
            json_set_string(row, "tenant_name", plugin->tenant);
            json_set_string(row, "visibility", plugin->visibility);
            json_set_string(row, "archive_name", plugin->archive_name);
            json_set_string(row, "platform", plugin->platform);
            json_set_string(row, "distribution", plugin->distribution);
            archive_tell_texts(row, "python", plugin->python, plugin->python_count);
        }
    }
}

/* Those that have deployments come first: they are what a plugin's absence would hurt. */
static void set_blueprints(struct json *facts, const struct cloudify_archive *archive, size_t most)
{
    struct json *list = json_set_array(facts, "blueprint_list");
    size_t shown = 0;

    for (size_t i = 0; i < 2 * archive->blueprint_count && shown < most; i++) {
        bool first = i < archive->blueprint_count;
        const struct cloudify_archive_blueprint *blueprint =
            &archive->blueprint_list[first ? i : i - archive->blueprint_count];

        if ((blueprint->deployments != 0) == first) {
            struct json *row = json_push_object(list);
            struct json *plugins;

            shown++;
            json_set_string(row, "id", blueprint->id);
            json_set_string(row, "tenant_name", blueprint->tenant);
            json_set_bool(row, "hidden", blueprint->hidden);
            json_set_int(row, "deployments", blueprint->deployments);
            json_set_bool(row, "known", blueprint->known);
            plugins = json_set_array(row, "plugins");
            for (size_t k = 0; k < blueprint->plugin_count; k++) {
                struct json *use = json_push_object(plugins);
                json_set_string(use, "package_name", blueprint->plugins[k]->package);
                json_set_string(use, "package_version", blueprint->plugins[k]->version);
            }
        }
    }
    json_set_bool(facts, "blueprint_list_complete",
                  shown == archive->blueprint_count &&
                      archive->blueprint_count < CLOUDIFY_ARCHIVE_LIST_MAX);
}

static void set_counts(struct json *facts, const struct cloudify_archive *archive)
{
    const struct {
        const char *key;
        int64_t value;
    } counts[] = {
        {"size", archive->size},
        {"tenants", archive->tenants},
        {"users", archive->users},
        {"secrets", archive->secrets},
        {"blueprints", archive->blueprints},
        {"blueprints_hidden", archive->blueprints_hidden},
        {"deployments", archive->deployments},
        {"deployments_with_hosts", archive->deployments_with_hosts},
        {"nodes", archive->nodes},
        {"node_instances", archive->node_instances},
        {"hosts", archive->hosts},
        {"hosts_not_started", archive->hosts_not_started},
        {"agents", archive->agents},
        {"agents_listed", archive->agents_listed},
        {"plugins", archive->plugins},
        {"schedules", archive->schedules},
        {"executions", archive->executions},
        {"executions_scheduled", archive->executions_scheduled},
        {"executions_queued", archive->executions_queued},
        {"executions_active", archive->executions_active},
    };

    for (size_t i = 0; i < FERRY_COUNT(counts); i++) {
        if (counts[i].value >= 0) {
            json_set_int(facts, counts[i].key, counts[i].value);
        } else {
            json_set_null(facts, counts[i].key); /* unknown, not zero */
        }
    }
}

struct json *archive_tell(const void *ctx, const struct cloudify_archive *archive,
                          const char *sha256, const struct archive_tell_limits *limits)
{
    struct json *facts = json_object(ctx);

    json_set_string(facts, "format", cloudify_archive_format_name(archive->format));
    json_set_string(facts, "version", archive->version);
    json_set_string(facts, "made_at", archive->made_at);
    json_set_string(facts, "sha256", sha256);
    set_counts(facts, archive);
    set_tenants(facts, archive, limits->tenants);
    set_plugins(facts, archive, limits);
    set_blueprints(facts, archive, limits->blueprints);
    if (archive->agents > 0) {
        archive_tell_tally(facts, "agents_by_version", &archive->agents_by_version);
        archive_tell_tally(facts, "agents_by_method", &archive->agents_by_method);
    }
    archive_tell_texts(facts, "networks", archive->networks, archive->network_count);
    if (archive->sample_count > 0) {
        archive_tell_texts(facts, "deployment_sample", archive->sample, archive->sample_count);
    }
    archive_tell_texts(facts, "warnings", archive->warnings, archive->warning_count);
    return facts;
}

struct json *cloudify_archive_facts(const void *ctx, const struct cloudify_archive *archive,
                                    const char *sha256)
{
    /* These keep the facts, a row of the journal, small. */
    static const struct archive_tell_limits few = {
        .tenants = 500, .plugins = 200, .blueprints = 1000};

    struct json *facts = archive_tell(ctx, archive, sha256, &few);
    archive_tell_tally(facts, "instances_by_state", &archive->instances_by_state);
    return facts;
}
