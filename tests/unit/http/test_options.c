/* What a client is made of, and what is refused at once. */
#include "http_fixture.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"

static enum ferry_code make(struct http_client_options *options, struct ferry_error *err)
{
    void *ctx = mem_scope(NULL);
    struct transport *client = NULL;

    options->clock = clock_system();
    enum ferry_code code = http_client_new(ctx, options, &client, err);
    assert_true((code == FERRY_OK) == (client != NULL));
    mem_free(ctx);
    return code;
}

static void urls_of_a_manager_are_taken(void **state)
{
    static const char *const urls[] = {"http://h", "https://h:8443", "https://[::1]:443/",
                                       "HTTPS://manager.example/"};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(urls); i++) {
        struct http_client_options options = {.url = urls[i]};

        assert_int_equal(make(&options, NULL), FERRY_OK);
    }
}

static void other_urls_are_refused_without_their_password(void **state)
{
    static const char *const urls[] = {
        "",
        "https://",
        "ftp://h",
        "file:///etc/passwd",
        "manager.example",
        "https://h:99999",
        "https://h/api",
        "https://h/?x=1",
        "https://h/#x",
        "https://admin@h",
        "https://admin:hunter2@h:443",
        "https://h\r\nX: y",
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(urls); i++) {
        struct http_client_options options = {.url = urls[i]};
        struct ferry_error err = {0};

        if (make(&options, &err) != FERRY_E_CONFIG) {
            fail_msg("\"%s\" was taken", urls[i]);
        }
        assert_int_equal(err.code, FERRY_E_CONFIG);
        assert_non_null(strstr(err.message, "cannot use the URL"));
        assert_null(strstr(err.message, "hunter2"));
    }
    struct http_client_options none = {.url = NULL};
    assert_int_equal(make(&none, NULL), FERRY_E_CONFIG);
}

static void ca_file_must_hold_a_certificate(void **state)
{
    static const char empty[] = "test_http_options.pem";
    struct http_client_options options = {.url = "https://h", .ca_file = "no-such-file.pem"};
    struct ferry_error err = {0};

    (void)state;
    assert_int_equal(make(&options, &err), FERRY_E_CONFIG);
    assert_non_null(strstr(err.message, "no-such-file.pem"));
    options.ca_file = "/";
    assert_int_equal(make(&options, &err), FERRY_E_CONFIG);
    assert_int_equal(file_write_atomic(empty, "-----BEGIN PRIVATE KEY-----\n", 28, 0600, NULL), 0);
    options.ca_file = empty;
    assert_int_equal(make(&options, &err), FERRY_E_CONFIG);
    assert_non_null(strstr(err.message, "no certificate"));
    (void)unlink(empty);
}

static void logins_that_no_header_can_carry_are_refused(void **state)
{
    void *ctx = mem_scope(NULL);
    struct http_client_options options = {.url = "https://h"};
    struct ferry_error err = {0};

    (void)state;
    options.before.token = secret_new(ctx, "tok\nen", 6);
    assert_int_equal(make(&options, &err), FERRY_E_CONFIG);
    assert_null(strstr(err.message, "tok\n"));
    options.before = (struct http_login){.username = "a:b", .password = secret_new(ctx, "p", 1)};
    assert_int_equal(make(&options, &err), FERRY_E_CONFIG);
    options.before = (struct http_login){0};
    options.after = (struct http_login){.token = secret_new(ctx, "a\x7f", 2)};
    assert_int_equal(make(&options, &err), FERRY_E_CONFIG);
    mem_free(ctx);
}

/* ---- the log ---- */

static void keep_line(void *arg, enum log_level level, const char *line)
{
    struct buf *lines = arg;

    (void)level;
    assert_true(buf_printf(lines, "%s\n", line));
}

static void log_and_errors_hold_no_secret(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK}, {.then = SCRIPT_CLOSE}};
    struct http_fixture fixture = START(steps);
    struct buf lines;
    struct http_client_options options = {
        .url = script_server_url(fixture.server),
        .before = {.username = "admin", .password = secret_new(fixture.ctx, "s3cret", 6)},
        .clock = clock_system(),
    };

    (void)state;
    buf_init(&lines, fixture.ctx, 65536);
    options.log = log_new(fixture.ctx, LOG_DEBUG, clock_system(), keep_line, &lines);
    assert_int_equal(http_client_new(fixture.ctx, &options, &fixture.client, NULL), FERRY_OK);
    struct http_reply *reply =
        http_fixture_send(&fixture, HTTP_PUT, "/s?snapshot_archive_url=http://u:hunter2@h", true);
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    reply =
        http_fixture_send(&fixture, HTTP_PUT, "/s?snapshot_archive_url=http://u:hunter2@h", true);
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_non_null(strstr(buf_text(&lines), "PUT /s: 200"));
    assert_non_null(strstr(buf_text(&lines), "no whole answer"));
    assert_null(strstr(buf_text(&lines), "hunter2"));
    assert_null(strstr(buf_text(&lines), "s3cret"));
    assert_null(strstr(buf_text(&lines), "YWRtaW46"));
    assert_null(strstr(reply->error, "hunter2"));
    http_fixture_end(&fixture);
}

/* ---- proxies of the environment ---- */

static struct http_reply *change_by_proxy(struct http_fixture *fixture, const char *variable,
                                          const char *url)
{
    fixture->client = http_fixture_client(fixture->ctx, url, NULL);
    (void)unsetenv("no_proxy");
    (void)unsetenv("NO_PROXY");
    (void)setenv(variable, script_server_url(fixture->server), 1);
    struct http_reply *reply = http_fixture_send(fixture, HTTP_PUT, "/x", true);
    (void)unsetenv(variable);
    return reply;
}

static void proxy_of_the_environment_is_used(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK}};
    struct http_fixture fixture = START(steps);
    struct http_reply *reply = change_by_proxy(&fixture, "http_proxy", "http://manager.example");

    (void)state;
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_non_null(strstr(fixture.seen->log, "PUT http://manager.example/x HTTP/1.1"));
    http_fixture_end(&fixture);
}

/* The proxy's own answer is not the manager's, and our request never left. */
static void proxy_that_refuses_the_tunnel_means_not_sent(void **state)
{
    static const struct script_step steps[] = {
        {.answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"}};
    struct http_fixture fixture = START(steps);
    struct http_reply *reply = change_by_proxy(&fixture, "https_proxy", "https://manager.example");

    (void)state;
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_UNREACHABLE);
    assert_int_equal(reply->status, 0);
    assert_non_null(strstr(fixture.seen->log, "CONNECT manager.example:443"));
    assert_null(strstr(fixture.seen->log, "Basic"));
    http_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_of_a_manager_are_taken),
        cmocka_unit_test(other_urls_are_refused_without_their_password),
        cmocka_unit_test(ca_file_must_hold_a_certificate),
        cmocka_unit_test(logins_that_no_header_can_carry_are_refused),
        cmocka_unit_test(log_and_errors_hold_no_secret),
        cmocka_unit_test(proxy_of_the_environment_is_used),
        cmocka_unit_test(proxy_that_refuses_the_tunnel_means_not_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
