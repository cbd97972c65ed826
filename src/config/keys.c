#include "config/keys.h"

#include <string.h>

#include "base/nearest.h"

#define DAY_MS 86400000

/* clang-format off */
/* In the order of the file; the keys of a group stand together. Defaults are those of the design,
   section 8. */
const struct config_key config_keys[] = {
    {"manager.profile", NULL, CONFIG_PROFILE, NULL, 0, 0},
    {"manager.url", "manager.url", CONFIG_MANAGER, NULL, 0, 0},
    {"manager.username", "manager.username", CONFIG_TEXT, NULL, 0, 0},
    {"manager.password.file", NULL, CONFIG_PATH, NULL, 0, 0},
    {"manager.password.env", NULL, CONFIG_VARIABLE, NULL, 0, 0},
    {"manager.password.command", NULL, CONFIG_TEXT, NULL, 0, 0},
    {"manager.token.file", NULL, CONFIG_PATH, NULL, 0, 0},
    {"manager.token.env", NULL, CONFIG_VARIABLE, NULL, 0, 0},
    {"manager.token.command", NULL, CONFIG_TEXT, NULL, 0, 0},
    {"manager.after_restore.username", NULL, CONFIG_TEXT, NULL, 0, 0},
    {"manager.after_restore.password.file", NULL, CONFIG_PATH, NULL, 0, 0},
    {"manager.after_restore.password.env", NULL, CONFIG_VARIABLE, NULL, 0, 0},
    {"manager.after_restore.password.command", NULL, CONFIG_TEXT, NULL, 0, 0},
    {"manager.after_restore.token.file", NULL, CONFIG_PATH, NULL, 0, 0},
    {"manager.after_restore.token.env", NULL, CONFIG_VARIABLE, NULL, 0, 0},
    {"manager.after_restore.token.command", NULL, CONFIG_TEXT, NULL, 0, 0},
    {"manager.after_restore.ca", "manager.after_restore_ca", CONFIG_PATH, NULL, 0, 0},
    {"manager.ca", "manager.ca", CONFIG_PATH, NULL, 0, 0},
    {"manager.tenant", "manager.tenant", CONFIG_TEXT, "default_tenant", 0, 0},
    {"old_manager.profile", NULL, CONFIG_PROFILE, NULL, 0, 0},
    {"old_manager.url", "old_manager.url", CONFIG_MANAGER, NULL, 0, 0},
    {"old_manager.username", "old_manager.username", CONFIG_TEXT, NULL, 0, 0},
    {"old_manager.password.file", NULL, CONFIG_PATH, NULL, 0, 0},
    {"old_manager.password.env", NULL, CONFIG_VARIABLE, NULL, 0, 0},
    {"old_manager.password.command", NULL, CONFIG_TEXT, NULL, 0, 0},
    {"old_manager.token.file", NULL, CONFIG_PATH, NULL, 0, 0},
    {"old_manager.token.env", NULL, CONFIG_VARIABLE, NULL, 0, 0},
    {"old_manager.token.command", NULL, CONFIG_TEXT, NULL, 0, 0},
    {"old_manager.ca", "old_manager.ca", CONFIG_PATH, NULL, 0, 0},
    {"old_manager.tenant", "old_manager.tenant", CONFIG_TEXT, "default_tenant", 0, 0},
    {"old_manager.broker", "old_manager.broker", CONFIG_ADDRESS, NULL, 0, 0},
    {"snapshot.file", "snapshot.file", CONFIG_PATH, NULL, 0, 0},
    {"snapshot.url", "snapshot.url", CONFIG_DOWNLOAD, NULL, 0, 0},
    {"snapshot.id", "snapshot.id", CONFIG_SNAPSHOT, NULL, 0, 0},
    {"restore.force", "restore.force", CONFIG_BOOL, "false", 0, 0},
    {"restore.certificates", "restore.certificates", CONFIG_BOOL, "false", 0, 0},
    {"restore.no_reboot", "restore.no_reboot", CONFIG_BOOL, "false", 0, 0},
    {"restore.quiet", "restore.quiet_ms", CONFIG_DURATION_OR_AUTO, "auto", 0, DAY_MS},
    {"restore.poll", "restore.poll_ms", CONFIG_DURATION_OR_AUTO, "auto", 1, DAY_MS},
    {"restore.timeout", "restore.timeout_ms", CONFIG_DURATION, "4h", 1, INT64_C(30) * DAY_MS},
    {"maintenance.poll", "maintenance.poll_ms", CONFIG_DURATION_OR_AUTO, "auto", 1, DAY_MS},
    {"maintenance.timeout", "maintenance.timeout_ms", CONFIG_DURATION, "30m", 1,
     INT64_C(30) * DAY_MS},
    {"agents.tenants", "agents.tenants", CONFIG_ALL_OR_LIST, "all", 0, 0},
    {"agents.deployments", "agents.deployments", CONFIG_ALL_OR_LIST, "all", 0, 0},
    {"agents.nodes", "agents.nodes", CONFIG_ALL_OR_LIST, "all", 0, 0},
    {"agents.node_instances", "agents.node_instances", CONFIG_ALL_OR_LIST, "all", 0, 0},
    {"agents.install_methods", "agents.install_methods", CONFIG_ALL_OR_LIST, "all", 0, 0},
    {"agents.concurrency", "agents.concurrency", CONFIG_INT, "5", 1, 1000},
    {"agents.max_failures", "agents.max_failures", CONFIG_FAILURES, "10%", 0, 1000000},
    {"agents.on_failure", "agents.on_failure", CONFIG_ON_FAILURE, "continue", 0, 0},
    {"agents.waves", "agents.waves", CONFIG_WAVES, NULL, 1, 1000000},
    {"agents.stop_old", "agents.stop_old", CONFIG_BOOL, "false", 0, 0},
    {"agents.install_timeout", "agents.install_timeout", CONFIG_SECONDS, "300", 1, DAY_MS},
    {"agents.manager_ip", "agents.manager_ip", CONFIG_TEXT, NULL, 0, 0},
    {"agents.manager_certificate", "agents.manager_certificate", CONFIG_CERTIFICATE, NULL, 0, 0},
    {"agents.validate", "agents.validate", CONFIG_BOOL, "false", 0, 0},
    {"agents.grace", "agents.grace_ms", CONFIG_DURATION, "60s", 0, DAY_MS},
    {"agents.pending", "agents.pending_ms", CONFIG_DURATION_OR_AUTO, "auto", 1, DAY_MS},
    {"agents.poll", "agents.poll_ms", CONFIG_DURATION_OR_AUTO, "auto", 1, DAY_MS},
    {"agents.timeout", "agents.timeout_ms", CONFIG_DURATION_OR_AUTO, "auto", 1,
     INT64_C(30) * DAY_MS},
    {"plugins.upload", "plugins.upload", CONFIG_PLUGINS, NULL, 0, 0},
    {"plugins.visibility", "plugins.visibility", CONFIG_VISIBILITY, "tenant", 0, 0},
    {"plugins.update", "plugins.update", CONFIG_ALL_OR_LIST, "all", 1, 0},
    {"plugins.except", "plugins.except", CONFIG_LIST, NULL, 0, 0},
    {"plugins.to", "plugins.to", CONFIG_VERSIONS, "latest", 0, 0},
    {"plugins.names", "plugins.names", CONFIG_LIST, NULL, 0, 0},
    {"plugins.mapping", "plugins.mapping", CONFIG_MAPPING, NULL, 0, 0},
    {"plugins.auto_correct_types", "plugins.auto_correct_types", CONFIG_BOOL, "false", 0, 0},
    {"plugins.reevaluate_active_statuses", "plugins.reevaluate_active_statuses", CONFIG_BOOL,
     "false", 0, 0},
    {"plugins.force", "plugins.force", CONFIG_BOOL, "false", 0, 0},
    {"plugins.accept_data_loss", "plugins.accept_data_loss", CONFIG_LIST, NULL, 0, 0},
    {"plugins.wait", "plugins.wait_ms", CONFIG_DURATION, "30m", 0, INT64_C(30) * DAY_MS},
    {"plugins.poll", "plugins.poll_ms", CONFIG_DURATION_OR_AUTO, "auto", 1, DAY_MS},
    {"plugins.timeout", "plugins.timeout_ms", CONFIG_DURATION_OR_AUTO, "auto", 1,
     INT64_C(30) * DAY_MS},
    {"backup.directory", "backup.directory", CONFIG_PATH, NULL, 0, 0},
    {"backup.name", "backup.name", CONFIG_PATTERN, "{manager}-{time}", 0, 0},
    {"backup.options.credentials", "backup.credentials", CONFIG_BOOL, "true", 0, 0},
    {"backup.options.logs", "backup.logs", CONFIG_BOOL, "true", 0, 0},
    {"backup.options.events", "backup.events", CONFIG_BOOL, "true", 0, 0},
    {"backup.options.metrics", "backup.metrics", CONFIG_BOOL, "false", 0, 0},
    {"backup.options.tempdir", "backup.tempdir", CONFIG_TEXT, NULL, 0, 0},
    {"backup.options.legacy", "backup.legacy", CONFIG_BOOL, "true", 0, 0},
    {"backup.options.listener_timeout", "backup.listener_timeout", CONFIG_SECONDS, NULL, 1,
     DAY_MS},
    {"backup.busy", "backup.busy", CONFIG_BUSY, "wait", 0, 0},
    {"backup.wait", "backup.wait_ms", CONFIG_DURATION, "2h", 1, INT64_C(30) * DAY_MS},
    {"backup.timeout", "backup.timeout_ms", CONFIG_DURATION, "4h", 1, INT64_C(30) * DAY_MS},
    {"backup.poll", "backup.poll_ms", CONFIG_DURATION_OR_AUTO, "auto", 1, DAY_MS},
    {"backup.delete_after", "backup.delete_after", CONFIG_BOOL, "false", 0, 0},
    {"keep.daily", "keep.daily", CONFIG_INT, NULL, 0, 100000},
    {"keep.weekly", "keep.weekly", CONFIG_INT, NULL, 0, 100000},
    {"keep.monthly", "keep.monthly", CONFIG_INT, NULL, 0, 100000},
    {"keep.yearly", "keep.yearly", CONFIG_INT, NULL, 0, 100000},
    {"limits.requests_per_second", "limits.requests_per_second", CONFIG_NUMBER, "5", 0, 10000},
    {"limits.in_flight", "limits.in_flight", CONFIG_INT, "64", 1, 4096},
    {"limits.settle", "limits.settle_ms", CONFIG_DURATION_OR_AUTO, "auto", 0, DAY_MS},
};
/* clang-format on */
const size_t config_key_count = FERRY_COUNT(config_keys);

