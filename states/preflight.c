#include "states/preflight.h"

#include <stdarg.h>

#include "base/buf.h"
#include "base/mem.h"

/* The visible table: every check, the section of the facts that it comes from, its question. */
const struct state_check_name preflight_names[PREFLIGHT_NAME_COUNT] = {
    {"manager_version", "facts 1.2, 9", "is it a version that ferry can carry an upgrade to?"},
    {"archive_format", "facts 5, 10.3", "does the manager read this format, and not as another?"},
    {"archive_version", "facts 2.4", "was the archive made by an older or the same version?"},
    {"tested_source", "facts 2.4", "did the makers test a restore of that version on this one?"},
    {"edition", "facts 1.6, 2.4", "does a community manager get what only premium can hold?"},
    {"licence", "facts 1.6, 6 no. 14", "has a premium manager a licence, and for how long?"},
    {"bootstrap_admin", "facts 2.4", "are we the user who alone may restore?"},
    {"after_restore_login", "facts 2.2, 6 no. 1", "can we log in when the snapshot's admin is in?"},
    {"account_lock", "facts 1.0", "do wrong passwords lock the account?"},
    {"empty_blueprints", "facts 2.4, 6 no. 11", "is the manager empty?"},
    {"empty_plugins", "facts 2.7, 6 no. 11", "has it plugins, which a restore leaves dangling?"},
    {"networks", "facts 2.4, 6 no. 12", "has it the networks that the agents live in?"},
    {"cluster_nodes", "facts 2.9", "is it one manager, or one of several?"},
    {"services", "facts 1.6", "do all its services run?"},
    {"maintenance", "facts 1.2", "is somebody else at work on it?"},
    {"restore_flag", "facts 2.6, 10.3", "does a restore run, or has one left its flag?"},
    {"open_executions", "facts 1.2, 10.5", "what would block maintenance and the restore?"},
    {"snapshot_id", "facts 1.1, 10.1", "is the name of the snapshot free in every tenant?"},
    {"manager_disk", "facts 2.1, 5.3", "is there room for the archive and its unpacking?"},
    {"local_disk", "facts 9", "is there room for the journal?"},
    {"clock", "facts 2.8", "does its clock agree with ours?"},
    {"tls", "facts 1.0", "is the connection private, and for how long?"},
    {"rate_limit", "facts 1.0", "do we stay below the rate that it serves?"},
    {"redelivery", "facts 2.10", "may the broker deliver a long restore twice?"},
    {"hosts_started", "facts 3.2", "do hosts stand still, each of which fails its deployment?"},
    {"old_manager", "facts 3.2", "does the old manager live, and is it the archive's?"},
    {"old_broker", "facts 3.2", "can its broker be reached, by way of which agents move?"},
    {"old_agents", "facts 1.4, 3.2", "are agents dead there, each of which fails its deployment?"},
    {"old_validation", "facts 3.6", "what did validate_agents say there?"},
    {"plugins_python", "facts 4.2", "has the manager the Python that the plugins are made for?"},
    {"plugins_platform", "facts 4.2", "do the plugins run on the manager's platform?"},
    {"plugin_moves", "facts 4.1", "which versions of plugins would blueprints move to?"},
};

void preflight_say(const struct state_context *context, const void *mem, const char *name,
                   enum state_check verdict, const char *next, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = mem_vprintf(mem, format, args);
    va_end(args);
    state_plan_check(context->plan, name, verdict, text, next);
}

bool preflight_read(const struct state_context *context, const char *check,
                    const struct http_reply *reply, struct cloudify_answer *answer,
                    struct state_verdict *verdict, const void *mem)
{
    cloudify_read(reply, answer);
    verdict->answer = STATE_DONE;
    if (answer->kind == CLOUDIFY_FINE) {
        return true;
    }
    if (answer->kind == CLOUDIFY_DENIED) {
        (void)states_plan_read(context, reply, answer, verdict, mem);
        return false;
    }
    preflight_say(context, mem, check, STATE_CHECK_CANNOT_TELL, "look at it on the manager",
                  "the manager does not tell: %s", cloudify_describe(mem, answer));
    return false;
}

bool preflight_can_ask(const struct state_context *context, struct state_verdict *verdict)
{
    if (!states_manager_is_known(context)) {
        verdict->answer = STATE_DONE;
        return false;
    }
    return true;
}

bool preflight_unseen(const struct state_context *context)
{
    return states_archive_format(context)[0] == '\0';
}

bool preflight_to_come(const struct state_context *context)
{
    return json_is_object(json_get(context->options, "backup"));
}

void preflight_say_unseen(const struct state_context *context, const void *mem, const char *check)
{
    if (preflight_to_come(context) && states_option(context, "snapshot.url") == NULL) {
        preflight_say(context, mem, check, STATE_CHECK_CANNOT_TELL,
                      "nothing: the run looks once more when it has the archive, before the upload",
                      "the snapshot is yet to be taken");
        return;
    }
    preflight_say(context, mem, check, STATE_CHECK_CANNOT_TELL,
                  "give snapshot.file in place of snapshot.url, and plan again",
                  "the manager fetches the archive itself: nobody has looked inside");
}

const char *preflight_join(const void *mem, const struct preflight_names_list *list)
{
    struct buf text;

    buf_init(&text, mem, 4096);
    for (size_t i = 0; i < list->count; i++) {
        (void)buf_printf(&text, "%s%s", i == 0 ? "" : ", ", list->texts[i]);
    }
    if (list->total > (int64_t)list->count) {
        (void)buf_printf(&text, " and %lld more", (long long)list->total - (long long)list->count);
    }
    return buf_text(&text);
}
