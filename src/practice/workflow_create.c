/* The system workflow create_snapshot. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "practice/exec_rows.h"
#include "practice/jobs.h"
#include "practice/ledger.h"
#include "practice/practice.h"
#include "practice/snapshot_write.h"
#include "practice/workflow.h"

#define CREATE_SECONDS 2.7 /* contract/06: until the snapshot is created, */
#define AFTER_MS 120       /* and from then until its execution ends */

static void next_phase(struct practice *practice, const struct job *job, int64_t delay_ms)
{
    struct job next = *job;
    next.phase++;
    jobs_add(practice, &next, job->due_ms, delay_ms);
}

static struct json *read_parameters(struct practice *practice, void *ctx, const char *execution)
{
    struct json *parameters = NULL;
    struct ferry_error err;
    const char *text = sql_one_text(
        ctx, practice->sql, "SELECT parameters FROM executions WHERE id = ?", "s", execution);
    return text != NULL && json_parse(ctx, text, strlen(text), &parameters, &err) == FERRY_OK
               ? parameters
               : NULL;
}

/* NULL, or why it cannot be made. */
static const char *make_archive(struct practice *practice, void *ctx, const char *execution,
                                const struct json *parameters)
{
    struct ferry_error err;
    const char *id = json_string_or(parameters, "snapshot_id", "");
    struct snapshot_order order = {
        .path = practice_archive_path(practice, ctx, id),
        .execution = execution,
        .legacy = json_bool_or(parameters, "legacy", true) || !practice->profile->new_format,
        .credentials = json_bool_or(parameters, "include_credentials", true),
        .logs = json_bool_or(parameters, "include_logs", true),
        .events = json_bool_or(parameters, "include_events", true),
        .metrics = json_bool_or(parameters, "include_metrics", false),
        .payload = (int64_t)practice_number(practice, "create_payload", 0)};
    const char *told = practice_text(practice, ctx, "create.error");
    if (told != NULL) {
        return told;
    }
    if (!order.legacy && !practice->options.premium) {
        return "404: This feature exists only in the premium edition of Cloudify.\n"
               "Please contact sales for additional info.";
    }
    if (practice_switch(practice, "create_disk_full")) {
        return "OSError: [Errno 28] No space left on device";
    }
    if (snapshot_write(practice, &order, &err) != FERRY_OK) {
        return mem_printf(ctx, "OSError: %s", err.message);
    }
    return NULL;
}

/* The archive grows in its place, and nobody refuses to hand it out (facts 1.1). */
static void begin_archive(struct practice *practice, const char *execution)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *parameters = read_parameters(practice, scope, execution);
    const char *id = json_string_or(parameters, "snapshot_id", "");
    FILE *file = practice_switch(practice, "create_partial")
                     ? fopen(practice_archive_path(practice, scope, id), "wb")
                     : NULL;
    if (file != NULL) {
        (void)fputs("PK\003\004 the beginning of an archive", file);
        (void)fclose(file);
    }
}

static void end_create(struct practice *practice, const struct job *job)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *parameters = read_parameters(practice, scope, job->execution);
    if (parameters == NULL) {
        return;
    }
    const char *id = json_string_or(parameters, "snapshot_id", "");
    const char *error = make_archive(practice, scope, job->execution, parameters);
    sql_do(practice->sql,
           "UPDATE snapshots SET status = ?, error = ? WHERE id = ? AND status = 'creating'", "sss",
           error == NULL ? "created" : "failed", error == NULL ? "" : error, id);
    if (error == NULL) {
        ledger_count(practice, LEDGER_CREATED, id, "");
    }
    struct job last = *job;
    last.detail = error;
    next_phase(practice, &last, AFTER_MS);
}

void workflow_create_cancelled(struct practice *practice, const char *execution)
{
    sql_do(practice->sql,
           "UPDATE snapshots SET status = 'failed', error = 'The execution was cancelled' WHERE"
           " status = 'creating' AND id = (SELECT json_extract(parameters, '$.snapshot_id') FROM"
           " executions WHERE id = ? AND workflow_id = 'create_snapshot' AND status <>"
           " 'kill_cancelling')",
           "s", execution);
}

void workflow_create_step(struct practice *practice, const struct job *job)
{
    switch (job->phase) {
    case 0:
        exec_begin(practice, job->execution, job->due_ms);
        begin_archive(practice, job->execution);
        next_phase(
            practice, job,
            (int64_t)(practice_number(practice, "seconds.create_snapshot", CREATE_SECONDS) * 1000));
        break;
    case 1:
        end_create(practice, job);
        break;
    default:
        if (job->detail == NULL || !practice->profile->create_tells) {
            exec_end(practice, job->execution, "terminated", NULL, job->due_ms);
        } else {
            exec_end(practice, job->execution, "failed", job->detail, job->due_ms);
        }
        workflow_dequeue(practice, job->due_ms);
        break;
    }
}
