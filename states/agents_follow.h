/*
 * An execution that was begun for a unit, from its lost answer to its end: shared by
 * install_new_agents and validate_agents. Pure.
 *
 * One that stays pending has been lost by the manager, or nobody works there (facts 1.3): it is
 * cancelled, by an act of its own with an id of its own, and only when the manager calls it
 * cancelled and it never began is the unit begun anew. One that does not even come out of
 * "cancelling" is killed, if it never began.
 *
 * Notes of a unit (data): given (of expand); cancel: id of the execution that the present act
 * cancels; kill: true where it kills it; never: how many never began; ask: "hosts" and why, after a
 * failure; hosts: those left for a further attempt.
 */
#ifndef STATES_AGENTS_FOLLOW_H
#define STATES_AGENTS_FOLLOW_H

#include "states/agents_hosts.h"

/* Which workflow, and whether a failed unit falls back to its hosts one by one. */
struct agents_work {
    const char *workflow;
    bool divides;
};

/* An execution in whose parameters this is our id, where the manager takes no ids of ours. */
#define AGENTS_MARKER "ferry_unit"

/* The id of the execution that the unit's next act cancels or kills, or NULL. */
const char *agents_cancels(const struct state_unit *unit);
bool agents_kills(const struct state_unit *unit);
/* A manager lets one execution at a time work on a deployment (facts 3.4): its hosts go one by one.
 */
bool agents_apart(const struct state_unit *a, const struct state_unit *b);
bool agents_together(const struct state_unit *a, const struct state_unit *b);
/* Fills the request of such an act. */
void agents_cancel_ask(const struct state_context *context, const struct state_unit *unit,
                       struct http_request **request, const void *mem);
/* Judges the answer to an act: to that one, or to the start of an execution. */
state_judge agents_act_judge;

/* The phases probe and await of a state. */
bool agents_probe_ask(const struct agents_work *work, const struct state_context *context,
                      const struct agents_about *about, struct http_request **request,
                      struct state_verdict *verdicts, const void *mem);
state_ask agents_await_ask;
void agents_follow_judge(const struct agents_work *work, const struct state_context *context,
                         const struct agents_about *about, struct state_verdict *verdicts,
                         const void *mem);
/* The numbers that both states share. */
void agents_timing(const struct state_context *context, struct state_timing *timing);

#endif
