/* The shape of complete options, for those that were written down and come back. */
#include "config/config.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "config/url.h"
#include "config/workflow.h"

enum shape {
    TEXT = 1,
    NUMBER = 2,
    BOOL = 4,
    LIST = 8,
    REFERENCE = 16,
    LOGIN = 32,
    NOTHING = 64,
    PLUGINS = 128, /* a list of texts and of parts, see plugins.c */
    KEYS = 256,    /* an object, whatever is in it */
    LATER = 512    /* may be absent: runs of an earlier ferry lack it */
};

static const struct member {
    const char *group;
    const char *name;
    unsigned shapes; /* any of enum shape */
} members[] = {
    {"manager", "url", TEXT},
    {"manager", "nodes", LIST | NOTHING | LATER},
    {"manager", "username", TEXT},
    {"manager", "password", REFERENCE | NOTHING},
    {"manager", "token", REFERENCE | NOTHING | LATER},
    {"manager", "after_restore", LOGIN | NOTHING},
    {"manager", "after_restore_ca", TEXT | NOTHING | LATER},
    {"manager", "ca", TEXT | NOTHING},
    {"manager", "tenant", TEXT},
    {"old_manager", "url", TEXT | LATER},
    {"old_manager", "nodes", LIST | NOTHING | LATER},
    {"old_manager", "username", TEXT | LATER},
    {"old_manager", "password", REFERENCE | NOTHING | LATER},
    {"old_manager", "token", REFERENCE | NOTHING | LATER},
    {"old_manager", "ca", TEXT | NOTHING | LATER},
    {"old_manager", "tenant", TEXT | LATER},
    {"old_manager", "broker", TEXT | NOTHING | LATER},
    {"old_manager", "validate_agents", BOOL | LATER},
    {"old_manager", "maintenance", BOOL | LATER},
    {"snapshot", "file", TEXT | NOTHING},
    {"snapshot", "url", TEXT | NOTHING},
    {"snapshot", "id", TEXT | NOTHING}, /* taken by the run: named when it begins */
    {"restore", "force", BOOL},
    {"restore", "certificates", BOOL},
    {"restore", "no_reboot", BOOL},
    {"restore", "quiet_ms", NUMBER | NOTHING},
    {"restore", "poll_ms", NUMBER | NOTHING},
    {"restore", "timeout_ms", NUMBER},
    {"maintenance", "poll_ms", NUMBER | NOTHING},
    {"maintenance", "timeout_ms", NUMBER},
    {"agents", "tenants", LIST | NOTHING},
    {"agents", "deployments", LIST | NOTHING | LATER},
    {"agents", "nodes", LIST | NOTHING | LATER},
    {"agents", "node_instances", LIST | NOTHING | LATER},
    {"agents", "install_methods", LIST | NOTHING | LATER},
    {"agents", "concurrency", NUMBER},
    {"agents", "max_failures", NUMBER},
    {"agents", "max_failures_percent", NUMBER},
    {"agents", "on_failure", TEXT | LATER},
    {"agents", "waves", LIST | LATER},
    {"agents", "stop_old", BOOL},
    {"agents", "manager_ip", TEXT | NOTHING | LATER},
    {"agents", "manager_certificate", TEXT | NOTHING | LATER},
    {"agents", "validate", BOOL | LATER},
    {"agents", "grace_ms", NUMBER | LATER},
    {"agents", "pending_ms", NUMBER | NOTHING | LATER},
    {"agents", "install_timeout", NUMBER},
    {"agents", "poll_ms", NUMBER | NOTHING},
    {"agents", "timeout_ms", NUMBER | NOTHING},
    {"plugins", "upload", PLUGINS},
    {"plugins", "visibility", TEXT | LATER},
    {"plugins", "update", LIST | NOTHING},
    {"plugins", "except", LIST},
    {"plugins", "to", TEXT | KEYS},
    {"plugins", "names", LIST | LATER},
    {"plugins", "mapping", KEYS | NOTHING | LATER},
    {"plugins", "auto_correct_types", BOOL | LATER},
    {"plugins", "reevaluate_active_statuses", BOOL | LATER},
    {"plugins", "force", BOOL | LATER},
    {"plugins", "accept_data_loss", LIST | LATER},
    {"plugins", "wait_ms", NUMBER | LATER},
    {"plugins", "poll_ms", NUMBER | NOTHING},
    {"plugins", "timeout_ms", NUMBER | NOTHING},
    {"backup", "directory", TEXT | NOTHING},
    {"backup", "name", TEXT},
    {"backup", "credentials", BOOL},
    {"backup", "logs", BOOL},
    {"backup", "events", BOOL},
    {"backup", "metrics", BOOL},
    {"backup", "tempdir", TEXT | NOTHING},
    {"backup", "legacy", BOOL},
    {"backup", "listener_timeout", NUMBER | NOTHING},
    {"backup", "busy", TEXT},
    {"backup", "wait_ms", NUMBER},
    {"backup", "timeout_ms", NUMBER},
    {"backup", "poll_ms", NUMBER | NOTHING},
    {"backup", "delete_after", BOOL | LATER},
    {"keep", "daily", NUMBER | NOTHING},
    {"keep", "weekly", NUMBER | NOTHING},
    {"keep", "monthly", NUMBER | NOTHING},
    {"keep", "yearly", NUMBER | NOTHING},
    {"keep", "zone", TEXT | LATER},
    {"keep", "unproven_ms", NUMBER | LATER},
    {"metrics", "file", TEXT | NOTHING | LATER},
    {"on", "step_done", TEXT | NOTHING | LATER},
    {"on", "needs_decision", TEXT | NOTHING | LATER},
    {"on", "failed", TEXT | NOTHING | LATER},
    {"on", "done", TEXT | NOTHING | LATER},
    {"on", "timeout_ms", NUMBER | LATER},
    {"limits", "requests_per_second", NUMBER},
    {"limits", "in_flight", NUMBER},
    {"limits", "settle_ms", NUMBER | NOTHING},
};

