/*
 * compare, name by name: each row that the manager shows is looked up in the inventory of the
 * archive, which lies in the step's memo ("struct inventory", put there before the first question).
 * What is on one side only is a difference: expected, with the reason, or not. Node instances are
 * held against the archive by their states, agents by their number.
 *
 * All of it is in the memo and ends with the process: then the lists are read again from the
 * beginning. Left in facts.compare.names: see states.h.
 */
#ifndef STATES_COMPARE_NAMES_H
#define STATES_COMPARE_NAMES_H

#include "states/common.h"

/* Is there an inventory, readable or not? */
bool compare_names_wanted(const struct state_context *context);
/* False: it could not be read, or is gone after a restart; compare_names_unread writes down why. */
bool compare_names_possible(const struct state_context *context);
void compare_names_unread(const struct state_context *context, struct state_verdict *verdict,
                          const void *mem);
bool compare_names_at(const struct state_unit *unit);
/* AGAIN, from the first list on. */
void compare_names_begin(const struct state_context *context, struct state_verdict *verdict,
                         const void *mem);
void compare_names_ask(const struct state_context *context, struct http_request *request);
/* True: all is compared, and in the verdict's facts. False: the verdict is filled. */
bool compare_names_judge(const struct state_context *context, const struct state_unit *unit,
                         const struct http_reply *reply, struct state_verdict *verdict,
                         const void *mem);

#endif
