/* What stands in the way of a restore on this manager, asked before anything is sent. */
#ifndef STATES_VERIFY_PLAN_H
#define STATES_VERIFY_PLAN_H

#include "states/common.h"

state_ask verify_plan_ask;
state_judge verify_plan_judge;

#endif
