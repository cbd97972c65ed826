/*
 * The proof of a download, as far as it has got: the bytes of the file are read back from it one
 * after the other, for its SHA-256 and for the data of the members. It may run behind the download
 * while that goes on; what is not read when the last byte has come is read by the check.
 *
 * It counts only for the very file that it has read: one that was cut, begun anew, replaced or
 * written to by anybody else is read from its first byte again.
 */
#ifndef LOCAL_PROOF_H
#define LOCAL_PROOF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"

struct cloudify_archive_walk;
struct local_proof;

/* Of the file at path, nothing of which is read yet. Below ctx. */
struct local_proof *local_proof_new(const void *ctx, const char *path);
const char *local_proof_path(const struct local_proof *proof);
/* Offset of the first byte that is not read yet. */
int64_t local_proof_at(const struct local_proof *proof);
/* Reads on, a piece at most and not beyond until. Bytes read; 0: there is no more; -1: errno. */
int64_t local_proof_read(struct local_proof *proof, int64_t until);
/* Nobody writes to the file from now on: notes how it stands. */
void local_proof_mark(struct local_proof *proof);
/* Is it still the file that was read, as it stood when it was marked? True also when nothing of it
   has been read yet. */
bool local_proof_holds(const struct local_proof *proof);
/* Of all that was read; once. */
void local_proof_digest(struct local_proof *proof, char sha256[DIGEST_SHA256_HEX]);
struct cloudify_archive_walk *local_proof_walk(struct local_proof *proof);

#endif
