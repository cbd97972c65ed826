/* What managers of several versions have, allow and refuse: one row for each version. */
#include "ferry_test.h"

#include <string.h>

#include "base/mem.h"
#include "practice/server/bench.h"

enum { NO = 404 };

struct expected {
    const char *version;
    int snapshot_status, ok, cluster_status, managers, schedules, updates, user_token;
    int token_create;            /* POST /tokens */
    int executions_bypassed;     /* GET /executions with the header, in maintenance */
    int managers_in_maintenance; /* GET /managers */
    int snapshots_in_maintenance;
    int second_upload;
    int restore_without_envs; /* recreate_deployments_envs is missing */
    int client_id;            /* POST /executions with "id" twice: the second answer */
    bool nested;              /* remaining_executions of POST activate */
    bool status_by_name, agent_state, available, progress, legacy_new;
    const char *behind_create; /* status of a workflow started beside create_snapshot */
};

static const struct expected rows[] = {
    /* version  st  ok  cs  mg  sch upd ut tok byp mgm snm 2nd env cid  nested... */
    {"4.3.4", NO,  NO,  NO,  NO,    NO,    NO,    NO,    405,   503,   NO,
     503,     409, 400, 400, false, false, false, false, false, false, ""},
    {"4.6", NO,  NO,  NO,  NO,    NO,    NO,    200,   405,   503,   NO,
     200,   409, 400, 400, false, false, false, false, false, false, ""},
    {"5.0.5", 200, NO,  200, 200,   NO,   200,  200,   405,   503,   503,
     200,     409, 400, 400, false, true, true, false, false, false, ""},
    {"5.1.4", 200, NO,  200, 200,  NO,   200,  200,   405,   200,   200,
     200,     409, 400, 400, true, true, true, false, false, false, ""},
    {"5.2.7", 200, NO,  200, 200,  200,  200,  200,   405,   200,   200,
     200,     409, 400, 400, true, true, true, false, false, false, ""},
    {"6.0.1", 200, 200, 200, 200,  200,  200,  200,   405,  200,   200,
     200,     409, 404, 400, true, true, true, false, true, false, "queued"},
    {"6.4.2", 200, 200, 200, 200,  200,  200,  NO,   200,  200,   200,
     200,     409, 404, 409, true, true, true, true, true, false, "queued"},
    {"7.0.5", 200, 200, 200, 200,  200,  200,  NO,   200,  200,  200,
     200,     201, 404, 409, true, true, true, true, true, true, "queued"},
    {"7.1.0", 200, 200, 200, 200,  200,  200,  NO,   200,  200,  200,
     200,     201, 404, 409, true, true, true, true, true, true, "queued"},
};

static const char description[] =
    "{\"version\": \"7.1.0\", \"tenants\": [{\"name\": \"default_tenant\"}, {\"name\": \"acme\"}],"
    " \"blueprints\": [{\"id\": \"bp\", \"tenant\": \"default_tenant\"}],"
    " \"deployments\": [{\"id\": \"d1\", \"tenant\": \"default_tenant\", \"blueprint\": \"bp\"}],"
    " \"nodes\": [{\"id\": \"vm\", \"tenant\": \"default_tenant\", \"deployment\": \"d1\","
    " \"type\": \"cloudify.nodes.Compute\", \"instances\": 1, \"is_host\": true}],"
    " \"instances\": [{\"id\": \"vm_1\", \"tenant\": \"default_tenant\", \"deployment\": \"d1\","
    " \"node\": \"vm\", \"host_id\": \"vm_1\", \"state\": \"started\"}],"
    " \"agents\": [{\"name\": \"a1\", \"tenant\": \"default_tenant\", \"deployment\": \"d1\","
    " \"node\": \"vm\", \"instance\": \"vm_1\", \"state\": \"started\", \"in_table\": true}]}";

static long get(struct bench *bench, const char *route)
{
    return bench_ask(bench, "GET", mem_printf(bench, "/api/v3.1/%s", route), NULL).status;
}

static void check_routes(struct bench *bench, const struct expected *row)
{
    assert_int_equal(get(bench, "snapshot-status"), row->snapshot_status);
    assert_int_equal(get(bench, "ok"), row->ok);
    assert_int_equal(get(bench, "cluster-status"), row->cluster_status);
    assert_int_equal(get(bench, "managers"), row->managers);
    assert_int_equal(get(bench, "execution-schedules"), row->schedules);
    assert_int_equal(get(bench, "plugins-updates"), row->updates);
    assert_int_equal(get(bench, "user-tokens/admin"), row->user_token);
    assert_int_equal(bench_ask(bench, "POST", "/api/v3.1/tokens", "{}").status, row->token_create);
    struct answer status = bench_ask(bench, "GET", "/api/v3.1/status", NULL);
    assert_int_equal(status.status, 200);
    assert_int_equal(json_is_object(json_get(status.json, "services")), row->status_by_name);
}

