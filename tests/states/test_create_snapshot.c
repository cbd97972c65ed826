#include "lab.h"

#define NEW (&state_create_snapshot)
#define ID "ferry-20261122T135900Z-11111111"
#define MISSING "{\"error_code\":\"not_found_error\",\"message\":\"not found\"}"
#define NOTHING "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":0}}}"
#define INSTALL                                                                                    \
    "{\"items\":[{\"id\":\"e\",\"status\":\"started\",\"workflow_id\":\"install\","                \
    "\"deployment_id\":\"db\",\"started_at\":\"2026-11-22T13:00:00Z\"}],"                          \
    "\"metadata\":{\"pagination\":{\"total\":1}}}"

static struct lab *backup_lab(const char *busy)
{
    struct lab *lab = lab_new(NEW);

    lab_option(lab, "backup",
               "{\"name\":\"{time}\",\"credentials\":true,\"logs\":false,\"events\":true,"
               "\"metrics\":false,\"tempdir\":null,\"legacy\":true,\"poll_ms\":null}");
    lab_option(lab, "backup.busy", busy);
    return lab;
}

static void act_has_body(struct lab *lab, const char *expected)
{
    lab_asks(lab, &NEW->act, "PUT /api/v3.1/snapshots/" ID);
    assert_string_equal(lab->request->content_type, "application/json");
    assert_string_equal(lab->request->body, expected);
}

static void free_name_on_an_idle_manager_leads_to_the_request(void **state)
{
    struct lab *lab = backup_lab("\"wait\"");

    (void)state;
    lab_asks(lab, &NEW->probe, "GET /api/v3.1/snapshots/" ID);
    lab_gets(lab, 404, MISSING);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &NEW->probe, "GET /api/v3.1/executions?status=pending&status=started&*");
    lab_gets(lab, 200, NOTHING);
    lab_says(lab, STATE_ABSENT, NULL);
    act_has_body(lab, "{\"include_credentials\":true,\"include_logs\":false,\"include_events\":"
                      "true,\"queue\":false,\"legacy\":true}");
    lab_gets_recorded(lab, "06-snapshot-create", 0);
    lab_says(lab, STATE_RUNNING, ID);
    assert_string_equal(lab->verdict[0].remote_id, "78f7135e-b3c8-4121-8044-332a9aad8945");
    lab_free(lab);
}

static void each_version_is_sent_what_it_knows(void **state)
{
    struct lab *lab = backup_lab("\"queue\"");

    (void)state;
    lab_version(lab, "4.6.0");
    act_has_body(lab, "{\"include_credentials\":true,\"include_logs\":false,\"include_events\":"
                      "true,\"include_metrics\":false,\"queue\":true}");
    lab_version(lab, "5.0.5");
    act_has_body(lab, "{\"include_credentials\":true,\"include_logs\":false,\"include_events\":"
                      "true,\"queue\":true}");
    lab_option(lab, "backup.tempdir", "\"/big\"");
    lab_option(lab, "backup.listener_timeout", "60");
    lab_version(lab, "6.4.2");
    act_has_body(lab, "{\"include_credentials\":true,\"include_logs\":false,\"include_events\":"
                      "true,\"queue\":true,\"tempdir_path\":\"/big\"}");
    lab_version(lab, "7.0.5");
    act_has_body(lab, "{\"include_credentials\":true,\"include_logs\":false,\"include_events\":"
                      "true,\"queue\":true,\"legacy\":true,\"tempdir_path\":\"/big\","
                      "\"listener_timeout\":60}");
    lab_free(lab);
}

