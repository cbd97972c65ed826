/*
 * What a plugin's file holds. The outer archive is read once by libarchive; a wagon inside it is
 * an archive again, which a second reader takes from the first piece by piece, so that nothing is
 * unpacked to disk and memory does not grow with the wheels.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/yaml_tree.h"
#include "cloudify/plugin.h"
#include "cloudify/plugin_yaml.h"

#define BLOCK (64 * 1024)

static const char HINT[] =
    "a plugin is a zip with one wagon (.wgn) and its .yaml, a wagon alone, or a caravan (.cvn): "
    "fetch it again, or name its parts: {wagon: FILE, yaml: FILE}";

struct text {
    const char *name;
    struct buf data;
};

/* What was seen in the outer archive. */
struct content {
    void *mem;
    const char *path;
    bool is_zip;
    size_t members;
    struct json *self;   /* the description, when the file is a wagon itself */
    struct json *wagons; /* member name: the plugin that it describes */
    struct text *texts;  /* the yamls */
    size_t text_count;
    struct text metadata; /* of a caravan; its name is NULL: there is none */
};

static enum ferry_code refuse(const char *path, struct ferry_error *err, const char *why)
{
    ferry_fail(err, FERRY_E_ARCHIVE, "plugin \"%s\" %s", path, why);
    ferry_error_hint(err, "%s", HINT);
    return FERRY_E_ARCHIVE;
}

static enum ferry_code damaged(const struct content *content, struct archive *reader,
                               struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *why = archive_error_string(reader);

    return refuse(content->path, err,
                  mem_printf(scope, "is damaged: %s", why == NULL ? "it ends early" : why));
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t tail = strlen(end);

    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* "FOLDER/name" with no further folder: where wagons and caravans keep what describes them. */
static bool is_second_level(const char *path, const char *name)
{
    while (strncmp(path, "./", 2) == 0) {
        path += 2;
    }
    const char *slash = strchr(path, '/');

    return slash != NULL && slash != path && strcmp(slash + 1, name) == 0;
}

static struct archive *new_reader(bool from_file)
{
    struct archive *reader = archive_read_new();

    if (reader == NULL || archive_read_support_format_tar(reader) != ARCHIVE_OK ||
        archive_read_support_filter_gzip(reader) != ARCHIVE_OK ||
        (from_file ? archive_read_support_format_zip_seekable(reader)
                   : archive_read_support_format_zip_streamable(reader)) != ARCHIVE_OK) {
        mem_exhausted();
    }
    return reader;
}

/* The data of the member at hand as a text. */
static enum ferry_code read_text(const struct content *content, struct archive *reader,
                                 struct buf *text, struct ferry_error *err)
{
    for (;;) {
        const void *data = NULL;
        size_t size = 0;
        la_int64_t offset = 0;
        int result = archive_read_data_block(reader, &data, &size, &offset);

        if (result == ARCHIVE_EOF) {
            return FERRY_OK;
        }
        if (result != ARCHIVE_OK) {
            return damaged(content, reader, err);
        }
        if (!buf_append(text, data, size)) {
            return refuse(content->path, err, "has a description that is larger than any");
        }
    }
}

/* --- a wagon --- */

static void set_texts(struct json *plugin, const char *key, const struct json *texts)
{
    struct json *list = json_set_array(plugin, key);

    for (const struct json *at = json_first(texts); at != NULL; at = json_next(at)) {
        if (json_text(at) != NULL) {
            json_push_string(list, json_text(at));
        }
    }
}

/* package.json of a wagon as the plugin that it describes; NULL: it is none. */
static struct json *describe(const void *ctx, const char *wagon, const struct buf *text)
{
    struct json *package = NULL;
    struct json *plugin = json_object(ctx);

    if (json_parse(ctx, buf_text(text), text->len, &package, NULL) != FERRY_OK ||
        json_string_or(package, "package_name", "")[0] == '\0' ||
        json_string_or(package, "package_version", "")[0] == '\0') {
        return NULL;
    }
    json_set_string(plugin, "wagon", strrchr(wagon, '/') == NULL ? wagon : strrchr(wagon, '/') + 1);
    json_set_string(plugin, "package", json_string_or(package, "package_name", NULL));
    json_set_string(plugin, "version", json_string_or(package, "package_version", NULL));
    json_set_string(plugin, "platform", json_string_or(package, "supported_platform", "any"));
    json_set_string(plugin, "distribution",
                    json_string_or(package, "build_server_os_properties.distribution", NULL));
    json_set_string(
        plugin, "release",
        json_string_or(package, "build_server_os_properties.distribution_release", NULL));
    set_texts(plugin, "python", json_get(package, "supported_python_versions"));
    json_set_int(plugin, "yamls", 0);
    return plugin;
}

static la_ssize_t feed_wagon(struct archive *inner, void *outer, const void **out)
{
    size_t size = 0;
    la_int64_t offset = 0;
    int result;

    do {
        result = archive_read_data_block(outer, out, &size, &offset);
    } while (result == ARCHIVE_OK && size == 0);
    if (result == ARCHIVE_EOF) {
        return 0;
    }
    if (result != ARCHIVE_OK) {
        archive_set_error(inner, EIO, "%s", archive_error_string(outer));
        return -1;
    }
    return (la_ssize_t)size;
}

/* Looks for the description in the wagon that is the member at hand of the outer archive. */
static enum ferry_code find_description(struct content *content, struct archive *inner,
                                        const char *wagon, struct json **plugin,
                                        struct ferry_error *err)
{
    struct archive_entry *entry = NULL;
    size_t members = 0;

    while (archive_read_next_header(inner, &entry) == ARCHIVE_OK &&
           ++members <= CLOUDIFY_PLUGIN_MEMBERS_MAX) {
        const char *name = archive_entry_pathname(entry);
        struct buf text;

        if (name == NULL || !is_second_level(name, "package.json")) {
            continue;
        }
        buf_init(&text, content->mem, CLOUDIFY_PLUGIN_TEXT_MAX);
        if (read_text(content, inner, &text, err) != FERRY_OK) {
            return FERRY_E_ARCHIVE;
        }
        *plugin = describe(content->mem, wagon, &text);
        break;
    }
    return FERRY_OK;
}

static enum ferry_code take_wagon(struct content *content, struct archive *reader, const char *name,
                                  struct ferry_error *err)
{
    struct archive *inner = new_reader(false);
    struct json *plugin = NULL;
    enum ferry_code code = FERRY_OK;

    if (archive_read_open(inner, reader, NULL, feed_wagon, NULL) == ARCHIVE_OK) {
        code = find_description(content, inner, name, &plugin, err);
    }
    (void)archive_read_free(inner);
    if (code != FERRY_OK) {
        return code;
    }
    if (plugin == NULL) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        return refuse(
            content->path, err,
            mem_printf(scope, "holds %.256s, which is no wagon: it has no package.json", name));
    }
    json_set_json(content->wagons, name, plugin);
    return FERRY_OK;
}

