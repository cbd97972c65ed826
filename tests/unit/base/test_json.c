#include "ferry_test.h"

#include "base/attr.h"
#include "base/json.h"
#include "base/mem.h"

static const struct json *parsed(const void *ctx, const char *text)
{
    struct ferry_error err;
    struct json *node = NULL;

    if (json_parse(ctx, text, strlen(text), &node, &err) != FERRY_OK)
        fail_msg("%s: %s", text, err.message);
    return node;
}

/* Fails unless the text is refused with a message that holds why. */
static void assert_refused(const char *text, size_t length, const char *why)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {.code = FERRY_OK};
    struct json *node = NULL;

    if (json_parse(scope, text, length, &node, &err) != FERRY_E_PROTOCOL)
        fail_msg("not refused: %.*s", (int)length, text);
    assert_null(node);
    if (strstr(err.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.message, why);
}

static void values_are_found_by_their_path(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *root =
        parsed(scope, " {\"a\":{\"b\":{\"c\":\"deep\"}},\"x.y\":1,\"\":2}\r\n");

    (void)state;
    assert_string_equal(json_text(json_get(root, "a.b.c")), "deep");
    assert_true(json_is_object(json_get(root, "a.b")));
    assert_null(json_get(root, "a.c"));
    assert_null(json_get(root, "a.b.c.d"));
    assert_null(json_get(root, "x.y"));
    assert_true(json_is_number(json_member(root, "x.y")));
    assert_null(json_member(root, "a.b"));
    assert_int_equal(json_int64_or(root, "", -1), 2);
}

static void names_are_case_sensitive_and_matched_whole(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *root = parsed(scope, "{\"Status\":\"x\",\"id\":\"y\"}");

    (void)state;
    assert_null(json_get(root, "status"));
    assert_non_null(json_get(root, "Status"));
    assert_null(json_get(root, "Stat"));
    assert_null(json_get(root, "Status2"));
}

static void null_nodes_read_as_not_there(void **state)
{
    (void)state;
    assert_null(json_get(NULL, "a"));
    assert_null(json_member(NULL, "a"));
    assert_null(json_at(NULL, 0));
    assert_int_equal(json_size(NULL), 0);
    assert_null(json_first(NULL));
    assert_null(json_next(NULL));
    assert_null(json_key(NULL));
    assert_null(json_text(NULL));
    assert_false(json_is_object(NULL) || json_is_array(NULL) || json_is_string(NULL));
    assert_false(json_is_number(NULL) || json_is_bool(NULL) || json_is_true(NULL));
    assert_false(json_is_null(NULL));
    assert_string_equal(json_string_or(NULL, "a", "no"), "no");
    assert_int_equal(json_int64_or(NULL, "a", 3), 3);
    assert_true(json_bool_or(NULL, "a", true));
    assert_true(json_double_or(NULL, "a", 0.5) == 0.5);
}

static void lists_and_objects_are_walked_in_their_order(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *list = parsed(scope, "[10,20,30]");
    const struct json *object = parsed(scope, "{\"b\":1,\"a\":2}");
    const struct json *item = json_first(object);

    (void)state;
    assert_int_equal(json_size(list), 3);
    assert_true(json_double_or(parsed(scope, "{\"x\":20}"), "x", 0) == 20);
    assert_null(json_key(json_at(list, 1)));
    assert_non_null(json_at(list, 2));
    assert_null(json_at(list, 3));
    assert_null(json_get(list, "a"));
    assert_string_equal(json_key(item), "b");
    item = json_next(item);
    assert_string_equal(json_key(item), "a");
    assert_null(json_next(item));
    assert_null(json_first(parsed(scope, "{}")));
    assert_null(json_first(parsed(scope, "\"text\"")));
}

static void every_node_knows_its_type(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *list = parsed(scope, "[{},[],\"s\",1.5,true,false,null]");

    (void)state;
    assert_true(json_is_array(list));
    assert_true(json_is_object(json_at(list, 0)));
    assert_true(json_is_array(json_at(list, 1)));
    assert_true(json_is_string(json_at(list, 2)));
    assert_true(json_is_number(json_at(list, 3)));
    assert_true(json_is_bool(json_at(list, 4)) && json_is_true(json_at(list, 4)));
    assert_true(json_is_bool(json_at(list, 5)) && !json_is_true(json_at(list, 5)));
    assert_true(json_is_null(json_at(list, 6)));
    assert_false(json_is_null(json_at(list, 5)));
    assert_null(json_text(json_at(list, 3)));
}

