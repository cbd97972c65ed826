/* What the two halves of the zip reader share: the open file. Nobody else includes this. */
#ifndef CLOUDIFY_ARCHIVE_FILE_H
#define CLOUDIFY_ARCHIVE_FILE_H

#include "cloudify/archive_zip.h"

struct archive_zip {
    int fd;
    const char *path;
    int64_t size;
    int64_t shift;     /* bytes before the zip itself; all its offsets are meant without them */
    int64_t directory; /* offset of the central directory in the file */
    int64_t directory_size;
    int64_t members;
    char *block; /* for the data of one member after the other; made when first needed */
};

/* Opens a file that is not empty, without looking inside. Owned by ctx, which closes it. */
enum ferry_code archive_file_open(const void *ctx, const char *path, struct archive_zip **out,
                                  struct ferry_error *err) FERRY_CHECK;
/* Reads up to size bytes at offset; *done is less only at the end of the file. */
enum ferry_code archive_file_read(const struct archive_zip *zip, void *data, size_t size,
                                  int64_t offset, size_t *done,
                                  struct ferry_error *err) FERRY_CHECK;

#endif
