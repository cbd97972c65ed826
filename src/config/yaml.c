#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/yaml_tree.h"
#include "config/raw.h"
#include "config/yaml_log.h"
#include "config/yaml_schema.h"

/* The memory of libcyaml, below the context that it is given. */
static void *cyaml_memory(void *mem, void *old, size_t size)
{
    if (size == 0) {
        mem_free(old);
        return NULL;
    }
    return talloc_realloc_size(mem, old, size);
}

static cyaml_err_t load(const void *mem, const struct config_raw *raw,
                        const struct yaml_options *options, struct yaml_log *log,
                        struct yaml_slot **slots)
{
    void *scope = mem_scope(mem);
    struct cyaml_config config = {
        .log_fn = yaml_log_line,
        .log_ctx = log,
        .log_level = CYAML_LOG_WARNING, /* below it libcyaml logs values */
        .mem_fn = cyaml_memory,
        .mem_ctx = scope,
    };
    cyaml_data_t *data = NULL;
    cyaml_err_t result;

    yaml_log_clear(log);
    result = cyaml_load_data((const uint8_t *)raw->yaml, raw->yaml_size, &config,
                             yaml_schema(scope, options), &data, NULL);
    *slots = data;
    return result;
}

static enum config_shape first_shape(size_t index)
{
    if (index >= config_key_count) {
        return CONFIG_GROUP;
    }
    return config_keys[index].kind == CONFIG_LIST || config_keys[index].kind == CONFIG_PLUGINS ||
                   config_keys[index].kind == CONFIG_WAVES
               ? CONFIG_SEQUENCE
               : CONFIG_SCALAR;
}

static bool is_word(char letter)
{
    return letter != '\0' && strchr(" \t\r\n:,{}[]\"'", letter) == NULL;
}

/* Where the key stands whose value is at line and column: it is the last one of its name before
   that. Counts from 1. */
static void step_back_to_key(const struct config_raw *raw, const char *key, struct yaml_log *log)
{
    const char *found = NULL;
    size_t line = 1;
    size_t found_line = 0;
    const char *start = raw->yaml;
    const char *found_start = start;
    size_t length = strlen(key);

    for (const char *at = raw->yaml; *at != '\0'; at++) {
        if (line > log->line || (line == log->line && (size_t)(at - start) + 1 > log->column)) {
            break;
        }
        if (strncmp(at, key, length) == 0 && !is_word(at[length]) &&
            (at == raw->yaml || !is_word(at[-1]))) {
            found = at;
            found_line = line;
            found_start = start;
        }
        if (*at == '\n') {
            line++;
            start = at + 1;
        }
    }
    if (found != NULL) {
        log->line = found_line;
        log->column = (size_t)(found - found_start) + 1;
    }
}

static char *place_text(const struct config_raw *raw, const struct yaml_log *log)
{
    if (log->line == 0) {
        return mem_strdup(raw->mem, raw->file);
    }
    return mem_printf(raw->mem, "%s:%zu:%zu", raw->file, log->line, log->column);
}

char *config_yaml_place(struct config_raw *raw, const char *key, size_t item)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct yaml_options options = {.shapes = raw->shapes, .trap = key, .item = item};
    struct yaml_slot *slots;
    struct yaml_log log;

    if (load(scope, raw, &options, &log, &slots) == CYAML_OK || strcmp(log.path, key) != 0) {
        return mem_strdup(raw->mem, raw->file);
    }
    if (item == CONFIG_NO_ITEM) {
        step_back_to_key(raw, strrchr(key, '.') == NULL ? key : strrchr(key, '.') + 1, &log);
    }
    return place_text(raw, &log);
}

static enum ferry_code unknown_key(struct config_raw *raw, const struct yaml_log *log,
                                   const char *part, struct ferry_error *err)
{
    char *name = log->path[0] == '\0' ? mem_strdup(raw->mem, part)
                                      : mem_printf(raw->mem, "%s.%s", log->path, part);
    const char *near = config_key_nearest(name);

    ferry_fail(err, FERRY_E_CONFIG, "%s: unknown key %s",
               config_yaml_place(raw, name, CONFIG_NO_ITEM), name);
    if (config_key_is_secret(log->path)) {
        ferry_error_hint(err, "below %s stands one of file, env and command", log->path);
    } else if (near != NULL) {
        ferry_error_hint(err, "did you mean %s?", near);
    } else {
        ferry_error_hint(err, "ferry help keys lists them; so does ferry.yaml(5)");
    }
    return FERRY_E_CONFIG;
}

