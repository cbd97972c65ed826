/* Replies that go into a file: whole, gone on with, begun anew, cut, and refused. */
#include "http_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "http/sink.h"

#define FILE_NAME "test_http_sink.part"
#define OCTETS "Content-Type: application/octet-stream\r\n"
#define WHOLE                                                                                      \
    "HTTP/1.1 200 OK\r\n" OCTETS "ETag: \"v1\"\r\nAccept-Ranges: bytes\r\n"                        \
    "Content-Length: 10\r\n\r\n0123456789"
#define REST                                                                                       \
    "HTTP/1.1 206 Partial Content\r\n" OCTETS "ETag: \"v1\"\r\n"                                   \
    "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n\r\n456789"

static void put(const char *text)
{
    (void)unlink(FILE_NAME);
    if (text != NULL) {
        assert_int_equal(file_write_atomic(FILE_NAME, text, strlen(text), 0644, NULL), 0);
    }
}

static void file_is(const char *expected)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *text = NULL;
    size_t size = 0;

    assert_int_equal(file_read(scope, FILE_NAME, 4096, &text, &size, NULL), FERRY_OK);
    assert_string_equal(text, expected);
}

static struct http_reply *fetch(struct http_fixture *fixture, int64_t offset, const char *etag)
{
    struct http_request *request = http_request_new(fixture->ctx, HTTP_GET, "/snapshots/s/archive");

    request->reply_file = FILE_NAME;
    request->reply_offset = offset;
    request->reply_etag = etag;
    request->stall_ms = 5000;
    return http_exchange(fixture->ctx, fixture->client, request);
}

static void whole_answer_is_in_a_private_file(void **state)
{
    static const struct script_step steps[] = {{.answer = WHOLE}};
    struct http_fixture fixture = START(steps);
    struct http_reply *reply;
    struct stat info;

    (void)state;
    put("what another left there"); /* and with a mode for all */
    reply = fetch(&fixture, 0, NULL);
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->status, 200);
    assert_int_equal(reply->file_bytes, 10);
    assert_int_equal(reply->body_size, 0);
    assert_string_equal(reply->etag, "\"v1\"");
    assert_true(reply->takes_ranges);
    assert_false(reply->file_anew);
    assert_null(strstr(fixture.seen->log, "Range"));
    file_is("0123456789");
    assert_int_equal(stat(FILE_NAME, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    http_fixture_end(&fixture);
}

static void part_that_is_there_is_not_asked_for_again(void **state)
{
    static const struct script_step steps[] = {{.answer = REST}};
    struct http_fixture fixture = START(steps);
    struct http_reply *reply;

    (void)state;
    put("0123XX"); /* what stands behind the offset is not to be trusted */
    reply = fetch(&fixture, 4, "\"v1\"");
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->status, 206);
    assert_int_equal(reply->range_from, 4);
    assert_int_equal(reply->range_total, 10);
    assert_int_equal(reply->file_bytes, 10);
    assert_non_null(strstr(fixture.seen->log, "\r\nRange: bytes=4-\r\n"));
    assert_non_null(strstr(fixture.seen->log, "\r\nIf-Range: \"v1\"\r\n"));
    file_is("0123456789");
    http_fixture_end(&fixture);
}

static void whole_answer_to_a_range_begins_the_file_anew(void **state)
{
    static const struct script_step steps[] = {{.answer = WHOLE}};
    struct http_fixture fixture = START(steps);
    struct http_reply *reply;

    (void)state;
    put("abcdefgh");
    reply = fetch(&fixture, 8, "\"v0\"");
    assert_int_equal(reply->status, 200);
    assert_true(reply->file_anew);
    assert_int_equal(reply->file_bytes, 10);
    file_is("0123456789");
    http_fixture_end(&fixture);
}

static void parts_of_different_files_are_never_mixed(void **state)
{
    static const struct script_step steps[] = {{.answer = REST}, {.answer = REST}};
    struct http_fixture fixture = START(steps);
    struct http_reply *reply;

    (void)state;
    put("abcd");
    reply = fetch(&fixture, 4, "\"v0\"");
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_int_equal(reply->code, FERRY_E_PROTOCOL);
    assert_non_null(
        strstr(reply->error, "has changed on the manager: it was \"v0\" and is \"v1\""));
    file_is("abcd");
    put("abc");
    reply = fetch(&fixture, 3, "\"v1\"");
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_non_null(strstr(reply->error, "from 3 on, the answer begins at 4"));
    file_is("abc");
    http_fixture_end(&fixture);
}

static void what_came_before_a_cut_is_kept(void **state)
{
    static const struct script_step steps[] = {
        {.answer = "HTTP/1.1 200 OK\r\n" OCTETS "Content-Length: 3000000\r\n\r\n",
         .filler = 1000000,
         .then = SCRIPT_CLOSE}};
    struct http_fixture fixture = START(steps);
    struct http_reply *reply;
    struct stat info;

    (void)state;
    put(NULL);
    reply = fetch(&fixture, 0, NULL);
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_int_equal(reply->code, FERRY_E_UNREACHABLE);
    assert_int_equal(reply->file_bytes, 1000000);
    assert_int_equal(stat(FILE_NAME, &info), 0);
    assert_int_equal(info.st_size, 1000000);
    http_fixture_end(&fixture);
}

