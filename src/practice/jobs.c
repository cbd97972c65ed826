#include "practice/jobs.h"

#include "base/mem.h"
#include "practice/ledger.h"
#include "practice/practice.h"
#include "practice/restore.h"
#include "practice/workflow.h"

static void find_next(struct practice *practice)
{
    practice->next_job_ms = sql_one_int(practice->sql, INT64_MAX,
                                        "SELECT due_ms FROM jobs ORDER BY due_ms, seq LIMIT 1", "");
}

void jobs_add(struct practice *practice, const struct job *job, int64_t from_ms, int64_t delay_ms)
{
    int64_t due_ms = from_ms + practice_scaled(practice, delay_ms);
    sql_do(practice->sql,
           "INSERT INTO jobs (due_ms, kind, phase, execution, detail) VALUES (?, ?, ?, ?, ?)",
           "iiiss", due_ms, (int64_t)job->kind, job->phase, job->execution, job->detail);
    if (due_ms < practice->next_job_ms) {
        practice->next_job_ms = due_ms;
    }
}

void jobs_drop(struct practice *practice, const char *execution)
{
    sql_do(practice->sql, "DELETE FROM jobs WHERE execution = ?", "s", execution);
}

static void carry_out(struct practice *practice, const struct job *job)
{
    switch (job->kind) {
    case JOB_RESTORE:
        restore_step(practice, job);
        break;
    case JOB_PLAIN:
    case JOB_AGENTS:
    case JOB_UPDATE:
    case JOB_CREATE:
    case JOB_CANCEL:
        workflow_step(practice, job);
        break;
    }
}

static bool run_first(struct practice *practice, int64_t now_ms)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct sqlite3_stmt *query =
        sql_start(practice->sql,
                  "SELECT seq, due_ms, kind, phase, execution, detail FROM jobs"
                  " WHERE due_ms <= ? ORDER BY due_ms, seq LIMIT 1",
                  "i", now_ms);
    if (!sql_next(query)) {
        return false;
    }
    int64_t seq = sql_int(query, 0);
    struct job job = {.due_ms = sql_int(query, 1),
                      .kind = (enum job_kind)sql_int(query, 2),
                      .phase = sql_int(query, 3),
                      .execution = mem_strdup(scope, sql_text(query, 4)),
                      .detail = mem_strdup(scope, sql_text(query, 5))};
    sql_end(query);
    sql_do(practice->sql, "DELETE FROM jobs WHERE seq = ?", "i", seq);
    carry_out(practice, &job);
    return true;
}

void jobs_run(struct practice *practice, int64_t now_ms)
{
    if (practice->next_job_ms > now_ms) {
        return;
    }
    sql_begin(practice->sql);
    while (run_first(practice, now_ms)) {
    }
    ledger_flush(practice);
    find_next(practice);
    sql_commit(practice->sql);
}
