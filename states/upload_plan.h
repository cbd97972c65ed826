/* What must be true of manager and archive before anything is sent. */
#ifndef STATES_UPLOAD_PLAN_H
#define STATES_UPLOAD_PLAN_H

#include "engine/state.h"

state_ask upload_plan_ask;
state_judge upload_plan_judge;

#endif
