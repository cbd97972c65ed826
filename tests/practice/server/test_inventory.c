/* Everything that a manager holds, page by page, and archives with one deployment less. */
#include "ferry_test.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "practice/server/bench.h"

#define API "/api/v3.1/"
#define DEPLOYMENTS "13"

static void run(const char *const *arguments, int code)
{
    int status = 0;
    char *copy[40];
    size_t count = 0;
    void *scope = mem_scope(NULL);
    for (; arguments[count] != NULL; count++) {
        copy[count] = mem_strdup(scope, arguments[count]);
    }
    copy[count] = NULL;
    pid_t child = fork();
    if (child == 0) {
        (void)execv(FERRY_PRACTICE, copy);
        _exit(126);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == code);
    mem_free(scope);
}

static const char *file_for(struct bench *bench, const char *name)
{
    return mem_printf(bench, "%s/%s", bench->live.data, name);
}

static struct bench *full(const char *format, const char *version)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/ferry-inventory-%ld.zip", (long)getpid());
    const char *arguments[] = {"ferry-practice",
                               "make-archive",
                               path,
                               "--format",
                               format,
                               "--manager-version",
                               version,
                               "--tenants",
                               "3",
                               "--deployments",
                               DEPLOYMENTS,
                               "--agents",
                               "17",
                               "--plugins",
                               "5",
                               "--scheduled",
                               "6",
                               "--running",
                               "2",
                               "--queued",
                               "1",
                               "--stopped-hosts",
                               "2",
                               "--failed-agents",
                               "3",
                               "--secrets",
                               "4",
                               "--users",
                               "5",
                               NULL};
    run(arguments, 0);
    const char *more[] = {"--premium", "--content", path, NULL};
    struct bench *bench = bench_start(version, "0.01", more);
    assert_int_equal(unlink(path), 0);
    live_set(&bench->live, "set",
             "{\"sql\": \"INSERT INTO user_groups (name) VALUES ('ops'), ('dev');"
             "INSERT INTO sites (tenant, id, created_by) VALUES ('default_tenant', 'here',"
             " 'admin'), ('tenant-01', 'there', 'admin');"
             "INSERT INTO secrets (tenant, id) VALUES ('tenant-02', 'key')\","
             " \"users\": [{\"username\": \"eve\", \"tenants\": {\"tenant-01\": \"viewer\"}}]}");
    return bench;
}

static size_t count_of(struct bench *bench, const char *path)
{
    struct answer answer = bench_ask(bench, "GET", path, NULL);
    assert_int_equal(answer.status, 200);
    return json_size(json_get(answer.json, "items"));
}

/* Pages of three give each row once, with the fields that were asked for. */
static void page_through(struct bench *bench, const char *list, const char *field)
{
    size_t seen = 0;
    int64_t total = -1;
    const char *all = "\n";
    for (int offset = 0; total < 0 || offset < total; offset += 3) {
        struct answer answer = bench_ask(
            bench, "GET",
            mem_printf(bench, API "%s?_all_tenants=true&_include=%s&_size=3&_offset=%d&_sort=%s",
                       list, field, offset, field),
            NULL);
        assert_int_equal(answer.status, 200);
        total = json_int64_or(answer.json, "metadata.pagination.total", -1);
        const struct json *items = json_get(answer.json, "items");
        assert_true(json_size(items) <= 3);
        for (const struct json *at = json_first(items); at != NULL; at = json_next(at)) {
            assert_int_equal(json_size(at), 1);
            all = mem_printf(bench, "%s%s\n", all, json_string_or(at, field, "?"));
            seen++;
        }
    }
    assert_int_equal(seen, total);
    assert_true(seen > 0);
    assert_int_equal(
        count_of(bench, mem_printf(bench, API "%s?_all_tenants=true&_get_all_results=true", list)),
        seen);
    assert_null(strstr(all, "\n?\n"));
}