static bool is_text_list(const struct json *node)
{
    if (!json_is_array(node)) {
        return false;
    }
    for (const struct json *item = json_first(node); item != NULL; item = json_next(item)) {
        if (!json_is_string(item)) {
            return false;
        }
    }
    return true;
}

/* {"file": TEXT} and the like: one member, which names a place. A text alone would be a password.
 */
static bool is_reference(const struct json *node)
{
    static const char *const kinds[] = {"file", "env", "command", "profile"};
    const struct json *first = json_first(node);

    if (!json_is_object(node) || json_size(node) != 1 || !json_is_string(first)) {
        return false;
    }
    for (size_t at = 0; at < FERRY_COUNT(kinds); at++) {
        if (strcmp(json_key(first), kinds[at]) == 0) {
            return true;
        }
    }
    return false;
}

/* A password, a token, or both; nothing else in their places. */
static bool has_secret(const struct json *login)
{
    const struct json *password = json_member(login, "password");
    const struct json *token = json_member(login, "token");
    bool by_password = is_reference(password);
    bool by_token = is_reference(token);

    return (by_password || by_token) &&
           (by_password || password == NULL || json_is_null(password)) &&
           (by_token || token == NULL || json_is_null(token));
}

static bool is_login(const struct json *node)
{
    size_t secrets = (json_member(node, "password") != NULL ? 1U : 0U) +
                     (json_member(node, "token") != NULL ? 1U : 0U);

    return json_is_object(node) && json_size(node) == 1 + secrets &&
           json_is_string(json_member(node, "username")) && has_secret(node);
}

/* Paths of files, and parts that are packed: a wagon and its yamls at least. */
static bool is_plugins(const struct json *node)
{
    for (const struct json *item = json_first(node); item != NULL; item = json_next(item)) {
        if (!json_is_string(item) && (!json_is_string(json_member(item, "wagon")) ||
                                      !is_text_list(json_member(item, "yaml")) ||
                                      json_size(json_member(item, "yaml")) == 0)) {
            return false;
        }
    }
    return true;
}

static bool has_shape(const struct json *node, unsigned shapes)
{
    if (json_is_string(node)) {
        return (shapes & TEXT) != 0;
    }
    if (json_is_number(node)) {
        return (shapes & NUMBER) != 0;
    }
    if (json_is_bool(node)) {
        return (shapes & BOOL) != 0;
    }
    if (json_is_null(node)) {
        return (shapes & NOTHING) != 0;
    }
    if (json_is_array(node)) {
        return ((shapes & LIST) != 0 && is_text_list(node)) ||
               ((shapes & PLUGINS) != 0 && is_plugins(node));
    }
    return (shapes & KEYS) != 0 || ((shapes & REFERENCE) != 0 && is_reference(node)) ||
           ((shapes & LOGIN) != 0 && is_login(node));
}

