/* Where passwords and tokens come from, and what must be given by somebody. */
#ifndef CONFIG_REFERENCES_H
#define CONFIG_REFERENCES_H

#include "base/json.h"
#include "config/raw.h"
#include "config/workflow.h"

/* Writes "password", "token" (null: none) and "after_restore" into the manager's object. What is
   there already stays when nobody names another: of a login, each secret for itself. */
enum ferry_code config_references_put(struct config_raw *raw, struct json *manager,
                                      struct ferry_error *err) FERRY_CHECK;
/* The same for from (the old manager), which may be left out as a whole; one of which something is
   given must have a URL, a user and a secret. */
enum ferry_code config_references_put_old(struct config_raw *raw, struct json *old,
                                          struct ferry_error *err) FERRY_CHECK;
/* Is this the URL of a manager of the options, or of one of its nodes? */
bool config_is_node(const struct json *manager, const char *url);
/* The first URL by which both of these name the same manager, or NULL. */
const char *config_same_manager(const struct json *one, const struct json *other);
/* Refuses an old manager that is the new one, by any node of either: a restore would delete what
   the snapshot was taken of. */
enum ferry_code config_check_two_managers(const struct json *manager, const struct json *old,
                                          struct ferry_error *err) FERRY_CHECK;
/* Refuses what names no manager, no login, no snapshot (where one is taken: no folder for it), or
   names them twice. */
enum ferry_code config_check_complete(struct config_raw *raw, enum config_workflow workflow,
                                      struct ferry_error *err) FERRY_CHECK;
/* The id of a snapshot that was given none: from the last part of its file's name or URL. */
char *config_snapshot_id(const void *mem, const char *path);

#endif
