/* The workflows: which states, in which order. Names of states are journal keys. */
#include "states/states.h"

#include <string.h>

#include "base/attr.h"
#include "states/preflight.h"

/* What a plan checks, in this order: the others stand on what the first one finds out. */
static const struct ferry_state *const upgrade_checks[] = {
    &preflight_manager, &preflight_archive, &preflight_licence,  &preflight_admin,
    &preflight_empty,   &preflight_nodes,   &preflight_services, &preflight_executions,
    &preflight_room,    &preflight_plugins, &preflight_old,
};

/* The states of the upgrade itself, wherever its archive comes from. */
#define UPGRADE                                                                                    \
    &state_upload, &state_maintenance_activate, &state_verify, &state_restore, &state_poll_status, \
        &state_maintenance_deactivate, &state_install_new_agents, &state_validate_agents,          \
        &state_upload_plugins, &state_plugins_update, &state_compare

/* The same; what the archive will be, the old manager tells. */
static const struct ferry_state *const upgrade_from_checks[] = {
    &preflight_manager,    &preflight_old,   &preflight_archive, &preflight_licence,
    &preflight_admin,      &preflight_empty, &preflight_nodes,   &preflight_services,
    &preflight_executions, &preflight_room,  &preflight_plugins,
};

static const struct ferry_state *const upgrade[] = {UPGRADE};

static const struct ferry_state *const upgrade_undo[] = {
    &state_undo_maintenance,
};

const struct workflow workflow_upgrade = {
    .name = "upgrade",
    .summary = "carries a manager across an upgrade: restore, new agents, new plugins",
    .states = upgrade,
    .count = FERRY_COUNT(upgrade),
    .undo = upgrade_undo,
    .undo_count = FERRY_COUNT(upgrade_undo),
    .checks = upgrade_checks,
    .check_count = FERRY_COUNT(upgrade_checks),
    .check_names = preflight_names,
    .check_name_count = PREFLIGHT_NAME_COUNT,
};

/* Its archive is taken on the old manager, which is shut for changes before it is brought here. */
static const struct ferry_state *const upgrade_from[] = {
    &state_validate_old_agents, &state_create_snapshot,
    &state_old_maintenance,     &state_download,
    &state_check_archive,       UPGRADE,
};

static const struct ferry_state *const upgrade_from_undo[] = {
    &state_undo_maintenance,
    &state_undo_old_maintenance,
    &state_undo_snapshot,
    &state_undo_download,
};

const struct workflow workflow_upgrade_from = {
    .name = "upgrade_from",
    .summary = "takes the snapshot on the old manager, and carries on as an upgrade does",
    .states = upgrade_from,
    .count = FERRY_COUNT(upgrade_from),
    .undo = upgrade_from_undo,
    .undo_count = FERRY_COUNT(upgrade_from_undo),
    .checks = upgrade_from_checks,
    .check_count = FERRY_COUNT(upgrade_from_checks),
    .check_names = preflight_names,
    .check_name_count = PREFLIGHT_NAME_COUNT,
};

static const struct ferry_state *const backup[] = {
    &state_create_snapshot,
    &state_download,
    &state_check_archive,
    &state_prune,
};

static const struct ferry_state *const backup_undo[] = {
    &state_undo_snapshot,
    &state_undo_download,
};

const struct workflow workflow_backup = {
    .name = "backup",
    .summary = "takes a snapshot, brings it here, proves it and removes old ones",
    .states = backup,
    .count = FERRY_COUNT(backup),
    .undo = backup_undo,
    .undo_count = FERRY_COUNT(backup_undo),
};

const struct workflow *const workflow_list[] = {&workflow_upgrade, &workflow_upgrade_from,
                                                &workflow_backup};
const size_t workflow_count = FERRY_COUNT(workflow_list);

const struct workflow *workflow_named(const char *name)
{
    for (size_t i = 0; i < workflow_count; i++) {
        if (strcmp(workflow_list[i]->name, name) == 0) {
            return workflow_list[i];
        }
    }
    return NULL;
}
