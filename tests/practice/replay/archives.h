/* Archives that the recordings uploaded, made again from the real ones. */
#ifndef TESTS_PRACTICE_ARCHIVES_H
#define TESTS_PRACTICE_ARCHIVES_H

#include "practice/replay/live.h"

/* A whole file below tests/data; ends the test when it is not there. */
struct blob blob_file(const void *ctx, const char *name);
/* A copy of a zip whose metadata.json is replaced; base NULL: a zip with nothing else. */
struct blob blob_with_metadata(const void *ctx, const struct blob *base, const char *metadata);
/* A zip with one member. */
struct blob blob_zip(const void *ctx, const char *name, const struct blob *member);
/* What stands for "<N bytes>" of a request of a kind: "legacy", "community", "new", "plugin",
   "bytes". */
struct blob blob_for(const void *ctx, const char *kind, long size);

#endif