static void every_list_has_pages(void **state)
{
    static const char *const lists[][2] = {
        {"users", "username"}, {"user-groups", "name"},
        {"sites", "name"},     {"blueprints", "id"},
        {"deployments", "id"}, {"node-instances", "id"},
        {"agents", "id"},      {"plugins", "id"},
        {"secrets", "key"},    {"execution-schedules", "id"},
        {"executions", "id"},
    };
    (void)state;
    struct bench *bench = full("legacy", "6.4.2");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        print_message("%s\n", lists[i][0]);
        page_through(bench, lists[i][0], lists[i][1]);
    }
    assert_int_equal(count_of(bench, API "tenants?_include=name"), 3);
    assert_int_equal(count_of(bench, API "sites"), 1);
    assert_int_equal(count_of(bench, API "secrets?_all_tenants=true"), 5);
    assert_int_equal(count_of(bench, API "users"), 7); /* admin and eve too */
    assert_int_equal(count_of(bench, API "node-instances?_all_tenants=true&state=stopped"), 2);
    assert_int_equal(count_of(bench, API "agents?_all_tenants=true&state=failed"), 3);
    assert_int_equal(count_of(bench, API "executions?_all_tenants=true&status=started"), 2);
    assert_int_equal(count_of(bench, API "executions?_all_tenants=true&status=queued"), 1);
    assert_int_equal(count_of(bench, API "executions?_all_tenants=true&status=scheduled"), 6);
    live_set(&bench->live, "set", "{\"default_page_size\": 4}");
    assert_int_equal(count_of(bench, API "deployments?_all_tenants=true"), 4);
    bench_end(bench);
}

static void a_deployment_can_be_taken_out(void **state)
{
    static const char *const rows[][2] = {
        {"legacy", "5.1.4"}, {"legacy", "6.4.2"}, {"new", "7.1.0"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *bench = bench_start(rows[i][1], "1", NULL);
        const char *whole = file_for(bench, "whole.zip");
        const char *less = file_for(bench, "less.zip");
        const char *make[] = {"ferry-practice",
                              "make-archive",
                              whole,
                              "--format",
                              rows[i][0],
                              "--manager-version",
                              rows[i][1],
                              "--tenants",
                              "2",
                              "--deployments",
                              "6",
                              "--agents",
                              "8",
                              "--scheduled",
                              "4",
                              "--secrets",
                              "2",
                              NULL};
        const char *drop[] = {
            "ferry-practice", "drop-deployment", whole, "tenant-01/dep-00003", less, NULL};
        const char *nothing[] = {"ferry-practice",      "drop-deployment",           less,
                                 "tenant-01/dep-00003", file_for(bench, "none.zip"), NULL};
        run(make, 0);
        run(drop, 0);
        run(nothing, 2);
        live_set(&bench->live, "load", mem_printf(bench, "{\"path\": \"%s\"}", less));
        assert_int_equal(count_of(bench, API "deployments?_all_tenants=true"), 5);
        assert_int_equal(count_of(bench, API "secrets?_all_tenants=true"), 2);
        assert_int_equal(count_of(bench, API "deployments?_all_tenants=true&id=dep-00003"), 0);
        const char *below[] = {"nodes", "node-instances", "agents", "executions"};
        for (size_t j = 0; j < sizeof below / sizeof *below; j++) {
            const char *path =
                mem_printf(bench, API "%s?_all_tenants=true&_include=id,deployment_id", below[j]);
            if (strcmp(below[j], "agents") == 0) {
                path = API "agents?_all_tenants=true&_include=id,deployment";
            }
            struct answer answer = bench_ask(bench, "GET", path, NULL);
            assert_int_equal(answer.status, 200);
            assert_true(json_size(json_get(answer.json, "items")) >= 5);
            assert_null(strstr(answer.body, "dep-00003"));
        }
        bench_end(bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_list_has_pages),
        cmocka_unit_test(a_deployment_can_be_taken_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
