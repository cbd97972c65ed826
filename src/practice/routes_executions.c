#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/exec_rows.h"
#include "practice/exec_start.h"
#include "practice/jobs.h"
#include "practice/ledger.h"
#include "practice/list.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"
#include "practice/workflow.h"

#define KILL_MS 400 /* contract/11b, contract/12: a worker notices within half a second */
#define FORCE_CANCEL_MS 2000

void handle_execution_list(struct request *request)
{
    const char *with = request_param(request, "_include_system_workflows");
    bool all = with != NULL && strcmp(with, "true") == 0;
    all = all || request_param(request, "is_system_workflow") != NULL;
    list_reply(request, &list_executions, all ? NULL : "NOT t.is_system");
}

void handle_execution_get(struct request *request)
{
    list_reply_one(request, &list_executions, request->args[0]);
}

static void reply_execution(struct request *request, int status, int64_t seq)
{
    list_write_row(request->practice, reply_json(request, status), &list_executions, seq);
    (void)buf_puts(&request->reply.body, "\n");
}

/* "YYYYMMDDHHMM+HHMM" as milliseconds. */
static bool read_schedule_time(const char *text, int64_t *out_ms)
{
    char iso[40];
    if (strlen(text) != 17 || strspn(text, "0123456789") != 12) {
        return false;
    }
    (void)snprintf(iso, sizeof iso, "%.4s-%.2s-%.2sT%.2s:%.2s:00%.3s:%.2s", text, text + 4,
                   text + 6, text + 8, text + 10, text + 12, text + 15);
    return timefmt_parse_utc(iso, out_ms);
}

static void reply_scheduled(struct request *request)
{
    static const char *const nulls[] = {"created_at",
                                        "visibility",
                                        "id",
                                        "ended_at",
                                        "error",
                                        "parameters",
                                        "parameters_p",
                                        "workflow_id",
                                        "resume",
                                        "is_system_workflow",
                                        "started_at",
                                        "scheduled_for",
                                        "is_dry_run",
                                        "blueprint_id",
                                        "deployment_display_name",
                                        "deployment_id",
                                        "tenant_name",
                                        "created_by",
                                        "resource_availability"};
    struct json *out = json_object(request);
    for (size_t i = 0; i < FERRY_COUNT(nulls); i++) {
        json_set_null(out, nulls[i]);
    }
    json_set_string(out, "status", "scheduled");
    json_set_string(out, "status_display", "scheduled");
    json_set_int(out, "total_operations", 0);
    json_set_int(out, "finished_operations", 0);
    json_set_bool(out, "allow_custom_parameters", false);
    json_set_bool(out, "private_resource", false);
    reply_json_node(request, 201, out);
}

/* Before 5.2 the execution itself waits, and a worker takes it when its time has come. */
static void wait_for_time(struct request *request, const struct start *start, int64_t at_ms)
{
    struct practice *practice = request->practice;
    struct exec_row row = {
        .id = practice_uuid(practice, request),
        .tenant = request->tenant,
        .workflow = start->workflow,
        .deployment = start->deployment,
        .blueprint = start->blueprint,
        .status = "scheduled",
        .parameters = json_print(request, start->parameters),
        .user = request->user,
        .visibility = "tenant",
        .created_at = practice_now(practice, request),
        .allow_custom = start->allow_custom,
    };
    int64_t seq = exec_insert(practice, &row);
    sql_do(practice->sql, "UPDATE executions SET scheduled_for = ? WHERE seq = ?", "si",
           timefmt_utc(request, at_ms), seq);
    workflow_launch(practice, row.id, at_ms);
    ledger_count(practice, LEDGER_SCHEDULED, start->workflow,
                 mem_printf(request, "%s/%s", request->tenant, start->deployment));
    reply_execution(request, 201, seq);
}

