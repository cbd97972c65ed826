/* install_new_agents on hosts that are dead, stopped, without agent, resumed (facts 3.1 to 3.4). */
#include "ferry_test.h"

#include <string.h>

#include "base/mem.h"
#include "practice/replay/archives.h"
#include "practice/server/bench.h"

/* d1 has the hosts vm_1 and vm_2 and an agentless one, d2 has vm_3, d3 none. */
#define HOST(dep, name, state, dead)                                                               \
    "{\"id\": \"" name "\", \"deployment\": \"" dep "\", \"node\": \"vm\", \"host_id\": \"" name   \
    "\", \"state\": \"" state "\", \"dead\": " dead "}"
#define AGENT(dep, name, method)                                                                   \
    "{\"name\": \"" name "\", \"deployment\": \"" dep                                              \
    "\", \"node\": \"vm\", \"instance\": \"" name                                                  \
    "\", \"state\": \"started\", \"install_method\": \"" method "\", \"version\": \"6.4.2\"}"
#define NODE(dep)                                                                                  \
    "{\"id\": \"vm\", \"deployment\": \"" dep "\", \"type\": \"cloudify.nodes.Compute\","          \
    " \"type_hierarchy\": [\"cloudify.nodes.Root\", \"cloudify.nodes.Compute\"], \"instances\": "  \
    "1,"                                                                                           \
    " \"is_host\": true}"

static const char content
    [] = "{\"version\": \"7.1.0\", \"blueprints\": [{\"id\": \"bp\"}], \"deployments\": ["
         "{\"id\": \"d1\", \"blueprint\": \"bp\"}, {\"id\": \"d2\", \"blueprint\": \"bp\"},"
         " {\"id\": \"d3\", \"blueprint\": \"bp\"}],"
         " \"nodes\": [" NODE("d1") ", " NODE(
             "d2") "],"
                   " \"instances\": [" HOST("d1", "vm_1", "started", "false") ", " HOST("d1", "vm_2", "%s", "%s") ", " HOST(
                       "d1", "vm_n", "started",
                       "false") ", " HOST("d2", "vm_3", "started",
                                          "false") "],"
                                                   " \"agents\": [" AGENT("d1", "vm_1", "remote") ", " AGENT(
                                                       "d1", "vm_2",
                                                       "init_script") ", " AGENT("d1", "vm_n",
                                                                                 "none") ", " AGENT("d2",
                                                                                                    "vm_3",
                                                                                                    "remote") "]}";

static struct bench *with_hosts(const char *version, const char *state, const char *dead)
{
    struct bench *bench = bench_start(version, "1", NULL);
    live_set(&bench->live, "set", "{\"freeze\": true}");
    const char *file = mem_printf(bench, "%s/content.json", bench->live.data);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    (void)fprintf(out, content, state, dead);
    (void)fclose(out);
    live_set(&bench->live, "load", mem_printf(bench, "{\"path\": \"%s\"}", file));
    return bench;
}

static struct answer begin(struct bench *bench, const char *deployment, const char *parameters)
{
    return bench_ask(bench, "POST", "/api/v3.1/executions",
                     mem_printf(bench,
                                "{\"deployment_id\": \"%s\", \"workflow_id\":"
                                " \"install_new_agents\", \"parameters\": %s,"
                                " \"allow_custom_parameters\": true}",
                                deployment, parameters));
}

static struct answer row(struct bench *bench, const char *id)
{
    return bench_ask(bench, "GET", mem_printf(bench, "/api/v3.1/executions/%s", id), NULL);
}

/* Runs it to its end; the execution. */
static struct answer run(struct bench *bench, const char *deployment, const char *parameters)
{
    struct answer answer = begin(bench, deployment, parameters);
    assert_int_equal(answer.status, 201);
    live_advance(&bench->live, 3600000); /* longer than 60 tries of a dead agent */
    bench_settle(bench);
    return row(bench, bench_text(&answer, "id"));
}

