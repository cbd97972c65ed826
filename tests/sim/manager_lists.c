/* Lists, with the filters that ferry uses: any column, repeated values, pages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "manager.h"

struct json *manager_row(struct json *rows, const char *id)
{
    for (const struct json *row = json_first(rows); row; row = json_next(row)) {
        if (strcmp(json_string_or(row, "id", ""), id) == 0) {
            return (struct json *)(uintptr_t)row;
        }
    }
    return NULL;
}

static void unescape(char *text)
{
    char *out = text;

    for (; *text; text++) {
        if (*text == '%' && text[1] && text[2]) {
            char hex[3] = {text[1], text[2], '\0'};

            *out++ = (char)strtol(hex, NULL, 16);
            text += 2;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

/* Every named column must have one of the values that the query gives it. */
static bool matches(const void *ctx, const struct json *row, const char *query)
{
    char *copy = mem_strdup(ctx, query ? query : ""), *rest = NULL;
    struct json *wanted = json_object(ctx);

    for (char *part = strtok_r(copy, "&", &rest); part; part = strtok_r(NULL, "&", &rest)) {
        char *value = strchr(part, '=');
        struct json *values;

        if (!value || *part == '_') {
            continue;
        }
        *value++ = '\0';
        unescape(value);
        values = (struct json *)(uintptr_t)json_get(wanted, part);
        json_push_string(values ? values : json_set_array(wanted, part), value);
    }
    for (const struct json *key = json_first(wanted); key; key = json_next(key)) {
        const char *have = json_string_or(row, json_key(key), "");
        const char *deployment = json_string_or(row, "deployment", NULL);
        bool found = false;

        if (deployment && strcmp(json_key(key), "deployment_id") == 0) {
            have = deployment; /* of an agent */
        }
        for (const struct json *value = json_first(key); value; value = json_next(value)) {
            found = found || strcmp(json_text(value), have) == 0;
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static int64_t number(const char *query, const char *name, int64_t fallback)
{
    const char *at = query ? strstr(query, name) : NULL;

    return at ? strtoll(at + strlen(name), NULL, 10) : fallback;
}

static void add_deployments(const struct manager *manager, struct json *rows)
{
    for (unsigned n = 0; manager->restored && n < manager->o.deployments; n++) {
        struct json *row = json_push_object(rows), *workflow;
        char name[32];

        manager_deployment(n, name);
        json_set_string(row, "id", name);
        json_set_string(row, "tenant_name", manager_tenant(n));
        json_set_string(row, "blueprint_id", MANAGER_BLUEPRINT);
        workflow = json_push_object(json_set_array(row, "workflows"));
        json_set_string(workflow, "name", "install_new_agents");
        json_set_bool(workflow, "is_available", true);
    }
}

static void add_instances(const struct manager *manager, struct json *rows)
{
    unsigned hosts = manager_hosts(manager);

    for (unsigned i = 0; manager->restored && i < manager->o.deployments * hosts; i++) {
        struct json *row = json_push_object(rows);
        char name[32], id[48];

        manager_deployment(i / hosts, name);
        manager_host(i / hosts, i % hosts, id);
        json_set_string(row, "id", id);
        json_set_string(row, "host_id", id);
        json_set_string(row, "node_id", "vm");
        json_set_string(row, "deployment_id", name);
        json_set_string(row, "tenant_name", manager_tenant(i / hosts));
        json_set_string(row, "state", "started");
    }
}

static void add_named(struct json *rows, const char *id, const char *tenant)
{
    struct json *row = json_push_object(rows);

    json_set_string(row, "id", id);
    json_set_string(row, "name", id);
    json_set_string(row, "tenant_name", tenant);
}

static struct json *rows_of(struct manager *manager, const char *resource, const void *ctx)
{
    struct json *rows = json_array(ctx);

    if (strcmp(resource, "executions") == 0) {
        return manager->executions;
    }
    if (strcmp(resource, "agents") == 0) {
        return manager->agents;
    }
    if (strcmp(resource, "plugins") == 0) {
        return manager->plugins;
    }
    if (strcmp(resource, "plugins-updates") == 0) {
        return manager->updates;
    }
    if (strcmp(resource, "deployments") == 0) {
        add_deployments(manager, rows);
    } else if (strcmp(resource, "node-instances") == 0) {
        add_instances(manager, rows);
    } else if (strcmp(resource, "blueprints") == 0 && manager->restored) {
        add_named(rows, MANAGER_BLUEPRINT, "default_tenant");
    } else if (strcmp(resource, "tenants") == 0) {
        add_named(rows, "default_tenant", NULL);
        if (manager->restored) {
            add_named(rows, "acme", NULL);
        }
    } else if (strcmp(resource, "snapshots") == 0 && manager->snapshot_size >= 0) {
        add_named(rows, "s", "default_tenant");
    }
    return rows;
}

void manager_list(struct manager *manager, const char *resource, const char *query,
                  struct http_reply *reply)
{
    struct json *rows = rows_of(manager, resource, reply), *body = json_object(reply), *items;
    int64_t size = number(query, "_size=", 1000), offset = number(query, "_offset=", 0), total = 0;
    struct json *pagination;

    items = json_set_array(body, "items");
    for (const struct json *row = json_first(rows); row; row = json_next(row)) {
        if (!matches(reply, row, query)) {
            continue;
        }
        if (total >= offset && total < offset + size) {
            json_push_json(items, row);
        }
        total++;
    }
    pagination = json_set_object(json_set_object(body, "metadata"), "pagination");
    json_set_int(pagination, "total", total);
    json_set_int(pagination, "size", size);
    json_set_int(pagination, "offset", offset);
    manager_answer(reply, 200, body);
}
