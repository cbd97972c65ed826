/*
 * plugins.upload: archives by path or pattern, folders with the parts of a plugin, and the parts
 * by name. In the options an archive is its path, parts are {"wagon", "yaml": [...], "icon",
 * "title", "visibility"}, all paths absolute.
 */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "config/values.h"

#define PARTS_MAX 1000 /* files of one folder that are looked at */

struct item {
    struct config_raw *raw;
    const struct config_key *key;
    size_t at;
    struct json *list;
    struct ferry_error *err;
};

/* A folder's name as a pattern that matches just this folder. */
static char *escaped(const void *mem, const char *folder)
{
    char *text = mem_array(mem, char, 2 * strlen(folder) + 1);
    size_t length = 0;

    for (const char *at = folder; *at != '\0'; at++) {
        if (strchr("*?[]\\", *at) != NULL) {
            text[length++] = '\\';
        }
        text[length++] = *at;
    }
    return text;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);

    return length > strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

static const char *path_of(const struct json *entry)
{
    return json_is_string(entry) ? json_text(entry) : json_string_or(entry, "wagon", "");
}

static bool is_in(const struct json *list, const char *path)
{
    for (const struct json *entry = json_first(list); entry != NULL; entry = json_next(entry)) {
        if (strcmp(path_of(entry), path) == 0) {
            return true;
        }
    }
    return false;
}

/* Adds parts, unless their wagon is named by another item. */
static enum ferry_code push_parts(const struct item *item, const struct json *parts)
{
    if (is_in(item->list, path_of(parts))) {
        return config_bad(item->raw, item->key, item->at, item->err, "names %s twice",
                          path_of(parts));
    }
    json_push_json(item->list, parts);
    return FERRY_OK;
}

/* --- a folder --- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* not by the language of the user */
}

static int is_part(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".wgn") || ends_with(entry->d_name, ".yaml") ||
           strcmp(entry->d_name, "icon.png") == 0;
}

static enum ferry_code push_folder(const struct item *item, const char *folder)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *parts = json_object(scope);
    struct json *yamls = json_set_array(parts, "yaml");
    struct dirent **names = NULL;
    size_t wagons = 0;
    int length = (int)strlen(folder) - (ends_with(folder, "/") ? 1 : 0);
    int count = scandir(folder, &names, is_part, by_name);

    if (count < 0) {
        return config_bad(item->raw, item->key, item->at, item->err,
                          "names %s, which cannot be read: %s", folder, strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        const char *path = mem_printf(scope, "%.*s/%s", length, folder, names[i]->d_name);

        if (ends_with(path, ".yaml") && i < PARTS_MAX) {
            json_push_string(yamls, path);
        } else if (ends_with(path, ".wgn")) {
            json_set_string(parts, "wagon", path);
            wagons++;
        } else {
            json_set_string(parts, "icon", path);
        }
        free(names[i]);
    }
    free(names);
    if (wagons != 1 || json_size(yamls) == 0) {
        (void)config_bad(item->raw, item->key, item->at, item->err,
                         "names folder %s, which holds %zu .wgn and %zu .yaml", folder, wagons,
                         json_size(yamls));
        ferry_error_hint(item->err,
                         "a plugin's folder holds exactly one .wgn and its .yaml; name "
                         "archives by a pattern, such as %s/*.zip",
                         folder);
        return item->err == NULL ? FERRY_E_CONFIG : item->err->code;
    }
    return push_parts(item, parts);
}

/* --- a path or pattern --- */

static enum ferry_code push_match(const struct item *item, const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        return config_bad(item->raw, item->key, item->at, item->err,
                          "names %s, which cannot be read: %s", path, strerror(errno));
    }
    if (S_ISDIR(info.st_mode)) {
        return push_folder(item, path);
    }
    if (!S_ISREG(info.st_mode)) {
        return config_bad(item->raw, item->key, item->at, item->err, "names %s, which is no file",
                          path);
    }
    if (!is_in(item->list, path)) {
        json_push_string(item->list, path);
    }
    return FERRY_OK;
}

static enum ferry_code push_pattern(const struct item *item, const char *text)
{
    struct config_raw *raw = item->raw;
    const char *problem = config_text_problem(text);
    enum ferry_code code = FERRY_OK;
    glob_t found;
    int result;

    if (problem != NULL) {
        return config_bad(raw, item->key, item->at, item->err, "has an item that %s", problem);
    }
    char *folder = escaped(raw->mem, config_raw_folder(raw, config_raw_value(raw, item->key)));

    result = glob(config_path_join(raw->mem, folder, text), 0, NULL, &found);
    if (result == GLOB_NOMATCH) {
        return config_bad(raw, item->key, item->at, item->err,
                          "names no file: nothing matches '%s'", text);
    }
    if (result != 0) {
        return config_bad(raw, item->key, item->at, item->err, "cannot be looked up: '%s'", text);
    }
    for (size_t at = 0; code == FERRY_OK && at < found.gl_pathc; at++) {
        code = push_match(item, found.gl_pathv[at]);
    }
    globfree(&found);
    return code;
}

/* --- parts by name --- */

/* A file that a part names, absolute; NULL: refused. */
static const char *part_file(const struct item *item, const char *name, const struct json *node)
{
    struct config_raw *raw = item->raw;
    const char *text = json_text(node);
    const char *problem = text == NULL ? "must be a path" : config_text_problem(text);
    struct stat info;

    if (problem != NULL) {
        (void)config_bad(raw, item->key, item->at, item->err, "has an item whose %s %s", name,
                         problem);
        return NULL;
    }
    const char *folder = config_raw_folder(raw, config_raw_value(raw, item->key));
    const char *path = config_path_join(raw->mem, folder, text);

    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        (void)config_bad(raw, item->key, item->at, item->err, "names %s, which is no file", path);
        return NULL;
    }
    return path;
}

