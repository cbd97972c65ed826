#include "states/maintenance.h"

bool maintenance_ask(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)units, (void)n, (void)verdicts;
    cloudify_ask_maintenance(states_request(request, mem), &caller);
    return true;
}

bool maintenance_ask_on(const struct state_context *context, const struct state_unit *units,
                        size_t n, struct http_request **request, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_caller caller = states_writer(context);

    (void)units, (void)n, (void)verdicts;
    cloudify_post_maintenance(states_request(request, mem), &caller, true);
    return true;
}

bool maintenance_ask_off(const struct state_context *context, const struct state_unit *units,
                         size_t n, struct http_request **request, struct state_verdict *verdicts,
                         const void *mem)
{
    struct cloudify_caller caller = states_writer(context);

    (void)units, (void)n, (void)verdicts;
    cloudify_post_maintenance(states_request(request, mem), &caller, false);
    return true;
}
