/* What the plan says of the files of plugins.upload. */
#ifndef STATES_PLUGINS_FILES_PLAN_H
#define STATES_PLUGINS_FILES_PLAN_H

#include "engine/state.h"

state_ask plugins_files_plan_ask;
state_judge plugins_files_plan_judge;

#endif
