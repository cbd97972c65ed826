/* Values whose keys are not in the table: plugins.to and plugins.mapping. */
#include <string.h>

#include "base/mem.h"
#include "config/values.h"

/* {latest: [names], minor: [names]}, as "to_latest" and "to_minor" of a manager. */
static enum ferry_code put_versions(struct config_raw *raw, const struct config_key *key,
                                    struct json *group, struct ferry_error *err)
{
    const struct json *tree = config_raw_value(raw, key)->tree;
    struct json *out = json_set_object(group, config_member(key));
    size_t names = 0;

    for (const struct json *node = json_first(tree); node != NULL; node = json_next(node)) {
        struct json *list;

        if ((strcmp(json_key(node), "latest") != 0 && strcmp(json_key(node), "minor") != 0) ||
            !json_is_array(node)) {
            return config_bad(raw, key, CONFIG_NO_ITEM, err,
                              "must be latest, minor, or lists below these two words, not %s",
                              json_key(node));
        }
        list = json_set_array(out, json_key(node));
        for (const struct json *name = json_first(node); name != NULL; name = json_next(name)) {
            const char *text = json_text(name);
            const char *problem = text == NULL ? "is no text" : config_text_problem(text);

            if (problem != NULL) {
                return config_bad(raw, key, CONFIG_NO_ITEM, err, "has a name that %s", problem);
            }
            json_push_string(list, text);
            names++;
        }
    }
    return names > 0 ? FERRY_OK
                     : config_bad(raw, key, CONFIG_NO_ITEM, err, "must name at least one plugin");
}

/* What "cfy plugins update --mapping" takes: managers and cfy do nothing without "updates". */
static enum ferry_code put_mapping(struct config_raw *raw, const struct config_key *key,
                                   struct json *group, struct ferry_error *err)
{
    const struct json *tree = config_raw_value(raw, key)->tree;
    const struct json *updates = json_member(tree, "updates");

    if (json_size(updates) == 0) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err,
                          "must have updates below it, and something in them");
    }
    json_set_json(group, config_member(key), tree);
    return FERRY_OK;
}

enum ferry_code config_tree_put(struct config_raw *raw, const struct config_key *key,
                                struct json *group, struct ferry_error *err)
{
    if (!json_is_object(config_raw_value(raw, key)->tree)) { /* only settings can be that */
        return config_bad(raw, key, CONFIG_NO_ITEM, err, "must have keys below it");
    }
    return key->kind == CONFIG_VERSIONS ? put_versions(raw, key, group, err)
                                        : put_mapping(raw, key, group, err);
}
