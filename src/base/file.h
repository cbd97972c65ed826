/* Files by whole: small reads with a limit, and writes that are there completely or not at all. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "ferry/error.h"

/* Reads a file (or pipe) of at most limit bytes; *out is NUL-ended and owned by ctx. A file that is
   not there is FERRY_E_NOT_FOUND, all else FERRY_E_IO. No other copy of the bytes stays in memory,
   so the caller of a secret wipes *out alone. */
enum ferry_code file_read(const void *ctx, const char *path, size_t limit, char **out,
                          size_t *out_size, struct ferry_error *err) FERRY_CHECK;
/* Writes PATH.tmp with mode, syncs it, renames it over path, syncs the folder. */
enum ferry_code file_write_atomic(const char *path, const void *data, size_t size, unsigned mode,
                                  struct ferry_error *err) FERRY_CHECK;
/* FERRY_E_CONFIG when others than the owner may read the file (for files that hold secrets). */
enum ferry_code file_check_private(const char *path, struct ferry_error *err) FERRY_CHECK;
/* Makes a folder and its parents, with mode 0700 where absent. */
enum ferry_code file_make_folders(const char *path, struct ferry_error *err) FERRY_CHECK;

#endif
