/* The checks of a plan that ask the new manager. */
#include "lab.h"

#include "base/mem.h"
#include "states/preflight.h"

#define NONE "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":0}}}"
#define TOTAL(n) "{\"items\":[{\"id\":\"a\"}],\"metadata\":{\"pagination\":{\"total\":" #n "}}}"
#define REFUSED "{\"error_code\":\"forbidden_error\",\"message\":\"not for you\"}"
#define DENIED "{\"error_code\":\"unauthorized_error\",\"message\":\"Wrong credentials\"}"
#define ADMIN "{\"username\":\"admin\",\"role\":\"sys_admin\"}"

/* A question that is refused leaves its check open; one that says that we are not let in ends it
   all: a wrong password is not tried again for the sake of a check. */
static void refusal_leaves_open_and_a_denial_ends(void **state)
{
    static const struct {
        const struct ferry_state *state;
        const char *data, *kind;
    } cases[] = {
        {&preflight_admin, "{}", "cannot tell bootstrap_admin"},
        {&preflight_admin, "{\"ask\":\"config\"}", "cannot tell account_lock"},
        {&preflight_empty, "{}", "cannot tell empty_blueprints"},
        {&preflight_empty, "{\"ask\":\"plugins\"}", "cannot tell empty_plugins"},
        {&preflight_nodes, "{}", "cannot tell cluster_nodes"},
        {&preflight_nodes, "{}", "cannot tell networks"},
        {&preflight_nodes, "{\"ask\":\"brokers\"}", "cannot tell networks"},
        {&preflight_services, "{}", "cannot tell services"},
        {&preflight_executions, "{}", "cannot tell open_executions"},
        {&preflight_executions, "{\"ask\":\"flag\"}", "cannot tell restore_flag"},
        {&preflight_licence, "{}", "cannot tell licence"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_new(cases[i].state);

        lab_fact(lab, "archive.networks", "[\"lab\"]");
        lab_fact(lab, "manager.edition", "\"premium\"");
        lab_data(lab, cases[i].data);
        lab_turn(lab, &cases[i].state->plan, 403, REFUSED);
        lab_found(lab, cases[i].kind, "not for you");
        lab_found_nothing(lab, "blocker");
        lab_found_nothing(lab, "stops");
        lab_free(lab);
        lab = lab_new(cases[i].state);
        lab_fact(lab, "archive.networks", "[\"lab\"]");
        lab_fact(lab, "manager.edition", "\"premium\"");
        lab_data(lab, cases[i].data);
        lab_turn(lab, &cases[i].state->plan, 401, DENIED);
        lab_found(lab, "blocker FERRY_E_AUTH", "refuses user \"admin\"");
        lab_says(lab, STATE_DONE, NULL);
        lab_free(lab);
    }
}

/* --- licence --- */

static void licences_are_judged_by_their_end(void **state)
{
#define LICENCE(rest) "{\"items\":[{\"license_edition\":\"Spire\"," rest "}]}"
    static const struct {
        int status;
        const char *json, *kind, *text;
    } cases[] = {
        {200, NONE, "stops licence", "has no licence"},
        {400, "{\"error_code\":\"missing_cloudify_license\",\"message\":\"none\"}", "stops licence",
         "missing_cloudify_license"},
        {200, LICENCE("\"expired\":true"), "warning licence", "has expired"},
        {200, LICENCE("\"expired\":true,\"trial\":true"), "stops licence", "has expired"},
        {200, LICENCE("\"expiration_date\":\"2026-11-01T00:00:00.000Z\""), "warning licence",
         "expired (2026-11-01)"},
        {200, LICENCE("\"expiration_date\":\"2026-12-01T14:00:00.000Z\""), "warning licence",
         "(Spire) ends in 9 days, on 2026-12-01"},
        {200, LICENCE("\"expiration_date\":\"2028-01-01T00:00:00.000Z\""), "ok licence",
         "Spire, until 2028-01-01"},
        {200, LICENCE("\"expiration_date\":null"), "ok licence", "without an end"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_new(&preflight_licence);

        lab_fact(lab, "manager.edition", "\"premium\"");
        lab_asks(lab, &preflight_licence.plan, "GET /api/v3.1/license");
        lab_gets(lab, cases[i].status, cases[i].json);
        lab_found(lab, cases[i].kind, cases[i].text);
        lab_free(lab);
    }
    struct lab *lab = lab_new(&preflight_licence);

    lab_needs_nothing(lab, &preflight_licence.plan); /* community */
    lab_found(lab, "ok licence", "needs no licence");
    lab_free(lab);
}

/* --- who we are --- */

static void only_the_bootstrap_admin_passes(void **state)
{
    static const struct {
        const char *user, *format, *kind, *text;
    } cases[] = {
        {ADMIN, "\"legacy\"", "ok bootstrap_admin", "by its name"},
        {"{\"username\":\"eve\",\"role\":\"sys_admin\"}", "\"legacy\"",
         "cannot tell bootstrap_admin", "user id 0"},
        {"{\"username\":\"eve\",\"role\":\"sys_admin\"}", "\"new\"", "ok bootstrap_admin", "eve"},
        {"{\"username\":\"eve\",\"role\":\"default\"}", "\"new\"",
         "stops bootstrap_admin FERRY_E_AUTH", "role default"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_new(&preflight_admin);

        lab_fact(lab, "archive.format", cases[i].format);
        lab_asks(lab, &preflight_admin.plan, "GET /api/v3.1/user");
        lab_gets(lab, 200, cases[i].user);
        lab_found(lab, cases[i].kind, cases[i].text);
        lab_free(lab);
    }
}

/* facts 6 no. 33: a legacy restore replaces the tokens, so a token alone leads nowhere. */
static void token_that_the_restore_makes_invalid_stops(void **state)
{
    static const struct {
        const char *format, *password, *after, *kind, *text;
    } cases[] = {
        {"\"legacy\"", "null", "null", "stops after_restore_login FERRY_E_CONFIG", "every token"},
        {"\"legacy\"", "{\"file\":\"/p\"}", "null", "warning after_restore_login",
         "manager.after_restore"},
        {"\"legacy\"", "null", "{\"username\":\"root\"}", "ok after_restore_login", "\"root\""},
        {"\"new\"", "null", "null", "ok after_restore_login", "as they are"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_new(&preflight_admin);

        lab_option(lab, "manager.token", "{\"file\":\"/t\"}");
        lab_option(lab, "manager.password", cases[i].password);
        lab_option(lab, "manager.after_restore", cases[i].after);
        lab_fact(lab, "archive.format", cases[i].format);
        lab_turn(lab, &preflight_admin.plan, 200, ADMIN);
        lab_found(lab, cases[i].kind, cases[i].text);
        lab_says(lab, STATE_AGAIN, NULL);
        lab_free(lab);
    }
}

static void account_lock_is_read_from_the_configuration(void **state)
{
#define CONFIG(period, tries)                                                                      \
    "{\"items\":[{\"name\":\"account_lock_period\",\"value\":" period                              \
    "},{\"name\":\"failed_logins_before_account_lock\",\"value\":" tries "}]}"
    static const struct {
        const char *json, *kind, *text;
    } cases[] = {
        {CONFIG("-1", "4"), "ok account_lock", "lock no account"},
        {CONFIG("30", "4"), "warning account_lock", "4 wrong passwords"},
        {CONFIG("30", "3"), "stops account_lock", "cfy config update"},
        {"{\"items\":[]}", "cannot tell account_lock", "does not say"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_new(&preflight_admin);

        lab_data(lab, "{\"ask\":\"config\"}");
        lab_asks(lab, &preflight_admin.plan, "GET /api/v3.1/config?_include=name%2Cvalue");
        lab_gets(lab, 200, cases[i].json);
        lab_found(lab, cases[i].kind, cases[i].text);
        lab_says(lab, STATE_DONE, NULL);
        lab_free(lab);
    }
    struct lab *lab = lab_new(&preflight_admin);

    lab_data(lab, "{\"ask\":\"config\"}");
    lab_asks(lab, &preflight_admin.plan, "GET *");
    lab_gets_recorded(lab, "01-version-status-license", 21);
    lab_found(lab, "ok account_lock", "account_lock_period is -1");
    lab_free(lab);
}

/* --- empty --- */

static void full_manager_stops_or_warns(void **state)
{
    static const struct {
        const char *format, *force, *json, *kind, *text;
    } cases[] = {
        {"\"legacy\"", "false", NONE, "ok empty_blueprints", "no blueprint"},
        {"\"legacy\"", "false", TOTAL(3), "stops empty_blueprints", "not empty: it holds 3"},
        {"\"legacy\"", "false", TOTAL(3), "stops empty_blueprints", "restore.force: true"},
        {"\"legacy\"", "true", TOTAL(3), "warning empty_blueprints", "deletes them"},
        {"\"new\"", "false", TOTAL(3), "stops empty_blueprints", "double"},
        {"\"new\"", "true", TOTAL(3), "warning empty_blueprints", "doubles"},
        {"\"legacy\"", "false", "{\"items\":[]}", "cannot tell empty_blueprints", "no total"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_new(&preflight_empty);

        lab_fact(lab, "archive.format", cases[i].format);
        lab_option(lab, "restore.force", cases[i].force);
        lab_asks(lab, &preflight_empty.plan, "GET /api/v3.1/blueprints?_include=id&_all_tenants=*");
        lab_gets(lab, 200, cases[i].json);
        lab_found(lab, cases[i].kind, cases[i].text);
        lab_asks(lab, &preflight_empty.plan, "GET /api/v3.1/plugins?*");
        lab_gets(lab, 200, NONE);
        lab_found(lab, "ok empty_plugins", "");
        lab_says(lab, STATE_DONE, NULL);
        lab_free(lab);
    }
}

static void second_restore_of_the_new_format_stops_force_or_not(void **state)
{
    struct lab *lab = lab_new(&preflight_empty);

    (void)state;
    lab_fact(lab, "archive.format", "\"new\"");
    lab_fact(lab, "archive.deployment_sample", "[\"web\"]");
    lab_option(lab, "restore.force", "true");
    lab_turn(lab, &preflight_empty.plan, 200, TOTAL(1));
    lab_asks(lab, &preflight_empty.plan, "GET /api/v3.1/deployments?id=web*");
    lab_gets(lab, 200, "{\"items\":[{\"id\":\"web\",\"tenant_name\":\"acme\"}]}");
    lab_found(lab, "stops empty_blueprints", "its deployment \"web\" is there");
    lab_asks(lab, &preflight_empty.plan, "GET /api/v3.1/plugins?*");
    lab_gets(lab, 200,
             "{\"items\":[{\"package_name\":\"aws\",\"package_version\":\"2.0\"}],\"metadata\":{"
             "\"pagination\":{\"total\":7}}}");
    lab_found(lab, "warning empty_plugins", "aws 2.0 and 6 more");
    lab_free(lab);
}

/* --- nodes --- */

static void networks_are_compared_with_managers_and_brokers(void **state)
{
    struct lab *lab = lab_new(&preflight_nodes);

    (void)state;
    lab_fact(lab, "archive.networks", "[\"default\"]");
    lab_asks(lab, &preflight_nodes.plan, "GET /api/v3.1/managers");
    lab_gets_recorded(lab, "01-version-status-license", 19);
    lab_found(lab, "ok cluster_nodes", "realmgr");
    lab_asks(lab, &preflight_nodes.plan, "GET /api/v3.1/brokers");
    lab_gets_recorded(lab, "01-version-status-license", 20);
    lab_found(lab, "ok networks", "default");
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
    lab = lab_new(&preflight_nodes);
    lab_fact(lab, "archive.networks", "[\"default\",\"lab\"]");
    lab_asks(lab, &preflight_nodes.plan, "GET *");
    lab_gets_recorded(lab, "01-version-status-license", 19);
    lab_found(lab, "stops networks", "own configuration lacks networks of the archive: lab");
    lab_free(lab);
}

static void managers_of_a_cluster_are_named(void **state)
{
    struct lab *lab = lab_new(&preflight_nodes);

    (void)state;
    lab_turn(lab, &preflight_nodes.plan, 200,
             "{\"items\":[{\"hostname\":\"mgr-1\"},{\"private_ip\":\"10.0.0.2\"},{}]}");
    lab_found(lab, "warning cluster_nodes", "the cluster has 3 managers: mgr-1, 10.0.0.2, ?");
    lab_found(lab, "warning cluster_nodes", "stop all but the one that manager.url names");
    lab_found(lab, "ok networks", "no agent");
    lab_says(lab, STATE_DONE, NULL); /* no networks in this archive: the brokers are not asked */
    lab_free(lab);
    lab = lab_new(&preflight_nodes);
    lab_version(lab, "5.0.0");
    lab_needs_nothing(lab, &preflight_nodes.plan);
    lab_found(lab, "cannot tell cluster_nodes", "before 5.0.5");
    lab_free(lab);
}

/* --- services --- */

static void services_that_are_down_are_named(void **state)
{
    static const struct {
        const char *data, *version, *json, *kind, *text;
    } cases[] = {
        {"{}", "7.0.5",
         "{\"status\":\"OK\",\"services\":{\"manager\":{\"status\":\"OK\",\"nodes\":{\"m1\":{"
         "\"status\":\"OK\"}}},\"db\":{\"status\":\"OK\",\"nodes\":{}}}}",
         "ok services", "all run"},
        {"{}", "7.0.5",
         "{\"status\":\"Degraded\",\"services\":{\"manager\":{\"status\":\"Degraded\",\"nodes\":{"
         "\"m1\":{\"status\":\"Fail\",\"services\":{\"Composer\":{\"status\":\"Inactive\"},"
         "\"nginx\":{\"status\":\"Active\"}}},\"m2\":{\"status\":\"Fail\"}}},\"db\":{\"status\":"
         "\"Fail\"}}}",
         "stops services", "run: Composer on manager m1 (Inactive), manager m2 (Fail), db (Fail)"},
        {"{}", "7.0.5",
         "{\"status\":\"Degraded\",\"services\":{\"manager\":{\"status\":\"Degraded\",\"nodes\":{"
         "\"m1\":{\"status\":\"OK\"},\"m2\":{\"status\":\"Fail\"}}}}}",
         "warning services", "run: manager m2 (Fail)"},
        {"{\"ask\":\"status\"}", "7.0.5",
         "{\"status\":\"Fail\",\"services\":{\"RabbitMQ\":{\"status\":\"Inactive\"},\"Web\":{"
         "\"status\":\"Active\"},\"DB\":{\"status\":\"Remote\"}}}",
         "stops services", "run: RabbitMQ (Inactive)"},
        {"{\"ask\":\"status\"}", "7.0.5", "{\"status\":\"Fail\",\"services\":{}}",
         "cannot tell services", "calls itself Fail"},
        {"{\"ask\":\"status\"}", "7.0.5",
         "{\"status\":\"Fail\",\"services\":{\"Web\":{\"status\":\"Active\"}}}", "warning services",
         "and yet"},
        {"{}", "4.6.0",
         "{\"status\":\"running\",\"services\":[{\"display_name\":\"Riemann\",\"instances\":[{"
         "\"state\":\"down\"}]}]}",
         "stops services", "Riemann (down)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_new(&preflight_services);

        lab_version(lab, cases[i].version);
        lab_data(lab, cases[i].data);
        lab_turn(lab, &preflight_services.plan, 200, cases[i].json);
        lab_found(lab, cases[i].kind, cases[i].text);
        lab_free(lab);
    }
}

static void manager_without_monitoring_is_asked_for_its_own_status(void **state)
{
    struct lab *lab = lab_new(&preflight_services);

    (void)state;
    lab_asks(lab, &preflight_services.plan, "GET /api/v3.1/cluster-status");
    lab_gets(lab, 200, "{\"status\":\"Fail\",\"services\":{}}");
    lab_asks(lab, &preflight_services.plan, "GET /api/v3.1/status");
    lab_gets_recorded(lab, "01-version-status-license", 6);
    lab_found(lab, "ok services", "11 services");
    lab_free(lab);
}

/* --- executions --- */

static void open_executions_are_named_by_their_ids(void **state)
{
    struct lab *lab = lab_new(&preflight_executions);

    (void)state;
    lab_asks(lab, &preflight_executions.plan,
             "GET /api/v3.1/executions?status=pending&status=started&status=cancelling&status="
             "force_cancelling&status=kill_cancelling&status=queued&status=scheduled*");
    lab_gets(lab, 200,
             "{\"items\":[{\"id\":\"e1\",\"workflow_id\":\"install\",\"deployment_id\":\"web\","
             "\"status\":\"started\"},{\"id\":\"e2\",\"workflow_id\":\"update_plugin\",\"status\":"
             "\"queued\"}],\"metadata\":{\"pagination\":{\"total\":3}}}");
    lab_found(lab, "warning open_executions",
              "e1 install on web (started), e2 update_plugin (queued) and 1 more");
    lab_asks(lab, &preflight_executions.plan, "GET /api/v3.1/snapshot-status");
    lab_gets_recorded(lab, "10-snapshot-status", 3);
    lab_found(lab, "stops restore_flag", "rm -f /tmp/cloudify/snapshot_restoring");
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void restore_that_is_open_stops(void **state)
{
    struct lab *lab = lab_new(&preflight_executions);

    (void)state;
    lab_version(lab, "5.0.0");
    lab_turn(lab, &preflight_executions.plan, 200,
             "{\"items\":[{\"id\":\"r1\",\"workflow_id\":\"restore_snapshot\",\"status\":"
             "\"pending\"}],\"metadata\":{\"pagination\":{\"total\":1}}}");
    lab_found(lab, "stops open_executions", "cfy executions cancel --kill r1");
    lab_found(lab, "ok restore_flag", "no such flag");
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
    lab = lab_new(&preflight_executions);
    lab_turn(lab, &preflight_executions.plan, 200, NONE);
    lab_found(lab, "ok open_executions", "nothing runs");
    lab_turn(lab, &preflight_executions.plan, 200, "{\"status\":\"not-running\"}");
    lab_found(lab, "ok restore_flag", "no restore");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusal_leaves_open_and_a_denial_ends),
        cmocka_unit_test(licences_are_judged_by_their_end),
        cmocka_unit_test(only_the_bootstrap_admin_passes),
        cmocka_unit_test(token_that_the_restore_makes_invalid_stops),
        cmocka_unit_test(account_lock_is_read_from_the_configuration),
        cmocka_unit_test(full_manager_stops_or_warns),
        cmocka_unit_test(second_restore_of_the_new_format_stops_force_or_not),
        cmocka_unit_test(networks_are_compared_with_managers_and_brokers),
        cmocka_unit_test(managers_of_a_cluster_are_named),
        cmocka_unit_test(services_that_are_down_are_named),
        cmocka_unit_test(manager_without_monitoring_is_asked_for_its_own_status),
        cmocka_unit_test(open_executions_are_named_by_their_ids),
        cmocka_unit_test(restore_that_is_open_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