/* --- the outer archive --- */

static enum ferry_code take_text(struct content *content, struct archive *reader, const char *name,
                                 struct ferry_error *err)
{
    struct text *text;

    content->texts = mem_resize(content->mem, content->texts, struct text, content->text_count + 1);
    text = &content->texts[content->text_count++];
    text->name = mem_strdup(content->mem, name);
    buf_init(&text->data, content->mem, CLOUDIFY_PLUGIN_TEXT_MAX);
    return read_text(content, reader, &text->data, err);
}

static enum ferry_code take_metadata(struct content *content, struct archive *reader,
                                     const char *name, struct ferry_error *err)
{
    content->metadata.name = mem_strdup(content->mem, name);
    buf_init(&content->metadata.data, content->mem, CLOUDIFY_PLUGIN_TEXT_MAX);
    return read_text(content, reader, &content->metadata.data, err);
}

static enum ferry_code take_self(struct content *content, struct archive *reader,
                                 struct ferry_error *err)
{
    struct buf text;

    buf_init(&text, content->mem, CLOUDIFY_PLUGIN_TEXT_MAX);
    if (read_text(content, reader, &text, err) != FERRY_OK) {
        return FERRY_E_ARCHIVE;
    }
    content->self = describe(content->mem, content->path, &text);
    return FERRY_OK;
}

/* Reads the rest of the member, for its checksum. */
static enum ferry_code drain(const struct content *content, struct archive *reader,
                             struct ferry_error *err)
{
    const void *data = NULL;
    size_t size = 0;
    la_int64_t offset = 0;
    int result;

