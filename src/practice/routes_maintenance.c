#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/exec_rows.h"
#include "practice/jtext.h"
#include "practice/ledger.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"
#include "practice/schedules.h"
#include "practice/workflow.h"

static void write_remaining(struct practice *practice, struct buf *out)
{
    static const char *const names[] = {"id", "status", "deployment_id", "workflow_id"};
    struct sqlite3_stmt *query =
        sql_start(practice->sql,
                  "SELECT id, status, deployment_id, workflow_id FROM executions WHERE " EXEC_ACTIVE
                  " ORDER BY seq",
                  "");
    const char *comma = "";
    (void)buf_puts(out, "[");
    while (sql_next(query)) {
        bool first = true;
        (void)buf_printf(out, "%s{", comma);
        for (size_t i = 0; i < FERRY_COUNT(names); i++) {
            jtext_key(out, &first, names[i]);
            jtext_string(out, sql_text(query, (int)i));
        }
        (void)buf_puts(out, "}");
        comma = ", ";
    }
    (void)buf_puts(out, "]");
}

static void write_time(struct buf *out, void *ctx, const char *name, int64_t at_ms,
                       const char *never)
{
    (void)buf_printf(out, ", \"%s\": ", name);
    if (at_ms == 0) {
        (void)buf_puts(out, never);
    } else {
        jtext_string(out, timefmt_utc(ctx, at_ms));
    }
}

/* remaining: 0 null, 1 a list, 2 a list in a list. */
static void reply_state(struct request *request, int remaining)
{
    static const struct state emptied = {.maintenance = MAINTENANCE_DEACTIVATED};
    const struct state *state = &request->practice->state;
    state = state->tables == TABLES_EMPTY ? &emptied : state;
    struct buf *out = reply_json(request, 200);
    bool blank = state->requested_ms == 0;
    (void)buf_printf(out, "{\"status\": \"%s\"", maintenance_name(state->maintenance));
    write_time(out, request, "activated_at", state->activated_ms, blank ? "\"\"" : "null");
    write_time(out, request, "activation_requested_at", state->requested_ms,
               blank ? "\"\"" : "null");
    (void)buf_puts(out, ", \"remaining_executions\": ");
    (void)buf_puts(out, remaining == 2 ? "[" : "");
    if (remaining == 0) {
        (void)buf_puts(out, "null");
    } else {
        write_remaining(request->practice, out);
    }
    (void)buf_puts(out, remaining == 2 ? "]" : "");
    (void)buf_puts(out, ", \"requested_by\": ");
    jtext_string(out, state->requested_by);
    (void)buf_puts(out, "}\n");
}

void handle_maintenance_get(struct request *request)
{
    reply_state(request, request->practice->state.maintenance == MAINTENANCE_ACTIVATING ? 1 : 0);
}

static void activate(struct request *request)
{
    struct practice *practice = request->practice;
    struct state *state = &practice->state;
    if (state->maintenance != MAINTENANCE_DEACTIVATED) {
        reply_empty(request, 304);
        return;
    }
    bool busy = sql_one_int(practice->sql, 0,
                            "SELECT 1 FROM executions WHERE " EXEC_ACTIVE " LIMIT 1", "") != 0;
    state->maintenance = busy ? MAINTENANCE_ACTIVATING : MAINTENANCE_ACTIVATED;
    state->requested_ms = practice_now_ms(practice);
    state->activated_ms = busy ? 0 : state->requested_ms;
    (void)snprintf(state->requested_by, sizeof state->requested_by, "%s", request->user);
    state_save(practice);
    ledger_count(practice, LEDGER_ACTIVATIONS, "", "");
    reply_state(request, practice->profile->remaining_nested ? 2 : 1);
}

static void deactivate(struct request *request)
{
    struct practice *practice = request->practice;
    struct state *state = &practice->state;
    if (state->maintenance == MAINTENANCE_DEACTIVATED) {
        reply_empty(request, 304);
        return;
    }
    state->maintenance = MAINTENANCE_DEACTIVATED;
    reply_state(request, 0);
    state->requested_ms = 0;
    state->activated_ms = 0;
    state->requested_by[0] = '\0';
    state_save(practice);
    ledger_count(practice, LEDGER_DEACTIVATIONS, "", "");
    schedules_fire(practice, practice_now_ms(practice));
    if (practice->profile->deactivate_dequeues) {
        workflow_dequeue(practice, practice_now_ms(practice));
    }
}

void handle_maintenance_action(struct request *request)
{
    const char *action = request->args[0];
    ledger_count(request->practice, LEDGER_MAINTENANCE, action, "");
    if (strcmp(action, "activate") == 0) {
        activate(request);
    } else if (strcmp(action, "deactivate") == 0) {
        deactivate(request);
    } else {
        reply_error(request, 400, "bad_parameters_error",
                    "Invalid action: %s, Valid action values are: ['activate', 'deactivate']",
                    action);
    }
}
