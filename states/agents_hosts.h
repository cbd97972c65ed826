/*
 * The hosts of a unit, asked of the manager's list of agents: before a further attempt, and when
 * the workflow failed for the whole. A host that has an agent of this manager is done, whatever
 * became of the others. Pure.
 */
#ifndef STATES_AGENTS_HOSTS_H
#define STATES_AGENTS_HOSTS_H

#include "engine/state.h"

/* "TENANT/DEPLOYMENT", and behind it "/INSTANCE" where given.host says so. */
struct agents_key {
    const char *whole;      /* without the instance */
    const char *tenant;     /* below mem */
    const char *deployment; /* below mem */
    const char *host;       /* or NULL */
};
struct agents_key agents_key_of(const struct state_unit *unit, const void *mem);
/* The hosts that the unit is about: of a further attempt, else as given; NULL: all it has. */
const struct json *agents_hosts_of(const struct state_unit *unit);

/* One request about as many of the units as fit into it. */
state_ask agents_hosts_ask;
/* Before an act: DONE, or ABSENT with data.hosts where some are done. */
state_judge agents_hosts_judge_probe;
/* After a failure (data.why): DONE when all are done after all, SPLIT into hosts, or FAILED. */
state_judge agents_hosts_judge_failure;

#endif
