/* What somebody looks at before an upgrade: services, licences, networks, clocks, locks. */
#include "ferry_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/server/bench.h"

#define API "/api/v3.1/"

static const char *const premium[] = {"--premium", NULL};

static void services_can_be_down(void **state)
{
    static const struct {
        const char *set, *status, *db, *whole;
        long summary;
    } rows[] = {
        {"{\"cluster_status\": \"OK\"}", "OK", "OK", "OK", 200},
        {"{\"cluster_status\": null, \"services_failing\": [\"db\", \"RabbitMQ\"]}", "Fail", "Fail",
         "Fail", 500},
        {"{\"cluster_status\": \"Degraded\", \"services_failing\": null}", "OK", "OK", "Degraded",
         200},
    };
    (void)state;
    struct bench *bench = bench_start("6.4.2", "1", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        live_set(&bench->live, "set", rows[i].set);
        struct answer answer = bench_ask(bench, "GET", API "status", NULL);
        assert_string_equal(bench_text(&answer, "status"), rows[i].status);
        answer = bench_ask(bench, "GET", API "cluster-status", NULL);
        assert_int_equal(answer.status, 200);
        assert_string_equal(bench_text(&answer, "status"), rows[i].whole);
        assert_string_equal(bench_text(&answer, "services.db.status"), rows[i].db);
        assert_string_equal(
            bench_text(&answer, "services.broker.nodes.practice.services.RabbitMQ.status"),
            strcmp(rows[i].db, "OK") == 0 ? "Active" : "Inactive");
        answer = bench_ask(bench, "GET", API "cluster-status?summary=true", NULL);
        assert_int_equal(answer.status, rows[i].summary);
    }
    bench_end(bench);
}

static const char *keys_of(struct bench *bench, const char *path)
{
    struct answer answer = bench_ask(bench, "GET", path, NULL);
    const struct json *networks = json_get(json_first(json_get(answer.json, "items")), "networks");
    char *out = mem_strdup(bench, "");
    for (const struct json *at = json_first(networks); at != NULL; at = json_next(at)) {
        out = mem_printf(bench, "%s%s ", out, json_key(at));
    }
    return out;
}

static void networks_of_manager_and_broker_may_differ(void **state)
{
    (void)state;
    struct bench *bench = bench_start("6.4.2", "1", NULL);
    live_set(&bench->live, "set",
             "{\"networks\": [\"default\", \"lan\"], \"broker_networks\": [\"lan\"],"
             " \"db_nodes\": 3}");
    assert_string_equal(keys_of(bench, API "managers"), "default lan ");
    assert_string_equal(keys_of(bench, API "brokers"), "lan ");
    struct answer answer = bench_ask(bench, "GET", API "db-nodes", NULL);
    assert_int_equal(json_size(json_get(answer.json, "items")), 3);
    /* Its agents use the network that the broker lacks. */
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "6.4.1")), 201);
    const char *execution = bench_restore(bench, "s1");
    bench_settle(bench);
    answer = bench_execution(bench, execution);
    if (answer.status != 200) {
        answer = bench_ask(bench, "GET", mem_printf(bench, API "executions/%s", execution), NULL);
    }
    assert_non_null(strstr(bench_text(&answer, "error"),
                           "(manager networks: `default, lan`) and the broker (broker networks: "
                           "`lan`)"));
    bench_end(bench);
}

static void licences_end(void **state)
{
    static const struct {
        const char *set, *code;
        size_t items;
        bool expired;
    } rows[] = {
        {"{}", "", 1, false},
        {"{\"license\": \"none\"}", "missing_cloudify_license", 0, false},
        {"{\"license\": \"expired\"}", "expired_cloudify_license", 1, true},
        {"{\"license\": null, \"license_expires\": \"2099-01-01T00:00:00.000Z\"}", "", 1, false},
        {"{\"license_expires\": \"2020-01-01T00:00:00.000Z\"}", "expired_cloudify_license", 1,
         true},
    };
    (void)state;
    struct bench *bench = bench_start("6.4.2", "1", premium);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        live_set(&bench->live, "set", rows[i].set);
        struct answer answer = bench_ask(bench, "GET", API "license", NULL);
        const struct json *items = json_get(answer.json, "items");
        assert_int_equal(json_size(items), rows[i].items);
        assert_int_equal(json_bool_or(json_first(items), "expired", false), rows[i].expired);
        long status = *rows[i].code == '\0' ? 200 : 400;
        answer = bench_ask(bench, "GET", API "snapshots", NULL);
        assert_int_equal(answer.status, status);
        assert_string_equal(bench_code(&answer), rows[i].code);
        assert_int_equal(bench_plain(bench, "GET", API "license-check").status, status);
    }
    assert_int_equal(bench_ask(bench, "PUT", API "license", "license").status, 200);
    assert_int_equal(bench_ask(bench, "GET", API "snapshots", NULL).status, 200);
    live_set(&bench->live, "set", "{\"license_capabilities\": [\"HA\"], \"license_trial\": true}");
    struct answer answer = bench_ask(bench, "GET", API "license", NULL);
    const struct json *able = json_get(json_first(json_get(answer.json, "items")), "capabilities");
    assert_string_equal(json_text(json_first(able)), "HA");
    assert_true(json_bool_or(json_first(json_get(answer.json, "items")), "trial", false));
    bench_end(bench);
}

