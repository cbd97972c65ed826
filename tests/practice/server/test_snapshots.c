/* Snapshots made here: real archives of what the manager holds, and all the ways to get none. */
#include "ferry_test.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "practice/server/bench.h"

#define CREATE "{\"legacy\": true}"

static void make_archive(const char *path, const char *version)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        (void)execl(FERRY_PRACTICE, "ferry-practice", "make-archive", path, "--tenants", "3",
                    "--deployments", "7", "--agents", "9", "--plugins", "4", "--blueprints", "2",
                    "--scheduled", "4", "--stopped-hosts", "1", "--manager-version", version,
                    (char *)NULL);
        _exit(126);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool holds(struct blob blob, const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= blob.size; i++) {
        if (memcmp(blob.data + i, text, length) == 0) {
            return true;
        }
    }
    return false;
}

/* A manager that holds deployments, agents, plugins and schedules of three tenants. */
static struct bench *full(const char *version)
{
    static unsigned number;
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/ferry-snapshots-%ld-%u.zip", (long)getpid(), number++);
    make_archive(path, version);
    const char *more[] = {"--premium", "--content", path, NULL};
    struct bench *bench = bench_start(version, "0.01", more);
    assert_int_equal(unlink(path), 0);
    /* Nothing may run, and scheduled ones become others by a restore. */
    live_set(&bench->live, "set",
             "{\"sql\": \"UPDATE executions SET status = 'failed' WHERE status = 'scheduled';"
             "INSERT INTO secrets (tenant, id) VALUES ('tenant-01', 'key');\", \"users\":"
             " [{\"username\": \"eve\", \"password\": \"x\", \"tenants\":"
             " {\"tenant-01\": \"viewer\"}}]}");
    return bench;
}

static struct answer create(struct bench *bench, const char *id, const char *body)
{
    return bench_ask(bench, "PUT", mem_printf(bench, "/api/v3.1/snapshots/%s", id), body);
}

static const char *state_of(struct bench *bench, const char *id)
{
    struct answer answer =
        bench_ask(bench, "GET", mem_printf(bench, "/api/v3.1/snapshots/%s", id), NULL);
    return answer.status == 404 ? "gone" : bench_text(&answer, "status");
}

static struct blob download(struct bench *bench, const char *id)
{
    struct answer answer =
        bench_ask(bench, "GET", mem_printf(bench, "/api/v3.1/snapshots/%s/archive", id), NULL);
    assert_int_equal(answer.status, 200);
    return (struct blob){answer.body, answer.size};
}

static const char *const lists[] = {
    "blueprints", "deployments",         "nodes",      "node-instances", "agents",  "plugins",
    "secrets",    "execution-schedules", "executions", "users",          "tenants",
};

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A whole list as text, in the order of its items' texts. */
static const char *list_of(struct bench *bench, const char *name)
{
    const char *path =
        mem_printf(bench, "/api/v3.1/%s?_all_tenants=true&_get_all_results=true%s", name,
                   strcmp(name, "users") == 0 ? "&_include=username,role,tenants" : "");
    struct answer answer = bench_ask(bench, "GET", path, NULL);
    const struct json *items = json_get(answer.json, "items");
    char **texts = mem_array(bench, char *, json_size(items) + 1);
    size_t count = 0;
    for (const struct json *at = json_first(items); at != NULL; at = json_next(at)) {
        texts[count++] = json_print(bench, at);
    }
    if (count > 1) {
        qsort(texts, count, sizeof *texts, compare_texts);
    }
    char *all = mem_printf(bench, "%ld %zu", answer.status, count);
    for (size_t i = 0; i < count; i++) {
        all = mem_printf(bench, "%s\n%s", all, texts[i]);
    }
    return all;
}

