#include "http_fixture.h"

#include <poll.h>

#include "base/mem.h"

#define PATIENCE_MS 30000

static void forget_proxies(void)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                        "ALL_PROXY"};

    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        (void)unsetenv(names[i]);
    }
}

struct transport *http_fixture_client(void *ctx, const char *url, const char *ca_file)
{
    struct http_client_options options = {
        .url = url,
        .ca_file = ca_file,
        .before = {.username = "admin", .password = secret_new(ctx, "s3cret", 6)},
        .clock = clock_system(),
        .user_agent = "ferry-test",
    };
    struct ferry_error err = {0};
    struct transport *client = NULL;

    forget_proxies();
    if (http_client_new(ctx, &options, &client, &err) != FERRY_OK) {
        fail_msg("http_client_new: %s", err.message);
    }
    return client;
}

struct http_fixture http_fixture_start(const struct script_step *steps, size_t count)
{
    struct http_fixture fixture = {.ctx = mem_scope(NULL)};

    fixture.server = script_server_start(fixture.ctx, steps, count);
    fixture.seen = script_server_seen(fixture.server);
    fixture.client = http_fixture_client(fixture.ctx, script_server_url(fixture.server), NULL);
    return fixture;
}

void http_fixture_end(struct http_fixture *fixture)
{
    mem_free(fixture->ctx);
}

struct http_reply *http_exchange(void *ctx, struct transport *client,
                                 const struct http_request *request)
{
    struct clock *clock = clock_system();
    int64_t until_ms = clock->now_ms(clock) + PATIENCE_MS;
    struct http_reply *reply = NULL;
    uint64_t ticket = 0;

    client->ops->submit(client, request, 77);
    while (!client->ops->finished(client, ctx, &ticket, &reply)) {
        assert_true(clock->now_ms(clock) < until_ms);
        client->ops->wait(client, 1000);
    }
    assert_int_equal(ticket, 77);
    assert_non_null(reply);
    return reply;
}

struct http_reply *http_fixture_get(struct http_fixture *fixture, const char *path)
{
    struct http_request *request = http_request_new(fixture->ctx, HTTP_GET, path);

    request->credential = HTTP_AS_BEFORE;
    return http_exchange(fixture->ctx, fixture->client, request);
}

struct http_reply *http_fixture_send(struct http_fixture *fixture, enum http_method method,
                                     const char *path, bool with_body)
{
    struct http_request *request = http_request_new(fixture->ctx, method, path);

    request->credential = HTTP_AS_BEFORE;
    if (with_body) {
        struct json *body = json_object(request);

        json_set_int(body, "n", 1);
        http_request_json(request, body);
    }
    return http_exchange(fixture->ctx, fixture->client, request);
}

void http_fixture_await(const volatile int *figure, int n)
{
    for (int i = 0; i < 500 && *figure < n; i++) {
        (void)poll(NULL, 0, 10);
    }
    assert_true(*figure >= n);
}
