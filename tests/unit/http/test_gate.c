/* The guard: no change of a manager without a committed intent. */
#include "ferry_test.h"

#include "base/mem.h"
#include "http/transport.h"

/* An inner transport that notes what reaches it. */
struct inner {
    struct transport transport;
    int submitted;
    uint64_t last;
    int64_t waited_ms;
    int aborted;
    size_t pending;
};

static struct inner *inner_of(struct transport *transport)
{
    return (struct inner *)transport;
}

static void inner_submit(struct transport *transport, const struct http_request *request,
                         uint64_t ticket)
{
    (void)request;
    inner_of(transport)->submitted++;
    inner_of(transport)->last = ticket;
    inner_of(transport)->pending++;
}

static bool inner_finished(struct transport *transport, const void *ctx, uint64_t *ticket,
                           struct http_reply **reply)
{
    struct inner *inner = inner_of(transport);

    if (inner->pending == 0) {
        return false;
    }
    inner->pending--;
    *ticket = inner->last;
    *reply = http_reply_new(ctx);
    return true;
}

static void inner_wait(struct transport *transport, int64_t max_ms)
{
    inner_of(transport)->waited_ms = max_ms;
}

static bool inner_progress(struct transport *transport, uint64_t ticket, int64_t *sent,
                           int64_t *total)
{
    (void)transport;
    *sent = 3;
    *total = 9;
    return ticket == 5;
}

static void inner_abort_all(struct transport *transport)
{
    inner_of(transport)->aborted++;
}

static size_t inner_in_flight(struct transport *transport)
{
    return inner_of(transport)->pending;
}

static const struct transport_ops inner_ops = {
    .submit = inner_submit,
    .finished = inner_finished,
    .wait = inner_wait,
    .progress = inner_progress,
    .abort_all = inner_abort_all,
    .in_flight = inner_in_flight,
};

static bool only_good(void *arg, const char *intent_id)
{
    (void)arg;
    return strcmp(intent_id, "good") == 0;
}

struct bench {
    void *ctx;
    struct inner inner;
    struct transport *gate;
};

static void submit(struct bench *bench, enum http_method method, const char *intent_id,
                   uint64_t ticket)
{
    struct http_request *request = http_request_new(bench->ctx, method, "/x?password=p");

    request->intent_id = intent_id;
    bench->gate->ops->submit(bench->gate, request, ticket);
}

static int set_up(void **state)
{
    static struct bench bench;

    bench = (struct bench){.ctx = mem_scope(NULL), .inner.transport.ops = &inner_ops};
    bench.gate = transport_gate(bench.ctx, &bench.inner.transport, only_good, NULL);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    mem_free(((struct bench *)*state)->ctx);
    return 0;
}

static void reading_needs_no_intent(void **state)
{
    struct bench *bench = *state;

    submit(bench, HTTP_GET, NULL, 1);
    submit(bench, HTTP_HEAD, "bad", 2);
    assert_int_equal(bench->inner.submitted, 2);
    assert_int_equal(transport_gate_refusals(bench->gate), 0);
}

static void change_with_its_intent_passes(void **state)
{
    struct bench *bench = *state;

    submit(bench, HTTP_POST, "good", 1);
    assert_int_equal(bench->inner.submitted, 1);
    assert_int_equal(transport_gate_refusals(bench->gate), 0);
}

static void change_without_a_permitted_intent_is_never_sent(void **state)
{
    static const enum http_method methods[] = {HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE};
    struct bench *bench = *state;

    for (size_t i = 0; i < FERRY_COUNT(methods); i++) {
        submit(bench, methods[i], NULL, 10 + 2 * i);
        submit(bench, methods[i], "bad", 11 + 2 * i);
    }
    assert_int_equal(bench->inner.submitted, 0);
    assert_int_equal(transport_gate_refusals(bench->gate), 8);
    assert_int_equal(bench->gate->ops->in_flight(bench->gate), 8);
    for (uint64_t ticket = 10; ticket < 18; ticket++) {
        struct http_reply *reply = NULL;
        uint64_t got = 0;

        assert_true(bench->gate->ops->finished(bench->gate, bench->ctx, &got, &reply));
        assert_int_equal(got, ticket);
        assert_int_equal(reply->outcome, HTTP_NOT_SENT);
        assert_int_equal(reply->code, FERRY_E_REFUSED);
        assert_non_null(reply->error);
        assert_null(strstr(reply->error, "password"));
    }
    assert_int_equal(bench->gate->ops->in_flight(bench->gate), 0);
}

static void waiting_refusals_are_not_waited_for(void **state)
{
    struct bench *bench = *state;
    struct http_reply *reply = NULL;
    uint64_t ticket = 0;

    submit(bench, HTTP_GET, NULL, 1);
    submit(bench, HTTP_POST, NULL, 2);
    bench->gate->ops->wait(bench->gate, 9000);
    assert_int_equal(bench->inner.waited_ms, 0);
    assert_true(bench->gate->ops->finished(bench->gate, bench->ctx, &ticket, &reply));
    assert_int_equal(ticket, 2);
    assert_true(bench->gate->ops->finished(bench->gate, bench->ctx, &ticket, &reply));
    assert_int_equal(ticket, 1);
    assert_false(bench->gate->ops->finished(bench->gate, bench->ctx, &ticket, &reply));
    bench->gate->ops->wait(bench->gate, 9000);
    assert_int_equal(bench->inner.waited_ms, 9000);
}

static void the_rest_goes_through(void **state)
{
    struct bench *bench = *state;
    int64_t sent = 0;
    int64_t total = 0;

    assert_true(bench->gate->ops->progress(bench->gate, 5, &sent, &total));
    assert_int_equal(sent, 3);
    assert_int_equal(total, 9);
    assert_false(bench->gate->ops->progress(bench->gate, 6, &sent, &total));
    bench->gate->ops->abort_all(bench->gate);
    assert_int_equal(bench->inner.aborted, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reading_needs_no_intent),
        TEST(change_with_its_intent_passes),
        TEST(change_without_a_permitted_intent_is_never_sent),
        TEST(waiting_refusals_are_not_waited_for),
        TEST(the_rest_goes_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
