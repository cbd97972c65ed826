#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/yaml_tree.h"
#include "config/raw.h"

/* Values are never shown: a misspelt key may stand before a password. */
static enum ferry_code unknown_setting(const char *name, struct ferry_error *err)
{
    const char *near = config_key_nearest(name);

    if (config_key_is_secret(name)) {
        return config_secret_refused(err, FERRY_E_USAGE, NULL, name);
    }
    ferry_fail(err, FERRY_E_USAGE,
               config_key_is_group(name) ? "setting %s is a group of keys" : "unknown setting %s",
               name);
    if (near != NULL && strcmp(near, name) != 0) {
        ferry_error_hint(err, "did you mean %s?", near);
    } else {
        ferry_error_hint(err, "ferry help keys lists them; so does ferry.yaml(5)");
    }
    return FERRY_E_USAGE;
}

static char *trimmed(const void *mem, const char *start, size_t length)
{
    while (length > 0 && (*start == ' ' || *start == '\t')) {
        start++;
        length--;
    }
    while (length > 0 && (start[length - 1] == ' ' || start[length - 1] == '\t')) {
        length--;
    }
    return mem_strndup(mem, start, length);
}

/* "a, b" or "[a, b]"; "" and "[]" are empty lists. */
static void split(struct config_raw *raw, const char *text, struct config_value *value)
{
    char *list = trimmed(raw->mem, text, strlen(text));
    size_t length = strlen(list);
    char **items;
    size_t count = 0;

    if (length >= 2 && list[0] == '[' && list[length - 1] == ']') {
        list = trimmed(raw->mem, list + 1, length - 2);
    }
    items = mem_array(raw->mem, char *, strlen(list) + 1);
    for (const char *at = list; *at != '\0';) {
        size_t part = strcspn(at, ",");

        items[count++] = trimmed(raw->mem, at, part);
        at += part;
        if (*at == ',') {
            at++;
        }
    }
    value->text = NULL;
    value->items = (const char *const *)items;
    value->count = count;
}

/* May this text be the word that stands instead of a list? */
static bool is_word_of(const struct config_key *key, const char *text)
{
    if (key->kind != CONFIG_ALL_OR_LIST) {
        return false;
    }
    return strcmp(text, "all") == 0 || strcmp(text, "none") == 0;
}

/* What a setting says ends what stood in the file beside it: the other places of a secret, the
   other origin of the snapshot. Between settings the last one wins in the same way. */
static void forget_alternatives(struct config_raw *raw, const struct config_key *key)
{
    for (size_t at = 0; at < config_secret_count; at++) {
        if (config_key_is_below(key->name, config_secrets[at])) {
            config_raw_forget(raw, config_secrets[at], CONFIG_FROM_SETTING + 1);
        }
    }
    if (strcmp(key->name, "snapshot.file") == 0) {
        config_raw_named(raw, "snapshot.url")->origin = CONFIG_NOT_SET;
    }
    if (strcmp(key->name, "snapshot.url") == 0) {
        config_raw_named(raw, "snapshot.file")->origin = CONFIG_NOT_SET;
    }
}

/* "{latest: [a]}": keys in a setting are written as in the file, on one line. */
static enum ferry_code take_tree(struct config_raw *raw, const struct config_key *key,
                                 const char *text, struct ferry_error *err)
{
    struct config_value *value = config_raw_value(raw, key);
    struct json *tree = NULL;

    if (yaml_tree_parse(raw->mem, text, strlen(text), &tree, err) != FERRY_OK) {
        if (err != NULL) {
            err->code = FERRY_E_USAGE;
        }
        (void)ferry_error_prefix(err, "setting %s", key->name);
        return FERRY_E_USAGE;
    }
    value->tree = tree;
    value->text = NULL;
    value->items = NULL;
    return FERRY_OK;
}

static enum ferry_code take(struct config_raw *raw, const char *setting, bool replaceable,
                            struct ferry_error *err)
{
    size_t length = strcspn(setting, "=");
    char *name = mem_strndup(raw->mem, setting, length);
    const struct config_key *key = config_key_find(name);
    struct config_value *value;

    if (setting[length] != '=') {
        ferry_fail(err, FERRY_E_USAGE, "a setting is KEY=VALUE, but one has no '='");
        ferry_error_hint(err, "for example --set agents.concurrency=10");
        return FERRY_E_USAGE;
    }
    if (key == NULL) {
        return unknown_setting(name, err);
    }
    if (replaceable && !config_key_is_replaceable(key)) {
        ferry_fail(err, FERRY_E_USAGE, "%s cannot be changed any more: it was planned so", name);
        ferry_error_hint(err,
                         "what may change is the manager's URL, its CA, where passwords and "
                         "tokens come from, limits, metrics and hooks; for all else make a new "
                         "plan");
        return FERRY_E_USAGE;
    }
    forget_alternatives(raw, key);
    value = config_raw_value(raw, key);
    value->origin = CONFIG_FROM_SETTING;
    value->tree = NULL;
    if (config_key_is_tree(key) && strchr(setting + length + 1, '{') != NULL) {
        return take_tree(raw, key, setting + length + 1, err);
    }
    if (config_key_is_list(key) && !is_word_of(key, setting + length + 1)) {
        split(raw, setting + length + 1, value);
    } else {
        value->text = mem_strdup(raw->mem, setting + length + 1);
        value->items = NULL;
    }
    return FERRY_OK;
}

enum ferry_code config_settings_load(struct config_raw *raw, const char *const *settings,
                                     size_t count, bool replaceable, struct ferry_error *err)
{
    enum ferry_code code = FERRY_OK;

    for (size_t at = 0; at < count && code == FERRY_OK; at++) {
        code = take(raw, settings[at], replaceable, err);
    }
    return code;
}
