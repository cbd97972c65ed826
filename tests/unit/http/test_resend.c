/* A changing request leaves at most once, however its connection dies (engine-notes, fact 9). */
#include "http_fixture.h"

#define FIRST                                                                                      \
    {                                                                                              \
        .answer = ANSWER_OK                                                                        \
    }

/* Opens the connection with an answered GET, so that the request under test re-uses it. */
static struct http_reply *after_a_get(struct http_fixture *fixture, enum http_method method,
                                      bool with_body)
{
    struct http_reply *reply = http_fixture_get(fixture, "/first");

    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    return http_fixture_send(fixture, method, "/change", with_body);
}

static void expect_sent_once(struct http_fixture *fixture, const struct http_reply *reply)
{
    /* Time for a repetition to arrive, were there one: another exchange goes through first. */
    struct http_reply *later = http_fixture_get(fixture, "/later");

    assert_int_equal(later->outcome, HTTP_ANSWERED);
    assert_int_equal(fixture->seen->touched, 3);
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_int_equal(reply->code, FERRY_E_UNREACHABLE);
    assert_int_equal(reply->status, 0);
    assert_non_null(reply->error);
    const char *change = strstr(fixture->seen->log, "/change HTTP/1.1");
    assert_true(change == NULL || strstr(change + 1, "/change HTTP/1.1") == NULL);
    http_fixture_end(fixture);
}

static void change_with_a_body_is_not_repeated_when_the_server_closes(void **state)
{
    static const struct script_step steps[] = {FIRST, {.then = SCRIPT_CLOSE}, FIRST};
    struct http_fixture fixture = START(steps);

    (void)state;
    struct http_reply *reply = after_a_get(&fixture, HTTP_POST, true);
    assert_int_equal(fixture.seen->complete, 2);
    expect_sent_once(&fixture, reply);
}

static void change_without_a_body_is_not_repeated_when_the_server_closes(void **state)
{
    static const struct script_step steps[] = {FIRST, {.then = SCRIPT_CLOSE}, FIRST};
    struct http_fixture fixture = START(steps);

    (void)state;
    expect_sent_once(&fixture, after_a_get(&fixture, HTTP_POST, false));
}

static void change_is_not_repeated_when_the_connection_is_reset(void **state)
{
    static const struct script_step steps[] = {FIRST, {.then = SCRIPT_RESET}, FIRST};
    struct http_fixture fixture = START(steps);

    (void)state;
    expect_sent_once(&fixture, after_a_get(&fixture, HTTP_PUT, true));
}

/* The body need not have left yet: code 65 guards bodies only, so the head alone could repeat. */
static void change_is_not_repeated_when_only_its_first_bytes_arrived(void **state)
{
    static const struct script_step steps[] = {
        FIRST, {.when = SCRIPT_FIRST_BYTE, .then = SCRIPT_RESET}, FIRST};
    struct http_fixture fixture = START(steps);

    (void)state;
    expect_sent_once(&fixture, after_a_get(&fixture, HTTP_PATCH, true));
}

static void change_is_not_repeated_when_the_server_closes_late(void **state)
{
    static const struct script_step steps[] = {
        FIRST, {.delay_ms = 300, .then = SCRIPT_CLOSE}, FIRST};
    struct http_fixture fixture = START(steps);

    (void)state;
    expect_sent_once(&fixture, after_a_get(&fixture, HTTP_DELETE, true));
}

static void delete_without_a_body_is_not_repeated(void **state)
{
    static const struct script_step steps[] = {FIRST, {.then = SCRIPT_RESET}, FIRST};
    struct http_fixture fixture = START(steps);

    (void)state;
    expect_sent_once(&fixture, after_a_get(&fixture, HTTP_DELETE, false));
}

/* Or the tests above would show nothing. */
static void change_with_a_body_does_re_use_a_connection(void **state)
{
    static const struct script_step steps[] = {FIRST};
    struct http_fixture fixture = START(steps);

    (void)state;
    struct http_reply *reply = after_a_get(&fixture, HTTP_POST, true);
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(fixture.seen->connections, 1);
    http_fixture_end(&fixture);
}

static void change_without_a_body_takes_a_fresh_connection(void **state)
{
    static const struct script_step steps[] = {FIRST};
    struct http_fixture fixture = START(steps);

    (void)state;
    struct http_reply *reply = after_a_get(&fixture, HTTP_POST, false);
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(fixture.seen->connections, 2);
    assert_non_null(strstr(fixture.seen->log, "POST /change HTTP/1.1"));
    assert_non_null(strstr(fixture.seen->log, "Content-Length: 0"));
    http_fixture_end(&fixture);
}

/* Reading changes nothing: there curl's own repetition is welcome. */
static void get_may_be_repeated(void **state)
{
    static const struct script_step steps[] = {FIRST, {.then = SCRIPT_CLOSE}, FIRST};
    struct http_fixture fixture = START(steps);

    (void)state;
    (void)http_fixture_get(&fixture, "/first");
    struct http_reply *reply = http_fixture_get(&fixture, "/second");
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(fixture.seen->touched, 3);
    assert_int_equal(fixture.seen->connections, 2);
    http_fixture_end(&fixture);
}

/* 401 and 417 are the answers after which curl knows ways to try again. */
static void answers_that_invite_a_repetition_are_just_answers(void **state)
{
    static const struct script_step steps[] = {
        {.answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"m\"\r\n"
                   "WWW-Authenticate: Digest realm=\"m\", nonce=\"n\"\r\n"
                   "WWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n"},
        {.answer = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n"},
        {.answer = "HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\n"
                   "Content-Length: 0\r\n\r\n"},
        {.answer = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"},
        {.answer = "HTTP/1.1 421 Misdirected Request\r\nContent-Length: 0\r\n\r\n"},
    };
    static const int statuses[] = {401, 417, 307, 408, 421};
    struct http_fixture fixture = START(steps);

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(statuses); i++) {
        struct http_reply *reply = http_fixture_send(&fixture, HTTP_POST, "/change", true);

        assert_int_equal(reply->outcome, HTTP_ANSWERED);
        assert_int_equal(reply->status, statuses[i]);
        assert_int_equal(fixture.seen->touched, (int)i + 1);
    }
    http_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(change_with_a_body_is_not_repeated_when_the_server_closes),
        cmocka_unit_test(change_without_a_body_is_not_repeated_when_the_server_closes),
        cmocka_unit_test(change_is_not_repeated_when_the_connection_is_reset),
        cmocka_unit_test(change_is_not_repeated_when_only_its_first_bytes_arrived),
        cmocka_unit_test(change_is_not_repeated_when_the_server_closes_late),
        cmocka_unit_test(delete_without_a_body_is_not_repeated),
        cmocka_unit_test(change_with_a_body_does_re_use_a_connection),
        cmocka_unit_test(change_without_a_body_takes_a_fresh_connection),
        cmocka_unit_test(get_may_be_repeated),
        cmocka_unit_test(answers_that_invite_a_repetition_are_just_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
