#include "lab.h"

#define V (&state_verify)
#define NONE "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":0}}}"
#define ONE                                                                                        \
    "{\"items\":[{\"id\":\"x\",\"workflow_id\":\"install\",\"deployment_id\":\"d\",\"status\":"    \
    "\"started\"}],\"metadata\":{\"pagination\":{\"total\":1}}}"
#define UPLOADED "{\"id\":\"prod\",\"status\":\"uploaded\"}"

/* Brings the questions to the named one. */
static void go_to(struct lab *lab, const char *ask)
{
    lab_data(lab, ask);
}

static void every_question_is_asked_and_only_then_it_is_done(void **state)
{
    struct lab *lab = lab_new(V);

    (void)state;
    lab_asks(lab, &V->await, "GET /api/v3.1/maintenance");
    lab_gets_recorded(lab, "11-maintenance", 15);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &V->await, "GET /api/v3.1/snapshots/prod");
    lab_gets(lab, 200, UPLOADED);
    lab_asks(lab, &V->await, "HEAD /api/v3.1/snapshots/prod/archive");
    lab_gets_length(lab, 200, 184983);
    lab_asks(lab, &V->await, "GET /api/v3.1/snapshot-status");
    lab_asks_in_name_of(lab, HTTP_ANONYMOUS);
    lab_gets_recorded(lab, "10-snapshot-status", 0);
    lab_asks(lab, &V->await, "GET /api/v3.1/blueprints?_include=id&_all_tenants=true&_size=1");
    assert_non_null(lab_header(lab, "X-BYPASS-MAINTENANCE"));
    lab_gets(lab, 200, NONE);
    lab_asks(lab, &V->await, "GET /api/v3.1/executions?status=pending*");
    lab_gets(lab, 200, NONE);
    lab_says(lab, STATE_DONE, NULL);
    lab_data_is(lab, "{}");
    lab_free(lab);
}

/* contract/01, no. 19 and 20: one network, "default" */
static void networks_of_agents_must_be_on_manager_and_broker(void **state)
{
    static const char managers[] = "GET /api/v3.1/managers", brokers[] = "GET /api/v3.1/brokers";
    struct lab *lab = lab_new(V);

    (void)state;
    lab_fact(lab, "archive.networks", "[\"default\"]");
    go_to(lab, "{\"ask\":\"blueprints\"}");
    lab_turn(lab, &V->await, 200, NONE);
    lab_asks(lab, &V->await, managers);
    assert_non_null(lab_header(lab, "X-BYPASS-MAINTENANCE"));
    lab_gets_recorded(lab, "01-version-status-license", 19);
    lab_asks(lab, &V->await, brokers);
    lab_gets_recorded(lab, "01-version-status-license", 20);
    lab_asks(lab, &V->await, "GET /api/v3.1/executions?*");
    lab_fact(lab, "archive.networks", "[\"default\",\"lab\",\"dmz\"]");
    go_to(lab, "{\"ask\":\"managers\"}");
    lab_asks(lab, &V->await, managers);
    lab_gets_recorded(lab, "01-version-status-license", 19);
    lab_says(lab, STATE_FAILED, "own configuration lacks networks of the archive: lab, dmz");
    assert_non_null(strstr(lab->verdict[0].hint, "retry RUN --failed"));
    lab_data_is(lab, "{}");
    go_to(lab, "{\"ask\":\"brokers\"}");
    lab_asks(lab, &V->await, brokers);
    lab_gets_recorded(lab, "01-version-status-license", 20);
    lab_says(lab, STATE_FAILED, "broker lacks");
    lab_free(lab);
}

static void networks_that_nobody_tells_do_not_stop_a_run(void **state)
{
    struct lab *lab = lab_new(V);

    (void)state;
    lab_fact(lab, "archive.networks", "[\"lab\"]");
    go_to(lab, "{\"ask\":\"managers\"}");
    lab_turn(lab, &V->await, 403, "{\"error_code\":\"forbidden_error\"}");
    lab_says(lab, STATE_AGAIN, NULL);
    lab_turn(lab, &V->await, 200, NONE);
    lab_asks(lab, &V->await, "GET /api/v3.1/executions?*");
    go_to(lab, "{\"ask\":\"managers\"}");
    lab_turn(lab, &V->await, 502, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL); /* but weather is waited out */
    lab_fact(lab, "archive.format", "\"new\"");
    go_to(lab, "{\"ask\":\"blueprints\"}");
    lab_turn(lab, &V->await, 200, NONE);
    lab_asks(lab, &V->await, "GET /api/v3.1/executions?*"); /* the new format asks for none */
    lab_free(lab);
}

