#include "states/poll_blind.h"

#include "base/mem.h"
#include "base/timefmt.h"
#include "states/poll_reboot.h"

bool poll_blind(const struct state_context *context)
{
    return !states_caps(context)->has_snapshot_status;
}

void poll_blind_ask(const struct state_context *context, const struct state_unit *unit,
                    struct http_request *request)
{
    struct cloudify_caller caller = restored_caller(context, unit, poll_first_who(context));

    caller.tenant = states_reader(context).tenant;
    cloudify_ask_snapshot(request, &caller, states_snapshot_id(context));
}

static void denied(const struct state_context *context, const struct state_unit *unit,
                   const struct cloudify_answer *answer, struct state_verdict *verdict,
                   const void *mem)
{
    state_say(verdict, mem, STATE_CANNOT_TELL, "no password works while the restore goes on: %s",
              cloudify_describe(mem, answer));
    restored_space_out(context, unit, verdict);
    if (!restored_denied(context, unit, poll_first_who(context), verdict, mem)) {
        poll_no_password(context, unit, verdict, mem);
    }
}

void poll_blind_judge(const struct state_context *context, const struct state_unit *unit,
                      const struct cloudify_answer *answer, int64_t patience_ms,
                      struct state_verdict *verdict, const void *mem)
{
    int64_t since_ms = context->now_ms - unit->started_at_ms;

    if (answer->kind == CLOUDIFY_DENIED) {
        denied(context, unit, answer, verdict, mem);
    } else if (answer->kind == CLOUDIFY_MISSING) {
        poll_done(context, unit,
                  "the manager's data are replaced and a password works; how the restore ended is "
                  "seen when maintenance is off",
                  verdict, mem);
    } else if (answer->kind != CLOUDIFY_FINE) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "the restore goes on (%s)",
                  cloudify_describe(mem, answer));
        poll_reboot_weather(unit, answer, verdict, mem);
    } else if (since_ms < patience_ms) {
        restored_admitted(unit, verdict, mem);
        state_say(verdict, mem, STATE_RUNNING, "the restore has not replaced the data yet");
    } else {
        poll_done(context, unit,
                  mem_printf(mem,
                             "the data are not replaced after %s; what became of the restore is "
                             "seen when maintenance is off",
                             timefmt_duration(mem, since_ms)),
                  verdict, mem);
    }
}