static enum ferry_code wrong_shape(struct config_raw *raw, const struct yaml_log *log,
                                   enum config_shape wanted, struct ferry_error *err)
{
    static const char *const texts[] = {
        [CONFIG_SCALAR] = "must be a single value",
        [CONFIG_SEQUENCE] = "must be a list, such as [a, b]",
        [CONFIG_GROUP] = "must have keys below it",
        [CONFIG_ITEMS] = "must be a list, such as [a, b]",
        [CONFIG_TREE] = "must have keys below it",
    };
    const char *place = place_text(raw, log);

    if (log->path[0] == '\0') {
        ferry_fail(err, FERRY_E_CONFIG,
                   "%s: the file must hold keys such as manager: and snapshot:", raw->file);
        return FERRY_E_CONFIG;
    }
    if (wanted == CONFIG_GROUP && config_key_is_secret(log->path)) {
        return config_secret_refused(err, FERRY_E_CONFIG, place, log->path);
    }
    if (log->in_item) {
        return ferry_fail(err, FERRY_E_CONFIG, "%s: an item of %s must be a single value", place,
                          log->path);
    }
    return ferry_fail(err, FERRY_E_CONFIG, "%s: %s %s", place, log->path, texts[wanted]);
}

/* Other things that libcyaml has to say; its reasons name no values here. */
static enum ferry_code not_yaml(struct config_raw *raw, const struct yaml_log *log,
                                cyaml_err_t result, struct ferry_error *err)
{
    const char *reason;

    if ((reason = yaml_log_reason(log, "libyaml: ")) != NULL) {
        ferry_fail(err, FERRY_E_CONFIG, "%s: not valid YAML from here on: %s", place_text(raw, log),
                   reason);
        ferry_error_hint(err,
                         "look for a tab (only spaces indent), a ':' without a space after it, "
                         "a quote or bracket that is not closed");
        return FERRY_E_CONFIG;
    }
    if (yaml_log_reason(log, "Mapping field already seen: ") != NULL) {
        return ferry_fail(err, FERRY_E_CONFIG, "%s: %s is given twice", place_text(raw, log),
                          log->path);
    }
    if ((reason = yaml_log_reason(log, "No anchor found for alias: ")) != NULL) {
        return ferry_fail(err, FERRY_E_CONFIG, "%s: %s: no anchor has the name %s",
                          place_text(raw, log), log->path, reason);
    }
    if (result == CYAML_ERR_INTERNAL_ERROR) {
        /* What libcyaml says of a key that is a list or a mapping. */
        return ferry_fail(err, FERRY_E_CONFIG, "%s: a key must be a single word",
                          place_text(raw, log));
    }
    return ferry_fail(err, FERRY_E_CONFIG, "%s: cannot be read: %s", place_text(raw, log),
                      cyaml_strerror(result));
}

/* Keys where the table has none, in a value that may have them. */
static bool becomes_tree(const struct yaml_log *log, size_t index, enum config_shape *shape)
{
    enum config_shape before = log->in_item ? CONFIG_SEQUENCE : CONFIG_SCALAR;

    if (index >= config_key_count || !config_key_is_tree(&config_keys[index]) || *shape != before ||
        strstr(log->reason, "got event: MAPPING") == NULL) {
        return false;
    }
    *shape = log->in_item ? CONFIG_ITEMS : CONFIG_TREE;
    return true;
}

/* Takes the other shape that the place may have, or says what is wrong there. */
static enum ferry_code other_shape(struct config_raw *raw, const struct yaml_log *log,
                                   struct ferry_error *err)
{
    size_t index = yaml_name_index(log->path);
    enum config_shape *shape = index == SIZE_MAX ? NULL : &raw->shapes[index];
    bool scalar = strstr(log->reason, "got event: SCALAR") != NULL;
    bool list = strstr(log->reason, "got event: SEQUENCE") != NULL;

    if (becomes_tree(log, index, shape)) {
        return FERRY_OK;
    }
    if (shape == NULL || log->in_item) {
        return wrong_shape(raw, log, CONFIG_GROUP, err);
    }
    if (*shape == CONFIG_GROUP && scalar) {
        *shape = CONFIG_SCALAR; /* "agents:" with nothing below it */
        return FERRY_OK;
    }
    if (list && *shape == CONFIG_SCALAR && index < config_key_count &&
        config_key_is_list(&config_keys[index])) {
        *shape = CONFIG_SEQUENCE;
        return FERRY_OK;
    }
    return wrong_shape(raw, log, index < config_key_count ? *shape : CONFIG_GROUP, err);
}

