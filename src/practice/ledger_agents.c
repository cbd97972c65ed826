#include "practice/ledger_agents.h"

#include "base/mem.h"
#include "practice/jtext.h"
#include "practice/practice.h"

/* One row a deployment; a new agent says in replaces which execution has installed it. */
static const char by_deployment[] =
    "SELECT tenant, deployment_id, count(*), sum(fresh > 0), sum(fresh > 1) FROM"
    " (SELECT tenant, deployment_id, sum(replaces IS NOT NULL AND state <> 'failed') AS fresh"
    "  FROM agents WHERE coalesce(install_method, '') <> 'none'"
    "  GROUP BY tenant, deployment_id, node_instance_id)"
    " GROUP BY tenant, deployment_id";

static void write_counts(struct buf *out, const int64_t *counts)
{
    static const char *const names[] = {"hosts", "new", "doubled"};
    bool first = true;
    (void)buf_puts(out, "{");
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        jtext_key(out, &first, names[i]);
        jtext_int(out, counts[i]);
    }
    (void)buf_puts(out, "}");
}

/* Adds up; writes every deployment, or those with doubled agents alone. Returns their number. */
static int64_t write_deployments(struct practice *practice, struct buf *out, bool all,
                                 int64_t sums[3])
{
    int64_t deployments = 0;
    bool first = true;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct sqlite3_stmt *query = sql_start(practice->sql, by_deployment, "");
    while (sql_next(query)) {
        int64_t counts[3];
        deployments++;
        for (int i = 0; i < 3; i++) {
            counts[i] = sql_int(query, i + 2);
            sums[i] += counts[i];
        }
        if (all || counts[2] > 0) {
            const char *tenant = sql_text(query, 0);
            const char *deployment = sql_text(query, 1);
            jtext_name(out, &first,
                       mem_printf(scope, "%s/%s", tenant, deployment == NULL ? "" : deployment));
            write_counts(out, counts);
        }
    }
    return deployments;
}

void ledger_agents_write(struct practice *practice, struct buf *out, bool *first)
{
    static const char *const names[] = {"hosts", "new", "doubled"};
    int64_t sums[3] = {0, 0, 0};
    bool inner = true;
    jtext_key(out, first, "agents");
    (void)buf_puts(out, "{");
    jtext_key(out, &inner, "doubled_in");
    (void)buf_puts(out, "{");
    int64_t deployments = write_deployments(practice, out, false, sums);
    (void)buf_puts(out, "}");
    jtext_key(out, &inner, "deployments");
    jtext_int(out, deployments);
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        jtext_key(out, &inner, names[i]);
        jtext_int(out, sums[i]);
    }
    jtext_key(out, &inner, "missing");
    jtext_int(out, sums[0] - sums[1]);
    (void)buf_puts(out, "}");
}

void ledger_agents_write_all(struct practice *practice, struct buf *out)
{
    int64_t sums[3] = {0, 0, 0};
    (void)buf_puts(out, "{");
    (void)write_deployments(practice, out, true, sums);
    (void)buf_puts(out, "}\n");
}
