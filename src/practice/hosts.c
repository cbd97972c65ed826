#include "practice/hosts.h"

#include <string.h>

#include "base/mem.h"
#include "practice/practice.h"

#define SHARE_PARTS 10000u

/* FNV-1a: whether a host is dead depends on its name alone, so it is always the same ones. */
static unsigned part_of(const char *tenant, const char *instance)
{
    uint64_t hash = 14695981039346656037u;
    for (const char *at = tenant; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    }
    for (const char *at = instance; *at != '\0'; at++) {
        hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    }
    return (unsigned)((hash ^ hash >> 32) % SHARE_PARTS);
}

static bool is_dead(struct practice *practice, const char *tenant, const struct host *host,
                    bool by_archive)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    double share = practice_number(practice, "dead_share", 0);
    if (practice_listed(practice, "alive_hosts", tenant, host->instance)) {
        return false;
    }
    if (by_archive && !practice_switch(practice, "dead_revived")) {
        return true;
    }
    double reconnect_ms = practice_number(practice, "agents_reconnect_ms", 0);
    double restored_ms = practice_number(practice, "restored_at_ms", 0);
    if (reconnect_ms > 0 &&
        (double)practice_now_ms(practice) <
            restored_ms + (double)practice_scaled(practice, (int64_t)reconnect_ms)) {
        return true;
    }
    if (share > 0 && part_of(tenant, host->instance) < share * SHARE_PARTS) {
        return true;
    }
    return practice_listed(practice, "dead_hosts", tenant, host->instance) ||
           practice_text(practice, scope, mem_printf(scope, "dead.%s", host->agent)) != NULL;
}

size_t hosts_of(struct practice *practice, const void *ctx, const char *tenant,
                const char *deployment, const char *execution, struct host **out)
{
    struct host *hosts = NULL;
    bool *by_archive = NULL;
    size_t count = 0;
    struct sqlite3_stmt *query =
        sql_start(practice->sql,
                  "SELECT id, node_instance_id, node_id, install_method, seq,"
                  " coalesce((SELECT i.state FROM node_instances i WHERE i.tenant = a.tenant"
                  "  AND i.id = a.node_instance_id LIMIT 1), 'started'),"
                  " coalesce((SELECT i.dead FROM node_instances i WHERE i.tenant = a.tenant"
                  "  AND i.id = a.node_instance_id LIMIT 1), 0), coalesce(replaces = ?, 0)"
                  " FROM agents a WHERE tenant = ? AND deployment_id = ?"
                  " AND state NOT IN ('upgraded', 'stopped', 'deleted', 'creating')"
                  " AND NOT (state = 'failed' AND replaces IS NOT NULL)"
                  " AND coalesce(install_method, '') <> 'none' ORDER BY seq",
                  "sss", execution, tenant, deployment);
    while (sql_next(query)) {
        hosts = mem_resize(ctx, hosts, struct host, count + 1);
        by_archive = mem_resize(ctx, by_archive, bool, count + 1);
        by_archive[count] = sql_int(query, 6) != 0;
        hosts[count++] = (struct host){.agent = mem_strdup(ctx, sql_text(query, 0)),
                                       .instance = mem_strdup(ctx, sql_text(query, 1)),
                                       .node = mem_strdup(ctx, sql_text(query, 2)),
                                       .method = mem_strdup(ctx, sql_text(query, 3)),
                                       .seq = sql_int(query, 4),
                                       .state = mem_strdup(ctx, sql_text(query, 5)),
                                       .done = sql_int(query, 7) != 0};
    }
    for (size_t i = 0; i < count; i++) {
        hosts[i].instance = hosts[i].instance == NULL ? hosts[i].agent : hosts[i].instance;
        hosts[i].dead = is_dead(practice, tenant, &hosts[i], by_archive[i]);
    }
    *out = hosts;
    return count;
}

static bool names(const struct json *list, const char *name)
{
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        const char *text = json_text(at);
        if (text != NULL && name != NULL && strcmp(text, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Every name of the list is one of the hosts. */
static bool all_are_hosts(const struct json *list, const struct host *hosts, size_t count,
                          bool by_node)
{
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        bool found = false;
        for (size_t i = 0; i < count && !found; i++) {
            const char *name = by_node ? hosts[i].node : hosts[i].instance;
            found = name != NULL && json_text(at) != NULL && strcmp(name, json_text(at)) == 0;
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

bool hosts_choose(struct host *hosts, size_t *count, const struct json *parameters)
{
    const struct json *instances = json_get(parameters, "node_instance_ids");
    const struct json *nodes = json_get(parameters, "node_ids");
    const struct json *methods = json_get(parameters, "install_methods");
    size_t kept = 0;
    if (!all_are_hosts(instances, hosts, *count, false) ||
        !all_are_hosts(nodes, hosts, *count, true)) {
        return false;
    }
    for (size_t i = 0; i < *count; i++) {
        if ((json_size(instances) == 0 || names(instances, hosts[i].instance)) &&
            (json_size(nodes) == 0 || names(nodes, hosts[i].node)) &&
            (json_size(methods) == 0 || names(methods, hosts[i].method))) {
            hosts[kept++] = hosts[i];
        }
    }
    *count = kept;
    return true;
}
