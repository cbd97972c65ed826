/* What several states do about maintenance. */
#ifndef STATES_MAINTENANCE_H
#define STATES_MAINTENANCE_H

#include "states/common.h"

/* How often it is asked about, and how long it may take. */
void maintenance_timing(const struct state_context *context, struct state_timing *timing);

/* The fact that tells of it: "maintenance" of the new manager, "old_maintenance" of the old one. */
const char *maintenance_fact(const struct state_context *context);

state_ask maintenance_ask;    /* is it on? */
state_ask maintenance_ask_on; /* the two changes */
state_ask maintenance_ask_off;

state_judge maintenance_judge_off; /* the answer to that: running where it was taken */

#endif
