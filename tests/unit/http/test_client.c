/* What the client makes of everything that a server may do. */
#include "http_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

static struct http_reply *get_from(const struct script_step *step)
{
    struct http_fixture fixture = http_fixture_start(step, 1);
    struct http_reply *reply = http_fixture_get(&fixture, "/api/v3.1/version");

    (void)mem_move(NULL, reply);
    http_fixture_end(&fixture);
    return reply;
}

static struct http_reply *answer_with(const char *answer)
{
    const struct script_step step = {.answer = answer, .then = SCRIPT_CLOSE};

    return get_from(&step);
}

static void json_answer_is_answered(void **state)
{
    struct http_reply *reply = answer_with(ANSWER_OK);

    (void)state;
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->code, FERRY_OK);
    assert_null(reply->error);
    assert_int_equal(reply->status, 200);
    assert_true(json_bool_or(reply->json, "ok", false));
    assert_true(reply->took_ms >= 0);
    mem_free(reply);
}

static void request_carries_what_it_should(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK}};
    struct http_fixture fixture = START(steps);
    struct http_request *request = http_request_new(fixture.ctx, HTTP_POST, "/api/../x?a=b%20c");
    struct json *body = json_object(request);

    (void)state;
    request->credential = HTTP_AS_BEFORE;
    http_request_header(request, "Tenant", "default_tenant");
    http_request_header(request, "X-Empty", "");
    http_request_json(request, body);
    struct http_reply *reply = http_exchange(fixture.ctx, fixture.client, request);
    const char *log = fixture.seen->log;
    assert_int_equal(reply->sent_bytes, 2);
    assert_memory_equal(log, "POST /api/../x?a=b%20c HTTP/1.1\r\n", 33);
    assert_non_null(
        strstr(log, "\r\nAuthorization: Basic YWRtaW46czNjcmV0\r\n")); /* admin:s3cret */
    assert_non_null(strstr(log, "\r\nTenant: default_tenant\r\n"));
    assert_non_null(strstr(log, "\r\nX-Empty:\r\n"));
    assert_non_null(strstr(log, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(log, "\r\nContent-Length: 2\r\n"));
    assert_non_null(strstr(log, "\r\nUser-Agent: ferry-test\r\n"));
    assert_null(strstr(log, "Expect"));
    assert_null(strstr(log, "Transfer-Encoding"));
    assert_null(strstr(log, "Authentication-Token"));
    http_fixture_end(&fixture);
}

static void anonymous_request_names_nobody(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK}};
    struct http_fixture fixture = START(steps);
    struct http_request *request = http_request_new(fixture.ctx, HTTP_GET, "/snapshot-status");

    (void)state;
    (void)http_exchange(fixture.ctx, fixture.client, request);
    assert_null(strstr(fixture.seen->log, "Auth"));
    http_fixture_end(&fixture);
}

static void credential_slots_are_told_apart(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK}};
    struct http_fixture fixture = START(steps);
    struct http_client_options options = {
        .url = mem_printf(fixture.ctx, "%s/", script_server_url(fixture.server)),
        .before = {.username = "u", .password = secret_new(fixture.ctx, "p", 1)},
        .after = {.token = secret_new(fixture.ctx, "ctok-1", 6)},
        .clock = clock_system(),
    };
    struct http_request *request = http_request_new(fixture.ctx, HTTP_GET, "/x");
    struct ferry_error err = {0};

    (void)state;
    assert_int_equal(http_client_new(fixture.ctx, &options, &fixture.client, &err), FERRY_OK);
    request->credential = HTTP_AS_AFTER;
    (void)http_exchange(fixture.ctx, fixture.client, request);
    assert_non_null(strstr(fixture.seen->log, "GET /x HTTP"));
    assert_non_null(strstr(fixture.seen->log, "\r\nAuthentication-Token: ctok-1\r\n"));
    assert_null(strstr(fixture.seen->log, "Authorization"));
    request->credential = HTTP_AS_BEFORE;
    (void)http_exchange(fixture.ctx, fixture.client, request);
    assert_non_null(strstr(fixture.seen->log, "\r\nAuthorization: Basic dTpw\r\n"));
    http_fixture_end(&fixture);
}

/* A slot "after" that is not configured means: the same user as before. */
static void unset_after_is_the_same_as_before(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK}};
    struct http_fixture fixture = START(steps);
    struct http_request *request = http_request_new(fixture.ctx, HTTP_GET, "/x");

    (void)state;
    request->credential = HTTP_AS_AFTER;
    (void)http_exchange(fixture.ctx, fixture.client, request);
    assert_non_null(strstr(fixture.seen->log, "Basic YWRtaW46czNjcmV0"));
    http_fixture_end(&fixture);
}

