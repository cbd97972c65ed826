/*
 * What a refused restore leaves behind: POST .../restore beside anything that runs is answered
 * with 400, and yet a pending restore_snapshot execution stays, which never begins and blocks
 * every later restore, create, delete and maintenance (facts 10.5 no. 1). Only kill removes it;
 * cancel leaves it cancelling (contract/09).
 *
 * The kill is the other act of the restore's unit: one request, announced by an intent of its own.
 * data of the unit: refused_ms (the manager's clock when it refused), refusals, kill (the execution
 * that the act is about to kill, or null: the act is the restore), kills.
 */
#ifndef STATES_RESTORE_CLEAR_H
#define STATES_RESTORE_CLEAR_H

#include "states/restored.h"

/* The manager refused the restore because something runs: whether we go on by ourselves. */
void restore_refused(const struct state_context *context, const struct state_unit *unit,
                     const struct http_reply *reply, const struct cloudify_answer *answer,
                     struct state_verdict *verdict, const void *mem);
/*
 * An open execution of a restore, among all open ones, before the act. True when it is the one that
 * our refused request left behind: then the verdict is filled. False: it is somebody else's.
 */
bool restore_clear_found(const struct state_unit *unit, const struct json *items,
                         const struct json *row, struct state_verdict *verdict, const void *mem);
/* The execution that the act has to kill; NULL: the act is the restore itself. */
const char *restore_clear_target(const struct state_unit *unit);
/* From here on the act is the restore. */
void restore_clear_over(const struct state_unit *unit, struct state_verdict *verdict,
                        const void *mem);

void restore_clear_ask(const struct state_context *context, const struct state_unit *unit,
                       struct http_request *request);
void restore_clear_judge(const struct state_unit *unit, const struct http_reply *reply,
                         struct state_verdict *verdict, const void *mem);
/* Judges the killed execution after a lost answer. True: it has begun instead, the restore runs. */
bool restore_clear_began(const struct state_unit *unit, const struct cloudify_answer *answer,
                         struct state_verdict *verdict, const void *mem);

#endif
