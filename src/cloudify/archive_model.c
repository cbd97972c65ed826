#include "cloudify/archive_model.h"

#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define NAME_MAX_TALLIED 256 /* bytes of a status, version or method */
#define TEXT_COSTS 112 /* bytes of an allocation beside its text: talloc's head and malloc's */

static struct cloudify_tally_item *find_item(struct cloudify_tally *tally, const char *name)
{
    for (size_t i = 0; i < tally->count; i++) {
        if (strcmp(tally->items[i].name, name) == 0) {
            return &tally->items[i];
        }
    }
    return NULL;
}

void archive_tally_add(const void *ctx, struct cloudify_tally *tally, const char *name,
                       int64_t count)
{
    struct cloudify_tally_item *item = find_item(tally, name == NULL ? "" : name);

    if (item == NULL && (tally->count >= CLOUDIFY_ARCHIVE_TALLY_MAX ||
                         (name != NULL && strlen(name) > NAME_MAX_TALLIED))) {
        name = "(other)";
        item = find_item(tally, name);
    }
    if (item == NULL) {
        tally->items = mem_resize(ctx, tally->items, struct cloudify_tally_item, tally->count + 1);
        item = &tally->items[tally->count++];
        *item = (struct cloudify_tally_item){.name = mem_strdup(ctx, name == NULL ? "" : name)};
    }
    item->count += count;
}

const char *archive_keep(struct cloudify_archive *archive, const char *text)
{
    archive->kept += text == NULL ? 0 : strlen(text) + TEXT_COSTS;
    return mem_strdup(archive, text);
}

void archive_warn(struct cloudify_archive *archive, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    archive->warnings =
        mem_resize(archive, archive->warnings, const char *, archive->warning_count + 1);
    archive->warnings[archive->warning_count++] = mem_vprintf(archive, format, args);
    va_end(args);
}

enum list { PLUGINS, BLUEPRINTS, SECRETS, SCHEDULES, ACTIVE, USERS, NETWORKS };

/* Is there room for one more? Counts it then; *room: the new size when the list must grow. Lists
   grow by doubling, so that one of n costs n; that one is cut is told once. */
static bool add_one(struct cloudify_archive *archive, size_t *count, enum list list, size_t *room)
{
    static const char *const names[] = {
        [PLUGINS] = "plugins",           [BLUEPRINTS] = "blueprints",
        [SECRETS] = "secrets",           [SCHEDULES] = "scheduled and queued executions",
        [ACTIVE] = "running executions", [USERS] = "users",
        [NETWORKS] = "networks",
    };

    if (*count == CLOUDIFY_ARCHIVE_LIST_MAX || archive->kept > CLOUDIFY_ARCHIVE_TEXTS_MAX) {
        if ((archive->cut_lists & 1U << list) == 0) {
            archive_warn(archive, "only the first %zu %s are listed; the counts are complete",
                         *count, names[list]);
        }
        archive->cut_lists |= 1U << list;
        return false;
    }
    /* sizes 16, 32, 64 ...: the list is full exactly when its count is such a number */
    *room = *count < 16 ? (*count == 0 ? 16 : 0) : ((*count & (*count - 1)) == 0 ? *count * 2 : 0);
    (*count)++;
    return true;
}

struct cloudify_archive_plugin *archive_add_plugin(struct cloudify_archive *archive)
{
    size_t room = 0;
    size_t at = archive->plugin_count;

    if (!add_one(archive, &archive->plugin_count, PLUGINS, &room)) {
        return NULL;
    }
    if (room > 0) {
        archive->plugin_list =
            mem_resize(archive, archive->plugin_list, struct cloudify_archive_plugin, room);
    }
    memset(&archive->plugin_list[at], 0, sizeof archive->plugin_list[at]);
    return &archive->plugin_list[at];
}

struct cloudify_archive_blueprint *archive_add_blueprint(struct cloudify_archive *archive)
{
    size_t room = 0;
    size_t at = archive->blueprint_count;

    if (!add_one(archive, &archive->blueprint_count, BLUEPRINTS, &room)) {
        return NULL;
    }
    if (room > 0) {
        archive->blueprint_list =
            mem_resize(archive, archive->blueprint_list, struct cloudify_archive_blueprint, room);
    }
    memset(&archive->blueprint_list[at], 0, sizeof archive->blueprint_list[at]);
    return &archive->blueprint_list[at];
}

struct cloudify_archive_secret *archive_add_secret(struct cloudify_archive *archive)
{
    size_t room = 0;
    size_t at = archive->secret_count;

    if (!add_one(archive, &archive->secret_count, SECRETS, &room)) {
        return NULL;
    }
    if (room > 0) {
        archive->secret_list =
            mem_resize(archive, archive->secret_list, struct cloudify_archive_secret, room);
    }
    memset(&archive->secret_list[at], 0, sizeof archive->secret_list[at]);
    return &archive->secret_list[at];
}

static struct cloudify_archive_schedule *add_schedule(struct cloudify_archive *archive,
                                                      struct cloudify_archive_schedule **list,
                                                      size_t *count, enum list which)
{
    size_t room = 0;
    size_t at = *count;

    if (!add_one(archive, count, which, &room)) {
        return NULL;
    }
    if (room > 0) {
        *list = mem_resize(archive, *list, struct cloudify_archive_schedule, room);
    }
    memset(&(*list)[at], 0, sizeof(*list)[at]);
    return &(*list)[at];
}

