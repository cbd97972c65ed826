/*
 * Which backups stay: so many daily, weekly, monthly and yearly ones (grandfather, father, son).
 * Pure: no clock, no files; the same entries give the same verdicts, in whatever order they come.
 *
 * The rules, which are those of restic where tools differ:
 * - The time of a backup is that of its snapshot, not of the file.
 * - "daily: 7" has seven slots: the newest backup of each of the last seven days that have one.
 * Days without a backup (failures, holidays) take no slot. Likewise ISO weeks, months and years. As
 * the newest of a period that has ended stays the newest for ever, pruning each day and pruning
 * once at the end leave the same.
 * - One backup may fill slots of several rules; it stays as long as one of them holds it.
 * - Only what was proven fills slots. What is dated in the future fills none and stays.
 * - Managers that share a folder are judged each by itself.
 * Never removed: the newest proven backup of a manager, whatever is not older than it, what an
 * upgrade began with, and what ferry did not make. Not proven ones go when a newer one is proven
 * and they are old enough. A policy of zeros removes nothing at all.
 */
#ifndef BACKUP_RETENTION_H
#define BACKUP_RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

#define RETENTION_UNPROVEN_MS (INT64_C(7) * 86400000) /* where the policy does not say */
/* A snapshot may be dated by a manager whose clock is ahead of ours by this much. */
#define RETENTION_FUTURE_MS INT64_C(86400000)

struct retention_policy {
    int64_t daily, weekly, monthly, yearly; /* slots; 0: the rule is off */
    bool local_zone;                        /* days of this machine's zone; else UTC */
    int64_t unproven_ms;                    /* not proven ones stay for so long at least */
    const char *manager; /* the only one that the policy is for; others stay. NULL: it is for all */
};

struct retention_entry {
    const char *name;    /* unique; of two of the same time the greater name counts as newer */
    const char *manager; /* never NULL where made_by_ferry */
    int64_t taken_at_ms; /* unix */
    bool made_by_ferry;
    bool of_upgrade; /* an upgrade began with it: it stays, and fills no slots */
    bool proven;
};

struct retention_verdict {
    bool keep;
    const char *why; /* "daily 3 of 7 (2026-10-31), monthly 1 of 12 (2026-10)"; owned by ctx */
};

/* From the options' object "keep" (may be NULL: all rules are off); for all managers. */
struct retention_policy retention_policy_of(const struct json *keep);

/* verdicts: as many as entries, in their order. */
void retention_judge(const void *ctx, const struct retention_policy *policy,
                     const struct retention_entry *entries, size_t count, int64_t now_ms,
                     struct retention_verdict *verdicts);

#endif
