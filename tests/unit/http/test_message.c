#include "ferry_test.h"

#include "base/mem.h"
#include "http/message.h"

static void only_get_and_head_leave_a_manager_alone(void **state)
{
    (void)state;
    assert_false(http_method_changes(HTTP_GET));
    assert_false(http_method_changes(HTTP_HEAD));
    assert_true(http_method_changes(HTTP_POST));
    assert_true(http_method_changes(HTTP_PUT));
    assert_true(http_method_changes(HTTP_PATCH));
    assert_true(http_method_changes(HTTP_DELETE));
    assert_string_equal(http_method_name(HTTP_DELETE), "DELETE");
}

static void request_keeps_copies_of_its_texts(void **state)
{
    char path[] = "/api/v3.1/version";
    char value[] = "t1";
    struct http_request *request = http_request_new(NULL, HTTP_GET, path);

    (void)state;
    http_request_header(request, "Tenant", value);
    memset(path, '#', sizeof(path) - 1);
    memset(value, '#', sizeof(value) - 1);
    assert_string_equal(request->path, "/api/v3.1/version");
    assert_int_equal(request->header_count, 1);
    assert_string_equal(request->headers[0].value, "t1");
    assert_int_equal(request->credential, HTTP_ANONYMOUS);
    mem_free(request);
}

static void json_body_is_compact_and_typed_exactly(void **state)
{
    struct http_request *request = http_request_new(NULL, HTTP_POST, "/x");
    struct json *body = json_object(request);

    (void)state;
    json_set_bool(body, "force", false);
    http_request_json(request, body);
    assert_string_equal(request->body, "{\"force\":false}");
    assert_int_equal(request->body_size, 15);
    assert_string_equal(request->content_type, "application/json");
    mem_free(request);
}

static void digest_tells_method_path_and_body_apart(void **state)
{
    char digests[4][65];
    struct http_request *request = http_request_new(NULL, HTTP_POST, "/x");

    (void)state;
    http_request_digest(request, digests[0]);
    request->method = HTTP_PUT;
    http_request_digest(request, digests[1]);
    request->path = "/y";
    http_request_digest(request, digests[2]);
    request->body = "b";
    request->body_size = 1;
    http_request_digest(request, digests[3]);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(strlen(digests[i]), 64);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(digests[i], digests[k]);
        }
    }
    /* printf 'POST\n/x\n' | sha256sum */
    assert_string_equal(digests[0],
                        "0445f851be0337b421222c69a1921b935d46584b55dcb22289d1d93187b15914");
    mem_free(request);
}

static void new_reply_claims_nothing(void **state)
{
    struct http_reply *reply = http_reply_new(NULL);

    (void)state;
    assert_int_equal(reply->outcome, HTTP_UNKNOWN);
    assert_int_not_equal(reply->code, FERRY_OK);
    assert_int_equal(reply->status, 0);
    assert_int_equal(reply->content_length, -1);
    assert_int_equal(reply->retry_after_ms, -1);
    assert_int_equal(reply->date_ms, -1);
    mem_free(reply);
}

static void filled_reply_parses_json_by_its_type(void **state)
{
    struct http_reply *reply = http_reply_new(NULL);

    (void)state;
    http_reply_fill(reply, 200, "Application/JSON; charset=utf-8", "{\"a\":1} tail", 7);
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_int_equal(reply->code, FERRY_OK);
    assert_string_equal(reply->content_type, "application/json");
    assert_string_equal(reply->body, "{\"a\":1}");
    assert_int_equal(json_int64_or(reply->json, "a", 0), 1);
    mem_free(reply);
}

static void what_is_not_said_to_be_json_is_not_parsed(void **state)
{
    struct http_reply *reply = http_reply_new(NULL);

    (void)state;
    http_reply_fill(reply, 200, "text/plain", "{}", 2);
    assert_null(reply->json);
    http_reply_fill(reply, 200, NULL, "{}", 2);
    assert_null(reply->json);
    assert_null(reply->content_type);
    http_reply_fill(reply, 304, "application/json", NULL, 0);
    assert_null(reply->json);
    assert_string_equal(reply->body, "");
    mem_free(reply);
}

static void bad_json_is_an_answer_without_json(void **state)
{
    struct http_reply *reply = http_reply_new(NULL);

    (void)state;
    http_reply_fill(reply, 200, "application/json", "{\"a\":", 5);
    assert_int_equal(reply->outcome, HTTP_ANSWERED);
    assert_null(reply->json);
    http_reply_fill(reply, 200, "application/json", "{}\0{}", 5);
    assert_null(reply->json);
    assert_int_equal(reply->body_size, 5);
    assert_int_equal(reply->body[5], '\0');
    mem_free(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_get_and_head_leave_a_manager_alone),
        cmocka_unit_test(request_keeps_copies_of_its_texts),
        cmocka_unit_test(json_body_is_compact_and_typed_exactly),
        cmocka_unit_test(digest_tells_method_path_and_body_apart),
        cmocka_unit_test(new_reply_claims_nothing),
        cmocka_unit_test(filled_reply_parses_json_by_its_type),
        cmocka_unit_test(what_is_not_said_to_be_json_is_not_parsed),
        cmocka_unit_test(bad_json_is_an_answer_without_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
