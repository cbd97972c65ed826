/* The tables of what a curl code and a status say. */
#include "ferry_test.h"

#include <curl/curl.h>

#include "base/mem.h"
#include "http/outcome.h"

struct curl_row {
    CURLcode curl_code;
    int64_t request_bytes;
    int status;
    enum http_outcome outcome;
    enum ferry_code code;
};

static const struct curl_row curl_rows[] = {
    {CURLE_OK, 1, 200, HTTP_ANSWERED, FERRY_OK},
    {CURLE_OK, 1, 304, HTTP_ANSWERED, FERRY_OK},
    {CURLE_OK, 1, 503, HTTP_ANSWERED, FERRY_OK},
    {CURLE_OK, 1, 0, HTTP_UNKNOWN, FERRY_E_PROTOCOL},
    {CURLE_OK, 1, 101, HTTP_UNKNOWN, FERRY_E_PROTOCOL},
    {CURLE_OK, 0, 0, HTTP_NOT_SENT, FERRY_E_FAILED},
    /* before the first byte */
    {CURLE_COULDNT_RESOLVE_HOST, 0, 0, HTTP_NOT_SENT, FERRY_E_UNREACHABLE},
    {CURLE_COULDNT_RESOLVE_PROXY, 0, 0, HTTP_NOT_SENT, FERRY_E_UNREACHABLE},
    {CURLE_COULDNT_CONNECT, 0, 0, HTTP_NOT_SENT, FERRY_E_UNREACHABLE},
    {CURLE_SSL_CONNECT_ERROR, 0, 0, HTTP_NOT_SENT, FERRY_E_UNREACHABLE},
    {CURLE_OPERATION_TIMEDOUT, 0, 0, HTTP_NOT_SENT, FERRY_E_UNREACHABLE},
    {CURLE_PEER_FAILED_VERIFICATION, 0, 0, HTTP_NOT_SENT, FERRY_E_CONFIG},
    {CURLE_SSL_CACERT_BADFILE, 0, 0, HTTP_NOT_SENT, FERRY_E_CONFIG},
    {CURLE_URL_MALFORMAT, 0, 0, HTTP_NOT_SENT, FERRY_E_CONFIG},
    {CURLE_READ_ERROR, 0, 0, HTTP_NOT_SENT, FERRY_E_IO},
    {CURLE_BAD_FUNCTION_ARGUMENT, 0, 0, HTTP_NOT_SENT, FERRY_E_FAILED},
    /* after it: the same codes no longer say that nothing happened */
    {CURLE_COULDNT_CONNECT, 1, 0, HTTP_UNKNOWN, FERRY_E_UNREACHABLE},
    {CURLE_OPERATION_TIMEDOUT, 1, 0, HTTP_UNKNOWN, FERRY_E_UNREACHABLE},
    {CURLE_OPERATION_TIMEDOUT, 1, 200, HTTP_UNKNOWN, FERRY_E_UNREACHABLE},
    {CURLE_GOT_NOTHING, 1, 0, HTTP_UNKNOWN, FERRY_E_UNREACHABLE},
    {CURLE_SEND_ERROR, 1, 0, HTTP_UNKNOWN, FERRY_E_UNREACHABLE},
    {CURLE_RECV_ERROR, 1, 0, HTTP_UNKNOWN, FERRY_E_UNREACHABLE},
    {CURLE_SEND_FAIL_REWIND, 1, 0, HTTP_UNKNOWN, FERRY_E_UNREACHABLE},
    {CURLE_PARTIAL_FILE, 1, 201, HTTP_UNKNOWN, FERRY_E_UNREACHABLE},
    {CURLE_WEIRD_SERVER_REPLY, 1, 0, HTTP_UNKNOWN, FERRY_E_PROTOCOL},
    {CURLE_UNSUPPORTED_PROTOCOL, 1, 0, HTTP_UNKNOWN, FERRY_E_PROTOCOL},
    {CURLE_WRITE_ERROR, 1, 200, HTTP_UNKNOWN, FERRY_E_PROTOCOL},
    {CURLE_READ_ERROR, 1, 0, HTTP_UNKNOWN, FERRY_E_IO},
    {CURLE_OUT_OF_MEMORY, 1, 0, HTTP_UNKNOWN, FERRY_E_PROTOCOL},
    {CURLE_OUT_OF_MEMORY, 0, 0, HTTP_NOT_SENT, FERRY_E_FAILED},
};

static void curl_codes_become_outcomes(void **state)
{
    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(curl_rows); i++) {
        const struct curl_row *row = &curl_rows[i];
        enum ferry_code code = FERRY_CODE_COUNT;

        assert_int_equal(
            http_outcome_of_curl((int)row->curl_code, row->request_bytes, row->status, &code),
            row->outcome);
        assert_int_equal(code, row->code);
    }
}

