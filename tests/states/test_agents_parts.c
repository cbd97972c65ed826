/* Agents host by host: which are chosen, what a failure leaves, what never begins, validation. */
#include <stdio.h>
#include <string.h>

#include "agent_rows.h"
#include "base/attr.h"
#include "base/mem.h"
#include "cloudify/request.h"

#define A (&state_install_new_agents)

/* --- some hosts only --- */

static void only_hosts_that_need_one_get_an_agent(void **state)
{
    struct lab *lab = lab_new(A);
    const char *fresh = "{\"id\":\"vm2_x\",\"node_instance_id\":\"vm2\",\"deployment\":\"d1\","
                        "\"tenant_name\":\"acme\",\"version\":\"7.1.0-.dev1\",\"state\":"
                        "\"started\",\"created_at\":\"2026-11-22T15:06:20.000Z\"}";

    (void)state;
    lab_fact(lab, "archive.version", "\"6.4.2\"");
    expand(lab,
           list(lab,
                mem_printf(lab, "%s,%s,%s,%s", agent(lab, "d1", "vm1", "started"),
                           agent(lab, "d1", "vm2", "upgraded"), fresh,
                           agent(lab, "d1", "vm3", "started")),
                4),
           list(lab,
                mem_printf(lab, "%s,%s,%s,%s", host(lab, "d1", "vm1", "started"),
                           host(lab, "d1", "vm2", "started"), host(lab, "d1", "vm3", "stopped"),
                           host(lab, "d1", "vm4", "started")),
                4),
           list(lab, deployment(lab, "d1", WORKFLOW), 1));
    eligible_is(lab, "[\"acme/d1 {\\\"hosts\\\":[\\\"vm1\\\"]}\"]",
                "[\"acme/d1/vm2: already has an agent of this manager\","
                "\"acme/d1/vm3: host vm3 is stopped\",\"acme/d1/vm4: it has no agent\"]");
    lab->units[0].key = "acme/d1";
    lab_data(lab, "{\"given\":{\"hosts\":[\"vm1\"]}}");
    lab_asks(lab, &A->act, "POST *");
    assert_non_null(strstr(lab->request->body, "\"node_instance_ids\":[\"vm1\"]"));
    lab_free(lab);
}

/* Two deployments, d1 and e1, with a host each. */
static void expand_two(struct lab *lab)
{
    const char *agents = mem_printf(lab, "%s,%s", agent(lab, "d1", "vm1", "started"),
                                    agent(lab, "e1", "vm2", "started"));
    const char *hosts = mem_printf(lab, "%s,%s", host(lab, "d1", "vm1", "started"),
                                   host(lab, "e1", "vm2", "started"));

    expand(lab, list(lab, agents, 2), list(lab, hosts, 2),
           list(lab,
                mem_printf(lab, "%s,%s", deployment(lab, "d1", WORKFLOW),
                           deployment(lab, "e1", WORKFLOW)),
                2));
}

