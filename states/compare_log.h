/*
 * The log of a restore of the new format: it ends "terminated" although single things could not be
 * restored, and only its log names them (facts 2.5, 6 no. 26).
 *
 * data.log of the unit: {"offset": N, "errors": N, "first": [texts], "typed": bool, "unread": bool}
 */
#ifndef STATES_COMPARE_LOG_H
#define STATES_COMPARE_LOG_H

#include "states/common.h"

/* Is there a log to read? */
bool compare_log_wanted(const struct state_context *context);
bool compare_log_at(const struct state_unit *unit);
/* The log is the next question, from its beginning. */
void compare_log_begin(struct state_verdict *verdict, const void *mem);
void compare_log_ask(const struct state_context *context, const struct state_unit *unit,
                     struct http_request *request);
/* True: all is read (or cannot be), *errors is the count and the facts hold it. False: the verdict
   is filled: one more page, or the same once more. */
bool compare_log_judge(const struct state_unit *unit, const struct http_reply *reply,
                       struct state_verdict *verdict, int64_t *errors, const void *mem);
/* "Error restoring ...; Error ... and 3 more", or what kept the log from being read, or "". */
const char *compare_log_words(const struct state_verdict *verdict, const void *mem);

#endif