const char *const config_groups[] = {"manager",
                                     "manager.password",
                                     "manager.token",
                                     "manager.after_restore",
                                     "manager.after_restore.password",
                                     "manager.after_restore.token",
                                     "old_manager",
                                     "old_manager.password",
                                     "old_manager.token",
                                     "snapshot",
                                     "restore",
                                     "maintenance",
                                     "agents",
                                     "plugins",
                                     "backup",
                                     "backup.options",
                                     "keep",
                                     "limits"};
const size_t config_group_count = FERRY_COUNT(config_groups);

const struct config_key *config_key_find(const char *name)
{
    for (size_t at = 0; at < config_key_count; at++) {
        if (strcmp(config_keys[at].name, name) == 0) {
            return &config_keys[at];
        }
    }
    return NULL;
}

bool config_key_is_group(const char *name)
{
    for (size_t at = 0; at < config_group_count; at++) {
        if (strcmp(config_groups[at], name) == 0) {
            return true;
        }
    }
    return false;
}

const char *const config_secrets[] = {"manager.password",
                                      "manager.token",
                                      "manager.after_restore.password",
                                      "manager.after_restore.token",
                                      "old_manager.password",
                                      "old_manager.token"};
const size_t config_secret_count = FERRY_COUNT(config_secrets);

