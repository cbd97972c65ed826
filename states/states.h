/*
 * The states of ferry's workflows, and the workflows. states/workflows.c shows the order.
 *
 * What they leave in the facts of a run (beside "manager" and "archive"):
 *   credential      "before" | "after": whose name later states ask in
 *   maintenance     {"ours": bool: did this run switch it on, "requested_at": the manager's time,
 *                    "ahead_ms": how far its clock is ahead of ours}
 *   old_maintenance  the same of the old manager
 *   restore         {"known": [ids of older restores], "since_ms": N (the manager's clock),
 *                    "told_ms": N (ours), "execution_id": ID or null, "tries": how often it was
 *                    told, "verdict": how it ended, where only maintenance_deactivate could see it}
 *   node            URL of the node of a cluster that all questions go to; null: any
 *   advice          [what a person must do on the manager now]
 *   plugins_uploaded {PLUGIN ID: true}
 *   plugins_temporary {TENANT/BLUEPRINT: [ids of the blueprints that its updates left behind]}
 *   plugins_left    {"before"|"after": {TENANT/DEPLOYMENT: the temporary blueprint it is on}}
 *   compare         {"tenants"|"blueprints"|...: {"archive": N, "manager": N},
 *                    "errors": {"count": N, "first": [lines of the restore's log]} (new format),
 *                    "names": {"why_not": why no name was looked up, or null; "missing", "more",
 *                    "changed": N that nobody expects; "expected": N; "kinds": [{"kind","archive",
 *                    "manager","missing","more","expected"} or {"kind","why_not"}];
 *                    "differences": [{"kind","tenant","name","is","why": null: not expected}], at
 *                    most 25 of each kind and direction}}
 *   scheduled       {"failed": N, "again": N, "rows": [{"was","workflow","deployment","tenant",
 *                    "when"}]}: scheduled executions after a legacy restore, at most 100 rows
 *   backup          {"snapshot": ID on the manager, "name": NAME.zip, "taken_at": when, "size":
 *                    bytes, "again": attempt of check_archive that sent for the archive once more,
 *                    "file": path, "sha256", "proven_at"}
 * and what they read there, put by whoever makes the run:
 *   undo            of a cancelled run: {"open": {STATE: {since_ms, until_ms}}: requests that may
 *                    have left then, their outcome not known; "begun": {STATE: {"unit": ID,
 *                    "remote": ID of the manager or null, "data"}}: what had not ended}
 *   plugin_files    {PATH: {"size": BYTES, "modified_ms", "sha256", what cloudify/plugin.h reads,
 *                    or "problem" and "hint"}} for every item of options.plugins.upload; PATH is
 *                    that of the archive, or of the wagon of parts that are packed
 *   plugin_folder   where packed ones lie, as SHA256.zip
 *   local           {"journal_folder", "journal_free": bytes, 4 GiB at most}
 * What the checks of a plan leave, states/preflight.h tells.
 */
#ifndef STATES_STATES_H
#define STATES_STATES_H

#include "engine/state.h"

extern const struct ferry_state state_upload;
extern const struct ferry_state state_maintenance_activate;
extern const struct ferry_state state_verify;
extern const struct ferry_state state_restore;
extern const struct ferry_state state_poll_status;
extern const struct ferry_state state_maintenance_deactivate;
extern const struct ferry_state state_install_new_agents;
extern const struct ferry_state state_validate_agents;
extern const struct ferry_state state_upload_plugins;
extern const struct ferry_state state_plugins_update;
extern const struct ferry_state state_compare;
extern const struct ferry_state state_undo_maintenance;

extern const struct ferry_state state_create_snapshot;
extern const struct ferry_state state_download;
extern const struct ferry_state state_check_archive;
extern const struct ferry_state state_prune;
extern const struct ferry_state state_undo_snapshot;
extern const struct ferry_state state_undo_download;

/* Of upgrade_from, about the old manager. */
extern const struct ferry_state state_validate_old_agents;
extern const struct ferry_state state_old_maintenance;
extern const struct ferry_state state_undo_old_maintenance;

extern const struct workflow workflow_upgrade;
extern const struct workflow workflow_upgrade_from; /* begins on the old manager */
extern const struct workflow workflow_backup;
extern const struct workflow *const workflow_list[];
extern const size_t workflow_count;
/* NULL: there is none of this name. */
const struct workflow *workflow_named(const char *name);

#endif
