#include "config/keys.h"

#include <string.h>

#include "base/nearest.h"

#define DAY_MS 86400000

/* clang-format off */
/* In the order of the file; the keys of a group stand together. Defaults are those of the design,
   section 8. */
const struct config_key config_keys[] = {
    {"manager.profile", NULL, CONFIG_PROFILE, NULL, 0, 0, "0.1",
     "a profile of cfy, the managers' own command line, by its name, or active: URL, nodes, login "
     "and certificates are taken from it where this file gives none; without this and manager.url "
     "it is the active one"},
    {"manager.url", "manager.url", CONFIG_MANAGER, NULL, 0, 0, "0.1",
     "the new manager, http(s)://host[:port]; a list names the nodes of one cluster, and the "
     "first is asked first"},
    {"manager.username", "manager.username", CONFIG_TEXT, NULL, 0, 0, "0.1",
     "who ferry is on the manager"},
    {"manager.password.file", NULL, CONFIG_PATH, NULL, 0, 0, "0.1",
     "the file that holds the password (mode 0600)"},
    {"manager.password.env", NULL, CONFIG_VARIABLE, NULL, 0, 0, "0.1",
     "the environment variable that holds the password"},
    {"manager.password.command", NULL, CONFIG_TEXT, NULL, 0, 0, "0.1",
     "a command that prints the password, run by a shell"},
    {"manager.token.file", NULL, CONFIG_PATH, NULL, 0, 0, "0.1",
     "the file that holds a token (mode 0600), which is used in place of a password, or "
     "before it"},
    {"manager.token.env", NULL, CONFIG_VARIABLE, NULL, 0, 0, "0.1",
     "the environment variable that holds the token"},
    {"manager.token.command", NULL, CONFIG_TEXT, NULL, 0, 0, "0.1",
     "a command that prints the token, run by a shell"},
    {"manager.after_restore.username", NULL, CONFIG_TEXT, NULL, 0, 0, "0.1",
     "who ferry is once the restore has replaced the manager's users by those of the "
     "snapshot; left out: the same name"},
    {"manager.after_restore.password.file", NULL, CONFIG_PATH, NULL, 0, 0, "0.1",
     "the file that holds the password on the old manager, which is the one that works after "
     "the restore"},
    {"manager.after_restore.password.env", NULL, CONFIG_VARIABLE, NULL, 0, 0, "0.1",
     "the environment variable that holds the password that works after the restore"},
    {"manager.after_restore.password.command", NULL, CONFIG_TEXT, NULL, 0, 0, "0.1",
     "a command that prints the password that works after the restore"},
    {"manager.after_restore.token.file", NULL, CONFIG_PATH, NULL, 0, 0, "0.1",
     "the file that holds a token that works after the restore"},
    {"manager.after_restore.token.env", NULL, CONFIG_VARIABLE, NULL, 0, 0, "0.1",
     "the environment variable that holds a token that works after the restore"},
    {"manager.after_restore.token.command", NULL, CONFIG_TEXT, NULL, 0, 0, "0.1",
     "a command that prints a token that works after the restore"},
    {"manager.after_restore.ca", "manager.after_restore_ca", CONFIG_PATH, NULL, 0, 0, "0.1",
     "certificates (PEM) that are trusted beside manager.ca, for the certificates that a "
     "restore with restore.certificates brings back"},
    {"manager.ca", "manager.ca", CONFIG_PATH, NULL, 0, 0, "0.1",
     "certificates (PEM) that the manager's is checked against; left out: those of the system"},
    {"manager.tenant", "manager.tenant", CONFIG_TEXT, "default_tenant", 0, 0, "0.1",
     "the tenant that requests are made in"},
    {"from.profile", NULL, CONFIG_PROFILE, NULL, 0, 0, "0.1",
     "the old manager, by a profile of cfy"},
    {"from.url", "old_manager.url", CONFIG_MANAGER, NULL, 0, 0, "0.1",
     "the manager that the snapshot is from, http(s)://host[:port], or a list of its nodes; with "
     "backup.directory and without snapshot.file the snapshot is taken there by the run itself; "
     "left out: it is not asked anything"},
    {"from.username", "old_manager.username", CONFIG_TEXT, NULL, 0, 0, "0.1",
     "who ferry is on the old manager"},
    {"from.password.file", NULL, CONFIG_PATH, NULL, 0, 0, "0.1",
     "the file that holds the password for the old manager (mode 0600)"},
    {"from.password.env", NULL, CONFIG_VARIABLE, NULL, 0, 0, "0.1",
     "the environment variable that holds the password for the old manager"},
    {"from.password.command", NULL, CONFIG_TEXT, NULL, 0, 0, "0.1",
     "a command that prints the password for the old manager, run by a shell"},
    {"from.token.file", NULL, CONFIG_PATH, NULL, 0, 0, "0.1",
     "the file that holds a token for the old manager (mode 0600)"},
    {"from.token.env", NULL, CONFIG_VARIABLE, NULL, 0, 0, "0.1",
     "the environment variable that holds a token for the old manager"},
    {"from.token.command", NULL, CONFIG_TEXT, NULL, 0, 0, "0.1",
     "a command that prints a token for the old manager, run by a shell"},
    {"from.ca", "old_manager.ca", CONFIG_PATH, NULL, 0, 0, "0.1",
     "certificates (PEM) that the old manager's is checked against; left out: those of the "
     "system"},
    {"from.tenant", "old_manager.tenant", CONFIG_TEXT, "default_tenant", 0, 0, "0.1",
     "the tenant that requests to the old manager are made in"},
    {"from.broker", "old_manager.broker", CONFIG_ADDRESS, NULL, 0, 0, "0.1",
     "where the old manager's message broker (RabbitMQ) listens, host or host:port: the old "
     "agents must still reach it; left out: the manager is asked for it"},
    {"from.validate_agents", "old_manager.validate_agents", CONFIG_BOOL, "true", 0, 0, "0.1",
     "run validate_agents on every deployment of the old manager before its snapshot is taken"},
    {"from.maintenance", "old_manager.maintenance", CONFIG_BOOL, "true", 0, 0, "0.1",
     "put the old manager into maintenance once its snapshot is taken, so that nothing is changed "
     "and no schedule runs on both; it must stay alive for the agents"},
    {"snapshot.file", "snapshot.file", CONFIG_PATH, NULL, 0, 0, "0.1",
     "the archive that is uploaded and restored"},
    {"snapshot.url", "snapshot.url", CONFIG_DOWNLOAD, NULL, 0, 0, "0.1",
     "in place of snapshot.file: the manager fetches the archive from here itself, and ferry "
     "cannot look into it; it is kept in the journal, so let it hold no secret; with from, "
     "{snapshot} in it stands for the snapshot that is taken there"},
    {"snapshot.id", "snapshot.id", CONFIG_SNAPSHOT, NULL, 0, 0, "0.1",
     "the snapshot's name on the manager; left out: made from the file's name"},
    {"restore.force", "restore.force", CONFIG_BOOL, "false", 0, 0, "0.1",
     "restore although the manager holds blueprints already; refused where deployments of the "
     "archive are there"},
    {"restore.certificates", "restore.certificates", CONFIG_BOOL, "false", 0, 0, "0.1",
     "restore the old manager's certificates too; the manager then restarts its machine"},
    {"restore.no_reboot", "restore.no_reboot", CONFIG_BOOL, "false", 0, 0, "0.1",
     "with restore.certificates: the manager is told not to restart, and you do it"},
    {"restore.quiet", "restore.quiet_ms", CONFIG_DURATION_OR_AUTO, "auto", 0, DAY_MS, "0.1",
     "how long the manager is left alone after the restore has begun; auto: 60s, from 6.2 on "
     "30s"},
    {"restore.poll", "restore.poll_ms", CONFIG_DURATION_OR_AUTO, "auto", 1, DAY_MS, "0.1",
     "how often the manager is asked about the restore once restore.quiet is over; auto: 5s"},
    {"restore.timeout", "restore.timeout_ms", CONFIG_DURATION, "4h", 1, INT64_C(30) * DAY_MS, "0.1",
     "how long a restore may take; then the run stops, and nothing is cancelled"},
    {"maintenance.poll", "maintenance.poll_ms", CONFIG_DURATION_OR_AUTO, "auto", 1, DAY_MS, "0.1",
     "how often the manager is asked whether maintenance mode is on or off yet; auto: 5s"},
    {"maintenance.timeout", "maintenance.timeout_ms",
     CONFIG_DURATION, "30m", 1, INT64_C(30) * DAY_MS, "0.1",
     "how long switching it on or off may take; it waits for what runs on the manager"},
    {"agents.tenants", "agents.tenants", CONFIG_ALL_OR_LIST, "all", 0, 0, "0.1",
     "tenants whose deployments get new agents"},
    {"agents.deployments", "agents.deployments", CONFIG_ALL_OR_LIST, "all", 0, 0, "0.1",
     "deployments that get new agents, by NAME or TENANT/NAME, with * and ? for any letters"},
    {"agents.nodes", "agents.nodes", CONFIG_ALL_OR_LIST, "all", 0, 0, "0.1",
     "only hosts of these nodes of a blueprint"},
    {"agents.node_instances", "agents.node_instances", CONFIG_ALL_OR_LIST, "all", 0, 0, "0.1",
     "only these hosts, by the id of their node instance"},
    {"agents.install_methods", "agents.install_methods", CONFIG_ALL_OR_LIST, "all", 0, 0, "0.1",
     "only hosts whose agent was installed in one of these ways, e.g. remote"},
    {"agents.concurrency", "agents.concurrency", CONFIG_INT, "5", 1, 1000, "0.1",
     "how many executions of install_new_agents go on at a time; halved while the manager is "
     "busy, and grown again slowly"},
    {"agents.max_failures", "agents.max_failures", CONFIG_FAILURES, "10%", 0, 1000000, "0.1",
     "so many failed deployments end the step: a number, a share, or never; with agents.waves "
     "it counts for each wave"},
    {"agents.on_failure", "agents.on_failure", CONFIG_ON_FAILURE, "continue", 0, 0, "0.1",
     "stop: after the first failure nothing new begins, and the run stops, to be resumed"},
    {"agents.waves", "agents.waves", CONFIG_WAVES, NULL, 1, 1000000, "0.1",
     "so many deployments together, the next only when all of them have ended and not too "
     "many have failed, e.g. [1, 10, 100, rest]"},
    {"agents.stop_old", "agents.stop_old", CONFIG_BOOL, "false", 0, 0, "0.1",
     "the manager stops the old agents; they stop working with the old manager then"},
    {"agents.install_timeout", "agents.install_timeout", CONFIG_SECONDS, "300", 1, DAY_MS, "0.1",
     "how long the manager tries to install one agent"},
    {"agents.manager_ip", "agents.manager_ip", CONFIG_TEXT, NULL, 0, 0, "0.1",
     "the address at which new agents find the manager; left out: as the manager itself says"},
    {"agents.manager_certificate", "agents.manager_certificate",
     CONFIG_CERTIFICATE, NULL, 0, 0, "0.1",
     "a file with the certificate that new agents trust; its text is sent"},
    {"agents.validate", "agents.validate", CONFIG_BOOL, "false", 0, 0, "0.1",
     "run validate_agents after install_new_agents"},
    {"agents.grace", "agents.grace_ms", CONFIG_DURATION, "60s", 0, DAY_MS, "0.1",
     "how long new agents have to connect before they are validated"},
    {"agents.pending", "agents.pending_ms", CONFIG_DURATION_OR_AUTO, "auto", 1, DAY_MS, "0.1",
     "an execution that has not begun for so long counts as lost: it is cancelled and begun "
     "anew; auto: 5m"},
    {"agents.poll", "agents.poll_ms", CONFIG_DURATION_OR_AUTO, "auto", 1, DAY_MS, "0.1",
     "how often executions are asked about; auto: learnt from how long the first ones take"},
    {"agents.timeout", "agents.timeout_ms",
     CONFIG_DURATION_OR_AUTO, "auto", 1, INT64_C(30) * DAY_MS, "0.1",
     "how long one execution may take; auto: 4h"},
    {"plugins.upload", "plugins.upload", CONFIG_PLUGINS, NULL, 0, 0, "0.1",
     "plugins to put on the manager: zips, wagons (.wgn: Python packages, built), caravans "
     "(.cvn: several in one), patterns such as plugins/*.zip, folders, or {wagon: FILE, yaml: "
     "FILE}"},
    {"plugins.visibility", "plugins.visibility", CONFIG_VISIBILITY, "tenant", 0, 0, "0.1",
     "who may use an uploaded plugin: its tenant, its creator alone (private), or all tenants "
     "(global, for administrators)"},
    {"plugins.update", "plugins.update", CONFIG_ALL_OR_LIST, "all", 1, 0, "0.1",
     "blueprints, by NAME or TENANT/NAME, whose deployments move to the newest plugins"},
    {"plugins.except", "plugins.except", CONFIG_LIST, NULL, 0, 0, "0.1",
     "blueprints that plugins.update leaves out, by NAME or TENANT/NAME"},
    {"plugins.to", "plugins.to", CONFIG_VERSIONS, "latest", 0, 0, "0.1",
     "latest: the newest plugin there is; minor: the newest with the same major version; or "
     "which plugins to which of both, e.g. {minor: [aws]}"},
    {"plugins.names", "plugins.names", CONFIG_LIST, NULL, 0, 0, "0.1",
     "only these plugins are updated; left out: all that blueprints use"},
    {"plugins.mapping", "plugins.mapping", CONFIG_MAPPING, NULL, 0, 0, "0.1",
     "which plugin to which version, as a mapping file of cfy has it; handed on as it is"},
    {"plugins.auto_correct_types", "plugins.auto_correct_types", CONFIG_BOOL, "false", 0, 0, "0.1",
     "the manager converts inputs to the types that the new plugins want, where it can"},
    {"plugins.reevaluate_active_statuses", "plugins.reevaluate_active_statuses",
     CONFIG_BOOL, "false", 0, 0, "0.1",
     "before it begins, the manager looks again at updates that seem to go on, and clears "
     "those that hang"},
    {"plugins.force", "plugins.force", CONFIG_BOOL, "false", 0, 0, "0.1",
     "on 5.0: clear updates that hang; later: also blueprints whose deployments others use as "
     "components"},
    {"plugins.accept_data_loss", "plugins.accept_data_loss", CONFIG_LIST, NULL, 0, 0, "0.1",
     "versions of managers, by name, on which the update goes on although a failed one "
     "deletes deployments there, e.g. [\"6.0.1\"]"},
    {"plugins.wait", "plugins.wait_ms", CONFIG_DURATION, "30m", 0, INT64_C(30) * DAY_MS, "0.1",
     "how long an update of somebody else on the same blueprint is waited for"},
    {"plugins.poll", "plugins.poll_ms", CONFIG_DURATION_OR_AUTO, "auto", 1, DAY_MS, "0.1",
     "how often an update is asked about; auto: 10s"},
    {"plugins.timeout", "plugins.timeout_ms",
     CONFIG_DURATION_OR_AUTO, "auto", 1, INT64_C(30) * DAY_MS, "0.1",
     "how long the update of one blueprint may take; auto: 24h"},
    {"backup.directory", "backup.directory", CONFIG_PATH, NULL, 0, 0, "0.1",
     "the folder into which backups are put; with from the archive of an upgrade"},
    {"backup.name", "backup.name", CONFIG_PATTERN, "{manager}-{time}", 0, 0, "0.1",
     "the name of a backup, without its ending; {time}, {date} and {manager} stand for what "
     "they say"},
    {"backup.options.credentials", "backup.credentials", CONFIG_BOOL, "true", 0, 0, "0.1",
     "the snapshot holds the agents' keys and logins too, without which they can not be "
     "restored"},
    {"backup.options.logs", "backup.logs", CONFIG_BOOL, "true", 0, 0, "0.1",
     "the snapshot holds the logs of executions too"},
    {"backup.options.events", "backup.events", CONFIG_BOOL, "true", 0, 0, "0.1",
     "the snapshot holds the events of executions too"},
    {"backup.options.metrics", "backup.metrics", CONFIG_BOOL, "false", 0, 0, "0.1",
     "the snapshot holds the metrics too (old managers only)"},
    {"backup.options.tempdir", "backup.tempdir", CONFIG_TEXT, NULL, 0, 0, "0.1",
     "a folder of the manager in which it puts the snapshot together; from 6.4 on"},
    {"backup.options.legacy", "backup.legacy", CONFIG_BOOL, "true", 0, 0, "0.1",
     "the older format of archives, which managers before 7.0 can restore; from 7.0 on"},
    {"backup.options.listener_timeout", "backup.listener_timeout",
     CONFIG_SECONDS, NULL, 1, DAY_MS, "0.1",
     "how long the manager waits for changes while it makes the snapshot; from 7.0 on"},
    {"backup.busy", "backup.busy", CONFIG_BUSY, "wait", 0, 0, "0.1",
     "what is done while something runs on the manager: wait for its end, queue the snapshot "
     "behind it, or refuse"},
    {"backup.wait", "backup.wait_ms", CONFIG_DURATION, "2h", 1, INT64_C(30) * DAY_MS, "0.1",
     "how long a backup waits for the end of what runs on the manager"},
    {"backup.timeout", "backup.timeout_ms", CONFIG_DURATION, "4h", 1, INT64_C(30) * DAY_MS, "0.1",
     "how long the manager may take for the snapshot"},
    {"backup.poll", "backup.poll_ms", CONFIG_DURATION_OR_AUTO, "auto", 1, DAY_MS, "0.1",
     "how often the manager is asked about the snapshot; auto: 5s"},
    {"backup.delete_after", "backup.delete_after", CONFIG_BOOL, "false", 0, 0, "0.1",
     "delete the snapshot from the manager once the backup is proved whole"},
    {"keep.daily", "keep.daily", CONFIG_INT, NULL, 0, 100000, "0.1",
     "of how many days the last backup is kept; a backup that none of these keys keeps is "
     "removed, and without them none is"},
    {"keep.weekly", "keep.weekly", CONFIG_INT, NULL, 0, 100000, "0.1",
     "of how many weeks the last backup is kept"},
    {"keep.monthly", "keep.monthly", CONFIG_INT, NULL, 0, 100000, "0.1",
     "of how many months the last backup is kept"},
    {"keep.yearly", "keep.yearly", CONFIG_INT, NULL, 0, 100000, "0.1",
     "of how many years the last backup is kept"},
    {"keep.zone", "keep.zone", CONFIG_ZONE, "UTC", 0, 0, "0.1",
     "whose days count for keep.daily and the others: UTC, or local for the zone of this machine"},
    {"keep.unproven", "keep.unproven_ms", CONFIG_DURATION, "7d", 0, INT64_C(36500) * DAY_MS, "0.1",
     "how long a backup that was not proved whole is kept when a newer one was"},
    {"metrics.file", "metrics.file", CONFIG_PATH, NULL, 0, 0, "0.1",
     "a text file for Prometheus, the usual collector of measurements: how the run stands and "
     "when the last backup succeeded; its name ends in .prom"},
    {"on.step_done", "on.step_done", CONFIG_TEXT, NULL, 0, 0, "0.1",
     "a command for a shell, run when a step is done, with JSON on its standard input"},
    {"on.needs_decision", "on.needs_decision", CONFIG_TEXT, NULL, 0, 0, "0.1",
     "a command for a shell, run when the run stands and waits for a person, with JSON on its "
     "standard input"},
    {"on.failed", "on.failed", CONFIG_TEXT, NULL, 0, 0, "0.1",
     "a command for a shell, run when the run has failed, with JSON on its standard input"},
    {"on.done", "on.done", CONFIG_TEXT, NULL, 0, 0, "0.1",
     "a command for a shell, run when the run is done, with JSON on its standard input"},
    {"on.timeout", "on.timeout_ms", CONFIG_DURATION, "30s", 1, 3600000, "0.1",
     "how long a command of on may take before it is killed"},
    {"limits.requests_per_second", "limits.requests_per_second",
     CONFIG_NUMBER, "5", 0, 10000, "0.1",
     "how many requests a second the manager gets at most; managers of 7.0 refuse more than 10"},
    {"limits.in_flight", "limits.in_flight", CONFIG_INT, "64", 1, 4096, "0.1",
     "how many requests may wait for their answers at a time"},
    {"limits.settle", "limits.settle_ms", CONFIG_DURATION_OR_AUTO, "auto", 0, DAY_MS, "0.1",
     "how long ferry waits, after an answer was lost, before it believes that a request had "
     "no effect; auto: 90s where the manager takes ferry's own id, 5m elsewhere"},
};
/* clang-format on */
const size_t config_key_count = FERRY_COUNT(config_keys);

const char *const config_groups[] = {"manager",
                                     "manager.password",
                                     "manager.token",
                                     "manager.after_restore",
                                     "manager.after_restore.password",
                                     "manager.after_restore.token",
                                     "from",
                                     "from.password",
                                     "from.token",
                                     "snapshot",
                                     "restore",
                                     "maintenance",
                                     "agents",
                                     "plugins",
                                     "backup",
                                     "backup.options",
                                     "keep",
                                     "metrics",
                                     "on",
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
                                      "from.password",
                                      "from.token"};
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
    static const char *const names[] = {"manager.url", "manager.ca", "manager.after_restore.ca",
                                        "from.url",    "from.ca",    "agents.waves"};

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
    return config_key_is_below(key->name, "limits") || config_key_is_below(key->name, "metrics") ||
           config_key_is_below(key->name, "on");
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