static void check_maintenance(struct bench *bench, const struct expected *row)
{
    struct answer on = bench_ask(bench, "POST", "/api/v3.1/maintenance/activate", "{}");
    assert_int_equal(on.status, 200);
    const struct json *remaining = json_get(on.json, "remaining_executions");
    assert_int_equal(json_is_array(json_at(remaining, 0)), row->nested);
    assert_int_equal(get(bench, "executions"), 503);
    assert_int_equal(bench_bypass(bench, "/api/v3.1/executions").status, row->executions_bypassed);
    assert_int_equal(get(bench, "managers"), row->managers_in_maintenance);
    assert_int_equal(get(bench, "snapshots"), row->snapshots_in_maintenance);
    assert_int_equal(get(bench, "version"), 200);
    assert_int_equal(get(bench, "tenants"), 503);
    assert_int_equal(bench_ask(bench, "POST", "/api/v3.1/maintenance/deactivate", "{}").status,
                     200);
}

static void check_snapshots(struct bench *bench, const struct expected *row)
{
    struct blob archive = bench_legacy(bench, "4.5.5");
    assert_int_equal(bench_upload(bench, "s1", archive), 201);
    assert_int_equal(bench_upload(bench, "s1", archive), row->second_upload);
    struct answer answer =
        bench_ask(bench, "POST", "/api/v3.1/snapshots/none/restore", "{\"force\": false}");
    assert_int_equal(answer.status, row->restore_without_envs);
    assert_string_equal(bench_code(&answer), row->restore_without_envs == 400
                                                 ? "bad_parameters_error"
                                                 : "not_found_error");
}

static void check_objects(struct bench *bench, const struct expected *row)
{
    struct answer agents = bench_ask(bench, "GET", "/api/v3.1/agents", NULL);
    if (strcmp(row->version, "4.3.4") == 0) {
        assert_int_equal(agents.status, 404);
    } else {
        const struct json *agent = json_at(json_get(agents.json, "items"), 0);
        assert_string_equal(json_string_or(agent, "id", ""), "a1");
        assert_int_equal(json_get(agent, "state") != NULL, row->agent_state);
    }
    struct answer deployment = bench_ask(bench, "GET", "/api/v3.1/deployments/d1", NULL);
    assert_int_equal(deployment.status, 200);
    const struct json *first = json_at(json_get(deployment.json, "workflows"), 0);
    assert_non_null(first);
    assert_int_equal(json_get(first, "is_available") != NULL, row->available);
    assert_int_equal(json_get(deployment.json, "installation_status") != NULL, row->progress);
}

static const char start_with_id[] = "{\"deployment_id\": \"d1\", \"workflow_id\": \"uninstall\","
                                    " \"id\": \"mine\", \"force\": false}";

/* Without client ids the second start is refused because the first one runs. */
static void check_executions(struct bench *bench, const struct expected *row)
{
    struct answer first = bench_ask(bench, "POST", "/api/v3.1/executions", start_with_id);
    assert_int_equal(first.status, 201);
    assert_int_equal(strcmp(bench_text(&first, "id"), "mine") == 0, row->client_id == 409);
    assert_int_equal(json_get(first.json, "total_operations") != NULL, row->progress);
    assert_int_equal(bench_ask(bench, "POST", "/api/v3.1/executions", start_with_id).status,
                     row->client_id);
    bench_settle(bench);
    assert_int_equal(
        bench_ask(bench, "PUT", "/api/v3.1/snapshots/made", "{\"legacy\": true}").status, 201);
    struct answer beside =
        bench_ask(bench, "POST", "/api/v3.1/executions",
                  "{\"deployment_id\": \"d1\", \"workflow_id\": \"uninstall\", \"force\": true}");
    if (*row->behind_create == '\0') {
        assert_int_equal(beside.status, 400);
        assert_string_equal(bench_code(&beside), "existing_running_execution_error");
    } else {
        assert_string_equal(bench_text(&beside, "status"), row->behind_create);
    }
}

static void every_version_has_its_own_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("version %s\n", rows[i].version);
        struct bench *bench = bench_start(rows[i].version, "1", NULL);
        check_routes(bench, &rows[i]);
        check_maintenance(bench, &rows[i]);
        check_snapshots(bench, &rows[i]);
        const char *file = mem_printf(bench, "%s/content.json", bench->live.data);
        FILE *out = fopen(file, "w");
        assert_non_null(out);
        (void)fputs(description, out);
        (void)fclose(out);
        live_set(&bench->live, "load", mem_printf(bench, "{\"path\": \"%s\"}", file));
        check_objects(bench, &rows[i]);
        check_executions(bench, &rows[i]);
        bench_end(bench);
    }
}

static void a_failed_create_ends_terminated_before_5_1(void **state)
{
    static const char *const versions[] = {"5.0.5", "5.1.4"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bench *bench = bench_start(versions[i], "1", NULL);
        live_set(&bench->live, "set", "{\"settings\": {\"create.error\": \"disk is full\"}}");
        struct answer made = bench_ask(bench, "PUT", "/api/v3.1/snapshots/made", "{}");
        bench_settle(bench);
        struct answer row = bench_ask(bench, "GET", "/api/v3.1/snapshots/made", NULL);
        assert_string_equal(bench_text(&row, "status"), "failed");
        assert_string_equal(bench_text(&row, "error"), "disk is full");
        row =
            bench_ask(bench, "GET",
                      mem_printf(bench, "/api/v3.1/executions/%s", bench_text(&made, "id")), NULL);
        assert_string_equal(bench_text(&row, "status"), i == 0 ? "terminated" : "failed");
        bench_end(bench);
    }
}

