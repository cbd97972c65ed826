#include "practice/legacy.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Where an item of each kind stands, by its number. */
struct number {
    int64_t id;
    size_t index;
};

struct numbers {
    struct number *list;
    size_t count;
};

struct resolve {
    struct legacy *legacy;
    struct content *content;
    struct numbers of[CONTENT_KINDS];
};

struct legacy_link *legacy_link_add(struct legacy *legacy, enum content_kind kind)
{
    size_t count = legacy->links_count[kind]++;
    if (count == legacy->links_room[kind]) {
        legacy->links_room[kind] = count == 0 ? 16 : count * 2;
        legacy->links[kind] =
            mem_resize(legacy, legacy->links[kind], struct legacy_link, legacy->links_room[kind]);
    }
    struct legacy_link *link = &legacy->links[kind][count];
    *link = (struct legacy_link){LEGACY_NO_ID, LEGACY_NO_ID, LEGACY_NO_ID,
                                 LEGACY_NO_ID, LEGACY_NO_ID, LEGACY_NO_ID};
    return link;
}

void legacy_join_add(struct legacy *legacy, const struct legacy_join *join)
{
    legacy->joins = mem_resize(legacy, legacy->joins, struct legacy_join, legacy->joins_count + 1);
    legacy->joins[legacy->joins_count++] = *join;
}

void legacy_drop_execution(struct legacy *legacy, const char *id)
{
    legacy->dropped = mem_resize(legacy, legacy->dropped, const char *, legacy->dropped_count + 1);
    legacy->dropped[legacy->dropped_count++] = id;
}

static int compare_numbers(const void *a, const void *b)
{
    const struct number *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void number_items(struct resolve *resolve, enum content_kind kind)
{
    size_t count = resolve->legacy->links_count[kind];
    struct number *list = mem_array(resolve, struct number, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct number){resolve->legacy->links[kind][i].self, i};
    }
    if (count > 1) {
        qsort(list, count, sizeof(*list), compare_numbers);
    }
    resolve->of[kind] = (struct numbers){list, count};
}

/* -1: nothing has that number. */
static ptrdiff_t find(const struct resolve *resolve, enum content_kind kind, int64_t id)
{
    struct number wanted = {.id = id};
    const struct numbers *numbers = &resolve->of[kind];
    const struct number *found =
        id == LEGACY_NO_ID || numbers->count == 0
            ? NULL
            : bsearch(&wanted, numbers->list, numbers->count, sizeof(wanted), compare_numbers);
    return found == NULL ? -1 : (ptrdiff_t)found->index;
}

static const char *tenant_name(const struct resolve *resolve, int64_t id)
{
    ptrdiff_t at = find(resolve, CONTENT_TENANTS, id);
    return at < 0 ? NULL : resolve->content->tenants[at].name;
}

static const char *user_name(const struct resolve *resolve, int64_t id)
{
    ptrdiff_t at = find(resolve, CONTENT_USERS, id);
    return at < 0 ? NULL : resolve->content->users[at].username;
}

static const char *blueprint_name(const struct resolve *resolve, int64_t id)
{
    ptrdiff_t at = find(resolve, CONTENT_BLUEPRINTS, id);
    return at < 0 ? NULL : resolve->content->blueprints[at].id;
}

static const char *deployment_name(const struct resolve *resolve, int64_t id)
{
    ptrdiff_t at = find(resolve, CONTENT_DEPLOYMENTS, id);
    return at < 0 ? NULL : resolve->content->deployments[at].id;
}

/* Sets tenant and creator of every item of a kind that has these fields. */
static void resolve_owners(struct resolve *resolve, enum content_kind kind)
{
    const struct content_list *list = content_list_of(kind);
    const struct content_field *tenant = content_field_find(kind, "tenant");
    const struct content_field *creator = content_field_find(kind, "creator");
    char *items = NULL;
    memcpy(&items, (char *)resolve->content + list->items_at, sizeof(items));
    for (size_t i = 0; i < resolve->legacy->links_count[kind]; i++) {
        const struct legacy_link *link = &resolve->legacy->links[kind][i];
        if (tenant != NULL) {
            content_set(resolve->legacy->build, items + i * list->item_size, tenant,
                        tenant_name(resolve, link->tenant));
        }
        if (creator != NULL) {
            content_set(resolve->legacy->build, items + i * list->item_size, creator,
                        user_name(resolve, link->creator));
        }
    }
}

