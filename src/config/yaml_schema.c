#include "config/yaml_schema.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

static const struct cyaml_schema_value item_schema = {
    .type = CYAML_STRING,
    .flags = CYAML_FLAG_POINTER,
    .data_size = sizeof(char),
    .string = {.min = 0, .max = CYAML_UNLIMITED},
};

/* Anything: libcyaml only checks that it is YAML. */
static const struct cyaml_schema_value anything_schema = {
    .type = CYAML_IGNORE,
    .data_size = 1,
};

size_t yaml_name_count(void)
{
    return config_key_count + config_group_count;
}

const char *yaml_name(size_t index)
{
    return index < config_key_count ? config_keys[index].name
                                    : config_groups[index - config_key_count];
}

size_t yaml_name_index(const char *name)
{
    for (size_t at = 0; at < yaml_name_count(); at++) {
        if (strcmp(yaml_name(at), name) == 0) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* The part of name that stands directly below group ("" is the root), or NULL. */
static const char *child_of(const char *name, const char *group)
{
    size_t length = strlen(group);

    if (length > 0) {
        if (strncmp(name, group, length) != 0 || name[length] != '.') {
            return NULL;
        }
        name += length + 1;
    }
    return strchr(name, '.') == NULL ? name : NULL;
}

/* A type that no value has: an enumeration of no words. */
static void make_impossible(struct cyaml_schema_value *value)
{
    memset(value, 0, sizeof(*value));
    value->type = CYAML_ENUM;
    value->flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT;
    value->data_size = sizeof(int);
}

/* Everything is optional and may be empty: what is required is judged when all sources are read. */
static void make_value(struct cyaml_schema_value *value, enum config_shape shape,
                       const struct cyaml_schema_field *fields)
{
    switch (shape) {
    case CONFIG_SEQUENCE:
    case CONFIG_ITEMS:
        value->type = CYAML_SEQUENCE;
        value->flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER_NULL;
        value->data_size = shape == CONFIG_ITEMS ? anything_schema.data_size : sizeof(char *);
        value->sequence.entry = shape == CONFIG_ITEMS ? &anything_schema : &item_schema;
        value->sequence.max = CYAML_UNLIMITED;
        break;
    case CONFIG_TREE:
        value->type = CYAML_IGNORE;
        value->flags = CYAML_FLAG_OPTIONAL;
        break;
    case CONFIG_GROUP:
        /* Not a pointer: the slots of all groups lie side by side in the root's memory. */
        value->type = CYAML_MAPPING;
        value->flags = CYAML_FLAG_OPTIONAL;
        value->data_size = (uint32_t)(yaml_name_count() * sizeof(struct yaml_slot));
        value->mapping.fields = fields;
        break;
    case CONFIG_SCALAR:
    default:
        value->type = CYAML_STRING;
        value->flags = CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER_NULL_STR;
        value->data_size = sizeof(char);
        value->string.max = CYAML_UNLIMITED;
        break;
    }
}

static void place_field(struct cyaml_schema_field *field, enum config_shape shape, size_t index)
{
    size_t offset = shape == CONFIG_GROUP ? 0 : index * sizeof(struct yaml_slot);

    field->data_offset = (uint32_t)offset;
    field->count_offset = (uint32_t)(offset + offsetof(struct yaml_slot, count));
    field->count_size = sizeof(unsigned);
}

static void set_trap(struct cyaml_schema_value *value, size_t item)
{
    if (item == SIZE_MAX) {
        make_impossible(value);
    } else {
        value->sequence.max = (uint32_t)item;
    }
}

/* Fills the fields of one group; the row after the last one stays empty, which ends the list. */
static void fill_group(const struct yaml_options *options, const char *group,
                       struct cyaml_schema_field *fields, size_t row_size,
                       struct cyaml_schema_field *all)
{
    const char *trap = options->trap == NULL ? NULL : child_of(options->trap, group);
    size_t count = 0;

    for (size_t at = 0; at < yaml_name_count(); at++) {
        const char *part = child_of(yaml_name(at), group);
        enum config_shape shape = options->shapes[at];

        if (part == NULL) {
            continue;
        }
        fields[count].key = part;
        place_field(&fields[count], shape, at);
        make_value(&fields[count].value, shape,
                   at < config_key_count ? NULL : &all[(at - config_key_count) * row_size]);
        if (trap != NULL && strcmp(trap, part) == 0) {
            set_trap(&fields[count].value, options->item);
            trap = NULL;
        }
        count++;
    }
    if (trap != NULL) { /* a name that is not in the table */
        fields[count].key = trap;
        place_field(&fields[count], CONFIG_SCALAR, 0);
        make_impossible(&fields[count].value);
    }
}

struct cyaml_schema_value *yaml_schema(const void *mem, const struct yaml_options *options)
{
    size_t row_size = yaml_name_count() + 2; /* the trap and the end */
    size_t groups = config_group_count + 1;  /* the root is the last */
    struct cyaml_schema_field *all = mem_array(mem, struct cyaml_schema_field, row_size * groups);
    struct cyaml_schema_value *root = mem_new(mem, struct cyaml_schema_value);

    for (size_t at = 0; at < groups; at++) {
        fill_group(options, at < config_group_count ? config_groups[at] : "", &all[at * row_size],
                   row_size, all);
    }
    make_value(root, CONFIG_GROUP, &all[config_group_count * row_size]);
    root->flags = CYAML_FLAG_POINTER_NULL;
    return root;
}