static void the_clock_may_be_wrong(void **state)
{
    int64_t at_ms = 0;
    (void)state;
    struct bench *bench = bench_start("7.1.0", "1", NULL);
    live_set(&bench->live, "set", "{\"date_offset_ms\": -600000}");
    struct answer answer = bench_ask(bench, "GET", API "version", NULL);
    assert_non_null(answer.date);
    assert_true(timefmt_parse_http(answer.date, &at_ms));
    int64_t behind_ms = (int64_t)time(NULL) * 1000 - at_ms;
    assert_true(behind_ms >= 598000 && behind_ms <= 602000);
    bench_end(bench);
}

static void a_locked_user_can_be_unlocked(void **state)
{
    const char *more[] = {"--premium", "--account-lock", NULL};
    (void)state;
    struct bench *bench = bench_start("7.1.0", "1", more);
    live_set(&bench->live, "set",
             "{\"users\": [{\"username\": \"eve\", \"password\": \"p\", \"role\": \"default\"}]}");
    const char *wrong[] = {"Authorization: Basic ZXZlOng=", NULL};
    const char *right[] = {"Authorization: Basic ZXZlOnA=", NULL};
    struct blob none = {NULL, 0};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(live_ask(&bench->live, bench, "GET", API "user", wrong, none).status, 401);
    }
    assert_int_equal(live_ask(&bench->live, bench, "GET", API "user", right, none).status, 401);
    struct answer answer = bench_ask(bench, "GET", API "users?username=eve", NULL);
    const struct json *eve = json_first(json_get(answer.json, "items"));
    assert_true(json_bool_or(eve, "is_locked", false));
    answer = bench_ask(bench, "POST", API "users/unlock/eve", "{}");
    assert_int_equal(answer.status, 200);
    assert_false(json_bool_or(answer.json, "is_locked", true));
    assert_int_equal(live_ask(&bench->live, bench, "GET", API "user", right, none).status, 200);
    assert_int_equal(bench_ask(bench, "POST", API "users/unlock/nobody", "{}").status, 404);
    bench_end(bench);
}

static int64_t config_of(struct bench *bench, const char *name)
{
    struct answer answer = bench_ask(bench, "GET", API "config", NULL);
    const struct json *at = json_first(json_get(answer.json, "items"));
    for (; at != NULL; at = json_next(at)) {
        if (strcmp(json_string_or(at, "name", ""), name) == 0) {
            return json_int64_or(at, "value", -2);
        }
    }
    return -3;
}

static void the_configuration_tells_of_the_lock(void **state)
{
    (void)state;
    struct bench *bench = bench_start("7.1.0", "1", NULL);
    assert_int_equal(config_of(bench, "account_lock_period"), -1);
    assert_int_equal(config_of(bench, "failed_logins_before_account_lock"), 4);
    assert_int_equal(config_of(bench, "default_page_size"), 1000);
    live_set(&bench->live, "set", "{\"account_lock\": true, \"failed_logins_allowed\": 1}");
    assert_int_equal(config_of(bench, "account_lock_period"), 30);
    assert_int_equal(config_of(bench, "failed_logins_before_account_lock"), 1);
    assert_int_equal(bench_ask_as(bench, "wrong", "GET", API "user", NULL).status, 401);
    assert_int_equal(bench_ask(bench, "GET", API "user", NULL).status, 401);
    bench_end(bench);
}

static bool connects(const char *address)
{
    const char *colon = strrchr(address, ':');
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtol(colon + 1, NULL, 10)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    bool good = connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
    assert_int_equal(close(fd), 0);
    return good;
}

static void the_broker_can_be_reached(void **state)
{
    const char *more[] = {"--broker", "127.0.0.1:0", NULL};
    (void)state;
    struct bench *bench = bench_start("5.1.4", "1", more);
    assert_non_null(bench->live.broker);
    assert_true(connects(bench->live.broker));
    char *broker = mem_strdup(NULL, bench->live.broker);
    bench_end(bench);
    assert_false(connects(broker));
    mem_free(broker);
}