static void deployments_nodes_and_methods_can_be_chosen(void **state)
{
    static const struct {
        const char *option, *value, *added, *skipped;
    } rows[] = {
        {"agents.deployments", "[\"acme/d*\",\"x1\"]", "[\"acme/d1\"]",
         "[\"acme/e1: it is not chosen (agents.deployments)\"]"},
        {"agents.deployments", "[\"e?\"]", "[\"acme/e1\"]",
         "[\"acme/d1: it is not chosen (agents.deployments)\"]"},
        {"agents.node_instances", "[\"vm2\"]", "[\"acme/e1\"]",
         "[\"acme/d1: it is not chosen (agents.node_instances)\"]"},
        {"agents.install_methods", "[\"remote\"]", "[]",
         "[\"acme/d1: it is not chosen (agents.install_methods)\","
         "\"acme/e1: it is not chosen (agents.install_methods)\"]"},
        {"agents.nodes", "[\"vm\"]", "[]",
         "[\"acme/d1: it is not chosen (agents.nodes)\",\"acme/e1: it is not chosen "
         "(agents.nodes)\"]"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        struct lab *lab = lab_new(A);

        lab_option(lab, rows[i].option, rows[i].value);
        expand_two(lab);
        eligible_is(lab, rows[i].added, rows[i].skipped);
        lab_free(lab);
    }
}

static void below_5_0_5_agents_are_listed_tenant_by_tenant(void **state)
{
    struct lab *lab = lab_new(A);

    (void)state;
    lab_version(lab, "4.6");
    lab_asks(lab, &A->expand, "GET /api/v3.1/tenants*");
    lab_gets(lab, 200, list(lab, "{\"name\":\"acme\"},{\"name\":\"zeta\"}", 2));
    lab_asks(lab, &A->expand, "GET /api/v3.1/agents*");
    assert_string_equal(lab_header(lab, "Tenant"), "acme");
    assert_null(strstr(lab->request->path, "_all_tenants"));
    lab_gets(lab, 200,
             list(lab,
                  "{\"id\":\"vm1\",\"host_id\":\"vm1\",\"deployment\":\"d1\",\"tenant_name\":"
                  "\"acme\",\"version\":\"4.5.5\"}",
                  1));
    lab_asks(lab, &A->expand, "GET /api/v3.1/agents*");
    assert_string_equal(lab_header(lab, "Tenant"), "zeta");
    lab_gets(lab, 200, EMPTY);
    lab_asks(lab, &A->expand, "GET /api/v3.1/node-instances*");
    lab_gets(lab, 200, list(lab, host(lab, "d1", "vm1", "started"), 1));
    lab_turn(lab, &A->expand, 200, list(lab, deployment(lab, "d1", WORKFLOW), 1));
    lab_says(lab, STATE_DONE, NULL);
    eligible_is(lab, "[\"acme/d1\"]", "[]");
    lab_free(lab);
    lab = lab_new(A);
    lab_version(lab, "4.6");
    lab_option(lab, "agents.tenants", "[\"zeta\"]");
    lab_turn(lab, &A->expand, 200, list(lab, "{\"name\":\"acme\"},{\"name\":\"zeta\"}", 2));
    lab_asks(lab, &A->expand, "GET /api/v3.1/agents*");
    assert_string_equal(lab_header(lab, "Tenant"), "zeta");
    lab_free(lab);
}

static void parameters_are_those_of_the_configuration(void **state)
{
    struct lab *lab = lab_new(A);

    (void)state;
    lab->units[0].key = "acme/d1/vm1";
    lab_data(lab, "{\"given\":{\"host\":\"vm1\"}}");
    lab_option(lab, "agents.install_timeout", "600");
    lab_option(lab, "agents.manager_ip", "\"10.0.0.1\"");
    lab_option(lab, "agents.manager_certificate", "\"PEM\"");
    lab_option(lab, "agents.install_methods", "[\"remote\"]");
    lab_asks(lab, &A->act, "POST *");
    assert_string_equal(
        lab->request->body,
        "{\"id\":\"11111111-2222-4333-8444-555555555550\",\"deployment_id\":\"d1\","
        "\"workflow_id\":\"install_new_agents\",\"parameters\":{\"install_agent_timeout\":600,"
        "\"manager_ip\":\"10.0.0.1\",\"manager_certificate\":\"PEM\",\"install_methods\":"
        "[\"remote\"],\"node_instance_ids\":[\"vm1\"]},\"allow_custom_parameters\":true}");
    lab_free(lab);
}

/* --- a failure, and its hosts --- */

static struct lab *failed_lab(void)
{
    struct lab *lab = lab_new(A);

    lab_fact(lab, "archive.version", "\"6.4.2\"");
    lab->units[0].key = "acme/d1";
    lab->units[0].remote_id = "e";
    lab_turn(lab, &A->await, 200,
             list(lab, "{\"id\":\"e\",\"status\":\"failed\",\"error\":\"dead\"}", 1));
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &A->await, "GET /api/v3.1/agents?deployment_id=d1&_include=*");
    return lab;
}

