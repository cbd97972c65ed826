/* Which keys belong to which workflow: upgrade.yaml and backup.yaml are read from one table. */
#ifndef CONFIG_WORKFLOW_H
#define CONFIG_WORKFLOW_H

#include "base/json.h"
#include "config/raw.h"

enum config_workflow {
    CONFIG_ANY = 0, /* whichever the file is about */
    CONFIG_UPGRADE = 1,
    CONFIG_BACKUP = 2,
    CONFIG_UPGRADE_FROM = 4 /* an upgrade whose snapshot is taken on the old manager */
};

/* In the address of an archive: the snapshot that was taken on the old manager. */
#define CONFIG_SNAPSHOT_MARK "{snapshot}"

/* "upgrade", "backup", "upgrade_from", or NULL (any); FERRY_E_USAGE for another name. */
enum ferry_code config_workflow_of(const char *name, enum config_workflow *out,
                                   struct ferry_error *err) FERRY_CHECK;
/* Does a key, a group of keys, or a group of the options belong to it? */
bool config_workflow_has(enum config_workflow workflow, const char *name);
/* Settles for which workflow all that is set is meant, and refuses keys of another one. */
enum ferry_code config_workflow_choose(struct config_raw *raw, enum config_workflow *workflow,
                                       struct ferry_error *err) FERRY_CHECK;

#endif
