/* Inside the restore: one step of its time line, shared by restore*.c. */
#ifndef PRACTICE_RESTORE_STEP_H
#define PRACTICE_RESTORE_STEP_H

#include "practice/jobs.h"
#include "practice/restore.h"

enum phase {
    PHASE_STARTED,  /* the worker has it */
    PHASE_FLAG,     /* flag file up; the archive is judged */
    PHASE_JUDGED,   /* the end of those that fail or do nothing */
    PHASE_FLAG_OFF, /* after a failure */
    PHASE_NEW_DATA, /* new format: rows arrive */
    PHASE_NEW_FLAG_OFF,
    PHASE_NEW_END,
    PHASE_DOWN,       /* legacy: services stopped, 502 */
    PHASE_REPLACED,   /* the database is the source's; no password verifies, no execution row */
    PHASE_DOWN_AGAIN, /* second restart */
    PHASE_UP_AGAIN,   /* the row is back, with nulls */
    PHASE_PLUGINS,    /* up to 5.0.5: they are installed again */
    PHASE_ENDED,      /* terminated */
    PHASE_ADMIN,      /* admin's row is the source's: the first of the post-commands */
    PHASE_REBOOT,     /* restore_certificates: the machine goes down */
    PHASE_BOOTED,     /* and is back, with the other certificate */
    PHASE_LAST,       /* flag off */
    PHASE_AGAIN,      /* the broker delivers it once more */
    PHASE_AGAIN_ENDS,
};

struct step {
    struct practice *practice;
    const struct job *job;
    void *ctx;
    const char *snapshot, *verdict_error;
    bool force, bootstrap, deadlock;
    bool certificates, no_reboot, ignore_plugins;
    bool failed; /* the execution has failed; what follows are the post-commands */
    enum restore_verdict verdict;
};

void restore_plan(const struct step *step, enum phase phase, int64_t delay_ms);
/* The same with other data: a JSON object as text. */
void restore_plan_with(const struct step *step, enum phase phase, int64_t delay_ms,
                       const char *detail);
/* The detail of the job with one more flag set, owned by step->ctx. */
const char *restore_detail_with(const struct step *step, const char *flag);
/* The execution reaches its end; the ledger is told. */
void restore_end_execution(const struct step *step, const char *status, const char *error);
/* Nothing of the restore is left to come: what arrives from now on was not during it. */
void restore_is_over(const struct step *step);

/* restore_legacy.c: the phases from PHASE_DOWN to PHASE_ENDED. */
void restore_legacy_step(const struct step *step);
/* restore_after.c: those after the execution's end. */
void restore_after_step(const struct step *step);
/* How long the post-commands wait for the end of the worker (facts 2.2). */
#define RESTORE_TO_ADMIN_MS 3400
#define RESTORE_TO_LAST_MS 1500

#endif
