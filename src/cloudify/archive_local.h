/* The header that stands before the data of each member of a zip file (APPNOTE.TXT 4.3.7). */
#ifndef CLOUDIFY_ARCHIVE_LOCAL_H
#define CLOUDIFY_ARCHIVE_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARCHIVE_LOCAL_SIZE 30 /* its part that is always there; name and extra field follow */
#define ARCHIVE_LOCAL_DESCRIPTOR 0x0008U /* of flags: sizes and CRC stand behind the data */
/* Those that change nothing in how data are read: the deflater's level, a name in UTF-8. */
#define ARCHIVE_LOCAL_HARMLESS 0x0806U

struct archive_local {
    unsigned flags;
    unsigned method; /* 0: stored, 8: deflated */
    uint32_t crc;
    int64_t packed, size; /* -1: they do not fit into it, and its extra field does not tell them */
    size_t name, extra;   /* bytes of the two that follow */
};

/* Reads the first ARCHIVE_LOCAL_SIZE bytes; the sizes may be in the extra field then. False: this
   is no such header. */
bool archive_local_read(const unsigned char *head, struct archive_local *out);
/* Takes the sizes from the extra field where they do not fit into the header (4.5.3). False: there
   is something in it that not every reader takes: no row of whole fields, or others than the sizes
   of ZIP64, times and owners as usual writers make them. */
bool archive_local_extra(const unsigned char *extra, struct archive_local *out);

/*
 * Where sizes and CRC stand behind the data (4.3.9): with or without a signature, with sizes of 4
 * or of 8 bytes. Bytes of such a descriptor at p, of which left are there, that says just this; 0:
 * there is none.
 */
#define ARCHIVE_DESCRIPTOR_MAX 24
size_t archive_descriptor_size(const unsigned char *p, size_t left, uint32_t crc, int64_t packed,
                               int64_t size);

#endif
