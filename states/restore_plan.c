#include "states/restore_plan.h"

#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/restored.h"

/* contract/20: 30 s for 71 deployments on two cores; most of it is fixed. */
#define RESTORE_FIXED_MS (30 * STATES_SECOND_MS)
#define RESTORE_PER_DEPLOYMENT_MS 100

/* A legacy restore replaces the table of tokens (facts 10.2 c): a token alone leads nowhere. */
static bool only_token(const struct state_context *context)
{
    return json_is_object(json_get(context->options, "manager.token")) &&
           !json_is_object(json_get(context->options, "manager.password"));
}

static void warn(const struct state_context *context)
{
    bool legacy = strcmp(states_archive_format(context), "new") != 0;
    bool certificates = json_bool_or(context->options, "restore.certificates", false);

    if (legacy && !states_have_after(context) && only_token(context)) {
        state_plan_blocker(context->plan, FERRY_E_CONFIG,
                           "the restore makes every token of this manager invalid, and no password "
                           "is configured",
                           "set manager.after_restore.password (of the old manager's admin)");
    } else if (legacy && !states_have_after(context)) {
        state_plan_warning(context->plan,
                           "the restore replaces the admin's password by the old manager's, and "
                           "manager.after_restore does not say which that is",
                           "unless both are the same: set manager.after_restore.username and "
                           ".password");
    }
    if (certificates) {
        state_plan_warning(context->plan,
                           json_bool_or(context->options, "restore.no_reboot", false)
                               ? "the manager's certificates are replaced by the snapshot's; "
                                 "without the reboot its services must be restarted by hand"
                               : "the manager's certificates are replaced by the snapshot's, and "
                                 "it reboots",
                           "if their CA is another one: set manager.after_restore.ca");
    }
    if (states_caps(context)->broker_redelivers_after_30_min) {
        state_plan_warning(context->plan,
                           "this version may run a restore of over 30 minutes a second time",
                           "update the manager to 6.4.2 first");
    }
    state_plan_note(context->plan, "from this step on nothing can be undone");
}

bool restore_plan_ask(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    struct cloudify_caller caller = restored_caller(context, units, "before");

    (void)n;
    if (!states_manager_is_known(context)) {
        verdicts->answer = STATE_DONE;
        return false;
    }
    restored_ask_list(states_request(request, mem), &caller);
    return true;
}

void restore_plan_judge(const struct state_context *context, const struct state_unit *units,
                        size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                        const void *mem)
{
    struct cloudify_answer answer;

    (void)units, (void)n;
    if (!states_plan_read(context, reply, &answer, verdicts, mem)) {
        return;
    }
    const struct json *row = restored_row(cloudify_items(answer.document), NULL);

    state_plan_units(context->plan, 1);
    warn(context);
    if (row != NULL && !cloudify_execution_ended(cloudify_execution_of(row))) {
        state_plan_blocker(
            context->plan, FERRY_E_REFUSED,
            mem_printf(mem, "another restore is on the manager (execution %s, %s)",
                       cloudify_text(row, "id", "?"), cloudify_text(row, "status", "?")),
            mem_printf(mem,
                       "if nothing restores now, a refused request left it behind: cfy executions "
                       "cancel --kill %s",
                       cloudify_text(row, "id", "?")));
    }
    verdicts->answer = STATE_DONE;
}

bool restore_plan_duration(const struct state_context *context, const struct state_unit *units,
                           size_t n, struct http_request **request, struct state_verdict *verdicts,
                           const void *mem)
{
    int64_t deployments = states_archive_count(context, "deployments");
    int64_t quiet_ms = restored_quiet_ms(context);

    (void)units, (void)n, (void)request;
    state_plan_units(context->plan, 1);
    verdicts->answer = STATE_DONE;
    if (deployments < 0) {
        state_plan_estimate(context->plan, 0, "nobody has looked into the archive");
        return false;
    }
    int64_t work_ms = RESTORE_FIXED_MS + deployments * RESTORE_PER_DEPLOYMENT_MS;

    state_plan_estimate(context->plan, work_ms > quiet_ms ? work_ms : quiet_ms,
                        mem_printf(mem, "%s and %d ms for each of %lld deployments, as seen once",
                                   timefmt_duration(mem, RESTORE_FIXED_MS),
                                   RESTORE_PER_DEPLOYMENT_MS, (long long)deployments));
    return false;
}
