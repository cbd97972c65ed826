/* Digests and ids. SHA by libnettle. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

#define DIGEST_SHA256_HEX 65 /* 64 digits and a NUL */
#define UUID_TEXT_SIZE 37    /* 36 characters and a NUL */

void digest_sha256_hex(const void *data, size_t size, char out[DIGEST_SHA256_HEX]);

/* In pieces, for large files. */
struct digest_sha256;
struct digest_sha256 *digest_sha256_new(const void *ctx);
void digest_sha256_add(struct digest_sha256 *digest, const void *data, size_t size);
void digest_sha256_end(struct digest_sha256 *digest, char out[DIGEST_SHA256_HEX]);

/* A random uuid (RFC 9562, version 4). */
void uuid_random(struct rng *rng, char out[UUID_TEXT_SIZE]);
/* The uuid of name inside the name space of another uuid (version 5, SHA-1): same in, same out.
   A name space that is no uuid counts by its text. */
void uuid_derive(const char *name_space, const char *name, char out[UUID_TEXT_SIZE]);

#endif
