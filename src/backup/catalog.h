/*
 * The folder of backups, and what ferry knows of each archive in it.
 *
 * NAME.zip          the archive, mode 0600
 * NAME.zip.json     the record, mode 0600: who made it, of what, and when it was proven
 * NAME.zip.sha256   for sha256sum -c, mode 0600
 * NAME.zip.part     a download that has not ended
 *
 * The record is one JSON object:
 *   {"made_by":"ferry", "record":1, "ferry":VERSION, "run":UUID of the run,
 *    "manager":URL without credentials, "manager_version":"7.1.0", "snapshot":ID,
 *    "taken_at":RFC 3339, when the manager took it, "size":bytes, "sha256":64 hexadecimal digits,
 *    "proven_at":RFC 3339 or null, "damaged_at":RFC 3339 or null, "format":"legacy|new|...",
 *    "counts":{"tenants":N,...} as facts.archive has them, or null}
 * proven_at: the last time that the whole file was read and found right; null: never, or it was
 * found wrong since then, at damaged_at. Members that a reader does not know are ignored, and kept
 * when the record is written again by catalog_mark.
 *
 * An archive is made by ferry when such a record stands beside it, and by nobody that ferry knows
 * otherwise: without a record, with one that cannot be read, or by way of a symbolic link, it is
 * listed and never touched.
 */
#ifndef BACKUP_CATALOG_H
#define BACKUP_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backup/retention.h"
#include "base/attr.h"
#include "base/digest.h"
#include "base/json.h"
#include "ferry/error.h"

#define CATALOG_RECORD_MAX 65536   /* bytes; ours have 1 to 2 KB */
#define CATALOG_ENTRIES_MAX 100000 /* names in a folder: one an hour for eleven years */
#define CATALOG_RECORD_VERSION 1   /* "record"; a greater one is not ours to judge */

struct backup_record {
    const char *ferry; /* version */
    const char *run;
    const char *manager;
    const char *manager_version;
    const char *snapshot;
    int64_t taken_at_ms;
    int64_t size;
    const char *sha256;        /* lower case */
    int64_t proven_at_ms;      /* 0: not proven */
    int64_t damaged_at_ms;     /* 0: not known to be damaged */
    const char *format;        /* NULL: not known */
    const struct json *counts; /* an object, or NULL */
    bool upgrade;              /* the run that took it was an upgrade that began with it */
};

enum catalog_kind {
    CATALOG_ARCHIVE,    /* NAME.zip */
    CATALOG_UNFINISHED, /* NAME.zip.part */
    CATALOG_LONE_RECORD /* NAME.zip.json (or .sha256) whose archive is not there */
};

struct catalog_entry {
    enum catalog_kind kind;
    const char *name; /* of the file, without the folder */
    int64_t size;     /* of the file */
    int64_t modified_ms;
    /* Of an archive that ferry made, else NULL. */
    const struct backup_record *record;
    /* What is wrong with it, or why it is not ours; NULL: nothing. "it has 12 bytes, its record
       says 20": then it is ours and not proven, whatever the record says. */
    const char *problem;
    bool proven; /* by the record, and the length is right */
};

struct catalog {
    const char *folder;
    struct catalog_entry *entries; /* by name */
    size_t count;
};

/* Reads a folder, without looking into archives; below ctx. FERRY_E_NOT_FOUND: there is none;
   FERRY_E_IO: it cannot be read. Damaged records are no errors. */
enum ferry_code catalog_read(const void *ctx, const char *folder, struct catalog **out,
                             struct ferry_error *err) FERRY_CHECK;

/* What a policy keeps and removes; verdicts: as many as entries, in their order. Texts are owned by
   ctx or by the catalog. Only archives that ferry made are ever to be removed. */
void catalog_judge(const void *ctx, const struct catalog *catalog,
                   const struct retention_policy *policy, int64_t now_ms,
                   struct retention_verdict *verdicts);

/* Writes ARCHIVE.json, there completely or not at all, also after a power cut. */
enum ferry_code catalog_record_write(const char *archive, const struct backup_record *record,
                                     struct ferry_error *err) FERRY_CHECK;
/* Reads ARCHIVE.json; *out below ctx. FERRY_E_NOT_FOUND: none; FERRY_E_ARCHIVE: it is no record of
   ferry's, or damaged, and the message says how. */
enum ferry_code catalog_record_read(const void *ctx, const char *archive,
                                    struct backup_record **out,
                                    struct ferry_error *err) FERRY_CHECK;
/* Notes in the record that the file was found right (or wrong) at a time. All else stays. */
enum ferry_code catalog_mark(const char *archive, bool right, int64_t at_ms,
                             struct ferry_error *err) FERRY_CHECK;
/* Writes ARCHIVE.sha256 in the format of sha256sum: "DIGEST  NAME". */
enum ferry_code catalog_checksum_write(const char *archive, const char *sha256,
                                       struct ferry_error *err) FERRY_CHECK;

#endif
