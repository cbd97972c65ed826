/* Many transfers at once, stops, signals and waiting. */
#include "http_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

#define MANY 500

static struct transport *client_of(struct http_fixture *fixture, int max_connections)
{
    struct http_client_options options = {
        .url = script_server_url(fixture->server),
        .clock = clock_system(),
        .max_connections = max_connections,
    };
    struct transport *client = NULL;

    assert_int_equal(http_client_new(fixture->ctx, &options, &client, NULL), FERRY_OK);
    return client;
}

static void submit(struct http_fixture *fixture, struct transport *client, uint64_t ticket)
{
    struct http_request *request = http_request_new(fixture->ctx, HTTP_POST, "/x");

    http_request_json(request, json_object(request));
    client->ops->submit(client, request, ticket);
}

/* Fetches count replies, each ticket once, and gives the milliseconds that it took. */
static int64_t fetch_all(struct http_fixture *fixture, struct transport *client, size_t count)
{
    struct clock *clock = clock_system();
    int64_t start_ms = clock->now_ms(clock);
    bool *seen = mem_array(fixture->ctx, bool, count);
    size_t fetched = 0;

    while (fetched < count) {
        struct http_reply *reply = NULL;
        uint64_t ticket = 0;

        assert_int_equal(client->ops->in_flight(client), count - fetched);
        client->ops->wait(client, 10000);
        while (client->ops->finished(client, fixture->ctx, &ticket, &reply)) {
            assert_true(ticket < count && !seen[ticket]);
            assert_int_equal(reply->outcome, HTTP_ANSWERED);
            seen[ticket] = true;
            fetched++;
        }
    }
    assert_int_equal(client->ops->in_flight(client), 0);
    return clock->now_ms(clock) - start_ms;
}

static void five_hundred_in_flight_are_all_answered(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK, .delay_ms = 300}};
    struct http_fixture fixture = START(steps);
    struct transport *client = client_of(&fixture, MANY);

    (void)state;
    for (uint64_t ticket = 0; ticket < MANY; ticket++) {
        submit(&fixture, client, ticket);
    }
    /* One after the other they would take 150 s. */
    assert_in_range(fetch_all(&fixture, client, MANY), 300, 15000);
    assert_int_equal(fixture.seen->complete, MANY);
    assert_true(fixture.seen->most_open > MANY / 2);
    http_fixture_end(&fixture);
}

static void more_than_the_connections_wait_their_turn(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK, .delay_ms = 2}};
    struct http_fixture fixture = START(steps);
    struct transport *client = client_of(&fixture, 8);

    (void)state;
    for (uint64_t ticket = 0; ticket < MANY; ticket++) {
        submit(&fixture, client, ticket);
    }
    (void)fetch_all(&fixture, client, MANY);
    assert_int_equal(fixture.seen->complete, MANY);
    assert_in_range(fixture.seen->most_open, 2, 8);
    assert_in_range(fixture.seen->connections, 2, 8); /* and they are re-used */
    http_fixture_end(&fixture);
}

static void abort_tells_sent_from_unsent(void **state)
{
    static const struct script_step steps[] = {
        {.then = SCRIPT_HOLD}, {.then = SCRIPT_HOLD}, {.answer = ANSWER_OK}};
    struct http_fixture fixture = START(steps);
    struct transport *client = client_of(&fixture, 2);
    int unknown = 0;
    int unsent = 0;

    (void)state;
    for (uint64_t ticket = 0; ticket < 5; ticket++) {
        submit(&fixture, client, ticket);
    }
    for (int i = 0; i < 100 && *(const volatile int *)&fixture.seen->complete < 2; i++) {
        client->ops->wait(client, 20);
    }
    client->ops->abort_all(client);
    struct http_reply *reply = NULL;
    uint64_t ticket = 0;
    while (client->ops->finished(client, fixture.ctx, &ticket, &reply)) {
        assert_int_equal(reply->code, FERRY_E_STOPPED);
        assert_int_equal(reply->outcome, ticket < 2 ? HTTP_UNKNOWN : HTTP_NOT_SENT);
        unknown += reply->outcome == HTTP_UNKNOWN ? 1 : 0;
        unsent += reply->outcome == HTTP_NOT_SENT ? 1 : 0;
    }
    assert_int_equal(unknown, 2);
    assert_int_equal(unsent, 3);
    assert_int_equal(client->ops->in_flight(client), 0);
    submit(&fixture, client, 0); /* and it still works */
    (void)fetch_all(&fixture, client, 1);
    assert_int_equal(fixture.seen->touched, 3);
    http_fixture_end(&fixture);
}

static void abort_before_the_first_wait_sends_nothing(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK}};
    struct http_fixture fixture = START(steps);
    struct http_reply *reply = NULL;
    uint64_t ticket = 0;

    (void)state;
    submit(&fixture, fixture.client, 9);
    fixture.client->ops->abort_all(fixture.client);
    assert_true(fixture.client->ops->finished(fixture.client, fixture.ctx, &ticket, &reply));
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    fixture.client->ops->wait(fixture.client, 50);
    assert_int_equal(fixture.seen->touched, 0);
    http_fixture_end(&fixture);
}

static void client_may_end_with_transfers_under_way(void **state)
{
    static const struct script_step steps[] = {{.then = SCRIPT_HOLD}};
    struct http_fixture fixture = START(steps);

    (void)state;
    for (uint64_t ticket = 0; ticket < 70; ticket++) {
        submit(&fixture, fixture.client, ticket);
    }
    fixture.client->ops->wait(fixture.client, 50);
    assert_int_equal(fixture.client->ops->in_flight(fixture.client), 70);
    http_fixture_end(&fixture);
}

