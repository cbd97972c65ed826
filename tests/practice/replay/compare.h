/* Is the live answer the recorded one: status, error_code, names of the fields, status words. */
#ifndef TESTS_PRACTICE_COMPARE_H
#define TESTS_PRACTICE_COMPARE_H

#include <stdbool.h>

#include "base/json.h"
#include "practice/replay/live.h"

/* NULL: the same; else what differs, owned by ctx. response is the recorded one. */
const char *compare_answers(const void *ctx, const struct json *response,
                            const struct answer *live);
/* The recorded "status" or "state" of one object, or NULL: what is waited for. */
const char *compare_awaited(const struct json *response);
/* True when the live answer has it. */
bool compare_arrived(const char *awaited, const struct answer *live);

/* Texts that differ by chance: ids. */
struct pairs;
struct pairs *pairs_new(const void *ctx);
/* Learns from two answers that belong together. */
void pairs_learn(struct pairs *pairs, const struct json *recorded, const struct json *live);
/* One more pair. */
void pairs_add(struct pairs *pairs, const char *recorded, const char *live);
/* text with every recorded id replaced by the live one, owned by ctx. */
char *pairs_apply(const struct pairs *pairs, const void *ctx, const char *text);

#endif
