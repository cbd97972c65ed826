#include "ferry_test.h"

#include <math.h>

#include "base/attr.h"
#include "base/json.h"
#include "base/mem.h"

static struct json *parsed(const void *ctx, const char *text)
{
    struct json *node = NULL;

    assert_int_equal(json_parse(ctx, text, strlen(text), &node, NULL), FERRY_OK);
    return node;
}

static void compact_text_reads_and_prints_the_same(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "[[],{}]",
        "null",
        "true",
        "\"\"",
        "{\"\":{\"b\":[1,-2,0.5,\"x\",null,true,false]}}",
        "[1732365900123,1000000000000000,1e+20,1e+300,9007199254740991]",
        "[0.1,1.5e-07,3.14159265358979,0.30000000000000004]",
        "\"\xc3\xa9\xf0\x9f\x9a\xa2/\"",
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(texts); at++) {
        const char *printed = json_print(scope, parsed(scope, texts[at]));

        assert_string_equal(printed, texts[at]);
    }
}

static void whole_numbers_print_without_exponent(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_string_equal(
        json_print(scope, parsed(scope, "[1732365900123,1e15,1e0,-0.0,5.0,9007199254740991]")),
        "[1732365900123,1000000000000000,1,0,5,9007199254740991]");
}

static void doubles_come_back_bit_for_bit(void **state)
{
    static const double numbers[] = {
        0.1, 1.0 / 3, 1e-300, 5e-324, 1.7976931348623157e308, 1e22, -2.5e-5, 9007199254740992.0};
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(numbers); at++) {
        struct json *root = json_object(scope);

        json_set_double(root, "d", numbers[at]);
        assert_true(json_double_or(parsed(scope, json_print(scope, root)), "d", 0) == numbers[at]);
    }
}

static void numbers_that_json_cannot_say_become_null(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *root = json_object(scope);

    (void)state;
    json_set_double(root, "a", (double)NAN);
    json_set_double(root, "b", (double)INFINITY);
    assert_string_equal(json_print(scope, root), "{\"a\":null,\"b\":null}");
}

static void controls_quotes_and_backslashes_are_escaped(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *root = json_object(scope);

    (void)state;
    json_set_string(root, "k\"\n", "\"\\/\b\f\n\r\t\x01\x1f\x7f");
    assert_string_equal(json_print(scope, root),
                        "{\"k\\\"\\n\":\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0001\\u001f\\u007f\"}");
    assert_string_equal(json_text(json_first(parsed(scope, json_print(scope, root)))),
                        "\"\\/\b\f\n\r\t\x01\x1f\x7f");
}

static void text_that_is_no_utf8_still_makes_a_good_document(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *root = json_object(scope);

    (void)state;
    json_set_string(root, "k", "a\xff\xc3(\xe2\x82");
    assert_string_equal(json_print(scope, root), "{\"k\":\"a\xef\xbf\xbd\xef\xbf\xbd("
                                                 "\xef\xbf\xbd\xef\xbf\xbd\"}");
    assert_non_null(parsed(scope, json_print(scope, root)));
}

static void pretty_text_has_a_line_for_each_member(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_string_equal(
        json_print_pretty(scope, parsed(scope, "{\"b\":[1,{\"c\":2}],\"a\":{},\"d\":[]}")),
        "{\n  \"b\": [\n    1,\n    {\n      \"c\": 2\n    }\n  ],\n  \"a\": {},\n  \"d\": []\n}");
}

static void canonical_text_does_not_depend_on_the_order_of_keys(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *expected = "{\"\":0,\"B\":2,\"a\":{\"x\":[3,1,2],\"y\":1},\"ab\":1,\"\xc3\xa9\":4}";

    (void)state;
    assert_string_equal(
        json_print_canonical(scope, parsed(scope, "{\"ab\":1,\"B\":2,\"a\":{\"y\":1,\"x\":[3,1,2]},"
                                                  "\"\xc3\xa9\":4,\"\":0}")),
        expected);
    assert_string_equal(
        json_print_canonical(scope, parsed(scope, "{\"\":0,\"a\":{\"x\":[3,1,2],\"y\":1},"
                                                  "\"\xc3\xa9\":4,\"B\":2,\"ab\":1}")),
        expected);
}

static void keys_that_stand_twice_keep_their_order_in_canonical_text(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_string_equal(
        json_print_canonical(scope, parsed(scope, "{\"b\":1,\"a\":1,\"a\":2,\"a\":3}")),
        "{\"a\":1,\"a\":2,\"a\":3,\"b\":1}");
}

static void no_node_prints_as_null(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_string_equal(json_print(scope, NULL), "null");
    assert_ptr_equal(talloc_parent(json_print(scope, NULL)), scope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compact_text_reads_and_prints_the_same),
        cmocka_unit_test(whole_numbers_print_without_exponent),
        cmocka_unit_test(doubles_come_back_bit_for_bit),
        cmocka_unit_test(numbers_that_json_cannot_say_become_null),
        cmocka_unit_test(controls_quotes_and_backslashes_are_escaped),
        cmocka_unit_test(text_that_is_no_utf8_still_makes_a_good_document),
        cmocka_unit_test(pretty_text_has_a_line_for_each_member),
        cmocka_unit_test(canonical_text_does_not_depend_on_the_order_of_keys),
        cmocka_unit_test(keys_that_stand_twice_keep_their_order_in_canonical_text),
        cmocka_unit_test(no_node_prints_as_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
