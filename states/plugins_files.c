#include "states/plugins_files.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "states/common.h"

#define NAMES_SHOWN 5

static const char *key_of(const struct json *entry)
{
    return json_is_string(entry) ? json_text(entry) : json_string_or(entry, "wagon", "");
}

static const struct json *entries(const struct state_context *context)
{
    const struct json *list = json_get(context->options, "plugins.upload");

    return json_is_array(list) ? list : NULL;
}

size_t plugins_file_count(const struct state_context *context)
{
    return json_size(entries(context));
}

/* Parts are packed into a folder of the run, by their digest. */
static const char *file_to_send(const struct state_context *context, const struct json *entry,
                                const struct json *known, const void *mem)
{
    return json_is_string(entry)
               ? json_text(entry)
               : mem_printf(mem, "%s/%s.zip", json_string_or(context->facts, "plugin_folder", ""),
                            json_string_or(known, "sha256", ""));
}

static struct plugins_file describe(const struct state_context *context, const struct json *entry,
                                    const void *mem)
{
    const char *key = key_of(entry);
    const struct json *known = json_member(json_get(context->facts, "plugin_files"), key);
    const char *fallback = json_string_or(context->options, "plugins.visibility", "tenant");
    const struct json *plugins = json_get(known, "plugins");

    return (struct plugins_file){.key = key,
                                 .send = file_to_send(context, entry, known, mem),
                                 .size = json_int64_or(known, "size", -1),
                                 .visibility = json_string_or(entry, "visibility", fallback),
                                 .title = json_string_or(entry, "title", NULL),
                                 .plugins = json_size(plugins) > 0 ? plugins : NULL,
                                 .caravan =
                                     strcmp(json_string_or(known, "kind", ""), "caravan") == 0};
}

bool plugins_file_at(const struct state_context *context, size_t at, struct plugins_file *file,
                     const void *mem)
{
    const struct json *entry = json_at(entries(context), at);

    if (entry == NULL) {
        return false;
    }
    *file = describe(context, entry, mem);
    return true;
}

struct plugins_file plugins_file_of(const struct state_context *context, const char *key,
                                    const void *mem)
{
    for (const struct json *at = json_first(entries(context)); at != NULL; at = json_next(at)) {
        if (strcmp(key_of(at), key) == 0) {
            return describe(context, at, mem);
        }
    }
    struct json *path = json_array(mem); /* a run whose options are older than this unit */

    json_push_string(path, key);
    return describe(context, json_first(path), mem);
}

const char *plugins_name(const struct json *plugin, const void *mem)
{
    return mem_printf(mem, "%s %s", json_string_or(plugin, "package", "?"),
                      json_string_or(plugin, "version", "?"));
}

const char *plugins_names(const struct json *plugins, const void *mem)
{
    struct buf text;
    size_t n = 0;

    buf_init(&text, mem, 4096);
    for (const struct json *at = json_first(plugins); at != NULL; at = json_next(at)) {
        if (n++ < NAMES_SHOWN) {
            (void)buf_printf(&text, "%s%.100s %.60s", n == 1 ? "" : ", ",
                             json_string_or(at, "package", "?"),
                             json_string_or(at, "version", "?"));
        }
    }
    if (n > NAMES_SHOWN) {
        (void)buf_printf(&text, " and %zu more", n - NAMES_SHOWN);
    }
    return buf_text(&text);
}

/* --- rows of a manager --- */

static bool same(const char *a, const char *b)
{
    return strcmp(a == NULL ? "" : a, b == NULL ? "" : b) == 0;
}

/* A list of an archive tells neither distribution nor platform. */
static bool is_row_of(const struct json *row, const struct json *plugin, bool loose)
{
    if (!same(json_string_or(row, "package_name", NULL), json_string_or(plugin, "package", NULL)) ||
        !same(json_string_or(row, "package_version", NULL),
              json_string_or(plugin, "version", NULL))) {
        return false;
    }
    return loose || json_member(row, "supported_platform") == NULL ||
           (same(json_string_or(row, "distribution", NULL),
                 json_string_or(plugin, "distribution", NULL)) &&
            same(json_string_or(row, "supported_platform", NULL),
                 json_string_or(plugin, "platform", NULL)));
}

const struct json *plugins_find_row(const struct json *rows, const struct plugins_row_query *query)
{
    for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
        if (is_row_of(row, query->plugin, query->loose) &&
            (strcmp(cloudify_text(row, "visibility", ""), "global") == 0 ||
             strcmp(cloudify_text(row, "tenant_name", query->tenant), query->tenant) == 0)) {
            return row;
        }
    }
    return NULL;
}

const struct json *plugins_find_anywhere(const struct json *rows, const struct json *plugin)
{
    for (const struct json *row = json_first(rows); row != NULL; row = json_next(row)) {
        if (is_row_of(row, plugin, false)) {
            return row;
        }
    }
    return NULL;
}

void plugins_ask_rows(struct http_request *request, const struct cloudify_caller *caller,
                      const struct plugins_file *file, const void *mem)
{
    const char **names = mem_array(mem, const char *, json_size(file->plugins));
    struct cloudify_list list = {.resource = "plugins",
                                 .include = "id,package_name,package_version,distribution,"
                                            "supported_platform,visibility,tenant_name,"
                                            "archive_name",
                                 .filter = "package_name",
                                 .values = names,
                                 .all_tenants = true,
                                 .size = CLOUDIFY_PAGE};

    for (const struct json *at = json_first(file->plugins); at != NULL; at = json_next(at)) {
        names[list.value_count++] = json_string_or(at, "package", "");
    }
    if (!cloudify_list_fits(&list)) {
        list.value_count = 0; /* a caravan of very many: all plugins of the manager */
    }
    cloudify_ask_list(request, caller, &list);
}
