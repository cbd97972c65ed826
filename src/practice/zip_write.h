/*
 * Writing archives by libarchive. Errors are kept: every call after one does nothing, and
 * zip_out_close tells the first. Equal calls make equal bytes.
 */
#ifndef PRACTICE_ZIP_WRITE_H
#define PRACTICE_ZIP_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "ferry/error.h"

struct zip_out;

/* A zip beside path with mode 0600, which takes its place when closed. Owned by ctx; freed before
   that, it leaves nothing behind. folders false: zip_out_folder does nothing. */
struct zip_out *zip_out_open(const void *ctx, const char *path, bool folders);
/* An archive in memory: a zip, or a tar.gz. */
struct zip_out *zip_out_memory(const void *ctx, bool tar, size_t room);
/* name ends with a slash. */
void zip_out_folder(struct zip_out *out, const char *name);
/* A member of unknown size, to be filled by zip_out_put; size >= 0 stores it as it is. */
void zip_out_begin(struct zip_out *out, const char *name, int64_t size);
void zip_out_put(struct zip_out *out, const void *data, size_t size);
void zip_out_end(struct zip_out *out);
/* A whole member. */
void zip_out_file(struct zip_out *out, const char *name, const void *data, size_t size);
void zip_out_text(struct zip_out *out, const char *name, const char *text);

/* Ends the archive. For one in memory, *data and *size are its bytes, owned by out. */
enum ferry_code zip_out_close(struct zip_out *out, const void **data, size_t *size,
                              struct ferry_error *err) FERRY_CHECK;

#endif
