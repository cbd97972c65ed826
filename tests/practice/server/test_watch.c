/* What the ledger tells of a client's behaviour, what can be set, and how traffic is held up. */
#include "ferry_test.h"

#include <string.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "practice/replay/archives.h"
#include "practice/server/bench.h"

static const struct json *ledger(struct bench *bench, const char *path)
{
    struct answer answer = bench_plain(bench, "GET", "/practice/ledger");
    assert_int_equal(answer.status, 200);
    return json_get(answer.json, path);
}

static int64_t number(struct bench *bench, const char *object, const char *key)
{
    const struct json *node = ledger(bench, object);
    for (const struct json *at = json_first(node); at != NULL; at = json_next(at)) {
        if (strcmp(json_key(at), key) == 0) {
            return json_int64_or(node, key, -1);
        }
    }
    return 0;
}

static void requests_during_a_restore_are_kept(void **state)
{
    (void)state;
    struct bench *bench = bench_start("6.4.2", "1", NULL);
    live_set(&bench->live, "set", "{\"freeze\": true}");
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "6.4.1")), 201);
    assert_int_equal(json_size(ledger(bench, "during_restore")), 0);
    (void)bench_restore(bench, "s1");
    live_advance(&bench->live, 2500);
    (void)bench_plain(bench, "GET", "/api/v3.1/snapshot-status");
    (void)bench_ask(bench, "GET", "/api/v3.1/version", NULL);
    const struct json *during = ledger(bench, "during_restore");
    assert_int_equal(json_size(during), 2);
    const struct json *first = json_at(during, 0);
    assert_string_equal(json_string_or(first, "path", ""), "/api/v3.1/snapshot-status");
    assert_string_equal(json_string_or(first, "method", ""), "GET");
    assert_int_equal(json_int64_or(first, "status", 0), 502);
    assert_int_equal(json_int64_or(first, "restore", 0), 1);
    assert_in_range(json_int64_or(first, "at_ms", -1), 0, 60000); /* real time, not the frozen */
    assert_false(json_bool_or(first, "auth", true));
    assert_true(json_bool_or(json_at(during, 1), "auth", false));
    bench_settle(bench);
    (void)bench_plain(bench, "GET", "/api/v3.1/snapshot-status");
    assert_int_equal(json_size(ledger(bench, "during_restore")), 2);
    bench_end(bench);
}

/* A restore that hangs (10.3: its archive is gone) is over when it is killed. */
static void a_restore_that_is_killed_is_over(void **state)
{
    (void)state;
    struct bench *bench = bench_start("7.0.5", "1", NULL);
    live_set(&bench->live, "set",
             "{\"freeze\": true, \"sql\": \"INSERT INTO snapshots (tenant, id, status) VALUES"
             " ('default_tenant', 's1', 'uploaded');\"}");
    const char *path = mem_printf(bench, "/api/v3.1/executions/%s", bench_restore(bench, "s1"));
    bench_settle(bench);
    live_advance(&bench->live, 3600000);
    struct answer answer = bench_ask(bench, "GET", path, NULL);
    assert_string_equal(bench_text(&answer, "status"), "started");
    assert_int_equal(bench_ask(bench, "POST", path, "{\"action\": \"kill\"}").status, 200);
    bench_settle(bench);
    assert_int_equal(json_size(ledger(bench, "during_restore")), 2);
    (void)bench_ask(bench, "GET", path, NULL);
    assert_int_equal(json_size(ledger(bench, "during_restore")), 2);
    bench_end(bench);
}

static void the_newest_two_thousand_are_kept(void **state)
{
    (void)state;
    struct bench *bench = bench_start("6.4.2", "1", NULL);
    live_set(&bench->live, "set", "{\"freeze\": true}");
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "6.4.1")), 201);
    (void)bench_restore(bench, "s1");
    for (int i = 0; i < 2010; i++) {
        (void)bench_plain(bench, "GET", i < 10 ? "/api/v3.1/ok" : "/api/v3.1/snapshot-status");
    }
    const struct json *during = ledger(bench, "during_restore");
    assert_int_equal(json_size(during), 2000);
    assert_string_equal(json_string_or(json_at(during, 0), "path", ""),
                        "/api/v3.1/snapshot-status");
    bench_end(bench);
}

static void routes_and_passwords_are_counted(void **state)
{
    (void)state;
    struct bench *bench = bench_start("7.0.5", "1", NULL);
    static const char version[] = "/api/v3.1/version";
    for (int i = 0; i < 3; i++) {
        (void)bench_ask_as(bench, "wrong", "GET", version, NULL);
    }
    assert_int_equal(json_int64_or(ledger(bench, "wrong_passwords.admin"), "in_a_row", 0), 3);
    (void)bench_ask(bench, "GET", version, NULL);
    (void)bench_ask(bench, "GET", "/api/v3.1/executions/one", NULL);
    (void)bench_ask(bench, "GET", "/api/v3.1/executions/two?_include=id", NULL);
    (void)bench_ask(bench, "GET", "/api/v3.1/none", NULL);
    assert_int_equal(number(bench, "by_route", "GET version"), 4);
    assert_int_equal(number(bench, "by_route", "GET executions/*"), 2);
    assert_int_equal(number(bench, "by_route", "GET other"), 1);
    const struct json *wrong = ledger(bench, "wrong_passwords.admin");
    assert_int_equal(json_int64_or(wrong, "in_a_row", -1), 0);
    assert_int_equal(json_int64_or(wrong, "most_in_a_row", -1), 3);
    assert_int_equal(json_int64_or(wrong, "total", -1), 3);
    for (int i = 0; i < 2; i++) { /* the second one answers 304 */
        (void)bench_ask(bench, "POST", "/api/v3.1/maintenance/activate", "{}");
    }
    assert_int_equal(number(bench, "maintenance_requests", "activate"), 2);
    assert_int_equal(
        json_int64_or(bench_plain(bench, "GET", "/practice/ledger").json, "activations", 0), 1);
    bench_end(bench);
}

