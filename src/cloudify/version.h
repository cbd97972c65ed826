/*
 * Versions of managers, and what a manager of each version can do.
 * The list below is the one place that knows a version number: states ask a capability by name and
 * never compare versions. "facts N" is the section of cloudify-facts.md that a line stands on.
 * A version newer than CLOUDIFY_NEWEST_KNOWN is treated like the newest known one, and
 * cloudify_version_warning says so; one older than CLOUDIFY_OLDEST_SUPPORTED is refused.
 */
#ifndef CLOUDIFY_VERSION_H
#define CLOUDIFY_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "ferry/error.h"

/* 4.3 and 4.4 block snapshots in maintenance (facts 1.2). */
#define CLOUDIFY_OLDEST_SUPPORTED "4.5"
#define CLOUDIFY_NEWEST_KNOWN "7.1"
#define CLOUDIFY_VERSION_SUFFIX_MAX 32

struct cloudify_version {
    int major;
    int minor;
    int service;                              /* 0 when not given */
    char suffix[CLOUDIFY_VERSION_SUFFIX_MAX]; /* "dev1", "ga"; never compared */
};

/* One number to compare versions by; also for constant expressions. */
#define CLOUDIFY_V(major, minor, service) ((major)*1000000 + (minor)*1000 + (service))

