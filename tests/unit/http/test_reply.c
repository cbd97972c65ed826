/* Header lines of an answer, as they come from the wire. */
#include "ferry_test.h"

#include "base/mem.h"
#include "http/reply.h"

#define NOON INT64_C(1795345200000) /* Sun, 22 Nov 2026 11:00:00 GMT, in ms */

/* Feeds the lines of an answer, then its end. */
static struct http_reply *read_lines(const char *const *lines, int64_t now_ms)
{
    struct http_reply *reply = http_reply_new(NULL);
    struct http_reply_reader reader;

    http_reply_reader_init(&reader, reply);
    for (; *lines != NULL; lines++) {
        assert_true(http_reply_line(&reader, *lines, strlen(*lines)));
    }
    reply->outcome = HTTP_ANSWERED;
    http_reply_end(&reader, now_ms);
    return reply;
}

#define LINES(...) ((const char *const[]){"HTTP/1.1 200 OK\r\n", __VA_ARGS__, "\r\n", NULL})

static int64_t retry_after(const char *line, const char *date, int64_t now_ms)
{
    struct http_reply *reply = read_lines(LINES(line, date), now_ms);
    int64_t wait_ms = reply->retry_after_ms;

    mem_free(reply);
    return wait_ms;
}

static void retry_after_in_seconds(void **state)
{
    (void)state;
    assert_int_equal(retry_after("Retry-After: 7\r\n", "X: y\r\n", 0), 7000);
    assert_int_equal(retry_after("retry-after:0\r\n", "X: y\r\n", 0), 0);
    assert_int_equal(retry_after("RETRY-AFTER: \t 120 \r\n", "X: y\r\n", 0), 120000);
}

static void retry_after_as_a_date_counts_from_the_servers_own_clock(void **state)
{
    static const char date[] = "Date: Sun, 22 Nov 2026 11:00:00 GMT\r\n";
    static const char later[] = "Retry-After: Sun, 22 Nov 2026 11:00:30 GMT\r\n";

    (void)state;
    /* Our own clock is a day wrong, which must not matter; nor must the order of the lines. */
    assert_int_equal(retry_after(later, date, NOON - 86400000), 30000);
    assert_int_equal(retry_after(date, later, NOON + 86400000), 30000);
    assert_int_equal(retry_after(later, "X: y\r\n", NOON + 10000), 20000);
    assert_int_equal(retry_after(later, "X: y\r\n", NOON + 60000), 0); /* it is past */
}

static void bad_retry_after_is_no_retry_after(void **state)
{
    static const char *const bad[] = {
        "Retry-After: soon\r\n", "Retry-After: -1\r\n",  "Retry-After: 1.5\r\n",
        "Retry-After:\r\n",      "Retry-After: 7 s\r\n", "Retry-After: 99999999999999999999\r\n",
        "X-Retry-After: 7\r\n",  "Retry-After 7\r\n",
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(bad); i++) {
        assert_int_equal(retry_after(bad[i], "X: y\r\n", 0), -1);
    }
}

static void date_and_length_are_read(void **state)
{
    struct http_reply *reply =
        read_lines(LINES("date: Sun, 22 Nov 2026 11:00:00 GMT\r\n", "CONTENT-LENGTH: 42\r\n"), 0);

    (void)state;
    assert_int_equal(reply->date_ms, NOON);
    assert_int_equal(reply->content_length, 42);
    mem_free(reply);
    reply = read_lines(LINES("Date: yesterday\r\n", "Content-Length: -42\r\n"), 0);
    assert_int_equal(reply->date_ms, -1);
    assert_int_equal(reply->content_length, -1);
    mem_free(reply);
}

static void content_type_loses_case_and_parameters(void **state)
{
    struct http_reply *reply = read_lines(LINES("Content-Type:  Text/HTML ;charset=UTF-8\r\n"), 0);

    (void)state;
    assert_string_equal(reply->content_type, "text/html");
    mem_free(reply);
    reply = read_lines(LINES("Content-Type: \r\n"), 0);
    assert_null(reply->content_type);
    mem_free(reply);
}

/* 100 Continue and 103 Early Hints come before; what they said is not of the answer. */
static void status_line_starts_the_answer_anew(void **state)
{
    struct http_reply *reply = read_lines(
        LINES("Retry-After: 9\r\n", "Content-Type: text/html\r\n", "Content-Length: 3\r\n",
              "Date: Sun, 22 Nov 2026 11:00:00 GMT\r\n", "\r\n", "HTTP/1.1 200 OK\r\n"),
        0);

    (void)state;
    assert_int_equal(reply->retry_after_ms, -1);
    assert_int_equal(reply->content_length, -1);
    assert_int_equal(reply->date_ms, -1);
    assert_null(reply->content_type);
    mem_free(reply);
}

static void folded_lines_and_trailers_are_not_believed(void **state)
{
    struct http_reply *reply = read_lines(LINES("X: y\r\n", " Retry-After: 9\r\n"), 0);
    struct http_reply_reader reader;

    (void)state;
    assert_int_equal(reply->retry_after_ms, -1);
    http_reply_reader_init(&reader, reply);
    reader.in_body = true;
    assert_true(http_reply_line(&reader, "Retry-After: 9\r\n", 16));
    assert_int_equal(reply->retry_after_ms, -1);
    mem_free(reply);
}

static void odd_lines_do_no_harm(void **state)
{
    static const char *const odd[] = {
        "", "\r\n", ":", ": x", "::::", "Date", "Content-Type:", "\xff\xfe: \x01", "HTTP/", NULL};
    struct http_reply *reply = read_lines(odd, 0);

    (void)state;
    assert_null(reply->content_type);
    mem_free(reply);
}

static void header_over_the_limit_is_refused(void **state)
{
    struct http_reply *reply = http_reply_new(NULL);
    struct http_reply_reader reader;
    char line[1024];

    (void)state;
    memset(line, 'x', sizeof(line));
    http_reply_reader_init(&reader, reply);
    for (size_t i = 0; i < HTTP_HEADER_LIMIT / sizeof(line); i++) {
        assert_true(http_reply_line(&reader, line, sizeof(line)));
    }
    assert_false(http_reply_line(&reader, "x", 1));
    mem_free(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retry_after_in_seconds),
        cmocka_unit_test(retry_after_as_a_date_counts_from_the_servers_own_clock),
        cmocka_unit_test(bad_retry_after_is_no_retry_after),
        cmocka_unit_test(date_and_length_are_read),
        cmocka_unit_test(content_type_loses_case_and_parameters),
        cmocka_unit_test(status_line_starts_the_answer_anew),
        cmocka_unit_test(folded_lines_and_trailers_are_not_believed),
        cmocka_unit_test(odd_lines_do_no_harm),
        cmocka_unit_test(header_over_the_limit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
