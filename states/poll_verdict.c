#include "states/poll_verdict.h"

#include <string.h>

#include "base/attr.h"
#include "base/mem.h"
#include "states/counts.h"

/* facts 2.9, 6 no. 28: as often and as far apart as the managers' own system tests. */
#define FILE_TRIES 15
#define FILE_WAIT_MS 1500

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
                                       "gone", "looked_ms", "ended_ms", "denied_after",
                                       "away", "steady",    "again",    "counts"};

    for (size_t i = 0; i < FERRY_COUNT(keys); i++) {
        if (json_get(unit->data, keys[i]) != NULL ||
            (verdict->data != NULL && json_member(verdict->data, keys[i]) != NULL)) {
            json_set_null(state_data(verdict, mem), keys[i]);
        }
    }
}

void poll_keep_credential(const struct state_context *context, const struct state_unit *unit,
                          struct state_verdict *verdict, const void *mem)
{
    json_set_string(state_facts(verdict, mem), "credential",
                    json_string_or(unit->data, "who", poll_first_who(context)));
}

/* What nobody but a person can do now (facts 2.9, 6 no. 27). */
static void advise(const struct state_context *context, bool rebooted,
                   struct state_verdict *verdict, const void *mem)
{
    const char *mine = json_string_or(context->facts, "node", NULL);
    const struct json *nodes = json_get(context->options, "manager.nodes");
    struct json *advice = json_set_array(state_facts(verdict, mem), "advice");

    for (const struct json *node = json_first(nodes); node != NULL; node = json_next(node)) {
        if (json_text(node) != NULL && (mine == NULL || strcmp(json_text(node), mine) != 0)) {
            json_push_string(advice, mem_printf(mem,
                                                "on %s: systemctl restart cloudify-restservice (it "
                                                "still has the keys from before the restore)",
                                                json_text(node)));
        }
    }
    if (json_bool_or(context->options, "restore.certificates", false) &&
        !json_bool_or(context->options, "restore.no_reboot", false) && !rebooted) {
        json_push_string(advice, "nobody has seen the manager reboot: if it has not, reboot it, or "
                                 "restart all its services (cfy_manager restart), which still use "
                                 "the certificates from before the restore");
    }
    if (json_bool_or(context->options, "restore.certificates", false) &&
        json_bool_or(context->options, "restore.no_reboot", false)) {
        json_push_string(advice, "restart all services of the manager (cfy_manager restart), or "
                                 "reboot it: they still use the certificates from before the "
                                 "restore");
    }
}

void poll_done(const struct state_context *context, const struct state_unit *unit, const char *how,
               struct state_verdict *verdict, const void *mem)
{
    poll_keep_credential(context, unit, verdict, mem);
    advise(context, json_bool_or(unit->data, "away", false), verdict, mem);
    if (json_get(context->facts, "node") != NULL) {
        json_set_null(state_facts(verdict, mem), "node"); /* any of them will do from here on */
    }
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
    poll_keep_credential(context, unit, verdict, mem);
    poll_ended_badly(execution, verdict, mem);
    forget(unit, verdict, mem);
}

static void say_wrong(const struct state_context *context, const struct state_unit *unit,
                      const char *fewer, struct state_verdict *verdict, const void *mem)
{
    if (counts_doubled(context, unit, verdict)) {
        state_say(verdict, mem, STATE_FAILED, "the manager holds everything twice: %s",
                  counts_more(context, unit, verdict, mem));
        states_fail(verdict, FERRY_E_FAILED,
                    "the archive was restored twice; restore it once, on a fresh manager");
    } else if (json_int64_or(context->facts, "archive.blueprints", 0) > 0 &&
               json_int64_or(json_get(verdict->facts, "compare"), "blueprints.manager",
                             json_int64_or(json_get(context->facts, "compare"),
                                           "blueprints.manager", -1)) == 0) {
        state_say(verdict, mem, STATE_FAILED,
                  "the restore has ended without an error and restored nothing: the archive holds "
                  "%lld blueprints, the manager none",
                  (long long)states_archive_count(context, "blueprints"));
        states_fail(verdict, FERRY_E_ARCHIVE,
                    "the manager took the archive for another format (metadata.json); the manager "
                    "is as empty as before");
    } else {
        state_say(verdict, mem, STATE_FAILED,
                  "the restore has ended, but the manager holds less than the archive: %s", fewer);
        states_fail(verdict, FERRY_E_FAILED,
                    mem_printf(mem,
                               "keep the old manager; the events of the restore's execution say "
                               "what is missing. To go on without it: ferry resolve RUN %s --as "
                               "done, then: ferry resume; to count again: ferry retry RUN --failed",
                               unit->key));
    }
}

