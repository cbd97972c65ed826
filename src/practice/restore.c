#include "practice/restore.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "practice/content.h"
#include "practice/exec_rows.h"
#include "practice/ledger.h"
#include "practice/practice.h"
#include "practice/restore_step.h"
#include "practice/store.h"
#include "practice/workflow.h"

/* Milliseconds from one moment to the next: contract/20 and 25, seconds 0.4, 0.9, 1.8, ... */
#define TO_STARTED_MS 450
#define TO_FLAG_MS 450
#define TO_JUDGED_MS 150
#define TO_FLAG_OFF_MS 3500
#define TO_NEW_DATA_MS 12300
#define TO_NEW_FLAG_OFF_MS 1200
#define TO_NEW_END_MS 150
#define TO_NOTHING_FLAG_OFF_MS 600
#define TO_DOWN_MS 900

void restore_launch(struct practice *practice, const struct restore_order *order)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *detail = json_object(scope);
    json_set_string(detail, "snapshot", order->snapshot);
    json_set_bool(detail, "force", order->force);
    json_set_bool(detail, "bootstrap", order->bootstrap);
    json_set_bool(detail, "certificates", order->certificates);
    json_set_bool(detail, "no_reboot", order->no_reboot);
    json_set_bool(detail, "ignore_plugins", order->ignore_plugins);
    json_set_int(detail, "began_ms", practice_now_ms(practice));
    sql_do(practice->sql,
           "INSERT INTO restores (snapshot_id, execution_id, tenant, status)"
           " VALUES (?, ?, ?, 'pending')",
           "sss", order->snapshot, order->execution, DEFAULT_TENANT);
    practice->state.restore_node = (int64_t)order->node;
    state_save(practice);
    ledger_restore_begins(practice);
    struct job job = {.kind = JOB_RESTORE,
                      .phase = PHASE_STARTED,
                      .execution = order->execution,
                      .detail = json_print(scope, detail)};
    jobs_add(practice, &job, practice_now_ms(practice), TO_STARTED_MS);
}

void restore_plan_with(const struct step *step, enum phase phase, int64_t delay_ms,
                       const char *detail)
{
    struct job next = *step->job;
    next.phase = (int64_t)phase;
    next.detail = detail;
    jobs_add(step->practice, &next, step->job->due_ms, delay_ms);
}

void restore_plan(const struct step *step, enum phase phase, int64_t delay_ms)
{
    restore_plan_with(step, phase, delay_ms, step->job->detail);
}

static struct json *read_detail(const struct step *step)
{
    struct json *detail = NULL;
    struct ferry_error err;
    const char *text = step->job->detail;
    return json_parse(step->ctx, text, strlen(text), &detail, &err) == FERRY_OK
               ? detail
               : json_object(step->ctx);
}

const char *restore_detail_with(const struct step *step, const char *flag)
{
    struct json *detail = read_detail(step);
    json_set_bool(detail, flag, true);
    return json_print(step->ctx, detail);
}

static void note_status(const struct step *step, const char *status)
{
    sql_do(step->practice->sql, "UPDATE restores SET status = ? WHERE execution_id = ?", "ss",
           status, step->job->execution);
}

void restore_end_execution(const struct step *step, const char *status, const char *error)
{
    exec_end(step->practice, step->job->execution, status, error, step->job->due_ms);
    note_status(step, status);
    workflow_dequeue(step->practice, step->job->due_ms);
}

void restore_is_over(const struct step *step)
{
    ledger_restore_ends(step->practice);
    practice_keep(step->practice, "restored_at_ms",
                  mem_printf(step->ctx, "%" PRId64, step->job->due_ms));
    restore_forget(step->practice);
}

static void judge(const struct step *step)
{
    struct practice *practice = step->practice;
    practice->state.restore_flag = true;
    struct restore_case found =
        restore_judge(practice, step->ctx, step->snapshot, step->force, step->bootstrap);
    struct json *detail = read_detail(step);
    json_set_int(detail, "verdict", (int64_t)found.verdict);
    json_set_string(detail, "error", found.error);
    const char *text = json_print(step->ctx, detail);
    switch (found.verdict) {
    case RESTORE_HANGS:
        break;
    case RESTORE_LEAKS:
    case RESTORE_FAILS:
    case RESTORE_BREAKS:
        restore_plan_with(step, PHASE_JUDGED, TO_JUDGED_MS, text);
        break;
    case RESTORE_NOTHING:
        restore_plan_with(step, PHASE_NEW_FLAG_OFF, TO_NOTHING_FLAG_OFF_MS, text);
        break;
    case RESTORE_NEW:
        restore_plan_with(step, PHASE_NEW_DATA, TO_NEW_DATA_MS, text);
        break;
    case RESTORE_LEGACY:
        restore_plan_with(step, PHASE_DOWN, TO_DOWN_MS, text);
        break;
    }
}

