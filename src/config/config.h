/*
 * The configuration of a run: upgrade.yaml, the settings of the command line and a cfy profile,
 * read into one JSON object, the options, that states and journal use.
 *
 * Everything is checked here: unknown keys, wrong types, impossible values. Messages about the
 * file begin with FILE:LINE:COLUMN. The options hold where a secret comes from, never the secret.
 * Paths in them are absolute; those of the file are meant relative to the file's folder, those of
 * settings relative to the working folder. Durations are milliseconds, null means "auto".
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/json.h"

#define CONFIG_FILE_MAX ((size_t)1 << 20)   /* bytes of an upgrade.yaml */
#define CONFIG_PLAN_MAX ((size_t)256 << 20) /* bytes of a saved plan */
#define CONFIG_SNAPSHOT_ID_MAX 256          /* letters; cloudify-facts 1: the id column */

/* Later sources win: file, then settings. */
struct config_source {
    const char *file;            /* upgrade.yaml or a saved plan (.json), or NULL */
    const char *const *settings; /* "manager.url=https://..." ...: any key of the file */
    size_t setting_count;
    const char *workflow; /* "upgrade", "backup"; NULL: whichever the file is about */
    const char **active;  /* may be NULL; set to the active profile of cfy, below ctx, when the
                             manager is its because nothing else names one; else to NULL */
};

/* Reads and checks the whole. *options is owned by ctx. A saved plan brings its own options: then
   settings may replace only what config_override takes. FERRY_E_CONFIG, FERRY_E_USAGE (a bad
   setting), FERRY_E_NOT_FOUND and FERRY_E_IO (the file). */
enum ferry_code config_load(const void *ctx, const struct config_source *source,
                            struct json **options, struct ferry_error *err) FERRY_CHECK;

/* A copy of options with settings applied that do not change what a run does: where secrets come
   from, the manager's URLs and CAs, limits. Any other key is refused (FERRY_E_USAGE). Owned by ctx.
 */
enum ferry_code config_override(const void *ctx, const struct json *options,
                                const char *const *settings, size_t setting_count,
                                struct json **out, struct ferry_error *err) FERRY_CHECK;

/* Name of the workflow that options are for, as config_load makes them. */
const char *config_workflow_name(const struct json *options);
/* Does this name belong to a saved plan (.json)? */
bool config_is_plan(const char *file);
/* The whole document of a saved plan, whose "options" have been checked. Owned by ctx. */
enum ferry_code config_plan_read(const void *ctx, const char *file, struct json **plan,
                                 struct ferry_error *err) FERRY_CHECK;
/* Are these complete options, as config_load makes them? For those that come from elsewhere. */
enum ferry_code config_check_options(const struct json *options,
                                     struct ferry_error *err) FERRY_CHECK;

#endif
