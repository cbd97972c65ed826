/* A manager of several nodes: which one is asked, and that nothing is asked twice. */
#include "http_fixture.h"

#include "base/buf.h"
#include "base/mem.h"
#include "http/nodes.h"
#include "support/process.h"

#define HTML_502                                                                                   \
    "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
#define JSON_502                                                                                   \
    "HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

static const struct script_step good[] = {{.answer = ANSWER_OK}};

struct cluster {
    void *ctx;
    const char *dead; /* nobody listens there */
    struct buf lines; /* of the log */
    struct transport *client;
};

static void keep_line(void *arg, enum log_level level, const char *line)
{
    struct cluster *cluster = arg;

    (void)level;
    assert_true(buf_printf(&cluster->lines, "%s\n", line));
}

static void begin(struct cluster *cluster)
{
    memset(cluster, 0, sizeof(*cluster));
    cluster->ctx = mem_scope(NULL);
    cluster->dead = mem_printf(cluster->ctx, "http://127.0.0.1:%d", process_free_port());
    buf_init(&cluster->lines, cluster->ctx, 65536);
}

static struct script_server *serve(struct cluster *cluster, const struct script_step *step)
{
    return script_server_start(cluster->ctx, step, 1);
}

/* The client of these nodes, the last of which is followed by NULL. */
static void connect_to(struct cluster *cluster, const char *first, const char *second,
                       const char *third)
{
    const char *nodes[] = {first, second, third};
    struct http_client_options options = {
        .url = first,
        .nodes = nodes,
        .node_count = third == NULL ? 2 : 3,
        .before = {.username = "admin", .password = secret_new(cluster->ctx, "s3cret", 6)},
        .clock = clock_system(),
        .log = log_new(cluster->ctx, LOG_DEBUG, clock_system(), keep_line, cluster),
    };
    struct ferry_error err = {0};

    if (http_client_new(cluster->ctx, &options, &cluster->client, &err) != FERRY_OK) {
        fail_msg("http_client_new: %s", err.message);
    }
}

static struct http_reply *ask(struct cluster *cluster, enum http_method method, const char *node)
{
    struct http_request *request = http_request_new(cluster->ctx, method, "/x");

    request->credential = HTTP_AS_BEFORE;
    request->node = node;
    return http_exchange(cluster->ctx, cluster->client, request);
}

static void assert_from(const struct http_reply *reply, const char *node, int status)
{
    assert_int_equal(reply->status, status);
    assert_string_equal(reply->node, node);
}

static void a_node_that_is_down_gives_way_to_the_next(void **state)
{
    struct cluster cluster;
    struct script_server *live;
    const struct http_reply *reply;

    (void)state;
    begin(&cluster);
    live = serve(&cluster, good);
    connect_to(&cluster, cluster.dead, mem_printf(cluster.ctx, "%s/", script_server_url(live)),
               NULL);
    reply = ask(&cluster, HTTP_POST, NULL);
    assert_from(reply, cluster.dead, 0);
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_non_null(strstr(reply->error, cluster.dead));
    assert_int_equal(script_server_seen(live)->touched, 0); /* the caller asks again, not we */
    assert_non_null(strstr(buf_text(&cluster.lines),
                           mem_printf(cluster.ctx, "%s does not answer, from now on %s is asked",
                                      cluster.dead, script_server_url(live))));
    assert_from(ask(&cluster, HTTP_POST, NULL), script_server_url(live), 200);
    assert_from(ask(&cluster, HTTP_GET, NULL), script_server_url(live), 200);
    assert_int_equal(script_server_seen(live)->complete, 2);
    mem_free(cluster.ctx);
}

static void a_proxys_502_moves_on_and_the_managers_own_does_not(void **state)
{
    static const struct script_step rows[] = {{.answer = HTML_502}, {.answer = JSON_502}};
    static const bool moves[] = {true, false};

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        struct cluster cluster;
        struct script_server *bad, *live;

        begin(&cluster);
        bad = serve(&cluster, &rows[at]);
        live = serve(&cluster, good);
        connect_to(&cluster, script_server_url(bad), script_server_url(live), NULL);
        assert_from(ask(&cluster, HTTP_PUT, NULL), script_server_url(bad), 502);
        assert_int_equal(script_server_seen(live)->touched, 0);
        if (moves[at]) {
            assert_from(ask(&cluster, HTTP_PUT, NULL), script_server_url(live), 200);
        } else {
            assert_from(ask(&cluster, HTTP_PUT, NULL), script_server_url(bad), 502);
        }
        mem_free(cluster.ctx);
    }
}

