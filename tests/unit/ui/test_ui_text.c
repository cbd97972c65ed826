/* Text for a terminal. */
#include "ferry_test.h"

#include "base/mem.h"
#include "ui/text.h"

static void nothing_that_a_terminal_obeys_comes_through(void **state)
{
    static const char *const rows[][2] = {
        {"plain", "plain"},
        {"\033[31mred\007", "?[31mred?"},
        {"a\nb\tc", "a b c"},
        {"\xc2\x9b"
         "31m",
         "?31m"}, /* CSI of C1 */
        {"\xff\xfe", "??"},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {"\xe2\x80\xae"
         "abc",
         "?abc"}, /* right-to-left override */
    };

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        assert_string_equal(ui_safe(scope, rows[at][0]), rows[at][1]);
    }
    {
        char *none = ui_safe(NULL, NULL);

        assert_string_equal(none, "");
        mem_free(none);
    }
}

static void columns_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(ui_width("abc"), 3);
    assert_int_equal(ui_width("gr\xc3\xbc\xc3\x9f"), 4);
    assert_int_equal(ui_width("\xe4\xb8\xad\xe6\x96\x87"), 4); /* two wide characters */
    assert_int_equal(ui_width("e\xcc\x81"), 1);                /* a combining accent */
}

static void a_cut_text_fits_and_says_so(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
        const char *cut;
    } rows[] = {
        {"abcdef", 6, "abcdef"}, {"abcdefg", 6, "abc..."},
        {"abcdef", 3, "abc"},    {"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc", 4, "\xc3\xbc..."},
        {"abc", 0, ""},
    };

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        assert_string_equal(ui_cut(scope, rows[at].text, rows[at].columns), rows[at].cut);
    }
}

static void lines_break_at_spaces(void **state)
{
    static const struct {
        const char *text;
        size_t columns;
        const char *wrapped;
    } rows[] = {
        {"one two three", 8, "one two\nthree"},
        {"one two three", 7, "one two\nthree"},
        {"one   two", 4, "one\ntwo"},
        {"abcdefgh ij", 4, "abcd\nefgh\nij"},
        {"one two", 0, "one two"},
        {"", 5, ""},
        {"one ", 5, "one"},
        {"\xe4\xb8\xad\xe6\x96\x87", 1, "\xe4\xb8\xad\n\xe6\x96\x87"}, /* never half a character */
    };

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        assert_string_equal(ui_wrap(scope, rows[at].text, rows[at].columns), rows[at].wrapped);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_a_terminal_obeys_comes_through),
        cmocka_unit_test(columns_are_counted_not_bytes),
        cmocka_unit_test(a_cut_text_fits_and_says_so),
        cmocka_unit_test(lines_break_at_spaces),
    };

    return cmocka_run_group_tests_name("ui: text", tests, NULL, NULL);
}
