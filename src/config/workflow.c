#include "config/workflow.h"

#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "config/config.h"

#define BOTH_UPGRADES (CONFIG_UPGRADE | CONFIG_UPGRADE_FROM)
#define ALL (BOTH_UPGRADES | CONFIG_BACKUP)

static const struct {
    const char *name;
    enum config_workflow workflow;
    const char *an; /* in a sentence */
} names[] = {{"upgrade", CONFIG_UPGRADE, "an upgrade"},
             {"backup", CONFIG_BACKUP, "a backup"},
             {"upgrade_from", CONFIG_UPGRADE_FROM, "an upgrade that takes its snapshot itself"}};

/* What is not named here is of the upgrades alone. The first that fits counts. */
static const struct {
    const char *group;
    unsigned workflows;
} owners[] = {
    {"manager.after_restore", BOTH_UPGRADES},
    {"manager", ALL},
    {"limits", ALL},
    {"metrics", ALL},
    {"on", ALL},
    {"backup.delete_after", CONFIG_BACKUP},
    {"backup", CONFIG_BACKUP | CONFIG_UPGRADE_FROM},
    {"keep", CONFIG_BACKUP},
};

static unsigned workflows_of(const char *name)
{
    for (size_t at = 0; at < FERRY_COUNT(owners); at++) {
        if (strcmp(name, owners[at].group) == 0 || config_key_is_below(name, owners[at].group)) {
            return owners[at].workflows;
        }
    }
    return BOTH_UPGRADES;
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
    for (size_t at = 0; at < FERRY_COUNT(names); at++) {
        if (strcmp(name, names[at].name) == 0) {
            *out = names[at].workflow;
            return FERRY_OK;
        }
    }
    return ferry_fail(err, FERRY_E_USAGE, "there is no workflow \"%s\"", name);
}

const char *config_workflow_name(const struct json *options)
{
    if (!json_is_object(json_member(options, "backup"))) {
        return "upgrade";
    }
    return json_is_object(json_member(options, "snapshot")) ? "upgrade_from" : "backup";
}

/* The first key that somebody wrote and that none of these workflows has. */
static const struct config_key *first_without(struct config_raw *raw, unsigned workflows)
{
    for (size_t at = 0; at < config_key_count; at++) {
        if (raw->values[at].origin > CONFIG_FROM_ENVIRONMENT &&
            (workflows_of(config_keys[at].name) & workflows) == 0) {
            return &config_keys[at];
        }
    }
    return NULL;
}

/* Is the snapshot to be taken on the old manager? There is one, no archive is named, and it is said
   where the archive goes. */
static bool takes_snapshot(struct config_raw *raw)
{
    const char *url = config_raw_named(raw, "snapshot.url")->text;

    if (!config_raw_has(raw, "from") ||
        config_raw_named(raw, "snapshot.file")->origin != CONFIG_NOT_SET) {
        return false;
    }
    return url == NULL || strstr(url, CONFIG_SNAPSHOT_MARK) != NULL;
}

static enum config_workflow meant(struct config_raw *raw)
{
    bool has_backup = first_without(raw, BOTH_UPGRADES) != NULL || config_raw_has(raw, "backup");

    if (has_backup && first_without(raw, CONFIG_BACKUP) == NULL) {
        return CONFIG_BACKUP;
    }
    return takes_snapshot(raw) ? CONFIG_UPGRADE_FROM : CONFIG_UPGRADE;
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

static const char *an(enum config_workflow workflow)
{
    size_t at = 0;

    while (at + 1 < FERRY_COUNT(names) && names[at].workflow != workflow) {
        at++;
    }
    return names[at].an;
}

/* A key of another workflow: whose it is, and what was probably meant. */
static enum ferry_code refuse(struct config_raw *raw, const struct config_key *key,
                              enum config_workflow workflow, struct ferry_error *err)
{
    const char *near = nearest_in(workflow, key->name);
    const char *owner =
        an((workflows_of(key->name) & CONFIG_BACKUP) != 0 ? CONFIG_BACKUP : CONFIG_UPGRADE);
    enum ferry_code code =
        config_bad(raw, key, CONFIG_NO_ITEM, err, "is a key of %s, not of %s", owner, an(workflow));

    if (workflow == CONFIG_UPGRADE && config_key_is_below(key->name, "backup") &&
        config_raw_has(raw, "from")) {
        ferry_error_hint(err, "the snapshot is taken on the old manager only where neither "
                              "snapshot.file nor another snapshot.url is given");
    } else if (near != NULL) {
        ferry_error_hint(err, "did you mean %s?", near);
    } else {
        ferry_error_hint(err, "an upgrade and a backup have a file each: ferry run upgrade.yaml, "
                              "ferry backup backup.yaml");
    }
    return code;
}

enum ferry_code config_workflow_choose(struct config_raw *raw, enum config_workflow *workflow,
                                       struct ferry_error *err)
{
    const struct config_key *foreign;

    if (*workflow == CONFIG_ANY) {
        *workflow = meant(raw);
    }
    foreign = first_without(raw, (unsigned)*workflow);
    return foreign == NULL ? FERRY_OK : refuse(raw, foreign, *workflow, err);
}
