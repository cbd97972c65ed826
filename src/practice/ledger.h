/*
 * What really took effect, and what was asked. Effects are counted in the same transaction as the
 * effect itself; requests are counted in memory and written along with the next effect and at the
 * end, so a killed manager may forget some of those.
 */
#ifndef PRACTICE_LEDGER_H
#define PRACTICE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct practice;
struct ledger;

struct ledger *ledger_new(struct practice *practice);

#define LEDGER_UPLOADS "uploads"
#define LEDGER_ACTIVATIONS "activations"
#define LEDGER_DEACTIVATIONS "deactivations"
#define LEDGER_EXECUTIONS "executions"
#define LEDGER_DRY_RUNS "dry_runs"
#define LEDGER_PLUGINS "plugins"
#define LEDGER_PLUGINS_DELETED "plugins_deleted"
#define LEDGER_UPDATES "plugins_updates"
#define LEDGER_UPDATES_EMPTY "plugins_updates_unchanged"
#define LEDGER_CREATED "snapshots_created"
#define LEDGER_DELETED "snapshots_deleted"
#define LEDGER_ACTIONS "execution_actions"
#define LEDGER_TOKENS "tokens"
#define LEDGER_EXECUTION_ACTIONS "actions_by_execution"
#define LEDGER_SCHEDULED "scheduled_starts"
#define LEDGER_MAINTENANCE "maintenance_requests"

/* One more effect of a kind; sub may be "". */
void ledger_count(struct practice *practice, const char *kind, const char *name, const char *sub);
/* What the ledger is told of a request when it arrives. */
struct asked {
    const char *method, *path;
    size_t node; /* of the cluster, from 0 */
    bool auth;   /* with credentials */
};
/* One more request, at arrival; returns its number. */
int64_t ledger_request(struct practice *practice, const struct asked *asked);
/* Its answer; status 0: the connection was closed without one. */
void ledger_answered(struct practice *practice, int64_t number, int status);
/* A restore was accepted, and nothing of it is left to come: in between, "during_restore" keeps
   the newest 2,000 requests, {"restore", "node", "at_ms", "method", "path", "status", "auth"}. */
void ledger_restore_begins(struct practice *practice);
void ledger_restore_ends(struct practice *practice);
/* A password was checked: "wrong_passwords" tells {"in_a_row", "most_in_a_row", "total"} by user.
 */
void ledger_password(struct practice *practice, const char *user, bool right);
/* Writes the counters of requests; inside the caller's transaction if there is one. */
void ledger_flush(struct practice *practice);
/* The whole ledger as JSON. */
void ledger_write(struct practice *practice, struct buf *out);
/* {"requests": [{"n", "method", "path", "t", "status"}]}: those after number after, of this
   process, the newest 16,384 at most. t is Unix time in ms; status -1 means under way, 0 closed. */
void ledger_write_requests(struct practice *practice, struct buf *out, int64_t after);

#endif
