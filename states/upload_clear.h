/*
 * Up to 6.4 a manager writes the row of a snapshot before its file, so a cut upload may leave a row
 * without a whole archive; and it refuses a second upload of that id (facts 1.1, 6 no. 15). Such a
 * row is ours (the id was free before our intent), so it is deleted, and the archive is sent again.
 *
 * The deletion is the other act of upload's unit: one request, announced by an intent of its own.
 * data of the unit: clear (the act is the deletion), clears.
 */
#ifndef STATES_UPLOAD_CLEAR_H
#define STATES_UPLOAD_CLEAR_H

#include "states/common.h"

/* Is the deletion the act to come, or the one whose outcome is open? */
bool upload_clear_at(const struct state_unit *unit);
/* The row is there without its whole archive, and must go: what (for people) is the matter. */
void upload_clear_wanted(const struct state_context *context, const struct state_unit *unit,
                         const char *what, struct state_verdict *verdict, const void *mem);
/* The row is gone: the act is the upload again. */
void upload_clear_over(const struct state_unit *unit, struct state_verdict *verdict,
                       const void *mem);
void upload_clear_ask(const struct state_context *context, struct http_request *request);
void upload_clear_judge(const struct http_reply *reply, struct state_verdict *verdict,
                        const void *mem);

#endif