/* 256 KiB, between which somebody else writes, or does not. */
static bool touched(bool by_others)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct http_request *request = http_request_new(scope, HTTP_GET, "/archive");
    struct http_reply *reply = http_reply_new(scope);
    char *bytes = mem_array(scope, char, HTTP_SINK_BUFFER);
    const char *why = NULL;
    struct http_sink *sink;
    int fd;

    put(NULL);
    request->reply_file = FILE_NAME;
    sink = http_sink_open(scope, request, &why);
    assert_non_null(sink);
    assert_true(http_sink_begin(sink, reply, 200, &why));
    assert_true(http_sink_write(sink, bytes, HTTP_SINK_BUFFER, &why));
    (void)usleep(20000); /* a step of the clock that files have, and more */
    if (by_others) {
        fd = open(FILE_NAME, O_WRONLY);
        assert_int_equal(write(fd, "x", 1), 1);
        assert_int_equal(close(fd), 0);
    }
    assert_true(http_sink_write(sink, bytes, HTTP_SINK_BUFFER, &why));
    assert_true(http_sink_end(sink, reply, &why));
    return reply->file_touched;
}

static void another_writer_is_noticed(void **state)
{
    (void)state;
    assert_false(touched(false));
    assert_true(touched(true));
}

static void other_answers_are_no_archive(void **state)
{
    static const struct script_step steps[] = {
        {.answer = "HTTP/1.1 404 NOT FOUND\r\nContent-Type: application/json\r\n"
                   "Content-Length: 32\r\n\r\n{\"error_code\":\"not_found_error\"}"},
        {.answer = "HTTP/1.1 416 Requested Range Not Satisfiable\r\nContent-Length: 0\r\n"
                   "Content-Range: bytes */2\r\n\r\n"}};
    struct http_fixture fixture = START(steps);
    struct http_reply *reply;

    (void)state;
    put("0123");
    reply = fetch(&fixture, 4, "\"v1\"");
    assert_int_equal(reply->status, 404);
    assert_string_equal(json_string_or(reply->json, "error_code", ""), "not_found_error");
    assert_int_equal(reply->file_bytes, -1);
    reply = fetch(&fixture, 4, "\"v1\"");
    assert_int_equal(reply->status, 416);
    assert_int_equal(reply->range_total, 2);
    file_is("0123");
    http_fixture_end(&fixture);
}

static void file_that_cannot_be_used_is_not_asked_for(void **state)
{
    static const struct script_step steps[] = {{.answer = WHOLE}};
    struct http_fixture fixture = START(steps);
    struct http_reply *reply;

    (void)state;
    put("012");
    reply = fetch(&fixture, 4, "\"v1\"");
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_IO);
    assert_non_null(strstr(reply->error, "has 3 bytes, but had 4 before"));
    put(NULL);
    assert_int_equal(symlink("/tmp/elsewhere", FILE_NAME), 0);
    reply = fetch(&fixture, 0, NULL);
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_non_null(strstr(reply->error, "it is a symbolic link"));
    put(NULL);
    assert_int_equal(mkdir(FILE_NAME, 0700), 0);
    reply = fetch(&fixture, 0, NULL);
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(rmdir(FILE_NAME), 0);
    assert_int_equal(fixture.seen->begun, 0);
    http_fixture_end(&fixture);
}

static void full_disk_is_named_and_loses_nothing(void **state)
{
    static const struct script_step steps[] = {
        {.answer = "HTTP/1.1 200 OK\r\n" OCTETS "Content-Length: 2000000\r\n\r\n",
         .filler = 2000000}};
    struct http_fixture fixture = START(steps);
    struct rlimit before, limit;
    struct http_reply *reply;
    struct stat info;

    (void)state;
    put(NULL);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 700000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    reply = fetch(&fixture, 0, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_int_equal(reply->code, FERRY_E_IO);
    assert_non_null(strstr(reply->error, "cannot write \"" FILE_NAME "\": File too large"));
    assert_int_equal(stat(FILE_NAME, &info), 0);
    assert_int_equal(info.st_size, 700000);
    http_fixture_end(&fixture);
}

static void silence_in_the_middle_ends_it(void **state)
{
    static const struct script_step steps[] = {
        {.answer = "HTTP/1.1 200 OK\r\n" OCTETS "Content-Length: 100\r\n\r\n0123456789",
         .then = SCRIPT_HOLD}};
    struct http_fixture fixture = START(steps);
    struct http_request *request = http_request_new(fixture.ctx, HTTP_GET, "/a");
    struct http_reply *reply;

    (void)state;
    put(NULL);
    request->reply_file = FILE_NAME;
    request->stall_ms = 300;
    reply = http_exchange(fixture.ctx, fixture.client, request);
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_non_null(strstr(reply->error, "no byte moved for 300 ms"));
    file_is("0123456789");
    http_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_answer_is_in_a_private_file),
        cmocka_unit_test(part_that_is_there_is_not_asked_for_again),
        cmocka_unit_test(whole_answer_to_a_range_begins_the_file_anew),
        cmocka_unit_test(parts_of_different_files_are_never_mixed),
        cmocka_unit_test(what_came_before_a_cut_is_kept),
        cmocka_unit_test(another_writer_is_noticed),
        cmocka_unit_test(other_answers_are_no_archive),
        cmocka_unit_test(file_that_cannot_be_used_is_not_asked_for),
        cmocka_unit_test(full_disk_is_named_and_loses_nothing),
        cmocka_unit_test(silence_in_the_middle_ends_it),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    (void)unlink(FILE_NAME);
    return failed;
}
