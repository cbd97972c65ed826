/*
 * Following a restore before 5.0.5: there is no snapshot-status, and in maintenance nothing can be
 * asked but snapshots (facts 1.2). What tells is the snapshot's own row: a restore empties that
 * table (facts 2.7). Row gone and a password that works: the data are replaced, and the execution
 * is followed when maintenance is off (deactivate_verdict.h).
 */
#ifndef STATES_POLL_BLIND_H
#define STATES_POLL_BLIND_H

#include "states/poll_verdict.h"

bool poll_blind(const struct state_context *context);
void poll_blind_ask(const struct state_context *context, const struct state_unit *unit,
                    struct http_request *request);
/* patience_ms: a row that is still there for so long is no reason to wait on. */
void poll_blind_judge(const struct state_context *context, const struct state_unit *unit,
                      const struct cloudify_answer *answer, int64_t patience_ms,
                      struct state_verdict *verdict, const void *mem);

#endif
