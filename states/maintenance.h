/* The requests about maintenance that several states send. Each is a state_ask. */
#ifndef STATES_MAINTENANCE_H
#define STATES_MAINTENANCE_H

#include "states/common.h"

state_ask maintenance_ask;    /* is it on? */
state_ask maintenance_ask_on; /* the two changes */
state_ask maintenance_ask_off;

#endif
