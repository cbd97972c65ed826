/*
 * What tests of ferry rely on: faults do what they say, a killed practice manager has lost nothing
 * that it acknowledged and goes on, and the ledger counts what took effect.
 */
#include "ferry_test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/mem.h"
#include "practice/replay/archives.h"
#include "practice/replay/live.h"
#include "practice/replay/timeline.h"

static const char *const admin[] = {
    "Authorization: Basic YWRtaW46YWRtaW4=", "Tenant: default_tenant",
    "Content-Type: application/json", NULL};
static const char *const quick[] = {"--time-scale", "0.02", "--restored-password", "admin", NULL};
static const char *const real_time[] = {"--restored-password", "admin", NULL};

struct fixture {
    struct live live;
    void *ctx;
};

static int begin(void **state)
{
    struct fixture *fixture = mem_new(NULL, struct fixture);
    fixture->ctx = fixture;
    fixture->live.ctx = fixture;
    live_start(&fixture->live, quick);
    *state = fixture;
    return 0;
}

static int begin_real_time(void **state)
{
    struct fixture *fixture = mem_new(NULL, struct fixture);
    fixture->ctx = fixture;
    fixture->live.ctx = fixture;
    live_start(&fixture->live, real_time);
    live_set(&fixture->live, "set", "{\"settings\": {\"slow\": \"0\"}}");
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    struct fixture *fixture = *state;
    int status = live_end(&fixture->live, SIGTERM);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0); /* leaks show here too */
    curl_easy_cleanup(fixture->live.curl);
    remove_tree(fixture, fixture->live.data);
    mem_free(fixture);
    return 0;
}

static struct answer ask(struct fixture *fixture, const char *method, const char *path,
                         const char *body)
{
    struct blob blob = {mem_strdup(fixture, body), body == NULL ? 0 : strlen(body)};
    return live_ask(&fixture->live, fixture, method, path, admin, blob);
}

static struct answer upload(struct fixture *fixture, const char *id, const char *file)
{
    struct blob blob = blob_file(fixture, file);
    const char *path = mem_printf(fixture, "/api/v3.1/snapshots/%s/archive", id);
    return live_ask(&fixture->live, fixture, "PUT", path, admin, blob);
}

static int64_t ledger(struct fixture *fixture, const char *path)
{
    struct answer answer =
        live_ask(&fixture->live, fixture, "GET", "/practice/ledger", NULL, (struct blob){NULL, 0});
    assert_int_equal(answer.status, 200);
    return json_int64_or(answer.json, path, 0);
}

static const char *restore_status(struct fixture *fixture)
{
    struct answer answer =
        live_ask(&fixture->live, fixture, "GET", "/practice/ledger", NULL, (struct blob){NULL, 0});
    const struct json *restores = json_get(answer.json, "restores");
    assert_int_equal(json_size(restores), 1);
    return json_string_or(json_at(restores, 0), "status", "");
}

static bool busy(struct fixture *fixture)
{
    struct answer answer =
        live_ask(&fixture->live, fixture, "GET", "/practice/state", NULL, (struct blob){NULL, 0});
    return json_int64_or(answer.json, "jobs", -1) != 0;
}

static void wait_for_jobs(struct fixture *fixture)
{
    for (int i = 0; busy(fixture); i++) {
        assert_true(i < 2000);
        (void)usleep(5000);
    }
}

static int64_t total(struct fixture *fixture, const char *list)
{
    const char *path =
        mem_printf(fixture, "/api/v3.1/%s_all_tenants=true&_include=id&_size=1", list);
    return json_int64_or(ask(fixture, "GET", path, NULL).json, "metadata.pagination.total", -1);
}

static void restore_all(struct fixture *fixture)
{
    assert_int_equal(upload(fixture, "s1", "snapshots/legacy-7.1.zip").status, 201);
    assert_int_equal(
        ask(fixture, "POST", "/api/v3.1/snapshots/s1/restore", "{\"force\": false}").status, 200);
    wait_for_jobs(fixture);
    assert_string_equal(restore_status(fixture), "terminated");
}

/* --- faults --- */

