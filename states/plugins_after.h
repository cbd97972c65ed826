/*
 * The end of one plugins update: why it failed, and which deployments are still on the blueprint
 * that it made for itself. Two questions of the phase await, of which none is asked where there is
 * nothing to ask about.
 */
#ifndef STATES_PLUGINS_AFTER_H
#define STATES_PLUGINS_AFTER_H

#include "cloudify/reply.h"
#include "cloudify/request.h"
#include "engine/state.h"

/* Is there a temporary blueprint to look at (also one that the verdict has just put into data)? */
bool plugins_after_is_due(const struct state_context *context, const struct state_unit *unit,
                          const struct state_verdict *verdict, const void *mem);
/* The update has ended: the first question, or the end of the unit. */
void plugins_after_begin(const struct state_context *context, const struct state_unit *unit,
                         const struct json *update, struct state_verdict *verdict, const void *mem);
/* Is one of the questions open? */
bool plugins_after_at(const struct state_unit *unit);
void plugins_after_ask(const struct state_context *context, const struct state_unit *unit,
                       struct http_request *request, const void *mem);
void plugins_after_judge(const struct state_context *context, const struct state_unit *unit,
                         const struct cloudify_answer *answer, struct state_verdict *verdict,
                         const void *mem);

#endif
