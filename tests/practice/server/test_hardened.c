/* What executions that wait become, and managers that lock their users. */
#include "ferry_test.h"

#include <string.h>

#include "base/mem.h"
#include "practice/server/bench.h"

static const char past[] = "2020-01-01T00:00:00.000Z";
static const char future[] = "2099-01-01T00:00:00.000Z";

/* Restores, putting an overdue and a coming execution into the restored rows on the way. */
static struct bench *restored_with_scheduled(const char *version, const char **execution)
{
    struct bench *bench = bench_start(version, "1", NULL);
    live_set(&bench->live, "set", "{\"freeze\": true}");
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "4.5.5")), 201);
    *execution = bench_restore(bench, "s1");
    live_advance(&bench->live, 18000);
    live_set(&bench->live, "set",
             mem_printf(bench,
                        "{\"sql\": \"INSERT INTO executions (tenant, id, workflow_id,"
                        " deployment_id, status, scheduled_for, created_by) VALUES"
                        " ('default_tenant', 'late', 'install', 'dep-host-1', 'scheduled', '%s',"
                        " 'admin'), ('default_tenant', 'soon', 'install', 'dep-host-1',"
                        " 'scheduled', '%s', 'admin');\"}",
                        past, future));
    bench_settle(bench);
    return bench;
}

static bool has_line(struct bench *bench, const char *execution, const char *text)
{
    struct answer answer = bench_ask_as(
        bench, "source", "GET",
        mem_printf(bench, "/api/v3.1/events?execution_id=%s&include_logs=true", execution), NULL);
    const struct json *at = json_first(json_get(answer.json, "items"));
    for (; at != NULL; at = json_next(at)) {
        if (strstr(json_string_or(at, "message", ""), text) != NULL) {
            assert_string_equal(json_string_or(at, "level", ""), "warning");
            return true;
        }
    }
    return false;
}

static void scheduled_executions_fare_by_version(void **state)
{
    static const char overdue[] = "Execution late scheduled for 2020-01-01T00:00:00.000Z is "
                                  "overdue. Marking as FAILED.";
    static const char original[] = "Marking original execution soon scheduled for "
                                   "2099-01-01T00:00:00.000Z as FAILED.";
    static const struct {
        const char *version, *late, *soon;
        bool overdue, original;
    } rows[] = {
        {"4.6", "scheduled", "scheduled", false, false},
        {"5.0.5", "failed", "scheduled", true, false},
        {"5.2.7", "failed", "scheduled", true, false},
        {"6.0.1", "failed", "failed", false, true},
        {"7.0.5", "failed", "failed", false, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *execution = NULL;
        struct bench *bench = restored_with_scheduled(rows[i].version, &execution);
        struct answer late = bench_execution(bench, "late");
        struct answer soon = bench_execution(bench, "soon");
        assert_string_equal(bench_text(&late, "status"), rows[i].late);
        assert_string_equal(bench_text(&soon, "status"), rows[i].soon);
        assert_int_equal(has_line(bench, execution, overdue), rows[i].overdue);
        assert_int_equal(has_line(bench, execution, original), rows[i].original);
        bench_end(bench);
    }
}

static long login(struct bench *bench, const char *password)
{
    return bench_ask_as(bench, password, "GET", "/api/v3.1/version", NULL).status;
}

static void four_failed_logins_lock_the_user(void **state)
{
    static const char *const on[] = {"--account-lock", NULL};
    (void)state;
    for (int locks = 0; locks < 3; locks++) { /* by the option; by the setting */
        struct bench *bench = bench_start("7.0.5", "1", locks == 1 ? on : NULL);
        live_set(&bench->live, "set", locks == 2 ? "{\"account_lock\": true}" : "{}");
        for (int i = 0; i < 3; i++) {
            assert_int_equal(login(bench, "wrong"), 401);
        }
        assert_int_equal(login(bench, "admin"), 200); /* and begins to count again */
        for (int i = 0; i < 4; i++) {
            assert_int_equal(login(bench, "wrong"), 401);
        }
        assert_int_equal(login(bench, "admin"), locks ? 401 : 200);
        live_set(&bench->live, "set", "{\"settings\": {\"failed_logins.admin\": null}}");
        assert_int_equal(login(bench, "admin"), 200);
        bench_end(bench);
    }
}

static void a_premium_manager_without_a_licence_makes_no_snapshots(void **state)
{
    static const char *const premium[] = {"--premium", NULL};
    (void)state;
    struct bench *bench = bench_start("6.4.2", "1", premium);
    live_set(&bench->live, "set", "{\"no_license\": true}");
    struct answer answer = bench_ask(bench, "GET", "/api/v3.1/snapshots", NULL);
    assert_int_equal(answer.status, 400);
    assert_string_equal(bench_code(&answer), "missing_cloudify_license");
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "6.4.2")), 400);
    answer = bench_ask(bench, "GET", "/api/v3.1/license", NULL);
    assert_int_equal(json_size(json_get(answer.json, "items")), 0);
    assert_int_equal(bench_plain(bench, "GET", "/api/v3.1/license-check").status, 400);
    assert_int_equal(bench_ask(bench, "PUT", "/api/v3.1/license", "license: x").status, 200);
    assert_int_equal(bench_ask(bench, "GET", "/api/v3.1/snapshots", NULL).status, 200);
    assert_int_equal(bench_plain(bench, "GET", "/api/v3.1/license-check").status, 200);
    answer = bench_ask(bench, "GET", "/api/v3.1/users", NULL);
    assert_int_equal(json_size(json_get(answer.json, "items")), 1);
    bench_end(bench);
}

static void tenants_are_made_by_premium_alone(void **state)
{
    static const char *const premium[] = {"--premium", NULL};
    (void)state;
    for (int is = 0; is < 2; is++) {
        struct bench *bench = bench_start("7.0.5", "1", is ? premium : NULL);
        static const char path[] = "/api/v3.1/tenants/acme";
        assert_int_equal(bench_ask(bench, "POST", path, "{}").status, is ? 201 : 404);
        assert_int_equal(bench_ask(bench, "POST", path, "{}").status, is ? 409 : 404);
        assert_int_equal(bench_ask(bench, "GET", path, NULL).status, is ? 200 : 404);
        assert_int_equal(bench_ask(bench, "GET", "/api/v3.1/tenants/none", NULL).status, 404);
        struct answer answer = bench_ask(bench, "GET", "/api/v3.1/tenants", NULL);
        assert_int_equal(json_size(json_get(answer.json, "items")), 1 + is);
        bench_end(bench);
    }
}

static void the_plain_port_of_an_https_manager_wants_tls(void **state)
{
    static const char *const on[] = {"--ssl-required", NULL};
    (void)state;
    struct bench *bench = bench_start("7.0.5", "1", on);
    struct answer answer = bench_ask(bench, "GET", "/api/v3.1/version", NULL);
    assert_int_equal(answer.status, 400);
    assert_string_equal(bench_code(&answer), "SSL_REQUIRED");
    assert_int_equal(bench_plain(bench, "GET", "/console").status, 308);
    bench_end(bench);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(scheduled_executions_fare_by_version),
        cmocka_unit_test(four_failed_logins_lock_the_user),
        cmocka_unit_test(a_premium_manager_without_a_licence_makes_no_snapshots),
        cmocka_unit_test(tenants_are_made_by_premium_alone),
        cmocka_unit_test(the_plain_port_of_an_https_manager_wants_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
