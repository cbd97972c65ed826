/* What an operator should know before a restore. */
#ifndef STATES_RESTORE_PLAN_H
#define STATES_RESTORE_PLAN_H

#include "engine/state.h"

state_ask restore_plan_ask;
/* For poll_status: how long it may take. Needs no request. */
state_ask restore_plan_duration;

#endif