/* A group that was loaded as a single value may only be empty. */
static enum ferry_code check_empty_groups(struct config_raw *raw, const struct yaml_slot *slots,
                                          struct ferry_error *err)
{
    for (size_t at = config_key_count; at < yaml_name_count(); at++) {
        if (raw->shapes[at] == CONFIG_GROUP || slots[at].value == NULL) {
            continue;
        }
        if (config_key_is_secret(yaml_name(at))) {
            return config_secret_refused(err, FERRY_E_CONFIG,
                                         config_yaml_place(raw, yaml_name(at), CONFIG_NO_ITEM),
                                         yaml_name(at));
        }
        return ferry_fail(err, FERRY_E_CONFIG, "%s: %s must have keys below it",
                          config_yaml_place(raw, yaml_name(at), CONFIG_NO_ITEM), yaml_name(at));
    }
    return FERRY_OK;
}

/* The values that libcyaml was told to leave alone, out of the whole text. */
static enum ferry_code take_trees(struct config_raw *raw, struct ferry_error *err)
{
    struct json *whole = NULL;

    for (size_t at = 0; at < config_key_count; at++) {
        struct config_value *value = &raw->values[at];

        if (raw->shapes[at] != CONFIG_ITEMS && raw->shapes[at] != CONFIG_TREE) {
            continue;
        }
        if (whole == NULL &&
            yaml_tree_parse(raw->mem, raw->yaml, raw->yaml_size, &whole, err) != FERRY_OK) {
            return ferry_error_prefix(err, "%s", raw->file);
        }
        value->origin = CONFIG_FROM_FILE;
        value->tree = json_get(whole, config_keys[at].name);
    }
    return FERRY_OK;
}

static void take_values(struct config_raw *raw, const struct yaml_slot *slots)
{
    for (size_t at = 0; at < config_key_count; at++) {
        if (raw->shapes[at] == CONFIG_ITEMS || raw->shapes[at] == CONFIG_TREE) {
            continue;
        }

        const struct yaml_slot *slot = &slots[at];
        struct config_value *value = &raw->values[at];

        if (slot->value == NULL &&
            (raw->shapes[at] == CONFIG_SCALAR || first_shape(at) == CONFIG_SEQUENCE)) {
            continue; /* an empty list that could have been a word does say something */
        }
        value->origin = CONFIG_FROM_FILE;
        if (raw->shapes[at] == CONFIG_SEQUENCE) {
            value->items = slot->value;
            value->count = slot->value == NULL ? 0 : slot->count;
        } else {
            value->text = slot->value;
        }
    }
}

enum ferry_code config_yaml_load(struct config_raw *raw, struct ferry_error *err)
{
    struct yaml_options options = {.item = CONFIG_NO_ITEM};
    struct yaml_slot *slots;
    struct yaml_log log;
    cyaml_err_t result;

    raw->shapes = mem_array(raw->mem, enum config_shape, yaml_name_count());
    for (size_t at = 0; at < yaml_name_count(); at++) {
        raw->shapes[at] = first_shape(at);
    }
    options.shapes = raw->shapes;
    /* Each refusal settles the shape of one name, so this ends. */
    while ((result = load(raw->mem, raw, &options, &log, &slots)) != CYAML_OK) {
        const char *part = yaml_log_reason(&log, "Unexpected key: ");
        enum ferry_code code;

        if (part != NULL) {
            return unknown_key(raw, &log, part, err);
        }
        if (yaml_log_reason(&log, "Expecting ") == NULL) {
            return not_yaml(raw, &log, result, err);
        }
        code = other_shape(raw, &log, err);
        if (code != FERRY_OK) {
            return code;
        }
    }
    if (log.more_documents) {
        return ferry_fail(err, FERRY_E_CONFIG, "%s: holds more than one document", raw->file);
    }
    if (slots == NULL) {
        return FERRY_OK; /* nothing but comments */
    }
    if (check_empty_groups(raw, slots, err) != FERRY_OK) {
        return FERRY_E_CONFIG;
    }
    take_values(raw, slots);
    return take_trees(raw, err);
}
