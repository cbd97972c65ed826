#include "ferry_test.h"

#include "base/utf8.h"

#include "base/attr.h"

static size_t sequence(const char *text)
{
    return utf8_sequence(text, strlen(text));
}

static void whole_characters_tell_their_size(void **state)
{
    (void)state;
    assert_int_equal(sequence("a"), 1);
    assert_int_equal(sequence("\xc3\xa9"), 2);
    assert_int_equal(sequence("\xe2\x82\xac!"), 3);
    assert_int_equal(sequence("\xf0\x9f\x9a\xa2"), 4);
    assert_int_equal(sequence("\xf4\x8f\xbf\xbf"), 4); /* U+10FFFF */
    assert_int_equal(sequence("\xed\x9f\xbf"), 3);     /* U+D7FF */
    assert_int_equal(utf8_sequence("", 1), 1);
}

static void what_is_no_utf8_has_no_size(void **state)
{
    static const char *const bad[] = {
        "\x80",             /* a continuation first */
        "\xc0\x80",         /* overlong NUL */
        "\xc1\xbf",         /* overlong */
        "\xe0\x9f\xbf",     /* overlong */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",     /* surrogate */
        "\xf4\x90\x80\x80", /* over U+10FFFF */
        "\xf5\x80\x80\x80",
        "\xff",
        "\xc3",
        "\xc3(",
        "\xe2\x82",
        "\xe2(\xac",
        "\xf0\x9f\x9a",
    };

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(bad); at++)
        assert_int_equal(sequence(bad[at]), 0);
    assert_int_equal(utf8_sequence("x", 0), 0);
}

static void half_a_character_at_the_end_does_not_count(void **state)
{
    (void)state;
    assert_int_equal(utf8_whole("ab", 2), 2);
    assert_int_equal(utf8_whole("", 0), 0);
    assert_int_equal(utf8_whole("a\xc3\xa9", 3), 3);
    assert_int_equal(utf8_whole("a\xc3", 2), 1);
    assert_int_equal(utf8_whole("a\xe2\x82", 3), 1);
    assert_int_equal(utf8_whole("a\xf0\x9f\x9a", 4), 1);
    assert_int_equal(utf8_whole("a\xf0\x9f\x9a\xa2", 5), 5);
    assert_int_equal(utf8_whole("\xf0", 1), 0);
}

static void what_is_no_utf8_becomes_question_marks(void **state)
{
    char text[] = "a\xc3\xa4\xff"
                  "b\0c\xe2\x82";

    (void)state;
    utf8_mend(text, sizeof text - 1);
    assert_string_equal(text, "a\xc3\xa4?b?c??");
    utf8_mend(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_characters_tell_their_size),
        cmocka_unit_test(what_is_no_utf8_has_no_size),
        cmocka_unit_test(half_a_character_at_the_end_does_not_count),
        cmocka_unit_test(what_is_no_utf8_becomes_question_marks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
