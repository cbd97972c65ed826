/* A zip of a wagon, its yamls and its icon, whose bytes depend on nothing but theirs. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/error.h"
#include "base/mem.h"
#include "cloudify/plugin.h"

#define BLOCK (64 * 1024)

struct target {
    int fd; /* -1: only counted */
    const char *path;
    struct digest_sha256 *digest;
    int64_t size;
    int sys; /* errno of a failed write, or 0 */
};

static la_ssize_t take(struct archive *writer, void *arg, const void *data, size_t size)
{
    struct target *target = arg;
    const char *at = data;
    size_t left = target->fd < 0 ? 0 : size;

    while (left > 0) {
        ssize_t done = write(target->fd, at, left);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            target->sys = errno;
            archive_set_error(writer, target->sys, "%s", strerror(target->sys));
            return -1;
        }
        at += done;
        left -= (size_t)done;
    }
    digest_sha256_add(target->digest, data, size);
    target->size += (int64_t)size;
    return (la_ssize_t)size;
}

static enum ferry_code failed(const struct target *target, struct archive *writer,
                              struct ferry_error *err)
{
    const char *why = archive_error_string(writer);

    if (target->sys != 0) {
        ferry_fail_errno(err, FERRY_E_IO, target->sys, "cannot write \"%s\"", target->path);
        ferry_error_hint(err, "make room beside the journal, or choose another with --journal");
        return FERRY_E_IO;
    }
    return ferry_fail(err, FERRY_E_IO, "cannot pack a plugin: %s", why == NULL ? "?" : why);
}

/* The bytes of one part; they must be as many as its header has said. */
static enum ferry_code copy(const struct target *target, struct archive *writer, const char *part,
                            int fd, int64_t size, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *block = mem_array(scope, char, BLOCK);
    int64_t left = size;
    ssize_t got;

    while ((got = read(fd, block, BLOCK)) != 0) {
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return ferry_fail_errno(err, FERRY_E_IO, errno, "cannot read \"%s\"", part);
        }
        if (got > left) {
            break;
        }
        if (archive_write_data(writer, block, (size_t)got) != got) {
            return failed(target, writer, err);
        }
        left -= got;
    }
    return got == 0 && left == 0
               ? FERRY_OK
               : ferry_fail(err, FERRY_E_IO, "\"%s\" changed while it was read", part);
}

static enum ferry_code put_header(const struct target *target, struct archive *writer,
                                  const char *name, int64_t size, struct ferry_error *err)
{
    struct archive_entry *entry = archive_entry_new();
    int result;

    if (entry == NULL) {
        mem_exhausted();
    }
    /* without a time: the zip then says 1980-01-01, whatever the zone */
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_uid(entry, 0);
    archive_entry_set_gid(entry, 0);
    archive_entry_set_size(entry, size);
    result = archive_write_header(writer, entry);
    archive_entry_free(entry);
    return result == ARCHIVE_OK ? FERRY_OK : failed(target, writer, err);
}

static enum ferry_code put_part(const struct target *target, struct archive *writer,
                                const char *part, const char *name, struct ferry_error *err)
{
    int fd = open(part, O_RDONLY | O_CLOEXEC);
    struct stat info;
    enum ferry_code code;

    if (fd < 0 || fstat(fd, &info) != 0) {
        code = ferry_fail_errno(err, errno == ENOENT ? FERRY_E_NOT_FOUND : FERRY_E_IO, errno,
                                "cannot read \"%s\"", part);
    } else {
        code = put_header(target, writer, name, info.st_size, err);
        code = code == FERRY_OK ? copy(target, writer, part, fd, info.st_size, err) : code;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return code;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static enum ferry_code put_parts(const struct target *target, struct archive *writer,
                                 const struct json *parts, struct ferry_error *err)
{
    const char *wagon = json_string_or(parts, "wagon", "");
    const char *icon = json_string_or(parts, "icon", NULL);
    enum ferry_code code = put_part(target, writer, wagon, base_name(wagon), err);

    for (const struct json *at = json_first(json_member(parts, "yaml"));
         at != NULL && code == FERRY_OK; at = json_next(at)) {
        code = put_part(target, writer, json_text(at), base_name(json_text(at)), err);
    }
    if (code == FERRY_OK && icon != NULL) {
        code =
            put_part(target, writer, icon, "icon.png", err); /* the name that managers look for */
    }
    return code;
}

static enum ferry_code write_zip(struct target *target, const struct json *parts,
                                 struct ferry_error *err)
{
    struct archive *writer = archive_write_new();
    enum ferry_code code;

    if (writer == NULL || archive_write_set_format_zip(writer) != ARCHIVE_OK ||
        archive_write_zip_set_compression_store(writer) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(writer, 0) != ARCHIVE_OK) {
        mem_exhausted();
    }
    if (archive_write_open(writer, target, NULL, take, NULL) != ARCHIVE_OK) {
        code = failed(target, writer, err);
    } else {
        code = put_parts(target, writer, parts, err);
        if (archive_write_close(writer) != ARCHIVE_OK && code == FERRY_OK) {
            code = failed(target, writer, err);
        }
    }
    (void)archive_write_free(writer);
    return code;
}

enum ferry_code cloudify_plugin_pack(const struct json *parts, const char *path,
                                     char sha256[DIGEST_SHA256_HEX], int64_t *size,
                                     struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct target target = {.fd = -1, .digest = digest_sha256_new(scope)};
    enum ferry_code code;

    if (path != NULL) {
        target.path = mem_printf(scope, "%s.tmp", path);
        target.fd = open(target.path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (target.fd < 0) {
            return ferry_fail_errno(err, FERRY_E_IO, errno, "cannot write \"%s\"", target.path);
        }
    }
    code = write_zip(&target, parts, err);
    if (path != NULL) {
        if (close(target.fd) != 0 && code == FERRY_OK) {
            code = ferry_fail_errno(err, FERRY_E_IO, errno, "cannot write \"%s\"", target.path);
        }
        if (code == FERRY_OK && rename(target.path, path) != 0) {
            code = ferry_fail_errno(err, FERRY_E_IO, errno, "cannot make \"%s\"", path);
        }
        if (code != FERRY_OK) {
            (void)unlink(target.path);
        }
    }
    digest_sha256_end(target.digest, sha256);
    *size = target.size;
    return code;
}
