#include "states/poll_reboot.h"

/* facts 6 no. 27: down for 1 to 5 minutes; the shutdown itself begins at once. In polls of 5 s. */
#define UNSEEN_POLLS 36
#define STEADY_POLLS 2

bool poll_reboot_awaited(const struct state_context *context, const struct state_unit *unit)
{
    return json_bool_or(context->options, "restore.certificates", false) &&
           !json_bool_or(context->options, "restore.no_reboot", false) &&
           !json_bool_or(unit->data, "away", false);
}

void poll_reboot_begin(struct state_verdict *verdict, const void *mem)
{
    state_say(verdict, mem, STATE_RUNNING, "the restore has ended; waiting for the reboot");
    json_set_string(state_data(verdict, mem), "ask", "reboot");
}

bool poll_reboot_at(const struct state_unit *unit)
{
    return states_at(unit, "reboot");
}

void poll_reboot_weather(const struct state_unit *unit, const struct cloudify_answer *answer,
                         struct state_verdict *verdict, const void *mem)
{
    if (answer->status == 0 && !json_bool_or(unit->data, "away", false)) {
        json_set_bool(state_data(verdict, mem), "away", true);
    }
}

void poll_reboot_not_yet(const struct state_unit *unit, struct state_verdict *verdict,
                         const void *mem)
{
    if (json_bool_or(unit->data, "away", false)) {
        json_set_null(state_data(verdict, mem), "away");
    }
}

void poll_reboot_judge(const struct state_context *context, const struct state_unit *unit,
                       const struct cloudify_answer *answer, struct state_verdict *verdict,
                       const void *mem)
{
    bool away = json_bool_or(unit->data, "away", false);
    int64_t steady = json_int64_or(unit->data, "steady", 0) + 1;

    (void)context;
    if (answer->kind != CLOUDIFY_FINE && answer->kind != CLOUDIFY_MISSING) {
        state_say(verdict, mem, STATE_CANNOT_TELL, "the manager reboots (%s)",
                  cloudify_describe(mem, answer));
        json_set_bool(state_data(verdict, mem), "away", true);
        json_set_int(verdict->data, "steady", 0);
        return;
    }
    json_set_int(state_data(verdict, mem), "steady", steady);
    if (away && steady >= STEADY_POLLS) {
        state_say(verdict, mem, STATE_RUNNING, "the manager is back after its reboot");
        json_set_string(verdict->data, "ask", "login");
    } else if (!away && steady >= UNSEEN_POLLS) {
        state_say(verdict, mem, STATE_RUNNING, "nobody has seen the manager reboot");
        json_set_string(verdict->data, "ask", "login");
    } else {
        state_say(verdict, mem, STATE_RUNNING,
                  away ? "the manager is back after its reboot"
                       : "waiting for the manager to reboot");
    }
}
