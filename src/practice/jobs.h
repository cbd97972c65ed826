/*
 * What happens by itself later: each execution under way has one job, with the step that comes
 * next and the time when it is due. Jobs are rows, so a manager that was killed goes on where the
 * wall clock says it would be. A step that is late is carried out as of the time it was due.
 */
#ifndef PRACTICE_JOBS_H
#define PRACTICE_JOBS_H

#include <stdint.h>

struct practice;

enum job_kind { JOB_PLAIN, JOB_AGENTS, JOB_UPDATE, JOB_CREATE, JOB_CANCEL, JOB_RESTORE };

struct job {
    enum job_kind kind;
    int64_t phase;
    int64_t due_ms;        /* the time as of which the step happens */
    const char *execution; /* its id */
    const char *detail;    /* the kind's own, or NULL */
};

/* Adds a job that is due delay_ms (of the real manager, scaled here) after from_ms. */
void jobs_add(struct practice *practice, const struct job *job, int64_t from_ms, int64_t delay_ms);
/* Takes back all jobs of an execution. */
void jobs_drop(struct practice *practice, const char *execution);
/* Carries out everything that is due at now_ms, in order, and sets practice->next_job_ms. */
void jobs_run(struct practice *practice, int64_t now_ms);

#endif
