/* Whom the client believes, with a server of OpenSSL's own program. */
#include "http_fixture.h"

#include <unistd.h>

#include "base/mem.h"
#include "certificates.h"
#include "support/process.h"

struct tls {
    void *ctx;
    int port;
    char *url;
};

/* Starts a server that answers GET, with further options of "openssl s_server" or none. */
static struct tls start_at(int port, const char *certificate, const char *option, const char *value)
{
    struct tls tls = {.ctx = mem_scope(NULL), .port = port};
    const char *const argv[] = {"openssl",
                                "s_server",
                                "-www",
                                "-accept",
                                mem_printf(tls.ctx, "127.0.0.1:%d", tls.port),
                                "-cert",
                                mem_printf(tls.ctx, "%s.pem", certificate),
                                "-key",
                                mem_printf(tls.ctx, "%s.key", certificate),
                                option,
                                value,
                                NULL};

    (void)process_start(tls.ctx, argv, "server.log");
    assert_true(process_await_port(tls.port));
    tls.url = mem_printf(tls.ctx, "https://127.0.0.1:%d", tls.port);
    return tls;
}

static struct tls start(const char *certificate, const char *option, const char *value)
{
    return start_at(process_free_port(), certificate, option, value);
}

static struct http_reply *get(struct tls *tls, const char *ca_file)
{
    struct http_request *request = http_request_new(tls->ctx, HTTP_GET, "/");

    return http_exchange(tls->ctx, http_fixture_client(tls->ctx, tls->url, ca_file), request);
}

static void expect_not_trusted(const struct http_reply *reply, const char *why)
{
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_CONFIG);
    assert_int_equal(reply->status, 0);
    assert_non_null(strstr(reply->error, "cannot trust the certificate of https://127.0.0.1:"));
    if (strstr(reply->error, why) == NULL) {
        fail_msg("not \"%s\": %s", why, reply->error);
    }
}

static void right_ca_is_believed(void **state)
{
    struct tls tls = start("good", NULL, NULL);
    struct http_reply *reply = get(&tls, "ca.pem");

    (void)state;
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->status, 200);
    mem_free(tls.ctx);
}

static void end_of_the_certificate_is_told_when_asked_for(void **state)
{
    struct tls tls = start("good", NULL, NULL);
    struct transport *client = http_fixture_client(tls.ctx, tls.url, "ca.pem");
    struct http_request *request = http_request_new(tls.ctx, HTTP_GET, "/");
    int64_t now_ms = clock_system()->realtime_ms(clock_system());

    (void)state;
    assert_int_equal(http_exchange(tls.ctx, client, request)->cert_until_ms, -1);
    request->wants_certificate = true; /* although the first connection could be used again */
    int64_t until_ms = http_exchange(tls.ctx, client, request)->cert_until_ms;
    assert_true(until_ms > now_ms && until_ms < now_ms + INT64_C(40) * 366 * 86400 * 1000);
    mem_free(tls.ctx);
}

static void another_ca_is_not(void **state)
{
    struct tls tls = start("good", NULL, NULL);

    (void)state;
    expect_not_trusted(get(&tls, "other.pem"), "unable to get local issuer certificate");
    expect_not_trusted(get(&tls, NULL), "unable to get local issuer certificate");
    mem_free(tls.ctx);
}

static void certificate_of_another_host_is_not(void **state)
{
    struct tls tls = start("elsewhere", NULL, NULL);

    (void)state;
    expect_not_trusted(get(&tls, "ca.pem"), "no alternative certificate subject name matches");
    mem_free(tls.ctx);
}

static void certificate_out_of_date_is_not(void **state)
{
    struct tls tls = start("expired", NULL, NULL);

    (void)state;
    expect_not_trusted(get(&tls, "ca.pem"), "expired");
    mem_free(tls.ctx);
}

