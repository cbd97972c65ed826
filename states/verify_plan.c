#include "states/verify_plan.h"

#include <string.h>

#include "base/mem.h"
#include "states/restored.h"
#include "states/verify_networks.h"
#include "states/verify_twice.h"

static bool force(const struct state_context *context)
{
    return json_bool_or(context->options, "restore.force", false);
}

bool verify_plan_ask(const struct state_context *context, const struct state_unit *units, size_t n,
                     struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);

    (void)n;
    if (!states_manager_is_known(context)) {
        verdicts->answer = STATE_DONE;
        return false;
    }
    states_request(request, mem);
    if (verify_networks_at(units)) {
        verify_networks_ask(units, &caller, *request);
    } else if (verify_twice_at(units)) {
        verify_twice_ask(context, &caller, *request);
    } else if (states_at(units, "flag")) {
        cloudify_ask_snapshot_status(*request);
    } else {
        restored_ask_blueprints(*request, &caller);
    }
    return true;
}

static void plan_blueprints(const struct state_context *context, int64_t count, const void *mem)
{
    bool is_new = strcmp(states_archive_format(context), "new") == 0;

    if (count <= 0) {
        return;
    }
    if (force(context)) {
        state_plan_warning(
            context->plan,
            mem_printf(mem, "the manager holds %lld blueprints: %s", (long long)count,
                       is_new ? "the restore adds to them (a second restore of the same archive "
                                "doubles all node instances)"
                              : "restore.force deletes them with all that depends on them"),
            "restore on a fresh manager");
        return;
    }
    state_plan_blocker(
        context->plan, FERRY_E_REFUSED,
        mem_printf(mem, "the manager is not empty: it holds %lld blueprints", (long long)count),
        is_new ? "has this archive been restored before? a second restore would double all node "
                 "instances; restore on a fresh manager"
               : "restore on a fresh manager, or set restore.force: true, which deletes what the "
                 "manager holds");
}

static void plan_twice(const struct state_context *context, const struct json *document,
                       const void *mem)
{
    const char *wrong = verify_twice_wrong(document, mem);

    if (wrong != NULL) {
        state_plan_blocker(context->plan, FERRY_E_REFUSED, wrong, VERIFY_TWICE_HINT);
    }
}

static void plan_flag(const struct state_context *context, const struct json *document,
                      const void *mem)
{
    if (cloudify_restore_flag_of(document) == CLOUDIFY_RESTORE_RUNNING) {
        state_plan_blocker(context->plan, FERRY_E_REFUSED,
                           "the manager says that a restore is running",
                           mem_printf(mem,
                                      "wait for its end; if none runs, an earlier one left its "
                                      "flag behind: rm -f %s on the manager",
                                      states_caps(context)->flag_path));
    }
}

/* The plan's questions after this one; the cursor is empty at the first. */
static void plan_next(const struct state_context *context, const struct state_unit *unit,
                      int64_t blueprints, struct state_verdict *verdict, const void *mem)
{
    bool first = states_cursor(unit)[0] == '\0' || verify_twice_at(unit);

    verdict->answer = STATE_DONE;
    if (verify_twice_wanted(context, blueprints) && !verify_twice_at(unit)) {
        states_next(verdict, mem, "deployments");
    } else if (first && states_caps(context)->has_snapshot_status) {
        states_next(verdict, mem, "flag");
    } else if (states_at(unit, "managers") && verify_networks_wanted(context)) {
        states_next(verdict, mem, "brokers");
    } else if (!verify_networks_at(unit) && states_caps(context)->cluster_status) {
        states_next(verdict, mem, "managers");
    }
}

/* facts 2.9: other managers of a cluster work on the data base that a restore replaces. */
static void plan_cluster(const struct state_context *context, const struct json *managers,
                         const void *mem)
{
    if (json_size(managers) > 1) {
        state_plan_warning(
            context->plan,
            mem_printf(mem, "the cluster has %zu managers: %s", json_size(managers),
                       verify_managers_named(managers, mem)),
            "stop all but the one that manager.url names before the restore; after it, restart "
            "cloudify-restservice on all of them");
    }
}

/* Which manager it is: a plan that was kept must not be run on another one. */
static void note_nodes(const struct json *managers, struct state_verdict *verdict, const void *mem)
{
    static const char *const keys[] = {"hostname", "private_ip", "fs_sync_node_id"};
    struct json *manager = json_set_object(state_facts(verdict, mem), "manager");
    struct json *nodes = json_set_array(manager, "nodes");

    for (const struct json *row = json_first(managers); row != NULL; row = json_next(row)) {
        struct json *node = json_push_object(nodes);

        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
            json_set_string(node, keys[i], cloudify_text(row, keys[i], NULL));
        }
    }
}

static void plan_networks(const struct state_context *context, const struct state_unit *unit,
                          const struct cloudify_answer *answer, struct state_verdict *verdict,
                          const void *mem)
{
    const char *wrong = verify_networks_wrong(context, unit, answer, mem);

    if (states_at(unit, "managers")) {
        note_nodes(cloudify_items(answer->document), verdict, mem);
        plan_cluster(context, cloudify_items(answer->document), mem);
    }
    if (wrong != NULL) {
        state_plan_blocker(context->plan, FERRY_E_REFUSED, wrong, VERIFY_NETWORKS_HINT);
    }
}

void verify_plan_judge(const struct state_context *context, const struct state_unit *units,
                       size_t n, const struct http_reply *reply, struct state_verdict *verdicts,
                       const void *mem)
{
    struct cloudify_answer answer;
    int64_t blueprints = 0;

    (void)n;
    cloudify_read(reply, &answer);
    if (verify_networks_passed_over(units, &answer)) {
        state_plan_warning(context->plan,
                           mem_printf(mem, "the manager does not tell its networks: %s",
                                      cloudify_describe(mem, &answer)),
                           NULL);
    } else if (!states_plan_read(context, reply, &answer, verdicts, mem)) {
        return;
    } else if (verify_networks_at(units)) {
        plan_networks(context, units, &answer, verdicts, mem);
    } else if (verify_twice_at(units)) {
        plan_twice(context, answer.document, mem);
    } else if (states_at(units, "flag")) {
        plan_flag(context, answer.document, mem);
    } else {
        blueprints = cloudify_total(answer.document);
        state_plan_units(context->plan, 1);
        state_plan_estimate(context->plan, 5 * STATES_SECOND_MS, "a few questions");
        plan_blueprints(context, blueprints, mem);
    }
    plan_next(context, units, blueprints, verdicts, mem);
}
