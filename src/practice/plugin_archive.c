#include "practice/plugin_archive.h"

#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/json.h"
#include "base/mem.h"

#define WAGON_LIMIT ((int64_t)512 << 20) /* bytes of a wagon inside a zip */
#define DESCRIPTION_LIMIT (1 << 20)
#define READ_PIECE 65536

static struct archive *new_reader(void)
{
    struct archive *reader = archive_read_new();
    (void)archive_read_support_format_zip(reader);
    (void)archive_read_support_format_tar(reader);
    (void)archive_read_support_filter_gzip(reader);
    return reader;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* The data of the entry at hand, NUL-ended; NULL when it is too large or broken. */
static char *read_entry(const void *ctx, struct archive *reader, int64_t limit, size_t *size)
{
    size_t room = READ_PIECE;
    char *data = mem_array(ctx, char, room + 1);
    *size = 0;
    for (;;) {
        la_ssize_t got = archive_read_data(reader, data + *size, room - *size);
        if (got < 0 || (int64_t)*size > limit) {
            return NULL;
        }
        *size += (size_t)got;
        data[*size] = '\0';
        if (got == 0) {
            return data;
        }
        if (*size == room) {
            room *= 2;
            data = mem_resize(ctx, data, char, room + 1);
        }
    }
}

static const char *json_part(const void *ctx, const struct json *root, const char *path)
{
    const struct json *node = json_get(root, path);
    return node == NULL ? NULL : json_print(ctx, node);
}

static bool read_description(const void *ctx, const char *text, size_t size,
                             struct plugin_info *out)
{
    struct json *root = NULL;
    struct ferry_error err;
    if (json_parse(ctx, text, size, &root, &err) != FERRY_OK) {
        return false;
    }
    out->package_name = json_string_or(root, "package_name", NULL);
    out->package_version = json_string_or(root, "package_version", NULL);
    out->package_source = json_string_or(root, "package_source", NULL);
    out->archive_name = json_string_or(root, "archive_name", NULL);
    out->distribution = json_string_or(root, "build_server_os_properties.distribution", NULL);
    out->distribution_release =
        json_string_or(root, "build_server_os_properties.distribution_release", NULL);
    out->distribution_version =
        json_string_or(root, "build_server_os_properties.distribution_version", NULL);
    out->supported_platform = json_part(ctx, root, "supported_platform");
    out->supported_py_versions = json_part(ctx, root, "supported_python_versions");
    out->wheels = json_part(ctx, root, "wheels");
    return out->package_name != NULL && out->package_version != NULL;
}

struct found {
    struct plugin_part *wagons; /* data of each *.wgn */
    size_t count;
    unsigned entries, yamls;
    bool described; /* package.json was read: this is a wagon */
    bool caravan;   /* has ROOT/METADATA */
};

/* "ROOT/METADATA", as a caravan has it beside its wagons. */
static bool is_metadata(const char *name)
{
    const char *slash = strchr(name, '/');
    return slash != NULL && strcmp(slash, "/METADATA") == 0;
}

static void look(const void *ctx, struct archive *reader, struct found *found,
                 struct plugin_info *out)
{
    struct archive_entry *entry = NULL;
    while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
        const char *name = archive_entry_pathname(entry);
        size_t size = 0;
        found->entries++;
        if (name == NULL) {
            continue;
        }
        found->caravan = found->caravan || is_metadata(name);
        found->yamls += ends_with(name, ".yaml") ? 1 : 0;
        if (ends_with(name, ".wgn")) {
            found->wagons = mem_resize(ctx, found->wagons, struct plugin_part, found->count + 1);
            struct plugin_part *part = &found->wagons[found->count++];
            *part = (struct plugin_part){0};
            part->data = read_entry(ctx, reader, WAGON_LIMIT, &part->size);
        } else if (ends_with(name, "/package.json") && !found->described) {
            const char *text = read_entry(ctx, reader, DESCRIPTION_LIMIT, &size);
            found->described = text != NULL && read_description(ctx, text, size, out);
        }
    }
}

/* Reads what is said about a wagon that lies in memory. */
static bool read_wagon(const void *ctx, struct plugin_part *part)
{
    struct found inner = {0};
    struct archive *reader = new_reader();
    if (part->data != NULL &&
        archive_read_open_memory(reader, part->data, part->size) == ARCHIVE_OK) {
        look(ctx, reader, &inner, &part->info);
    }
    (void)archive_read_free(reader);
    return inner.described;
}

/* NULL, or why the manager does not take a zip that is no wagon. */
static const char *check_zip(const struct found *found, bool one_yaml)
{
    if (found->entries == 0) {
        return "input can be only a wagon or a zip file.";
    }
    if (found->count != 1 || found->wagons[0].data == NULL) {
        return "Archive must include one wgn file";
    }
    if (found->yamls == 0) {
        return "Archive must include at least one yaml file";
    }
    return one_yaml && found->yamls > 1 ? "Archive must include one wgn file and one yaml file"
                                        : NULL;
}

bool plugin_archive_read(const void *ctx, const char *path, bool one_yaml,
                         struct plugin_archive *out, const char **why)
{
    struct found found = {0};
    struct plugin_info info = {0};
    struct archive *reader = new_reader();
    if (archive_read_open_filename(reader, path, READ_PIECE) == ARCHIVE_OK) {
        look(ctx, reader, &found, &info);
    }
    (void)archive_read_free(reader);
    out->caravan = found.caravan && !found.described;
    out->count = 1;
    if (found.described) {
        out->parts = mem_new(ctx, struct plugin_part);
        out->parts[0].info = info;
        return true;
    }
    *why = out->caravan ? NULL : check_zip(&found, one_yaml);
    if (*why != NULL) {
        return false;
    }
    out->parts = found.wagons;
    out->count = found.count;
    *why = "The wagon in the archive cannot be read";
    for (size_t i = 0; i < found.count; i++) {
        if (!read_wagon(ctx, &found.wagons[i])) {
            return false;
        }
    }
    return true;
}
