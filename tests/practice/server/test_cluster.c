/* Several nodes of one manager (facts 1.1, 2.9): one data base, but disk and flag of their own. */
#include "ferry_test.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "practice/replay/archives.h"
#include "practice/server/bench.h"

static const char status_path[] = "/api/v3.1/snapshot-status";

static struct bench *three_nodes(const char *version)
{
    static const char *const options[] = {"--nodes", "3", NULL};
    struct bench *bench = bench_start(version, "1", options);
    assert_non_null(bench->live.urls[2]);
    live_set(&bench->live, "set", "{\"freeze\": true, \"sync_ms\": 5000}");
    return bench;
}

static void node(struct bench *bench, int number)
{
    bench->live.url = bench->live.urls[number - 1];
}

static const char *flag(struct bench *bench)
{
    struct answer answer = bench_plain(bench, "GET", status_path);
    return bench_text(&answer, "status");
}

static long archive(struct bench *bench)
{
    return bench_ask(bench, "HEAD", "/api/v3.1/snapshots/s1/archive", NULL).status;
}

static void the_row_is_everywhere_but_the_archive_comes_later(void **state)
{
    (void)state;
    struct bench *bench = three_nodes("6.4.2");
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "6.4.1")), 201);
    assert_int_equal(archive(bench), 200);
    node(bench, 2);
    assert_int_equal(bench_ask(bench, "GET", "/api/v3.1/snapshots/s1", NULL).status, 200);
    assert_int_equal(archive(bench), 404);
    const char *execution = bench_restore(bench, "s1");
    live_advance(&bench->live, 4500);
    struct answer row =
        bench_ask(bench, "GET", mem_printf(bench, "/api/v3.1/executions/%s", execution), NULL);
    assert_string_equal(bench_text(&row, "status"), "failed");
    assert_non_null(strstr(bench_text(&row, "error"), "No such file or directory"));
    live_advance(&bench->live, 1000); /* now it is there, and a second POST succeeds */
    assert_int_equal(archive(bench), 200);
    execution = bench_restore(bench, "s1");
    bench_settle(bench);
    row = bench_execution(bench, execution);
    assert_string_equal(bench_text(&row, "status"), "terminated");
    bench_end(bench);
}

static void the_flag_is_of_the_node_that_restores(void **state)
{
    (void)state;
    struct bench *bench = three_nodes("6.4.2");
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "6.4.1")), 201);
    (void)bench_restore(bench, "s1");
    live_advance(&bench->live, 1500);
    assert_string_equal(flag(bench), "running");
    node(bench, 3);
    assert_string_equal(flag(bench), "not-running");
    live_advance(&bench->live, 2000); /* services of the first node are stopped */
    assert_int_equal(bench_plain(bench, "GET", status_path).status, 500);
    node(bench, 1);
    assert_int_equal(bench_plain(bench, "GET", status_path).status, 502);
    bench_end(bench);
}

static void other_nodes_hold_the_old_secret_until_they_are_restarted(void **state)
{
    (void)state;
    struct bench *bench = three_nodes("7.0.5");
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "6.4.1")), 201);
    (void)bench_restore(bench, "s1");
    bench_settle(bench);
    static const char path[] = "/api/v3.1/version";
    assert_int_equal(bench_ask_as(bench, "source", "GET", path, NULL).status, 200);
    for (int number = 2; number <= 3; number++) {
        node(bench, number);
        assert_int_equal(bench_ask_as(bench, "source", "GET", path, NULL).status, 401);
        assert_int_equal(bench_ask(bench, "GET", path, NULL).status, 401);
    }
    /* The ledger tells who was asked: the first for upload, restore and version. */
    struct answer ledger = bench_plain(bench, "GET", "/practice/ledger");
    assert_string_equal(json_print(bench, json_get(ledger.json, "by_node")), "[3,2,2]");
    live_set(&bench->live, "set", "{\"nodes\": [{\"node\": 2, \"restart\": true}]}");
    node(bench, 2);
    assert_int_equal(bench_ask_as(bench, "source", "GET", path, NULL).status, 200);
    node(bench, 3);
    assert_int_equal(bench_ask_as(bench, "source", "GET", path, NULL).status, 401);
    bench_end(bench);
}

static void a_node_can_be_down_and_all_are_shown(void **state)
{
    (void)state;
    struct bench *bench = three_nodes("6.4.2");
    live_set(&bench->live, "set", "{\"nodes\": [{\"node\": 2, \"down\": true}]}");
    struct answer managers = bench_ask(bench, "GET", "/api/v3.1/managers", NULL);
    assert_int_equal(json_size(json_get(managers.json, "items")), 3);
    assert_int_equal(
        json_size(json_get(bench_ask(bench, "GET", "/api/v3.1/brokers", NULL).json, "items")), 3);
    struct answer cluster = bench_ask(bench, "GET", "/api/v3.1/cluster-status", NULL);
    assert_string_equal(bench_text(&cluster, "status"), "Degraded");
    assert_int_equal(json_size(json_get(cluster.json, "services.manager.nodes")), 3);
    node(bench, 2);
    assert_int_equal(bench_plain(bench, "GET", status_path).status, 0);
    node(bench, 1);
    live_set(&bench->live, "set", "{\"nodes\": [{\"node\": 2, \"down\": false}]}");
    node(bench, 2);
    for (int i = 0; i < 100 && bench_plain(bench, "GET", status_path).status == 0; i++) {
        (void)usleep(10000);
    }
    assert_int_equal(bench_plain(bench, "GET", status_path).status, 200);
    cluster = bench_ask(bench, "GET", "/api/v3.1/cluster-status", NULL);
    assert_string_equal(bench_text(&cluster, "status"), "OK");
    bench_end(bench);
}

/* Facts 1.1: a 4.x cluster refuses at once. */
static void a_cluster_of_4_x_does_not_restore(void **state)
{
    (void)state;
    struct bench *bench = three_nodes("4.6");
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "4.5.0")), 201);
    struct answer answer = bench_ask(bench, "POST", "/api/v3.1/snapshots/s1/restore",
                                     "{\"force\": false, \"recreate_deployments_envs\": true}");
    assert_int_equal(answer.status, 400);
    assert_string_equal(bench_code(&answer), "illegal_action_error");
    bench_end(bench);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_row_is_everywhere_but_the_archive_comes_later),
        cmocka_unit_test(the_flag_is_of_the_node_that_restores),
        cmocka_unit_test(other_nodes_hold_the_old_secret_until_they_are_restarted),
        cmocka_unit_test(a_cluster_of_4_x_does_not_restore),
        cmocka_unit_test(a_node_can_be_down_and_all_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
