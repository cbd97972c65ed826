/*
 * What the file name of a wagon tells: PACKAGE-VERSION-PYTHON-ABI-PLATFORM[-DISTRIBUTION-RELEASE],
 * as the wagon tool forms it, with the extension ".wgn". The package has "_" for "-" there.
 */
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cloudify/archive_model.h"

#define PARTS_MAX 20

struct wagon {
    char *package, *version, *python, *platform, *distribution, *release; /* NULL: not there */
};

/* "py27", "cp36", "py2.py3": the start of each tag of Python wheels (PEP 425). */
static bool is_python(const char *text)
{
    static const char *const starts[] = {"py", "cp", "pp"};

    for (size_t i = 0; i < FERRY_COUNT(starts); i++) {
        if (strncmp(text, starts[i], 2) == 0 && text[2] >= '0' && text[2] <= '9') {
            return true;
        }
    }
    return false;
}

/* Cuts the name into its parts in place; false: it has another form. The package may hold "-", the
   version and the Python tag do not. */
static bool cut(char *name, struct wagon *wagon)
{
    char *parts[PARTS_MAX + 1] = {NULL};
    size_t count = 0;
    size_t length = strlen(name);

    if (length < 4 || strcmp(name + length - 4, ".wgn") != 0) {
        return false;
    }
    name[length - 4] = '\0';
    for (char *at = name; at != NULL && count < PARTS_MAX; count++) {
        parts[count] = at;
        at = strchr(at, '-');
        if (at != NULL) {
            *at++ = '\0';
        }
    }
    for (size_t i = 2; i + 2 < count; i++) {
        if (!is_python(parts[i])) {
            continue;
        }
        for (char *at = name; at < parts[i - 1] - 1; at++) {
            *at = *at == '\0' ? '-' : *at; /* the package in one piece again */
        }
        *wagon = (struct wagon){.package = name,
                                .version = parts[i - 1],
                                .python = parts[i],
                                .platform = parts[i + 2],
                                .distribution = parts[i + 3],
                                .release = parts[i + 3] == NULL ? NULL : parts[i + 4]};
        return true;
    }
    return false;
}

static bool same_package(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b)) {
            return false;
        }
    }
    return *a == *b;
}

static const char *with_dashes(const void *ctx, const char *text)
{
    char *out = mem_strdup(ctx, text);

    for (char *at = out; *at != '\0'; at++) {
        *at = *at == '_' ? '-' : *at;
    }
    return out;
}

static void take_python(struct cloudify_archive *archive, struct cloudify_archive_plugin *plugin,
                        const char *tags)
{
    while (*tags != '\0') {
        size_t length = strcspn(tags, ".");
        plugin->python =
            mem_resize(archive, plugin->python, const char *, plugin->python_count + 1);
        plugin->python[plugin->python_count++] = mem_strndup(archive, tags, length);
        tags += length + (tags[length] == '.');
    }
}

static void take(struct cloudify_archive *archive, const char **to, const char *text)
{
    if (*to == NULL && text != NULL && text[0] != '\0') {
        *to = archive_keep(archive, text);
    }
}

void archive_read_wagon_name(struct cloudify_archive *archive,
                             struct cloudify_archive_plugin *plugin)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct wagon wagon;

    if (plugin->archive_name == NULL || !cut(mem_strdup(scope, plugin->archive_name), &wagon)) {
        return;
    }
    if (plugin->version == NULL) { /* new format: the name is a title, which may be any text */
        if (plugin->name == NULL || !same_package(plugin->name, wagon.package)) {
            plugin->name = with_dashes(archive, wagon.package);
        }
        take(archive, &plugin->version, wagon.version);
    }
    if (plugin->python_count == 0) {
        take_python(archive, plugin, wagon.python);
    }
    take(archive, &plugin->platform, wagon.platform);
    take(archive, &plugin->distribution, wagon.distribution);
    take(archive, &plugin->release, wagon.release);
}

/* --- the zip that holds it --- */

#define LOOK_MAX (256 * 1024) /* of the unpacked zip: the wagon, or all that stands before it */
#define LOCAL_SIZE 30         /* of a local header (APPNOTE 4.3.7) */
#define WAGON_NAME_MAX 255

static unsigned le16(const char *p)
{
    return (unsigned)(unsigned char)p[0] | (unsigned)(unsigned char)p[1] << 8;
}

/* The name in the local header at p, when it is that of a wagon. */
static const char *wagon_name(const void *ctx, const char *p, size_t size)
{
    size_t length = size < LOCAL_SIZE ? 0 : le16(p + 26);
    const char *name = p + LOCAL_SIZE;

    if (length < 5 || length > WAGON_NAME_MAX || length > size - LOCAL_SIZE ||
        memcmp(name + length - 4, ".wgn", 4) != 0) {
        return NULL;
    }
    for (size_t i = 0; i < length; i++) {
        if (name[i] <= ' ' || name[i] > '~' || name[i] == '/') {
            return NULL;
        }
    }
    return mem_strndup(ctx, name, length);
}

static const char *find_wagon(const void *ctx, const char *data, size_t size)
{
    const char *end = data + size;
    const char *name = NULL;

    while (name == NULL && (data = memchr(data, 'P', (size_t)(end - data))) != NULL) {
        if (end - data >= 4 && memcmp(data, "PK\3\4", 4) == 0) {
            name = wagon_name(ctx, data, (size_t)(end - data));
        }
        data++;
    }
    return name;
}

static enum ferry_code look(void *arg, const char *data, size_t size, bool *stop,
                            struct ferry_error *err)
{
    struct buf *start = arg;
    size_t room = start->limit - start->len;

    (void)err;
    (void)buf_append(start, data, size < room ? size : room);
    *stop = start->len == start->limit;
    return FERRY_OK;
}

enum ferry_code archive_read_wagon(const struct archive_source *source,
                                   const struct archive_zip_member *member,
                                   struct cloudify_archive_plugin *plugin, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct buf start;
    const struct archive_sink sink = {.take = look, .arg = &start};

    buf_init(&start, scope, LOOK_MAX);
    enum ferry_code code = archive_zip_read(source->zip, member, &sink, err);
    if (code == FERRY_OK && plugin->archive_name == NULL) {
        plugin->archive_name = find_wagon(source->archive, buf_text(&start), start.len);
        archive_read_wagon_name(source->archive, plugin);
    }
    return code;
}
