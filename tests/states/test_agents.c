#include "agent_rows.h"
#include "lab.h"

#include "base/buf.h"
#include "base/mem.h"
#include "cloudify/request.h"
#include "states/agents_join.h"

#define A (&state_install_new_agents)
#define UNAVAILABLE "{\"name\":\"install_new_agents\",\"is_available\":false}"

static void deployment_with_started_hosts_and_old_agents_gets_new_ones(void **state)
{
    struct lab *lab = lab_new(A);

    (void)state;
    expand(lab,
           list(lab,
                mem_printf(lab, "%s,%s", agent(lab, "d1", "vm1", "started"),
                           agent(lab, "d1", "vm2", "restored")),
                2),
           list(lab,
                mem_printf(lab,
                           "%s,%s,{\"id\":\"app\",\"host_id\":\"vm1\",\"state\":"
                           "\"uninitialized\",\"deployment_id\":\"d1\",\"tenant_name\":"
                           "\"acme\"}",
                           host(lab, "d1", "vm1", "started"), host(lab, "d1", "vm2", "started")),
                3),
           list(lab, deployment(lab, "d1", WORKFLOW), 1));
    eligible_is(lab, "[\"acme/d1\"]", "[]");
    lab_free(lab);
}

static void others_are_skipped_each_with_its_reason(void **state)
{
    struct lab *lab = lab_new(A);
    const char *agents = mem_printf(lab, "%s,%s,%s,%s", agent(lab, "stopped", "s1", "started"),
                                    agent(lab, "former", "f1", "upgraded"),
                                    agent(lab, "unavailable", "u1", "started"),
                                    agent(lab, "noflow", "n1", "started"));
    const char *hosts =
        mem_printf(lab, "%s,%s,%s,%s,%s,%s", host(lab, "stopped", "s1", "stopped"),
                   host(lab, "stopped", "s2", "uninitialized"),
                   host(lab, "former", "f1", "started"), host(lab, "unavailable", "u1", "started"),
                   host(lab, "noflow", "n1", "started"), host(lab, "agentless", "a1", "started"));
    const char *deployments =
        mem_printf(lab, "%s,%s,%s,%s,%s,%s", deployment(lab, "stopped", WORKFLOW),
                   deployment(lab, "former", WORKFLOW), deployment(lab, "unavailable", UNAVAILABLE),
                   deployment(lab, "noflow", "{\"name\":\"install\"}"),
                   deployment(lab, "hostless", WORKFLOW), deployment(lab, "agentless", WORKFLOW));

    (void)state;
    expand(lab, list(lab, agents, 4), list(lab, hosts, 6), list(lab, deployments, 6));
    eligible_is(lab, "[]",
                "[\"acme/stopped: host s1 is stopped, and 1 more are not started\","
                "\"acme/former: its hosts have no agents\","
                "\"acme/unavailable: the manager says that install_new_agents is not available for "
                "it\","
                "\"acme/noflow: it has no workflow install_new_agents\","
                "\"acme/hostless: it has no hosts\","
                "\"acme/agentless: its hosts have no agents\"]");
    lab_free(lab);
}

static void only_chosen_tenants_are_done(void **state)
{
    struct lab *lab = lab_new(A);

    (void)state;
    lab_option(lab, "agents.tenants", "[\"default_tenant\"]");
    expand(lab, list(lab, agent(lab, "d1", "vm1", "started"), 1),
           list(lab, host(lab, "d1", "vm1", "started"), 1),
           list(lab, deployment(lab, "d1", WORKFLOW), 1));
    eligible_is(lab, "[]", "[\"acme/d1: tenant acme is not chosen (agents.tenants)\"]");
    lab_free(lab);
}

static void host_with_an_agent_of_this_manager_is_not_given_a_second(void **state)
{
    struct lab *lab = lab_new(A);
    const char *old = agent(lab, "d1", "vm1", "upgraded");
    const char *fresh = "{\"id\":\"vm1_x\",\"node_instance_id\":\"vm1\",\"deployment\":\"d1\","
                        "\"tenant_name\":\"acme\",\"version\":\"7.1.0-.dev1\",\"state\":"
                        "\"started\",\"created_at\":\"2026-11-22T15:06:20.000Z\"}";

    (void)state;
    lab_fact(lab, "archive.version", "\"6.4.2\"");
    expand(lab, list(lab, mem_printf(lab, "%s,%s", old, fresh), 2),
           list(lab, host(lab, "d1", "vm1", "started"), 1),
           list(lab, deployment(lab, "d1", WORKFLOW), 1));
    eligible_is(lab, "[]", "[\"acme/d1: already has agents of this manager\"]");
    lab_free(lab);
}