static void a_snapshot_restores_to_the_same(void **state)
{
    static const struct {
        const char *version, *body;
        size_t lists; /* agents of several tenants can be asked for from 5.0.5 on */
    } rows[] = {
        {"7.1.0", "{\"legacy\": true}", 8},
        {"7.1.0", "{}", 8},
        {"6.4.2", "{}", 8},
        {"5.1.4", "{}", 7},
        {"4.6", "{}", 7},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("%s %s\n", rows[i].version, rows[i].body);
        struct bench *from = full(rows[i].version);
        assert_int_equal(create(from, "s1", rows[i].body).status, 201);
        assert_string_equal(state_of(from, "s1"), "creating");
        bench_settle(from);
        assert_string_equal(state_of(from, "s1"), "created");
        const char *more[] = {"--premium", NULL};
        struct bench *to = bench_start(rows[i].version, "0.01", more);
        assert_int_equal(bench_upload(to, "s1", download(from, "s1")), 201);
        (void)bench_restore(to, "s1");
        bench_settle(to);
        for (size_t j = 0; j < sizeof lists / sizeof *lists; j++) {
            assert_string_equal(list_of(to, lists[j]), list_of(from, lists[j]));
        }
        assert_non_null(strstr(list_of(to, "deployments"), "200 7\n"));
        bench_end(from);
        bench_end(to);
    }
}

static void what_is_not_asked_for_is_left_out(void **state)
{
    static const char without[] = "{\"legacy\": true, \"include_logs\": false,"
                                  " \"include_events\": false, \"include_credentials\": false}";
    (void)state;
    struct bench *bench = full("7.1.0");
    live_set(&bench->live, "set",
             "{\"sql\": \"INSERT INTO events (tenant, type, message) VALUES ('default_tenant',"
             " 'cloudify_event', 'e'), ('default_tenant', 'cloudify_log', 'l')\","
             " \"create_payload\": 500000}");
    assert_int_equal(create(bench, "with", CREATE).status, 201);
    bench_settle(bench);
    assert_int_equal(create(bench, "without", without).status, 201);
    bench_settle(bench);
    struct blob with = download(bench, "with");
    struct blob less = download(bench, "without");
    assert_true(with.size > 500000 && less.size > 500000 && less.size < with.size);
    assert_true(holds(with, "agent_key.pem"));
    assert_false(holds(less, "agent_key.pem"));
    bench_end(bench);
}

static void a_create_that_cannot_start_leaves_no_row(void **state)
{
    static const char running[] =
        "{\"sql\": \"INSERT INTO executions (tenant, id, workflow_id, deployment_id, status)"
        " VALUES ('default_tenant', 'x1', 'heal', 'd', 'started')\"}";
    static const char ended[] =
        "{\"sql\": \"UPDATE executions SET status = 'terminated' WHERE id = 'x1'\"}";
    (void)state;
    const char *more[] = {"--premium", NULL};
    struct bench *bench = bench_start("7.1.0", "0.01", more);
    live_set(&bench->live, "set", running);
    struct answer answer = create(bench, "s1", CREATE);
    assert_int_equal(answer.status, 400);
    assert_string_equal(bench_code(&answer), "existing_running_execution_error");
    assert_string_equal(state_of(bench, "s1"), "gone");
    /* The new format does not mind. */
    assert_int_equal(create(bench, "s2", "{}").status, 201);
    bench_settle(bench);
    assert_string_equal(state_of(bench, "s2"), "created");
    answer = create(bench, "s3", "{\"legacy\": true, \"queue\": true}");
    assert_int_equal(answer.status, 201);
    assert_string_equal(bench_text(&answer, "status"), "queued");
    bench_settle(bench);
    assert_string_equal(state_of(bench, "s3"), "creating");
    live_set(&bench->live, "set", ended);
    bench_settle(bench);
    assert_string_equal(state_of(bench, "s3"), "created");
    bench_end(bench);
}