static void answers_with_every_framing_are_whole(void **state)
{
    static const char *const answers[] = {
        JSON_200 "Transfer-Encoding: chunked\r\n\r\n4\r\n{\"ok\r\n7\r\n\":true}\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"ok\":true}",
        "HTTP/1.1 100 Continue\r\n\r\n" ANSWER_OK,
        "HTTP/1.1 103 Early Hints\r\nRetry-After: 5\r\n\r\n" ANSWER_OK,
        "HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-length: 11\n\n{\"ok\":true}",
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(answers); i++) {
        struct http_reply *reply = answer_with(answers[i]);

        assert_int_equal(reply->outcome, HTTP_ANSWERED);
        assert_int_equal(reply->status, 200);
        assert_int_equal(reply->body_size, 11);
        assert_true(json_bool_or(reply->json, "ok", false));
        assert_int_equal(reply->retry_after_ms, -1);
        mem_free(reply);
    }
}

static void not_modified_has_no_body(void **state)
{
    struct http_reply *reply =
        answer_with("HTTP/1.1 304 NOT MODIFIED\r\nDate: Sun, 22 Nov 2026 11:00:00 GMT\r\n\r\n");

    (void)state;
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->status, 304);
    assert_string_equal(reply->body, "");
    assert_int_equal(reply->date_ms, INT64_C(1795345200000));
    assert_int_equal(http_effect_of(reply), HTTP_EFFECT_ALREADY);
    mem_free(reply);
}

static void page_of_nginx_is_foreign(void **state)
{
    struct http_reply *reply = answer_with("HTTP/1.1 503 Service Temporarily Unavailable\r\n"
                                           "Content-Type: text/html\r\nRetry-After: 2\r\n"
                                           "Content-Length: 6\r\n\r\n<html>");

    (void)state;
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->retry_after_ms, 2000);
    assert_string_equal(reply->content_type, "text/html");
    assert_true(http_reply_is_foreign(reply));
    assert_int_equal(http_effect_of(reply), HTTP_EFFECT_MAYBE);
    mem_free(reply);
}

static void json_that_is_none_is_an_answer_without_json(void **state)
{
    struct http_reply *reply = answer_with(JSON_200 "Content-Length: 5\r\n\r\n<html");

    (void)state;
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_null(reply->json);
    assert_true(http_reply_is_foreign(reply));
    mem_free(reply);
}

static void cut_answers_are_unknown_and_keep_their_status(void **state)
{
    static const char *const answers[] = {
        JSON_200 "Content-Length: 50\r\n\r\n{\"ok\":true}",
        JSON_200 "Transfer-Encoding: chunked\r\n\r\n4\r\n{\"ok\r\n7\r\n\":t",
        JSON_200 "Content-Length: 50\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(answers); i++) {
        struct http_reply *reply = answer_with(answers[i]);

        assert_int_equal(reply->outcome, HTTP_UNKNOWN);
        assert_int_equal(reply->code, FERRY_E_UNREACHABLE);
        assert_int_equal(reply->status, 200);
        assert_null(reply->json);
        assert_int_not_equal(reply->sys, 0);
        assert_non_null(strstr(reply->error, "GET /api/v3.1/version: no whole answer from http"));
        mem_free(reply);
    }
}

static void garbage_is_unknown(void **state)
{
    static const char *const answers[] = {
        "SSH-2.0-OpenSSH_9.2\r\n",
        "220 mail ESMTP\r\n\r\n",
        "\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        JSON_200 "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        JSON_200 "Content-Length: -5\r\n\r\n{}",
        "HTTP/1.1 200 OK",
        NULL, /* closed without a word */
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(answers); i++) {
        struct http_reply *reply = answer_with(answers[i]);

        if (reply->outcome != HTTP_UNKNOWN) {
            fail_msg("answer %zu: outcome %d, status %d", i, (int)reply->outcome, reply->status);
        }
        assert_non_null(reply->error);
        assert_int_not_equal(reply->code, FERRY_OK);
        mem_free(reply);
    }
}

static void reset_after_the_request_is_unknown(void **state)
{
    static const struct script_step step = {.then = SCRIPT_RESET};
    struct http_reply *reply = get_from(&step);

    (void)state;
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_int_equal(reply->code, FERRY_E_UNREACHABLE);
    mem_free(reply);
}

