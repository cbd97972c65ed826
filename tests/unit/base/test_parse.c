#include "ferry_test.h"

#include "base/attr.h"
#include "base/parse.h"

static void integers_in_range_are_read(void **state)
{
    int64_t value = 0;

    (void)state;
    assert_true(parse_int64("0", 0, 10, &value));
    assert_int_equal(value, 0);
    assert_true(parse_int64("-5", -5, 10, &value));
    assert_int_equal(value, -5);
    assert_true(parse_int64("007", 0, 10, &value));
    assert_int_equal(value, 7);
    assert_true(parse_int64("9223372036854775807", INT64_MIN, INT64_MAX, &value));
    assert_true(value == INT64_MAX);
    assert_true(parse_int64("-9223372036854775808", INT64_MIN, INT64_MAX, &value));
    assert_true(value == INT64_MIN);
}

static void bad_integers_are_refused_and_leave_the_target_alone(void **state)
{
    static const char *const bad[] = {"",    " 1",  "1 ",   "+1", "-",
                                      "--1", "1.0", "0x10", "a",  "9223372036854775808",
                                      "11",  "-1",  "1e1"};
    int64_t value = 42;

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(bad); at++)
        assert_false(parse_int64(bad[at], 0, 10, &value));
    assert_false(parse_int64(NULL, 0, 10, &value));
    assert_false(parse_int64("9223372036854775808", INT64_MIN, INT64_MAX, &value));
    assert_int_equal(value, 42);
}

static void decimal_numbers_in_range_are_read(void **state)
{
    double value = 0;

    (void)state;
    assert_true(parse_double("0.25", 0, 1, &value));
    assert_true(value == 0.25);
    assert_true(parse_double("-1e3", -2000, 0, &value));
    assert_true(value == -1000);
    assert_true(parse_double(".5", 0, 1, &value));
    assert_true(value == 0.5);
}

static void bad_decimal_numbers_are_refused_and_leave_the_target_alone(void **state)
{
    static const char *const bad[] = {"",      "nan", "inf", "0x1p3", " 1",   "1 ",  "+1",
                                      "1e999", "1,5", "-",   ".",     "1.5x", "101", "-0.5"};
    double value = 42;

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(bad); at++)
        assert_false(parse_double(bad[at], 0, 100, &value));
    assert_false(parse_double(NULL, 0, 100, &value));
    assert_true(value == 42);
}

static void durations_have_five_units(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"500ms", 500},   {"5s", 5000}, {"30m", 1800000}, {"4h", 14400000},
        {"1d", 86400000}, {"0s", 0},    {"010s", 10000},  {"9223372036854775807ms", INT64_MAX}};
    int64_t value = -1;

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        assert_true(parse_duration_ms(rows[at].text, &value));
        assert_true(value == rows[at].ms);
    }
}

static void duration_without_unit_or_with_odd_text_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "5",
                                      "s",
                                      "-5s",
                                      "+5s",
                                      " 5s",
                                      "5 s",
                                      "5s ",
                                      "5S",
                                      "1.5h",
                                      "5min",
                                      "5sec",
                                      "1h30m",
                                      "0x5s",
                                      "ms",
                                      "106751991168d",
                                      "9223372036854775808ms"};
    int64_t value = 42;

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(bad); at++)
        assert_false(parse_duration_ms(bad[at], &value));
    assert_false(parse_duration_ms(NULL, &value));
    assert_int_equal(value, 42);
}

static void truth_has_four_words_and_their_opposites(void **state)
{
    static const char *const yes[] = {"true", "yes", "on", "1", "True", "YES"};
    static const char *const no[] = {"false", "no", "off", "0", "False", "NO"};
    static const char *const bad[] = {"", "y", "2", " true", "truex", "01"};
    bool value = false;

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(yes); at++) {
        value = false;
        assert_true(parse_bool(yes[at], &value));
        assert_true(value);
        assert_true(parse_bool(no[at], &value));
        assert_false(value);
        value = true;
        assert_false(parse_bool(bad[at], &value));
        assert_true(value);
    }
    assert_false(parse_bool(NULL, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_in_range_are_read),
        cmocka_unit_test(bad_integers_are_refused_and_leave_the_target_alone),
        cmocka_unit_test(decimal_numbers_in_range_are_read),
        cmocka_unit_test(bad_decimal_numbers_are_refused_and_leave_the_target_alone),
        cmocka_unit_test(durations_have_five_units),
        cmocka_unit_test(duration_without_unit_or_with_odd_text_is_refused),
        cmocka_unit_test(truth_has_four_words_and_their_opposites),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