static int64_t agents(struct bench *bench, const char *key)
{
    struct answer answer = bench_plain(bench, "GET", "/practice/ledger");
    return json_int64_or(json_get(answer.json, "agents"), key, -1);
}

static void hosts_get_new_agents_and_those_without_are_left(void **state)
{
    (void)state;
    struct bench *bench = with_hosts("7.1.0", "started", "false");
    assert_int_equal(agents(bench, "hosts"), 3);
    assert_int_equal(agents(bench, "missing"), 3);
    struct answer answer = run(bench, "d1", "{}");
    assert_string_equal(bench_text(&answer, "status"), "terminated");
    assert_int_equal(agents(bench, "new"), 2);
    assert_int_equal(agents(bench, "missing"), 1);
    assert_int_equal(agents(bench, "doubled"), 0);
    struct answer list = bench_ask(bench, "GET",
                                   "/api/v3.1/agents?deployment_id=d1&state=started"
                                   "&node_instance_ids=vm_1",
                                   NULL);
    const struct json *agent = json_at(json_get(list.json, "items"), 0);
    assert_string_equal(json_string_or(agent, "version", ""), "7.1.0");
    assert_memory_equal(json_string_or(agent, "id", ""), "vm_1_", 5);
    /* Facts 3.3: a second run is not nothing. */
    answer = run(bench, "d1", "{}");
    assert_string_equal(bench_text(&answer, "status"), "terminated");
    assert_int_equal(agents(bench, "doubled"), 2);
    struct answer ledger = bench_plain(bench, "GET", "/practice/ledger");
    const struct json *doubled = json_get(ledger.json, "agents.doubled_in");
    assert_int_equal(json_size(doubled), 1);
    assert_string_equal(json_key(json_first(doubled)), "default_tenant/d1");
    ledger = bench_plain(bench, "GET", "/practice/agents");
    assert_int_equal(json_size(ledger.json), 2);
    bench_end(bench);
}

static const char dead_text[] =
    "Last validation attempt has shown that agent is dead. Rerun validation.";

/* Facts 3.2, 10.1: 60 tries of 46 s; one dead host fails the whole deployment. */
static void one_dead_host_fails_its_deployment_after_46_minutes(void **state)
{
    (void)state;
    struct bench *bench = with_hosts("7.1.0", "started", "true");
    struct answer answer = begin(bench, "d1", "{}");
    const char *id = bench_text(&answer, "id");
    live_advance(&bench->live, 2700000);
    answer = row(bench, id);
    assert_string_equal(bench_text(&answer, "status"), "started");
    live_advance(&bench->live, 120000);
    answer = row(bench, id);
    assert_string_equal(bench_text(&answer, "status"), "failed");
    assert_non_null(strstr(bench_text(&answer, "error"), dead_text));
    assert_int_equal(agents(bench, "new"), 0);
    answer = run(bench, "d1", "{\"node_instance_ids\": [\"vm_1\"]}");
    assert_string_equal(bench_text(&answer, "status"), "terminated");
    assert_int_equal(agents(bench, "new"), 1);
    answer = run(bench, "d1", "{\"install_methods\": [\"init_script\"]}");
    assert_string_equal(bench_text(&answer, "status"), "failed");
    live_set(&bench->live, "set", "{\"dead_revived\": true}");
    answer = run(bench, "d1", "{\"node_instance_ids\": [\"vm_2\"]}");
    assert_string_equal(bench_text(&answer, "status"), "terminated");
    assert_int_equal(agents(bench, "doubled"), 0);
    bench_end(bench);
}

