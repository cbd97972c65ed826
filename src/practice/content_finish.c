#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "practice/content_workflows.h"

struct place {
    const char *tenant, *id; /* kept texts: equal texts are equal pointers */
    size_t index;
};

struct tally {
    size_t instances, started;
    uint64_t types;
};

struct finish {
    struct content_build *build;
    struct content *content;
    struct place *places; /* of the deployments, sorted */
    struct tally *tallies;
    struct workflows *workflows;
};

static int compare_pointers(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return x < y ? -1 : x > y;
}

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = compare_pointers(x->tenant, y->tenant);
    return order != 0 ? order : compare_pointers(x->id, y->id);
}

static struct tally *tally_of(struct finish *finish, const char *tenant, const char *deployment)
{
    struct place wanted = {.tenant = tenant, .id = deployment};
    size_t count = finish->content->deployments_count;
    const struct place *place = count == 0 ? NULL
                                           : bsearch(&wanted, finish->places, count,
                                                     sizeof(*finish->places), compare_places);
    return place == NULL ? NULL : &finish->tallies[place->index];
}

static const char *text_at(const void *item, size_t offset)
{
    const char *text = NULL;
    memcpy(&text, (const char *)item + offset, sizeof(text));
    return text;
}

/* The first field of each list is its key. */
static enum ferry_code check_list(const struct content *content, enum content_kind kind,
                                  struct ferry_error *err)
{
    const struct content_list *list = content_list_of(kind);
    const struct content_field *tenant = content_field_find(kind, "tenant");
    void *items = NULL;
    size_t count = 0;
    memcpy(&items, (const char *)content + list->items_at, sizeof(items));
    memcpy(&count, (const char *)content + list->count_at, sizeof(count));
    for (size_t i = 0; i < count; i++) {
        const void *item = (const char *)items + i * list->item_size;
        if (text_at(item, list->fields[0].offset) == NULL) {
            return ferry_fail(err, FERRY_E_ARCHIVE, "item %zu of %s has no %s", i + 1, list->name,
                              list->fields[0].name);
        }
        if (tenant != NULL && text_at(item, tenant->offset) == NULL) {
            return ferry_fail(err, FERRY_E_ARCHIVE, "\"%s\" of %s belongs to no known tenant",
                              text_at(item, list->fields[0].offset), list->name);
        }
    }
    return FERRY_OK;
}

static void index_deployments(struct finish *finish)
{
    const struct content *content = finish->content;
    finish->places = mem_array(finish, struct place, content->deployments_count + 1);
    finish->tallies = mem_array(finish, struct tally, content->deployments_count + 1);
    for (size_t i = 0; i < content->deployments_count; i++) {
        finish->places[i] =
            (struct place){content->deployments[i].tenant, content->deployments[i].id, i};
    }
    if (content->deployments_count > 1) {
        qsort(finish->places, content->deployments_count, sizeof(struct place), compare_places);
    }
}

static bool is_host(const struct content_node *node)
{
    if (node->type_hierarchy != NULL) {
        return strstr(node->type_hierarchy, "\"cloudify.nodes.Compute\"") != NULL;
    }
    /* A pickled hierarchy (before 6.4): a host is the node that is its own host. */
    return node->host_id != NULL && strcmp(node->host_id, node->id) == 0;
}

static void count_nodes(struct finish *finish)
{
    for (size_t i = 0; i < finish->content->nodes_count; i++) {
        struct content_node *node = &finish->content->nodes[i];
        const char *types = node->type_hierarchy;
        node->is_host = node->is_host || is_host(node);
        if (types == NULL) {
            types = node->is_host ? "[\"cloudify.nodes.Root\",\"cloudify.nodes.Compute\"]"
                                  : "[\"cloudify.nodes.Root\"]";
            node->type_hierarchy = content_keep(finish->build, types);
        }
        struct tally *tally = tally_of(finish, node->tenant, node->deployment);
        if (tally != NULL) {
            tally->types |= workflows_types_of(finish->workflows, types);
        }
    }
    for (size_t i = 0; i < finish->content->instances_count; i++) {
        const struct content_instance *instance = &finish->content->instances[i];
        struct tally *tally = tally_of(finish, instance->tenant, instance->deployment);
        if (tally != NULL) {
            tally->instances++;
            tally->started += instance->state != NULL && strcmp(instance->state, "started") == 0;
        }
    }
}

static void fill(struct finish *finish, const char **field, const char *text)
{
    if (*field == NULL) {
        *field = content_keep(finish->build, text);
    }
}