static void drop_before_has_no_effect_and_drop_after_has(void **state)
{
    struct fixture *fixture = *state;
    live_set(&fixture->live, "faults",
             "[{\"method\": \"PUT\", \"path\": \"/archive$\", \"n\": 1, \"do\": \"drop_before\"},"
             " {\"method\": \"PUT\", \"path\": \"/archive$\", \"n\": 2, \"do\": \"drop_after\"}]");
    assert_int_equal(upload(fixture, "s1", "snapshots/new-7.1.zip").status, 0);
    assert_int_equal(ask(fixture, "GET", "/api/v3.1/snapshots/s1", NULL).status, 404);
    assert_int_equal(ledger(fixture, "uploads.s1"), 0);
    assert_int_equal(upload(fixture, "s1", "snapshots/new-7.1.zip").status, 0);
    assert_int_equal(ask(fixture, "GET", "/api/v3.1/snapshots/s1", NULL).status, 200);
    assert_int_equal(ledger(fixture, "uploads.s1"), 1);
    assert_int_equal(upload(fixture, "s1", "snapshots/new-7.1.zip").status, 201);
    assert_int_equal(ledger(fixture, "uploads.s1"), 2);
}

static void an_upload_cut_in_the_middle_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    live_set(&fixture->live, "faults",
             "[{\"method\": \"PUT\", \"n\": 1, \"do\": \"drop_before\", \"after_bytes\": 100}]");
    assert_int_equal(upload(fixture, "s1", "snapshots/new-7.1.zip").status, 0);
    assert_int_equal(ask(fixture, "GET", "/api/v3.1/snapshots/s1", NULL).status, 404);
    assert_int_equal(ledger(fixture, "uploads.s1"), 0);
}

static void an_answer_can_be_given_instead_or_after_the_effect(void **state)
{
    struct fixture *fixture = *state;
    live_set(&fixture->live, "faults",
             "[{\"path\": \"activate$\", \"n\": 1, \"do\": \"answer\", \"status\": 504},"
             " {\"path\": \"activate$\", \"n\": 2, \"do\": \"answer\", \"status\": 503,"
             "  \"body\": \"{}\", \"headers\": {\"Retry-After\": \"7\"}, \"after_effect\": true}]");
    assert_int_equal(ask(fixture, "POST", "/api/v3.1/maintenance/activate", "{}").status, 504);
    assert_int_equal(ledger(fixture, "activations"), 0);
    struct answer answer = ask(fixture, "POST", "/api/v3.1/maintenance/activate", "{}");
    assert_int_equal(answer.status, 503);
    assert_string_equal(answer.body, "{}");
    assert_int_equal(ledger(fixture, "activations"), 1);
    assert_int_equal(ask(fixture, "POST", "/api/v3.1/maintenance/activate", "{}").status, 304);
    assert_int_equal(ledger(fixture, "activations"), 1);
}

static void a_cut_body_has_its_effect_and_half_an_answer(void **state)
{
    struct fixture *fixture = *state;
    live_set(&fixture->live, "faults",
             "[{\"path\": \"activate$\", \"n\": 1, \"do\": \"cut_body\"}]");
    struct answer answer = ask(fixture, "POST", "/api/v3.1/maintenance/activate", "{}");
    assert_int_equal(answer.status, 0);
    assert_true(answer.size > 0);
    assert_null(answer.json);
    assert_int_equal(ledger(fixture, "activations"), 1);
}

static void a_delay_delays(void **state)
{
    struct fixture *fixture = *state;
    live_set(&fixture->live, "faults",
             "[{\"path\": \"version$\", \"do\": \"delay\", \"delay_ms\": 150, \"count\": 1}]");
    curl_off_t us = 0;
    assert_int_equal(ask(fixture, "GET", "/api/v3.1/version", NULL).status, 200);
    (void)curl_easy_getinfo(fixture->live.curl, CURLINFO_TOTAL_TIME_T, &us);
    assert_true(us >= 140000);
    assert_int_equal(ask(fixture, "GET", "/api/v3.1/version", NULL).status, 200);
    (void)curl_easy_getinfo(fixture->live.curl, CURLINFO_TOTAL_TIME_T, &us);
    assert_true(us < 140000);
}

