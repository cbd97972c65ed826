/*
 * Who we are to the manager, who we will be when the restore has replaced the admin, and what a
 * wrong password does. A password is never tried for the sake of a check: the first question of a
 * plan has used the right one, and that of the snapshot's admin only the old manager can judge.
 */
#include <string.h>

#include "base/mem.h"
#include "states/preflight.h"

#define CONFIG "config"

static bool ask(const struct state_context *context, const struct state_unit *units, size_t n,
                struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    const struct cloudify_list config = {.resource = CONFIG, .include = "name,value"};

    (void)n;
    if (!preflight_can_ask(context, verdicts)) {
        return false;
    }
    if (states_at(units, CONFIG)) {
        cloudify_ask_list(states_request(request, mem), &caller, &config);
    } else {
        cloudify_ask_list(states_request(request, mem), &caller,
                          &(struct cloudify_list){.resource = "user"});
    }
    return true;
}

/* --- who we are --- */

/* The id of a user is not shown (facts 1.6), so that it is 0 can be believed at most. */
static void check_user(const struct state_context *context, const struct json *user,
                       const void *mem)
{
    const char *name = cloudify_text(user, "username", "?");
    const char *role = cloudify_text(user, "role", "?");

    if (strcmp(role, "sys_admin") != 0) {
        state_plan_stops(context->plan, "bootstrap_admin", FERRY_E_AUTH,
                         mem_printf(mem,
                                    "user \"%s\" has the role %s: snapshots and maintenance want "
                                    "sys_admin",
                                    name, role),
                         "let manager.username be an administrator (sys_admin): the one that the "
                         "manager was installed with, usually admin");
    } else if (strcmp(states_archive_format(context), "new") == 0) {
        preflight_say(context, mem, "bootstrap_admin", STATE_CHECK_OK, NULL,
                      "user \"%s\" is a sys_admin, and this format asks for no more", name);
    } else if (strcmp(name, "admin") != 0) {
        preflight_say(
            context, mem, "bootstrap_admin", STATE_CHECK_CANNOT_TELL,
            "log in as the user that the manager was installed with, unless you know that "
            "this is it",
            "user \"%s\" is a sys_admin, but only the bootstrap admin (user id 0) may "
            "restore, and a manager does not show ids",
            name);
    } else {
        preflight_say(context, mem, "bootstrap_admin", STATE_CHECK_OK, NULL,
                      "user \"admin\" is a sys_admin, and by its name the bootstrap admin");
    }
}

/* --- who we will be --- */

/* A legacy restore replaces the table of tokens (facts 10.2 c): a token alone leads nowhere. */
static bool only_token(const struct state_context *context)
{
    return json_is_object(json_get(context->options, "manager.token")) &&
           !json_is_object(json_get(context->options, "manager.password"));
}

static void check_after(const struct state_context *context, const void *mem)
{
    static const char name[] = "after_restore_login";

    if (strcmp(states_archive_format(context), "new") == 0) {
        preflight_say(context, mem, name, STATE_CHECK_OK, NULL,
                      "a restore of the new format leaves users and tokens as they are");
    } else if (states_have_after(context)) {
        preflight_say(context, mem, name, STATE_CHECK_OK, NULL,
                      "user \"%s\" of manager.after_restore; whether its password is right shows "
                      "after the restore",
                      json_string_or(context->options, "manager.after_restore.username", "?"));
    } else if (only_token(context)) {
        state_plan_stops(context->plan, name, FERRY_E_CONFIG,
                         "the restore makes every token of this manager invalid, and no password "
                         "is configured",
                         "set manager.after_restore.password (of the old manager's admin)");
    } else {
        preflight_say(context, mem, name, STATE_CHECK_WARNING,
                      "unless both are the same: set manager.after_restore.username and "
                      ".password",
                      "the restore replaces the admin's password by the old manager's, and "
                      "manager.after_restore does not say which that is");
    }
}

/* --- what a wrong password does --- */

static const struct json *setting(const struct json *document, const char *name)
{
    const struct json *row = json_first(cloudify_items(document));

    while (row != NULL && strcmp(cloudify_text(row, "name", ""), name) != 0) {
        row = json_next(row);
    }
    return row;
}

static void check_lock(const struct state_context *context, const struct json *document,
                       const void *mem)
{
    static const char name[] = "account_lock";
    const struct json *period = setting(document, "account_lock_period");
    const struct json *tries = setting(document, "failed_logins_before_account_lock");
    int64_t allowed = json_int64_or(tries, "value", 4);

    if (!json_is_number(json_member(period, "value"))) {
        preflight_say(context, mem, name, STATE_CHECK_CANNOT_TELL,
                      "let every password be right: ferry tries each at most three times in a row",
                      "the manager does not say whether wrong passwords lock an account");
    } else if (json_int64_or(period, "value", 0) < 0) {
        preflight_say(context, mem, name, STATE_CHECK_OK, NULL,
                      "wrong passwords lock no account here (account_lock_period is -1)");
    } else {
        preflight_say(context, mem, name,
                      allowed > STATES_DENIALS_MAX ? STATE_CHECK_WARNING : STATE_CHECK_STOPS,
                      allowed > STATES_DENIALS_MAX
                          ? "make sure of manager.after_restore: log in with it on the old manager"
                          : "allow at least four while the upgrade goes on (cfy config update "
                            "failed_logins_before_account_lock=10)",
                      "%lld wrong passwords in a row lock an account here; while a restore changes "
                      "passwords, ferry tries each at most %d times in a row",
                      (long long)allowed, STATES_DENIALS_MAX);
    }
}

static void judge(const struct state_context *context, const struct state_unit *units, size_t n,
                  const struct http_reply *reply, struct state_verdict *verdict, const void *mem)
{
    struct cloudify_answer answer;
    bool second = states_at(units, CONFIG);

    (void)n;
    if (preflight_read(context, second ? "account_lock" : "bootstrap_admin", reply, &answer,
                       verdict, mem)) {
        if (second) {
            check_lock(context, answer.document, mem);
        } else {
            check_user(context, answer.document, mem);
        }
    }
    if (!second && answer.kind != CLOUDIFY_DENIED) {
        check_after(context, mem);
        states_next(verdict, mem, CONFIG);
    }
}

const struct ferry_state preflight_admin = {
    .name = "preflight_admin",
    .summary = "asks who we are, and whether wrong passwords lock accounts",
    .plan = {.ask = ask, .judge = judge},
};
