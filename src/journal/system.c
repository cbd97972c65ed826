#include "journal/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/file.h"
#include "base/mem.h"

static char *folder_of(const void *ctx, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL) {
        return mem_strdup(ctx, ".");
    }
    return slash == path ? mem_strdup(ctx, "/") : mem_strndup(ctx, path, (size_t)(slash - path));
}

static int system_size(const char *path, int64_t *bytes)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        return errno;
    }
    if (S_ISDIR(info.st_mode)) {
        return EISDIR;
    }
    if (!S_ISREG(info.st_mode)) {
        return EINVAL;
    }
    *bytes = (int64_t)info.st_size;
    return 0;
}

static int system_create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        return errno;
    }
    return close(fd) == 0 ? 0 : errno;
}

static int system_rename(const char *from, const char *to)
{
    return rename(from, to) == 0 ? 0 : errno;
}

static int system_remove(const char *path)
{
    return unlink(path) == 0 || errno == ENOENT ? 0 : errno;
}

static int sync_opened(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    int sys;

    if (fd < 0) {
        return errno;
    }
    sys = fsync(fd) == 0 ? 0 : errno;
    if (close(fd) != 0 && sys == 0) {
        sys = errno;
    }
    return sys;
}

static int system_sync(const char *path)
{
    return sync_opened(path, O_RDONLY);
}

static int system_sync_folder(const char *path)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    return sync_opened(folder_of(scope, path), O_RDONLY | O_DIRECTORY);
}

static int system_fs_type(const char *path, uint64_t *type)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct statfs info;

    if (statfs(folder_of(scope, path), &info) != 0) {
        return errno;
    }
    *type = (uint64_t)info.f_type & UINT32_MAX; /* f_type is signed on some machines */
    return 0;
}

const struct journal_files journal_system_files = {
    .size = system_size,
    .create = system_create,
    .rename = system_rename,
    .remove = system_remove,
    .sync = system_sync,
    .sync_folder = system_sync_folder,
    .fs_type = system_fs_type,
};

bool journal_sys_is_full(int sys)
{
    return sys == ENOSPC || sys == EDQUOT || sys == EFBIG;
}

void journal_hint_system(const char *path, int sys, struct ferry_error *err)
{
    if (journal_sys_is_full(sys)) {
        ferry_error_hint(err, "make room on the file system of %s, then: ferry resume", path);
    } else if (sys == EROFS) {
        ferry_error_hint(err, "mount it writable, or name another journal with --journal FILE");
    } else if (sys == EACCES || sys == EPERM) {
        /* SQLite gives -wal and -shm the mode that the journal had, also to stay so */
        ferry_error_hint(err,
                         "this user must be able to read and write %s, the files beside it that "
                         "begin so (-wal, -shm), and its folder",
                         path);
    } else if (sys == ENOENT || sys == ENOTDIR || sys == EISDIR || sys == EINVAL || sys == ELOOP) {
        ferry_error_hint(err, "name the journal with --journal FILE or FERRY_JOURNAL");
    } else if (sys == EIO) {
        ferry_error_hint(err, "the disk may be failing: look at the kernel's log (dmesg)");
    }
}

enum ferry_code journal_fail_system(const char *path, int sys, const char *what,
                                    struct ferry_error *err)
{
    if (journal_sys_is_full(sys)) {
        ferry_fail(err, FERRY_E_JOURNAL, "cannot %s \"%s\": the disk is full", what, path);
    } else if (sys == EINVAL) {
        ferry_fail(err, FERRY_E_JOURNAL, "cannot %s \"%s\": it is no plain file", what, path);
    } else {
        ferry_fail_errno(err, FERRY_E_JOURNAL, sys, "cannot %s \"%s\"", what, path);
    }
    if (err != NULL) {
        err->sys = sys;
    }
    journal_hint_system(path, sys, err);
    return FERRY_E_JOURNAL;
}

/* A journal is found by its name in the end: a link to it must lead to the same lock. */
static enum ferry_code resolve_absent(const void *ctx, const char *path, bool make_folder,
                                      char **out, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    char *folder = folder_of(scope, path);
    struct ferry_error why = {0};
    struct stat info;
    char *real;

    if (name[0] == '\0') {
        return journal_fail_system(path, EISDIR, "open the journal", err);
    }
    if (lstat(path, &info) == 0) {
        ferry_fail(err, FERRY_E_JOURNAL, "cannot open the journal \"%s\": a link to nowhere", path);
        journal_hint_system(path, ENOENT, err);
        return FERRY_E_JOURNAL;
    }
    if (make_folder && file_make_folders(folder, &why) != FERRY_OK) {
        return journal_fail_system(folder, why.sys, "make the journal's folder", err);
    }
    real = realpath(folder, NULL);
    if (real == NULL) {
        return journal_fail_system(folder, errno, "open the journal's folder", err);
    }
    *out = mem_printf(ctx, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
    free(real);
    return FERRY_OK;
}

enum ferry_code journal_resolve(const void *ctx, const char *path, bool make_folder, char **out,
                                struct ferry_error *err)
{
    char *real = realpath(path, NULL);

    if (real == NULL && errno == ENOENT) {
        return resolve_absent(ctx, path, make_folder, out, err);
    }
    if (real == NULL) {
        return journal_fail_system(path, errno, "open the journal", err);
    }
    *out = mem_strdup(ctx, real);
    free(real);
    return FERRY_OK;
}

/* Magic numbers of statfs(2) whose file systems live on another machine, or may (FUSE, 9P): there
   neither locks nor the shared memory of WAL can be relied on. */
static const struct {
    uint64_t type;
    const char *name;
} network_file_systems[] = {
    {0x6969, "NFS"},       {0x517b, "SMB"},
    {0xfe534d42, "SMB"},   {0xff534d42, "CIFS"},
    {0x73757245, "Coda"},  {0x564c, "NCP"},
    {0x5346414f, "AFS"},   {0x6b414653, "AFS"},
    {0x00c36400, "Ceph"},  {0x01161970, "GFS2"},
    {0x7461636f, "OCFS2"}, {0x0bd00bd0, "Lustre"},
    {0x47504653, "GPFS"},  {0x19830326, "BeeGFS"},
    {0x01021997, "9P"},    {0x786f4256, "VirtualBox shared folder"},
    {0x65735546, "FUSE"},
};

enum ferry_code journal_check_fs(const struct journal_files *files, const char *path,
                                 struct ferry_error *err)
{
    uint64_t type = 0;
    int sys = files->fs_type(path, &type);

    if (sys != 0) {
        return journal_fail_system(path, sys, "open the journal", err);
    }
    for (size_t at = 0; at < FERRY_COUNT(network_file_systems); at++) {
        if (network_file_systems[at].type != type) {
            continue;
        }
        ferry_fail(err, FERRY_E_JOURNAL,
                   "cannot open the journal \"%s\": it lies on a network file system (%s)", path,
                   network_file_systems[at].name);
        ferry_error_hint(err, "keep the journal on a local disk: --journal FILE");
        return FERRY_E_JOURNAL;
    }
    return FERRY_OK;
}
