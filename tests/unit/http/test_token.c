/* A token, and the password that takes its place: never both in one request. */
#include "http_fixture.h"

#include "base/buf.h"
#include "base/mem.h"

#define REFUSAL                                                                                    \
    "HTTP/1.1 401 UNAUTHORIZED\r\nContent-Type: application/json\r\nContent-Length: "              \
    "35\r\n\r\n{\"error_code\":\"unauthorized_error\"}"
#define PAGE_401                                                                                   \
    "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
#define TOKEN_LINE "Authentication-Token: ctok-1-canary"
#define BASIC_LINE "Authorization: Basic YWRtaW46czNjcmV0" /* admin:s3cret */

struct lab {
    void *ctx;
    const struct script_seen *seen;
    struct transport *client;
    struct buf lines; /* of the log */
};

static void keep_line(void *arg, enum log_level level, const char *line)
{
    struct lab *lab = arg;

    (void)level;
    assert_true(buf_printf(&lab->lines, "%s\n", line));
}

/* A server with these steps, a client with these logins. */
static void begin(struct lab *lab, const struct script_step *steps, size_t count, bool password,
                  const char *after_token)
{
    struct script_server *server;
    struct http_client_options options = {.clock = clock_system()};
    struct ferry_error err = {0};

    memset(lab, 0, sizeof(*lab));
    lab->ctx = mem_scope(NULL);
    buf_init(&lab->lines, lab->ctx, 65536);
    server = script_server_start(lab->ctx, steps, count);
    lab->seen = script_server_seen(server);
    options.url = script_server_url(server);
    options.before.token = secret_new(lab->ctx, "ctok-1-canary", 13);
    options.before.username = "admin";
    options.before.password = password ? secret_new(lab->ctx, "s3cret", 6) : NULL;
    if (after_token != NULL) {
        options.after = (struct http_login){
            .username = "root",
            .password = secret_new(lab->ctx, "old", 3),
            .token = secret_new(lab->ctx, after_token, strlen(after_token)),
        };
    }
    options.log = log_new(lab->ctx, LOG_DEBUG, clock_system(), keep_line, lab);
    if (http_client_new(lab->ctx, &options, &lab->client, &err) != FERRY_OK) {
        fail_msg("http_client_new: %s", err.message);
    }
}

#define BEGIN(lab, steps, password, after) begin(lab, steps, FERRY_COUNT(steps), password, after)

static struct http_reply *get(struct lab *lab, const char *path, enum http_credential credential)
{
    struct http_request *request = http_request_new(lab->ctx, HTTP_GET, path);

    request->credential = credential;
    return http_exchange(lab->ctx, lab->client, request);
}

/* The head of the request for this path, as the server saw it. */
static const char *head_of(const struct lab *lab, const char *path)
{
    const char *start = strstr(lab->seen->log, mem_printf(lab->ctx, "GET %s ", path));
    const char *end = start == NULL ? NULL : strstr(start, "\r\n\r\n");

    assert_non_null(end);
    return mem_strndup(lab->ctx, start, (size_t)(end - start));
}

static void assert_sent(const struct lab *lab, const char *path, const char *with,
                        const char *without)
{
    assert_non_null(strstr(head_of(lab, path), with));
    assert_null(strstr(head_of(lab, path), without));
}

static void a_refused_token_gives_way_to_the_password_for_good(void **state)
{
    static const struct script_step steps[] = {
        {.answer = ANSWER_OK}, {.answer = REFUSAL}, {.answer = ANSWER_OK}};
    struct lab lab;
    const struct http_reply *reply;

    (void)state;
    BEGIN(&lab, steps, true, NULL);
    assert_false(get(&lab, "/1", HTTP_AS_BEFORE)->token_refused);
    reply = get(&lab, "/2", HTTP_AS_BEFORE);
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->status, 401);
    assert_true(reply->token_refused);
    assert_int_equal(lab.seen->complete, 2); /* the caller asks again, not we */
    reply = get(&lab, "/3", HTTP_AS_BEFORE);
    assert_int_equal(reply->status, 200);
    assert_false(reply->token_refused);
    (void)get(&lab, "/4", HTTP_AS_BEFORE);
    assert_sent(&lab, "/1", TOKEN_LINE, "Authorization");
    assert_sent(&lab, "/2", TOKEN_LINE, "Authorization");
    assert_sent(&lab, "/3", BASIC_LINE, "Authentication-Token");
    assert_sent(&lab, "/4", BASIC_LINE, "Authentication-Token");
    assert_non_null(strstr(buf_text(&lab.lines), "refuses the token"));
    assert_null(strstr(buf_text(&lab.lines), "canary"));
    assert_null(strstr(buf_text(&lab.lines), "s3cret"));
    mem_free(lab.ctx);
}

