/*
 * An archive in the new format must not be restored twice: all node instances would be there twice,
 * whatever `force` says (facts 10.5 no. 2). So a manager that is not empty is asked for the first
 * deployments of the archive.
 */
#ifndef STATES_VERIFY_TWICE_H
#define STATES_VERIFY_TWICE_H

#include "states/common.h"

/* Is it to be asked, on a manager that holds so many blueprints? */
bool verify_twice_wanted(const struct state_context *context, int64_t blueprints);
/* The question is "deployments". */
bool verify_twice_at(const struct state_unit *unit);
void verify_twice_ask(const struct state_context *context, const struct cloudify_caller *caller,
                      struct http_request *request);
/* What stands in the way, below mem; NULL: nothing of the archive is there. */
const char *verify_twice_wrong(const struct json *document, const void *mem);
#define VERIFY_TWICE_HINT                                                                          \
    "a second restore would double all node instances, force or not: restore on a fresh manager"

#endif
