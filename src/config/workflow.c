#include "config/workflow.h"

#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "config/config.h"

static const char *const names[] = {[CONFIG_UPGRADE] = "upgrade", [CONFIG_BACKUP] = "backup"};

/* What is not named here is of the upgrade alone. The first that fits counts. */
static const struct {
    const char *group;
    unsigned workflows;
} owners[] = {
    {"manager.after_restore", CONFIG_UPGRADE},
    {"manager", CONFIG_UPGRADE | CONFIG_BACKUP},
    {"limits", CONFIG_UPGRADE | CONFIG_BACKUP},
    {"metrics", CONFIG_UPGRADE | CONFIG_BACKUP},
    {"on", CONFIG_UPGRADE | CONFIG_BACKUP},
    {"backup", CONFIG_BACKUP},
    {"keep", CONFIG_BACKUP},
};

static unsigned workflows_of(const char *name)
{
    for (size_t at = 0; at < FERRY_COUNT(owners); at++) {
        if (strcmp(name, owners[at].group) == 0 || config_key_is_below(name, owners[at].group)) {
            return owners[at].workflows;
        }
    }
    return CONFIG_UPGRADE;
}

bool config_workflow_has(enum config_workflow workflow, const char *name)
{
    return workflow == CONFIG_ANY || (workflows_of(name) & (unsigned)workflow) != 0;
}

enum ferry_code config_workflow_of(const char *name, enum config_workflow *out,
                                   struct ferry_error *err)
{
    *out = CONFIG_ANY;
    if (name == NULL) {
        return FERRY_OK;
    }
    for (size_t at = 1; at < FERRY_COUNT(names); at++) {
        if (strcmp(name, names[at]) == 0) {
            *out = (enum config_workflow)at;
            return FERRY_OK;
        }
    }
    return ferry_fail(err, FERRY_E_USAGE, "there is no workflow \"%s\"", name);
}

const char *config_workflow_name(const struct json *options)
{
    return names[json_member(options, "backup") != NULL ? CONFIG_BACKUP : CONFIG_UPGRADE];
}

static const struct config_key *first_of_only(struct config_raw *raw, enum config_workflow workflow)
{
    for (size_t at = 0; at < config_key_count; at++) {
        if (raw->values[at].origin > CONFIG_FROM_ENVIRONMENT &&
            workflows_of(config_keys[at].name) == (unsigned)workflow) {
            return &config_keys[at];
        }
    }
    return NULL;
}

/* The key of this workflow that was probably meant. */
static const char *nearest_in(enum config_workflow workflow, const char *name)
{
    const char *candidates[512];
    size_t count = 0;

    for (size_t at = 0; at < config_key_count && count < FERRY_COUNT(candidates); at++) {
        if (config_workflow_has(workflow, config_keys[at].name)) {
            candidates[count++] = config_keys[at].name;
        }
    }
    return nearest_word(name, candidates, count);
}

enum ferry_code config_workflow_choose(struct config_raw *raw, enum config_workflow *workflow,
                                       struct ferry_error *err)
{
    const struct config_key *foreign;
    enum config_workflow other;
    const char *near;

    if (*workflow == CONFIG_ANY) {
        *workflow =
            first_of_only(raw, CONFIG_BACKUP) != NULL && first_of_only(raw, CONFIG_UPGRADE) == NULL
                ? CONFIG_BACKUP
                : CONFIG_UPGRADE;
    }
    other = *workflow == CONFIG_BACKUP ? CONFIG_UPGRADE : CONFIG_BACKUP;
    foreign = first_of_only(raw, other);
    if (foreign == NULL) {
        return FERRY_OK;
    }
    near = nearest_in(*workflow, foreign->name);
    enum ferry_code code =
        config_bad(raw, foreign, CONFIG_NO_ITEM, err, "is a key of the %s, not of the %s",
                   names[other], names[*workflow]);
    if (near != NULL) {
        ferry_error_hint(err, "did you mean %s?", near);
    } else {
        ferry_error_hint(err, "an upgrade and a backup have a file each: ferry run upgrade.yaml, "
                              "ferry backup backup.yaml");
    }
    return code;
}
