/* The end of a download's proof: every byte of it has been read then (local/proof.h). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "cloudify/archive.h"
#include "local/job.h"

/* Reading for the digest and reading for the members count a half each. */
struct reading {
    struct local_job *job;
    int64_t size;
};

static bool on_read(void *arg, int64_t done, int64_t total)
{
    const struct reading *reading = arg;

    /* its own total counts some bytes twice */
    int64_t share = total > 0 ? (int64_t)((double)reading->size * (double)done / (double)total) : 0;

    return local_tell(reading->job, reading->size + (share < reading->size ? share : reading->size),
                      2 * reading->size);
}

/* All bytes that have not been read while they came. NULL: it could not be read, or was stopped. */
static struct local_proof *read_bytes(struct local_job *job, int64_t size)
{
    struct local_proof *proof = local_follow_take(job->follow, job, job->part);
    int64_t got = 0;

    while ((got = local_proof_read(proof, INT64_MAX)) > 0) {
        if (!local_tell(job, local_proof_at(proof), 2 * size)) {
            local_error(job, &(struct ferry_error){.code = FERRY_E_STOPPED});
            return NULL;
        }
    }
    if (got < 0) {
        local_failed(job, "read", job->part, errno);
        return NULL;
    }
    return proof;
}

static void read_members(struct local_job *job, const struct stat *info, struct local_proof *proof)
{
    struct reading reading = {job, info->st_size};
    struct cloudify_archive_options options = {
        .progress = on_read, .arg = &reading, .deep = true, .walk = local_proof_walk(proof)};
    struct cloudify_archive *archive = NULL;
    struct ferry_error err = {0};
    struct json *document = json_object(job);
    char sha256[DIGEST_SHA256_HEX];

    local_proof_digest(proof, sha256);
    if (cloudify_archive_read(job, job->part, &options, &archive, &err) != FERRY_OK) {
        local_error(job, &err);
        return;
    }
    json_set_int(document, "size", (int64_t)info->st_size);
    json_set_int(document, "modified_ms",
                 (int64_t)info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000);
    json_set_string(document, "sha256", sha256);
    json_set_json(document, "archive", cloudify_archive_facts(job, archive, sha256));
    local_say(job, 200, document);
}

void local_check(struct local_job *job)
{
    int fd = open(job->part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct local_proof *proof = NULL;
    struct stat info;

    if (fd < 0 && errno == ENOENT) {
        local_refuse(job, 404, "\"%s\" is not there", job->part);
    } else if (fd < 0 || fstat(fd, &info) != 0) {
        local_failed(job, "open", job->part, errno);
    } else if (!S_ISREG(info.st_mode)) {
        local_refuse(job, 500, "\"%s\" is not a regular file", job->part);
    } else if (job->size >= 0 && info.st_size != job->size) {
        local_refuse(job, 422, "it has %lld bytes, on the manager it has %lld",
                     (long long)info.st_size, (long long)job->size);
    } else {
        proof = read_bytes(job, info.st_size);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    if (proof != NULL) {
        read_members(job, &info, proof);
    }
}
