/*
 * How a legacy restore ends otherwise than well (facts 2.1, 2.2, 2.6, 2.10): after a failure, with
 * certificates and a reboot, by a worker that dies, by a second delivery.
 */
#include "ferry_test.h"

#include <string.h>

#include "base/mem.h"
#include "practice/replay/archives.h"
#include "practice/server/bench.h"

static const char status_path[] = "/api/v3.1/snapshot-status";

static struct bench *restoring(const char *version, const char *set, const char *body,
                               const char **execution)
{
    static const char *const control[] = {"--control", "127.0.0.1:0", NULL};
    struct bench *bench = bench_start(version, "1", control);
    live_set(&bench->live, "set", "{\"freeze\": true}");
    live_set(&bench->live, "set", set);
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "4.2.0")), 201);
    struct answer answer = bench_ask(bench, "POST", "/api/v3.1/snapshots/s1/restore", body);
    assert_int_equal(answer.status, 200);
    *execution = bench_text(&answer, "id");
    return bench;
}

static const char plain[] = "{\"force\": false, \"recreate_deployments_envs\": true}";

static long login(struct bench *bench, const char *password)
{
    return bench_ask_as(bench, password, "GET", "/api/v3.1/version", NULL).status;
}

static bool flag(struct bench *bench)
{
    struct answer answer = bench_plain(bench, "GET", status_path);
    return strcmp(bench_text(&answer, "status"), "running") == 0;
}

/* Facts 2.1, last row: from 4.6 on a restore that failed after the salt swaps the password too. */
static void a_failure_in_the_data_base_swaps_the_password_from_4_6_on(void **state)
{
    static const struct {
        const char *version;
        bool swaps;
    } rows[] = {{"4.3.4", false}, {"4.6", true}, {"5.1.4", true}, {"6.4.2", true}, {"7.0.5", true}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *execution = NULL;
        struct bench *bench =
            restoring(rows[i].version, "{\"restore_fails\": \"disk is full\"}", plain, &execution);
        bench_settle(bench);
        print_message("version %s\n", rows[i].version);
        assert_int_equal(login(bench, "source"), rows[i].swaps ? 200 : 401);
        assert_int_equal(login(bench, "admin"), rows[i].swaps ? 401 : 200);
        const char *password = rows[i].swaps ? "source" : "admin";
        struct answer row = bench_ask_as(
            bench, password, "GET", mem_printf(bench, "/api/v3.1/executions/%s", execution), NULL);
        assert_string_equal(bench_text(&row, "status"), "failed");
        assert_non_null(strstr(bench_text(&row, "error"), "disk is full"));
        /* The target's rows were not touched: its snapshot is there. */
        row = bench_ask_as(bench, password, "GET", "/api/v3.1/snapshots/s1", NULL);
        assert_int_equal(row.status, 200);
        assert_false(flag(bench));
        bench_end(bench);
    }
}