static bool is_known(enum config_workflow workflow, const char *group, const char *name)
{
    for (size_t at = 0; at < FERRY_COUNT(members); at++) {
        if (strcmp(members[at].group, group) == 0 && config_workflow_has(workflow, group) &&
            (name == NULL || strcmp(members[at].name, name) == 0)) {
            return true;
        }
    }
    return false;
}

static enum ferry_code refuse_unknown(const struct json *options, enum config_workflow workflow,
                                      struct ferry_error *err)
{
    for (const struct json *group = json_first(options); group != NULL; group = json_next(group)) {
        if (!is_known(workflow, json_key(group), NULL)) {
            return ferry_fail(err, FERRY_E_CONFIG, "options have an unknown member %s",
                              json_key(group));
        }
        for (const struct json *node = json_first(group); node != NULL; node = json_next(node)) {
            if (json_is_object(group) && !is_known(workflow, json_key(group), json_key(node))) {
                return ferry_fail(err, FERRY_E_CONFIG, "options have an unknown member %s.%s",
                                  json_key(group), json_key(node));
            }
        }
    }
    return FERRY_OK;
}

static enum ferry_code check_shapes(const struct json *options, enum config_workflow workflow,
                                    struct ferry_error *err)
{
    for (size_t at = 0; at < FERRY_COUNT(members); at++) {
        const struct json *group = json_member(options, members[at].group);
        const struct json *node = json_member(group, members[at].name);

        if ((node == NULL && (members[at].shapes & LATER) != 0) ||
            !config_workflow_has(workflow, members[at].group)) {
            continue;
        }
        if (node == NULL) {
            return ferry_fail(err, FERRY_E_CONFIG, "options lack %s.%s", members[at].group,
                              members[at].name);
        }
        if (!has_shape(node, members[at].shapes)) {
            return ferry_fail(err, FERRY_E_CONFIG, "options have a wrong %s.%s", members[at].group,
                              members[at].name);
        }
    }
    return FERRY_OK;
}

/* The URL, and those of all nodes, of which it is the first: it says whose run this is. */
static enum ferry_code check_urls(const struct json *options, const char *group,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *manager = json_member(options, group);
    const char *first = json_string_or(manager, "url", "");
    const struct json *node = json_first(json_member(manager, "nodes"));
    char *url;
    const char *problem = config_url_manager(scope, first, &url);

    if (problem != NULL) {
        return ferry_fail(err, FERRY_E_CONFIG, "%s.url of the options %s", group, problem);
    }
    if (node != NULL && strcmp(json_text(node), first) != 0) {
        return ferry_fail(err, FERRY_E_CONFIG, "%s.url of the options is not the first of %s.nodes",
                          group, group);
    }
    for (; node != NULL; node = json_next(node)) {
        problem = config_url_manager(scope, json_text(node), &url);
        if (problem != NULL) {
            return ferry_fail(err, FERRY_E_CONFIG, "%s.nodes of the options %s", group, problem);
        }
    }
    return FERRY_OK;
}

/* There need not be one; but if so, then a whole one. */
static enum ferry_code check_old(const struct json *options, struct ferry_error *err)
{
    const struct json *old = json_member(options, "old_manager");

    if (old == NULL || json_is_null(old)) {
        return FERRY_OK;
    }
    if (check_urls(options, "old_manager", err) != FERRY_OK) {
        return FERRY_E_CONFIG;
    }
    return json_is_string(json_member(old, "username")) && has_secret(old)
               ? FERRY_OK
               : ferry_fail(err, FERRY_E_CONFIG, "options lack from.username, .password or .token");
}

enum ferry_code config_check_options(const struct json *options, struct ferry_error *err)
{
    enum config_workflow workflow = CONFIG_ANY;

    if (!json_is_object(options)) {
        return ferry_fail(err, FERRY_E_CONFIG, "options are no JSON object");
    }
    if (config_workflow_of(config_workflow_name(options), &workflow, err) != FERRY_OK ||
        check_shapes(options, workflow, err) != FERRY_OK ||
        check_urls(options, "manager", err) != FERRY_OK || check_old(options, err) != FERRY_OK) {
        return FERRY_E_CONFIG;
    }
    if (workflow == CONFIG_UPGRADE && !json_is_string(json_get(options, "snapshot.id"))) {
        return ferry_fail(err, FERRY_E_CONFIG, "options have a wrong snapshot.id");
    }
    if (!has_secret(json_member(options, "manager"))) {
        return ferry_fail(err, FERRY_E_CONFIG, "options lack manager.password or manager.token");
    }
    return refuse_unknown(options, workflow, err);
}
