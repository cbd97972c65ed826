/*
 * Passwords and tokens have a type of their own, which no function for logs, JSON or text takes.
 * The bytes are wiped when the secret is freed. Only src/http looks inside (secret_reveal).
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct secret;

/* Copies the bytes; the caller wipes its own. */
struct secret *secret_new(const void *ctx, const char *bytes, size_t length);
/* The bytes, NUL-ended, valid as long as the secret. For building a request header only. */
const char *secret_reveal(const struct secret *secret);
size_t secret_length(const struct secret *secret);
/* Compares without an early end. */
bool secret_equal(const struct secret *a, const struct secret *b);
/* Overwrites memory; not optimised away. */
void secret_wipe(void *memory, size_t size);

/* A URL without "user:password@", for every message and the journal. Owned by ctx. */
char *url_without_credentials(const void *ctx, const char *url);

#endif
