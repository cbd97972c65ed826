#include "local/proof.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "cloudify/archive.h"

/* Half a millisecond of hashing: so long may bytes wait that come meanwhile. */
#define PIECE ((size_t)512 * 1024)

struct local_proof {
    const char *path;
    int fd; /* -1: not open yet */
    int64_t at;
    struct stat mark; /* st_ino 0: not marked */
    struct digest_sha256 *digest;
    struct cloudify_archive_walk *walk;
    char *piece;
};

static int proof_close(struct local_proof *proof)
{
    if (proof->fd >= 0) {
        (void)close(proof->fd);
    }
    return 0;
}

struct local_proof *local_proof_new(const void *ctx, const char *path)
{
    struct local_proof *proof = mem_new(ctx, struct local_proof);

    proof->path = mem_strdup(proof, path);
    proof->fd = -1;
    proof->digest = digest_sha256_new(proof);
    proof->walk = cloudify_archive_walk_new(proof);
    proof->piece = mem_array(proof, char, PIECE);
    talloc_set_destructor(proof, proof_close);
    return proof;
}

const char *local_proof_path(const struct local_proof *proof)
{
    return proof->path;
}

int64_t local_proof_at(const struct local_proof *proof)
{
    return proof->at;
}

static bool open_file(struct local_proof *proof)
{
    if (proof->fd < 0) {
        proof->fd = open(proof->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (proof->fd >= 0) {
            (void)posix_fadvise(proof->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
        }
    }
    return proof->fd >= 0;
}

int64_t local_proof_read(struct local_proof *proof, int64_t until)
{
    int64_t left = until - proof->at;
    ssize_t got;

    if (left <= 0) {
        return 0;
    }
    if (!open_file(proof)) {
        return -1;
    }
    do {
        got = pread(proof->fd, proof->piece, left < (int64_t)PIECE ? (size_t)left : PIECE,
                    (off_t)proof->at);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        digest_sha256_add(proof->digest, proof->piece, (size_t)got);
        cloudify_archive_walk_on(proof->walk, proof->piece, (size_t)got);
        proof->at += got;
    }
    return got;
}

void local_proof_mark(struct local_proof *proof)
{
    if (proof->fd < 0 || fstat(proof->fd, &proof->mark) != 0) {
        proof->mark = (struct stat){.st_ino = 0};
    }
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool local_proof_holds(const struct local_proof *proof)
{
    const struct stat *mark = &proof->mark;
    struct stat now;

    if (proof->at == 0) {
        return true;
    }
    return lstat(proof->path, &now) == 0 && mark->st_ino == now.st_ino &&
           mark->st_dev == now.st_dev && mark->st_size == now.st_size &&
           is_same_time(&mark->st_mtim, &now.st_mtim) && is_same_time(&mark->st_ctim, &now.st_ctim);
}

void local_proof_digest(struct local_proof *proof, char sha256[DIGEST_SHA256_HEX])
{
    digest_sha256_end(proof->digest, sha256);
}

struct cloudify_archive_walk *local_proof_walk(struct local_proof *proof)
{
    return proof->walk;
}
