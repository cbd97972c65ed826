#include "config/manual.h"

#include <inttypes.h>

#include "base/mem.h"
#include "config/keys.h"
#include "config/workflow.h"

#define VALUES_MAX 4

static const struct kind {
    const char *type;
    const char *values[VALUES_MAX]; /* words that may stand there, of which completion tells */
} kinds[] = {
    [CONFIG_TEXT] = {"text", {NULL}},
    [CONFIG_VARIABLE] = {"name of an environment variable", {NULL}},
    [CONFIG_PATH] = {"path of a file", {NULL}},
    [CONFIG_MANAGER] = {"URL, or a list of URLs", {NULL}},
    [CONFIG_ADDRESS] = {"host, or host:port", {NULL}},
    [CONFIG_DOWNLOAD] = {"URL", {NULL}},
    [CONFIG_PROFILE] = {"name of a profile", {NULL}},
    [CONFIG_SNAPSHOT] = {"name of a snapshot", {NULL}},
    [CONFIG_BOOL] = {"true or false", {"true", "false"}},
    [CONFIG_INT] = {"whole number", {NULL}},
    [CONFIG_NUMBER] = {"number", {NULL}},
    [CONFIG_DURATION] = {"duration, e.g. 500ms, 5s, 30m, 4h", {NULL}},
    [CONFIG_DURATION_OR_AUTO] = {"duration, or auto", {"auto"}},
    [CONFIG_SECONDS] = {"whole number of seconds, or a duration", {NULL}},
    [CONFIG_FAILURES] = {"number, share such as 10%, or never", {"never"}},
    [CONFIG_LIST] = {"list of texts", {NULL}},
    [CONFIG_ALL_OR_LIST] = {"all, or a list of texts", {"all", "none"}},
    [CONFIG_PLUGINS] = {"list of files, patterns, folders and {wagon: FILE, ...}", {NULL}},
    [CONFIG_VERSIONS] = {"latest, minor, or {latest: [...], minor: [...]}", {"latest", "minor"}},
    [CONFIG_MAPPING] = {"keys as in cfy's own file", {NULL}},
    [CONFIG_VISIBILITY] = {"tenant, private or global", {"tenant", "private", "global"}},
    [CONFIG_ON_FAILURE] = {"continue or stop", {"continue", "stop"}},
    [CONFIG_CERTIFICATE] = {"path of a file (PEM)", {NULL}},
    [CONFIG_BUSY] = {"wait, queue or refuse", {"wait", "queue", "refuse"}},
    [CONFIG_ZONE] = {"UTC or local", {"UTC", "local"}},
    [CONFIG_PATTERN] = {"name with {time}, {date} or {manager} in it", {NULL}},
    [CONFIG_WAVES] = {"list of numbers above 0, its last may be rest", {NULL}},
};

/* As a file of ours would have it: "4h". */
static char *duration(const void *mem, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    size_t at = 0;

    while (ms % units[at].ms != 0) {
        at++;
    }
    return mem_printf(mem, "%" PRId64 "%s", ms / units[at].ms, ms == 0 ? "s" : units[at].unit);
}

/* NULL where every value of the type is taken. */
static char *range(const void *mem, const struct config_key *key)
{
    bool is_duration = key->kind == CONFIG_DURATION || key->kind == CONFIG_DURATION_OR_AUTO;

    if (is_duration) {
        return mem_printf(mem, "%s to %s", duration(mem, key->min), duration(mem, key->max));
    }
    if (key->kind == CONFIG_SECONDS) {
        return mem_printf(mem, "%" PRId64 " to %" PRId64, key->min, key->max / 1000);
    }
    if (key->kind == CONFIG_NUMBER) {
        return mem_printf(mem, "above 0, to %" PRId64, key->max);
    }
    if (key->kind == CONFIG_INT || key->kind == CONFIG_FAILURES || key->kind == CONFIG_WAVES) {
        return mem_printf(mem, "%" PRId64 " to %" PRId64, key->min, key->max);
    }
    return NULL;
}

static void put_values(struct json *row, const struct config_key *key)
{
    const struct kind *kind = &kinds[key->kind];
    bool may_be_none = key->kind != CONFIG_ALL_OR_LIST || key->min == 1;
    struct json *values;

    if (kind->values[0] == NULL) {
        return;
    }
    values = json_set_array(row, "values");
    for (size_t at = 0; at < VALUES_MAX && kind->values[at] != NULL; at++) {
        if (may_be_none || at == 0) {
            json_push_string(values, kind->values[at]);
        }
    }
}

static void put_workflows(struct json *row, const char *name)
{
    struct json *workflows = json_set_array(row, "workflows");

    if (config_workflow_has(CONFIG_UPGRADE, name)) {
        json_push_string(workflows, "upgrade");
    }
    if (config_workflow_has(CONFIG_BACKUP, name)) {
        json_push_string(workflows, "backup");
    }
}

void config_manual(struct json *rows)
{
    for (size_t at = 0; at < config_key_count; at++) {
        const struct config_key *key = &config_keys[at];
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct json *row = json_push_object(rows);
        const char *type = key->kind < FERRY_COUNT(kinds) ? kinds[key->kind].type : NULL;

        json_set_string(row, "name", key->name);
        if (key->kind == CONFIG_ALL_OR_LIST && key->min == 1) {
            type = "all, none, or a list of texts";
        }
        json_set_string(row, "type", type);
        if (type != NULL) {
            put_values(row, key);
        }
        json_set_string(row, "default", key->fallback);
        json_set_string(row, "range", range(scope, key));
        json_set_string(row, "since", key->since);
        json_set_string(row, "help", key->help);
        put_workflows(row, key->name);
        json_set_bool(row, "resume", config_key_is_replaceable(key));
    }
}