static void a_failed_deployment_falls_back_to_its_hosts(void **state)
{
    struct lab *lab = failed_lab();

    (void)state;
    lab_gets(lab, 200,
             list(lab,
                  mem_printf(lab, "%s,%s,%s,%s", agent(lab, "d1", "vm1", "upgraded"),
                             new_agent(lab, "d1", "vm1"), agent(lab, "d1", "vm2", "failed"),
                             agent(lab, "d1", "vm3", "started")),
                  4));
    lab_says(lab, STATE_SPLIT,
             "failed as a whole (the workflow failed: dead); the hosts that are left are done one "
             "by one: 2 of 3");
    eligible_is(lab,
                "[\"acme/d1/vm2 {\\\"host\\\":\\\"vm2\\\"}\",\"acme/d1/vm3 "
                "{\\\"host\\\":\\\"vm3\\\"}\"]",
                "[]");
    assert_true(json_is_null(json_get(lab->units[0].data, "ask")) ||
                json_get(lab->units[0].data, "ask") == NULL);
    lab_free(lab);
}

static void what_cannot_be_divided_fails_and_what_is_complete_is_done(void **state)
{
    struct lab *lab = failed_lab();

    (void)state;
    lab_gets(lab, 200, list(lab, agent(lab, "d1", "vm1", "started"), 1));
    lab_says(lab, STATE_FAILED, "the workflow failed: dead");
    eligible_is(lab, "[]", "[]");
    lab_free(lab);
    lab = failed_lab();
    lab_gets(lab, 200, list(lab, new_agent(lab, "d1", "vm1"), 1));
    lab_says(lab, STATE_DONE, "each of its hosts has an agent of this manager");
    lab_free(lab);
    lab = failed_lab();
    lab_gets(lab, 200, list(lab, agent(lab, "d1", "vm1", "started"), 2000)); /* cut */
    lab_says(lab, STATE_FAILED, "dead");
    lab_free(lab);
    lab = failed_lab(); /* only one was its business */
    lab_data(lab, "{\"given\":{\"hosts\":[\"vm1\"]},\"ask\":\"hosts\",\"why\":\"dead\"}");
    lab_asks(lab, &A->await, "GET /api/v3.1/agents*");
    lab_gets(lab, 200,
             list(lab,
                  mem_printf(lab, "%s,%s", agent(lab, "d1", "vm1", "started"),
                             agent(lab, "d1", "vm2", "started")),
                  2));
    lab_says(lab, STATE_FAILED, "dead");
    lab_free(lab);
    lab = lab_new(A); /* a host has no parts */
    lab->units[0].key = "acme/d1/vm1";
    lab->units[0].remote_id = "e";
    lab_data(lab, "{\"given\":{\"host\":\"vm1\"}}");
    lab_turn(lab, &A->await, 200,
             list(lab, "{\"id\":\"e\",\"status\":\"failed\",\"error\":\"dead\"}", 1));
    lab_says(lab, STATE_FAILED, "the workflow failed: dead");
    lab_free(lab);
}

static void a_failure_found_by_a_probe_is_adopted_first(void **state)
{
    struct lab *lab = lab_new(A);

    (void)state;
    lab->context.repeat = true;
    lab->units[0].key = "acme/d1";
    lab_turn(lab, &A->probe, 200,
             list(lab,
                  "{\"id\":\"11111111-2222-4333-8444-555555555550\",\"status\":\"failed\","
                  "\"error\":\"dead\"}",
                  1));
    lab_says(lab, STATE_RUNNING, NULL);
    lab_free(lab);
}

static void questions_of_different_kinds_do_not_go_together(void **state)
{
    struct json *hosts, *cancels;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct state_unit plain = {.key = "a/b"}, asks = {.key = "a/c"}, cancelled = {.key = "a/d"};

    (void)state;
    hosts = json_object(scope);
    json_set_string(hosts, "ask", "hosts");
    asks.data = hosts;
    cancels = json_object(scope);
    json_set_string(cancels, "cancel", "e");
    cancelled.data = cancels;
    assert_true(A->await.together(&plain, &plain));
    assert_true(A->await.together(&asks, &asks));
    assert_false(A->await.together(&plain, &asks));
    assert_false(A->await.together(&cancelled, &plain));
}

