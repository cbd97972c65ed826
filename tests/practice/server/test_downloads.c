/* Archives on their way out: as nginx serves files (contract/07), and what faults make of it. */
#include "ferry_test.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "practice/server/bench.h"

#define SIZE 100000
#define ARCHIVE "/api/v3.1/snapshots/s1/archive"

static struct blob archive(void *ctx, unsigned start)
{
    struct blob blob = {mem_array(ctx, char, SIZE), SIZE};
    for (unsigned i = 0; i < SIZE; i++) {
        blob.data[i] = (char)((start + i * 7 + i / 251) & 0xff);
    }
    return blob;
}

static struct bench *with_archive(const char *version)
{
    struct bench *bench = bench_start(version, "0.01", NULL);
    assert_int_equal(bench_upload(bench, "s1", archive(bench, 0)), 201);
    return bench;
}

static struct answer get(struct bench *bench, const char *first, const char *second)
{
    const char *headers[] = {"Authorization: Basic YWRtaW46YWRtaW4=", "Tenant: default_tenant",
                             first, second, NULL};
    return live_ask(&bench->live, bench, "GET", ARCHIVE, headers, (struct blob){NULL, 0});
}

static void assert_part(struct bench *bench, const struct answer *answer, size_t from, size_t size)
{
    struct blob whole = archive(bench, 0);
    assert_int_equal(answer->size, size);
    assert_memory_equal(answer->body, whole.data + from, size);
}

static void ranges_are_those_of_nginx(void **state)
{
    static const struct {
        const char *range;
        long status;
        size_t from, size;
    } rows[] = {
        {"Range: bytes=0-0", 206, 0, 1},
        {"Range: bytes=100-199", 206, 100, 100},
        {"Range: bytes=99990-", 206, 99990, 10},
        {"Range: bytes=-10", 206, 99990, 10},
        {"Range: bytes=99990-200000", 206, 99990, 10},
        {"Range: bytes=-200000", 206, 0, SIZE},
        {"Range: bytes=1-2,5-6", 200, 0, SIZE},
        {"Range: items=1-2", 200, 0, SIZE},
    };
    static const char *const wrong[] = {"Range: bytes=100000-", "Range: bytes=20-10",
                                        "Range: bytes=a-b", "Range: bytes=-", "Range: bytes=-0"};
    struct bench *bench = with_archive("7.1.0");
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answer answer = get(bench, rows[i].range, NULL);
        assert_int_equal(answer.status, rows[i].status);
        assert_part(bench, &answer, rows[i].from, rows[i].size);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct answer answer = get(bench, wrong[i], NULL);
        assert_int_equal(answer.status, 416);
        assert_string_equal(answer.type, "text/html");
    }
    bench_end(bench);
}

static void conditions_compare_etag_and_date(void **state)
{
    struct bench *bench = with_archive("7.1.0");
    (void)state;
    struct answer whole = get(bench, NULL, NULL);
    assert_part(bench, &whole, 0, SIZE);
    const char *same = mem_printf(bench, "If-Range: %s", whole.etag);
    assert_int_equal(get(bench, "Range: bytes=5-9", same).status, 206);
    same = mem_printf(bench, "If-Range: %s", whole.modified);
    assert_int_equal(get(bench, "Range: bytes=5-9", same).status, 206);
    struct answer other = get(bench, "Range: bytes=5-9", "If-Range: \"other\"");
    assert_int_equal(other.status, 200);
    assert_int_equal(other.size, SIZE);
    same = mem_printf(bench, "If-None-Match: %s", whole.etag);
    assert_int_equal(get(bench, same, NULL).status, 304);
    same = mem_printf(bench, "If-Match: %s", whole.etag);
    assert_int_equal(get(bench, same, NULL).status, 200);
    assert_int_equal(get(bench, "If-Match: \"other\"", NULL).status, 412);
    bench_end(bench);
}

static void old_managers_and_other_storage_have_no_ranges(void **state)
{
    static const struct {
        const char *version, *set;
        long status;
    } rows[] = {
        {"4.6", "{}", 200},
        {"5.0.5", "{}", 200},
        {"5.0.5", "{\"ranges\": \"on\"}", 206},
        {"5.1.4", "{}", 206},
        {"7.0.5", "{\"ranges\": \"off\"}", 200},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench *bench = with_archive(rows[i].version);
        live_set(&bench->live, "set", rows[i].set);
        struct answer answer = get(bench, "Range: bytes=5-9", NULL);
        assert_int_equal(answer.status, rows[i].status);
        assert_int_equal(answer.size, rows[i].status == 206 ? 5 : SIZE);
        live_set(&bench->live, "set", "{\"no_etag\": true}");
        assert_null(get(bench, NULL, NULL).etag);
        bench_end(bench);
    }
}

static int64_t number(const struct json *downloads, size_t row, const char *name)
{
    const struct json *at = json_first(downloads);
    for (; row > 0; row--) {
        at = json_next(at);
    }
    return json_int64_or(at, name, -1);
}