static bool ends_the_same(const struct json *yamls, const char *path)
{
    const char *name = strrchr(path, '/') + 1;

    for (const struct json *at = json_first(yamls); at != NULL; at = json_next(at)) {
        if (strcmp(strrchr(json_text(at), '/') + 1, name) == 0) {
            return true;
        }
    }
    return false;
}

static enum ferry_code push_yaml(const struct item *item, const struct json *node,
                                 struct json *yamls)
{
    const char *path = part_file(item, "yaml", node);

    if (path == NULL) {
        return FERRY_E_CONFIG;
    }
    if (!ends_with(path, ".yaml")) {
        return config_bad(item->raw, item->key, item->at, item->err,
                          "names %s: a manager wants the name to end in .yaml", path);
    }
    if (ends_the_same(yamls, path)) {
        return config_bad(item->raw, item->key, item->at, item->err,
                          "has an item with two yamls of one name: %s", path);
    }
    json_push_string(yamls, path);
    return FERRY_OK;
}

static enum ferry_code put_yamls(const struct item *item, const struct json *node,
                                 struct json *parts)
{
    struct json *yamls = json_set_array(parts, "yaml");
    enum ferry_code code = FERRY_OK;

    if (!json_is_array(node)) {
        return push_yaml(item, node, yamls);
    }
    for (const struct json *at = json_first(node); at != NULL && code == FERRY_OK;
         at = json_next(at)) {
        code = push_yaml(item, at, yamls);
    }
    return code;
}

static enum ferry_code put_path(const struct item *item, const struct json *node,
                                struct json *parts)
{
    const char *path = part_file(item, json_key(node), node);

    if (path == NULL) {
        return FERRY_E_CONFIG;
    }
    if (strcmp(json_key(node), "wagon") == 0 && !ends_with(path, ".wgn")) {
        return config_bad(item->raw, item->key, item->at, item->err,
                          "names %s: a manager wants a wagon's name to end in .wgn", path);
    }
    json_set_string(parts, json_key(node), path);
    return FERRY_OK;
}

static enum ferry_code put_word(const struct item *item, const struct json *node,
                                struct json *parts)
{
    const char *text = json_text(node);
    const char *problem = text == NULL ? "must be a text" : config_text_problem(text);

    if (problem == NULL && strcmp(json_key(node), "visibility") == 0) {
        problem = config_visibility_problem(text);
    }
    if (problem != NULL) {
        return config_bad(item->raw, item->key, item->at, item->err, "has an item whose %s %s",
                          json_key(node), problem);
    }
    json_set_string(parts, json_key(node), text);
    return FERRY_OK;
}

static enum ferry_code bad_item(const struct item *item, const char *what, const char *word)
{
    (void)config_bad(item->raw, item->key, item->at, item->err, "has an item %s %s", what, word);
    ferry_error_hint(item->err, "an item is {wagon: FILE, yaml: FILE}, with icon, title and "
                                "visibility if wanted");
    return FERRY_E_CONFIG;
}

static enum ferry_code push_keys(const struct item *item, const struct json *keys)
{
    static const struct {
        const char *name;
        enum ferry_code (*put)(const struct item *, const struct json *, struct json *);
    } known[] = {{"wagon", put_path},
                 {"yaml", put_yamls},
                 {"icon", put_path},
                 {"title", put_word},
                 {"visibility", put_word}};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *parts = json_object(scope);

    for (const struct json *node = json_first(keys); node != NULL; node = json_next(node)) {
        size_t i = 0;

        while (i < FERRY_COUNT(known) && strcmp(known[i].name, json_key(node)) != 0) {
            i++;
        }
        if (i == FERRY_COUNT(known)) {
            return bad_item(item, "with the unknown key", json_key(node));
        }
        if (known[i].put(item, node, parts) != FERRY_OK) {
            return FERRY_E_CONFIG;
        }
    }
    if (path_of(parts)[0] == '\0' || json_size(json_member(parts, "yaml")) == 0) {
        return bad_item(item, "without", path_of(parts)[0] == '\0' ? "wagon" : "yaml");
    }
    return push_parts(item, parts);
}

/* --- the list --- */

static enum ferry_code push_tree(struct item *item, const struct json *tree)
{
    if (!json_is_array(tree)) {
        return config_bad(item->raw, item->key, CONFIG_NO_ITEM, item->err,
                          "must be a list, such as [a, b]");
    }
    for (const struct json *node = json_first(tree); node != NULL; node = json_next(node)) {
        enum ferry_code code = FERRY_OK;

        if (json_is_object(node)) {
            code = push_keys(item, node);
        } else if (json_is_string(node)) {
            code = push_pattern(item, json_text(node));
        } else {
            code = config_bad(item->raw, item->key, item->at, item->err,
                              "has an item that is neither a path nor {wagon: FILE, yaml: FILE}");
        }
        if (code != FERRY_OK) {
            return item->err == NULL ? FERRY_E_CONFIG : item->err->code;
        }
        item->at++;
    }
    return FERRY_OK;
}

enum ferry_code config_plugins_put(struct config_raw *raw, const struct config_key *key,
                                   struct json *group, struct ferry_error *err)
{
    const struct config_value *value = config_raw_value(raw, key);
    struct item item = {.raw = raw, .key = key, .err = err};
    enum ferry_code code = FERRY_OK;

    item.list = json_set_array(group, config_member(key));
    if (value->origin == CONFIG_NOT_SET) {
        return FERRY_OK;
    }
    if (value->tree != NULL) {
        return push_tree(&item, value->tree);
    }
    for (; item.at < value->count && code == FERRY_OK; item.at++) {
        code = push_pattern(&item, value->items[item.at]);
    }
    return code;
}
