#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "config/url.h"
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

static bool is_in(const struct json *list, const char *text)
{
    for (const struct json *item = json_first(list); item != NULL; item = json_next(item)) {
        if (strcmp(json_text(item), text) == 0) {
            return true;
        }
    }
    return false;
}

/* How many begin together, wave after wave: "1", "10", "rest". */
static enum ferry_code push_waves(struct config_raw *raw, const struct config_key *key,
                                  const struct config_value *value, struct json *list,
                                  struct ferry_error *err)
{
    for (size_t at = 0; at < value->count; at++) {
        const char *text = value->items[at];
        bool is_rest = strcmp(text, "rest") == 0;
        int64_t number;

        if (is_rest && at + 1 < value->count) {
            return config_bad(raw, key, at, err, "has something behind rest");
        }
        if (!is_rest && !parse_int64(text, key->min, key->max, &number)) {
            return config_bad(raw, key, at, err,
                              "must have numbers from 1 and at its end rest, not '%s'", text);
        }
        json_push_string(list, text);
    }
    return FERRY_OK;
}

/* One URL, or those of all nodes of one manager. "url" is the first, "nodes" all of them, or null
   when there is but one. */
static enum ferry_code put_managers(struct config_raw *raw, const struct config_key *key,
                                    struct json *group, struct ferry_error *err)
{
    const struct config_value *value = config_raw_value(raw, key);
    const char *const *items = value->text != NULL ? &value->text : value->items;
    size_t count = value->text != NULL ? 1 : value->count;
    struct json *list = json_array(raw->mem);

    if (value->origin == CONFIG_NOT_SET) {
        return FERRY_OK; /* an old manager need not be named; see references.c */
    }
    if (count == 0) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err, "must not be empty");
    }
    for (size_t at = 0; at < count; at++) {
        size_t item = value->text != NULL ? CONFIG_NO_ITEM : at;
        const char *problem = config_text_problem(items[at]);
        char *url = NULL;

        if (problem == NULL) {
            problem = config_url_manager(raw->mem, items[at], &url);
        }
        if (problem != NULL) {
            return config_bad(raw, key, item, err, "%s", problem);
        }
        if (is_in(list, url)) {
            return config_bad(raw, key, item, err, "names '%s' twice", url);
        }
        json_push_string(list, url);
    }
    json_set_string(group, "url", json_text(json_first(list)));
    if (count == 1) {
        json_set_null(group, "nodes");
    } else {
        json_set_json(group, "nodes", list);
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

    if (key->kind == CONFIG_MANAGER) {
        return put_managers(raw, key, group, err);
    }
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
    if (key->kind == CONFIG_WAVES) {
        return push_waves(raw, key, value, list, err);
    }
    return push_texts(raw, key, value, list, err);
}