static void the_manager_dies_and_its_counts_survive(void **state)
{
    struct fixture *fixture = *state;
    const char *file = mem_printf(fixture, "%s/faults.json", fixture->live.data);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    (void)fputs("[{\"changing\": true, \"n\": 2, \"do\": \"die_after\"}]", out);
    (void)fclose(out);
    (void)live_end(&fixture->live, SIGTERM);
    const char *options[] = {"--faults", file, NULL};
    live_start(&fixture->live, options);
    assert_int_equal(upload(fixture, "s1", "snapshots/new-7.1.zip").status, 201);
    assert_int_equal(ask(fixture, "GET", "/api/v3.1/version", NULL).status, 200);
    assert_int_equal(ask(fixture, "POST", "/api/v3.1/maintenance/activate", "{}").status, 0);
    int status = live_end(&fixture->live, SIGTERM);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 137);
    live_start(&fixture->live, options);
    assert_int_equal(ledger(fixture, "activations"), 1);
    /* The third changing request is not the second one of a new life. */
    assert_int_equal(ask(fixture, "POST", "/api/v3.1/maintenance/deactivate", "{}").status, 200);
    assert_int_equal(ask(fixture, "POST", "/api/v3.1/maintenance/activate", "{}").status, 200);
}

static void a_client_is_killed_by_its_pid_file(void **state)
{
    struct fixture *fixture = *state;
    const char *file = mem_printf(fixture, "%s/client.pid", fixture->live.data);
    pid_t client = fork();
    if (client == 0) {
        (void)pause();
        _exit(0);
    }
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    (void)fprintf(out, "%ld\n", (long)client);
    (void)fclose(out);
    live_set(&fixture->live, "faults",
             mem_printf(fixture,
                        "[{\"path\": \"version$\", \"do\": \"kill_client_after\","
                        " \"pid_file\": \"%s\"}]",
                        file));
    assert_int_equal(ask(fixture, "GET", "/api/v3.1/version", NULL).status, 0);
    int status = 0;
    assert_int_equal(waitpid(client, &status, 0), client);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void bad_faults_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bad[] = {"{}", "[{\"do\": \"explode\"}]",
                                      "[{\"do\": \"delay\", \"path\": \"(\"}]", "["};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(ask(fixture, "POST", "/practice/faults", bad[i]).status, 400);
    }
}

/* --- killed and started again --- */

static void a_restore_goes_on_after_a_kill_at_any_moment(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(upload(fixture, "s1", "snapshots/legacy-7.1.zip").status, 201);
    assert_int_equal(
        ask(fixture, "POST", "/api/v3.1/snapshots/s1/restore", "{\"force\": false}").status, 200);
    for (int second = 0; second < 34; second++) {
        (void)live_end(&fixture->live, SIGKILL);
        live_start(&fixture->live, real_time);
        live_advance(&fixture->live, 1000);
    }
    assert_false(busy(fixture));
    assert_string_equal(restore_status(fixture), "terminated");
    assert_int_equal(total(fixture, "deployments?"), 71);
    assert_int_equal(total(fixture, "agents?"), 6);
    assert_int_equal(total(fixture, "executions?workflow_id=restore_snapshot&"
                                    "_include_system_workflows=true&"),
                     1);
    assert_int_equal(ask(fixture, "GET", "/api/v3.1/snapshots/s1", NULL).status, 404);
}

static void agents_are_installed_once_after_a_kill_at_any_moment(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(upload(fixture, "s1", "snapshots/legacy-7.1.zip").status, 201);
    assert_int_equal(
        ask(fixture, "POST", "/api/v3.1/snapshots/s1/restore", "{\"force\": false}").status, 200);
    live_advance(&fixture->live, 40000);
    const char *body = "{\"deployment_id\": \"dep-host-1\", \"workflow_id\":"
                       " \"install_new_agents\", \"id\": \"mine\"}";
    assert_int_equal(ask(fixture, "POST", "/api/v3.1/executions", body).status, 201);
    for (int i = 0; i < 10; i++) {
        (void)live_end(&fixture->live, SIGKILL);
        live_start(&fixture->live, real_time);
        assert_int_equal(ask(fixture, "POST", "/api/v3.1/executions", body).status, 409);
        live_advance(&fixture->live, 1000);
    }
    struct answer answer = ask(fixture, "GET", "/api/v3.1/executions/mine", NULL);
    assert_string_equal(json_string_or(answer.json, "status", ""), "terminated");
    assert_int_equal(total(fixture, "agents?deployment_id=dep-host-1&state=started&"), 2);
    assert_int_equal(total(fixture, "agents?deployment_id=dep-host-1&state=upgraded&"), 2);
    assert_int_equal(ledger(fixture, "executions.install_new_agents.default_tenant/dep-host-1"), 1);
}