static void same_version_counts_as_new_only_when_made_after_the_restore(void **state)
{
    struct agents_target target = {.version = "7.1.0.dev1", .since_ms = 1000};
    struct agents_row row = {.state = "started", .version = "7.1.0-.dev1", .created_ms = 2000};

    (void)state;
    assert_true(agents_is_new(&row, &target));
    row.created_ms = 500;
    assert_false(agents_is_new(&row, &target));
    target.since_ms = 0;
    assert_true(agents_is_new(&row, &target));
    row.state = "failed";
    assert_false(agents_is_new(&row, &target));
    row.state = "started";
    row.version = "6.4.2";
    assert_false(agents_is_new(&row, &target));
    row.version = "";
    assert_false(agents_is_new(&row, &target));
    struct lab *lab = lab_new(A); /* archive and manager both 7.1.0 */

    lab_fact(lab, "restore.since_ms", "1795356000000");
    expand(lab,
           list(lab,
                "{\"id\":\"vm1\",\"host_id\":\"vm1\",\"deployment\":\"d1\",\"tenant_name\":"
                "\"acme\",\"version\":\"7.1.0-.dev1\",\"state\":\"started\",\"created_at\":"
                "\"2026-11-20T15:06:20.000Z\"}",
                1),
           list(lab, host(lab, "d1", "vm1", "started"), 1),
           list(lab, deployment(lab, "d1", WORKFLOW), 1));
    eligible_is(lab, "[\"acme/d1\"]", "[]");
    lab_free(lab);
}

static void lists_are_read_page_by_page_by_their_total(void **state)
{
    struct lab *lab = lab_new(A);

    (void)state;
    lab_turn(lab, &A->expand, 200, list(lab, agent(lab, "d1", "vm1", "started"), 2));
    lab_asks(lab, &A->expand, "GET /api/v3.1/agents*");
    assert_non_null(strstr(lab->request->path, "&_offset=1"));
    lab_gets(lab, 200, list(lab, agent(lab, "d2", "vm2", "started"), 2));
    lab_turn(lab, &A->expand, 200, EMPTY);
    lab_turn(lab, &A->expand, 200, list(lab, deployment(lab, "d1", WORKFLOW), 2));
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &A->expand, "GET /api/v3.1/deployments*");
    assert_non_null(strstr(lab->request->path, "_size=200&_offset=1"));
    lab_gets(lab, 200, list(lab, deployment(lab, "d2", WORKFLOW), 2));
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void list_that_came_out_short_is_read_once_more(void **state)
{
    struct lab *lab = lab_new(A);

    (void)state;
    lab_turn(lab, &A->expand, 200, EMPTY);
    lab_turn(lab, &A->expand, 200, EMPTY);
    lab_turn(lab, &A->expand, 200, list(lab, deployment(lab, "d1", WORKFLOW), 2));
    lab_turn(lab, &A->expand, 200, list(lab, deployment(lab, "d1", WORKFLOW), 2)); /* twice */
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &A->expand, "GET /api/v3.1/deployments*");
    assert_null(strstr(lab->request->path, "_offset"));
    lab_gets(lab, 200,
             list(lab,
                  mem_printf(lab, "%s,%s", deployment(lab, "d1", WORKFLOW),
                             deployment(lab, "d2", WORKFLOW)),
                  2));
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void list_that_stays_short_does_not_go_on_for_ever(void **state)
{
    struct lab *lab = lab_new(A);

    (void)state;
    for (int i = 0; i < 3; i++) {
        lab_turn(lab, &A->expand, 200, list(lab, "", 5));
        lab_says(lab, STATE_AGAIN, NULL);
    }
    lab_asks(lab, &A->expand, "GET /api/v3.1/node-instances*");
    lab_gets(lab, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &A->expand, 503, "{\"error_code\":\"maintenance_mode_active\"}");
    lab_says(lab, STATE_CANNOT_TELL, "maintenance_mode_active");
    lab_free(lab);
}

