#include "ferry_test.h"

#include "base/attr.h"
#include "base/nearest.h"

static const char *const words[] = {"manager", "snapshot", "restore", "ca", "poll"};

static const char *nearest(const char *word)
{
    return nearest_word(word, words, FERRY_COUNT(words));
}

static void one_slip_of_each_kind_finds_the_word(void **state)
{
    (void)state;
    assert_string_equal(nearest("manager"), "manager");
    assert_string_equal(nearest("managr"), "manager");
    assert_string_equal(nearest("mannager"), "manager");
    assert_string_equal(nearest("manajer"), "manager");
    assert_string_equal(nearest("mangaer"), "manager");
    assert_string_equal(nearest("cas"), "ca");
}

static void swapped_neighbours_count_as_one_slip(void **state)
{
    (void)state;
    assert_string_equal(nearest("plol"), "poll");
}

static void third_of_the_letters_may_be_wrong_and_no_more(void **state)
{
    (void)state;
    assert_string_equal(nearest("mxnxger"), "manager");
    assert_null(nearest("mxnxgxr"));
    assert_null(nearest("pxlx"));
    assert_null(nearest("entirely else"));
}

static void nearer_word_wins_and_the_first_among_equals(void **state)
{
    static const char *const close[] = {"stop-before", "stop-after", "stop"};
    static const char *const equal[] = {"cat", "car"};

    (void)state;
    assert_string_equal(nearest_word("stop-aftr", close, 3), "stop-after");
    assert_string_equal(nearest_word("cab", equal, 2), "cat");
}

static void a_beginning_counts_when_nothing_is_near(void **state)
{
    static const char *const options[] = {"password-file", "print-timer", "profile", "pass"};

    (void)state;
    assert_string_equal(nearest("snap"), "snapshot");
    assert_null(nearest("sn"));
    assert_null(nearest("hot"));
    assert_string_equal(nearest_word("passw", options, 4), "pass"); /* nearer */
    assert_string_equal(nearest_word("passwo", options, 4), "password-file");
}

static void overlong_words_are_near_to_nothing(void **state)
{
    static const char longest[] = "123456789012345678901234567890123456789012345678901234567890123";
    static const char longer[] = "1234567890123456789012345678901234567890123456789012345678901234";
    const char *one[] = {longest};
    const char *two[] = {longer};

    (void)state;
    assert_ptr_equal(nearest_word(longest, one, 1), longest);
    assert_null(nearest_word(longer, one, 1));
    assert_null(nearest_word(longest, two, 1));
    assert_null(nearest_word("x", NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_slip_of_each_kind_finds_the_word),
        cmocka_unit_test(swapped_neighbours_count_as_one_slip),
        cmocka_unit_test(third_of_the_letters_may_be_wrong_and_no_more),
        cmocka_unit_test(nearer_word_wins_and_the_first_among_equals),
        cmocka_unit_test(a_beginning_counts_when_nothing_is_near),
        cmocka_unit_test(overlong_words_are_near_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
