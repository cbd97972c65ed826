/* Rows of executions: made, moved on, looked for. */
#ifndef PRACTICE_EXEC_ROWS_H
#define PRACTICE_EXEC_ROWS_H

#include <stdbool.h>
#include <stdint.h>

struct practice;

struct exec_row {
    const char *id, *tenant, *workflow, *deployment, *blueprint, *status, *error, *parameters,
        *user, *visibility, *created_at;
    bool is_system, is_dry_run, allow_custom;
    bool blocking; /* nothing else may run beside it: create_snapshot, restore_snapshot */
    bool stuck;    /* no worker has it: a cancel never ends (contract/09) */
};

/* Statuses with a worker, and statuses before the end: END_STATES are the other three. */
#define EXEC_RUNNING                                                                               \
    "status IN ('pending', 'started', 'cancelling', 'force_cancelling', 'kill_cancelling')"
#define EXEC_ACTIVE                                                                                \
    "status IN ('pending', 'started', 'cancelling', 'force_cancelling', 'kill_cancelling',"        \
    " 'queued', 'scheduled')"

/* Those that hold up all others; a create_snapshot of the new format does not (facts 1.1). */
#define EXEC_HOLDS "(is_system AND (blocking OR workflow_id <> 'create_snapshot'))"

/* Returns the row's seq. */
int64_t exec_insert(struct practice *practice, const struct exec_row *row);
void exec_begin(struct practice *practice, const char *id, int64_t at_ms);
/* error NULL means "". */
void exec_end(struct practice *practice, const char *id, const char *status, const char *error,
              int64_t at_ms);
void exec_progress(struct practice *practice, const char *id, int64_t finished, int64_t total);
/* An id of a running execution of any tenant and kind; NULL: none. Owned by ctx. */
char *exec_any_running(struct practice *practice, const void *ctx);
/* The same, but only what runs alone: a snapshot of the old format that is made or restored. */
char *exec_blocking(struct practice *practice, const void *ctx);
/* How many run, of all tenants. */
int64_t exec_running(struct practice *practice);
/* One line of the event log. */
void exec_event(struct practice *practice, const char *id, const char *type, const char *message,
                int64_t at_ms);

/* The same about a node instance. */
void exec_event_of(struct practice *practice, const char *id, const char *instance,
                   const char *message, int64_t at_ms);

/* One line of its log, which GET /events shows only when asked for logs. */
void exec_log(struct practice *practice, const char *id, const char *level, const char *message,
              int64_t at_ms);

#endif
