/*
 * Agents of the archive live in networks by name; a legacy restore refuses, after all has been
 * uploaded, when the new manager or its broker lacks one of them (facts 2.4, 6 no. 12). So the
 * names are compared before.
 */
#ifndef STATES_VERIFY_NETWORKS_H
#define STATES_VERIFY_NETWORKS_H

#include "states/common.h"

#define VERIFY_NETWORKS_HINT                                                                       \
    "agents of the archive use them: add them by these names on the manager, then go on"

/* Is there anything to compare, and can this manager be asked? */
bool verify_networks_wanted(const struct state_context *context);
/* The two questions are "managers" and "brokers". */
bool verify_networks_at(const struct state_unit *unit);
void verify_networks_ask(const struct state_unit *unit, const struct cloudify_caller *caller,
                         struct http_request *request);
/*
 * What stands in the way, below mem; NULL: nothing. A manager that does not answer this question or
 * names no network at all does not: its own check comes later.
 */
const char *verify_networks_wrong(const struct state_context *context,
                                  const struct state_unit *unit,
                                  const struct cloudify_answer *answer, const void *mem);

/* Who may restore may also ask this, or else the manager is too old: no reason to stop. */
bool verify_networks_passed_over(const struct state_unit *unit,
                                 const struct cloudify_answer *answer);
/* The managers of a cluster by their host names, below mem. */
const char *verify_managers_named(const struct json *managers, const void *mem);

#endif
