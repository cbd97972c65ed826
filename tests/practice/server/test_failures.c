/* How a restore fails, by version: the texts by which a client has to know it (facts 2.4, 2.5). */
#include "ferry_test.h"

#include <string.h>

#include "base/mem.h"
#include "practice/replay/archives.h"
#include "practice/server/bench.h"

struct row {
    const char *version, *archive; /* of the manager; of the snapshot */
    const char *set;               /* for /practice/set, before the restore */
    const char *error;             /* in it; NULL: the restore succeeds */
};

static const char full[] = "{\"sql\": \"INSERT INTO blueprints (tenant, id) VALUES"
                           " ('default_tenant', 'bp');\"}";
static const char other_net[] = "{\"networks\": [\"lan\", \"wan\"]}";

/* The state of the execution after the restore of s1 has ended. */
static struct answer outcome(struct bench *bench, const char *execution)
{
    bench_settle(bench);
    const char *path = mem_printf(bench, "/api/v3.1/executions/%s", execution);
    struct answer answer = bench_ask(bench, "GET", path, NULL);
    return answer.status == 200 ? answer : bench_execution(bench, execution);
}

static void each_version_says_why_it_does_not_restore(void **state)
{
    static const struct row rows[] = {
        {"4.6", "5.0.5", "{}",
         "Cannot restore a newer manager's snapshot on this manager [5.0.5 >"},
        {"5.1.4", "5.2.0", "{}",
         "Cannot restore a newer manager's snapshot on this manager [5.2.0"},
        {"7.0.5", "7.1.0", "{}",
         "Cannot restore a newer manager's snapshot on this manager [7.1.0"},
        {"4.6", "3.4.0", "{}", NULL},
        {"5.0.5", "3.4.0", "{}", "Restoring snapshot from version 3.4.0 is not supported"},
        {"7.0.5", "3.4.0", "{}", "Restoring snapshot from version 3.4.0 is not supported"},
        {"4.6", "4.5.5", full, "Snapshot restoration on a non-empty manager is not permitted"},
        {"6.0.1", "4.5.5", full, "Snapshot restoration on a non-empty manager is not permitted"},
        {"4.6", "4.5.5", other_net, "Networks `[default]` do not appear in the provider context"},
        {"5.2.7", "4.5.5", other_net,
         "Snapshot networks: `default` are used by agents, but are missing from the manager "
         "(manager networks: `lan, wan`) and the broker (broker networks: `lan, wan`)"},
        {"6.4.2", "6.4.1", "{\"networks\": [\"default\", \"lan\"]}", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s from %s\n", rows[i].version, rows[i].archive);
        struct bench *bench = bench_start(rows[i].version, "1", NULL);
        live_set(&bench->live, "set", rows[i].set);
        assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, rows[i].archive)), 201);
        struct answer answer = outcome(bench, bench_restore(bench, "s1"));
        assert_string_equal(bench_text(&answer, "status"),
                            rows[i].error == NULL ? "terminated" : "failed");
        if (rows[i].error != NULL) {
            assert_non_null(strstr(bench_text(&answer, "error"), rows[i].error));
            /* Nothing was touched: the snapshot is there, the password is the old one. */
            assert_int_equal(bench_ask(bench, "GET", "/api/v3.1/snapshots/s1", NULL).status, 200);
        }
        bench_end(bench);
    }
}

static void only_the_bootstrap_admin_may_restore(void **state)
{
    static const char *const versions[] = {"4.6", "5.1.4", "6.4.2", "7.0.5"};
    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        struct bench *bench = bench_start(versions[i], "1", NULL);
        live_set(&bench->live, "set",
                 "{\"users\": [{\"username\": \"second\", \"password\": \"p\","
                 " \"role\": \"sys_admin\"}]}");
        assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "4.5.5")), 201);
        const char *second[] = {"Authorization: Basic c2Vjb25kOnA=", "Tenant: default_tenant",
                                "Content-Type: application/json", NULL};
        struct blob body = {
            mem_strdup(bench, "{\"force\": false, \"recreate_deployments_envs\": true}"), 0};
        body.size = strlen(body.data);
        struct answer answer =
            live_ask(&bench->live, bench, "POST", "/api/v3.1/snapshots/s1/restore", second, body);
        assert_int_equal(answer.status, 200);
        answer = outcome(bench, bench_text(&answer, "id"));
        assert_string_equal(bench_text(&answer, "status"), "failed");
        assert_non_null(strstr(bench_text(&answer, "error"),
                               "Only the bootstrap admin is allowed to perform this action"));
        bench_end(bench);
    }
}