static void hosts_of_one_deployment_are_kept_apart(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *one = json_object(scope), *two = json_object(scope);
    struct state_unit a = {.key = "t/d/vm1"}, b = {.key = "t/d/vm22"}, whole = {.key = "t/d"},
                      other = {.key = "t/e/vm1"}, plain = {.key = "t/d2"};

    (void)state;
    json_set_string(json_set_object(one, "given"), "host", "vm1");
    json_set_string(json_set_object(two, "given"), "host", "vm22");
    a.data = other.data = one;
    b.data = two;
    assert_true(A->apart(&a, &b));
    assert_true(A->apart(&a, &whole));
    assert_false(A->apart(&a, &other));
    assert_false(A->apart(&a, &plain));
    assert_false(A->apart(&whole, &plain));
    assert_false(A->apart(&whole, &whole));
}

static void more_deployments_than_fit_are_asked_about_in_turn(void **state)
{
    char keys[4][1700];
    struct lab *lab = lab_new(A);

    (void)state;
    lab->n = 4;
    for (int i = 0; i < 4; i++) {
        snprintf(keys[i], sizeof keys[i], "acme/d%d", i);
        if (i > 0) {
            memset(keys[i] + 7, 'x', 1600);
            keys[i][1607] = '\0';
        }
        lab->units[i].key = keys[i];
        lab->units[i].remote_id = "e";
    }
    lab_turn(lab, &A->await, 200, list(lab, "{\"id\":\"e\",\"status\":\"failed\"}", 1));
    lab_turn(lab, &A->await, 200, EMPTY);
    assert_true(strlen(lab->request->path) < CLOUDIFY_PATH_MAX);
    lab_says_at(lab, 0, STATE_FAILED, "no reason given");
    lab_says_at(lab, 3, STATE_AGAIN, NULL);
    lab_free(lab);
}

/* --- a further attempt --- */

static void before_a_further_attempt_the_agents_are_asked_about(void **state)
{
    struct lab *lab = lab_new(A);

    (void)state;
    assert_true(A->flags & STATE_PROBE_AGAIN);
    lab_fact(lab, "archive.version", "\"6.4.2\"");
    lab->units[0].key = "acme/d1";
    lab->units[0].attempt = 2;
    lab_asks(lab, &A->probe, "GET /api/v3.1/agents?deployment_id=d1&*");
    lab_gets(lab, 200,
             list(lab,
                  mem_printf(lab, "%s,%s", new_agent(lab, "d1", "vm1"),
                             agent(lab, "d1", "vm2", "started")),
                  2));
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &A->act, "POST *");
    assert_non_null(strstr(lab->request->body, "\"node_instance_ids\":[\"vm2\"]"));
    lab_turn(lab, &A->probe, 200, list(lab, new_agent(lab, "d1", "vm2"), 1));
    lab_says(lab, STATE_DONE, NULL);
    lab_turn(lab, &A->probe, 200, list(lab, agent(lab, "d1", "vm2", "started"), 1));
    lab_says(lab, STATE_ABSENT, NULL);
    lab_turn(lab, &A->probe, 200, list(lab, agent(lab, "d1", "vm2", "started"), 7));
    lab_says(lab, STATE_CANNOT_TELL, "not complete");
    lab_free(lab);
}

/* --- what never begins --- */

#define NEVER(status) "{\"id\":\"e\",\"status\":\"" status "\",\"started_at\":null}"
#define BEGAN(status)                                                                              \
    "{\"id\":\"e\",\"status\":\"" status "\",\"started_at\":\"2026-11-22T15:06:06.291Z\"}"

static struct lab *pending_lab(const char *data)
{
    struct lab *lab = lab_new(A);

    lab->units[0].key = "acme/d1";
    lab->units[0].remote_id = "e";
    lab->units[0].age_ms = 7 * 60000;
    lab_data(lab, data);
    return lab;
}