    do {
        result = archive_read_data_block(reader, &data, &size, &offset);
    } while (result == ARCHIVE_OK);
    return result == ARCHIVE_EOF ? FERRY_OK : damaged(content, reader, err);
}

static enum ferry_code take_member(struct content *content, struct archive *reader,
                                   const char *name, struct ferry_error *err)
{
    enum ferry_code code = FERRY_OK;

    if (ends_with(name, ".wgn")) {
        code = take_wagon(content, reader, name, err);
    } else if (ends_with(name, ".yaml")) {
        code = take_text(content, reader, name, err);
    } else if (is_second_level(name, "METADATA")) {
        code = take_metadata(content, reader, name, err);
    } else if (is_second_level(name, "package.json")) {
        code = take_self(content, reader, err);
    }
    return code == FERRY_OK ? drain(content, reader, err) : code;
}

static enum ferry_code take_members(struct content *content, struct archive *reader,
                                    struct ferry_error *err)
{
    struct archive_entry *entry = NULL;
    int result;

    while ((result = archive_read_next_header(reader, &entry)) == ARCHIVE_OK ||
           result == ARCHIVE_WARN) {
        const char *name = archive_entry_pathname(entry);

        if (++content->members > CLOUDIFY_PLUGIN_MEMBERS_MAX) {
            return refuse(content->path, err, "has more members than any plugin");
        }
        if (archive_entry_filetype(entry) == AE_IFREG && name != NULL &&
            take_member(content, reader, name, err) != FERRY_OK) {
            return FERRY_E_ARCHIVE;
        }
    }
    content->is_zip = archive_format(reader) == ARCHIVE_FORMAT_ZIP;
    if (result == ARCHIVE_EOF) {
        return FERRY_OK;
    }
    return content->members == 0
               ? refuse(content->path, err, "is neither a zip nor a wagon nor a caravan")
               : damaged(content, reader, err);
}

static enum ferry_code open_content(struct content *content, struct ferry_error *err)
{
    int fd = open(content->path, O_RDONLY | O_CLOEXEC);
    enum ferry_code code;

    if (fd < 0) {
        code = ferry_fail_errno(err, errno == ENOENT ? FERRY_E_NOT_FOUND : FERRY_E_IO, errno,
                                "cannot read plugin \"%s\"", content->path);
        ferry_error_hint(err, "is the file that plugins.upload names there, and readable?");
        return code;
    }
    struct archive *reader = new_reader(true);

    if (archive_read_open_fd(reader, fd, BLOCK) != ARCHIVE_OK) {
        code = refuse(content->path, err, "is neither a zip nor a wagon nor a caravan");
    } else {
        code = take_members(content, reader, err);
    }
    (void)archive_read_free(reader);
    (void)close(fd);
    return code;
}

static const struct text *find_text(const struct content *content, const char *name)
{
    for (size_t i = 0; i < content->text_count; i++) {
        if (strcmp(content->texts[i].name, name) == 0) {
            return &content->texts[i];
        }
    }
    return NULL;
}

static enum ferry_code check_text(const struct content *content, const struct text *text,
                                  struct json *plugin, struct ferry_error *err)
{
    return plugin_yaml_check(&(struct plugin_yaml){.path = content->path,
                                                   .name = text->name,
                                                   .text = buf_text(&text->data),
                                                   .size = text->data.len},
                             plugin, err);
}

/* --- what it is --- */

static enum ferry_code judge_zip(const struct content *content, struct json *plugins,
                                 struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *plugin;

    if (!content->is_zip) {
        return refuse(
            content->path, err,
            "is a tar, but neither a wagon (no package.json) nor a caravan (no METADATA)");
    }
    if (json_size(content->wagons) != 1) {
        return refuse(
            content->path, err,
            mem_printf(scope, "holds %zu wagons, it must be one", json_size(content->wagons)));
    }
    if (content->text_count == 0) {
        return refuse(content->path, err, "holds no .yaml");
    }
    plugin = json_copy(scope, json_first(content->wagons));
    for (size_t i = 0; i < content->text_count; i++) {
        if (check_text(content, &content->texts[i], plugin, err) != FERRY_OK) {
            return FERRY_E_ARCHIVE;
        }
    }
    json_push_json(plugins, plugin);
    return FERRY_OK;
}