static void recorded_lists_are_understood(void **state)
{
    struct lab *lab = lab_new(A);

    (void)state;
    lab_asks(lab, &A->expand, "GET /api/v3.1/agents*");
    lab_gets_recorded(lab, "13-lists", 15); /* the recorder has cut the list: the rest is a page */
    lab_asks(lab, &A->expand, "GET /api/v3.1/agents*");
    lab_gets(lab, 200, list(lab, "", 4));
    lab_asks(lab, &A->expand, "GET /api/v3.1/node-instances*");
    lab_gets_recorded(lab, "13-lists", 9);
    lab_asks(lab, &A->expand, "GET /api/v3.1/node-instances*");
    lab_gets(lab, 200, list(lab, "", 2));
    lab_asks(lab, &A->expand, "GET /api/v3.1/deployments*");
    lab_gets(
        lab, 200,
        list(lab,
             "{\"id\":\"dep-host-1\",\"tenant_name\":\"default_tenant\",\"workflows\":[" WORKFLOW
             "]}",
             1));
    eligible_is(lab, "[\"default_tenant/dep-host-1\"]", "[]");
    lab_free(lab);
}

static void start_carries_our_id_and_the_tenant(void **state)
{
    struct lab *lab = lab_new(A);

    (void)state;
    lab->units[0].key = "acme/dep/with/slash";
    lab_option(lab, "agents.stop_old", "true");
    lab_asks(lab, &A->act, "POST /api/v3.1/executions");
    assert_string_equal(lab_header(lab, "Tenant"), "acme");
    assert_string_equal(
        lab->request->body,
        "{\"id\":\"11111111-2222-4333-8444-555555555550\",\"deployment_id\":\"dep/with/slash\","
        "\"workflow_id\":\"install_new_agents\",\"parameters\":{\"install_agent_timeout\":300,"
        "\"stop_old_agent\":true},\"allow_custom_parameters\":true}");
    lab_gets_recorded(lab, "28-client-execution-id", 0);
    lab_says(lab, STATE_RUNNING, NULL);
    assert_string_equal(lab->units[0].remote_id, "7d3c1d0e-5f5a-4b7e-9d55-0a4f2f3f0001");
    lab_free(lab);
}

static void below_6_3_a_marker_stands_for_the_id(void **state)
{
    struct lab *lab = lab_new(A);
    struct state_timing timing = {0};

    (void)state;
    lab_version(lab, "6.0.1");
    lab->units[0].key = "acme/d1";
    lab_asks(lab, &A->act, "POST *");
    assert_null(strstr(lab->request->body, "\"id\":"));
    assert_non_null(
        strstr(lab->request->body, "\"ferry_unit\":\"11111111-2222-4333-8444-555555555550\""));
    lab_turn(lab, &A->act, 400, "{\"error_code\":\"existing_running_execution_error\"}");
    lab_says(lab, STATE_UNKNOWN, NULL); /* it may be ours, come late */
    lab->context.repeat = true;
    lab_asks(
        lab, &A->probe,
        "GET /api/v3.1/executions?deployment_id=d1&workflow_id=install_new_"
        "agents&_include=id%2Cstatus%2Cerror%2Ccreated_at%2Cstarted_at%2Cended_at%2Cparameters*");
    lab_gets(lab, 200,
             list(lab,
                  "{\"id\":\"e1\",\"status\":\"started\",\"parameters\":{\"ferry_unit\":\"other"
                  "\"}},{\"id\":\"e2\",\"status\":\"started\",\"parameters\":{\"ferry_unit\":"
                  "\"11111111-2222-4333-8444-555555555550\"}}",
                  2));
    lab_says(lab, STATE_RUNNING, NULL);
    assert_string_equal(lab->units[0].remote_id, "e2");
    A->timing(&lab->context, &timing);
    assert_int_equal(timing.settle_ms, 300000);
    lab_free(lab);
}

