/* The client behind a real nginx, as managers are: TLS, its own pages, its own ways to close. */
#include "http_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "certificates.h"
#include "support/process.h"

static const char configuration[] =
    "%s pid nginx.pid; error_log error.log; worker_processes 1; events {}\n"
    "http {\n"
    "  log_format plain '$request_method $uri $status'; access_log access.log plain;\n"
    "  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4;\n"
    "  scgi_temp_path t5; limit_req_zone $server_port zone=few:1m rate=1r/m;\n"
    "  server {\n"
    "    listen 127.0.0.1:%d ssl; ssl_certificate good.pem; ssl_certificate_key good.key;\n"
    "    client_max_body_size 0; proxy_http_version 1.1;\n"
    "    location / { proxy_pass %s; }\n"
    "    location /dead { proxy_pass http://127.0.0.1:1; }\n"
    "    location /small { client_max_body_size 1k; proxy_pass %s; }\n"
    "    location /few { limit_req zone=few; proxy_pass %s; }\n"
    "    location /gone { if ($connection_requests = 2) { return 444; } proxy_pass %s; }\n"
    "  }\n"
    "}\n";

struct proxy {
    void *ctx;
    struct http_fixture behind;
    struct transport *client;
};

static struct proxy proxy;
static char *folder;

static struct http_reply *exchange(enum http_method method, const char *path, bool with_body)
{
    struct http_fixture front = {.ctx = proxy.ctx, .client = proxy.client};

    return http_fixture_send(&front, method, path, with_body);
}

static void start_nginx(int port)
{
    const char *upstream = script_server_url(proxy.behind.server);
    char *text = mem_printf(proxy.ctx, configuration, geteuid() == 0 ? "user root;" : "", port,
                            upstream, upstream, upstream, upstream);
    char here[4096];
    const char *const argv[] = {"nginx",     "-p",         getcwd(here, sizeof(here)),
                                "-c",        "nginx.conf", "-e",
                                "error.log", "-g",         "daemon off;",
                                NULL};

    assert_int_equal(file_write_atomic("nginx.conf", text, strlen(text), 0600, NULL), FERRY_OK);
    (void)process_start(proxy.ctx, argv, "nginx.log");
    assert_true(process_await_port(port));
}

static void answer_comes_through(void **state)
{
    struct http_reply *reply = exchange(HTTP_POST, "/api/v3.1/x", true);

    (void)state;
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->status, 200);
    assert_true(json_bool_or(reply->json, "ok", false));
    assert_true(reply->date_ms > 0);
    assert_int_equal(http_effect_of(reply), HTTP_EFFECT_YES);
}

static void dead_upstream_is_502_and_may_have_had_an_effect(void **state)
{
    struct http_reply *reply = exchange(HTTP_POST, "/dead", true);

    (void)state;
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->status, 502);
    assert_true(http_reply_is_foreign(reply));
    assert_int_equal(http_effect_of(reply), HTTP_EFFECT_MAYBE);
}

static void too_large_upload_is_413(void **state)
{
    static const char name[] = "large.data";
    struct http_request *request = http_request_new(proxy.ctx, HTTP_PUT, "/small");
    int fd = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

    (void)state;
    request->body_file = name;
    request->body_size = 64 * 1024 * 1024;
    assert_int_equal(ftruncate(fd, request->body_size), 0);
    (void)close(fd);
    struct http_reply *reply = http_exchange(proxy.ctx, proxy.client, request);
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->status, 413);
    assert_true(reply->sent_bytes < request->body_size);
    assert_int_equal(http_effect_of(reply), HTTP_EFFECT_NO);
}

static void rate_limit_is_an_html_503(void **state)
{
    struct http_reply *first = exchange(HTTP_POST, "/few", true);
    struct http_reply *second = exchange(HTTP_POST, "/few", true);

    (void)state;
    assert_int_equal(first->status, 200);
    assert_int_equal(second->outcome, HTTP_ANSWERED);
    assert_int_equal(second->status, 503);
    assert_true(http_reply_is_foreign(second));
    assert_int_equal(http_effect_of(second), HTTP_EFFECT_MAYBE);
}

static void upload_through_tls_arrives_whole(void **state)
{
    static const char name[] = "upload.data";
    struct http_request *request = http_request_new(proxy.ctx, HTTP_PUT, "/archive");
    int64_t before = proxy.behind.seen->body_bytes;
    int fd = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

    (void)state;
    request->body_file = name;
    request->body_size = 40 * 1024 * 1024 + 7;
    assert_int_equal(ftruncate(fd, request->body_size), 0);
    (void)close(fd);
    struct http_reply *reply = http_exchange(proxy.ctx, proxy.client, request);
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->status, 200);
    assert_int_equal(proxy.behind.seen->body_bytes - before, request->body_size);
}

static int lines_in_log(const char *line)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *text = NULL;
    size_t size = 0;
    int count = 0;

    assert_int_equal(file_read(scope, "access.log", 1 << 20, &text, &size, NULL), FERRY_OK);
    for (const char *at = text; (at = strstr(at, line)) != NULL; at++) {
        count++;
    }
    return count;
}

/* The closing server over TLS: nginx ends the second request of a connection without a word. */
static void closed_tls_connection_is_not_tried_again(void **state)
{
    char *url = mem_printf(proxy.ctx, "https://127.0.0.1:%d", *(int *)*state);
    struct transport *client = http_fixture_client(proxy.ctx, url, "ca.pem");
    struct http_fixture front = {.ctx = proxy.ctx, .client = client};
    struct http_reply *reply = http_fixture_get(&front, "/gone/first");

    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    reply = http_fixture_send(&front, HTTP_PUT, "/gone/second", true);
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_int_equal(reply->code, FERRY_E_UNREACHABLE);
    reply = http_fixture_get(&front, "/gone/third");
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(lines_in_log("PUT /gone/second 444"), 1);
    assert_int_equal(lines_in_log("PUT /gone/second"), 1);
}

static int set_up(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK}};
    static int port;

    proxy.ctx = mem_scope(NULL);
    folder = process_enter_folder(NULL, "test_http_nginx");
    certificate_authority("ca");
    certificate_for("good", "ca", "IP:127.0.0.1", 30);
    proxy.behind = START(steps);
    port = process_free_port();
    start_nginx(port);
    char *url = mem_printf(proxy.ctx, "https://127.0.0.1:%d", port);
    proxy.client = http_fixture_client(proxy.ctx, url, "ca.pem");
    *state = &port;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_fixture_end(&proxy.behind);
    mem_free(proxy.ctx);
    return process_leave_folder(folder) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_comes_through),
        cmocka_unit_test(dead_upstream_is_502_and_may_have_had_an_effect),
        cmocka_unit_test(too_large_upload_is_413),
        cmocka_unit_test(rate_limit_is_an_html_503),
        cmocka_unit_test(upload_through_tls_arrives_whole),
        cmocka_unit_test(closed_tls_connection_is_not_tried_again),
    };

    if (!process_exists("nginx") || !process_exists("openssl")) {
        printf("SKIP: nginx or the program openssl is not installed\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
