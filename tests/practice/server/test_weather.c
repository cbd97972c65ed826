/* What a client meets while a legacy restore runs, by version. */
#include "ferry_test.h"

#include <string.h>

#include "base/mem.h"
#include "practice/server/bench.h"

/* Starts a restore of an archive that every version takes; the clock only moves when told. */
static struct bench *restoring(const char *version, const char *set, const char **execution)
{
    struct bench *bench = bench_start(version, "1", NULL);
    live_set(&bench->live, "set", "{\"freeze\": true}");
    live_set(&bench->live, "set", set);
    assert_int_equal(bench_upload(bench, "s1", bench_legacy(bench, "4.5.5")), 201);
    *execution = bench_restore(bench, "s1");
    return bench;
}

static long at(struct bench *bench, long advance_ms, const char *path)
{
    live_advance(&bench->live, advance_ms);
    return bench_plain(bench, "GET", path).status;
}

static const char status_path[] = "/api/v3.1/snapshot-status";

/* Facts 2.1, 2.3: who stops the service for the data base; all restart it with the new secret. */
static void up_to_6_1_the_service_answers_500_instead_of_502(void **state)
{
    static const struct {
        const char *version;
        long first, second;
    } rows[] = {{"5.0.5", 500, 502}, {"5.1.4", 500, 502}, {"5.2.7", 500, 502}, {"6.0.1", 500, 502},
                {"6.1.0", 500, 502}, {"6.2.0", 502, 502}, {"6.4.2", 502, 502}, {"7.0.5", 502, 502}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *execution = NULL;
        struct bench *bench = restoring(rows[i].version, "{}", &execution);
        assert_int_equal(at(bench, 2500, status_path), rows[i].first);
        assert_int_equal(at(bench, 8000, status_path), 200);
        struct answer answer = bench_ask(bench, "GET", "/api/v3.1/version", NULL);
        assert_int_equal(answer.status, 401);
        assert_int_equal(at(bench, 6000, status_path), rows[i].second);
        bench_settle(bench);
        answer = bench_execution(bench, execution);
        assert_string_equal(bench_text(&answer, "status"), "terminated");
        bench_end(bench);
    }
}

static void the_500s_are_json_and_html_in_turn(void **state)
{
    const char *execution = NULL;
    (void)state;
    struct bench *bench = restoring("5.2.7", "{}", &execution);
    live_advance(&bench->live, 2500);
    struct answer one = bench_plain(bench, "GET", status_path);
    struct answer two = bench_plain(bench, "GET", status_path);
    assert_string_equal(bench_code(&one), "internal_server_error");
    assert_int_equal(two.status, 500);
    assert_null(two.json);
    bench_end(bench);
}

static void the_password_is_replaced_after_the_end_and_the_flag_goes_last(void **state)
{
    static const char *const versions[] = {"4.6", "5.1.4", "6.4.2", "7.0.5"};
    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        const char *execution = NULL;
        struct bench *bench = restoring(versions[i], "{}", &execution);
        bool has_flag = i > 0;
        live_advance(&bench->live, 26000); /* terminated at 25.3 s */
        assert_int_equal(bench_ask(bench, "GET", "/api/v3.1/version", NULL).status, 401);
        assert_int_equal(bench_ask_as(bench, "source", "GET", "/api/v3.1/version", NULL).status,
                         401);
        live_advance(&bench->live, 3200);
        struct answer row = bench_execution(bench, execution);
        assert_string_equal(bench_text(&row, "status"), "terminated");
        struct answer flag = bench_plain(bench, "GET", status_path);
        assert_int_equal(flag.status, has_flag ? 200 : 404);
        assert_string_equal(bench_text(&flag, "status"), has_flag ? "running" : "");
        live_advance(&bench->live, 2000);
        flag = bench_plain(bench, "GET", status_path);
        assert_string_equal(bench_text(&flag, "status"), has_flag ? "not-running" : "");
        bench_end(bench);
    }
}

static void the_execution_is_away_for_a_while_or_for_ever(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        const char *execution = NULL;
        struct bench *bench = restoring("6.0.1", lost ? "{\"row_lost\": true}" : "{}", &execution);
        /* The token that the source had is the only key while no password fits. */
        live_advance(&bench->live, 11000);
        live_set(&bench->live, "set",
                 "{\"sql\": \"INSERT INTO tokens (id, secret, username) VALUES ('t', 'word',"
                 " 'admin');\"}");
        const char *headers[] = {"Authentication-Token: word", "Tenant: default_tenant", NULL};
        struct blob none = {NULL, 0};
        const char *path = mem_printf(bench, "/api/v3.1/executions/%s", execution);
        assert_int_equal(live_ask(&bench->live, bench, "GET", path, headers, none).status, 404);
        bench_settle(bench);
        assert_int_equal(bench_execution(bench, execution).status, lost ? 404 : 200);
        bench_end(bench);
    }
}