/* One line of METADATA: "WAGON: YAML", both from the folder that METADATA lies in. */
static enum ferry_code judge_pair(const struct content *content, const struct json *pair,
                                  struct json *plugins, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *metadata = content->metadata.name;
    int folder = (int)(strlen(metadata) - strlen("METADATA"));
    const char *wagon = mem_printf(scope, "%.*s%s", folder, metadata, json_key(pair));
    const char *yaml = mem_printf(scope, "%.*s%s", folder, metadata,
                                  json_text(pair) == NULL ? "" : json_text(pair));
    const struct json *found = json_member(content->wagons, wagon);
    const struct text *text = find_text(content, yaml);
    struct json *plugin;

    if (found == NULL || text == NULL) {
        return refuse(content->path, err,
                      mem_printf(scope, "names %.256s in its METADATA, which is not in it",
                                 found == NULL ? wagon : yaml));
    }
    plugin = json_copy(scope, found);
    if (check_text(content, text, plugin, err) != FERRY_OK) {
        return FERRY_E_ARCHIVE;
    }
    json_push_json(plugins, plugin);
    return FERRY_OK;
}

static enum ferry_code judge_caravan(const struct content *content, struct json *plugins,
                                     struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct buf *metadata = &content->metadata.data;
    struct ferry_error why = {0};
    struct json *pairs = NULL;

    if (yaml_tree_parse(scope, buf_text(metadata), metadata->len, &pairs, &why) != FERRY_OK) {
        return refuse(content->path, err,
                      mem_printf(scope, "has a METADATA that cannot be read: %s", why.message));
    }
    if (!json_is_object(pairs) || json_size(pairs) == 0) {
        return refuse(content->path, err, "has a METADATA that names no wagon");
    }
    for (const struct json *pair = json_first(pairs); pair != NULL; pair = json_next(pair)) {
        if (judge_pair(content, pair, plugins, err) != FERRY_OK) {
            return FERRY_E_ARCHIVE;
        }
    }
    return FERRY_OK;
}

static struct content *new_content(void *scope, const char *path)
{
    struct content *content = mem_new(scope, struct content);

    content->mem = scope;
    content->path = path;
    content->wagons = json_object(scope);
    return content;
}

enum ferry_code cloudify_plugin_read(const void *ctx, const char *path, struct json **facts,
                                     struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct content *content = new_content(scope, path);
    struct json *out = json_object(ctx);
    struct json *plugins = json_set_array(out, "plugins");
    enum ferry_code code = open_content(content, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (content->self != NULL && json_size(content->wagons) == 0) {
        json_set_string(out, "kind", "wagon");
        json_push_json(plugins, content->self);
    } else if (content->metadata.name != NULL) {
        json_set_string(out, "kind", "caravan");
        code = judge_caravan(content, plugins, err);
    } else {
        json_set_string(out, "kind", "zip");
        code = judge_zip(content, plugins, err);
    }
    *facts = out;
    return code;
}

enum ferry_code cloudify_plugin_read_parts(const void *ctx, const struct json *parts,
                                           struct json **facts, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *wagon = json_string_or(parts, "wagon", "");
    struct content *content = new_content(scope, wagon);
    struct json *out = json_object(ctx);
    struct json *plugin;
    enum ferry_code code = open_content(content, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (content->self == NULL) {
        return refuse(wagon, err, "is no wagon: it has no package.json");
    }
    plugin = json_copy(scope, content->self);
    for (const struct json *at = json_first(json_member(parts, "yaml")); at != NULL;
         at = json_next(at)) {
        struct plugin_yaml yaml = {.path = wagon, .name = json_text(at)};
        char *text = NULL;

        if (file_read(scope, yaml.name, CLOUDIFY_PLUGIN_TEXT_MAX, &text, &yaml.size, err) !=
            FERRY_OK) {
            return err == NULL ? FERRY_E_IO : err->code;
        }
        yaml.text = text;
        if (plugin_yaml_check(&yaml, plugin, err) != FERRY_OK) {
            return FERRY_E_ARCHIVE;
        }
    }
    json_set_string(out, "kind", "packed");
    json_push_json(json_set_array(out, "plugins"), plugin);
    *facts = out;
    return FERRY_OK;
}