bool config_key_is_secret(const char *name)
{
    for (size_t at = 0; at < config_secret_count; at++) {
        if (strcmp(config_secrets[at], name) == 0) {
            return true;
        }
    }
    return false;
}

bool config_key_is_below(const char *name, const char *group)
{
    size_t length = strlen(group);

    return strncmp(name, group, length) == 0 && name[length] == '.';
}

bool config_key_is_list(const struct config_key *key)
{
    return key->kind == CONFIG_LIST || key->kind == CONFIG_ALL_OR_LIST ||
           key->kind == CONFIG_PLUGINS || key->kind == CONFIG_MANAGER || key->kind == CONFIG_WAVES;
}

bool config_key_is_tree(const struct config_key *key)
{
    return key->kind == CONFIG_PLUGINS || key->kind == CONFIG_VERSIONS ||
           key->kind == CONFIG_MAPPING;
}

bool config_key_is_replaceable(const struct config_key *key)
{
    static const char *const names[] = {
        "manager.url",     "manager.ca",     "manager.after_restore.ca",
        "old_manager.url", "old_manager.ca", "agents.waves"};

    for (size_t at = 0; at < FERRY_COUNT(names); at++) {
        if (strcmp(key->name, names[at]) == 0) {
            return true;
        }
    }
    for (size_t at = 0; at < config_secret_count; at++) {
        if (config_key_is_below(key->name, config_secrets[at])) {
            return true;
        }
    }
    return config_key_is_below(key->name, "limits");
}