/* --- the traps of section 10.5 of the facts --- */

static void a_restore_beside_another_execution_leaves_a_row_that_blocks(void **state)
{
    struct fixture *fixture = *state;
    restore_all(fixture);
    live_set(&fixture->live, "set", "{\"settings\": {\"seconds.execute_operation\": \"1000000\"}}");
    const char *body = "{\"deployment_id\": \"dep-host-1\", \"workflow_id\": \"execute_operation\","
                       " \"parameters\": {\"operation\": \"x\"}}";
    assert_int_equal(ask(fixture, "POST", "/api/v3.1/executions", body).status, 201);
    assert_int_equal(upload(fixture, "s2", "snapshots/new-7.1.zip").status, 201);
    for (int i = 0; i < 2; i++) {
        struct answer answer =
            ask(fixture, "POST", "/api/v3.1/snapshots/s2/restore", "{\"force\": true}");
        assert_int_equal(answer.status, 400);
    }
    assert_int_equal(total(fixture, "executions?workflow_id=restore_snapshot&status=pending&"
                                    "_include_system_workflows=true&"),
                     2);
    assert_int_equal(ask(fixture, "DELETE", "/api/v3.1/snapshots/s2", NULL).status, 400);
}

static void the_new_format_twice_doubles_the_instances(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 1; i <= 2; i++) {
        const char *id = mem_printf(fixture, "n%d", i);
        assert_int_equal(upload(fixture, id, "snapshots/new-7.1.zip").status, 201);
        const char *path = mem_printf(fixture, "/api/v3.1/snapshots/%s/restore", id);
        assert_int_equal(ask(fixture, "POST", path, "{\"force\": false}").status, 200);
        wait_for_jobs(fixture);
        assert_int_equal(total(fixture, "node-instances?"), 4 * i);
        assert_int_equal(total(fixture, "deployments?"), 3);
    }
}

static void old_managers_refuse_a_second_upload(void **state)
{
    struct fixture *fixture = *state;
    static const char *const options[] = {"--manager-version", "6.4.2", NULL};
    (void)live_end(&fixture->live, SIGTERM);
    live_start(&fixture->live, options);
    assert_int_equal(upload(fixture, "s1", "snapshots/new-7.1.zip").status, 201);
    assert_int_equal(upload(fixture, "s1", "snapshots/new-7.1.zip").status, 409);
    assert_int_equal(ledger(fixture, "uploads.s1"), 1);
}

static void the_rate_limit_answers_as_nginx(void **state)
{
    struct fixture *fixture = *state;
    static const char *const options[] = {"--rate-limit", "1", "--rate-burst", "5", NULL};
    int refused = 0;
    (void)live_end(&fixture->live, SIGTERM);
    live_start(&fixture->live, options);
    for (int i = 0; i < 10; i++) {
        struct answer answer = ask(fixture, "GET", "/api/v3.1/version", NULL);
        refused += answer.status == 503 && answer.json == NULL ? 1 : 0;
    }
    assert_in_range(refused, 3, 5);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, end)
        TEST(drop_before_has_no_effect_and_drop_after_has, begin),
        TEST(an_upload_cut_in_the_middle_leaves_nothing, begin),
        TEST(an_answer_can_be_given_instead_or_after_the_effect, begin),
        TEST(a_cut_body_has_its_effect_and_half_an_answer, begin),
        TEST(a_delay_delays, begin),
        TEST(the_manager_dies_and_its_counts_survive, begin),
        TEST(a_client_is_killed_by_its_pid_file, begin),
        TEST(bad_faults_are_refused, begin),
        TEST(a_restore_goes_on_after_a_kill_at_any_moment, begin_real_time),
        TEST(agents_are_installed_once_after_a_kill_at_any_moment, begin_real_time),
        TEST(a_restore_beside_another_execution_leaves_a_row_that_blocks, begin),
        TEST(the_new_format_twice_doubles_the_instances, begin),
        TEST(old_managers_refuse_a_second_upload, begin),
        TEST(the_rate_limit_answers_as_nginx, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
