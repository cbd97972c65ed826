/*
 * How the restore ended, on managers that do not let us ask for executions in maintenance (below
 * 5.1.1: facts 6 no. 7). poll_status has seen the flag down and a password work; those below 5.0.5
 * have not even the flag. So the execution is asked for as soon as maintenance is off, and nothing
 * follows before it has ended well.
 *
 * data of the unit: ask ("verdict"), gone (looks without the execution), lost (it was not found),
 * again (what a second run of the restore by the broker said), who and denied_* as in restored.h.
 * Leaves facts.restore.verdict.
 */
#ifndef STATES_DEACTIVATE_VERDICT_H
#define STATES_DEACTIVATE_VERDICT_H

#include "states/restored.h"

/* Is the verdict still to be read? */
bool deactivate_verdict_wanted(const struct state_context *context);
bool deactivate_verdict_at(const struct state_unit *unit);
void deactivate_verdict_next(struct state_verdict *verdict, const void *mem);
void deactivate_verdict_ask(const struct state_context *context, const struct state_unit *unit,
                            struct http_request *request);
void deactivate_verdict_judge(const struct state_context *context, const struct state_unit *unit,
                              const struct http_reply *reply, struct state_verdict *verdict,
                              const void *mem);

#endif
