#include "states/poll_second.h"

#include "states/counts.h"

bool poll_second_begin(const struct state_context *context, const struct json *execution,
                       struct state_verdict *verdict, const void *mem)
{
    const char *error = cloudify_text(execution, "error", "");

    if (cloudify_restore_failure_of(error, NULL) != CLOUDIFY_FAILURE_NOT_EMPTY ||
        json_bool_or(context->options, "restore.force", false) ||
        states_archive_count(context, "blueprints") <= 0) {
        return false;
    }
    json_set_json(state_data(verdict, mem), "again", execution);
    states_next(verdict, mem, "row");
    return true;
}

bool poll_second_at(const struct state_unit *unit)
{
    return states_at(unit, "row");
}

bool poll_second_answered(const struct state_unit *unit, const struct cloudify_answer *answer)
{
    return poll_second_at(unit) &&
           (answer->kind == CLOUDIFY_FINE || answer->kind == CLOUDIFY_MISSING);
}

void poll_second_ask(const struct state_context *context, const struct cloudify_caller *caller,
                     struct http_request *request)
{
    struct cloudify_caller ours = *caller;

    ours.tenant = states_reader(context).tenant; /* the row stands in the tenant of the upload */
    cloudify_ask_snapshot(request, &ours, states_snapshot_id(context));
}

bool poll_second_judge(const struct cloudify_answer *answer, struct state_verdict *verdict,
                       const void *mem)
{
    if (answer->kind != CLOUDIFY_MISSING) {
        return false;
    }
    counts_begin(verdict, mem);
    return true;
}