static void pending_for_too_long_is_cancelled_by_an_act_of_its_own(void **state)
{
    struct lab *lab = pending_lab("{}");

    (void)state;
    lab->units[0].age_ms = 4 * 60000;
    lab_turn(lab, &A->await, 200, list(lab, NEVER("pending"), 1));
    lab_says(lab, STATE_RUNNING, NULL);
    lab->units[0].age_ms = 7 * 60000;
    lab_turn(lab, &A->await, 200, list(lab, NEVER("pending"), 1));
    lab_says(lab, STATE_NEXT, "pending for 7 min");
    lab_data_is(lab, "{\"cancel\":\"e\",\"never\":1}");
    lab_needs_nothing(lab, &A->probe); /* before the act: nothing to ask */
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &A->act, "POST /api/v3.1/executions/e");
    assert_string_equal(lab_header(lab, "Tenant"), "acme");
    assert_string_equal(lab->request->body, "{\"action\":\"cancel\"}");
    lab_gets(lab, 200, "{\"id\":\"e\",\"status\":\"cancelling\"}");
    lab_says(lab, STATE_RUNNING, NULL);
    lab->units[0].age_ms = 1000;
    lab_turn(lab, &A->await, 200, list(lab, NEVER("cancelling"), 1));
    lab_says(lab, STATE_RUNNING, NULL);
    lab_turn(lab, &A->await, 200, list(lab, NEVER("cancelled"), 1));
    lab_says(lab, STATE_NEXT, "begun anew");
    assert_null(json_string_or(lab->units[0].data, "cancel", NULL));
    assert_int_equal(json_int64_or(lab->units[0].data, "never", 0), 1);
    lab_free(lab);
}

static void the_patience_with_pending_can_be_chosen(void **state)
{
    struct lab *lab = pending_lab("{}");

    (void)state;
    lab_option(lab, "agents.pending_ms", "480000");
    lab_turn(lab, &A->await, 200, list(lab, NEVER("pending"), 1));
    lab_says(lab, STATE_RUNNING, NULL);
    lab_option(lab, "agents.pending_ms", "1000");
    lab_turn(lab, &A->await, 200, list(lab, NEVER("pending"), 1));
    lab_says(lab, STATE_NEXT, NULL);
    lab_free(lab);
}

static void what_is_not_even_cancelled_is_killed_if_it_never_began(void **state)
{
    struct lab *lab = pending_lab("{\"cancel\":\"e\",\"never\":1}");

    (void)state;
    lab_turn(lab, &A->await, 200, list(lab, BEGAN("cancelling"), 1));
    lab_says(lab, STATE_RUNNING, NULL); /* it works: never killed */
    lab_turn(lab, &A->await, 200, list(lab, NEVER("cancelling"), 1));
    lab_says(lab, STATE_NEXT, "it is killed");
    lab_asks(lab, &A->act, "POST /api/v3.1/executions/e");
    assert_string_equal(lab->request->body, "{\"action\":\"kill\"}");
    lab_gets(lab, 200, "{\"id\":\"e\",\"status\":\"kill_cancelling\"}");
    lab_turn(lab, &A->await, 200, list(lab, NEVER("kill_cancelling"), 1));
    lab_says(lab, STATE_RUNNING, NULL);
    lab_turn(lab, &A->await, 200, list(lab, NEVER("cancelled"), 1));
    lab_says(lab, STATE_NEXT, "begun anew");
    assert_false(json_bool_or(lab->units[0].data, "kill", false));
    lab_free(lab);
}

