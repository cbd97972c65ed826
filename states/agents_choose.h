/* One deployment: which of its hosts are to be done, and why the others are not. Pure. */
#ifndef STATES_AGENTS_CHOOSE_H
#define STATES_AGENTS_CHOOSE_H

#include "engine/state.h"
#include "states/agents_join.h"

struct agents_choice {
    const struct state_context *context; /* options, and the sink that takes the units */
    struct agents_target target;
    const struct agents_row *hosts, *agents; /* of the deployment */
    size_t host_count, agent_count;
};

/* Puts into the sink: the deployment, with given.hosts where only some hosts are to be done and the
   others as skipped units beside it; or the deployment as skipped, with the reason. */
void agents_choose(const struct agents_choice *choice, const struct json *deployment,
                   const char *key, const void *mem);
/* The same for validate_agents: hosts that have an agent of this manager. */
void agents_choose_to_validate(const struct agents_choice *choice, const struct json *deployment,
                               const char *key, const void *mem);
bool agents_tenant_is_chosen(const struct state_context *context, const char *tenant);

#endif
