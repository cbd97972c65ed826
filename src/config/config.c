#include "config/config.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/references.h"
#include "config/values.h"
#include "config/workflow.h"

/* The objects of the options while they are filled, one for each of these. */
static const char *const groups[] = {"manager", "snapshot", "restore", "maintenance",
                                     "agents",  "plugins",  "limits",  "old_manager",
                                     "backup",  "keep",     "metrics", "on"};
enum { MANAGER = 0, SNAPSHOT = 1, OLD_MANAGER = 7 };

struct parts {
    enum config_workflow workflow;
    struct json *groups[FERRY_COUNT(groups)];
};

static struct json *part_of(struct parts *parts, const struct config_key *key)
{
    size_t length = strcspn(key->out, ".");

    for (size_t at = 0; at < FERRY_COUNT(groups); at++) {
        if (strlen(groups[at]) == length && strncmp(groups[at], key->out, length) == 0) {
            return parts->groups[at];
        }
    }
    return NULL; /* the table names no other group */
}

static struct json *assemble(const void *ctx, const struct parts *parts)
{
    struct json *options = json_object(ctx);

    for (size_t at = 0; at < FERRY_COUNT(groups); at++) {
        if (config_workflow_has(parts->workflow, groups[at])) {
            json_set_json(options, groups[at], parts->groups[at]);
        }
    }
    if (config_workflow_has(parts->workflow, groups[OLD_MANAGER]) &&
        !json_is_string(json_member(parts->groups[OLD_MANAGER], "url"))) {
        json_set_null(options, groups[OLD_MANAGER]); /* none is configured */
    }
    return options;
}

static void name_snapshot(struct config_raw *raw, struct json *snapshot)
{
    const char *origin = json_string_or(snapshot, "file", NULL);

    if (json_is_string(json_member(snapshot, "id"))) {
        return;
    }
    if (origin == NULL) {
        origin = json_string_or(snapshot, "url", "");
    }
    json_set_string(snapshot, "id", config_snapshot_id(raw->mem, origin));
}

/* Judges all keys; with a base only those that are set. */
static enum ferry_code put_all(struct config_raw *raw, struct parts *parts, bool only_set,
                               struct ferry_error *err)
{
    enum ferry_code code = FERRY_OK;

    for (size_t at = 0; at < config_key_count && code == FERRY_OK; at++) {
        const struct config_key *key = &config_keys[at];

        if (key->out == NULL || (only_set && raw->values[at].origin == CONFIG_NOT_SET)) {
            continue;
        }
        if (config_workflow_has(parts->workflow, key->name)) {
            code = config_value_put(raw, key, part_of(parts, key), err);
        }
    }
    if (code == FERRY_OK) {
        code = config_references_put(raw, parts->groups[MANAGER], err);
    }
    if (code == FERRY_OK && config_workflow_has(parts->workflow, groups[OLD_MANAGER])) {
        code = config_references_put_old(raw, parts->groups[OLD_MANAGER], err);
    }
    return code == FERRY_OK
               ? config_check_two_managers(parts->groups[MANAGER], parts->groups[OLD_MANAGER], err)
               : code;
}

/* All that was written, and for which workflow it is meant. */
static enum ferry_code load_raw(void *mem, const struct config_source *source,
                                enum config_workflow *workflow, struct config_raw **out,
                                struct ferry_error *err)
{
    struct config_raw *raw;
    enum ferry_code code = config_raw_open(mem, source->file, &raw, err);

    if (code == FERRY_OK && raw->yaml != NULL) {
        code = config_yaml_load(raw, err);
    }
    if (code == FERRY_OK) {
        code = config_settings_load(raw, source->settings, source->setting_count, false, err);
    }
    if (code == FERRY_OK) {
        code = config_workflow_choose(raw, workflow, err);
    }
    if (code == FERRY_OK) {
        code = config_profile_load(raw, err);
    }
    if (code == FERRY_OK) {
        *out = raw;
        code = config_check_complete(raw, *workflow, err);
    }
    return code;
}

