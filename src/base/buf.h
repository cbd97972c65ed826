/* A growing byte buffer with a limit of its own, always ended by a NUL that len does not count. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct buf {
    char *data;   /* talloc, below the context given to buf_init; NULL until the first byte */
    size_t len;   /* bytes in use */
    size_t limit; /* bytes that it may hold at most */
    size_t room;  /* bytes allocated */
    const void *ctx;
};

/* An empty buffer below ctx that refuses to grow over limit bytes. Freed with ctx. */
void buf_init(struct buf *buf, const void *ctx, size_t limit);
/* Appends; false (and nothing appended) when the limit would be passed. */
bool buf_append(struct buf *buf, const void *data, size_t size);
bool buf_puts(struct buf *buf, const char *text);
bool buf_printf(struct buf *buf, const char *format, ...) FERRY_PRINTF(2, 3);
/* Appends text with everything outside A-Za-z0-9-._~ written as %XX (RFC 3986, 2.3). */
bool buf_put_escaped(struct buf *buf, const char *text);
void buf_clear(struct buf *buf);
/* The text so far, never NULL. */
const char *buf_text(const struct buf *buf);

#endif