static void resolve_topology(struct resolve *resolve)
{
    struct content *content = resolve->content;
    const struct legacy *legacy = resolve->legacy;
    for (size_t i = 0; i < content->deployments_count; i++) {
        content->deployments[i].blueprint =
            blueprint_name(resolve, legacy->links[CONTENT_DEPLOYMENTS][i].parent);
    }
    for (size_t i = 0; i < content->nodes_count; i++) {
        content->nodes[i].deployment =
            deployment_name(resolve, legacy->links[CONTENT_NODES][i].parent);
    }
    for (size_t i = 0; i < content->instances_count; i++) {
        ptrdiff_t at = find(resolve, CONTENT_NODES, legacy->links[CONTENT_INSTANCES][i].parent);
        if (at >= 0) {
            content->instances[i].node = content->nodes[at].id;
            content->instances[i].deployment = content->nodes[at].deployment;
        }
    }
    for (size_t i = 0; i < content->agents_count; i++) {
        struct content_agent *agent = &content->agents[i];
        ptrdiff_t at = find(resolve, CONTENT_INSTANCES, legacy->links[CONTENT_AGENTS][i].parent);
        agent->in_table = true;
        if (at >= 0) {
            agent->instance = content->instances[at].id;
            agent->node = content->instances[at].node;
            agent->deployment = content->instances[at].deployment;
        }
    }
}

static void resolve_work(struct resolve *resolve)
{
    struct content *content = resolve->content;
    const struct legacy *legacy = resolve->legacy;
    for (size_t i = 0; i < content->executions_count; i++) {
        content->executions[i].deployment =
            deployment_name(resolve, legacy->links[CONTENT_EXECUTIONS][i].parent);
    }
    for (size_t i = 0; i < content->schedules_count; i++) {
        content->schedules[i].deployment =
            deployment_name(resolve, legacy->links[CONTENT_SCHEDULES][i].parent);
    }
    for (size_t i = 0; i < content->tokens_count; i++) {
        content->tokens[i].user = user_name(resolve, legacy->links[CONTENT_TOKENS][i].parent);
    }
    for (size_t i = 0; i < content->plugins_updates_count; i++) {
        const struct legacy_link *link = &legacy->links[CONTENT_UPDATES][i];
        struct content_plugins_update *update = &content->plugins_updates[i];
        ptrdiff_t execution = find(resolve, CONTENT_EXECUTIONS, link->third);
        update->blueprint = blueprint_name(resolve, link->parent);
        update->temp_blueprint = blueprint_name(resolve, link->other);
        update->execution = execution < 0 ? NULL : content->executions[execution].id;
    }
}

/* The roles table is not in the dump: every manager has the same six, in this order (their
   permissions in the dump name these numbers, those of the new format the names). */
static const char *role_name(int64_t role)
{
    static const char *const names[] = {"sys_admin",  "manager", "user",
                                        "operations", "viewer",  "default"};
    return role >= 1 && role <= (int64_t)FERRY_COUNT(names) ? names[role - 1] : NULL;
}

static void resolve_users(struct resolve *resolve)
{
    struct content *content = resolve->content;
    struct content_build *build = resolve->legacy->build;
    for (size_t i = 0; i < resolve->legacy->joins_count; i++) {
        const struct legacy_join *join = &resolve->legacy->joins[i];
        ptrdiff_t at = find(resolve, CONTENT_USERS, join->user);
        const char *role = role_name(join->role);
        const char *tenant = tenant_name(resolve, join->tenant);
        if (at >= 0 && join->tenant == LEGACY_NO_ID) {
            content->users[at].role = content_keep(build, role);
        } else if (at >= 0 && tenant != NULL) {
            content_user_join(build, &content->users[at], tenant, role == NULL ? "user" : role);
        }
    }
    const struct json *admin = resolve->legacy->admin;
    for (size_t i = 0; i < content->users_count && admin != NULL; i++) {
        struct content_user *user = &content->users[i];
        if (user->is_admin) { /* a restore writes every non-empty column over the row of id 0 */
            const char *name = json_string_or(admin, "username", user->username);
            user->username = content_keep(build, name);
            user->password_hash =
                content_keep(build, json_string_or(admin, "password", user->password_hash));
        }
    }
}

static bool is_dropped(const struct legacy *legacy, const char *id)
{
    for (size_t i = 0; i < legacy->dropped_count; i++) {
        if (legacy->dropped[i] == id) {
            return true;
        }
    }
    return false;
}

static void drop_executions(struct resolve *resolve)
{
    struct content *content = resolve->content;
    size_t kept = 0;
    for (size_t i = 0; i < content->executions_count; i++) {
        if (!is_dropped(resolve->legacy, content->executions[i].id)) {
            content->executions[kept++] = content->executions[i];
        }
    }
    content->executions_count = kept;
}

void legacy_resolve(struct legacy *legacy)
{
    struct resolve *resolve = mem_new(legacy, struct resolve);
    resolve->legacy = legacy;
    resolve->content = content_build_content(legacy->build);
    for (int kind = 0; kind < CONTENT_KINDS; kind++) {
        number_items(resolve, (enum content_kind)kind);
    }
    for (int kind = 0; kind < CONTENT_KINDS; kind++) {
        resolve_owners(resolve, (enum content_kind)kind);
    }
    resolve_topology(resolve);
    resolve_work(resolve);
    resolve_users(resolve);
    drop_executions(resolve);
    mem_free(resolve);
}
