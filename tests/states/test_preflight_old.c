/* What a plan finds out about the manager that the snapshot comes from. */
#include "lab.h"

#include "base/mem.h"
#include "states/preflight.h"

#define OLD (&preflight_old)
#define OLD_OPTION "{\"url\":\"https://old.example:8443\",\"username\":\"admin\"}"

static struct lab *old_lab(void)
{
    struct lab *lab = lab_new(OLD);

    lab->context.planning = true;
    lab_option(lab, "old_manager", OLD_OPTION);
    lab_fact(lab, "archive.version", "\"6.4.2\"");
    return lab;
}

static void version_is(struct lab *lab, const char *json)
{
    lab_asks(lab, &OLD->plan, "GET /api/v3.1/version");
    assert_int_equal(lab->request->site, HTTP_SITE_OLD);
    lab_gets(lab, 200, json);
}

static void without_an_old_manager_nothing_is_asked(void **state)
{
    struct lab *lab = lab_new(OLD);

    (void)state;
    lab_needs_nothing(lab, &OLD->plan);
    lab_found(lab, "cannot tell old_manager", "give from");
    lab_found(lab, "cannot tell old_broker", "");
    lab_found(lab, "cannot tell old_agents", "");
    lab_found(lab, "cannot tell old_validation", "");
    lab_free(lab);
}

static void living_manager_with_living_agents_is_fine(void **state)
{
    struct lab *lab = old_lab();

    (void)state;
    version_is(lab, "{\"version\":\"6.4.2\",\"edition\":\"community\"}");
    lab_found(lab, "ok old_manager", "6.4.2, community, as the archive says");
    lab_fact_is(lab, "old_manager", "{\"edition\":\"community\",\"version\":\"6.4.2\"}");
    lab_asks(lab, &OLD->plan, "GET /api/v3.1/brokers");
    lab_gets(lab, 200, "{\"items\":[{\"host\":\"rabbit.example\",\"port\":0}]}");
    lab_asks(lab, &OLD->plan, "GET *");
    assert_string_equal(lab->request->knock, "rabbit.example:5671");
    lab_gets(lab, 0, "");
    lab_found(lab, "ok old_broker", "rabbit.example:5671 takes connections");
    lab_asks(lab, &OLD->plan, "GET /api/v3.1/agents?_include=id%2Cstate%2Cdeployment*");
    assert_int_equal(lab->request->site, HTTP_SITE_OLD);
    lab_gets(lab, 200,
             "{\"items\":[{\"id\":\"a\",\"state\":\"started\"},{\"id\":\"b\",\"state\":"
             "\"upgraded\"}],\"metadata\":{\"pagination\":{\"total\":2}}}");
    lab_found(lab, "ok old_agents", "all 1 agents");
    lab_asks(lab, &OLD->plan, "GET /api/v3.1/executions?workflow_id=validate_agents*");
    lab_gets(lab, 200,
             "{\"items\":[{\"status\":\"terminated\",\"deployment_id\":\"d\",\"tenant_name\":\"t\","
             "\"created_at\":\"2026-11-20T01:02:03Z\"}]}");
    lab_found(lab, "ok old_validation", "1 deployments alive, last on 2026-11-20");
    lab_asks(lab, &OLD->plan, "GET /api/v3.1/maintenance");
    lab_gets(lab, 200, "{\"status\":\"activated\"}");
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "old_manager",
                "{\"edition\":\"community\",\"maintenance\":\"activated\",\"version\":\"6.4.2\"}");
    lab_found_nothing(lab, "warning");
    lab_free(lab);
}

/* The broker may live all the same, and is knocked at; but nothing more is asked: a password that
   was refused is not tried again. */
static void manager_that_is_silent_or_refuses_is_asked_no_more(void **state)
{
    (void)state;
    for (int silent = 0; silent < 2; silent++) {
        struct lab *lab = old_lab();

        lab_asks(lab, &OLD->plan, "GET /api/v3.1/version");
        if (silent) {
            lab_gets_silence(lab);
        } else {
            lab_gets(lab, 401, "{\"error_code\":\"unauthorized_error\",\"message\":\"no\"}");
        }
        lab_found(lab, "warning old_manager", silent ? "connection refused" : "unauthorized");
        lab_found(lab, "cannot tell old_agents", "");
        lab_asks(lab, &OLD->plan, "GET *");
        assert_string_equal(lab->request->knock, "old.example:5671"); /* the host of its URL */
        lab_gets_silence(lab);
        lab_found(lab, "warning old_broker", "connection refused");
        lab_says(lab, STATE_DONE, NULL);
        lab_free(lab);
    }
}