struct cloudify_archive_schedule *archive_add_schedule(struct cloudify_archive *archive)
{
    return add_schedule(archive, &archive->schedule_list, &archive->schedule_count, SCHEDULES);
}

struct cloudify_archive_schedule *archive_add_active(struct cloudify_archive *archive)
{
    return add_schedule(archive, &archive->active_list, &archive->active_count, ACTIVE);
}

static void add_name(struct cloudify_archive *archive, const char ***list, size_t *count,
                     const char *name, enum list which)
{
    size_t room = 0;
    size_t at = *count;

    if (name == NULL || !add_one(archive, count, which, &room)) {
        return;
    }
    if (room > 0) {
        *list = mem_resize(archive, *list, const char *, room);
    }
    (*list)[at] = archive_keep(archive, name);
}

void archive_add_user(struct cloudify_archive *archive, const char *name)
{
    add_name(archive, &archive->user_list, &archive->user_count, name, USERS);
}

void archive_add_network(struct cloudify_archive *archive, const char *name)
{
    add_name(archive, &archive->networks, &archive->network_count, name, NETWORKS);
}

static bool is_tenant(const struct cloudify_archive_tenant *tenant, int64_t id, const char *name)
{
    return id >= 0 ? tenant->id == id
                   : tenant->name != NULL && name != NULL && strcmp(tenant->name, name) == 0;
}

struct cloudify_archive_tenant *archive_tenant(struct cloudify_archive *archive, int64_t id,
                                               const char *name, struct ferry_error *err)
{
    struct cloudify_archive_tenant *list = archive->tenant_list;
    size_t count = archive->tenant_count;

    for (size_t i = 0; i < count; i++) {
        if (is_tenant(&list[i], id, name)) {
            return &list[i];
        }
    }
    if (count >= CLOUDIFY_ARCHIVE_TENANTS_MAX) {
        ferry_fail(err, FERRY_E_ARCHIVE, "it holds more than %d tenants",
                   CLOUDIFY_ARCHIVE_TENANTS_MAX);
        return NULL;
    }
    if (name != NULL && strlen(name) > CLOUDIFY_ARCHIVE_TENANT_MAX) {
        ferry_fail(err, FERRY_E_ARCHIVE, "the name of a tenant is longer than %d bytes",
                   CLOUDIFY_ARCHIVE_TENANT_MAX);
        return NULL;
    }
    list = mem_resize(archive, list, struct cloudify_archive_tenant, count + 1);
    archive->tenant_list = list;
    archive->tenant_count = count + 1;
    list[count] = (struct cloudify_archive_tenant){.id = id, .name = mem_strdup(archive, name)};
    return &list[count];
}

bool archive_is_active(const char *status)
{
    static const char *const active[] = {"pending", "started", "cancelling", "force_cancelling",
                                         "kill_cancelling"};

    for (size_t i = 0; i < FERRY_COUNT(active); i++) {
        if (strcmp(status, active[i]) == 0) {
            return true;
        }
    }
    return false;
}

void archive_count_execution(struct cloudify_archive *archive, const char *status, int64_t count)
{
    const char *name = status == NULL ? "" : status;

    archive->executions += count;
    archive_tally_add(archive, &archive->executions_by_status, name, count);
    if (strcmp(name, "scheduled") == 0) {
        archive->executions_scheduled += count;
    } else if (strcmp(name, "queued") == 0) {
        archive->executions_queued += count;
    } else if (archive_is_active(name)) {
        archive->executions_active += count;
    }
}

void archive_sum_up(struct cloudify_archive *archive)
{
    for (size_t i = 0; i < archive->tenant_count; i++) {
        const struct cloudify_archive_tenant *tenant = &archive->tenant_list[i];
        archive->blueprints += tenant->blueprints;
        archive->blueprints_hidden += tenant->blueprints_hidden;
        archive->deployments += tenant->deployments;
        archive->plugins += tenant->plugins;
        archive->agents += tenant->agents;
        archive->hosts += tenant->hosts;
        archive->secrets += tenant->secrets;
    }
    archive->tenants = (int64_t)archive->tenant_count;
}

enum ferry_code archive_progress(const struct archive_source *source, int64_t done, int64_t total,
                                 struct ferry_error *err)
{
    const struct cloudify_archive_options *options = source->options;

    if (options->progress != NULL && !options->progress(options->arg, source->told + done,
                                                        source->told + total + source->untold)) {
        return ferry_fail(err, FERRY_E_STOPPED, "reading the archive was stopped");
    }
    return FERRY_OK;
}

void archive_take_stock(const struct archive_source *source, enum inventory_kind kind,
                        const struct cloudify_archive_tenant *tenant, const char *name)
{
    if (source->options->inventory != NULL) {
        inventory_add(source->options->inventory, kind,
                      tenant == NULL ? INVENTORY_NO_TENANT
                                     : (uint32_t)(tenant - source->archive->tenant_list),
                      name);
    }
}

enum ferry_code archive_blame(const char *member, struct ferry_error *err)
{
    if (err == NULL || err->code != FERRY_E_ARCHIVE || err->hint[0] != '\0') {
        return err == NULL ? FERRY_E_ARCHIVE : err->code; /* it has been told where */
    }
    ferry_error_prefix(err, "the archive's member \"%.256s\" cannot be read", member);
    return archive_hint(err);
}
