/* create_snapshot looks ahead: can this manager make the snapshot that is wanted, and now? */
#include <string.h>

#include "base/attr.h"
#include "base/mem.h"
#include "states/backup_names.h"
#include "states/create_snapshot.h"

void create_ask_running(const struct state_context *context, struct http_request *request)
{
    static const char *const running[] = {"pending", "started", "cancelling", "force_cancelling",
                                          "kill_cancelling"};
    struct cloudify_caller caller = states_reader(context);

    cloudify_ask_list(request, &caller,
                      &(struct cloudify_list){.resource = "executions",
                                              .include = "id,status,workflow_id,deployment_id,"
                                                         "created_at,started_at",
                                              .sort = "created_at",
                                              .filter = "status",
                                              .values = running,
                                              .value_count = FERRY_COUNT(running),
                                              .all_tenants = true,
                                              .system_workflows = true,
                                              .size = 100});
}

char *create_running(const struct json *document, const void *mem)
{
    const struct json *items = cloudify_items(document);
    const struct json *first = json_first(items);

    if (first == NULL) {
        return NULL;
    }
    return mem_printf(mem, "%s, since %.40s", cloudify_execution_names(mem, items),
                      cloudify_text(first, "started_at", cloudify_text(first, "created_at", "?")));
}

bool create_plan_ask(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)n, (void)verdicts;
    states_request(request, mem);
    if (states_at(units, "license")) {
        cloudify_ask_license(*request, &caller);
    } else if (states_at(units, "running")) {
        create_ask_running(context, *request);
    } else {
        cloudify_ask_version(*request, &caller);
    }
    return true;
}

/* An option that this version does not know and that is not left as it is. */
static void refuse_option(const struct state_context *context, bool wanted, bool known,
                          const char *name, const char *versions, const void *mem)
{
    if (wanted && !known) {
        state_plan_blocker(context->plan, FERRY_E_CONFIG,
                           mem_printf(mem, "manager %s does not know backup.options.%s: %s have it",
                                      states_manager_fact(context, "version", "?"), name, versions),
                           mem_printf(mem, "leave backup.options.%s out", name));
    }
}

static void check_options(const struct state_context *context, const struct cloudify_caps *caps,
                          const void *mem)
{
    const struct json *backup = json_get(context->options, "backup");
    bool legacy = json_bool_or(backup, "legacy", true);
    bool community = strcmp(states_manager_fact(context, "edition", ""), "community") == 0;

    refuse_option(context, json_bool_or(backup, "metrics", false), caps->create_include_metrics,
                  "metrics", "managers up to 4.6", mem);
    refuse_option(context, json_string_or(backup, "tempdir", NULL) != NULL,
                  caps->create_tempdir_path, "tempdir", "managers from 6.4 on", mem);
    refuse_option(context, !legacy, caps->legacy_flag, "legacy: false", "managers from 7.0 on",
                  mem);
    refuse_option(context, json_int64_or(backup, "listener_timeout", 0) > 0, caps->legacy_flag,
                  "listener_timeout", "managers from 7.0 on", mem);
    if (caps->legacy_flag && community && !legacy) { /* facts 10.1 */
        state_plan_blocker(
            context->plan, FERRY_E_REFUSED,
            "a community manager cannot make a snapshot of the new format: it always "
            "ends failed",
            "set backup.options.legacy: true");
    } else if (caps->legacy_flag && community) { /* facts 10.3 */
        state_plan_warning(
            context->plan,
            "a legacy snapshot of a community manager is taken for the new format by managers from "
            "7.0 on, which then restore nothing of it",
            "it can be restored on managers before 7.0 only; there is no other kind that this "
            "manager can make");
    }
    if (!json_bool_or(backup, "credentials", true)) {
        state_plan_warning(context->plan,
                           "without credentials the agents' keys are not in the backup", NULL);
    }
}

/* Fills the facts about the manager; false: it cannot be told, and the plan says why. */
static bool learn_manager(const struct state_context *context, const struct cloudify_answer *answer,
                          struct state_verdict *verdict, const void *mem)
{
    const char *version = cloudify_text(answer->document, "version", NULL);
    const struct cloudify_caps *caps = NULL;
    struct ferry_error err = {0};

    if (version == NULL) {
        state_plan_blocker(
            context->plan, FERRY_E_PROTOCOL,
            mem_printf(mem, "%s does not answer like a Cloudify manager: no version (HTTP %d)",
                       states_manager_option(context, "url", "the URL"), answer->status),
            "check the manager's URL: protocol, host and port, no path");
        return false;
    }
    if (cloudify_caps_find(version, &caps, &err) != FERRY_OK) {
        state_plan_blocker(context->plan, err.code, err.message,
                           err.hint[0] == '\0' ? NULL : err.hint);
        return false;
    }
    struct json *manager = json_set_object(state_facts(verdict, mem), states_group(context));
    const char *warning = cloudify_version_warning(mem, version);

    if (warning != NULL) {
        state_plan_warning(context->plan, warning, NULL);
    }
    json_set_string(manager, "version", version);
    json_set_string(manager, "edition", cloudify_text(answer->document, "edition", "?"));
    return true;
}

static void judge_license(const struct state_context *context, const struct cloudify_answer *answer,
                          struct state_verdict *verdict, const void *mem)
{
    if (answer->kind == CLOUDIFY_FINE && json_first(cloudify_items(answer->document)) == NULL) {
        state_plan_blocker(context->plan, FERRY_E_REFUSED,
                           "the manager is premium and has no licence: it refuses snapshots",
                           "upload the licence first: cfy license upload FILE");
    }
    states_next(verdict, mem, "running");
}

static void judge_running(const struct state_context *context, const struct json *document,
                          struct state_verdict *verdict, const void *mem)
{
    const char *busy = json_string_or(context->options, "backup.busy", "wait");
    char *running = create_running(document, mem);

    verdict->answer = STATE_DONE;
    check_options(context, states_caps(context), mem);
    state_plan_units(context->plan, 1);
    state_plan_estimate(context->plan, 0, "as long as the manager takes for it");
    if (running == NULL) {
        return;
    }
    char *text = mem_printf(mem, "no snapshot is made while something runs: %s", running);

    if (strcmp(busy, "refuse") == 0) {
        state_plan_blocker(context->plan, FERRY_E_REFUSED, text,
                           "wait for its end, or set backup.busy: wait (or queue)");
    } else {
        state_plan_warning(context->plan, text,
                           strcmp(busy, "queue") == 0
                               ? "the manager will begin the snapshot after it (backup.busy: queue)"
                               : "the run will wait for its end (backup.busy: wait)");
    }
}

void create_plan_judge(const struct state_context *context, const struct state_unit *units,
                       size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                       const void *mem)
{
    struct cloudify_answer answer;

    (void)n;
    cloudify_read(reply, &answer);
    if (answer.kind == CLOUDIFY_MAINTENANCE && states_at(units, "running")) {
        /* it cannot be asked now; snapshots are made all the same */
        judge_running(context, NULL, verdicts, mem);
        return;
    }
    if (!states_plan_read(context, reply, &answer, verdicts, mem)) {
        return;
    }
    if (states_at(units, "license")) {
        judge_license(context, &answer, verdicts, mem);
    } else if (states_at(units, "running")) {
        judge_running(context, answer.document, verdicts, mem);
    } else if (learn_manager(context, &answer, verdicts, mem)) {
        bool premium = strcmp(cloudify_text(answer.document, "edition", ""), "premium") == 0;

        states_next(verdicts, mem, premium ? "license" : "running"); /* others have no such thing */
    } else {
        verdicts->answer = STATE_DONE;
    }
}