/* From 5.2 on a scheduled start makes a schedule and no execution. */
static void schedule(struct request *request, const struct start *start)
{
    struct practice *practice = request->practice;
    int64_t at_ms = 0;
    if (!read_schedule_time(start->scheduled_time, &at_ms) || at_ms < practice_now_ms(practice)) {
        reply_error(request, 400, "bad_parameters_error",
                    "Date `%s` has already passed, please provide valid date. \nExpected format: "
                    "YYYYMMDDHHMM+HHMM or YYYYMMDDHHMM-HHMM i.e: 201801012230-0500 (Jan-01-18 "
                    "10:30pm EST)",
                    start->scheduled_time);
        return;
    }
    if (!practice->profile->makes_schedules) {
        wait_for_time(request, start, at_ms);
        return;
    }
    const char *at = timefmt_utc(request, at_ms);
    sql_do(practice->sql,
           "INSERT INTO schedules (tenant, id, deployment_id, workflow_id, created_at,"
           " next_occurrence, since, rule, parameters, slip, enabled, stop_on_fail, created_by)"
           " VALUES (?, ? || '_' || lower(hex(randomblob(16))), ?, ?, ?, ?, ?,"
           " '{\"count\": 1}', ?, 0, 1, 0, ?)",
           "sssssssss", request->tenant, start->workflow, start->deployment, start->workflow,
           practice_now(practice, request), at, at, json_print(request, start->parameters),
           request->user);
    reply_scheduled(request);
}

static void write_running(struct buf *out, struct practice *practice, const char *tenant,
                          const char *deployment)
{
    struct sqlite3_stmt *query =
        sql_start(practice->sql,
                  "SELECT id, tenant, status, workflow_id FROM executions WHERE tenant = ?"
                  " AND deployment_id = ? AND " EXEC_RUNNING " ORDER BY seq",
                  "ss", tenant, deployment);
    while (sql_next(query)) {
        (void)buf_printf(out, "%s<Execution id=`%s` tenant=`%s` status=`%s` workflow_id=`%s`>",
                         out->len == 0 ? "" : ", ", sql_text(query, 0), sql_text(query, 1),
                         sql_text(query, 2), sql_text(query, 3));
    }
}

/* "pending" or "queued", or NULL with the reply filled. */
static const char *first_status(struct request *request, const struct start *start)
{
    struct practice *practice = request->practice;
    struct buf running;
    buf_init(&running, request, 1u << 20);
    if (!start->force) {
        write_running(&running, practice, request->tenant, start->deployment);
    }
    if (running.len > 0 && !start->queue) {
        reply_error(request, 400, "existing_running_execution_error",
                    "The following executions are currently running for this deployment: [%s]. To "
                    "execute this workflow anyway, pass \"force=true\" as a query parameter to "
                    "this request",
                    buf_text(&running));
        return NULL;
    }
    if (running.len > 0) {
        return "queued";
    }
    /* Any system workflow holds up the others, update_plugin too (contract/11). */
    const char *system = sql_one_text(
        request, practice->sql,
        "SELECT id FROM executions WHERE " EXEC_HOLDS " AND " EXEC_RUNNING " LIMIT 1", "");
    if (system == NULL) {
        return "pending";
    }
    if (practice->profile->queues_behind_system || start->queue) {
        return "queued";
    }
    reply_error(request, 400, "existing_running_execution_error",
                "You cannot start an execution if there is a running system-wide execution %s",
                system);
    return NULL;
}

void handle_execution_start(struct request *request)
{
    struct practice *practice = request->practice;
    struct start start = {0};
    if (!start_read(request, &start) || !start_check(request, &start)) {
        return;
    }
    if (start.scheduled_time != NULL) {
        schedule(request, &start);
        return;
    }
    double most = practice_number(practice, "memory_for", 0);
    if (most > 0 && (double)exec_running(practice) >= most) {
        reply_error(request, 503, "insufficient_memory_error",
                    "There is not enough memory available to run another workflow");
        return;
    }
    const char *status =
        start.force_status != NULL ? start.force_status : first_status(request, &start);
    if (status == NULL) {
        return;
    }
    struct exec_row row = {
        .id = start.id != NULL ? start.id : practice_uuid(practice, request),
        .tenant = request->tenant,
        .workflow = start.workflow,
        .deployment = start.deployment,
        .blueprint = start.blueprint,
        .status = status,
        .parameters = json_print(request, start.parameters),
        .user = request->user,
        .visibility = "tenant",
        .created_at = practice_now(practice, request),
        .is_dry_run = start.dry_run,
        .allow_custom = start.allow_custom,
    };
    int64_t seq = exec_insert(practice, &row);
    if (start.force_status == NULL) {
        ledger_count(practice, start.dry_run ? LEDGER_DRY_RUNS : LEDGER_EXECUTIONS, start.workflow,
                     mem_printf(request, "%s/%s", request->tenant, start.deployment));
    }
    if (strcmp(status, "pending") == 0) {
        workflow_launch(practice, row.id, practice_now_ms(practice));
    }
    reply_execution(request, 201, seq);
}

static const char actions[] =
    "['cancel', 'force-cancel', 'kill', 'resume', 'force-resume', 'requeue']";

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(word, *words) == 0) {
            return true;
        }
    }
    return false;
}

