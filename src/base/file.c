#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/secret.h"

#define FIRST_ROOM 4096 /* for files that do not tell their size: pipes, /proc */

static enum ferry_code code_of_errno(int sys)
{
    return sys == ENOENT || sys == ENOTDIR ? FERRY_E_NOT_FOUND : FERRY_E_IO;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
}

/* Reads until size bytes or the end; -1 with errno set. */
static ssize_t read_full(int fd, char *data, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t got = read(fd, data + done, size - done);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        done += (size_t)got;
    }
    return (ssize_t)done;
}

/* A larger copy; the old one is wiped, since files with passwords are read here too. */
static char *grown(const void *ctx, char *data, size_t used, size_t room)
{
    char *larger = mem_array(ctx, char, room);

    if (data != NULL) {
        memcpy(larger, data, used);
        secret_wipe(data, used);
        mem_free(data);
    }
    return larger;
}

static enum ferry_code too_large(const char *path, size_t limit, struct ferry_error *err)
{
    return ferry_fail(err, FERRY_E_IO, "cannot read %s: it is larger than the limit of %zu bytes",
                      path, limit);
}

struct source {
    int fd;
    const char *path;
    size_t guess; /* of the size, from fstat; the end of the file decides */
    size_t limit;
};

static enum ferry_code read_all(const void *ctx, const struct source *from, char **out,
                                size_t *out_size, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    size_t limit = from->limit;
    size_t room = from->guess < limit ? from->guess + 1 : limit + 1; /* one more shows the end */
    char *data = grown(scope, NULL, 0, room);
    size_t used = 0;

    for (;;) {
        ssize_t got = read_full(from->fd, data + used, room - used);

        if (got < 0) {
            int sys = errno;

            secret_wipe(data, used);
            return ferry_fail_errno(err, code_of_errno(sys), sys, "cannot read %s", from->path);
        }
        used += (size_t)got;
        if (used < room) {
            break;
        }
        if (used > limit) {
            secret_wipe(data, used);
            return too_large(from->path, limit, err);
        }
        room = room > limit / 2 ? limit + 1 : room * 2;
        data = grown(scope, data, used, room);
    }
    data[used] = '\0';
    *out = mem_move(ctx, data);
    if (out_size != NULL) {
        *out_size = used;
    }
    return FERRY_OK;
}

enum ferry_code file_read(const void *ctx, const char *path, size_t limit, char **out,
                          size_t *out_size, struct ferry_error *err)
{
    int fd FERRY_CLEANUP(close_fd) = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat info;

    if (fd < 0) {
        return ferry_fail_errno(err, code_of_errno(errno), errno, "cannot open %s", path);
    }
    if (fstat(fd, &info) != 0) {
        return ferry_fail_errno(err, FERRY_E_IO, errno, "cannot read %s", path);
    }
    if (S_ISDIR(info.st_mode)) {
        return ferry_fail_errno(err, FERRY_E_IO, EISDIR, "cannot read %s", path);
    }
    if (S_ISREG(info.st_mode) && (uintmax_t)info.st_size > limit) {
        return too_large(path, limit, err);
    }
    return read_all(ctx,
                    &(struct source){.fd = fd,
                                     .path = path,
                                     .guess = info.st_size > 0 ? (size_t)info.st_size : FIRST_ROOM,
                                     .limit = limit},
                    out, out_size, err);
}

static int write_full(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return -1;
        }
        data += written;
        size -= (size_t)written;
    }
    return 0;
}

/* The folder's entry must be on disk as well, or the rename may be lost with the power. */
static int sync_folder_of(const char *path)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *slash = strrchr(path, '/');
    const char *folder = ".";
    int fd;
    int result;

    if (slash != NULL) {
        folder = slash == path ? "/" : mem_strndup(scope, path, (size_t)(slash - path));
    }
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    result = fsync(fd);
    if (close(fd) != 0) {
        return -1;
    }
    return result;
}

/* A new file, never one that somebody else has put there; 0 or -1 with errno. */
static int write_new(const char *path, const void *data, size_t size, unsigned mode)
{
    int fd;
    int sys = 0;

    if (unlink(path) != 0 && errno != ENOENT) {
        return -1;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return -1;
    }
    if (fchmod(fd, (mode_t)mode) != 0 || write_full(fd, data, size) != 0 || fsync(fd) != 0) {
        sys = errno;
    }
    if (close(fd) != 0 && sys == 0) {
        sys = errno;
    }
    if (sys == 0) {
        return 0;
    }
    unlink(path);
    errno = sys;
    return -1;
}

enum ferry_code file_write_atomic(const char *path, const void *data, size_t size, unsigned mode,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *temporary = mem_printf(scope, "%s.tmp", path);

    if (write_new(temporary, data, size, mode) != 0) {
        return ferry_fail_errno(err, code_of_errno(errno), errno, "cannot write %s", temporary);
    }
    if (rename(temporary, path) != 0) {
        int sys = errno;

        unlink(temporary);
        return ferry_fail_errno(err, code_of_errno(sys), sys, "cannot write %s", path);
    }
    if (sync_folder_of(path) != 0) {
        return ferry_fail_errno(err, FERRY_E_IO, errno, "cannot sync the folder of %s", path);
    }
    return FERRY_OK;
}

enum ferry_code file_check_private(const char *path, struct ferry_error *err)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        return ferry_fail_errno(err, code_of_errno(errno), errno, "cannot open %s", path);
    }
    if ((info.st_mode & (S_IRGRP | S_IROTH)) == 0) {
        return FERRY_OK;
    }
    ferry_fail(err, FERRY_E_CONFIG, "%s holds a secret, but others may read it (mode %04o)", path,
               (unsigned)(info.st_mode & 07777));
    ferry_error_hint(err, "chmod 600 %s", path);
    return FERRY_E_CONFIG;
}

static enum ferry_code make_folder(const char *path, struct ferry_error *err)
{
    struct stat info;
    int sys;

    if (mkdir(path, 0700) == 0) {
        return FERRY_OK;
    }
    sys = errno;
    /* A folder that is there is enough, even where none could be made (EACCES, EROFS). */
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        return FERRY_OK;
    }
    return ferry_fail_errno(err, FERRY_E_IO, sys == EEXIST ? ENOTDIR : sys,
                            "cannot make the folder %s", path);
}

enum ferry_code file_make_folders(const char *path, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *part = mem_strdup(scope, path);
    enum ferry_code code = FERRY_OK;

    for (char *at = part; *at != '\0' && code == FERRY_OK; at++) {
        if (*at != '/' || at == part || at[-1] == '/') {
            continue;
        }
        *at = '\0';
        code = make_folder(part, err);
        *at = '/';
    }
    if (code != FERRY_OK || part[0] == '\0') {
        return code;
    }
    return make_folder(part, err);
}
