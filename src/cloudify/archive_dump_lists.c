/* Rows that are listed: plugins, executions that have not ended, schedules. */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cloudify/archive_dump.h"

/* A text of a JSON or pickled column, or of the column that it was moved to. */
static const char *first_text(const void *ctx, const char *column, const char *moved)
{
    size_t count = 0;
    const char **texts = archive_plan_texts(ctx, column, &count);

    if (count == 0) {
        texts = archive_plan_texts(ctx, moved, &count);
    }
    return count == 0 ? NULL : texts[0];
}

/* v: _tenant_id, id, package_name, package_version, visibility, archive_name, distribution,
   distribution_release, supported_platform and its _p, supported_py_versions and its _p */
enum ferry_code dump_plugins(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_tenant *tenant = NULL;
    enum ferry_code code = dump_tenant(dump, v[0], &tenant, err);

    if (code != FERRY_OK) {
        return code;
    }
    tenant->plugins++;
    char *name = mem_printf(NULL, "%s %s", v[2] == NULL ? "" : v[2], v[3] == NULL ? "" : v[3]);
    archive_take_stock(dump->source, INVENTORY_PLUGINS, tenant, name);
    mem_free(name);
    int64_t id = tenant->id;
    struct cloudify_archive_plugin *plugin = archive_add_plugin(archive);
    if (plugin == NULL) {
        return FERRY_OK;
    }
    plugin->id = archive_keep(archive, v[1]);
    plugin->name = archive_keep(archive, v[2]);
    plugin->version = archive_keep(archive, v[3]);
    plugin->visibility = archive_keep(archive, v[4]);
    plugin->archive_name = archive_keep(archive, v[5]);
    plugin->distribution = archive_keep(archive, v[6]);
    plugin->release = archive_keep(archive, v[7]);
    plugin->platform = first_text(archive, v[8], v[9]);
    plugin->python = archive_plan_texts(archive, v[10], &plugin->python_count);
    if (plugin->python_count == 0) {
        plugin->python = archive_plan_texts(archive, v[11], &plugin->python_count);
    }
    archive_read_wagon_name(archive, plugin);
    dump_set_owner(dump, &dump->plugin_owners, archive->plugin_count, (struct owner){.tenant = id});
    return FERRY_OK;
}

static struct owner owner_of(int64_t tenant, const char *deployment)
{
    struct owner owner = {.tenant = tenant};

    if (deployment == NULL || !parse_int64(deployment, 0, INT64_MAX, &owner.row)) {
        owner.row = -1;
    }
    return owner;
}

static struct cloudify_archive_schedule *add_schedule(struct dump *dump, int64_t tenant,
                                                      const char *deployment)
{
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_schedule *schedule = archive_add_schedule(archive);

    if (schedule != NULL) {
        dump_set_owner(dump, &dump->schedule_owners, archive->schedule_count,
                       owner_of(tenant, deployment));
    }
    return schedule;
}

static struct cloudify_archive_schedule *add_active(struct dump *dump, int64_t tenant,
                                                    const char *deployment)
{
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_schedule *active = archive_add_active(archive);

    if (active != NULL) {
        dump_set_owner(dump, &dump->active_owners, archive->active_count,
                       owner_of(tenant, deployment));
    }
    return active;
}

static void keep_candidate(struct dump *dump, const char *const *v)
{
    if (v[1] == NULL || strlen(v[1]) > CANDIDATE_ID_MAX ||
        dump->candidate_count == CANDIDATES_MAX) {
        return;
    }
    dump->candidates =
        mem_resize(dump->scope, dump->candidates, struct candidate, dump->candidate_count + 1);
    dump->candidates[dump->candidate_count++] =
        (struct candidate){.id = mem_strdup(dump->scope, v[1]),
                           .status = mem_strdup(dump->scope, v[2] == NULL ? "" : v[2]),
                           .made_at = archive_keep(dump->archive, v[7] == NULL ? v[6] : v[7])};
}

/* v: _tenant_id, id, status, workflow_id, scheduled_for, _deployment_fk, created_at, started_at */
enum ferry_code dump_executions(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_tenant *tenant = NULL;
    struct cloudify_archive_schedule *one = NULL;
    enum ferry_code code = dump_tenant(dump, v[0], &tenant, err);

    if (code != FERRY_OK) {
        return code;
    }
    const char *status = v[2] == NULL ? "" : v[2];
    archive_count_execution(archive, status, 1);
    if (v[3] != NULL && strcmp(v[3], "create_snapshot") == 0) {
        keep_candidate(dump, v);
    }
    if (strcmp(status, "scheduled") == 0 || strcmp(status, "queued") == 0) {
        one = add_schedule(dump, tenant->id, v[5]);
    } else if (archive_is_active(status)) {
        one = add_active(dump, tenant->id, v[5]);
    }
    if (one != NULL) {
        one->is_execution = true;
        one->enabled = true;
        one->id = archive_keep(archive, v[1]);
        one->status = archive_keep(archive, status);
        one->workflow = archive_keep(archive, v[3]);
        one->at = archive_keep(archive, v[4]);
        one->since = archive_keep(archive, v[6]);
    }
    return FERRY_OK;
}

/* v: _tenant_id, id, workflow_id, _deployment_fk, next_occurrence, since, rule, slip, enabled,
   until */
enum ferry_code dump_schedules(void *arg, const char *const *v, struct ferry_error *err)
{
    struct dump *dump = arg;
    struct cloudify_archive *archive = dump->archive;
    struct cloudify_archive_tenant *tenant = NULL;
    enum ferry_code code = dump_tenant(dump, v[0], &tenant, err);

    if (code != FERRY_OK) {
        return code;
    }
    archive->schedules++;
    archive_take_stock(dump->source, INVENTORY_SCHEDULES, tenant, v[1]);
    struct cloudify_archive_schedule *schedule = add_schedule(dump, tenant->id, v[3]);
    if (schedule != NULL) {
        schedule->id = archive_keep(archive, v[1]);
        schedule->status = "";
        schedule->workflow = archive_keep(archive, v[2]);
        schedule->at = archive_keep(archive, v[4]);
        schedule->since = archive_keep(archive, v[5]);
        schedule->rule = archive_keep(archive, v[6]);
        schedule->until = archive_keep(archive, v[9]);
        schedule->enabled = v[8] == NULL || strcmp(v[8], "t") == 0;
        if (v[7] == NULL || !parse_int64(v[7], 0, INT64_MAX, &schedule->slip_minutes)) {
            schedule->slip_minutes = 0;
        }
    }
    return FERRY_OK;
}
