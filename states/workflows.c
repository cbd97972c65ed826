/* The workflows: which states, in which order. Names of states are journal keys. */
#include "states/states.h"

#include "base/attr.h"

static const struct ferry_state *const upgrade[] = {
    &state_upload,
    &state_maintenance_activate,
    &state_verify,
    &state_restore,
    &state_poll_status,
    &state_maintenance_deactivate,
    &state_install_new_agents,
    &state_validate_agents,
    &state_upload_plugins,
    &state_plugins_update,
    &state_compare,
};

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
};
