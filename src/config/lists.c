#include <string.h>

#include "base/mem.h"
#include "config/values.h"

static enum ferry_code push_texts(struct config_raw *raw, const struct config_key *key,
                                  const struct config_value *value, struct json *list,
                                  struct ferry_error *err)
{
    for (size_t at = 0; at < value->count; at++) {
        const char *text = value->items[at];

        if (config_text_problem(text) != NULL) {
            return config_bad(raw, key, at, err, "has an item that %s", config_text_problem(text));
        }
        for (size_t before = 0; before < at; before++) {
            if (strcmp(value->items[before], text) == 0) {
                return config_bad(raw, key, at, err, "names '%s' twice", text);
            }
        }
        json_push_string(list, text);
    }
    return FERRY_OK;
}

/* The word that stands instead of a list. */
static enum ferry_code put_word(struct config_raw *raw, const struct config_key *key,
                                const char *word, struct json *group, struct ferry_error *err)
{
    bool may_be_none = key->min == 1;

    if (strcmp(word, "all") == 0) {
        json_set_null(group, config_member(key));
        return FERRY_OK;
    }
    if (may_be_none && strcmp(word, "none") == 0) {
        json_set_array(group, config_member(key));
        return FERRY_OK;
    }
    return config_bad(raw, key, CONFIG_NO_ITEM, err, "must be all%s or a list, not '%s'",
                      may_be_none ? ", none" : "", word);
}

enum ferry_code config_list_put(struct config_raw *raw, const struct config_key *key,
                                struct json *group, struct ferry_error *err)
{
    const struct config_value *value = config_raw_value(raw, key);
    struct json *list;

    if (value->origin == CONFIG_NOT_SET && key->fallback != NULL) {
        return put_word(raw, key, key->fallback, group, err);
    }
    if (value->origin != CONFIG_NOT_SET && value->text != NULL) {
        return put_word(raw, key, value->text, group, err);
    }
    if (key->kind == CONFIG_ALL_OR_LIST && key->min == 0 && value->count == 0) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err, "must be all, or name at least one");
    }
    list = json_set_array(group, config_member(key));
    if (value->origin == CONFIG_NOT_SET) {
        return FERRY_OK;
    }
    return push_texts(raw, key, value, list, err);
}
