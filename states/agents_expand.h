/* Which deployments need new agents, and why the others do not. */
#ifndef STATES_AGENTS_EXPAND_H
#define STATES_AGENTS_EXPAND_H

#include "engine/state.h"

#define AGENTS_WORKFLOW "install_new_agents"

state_ask agents_expand_ask;
state_judge agents_expand_judge;

#endif