/* Facts 2.1: plugins are installed again up to 5.0.5, which can fail the restore. */
static void plugins_that_cannot_be_installed_again_fail_old_restores(void **state)
{
    static const char ignoring[] = "{\"force\": false, \"recreate_deployments_envs\": true,"
                                   " \"ignore_plugin_failure\": true}";
    static const struct {
        const char *version, *body, *status;
    } rows[] = {{"4.6", plain, "failed"},
                {"5.0.5", plain, "failed"},
                {"5.0.5", ignoring, "terminated"},
                {"5.1.4", plain, "terminated"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *execution = NULL;
        struct bench *bench =
            restoring(rows[i].version, "{\"plugins_fail\": true}", rows[i].body, &execution);
        bench_settle(bench);
        struct answer row = bench_execution(bench, execution);
        assert_string_equal(bench_text(&row, "status"), rows[i].status);
        /* The rows have come all the same. */
        row = bench_ask_as(bench, "source", "GET", "/api/v3.1/blueprints", NULL);
        assert_true(json_size(json_get(row.json, "items")) > 0);
        row = bench_ask_as(bench, "source", "GET",
                           "/api/v3.1/executions?_include_system_workflows=true"
                           "&workflow_id=install_plugin",
                           NULL);
        assert_int_equal(json_size(json_get(row.json, "items")) > 0, i < 3);
        bench_end(bench);
    }
}

/* Facts 2.2, 2.6: the worker is killed; nobody takes the flag down. */
static void a_worker_that_dies_leaves_the_flag(void **state)
{
    static const struct {
        const char *when, *status;
        long target, source;
    } rows[] = {{"in_database", NULL, 401, 401},
                {"after_rows", "started", 401, 401},
                {"after_end", "terminated", 401, 401}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *execution = NULL;
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct bench *bench =
            restoring("6.4.2", mem_printf(scope, "{\"worker_dies\": \"%s\"}", rows[i].when), plain,
                      &execution);
        bench_settle(bench);
        live_advance(&bench->live, 3600000);
        assert_true(flag(bench));
        assert_int_equal(login(bench, "admin"), rows[i].target);
        assert_int_equal(login(bench, "source"), rows[i].source);
        if (rows[i].status != NULL) {
            live_set(&bench->live, "set",
                     "{\"users\": [{\"username\": \"eve\", \"password\": \"p\","
                     " \"role\": \"sys_admin\"}]}");
            const char *eve[] = {"Authorization: Basic ZXZlOnA=", "Tenant: default_tenant", NULL};
            struct answer row = live_ask(&bench->live, bench, "GET",
                                         mem_printf(bench, "/api/v3.1/executions/%s", execution),
                                         eve, (struct blob){NULL, 0});
            assert_string_equal(bench_text(&row, "status"), rows[i].status);
        }
        bench_end(bench);
    }
}

/* Facts 2.10: the broker delivers a long restore again, which finds the blueprints of the first. */
static void a_second_delivery_fails_after_the_success(void **state)
{
    (void)state;
    const char *execution = NULL;
    struct bench *bench = restoring("6.4.0", "{\"redelivered\": true}", plain, &execution);
    live_advance(&bench->live, 31000); /* the first is over */
    struct answer row = bench_execution(bench, execution);
    assert_string_equal(bench_text(&row, "status"), "terminated");
    assert_false(flag(bench));
    live_advance(&bench->live, 2000);
    row = bench_execution(bench, execution);
    assert_string_equal(bench_text(&row, "status"), "started");
    assert_true(flag(bench));
    bench_settle(bench);
    row = bench_execution(bench, execution);
    assert_string_equal(bench_text(&row, "status"), "failed");
    assert_non_null(strstr(bench_text(&row, "error"), "on a non-empty manager is not permitted"));
    assert_false(flag(bench));
    row = bench_ask_as(bench, "source", "GET", "/api/v3.1/deployments?_all_tenants=true&_size=1",
                       NULL);
    assert_int_equal(json_int64_or(row.json, "metadata.pagination.total", 0), 71);
    bench_end(bench);
}

/* Facts 2.4: a 7.0 manager of several machines takes no legacy snapshot. */
static void a_distributed_manager_takes_no_legacy_snapshot(void **state)
{
    (void)state;
    const char *execution = NULL;
    struct bench *bench = restoring("7.0.5", "{\"distributed\": true}", plain, &execution);
    bench_settle(bench);
    struct answer row =
        bench_ask(bench, "GET", mem_printf(bench, "/api/v3.1/executions/%s", execution), NULL);
    assert_non_null(strstr(bench_text(&row, "error"), "on a distributed manager"));
    bench_end(bench);
}

/* Facts 1.1, 6 no. 15: up to 6.4 a crash leaves a row without a file; a restore finds nothing. */
static void a_row_can_be_without_its_file_up_to_6_4(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bench *bench = bench_start(i == 0 ? "6.4.2" : "7.0.5", "1", NULL);
        live_set(&bench->live, "set", "{\"upload_loses_file\": true}");
        assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "4.2.0")),
                         i == 0 ? 500 : 201);
        assert_int_equal(bench_ask(bench, "GET", "/api/v3.1/snapshots/s1", NULL).status, 200);
        assert_int_equal(bench_ask(bench, "HEAD", "/api/v3.1/snapshots/s1/archive", NULL).status,
                         i == 0 ? 404 : 200);
        if (i == 0) {
            const char *execution = bench_restore(bench, "s1");
            bench_settle(bench);
            struct answer row = bench_ask(
                bench, "GET", mem_printf(bench, "/api/v3.1/executions/%s", execution), NULL);
            assert_non_null(strstr(bench_text(&row, "error"), "No such file or directory"));
        }
        bench_end(bench);
    }
}

/* Facts 2.6: only from 7.0 on the finally fails too, and leaves the flag. */
static void a_bad_archive_leaks_the_flag_from_7_0_on(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bench *bench = bench_start(i == 0 ? "6.4.2" : "7.0.5", "1", NULL);
        struct blob garbage = {mem_strdup(bench, "no zip at all"), 13};
        assert_int_equal(bench_upload(bench, "s1", garbage), 201);
        const char *execution = bench_restore(bench, "s1");
        bench_settle(bench);
        struct answer row =
            bench_ask(bench, "GET", mem_printf(bench, "/api/v3.1/executions/%s", execution), NULL);
        assert_string_equal(bench_text(&row, "status"), "failed");
        assert_int_equal(flag(bench), i);
        assert_int_equal(login(bench, "admin"), 200);
        bench_end(bench);
    }
}

