/* A download that was proven becomes a backup. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backup/catalog.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/timefmt.h"
#include "local/job.h"

/* Is it still the file that was checked? */
static bool is_checked(struct local_job *job, const struct stat *info)
{
    int64_t modified_ms = (int64_t)info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000;

    return S_ISREG(info->st_mode) && info->st_size == json_int64_or(job->body, "size", -1) &&
           modified_ms == json_int64_or(job->body, "modified_ms", -1);
}

/* Its bytes are on the disk. */
static bool sync_part(struct local_job *job)
{
    int fd = open(job->part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    bool good = false;

    if (fd < 0 || fstat(fd, &info) != 0) {
        local_failed(job, "open", job->part, errno);
    } else if (!is_checked(job, &info)) {
        local_refuse(job, 412, "\"%s\" has changed since it was checked", job->part);
    } else if (fsync(fd) != 0) {
        local_failed(job, "sync", job->part, errno);
    } else {
        good = true;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return good;
}

static int64_t time_of(const struct json *record, const char *name)
{
    int64_t at_ms = 0;
    const char *text = json_string_or(record, name, NULL);

    return text != NULL && timefmt_parse_utc(text, &at_ms) ? at_ms : 0;
}

static enum ferry_code write_beside(struct local_job *job, struct ferry_error *err)
{
    const struct json *given = json_member(job->body, "record");
    struct backup_record record = {.ferry = FERRY_VERSION,
                                   .run = json_string_or(given, "run", ""),
                                   .manager = json_string_or(given, "manager", ""),
                                   .manager_version = json_string_or(given, "manager_version", ""),
                                   .snapshot = json_string_or(given, "snapshot", ""),
                                   .taken_at_ms = time_of(given, "taken_at"),
                                   .size = json_int64_or(job->body, "size", -1),
                                   .sha256 = json_string_or(given, "sha256", ""),
                                   .proven_at_ms =
                                       job->options->clock->realtime_ms(job->options->clock),
                                   .format = json_string_or(given, "format", NULL),
                                   .counts = json_member(given, "counts"),
                                   .upgrade = json_bool_or(given, "upgrade", false)};

    if (catalog_checksum_write(job->path, record.sha256, err) != FERRY_OK) {
        return err->code;
    }
    return catalog_record_write(job->path, &record, err);
}

/* Never over one that is there; where the file system cannot promise that, we have looked before.
 */
static int rename_new(const char *from, const char *to)
{
    if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    return rename(from, to) == 0 ? 0 : errno;
}

static bool give_name(struct local_job *job)
{
    int sys = rename_new(job->part, job->path);

    if (sys == EEXIST) {
        local_refuse(job, 409, "\"%s\" exists, and is never written over", job->path);
        return false;
    }
    if (sys != 0) {
        local_failed(job, "name", job->path, sys);
        return false;
    }
    sys = local_sync_folder(job);
    if (sys != 0) {
        local_failed(job, "sync", job->options->folder, sys);
    }
    return sys == 0;
}

void local_finish(struct local_job *job)
{
    struct ferry_error err = {0};
    struct stat info;

    if (lstat(job->path, &info) == 0) {
        local_refuse(job, 409, "\"%s\" exists, and is never written over", job->path);
        return;
    }
    if (!sync_part(job)) {
        return;
    }
    if (write_beside(job, &err) != FERRY_OK) {
        local_error(job, &err);
        return;
    }
    if (give_name(job)) {
        local_say(job, 200, json_object(job));
    }
}
