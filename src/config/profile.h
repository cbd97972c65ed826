/* Profiles of the cfy command line: $CFY_WORKDIR (or home)/.cloudify/profiles/NAME/context.json. */
#ifndef CONFIG_PROFILE_H
#define CONFIG_PROFILE_H

#include "base/error.h"
#include "base/json.h"

#define CONFIG_PROFILE_MAX ((size_t)1 << 20) /* bytes of a context.json */

/* Reads a profile; *path (may be NULL) is where it was. Both below mem. */
enum ferry_code config_profile_read(const void *mem, const char *name, struct json **profile,
                                    char **path, struct ferry_error *err) FERRY_CHECK;

#endif