static void answer_over_the_limit_is_cut(void **state)
{
    static const struct script_step steps[] = {
        {.answer = JSON_200 "Content-Length: 1000000\r\n\r\n", .filler = 1000000},
        {.answer = JSON_200 "Transfer-Encoding: chunked\r\n\r\nfffff\r\n", .filler = 1048575},
    };
    struct http_fixture fixture = START(steps);

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct http_request *request = http_request_new(fixture.ctx, HTTP_POST, "/x");

        request->reply_limit = 65536;
        struct http_reply *reply = http_exchange(fixture.ctx, fixture.client, request);
        assert_int_equal(reply->outcome, HTTP_UNKNOWN);
        assert_int_equal(reply->code, FERRY_E_PROTOCOL);
        assert_int_equal(reply->status, 200);
        assert_true(reply->body_size <= 65536);
        assert_non_null(strstr(reply->error, "the answer is over 65536 bytes"));
    }
    http_fixture_end(&fixture);
}

static void header_over_the_limit_is_cut(void **state)
{
    void *ctx = mem_scope(NULL);
    char *many = mem_printf(ctx, "HTTP/1.1 200 OK\r\n");

    (void)state;
    for (int i = 0; i < 2000; i++) {
        many = talloc_asprintf_append_buffer(many, "X-Field-%d: of some thirty letters\r\n", i);
    }
    const struct script_step steps[] = {{.answer = many, .then = SCRIPT_HOLD}};
    struct http_fixture fixture = START(steps);
    struct http_reply *reply = http_fixture_get(&fixture, "/x");
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_int_equal(reply->code, FERRY_E_PROTOCOL);
    assert_non_null(strstr(reply->error, "the header of the answer is over 65536 bytes"));
    http_fixture_end(&fixture);
    mem_free(ctx);
}

/* One line without an end never reaches our call-back: there curl's own limit holds (100 kB). */
static void endless_header_line_is_cut(void **state)
{
    static const struct script_step steps[] = {
        {.answer = "HTTP/1.1 200 OK\r\nX-Long: ", .filler = 900000, .then = SCRIPT_HOLD}};
    struct http_fixture fixture = START(steps);
    struct http_reply *reply = http_fixture_get(&fixture, "/x");

    (void)state;
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_int_equal(reply->code, FERRY_E_PROTOCOL);
    assert_non_null(strstr(reply->error, "a header line of the answer is too long"));
    http_fixture_end(&fixture);
}

static void times_out_unknown_once_the_request_left(void **state)
{
    static const struct script_step steps[] = {{.then = SCRIPT_HOLD}};
    struct http_fixture fixture = START(steps);
    struct http_request *request = http_request_new(fixture.ctx, HTTP_POST, "/x");

    (void)state;
    request->timeout_ms = 300;
    struct http_reply *reply = http_exchange(fixture.ctx, fixture.client, request);
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_int_equal(reply->code, FERRY_E_UNREACHABLE);
    assert_in_range(reply->took_ms, 290, 3000);
    http_fixture_end(&fixture);
}

static void stall_ends_a_transfer_that_a_slow_one_survives(void **state)
{
    static const struct script_step steps[] = {
        {.answer = ANSWER_OK, .piece = 8, .pause_ms = 100},
        {.answer = JSON_200 "Content-Length: 11\r\n\r\n{", .then = SCRIPT_HOLD},
    };
    struct http_fixture fixture = START(steps);
    struct http_request *request = http_request_new(fixture.ctx, HTTP_GET, "/x");

    (void)state;
    request->stall_ms = 1000;
    struct http_reply *reply = http_exchange(fixture.ctx, fixture.client, request);
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_true(reply->took_ms >= 900);
    reply = http_exchange(fixture.ctx, fixture.client, request);
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_in_range(reply->took_ms, 1000, 5000);
    assert_non_null(strstr(reply->error, "no byte moved for 1000 ms"));
    http_fixture_end(&fixture);
}

static void nothing_is_sent_where_nobody_listens(void **state)
{
    void *ctx = mem_scope(NULL);
    struct script_server *server =
        script_server_start(ctx, &(struct script_step){.then = SCRIPT_HOLD}, 1);
    char *url = mem_strdup(ctx, script_server_url(server));

    (void)state;
    mem_free(server);
    struct http_request *request = http_request_new(ctx, HTTP_POST, "/x?token=t0ken");
    struct http_reply *reply = http_exchange(ctx, http_fixture_client(ctx, url, NULL), request);
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_UNREACHABLE);
    assert_int_equal(reply->status, 0);
    assert_non_null(strstr(reply->error, "POST /x: cannot reach http://127.0.0.1:"));
    assert_null(strstr(reply->error, "t0ken"));
    struct transport *client = http_fixture_client(ctx, "http://no-such-host.invalid", NULL);
    reply = http_exchange(ctx, client, request);
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_UNREACHABLE);
    mem_free(ctx);
}

