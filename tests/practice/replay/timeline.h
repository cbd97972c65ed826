/* The weather of a recorded restore, sampled against the live one at the same moments. */
#ifndef TESTS_PRACTICE_TIMELINE_H
#define TESTS_PRACTICE_TIMELINE_H

#include <stddef.h>

#include "base/json.h"
#include "practice/replay/live.h"

struct timeline_result {
    size_t samples, failed;
};

/* Begins at the POST of the restore, which has just been answered. */
struct timeline_result timeline_play(struct live *live, const void *ctx, const struct json *root);
/* Removes a folder of a test. */
void remove_tree(const void *ctx, const char *path);

#endif
