#include "practice/profile.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"

/* The versions from since on and before gone; {0, 0, 0} is "always" and "never". */
struct span {
    struct version since, gone;
};

/* clang-format off: one line for one fact */
static const struct {
    size_t at;
    struct span span;
} features[] = {
#define HAS(member, ...)                                                                           \
    {                                                                                              \
        offsetof(struct profile, member),                                                          \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
    HAS(upload_replaces, {7, 0, 0}, {0, 0, 0}),
    HAS(new_format, {7, 0, 0}, {0, 0, 0}),
    HAS(needs_recreate_envs, {0, 0, 0}, {5, 3, 0}),
    HAS(removes_archive, {6, 3, 0}, {0, 0, 0}),
    HAS(stops_rest, {6, 2, 0}, {0, 0, 0}),
    HAS(restarts_rest, {4, 5, 0}, {0, 0, 0}),
    HAS(reinstalls_plugins, {0, 0, 0}, {5, 1, 0}),
    HAS(has_flag, {5, 0, 5}, {0, 0, 0}),
    HAS(ranges, {5, 1, 0}, {0, 0, 0}), /* before, the length is set by hand (facts 1.1) */
    HAS(checks_id, {4, 6, 0}, {0, 0, 0}),
    HAS(create_queues, {4, 5, 0}, {0, 0, 0}),
    HAS(create_tempdir, {6, 4, 0}, {0, 0, 0}),
    HAS(create_metrics, {0, 0, 0}, {5, 0, 0}),
    HAS(create_tells, {5, 1, 0}, {0, 0, 0}),
    HAS(delete_guarded, {5, 3, 0}, {0, 0, 0}),
    HAS(shows_transient, {5, 1, 1}, {6, 2, 0}),
    HAS(fails_scheduled, {6, 0, 0}, {0, 0, 0}),
    HAS(requeues_scheduled, {5, 0, 5}, {6, 0, 0}),
    HAS(client_execution_id, {6, 3, 0}, {0, 0, 0}),
    HAS(queues_behind_system, {6, 0, 0}, {0, 0, 0}),
    HAS(availability, {6, 4, 0}, {0, 0, 0}),
    HAS(unavailable_row, {7, 0, 0}, {0, 0, 0}),
    HAS(deactivate_dequeues, {6, 3, 0}, {0, 0, 0}),
    HAS(throttles_queue, {6, 4, 0}, {0, 0, 0}),
    HAS(makes_schedules, {5, 2, 0}, {0, 0, 0}),
    HAS(bypass_header, {5, 1, 1}, {0, 0, 0}), /* before: only from the manager's own host */
    HAS(remaining_nested, {5, 1, 1}, {0, 0, 0}),
    HAS(allows_by_substring, {0, 0, 0}, {6, 0, 0}), /* 7.1 compares the whole word (contract/11) */
    HAS(plugin_execution, {0, 0, 0}, {5, 1, 0}),
    HAS(client_plugin_id, {6, 4, 2}, {0, 0, 0}),
    HAS(plugin_by_archive, {0, 0, 0}, {7, 0, 0}),
    HAS(caravan_lists_all, {6, 4, 0}, {0, 0, 0}),
    HAS(update_stops, {0, 0, 0}, {5, 1, 0}),
    HAS(update_loses, {5, 2, 0}, {6, 3, 0}), /* 5.2.7 was mended */
    HAS(deletes_with_body, {0, 0, 0}, {5, 1, 0}),
    HAS(token_rows, {6, 4, 0}, {0, 0, 0}),
    HAS(agents_all_tenants, {5, 0, 5}, {0, 0, 0}),
    HAS(status_by_name, {5, 0, 5}, {0, 0, 0}),
    HAS(update_body, {5, 1, 0}, {0, 0, 0}),
    HAS(update_all_tenants, {6, 4, 0}, {0, 0, 0}),
};

/* Routes that not every version has; those below a pattern go with it. */
static const struct {
    const char *method; /* NULL: every one */
    const char *pattern;
    struct span span;
} route_spans[] = {
    {NULL, "agents", {{4, 5, 0}, {0, 0, 0}}},
    {NULL, "license", {{4, 5, 0}, {0, 0, 0}}},
    {NULL, "license-check", {{6, 0, 0}, {0, 0, 0}}},
    {NULL, "ok", {{6, 0, 0}, {0, 0, 0}}},
    {NULL, "snapshot-status", {{5, 0, 5}, {0, 0, 0}}},
    {NULL, "cluster-status", {{5, 0, 5}, {0, 0, 0}}},
    {NULL, "managers", {{5, 0, 5}, {0, 0, 0}}},
    {NULL, "brokers", {{5, 0, 5}, {0, 0, 0}}},
    {NULL, "db-nodes", {{5, 0, 5}, {0, 0, 0}}},
    {NULL, "plugins-updates", {{5, 0, 0}, {0, 0, 0}}},
    {NULL, "execution-schedules", {{5, 2, 0}, {0, 0, 0}}},
    {NULL, "users/unlock", {{4, 4, 0}, {0, 0, 0}}},
    {NULL, "cluster", {{0, 0, 0}, {5, 0, 0}}},
    {NULL, "sites", {{5, 0, 0}, {0, 0, 0}}},
    {NULL, "user-tokens", {{4, 6, 0}, {6, 4, 0}}},
    {NULL, "tokens/*", {{6, 4, 0}, {0, 0, 0}}},
    {"POST", "tokens", {{6, 4, 0}, {0, 0, 0}}},
};

/* constants.py of the REST service: first segments that answer in activated maintenance. */
static const struct {
    const char *segment;
    struct span span;
} allowed[] = {
    {"maintenance", {{0, 0, 0}, {0, 0, 0}}},
    {"status", {{0, 0, 0}, {0, 0, 0}}},
    {"version", {{0, 0, 0}, {0, 0, 0}}},
    {"snapshots", {{4, 5, 0}, {0, 0, 0}}},
    {"license", {{4, 5, 0}, {0, 0, 0}}},
    {"cluster-status", {{5, 0, 5}, {0, 0, 0}}},
    {"snapshot-status", {{5, 0, 5}, {0, 0, 0}}},
    {"brokers", {{5, 1, 1}, {0, 0, 0}}},
    {"managers", {{5, 1, 1}, {0, 0, 0}}},
    {"db-nodes", {{5, 1, 1}, {0, 0, 0}}},
    {"cluster", {{5, 1, 1}, {0, 0, 0}}},
    {"config", {{5, 1, 1}, {0, 0, 0}}},
    {"ok", {{6, 0, 0}, {0, 0, 0}}},
};

/* Fields that came later. */
static const struct {
    const char *model, *field;
    struct span span;
} field_spans[] = {
    {"Agent", "state", {{5, 0, 5}, {0, 0, 0}}},
    {"Execution", "total_operations", {{6, 0, 0}, {0, 0, 0}}},
    {"Execution", "finished_operations", {{6, 0, 0}, {0, 0, 0}}},
    {"Deployment", "installation_status", {{6, 0, 0}, {0, 0, 0}}},
    {"Deployment", "deployment_status", {{6, 0, 0}, {0, 0, 0}}},
    {"Deployment", "latest_execution_status", {{6, 0, 0}, {0, 0, 0}}},
    {"Deployment", "latest_execution_finished_operations", {{6, 0, 0}, {0, 0, 0}}},
    {"Deployment", "latest_execution_total_operations", {{6, 0, 0}, {0, 0, 0}}},
    {"Blueprint", "state", {{6, 0, 0}, {0, 0, 0}}},
    {"PluginsUpdate", "deployments_per_tenant", {{6, 4, 0}, {0, 0, 0}}},
    {"PluginsUpdate", "all_tenants", {{6, 4, 0}, {0, 0, 0}}},
};
/* clang-format on */

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

static bool within(struct version version, const struct span *span)
{
    static const struct version never = {0, 0, 0};
    return version_compare(version, span->since) >= 0 &&
           (version_compare(span->gone, never) == 0 || version_compare(version, span->gone) < 0);
}

void profile_fill(struct version version, struct profile *out)
{
    *out = (struct profile){.version = version};
    for (size_t i = 0; i < FERRY_COUNT(features); i++) {
        bool has = within(version, &features[i].span);
        memcpy((char *)out + features[i].at, &has, sizeof has);
    }
    static const struct version mended = {5, 2, 7};
    if (version_compare(version, mended) >= 0 && version.major == 5 && version.minor == 2) {
        out->update_loses = false;
    }
    if (out->has_flag) {
        out->flag_path = version.major >= 7 ? "/tmp/cloudify/snapshot_restoring"
                                            : "/opt/manager/snapshot_status/snapshot_restoring";
    }
}

bool profile_has_route(const struct profile *profile, const char *method, const char *pattern)
{
    for (size_t i = 0; i < FERRY_COUNT(route_spans); i++) {
        const char *known = route_spans[i].pattern;
        const char *only = route_spans[i].method;
        size_t length = strlen(known);
        if ((only == NULL || strcmp(only, method) == 0) && strncmp(pattern, known, length) == 0 &&
            (pattern[length] == '\0' || pattern[length] == '/') &&
            !within(profile->version, &route_spans[i].span)) {
            return false;
        }
    }
    return true;
}

bool profile_allows(const struct profile *profile, const char *pattern)
{
    size_t length = strcspn(pattern, "/");
    for (size_t i = 0; i < FERRY_COUNT(allowed); i++) {
        const char *segment = allowed[i].segment;
        if (!within(profile->version, &allowed[i].span)) {
            continue;
        }
        if ((strlen(segment) == length && strncmp(segment, pattern, length) == 0) ||
            (profile->allows_by_substring && strstr(pattern, segment) != NULL)) {
            return true;
        }
    }
    return false;
}

bool profile_has_field(const struct profile *profile, const char *model, const char *field)
{
    for (size_t i = 0; i < FERRY_COUNT(field_spans); i++) {
        if (strcmp(field_spans[i].model, model) == 0 && strcmp(field_spans[i].field, field) == 0) {
            return within(profile->version, &field_spans[i].span);
        }
    }
    return true;
}

struct version profile_oldest(void)
{
    return (struct version){4, 3, 0};
}
