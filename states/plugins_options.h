/* What an update of plugins is asked for, from the configuration and by the manager's version. */
#ifndef STATES_PLUGINS_OPTIONS_H
#define STATES_PLUGINS_OPTIONS_H

#include "engine/state.h"

/* The body of the request; below mem. Nothing is in it that was not chosen. */
struct json *plugins_options_body(const struct state_context *context, const void *mem);
/* Where 5.0 looks for force. */
bool plugins_options_force_in_query(const struct state_context *context);
/* Would this update clear one that hangs? */
bool plugins_options_clear(const struct state_context *context);
/* How to clear one that hangs on this manager, for a hint; static. */
const char *plugins_options_clear_hint(const struct state_context *context);

/* Plan: options that this version lacks, versions that lose data, and what would move where. */
void plugins_options_plan(const struct state_context *context, const void *mem);

#endif
