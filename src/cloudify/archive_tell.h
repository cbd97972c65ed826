/* What the two documents about an archive share. Inside the reader only. */
#ifndef CLOUDIFY_ARCHIVE_TELL_H
#define CLOUDIFY_ARCHIVE_TELL_H

#include "cloudify/archive.h"

struct archive_tell_limits {
    size_t tenants, plugins, blueprints;
    bool untold; /* plugins whose package nobody told, too */
};

struct json *archive_tell(const void *ctx, const struct cloudify_archive *archive,
                          const char *sha256, const struct archive_tell_limits *limits);
/* An object {NAME: COUNT}, also an empty one. */
void archive_tell_tally(struct json *facts, const char *key, const struct cloudify_tally *tally);
void archive_tell_texts(struct json *facts, const char *key, const char *const *texts,
                        size_t count);

#endif