static void plan_refuses_what_a_version_does_not_know(void **state)
{
    static const struct {
        const char *version, *option, *value, *text;
    } rows[] = {
        {"5.0.5", "backup.metrics", "true", "does not know backup.options.metrics"},
        {"6.3.0", "backup.tempdir", "\"/big\"", "does not know backup.options.tempdir"},
        {"6.4.2", "backup.legacy", "false", "does not know backup.options.legacy: false"},
        {"6.4.2", "backup.listener_timeout", "9", "does not know backup.options.listener_timeout"},
        {"7.1.0", "backup.legacy", "false", "cannot make a snapshot of the new format"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        struct lab *lab = backup_lab("\"wait\"");

        lab_version(lab, rows[i].version);
        lab_option(lab, rows[i].option, rows[i].value);
        lab_data(lab, "{\"ask\":\"running\"}");
        lab_turn(lab, &NEW->plan, 200, NOTHING);
        lab_found(lab, "blocker", rows[i].text);
        lab_says(lab, STATE_DONE, NULL);
        lab_free(lab);
    }
}

static void plan_asks_premium_managers_alone_for_their_licence(void **state)
{
    struct lab *lab = backup_lab("\"wait\"");

    (void)state;
    lab_asks(lab, &NEW->plan, "GET /api/v3.1/version");
    lab_gets(lab, 200, "{\"version\":\"7.1.0\",\"edition\":\"community\"}");
    lab_asks(lab, &NEW->plan, "GET /api/v3.1/executions*");
    lab_free(lab);
    lab = backup_lab("\"wait\"");
    lab_turn(lab, &NEW->plan, 200, "{\"version\":\"7.1.0\",\"edition\":\"premium\"}");
    lab_asks(lab, &NEW->plan, "GET /api/v3.1/license");
    lab_gets(lab, 200, "{\"items\":[]}");
    lab_found(lab, "blocker", "has no licence");
    lab_asks(lab, &NEW->plan, "GET /api/v3.1/executions*");
    lab_free(lab);
}

static void plan_says_what_runs_and_what_comes_of_it(void **state)
{
    static const struct {
        const char *busy, *kind, *text;
    } rows[] = {
        {"\"wait\"", "warning", "install on db (started), since 2026-11-22T13:00:00Z"},
        {"\"queue\"", "warning", "will begin the snapshot after it"},
        {"\"refuse\"", "blocker FERRY_E_REFUSED", "install on db"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        struct lab *lab = backup_lab(rows[i].busy);

        lab_data(lab, "{\"ask\":\"running\"}");
        lab_turn(lab, &NEW->plan, 200, INSTALL);
        lab_found(lab, rows[i].kind, rows[i].text);
        lab_says(lab, STATE_DONE, NULL);
        lab_free(lab);
    }
}

static void busy_manager_is_waited_for_or_named(void **state)
{
    struct lab *lab = backup_lab("\"wait\"");

    (void)state;
    lab_data(lab, "{\"ask\":\"running\"}");
    lab_turn(lab, &NEW->probe, 200, INSTALL);
    lab_says(lab, STATE_RETRY,
             "waiting for what runs on the manager: install on db (started), "
             "since 2026-11-22T13:00:00Z");
    lab_option(lab, "backup.busy", "\"refuse\"");
    lab_data(lab, "{\"ask\":\"running\"}");
    lab_turn(lab, &NEW->probe, 200, INSTALL);
    lab_says(lab, STATE_FOREIGN, "install on db");
    assert_int_equal(lab->verdict[0].code, FERRY_E_REFUSED);
    lab_option(lab, "backup.busy", "\"queue\"");
    lab_data(lab, "{}");
    lab_turn(lab, &NEW->probe, 404, MISSING);
    lab_says(lab, STATE_ABSENT, NULL); /* the manager's queue takes it */
    lab_free(lab);
}

static void refusal_because_something_runs_had_no_effect(void **state)
{
    struct lab *lab = backup_lab("\"wait\"");

    (void)state;
    lab_asks(lab, &NEW->act, "PUT *");
    lab_gets_recorded(lab, "06-snapshot-create", 3);
    lab_says(lab, STATE_RETRY, "other executions running e.g.: 78f7135e");
    lab_option(lab, "backup.busy", "\"refuse\"");
    lab_asks(lab, &NEW->act, "PUT *");
    lab_gets_recorded(lab, "06-snapshot-create", 3);
    lab_says(lab, STATE_FOREIGN, "other executions running e.g.: 78f7135e");
    lab_asks(lab, &NEW->act, "PUT *");
    lab_gets_recorded(lab, "06-snapshot-create", 13);
    assert_non_null(strstr(lab->verdict[0].hint, "tempdir"));
    lab_free(lab);
}

static void conflict_is_asked_about_and_found_to_be_ours(void **state)
{
    struct lab *lab = backup_lab("\"wait\"");

    (void)state;
    lab_asks(lab, &NEW->act, "PUT *");
    lab_gets_recorded(lab, "06-snapshot-create", 2);
    lab_says(lab, STATE_UNKNOWN, "conflict_error");
    lab->context.repeat = true;
    lab_turn(lab, &NEW->probe, 200, "{\"id\":\"x\",\"status\":\"creating\"}");
    lab_says(lab, STATE_RUNNING, NULL);
    lab_turn(lab, &NEW->probe, 404, MISSING);
    lab_says(lab, STATE_ABSENT, NULL);
    lab->context.repeat = false; /* before our first request it is nobody's but another's */
    lab_turn(lab, &NEW->probe, 200, "{\"id\":\"x\",\"status\":\"created\"}");
    lab_says(lab, STATE_FOREIGN, ID);
    lab_free(lab);
}

static void status_of_the_snapshot_decides(void **state)
{
    struct lab *lab = backup_lab("\"wait\"");

    (void)state;
    lab->units[0].remote_id = "exec";
    lab_asks(lab, &NEW->await, "GET /api/v3.1/snapshots/" ID);
    lab_gets_recorded(lab, "06-snapshot-create", 1);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &NEW->await, "GET /api/v3.1/executions/exec?*");
    lab_gets(lab, 200, "{\"id\":\"exec\",\"status\":\"queued\"}");
    lab_says(lab, STATE_RUNNING, "waits in the manager's queue");
    lab_turn(lab, &NEW->await, 200,
             "{\"status\":\"created\",\"created_at\":\"2026-11-22T15:19:50.283Z\"}");
    lab_says(lab, STATE_DONE, ID);
    lab_fact_is(lab, "backup",
                "{\"name\":\"20261122T135900Z.zip\",\"snapshot\":\"" ID "\","
                "\"taken_at\":\"2026-11-22T15:19:50.283Z\"}");
    lab_free(lab);
}

static void failed_snapshot_is_deleted_and_named(void **state)
{
    struct lab *lab = backup_lab("\"wait\"");

    (void)state;
    lab_asks(lab, &NEW->await, "GET *");
    lab_gets_recorded(lab, "06-snapshot-create", 16);
    lab_says(lab, STATE_NEXT, "premium edition");
    lab->units[0].id = "22222222-3333-4333-8444-555555555550"; /* the next act */
    lab_turn(lab, &NEW->probe, 200, "{\"status\":\"failed\"}");
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &NEW->act, "DELETE /api/v3.1/snapshots/" ID);
    lab_gets(lab, 400, "{\"error_code\":\"snapshot_action_error\",\"message\":\"active\"}");
    lab_says(lab, STATE_RETRY, "active");
    lab_asks(lab, &NEW->act, "DELETE *");
    lab_gets(lab, 200, "{\"status\":\"failed\"}");
    lab_says(lab, STATE_FAILED, "premium edition");
    lab->context.repeat = true; /* the answer was lost */
    lab_turn(lab, &NEW->probe, 404, MISSING);
    lab_says(lab, STATE_FAILED, "is deleted");
    lab_free(lab);
}

