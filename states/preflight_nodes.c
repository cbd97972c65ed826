/*
 * The managers and brokers of the target: whether they have the networks that agents of the archive
 * live in (a legacy restore refuses otherwise, facts 2.4), and whether there are several managers,
 * which all work on the data base that a restore replaces (facts 2.9).
 */
#include <string.h>

#include "base/mem.h"
#include "states/preflight.h"
#include "states/verify_networks.h"

#define NETWORKS "networks"
#define CLUSTER "cluster_nodes"

static bool has_networks(const struct state_context *context)
{
    return json_size(json_get(context->facts, "archive.networks")) > 0;
}

/* What needs no question about networks; true: the brokers need not be asked. */
static bool networks_without_question(const struct state_context *context, const void *mem)
{
    if (verify_networks_wanted(context)) {
        return false;
    }
    if (preflight_unseen(context)) {
        preflight_say_unseen(context, mem, NETWORKS);
    } else if (strcmp(states_archive_format(context), "new") == 0) {
        preflight_say(context, mem, NETWORKS, STATE_CHECK_OK, NULL,
                      "a restore of the new format does not compare networks");
    } else if (!has_networks(context)) {
        preflight_say(context, mem, NETWORKS, STATE_CHECK_OK, NULL,
                      "no agent of the archive lives in a named network");
    } else {
        preflight_say(context, mem, NETWORKS, STATE_CHECK_CANNOT_TELL,
                      "compare them with the networks of the manager's configuration",
                      "manager %s does not tell its networks (before 5.0.5)",
                      json_string_or(context->facts, "manager.version", "?"));
    }
    return true;
}

static bool ask(const struct state_context *context, const struct state_unit *units, size_t n,
                struct http_request **request, struct state_verdict *verdicts, const void *mem)
{
    struct cloudify_caller caller = states_reader(context);
    const char *resource = states_at(units, "brokers") ? "brokers" : "managers";

    (void)n;
    if (!preflight_can_ask(context, verdicts)) {
        return false;
    }
    if (!states_caps(context)->cluster_status) { /* facts 1.0: neither list before 5.0.5 */
        (void)networks_without_question(context, mem);
        preflight_say(context, mem, CLUSTER, STATE_CHECK_CANNOT_TELL,
                      "cfy cluster status on the manager; a restore wants a single node",
                      "manager %s does not list its nodes (before 5.0.5)",
                      json_string_or(context->facts, "manager.version", "?"));
        verdicts->answer = STATE_DONE;
        return false;
    }
    cloudify_ask_list(states_request(request, mem), &caller,
                      &(struct cloudify_list){.resource = resource});
    return true;
}

static void check_cluster(const struct state_context *context, const struct json *managers,
                          const void *mem)
{
    size_t count = json_size(managers);

    if (count > 1) {
        preflight_say(context, mem, CLUSTER, STATE_CHECK_WARNING,
                      "stop all but the one that manager.url names before the restore; after it, "
                      "restart cloudify-restservice on all of them",
                      "the cluster has %zu managers: %s", count,
                      verify_managers_named(managers, mem));
    } else {
        preflight_say(context, mem, CLUSTER, STATE_CHECK_OK, NULL, "a single manager: %s",
                      verify_managers_named(managers, mem));
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

        for (size_t i = 0; i < FERRY_COUNT(keys); i++) {
            json_set_string(node, keys[i], cloudify_text(row, keys[i], NULL));
        }
    }
}

/* Said after the managers and after the brokers: one that lacks a network is enough to stop. */
static void check_networks(const struct state_context *context, const struct state_unit *unit,
                           const struct cloudify_answer *answer, const void *mem)
{
    const char *wrong = verify_networks_wrong(context, unit, answer, mem);
    const struct json *first = json_first(json_get(context->facts, "archive.networks"));

    if (wrong != NULL) {
        state_plan_check(context->plan, NETWORKS, STATE_CHECK_STOPS, wrong, VERIFY_NETWORKS_HINT);
    } else if (states_at(unit, "brokers")) {
        preflight_say(context, mem, NETWORKS, STATE_CHECK_OK, NULL,
                      "manager and broker have every network that agents use: %s%s",
                      json_text(first) == NULL ? "?" : json_text(first),
                      json_next(first) == NULL ? "" : " and others");
    }
}

static void judge(const struct state_context *context, const struct state_unit *units, size_t n,
                  const struct http_reply *reply, struct state_verdict *verdict, const void *mem)
{
    struct state_unit managers = *units;
    struct json *at = json_object(mem);
    struct cloudify_answer answer;
    bool brokers = states_at(units, "brokers");
    bool fine = preflight_read(context, brokers ? NETWORKS : CLUSTER, reply, &answer, verdict, mem);

    (void)n;
    if (answer.kind == CLOUDIFY_DENIED) {
        return;
    }
    if (brokers) {
        if (fine) {
            check_networks(context, units, &answer, mem);
        }
        return;
    }
    json_set_string(at, "ask", "managers"); /* the first question has an empty cursor */
    managers.data = at;
    if (fine) {
        note_nodes(cloudify_items(answer.document), verdict, mem);
    }
    if (networks_without_question(context, mem)) {
        if (fine) {
            check_cluster(context, cloudify_items(answer.document), mem);
        }
    } else if (!fine) {
        preflight_say(context, mem, NETWORKS, STATE_CHECK_CANNOT_TELL,
                      "compare them with the networks of the manager's configuration",
                      "the manager does not tell its networks: %s",
                      cloudify_describe(mem, &answer));
    } else {
        check_cluster(context, cloudify_items(answer.document), mem);
        check_networks(context, &managers, &answer, mem);
        states_next(verdict, mem, "brokers");
    }
}

const struct ferry_state preflight_nodes = {
    .name = "preflight_nodes",
    .summary = "compares networks, and counts the nodes of a cluster",
    .plan = {.ask = ask, .judge = judge},
};
