#include "ferry_test.h"

#include "base/attr.h"
#include "base/json.h"
#include "base/mem.h"

static struct json *parsed(const void *ctx, const char *text)
{
    struct json *node = NULL;

    assert_int_equal(json_parse(ctx, text, strlen(text), &node, NULL), FERRY_OK);
    return node;
}

static void built_tree_prints_as_built(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *root = json_object(scope);
    struct json *list = json_set_array(root, "list");

    (void)state;
    json_push_string(list, "a");
    json_push_string(list, NULL);
    json_push_int(list, -3);
    json_set_int(json_push_object(list), "x", 1);
    json_push_int(json_push_array(list), 2);
    json_set_string(json_set_object(root, "o"), "k", "v");
    json_set_double(root, "d", 0.5);
    json_set_bool(root, "t", true);
    json_set_bool(root, "f", false);
    json_set_null(root, "z");
    json_set_string(root, "n", NULL);
    assert_string_equal(json_print(scope, root),
                        "{\"list\":[\"a\",null,-3,{\"x\":1},[2]],\"o\":{\"k\":\"v\"},\"d\":0.5,"
                        "\"t\":true,\"f\":false,\"z\":null,\"n\":null}");
}

static void existing_key_is_replaced_in_its_place(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *root = parsed(scope, "{\"a\":1,\"b\":2,\"A\":3}");

    (void)state;
    json_set_string(root, "a", "new");
    json_set_array(root, "A");
    assert_string_equal(json_print(scope, root), "{\"a\":\"new\",\"b\":2,\"A\":[]}");
}

static void value_and_key_may_come_from_what_is_replaced(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *root = parsed(scope, "{\"a\":\"text\",\"b\":{\"c\":{\"d\":1}}}");

    (void)state;
    json_set_string(root, json_key(json_get(root, "a")), json_text(json_get(root, "a")));
    json_set_json(root, "b", json_get(root, "b.c"));
    json_set_json(root, "all", root);
    assert_string_equal(
        json_print(scope, root),
        "{\"a\":\"text\",\"b\":{\"d\":1},\"all\":{\"a\":\"text\",\"b\":{\"d\":1}}}");
}

static void set_and_pushed_json_are_copies(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *part = parsed(scope, "{\"x\":1}");
    struct json *root = json_object(scope);
    struct json *list = json_set_array(root, "list");

    (void)state;
    json_set_json(root, "part", part);
    json_push_json(list, part);
    json_push_json(list, json_get(root, "part"));
    json_push_json(list, NULL);
    json_set_int(part, "x", 2);
    assert_string_equal(json_print(scope, root),
                        "{\"list\":[{\"x\":1},{\"x\":1},null],\"part\":{\"x\":1}}");
    assert_null(json_key(json_at(list, 1)));
}

static void copy_outlives_the_original(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    void *first = mem_scope(NULL);
    struct json *original = parsed(first, "{\"a\":[1,{\"b\":\"c\"}]}");
    struct json *copy = json_copy(scope, json_get(original, "a"));

    (void)state;
    mem_free(first);
    assert_null(json_key(copy));
    assert_string_equal(json_print(scope, copy), "[1,{\"b\":\"c\"}]");
    assert_true(json_is_null(json_copy(scope, NULL)));
}

static void removed_member_is_gone_and_an_absent_one_is_no_error(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *root = parsed(scope, "{\"a\":1,\"b\":{}}");

    (void)state;
    json_remove(root, "b");
    json_remove(root, "A");
    json_remove(root, "c");
    assert_string_equal(json_print(scope, root), "{\"a\":1}");
}

static void integers_of_64_bits_keep_every_digit(void **state)
{
    static const int64_t numbers[] = {0,
                                      -1,
                                      INT64_C(1732365900123),
                                      INT64_C(1000000000000000),
                                      INT64_C(9007199254740991),
                                      INT64_C(-9007199254740991),
                                      INT64_C(9007199254740992),
                                      INT64_C(9007199254740993),
                                      INT64_MAX,
                                      INT64_MIN};
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(numbers); at++) {
        struct json *root = json_object(scope);
        int64_t back = 0;

        json_set_int(root, "n", numbers[at]);
        assert_string_equal(json_print(scope, root),
                            mem_printf(scope, "{\"n\":%lld}", (long long)numbers[at]));
        assert_true(json_is_number(json_get(root, "n")));
        assert_int_equal(json_int64(root, "n", &back, NULL), FERRY_OK);
        assert_true(back == numbers[at]);
        assert_true(json_double_or(root, "n", 0.5) == (double)numbers[at]);
    }
}

/* The test cases of RFC 7396, appendix A, that have an object on both sides. */
static void merging_follows_rfc_7396(void **state)
{
    static const char *const rows[][3] = {
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
        {"{\"a\":1}", "{\"a\":{\"b\":null,\"c\":2}}", "{\"a\":{\"c\":2}}"},
        {"{\"a\":1}", "{}", "{\"a\":1}"},
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        struct json *target = parsed(scope, rows[at][0]);

        json_merge(target, parsed(scope, rows[at][1]));
        assert_string_equal(json_print(scope, target), rows[at][2]);
    }
}

static void patch_that_is_no_object_changes_nothing(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *target = parsed(scope, "{\"a\":1}");

    (void)state;
    json_merge(target, NULL);
    json_merge(target, parsed(scope, "[1]"));
    json_merge(target, parsed(scope, "null"));
    assert_string_equal(json_print(scope, target), "{\"a\":1}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_tree_prints_as_built),
        cmocka_unit_test(existing_key_is_replaced_in_its_place),
        cmocka_unit_test(value_and_key_may_come_from_what_is_replaced),
        cmocka_unit_test(set_and_pushed_json_are_copies),
        cmocka_unit_test(copy_outlives_the_original),
        cmocka_unit_test(removed_member_is_gone_and_an_absent_one_is_no_error),
        cmocka_unit_test(integers_of_64_bits_keep_every_digit),
        cmocka_unit_test(merging_follows_rfc_7396),
        cmocka_unit_test(patch_that_is_no_object_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