static void an_open_cancel_is_answered_by_the_executions_state(void **state)
{
    static const struct {
        const char *data, *row;
        enum state_answer answer;
    } rows[] = {
        {"{\"cancel\":\"e\",\"never\":1}", NEVER("pending"), STATE_ABSENT},
        {"{\"cancel\":\"e\",\"never\":1}", NEVER("cancelling"), STATE_RUNNING},
        {"{\"cancel\":\"e\",\"never\":1}", NEVER("cancelled"), STATE_NEXT},
        {"{\"cancel\":\"e\",\"never\":1}", BEGAN("started"), STATE_RUNNING},
        {"{\"cancel\":\"e\",\"never\":1}", BEGAN("terminated"), STATE_DONE},
        {"{\"cancel\":\"e\",\"never\":1}", BEGAN("cancelled"), STATE_RUNNING}, /* await divides */
        {"{\"cancel\":\"e\",\"kill\":true,\"never\":1}", NEVER("cancelling"), STATE_ABSENT},
        {"{\"cancel\":\"e\",\"kill\":true,\"never\":1}", NEVER("kill_cancelling"), STATE_RUNNING},
        {"{\"cancel\":\"e\",\"never\":2}", NEVER("cancelled"), STATE_FAILED},
        {"{\"cancel\":\"e\",\"never\":1}", "", STATE_CANNOT_TELL},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        struct lab *lab = pending_lab(rows[i].data);

        lab->context.repeat = true;
        lab_asks(lab, &A->probe, "GET /api/v3.1/executions?id=e&*");
        lab_gets(lab, 200, list(lab, rows[i].row, rows[i].row[0] != '\0'));
        lab_says(lab, rows[i].answer, NULL);
        lab_free(lab);
    }
}

static void one_that_began_while_it_was_cancelled_has_its_hosts_looked_at(void **state)
{
    struct lab *lab = pending_lab("{\"cancel\":\"e\",\"never\":1}");

    (void)state;
    lab_turn(lab, &A->await, 200, list(lab, BEGAN("cancelled"), 1));
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &A->await, "GET /api/v3.1/agents*");
    lab_gets(lab, 200, list(lab, agent(lab, "d1", "vm1", "started"), 1));
    lab_says(lab, STATE_FAILED, "began while ferry cancelled it");
    lab_free(lab);
}

static void a_refused_cancel_lets_the_list_decide(void **state)
{
    struct lab *lab = pending_lab("{\"cancel\":\"e\",\"never\":1}");

    (void)state;
    lab_turn(lab, &A->act, 400, "{\"error_code\":\"illegal_action_error\",\"message\":\"ended\"}");
    lab_says(lab, STATE_RUNNING, NULL);
    assert_null(lab->verdict[0].reason);
    lab_turn(lab, &A->act, 502, "{}");
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_free(lab);
}

/* --- policy --- */

static void waves_and_policy_come_from_the_configuration(void **state)
{
    struct lab *lab = lab_new(A);
    struct state_timing timing = {0};

    (void)state;
    lab_option(lab, "agents.poll_ms", "null");
    A->timing(&lab->context, &timing);
    assert_true(timing.adaptive);
    assert_null(timing.waves);
    assert_false(timing.stop_on_failure);
    lab_option(lab, "agents.waves", "[\"1\",\"rest\"]");
    lab_option(lab, "agents.on_failure", "\"stop\"");
    lab_option(lab, "agents.waves_anew", "true");
    A->timing(&lab->context, &timing);
    assert_int_equal(json_size(timing.waves), 2);
    assert_true(timing.waves_anew);
    assert_true(timing.stop_on_failure);
    lab_free(lab);
}

/* --- validate_agents --- */

#define V (&state_validate_agents)
#define BOTH WORKFLOW ",{\"name\":\"validate_agents\",\"is_available\":true}"

static void validation_is_skipped_unless_asked_for(void **state)
{
    struct lab *lab = lab_new(V);

    (void)state;
    lab_needs_nothing(lab, &V->expand);
    lab_says(lab, STATE_SKIP, "not asked for");
    lab_needs_nothing(lab, &V->plan);
    lab_found(lab, "skip", "not asked for");
    lab_option(lab, "agents.validate", "true");
    lab_needs_nothing(lab, &V->plan);
    lab_found(lab, "note", "asked once more");
    lab_free(lab);
}

