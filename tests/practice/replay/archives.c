#include "practice/replay/archives.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/file.h"
#include "base/mem.h"

#define ROOM ((size_t)16 << 20)
#define TINY "wagons/cloudify_tiny_plugin-2.0.0-py311-none-any.wgn"
#define TINY_OLD "wagons/cloudify_tiny_plugin-1.0.0-py311-none-any.wgn"

struct blob blob_file(const void *ctx, const char *name)
{
    struct blob blob = {0};
    struct ferry_error err;
    const char *path = mem_printf(ctx, "%s/tests/data/%s", FERRY_SOURCE_DIR, name);
    if (file_read(ctx, path, ROOM, &blob.data, &blob.size, &err) != FERRY_OK) {
        (void)fprintf(stderr, "cannot go on: %s\n", err.message);
        exit(1);
    }
    return blob;
}

static void put(struct archive *out, const char *name, const void *data, size_t size)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    (void)archive_write_header(out, entry);
    (void)archive_write_data(out, data, size);
    archive_entry_free(entry);
}

static void copy_rest(struct archive *out, const struct blob *base)
{
    struct archive *in = archive_read_new();
    struct archive_entry *entry = NULL;
    char *data = malloc(ROOM);
    (void)archive_read_support_format_zip(in);
    (void)archive_read_open_memory(in, base->data, base->size);
    while (data != NULL && archive_read_next_header(in, &entry) == ARCHIVE_OK) {
        const char *name = archive_entry_pathname(entry);
        if (archive_entry_filetype(entry) != AE_IFREG || strcmp(name, "metadata.json") == 0) {
            continue;
        }
        la_ssize_t size = archive_read_data(in, data, ROOM);
        put(out, name, data, size < 0 ? 0 : (size_t)size);
    }
    free(data);
    (void)archive_read_free(in);
}

static struct archive *new_zip(struct blob *blob, const void *ctx, size_t *used)
{
    struct archive *out = archive_write_new();
    blob->data = mem_array(ctx, char, ROOM);
    (void)archive_write_set_format_zip(out);
    (void)archive_write_open_memory(out, blob->data, ROOM, used);
    return out;
}

struct blob blob_with_metadata(const void *ctx, const struct blob *base, const char *metadata)
{
    struct blob blob = {0};
    struct archive *out = new_zip(&blob, ctx, &blob.size);
    put(out, "metadata.json", metadata, strlen(metadata));
    if (base != NULL) {
        copy_rest(out, base);
    }
    (void)archive_write_close(out);
    (void)archive_write_free(out);
    return blob;
}

struct blob blob_zip(const void *ctx, const char *name, const struct blob *member)
{
    struct blob blob = {0};
    struct archive *out = new_zip(&blob, ctx, &blob.size);
    put(out, name, member->data, member->size);
    put(out, "plugin.yaml", "plugins: {}\n", 12);
    (void)archive_write_close(out);
    (void)archive_write_free(out);
    return blob;
}

/* The recorder's plugin archives, known by their sizes. */
static struct blob plugin_of(const void *ctx, long size)
{
    struct blob wagon = blob_file(ctx, size == 3257 ? TINY_OLD : TINY);
    if (size == 2538) {
        return wagon;
    }
    if (size == 550) {
        return blob_zip(ctx, "readme.txt", &(struct blob){mem_strdup(ctx, "none"), 4});
    }
    return blob_zip(ctx, "plugin.wgn", &wagon);
}

struct blob blob_for(const void *ctx, const char *kind, long size)
{
    struct blob legacy = {0};
    if (strcmp(kind, "plugin") == 0) {
        return plugin_of(ctx, size);
    }
    if (strcmp(kind, "new") == 0) {
        return blob_file(ctx, "snapshots/new-7.1.zip");
    }
    if (strcmp(kind, "bytes") == 0) {
        return (struct blob){mem_array(ctx, char, (size_t)size + 1), (size_t)size};
    }
    legacy = blob_file(ctx, "snapshots/legacy-7.1.zip");
    return strcmp(kind, "community") == 0
               ? blob_with_metadata(ctx, &legacy,
                                    "{\"snapshot_version\": \"7.1.0.dev1\","
                                    " \"schema_revision\": \"0000\"}")
               : legacy;
}
