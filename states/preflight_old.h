/* What the questions to the old manager share. */
#ifndef STATES_PREFLIGHT_OLD_H
#define STATES_PREFLIGHT_OLD_H

#include "states/preflight.h"

/* Who asks the old manager; its version decides what is asked and how. */
struct cloudify_caller preflight_old_caller(const struct state_context *context);
/* Of the old manager; NULL while its version is not known. */
const struct cloudify_caps *preflight_old_caps(const struct state_context *context);

/* The agents and their validation (preflight_old_agents.c). */
void preflight_ask_agents(const struct state_context *context, struct http_request *request);
/* Reads a page; true: there is another one to ask for. */
bool preflight_judge_agents(const struct state_context *context,
                            const struct cloudify_answer *answer, struct state_verdict *verdict,
                            const void *mem);
void preflight_ask_validation(const struct state_context *context, struct http_request *request);
void preflight_judge_validation(const struct state_context *context,
                                const struct cloudify_answer *answer, const void *mem);
/* Said where agents cannot be asked for; why: below mem, or static. */
void preflight_no_agents(const struct state_context *context, const void *mem, const char *why,
                         const char *next);

#endif
