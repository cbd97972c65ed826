/* Looking at the folder, and removing from it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "backup/catalog.h"
#include "base/error.h"
#include "base/mem.h"
#include "local/job.h"
#include "local/local.h"

static int64_t modified_ms(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000;
}

char *local_folder_problem(const void *ctx, const char *folder)
{
    struct stat info;

    if (stat(folder, &info) != 0) {
        return mem_printf(ctx, "cannot use folder \"%s\": %s", folder, strerror(errno));
    }
    if (!S_ISDIR(info.st_mode)) {
        return mem_printf(ctx, "\"%s\" is not a folder", folder);
    }
    if (access(folder, R_OK | W_OK | X_OK) != 0) {
        return mem_printf(ctx, "cannot write to folder \"%s\": %s", folder, strerror(errno));
    }
    return NULL;
}

static void describe_part(struct local_job *job, struct json *document)
{
    struct stat info;

    json_set_null(document, "part");
    json_set_null(document, "part_problem");
    if (lstat(job->part, &info) != 0) {
        if (errno != ENOENT) {
            json_set_string(
                document, "part_problem",
                mem_printf(job, "cannot look at \"%s\": %s", job->part, strerror(errno)));
        }
        return;
    }
    if (!S_ISREG(info.st_mode)) {
        json_set_string(document, "part_problem",
                        mem_printf(job, "\"%s\" is not a regular file", job->part));
        return;
    }
    if (access(job->part, R_OK | W_OK) != 0) {
        json_set_string(document, "part_problem",
                        mem_printf(job, "cannot write \"%s\": %s", job->part, strerror(errno)));
        return;
    }
    struct json *part = json_set_object(document, "part");

    json_set_int(part, "size", (int64_t)info.st_size);
    json_set_int(part, "modified_ms", modified_ms(&info));
}

static void describe_record(struct local_job *job, struct json *document)
{
    struct backup_record *record = NULL;
    struct ferry_error none = {0};
    struct json *out;

    json_set_null(document, "record");
    if (catalog_record_read(job, job->path, &record, &none) != FERRY_OK) {
        return;
    }
    out = json_set_object(document, "record");
    json_set_string(out, "run", record->run);
    json_set_string(out, "snapshot", record->snapshot);
    json_set_int(out, "size", record->size);
    json_set_string(out, "sha256", record->sha256);
    json_set_bool(out, "proven", record->proven_at_ms > 0);
}

void local_look(struct local_job *job)
{
    struct json *document = json_object(job);
    struct statvfs space;
    struct stat info;

    json_set_string(document, "folder", local_folder_problem(job, job->options->folder));
    json_set_null(document, "free");
    if (statvfs(job->options->folder, &space) == 0) {
        json_set_int(document, "free", (int64_t)space.f_bavail * (int64_t)space.f_frsize);
    }
    json_set_null(document, "size");
    if (lstat(job->path, &info) == 0) {
        json_set_int(document, "size", (int64_t)info.st_size);
    }
    describe_record(job, document);
    describe_part(job, document);
    local_say(job, 200, document);
}

int local_sync_folder(const struct local_job *job)
{
    int fd = open(job->options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int sys = fd < 0 || fsync(fd) != 0 ? errno : 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    return sys;
}

/* The archive goes first and its record last: a record alone names nothing that could be taken for
   a backup, an archive alone would be one that nobody may touch. */
void local_remove(struct local_job *job)
{
    static const char *const endings[] = {"", ".sha256", ".json"};
    struct ferry_error err = {0};
    const char *kept = local_kept(job, &err);

    if (kept != NULL) {
        local_refuse(job, 409, "\"%s\" stays: %s", job->path, kept);
        return;
    }
    for (size_t i = 0; i < FERRY_COUNT(endings); i++) {
        char *path = mem_printf(job, "%s%s", job->path, endings[i]);

        if (unlink(path) != 0 && errno != ENOENT) {
            local_failed(job, "remove", path, errno);
            return;
        }
    }
    if (local_sync_folder(job) != 0) {
        local_failed(job, "sync", job->options->folder, errno);
        return;
    }
    local_say(job, 200, json_object(job));
}

void local_remove_part(struct local_job *job)
{
    if (unlink(job->part) != 0 && errno != ENOENT) {
        local_failed(job, "remove", job->part, errno);
        return;
    }
    local_say(job, 200, json_object(job));
}
