/*
 * The table of keys as a schema of libcyaml. Every single value is loaded as text: its type is
 * judged by config/values.c, for file and settings alike.
 *
 * libcyaml knows no value that may have one of two shapes ("all" or a list, keys or nothing), so
 * the shape of each name is given here, and the loader tries the other one. A schema can also be
 * told to refuse one place (`trap`): that is how line and column of any value are found, since
 * libcyaml names them only when it refuses.
 */
#ifndef CONFIG_YAML_SCHEMA_H
#define CONFIG_YAML_SCHEMA_H

#include <stddef.h>

#include <cyaml/cyaml.h>

#include "config/keys.h"

/* What libcyaml fills in: an array of one for each name, config_keys first, then config_groups. */
struct yaml_slot {
    void *value; /* char *, or char ** of a list; NULL: absent or empty */
    unsigned count;
};

struct yaml_options {
    const enum config_shape *shapes; /* one for each name */
    const char *trap;                /* full name of a key or group, known or not, or NULL */
    size_t item;                     /* of the trapped list, or SIZE_MAX: the whole value */
};

size_t yaml_name_count(void);
const char *yaml_name(size_t index);
/* The index of a key's or group's full name, or SIZE_MAX. */
size_t yaml_name_index(const char *name);

/* The schema of the root, below mem. */
struct cyaml_schema_value *yaml_schema(const void *mem, const struct yaml_options *options);

#endif