/* Whatever curl may say in this or a later version. */
static void sent_and_failed_is_never_certain(void **state)
{
    (void)state;
    for (int curl_code = 1; curl_code < 200; curl_code++) {
        enum ferry_code code = FERRY_OK;

        assert_int_equal(http_outcome_of_curl(curl_code, 1, 200, &code), HTTP_UNKNOWN);
        assert_int_not_equal(code, FERRY_OK);
        assert_int_equal(http_outcome_of_curl(curl_code, 0, 0, &code), HTTP_NOT_SENT);
        assert_int_not_equal(code, FERRY_OK);
    }
}

#define JSON "application/json"
#define HTML "text/html"
#define BUSY "{\"error_code\":\"maintenance_mode_active\",\"message\":\"m\"}"

struct answer_row {
    int status;
    const char *type;
    const char *body;
    enum http_effect effect;
    bool foreign;
};

static const struct answer_row answer_rows[] = {
    {200, JSON, "{}", HTTP_EFFECT_YES, false},
    {201, JSON, "{}", HTTP_EFFECT_YES, false},
    {204, NULL, "", HTTP_EFFECT_YES, false},
    {200, JSON, "", HTTP_EFFECT_YES, false}, /* HEAD */
    {200, HTML, "<html>log in", HTTP_EFFECT_MAYBE, true},
    {200, JSON, "{\"cut", HTTP_EFFECT_MAYBE, true},
    {200, NULL, "hello", HTTP_EFFECT_MAYBE, true},
    {304, NULL, "", HTTP_EFFECT_ALREADY, false},
    {304, HTML, "", HTTP_EFFECT_ALREADY, false},
    {301, HTML, "<html>", HTTP_EFFECT_MAYBE, true},
    {303, NULL, "", HTTP_EFFECT_MAYBE, false},
    {307, HTML, "<html>", HTTP_EFFECT_NO, true},
    {308, HTML, "<html>", HTTP_EFFECT_NO, true},
    {400, JSON, "{\"error_code\":\"bad_parameters_error\"}", HTTP_EFFECT_NO, false},
    {401, HTML, "<html>", HTTP_EFFECT_NO, true},
    {404, JSON, "{}", HTTP_EFFECT_NO, false},
    {408, HTML, "<html>", HTTP_EFFECT_LATER, true},
    {409, JSON, "{\"error_code\":\"conflict_error\"}", HTTP_EFFECT_NO, false},
    {413, HTML, "<html>", HTTP_EFFECT_NO, true},
    {429, HTML, "<html>", HTTP_EFFECT_LATER, true},
    {500, JSON, "{\"error_code\":\"internal_server_error\"}", HTTP_EFFECT_MAYBE, false},
    {502, HTML, "<html>", HTTP_EFFECT_MAYBE, true},
    {503, JSON, BUSY, HTTP_EFFECT_LATER, false},
    {503, JSON, "{\"message\":\"m\"}", HTTP_EFFECT_MAYBE, false},
    {503, HTML, "<html>", HTTP_EFFECT_MAYBE, true},
    {503, HTML, BUSY, HTTP_EFFECT_MAYBE, true},
    {504, HTML, "", HTTP_EFFECT_MAYBE, true},
    {600, NULL, "", HTTP_EFFECT_MAYBE, false},
};

static void answers_become_effects(void **state)
{
    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(answer_rows); i++) {
        const struct answer_row *row = &answer_rows[i];
        struct http_reply *reply = http_reply_new(NULL);

        http_reply_fill(reply, row->status, row->type, row->body, strlen(row->body));
        if (http_effect_of(reply) != row->effect || http_reply_is_foreign(reply) != row->foreign) {
            fail_msg("%d %s: effect %d, foreign %d", row->status, row->body,
                     (int)http_effect_of(reply), (int)http_reply_is_foreign(reply));
        }
        mem_free(reply);
    }
}

static void without_an_answer_only_not_sent_is_certain(void **state)
{
    struct http_reply *reply = http_reply_new(NULL);

    (void)state;
    reply->status = 201; /* cut after the status line */
    assert_int_equal(http_effect_of(reply), HTTP_EFFECT_MAYBE);
    assert_false(http_reply_is_foreign(reply));
    reply->outcome = HTTP_NOT_SENT;
    assert_int_equal(http_effect_of(reply), HTTP_EFFECT_NO);
    mem_free(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curl_codes_become_outcomes),
        cmocka_unit_test(sent_and_failed_is_never_certain),
        cmocka_unit_test(answers_become_effects),
        cmocka_unit_test(without_an_answer_only_not_sent_is_certain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
