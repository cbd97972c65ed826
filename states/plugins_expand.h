/* Which blueprints are to use the newer plugins. */
#ifndef STATES_PLUGINS_EXPAND_H
#define STATES_PLUGINS_EXPAND_H

#include "engine/state.h"

/* Blueprints that an update makes for itself; a failed one leaves them behind (facts 4.1). */
#define PLUGINS_TEMPORARY "plugins-update-"

/* True when plugins.update names nothing. */
bool plugins_none_chosen(const struct state_context *context);
state_ask plugins_expand_ask;
state_judge plugins_expand_judge;

#endif
