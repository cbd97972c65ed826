/* How the following of a restore ends, in the words that an operator needs. */
#ifndef STATES_POLL_VERDICT_H
#define STATES_POLL_VERDICT_H

#include "states/restored.h"

/* Whose password is tried first: a legacy restore brings the old manager's. */
const char *poll_first_who(const struct state_context *context);

void poll_done(const struct state_context *context, const struct state_unit *unit, const char *how,
               struct state_verdict *verdict, const void *mem);
/* FAILED, with what the execution says and what to do; for others than poll_status too. */
void poll_ended_badly(const struct json *execution, struct state_verdict *verdict, const void *mem);
void poll_failed(const struct state_context *context, const struct state_unit *unit,
                 const struct json *execution, struct state_verdict *verdict, const void *mem);
void poll_restored_nothing(const struct state_context *context, const struct state_unit *unit,
                           struct state_verdict *verdict, const void *mem);
void poll_flag_stuck(const struct state_context *context, const struct state_unit *unit,
                     const struct json *execution, struct state_verdict *verdict, const void *mem);
void poll_never_began(const struct state_context *context, const struct state_unit *unit,
                      const struct json *execution, struct state_verdict *verdict, const void *mem);
void poll_no_password(const struct state_context *context, const struct state_unit *unit,
                      struct state_verdict *verdict, const void *mem);

#endif
