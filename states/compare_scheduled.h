/*
 * Scheduled executions after a legacy restore: those overdue end failed, since 6.0 all of them do
 * and those to come are made anew as schedules (facts 2.8, 10.2 d). Nobody else tells the operator.
 *
 * data.scheduled of the unit: {"offset": N, "failed": N, "again": N, "rows": [...]};
 * facts.scheduled has the same without the offset, a row being {"was": "failed"|"again",
 * "workflow", "deployment", "tenant", "when"}.
 */
#ifndef STATES_COMPARE_SCHEDULED_H
#define STATES_COMPARE_SCHEDULED_H

#include "states/common.h"

/* Can there be any? */
bool compare_scheduled_wanted(const struct state_context *context);
/* The questions are "failed" and "schedules". */
bool compare_scheduled_at(const struct state_unit *unit);
/* The first of them is next. */
void compare_scheduled_begin(struct state_verdict *verdict, const void *mem);
void compare_scheduled_ask(const struct state_context *context, const struct state_unit *unit,
                           struct http_request *request);
/* True: all is read (or cannot be), and in the facts. False: the verdict is filled. */
bool compare_scheduled_judge(const struct state_context *context, const struct state_unit *unit,
                             const struct http_reply *reply, struct state_verdict *verdict,
                             const void *mem);
/* What the operator should know, or "". */
const char *compare_scheduled_words(const struct state_verdict *verdict, const void *mem);

#endif
