/*
 * A restore that failed since the manager is not empty may be the broker's second delivery of one
 * that ended well (facts 6 no. 30). Then the first has taken the snapshot's row away, as every good
 * legacy restore does (facts 10.3), and what the archive held is there. Otherwise it is what it
 * says, whatever the manager holds.
 *
 * data of the unit: again (the execution that failed), ask ("row"; then the counts).
 */
#ifndef STATES_POLL_SECOND_H
#define STATES_POLL_SECOND_H

#include "states/poll_verdict.h"

/* False: it cannot be one. True: AGAIN, with the question for the row. */
bool poll_second_begin(const struct state_context *context, const struct json *execution,
                       struct state_verdict *verdict, const void *mem);
/* Is the answer to that question due, and is it one? */
bool poll_second_answered(const struct state_unit *unit, const struct cloudify_answer *answer);
bool poll_second_at(const struct state_unit *unit);
void poll_second_ask(const struct state_context *context, const struct cloudify_caller *caller,
                     struct http_request *request);
/* True: the row is gone, the counts are next. False: the restore failed. */
bool poll_second_judge(const struct cloudify_answer *answer, struct state_verdict *verdict,
                       const void *mem);

#endif
