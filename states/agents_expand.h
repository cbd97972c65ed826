/* Which deployments need new agents (or have some to be validated), and why the others do not. */
#ifndef STATES_AGENTS_EXPAND_H
#define STATES_AGENTS_EXPAND_H

#include "engine/state.h"

#define AGENTS_WORKFLOW "install_new_agents"
#define AGENTS_VALIDATE "validate_agents"

/* The names begin units "TENANT/DEPLOYMENT"; where only some of its hosts are to be done,
   given.hosts names them, and the others are units "TENANT/DEPLOYMENT/INSTANCE" that are skipped.
 */
state_ask agents_expand_ask;
state_judge agents_expand_judge;
/* The same for validate_agents: hosts with an agent of this manager. */
state_judge agents_expand_validate;

#endif