/* Facts 1.2: the row of maintenance refers to a user that the source does not have. */
static void maintenance_by_a_user_who_gets_lost_breaks_everything(void **state)
{
    static const struct {
        const char *version;
        long after;
    } rows[] = {{"5.0.5", 200}, {"6.4.2", 500}, {"7.0.5", 500}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *bench = bench_start(rows[i].version, "1", NULL);
        live_set(&bench->live, "set",
                 "{\"users\": [{\"username\": \"eve\", \"password\": \"p\","
                 " \"role\": \"sys_admin\"}]}");
        assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "4.2.0")), 201);
        const char *eve[] = {"Authorization: Basic ZXZlOnA=", "Tenant: default_tenant", NULL};
        assert_int_equal(live_ask(&bench->live, bench, "POST", "/api/v3.1/maintenance/activate",
                                  eve, (struct blob){NULL, 0})
                             .status,
                         200);
        (void)bench_restore(bench, "s1");
        bench_settle(bench);
        assert_int_equal(login(bench, "source"), rows[i].after);
        bench_end(bench);
    }
}

/* --- certificates: the same archive, a manager with a port for tests that stays up --- */

static const char certificates[] = "{\"force\": false, \"recreate_deployments_envs\": true,"
                                   " \"restore_certificates\": true}";
static const char no_reboot[] = "{\"force\": false, \"restore_certificates\": true,"
                                " \"no_reboot\": true}";

/* Facts 2.2, 6 no. 27: the machine reboots; the flag may survive up to 6.4. */
static void certificates_reboot_the_machine(void **state)
{
    static const struct {
        const char *version;
        bool survives, flag;
    } rows[] = {{"6.4.2", false, false}, {"6.4.2", true, true}, {"7.0.5", true, false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        const char *execution = NULL;
        struct bench *bench =
            restoring(rows[i].version,
                      mem_printf(scope, "{\"flag_survives_reboot\": %s, \"reboot_ms\": 60000}",
                                 rows[i].survives ? "true" : "false"),
                      certificates, &execution);
        live_advance(&bench->live, 29000); /* admin is swapped at 28.7 */
        assert_int_equal(login(bench, "source"), 200);
        assert_true(flag(bench));
        char *manager = bench->live.url;
        bench->live.url = bench->live.control; /* the port of tests does not go down */
        live_advance(&bench->live, 1000);
        bench->live.url = manager;
        assert_int_equal(bench_plain(bench, "GET", status_path).status, 0);
        bench->live.url = bench->live.control;
        assert_int_equal(bench_plain(bench, "GET", status_path).status, 404);
        live_advance(&bench->live, 60000);
        bench->live.url = manager;
        assert_int_equal(login(bench, "source"), 200);
        assert_int_equal(flag(bench), rows[i].flag);
        struct answer row = bench_execution(bench, execution);
        assert_string_equal(bench_text(&row, "status"), "terminated");
        bench_end(bench);
    }
}

static void a_refused_reboot_takes_the_flag_down(void **state)
{
    (void)state;
    const char *execution = NULL;
    struct bench *bench =
        restoring("7.0.5", "{\"reboot_refused\": true}", certificates, &execution);
    bench_settle(bench);
    assert_false(flag(bench));
    assert_int_equal(login(bench, "source"), 200);
    bench_end(bench);
    bench = restoring("7.0.5", "{}", no_reboot, &execution);
    bench_settle(bench);
    assert_int_equal(login(bench, "source"), 200);
    bench_end(bench);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_in_the_data_base_swaps_the_password_from_4_6_on),
        cmocka_unit_test(plugins_that_cannot_be_installed_again_fail_old_restores),
        cmocka_unit_test(a_worker_that_dies_leaves_the_flag),
        cmocka_unit_test(a_second_delivery_fails_after_the_success),
        cmocka_unit_test(a_distributed_manager_takes_no_legacy_snapshot),
        cmocka_unit_test(a_row_can_be_without_its_file_up_to_6_4),
        cmocka_unit_test(a_bad_archive_leaks_the_flag_from_7_0_on),
        cmocka_unit_test(maintenance_by_a_user_who_gets_lost_breaks_everything),
        cmocka_unit_test(certificates_reboot_the_machine),
        cmocka_unit_test(a_refused_reboot_takes_the_flag_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
