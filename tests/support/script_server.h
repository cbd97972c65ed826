/*
 * An HTTP server that does what a list of steps says, byte by byte: for tests of clients.
 *
 * It runs in a process of its own (so that it answers while the client blocks) on a free port of
 * 127.0.0.1. The n-th request that arrives, on whatever connection, meets the n-th step; the last
 * step meets all that follow. What it saw lies in shared memory.
 */
#ifndef TESTS_SUPPORT_SCRIPT_SERVER_H
#define TESTS_SUPPORT_SCRIPT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum script_then {
    SCRIPT_KEEP,  /* wait for the next request */
    SCRIPT_CLOSE, /* an orderly end (FIN) */
    SCRIPT_RESET, /* a reset (RST) */
    SCRIPT_HOLD   /* read on, say nothing more */
};

enum script_when {
    SCRIPT_WHOLE,     /* once head and body have come */
    SCRIPT_HEAD,      /* once the head has come */
    SCRIPT_FIRST_BYTE /* at once; the request does not count as begun */
};

struct script_step {
    enum script_when when;
    int64_t body_bytes; /* with SCRIPT_HEAD: and so many bytes of the body */
    int delay_ms;       /* then wait */
    const char *answer; /* then send these bytes, or none (NULL) */
    int64_t filler;     /* then so many letters "x" */
    size_t piece;       /* send in pieces of so many bytes (0: as fast as it goes) ... */
    int pause_ms;       /* ... with such pauses */
    enum script_then then;
};

#define SCRIPT_LOG_SIZE 65536

struct script_seen {
    int connections;
    int touched;        /* requests of which at least one byte came */
    int begun;          /* requests whose head came whole */
    int complete;       /* requests whose body came whole too */
    int most_open;      /* connections that were open at the same time */
    int64_t body_bytes; /* of all requests */
    uint64_t
        body_hash; /* script_hash of all bodies in turn, of each its first SCRIPT_HASHED bytes */
    size_t log_size;
    char log[SCRIPT_LOG_SIZE]; /* the heads of all requests, one after the other; NUL-ended */
};

#define SCRIPT_HASHED ((int64_t)4 * 1024 * 1024)

/* FNV-1a, to be continued: the first call passes SCRIPT_HASH_START. */
#define SCRIPT_HASH_START UINT64_C(14695981039346656037)
uint64_t script_hash(uint64_t hash, const void *bytes, size_t size);

struct script_server;

/* Below ctx; freeing it ends the process. Borrows the steps' texts (the process has its copy). */
struct script_server *script_server_start(const void *ctx, const struct script_step *steps,
                                          size_t count);
int script_server_port(const struct script_server *server);
const char *script_server_url(const struct script_server *server); /* "http://127.0.0.1:PORT" */
const struct script_seen *script_server_seen(const struct script_server *server);

#endif
