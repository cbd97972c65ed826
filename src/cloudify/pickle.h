/*
 * Pickled values, read without running anything. Managers before 6.4 keep plans and lists as
 * pickles of Python 2 and 3 (facts 5.1): protocols 0 to 4 are read as far as they hold texts,
 * numbers, lists, tuples and dicts. An object of the classes that real plans are made of is a dict
 * (dsl_parser's and OrderedDict); anything else makes the whole pickle unreadable, as does a value
 * over the limits below. No name in it is ever looked up, and nothing is called.
 */
#ifndef CLOUDIFY_PICKLE_H
#define CLOUDIFY_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PICKLE_SIZE_MAX ((size_t)2 << 20) /* bytes; plans of real fleets: 20 to 300 KB */
#define PICKLE_VALUES_MAX 200000          /* of one pickle; a plan of 2 MB holds about so many */

struct pickle;

/* Reads data, which must live as long as the result. NULL: it cannot be read. Owned by ctx. */
struct pickle *pickle_read(const void *ctx, const char *data, size_t size);

/* A value; 0 is "not there" and may be passed everywhere. Values may contain each other in
   circles: walk to a depth that you know, and no further than the budget below. */
typedef uint32_t pickle_value;

pickle_value pickle_root(const struct pickle *pickle);
pickle_value pickle_get(struct pickle *pickle, pickle_value dict, const char *key);
/* The elements of a list or tuple: item = pickle_first(p, list, &at); ... = pickle_next(p, &at). */
pickle_value pickle_first(struct pickle *pickle, pickle_value list, uint32_t *at);
pickle_value pickle_next(struct pickle *pickle, uint32_t *at);
/* The bytes of a text (no NUL at its end) and their number; NULL: it is no text. */
const char *pickle_text(const struct pickle *pickle, pickle_value value, size_t *size);
/* Steps of lookups so far; a caller gives up at PICKLE_STEPS_MAX, as a small pickle can name one
   long list many times. */
#define PICKLE_STEPS_MAX 5000000
int64_t pickle_steps(const struct pickle *pickle);

#endif
