/* Differences between archive and manager: which are expected, as rows, and in words. */
#ifndef STATES_COMPARE_DIFFERENCES_H
#define STATES_COMPARE_DIFFERENCES_H

#include "cloudify/inventory.h"
#include "states/common.h"

/* Why the manager may hold this row although the archive did not; NULL: nobody expects it. */
const char *differences_why_more(const struct state_context *context, enum inventory_kind kind,
                                 const char *name, const struct json *row);
/* Adds a row to the array; is: "missing", "more" or "changed"; why NULL: not expected. */
void differences_put(struct json *to, const char *kind, const char *tenant, const char *name,
                     const char *is, const char *why);
/* "deployment acme/d7, secret acme/k and 3 more": those of facts.compare.names that are so and that
   nobody expects; "" when there are none. */
const char *differences_words(const struct state_context *context,
                              const struct state_verdict *verdict, const char *is, const void *mem);

#endif
