/* What a plugin's archive tells: a zip with a wagon inside, which is a zip or tar.gz of its own. */
#include <string.h>

#include "base/mem.h"
#include "practice/archive_read.h"
#include "practice/zip_read.h"

#define PACKAGE_MAX ((size_t)16 * 1024 * 1024)

struct looking {
    const void *ctx;
    struct plugin_facts *facts;
};

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

static void take_package(const struct looking *looking, const struct json *package)
{
    struct plugin_facts *facts = looking->facts;
    const void *ctx = looking->ctx;
    const struct json *system = json_get(package, "build_server_os_properties");
    facts->package_name = mem_strdup(ctx, json_string_or(package, "package_name", NULL));
    facts->package_version = mem_strdup(ctx, json_string_or(package, "package_version", NULL));
    facts->package_source = mem_strdup(ctx, json_string_or(package, "package_source", NULL));
    facts->distribution = mem_strdup(ctx, json_string_or(system, "distribution", NULL));
    facts->distribution_release =
        mem_strdup(ctx, json_string_or(system, "distribution_release", NULL));
    facts->distribution_version =
        mem_strdup(ctx, json_string_or(system, "distribution_version", NULL));
    const struct json *platform = json_get(package, "supported_platform");
    const struct json *wheels = json_get(package, "wheels");
    facts->supported_platform = platform == NULL ? NULL : json_print(ctx, platform);
    const struct json *pythons = json_get(package, "supported_python_versions");
    facts->supported_py_versions = pythons == NULL ? NULL : json_print(ctx, pythons);
    facts->wheels = wheels == NULL ? NULL : json_print(ctx, wheels);
}

static enum ferry_code visit_wagon(void *arg, const struct zip_member *member,
                                   struct ferry_error *err)
{
    const struct looking *looking = arg;
    struct json *package = NULL;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    if (!ends_with(member->name, "/package.json") || looking->facts->package_name != NULL) {
        return FERRY_OK;
    }
    enum ferry_code code = zip_member_json(scope, member, PACKAGE_MAX, &package, err);
    if (code == FERRY_OK) {
        take_package(looking, package);
    }
    return code;
}

static enum ferry_code visit_plugin(void *arg, const struct zip_member *member,
                                    struct ferry_error *err)
{
    struct looking *looking = arg;
    char *data = NULL;
    size_t size = 0;
    if (member->is_folder || !ends_with(member->name, ".wgn")) {
        return FERRY_OK;
    }
    const char *slash = strrchr(member->name, '/');
    looking->facts->archive_name =
        mem_strdup(looking->ctx, slash == NULL ? member->name : slash + 1);
    enum ferry_code code = zip_member_read(NULL, member, ARCHIVE_MEMBER_MAX, &data, &size, err);
    if (code != FERRY_OK) {
        return code;
    }
    struct zip_visitor visitor = {visit_wagon, looking};
    code = zip_walk_memory(data, size, &visitor, err);
    mem_free(data);
    return code;
}

void archive_plugin_facts(const void *ctx, const void *data, size_t size,
                          struct plugin_facts *facts)
{
    struct looking looking = {ctx, facts};
    struct zip_visitor visitor = {visit_plugin, &looking};
    struct ferry_error err = {0};
    *facts = (struct plugin_facts){0};
    /* A damaged plugin does not spoil the archive: its facts stay unknown. */
    if (zip_walk_memory(data, size, &visitor, &err) != FERRY_OK) {
        return;
    }
}