/* A listener whose queue is full lets no connection through. */
static void time_out_while_connecting_is_not_sent(void **state)
{
    void *ctx = mem_scope(NULL);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    const struct sockaddr *plain = (const struct sockaddr *)(const void *)&address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int fill[8];

    (void)state;
    assert_int_equal(bind(listener, plain, size), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)(void *)&address, &size), 0);
    for (size_t i = 0; i < FERRY_COUNT(fill); i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fill[i], plain, size);
    }
    struct http_request *request = http_request_new(ctx, HTTP_POST, "/x");
    request->timeout_ms = 500;
    char *url = mem_printf(ctx, "http://127.0.0.1:%d", ntohs(address.sin_port));
    struct http_reply *reply = http_exchange(ctx, http_fixture_client(ctx, url, NULL), request);
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_UNREACHABLE);
    for (size_t i = 0; i < FERRY_COUNT(fill); i++) {
        (void)close(fill[i]);
    }
    (void)close(listener);
    mem_free(ctx);
}

static void head_tells_the_length(void **state)
{
    static const struct script_step steps[] = {
        {.answer = "HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\n"
                   "Content-Length: 5368709120\r\n\r\n"}};
    struct http_fixture fixture = START(steps);
    struct http_request *request = http_request_new(fixture.ctx, HTTP_HEAD, "/archive");

    (void)state;
    struct http_reply *reply = http_exchange(fixture.ctx, fixture.client, request);
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->content_length, INT64_C(5368709120));
    assert_int_equal(reply->body_size, 0);
    http_fixture_end(&fixture);
}

static void redirects_are_not_followed(void **state)
{
    static const struct script_step steps[] = {
        {.answer = "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"}};
    struct http_fixture fixture = START(steps);
    struct http_reply *reply = http_fixture_get(&fixture, "/x");

    (void)state;
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->status, 302);
    assert_int_equal(fixture.seen->touched, 1);
    http_fixture_end(&fixture);
}

static void request_that_cannot_be_sent_is_refused(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK}};
    struct http_fixture fixture = START(steps);
    struct http_request *request = http_request_new(fixture.ctx, HTTP_POST, "/x");

    (void)state;
    http_request_header(request, "Tenant", "a\r\nX-Evil: 1");
    struct http_reply *reply = http_exchange(fixture.ctx, fixture.client, request);
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_USAGE);
    request = http_request_new(fixture.ctx, HTTP_POST, "/x");
    request->credential = HTTP_AS_BEFORE;
    struct http_client_options nobody = {.url = script_server_url(fixture.server),
                                         .clock = clock_system()};
    struct transport *client = NULL;
    assert_int_equal(http_client_new(fixture.ctx, &nobody, &client, NULL), FERRY_OK);
    reply = http_exchange(fixture.ctx, client, request);
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_CONFIG);
    assert_int_equal(fixture.seen->touched, 0);
    http_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_answer_is_answered),
        cmocka_unit_test(request_carries_what_it_should),
        cmocka_unit_test(anonymous_request_names_nobody),
        cmocka_unit_test(credential_slots_are_told_apart),
        cmocka_unit_test(unset_after_is_the_same_as_before),
        cmocka_unit_test(answers_with_every_framing_are_whole),
        cmocka_unit_test(not_modified_has_no_body),
        cmocka_unit_test(page_of_nginx_is_foreign),
        cmocka_unit_test(json_that_is_none_is_an_answer_without_json),
        cmocka_unit_test(cut_answers_are_unknown_and_keep_their_status),
        cmocka_unit_test(garbage_is_unknown),
        cmocka_unit_test(reset_after_the_request_is_unknown),
        cmocka_unit_test(answer_over_the_limit_is_cut),
        cmocka_unit_test(header_over_the_limit_is_cut),
        cmocka_unit_test(endless_header_line_is_cut),
        cmocka_unit_test(times_out_unknown_once_the_request_left),
        cmocka_unit_test(stall_ends_a_transfer_that_a_slow_one_survives),
        cmocka_unit_test(nothing_is_sent_where_nobody_listens),
        cmocka_unit_test(time_out_while_connecting_is_not_sent),
        cmocka_unit_test(head_tells_the_length),
        cmocka_unit_test(redirects_are_not_followed),
        cmocka_unit_test(request_that_cannot_be_sent_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
