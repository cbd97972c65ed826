/* Rows as a manager lists them, and the three lists of expand, for the tests of agents. */
#ifndef TESTS_STATES_AGENT_ROWS_H
#define TESTS_STATES_AGENT_ROWS_H

#include "lab.h"

#define EMPTY "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":0}}}"
#define WORKFLOW "{\"name\":\"install\"},{\"name\":\"install_new_agents\",\"is_available\":true}"

const char *list(struct lab *lab, const char *items, int total);
/* Of tenant acme, version 6.4.2. */
const char *agent(struct lab *lab, const char *deployment, const char *instance, const char *state);
/* Of the lab's own manager, started. */
const char *new_agent(struct lab *lab, const char *deployment, const char *instance);
const char *host(struct lab *lab, const char *deployment, const char *id, const char *state);
const char *deployment(struct lab *lab, const char *id, const char *workflows);
/* Asks for the lists of agents, hosts and deployments of a state, and gives them. */
void expand(struct lab *lab, const char *agents, const char *hosts, const char *deployments);
void eligible_is(const struct lab *lab, const char *added, const char *skipped);

#endif