static void hosts_die_by_list_and_by_share(void **state)
{
    static const struct {
        const char *set, *status;
    } rows[] = {{"{\"dead_hosts\": [\"vm_3\"]}", "failed"},
                {"{\"dead_hosts\": [\"default_tenant/vm_3\"]}", "failed"},
                {"{\"dead_hosts\": [\"acme/vm_3\"]}", "terminated"},
                {"{\"dead_hosts\": null, \"dead_share\": 1}", "failed"},
                {"{\"dead_share\": 1, \"alive_hosts\": [\"default_tenant/vm_3\"]}", "terminated"},
                {"{\"dead_share\": null, \"settings\": {\"dead.vm_3\": \"1\"}}", "failed"},
                {"{\"settings\": {\"dead.vm_3\": null}}", "terminated"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *bench = with_hosts("7.1.0", "started", "false");
        live_set(&bench->live, "set", "{\"settings\": {\"seconds.dead_agent\": \"6\"}}");
        live_set(&bench->live, "set", rows[i].set);
        struct answer answer = run(bench, "d2", "{}");
        assert_string_equal(bench_text(&answer, "status"), rows[i].status);
        bench_end(bench);
    }
}

static void stopped_hosts_and_wrong_filters_fail_at_once(void **state)
{
    static const struct {
        const char *parameters, *status, *error;
    } rows[] = {
        {"{}", "failed", "Node vm_2 is not started (state: stopped)"},
        {"{\"node_instance_ids\": [\"vm_1\"]}", "terminated", ""},
        {"{\"node_instance_ids\": [\"vm_9\"]}", "failed", "Specified filters are not correct:"},
        {"{\"node_instance_ids\": [\"vm_n\"]}", "failed", "Specified filters are not correct:"},
        {"{\"node_ids\": [\"app\"]}", "failed", "Specified filters are not correct:"},
        {"{\"install_methods\": [\"plugin\"]}", "terminated", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *bench = with_hosts("7.1.0", "stopped", "false");
        struct answer answer = run(bench, "d1", rows[i].parameters);
        assert_string_equal(bench_text(&answer, "status"), rows[i].status);
        assert_non_null(strstr(bench_text(&answer, "error"), rows[i].error));
        bench_end(bench);
    }
}

static void an_agent_that_does_not_connect_stays_upgrading(void **state)
{
    (void)state;
    struct bench *bench = with_hosts("7.1.0", "started", "false");
    live_set(&bench->live, "set", "{\"agent_install_fails\": [\"vm_2\"]}");
    struct answer answer = run(bench, "d1", "{}");
    assert_string_equal(bench_text(&answer, "status"), "failed");
    assert_non_null(strstr(bench_text(&answer, "error"), "New agent did not start and connect"));
    assert_int_equal(agents(bench, "new"), 1);
    struct answer list =
        bench_ask(bench, "GET", "/api/v3.1/agents?node_instance_ids=vm_2&state=upgrading", NULL);
    assert_int_equal(json_size(json_get(list.json, "items")), 1);
    /* Facts 3.2: resume goes on with the same graph, so the first host is not done again. */
    live_set(&bench->live, "set", "{\"agent_install_fails\": null}");
    answer = bench_ask(bench, "POST",
                       mem_printf(bench, "/api/v3.1/executions/%s", bench_text(&answer, "id")),
                       "{\"action\": \"resume\"}");
    assert_int_equal(answer.status, 200);
    bench_settle(bench);
    answer = row(bench, bench_text(&answer, "id"));
    assert_string_equal(bench_text(&answer, "status"), "terminated");
    assert_int_equal(agents(bench, "new"), 2);
    assert_int_equal(agents(bench, "doubled"), 0);
    bench_end(bench);
}

/* Facts 3.2: resume goes on with what was under way; contract/12: a worker notices a cancel soon.
 */
static void an_execution_cancelled_half_way_is_resumed_without_doubling(void **state)
{
    (void)state;
    struct bench *bench = with_hosts("7.1.0", "started", "false");
    struct answer answer = begin(bench, "d1", "{}");
    const char *id = bench_text(&answer, "id");
    const char *path = mem_printf(bench, "/api/v3.1/executions/%s", id);
    live_advance(&bench->live, 3000);
    struct answer list = bench_ask(bench, "GET", "/api/v3.1/agents?state=creating", NULL);
    assert_int_equal(json_size(json_get(list.json, "items")), 2);
    assert_int_equal(bench_ask(bench, "POST", path, "{\"action\": \"cancel\"}").status, 200);
    bench_settle(bench);
    answer = row(bench, id);
    assert_string_equal(bench_text(&answer, "status"), "cancelled");
    assert_int_equal(bench_ask(bench, "POST", path, "{\"action\": \"resume\"}").status, 200);
    bench_settle(bench);
    answer = row(bench, id);
    assert_string_equal(bench_text(&answer, "status"), "terminated");
    assert_int_equal(agents(bench, "new"), 2);
    assert_int_equal(agents(bench, "doubled"), 0);
    list = bench_ask(bench, "GET", "/api/v3.1/agents?state=creating&state=upgrading", NULL);
    assert_int_equal(json_size(json_get(list.json, "items")), 0);
    bench_end(bench);
}

static void validate_agents_installs_nothing(void **state)
{
    (void)state;
    for (int dead = 0; dead < 2; dead++) {
        struct bench *bench = with_hosts("7.1.0", "started", dead ? "true" : "false");
        struct answer answer =
            bench_ask(bench, "POST", "/api/v3.1/executions",
                      "{\"deployment_id\": \"d1\", \"workflow_id\": \"validate_agents\"}");
        assert_int_equal(answer.status, 201);
        live_advance(&bench->live, 3000000);
        answer = row(bench, bench_text(&answer, "id"));
        assert_string_equal(bench_text(&answer, "status"), dead ? "failed" : "terminated");
        assert_int_equal(agents(bench, "new"), 0);
        bench_end(bench);
    }
}

static void an_execution_can_stay_pending_until_it_is_let_go(void **state)
{
    (void)state;
    struct bench *bench = with_hosts("7.1.0", "started", "false");
    live_set(&bench->live, "set", "{\"never_start\": [\"d2\"]}");
    struct answer held = begin(bench, "d2", "{}");
    struct answer other = run(bench, "d1", "{}");
    assert_string_equal(bench_text(&other, "status"), "terminated");
    live_advance(&bench->live, 3600000);
    struct answer answer = row(bench, bench_text(&held, "id"));
    assert_string_equal(bench_text(&answer, "status"), "pending");
    live_set(&bench->live, "set", "{\"never_start\": null}");
    bench_settle(bench);
    answer = row(bench, bench_text(&held, "id"));
    assert_string_equal(bench_text(&answer, "status"), "terminated");
    bench_end(bench);
}

/* Facts 3.4, 1.0: memory; from 6.4 on the queue alone is throttled. */
static void what_is_too_much_is_refused_or_queued(void **state)
{
    (void)state;
    struct bench *bench = with_hosts("7.1.0", "started", "false");
    live_set(&bench->live, "set", "{\"memory_for\": 1}");
    assert_int_equal(begin(bench, "d1", "{}").status, 201);
    struct answer answer = begin(bench, "d2", "{}");
    assert_int_equal(answer.status, 503);
    assert_string_equal(bench_code(&answer), "insufficient_memory_error");
    live_set(&bench->live, "set", "{\"memory_for\": 0, \"max_concurrent_workflows\": 1}");
    answer = begin(bench, "d2", "{}");
    assert_int_equal(answer.status, 201); /* only what comes from the queue is held up */
    live_set(&bench->live, "set",
             "{\"sql\": \"INSERT INTO executions (tenant, id, workflow_id, deployment_id, status)"
             " VALUES ('default_tenant', 'q', 'stop', 'd3', 'queued');\"}");
    answer = row(bench, "q");
    assert_string_equal(bench_text(&answer, "status"), "queued");
    bench_settle(bench);
    answer = row(bench, "q");
    assert_string_equal(bench_text(&answer, "status"), "terminated");
    bench_end(bench);
}

/* Facts 6 no. 31: after a restore the agents take a while to come back. */
static void agents_come_back_a_while_after_a_restore(void **state)
{
    (void)state;
    struct bench *bench = bench_start("7.1.0", "1", NULL);
    live_set(&bench->live, "set", "{\"freeze\": true, \"agents_reconnect_ms\": 40000}");
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "6.4.2")), 201);
    (void)bench_restore(bench, "s1");
    bench_settle(bench);
    struct answer answer = bench_ask_as(
        bench, "source", "POST", "/api/v3.1/executions",
        "{\"deployment_id\": \"dep-host-1\", \"workflow_id\": \"install_new_agents\"}");
    const char *id = bench_text(&answer, "id");
    live_advance(&bench->live, 20000);
    answer = bench_execution(bench, id);
    assert_string_equal(bench_text(&answer, "status"), "started");
    assert_int_equal(agents(bench, "new"), 0);
    live_advance(&bench->live, 120000); /* one more ping, and all is well */
    answer = bench_execution(bench, id);
    assert_string_equal(bench_text(&answer, "status"), "terminated");
    assert_int_equal(agents(bench, "new"), 2);
    bench_end(bench);
}

