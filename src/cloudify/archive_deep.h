/* The whole of a zip file held against itself, member by member. */
#ifndef CLOUDIFY_ARCHIVE_DEEP_H
#define CLOUDIFY_ARCHIVE_DEEP_H

#include "cloudify/archive_model.h"

/*
 * Checks for every member: its local header (or the descriptor behind its data) says the same as
 * the central directory: name, method, sizes, CRC; no two members share bytes of the file; its data
 * unpack to that size and CRC. was_read tells which data have been verified already, by name.
 * Damage is FERRY_E_ARCHIVE. Names that stand twice are a warning: the later one is restored.
 */
enum ferry_code archive_check_deep(const struct archive_source *source,
                                   bool (*was_read)(const char *name),
                                   struct ferry_error *err) FERRY_CHECK;

#endif