static void verification_ends_only_by_the_operators_word(void **state)
{
    struct tls tls = start("expired", NULL, NULL);
    struct http_client_options options = {
        .url = tls.url, .insecure = true, .clock = clock_system()};
    struct transport *client = NULL;
    struct http_request *request = http_request_new(tls.ctx, HTTP_GET, "/");

    (void)state;
    assert_int_equal(http_client_new(tls.ctx, &options, &client, NULL), FERRY_OK);
    assert_int_equal(http_exchange(tls.ctx, client, request)->outcome, HTTP_ANSWERED);
    mem_free(tls.ctx);
}

/* ---- a certificate that changes under us ---- */

static struct transport *client_of_two(void *ctx, const char *url, const char *first,
                                       const char *second)
{
    struct http_client_options options = {
        .url = url, .ca_file = first, .after_ca_file = second, .clock = clock_system()};
    struct transport *client = NULL;

    assert_int_equal(http_client_new(ctx, &options, &client, NULL), FERRY_OK);
    return client;
}

/* Asks a server with each of these certificates in turn, at the same address, by the same client.
 */
static void ask_both(const char *first_ca, const char *second_ca, const char *const *certificates,
                     struct http_reply *replies[2])
{
    void *ctx = mem_scope(NULL);
    int port = process_free_port();
    struct transport *client =
        client_of_two(ctx, mem_printf(ctx, "https://127.0.0.1:%d", port), first_ca, second_ca);

    for (int turn = 0; turn < 2; turn++) {
        struct tls tls = start_at(port, certificates[turn], NULL, NULL);

        replies[turn] = http_exchange(NULL, client, http_request_new(ctx, HTTP_GET, "/"));
        mem_free(tls.ctx);
    }
    mem_free(ctx);
}

static void forget(struct http_reply *replies[2])
{
    mem_free(replies[0]);
    mem_free(replies[1]);
}

static void both_cas_are_believed_when_the_certificate_changes(void **state)
{
    static const char *const certificates[] = {"good", "renewed"};
    struct http_reply *replies[2];

    (void)state;
    ask_both("ca.pem", "other.pem", certificates, replies);
    assert_int_equal(replies[0]->status, 200);
    assert_int_equal(replies[1]->status, 200);
    forget(replies);
    ask_both("ca.pem", NULL, certificates, replies);
    assert_int_equal(replies[0]->status, 200);
    expect_not_trusted(replies[1], "unable to get local issuer certificate");
    forget(replies);
}

static void no_third_ca_is_believed_beside_the_two(void **state)
{
    static const char *const certificates[] = {"renewed", "foreign"};
    struct http_reply *replies[2];

    (void)state;
    ask_both("ca.pem", "other.pem", certificates, replies);
    assert_int_equal(replies[0]->status, 200);
    expect_not_trusted(replies[1], "unable to get local issuer certificate");
    forget(replies);
}

static void the_ca_of_after_alone_is_the_only_one(void **state)
{
    static const char *const certificates[] = {"renewed", "good"};
    struct http_reply *replies[2];

    (void)state;
    ask_both(NULL, "other.pem", certificates, replies);
    assert_int_equal(replies[0]->status, 200);
    expect_not_trusted(replies[1], "unable to get local issuer certificate");
    forget(replies);
}

static void both_files_must_hold_certificates(void **state)
{
    struct http_client_options options = {.url = "https://h",
                                          .ca_file = "ca.pem",
                                          .after_ca_file = "ca.key",
                                          .clock = clock_system()};
    struct transport *client = NULL;
    struct ferry_error err = {0};

    (void)state;
    assert_int_equal(http_client_new(NULL, &options, &client, &err), FERRY_E_CONFIG);
    assert_non_null(strstr(err.message, "\"ca.key\": it holds no certificate"));
    options.after_ca_file = "none.pem";
    assert_int_equal(http_client_new(NULL, &options, &client, &err), FERRY_E_CONFIG);
    assert_non_null(strstr(err.message, "none.pem"));
    options.ca_file = NULL;
    assert_int_equal(http_client_new(NULL, &options, &client, &err), FERRY_E_CONFIG);
    assert_null(client);
}