static void plugins_update_of_5_0_reads_the_query_alone(void **state)
{
    (void)state;
    static const char path[] = "/api/v3.1/plugins-updates/bp/update/initiate";
    for (int i = 0; i < 2; i++) {
        struct bench *bench = bench_start(i == 0 ? "5.0.5" : "5.1.4", "1", NULL);
        live_set(&bench->live, "set",
                 "{\"sql\": \"INSERT INTO blueprints (tenant, id) VALUES ('default_tenant', 'bp');"
                 " INSERT INTO plugins_updates (tenant, id, blueprint_id, state)"
                 " VALUES ('default_tenant', 'old', 'bp', 'executing_workflow');\"}");
        struct answer answer = bench_ask(bench, "POST", path, "{\"force\": true}");
        assert_int_equal(answer.status, 409);
        answer = bench_ask(bench, "POST", mem_printf(bench, "%s?force=true", path), "{}");
        assert_int_equal(answer.status, i == 0 ? 200 : 409);
        bench_end(bench);
    }
}

static void old_tokens_are_one_a_user(void **state)
{
    (void)state;
    struct bench *bench = bench_start("6.0.1", "1", NULL);
    struct answer one = bench_ask(bench, "GET", "/api/v3.1/tokens", NULL);
    struct answer two = bench_ask(bench, "GET", "/api/v3.1/user-tokens/admin", NULL);
    assert_string_equal(bench_text(&one, "value"), bench_text(&two, "value"));
    assert_string_equal(bench_text(&one, "role"), "sys_admin");
    const char *good[] = {mem_printf(bench, "Authentication-Token: %s", bench_text(&one, "value")),
                          NULL};
    const char *bad[] = {"Authentication-Token: ctok-x-y", NULL};
    struct blob none = {NULL, 0};
    assert_int_equal(live_ask(&bench->live, bench, "GET", "/api/v3.1/version", good, none).status,
                     200);
    assert_int_equal(live_ask(&bench->live, bench, "GET", "/api/v3.1/version", bad, none).status,
                     401);
    bench_end(bench);
}

static void agents_of_4_6_are_listed_by_tenant(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bench *bench = bench_start(i == 0 ? "4.6" : "5.0.5", "1", NULL);
        live_set(&bench->live, "set",
                 "{\"tenants\": [\"acme\"], \"sql\": \"INSERT INTO agents (tenant, id) VALUES"
                 " ('default_tenant', 'a'), ('acme', 'b');\"}");
        struct answer all = bench_ask(bench, "GET", "/api/v3.1/agents?_all_tenants=true", NULL);
        assert_int_equal(json_size(json_get(all.json, "items")), i + 1);
        bench_end(bench);
    }
}

/* Facts 1.3: scheduled_time makes a schedule from 5.2 on, before that an execution that waits. */
static void scheduled_starts_are_executions_before_5_2(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bench *bench = bench_start(i == 0 ? "5.1.4" : "5.2.7", "1", NULL);
        const char *file = mem_printf(bench, "%s/content.json", bench->live.data);
        FILE *out = fopen(file, "w");
        assert_non_null(out);
        (void)fputs(description, out);
        (void)fclose(out);
        live_set(&bench->live, "load", mem_printf(bench, "{\"path\": \"%s\"}", file));
        live_set(&bench->live, "set", "{\"freeze\": true}");
        struct answer answer = bench_ask(bench, "POST", "/api/v3.1/executions",
                                         "{\"deployment_id\": \"d1\", \"workflow_id\": \"stop\","
                                         " \"scheduled_time\": \"209901010000+0000\"}");
        assert_int_equal(answer.status, 201);
        assert_int_equal(*bench_text(&answer, "id") != '\0', i == 0);
        assert_string_equal(bench_text(&answer, "status"), "scheduled");
        answer = bench_ask(bench, "GET", "/api/v3.1/executions?status=scheduled", NULL);
        assert_int_equal(json_size(json_get(answer.json, "items")), i == 0);
        /* It holds up maintenance for as long as it waits (facts 1.2). */
        answer = bench_ask(bench, "POST", "/api/v3.1/maintenance/activate", "{}");
        assert_string_equal(bench_text(&answer, "status"), i == 0 ? "activating" : "activated");
        bench_end(bench);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_version_has_its_own_rules),
        cmocka_unit_test(a_failed_create_ends_terminated_before_5_1),
        cmocka_unit_test(plugins_update_of_5_0_reads_the_query_alone),
        cmocka_unit_test(scheduled_starts_are_executions_before_5_2),
        cmocka_unit_test(old_tokens_are_one_a_user),
        cmocka_unit_test(agents_of_4_6_are_listed_by_tenant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
