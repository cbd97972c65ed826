#include "states/maintenance.h"

void maintenance_timing(const struct state_context *context, struct state_timing *timing)
{
    timing->interval_ms = states_number(context, "maintenance.poll_ms", 5 * STATES_SECOND_MS);
    timing->deadline_ms = states_number(context, "maintenance.timeout_ms", 30 * STATES_MINUTE_MS);
}

const char *maintenance_fact(const struct state_context *context)
{
    return states_site(context) == HTTP_SITE_OLD ? "old_maintenance" : "maintenance";
}

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

void maintenance_judge_off(const struct state_context *context, const struct state_unit *units,
                           size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                           const void *mem)
{
    struct cloudify_answer answer;

    (void)context, (void)units, (void)n;
    if (states_acted(reply, &answer, verdicts, mem)) {
        verdicts->answer = STATE_RUNNING; /* 304 too: await sees it */
    }
}