static void fill_items(struct finish *finish)
{
    struct content *content = finish->content;
    for (size_t i = 0; i < content->blueprints_count; i++) {
        fill(finish, &content->blueprints[i].state, "uploaded"); /* no such column before 6.0 */
        fill(finish, &content->blueprints[i].visibility, "tenant");
        fill(finish, &content->blueprints[i].main_file_name, "blueprint.yaml");
        fill(finish, &content->blueprints[i].creator, "admin");
    }
    for (size_t i = 0; i < content->plugins_count; i++) {
        fill(finish, &content->plugins[i].visibility, "tenant");
        fill(finish, &content->plugins[i].title, content->plugins[i].package_name);
        fill(finish, &content->plugins[i].creator, "admin");
    }
    for (size_t i = 0; i < content->executions_count; i++) {
        fill(finish, &content->executions[i].status, "terminated");
        fill(finish, &content->executions[i].creator, "admin");
    }
    for (size_t i = 0; i < content->schedules_count; i++) {
        fill(finish, &content->schedules[i].rule, "{}");
        fill(finish, &content->schedules[i].creator, "admin");
    }
    for (size_t i = 0; i < content->agents_count; i++) {
        fill(finish, &content->agents[i].instance, content->agents[i].name);
        fill(finish, &content->agents[i].install_method, "remote");
        fill(finish, &content->agents[i].state, "restored");
        fill(finish, &content->agents[i].version, content->snapshot_version);
    }
}

/* Where an item does not say it: the node and deployment of an agent are those of its instance. */
static void place_agents(struct finish *finish)
{
    struct content *content = finish->content;
    size_t count = content->instances_count;
    struct place *places = mem_array(finish, struct place, count + 1);
    for (size_t i = 0; i < count; i++) {
        places[i] = (struct place){content->instances[i].tenant, content->instances[i].id, i};
    }
    if (count > 1) {
        qsort(places, count, sizeof(*places), compare_places);
    }
    for (size_t i = 0; i < content->agents_count && count > 0; i++) {
        struct content_agent *agent = &content->agents[i];
        struct place wanted = {.tenant = agent->tenant, .id = agent->instance};
        const struct place *place =
            bsearch(&wanted, places, count, sizeof(*places), compare_places);
        if (place != NULL) {
            fill(finish, &agent->node, content->instances[place->index].node);
            fill(finish, &agent->deployment, content->instances[place->index].deployment);
        }
    }
}

static void finish_deployment(struct finish *finish, size_t index)
{
    struct content_deployment *deployment = &finish->content->deployments[index];
    const struct tally *tally = &finish->tallies[index];
    deployment->active = tally->started == 0                 ? CONTENT_ACTIVE_NONE
                         : tally->started < tally->instances ? CONTENT_ACTIVE_PARTIAL
                                                             : CONTENT_ACTIVE_ALL;
    bool active = deployment->active == CONTENT_ACTIVE_ALL;
    fill(finish, &deployment->display_name, deployment->id);
    fill(finish, &deployment->visibility, "tenant");
    fill(finish, &deployment->creator, "admin");
    fill(finish, &deployment->installation_status, active ? "active" : "inactive");
    fill(finish, &deployment->deployment_status, active ? "good" : "requires_attention");
    struct workflow_set *set = workflows_set_of(finish->workflows, deployment->workflows,
                                                finish->content->snapshot_version);
    workflows_apply(finish->workflows, set, tally->types, deployment);
}

/* A manager always has its bootstrap admin and the default tenant. */
static void fill_manager(struct finish *finish)
{
    struct content *content = finish->content;
    bool admin = false, tenant = false;
    for (size_t i = 0; i < content->users_count; i++) {
        fill(finish, &content->users[i].role, "default");
        admin = admin || content->users[i].is_admin;
    }
    for (size_t i = 0; i < content->tenants_count; i++) {
        tenant = tenant || strcmp(content->tenants[i].name, "default_tenant") == 0;
    }
    if (!tenant) {
        struct content_tenant *added = content_add(finish->build, CONTENT_TENANTS);
        added->name = content_keep(finish->build, "default_tenant");
    }
    if (!admin) {
        struct content_user *user = content_add(finish->build, CONTENT_USERS);
        *user = (struct content_user){.username = content_keep(finish->build, "admin"),
                                      .role = content_keep(finish->build, "sys_admin"),
                                      .active = true,
                                      .is_admin = true};
        content_user_join(finish->build, user, "default_tenant", "user");
    }
}

enum ferry_code content_finish(struct content_build *build, struct ferry_error *err)
{
    struct content *content = content_build_content(build);
    struct finish *finish = mem_new(build, struct finish);
    *finish = (struct finish){.build = build, .content = content};
    finish->workflows = workflows_new(finish, build);
    for (int kind = 0; kind < CONTENT_KINDS; kind++) {
        enum ferry_code code = check_list(content, (enum content_kind)kind, err);
        if (code != FERRY_OK) {
            return code;
        }
    }
    index_deployments(finish);
    /* The rules of all sets must be known before the types of the nodes are looked at. */
    for (size_t i = 0; i < content->deployments_count; i++) {
        (void)workflows_set_of(finish->workflows, content->deployments[i].workflows,
                               content->snapshot_version);
    }
    count_nodes(finish);
    fill_items(finish);
    place_agents(finish);
    for (size_t i = 0; i < content->deployments_count; i++) {
        finish_deployment(finish, i);
    }
    fill_manager(finish);
    mem_free(finish);
    return FERRY_OK;
}
