#include "practice/profile.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/attr.h"

/* constants.py of the REST service, 6.0 and later. */
static const char *const allowed_6_0[] = {
    "maintenance", "status",   "version",
    "snapshots",   "license",  "cluster-status",
    "brokers",     "managers", "snapshot-status",
    "db-nodes",    "cluster",  "config",
    "ok",          "ssl",      NULL,
};

static const struct profile profiles[] = {
    {
        .from = {6, 3, 0},
        .upload_replaces = false,
        .new_format = false,
        .needs_recreate_envs = false,
        .snapshot_status = true,
        .removes_archive = true,
        .stops_rest = true,
        .flag_path = "/opt/manager/snapshot_status/snapshot_restoring",
        .client_execution_id = true,
        .queues_behind_system = true,
        .availability = false,
        .unavailable_row = false,
        .deactivate_dequeues = true,
        .bypass_header = true,
        .remaining_nested = true,
        .allowed = allowed_6_0,
        .token_rows = false,
        .ok_route = true,
        .update_all_tenants = false,
        .shows_operations = true,
    },
    {
        .from = {6, 4, 0},
        .upload_replaces = false,
        .new_format = false,
        .needs_recreate_envs = false,
        .snapshot_status = true,
        .removes_archive = true,
        .stops_rest = true,
        .flag_path = "/opt/manager/snapshot_status/snapshot_restoring",
        .client_execution_id = true,
        .queues_behind_system = true,
        .availability = true,
        .unavailable_row = false,
        .deactivate_dequeues = true,
        .bypass_header = true,
        .remaining_nested = true,
        .allowed = allowed_6_0,
        .token_rows = true,
        .ok_route = true,
        .update_all_tenants = true,
        .shows_operations = true,
    },
    {
        .from = {7, 0, 0},
        .upload_replaces = true,
        .new_format = true,
        .needs_recreate_envs = false,
        .snapshot_status = true,
        .removes_archive = true,
        .stops_rest = true,
        .flag_path = "/tmp/cloudify/snapshot_restoring",
        .client_execution_id = true,
        .queues_behind_system = true,
        .availability = true,
        .unavailable_row = true,
        .deactivate_dequeues = true,
        .bypass_header = true,
        .remaining_nested = true,
        .allowed = allowed_6_0,
        .token_rows = true,
        .ok_route = true,
        .update_all_tenants = true,
        .shows_operations = true,
    },
};

bool version_parse(const char *text, struct version *out)
{
    int parts[3] = {0, 0, 0};
    size_t count = 0;
    const char *at = text;
    while (count < FERRY_COUNT(parts) && *at >= '0' && *at <= '9') {
        char *end = NULL;
        long value = strtol(at, &end, 10);
        if (value > 9999) {
            return false;
        }
        parts[count++] = (int)value;
        if (*end != '.') {
            break;
        }
        at = end + 1;
    }
    *out = (struct version){parts[0], parts[1], parts[2]};
    return count >= 2;
}

int version_compare(struct version a, struct version b)
{
    if (a.major != b.major) {
        return a.major - b.major;
    }
    return a.minor != b.minor ? a.minor - b.minor : a.patch - b.patch;
}

const struct profile *profile_for(struct version version)
{
    const struct profile *found = &profiles[0];
    for (size_t i = 0; i < FERRY_COUNT(profiles); i++) {
        if (version_compare(profiles[i].from, version) <= 0) {
            found = &profiles[i];
        }
    }
    return found;
}

struct version profile_oldest(void)
{
    return profiles[0].from;
}
