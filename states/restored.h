/* What restore and poll_status share: two passwords, and which execution is ours. */
#ifndef STATES_RESTORED_H
#define STATES_RESTORED_H

#include "states/common.h"

/* Between two polls of a restore. */
int64_t restored_poll_ms(const struct state_context *context);
/* Silence after the POST of a restore: facts 2.3. */
int64_t restored_quiet_ms(const struct state_context *context);
/* What is left of it, counted from when the restore was told; an interval
   of polls at least, unless there is to be no silence. */
int64_t restored_quiet_left_ms(const struct state_context *context);

/* Asks for executions where a restore leaves them: default_tenant, past maintenance, in the name
   that is tried now (data.who, else first). */
struct cloudify_caller restored_caller(const struct state_context *context,
                                       const struct state_unit *unit, const char *first);
/*
 * A 401 while passwords change: the other password is tried next, where there is one. False when
 * each has been refused STATES_DENIALS_MAX times in a row, or both together when they are of one
 * user. Counts in data.
 */
bool restored_denied(const struct state_context *context, const struct state_unit *unit,
                     const char *first, struct state_verdict *verdict, const void *mem);
/* Where no flag tells that a restore is over (before 5.0.5), 401 may last for most of it: sets the
   wait after a refusal, so that the three tries of a password do not end before the restore does.
   To be called before restored_denied. */
void restored_space_out(const struct state_context *context, const struct state_unit *unit,
                        struct state_verdict *verdict);
/* Forgets the counts of restored_denied. */
void restored_admitted(const struct state_unit *unit, struct state_verdict *verdict,
                       const void *mem);

/* The restores that the manager remembers, newest first. */
void restored_ask_list(struct http_request *request, const struct cloudify_caller *caller);
/* The row that is not among the ids of `known`: ours. An open one before an ended one; or NULL. */
const struct json *restored_row(const struct json *items, const struct json *known);
/* How many blueprints there are: one row, for its total. */
void restored_ask_blueprints(struct http_request *request, const struct cloudify_caller *caller);

#endif
