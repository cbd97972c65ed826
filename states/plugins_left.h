/*
 * What failed updates of plugins have left behind: blueprints "plugins-update-TIME-BLUEPRINT" that
 * an update makes for itself, and deployments that are still on them (facts 4.1). They are looked
 * for before the updates and after them, and told by name.
 */
#ifndef STATES_PLUGINS_LEFT_H
#define STATES_PLUGINS_LEFT_H

#include "cloudify/request.h"
#include "engine/state.h"

/* Blueprints that an update makes for itself; a failed one leaves them behind (facts 4.1). */
#define PLUGINS_TEMPORARY "plugins-update-"

bool plugins_is_temporary(const char *blueprint);

/* The memo of this step, made when it is not there: lists that come in pages. */
struct plugins_left *plugins_left_memo(const struct state_context *context);
/* Forgets all: the next look begins anew. */
void plugins_left_end(const struct state_context *context);
/* Takes a row of the list of blueprints; true when it is a temporary one. */
bool plugins_left_take(struct plugins_left *left, const struct json *blueprint);
/* Asks which deployments are on the temporary blueprints; false: there is none to ask about. */
bool plugins_left_ask(const struct state_context *context, struct http_request **request,
                      const void *mem);
/* Reads the answer. True: that was the last one, and facts.plugins_left has what was found under
   this name ("before", "after"), facts.plugins_temporary the blueprints. The verdict is filled. */
bool plugins_left_judge(const struct state_context *context, const struct json *document,
                        const char *name, struct state_verdict *verdict, const void *mem);

/* The temporary blueprints of a unit: data.temp of its update, and those found before. */
struct plugins_temporaries {
    const char **ids;
    size_t count;
};
struct plugins_temporaries plugins_temporaries_of(const struct state_context *context,
                                                  const struct state_unit *unit, const void *mem);

/* The phase verify: the look after the updates. */
state_ask plugins_left_verify_ask;
state_judge plugins_left_verify_judge;

#endif
