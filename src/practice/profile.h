/*
 * What differs between the versions of a manager, in one table (cloudify-facts, sections 1 and 2).
 * A manager behaves as the newest row that is not newer than itself; an unknown newer version is
 * like the last row.
 */
#ifndef PRACTICE_PROFILE_H
#define PRACTICE_PROFILE_H

#include <stdbool.h>

struct version {
    int major, minor, patch;
};

struct profile {
    struct version from; /* first version that behaves so */
    /* snapshots */
    bool upload_replaces;     /* a second upload of an id answers 201 and replaces; else 409 */
    bool new_format;          /* restores the format without pg_data; knows "legacy" at create */
    bool needs_recreate_envs; /* restore demands recreate_deployments_envs */
    bool snapshot_status;     /* GET /snapshot-status exists */
    bool removes_archive;     /* the uploaded archive goes at the end of a legacy restore */
    bool stops_rest;          /* 502 during a legacy restore; else the REST service answers */
    const char *flag_path;    /* of the file behind snapshot-status, for messages only */
    /* executions */
    bool client_execution_id;  /* POST /executions takes "id" */
    bool queues_behind_system; /* queued, not refused, while a system workflow runs */
    bool availability;         /* workflows have is_available and availability_rules */
    bool unavailable_row;      /* an unavailable workflow leaves a failed row behind */
    bool deactivate_dequeues;  /* queued executions start when maintenance ends */
    /* maintenance */
    bool bypass_header;         /* X-BYPASS-MAINTENANCE is honoured */
    bool remaining_nested;      /* remaining_executions is a list in a list in POST's answer */
    const char *const *allowed; /* first path segments that answer in maintenance, NULL-ended */
    /* the rest */
    bool token_rows;         /* tokens are rows (ctok-); else one a user */
    bool ok_route;           /* /ok and /license-check */
    bool update_all_tenants; /* plugins-updates take and show all_tenants */
    bool shows_operations;   /* executions have total_operations and the like */
};

/* Reads "7.1.0", "7.1.0.dev1", "6.4.2-ga"; false when it is no version. */
bool version_parse(const char *text, struct version *out);
/* Below, equal, above 0, by major, minor and patch. */
int version_compare(struct version a, struct version b);
/* The row for a version, never NULL. */
const struct profile *profile_for(struct version version);
/* The oldest version that is practised. */
struct version profile_oldest(void);

#endif
