#include "cloudify/plugin_yaml.h"

#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/yaml_tree.h"

static const char OTHER_HINT[] = "put the plugin.yaml beside the wagon that it was made for: "
                                 "package_name and package_version must be the wagon's";

static enum ferry_code refuse(const struct plugin_yaml *yaml, struct ferry_error *err,
                              const char *hint, const char *why)
{
    ferry_fail(err, FERRY_E_ARCHIVE, "plugin \"%s\": %s %s", yaml->path, yaml->name, why);
    ferry_error_hint(err, "%s", hint);
    return FERRY_E_ARCHIVE;
}

/* Names of Python packages are the same in any case, and with "-", "_" or "." (PEP 503). */
static bool same_package(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        bool a_mark = strchr("-_.", *a) != NULL;
        bool b_mark = strchr("-_.", *b) != NULL;

        if (a_mark != b_mark ||
            (!a_mark && tolower((unsigned char)*a) != tolower((unsigned char)*b))) {
            return false;
        }
    }
    return *a == *b;
}

/* One row of "plugins". *named: a row of the wagon's own package was seen. */
static enum ferry_code check_row(const struct plugin_yaml *yaml, const struct json *row,
                                 struct json *plugin, bool *named, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *package = json_string_or(row, "package_name", NULL);
    const char *version = json_string_or(row, "package_version", NULL);
    const char *ours = json_string_or(plugin, "package", "");

    if (package == NULL) {
        return FERRY_OK; /* a plugin that is installed from elsewhere */
    }
    if (!same_package(package, ours)) {
        return refuse(
            yaml, err, OTHER_HINT,
            mem_printf(scope, "is of package %.100s, the wagon of %.100s", package, ours));
    }
    if (version == NULL || strcmp(version, json_string_or(plugin, "version", "")) != 0) {
        return refuse(yaml, err, OTHER_HINT,
                      mem_printf(scope, "is of %.100s %.60s, the wagon of version %.60s", package,
                                 version == NULL ? "without a package_version" : version,
                                 json_string_or(plugin, "version", "")));
    }
    if (strcmp(json_string_or(row, "executor", ""), "central_deployment_agent") != 0) {
        json_set_bool(plugin, "central", false);
    }
    *named = true;
    return FERRY_OK;
}

enum ferry_code plugin_yaml_check(const struct plugin_yaml *yaml, struct json *plugin,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error why = {0};
    struct json *tree = NULL;
    bool named = false;

    if (yaml_tree_parse(scope, yaml->text, yaml->size, &tree, &why) != FERRY_OK) {
        return refuse(yaml, err, "mend the yaml, or fetch the plugin again",
                      mem_printf(scope, "cannot be read: %s", why.message));
    }
    if (json_int64_or(plugin, "yamls", 0) == 0) {
        json_set_bool(plugin, "central", true);
    }
    const struct json *rows = json_member(tree, "plugins");

    for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
        if (check_row(yaml, row, plugin, &named, err) != FERRY_OK) {
            return FERRY_E_ARCHIVE;
        }
    }
    if (!named) {
        return refuse(yaml, err, OTHER_HINT,
                      mem_printf(scope, "names no plugin of package %.100s",
                                 json_string_or(plugin, "package", "")));
    }
    json_set_int(plugin, "yamls", json_int64_or(plugin, "yamls", 0) + 1);
    return FERRY_OK;
}
