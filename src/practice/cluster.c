#include "practice/cluster.h"

#include <inttypes.h>

#include "base/error.h"
#include "base/mem.h"
#include "practice/practice.h"

#define SYNC_MS 3000 /* from one node's disk to the others' */

static void keep_flag(struct practice *practice, size_t node, const char *what, bool on)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    practice_keep(practice, mem_printf(scope, "node.%zu.%s", node + 1, what), on ? "1" : NULL);
}

static bool kept_flag(struct practice *practice, size_t node, const char *what)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    return practice_switch(practice, mem_printf(scope, "node.%zu.%s", node + 1, what));
}

void cluster_load(struct practice *practice, size_t count)
{
    struct cluster *cluster = &practice->cluster;
    cluster->count = count;
    for (size_t i = 0; i < count; i++) {
        cluster->nodes[i].down = kept_flag(practice, i, "down");
        cluster->nodes[i].old_secret = kept_flag(practice, i, "old_secret");
    }
}

void cluster_uploaded(struct practice *practice, const char *snapshot, size_t node)
{
    sql_do(practice->sql, "INSERT OR REPLACE INTO archives (id, node, at_ms) VALUES (?, ?, ?)",
           "sii", snapshot, (int64_t)node, practice_now_ms(practice));
}

bool cluster_has_archive(struct practice *practice, const char *snapshot, size_t node,
                         bool for_restore)
{
    struct sqlite3_stmt *query =
        sql_start(practice->sql, "SELECT node, at_ms FROM archives WHERE id = ?", "s", snapshot);
    if (!sql_next(query)) {
        return true; /* it was not uploaded but made here, or put there by a test */
    }
    bool elsewhere = sql_int(query, 0) != (int64_t)node;
    int64_t age_ms = practice_now_ms(practice) - sql_int(query, 1);
    sql_end(query);
    double late_ms = for_restore ? practice_number(practice, "file_late_ms", 0) : 0;
    if (elsewhere) {
        late_ms += practice_number(practice, "sync_ms", SYNC_MS);
    }
    return age_ms >= practice_scaled(practice, (int64_t)late_ms);
}

void cluster_restored(struct practice *practice, size_t node)
{
    for (size_t i = 0; i < practice->cluster.count; i++) {
        practice->cluster.nodes[i].old_secret = i != node;
        keep_flag(practice, i, "old_secret", i != node);
    }
}

/* A restart of its services: the secret and the certificate are read anew. */
static void restart(struct practice *practice, size_t node)
{
    practice->cluster.nodes[node].old_secret = false;
    keep_flag(practice, node, "old_secret", false);
    if (practice->state.certificate == CERTIFICATE_WAITS) {
        practice->state.certificate = CERTIFICATE_RESTORED;
        state_save(practice);
    }
}

enum ferry_code cluster_set(struct practice *practice, const struct json *list,
                            struct ferry_error *err)
{
    for (const struct json *at = json_first(list); at != NULL; at = json_next(at)) {
        int64_t number = json_int64_or(at, "node", 0);
        if (number < 1 || number > (int64_t)practice->cluster.count) {
            return ferry_fail(err, FERRY_E_CONFIG, "there is no node %" PRId64 " of %zu", number,
                              practice->cluster.count);
        }
        size_t node = (size_t)number - 1;
        practice->cluster.nodes[node].down =
            json_bool_or(at, "down", practice->cluster.nodes[node].down);
        keep_flag(practice, node, "down", practice->cluster.nodes[node].down);
        if (json_bool_or(at, "restart", false)) {
            restart(practice, node);
        }
    }
    return FERRY_OK;
}

bool cluster_listens(const struct practice *practice, size_t node)
{
    if (node == CLUSTER_CONTROL) {
        return true;
    }
    bool rebooting = practice->state.rebooting && practice->state.restore_node == (int64_t)node;
    return !rebooting && !practice->cluster.nodes[node].down;
}

char *cluster_name(const struct practice *practice, const void *ctx, size_t node)
{
    return practice->cluster.count == 1 ? mem_strdup(ctx, "practice")
                                        : mem_printf(ctx, "practice-%zu", node + 1);
}