static void names_too_long_for_one_request_are_asked_for_by_workflow(void **state)
{
    struct lab *lab = lab_new(A);
    char key[2000] = "acme/";

    (void)state;
    lab_version(lab, "6.0.1");
    lab->context.repeat = true;
    memset(key + 5, 'x', 1900);
    lab->n = 3;
    for (size_t i = 0; i < 3; i++) {
        lab->units[i].key = key;
    }
    lab_asks(lab, &A->probe, "GET /api/v3.1/executions?workflow_id=install_new_agents*");
    lab_gets(lab, 200, list(lab, "{\"id\":\"x\"}", 5)); /* not complete: proves nothing */
    lab_says_at(lab, 2, STATE_CANNOT_TELL, "not complete");
    lab_free(lab);
}

static void refused_starts_are_told_apart(void **state)
{
    static const struct {
        const char *scenario;
        size_t index;
        enum state_answer answer;
    } recorded[] = {
        {"12-executions", 21, STATE_FAILED},          /* unavailable_workflow_error */
        {"12-executions", 27, STATE_RETRY},           /* another one runs */
        {"12-executions", 53, STATE_FAILED},          /* no such deployment */
        {"12-executions", 54, STATE_FAILED},          /* no such workflow */
        {"28-client-execution-id", 1, STATE_UNKNOWN}, /* our id is there: ask */
        {"11-maintenance", 80, STATE_RETRY},
        {"12-executions", 58, STATE_UNKNOWN}, /* 201 with id null */
    };
    struct lab *lab = lab_new(A);

    (void)state;
    lab->units[0].key = "acme/d1";
    for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
        lab_asks(lab, &A->act, "POST *");
        lab_gets_recorded(lab, recorded[i].scenario, recorded[i].index);
        lab_says(lab, recorded[i].answer, NULL);
    }
    lab_free(lab);
}

static void one_request_follows_many_executions(void **state)
{
    static const char *const ids[] = {"e0", "e1", "e2", NULL};
    struct lab *lab = lab_new(A);

    (void)state;
    lab->n = 4;
    for (size_t i = 0; i < 4; i++) {
        lab->units[i].remote_id = ids[i];
    }
    lab_asks(lab, &A->await,
             "GET /api/v3.1/executions?id=e0&id=e1&id=e2&id=11111111-2222-4333-8444-555555555550"
             "&_include=id%2Cstatus%2Cerror%2Ccreated_at%2Cstarted_at%2Cended_at&_all_tenants=true&"
             "_size=1000");
    lab_gets(lab, 200,
             list(lab,
                  "{\"id\":\"e0\",\"status\":\"terminated\",\"created_at\":"
                  "\"2026-11-22T15:06:06.291Z\",\"ended_at\":\"2026-11-22T15:06:13.791Z\"},"
                  "{\"id\":\"e1\",\"status\":"
                  "\"failed\",\"error\":\"Traceback\\n  E: Agent is not responding\\n\"},"
                  "{\"id\":\"e2\",\"status\":\"terminated\"},{\"id\":\"e2\",\"status\":"
                  "\"started\"}",
                  4));
    lab_says_at(lab, 0, STATE_DONE, NULL);
    assert_int_equal(lab->verdict[0].took_ms, 7500);
    lab_says_at(lab, 1, STATE_AGAIN, NULL); /* its hosts are asked about */
    assert_string_equal(json_string_or(lab->units[1].data, "why", ""),
                        "the workflow failed: E: Agent is not responding");
    lab_says_at(lab, 2, STATE_RUNNING, NULL); /* one id, two executions: the open one counts */
    lab_says_at(lab, 3, STATE_CANNOT_TELL, "not to be seen");
    assert_true(A->await.batch <= CLOUDIFY_IDS_MAX);
    lab_free(lab);
}

