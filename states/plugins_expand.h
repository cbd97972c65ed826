/* Which blueprints are to use the newer plugins. */
#ifndef STATES_PLUGINS_EXPAND_H
#define STATES_PLUGINS_EXPAND_H

#include "engine/state.h"

/* True when plugins.update names nothing. */
bool plugins_none_chosen(const struct state_context *context);
/* Does the configuration choose this blueprint (key: "tenant/id")? */
bool plugins_chooses(const struct state_context *context, const char *key, const char *id);
/* A page of the blueprints of all tenants. */
void plugins_ask_blueprints(const struct state_context *context, int64_t offset,
                            struct http_request **request, const void *mem);
state_ask plugins_expand_ask;
state_judge plugins_expand_judge;

#endif
