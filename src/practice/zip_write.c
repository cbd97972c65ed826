#include "practice/zip_write.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

#define MEMBER_TIME 1795356000 /* 2026-11-22 14:00:00 UTC */

struct zip_out {
    struct archive *archive;
    int fd; /* -1: in memory, or closed */
    char *path, *temporary;
    bool folders, tar;
    char *memory;
    size_t memory_used, memory_room;
    enum ferry_code code;
    struct ferry_error error;
};

static int release(struct zip_out *out)
{
    if (out->archive != NULL) {
        archive_write_free(out->archive); /* writes its end into what is going away */
    }
    if (out->fd >= 0) {
        (void)close(out->fd);
        (void)unlink(out->temporary);
    }
    return 0;
}

static void keep_error(struct zip_out *out, const char *what)
{
    const char *why = archive_error_string(out->archive);
    if (out->code == FERRY_OK) {
        out->code = ferry_fail(&out->error, FERRY_E_IO, "cannot write %s: %s", what,
                               why == NULL ? "" : why);
        out->error.sys = archive_errno(out->archive);
    }
}

static struct zip_out *out_new(const void *ctx)
{
    struct zip_out *out = mem_new(ctx, struct zip_out);
    out->fd = -1;
    out->archive = archive_write_new();
    if (out->archive == NULL) {
        mem_exhausted();
    }
    talloc_set_destructor(out, release);
    return out;
}

static void set_zip(struct zip_out *out)
{
    if (archive_write_set_format_zip(out->archive) != ARCHIVE_OK ||
        archive_write_set_format_option(out->archive, "zip", "compression-level", "1") !=
            ARCHIVE_OK) {
        keep_error(out, "a zip");
    }
}

struct zip_out *zip_out_open(const void *ctx, const char *path, bool folders)
{
    struct zip_out *out = out_new(ctx);
    out->folders = folders;
    out->path = mem_strdup(out, path);
    out->temporary = mem_printf(out, "%s.tmp", path);
    set_zip(out);
    out->fd = open(out->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out->fd < 0) {
        out->code = ferry_fail_errno(&out->error, FERRY_E_IO, errno, "cannot create \"%s\"",
                                     out->temporary);
    } else if (fchmod(out->fd, 0600) != 0 ||
               archive_write_open_fd(out->archive, out->fd) != ARCHIVE_OK) {
        keep_error(out, out->temporary);
    }
    return out;
}

struct zip_out *zip_out_memory(const void *ctx, bool tar, size_t room)
{
    struct zip_out *out = out_new(ctx);
    out->folders = true;
    out->tar = tar;
    out->memory_room = room;
    out->memory = mem_array(out, char, room);
    if (!tar) {
        set_zip(out);
    } else if (archive_write_set_format_ustar(out->archive) != ARCHIVE_OK ||
               archive_write_add_filter_gzip(out->archive) != ARCHIVE_OK ||
               archive_write_set_filter_option(out->archive, "gzip", "timestamp", NULL) !=
                   ARCHIVE_OK) {
        keep_error(out, "a tar.gz");
    }
    if (out->code == FERRY_OK && archive_write_open_memory(out->archive, out->memory, room,
                                                           &out->memory_used) != ARCHIVE_OK) {
        keep_error(out, "into memory");
    }
    return out;
}

static void write_header(struct zip_out *out, const char *name, int64_t size, bool folder)
{
    struct archive_entry *entry = archive_entry_new();
    if (entry == NULL) {
        mem_exhausted();
    }
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, folder ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, folder ? 0700 : 0600);
    archive_entry_set_mtime(entry, MEMBER_TIME, 0);
    if (size >= 0) {
        archive_entry_set_size(entry, size);
    }
    if (archive_write_header(out->archive, entry) != ARCHIVE_OK) {
        keep_error(out, name);
    }
    archive_entry_free(entry);
}

void zip_out_folder(struct zip_out *out, const char *name)
{
    if (out->folders && out->code == FERRY_OK) {
        write_header(out, name, -1, true);
    }
}

void zip_out_begin(struct zip_out *out, const char *name, int64_t size)
{
    if (out->code != FERRY_OK) {
        return;
    }
    int result = out->tar    ? ARCHIVE_OK
                 : size >= 0 ? archive_write_zip_set_compression_store(out->archive)
                             : archive_write_zip_set_compression_deflate(out->archive);
    if (result != ARCHIVE_OK) {
        keep_error(out, name);
        return;
    }
    write_header(out, name, size, false);
}

void zip_out_put(struct zip_out *out, const void *data, size_t size)
{
    const char *at = data;
    while (out->code == FERRY_OK && size > 0) {
        la_ssize_t done = archive_write_data(out->archive, at, size);
        if (done <= 0) {
            keep_error(out, "a member");
            return;
        }
        at += done;
        size -= (size_t)done;
    }
}

void zip_out_end(struct zip_out *out)
{
    if (out->code == FERRY_OK && archive_write_finish_entry(out->archive) != ARCHIVE_OK) {
        keep_error(out, "a member");
    }
}

void zip_out_file(struct zip_out *out, const char *name, const void *data, size_t size)
{
    /* A tar needs the size; in a zip, small and packed members are worth nothing to compress. */
    zip_out_begin(out, name, out->tar || size < 64 ? (int64_t)size : -1);
    zip_out_put(out, data, size);
    zip_out_end(out);
}

void zip_out_text(struct zip_out *out, const char *name, const char *text)
{
    zip_out_file(out, name, text, strlen(text));
}

static void close_file(struct zip_out *out)
{
    if (out->code == FERRY_OK && fsync(out->fd) != 0) {
        out->code =
            ferry_fail_errno(&out->error, FERRY_E_IO, errno, "cannot write \"%s\"", out->temporary);
    }
    if (close(out->fd) != 0 && out->code == FERRY_OK) {
        out->code =
            ferry_fail_errno(&out->error, FERRY_E_IO, errno, "cannot close \"%s\"", out->temporary);
    }
    out->fd = -1;
    if (out->code == FERRY_OK && rename(out->temporary, out->path) != 0) {
        out->code =
            ferry_fail_errno(&out->error, FERRY_E_IO, errno, "cannot rename to \"%s\"", out->path);
    }
    if (out->code != FERRY_OK) {
        (void)unlink(out->temporary);
    }
}

enum ferry_code zip_out_close(struct zip_out *out, const void **data, size_t *size,
                              struct ferry_error *err)
{
    if (out->code == FERRY_OK && archive_write_close(out->archive) != ARCHIVE_OK) {
        keep_error(out, "the end of the archive");
    }
    if (out->fd >= 0) {
        close_file(out);
    }
    if (data != NULL) {
        *data = out->memory;
        *size = out->memory_used;
    }
    if (out->code != FERRY_OK && err != NULL) {
        *err = out->error;
    }
    return out->code;
}