static void wait_keeps_its_time(void **state)
{
    static const struct script_step steps[] = {{.then = SCRIPT_HOLD}};
    struct http_fixture fixture = START(steps);
    struct clock *clock = clock_system();
    int64_t start_ms = clock->now_ms(clock);

    (void)state;
    fixture.client->ops->wait(fixture.client, 150); /* with nothing to wait for */
    assert_in_range(clock->now_ms(clock) - start_ms, 150, 2000);
    submit(&fixture, fixture.client, 1);
    start_ms = clock->now_ms(clock);
    fixture.client->ops->wait(fixture.client, 150);
    assert_in_range(clock->now_ms(clock) - start_ms, 150, 2000);
    start_ms = clock->now_ms(clock);
    fixture.client->ops->wait(fixture.client, 0);
    assert_in_range(clock->now_ms(clock) - start_ms, 0, 100);
    http_fixture_end(&fixture);
}

/* ---- signals ---- */

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

static int block_signal(void **state)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t set;

    (void)state;
    caught = 0;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    return sigprocmask(SIG_BLOCK, &set, NULL) + sigaction(SIGUSR1, &action, NULL);
}

static void blocked_signal_ends_a_wait(void **state)
{
    static const struct script_step steps[] = {{.then = SCRIPT_HOLD}};
    struct http_fixture fixture = START(steps);
    struct clock *clock = clock_system();
    int64_t start_ms = clock->now_ms(clock);
    pid_t parent = getpid();

    (void)state;
    submit(&fixture, fixture.client, 1);
    pid_t child = fork();
    if (child == 0) {
        (void)poll(NULL, 0, 100);
        (void)kill(parent, SIGUSR1);
        _exit(0);
    }
    fixture.client->ops->wait(fixture.client, 20000);
    assert_int_equal(caught, SIGUSR1);
    assert_in_range(clock->now_ms(clock) - start_ms, 90, 10000);
    assert_int_equal(fixture.client->ops->in_flight(fixture.client), 1);
    (void)waitpid(child, NULL, 0);
    http_fixture_end(&fixture);
}

/* Sockets that are always ready must not keep a Ctrl-C away. */
static void blocked_signal_ends_a_wait_in_a_fast_upload(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK}};
    static const char name[] = "test_http_load.data";
    struct http_fixture fixture = START(steps);
    struct http_request *request = http_request_new(fixture.ctx, HTTP_PUT, "/x");
    int fd = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    int64_t sent = 0;
    int64_t total = 0;

    (void)state;
    request->body_file = name;
    request->body_size = INT64_C(4) << 30;
    assert_int_equal(ftruncate(fd, request->body_size), 0);
    (void)close(fd);
    fixture.client->ops->submit(fixture.client, request, 1);
    while (sent == 0) {
        fixture.client->ops->wait(fixture.client, 10);
        assert_true(fixture.client->ops->progress(fixture.client, 1, &sent, &total));
    }
    (void)raise(SIGUSR1);
    assert_int_equal(caught, 0);
    fixture.client->ops->wait(fixture.client, 20000);
    assert_int_equal(caught, SIGUSR1);
    assert_true(fixture.client->ops->progress(fixture.client, 1, &sent, &total));
    assert_true(sent < total);
    caught = 0;
    (void)raise(SIGUSR1);
    fixture.client->ops->wait(fixture.client, 0);
    assert_int_equal(caught, SIGUSR1);
    (void)unlink(name);
    http_fixture_end(&fixture);
}

static void signals_stay_blocked_outside_of_wait(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK}};
    struct http_fixture fixture = START(steps);

    (void)state;
    (void)http_fixture_get(&fixture, "/x");
    (void)raise(SIGUSR1);
    assert_int_equal(caught, 0);
    fixture.client->ops->wait(fixture.client, 0);
    assert_int_equal(caught, SIGUSR1);
    http_fixture_end(&fixture);
}

/* ---- connections ---- */

static void connection_is_re_used(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK}};
    struct http_fixture fixture = START(steps);

    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(http_fixture_get(&fixture, "/x")->outcome, HTTP_ANSWERED);
    }
    assert_int_equal(fixture.seen->connections, 1);
    http_fixture_end(&fixture);
}

/* A server that ended an idle connection costs nothing: it is noticed before anything is sent. */
static void idle_connection_that_ended_is_replaced(void **state)
{
    static const struct script_step steps[] = {{.answer = ANSWER_OK, .then = SCRIPT_CLOSE}};
    struct http_fixture fixture = START(steps);

    (void)state;
    assert_int_equal(http_fixture_get(&fixture, "/x")->outcome, HTTP_ANSWERED);
    (void)poll(NULL, 0, 50);
    struct http_reply *reply = http_fixture_send(&fixture, HTTP_POST, "/x", true);
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(fixture.seen->connections, 2);
    http_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_hundred_in_flight_are_all_answered),
        cmocka_unit_test(more_than_the_connections_wait_their_turn),
        cmocka_unit_test(abort_tells_sent_from_unsent),
        cmocka_unit_test(abort_before_the_first_wait_sends_nothing),
        cmocka_unit_test(client_may_end_with_transfers_under_way),
        cmocka_unit_test(wait_keeps_its_time),
        cmocka_unit_test_setup(blocked_signal_ends_a_wait, block_signal),
        cmocka_unit_test_setup(blocked_signal_ends_a_wait_in_a_fast_upload, block_signal),
        cmocka_unit_test_setup(signals_stay_blocked_outside_of_wait, block_signal),
        cmocka_unit_test(connection_is_re_used),
        cmocka_unit_test(idle_connection_that_ended_is_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