static void required_values_name_the_path_that_is_wrong(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *root =
        parsed(scope, "{\"a\":{\"s\":\"text\",\"n\":5,\"f\":1.5,\"z\":null}}");
    struct ferry_error err;
    const char *text = "old";
    int64_t number = 42;

    (void)state;
    assert_int_equal(json_string(root, "a.s", &text, &err), FERRY_OK);
    assert_string_equal(text, "text");
    assert_int_equal(json_int64(root, "a.n", &number, &err), FERRY_OK);
    assert_int_equal(number, 5);
    assert_int_equal(json_string(root, "a.q", &text, &err), FERRY_E_PROTOCOL);
    assert_string_equal(err.message, "bad JSON: there is no \"a.q\"");
    assert_int_equal(json_string(root, "a.n", &text, &err), FERRY_E_PROTOCOL);
    assert_string_equal(err.message, "bad JSON: \"a.n\" is not a string");
    assert_int_equal(json_string(root, "a.z", &text, &err), FERRY_E_PROTOCOL);
    assert_int_equal(json_int64(root, "a.q", &number, &err), FERRY_E_PROTOCOL);
    assert_int_equal(json_int64(root, "a.s", &number, &err), FERRY_E_PROTOCOL);
    assert_string_equal(err.message, "bad JSON: \"a.s\" is not a number");
    assert_int_equal(json_int64(root, "a.f", &number, &err), FERRY_E_PROTOCOL);
    assert_string_equal(text, "text");
    assert_int_equal(number, 5);
}

static void optional_values_fall_back_when_absent_null_or_of_another_type(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *root =
        parsed(scope, "{\"s\":\"text\",\"n\":5,\"f\":1.5,\"t\":true,\"z\":null}");

    (void)state;
    assert_string_equal(json_string_or(root, "s", "no"), "text");
    assert_string_equal(json_string_or(root, "n", "no"), "no");
    assert_null(json_string_or(root, "z", NULL));
    assert_int_equal(json_int64_or(root, "n", 1), 5);
    assert_int_equal(json_int64_or(root, "f", 1), 1);
    assert_int_equal(json_int64_or(root, "s", 1), 1);
    assert_true(json_bool_or(root, "t", false));
    assert_true(json_bool_or(root, "n", true));
    assert_false(json_bool_or(root, "z", false));
    assert_true(json_double_or(root, "f", 0) == 1.5);
    assert_true(json_double_or(root, "s", 0.25) == 0.25);
}

static void integers_that_a_double_may_have_rounded_are_refused(void **state)
{
    static const char *const refused[] = {
        "9007199254740992", "9007199254740993", "-9007199254740992", "1e300", "1e999", "0.5"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t number;

    (void)state;
    assert_int_equal(json_int64(parsed(scope, "{\"n\":9007199254740991}"), "n", &number, NULL),
                     FERRY_OK);
    assert_true(number == INT64_C(9007199254740991));
    assert_int_equal(json_int64(parsed(scope, "{\"n\":-9007199254740991}"), "n", &number, NULL),
                     FERRY_OK);
    assert_true(number == INT64_C(-9007199254740991));
    assert_int_equal(json_int64_or(parsed(scope, "{\"n\":1e3}"), "n", 0), 1000);
    for (size_t at = 0; at < FERRY_COUNT(refused); at++) {
        const struct json *root = parsed(scope, mem_printf(scope, "{\"n\":%s}", refused[at]));

        assert_int_equal(json_int64(root, "n", &number, NULL), FERRY_E_PROTOCOL);
        assert_int_equal(json_int64_or(root, "n", 7), 7);
    }
}

static void broken_documents_are_refused(void **state)
{
    static const char *const broken[] = {
        "{",         "[1,",          "[1,]",     "{\"a\"}", "{\"a\":}", "{a:1}", "tru",
        "\"open",    "\"open\\\"",   "\"open\\", "'x'",     "[1 2]",    "-",     "\"\\q\"",
        "\"\\u12\"", "\"\\ud800x\"", "<html>",   "nan",     "]",        "//x",   "\\",
    };

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(broken); at++)
        assert_refused(broken[at], strlen(broken[at]), "bad JSON");
    assert_refused("", 0, "empty");
    assert_refused(" \n", 2, "empty");
}

static void trailing_bytes_are_refused_but_blanks_are_not(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_true(json_is_object(parsed(scope, "{} \t\r\n")));
    assert_refused("{} x", 4, "more text after the end at byte 2");
    assert_refused("{}{}", 4, "more text after the end");
    assert_refused("1.2.3", 5, "more text after the end");
    assert_refused("{}\0", 3, "a NUL at byte 2");
    assert_refused("{\"a\":\"b\0c\"}", 11, "a NUL at byte 7");
}

