#include "practice/schedules.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/exec_rows.h"
#include "practice/ledger.h"
#include "practice/practice.h"
#include "practice/workflow.h"

#define GRACE_MS 60000 /* beside the slip */
#define MINUTE_MS ((int64_t)60000)

struct due {
    int64_t seq, slip;
    const char *tenant, *deployment, *workflow, *parameters, *user, *next, *rule;
};

/* "1 minutes", "2 hours", "1 day" in milliseconds; 0: it does not recur. */
static int64_t recurrence_ms(const void *ctx, const char *rule)
{
    static const struct {
        const char *word;
        int64_t ms;
    } units[] = {{"min", MINUTE_MS},           {"hour", 60 * MINUTE_MS},
                 {"day", 1440 * MINUTE_MS},    {"week", 10080 * MINUTE_MS},
                 {"month", 43200 * MINUTE_MS}, {"sec", 1000}};
    struct json *node = NULL;
    struct ferry_error err;
    if (rule == NULL || json_parse(ctx, rule, strlen(rule), &node, &err) != FERRY_OK) {
        return 0;
    }
    const char *text = json_string_or(node, "recurrence", "");
    int64_t amount = 0;
    for (; *text >= '0' && *text <= '9' && amount < 100000; text++) {
        amount = amount * 10 + (*text - '0');
    }
    text += strspn(text, " ");
    for (size_t i = 0; i < FERRY_COUNT(units); i++) {
        if (strncmp(text, units[i].word, strlen(units[i].word)) == 0) {
            return (amount == 0 ? 1 : amount) * units[i].ms;
        }
    }
    return 0;
}

static void start(struct practice *practice, const void *ctx, const struct due *due, int64_t now_ms)
{
    const char *id = practice_uuid(practice, ctx);
    bool waits =
        sql_one_int(practice->sql, 0,
                    "SELECT 1 FROM executions WHERE " EXEC_HOLDS " AND " EXEC_RUNNING " LIMIT 1",
                    "") != 0;
    struct exec_row row = {.id = id,
                           .tenant = due->tenant,
                           .workflow = due->workflow,
                           .deployment = due->deployment,
                           .status = waits ? "queued" : "pending",
                           .parameters = due->parameters,
                           .user = due->user,
                           .visibility = "tenant",
                           .created_at = timefmt_utc(ctx, now_ms)};
    (void)exec_insert(practice, &row);
    sql_do(practice->sql, "UPDATE schedules SET latest = ? WHERE seq = ?", "si", id, due->seq);
    ledger_count(practice, LEDGER_SCHEDULED, due->workflow,
                 mem_printf(ctx, "%s/%s", due->tenant, due->deployment));
    if (!waits) {
        workflow_launch(practice, id, now_ms);
    }
}

static void look_at(struct practice *practice, const void *ctx, const struct due *due,
                    int64_t now_ms)
{
    int64_t due_ms = 0;
    if (!timefmt_parse_utc(due->next, &due_ms)) {
        return;
    }
    if (now_ms - due_ms <= due->slip * MINUTE_MS + GRACE_MS) {
        start(practice, ctx, due, now_ms);
    }
    int64_t every_ms = recurrence_ms(ctx, due->rule);
    const char *next = NULL;
    if (every_ms > 0) {
        next = timefmt_utc(ctx, due_ms + ((now_ms - due_ms) / every_ms + 1) * every_ms);
    }
    sql_do(practice->sql, "UPDATE schedules SET next_occurrence = ? WHERE seq = ?", "si", next,
           due->seq);
}

char *schedules_next(struct practice *practice, const void *ctx, const char *since,
                     const char *rule)
{
    int64_t first_ms = 0;
    int64_t now_ms = practice_now_ms(practice);
    int64_t every_ms = recurrence_ms(ctx, rule);
    if (!timefmt_parse_utc(since, &first_ms) || (first_ms < now_ms && every_ms == 0)) {
        return NULL;
    }
    if (first_ms < now_ms) {
        first_ms += ((now_ms - first_ms) / every_ms + 1) * every_ms;
    }
    return timefmt_utc(ctx, first_ms);
}

void schedules_fire(struct practice *practice, int64_t now_ms)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct due *list = NULL;
    size_t count = 0;
    if (!practice->profile->makes_schedules ||
        practice->state.maintenance != MAINTENANCE_DEACTIVATED) {
        return;
    }
    struct sqlite3_stmt *query =
        sql_start(practice->sql,
                  "SELECT seq, slip, tenant, deployment_id, workflow_id, parameters, created_by,"
                  " next_occurrence, rule FROM schedules WHERE enabled AND next_occurrence <= ?"
                  " ORDER BY next_occurrence, seq",
                  "s", timefmt_utc(scope, now_ms));
    while (sql_next(query)) {
        list = mem_resize(scope, list, struct due, count + 1);
        list[count++] = (struct due){.seq = sql_int(query, 0),
                                     .slip = sql_int(query, 1),
                                     .tenant = mem_strdup(scope, sql_text(query, 2)),
                                     .deployment = mem_strdup(scope, sql_text(query, 3)),
                                     .workflow = mem_strdup(scope, sql_text(query, 4)),
                                     .parameters = mem_strdup(scope, sql_text(query, 5)),
                                     .user = mem_strdup(scope, sql_text(query, 6)),
                                     .next = mem_strdup(scope, sql_text(query, 7)),
                                     .rule = mem_strdup(scope, sql_text(query, 8))};
    }
    for (size_t i = 0; i < count; i++) {
        look_at(practice, scope, &list[i], now_ms);
    }
}