/* X(name, condition on the number v, source). One bool a line in struct cloudify_caps. */
#define CLOUDIFY_CAPS(X, v)                                                                        \
    X(snapshots_in_maintenance, (v) >= CLOUDIFY_V(4, 5, 0), "facts 1.2")                           \
    /* GET /snapshot-status is there (404 before) */                                               \
    X(has_snapshot_status, (v) >= CLOUDIFY_V(5, 0, 5), "facts 1.1")                                \
    /* X-BYPASS-MAINTENANCE is honoured for administrators */                                      \
    X(bypass_maintenance, (v) >= CLOUDIFY_V(5, 1, 1), "facts 1.2")                                 \
    /* POST /executions takes our id: start at most once */                                        \
    X(client_execution_id, (v) >= CLOUDIFY_V(6, 3, 0), "facts 1.3, 10.5")                          \
    /* POST /plugins takes our id */                                                               \
    X(client_plugin_id, (v) >= CLOUDIFY_V(6, 4, 2), "facts 4.2")                                   \
    /* restore without recreate_deployments_envs is 400 */                                         \
    X(recreate_deployments_envs_required, (v) < CLOUDIFY_V(5, 3, 0), "facts 0, 9")                 \
    /* restore takes ignore_plugin_failure */                                                      \
    X(ignore_plugin_failure, (v) >= CLOUDIFY_V(4, 6, 0) && (v) < CLOUDIFY_V(5, 1, 0), "facts 1.1") \
    /* uploading an id that exists replaces its archive (201); else 409 */                         \
    X(upload_replaces, (v) >= CLOUDIFY_V(7, 0, 0), "facts 1.1, 10.1")                              \
    /* after a crash the row "uploaded" may stand without a complete file */                       \
    X(upload_row_before_file, (v) < CLOUDIFY_V(7, 0, 0), "facts 1.1")                              \
    /* a legacy restore empties the snapshots table: our row is 404 then */                        \
    X(snapshot_row_gone_after_restore, (v) >= 0, "facts 2.7, 10.2")                                \
    /* and removes the snapshot's folder too */                                                    \
    X(snapshot_files_gone_after_restore, (v) >= CLOUDIFY_V(6, 3, 0), "facts 2.7")                  \
    /* knows the new archive format; "legacy" must be sent when creating */                        \
    X(legacy_flag, (v) >= CLOUDIFY_V(7, 0, 0), "facts 1.1, 2.5")                                   \
    X(create_include_metrics, (v) < CLOUDIFY_V(5, 0, 0), "facts 1.1")                              \
    X(create_queue, (v) >= CLOUDIFY_V(4, 5, 0), "facts 1.1")                                       \
    X(create_tempdir_path, (v) >= CLOUDIFY_V(6, 4, 0), "facts 1.1")                                \
    /* a create execution ends terminated although the snapshot failed */                          \
    X(create_execution_hides_failure, (v) < CLOUDIFY_V(5, 1, 0), "facts 1.1")                      \
    /* DELETE of a snapshot in use is 400 */                                                       \
    X(delete_snapshot_guarded, (v) >= CLOUDIFY_V(5, 3, 0), "facts 1.1")                            \
    /* deployments list workflows[].is_available; an unavailable start is 400 */                   \
    X(workflow_is_available, (v) >= CLOUDIFY_V(6, 4, 0), "facts 1.4, 3.1")                         \
    /* GET /agents honours _all_tenants and shows and filters the state */                         \
    X(agents_all_tenants, (v) >= CLOUDIFY_V(5, 0, 5), "facts 1.4")                                 \
    /* a deployment workflow behind a system-wide one is queued by itself, else 400 */             \
    X(queues_behind_system_workflow, (v) >= CLOUDIFY_V(6, 0, 0), "facts 1.3")                      \
    /* POST /plugins starts install_plugin and archive_name is "installing-..." meanwhile */       \
    X(plugin_upload_installs, (v) < CLOUDIFY_V(5, 1, 0), "facts 4.2")                              \
    /* a plugin's zip may hold several yamls */                                                    \
    X(plugin_many_yamls, (v) >= CLOUDIFY_V(6, 0, 0), "facts 4.2")                                  \
    X(plugin_icon, (v) >= CLOUDIFY_V(5, 2, 0), "facts 4.2")                                        \
    /* managers and their agents run Python 3: wagons with py2 tags alone are of no use */         \
    X(python3, (v) >= CLOUDIFY_V(5, 1, 0), "facts 10 (py311), release notes of 5.1")               \
    X(plugins_updates, (v) >= CLOUDIFY_V(5, 0, 0), "facts 4.1")                                    \
    X(plugins_update_force_in_query, (v) >= CLOUDIFY_V(5, 0, 0) && (v) < CLOUDIFY_V(5, 1, 0),      \
      "facts 4.1")                                                                                 \
    /* plugin_names, all_to_latest, all_to_minor, mapping, force in the body */                    \
    X(plugins_update_body_options, (v) >= CLOUDIFY_V(5, 1, 0), "facts 4.1")                        \
    X(plugins_update_reevaluate, (v) >= CLOUDIFY_V(5, 1, 3), "facts 4.1")                          \
    X(plugins_update_all_tenants, (v) >= CLOUDIFY_V(6, 4, 0), "facts 4.1")                         \
    /* a failed or cancelled update_plugin deletes the deployments it had moved */                 \
    X(data_loss_on_failed_plugin_update,                                                           \
      ((v) >= CLOUDIFY_V(5, 2, 0) && (v) < CLOUDIFY_V(5, 2, 7)) ||                                 \
          ((v) >= CLOUDIFY_V(5, 3, 0) && (v) < CLOUDIFY_V(6, 3, 0)),                               \
      "facts 4.1")                                                                                 \
    /* restservice is stopped during a legacy restore: 502 from nginx */                           \
    X(restore_stops_rest, (v) >= CLOUDIFY_V(6, 2, 0), "facts 2.1, 2.3")                            \
    /* our polling can deadlock the restore's migrations and fail it */                            \
    X(polling_can_fail_restore, (v) < CLOUDIFY_V(6, 2, 0), "facts 2.3, 6")                         \
    /* the restore reinstalls plugins and re-creates environments: long */                         \
    X(restore_reinstalls_plugins, (v) < CLOUDIFY_V(5, 1, 0), "facts 2.1")                          \
    /* an unreadable archive leaves snapshot-status at running for ever */                         \
    X(flag_leaks_on_bad_archive, (v) >= CLOUDIFY_V(7, 0, 0), "facts 2.6, 10.3")                    \
    /* workflows over 30 minutes may be delivered a second time */                                 \
    X(broker_redelivers_after_30_min, (v) >= CLOUDIFY_V(6, 4, 0) && (v) < CLOUDIFY_V(6, 4, 2),     \
      "facts 2.10")                                                                                \
    /* scheduled executions whose time is past end failed by the restore */                        \
    X(restore_fails_overdue, (v) >= CLOUDIFY_V(5, 0, 5), "facts 2.8")                              \
    /* future scheduled executions come back as execution schedules, the originals as failed */    \
    X(restore_reschedules, (v) >= CLOUDIFY_V(6, 0, 0), "facts 2.8")                                \
    X(execution_schedules, (v) >= CLOUDIFY_V(5, 2, 0), "facts 1.7")                                \
    /* queued executions of the snapshot start when maintenance ends */                            \
    X(deactivate_starts_queued, (v) >= CLOUDIFY_V(6, 3, 0), "facts 1.2, 2.8")                      \
    /* nginx refuses over 10 requests a second with HTML 503 */                                    \
    X(rate_limited, (v) >= CLOUDIFY_V(7, 0, 0), "facts 1.0")                                       \
    X(cluster_status, (v) >= CLOUDIFY_V(5, 0, 5), "facts 1.6")                                     \
    X(ok_endpoint, (v) >= CLOUDIFY_V(6, 0, 0), "facts 1.6")

