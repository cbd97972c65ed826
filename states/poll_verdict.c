#include "states/poll_verdict.h"

#include <string.h>

#include "base/attr.h"
#include "base/mem.h"

const char *poll_first_who(const struct state_context *context)
{
    const char *format = states_archive_format(context);
    bool legacy = strcmp(format, "legacy") == 0 || strcmp(format, "community-legacy") == 0;

    return legacy && states_have_after(context)
               ? "after"
               : json_string_or(context->facts, "credential", "before");
}

/* An end: a later attempt of the same unit begins from nothing. */
static void forget(const struct state_unit *unit, struct state_verdict *verdict, const void *mem)
{
    static const char *const keys[] = {"ask",  "idle",      "who",      "denied_before",
                                       "gone", "looked_ms", "ended_ms", "denied_after"};

    for (size_t i = 0; i < FERRY_COUNT(keys); i++) {
        if (json_get(unit->data, keys[i]) != NULL ||
            (verdict->data != NULL && json_member(verdict->data, keys[i]) != NULL)) {
            json_set_null(state_data(verdict, mem), keys[i]);
        }
    }
}

/* The password that has just worked is the one for all that follows. */
static void keep_credential(const struct state_context *context, const struct state_unit *unit,
                            struct state_verdict *verdict, const void *mem)
{
    json_set_string(state_facts(verdict, mem), "credential",
                    json_string_or(unit->data, "who", poll_first_who(context)));
}

void poll_done(const struct state_context *context, const struct state_unit *unit, const char *how,
               struct state_verdict *verdict, const void *mem)
{
    keep_credential(context, unit, verdict, mem);
    state_say(verdict, mem, STATE_DONE, "%s", how);
    verdict->remote_state = "terminated";
    forget(unit, verdict, mem);
}

void poll_ended_badly(const struct json *execution, struct state_verdict *verdict, const void *mem)
{
    const char *error = cloudify_text(execution, "error", "");
    const char *status = cloudify_text(execution, "status", "?");
    const char *hint = NULL;

    (void)cloudify_restore_failure_of(error, &hint);
    state_say(verdict, mem, STATE_FAILED, "the restore ended %s%s%s", status,
              error[0] == '\0' ? "" : ": ", cloudify_last_line(mem, error));
    verdict->remote_state = mem_strdup(mem, status);
    states_fail(verdict, FERRY_E_FAILED,
                hint != NULL ? hint
                             : "see the events of the execution on the manager; it may be half "
                               "restored: start again with a fresh manager");
}

void poll_failed(const struct state_context *context, const struct state_unit *unit,
                 const struct json *execution, struct state_verdict *verdict, const void *mem)
{
    keep_credential(context, unit, verdict, mem);
    poll_ended_badly(execution, verdict, mem);
    forget(unit, verdict, mem);
}

void poll_restored_nothing(const struct state_context *context, const struct state_unit *unit,
                           struct state_verdict *verdict, const void *mem)
{
    keep_credential(context, unit, verdict, mem);
    state_say(verdict, mem, STATE_FAILED,
              "the restore has ended without an error and restored nothing: the archive holds "
              "%lld blueprints, the manager none",
              (long long)states_archive_count(context, "blueprints"));
    states_fail(verdict, FERRY_E_ARCHIVE,
                "the manager took the archive for another format (metadata.json); the manager is "
                "as empty as before");
    forget(unit, verdict, mem);
}

void poll_flag_stuck(const struct state_context *context, const struct state_unit *unit,
                     const struct json *execution, struct state_verdict *verdict, const void *mem)
{
    const char *error = cloudify_text(execution, "error", "");
    const char *path = states_caps(context)->flag_path;

    state_say(verdict, mem, STATE_FAILED,
              "the restore ended %s long ago%s%s, but snapshot-status still says running",
              cloudify_text(execution, "status", "?"), error[0] == '\0' ? "" : ": ",
              cloudify_last_line(mem, error));
    states_fail(verdict, FERRY_E_FAILED,
                mem_printf(mem, "on the manager: rm -f %s; then: ferry retry RUN --failed",
                           path == NULL ? "the flag file of the restore" : path));
    forget(unit, verdict, mem);
}

void poll_never_began(const struct state_context *context, const struct state_unit *unit,
                      const struct json *execution, struct state_verdict *verdict, const void *mem)
{
    const char *id = cloudify_text(execution, "id", "?");

    (void)context;
    state_say(verdict, mem, STATE_FAILED, "the restore never began: its execution %s is %s", id,
              cloudify_text(execution, "status", "?"));
    states_fail(verdict, FERRY_E_FAILED,
                mem_printf(mem,
                           "does the management worker run? to give it up: cfy executions cancel "
                           "--kill %s",
                           id));
    forget(unit, verdict, mem);
}

void poll_no_password(const struct state_context *context, const struct state_unit *unit,
                      struct state_verdict *verdict, const void *mem)
{
    bool both = states_have_after(context);

    state_say(verdict, mem, STATE_FAILED,
              "the restore has ended, and the manager refuses %s: not tried more than %d times, "
              "or it may lock the account",
              both ? "both passwords" : "the password", STATES_DENIALS_MAX);
    states_fail(verdict, FERRY_E_AUTH,
                both ? "correct manager.after_restore (the old manager's admin), then: ferry retry "
                       "RUN --failed and ferry resume"
                     : "the restore brought the old manager's admin: give its password "
                       "(manager.after_restore, or the file of manager.password), then: ferry "
                       "retry RUN --failed and ferry resume");
    forget(unit, verdict, mem);
}