static void each_wrong_answer_refuses(void **state)
{
    static const struct {
        const char *ask, *json, *reason;
    } cases[] = {
        {"{\"ask\":null}", "{\"status\":\"deactivated\"}", "maintenance is not on"},
        {"{\"ask\":null}", "{\"status\":\"activating\"}", "maintenance is not on"},
        {"{\"ask\":\"snapshot\"}", "{\"status\":\"failed\"}", "but failed"},
        {"{\"ask\":\"flag\"}", "{\"status\":\"running\"}", "a restore is running"},
        {"{\"ask\":\"blueprints\"}", ONE, "not empty"},
        {"{\"ask\":\"executions\"}", ONE, "install on d (started)"},
    };
    struct lab *lab = lab_new(V);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        go_to(lab, cases[i].ask);
        lab_turn(lab, &V->await, 200, cases[i].json);
        lab_says(lab, STATE_FAILED, cases[i].reason);
        assert_int_equal(lab->verdict[0].code, FERRY_E_REFUSED);
        assert_non_null(lab->verdict[0].hint);
        lab_data_is(lab, "{}"); /* a retry begins with the first question */
    }
    lab_free(lab);
}

static void wrong_or_missing_archive_refuses(void **state)
{
    struct lab *lab = lab_new(V);

    (void)state;
    go_to(lab, "{\"ask\":\"length\"}");
    lab_asks(lab, &V->await, "HEAD *");
    lab_gets_length(lab, 200, 5);
    lab_says(lab, STATE_FAILED, "has 5 bytes");
    go_to(lab, "{\"ask\":\"length\"}");
    lab_asks(lab, &V->await, "HEAD *");
    lab_gets_length(lab, 404, -1);
    lab_says(lab, STATE_FAILED, "without its archive");
    go_to(lab, "{\"ask\":\"snapshot\"}");
    lab_turn(lab, &V->await, 404, "{\"error_code\":\"not_found_error\"}");
    lab_says(lab, STATE_FAILED, "gone");
    lab_free(lab);
}

static void answers_without_sense_are_asked_again(void **state)
{
    static const char *const asks[] = {"{\"ask\":null}", "{\"ask\":\"flag\"}",
                                       "{\"ask\":\"blueprints\"}", "{\"ask\":\"executions\"}"};
    struct lab *lab = lab_new(V);

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        go_to(lab, asks[i]);
        lab_turn(lab, &V->await, 200, "{}");
        lab_says(lab, STATE_CANNOT_TELL, NULL);
        go_to(lab, asks[i]);
        lab_turn(lab, &V->await, 500, "{}");
        lab_says(lab, STATE_CANNOT_TELL, NULL);
    }
    lab_free(lab);
}

static void force_lets_a_full_manager_pass(void **state)
{
    struct lab *lab = lab_new(V);

    (void)state;
    lab_option(lab, "restore.force", "true");
    go_to(lab, "{\"ask\":\"blueprints\"}");
    lab_turn(lab, &V->await, 200, ONE);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_free(lab);
}

static void old_managers_are_asked_only_what_they_answer_in_maintenance(void **state)
{
    struct lab *lab = lab_new(V);

    (void)state;
    lab_version(lab, "4.6.0");
    lab_option(lab, "snapshot.file", "null");
    go_to(lab, "{\"ask\":\"snapshot\"}");
    lab_turn(lab, &V->await, 200, UPLOADED);
    lab_says(lab, STATE_DONE, NULL);
    lab_version(lab, "5.0.5");
    go_to(lab, "{\"ask\":\"flag\"}");
    lab_turn(lab, &V->await, 200, "{\"status\":\"not-running\"}");
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void plan_asks_nothing_that_the_checks_have_asked(void **state)
{
    struct lab *lab = lab_new(V);
    struct state_timing timing = {0};

    (void)state;
    lab_needs_nothing(lab, &V->plan);
    lab_says(lab, STATE_DONE, NULL);
    V->timing(&lab->context, &timing);
    assert_true(timing.deadline_ms > 0);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_question_is_asked_and_only_then_it_is_done),
        cmocka_unit_test(networks_of_agents_must_be_on_manager_and_broker),
        cmocka_unit_test(networks_that_nobody_tells_do_not_stop_a_run),
        cmocka_unit_test(each_wrong_answer_refuses),
        cmocka_unit_test(wrong_or_missing_archive_refuses),
        cmocka_unit_test(answers_without_sense_are_asked_again),
        cmocka_unit_test(force_lets_a_full_manager_pass),
        cmocka_unit_test(old_managers_are_asked_only_what_they_answer_in_maintenance),
        cmocka_unit_test(plan_asks_nothing_that_the_checks_have_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