static void maintenance_seems_off_while_its_table_is_empty(void **state)
{
    static const struct {
        const char *version;
        const char *seen;
    } rows[] = {{"5.0.5", "activated"}, {"5.2.7", "deactivated"}, {"6.4.2", "activated"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *execution = NULL;
        struct bench *bench =
            restoring(rows[i].version, "{\"maintenance\": \"activated\"}", &execution);
        live_advance(&bench->live, 11000);
        live_set(&bench->live, "set",
                 "{\"sql\": \"INSERT INTO tokens (id, secret, username) VALUES ('t', 'word',"
                 " 'admin');\"}");
        const char *old[] = {"Authentication-Token: word", NULL};
        const char *new[] = {"Authentication-Token: ctok-t-word", NULL};
        struct blob none = {NULL, 0};
        struct answer answer =
            live_ask(&bench->live, bench, "GET", "/api/v3.1/maintenance", i == 2 ? new : old, none);
        assert_string_equal(bench_text(&answer, "status"), rows[i].seen);
        bench_settle(bench);
        answer = bench_ask_as(bench, "source", "GET", "/api/v3.1/maintenance", NULL);
        assert_string_equal(bench_text(&answer, "status"), "activated");
        bench_end(bench);
    }
}

static void a_flag_that_leaks_stays_after_a_good_restore(void **state)
{
    const char *execution = NULL;
    (void)state;
    struct bench *bench = restoring("6.4.2", "{\"flag_leaks\": true}", &execution);
    bench_settle(bench);
    struct answer answer = bench_execution(bench, execution);
    assert_string_equal(bench_text(&answer, "status"), "terminated");
    live_advance(&bench->live, 3600000);
    answer = bench_plain(bench, "GET", status_path);
    assert_string_equal(bench_text(&answer, "status"), "running");
    bench_end(bench);
}

/* Asks once at each of the given moments (ms after the POST) and tells how the restore ended. */
static const char *after_polls(const char *version, const char *set, const long *moments,
                               const char **error)
{
    const char *execution = NULL;
    struct bench *bench = restoring(version, set, &execution);
    long passed = 0;
    for (; *moments != 0; moments++) {
        (void)at(bench, *moments - passed, status_path);
        passed = *moments;
    }
    bench_settle(bench);
    struct answer answer =
        bench_ask(bench, "GET", mem_printf(bench, "/api/v3.1/executions/%s", execution), NULL);
    answer = answer.status == 200 ? answer : bench_execution(bench, execution);
    static char status[32];
    static char text[512];
    (void)snprintf(status, sizeof status, "%s", bench_text(&answer, "status"));
    (void)snprintf(text, sizeof text, "%s", bench_text(&answer, "error"));
    *error = text;
    bench_end(bench);
    return status;
}

static void a_temperamental_manager_fails_when_it_is_asked_too_soon_or_too_often(void **state)
{
    static const char on[] = "{\"temperamental\": true}";
    static const struct {
        const char *version, *set;
        long moments[4];
        bool fails;
    } rows[] = {
        {"5.1.4", on, {31000, 37000, 43000, 0}, false},
        {"5.1.4", on, {29000, 0}, true},        /* inside 30 s */
        {"5.1.4", on, {31000, 34000, 0}, true}, /* 3 s apart */
        {"5.2.7", on, {61000, 67000, 0}, false},
        {"6.0.1", on, {31000, 0}, true},             /* 60 s from 5.2 on */
        {"6.2.0", on, {1000, 2000, 3000, 0}, false}, /* stops its services instead */
        {"5.1.4", "{}", {1000, 2000, 3000, 0}, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *error = NULL;
        const char *status = after_polls(rows[i].version, rows[i].set, rows[i].moments, &error);
        print_message("row %zu: %s\n", i, status);
        assert_string_equal(status, rows[i].fails ? "failed" : "terminated");
        assert_int_equal(strstr(error, "deadlock detected") != NULL, rows[i].fails);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_to_6_1_the_service_answers_500_instead_of_502),
        cmocka_unit_test(the_500s_are_json_and_html_in_turn),
        cmocka_unit_test(the_password_is_replaced_after_the_end_and_the_flag_goes_last),
        cmocka_unit_test(the_execution_is_away_for_a_while_or_for_ever),
        cmocka_unit_test(maintenance_seems_off_while_its_table_is_empty),
        cmocka_unit_test(a_flag_that_leaks_stays_after_a_good_restore),
        cmocka_unit_test(a_temperamental_manager_fails_when_it_is_asked_too_soon_or_too_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