static void only_the_given_length_is_read(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    /* An exact block of its own, so that a sanitizer sees one byte too many. */
    char *text = mem_memdup(scope, "[1234]garbage", 6);
    char *number = mem_memdup(scope, "1234", 4);
    struct json *node = NULL;

    (void)state;
    assert_int_equal(json_parse(scope, text, 6, &node, NULL), FERRY_OK);
    assert_int_equal(json_size(node), 1);
    assert_int_equal(json_parse(scope, number, 4, &node, NULL), FERRY_OK);
    assert_true(json_is_number(node));
    assert_int_equal(json_parse(scope, text, 5, &node, NULL), FERRY_E_PROTOCOL);
}

static void escaped_nul_is_refused_and_its_look_alikes_are_not(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    /* cJSON would end the string there and drop what follows. */
    assert_refused("{\"a\":\"b\\u0000c\"}", 15, "a NUL at byte 7");
    assert_refused("[\"\\\\\\u0000\"]", 12, "a NUL");
    assert_string_equal(json_text(parsed(scope, "\"\\\\u0000\"")), "\\u0000");
    assert_string_equal(json_text(parsed(scope, "\"\\u0041\"")), "A");
}

static void bad_utf8_is_refused(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_refused("\"\xff\"", 3, "no UTF-8 at byte 1");
    assert_refused("\"\xc3\"", 3, "no UTF-8");
    assert_refused("\"\\\xc3\"", 4, "no UTF-8");
    assert_string_equal(json_text(parsed(scope, "\"\xc3\xa9\\u00e9\\ud83d\\udea2\"")),
                        "\xc3\xa9\xc3\xa9\xf0\x9f\x9a\xa2");
}

static char *nested(const void *ctx, int depth, const char *inside)
{
    char *text = mem_strdup(ctx, inside);

    for (int level = 0; level < depth; level++)
        text = mem_printf(ctx, level % 2 ? "{\"a\":%s}" : "[%s]", text);
    return text;
}

static void nesting_is_allowed_up_to_the_limit_and_refused_beyond(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *bomb = mem_array(scope, char, 1000000);
    char *deep = nested(scope, JSON_DEPTH_MAX + 1, "");

    (void)state;
    assert_non_null(parsed(scope, nested(scope, JSON_DEPTH_MAX, "1")));
    assert_refused(deep, strlen(deep), "deeper than 64 levels");
    memset(bomb, '[', 1000000);
    assert_refused(bomb, 1000000, "deeper than 64 levels");
}

static void brackets_in_strings_are_no_nesting(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *text = mem_array(scope, char, 1003);

    (void)state;
    memset(text, '[', 1002);
    memcpy(text, "\"\\\"", 3);
    text[1001] = '"';
    assert_int_equal(strlen(json_text(parsed(scope, text))), 999);
}

static void hundred_thousand_items_are_walked_step_by_step(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *list = json_array(scope);
    const struct json *item;
    int64_t sum = 0;

    (void)state;
    for (int number = 0; number < 100000; number++)
        json_set_int(json_push_object(list), "n", number);
    for (item = json_first(list); item != NULL; item = json_next(item))
        sum += json_int64_or(item, "n", 0);
    assert_true(sum == INT64_C(4999950000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_by_their_path),
        cmocka_unit_test(names_are_case_sensitive_and_matched_whole),
        cmocka_unit_test(null_nodes_read_as_not_there),
        cmocka_unit_test(lists_and_objects_are_walked_in_their_order),
        cmocka_unit_test(every_node_knows_its_type),
        cmocka_unit_test(required_values_name_the_path_that_is_wrong),
        cmocka_unit_test(optional_values_fall_back_when_absent_null_or_of_another_type),
        cmocka_unit_test(integers_that_a_double_may_have_rounded_are_refused),
        cmocka_unit_test(broken_documents_are_refused),
        cmocka_unit_test(trailing_bytes_are_refused_but_blanks_are_not),
        cmocka_unit_test(only_the_given_length_is_read),
        cmocka_unit_test(escaped_nul_is_refused_and_its_look_alikes_are_not),
        cmocka_unit_test(bad_utf8_is_refused),
        cmocka_unit_test(nesting_is_allowed_up_to_the_limit_and_refused_beyond),
        cmocka_unit_test(brackets_in_strings_are_no_nesting),
        cmocka_unit_test(hundred_thousand_items_are_walked_step_by_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
