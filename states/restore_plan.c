#include "states/restore_plan.h"

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/restored.h"

/* contract/20: 30 s for 71 deployments on two cores; most of it is fixed. */
#define RESTORE_FIXED_MS (30 * STATES_SECOND_MS)
#define RESTORE_PER_DEPLOYMENT_MS 100

static void warn(const struct state_context *context)
{
    bool certificates = json_bool_or(context->options, "restore.certificates", false);

    if (certificates) {
        state_plan_warning(context->plan,
                           json_bool_or(context->options, "restore.no_reboot", false)
                               ? "the manager's certificates are replaced by the snapshot's; "
                                 "without the reboot its services must be restarted by hand"
                               : "the manager's certificates are replaced by the snapshot's, and "
                                 "it reboots",
                           "if their CA is another one: set manager.after_restore.ca");
    }
    state_plan_note(context->plan, "from this step on nothing can be undone");
}

bool restore_plan_ask(const struct state_context *context, const struct state_unit *units, size_t n,
                      struct http_request **request, struct state_verdict *verdicts,
                      const void *mem)
{
    (void)units, (void)n, (void)request, (void)mem;
    verdicts->answer = STATE_DONE;
    if (states_manager_is_known(context)) {
        state_plan_units(context->plan, 1);
        warn(context);
    }
    return false;
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
