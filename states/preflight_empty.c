/*
 * A manager that is to be restored on should hold nothing: a legacy restore refuses one with
 * blueprints, and deletes them when forced; one of the new format adds to them (facts 2.4, 2.5).
 * Plugins are not looked at by anybody, and their states dangle afterwards (facts 2.7).
 */
#include <string.h>

#include "base/mem.h"
#include "states/preflight.h"
#include "states/restored.h"
#include "states/verify_twice.h"

#define NAME "empty_blueprints"
#define PLUGINS_SHOWN 5

static bool ask(const struct state_context *context, const struct state_unit *units, size_t n,
                struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)n;
    if (!preflight_can_ask(context, verdicts)) {
        return false;
    }
    states_request(request, mem);
    if (states_at(units, "plugins")) {
        cloudify_ask_list(*request, &caller,
                          &(struct cloudify_list){.resource = "plugins",
                                                  .include = "package_name,package_version",
                                                  .all_tenants = true,
                                                  .size = PLUGINS_SHOWN});
    } else if (verify_twice_at(units)) {
        verify_twice_ask(context, &caller, *request);
    } else {
        restored_ask_blueprints(*request, &caller);
    }
    return true;
}

static void check_blueprints(const struct state_context *context, int64_t count, const void *mem)
{
    bool is_new = strcmp(states_archive_format(context), "new") == 0;
    const char *next =
        is_new ? "has this archive been restored before? a second restore would double all node "
                 "instances; restore on a fresh manager"
               : "restore on a fresh manager, or set restore.force: true, which deletes what the "
                 "manager holds";

    if (count < 0) {
        preflight_say(context, mem, NAME, STATE_CHECK_CANNOT_TELL, "look at cfy blueprints list -a",
                      "the manager's list of blueprints has no total");
    } else if (count == 0) {
        preflight_say(context, mem, NAME, STATE_CHECK_OK, NULL,
                      "no blueprint in any tenant of the manager");
    } else if (json_bool_or(context->options, "restore.force", false)) {
        preflight_say(context, mem, NAME, STATE_CHECK_WARNING, "restore on a fresh manager",
                      "the manager holds %lld blueprints: %s", (long long)count,
                      is_new ? "the restore adds to them (a second restore of the same archive "
                               "doubles all node instances)"
                             : "restore.force deletes them with all that depends on them");
    } else {
        preflight_say(context, mem, NAME, STATE_CHECK_STOPS, next,
                      "the manager is not empty: it holds %lld blueprints", (long long)count);
    }
}

static void check_twice(const struct state_context *context, const struct json *document,
                        const void *mem)
{
    const char *wrong = verify_twice_wrong(document, mem);

    if (wrong != NULL) {
        state_plan_check(context->plan, NAME, STATE_CHECK_STOPS, wrong, VERIFY_TWICE_HINT);
    }
}

static void check_plugins(const struct state_context *context, const struct json *document,
                          const void *mem)
{
    const char *names[PLUGINS_SHOWN];
    struct preflight_names_list list = {.texts = names, .total = cloudify_total(document)};

    for (const struct json *row = json_first(cloudify_items(document));
         row != NULL && list.count < PLUGINS_SHOWN; row = json_next(row)) {
        names[list.count++] = mem_printf(mem, "%s %s", cloudify_text(row, "package_name", "?"),
                                         cloudify_text(row, "package_version", "?"));
    }
    if (list.total == 0) {
        preflight_say(context, mem, "empty_plugins", STATE_CHECK_OK, NULL,
                      "no plugin on the manager");
    } else {
        preflight_say(context, mem, "empty_plugins", STATE_CHECK_WARNING,
                      "delete them (cfy plugins delete); plugins.upload uploads after the restore",
                      "the manager has plugins, which a restore does not expect: %s",
                      preflight_join(mem, &list));
    }
}

static void judge(const struct state_context *context, const struct state_unit *units, size_t n,
                  const struct http_reply *reply, struct state_verdict *verdict, const void *mem)
{
    struct cloudify_answer answer;
    bool at_plugins = states_at(units, "plugins");
    bool fine =
        preflight_read(context, at_plugins ? "empty_plugins" : NAME, reply, &answer, verdict, mem);

    (void)n;
    if (at_plugins || answer.kind == CLOUDIFY_DENIED) {
        if (fine) {
            check_plugins(context, answer.document, mem);
        }
        return;
    }
    if (fine && verify_twice_at(units)) {
        check_twice(context, answer.document, mem);
    } else if (fine) {
        int64_t count = cloudify_total(answer.document);

        check_blueprints(context, count, mem);
        if (verify_twice_wanted(context, count)) {
            states_next(verdict, mem, "deployments");
            return;
        }
    }
    states_next(verdict, mem, "plugins");
}

const struct ferry_state preflight_empty = {
    .name = "preflight_empty",
    .summary = "looks whether the manager is empty",
    .plan = {.ask = ask, .judge = judge},
};
