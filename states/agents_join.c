#include "states/agents_join.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "cloudify/reply.h"
#include "cloudify/version.h"

void agents_rows_init(struct agents_rows *rows, const void *ctx)
{
    *rows = (struct agents_rows){.ctx = ctx};
}

static struct agents_row *append(struct agents_rows *rows, const struct json *row,
                                 const char *deployment)
{
    if (rows->count == rows->room) {
        rows->room = rows->room == 0 ? 1024 : rows->room * 2;
        rows->rows = rows->rows == NULL
                         ? mem_array(rows->ctx, struct agents_row, rows->room)
                         : mem_resize(rows->ctx, rows->rows, struct agents_row, rows->room);
    }
    struct agents_row *new_row = &rows->rows[rows->count++];

    *new_row = (struct agents_row){
        .key = mem_printf(rows->ctx, "%s/%s", cloudify_text(row, "tenant_name", ""), deployment),
        .id = mem_strdup(rows->ctx, cloudify_text(row, "id", "")),
        .state = mem_strdup(rows->ctx, cloudify_text(row, "state", "")),
    };
    rows->sorted = false;
    return new_row;
}

void agents_add_hosts(struct agents_rows *rows, const struct json *items)
{
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        const char *id = cloudify_text(row, "id", NULL);
        const char *host = cloudify_text(row, "host_id", NULL);

        if (id != NULL && host != NULL && strcmp(id, host) == 0) {
            struct agents_row *added = append(rows, row, cloudify_text(row, "deployment_id", ""));

            added->instance = added->id;
        }
    }
}

void agents_add_agents(struct agents_rows *rows, const struct json *items)
{
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        struct agents_row *added = append(rows, row, cloudify_text(row, "deployment", ""));

        added->instance = mem_strdup(
            rows->ctx, cloudify_text(row, "node_instance_id", cloudify_text(row, "host_id", "")));
        added->version = mem_strdup(rows->ctx, cloudify_text(row, "version", ""));
        if (!timefmt_parse_utc(cloudify_text(row, "created_at", ""), &added->created_ms)) {
            added->created_ms = 0;
        }
    }
}

void agents_add_names(struct agents_rows *rows, const struct json *items)
{
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        append(rows, row, cloudify_text(row, "id", ""));
    }
}

static int by_key_and_id(const void *a, const void *b)
{
    const struct agents_row *left = (const struct agents_row *)a;
    const struct agents_row *right = (const struct agents_row *)b;
    int order = strcmp(left->key, right->key);

    return order != 0 ? order : strcmp(left->id, right->id);
}

void agents_sort(struct agents_rows *rows)
{
    size_t kept = 0;

    if (rows->count > 1) {
        qsort(rows->rows, rows->count, sizeof(rows->rows[0]), by_key_and_id);
    }
    for (size_t i = 0; i < rows->count; i++) {
        if (kept == 0 || by_key_and_id(&rows->rows[kept - 1], &rows->rows[i]) != 0) {
            rows->rows[kept++] = rows->rows[i];
        }
    }
    rows->count = kept;
    rows->sorted = true;
}

const struct agents_row *agents_of(const struct agents_rows *rows, const char *key, size_t *count)
{
    size_t low = 0;
    size_t high = rows->count;

    assert(rows->sorted);
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(rows->rows[middle].key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (high = low; high < rows->count && strcmp(rows->rows[high].key, key) == 0; high++) {
    }
    *count = high - low;
    return *count == 0 ? NULL : &rows->rows[low];
}

bool agents_is_new(const struct agents_row *agent, const struct agents_target *target)
{
    int order = 0;

    if (strcmp(agent->state, "started") != 0 ||
        !cloudify_version_compare_text(agent->version, target->version, &order) || order != 0) {
        return false;
    }
    return target->since_ms == 0 || agent->created_ms > target->since_ms;
}

bool agents_is_alive(const struct agents_row *agent)
{
    static const char *const former[] = {"upgraded", "deleted", "deleting", "stopped"};

    for (size_t i = 0; i < FERRY_COUNT(former); i++) {
        if (strcmp(agent->state, former[i]) == 0) {
            return false;
        }
    }
    return true;
}