static enum ferry_code load_yaml(const void *ctx, const struct config_source *source,
                                 struct json **options, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct parts parts;
    struct config_raw *raw = NULL;
    enum ferry_code code = config_workflow_of(source->workflow, &parts.workflow, err);

    if (code == FERRY_OK) {
        code = load_raw(scope, source, &parts.workflow, &raw, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    for (size_t at = 0; at < FERRY_COUNT(groups); at++) {
        parts.groups[at] = json_object(scope);
    }
    code = put_all(raw, &parts, false, err);
    if (code != FERRY_OK) {
        return code;
    }
    if (parts.workflow == CONFIG_UPGRADE) {
        name_snapshot(raw, parts.groups[SNAPSHOT]);
    }
    if (source->active != NULL && raw->profile.active) {
        *source->active = mem_strdup(ctx, raw->profile.name);
    }
    *options = assemble(ctx, &parts);
    return FERRY_OK;
}

enum ferry_code config_override(const void *ctx, const struct json *options,
                                const char *const *settings, size_t setting_count,
                                struct json **out, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct parts parts = {.workflow = CONFIG_ANY};
    struct config_raw *raw;
    enum ferry_code code = config_check_options(options, err);

    if (code == FERRY_OK) {
        code = config_workflow_of(config_workflow_name(options), &parts.workflow, err);
    }
    if (code == FERRY_OK) {
        code = config_raw_open(scope, NULL, &raw, err);
    }
    if (code == FERRY_OK) {
        code = config_settings_load(raw, settings, setting_count, true, err);
    }
    if (code == FERRY_OK) {
        code = config_workflow_choose(raw, &parts.workflow, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    for (size_t at = 0; at < FERRY_COUNT(groups); at++) {
        const struct json *group = json_member(options, groups[at]);

        parts.groups[at] = json_is_object(group) ? json_copy(scope, group) : json_object(scope);
    }
    code = put_all(raw, &parts, true, err);
    if (code == FERRY_OK) {
        *out = assemble(ctx, &parts);
    }
    return code;
}

bool config_is_plan(const char *file)
{
    size_t length = strlen(file);

    return length > 5 && strcmp(file + length - 5, ".json") == 0;
}

enum ferry_code config_plan_read(const void *ctx, const char *file, struct json **plan,
                                 struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *document;
    char *text;
    size_t size;
    enum ferry_code code = file_read(scope, file, CONFIG_PLAN_MAX, &text, &size, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (json_parse(scope, text, size, &document, err) != FERRY_OK) {
        if (err != NULL) {
            err->code = FERRY_E_CONFIG;
        }
        (void)ferry_error_prefix(err, "%s is no plan", file);
        return FERRY_E_CONFIG;
    }
    if (!json_is_object(json_member(document, "options"))) {
        ferry_fail(err, FERRY_E_CONFIG, "%s is no plan: it has no options", file);
        ferry_error_hint(err, "make one: ferry plan FILE.yaml -o %s", file);
        return FERRY_E_CONFIG;
    }
    code = config_check_options(json_member(document, "options"), err);
    if (code != FERRY_OK) {
        (void)ferry_error_prefix(err, "%s", file);
        return code;
    }
    *plan = json_copy(ctx, document);
    return FERRY_OK;
}

enum ferry_code config_load(const void *ctx, const struct config_source *source,
                            struct json **options, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *plan;
    enum ferry_code code;

    if (source->active != NULL) {
        *source->active = NULL;
    }
    if (source->file == NULL || !config_is_plan(source->file)) {
        return load_yaml(ctx, source, options, err);
    }
    code = config_plan_read(scope, source->file, &plan, err);
    if (code != FERRY_OK) {
        return code;
    }
    const struct json *saved = json_member(plan, "options");

    if (source->workflow != NULL && strcmp(config_workflow_name(saved), source->workflow) != 0) {
        return ferry_fail(err, FERRY_E_USAGE, "%s is the plan of a run of %s, not of %s",
                          source->file, config_workflow_name(saved), source->workflow);
    }
    return config_override(ctx, saved, source->settings, source->setting_count, options, err);
}
