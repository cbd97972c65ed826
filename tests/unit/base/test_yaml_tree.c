#include "ferry_test.h"

#include <string.h>

#include "base/attr.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/yaml_tree.h"

static void assert_tree(const char *text, const char *json)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};
    struct json *tree = NULL;

    if (yaml_tree_parse(scope, text, strlen(text), &tree, &err) != FERRY_OK) {
        fail_msg("%s: %s", text, err.message);
    }
    assert_string_equal(json_print(scope, tree), json);
}

static void assert_refused(const char *text, size_t length, const char *message)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};
    struct json *tree = NULL;

    assert_int_equal(yaml_tree_parse(scope, text, length, &tree, &err), FERRY_E_CONFIG);
    if (strstr(err.message, message) == NULL) {
        fail_msg("'%s' is not in '%s'", message, err.message);
    }
    /* without a place for the error it is refused all the same */
    assert_int_equal(yaml_tree_parse(scope, text, length, &tree, NULL), FERRY_E_CONFIG);
}

static void scalars_stay_texts_but_for_three_words(void **state)
{
    (void)state;
    assert_tree("version: 1.10\nquoted: '2.0.0'\nnumber: 3\n",
                "{\"version\":\"1.10\",\"quoted\":\"2.0.0\",\"number\":\"3\"}");
    assert_tree(
        "{a: true, b: False, c: null, d: ~, e: , f: \"true\", g: ''}",
        "{\"a\":true,\"b\":false,\"c\":null,\"d\":null,\"e\":null,\"f\":\"true\",\"g\":\"\"}");
    assert_tree("[true, ~, x, [1], {k: v}]", "[true,null,\"x\",[\"1\"],{\"k\":\"v\"}]");
    assert_tree("alone", "\"alone\"");
    assert_tree("", "null");
    assert_tree("# nothing\n", "null");
}

static void anchors_are_followed(void **state)
{
    (void)state;
    assert_tree("a: &x {v: 1}\nb: *x\n", "{\"a\":{\"v\":\"1\"},\"b\":{\"v\":\"1\"}}");
}

static void what_is_no_yaml_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"a: [1,\n", "line 2, column 1: not valid YAML"},
        {"a: 1\na: 2\n", "line 2, column 1: a key is given twice"},
        {"? [a]\n: b\n", "line 1, column 3: a key must be a single word"},
        {"a: 1\n---\nb: 2\n", "more than one YAML document"},
        {"a: 1\n--- [\n", "not valid YAML"},
        {"a: *nowhere\n", "not valid YAML"},
        {"a: \"x\\0y\"\n", "a NUL in it"},
        {"a: &a [*a]\n", "too much, or too deep"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(bad); i++) {
        assert_refused(bad[i].text, strlen(bad[i].text), bad[i].message);
    }
}

static void a_small_text_cannot_stand_for_millions(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *text = mem_strdup(scope, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");

    (void)state;
    for (int i = 1; i < 9; i++) {
        text = mem_printf(scope, "%sa%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n",
                          text, i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    assert_refused(text, strlen(text), "too much");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_stay_texts_but_for_three_words),
        cmocka_unit_test(anchors_are_followed),
        cmocka_unit_test(what_is_no_yaml_is_refused_with_its_place),
        cmocka_unit_test(a_small_text_cannot_stand_for_millions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
