/* Zip files for tests, byte by byte, so that a test can make any of them wrong. */
#ifndef TESTS_UNIT_CLOUDIFY_ZIP_MAKER_H
#define TESTS_UNIT_CLOUDIFY_ZIP_MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct zip_maker;

/* What to do to the directory entry of the next member; zero: nothing. */
struct zip_lie {
    int64_t size;     /* the unpacked size that the directory tells, if not 0 */
    int64_t packed;   /* the packed size that it tells, if not 0 */
    int64_t offset;   /* the offset that it tells, if not 0 */
    const char *name; /* the name in its local header */
    bool encrypted;   /* its flag */
    bool wrong_crc;   /* the CRC in both headers */
    bool zip64;       /* sizes and offset in the extra field, as over 4 GiB */
};

struct zip_maker *zip_maker_new(const void *ctx);
/* Adds a stored member; a name with "/" at its end is a folder. lie may be NULL. */
void zip_maker_add(struct zip_maker *zip, const char *name, const void *data, size_t size,
                   const struct zip_lie *lie);
void zip_maker_text(struct zip_maker *zip, const char *name, const char *text);
/* Bytes before the zip itself, as a self-extracting archive has them. Call first. */
void zip_maker_prefix(struct zip_maker *zip, const void *data, size_t size);
struct zip_end {
    int64_t entries; /* added to the number that the end record tells */
    int64_t size;    /* added to the directory's size */
    bool zip64;
    const char *comment;
};
/* Closes the zip; *size bytes, owned by the maker. end may be NULL. */
const char *zip_maker_end(struct zip_maker *zip, const struct zip_end *end, size_t *size);

#endif
