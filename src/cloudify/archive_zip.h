/*
 * The central directory of a zip file, read in constant memory, and the data of its members.
 *
 * The directory is read here and not by libarchive: its seekable reader keeps every entry in
 * memory (about 180 bytes each), and a fleet's archive has hundreds of thousands. Unpacking and
 * the check of each member's CRC are libarchive's.
 */
#ifndef CLOUDIFY_ARCHIVE_ZIP_H
#define CLOUDIFY_ARCHIVE_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "ferry/error.h"

struct archive_zip;

struct archive_zip_member {
    const char *name; /* as stored, NUL-ended; folders end in "/" */
    int64_t offset;   /* of its local header in the file */
    int64_t packed;
    int64_t size;
    bool encrypted;
    uint32_t crc;
    unsigned method; /* 0: stored, 8: deflated */
};

/* Opens path and finds its central directory. Owned by ctx, which closes it. */
enum ferry_code archive_zip_open(const void *ctx, const char *path, struct archive_zip **out,
                                 struct ferry_error *err) FERRY_CHECK;
int64_t archive_zip_size(const struct archive_zip *zip);    /* bytes of the file */
int64_t archive_zip_members(const struct archive_zip *zip); /* as its end record says */

/* Calls visit for each entry of the central directory in its order, until one fails. The member
   and its name are views that end with the call. Damage is FERRY_E_ARCHIVE. */
enum ferry_code archive_zip_each(struct archive_zip *zip,
                                 enum ferry_code (*visit)(void *arg,
                                                          const struct archive_zip_member *member,
                                                          struct ferry_error *err),
                                 void *arg, struct ferry_error *err) FERRY_CHECK;

struct archive_sink {
    /* Takes the next bytes. *stop = true: the rest is not wanted (and then not verified). */
    enum ferry_code (*take)(void *arg, const char *data, size_t size, bool *stop,
                            struct ferry_error *err);
    void *arg;
    int64_t limit; /* bytes of the member at most; 0: the ratio alone decides */
};

/* Unpacks a member into sink piece by piece; its length and CRC are verified at its end. */
enum ferry_code archive_zip_read(struct archive_zip *zip, const struct archive_zip_member *member,
                                 const struct archive_sink *sink,
                                 struct ferry_error *err) FERRY_CHECK;

/* Whether it would be unpacked at all: not encrypted, at most limit bytes (0: any number), not too
   many times its size. */
enum ferry_code archive_zip_allows(const struct archive_zip *zip,
                                   const struct archive_zip_member *member, int64_t limit,
                                   struct ferry_error *err) FERRY_CHECK;

/* The hint that belongs to every archive that cannot be read. Returns err's code. */
enum ferry_code archive_hint(struct ferry_error *err);

#endif
