/*
 * agents.json: {tenant: {deployment: {node: {instance: {"version", "broker_config"}}}}}. Managers
 * before 6.4 may have agents here that their table does not know; a restore adds them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "practice/json_slice.h"
#include "practice/legacy.h"

struct known {
    const char *tenant, *instance; /* kept texts: compared by pointer */
    size_t index;
};

struct agents {
    struct legacy *legacy;
    struct known *known; /* rows of the table, sorted */
    size_t known_count;
    const char *tenant, *deployment; /* of the slice being read */
};

static int compare_text_pointers(const char *a, const char *b)
{
    return (uintptr_t)a < (uintptr_t)b ? -1 : (uintptr_t)a > (uintptr_t)b;
}

static int compare_known(const void *a, const void *b)
{
    const struct known *x = a, *y = b;
    int order = compare_text_pointers(x->instance, y->instance);
    return order != 0 ? order : compare_text_pointers(x->tenant, y->tenant);
}

static void index_known(struct agents *agents)
{
    const struct content *content = content_build_content(agents->legacy->build);
    agents->known_count = content->agents_count;
    agents->known = mem_array(agents, struct known, agents->known_count + 1);
    for (size_t i = 0; i < agents->known_count; i++) {
        agents->known[i] =
            (struct known){content->agents[i].tenant, content->agents[i].instance, i};
    }
    if (agents->known_count > 1) {
        qsort(agents->known, agents->known_count, sizeof(struct known), compare_known);
    }
}

static void take_instance(struct agents *agents, const char *node, const struct json *instance)
{
    struct content_build *build = agents->legacy->build;
    struct content *content = content_build_content(build);
    const char *name = content_keep(build, json_key(instance));
    struct known wanted = {.tenant = agents->tenant, .instance = name};
    const struct known *known =
        agents->known_count == 0
            ? NULL
            : bsearch(&wanted, agents->known, agents->known_count, sizeof(wanted), compare_known);
    if (known != NULL) {
        content->agents[known->index].in_agents = true;
        return;
    }
    struct content_agent *agent = content_add(build, CONTENT_AGENTS);
    agent->name = name;
    agent->instance = name;
    agent->tenant = agents->tenant;
    agent->deployment = agents->deployment;
    agent->node = content_keep(build, node);
    agent->version = content_keep(build, json_string_or(instance, "version", NULL));
    agent->in_agents = true;
}

static enum ferry_code take_deployment(struct agents *agents, const struct json_slice *text,
                                       struct ferry_error *err)
{
    struct json *nodes = NULL;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    enum ferry_code code = json_parse(scope, text->at, (size_t)(text->end - text->at), &nodes, err);
    if (code != FERRY_OK) {
        return ferry_error_prefix(err, "agents.json, deployment \"%s\"", agents->deployment);
    }
    for (const struct json *n = json_first(nodes); n != NULL; n = json_next(n)) {
        for (const struct json *i = json_first(n); i != NULL; i = json_next(i)) {
            if (json_key(n) != NULL && json_key(i) != NULL) {
                take_instance(agents, json_key(n), i);
            }
        }
    }
    return FERRY_OK;
}

static enum ferry_code bad(struct ferry_error *err)
{
    return ferry_fail(err, FERRY_E_ARCHIVE, "agents.json is not an object of tenants");
}

static enum ferry_code take_tenant(struct agents *agents, struct json_slice *text,
                                   struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (!json_slice_open(text, '{')) {
        return bad(err);
    }
    for (;;) {
        char *name = NULL;
        struct json_slice value = {0};
        enum json_sliced sliced = json_slice_next(text, scope, &name, &value);
        if (sliced != JSON_SLICED) {
            return sliced == JSON_SLICE_END ? FERRY_OK : bad(err);
        }
        agents->deployment = content_keep(agents->legacy->build, name);
        mem_free(name);
        enum ferry_code code = take_deployment(agents, &value, err);
        if (code != FERRY_OK) {
            return code;
        }
    }
}

enum ferry_code legacy_agents(struct legacy *legacy, struct ferry_error *err)
{
    if (legacy->agents == NULL) {
        return FERRY_OK;
    }
    struct agents *agents = mem_new(legacy, struct agents);
    agents->legacy = legacy;
    index_known(agents);
    struct json_slice text = {legacy->agents, legacy->agents + strlen(legacy->agents)};
    if (!json_slice_open(&text, '{')) {
        return bad(err);
    }
    for (;;) {
        char *name = NULL;
        struct json_slice value = {0};
        enum json_sliced sliced = json_slice_next(&text, agents, &name, &value);
        if (sliced != JSON_SLICED) {
            return sliced == JSON_SLICE_END ? FERRY_OK : bad(err);
        }
        agents->tenant = content_keep(legacy->build, name);
        enum ferry_code code = take_tenant(agents, &value, err);
        if (code != FERRY_OK) {
            return code;
        }
    }
}
