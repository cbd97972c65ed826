/*
 * What the manager holds beside what the archive held, one resource after the other. "Terminated"
 * alone proves nothing (facts 10.3): poll_status counts before anything else is done, compare
 * counts once more at the end.
 *
 * data of the unit: ask (the resource that is counted now), counts {"tenants": N, ...}.
 */
#ifndef STATES_COUNTS_H
#define STATES_COUNTS_H

#include "states/common.h"

/* Is one of the resources being counted? */
bool counts_at(const struct state_unit *unit);
/* AGAIN, with the first of them. */
void counts_begin(struct state_verdict *verdict, const void *mem);
/* The request for the resource of the cursor; without a cursor the first. */
void counts_ask(const struct state_unit *unit, const struct cloudify_caller *caller,
                struct http_request *request);
/* True: all are counted (and in facts.compare). False: the verdict is filled. */
bool counts_judge(const struct state_context *context, const struct state_unit *unit,
                  const struct json *document, struct state_verdict *verdict, const void *mem);

/* "12 blueprints for 14, ...": what there is less of than the archive held; "": nothing. */
const char *counts_fewer(const struct state_context *context, const struct state_unit *unit,
                         const struct state_verdict *verdict, const void *mem);
const char *counts_more(const struct state_context *context, const struct state_unit *unit,
                        const struct state_verdict *verdict, const void *mem);
/* As counted now, or before; -1: not yet. */
int64_t counts_of(const struct state_unit *unit, const struct state_verdict *verdict,
                  const char *fact);
/* Node instances twice as many as the archive held: a second restore of the new format (facts
   10.5 no. 2). */
bool counts_doubled(const struct state_context *context, const struct state_unit *unit,
                    const struct state_verdict *verdict);
/* The counts are not needed any more. */
void counts_forget(const struct state_unit *unit, struct state_verdict *verdict, const void *mem);

#endif
