/* Two managers in one client: whom a request reaches, in whose name, and knocking on a port. */
#include "http_fixture.h"

#include "base/mem.h"
#include "support/process.h"

static const struct script_step good[] = {{.answer = ANSWER_OK}};

struct two {
    void *ctx;
    const struct script_seen *seen[HTTP_SITES];
    const char *url[HTTP_SITES];
    struct transport *client;
};

static void begin(struct two *two, bool with_old)
{
    struct http_client_options old, options;

    memset(two, 0, sizeof(*two));
    two->ctx = mem_scope(NULL);
    for (size_t i = 0; i < HTTP_SITES; i++) {
        struct script_server *server = script_server_start(two->ctx, good, 1);

        two->seen[i] = script_server_seen(server);
        two->url[i] = mem_strdup(two->ctx, script_server_url(server));
    }
    old = (struct http_client_options){
        .url = two->url[HTTP_SITE_OLD],
        .before = {.token = secret_new(two->ctx, "old-token", 9)},
    };
    options = (struct http_client_options){
        .url = two->url[HTTP_SITE_NEW],
        .before = {.username = "admin", .password = secret_new(two->ctx, "s3cret", 6)},
        .old = with_old ? &old : NULL,
        .clock = clock_system(),
    };
    assert_int_equal(http_client_new(two->ctx, &options, &two->client, NULL), FERRY_OK);
}

static struct http_request *request_to(const struct two *two, enum http_site site,
                                       enum http_method method)
{
    struct http_request *request = http_request_new(two->ctx, method, "/x");

    request->site = site;
    request->credential = HTTP_AS_BEFORE;
    return request;
}

static void each_request_reaches_its_own_manager_in_its_own_name(void **state)
{
    struct two two;

    (void)state;
    begin(&two, true);
    struct http_reply *reply =
        http_exchange(two.ctx, two.client, request_to(&two, HTTP_SITE_OLD, HTTP_POST));
    assert_int_equal(reply->status, 200);
    assert_string_equal(reply->node, two.url[HTTP_SITE_OLD]);
    assert_int_equal(two.seen[HTTP_SITE_NEW]->begun, 0);
    reply = http_exchange(two.ctx, two.client, request_to(&two, HTTP_SITE_NEW, HTTP_GET));
    assert_string_equal(reply->node, two.url[HTTP_SITE_NEW]);
    assert_int_equal(two.seen[HTTP_SITE_OLD]->begun, 1);
    assert_non_null(strstr(two.seen[HTTP_SITE_OLD]->log, "Authentication-Token: old-token"));
    assert_null(strstr(two.seen[HTTP_SITE_OLD]->log, "Authorization"));
    assert_non_null(strstr(two.seen[HTTP_SITE_NEW]->log, "Authorization: Basic"));
    assert_null(strstr(two.seen[HTTP_SITE_NEW]->log, "old-token"));
    mem_free(two.ctx);
}

static void without_an_old_manager_nothing_is_sent_to_it(void **state)
{
    struct two two;

    (void)state;
    begin(&two, false);
    struct http_reply *reply =
        http_exchange(two.ctx, two.client, request_to(&two, HTTP_SITE_OLD, HTTP_GET));
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_CONFIG);
    assert_non_null(strstr(reply->error, "from.url"));
    assert_int_equal(two.seen[HTTP_SITE_NEW]->connections, 0);
    assert_int_equal(two.seen[HTTP_SITE_OLD]->connections, 0);
    mem_free(two.ctx);
}

static bool nothing_is_permitted(void *arg, const char *intent_id)
{
    (void)arg, (void)intent_id;
    return false;
}

static void gate_stands_before_both(void **state)
{
    struct two two;

    (void)state;
    begin(&two, true);
    two.client = transport_gate(two.ctx, two.client, nothing_is_permitted, NULL);
    struct http_reply *reply =
        http_exchange(two.ctx, two.client, request_to(&two, HTTP_SITE_OLD, HTTP_POST));
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_REFUSED);
    assert_int_equal(two.seen[HTTP_SITE_OLD]->connections, 0);
    mem_free(two.ctx);
}

static void digest_tells_the_managers_apart(void **state)
{
    struct two two;
    char one[65], other[65];

    (void)state;
    begin(&two, true);
    http_request_digest(request_to(&two, HTTP_SITE_NEW, HTTP_POST), one);
    http_request_digest(request_to(&two, HTTP_SITE_OLD, HTTP_POST), other);
    assert_string_not_equal(one, other);
    mem_free(two.ctx);
}

static struct http_reply *knock(struct two *two, int port)
{
    struct http_request *request = request_to(two, HTTP_SITE_NEW, HTTP_GET);

    request->knock = mem_printf(two->ctx, "127.0.0.1:%d", port);
    return http_exchange(two->ctx, two->client, request);
}

static void knock_opens_a_connection_and_says_nothing(void **state)
{
    struct two two;

    (void)state;
    begin(&two, false);
    struct script_server *server = script_server_start(two.ctx, good, 1);
    struct http_reply *reply = knock(&two, script_server_port(server));
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->status, 0);
    assert_int_equal(reply->code, FERRY_OK);
    assert_int_equal(script_server_seen(server)->touched, 0);
    assert_null(reply->node);
    int port = process_free_port();
    reply = knock(&two, port);
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_UNREACHABLE);
    assert_non_null(strstr(reply->error, mem_printf(two.ctx, "cannot reach 127.0.0.1:%d: ", port)));
    mem_free(two.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_reaches_its_own_manager_in_its_own_name),
        cmocka_unit_test(without_an_old_manager_nothing_is_sent_to_it),
        cmocka_unit_test(gate_stands_before_both),
        cmocka_unit_test(digest_tells_the_managers_apart),
        cmocka_unit_test(knock_opens_a_connection_and_says_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