static void ends_and_waits_of_an_execution_are_explained(void **state)
{
    struct lab *lab = lab_new(A);

    (void)state;
    lab->units[0].remote_id = "e";
    lab_turn(lab, &A->await, 200, list(lab, "{\"id\":\"e\",\"status\":\"cancelled\"}", 1));
    lab_says(lab, STATE_FAILED, "cancelled by somebody");
    lab_turn(lab, &A->await, 200,
             list(lab, "{\"id\":\"e\",\"status\":\"failed\",\"error\":null}", 1));
    lab_says(lab, STATE_AGAIN, NULL);
    assert_string_equal(json_string_or(lab->units[0].data, "why", ""),
                        "the workflow failed: no reason given");
    lab_data(lab, "{\"ask\":null}");
    lab_turn(lab, &A->await, 200, list(lab, "{\"id\":\"e\",\"status\":\"queued\"}", 1));
    lab_says(lab, STATE_RUNNING, NULL);
    assert_null(lab->verdict[0].reason);
    lab->units[0].age_ms = 7 * 60000;
    lab_turn(lab, &A->await, 200, list(lab, "{\"id\":\"e\",\"status\":\"queued\"}", 1));
    lab_says(lab, STATE_RUNNING, "queued for 7 min");
    lab_turn(lab, &A->await, 200, list(lab, "{\"id\":\"e\",\"status\":\"dreaming\"}", 1));
    lab_says(lab, STATE_CANNOT_TELL, "dreaming");
    lab_turn(lab, &A->await, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab->n = 2;
    lab_turn(lab, &A->await, 502, "{}");
    lab_says_at(lab, 1, STATE_CANNOT_TELL, NULL);
    lab_free(lab);
}

static void lost_start_is_adopted_or_absent(void **state)
{
    struct lab *lab = lab_new(A);

    (void)state;
    lab->context.repeat = true;
    lab->units[0].age_ms = 0;
    lab->units[0].id = "7d3c1d0e-5f5a-4b7e-9d55-0a4f2f3f0001";
    lab_asks(lab, &A->probe, "GET /api/v3.1/executions?id=7d3c1d0e-*");
    lab_turn(lab, &A->probe, 200, EMPTY);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_turn(
        lab, &A->probe, 200,
        list(lab, "{\"id\":\"7d3c1d0e-5f5a-4b7e-9d55-0a4f2f3f0001\",\"status\":\"pending\"}", 1));
    lab_says(lab, STATE_RUNNING, NULL);
    lab_free(lab);
}

static void plan_counts_what_the_archive_holds(void **state)
{
    struct lab *lab = lab_new(A);
    struct state_timing timing = {0};

    (void)state;
    lab_needs_nothing(lab, &A->plan);
    lab_found(lab, "units", "6");
    lab_found(lab, "estimate", "60000 ms");
    lab_found(lab, "note", "old manager must stay up");
    lab_fact(lab, "archive.deployments_with_hosts", "0");
    lab_needs_nothing(lab, &A->plan);
    lab_found(lab, "skip", "no agents");
    lab_fact(lab, "archive", "null");
    lab_needs_nothing(lab, &A->plan);
    lab_found(lab, "note", "seen after the restore");
    lab_option(lab, "agents.concurrency", "7");
    lab_option(lab, "agents.poll_ms", "100");
    A->timing(&lab->context, &timing);
    assert_int_equal(timing.concurrency, 7);
    assert_int_equal(timing.interval_ms, 100);
    assert_int_equal(timing.quiet_ms, 100);
    assert_int_equal(timing.max_failures_percent, 10);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deployment_with_started_hosts_and_old_agents_gets_new_ones),
        cmocka_unit_test(others_are_skipped_each_with_its_reason),
        cmocka_unit_test(only_chosen_tenants_are_done),
        cmocka_unit_test(host_with_an_agent_of_this_manager_is_not_given_a_second),
        cmocka_unit_test(same_version_counts_as_new_only_when_made_after_the_restore),
        cmocka_unit_test(lists_are_read_page_by_page_by_their_total),
        cmocka_unit_test(list_that_came_out_short_is_read_once_more),
        cmocka_unit_test(list_that_stays_short_does_not_go_on_for_ever),
        cmocka_unit_test(recorded_lists_are_understood),
        cmocka_unit_test(start_carries_our_id_and_the_tenant),
        cmocka_unit_test(below_6_3_a_marker_stands_for_the_id),
        cmocka_unit_test(names_too_long_for_one_request_are_asked_for_by_workflow),
        cmocka_unit_test(refused_starts_are_told_apart),
        cmocka_unit_test(one_request_follows_many_executions),
        cmocka_unit_test(ends_and_waits_of_an_execution_are_explained),
        cmocka_unit_test(lost_start_is_adopted_or_absent),
        cmocka_unit_test(plan_counts_what_the_archive_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