static void new_agents_get_time_and_are_then_asked(void **state)
{
    struct lab *lab = lab_new(V);

    (void)state;
    lab_option(lab, "agents.validate", "true");
    lab_fact(lab, "archive.version", "\"6.4.2\"");
    lab_needs_nothing(lab, &V->expand);
    lab_says(lab, STATE_AGAIN, "time to connect");
    assert_int_equal(lab->verdict[0].wait_ms, 60000);
    lab_turn(lab, &V->expand, 200,
             list(lab,
                  mem_printf(lab, "%s,%s,%s", new_agent(lab, "d1", "vm1"),
                             agent(lab, "d2", "vm2", "failed"), new_agent(lab, "d3", "vm3")),
                  3));
    lab_turn(lab, &V->expand, 200,
             list(lab,
                  mem_printf(lab, "%s,%s,%s,%s", host(lab, "d1", "vm1", "started"),
                             host(lab, "d2", "vm2", "started"), host(lab, "d3", "vm3", "started"),
                             host(lab, "d3", "vm4", "stopped")),
                  4));
    lab_turn(lab, &V->expand, 200,
             list(lab,
                  mem_printf(lab, "%s,%s,%s", deployment(lab, "d1", BOTH),
                             deployment(lab, "d2", BOTH), deployment(lab, "d3", BOTH)),
                  3));
    lab_says(lab, STATE_DONE, NULL);
    eligible_is(lab, "[\"acme/d1\",\"acme/d3 {\\\"hosts\\\":[\\\"vm3\\\"]}\"]",
                "[\"acme/d2: none of its hosts has an agent of this manager\"]");
    lab->units[0].key = "acme/d3";
    lab_data(lab, "{\"given\":{\"hosts\":[\"vm3\"]}}");
    lab_asks(lab, &V->act, "POST /api/v3.1/executions");
    assert_string_equal(
        lab->request->body,
        "{\"id\":\"11111111-2222-4333-8444-555555555550\",\"deployment_id\":\"d3\","
        "\"workflow_id\":\"validate_agents\",\"parameters\":{\"node_instance_ids\":[\"vm3\"]},"
        "\"allow_custom_parameters\":true}");
    lab_gets(lab, 201, "{\"id\":\"e\",\"status\":\"pending\"}");
    lab_says(lab, STATE_RUNNING, NULL);
    lab_turn(lab, &V->await, 200,
             list(lab, "{\"id\":\"e\",\"status\":\"failed\",\"error\":\"dead\"}", 1));
    lab_says(lab, STATE_FAILED, "dead"); /* it has no parts */
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_hosts_that_need_one_get_an_agent),
        cmocka_unit_test(deployments_nodes_and_methods_can_be_chosen),
        cmocka_unit_test(below_5_0_5_agents_are_listed_tenant_by_tenant),
        cmocka_unit_test(parameters_are_those_of_the_configuration),
        cmocka_unit_test(a_failed_deployment_falls_back_to_its_hosts),
        cmocka_unit_test(what_cannot_be_divided_fails_and_what_is_complete_is_done),
        cmocka_unit_test(a_failure_found_by_a_probe_is_adopted_first),
        cmocka_unit_test(questions_of_different_kinds_do_not_go_together),
        cmocka_unit_test(hosts_of_one_deployment_are_kept_apart),
        cmocka_unit_test(more_deployments_than_fit_are_asked_about_in_turn),
        cmocka_unit_test(before_a_further_attempt_the_agents_are_asked_about),
        cmocka_unit_test(pending_for_too_long_is_cancelled_by_an_act_of_its_own),
        cmocka_unit_test(the_patience_with_pending_can_be_chosen),
        cmocka_unit_test(what_is_not_even_cancelled_is_killed_if_it_never_began),
        cmocka_unit_test(an_open_cancel_is_answered_by_the_executions_state),
        cmocka_unit_test(one_that_began_while_it_was_cancelled_has_its_hosts_looked_at),
        cmocka_unit_test(a_refused_cancel_lets_the_list_decide),
        cmocka_unit_test(waves_and_policy_come_from_the_configuration),
        cmocka_unit_test(validation_is_skipped_unless_asked_for),
        cmocka_unit_test(new_agents_get_time_and_are_then_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
