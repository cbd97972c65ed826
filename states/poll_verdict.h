/* How the following of a restore ends, in the words that an operator needs. */
#ifndef STATES_POLL_VERDICT_H
#define STATES_POLL_VERDICT_H

#include "states/restored.h"

/* Whose password is tried first: a legacy restore brings the old manager's. */
const char *poll_first_who(const struct state_context *context);

/* The password that has just worked is the one for all that follows. */
void poll_keep_credential(const struct state_context *context, const struct state_unit *unit,
                          struct state_verdict *verdict, const void *mem);
void poll_done(const struct state_context *context, const struct state_unit *unit, const char *how,
               struct state_verdict *verdict, const void *mem);
/* FAILED, with what the execution says and what to do; for others than poll_status too. */
void poll_ended_badly(const struct json *execution, struct state_verdict *verdict, const void *mem);
void poll_failed(const struct state_context *context, const struct state_unit *unit,
                 const struct json *execution, struct state_verdict *verdict, const void *mem);
/* The counts are complete: "what the archive held is there", or how much there is when nobody has
   looked into the archive. */
const char *poll_what_is_there(const struct state_context *context, const struct state_unit *unit,
                               const struct state_verdict *verdict, const void *mem);
/* The counts are complete: true when they are wrong, and the verdict says so. */
bool poll_counts_wrong(const struct state_context *context, const struct state_unit *unit,
                       struct state_verdict *verdict, const void *mem);
/* The restore did not find its archive: true when it is told once more, going back to this step. */
bool poll_once_more(const struct state_context *context, const char *step,
                    struct state_verdict *verdict, const void *mem);
void poll_flag_stuck(const struct state_context *context, const struct state_unit *unit,
                     const struct json *execution, struct state_verdict *verdict, const void *mem);
void poll_never_began(const struct state_context *context, const struct state_unit *unit,
                      const struct json *execution, struct state_verdict *verdict, const void *mem);
void poll_no_password(const struct state_context *context, const struct state_unit *unit,
                      struct state_verdict *verdict, const void *mem);

#endif
