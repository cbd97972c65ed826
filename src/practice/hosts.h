/* The hosts of a deployment as install_new_agents sees them (facts 3.2), and which of them are
 * dead. */
#ifndef PRACTICE_HOSTS_H
#define PRACTICE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

struct practice;

struct host {
    const char *instance, *node, *method; /* install_method */
    const char *state;                    /* of the node instance */
    const char *agent;                    /* its current one, of which seq is the row */
    int64_t seq;
    bool dead; /* its agent never answers */
    bool done; /* its current agent was installed by this execution */
};

/* The hosts that have an agent, in order; the list and its texts are owned by ctx. execution may be
   NULL. */
size_t hosts_of(struct practice *practice, const void *ctx, const char *tenant,
                const char *deployment, const char *execution, struct host **out);
/* Keeps those that the parameters node_instance_ids, node_ids and install_methods choose; false:
   one of the names is no host with an agent. */
bool hosts_choose(struct host *hosts, size_t *count, const struct json *parameters);

#endif
