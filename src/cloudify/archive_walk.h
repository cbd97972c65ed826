/* What a walk through an archive on its way has proven; how it walks: cloudify/archive.h. */
#ifndef CLOUDIFY_ARCHIVE_WALK_H
#define CLOUDIFY_ARCHIVE_WALK_H

#include "cloudify/archive_model.h"

/* Did its data, up to this byte of the file, unpack to the size and the CRC that the directory
   tells of it? */
bool archive_walk_proved(const struct cloudify_archive_walk *walk,
                         const struct archive_zip_member *member, int64_t end);

#endif