static void the_ledger_tells_each_part(void **state)
{
    struct bench *bench = with_archive("7.1.0");
    (void)state;
    live_set(&bench->live, "faults", "[{\"do\": \"cut_body\", \"bytes\": 30000, \"n\": 1}]");
    struct answer cut = get(bench, NULL, NULL);
    assert_int_equal(cut.status, 0);
    assert_part(bench, &cut, 0, 30000);
    struct answer rest = get(bench, "Range: bytes=30000-", NULL);
    assert_part(bench, &rest, 30000, 70000);
    (void)bench_ask(bench, "HEAD", ARCHIVE, NULL);
    struct answer ledger = bench_plain(bench, "GET", "/practice/ledger");
    const struct json *list = json_get(ledger.json, "downloads.s1");
    assert_int_equal(json_size(list), 2);
    assert_int_equal(number(list, 0, "status"), 200);
    assert_int_equal(number(list, 0, "to"), SIZE - 1);
    assert_int_equal(number(list, 0, "sent"), 30000);
    assert_false(json_bool_or(json_first(list), "done", true));
    assert_int_equal(number(list, 1, "status"), 206);
    assert_int_equal(number(list, 1, "from"), 30000);
    assert_int_equal(number(list, 1, "to"), SIZE - 1);
    assert_int_equal(number(list, 1, "sent"), 70000);
    assert_int_equal(number(list, 1, "size"), SIZE);
    bench_end(bench);
}

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void faults_act_in_the_middle_of_a_body(void **state)
{
    struct bench *bench = with_archive("7.1.0");
    (void)state;
    live_set(&bench->live, "faults",
             "[{\"do\": \"stall\", \"bytes\": 500, \"delay_ms\": 300, \"n\": 1},"
             " {\"do\": \"slow\", \"rate\": 250000, \"n\": 2},"
             " {\"do\": \"corrupt\", \"at\": 70, \"n\": 3},"
             " {\"do\": \"wrong_length\", \"length\": 200000, \"n\": 4},"
             " {\"do\": \"wrong_length\", \"length\": 60000, \"n\": 5},"
             " {\"do\": \"answer\", \"status\": 504, \"n\": 6}]");
    int64_t began = now_ms();
    struct answer answer = get(bench, NULL, NULL);
    assert_part(bench, &answer, 0, SIZE);
    assert_true(now_ms() - began >= 290);
    began = now_ms();
    answer = get(bench, NULL, NULL);
    assert_part(bench, &answer, 0, SIZE);
    assert_true(now_ms() - began >= 350);
    answer = get(bench, "Range: bytes=50-99", NULL);
    struct blob whole = archive(bench, 0);
    assert_int_equal(answer.size, 50);
    assert_memory_equal(answer.body, whole.data + 50, 20);
    assert_true(answer.body[20] != whole.data[70]);
    assert_memory_equal(answer.body + 21, whole.data + 71, 29);
    answer = get(bench, NULL, NULL);
    assert_int_equal(answer.status, 0);
    assert_part(bench, &answer, 0, SIZE);
    answer = get(bench, NULL, NULL);
    assert_int_equal(answer.status, 200);
    assert_part(bench, &answer, 0, 60000);
    answer = get(bench, NULL, NULL);
    assert_int_equal(answer.status, 504);
    assert_non_null(strstr(answer.body, "Gateway Time-out"));
    answer = get(bench, NULL, NULL);
    assert_part(bench, &answer, 0, SIZE);
    bench_end(bench);
}

static void a_replaced_file_has_another_etag(void **state)
{
    struct bench *bench = with_archive("7.1.0");
    struct blob other = archive(bench, 5);
    (void)state;
    struct answer before = get(bench, "Range: bytes=0-99", NULL);
    const char *condition = mem_printf(bench, "If-Range: %s", before.etag);
    const char *path = mem_printf(bench, "%s/other", bench->live.data);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(other.data, 1, SIZE - 1, file), SIZE - 1);
    assert_int_equal(fclose(file), 0);
    live_set(&bench->live, "faults",
             mem_printf(bench,
                        "[{\"do\": \"replace_file\", \"n\": 1},"
                        " {\"do\": \"replace_file\", \"n\": 2, \"file\": \"%s\"}]",
                        path));
    struct answer after = get(bench, "Range: bytes=100-", condition);
    assert_int_equal(after.status, 200);
    assert_int_equal(after.size, SIZE);
    assert_string_not_equal(after.etag, before.etag);
    struct answer third = get(bench, NULL, NULL);
    assert_int_equal(third.size, SIZE - 1);
    assert_memory_equal(third.body, other.data, SIZE - 1);
    bench_end(bench);
}

static void client_and_manager_can_die_in_a_body(void **state)
{
    struct bench *bench = with_archive("7.1.0");
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        for (;;) {
            (void)pause();
        }
    }
    const char *path = mem_printf(bench, "%s/pid", bench->live.data);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(file, "%ld\n", (long)child);
    assert_int_equal(fclose(file), 0);
    live_set(&bench->live, "faults",
             mem_printf(bench,
                        "[{\"do\": \"kill_client_body\", \"bytes\": 777, \"pid_file\": \"%s\","
                        " \"n\": 1}, {\"do\": \"die_body\", \"bytes\": 4000, \"n\": 2}]",
                        path));
    struct answer answer = get(bench, NULL, NULL);
    assert_int_equal(answer.size, 777);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    answer = get(bench, NULL, NULL);
    assert_int_equal(answer.size, 4000);
    assert_int_equal(waitpid(bench->live.pid, &status, 0), bench->live.pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 137);
    const char *options[] = {NULL};
    live_start(&bench->live, options);
    answer = get(bench, NULL, NULL);
    assert_part(bench, &answer, 0, SIZE);
    bench_end(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_those_of_nginx),
        cmocka_unit_test(conditions_compare_etag_and_date),
        cmocka_unit_test(old_managers_and_other_storage_have_no_ranges),
        cmocka_unit_test(the_ledger_tells_each_part),
        cmocka_unit_test(faults_act_in_the_middle_of_a_body),
        cmocka_unit_test(a_replaced_file_has_another_etag),
        cmocka_unit_test(client_and_manager_can_die_in_a_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