static void another_version_or_edition_is_noticed(void **state)
{
    struct lab *lab = old_lab();

    (void)state;
    version_is(lab, "{\"version\":\"5.2.7\",\"edition\":\"premium\"}");
    lab_found(lab, "warning old_manager", "is 5.2.7, but the archive was made by 6.4.2");
    lab_found(lab, "stops edition", "the old manager is premium, the new one community");
    lab_free(lab);
}

static void broker_that_is_configured_is_the_one(void **state)
{
    static const struct {
        const char *given, *knocked;
    } cases[] = {{"\"b.example\"", "b.example:5671"},
                 {"\"b.example:5672\"", "b.example:5672"},
                 {"\"[::1]\"", "[::1]:5671"},
                 {"\"[::1]:5672\"", "[::1]:5672"}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = old_lab();

        lab_option(lab, "old_manager.broker", cases[i].given);
        version_is(lab, "{\"version\":\"6.4.2\"}");
        lab_asks(lab, &OLD->plan, "GET *");
        assert_string_equal(lab->request->knock, cases[i].knocked);
        lab_free(lab);
    }
}

static void own_broker_is_sought_at_the_managers_address(void **state)
{
    struct lab *lab = old_lab();

    (void)state;
    version_is(lab, "{\"version\":\"6.4.2\"}");
    lab_turn(lab, &OLD->plan, 200, "{\"items\":[{\"host\":\"127.0.0.1\",\"port\":0}]}");
    lab_asks(lab, &OLD->plan, "GET *");
    assert_string_equal(lab->request->knock, "old.example:5671");
    lab_free(lab);
}

static void dead_agents_are_counted_over_all_pages(void **state)
{
    struct lab *lab = old_lab();

    (void)state;
    lab_fact(lab, "old_manager", "{\"version\":\"6.4.2\"}");
    lab_data(lab, "{\"ask\":\"agents\"}");
    lab_turn(lab, &OLD->plan, 200,
             "{\"items\":[{\"id\":\"a\",\"state\":\"started\"},{\"id\":\"b\",\"state\":\"failed\","
             "\"tenant_name\":\"t\",\"deployment\":\"d\"}],\"metadata\":{\"pagination\":{\"total\":"
             "3}}}");
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &OLD->plan, "GET /api/v3.1/agents?*");
    assert_non_null(strstr(lab->request->path, "&_size=1000&_offset=2"));
    lab_gets(lab, 200,
             "{\"items\":[{\"id\":\"c\",\"state\":\"nonresponsive\",\"tenant_name\":\"t\","
             "\"deployment\":\"e\"}],\"metadata\":{\"pagination\":{\"total\":3}}}");
    lab_found(lab, "warning old_agents", "2 agents");
    lab_found(lab, "warning old_agents", "b of t/d (failed), c of t/e (nonresponsive)");
    lab_free(lab);
}

static void newest_validation_of_each_deployment_counts(void **state)
{
    struct lab *lab = old_lab();

    (void)state;
    lab_fact(lab, "old_manager", "{\"version\":\"6.4.2\"}");
    lab_data(lab, "{\"ask\":\"validation\"}");
    lab_turn(lab, &OLD->plan, 200,
             "{\"items\":[{\"status\":\"failed\",\"deployment_id\":\"d\",\"tenant_name\":\"t\"},"
             "{\"status\":\"terminated\",\"deployment_id\":\"e\",\"tenant_name\":\"t\"},"
             "{\"status\":\"failed\",\"deployment_id\":\"e\",\"tenant_name\":\"t\"}]}");
    lab_found(lab, "warning old_validation", "on 1 of 2 deployments: t/d");
    lab_free(lab);
    lab = old_lab();
    lab_fact(lab, "old_manager", "{\"version\":\"6.4.2\"}");
    lab_data(lab, "{\"ask\":\"validation\"}");
    lab_turn(lab, &OLD->plan, 200, "{\"items\":[]}");
    lab_found(lab, "cannot tell old_validation", "never been run");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_an_old_manager_nothing_is_asked),
        cmocka_unit_test(living_manager_with_living_agents_is_fine),
        cmocka_unit_test(manager_that_is_silent_or_refuses_is_asked_no_more),
        cmocka_unit_test(another_version_or_edition_is_noticed),
        cmocka_unit_test(broker_that_is_configured_is_the_one),
        cmocka_unit_test(own_broker_is_sought_at_the_managers_address),
        cmocka_unit_test(dead_agents_are_counted_over_all_pages),
        cmocka_unit_test(newest_validation_of_each_deployment_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