static void a_node_that_failed_gets_its_turn_again(void **state)
{
    static const struct script_step bad[] = {{.answer = HTML_502}};
    static const struct script_step steps[] = {{.answer = HTML_502}, {.answer = ANSWER_OK}};
    struct cluster cluster;
    const char *first, *third;

    (void)state;
    begin(&cluster);
    first = script_server_url(script_server_start(cluster.ctx, steps, 2));
    third = script_server_url(serve(&cluster, bad));
    connect_to(&cluster, first, cluster.dead, third);
    assert_from(ask(&cluster, HTTP_GET, NULL), first, 502);
    assert_from(ask(&cluster, HTTP_GET, NULL), cluster.dead, 0);
    assert_from(ask(&cluster, HTTP_GET, NULL), third, 502);
    assert_from(ask(&cluster, HTTP_GET, NULL), first, 200);
    assert_from(ask(&cluster, HTTP_GET, NULL), first, 200);
    mem_free(cluster.ctx);
}

/* What was sent and not answered may have taken effect: no other node makes that certain. */
static void a_lost_answer_moves_nobody(void **state)
{
    static const struct script_step lost[] = {{.then = SCRIPT_CLOSE}};
    struct cluster cluster;
    struct script_server *first, *second;

    (void)state;
    begin(&cluster);
    first = serve(&cluster, lost);
    second = serve(&cluster, good);
    connect_to(&cluster, script_server_url(first), script_server_url(second), NULL);
    for (int turn = 0; turn < 2; turn++) {
        const struct http_reply *reply = ask(&cluster, HTTP_POST, NULL);

        assert_int_equal(reply->outcome, HTTP_UNKNOWN);
        assert_string_equal(reply->node, script_server_url(first));
    }
    assert_int_equal(script_server_seen(second)->touched, 0);
    mem_free(cluster.ctx);
}

static void a_request_for_one_node_goes_there_or_nowhere(void **state)
{
    struct cluster cluster;
    struct script_server *live;
    const char *url;

    (void)state;
    begin(&cluster);
    live = serve(&cluster, good);
    url = script_server_url(live);
    connect_to(&cluster, cluster.dead, url, NULL);
    for (int turn = 0; turn < 3; turn++) {
        const struct http_reply *reply = ask(&cluster, HTTP_POST, cluster.dead);

        assert_int_equal(reply->outcome, HTTP_NOT_SENT);
        assert_string_equal(reply->node, cluster.dead);
    }
    assert_int_equal(script_server_seen(live)->touched, 0);
    assert_from(ask(&cluster, HTTP_GET, mem_printf(cluster.ctx, "%s/", url)), url, 200);
    /* Neither those failures nor that success changed who is asked by default. */
    assert_from(ask(&cluster, HTTP_GET, NULL), cluster.dead, 0);
    assert_from(ask(&cluster, HTTP_GET, NULL), url, 200);
    mem_free(cluster.ctx);
}

static void a_node_that_is_not_configured_is_refused(void **state)
{
    struct cluster cluster;
    struct script_server *live, *gone;
    const struct http_reply *reply;

    (void)state;
    begin(&cluster);
    live = serve(&cluster, good);
    gone = serve(&cluster, good);
    connect_to(&cluster, script_server_url(live), cluster.dead, NULL);
    reply = ask(&cluster, HTTP_GET, script_server_url(gone));
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_CONFIG);
    assert_null(reply->node);
    assert_non_null(strstr(reply->error, mem_printf(cluster.ctx,
                                                    "nothing was sent to %s: the run "
                                                    "is pinned to this node, and the "
                                                    "configuration does not name it",
                                                    script_server_url(gone))));
    assert_int_equal(script_server_seen(gone)->connections, 0);
    assert_from(ask(&cluster, HTTP_GET, NULL), script_server_url(live), 200);
    mem_free(cluster.ctx);
}

