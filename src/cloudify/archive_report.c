/* The archive as a document of its own: the facts of a run, and every list in full. */
#include "base/json.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "cloudify/archive.h"

#include "cloudify/archive_tell.h"

/* As RFC 3339 in UTC; what is no time stays as it was written. */
static void set_time(struct json *object, const char *key, const char *text)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t unix_ms = 0;

    json_set_string(object, key,
                    text != NULL && timefmt_parse_utc(text, &unix_ms) ? timefmt_utc(scope, unix_ms)
                                                                      : text);
}

static void set_tenants(struct json *report, const struct cloudify_archive *archive)
{
    struct json *list = json_set_array(report, "tenant_list");

    for (size_t i = 0; i < archive->tenant_count; i++) {
        const struct cloudify_archive_tenant *tenant = &archive->tenant_list[i];
        struct json *row = json_push_object(list);
        json_set_string(row, "name", tenant->name);
        json_set_int(row, "blueprints", tenant->blueprints);
        json_set_int(row, "blueprints_hidden", tenant->blueprints_hidden);
        json_set_int(row, "deployments", tenant->deployments);
        json_set_int(row, "hosts", tenant->hosts);
        json_set_int(row, "agents", tenant->agents);
        json_set_int(row, "plugins", tenant->plugins);
        json_set_int(row, "secrets", tenant->secrets);
    }
}

static void set_secrets(struct json *report, const struct cloudify_archive *archive)
{
    struct json *list = json_set_array(report, "secret_list");

    for (size_t i = 0; i < archive->secret_count; i++) {
        struct json *row = json_push_object(list);
        json_set_string(row, "name", archive->secret_list[i].name);
        json_set_string(row, "tenant_name", archive->secret_list[i].tenant);
    }
}

static void set_schedules(struct json *report, const char *key,
                          const struct cloudify_archive_schedule *list, size_t count)
{
    struct json *rows = json_set_array(report, key);

    for (size_t i = 0; i < count; i++) {
        const struct cloudify_archive_schedule *one = &list[i];
        struct json *row = json_push_object(rows);
        json_set_string(row, "kind", one->is_execution ? "execution" : "schedule");
        json_set_string(row, "id", one->id);
        json_set_string(row, "status", one->is_execution ? one->status : NULL);
        json_set_string(row, "workflow", one->workflow);
        json_set_string(row, "deployment", one->deployment);
        json_set_string(row, "tenant_name", one->tenant);
        set_time(row, "at", one->at);
        set_time(row, one->is_execution ? "created_at" : "since", one->since);
        if (!one->is_execution) {
            json_set_string(row, "rule", one->rule);
            json_set_int(row, "slip_minutes", one->slip_minutes);
            json_set_bool(row, "enabled", one->enabled);
        }
    }
}

struct json *cloudify_archive_report(const void *ctx, const struct cloudify_archive *archive,
                                     const char *sha256)
{
    static const struct archive_tell_limits all = {SIZE_MAX, SIZE_MAX, SIZE_MAX, true};
    struct json *report = archive_tell(ctx, archive, sha256, &all);

    set_time(report, "made_at", archive->made_at);
    json_set_int(report, "members", archive->members);
    json_set_string(report, "schema_revision", archive->schema_revision);
    json_set_string(report, "stage_revision", archive->stage_revision);
    json_set_string(report, "composer_revision", archive->composer_revision);
    json_set_string(report, "create_execution", archive->create_execution);
    archive_tell_tally(report, "instances_by_state", &archive->instances_by_state);
    archive_tell_tally(report, "agents_by_version", &archive->agents_by_version);
    archive_tell_tally(report, "agents_by_method", &archive->agents_by_method);
    archive_tell_tally(report, "agents_by_state", &archive->agents_by_state);
    archive_tell_tally(report, "executions_by_status", &archive->executions_by_status);
    set_tenants(report, archive);
    archive_tell_texts(report, "user_list", archive->user_list, archive->user_count);
    set_secrets(report, archive);
    set_schedules(report, "waiting", archive->schedule_list, archive->schedule_count);
    set_schedules(report, "active", archive->active_list, archive->active_count);
    return report;
}
