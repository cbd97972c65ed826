/*
 * JSON written straight into a buffer: a page of a thousand rows is text, not a tree. For small
 * answers base/json.h is the handier tool.
 */
#ifndef PRACTICE_JTEXT_H
#define PRACTICE_JTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define JTEXT_LIMIT ((size_t)1 << 30) /* bytes of one answer; a safety net, not a rule */

/* "text" with escapes, or null for NULL. Bytes that are no UTF-8 are passed through. */
void jtext_string(struct buf *out, const char *text);
/* "name": with a comma before it unless *first, which is then cleared. */
void jtext_key(struct buf *out, bool *first, const char *name);
/* The same for a name that may need escapes. */
void jtext_name(struct buf *out, bool *first, const char *name);
void jtext_int(struct buf *out, int64_t value);
void jtext_bool(struct buf *out, bool value);

#endif