/* Facts 3.5 no. 4, 10.1: 400, and from 7.0 on a failed row is left. */
static void without_hosts_the_workflow_is_not_available(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bench *bench = with_hosts(i == 0 ? "6.4.2" : "7.0.5", "started", "false");
        struct answer answer = begin(bench, "d3", "{}");
        assert_int_equal(answer.status, 400);
        assert_string_equal(bench_code(&answer), "unavailable_workflow_error");
        answer = bench_ask(bench, "GET", "/api/v3.1/executions?deployment_id=d3", NULL);
        assert_int_equal(json_size(json_get(answer.json, "items")), i);
        bench_end(bench);
    }
}

/* Facts 3.1: the parameters are those of the types.yaml of the deployment's own manager. */
static void parameters_are_of_the_deployments_own_types(void **state)
{
    static const struct {
        const char *source, *parameters;
        long status;
    } rows[] = {{"4.3.0", "{\"manager_ip\": \"10.0.0.1\"}", 400},
                {"4.4.0", "{\"manager_ip\": \"10.0.0.1\"}", 201},
                {"4.4.0", "{\"install_methods\": [\"remote\"]}", 400},
                {"4.5.0", "{\"install_methods\": [\"remote\"]}", 201}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *bench = bench_start("6.4.2", "1", NULL);
        const char *file = mem_printf(bench, "%s/content.json", bench->live.data);
        FILE *out = fopen(file, "w");
        assert_non_null(out);
        (void)fprintf(out,
                      "{\"version\": \"%s\", \"blueprints\": [{\"id\": \"bp\"}],"
                      " \"deployments\": [{\"id\": \"d\", \"blueprint\": \"bp\"}]}",
                      rows[i].source);
        (void)fclose(out);
        live_set(&bench->live, "load", mem_printf(bench, "{\"path\": \"%s\"}", file));
        struct answer answer = bench_ask(
            bench, "POST", "/api/v3.1/executions",
            mem_printf(bench,
                       "{\"deployment_id\": \"d\", \"workflow_id\": \"install_new_agents\","
                       " \"parameters\": %s}",
                       rows[i].parameters));
        assert_int_equal(answer.status, rows[i].status);
        if (rows[i].status == 400) {
            assert_string_equal(bench_code(&answer), "illegal_execution_parameters_error");
        }
        bench_end(bench);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_get_new_agents_and_those_without_are_left),
        cmocka_unit_test(one_dead_host_fails_its_deployment_after_46_minutes),
        cmocka_unit_test(hosts_die_by_list_and_by_share),
        cmocka_unit_test(stopped_hosts_and_wrong_filters_fail_at_once),
        cmocka_unit_test(an_agent_that_does_not_connect_stays_upgrading),
        cmocka_unit_test(an_execution_cancelled_half_way_is_resumed_without_doubling),
        cmocka_unit_test(validate_agents_installs_nothing),
        cmocka_unit_test(an_execution_can_stay_pending_until_it_is_let_go),
        cmocka_unit_test(what_is_too_much_is_refused_or_queued),
        cmocka_unit_test(parameters_are_of_the_deployments_own_types),
        cmocka_unit_test(agents_come_back_a_while_after_a_restore),
        cmocka_unit_test(without_hosts_the_workflow_is_not_available),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