static void validation_names_the_dead(void **state)
{
    (void)state;
    struct bench *bench = bench_start("6.4.2", "0.001", NULL);
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "6.4.1")), 201);
    (void)bench_restore(bench, "s1");
    bench_settle(bench);
    struct answer answer = bench_ask_as(bench, "source", "GET",
                                        API "agents?deployment_id=dep-host-1&state=started", NULL);
    const struct json *agent = json_first(json_get(answer.json, "items"));
    const char *host = json_string_or(agent, "node_instance_id", "");
    live_set(&bench->live, "set", mem_printf(bench, "{\"dead_hosts\": [\"%s\"]}", host));
    answer = bench_ask_as(bench, "source", "POST", API "executions",
                          "{\"deployment_id\": \"dep-host-1\", \"workflow_id\":"
                          " \"validate_agents\"}");
    assert_int_equal(answer.status, 201);
    const char *execution = bench_text(&answer, "id");
    bench_settle(bench);
    answer = bench_execution(bench, execution);
    assert_string_equal(bench_text(&answer, "status"), "failed");
    const char *path =
        mem_printf(bench, API "events?execution_id=%s&event_type=task_failed", execution);
    answer = bench_ask_as(bench, "source", "GET", path, NULL);
    const struct json *items = json_get(answer.json, "items");
    assert_int_equal(json_size(items), 1);
    assert_string_equal(json_string_or(json_first(items), "node_instance_id", ""), host);
    bench_end(bench);
}

static void schedules_are_made_changed_and_removed(void **state)
{
#define SCHEDULES API "execution-schedules/nightly"
    static const char body[] = "{\"workflow_id\": \"heal\", \"since\": \"2099-01-01 00:00:00\","
                               " \"recurrence\": \"1 days\", \"slip\": 5}";
    (void)state;
    struct bench *bench = bench_start("6.4.2", "1", NULL);
    live_set(&bench->live, "set",
             "{\"sql\": \"INSERT INTO deployments (tenant, id) VALUES ('default_tenant', 'd')\"}");
    assert_int_equal(bench_ask(bench, "PUT", SCHEDULES, body).status, 400);
    assert_int_equal(bench_ask(bench, "PUT", SCHEDULES "?deployment_id=x", body).status, 404);
    assert_int_equal(bench_ask(bench, "PUT", SCHEDULES "?deployment_id=d", "{}").status, 400);
    struct answer answer = bench_ask(bench, "PUT", SCHEDULES "?deployment_id=d", body);
    assert_int_equal(answer.status, 201);
    assert_string_equal(bench_text(&answer, "next_occurrence"), "2099-01-01T00:00:00.000Z");
    assert_string_equal(bench_text(&answer, "rule.recurrence"), "1 days");
    assert_int_equal(bench_ask(bench, "PUT", SCHEDULES "?deployment_id=d", body).status, 409);
    answer = bench_ask(bench, "PATCH", SCHEDULES "?deployment_id=d", "{\"enabled\": false}");
    assert_int_equal(answer.status, 201);
    assert_false(json_bool_or(answer.json, "enabled", true));
    assert_int_equal(json_int64_or(answer.json, "slip", 0), 5);
    assert_int_equal(bench_ask(bench, "DELETE", SCHEDULES "?deployment_id=d", NULL).status, 204);
    assert_int_equal(bench_ask(bench, "DELETE", SCHEDULES "?deployment_id=d", NULL).status, 404);
    bench_end(bench);
}

static void schedules_run_when_told_to(void **state)
{
    (void)state;
    struct bench *bench = bench_start("6.4.2", "0.01", NULL);
    live_set(&bench->live, "set",
             "{\"schedules_run\": true, \"sql\": \"INSERT INTO schedules (tenant, id,"
             " deployment_id, workflow_id, next_occurrence, rule, parameters, slip, enabled,"
             " stop_on_fail, created_by) VALUES ('default_tenant', 's', 'd', 'heal',"
             " '2020-01-01T00:00:00.000Z', '{}', '{}', 10000000, 1, 0, 'admin')\"}");
    (void)bench_ask(bench, "GET", API "version", NULL);
    struct answer answer = bench_plain(bench, "GET", "/practice/ledger");
    assert_int_equal(json_size(json_get(answer.json, "scheduled_starts.heal")), 1);
    bench_end(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_can_be_down),
        cmocka_unit_test(networks_of_manager_and_broker_may_differ),
        cmocka_unit_test(licences_end),
        cmocka_unit_test(the_clock_may_be_wrong),
        cmocka_unit_test(a_locked_user_can_be_unlocked),
        cmocka_unit_test(the_configuration_tells_of_the_lock),
        cmocka_unit_test(the_broker_can_be_reached),
        cmocka_unit_test(validation_names_the_dead),
        cmocka_unit_test(schedules_are_made_changed_and_removed),
        cmocka_unit_test(schedules_run_when_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
