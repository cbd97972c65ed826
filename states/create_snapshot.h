/* What create_snapshot asks and says while a plan is made. */
#ifndef STATES_CREATE_SNAPSHOT_H
#define STATES_CREATE_SNAPSHOT_H

#include "states/common.h"

/* Executions that work now, of all tenants: beside them no snapshot is made. */
void create_ask_running(const struct state_context *context, struct http_request *request);
/* "install on dep-1 (started), since 2026-11-22T15:06:06Z"; NULL: nothing works. */
char *create_running(const struct json *document, const void *mem);

bool create_plan_ask(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts,
                     const void *mem);
void create_plan_judge(const struct state_context *context, const struct state_unit *units,
                       size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                       const void *mem);

#endif
