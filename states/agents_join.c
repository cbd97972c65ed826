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

#define BLOCK_SIZE 65536

/* A copy of a text that lives as long as the rows. */
static const char *keep(struct agents_rows *rows, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy;

    if (size > BLOCK_SIZE / 4) {
        return mem_strdup(rows->ctx, text);
    }
    if (rows->block == NULL || rows->block_used + size > BLOCK_SIZE) {
        rows->block = mem_array(rows->ctx, char, BLOCK_SIZE);
        rows->block_used = 0;
    }
    copy = rows->block + rows->block_used;
    memcpy(copy, text, size);
    rows->block_used += size;
    return copy;
}

/* The same for a word of which there are few different ones. */
static const char *keep_word(struct agents_rows *rows, const char *text)
{
    for (size_t i = 0; i < rows->word_count; i++) {
        if (strcmp(rows->words[i], text) == 0) {
            return rows->words[i];
        }
    }
    if (rows->word_count == FERRY_COUNT(rows->words)) {
        return keep(rows, text);
    }
    rows->words[rows->word_count] = keep(rows, text);
    return rows->words[rows->word_count++];
}

static struct agents_row *append(struct agents_rows *rows, const struct json *row,
                                 const char *deployment)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    if (rows->count == rows->room) {
        rows->room = rows->room == 0 ? 256 : rows->room * 2;
        rows->rows = rows->rows == NULL
                         ? mem_array(rows->ctx, struct agents_row, rows->room)
                         : mem_resize(rows->ctx, rows->rows, struct agents_row, rows->room);
    }
    struct agents_row *new_row = &rows->rows[rows->count++];

    *new_row = (struct agents_row){
        .key = keep(rows,
                    mem_printf(scope, "%s/%s", cloudify_text(row, "tenant_name", ""), deployment)),
        .id = keep(rows, cloudify_text(row, "id", "")),
        .state = keep_word(rows, cloudify_text(row, "state", "")),
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
            added->node = keep(rows, cloudify_text(row, "node_id", ""));
        }
    }
}

void agents_add_agents(struct agents_rows *rows, const struct json *items)
{
    for (const struct json *row = json_first(items); row != NULL; row = json_next(row)) {
        struct agents_row *added = append(rows, row, cloudify_text(row, "deployment", ""));

        const char *instance =
            cloudify_text(row, "node_instance_id", cloudify_text(row, "host_id", ""));

        added->instance = strcmp(instance, added->id) == 0 ? added->id : keep(rows, instance);
        added->version = keep_word(rows, cloudify_text(row, "version", ""));
        added->method = keep_word(rows, cloudify_text(row, "install_method", ""));
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

    if ((agent->state[0] != '\0' && strcmp(agent->state, "started") != 0) ||
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

/* An old manager of the same version has made agents that look new: then the time decides. */
struct agents_target agents_target_of(const struct json *facts)
{
    const char *version = json_string_or(facts, "manager.version", "");
    const char *old = json_string_or(facts, "archive.version", version);
    struct agents_target target = {.version = version};
    int order = 0;

    if (cloudify_version_compare_text(old, version, &order) && order == 0) {
        target.since_ms = json_int64_or(facts, "restore.since_ms", 0);
    }
    return target;
}

bool agents_have_new(const struct agents_row *agents, size_t count, const char *instance,
                     const struct agents_target *target)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(agents[i].instance, instance) == 0 && agents_is_new(&agents[i], target)) {
            return true;
        }
    }
    return false;
}

bool agents_have_living(const struct agents_row *agents, size_t count, const char *instance)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(agents[i].instance, instance) == 0 && agents_is_alive(&agents[i])) {
            return true;
        }
    }
    return false;
}
