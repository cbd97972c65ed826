/*
 * What differs between the versions of a manager (cloudify-facts, sections 1 and 2), in three
 * tables of profile.c: features, routes, and what answers in maintenance. Each row says from which
 * version on it holds and with which it ended; an unknown newer version is like the newest row.
 */
#ifndef PRACTICE_PROFILE_H
#define PRACTICE_PROFILE_H

#include <stdbool.h>

struct version {
    int major, minor, patch;
};

struct profile {
    struct version version;
    /* snapshots */
    bool upload_replaces;     /* a second upload of an id answers 201 and replaces; else 409 */
    bool new_format;          /* restores the format without pg_data; knows "legacy" at create */
    bool needs_recreate_envs; /* restore demands recreate_deployments_envs */
    bool removes_archive;     /* the uploaded archive goes at the end of a legacy restore */
    bool stops_rest;          /* 502 during a legacy restore; else the REST service answers */
    bool restarts_rest; /* it is restarted with the source's secret before the end; else after */
    bool reinstalls_plugins; /* a legacy restore installs them again, and may fail by that */
    bool has_flag;           /* a file says that a restore is under way */
    const char *flag_path;   /* of that file, for messages only; NULL: none */
    bool ranges;             /* parts of an archive can be asked for */
    bool checks_id;          /* of a snapshot at its creation */
    bool create_queues;      /* create takes "queue" */
    bool create_tempdir;     /* and "tempdir_path" */
    bool create_metrics;     /* and "include_metrics" */
    bool create_tells;       /* a failed snapshot's execution is failed, not terminated */
    bool delete_guarded;     /* DELETE is refused while the snapshot is made or restored */
    bool shows_transient;    /* maintenance reads "deactivated" while its table is replaced */
    bool fails_scheduled;    /* a restore makes schedules of what was scheduled, and fails it */
    bool requeues_scheduled; /* a restore requeues what is still to come, and fails the overdue */
    /* executions */
    bool client_execution_id;  /* POST /executions takes "id" */
    bool queues_behind_system; /* queued, not refused, while a system workflow runs */
    bool availability;         /* workflows have is_available and availability_rules */
    bool unavailable_row;      /* an unavailable workflow leaves a failed row behind */
    bool deactivate_dequeues;  /* queued executions start when maintenance ends */
    bool throttles_queue;      /* max_concurrent_workflows */
    bool makes_schedules;      /* scheduled_time makes a schedule, not an execution */
    /* maintenance */
    bool bypass_header;       /* X-BYPASS-MAINTENANCE is honoured */
    bool remaining_nested;    /* remaining_executions is a list in a list in POST's answer */
    bool allows_by_substring; /* "status" lets cluster-status through, and so on */
    /* plugins */
    bool plugin_execution;  /* an upload starts install_plugin; "installing-..." until its end */
    bool client_plugin_id;  /* POST /plugins takes "id" */
    bool plugin_by_archive; /* 409 by the name of the archive, in another text */
    bool caravan_lists_all; /* a caravan's answer lists every plugin; else none */
    bool update_stops;      /* the first deployment that fails ends the update, for ever active */
    bool update_loses;      /* a failed update deletes the deployments that it had moved */
    bool deletes_with_body; /* DELETE of a plugin answers 200 and the plugin */
    /* the rest */
    bool token_rows;         /* tokens are rows (ctok-); else one a user */
    bool agents_all_tenants; /* GET /agents knows _all_tenants */
    bool status_by_name;     /* services of /status are an object; else a list of display names */
    bool update_body;        /* plugins-updates read a body; else "force" of the query alone */
    bool update_all_tenants; /* plugins-updates take all_tenants */
};

/* Reads "7.1.0", "7.1.0.dev1", "6.4.2-ga"; false when it is no version. */
bool version_parse(const char *text, struct version *out);
/* Below, equal, above 0, by major, minor and patch. */
int version_compare(struct version a, struct version b);
/* Fills what a manager of that version does. */
void profile_fill(struct version version, struct profile *out);
/* Whether it has the route; pattern as in routes.c. */
bool profile_has_route(const struct profile *profile, const char *method, const char *pattern);
/* Whether the route answers in activated maintenance. */
bool profile_allows(const struct profile *profile, const char *pattern);
/* Whether objects of a model ("Agent") have the field. */
bool profile_has_field(const struct profile *profile, const char *model, const char *field);
/* The oldest version that is practised. */
struct version profile_oldest(void);

#endif