/* Which statuses an action takes; kill takes all, even ended ones (contract/12). */
static bool action_fits(const char *action, const char *status)
{
    static const char *const cancel[] = {"pending", "started", "queued", "scheduled", NULL};
    static const char *const force[] = {"pending",   "started",    "queued",
                                        "scheduled", "cancelling", NULL};
    static const char *const resume[] = {"cancelled", "failed", NULL};
    static const char *const requeue[] = {"queued", NULL};
    if (strcmp(action, "kill") == 0) {
        return true;
    }
    if (strcmp(action, "cancel") == 0) {
        return is_one_of(status, cancel);
    }
    if (strcmp(action, "force-cancel") == 0) {
        return is_one_of(status, force);
    }
    return is_one_of(status, strcmp(action, "requeue") == 0 ? requeue : resume);
}

struct target {
    int64_t seq;
    const char *id, *status, *workflow;
    bool stuck;
};

static void resume(struct practice *practice, const struct target *target)
{
    sql_do(practice->sql,
           "UPDATE executions SET status = 'pending', ended_at = NULL, error = '', resume = 1"
           " WHERE seq = ?",
           "i", target->seq);
    workflow_launch(practice, target->id, practice_now_ms(practice));
}

static void stop(struct practice *practice, const char *action, const struct target *target)
{
    bool kill = strcmp(action, "kill") == 0;
    bool restore = strcmp(target->workflow, "restore_snapshot") == 0;
    const char *status = kill                                  ? "kill_cancelling"
                         : strcmp(action, "force-cancel") == 0 ? "force_cancelling"
                                                               : "cancelling";
    sql_do(practice->sql,
           "UPDATE executions SET status = ?, error = coalesce(error, '') WHERE seq = ?", "si",
           status, target->seq);
    /* Nobody works on a stuck row, and a restore does not look whether it is cancelled. */
    if (!kill && (target->stuck || restore)) {
        return;
    }
    struct job job = {.kind = JOB_CANCEL, .execution = target->id};
    jobs_drop(practice, target->id);
    jobs_add(practice, &job, practice_now_ms(practice),
             strcmp(action, "force-cancel") == 0 ? FORCE_CANCEL_MS : KILL_MS);
}

static bool find_target(struct request *request, struct target *target)
{
    struct sqlite3_stmt *query =
        sql_start(request->practice->sql,
                  "SELECT seq, status, workflow_id, stuck FROM executions WHERE tenant = ?"
                  " AND id = ? ORDER BY seq LIMIT 1",
                  "ss", request->tenant, request->args[0]);
    if (!sql_next(query)) {
        reply_error(request, 404, "not_found_error", "Requested `Execution` ['%s'] was not found",
                    request->args[0]);
        return false;
    }
    target->seq = sql_int(query, 0);
    target->id = request->args[0];
    target->status = mem_strdup(request, sql_text(query, 1));
    target->workflow = mem_strdup(request, sql_text(query, 2));
    target->stuck = sql_int(query, 3) != 0;
    sql_end(query);
    return true;
}

void handle_execution_action(struct request *request)
{
    static const char *const known[] = {"cancel",       "force-cancel", "kill", "resume",
                                        "force-resume", "requeue",      NULL};
    struct target target = {0};
    const char *action = json_string_or(request->json, "action", NULL);
    if (action == NULL) {
        reply_error(request, 400, "bad_parameters_error", "Missing action in json request body");
        return;
    }
    if (!is_one_of(action, known)) {
        reply_error(request, 400, "bad_parameters_error",
                    "Invalid action: %s, Valid action values are: %s", action, actions);
        return;
    }
    if (!find_target(request, &target)) {
        return;
    }
    if (!action_fits(action, target.status)) {
        reply_error(request, strstr(action, "resume") != NULL ? 409 : 400,
                    strstr(action, "resume") != NULL ? "conflict_error" : "illegal_action_error",
                    "Can't %s execution %s because it's in status %s", action, target.id,
                    target.status);
        return;
    }
    if (strstr(action, "resume") != NULL) {
        resume(request->practice, &target);
    } else if (strcmp(action, "requeue") != 0) {
        stop(request->practice, action, &target);
    }
    ledger_count(request->practice, LEDGER_ACTIONS, mem_printf(request, "%s %s", action, target.id),
                 "");
    ledger_count(request->practice, LEDGER_EXECUTION_ACTIONS, target.id, action);
    reply_execution(request, 200, target.seq);
}