enum cloudify_tokens {
    CLOUDIFY_TOKENS_ONE, /* GET /tokens shows the user's only token (<= 6.3): facts 1.6 */
    CLOUDIFY_TOKENS_ROWS /* POST /tokens makes "ctok-ID-SECRET" rows (>= 6.4) */
};

struct cloudify_caps {
    int from;                    /* first version of this row, a CLOUDIFY_V number */
    int64_t quiet_ms;            /* silence after the POST of a restore: facts 2.3, 9 */
    int64_t poll_ms;             /* at least between two polls of a restore: facts 6 no. 4 */
    enum cloudify_tokens tokens; /* facts 1.6 */
    const char *flag_path;       /* file behind snapshot-status, or NULL: facts 1.1, 2.6 */
#define CLOUDIFY_CAPS_FIELD(name, condition, source) bool name;
    CLOUDIFY_CAPS(CLOUDIFY_CAPS_FIELD, 0)
#undef CLOUDIFY_CAPS_FIELD
};

/* Reads "7.0.5", "4.6", "7.1.0.dev1" (REST) or "7.1.0-.dev1" (agents); false: no version. */
bool cloudify_version_parse(const char *text, struct cloudify_version *out);
/* < 0, 0, > 0 by major.minor.service; the suffix is ignored, as managers do (facts 2.4). */
int cloudify_version_compare(const struct cloudify_version *a, const struct cloudify_version *b);
/* The same of texts; false when one of them is no version. */
bool cloudify_version_compare_text(const char *a, const char *b, int *out);

/* What a manager of this version can do: static. NULL: no version, or an unsupported one. */
const struct cloudify_caps *cloudify_caps_for(const char *version);
/* The same with the reason: FERRY_E_REFUSED for an old one, FERRY_E_PROTOCOL for no version. */
enum ferry_code cloudify_caps_find(const char *version, const struct cloudify_caps **out,
                                   struct ferry_error *err) FERRY_CHECK;
/* A sentence about a version newer than all that ferry knows, owned by ctx, or NULL. */
char *cloudify_version_warning(const void *ctx, const char *version);
/* Was this restore tested by the makers (facts 2.4)? Unknown targets: as the newest known. */
bool cloudify_restore_tested(const char *manager, const char *snapshot);
/* "5.1.0 to 5.1.1, 5.1.4": the sources that were tested for this manager, or "none". By ctx or
   static. */
const char *cloudify_tested_sources(const void *ctx, const char *manager);
/* "5.2.7", "5.2.7 and 6.2.0": managers to stop at, so that every restore on the way was tested;
   NULL: there is no such way. By ctx or static. */
const char *cloudify_tested_hops(const void *ctx, const char *manager, const char *snapshot);

enum cloudify_python {
    CLOUDIFY_PYTHON_FITS,  /* the manager has it, or the tag names none */
    CLOUDIFY_PYTHON_OTHER, /* another minor version of it: what was compiled for it may not run */
    CLOUDIFY_PYTHON_LACKS  /* Python 2 on a manager of Python 3, or the other way round */
};
/* Can a manager of this version run a wagon of this tag ("py27", "py36", "py2.py3")? */
enum cloudify_python cloudify_python_fit(const char *manager, const char *tag);
/* "3.10 and 3.11": the Pythons that it has for plugins; static. */
const char *cloudify_python_names(const char *manager);
/* Would the manager's own validation refuse the snapshot's version (legacy format only)?
   FERRY_E_REFUSED with the reason; FERRY_E_ARCHIVE when the snapshot's is no version. */
enum ferry_code cloudify_restore_allowed(const char *manager, const char *snapshot,
                                         struct ferry_error *err) FERRY_CHECK;

/* Name, value and source of the bools of a row, for plan and tests; false past the end. */
bool cloudify_caps_describe(const struct cloudify_caps *caps, size_t index, const char **name,
                            bool *value, const char **source);

#endif