static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot == NULL ? name : dot + 1;
}

/* The right last part in a wrong group ("force"), which a comparison of letters would not find. */
static const char *same_last_part(const char *name)
{
    const char *found = NULL;

    for (size_t at = 0; at < config_key_count; at++) {
        if (strcmp(last_part(config_keys[at].name), last_part(name)) != 0) {
            continue;
        }
        if (found != NULL) {
            return NULL; /* several: which one cannot be known */
        }
        found = config_keys[at].name;
    }
    return found;
}

/* The nearest by its last part alone, among the keys and groups of the same group. */
static const char *nearest_sibling(const char *name)
{
    const char *parts[FERRY_COUNT(config_keys)];
    const char *names[FERRY_COUNT(config_keys)];
    size_t prefix = (size_t)(last_part(name) - name);
    size_t count = 0;
    const char *best;

    for (size_t at = 0; at < config_key_count; at++) {
        if (strncmp(config_keys[at].name, name, prefix) == 0 &&
            strchr(config_keys[at].name + prefix, '.') == NULL) {
            names[count] = config_keys[at].name;
            parts[count++] = config_keys[at].name + prefix;
        }
    }
    best = nearest_word(last_part(name), parts, count);
    for (size_t at = 0; at < count; at++) {
        if (parts[at] == best) {
            return names[at];
        }
    }
    return NULL;
}

const char *config_key_nearest(const char *name)
{
    const char *names[FERRY_COUNT(config_keys)];
    const char *found = nearest_sibling(name);

    if (found == NULL) {
        found = nearest_word(name, config_groups, config_group_count);
    }
    if (found == NULL) {
        found = same_last_part(name);
    }
    for (size_t at = 0; at < config_key_count; at++) {
        names[at] = config_keys[at].name;
    }
    return found != NULL ? found : nearest_word(name, names, config_key_count);
}