static void a_node_that_is_not_trusted_gives_way_to_the_next(void **state)
{
    struct tls foreign = start("foreign", NULL, NULL);
    struct tls good = start("good", NULL, NULL);
    const char *const nodes[] = {foreign.url, good.url};
    struct http_client_options options = {.url = foreign.url,
                                          .nodes = nodes,
                                          .node_count = 2,
                                          .ca_file = "ca.pem",
                                          .clock = clock_system()};
    struct http_request *request = http_request_new(good.ctx, HTTP_GET, "/");
    struct transport *client = NULL;

    (void)state;
    assert_int_equal(http_client_new(good.ctx, &options, &client, NULL), FERRY_OK);
    expect_not_trusted(http_exchange(good.ctx, client, request), "issuer certificate");
    assert_int_equal(http_exchange(good.ctx, client, request)->status, 200);
    mem_free(good.ctx);
    mem_free(foreign.ctx);
}

static void old_protocols_are_refused(void **state)
{
    struct tls tls = start("good", "-tls1_1", "-cipher=DEFAULT@SECLEVEL=0");
    struct http_reply *reply = get(&tls, "ca.pem");

    (void)state;
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_UNREACHABLE);
    mem_free(tls.ctx);
}

static void plain_http_to_a_tls_port_claims_nothing(void **state)
{
    struct tls tls = start("good", NULL, NULL);
    struct http_reply *reply;

    (void)state;
    tls.url = mem_printf(tls.ctx, "http://127.0.0.1:%d", tls.port);
    reply = get(&tls, NULL);
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    mem_free(tls.ctx);
}

static void tls_to_a_plain_port_is_not_sent(void **state)
{
    static const struct script_step steps[] = {{.answer = "HTTP/1.1 400 Bad Request\r\n\r\n",
                                                .when = SCRIPT_FIRST_BYTE,
                                                .then = SCRIPT_CLOSE}};
    struct http_fixture fixture = START(steps);
    struct tls tls = {.ctx = fixture.ctx};
    struct http_reply *reply;

    (void)state;
    tls.url = mem_printf(tls.ctx, "https://127.0.0.1:%d", script_server_port(fixture.server));
    reply = get(&tls, NULL);
    assert_int_equal(reply->outcome, HTTP_NOT_SENT);
    assert_int_equal(reply->code, FERRY_E_UNREACHABLE);
    http_fixture_end(&fixture);
}

static int make_certificates(void **state)
{
    (void)state;
    *state = process_enter_folder(NULL, "test_http_tls");
    certificate_authority("ca");
    certificate_authority("other");
    certificate_authority("third");
    certificate_for("good", "ca", "IP:127.0.0.1", 30);
    certificate_for("renewed", "other", "IP:127.0.0.1", 30);
    certificate_for("foreign", "third", "IP:127.0.0.1", 30);
    certificate_for("elsewhere", "ca", "DNS:elsewhere.example", 30);
    certificate_for("expired", "ca", "IP:127.0.0.1", -1);
    return 0;
}

static int remove_certificates(void **state)
{
    return process_leave_folder(*state) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_ca_is_believed),
        cmocka_unit_test(end_of_the_certificate_is_told_when_asked_for),
        cmocka_unit_test(another_ca_is_not),
        cmocka_unit_test(certificate_of_another_host_is_not),
        cmocka_unit_test(certificate_out_of_date_is_not),
        cmocka_unit_test(verification_ends_only_by_the_operators_word),
        cmocka_unit_test(both_cas_are_believed_when_the_certificate_changes),
        cmocka_unit_test(no_third_ca_is_believed_beside_the_two),
        cmocka_unit_test(the_ca_of_after_alone_is_the_only_one),
        cmocka_unit_test(both_files_must_hold_certificates),
        cmocka_unit_test(a_node_that_is_not_trusted_gives_way_to_the_next),
        cmocka_unit_test(old_protocols_are_refused),
        cmocka_unit_test(plain_http_to_a_tls_port_claims_nothing),
        cmocka_unit_test(tls_to_a_plain_port_is_not_sent),
    };

    if (!process_exists("openssl")) {
        printf("SKIP: the program openssl is not installed\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, make_certificates, remove_certificates);
}