static void networks_are_shown_by_managers_and_brokers(void **state)
{
    (void)state;
    struct bench *bench = bench_start("6.4.2", "1", NULL);
    live_set(&bench->live, "set", other_net);
    static const char *const routes[] = {"/api/v3.1/managers", "/api/v3.1/brokers"};
    for (size_t i = 0; i < 2; i++) {
        struct answer answer = bench_ask(bench, "GET", routes[i], NULL);
        const struct json *networks =
            json_get(json_at(json_get(answer.json, "items"), 0), "networks");
        assert_int_equal(json_size(networks), 2);
        assert_non_null(json_get(networks, "wan"));
    }
    bench_end(bench);
}

static void a_restore_too_soon_after_the_upload_finds_no_file(void **state)
{
    (void)state;
    struct bench *bench = bench_start("7.0.5", "1", NULL);
    live_set(&bench->live, "set", "{\"file_late_ms\": 10000}");
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "6.4.2")), 201);
    struct answer answer = outcome(bench, bench_restore(bench, "s1"));
    assert_string_equal(bench_text(&answer, "status"), "failed");
    assert_non_null(strstr(bench_text(&answer, "error"), "No such file or directory"));
    live_advance(&bench->live, 10000);
    answer = outcome(bench, bench_restore(bench, "s1"));
    assert_string_equal(bench_text(&answer, "status"), "terminated");
    bench_end(bench);
}

static int64_t count(struct bench *bench, const char *path)
{
    return json_int64_or(bench_ask(bench, "GET", path, NULL).json, "metadata.pagination.total", -1);
}

static void the_new_format_ends_well_although_things_got_lost(void **state)
{
    static const char logs[] =
        "/api/v3.1/events?execution_id=%s&include_logs=true&type=cloudify_log";
    (void)state;
    for (int lost = 0; lost <= 2; lost += 2) {
        struct bench *bench = bench_start("7.0.5", "1", NULL);
        live_set(&bench->live, "set", mem_printf(bench, "{\"entities_fail\": %d}", lost));
        assert_int_equal(bench_upload(bench, "s1", blob_file(bench, "snapshots/new-7.1.zip")), 201);
        const char *execution = bench_restore(bench, "s1");
        struct answer answer = outcome(bench, execution);
        assert_string_equal(bench_text(&answer, "status"), "terminated");
        assert_int_equal(count(bench, "/api/v3.1/deployments?_all_tenants=true"), 3 - lost);
        answer = bench_ask(bench, "GET", mem_printf(bench, logs, execution), NULL);
        const struct json *items = json_get(answer.json, "items");
        assert_int_equal(json_size(items), lost);
        for (const struct json *at = json_first(items); at != NULL; at = json_next(at)) {
            assert_non_null(strstr(json_string_or(at, "message", ""), "Error restoring "));
            assert_string_equal(json_string_or(at, "level", ""), "error");
        }
        /* Without asking for logs only start and end are shown. */
        assert_int_equal(
            count(bench, mem_printf(bench, "/api/v3.1/events?execution_id=%s", execution)), 2);
        bench_end(bench);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_version_says_why_it_does_not_restore),
        cmocka_unit_test(only_the_bootstrap_admin_may_restore),
        cmocka_unit_test(networks_are_shown_by_managers_and_brokers),
        cmocka_unit_test(a_restore_too_soon_after_the_upload_finds_no_file),
        cmocka_unit_test(the_new_format_ends_well_although_things_got_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
