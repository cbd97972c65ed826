/*
 * What a legacy restore does when its execution has ended: a detached shell command replaces admin,
 * moves the certificates, reboots, and takes the flag down last (facts 2.2). From 4.5 on it runs
 * after a failure too.
 */
#include <string.h>

#include "base/mem.h"
#include "practice/content.h"
#include "practice/exec_rows.h"
#include "practice/practice.h"
#include "practice/restore_step.h"
#include "practice/store.h"

#define TO_REBOOT_MS 1000
#define REBOOT_MS 90000 /* 1 to 5 minutes (facts 6, no. 27) */
#define RESTART_MS 1200 /* of the REST service alone */
#define AGAIN_MS 2000   /* from the end to the second delivery */
#define AGAIN_FAILS_MS 1000

/* The source's admin: its password is known from practice.json or --restored-password. */
static void swap_admin(const struct step *step)
{
    struct practice *practice = step->practice;
    const char *password = practice_text(practice, step->ctx, "source.admin_password");
    const char *name = practice_text(practice, step->ctx, "source.admin_name");
    if (step->failed) { /* the rows were never loaded */
        const struct content *content = restore_content(practice, step->snapshot);
        password = content == NULL ? NULL : content->admin_password;
        name = content == NULL ? NULL : store_admin_of(content);
    }
    store_rename_admin(practice, name);
    if (password == NULL) {
        password = practice->options.restored_password;
    }
    if (password != NULL) {
        sql_do(practice->sql, "UPDATE users SET password = ? WHERE is_bootstrap", "s", password);
    }
    practice->state.passwords_fail = false;
    practice->state.slow_ms = 0;
}

/* Up to 4.4 the REST service is restarted here and not before. */
static void swap(const struct step *step)
{
    struct practice *practice = step->practice;
    const char *dies = practice_text(practice, step->ctx, "worker_dies");
    if (dies != NULL && strcmp(dies, "after_end") == 0) {
        return;
    }
    swap_admin(step);
    practice->state.rest_down = !practice->profile->restarts_rest;
    if (!step->certificates) {
        restore_plan(step, PHASE_LAST, practice->state.rest_down ? RESTART_MS : RESTORE_TO_LAST_MS);
        return;
    }
    practice->state.certificate = CERTIFICATE_WAITS;
    bool reboots = !step->no_reboot && !practice_switch(practice, "reboot_refused");
    restore_plan(step, reboots ? PHASE_REBOOT : PHASE_LAST,
                 reboots ? TO_REBOOT_MS : RESTORE_TO_LAST_MS);
}

static void reboot(const struct step *step)
{
    double ms = practice_number(step->practice, "reboot_ms", REBOOT_MS);
    step->practice->state.rebooting = true;
    restore_plan(step, PHASE_BOOTED, (int64_t)ms);
}

static void booted(const struct step *step)
{
    struct practice *practice = step->practice;
    practice->state.rebooting = false;
    practice->state.certificate = CERTIFICATE_RESTORED;
    /* rm races the shutdown, and its path was on the disk up to 6.4 (facts 2.2). */
    if (practice->version.major >= 7 || !practice_switch(practice, "flag_survives_reboot")) {
        practice->state.restore_flag = false;
    }
    restore_is_over(step);
}

/* The broker has not seen the message acknowledged, and gives it to a worker once more: the
   validator finds the blueprints of the first run (facts 2.10). */
static void deliver_again(const struct step *step)
{
    struct practice *practice = step->practice;
    sql_do(practice->sql, "UPDATE executions SET status = 'started', ended_at = NULL WHERE id = ?",
           "s", step->job->execution);
    practice->state.restore_flag = true;
    restore_plan(step, PHASE_AGAIN_ENDS, AGAIN_FAILS_MS);
}

static void fail_again(const struct step *step)
{
    restore_end_execution(step, "failed",
                          step->force ? "FileNotFoundError: [Errno 2] No such file or directory\n"
                                      : RESTORE_NOT_CLEAN);
    restore_plan(step, PHASE_FLAG_OFF, RESTORE_TO_LAST_MS);
}

static void last(const struct step *step)
{
    struct practice *practice = step->practice;
    static const struct version acked_late = {5, 0, 5};
    practice->state.rest_down = false;
    practice->state.restore_flag = practice_switch(practice, "flag_leaks");
    if (!step->failed && practice_switch(practice, "redelivered") &&
        version_compare(practice->version, acked_late) >= 0) {
        restore_plan(step, PHASE_AGAIN, AGAIN_MS);
        return;
    }
    restore_is_over(step);
}

void restore_after_step(const struct step *step)
{
    switch ((enum phase)step->job->phase) {
    case PHASE_ADMIN:
        swap(step);
        break;
    case PHASE_REBOOT:
        reboot(step);
        break;
    case PHASE_BOOTED:
        booted(step);
        break;
    case PHASE_AGAIN:
        deliver_again(step);
        break;
    case PHASE_AGAIN_ENDS:
        fail_again(step);
        break;
    default:
        last(step);
        break;
    }
}