static void actions_are_told_by_execution(void **state)
{
    (void)state;
    struct bench *bench = bench_start("7.0.5", "1", NULL);
    live_set(&bench->live, "set",
             "{\"sql\": \"INSERT INTO executions (tenant, id, workflow_id, status) VALUES"
             " ('default_tenant', 'x1', 'install', 'started');\"}");
    static const char path[] = "/api/v3.1/executions/x1";
    (void)bench_ask(bench, "POST", path, "{\"action\": \"cancel\"}");
    (void)bench_ask(bench, "POST", path, "{\"action\": \"kill\"}");
    (void)bench_ask(bench, "POST", path, "{\"action\": \"kill\"}");
    const struct json *actions = ledger(bench, "actions_by_execution.x1");
    assert_int_equal(json_int64_or(actions, "cancel", 0), 1);
    assert_int_equal(json_int64_or(actions, "kill", 0), 2);
    bench_end(bench);
}

static long set(struct bench *bench, const char *body)
{
    struct blob blob = {mem_strdup(bench, body), strlen(body)};
    return live_ask(&bench->live, bench, "POST", "/practice/set", NULL, blob).status;
}

static void what_cannot_be_set_is_refused_and_all_else_is_listed(void **state)
{
    (void)state;
    struct bench *bench = bench_start("7.0.5", "1", NULL);
    assert_int_equal(set(bench, "{\"flag_leeks\": true}"), 400);
    assert_int_equal(set(bench, "{\"flag_leaks\": 3}"), 400);
    assert_int_equal(set(bench, "{\"nodes\": [{\"node\": 2}]}"), 400);
    assert_int_equal(set(bench, "{\"flag_leaks\": true, \"dead_share\": 0.5}"), 200);
    struct answer answer = bench_plain(bench, "GET", "/practice/settings");
    int found = 0;
    const struct json *at = json_first(json_get(answer.json, "settings"));
    for (; at != NULL; at = json_next(at)) {
        const char *name = json_string_or(at, "name", "");
        const char *value = json_string_or(at, "value", "");
        assert_true(strlen(json_string_or(at, "help", "")) > 0);
        found += strcmp(name, "flag_leaks") == 0 && strcmp(value, "1") == 0;
        found += strcmp(name, "dead_share") == 0 && strcmp(value, "0.5") == 0;
        found += strcmp(name, "row_lost") == 0 && *value == '\0';
    }
    assert_int_equal(found, 3);
    assert_int_equal(set(bench, "{\"flag_leaks\": null}"), 200);
    bench_end(bench);
}

static double seconds_of_last(struct bench *bench)
{
    curl_off_t us = 0;
    (void)curl_easy_getinfo(bench->live.curl, CURLINFO_TOTAL_TIME_T, &us);
    return (double)us / 1e6;
}

static void latency_and_the_rate_limit_can_be_switched(void **state)
{
    (void)state;
    struct bench *bench = bench_start("7.0.5", "0", NULL);
    static const char path[] = "/api/v3.1/snapshot-status";
    assert_int_equal(set(bench, "{\"latency_ms\": 120}"), 200);
    assert_int_equal(bench_plain(bench, "GET", path).status, 200);
    assert_true(seconds_of_last(bench) >= 0.115);
    assert_int_equal(set(bench, "{\"latency_ms\": null, \"rate_limit\": 10, \"rate_burst\": 6,"
                                " \"rate_delay\": 3}"),
                     200);
    int refused = 0;
    double slowest = 0;
    for (int i = 0; i < 5; i++) { /* the fifth finds more than the delay in the bucket */
        assert_int_equal(bench_plain(bench, "GET", path).status, 200);
        slowest = seconds_of_last(bench) > slowest ? seconds_of_last(bench) : slowest;
    }
    assert_true(slowest >= 0.02);
    assert_int_equal(set(bench, "{\"rate_burst\": 0, \"rate_limit\": 0.1}"), 200);
    for (int i = 0; i < 3; i++) {
        struct answer answer = bench_plain(bench, "GET", path);
        refused += answer.status == 503 && answer.json == NULL;
    }
    assert_true(refused >= 2);
    assert_int_equal(set(bench, "{\"rate_limit\": 0}"), 200);
    assert_int_equal(bench_plain(bench, "GET", path).status, 200);
    bench_end(bench);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_during_a_restore_are_kept),
        cmocka_unit_test(a_restore_that_is_killed_is_over),
        cmocka_unit_test(the_newest_two_thousand_are_kept),
        cmocka_unit_test(routes_and_passwords_are_counted),
        cmocka_unit_test(actions_are_told_by_execution),
        cmocka_unit_test(what_cannot_be_set_is_refused_and_all_else_is_listed),
        cmocka_unit_test(latency_and_the_rate_limit_can_be_switched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