static void cancelled_execution_leaves_nothing_to_wait_for(void **state)
{
    struct lab *lab = backup_lab("\"wait\"");

    (void)state;
    lab->units[0].remote_id = "exec";
    lab_data(lab, "{\"ask\":\"execution\",\"ended\":4}");
    lab_turn(lab, &NEW->await, 200, "{\"status\":\"cancelled\"}");
    lab_says(lab, STATE_RUNNING, "the snapshot not yet");
    lab_data(lab, "{\"ask\":\"execution\",\"ended\":5}");
    lab_turn(lab, &NEW->await, 200, "{\"status\":\"cancelled\"}");
    lab_says(lab, STATE_NEXT, "its execution exec is cancelled");
    lab_free(lab);
}

static void maintenance_hides_executions_and_hinders_nothing(void **state)
{
    struct lab *lab = backup_lab("\"wait\"");

    (void)state;
    lab_version(lab, "5.0.5");
    lab_data(lab, "{\"ask\":\"running\"}");
    lab_turn(lab, &NEW->probe, 503, "{\"error_code\":\"maintenance_mode_active\"}");
    lab_says(lab, STATE_ABSENT, NULL);
    lab_free(lab);
}

static void names_hold_the_manager_and_are_safe_everywhere(void **state)
{
    struct lab *lab = backup_lab("\"wait\"");

    (void)state;
    lab_option(lab, "backup.name", "\"{manager}_{date}\"");
    lab_asks(lab, &NEW->probe, "GET /api/v3.1/snapshots/new.example_20261122-11111111");
    lab_option(lab, "manager.url", "\"https://[fe80::1]:443\"");
    lab_asks(lab, &NEW->probe, "GET /api/v3.1/snapshots/fe80--1_20261122-11111111");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_name_on_an_idle_manager_leads_to_the_request),
        cmocka_unit_test(each_version_is_sent_what_it_knows),
        cmocka_unit_test(plan_refuses_what_a_version_does_not_know),
        cmocka_unit_test(plan_asks_premium_managers_alone_for_their_licence),
        cmocka_unit_test(plan_says_what_runs_and_what_comes_of_it),
        cmocka_unit_test(busy_manager_is_waited_for_or_named),
        cmocka_unit_test(refusal_because_something_runs_had_no_effect),
        cmocka_unit_test(conflict_is_asked_about_and_found_to_be_ours),
        cmocka_unit_test(status_of_the_snapshot_decides),
        cmocka_unit_test(failed_snapshot_is_deleted_and_named),
        cmocka_unit_test(cancelled_execution_leaves_nothing_to_wait_for),
        cmocka_unit_test(maintenance_hides_executions_and_hinders_nothing),
        cmocka_unit_test(names_hold_the_manager_and_are_safe_everywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
