/*
 * Profiles of the cfy command line, in $CFY_WORKDIR (or home)/.cloudify: the file active.profile
 * names one of them, profiles/NAME/context.json holds one (JSON, cfy since 5.1.1), or
 * profiles/NAME/context (YAML with tags of Python's, cfy before that): facts 7.
 */
#ifndef CONFIG_PROFILE_H
#define CONFIG_PROFILE_H

#include <stdbool.h>

#include "base/error.h"
#include "base/json.h"

#define CONFIG_PROFILE_MAX ((size_t)1 << 20) /* bytes of a context.json */
#define CONFIG_PROFILE_ACTIVE "active"       /* the name that stands for the active profile */

/* Reads a profile, in either form; *path (may be NULL) is where it was. Both below mem. No such
   profile, or one that cannot be read: FERRY_E_CONFIG. */
enum ferry_code config_profile_read(const void *mem, const char *name, struct json **profile,
                                    char **path, struct ferry_error *err) FERRY_CHECK;
/* Refuses a profile whose file others may read, unless a folder up to the one of CFY_WORKDIR keeps
   them out: cfy leaves the file readable, and its folder as well up to 5.2. */
enum ferry_code config_profile_check_private(const char *path, struct ferry_error *err) FERRY_CHECK;
/* The name of the active profile, below mem; NULL: none is, or it names no manager ("local"). */
enum ferry_code config_profile_active(const void *mem, char **name,
                                      struct ferry_error *err) FERRY_CHECK;

#endif