static void judged(const struct step *step)
{
    if (step->verdict == RESTORE_BREAKS) {
        step->practice->state.restore_flag = false;
    }
    restore_end_execution(step, "failed", step->verdict_error);
    if (step->verdict == RESTORE_FAILS) {
        restore_plan(step, PHASE_FLAG_OFF, TO_FLAG_OFF_MS);
    } else {
        restore_is_over(step);
    }
}

/* Errors of single things are only logged; the execution ends well all the same (facts 2.5). */
static void leave_out(const struct step *step, const struct content *content)
{
    static const char *const tables[] = {"agents", "node_instances", "nodes"};
    struct sql *sql = step->practice->sql;
    size_t count = (size_t)practice_number(step->practice, "entities_fail", 0);
    for (size_t i = 0; i < count && i < content->deployments_count; i++) {
        const struct content_deployment *deployment = &content->deployments[i];
        for (size_t j = 0; j < FERRY_COUNT(tables); j++) {
            sql_do(sql,
                   mem_printf(step->ctx, "DELETE FROM %s WHERE tenant = ? AND deployment_id = ?",
                              tables[j]),
                   "ss", deployment->tenant, deployment->id);
        }
        sql_do(sql, "DELETE FROM deployments WHERE tenant = ? AND id = ?", "ss", deployment->tenant,
               deployment->id);
        exec_log(step->practice, step->job->execution, "error",
                 mem_printf(step->ctx,
                            "Error restoring deployments in tenant %s: 409: conflict with "
                            "deployment %s",
                            deployment->tenant, deployment->id),
                 step->job->due_ms);
    }
}

static void first_step(const struct step *step)
{
    struct practice *practice = step->practice;
    switch ((enum phase)step->job->phase) {
    case PHASE_STARTED:
        exec_begin(practice, step->job->execution, step->job->due_ms);
        note_status(step, "started");
        restore_plan(step, PHASE_FLAG, TO_FLAG_MS);
        break;
    case PHASE_FLAG:
        judge(step);
        break;
    case PHASE_JUDGED:
        judged(step);
        break;
    case PHASE_FLAG_OFF:
        practice->state.restore_flag = false;
        restore_is_over(step);
        break;
    case PHASE_NEW_DATA: {
        struct content *content = restore_content(practice, step->snapshot);
        if (content != NULL) {
            store_load(practice, content, true);
            leave_out(step, content);
        }
        restore_plan(step, PHASE_NEW_FLAG_OFF, TO_NEW_FLAG_OFF_MS);
        break;
    }
    case PHASE_NEW_FLAG_OFF:
        practice->state.restore_flag = practice_switch(practice, "flag_leaks");
        restore_plan(step, PHASE_NEW_END, TO_NEW_END_MS);
        break;
    default:
        restore_end_execution(step, "terminated", NULL);
        restore_is_over(step);
        break;
    }
}

void restore_step(struct practice *practice, const struct job *job)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *detail = NULL;
    struct ferry_error err;
    if (job->detail == NULL ||
        json_parse(scope, job->detail, strlen(job->detail), &detail, &err) != FERRY_OK) {
        return;
    }
    struct step step = {
        .practice = practice,
        .job = job,
        .ctx = scope,
        .snapshot = json_string_or(detail, "snapshot", ""),
        .force = json_bool_or(detail, "force", false),
        .bootstrap = json_bool_or(detail, "bootstrap", false),
        .deadlock = json_bool_or(detail, "deadlock", false),
        .certificates = json_bool_or(detail, "certificates", false),
        .no_reboot = json_bool_or(detail, "no_reboot", false),
        .ignore_plugins = json_bool_or(detail, "ignore_plugins", false),
        .failed = json_bool_or(detail, "failed", false),
        .verdict = (enum restore_verdict)json_int64_or(detail, "verdict", 0),
        .verdict_error = json_string_or(detail, "error", NULL),
    };
    if (job->phase >= PHASE_ADMIN) {
        restore_after_step(&step);
    } else if (job->phase >= PHASE_DOWN) {
        restore_legacy_step(&step);
    } else {
        first_step(&step);
    }
    state_save(practice);
}