static void a_token_alone_stays(void **state)
{
    static const struct script_step steps[] = {{.answer = REFUSAL}};
    struct lab lab;

    (void)state;
    BEGIN(&lab, steps, false, NULL);
    assert_false(get(&lab, "/1", HTTP_AS_BEFORE)->token_refused);
    assert_false(get(&lab, "/2", HTTP_AS_BEFORE)->token_refused);
    assert_sent(&lab, "/2", TOKEN_LINE, "Authorization");
    mem_free(lab.ctx);
}

static void a_page_of_something_in_between_refuses_no_token(void **state)
{
    static const struct script_step steps[] = {{.answer = PAGE_401}};
    struct lab lab;

    (void)state;
    BEGIN(&lab, steps, true, NULL);
    assert_false(get(&lab, "/1", HTTP_AS_BEFORE)->token_refused);
    (void)get(&lab, "/2", HTTP_AS_BEFORE);
    assert_sent(&lab, "/2", TOKEN_LINE, "Authorization");
    mem_free(lab.ctx);
}

static void a_refused_password_is_nothing_new(void **state)
{
    static const struct script_step steps[] = {{.answer = REFUSAL}};
    struct lab lab;

    (void)state;
    BEGIN(&lab, steps, true, NULL);
    assert_true(get(&lab, "/1", HTTP_AS_BEFORE)->token_refused);
    assert_false(get(&lab, "/2", HTTP_AS_BEFORE)->token_refused);
    assert_sent(&lab, "/2", BASIC_LINE, "Authentication-Token");
    mem_free(lab.ctx);
}

static void each_login_has_a_token_of_its_own(void **state)
{
    static const struct script_step steps[] = {{.answer = REFUSAL}, {.answer = ANSWER_OK}};
    struct lab lab;

    (void)state;
    BEGIN(&lab, steps, true, "ctok-2");
    assert_true(get(&lab, "/1", HTTP_AS_BEFORE)->token_refused);
    (void)get(&lab, "/2", HTTP_AS_AFTER);
    assert_sent(&lab, "/2", "Authentication-Token: ctok-2", "Authorization");
    (void)get(&lab, "/3", HTTP_AS_BEFORE);
    assert_sent(&lab, "/3", BASIC_LINE, "Authentication-Token");
    mem_free(lab.ctx);
}

/* A login "after" that is not set is the one of before, with what is known of its token. */
static void without_a_login_after_the_same_token_is_meant(void **state)
{
    static const struct script_step steps[] = {{.answer = REFUSAL}, {.answer = ANSWER_OK}};
    struct lab lab;

    (void)state;
    BEGIN(&lab, steps, true, NULL);
    assert_true(get(&lab, "/1", HTTP_AS_AFTER)->token_refused);
    (void)get(&lab, "/2", HTTP_AS_BEFORE);
    assert_sent(&lab, "/1", TOKEN_LINE, "Authorization");
    assert_sent(&lab, "/2", BASIC_LINE, "Authentication-Token");
    mem_free(lab.ctx);
}

static void all_that_were_under_way_are_told_to_ask_again(void **state)
{
    static const struct script_step steps[] = {{.answer = REFUSAL, .delay_ms = 300}};
    struct lab lab;
    struct http_reply *reply;
    uint64_t ticket;
    size_t ended = 0;

    (void)state;
    BEGIN(&lab, steps, true, NULL);
    for (uint64_t at = 0; at < 3; at++) {
        struct http_request *request = http_request_new(lab.ctx, HTTP_GET, "/x");

        request->credential = HTTP_AS_BEFORE;
        lab.client->ops->submit(lab.client, request, at);
    }
    while (ended < 3) {
        if (lab.client->ops->finished(lab.client, lab.ctx, &ticket, &reply)) {
            assert_true(reply->token_refused);
            ended++;
        } else {
            lab.client->ops->wait(lab.client, 1000);
        }
    }
    assert_null(strstr(lab.seen->log, "Authorization"));
    mem_free(lab.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_token_gives_way_to_the_password_for_good),
        cmocka_unit_test(a_token_alone_stays),
        cmocka_unit_test(a_page_of_something_in_between_refuses_no_token),
        cmocka_unit_test(a_refused_password_is_nothing_new),
        cmocka_unit_test(each_login_has_a_token_of_its_own),
        cmocka_unit_test(without_a_login_after_the_same_token_is_meant),
        cmocka_unit_test(all_that_were_under_way_are_told_to_ask_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