/* All of them fail at the node that they were sent to; it is one failure of one node. */
static void requests_that_fail_together_move_on_by_one(void **state)
{
    enum { TOGETHER = 5 };
    struct cluster cluster;
    const char *second, *third;
    const struct http_request *requests[TOGETHER];
    struct http_reply *reply;
    uint64_t ticket;
    size_t ended = 0;

    (void)state;
    begin(&cluster);
    second = script_server_url(serve(&cluster, good));
    third = script_server_url(serve(&cluster, good));
    connect_to(&cluster, cluster.dead, second, third);
    for (size_t at = 0; at < TOGETHER; at++) {
        requests[at] = http_request_new(cluster.ctx, HTTP_GET, "/x");
        cluster.client->ops->submit(cluster.client, requests[at], at);
    }
    while (ended < TOGETHER) {
        if (cluster.client->ops->finished(cluster.client, cluster.ctx, &ticket, &reply)) {
            assert_from(reply, cluster.dead, 0);
            ended++;
        } else {
            cluster.client->ops->wait(cluster.client, 1000);
        }
    }
    assert_from(ask(&cluster, HTTP_GET, NULL), second, 200);
    mem_free(cluster.ctx);
}

static void what_is_wrong_on_our_side_blames_no_node(void **state)
{
    struct cluster cluster;
    const char *first, *second;
    struct http_request *request;
    const struct http_reply *reply;

    (void)state;
    begin(&cluster);
    first = script_server_url(serve(&cluster, good));
    second = script_server_url(serve(&cluster, good));
    connect_to(&cluster, first, second, NULL);
    request = http_request_new(cluster.ctx, HTTP_PUT, "/x");
    request->body_file = "no-such-file";
    reply = http_exchange(cluster.ctx, cluster.client, request);
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_from(ask(&cluster, HTTP_GET, NULL), first, 200);
    mem_free(cluster.ctx);
}

static void one_node_stays_the_one(void **state)
{
    struct cluster cluster;
    struct http_client_options options = {.clock = clock_system()};

    (void)state;
    begin(&cluster);
    options.url = cluster.dead;
    assert_int_equal(http_client_new(cluster.ctx, &options, &cluster.client, NULL), FERRY_OK);
    for (int turn = 0; turn < 2; turn++) {
        struct http_request *request = http_request_new(cluster.ctx, HTTP_GET, "/x");

        assert_from(http_exchange(cluster.ctx, cluster.client, request), cluster.dead, 0);
    }
    mem_free(cluster.ctx);
}

static void every_node_must_have_a_url_of_a_manager(void **state)
{
    static const char *const nodes[] = {"https://a", "https://u:hunter2@b"};
    struct http_client_options options = {
        .url = "https://a", .nodes = nodes, .node_count = 2, .clock = clock_system()};
    void *ctx = mem_scope(NULL);
    struct transport *client = NULL;
    struct ferry_error err = {0};

    (void)state;
    assert_int_equal(http_client_new(ctx, &options, &client, &err), FERRY_E_CONFIG);
    assert_non_null(strstr(err.message, "cannot use the URL \"https://b\""));
    assert_null(strstr(err.message, "hunter2"));
    mem_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_that_is_down_gives_way_to_the_next),
        cmocka_unit_test(a_proxys_502_moves_on_and_the_managers_own_does_not),
        cmocka_unit_test(a_node_that_failed_gets_its_turn_again),
        cmocka_unit_test(a_lost_answer_moves_nobody),
        cmocka_unit_test(a_request_for_one_node_goes_there_or_nowhere),
        cmocka_unit_test(a_node_that_is_not_configured_is_refused),
        cmocka_unit_test(requests_that_fail_together_move_on_by_one),
        cmocka_unit_test(what_is_wrong_on_our_side_blames_no_node),
        cmocka_unit_test(one_node_stays_the_one),
        cmocka_unit_test(every_node_must_have_a_url_of_a_manager),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
