/* Proves a backup once more: the bytes on disk are those that were proven when it was made. */
#ifndef BACKUP_VERIFY_H
#define BACKUP_VERIFY_H

#include "backup/catalog.h"
#include "base/clock.h"
#include "cloudify/archive.h"

/*
 * Reads the whole archive of an entry that has a record: its SHA-256 must be the record's; one that
 * was never proven is also read as an archive, every member with its CRC. The outcome is noted in
 * the record. FERRY_OK: right. FERRY_E_ARCHIVE: damaged, the message says how. FERRY_E_IO: it could
 * not be read, or the outcome could not be noted; FERRY_E_STOPPED: the progress said so; the record
 * is as it was.
 */
enum ferry_code backup_verify(const char *folder, const struct catalog_entry *entry,
                              const struct cloudify_archive_options *options, struct clock *clock,
                              struct ferry_error *err) FERRY_CHECK;

#endif
