/*
 * What becomes of the scheduled and queued executions and of the execution schedules of an
 * archive, when it is restored at a planned time. Pure: it works on what the archive said, on the
 * target's version and on moments that are given (facts 2.5, 2.8, 10.2d; the scheduler and the
 * restore as they stand in the managers' source, 5.0.5 to 7.1).
 */
#ifndef CLOUDIFY_FORECAST_H
#define CLOUDIFY_FORECAST_H

#include "cloudify/archive.h"

#define CLOUDIFY_FORECAST_ROWS_MAX 1000 /* in the document; counts stay exact */
/* A scheduler takes what is late by the slip and this much (should_run of 5.2 to 7.1). */
#define CLOUDIFY_SCHEDULER_GRACE_MS ((int64_t)60 * 1000)
/* Steps of all searches for occurrences together: about a second of work, then "unknown". */
#define CLOUDIFY_FORECAST_BUDGET ((int64_t)5000000)

enum cloudify_old_manager { CLOUDIFY_OLD_UNKNOWN, CLOUDIFY_OLD_RUNS, CLOUDIFY_OLD_IN_MAINTENANCE };

struct cloudify_forecast_when {
    const char *version; /* of the target; NULL: not known, so as the newest known one */
    const char *tenant;  /* in which the restore is told: it looks at this one's executions only */
    int64_t now_ms;      /* unix ms, all of them */
    int64_t begin_ms;    /* the planned beginning of the run */
    int64_t restored_ms; /* when the restore looks at the scheduled executions: near its end */
    int64_t off_ms;      /* when maintenance ends */
    enum cloudify_old_manager old;
};

/*
 * {"counts": {"scheduled"|"queued"|"schedules": {OUTCOME: N}}, "rows": [{"kind", "id", "workflow",
 * "deployment", "tenant", "due", "outcome", "new_at", "old_at", "both", "close", "new", "old"}],
 * "left_out": N}, owned by ctx. Times are RFC 3339 or null. "close": the outcome depends on how
 * long the steps before really take. "new" and "old" say in words what each manager does.
 * Outcomes:
 *   failed       overdue when the restore looks: marked failed, does not run
 *   recreated    marked failed, and a new schedule runs it at its time
 *   lost         the same, but its time comes during maintenance and is past its grace after it
 *   requeued     runs at its time
 *   stays        keeps its status and is not run by the new manager of its own accord
 *   starts       starts when maintenance ends
 *   fires_late   a schedule that comes due before maintenance ends, within its slip: fires then
 *   skips        the same, out of its slip: left out; new_at is the next one
 *   fires        fires at its next time after maintenance
 *   over         a schedule without a further occurrence
 *   disabled     a schedule that is switched off
 *   unknown      ferry cannot tell, and says why
 */
struct json *cloudify_forecast(const void *ctx, const struct cloudify_archive *archive,
                               const struct cloudify_forecast_when *when);

#endif