/* The manager fetched the archive itself: nobody knows what it held. */
static bool unseen(const struct state_context *context)
{
    return states_archive_count(context, "blueprints") < 0;
}

const char *poll_what_is_there(const struct state_context *context, const struct state_unit *unit,
                               const struct state_verdict *verdict, const void *mem)
{
    return !unseen(context)
               ? "what the archive held is there"
               : mem_printf(mem,
                            "there are %lld blueprints and %lld deployments now (compare them with "
                            "the old manager's: ferry has not seen the archive)",
                            (long long)counts_of(unit, verdict, "blueprints"),
                            (long long)counts_of(unit, verdict, "deployments"));
}

/* facts 10.3: archives that restore as nothing end "terminated" too. */
static bool restored_nothing(const struct state_context *context, const struct state_unit *unit,
                             struct state_verdict *verdict, const void *mem)
{
    if (!unseen(context) || counts_of(unit, verdict, "blueprints") != 0) {
        return false;
    }
    state_say(verdict, mem, STATE_FAILED,
              "the restore has ended without an error, but the manager holds no blueprints: it "
              "restored nothing");
    states_fail(verdict, FERRY_E_ARCHIVE,
                mem_printf(mem,
                           "has a community manager made the archive, or a newer one? give it as "
                           "snapshot.file in a new run, so that ferry can look into it; if it is "
                           "to hold no blueprints: ferry resolve RUN %s --as done, then: ferry "
                           "resume",
                           unit->key));
    forget(unit, verdict, mem);
    return true;
}

bool poll_counts_wrong(const struct state_context *context, const struct state_unit *unit,
                       struct state_verdict *verdict, const void *mem)
{
    const char *fewer = counts_fewer(context, unit, verdict, mem);

    if (restored_nothing(context, unit, verdict, mem)) {
        return true;
    }
    if (fewer[0] == '\0' && !counts_doubled(context, unit, verdict)) {
        return false;
    }
    say_wrong(context, unit, fewer, verdict, mem);
    forget(unit, verdict, mem);
    return true;
}

bool poll_once_more(const struct state_context *context, const char *step,
                    struct state_verdict *verdict, const void *mem)
{
    int64_t tries = json_int64_or(context->facts, "restore.tries", 1);
    struct json *restore;

    if (tries >= FILE_TRIES) {
        return false;
    }
    restore = json_set_object(state_facts(verdict, mem), "restore");
    json_set_int(restore, "tries", tries + 1);
    json_set_null(restore, "execution_id"); /* of the one that failed */
    json_set_null(restore, "told_ms");
    state_say(verdict, mem, STATE_BACK,
              "the restore did not find its archive on the node yet: it is told again (%lld of %d)",
              (long long)tries + 1, FILE_TRIES);
    verdict->back = step;
    verdict->wait_ms = FILE_WAIT_MS;
    return true;
}

void poll_flag_stuck(const struct state_context *context, const struct state_unit *unit,
                     const struct json *execution, struct state_verdict *verdict, const void *mem)
{
    const char *error = cloudify_text(execution, "error", "");
    const char *path = states_caps(context)->flag_path;
    const char *hint = NULL;

    (void)cloudify_restore_failure_of(error, &hint);
    state_say(verdict, mem, STATE_FAILED,
              "the restore ended %s long ago%s%s, but snapshot-status still says running",
              cloudify_text(execution, "status", "?"), error[0] == '\0' ? "" : ": ",
              cloudify_last_line(mem, error));
    states_fail(verdict, FERRY_E_FAILED,
                hint != NULL
                    ? mem_printf(mem, "%s; on the manager: rm -f %s", hint, path)
                    : mem_printf(mem,
                                 "on the manager: rm -f %s; then: ferry retry RUN --failed "
                                 "and ferry resume",
                                 path));
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
    bool flagged = states_caps(context)->has_snapshot_status;

    state_say(verdict, mem, STATE_FAILED,
              "%s, and the manager refuses %s: not tried more than %d times, or it may lock the "
              "account",
              flagged ? "the restore has ended"
                      : "the restore may have ended, still be at work or be stuck",
              both ? "both passwords" : "the password", STATES_DENIALS_MAX);
    states_fail(verdict, FERRY_E_AUTH,
                both ? "correct manager.after_restore (the old manager's admin), then: ferry retry "
                       "RUN --failed and ferry resume"
                     : "the restore brought the old manager's admin: give its password "
                       "(manager.after_restore, or the file of manager.password), then: ferry "
                       "retry RUN --failed and ferry resume");
    forget(unit, verdict, mem);
}
