/* The system workflow create_snapshot. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "practice/exec_rows.h"
#include "practice/jobs.h"
#include "practice/ledger.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/workflow.h"

#define CREATE_MS 2700 /* contract/06: until the snapshot is created, */
#define AFTER_MS 120   /* and from then until its execution ends */
#define COPY_PIECE (1u << 20)

static void next_phase(struct practice *practice, const struct job *job, int64_t delay_ms)
{
    struct job next = *job;
    next.phase++;
    jobs_add(practice, &next, job->due_ms, delay_ms);
}

/* A manager that was started from an archive hands out that archive as its snapshot. */
static bool copy_archive(struct practice *practice, const char *to)
{
    const char *from = practice->options.content;
    FILE *in = from == NULL ? NULL : fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    bool good = out != NULL;
    if (in == NULL) {
        static const unsigned char empty_zip[22] = {'P', 'K', 5, 6};
        good = good && fwrite(empty_zip, 1, sizeof empty_zip, out) == sizeof empty_zip;
    }
    char *piece = in == NULL ? NULL : mem_array(practice, char, COPY_PIECE);
    size_t size = 0;
    while (good && in != NULL && (size = fread(piece, 1, COPY_PIECE, in)) > 0) {
        good = fwrite(piece, 1, size, out) == size;
    }
    mem_free(piece);
    if (in != NULL) {
        (void)fclose(in);
    }
    return out != NULL && fclose(out) == 0 && good;
}

static void end_create(struct practice *practice, const struct job *job)
{
    static const char premium_only[] =
        "404: This feature exists only in the premium edition of Cloudify.\n"
        "Please contact sales for additional info.";
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *parameters = NULL;
    struct ferry_error err;
    const char *text =
        sql_one_text(scope, practice->sql, "SELECT parameters FROM executions WHERE id = ?", "s",
                     job->execution);
    if (text == NULL || json_parse(scope, text, strlen(text), &parameters, &err) != FERRY_OK) {
        return;
    }
    const char *id = json_string_or(parameters, "snapshot_id", "");
    bool legacy = json_bool_or(parameters, "legacy", true) || !practice->profile->new_format;
    const char *error = NULL;
    const char *told = sql_one_text(scope, practice->sql,
                                    "SELECT value FROM settings WHERE name = 'create.error'", "");
    if (told != NULL) {
        error = told;
    } else if (!legacy && !practice->options.premium) {
        error = premium_only;
    } else if (!copy_archive(practice, practice_archive_path(practice, scope, id))) {
        error = "OSError: [Errno 28] No space left on device";
    }
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

void workflow_create_step(struct practice *practice, const struct job *job)
{
    switch (job->phase) {
    case 0:
        exec_begin(practice, job->execution, job->due_ms);
        next_phase(practice, job, CREATE_MS);
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