static void options_are_those_of_the_version(void **state)
{
    static const struct {
        const char *version, *id, *body;
        long status;
    } rows[] = {
        {"4.4", "1-bad", "{}", 201},
        {"4.6", "1-bad", "{}", 400},
        {"4.6", "s1", "{\"include_metrics\": \"maybe\"}", 400},
        {"5.0.5", "s1", "{\"include_metrics\": \"maybe\"}", 201},
        {"4.4", "s1", "{\"queue\": \"maybe\"}", 201},
        {"4.5", "s1", "{\"queue\": \"maybe\"}", 400},
        {"6.3", "s1", "{\"tempdir_path\": \"/nowhere\"}", 201},
        {"6.4", "s1", "{\"tempdir_path\": \"/nowhere\"}", 403},
        {"6.4", "s1", "{\"legacy\": \"maybe\"}", 201},
        {"7.0", "s1", "{\"legacy\": \"maybe\"}", 400},
        {"7.0", "s1", "{\"listener_timeout\": \"x\"}", 400},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *more[] = {"--premium", NULL};
        struct bench *bench = bench_start(rows[i].version, "0.01", more);
        assert_int_equal(create(bench, rows[i].id, rows[i].body).status, rows[i].status);
        bench_end(bench);
    }
}

static void a_snapshot_that_is_being_made_is_not_refused(void **state)
{
    (void)state;
    struct bench *bench = bench_start("6.4.2", "1", NULL);
    assert_int_equal(create(bench, "s1", "{}").status, 201);
    live_advance(&bench->live, 600);
    assert_string_equal(state_of(bench, "s1"), "creating");
    struct answer answer = bench_ask(bench, "GET", "/api/v3.1/snapshots/s1/archive", NULL);
    assert_int_equal(answer.status, 404);
    assert_string_equal(answer.type, "text/html");
    bench_settle(bench);
    live_set(&bench->live, "set", "{\"create_partial\": true}");
    assert_int_equal(create(bench, "s2", "{}").status, 201);
    live_advance(&bench->live, 600);
    struct blob part = download(bench, "s2");
    bench_settle(bench);
    struct blob whole = download(bench, "s2");
    assert_true(part.size > 0 && part.size < whole.size);
    bench_end(bench);
}

static void a_full_disk_shows_in_the_snapshot(void **state)
{
    static const struct {
        const char *version, *status;
    } rows[] = {{"5.0.5", "terminated"}, {"5.1.4", "failed"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *bench = bench_start(rows[i].version, "0.01", NULL);
        live_set(&bench->live, "set", "{\"create_disk_full\": true}");
        struct answer answer = create(bench, "s1", "{}");
        const char *execution = bench_text(&answer, "id");
        bench_settle(bench);
        answer = bench_ask(bench, "GET", "/api/v3.1/snapshots/s1", NULL);
        assert_string_equal(bench_text(&answer, "status"), "failed");
        assert_non_null(strstr(bench_text(&answer, "error"), "No space left on device"));
        answer =
            bench_ask(bench, "GET", mem_printf(bench, "/api/v3.1/executions/%s", execution), NULL);
        assert_string_equal(bench_text(&answer, "status"), rows[i].status);
        bench_end(bench);
    }
}

static void a_cancelled_one_is_failed_and_a_killed_one_never_ends(void **state)
{
    static const struct {
        const char *action, *snapshot;
    } rows[] = {{"cancel", "failed"}, {"force-cancel", "failed"}, {"kill", "creating"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *bench = bench_start("6.4.2", "1", NULL);
        struct answer answer = create(bench, "s1", "{}");
        const char *path = mem_printf(bench, "/api/v3.1/executions/%s", bench_text(&answer, "id"));
        live_advance(&bench->live, 600);
        const char *body = mem_printf(bench, "{\"action\": \"%s\"}", rows[i].action);
        assert_int_equal(bench_ask(bench, "POST", path, body).status, 200);
        bench_settle(bench);
        answer = bench_ask(bench, "GET", path, NULL);
        assert_string_equal(bench_text(&answer, "status"), "cancelled");
        assert_string_equal(state_of(bench, "s1"), rows[i].snapshot);
        bench_end(bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_restores_to_the_same),
        cmocka_unit_test(what_is_not_asked_for_is_left_out),
        cmocka_unit_test(a_create_that_cannot_start_leaves_no_row),
        cmocka_unit_test(options_are_those_of_the_version),
        cmocka_unit_test(a_snapshot_that_is_being_made_is_not_refused),
        cmocka_unit_test(a_full_disk_shows_in_the_snapshot),
        cmocka_unit_test(a_cancelled_one_is_failed_and_a_killed_one_never_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
