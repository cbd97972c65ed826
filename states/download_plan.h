/* download looks ahead: can the folder be used, and is the name free? */
#ifndef STATES_DOWNLOAD_PLAN_H
#define STATES_DOWNLOAD_PLAN_H

#include "engine/state.h"

bool download_plan_ask(const struct state_context *context, const struct state_unit *units,
                       size_t n, struct http_request **request, struct state_verdict *verdicts,
                       const void *mem);
void download_plan_judge(const struct state_context *context, const struct state_unit *units,
                         size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                         const void *mem);

#endif
