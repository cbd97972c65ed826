#include "ferry_test.h"

#include "base/attr.h"
#include "base/mem.h"
#include "base/timefmt.h"

#define NOON_MS INT64_C(1795359966291) /* 2026-11-22T15:06:06.291Z */

struct row {
    const char *text;
    int64_t ms;
};

static const struct row utc_rows[] = {
    {"1970-01-01T00:00:00.000Z", 0},
    {"2026-11-22T15:06:06.291Z", NOON_MS},
    {"2024-02-29T00:00:00.000Z", INT64_C(1709164800000)},
    {"2100-03-01T00:00:00.000Z", INT64_C(4107542400000)},
    {"2000-02-29T12:00:00.000Z", INT64_C(951825600000)},
    {"1969-12-31T23:59:59.999Z", -1},
    {"0001-01-01T00:00:00.000Z", INT64_C(-62135596800000)},
    {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
};

static void utc_text_is_written_and_read_back(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(utc_rows); at++) {
        int64_t ms;

        assert_string_equal(timefmt_utc(scope, utc_rows[at].ms), utc_rows[at].text);
        assert_int_equal(strlen(utc_rows[at].text) + 1, TIMEFMT_UTC_SIZE);
        assert_true(timefmt_parse_utc(utc_rows[at].text, &ms));
        assert_true(ms == utc_rows[at].ms);
    }
}

static void every_day_of_four_centuries_survives_the_round_trip(void **state)
{
    (void)state;
    for (int64_t day = -73000; day < 73100; day++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        int64_t ms;

        assert_true(timefmt_parse_utc(timefmt_utc(scope, day * 86400000 + 1), &ms));
        assert_true(ms == day * 86400000 + 1);
    }
}

static void times_that_have_no_four_digit_year_stop_at_the_ends(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_string_equal(timefmt_utc(scope, INT64_MAX), "9999-12-31T23:59:59.999Z");
    assert_string_equal(timefmt_utc(scope, INT64_MIN), "0000-01-01T00:00:00.000Z");
}

static void forms_of_the_manager_and_offsets_are_read(void **state)
{
    static const struct row rows[] = {
        {"2026-11-22 15:06:06.291", NOON_MS},
        {"2026-11-22 15:06:06.291Z", NOON_MS},
        {"2026-11-22t15:06:06.291z", NOON_MS},
        {"2026-11-22T15:06:06.291987654", NOON_MS},
        {"2026-11-22T15:06:06.2910000000000000000000", NOON_MS},
        {"2026-11-22T15:06:06Z", NOON_MS - 291},
        {"2026-11-22T15:06:06.3", NOON_MS + 9},
        {"2026-11-22T17:06:06.291+02:00", NOON_MS},
        {"2026-11-22T10:36:06.291-0430", NOON_MS},
        {"2026-11-22T16:06:06.291+01", NOON_MS},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
    };

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        int64_t ms = -1;

        assert_true(timefmt_parse_utc(rows[at].text, &ms));
        assert_true(ms == rows[at].ms);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "2026-11-22",
        "2026-11-22T15:06",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-11-00T00:00:00Z",
        "2026-11-31T00:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T15:60:00Z",
        "2026-11-22T15:06:61Z",
        "2026-11-22T15:06:06.Z",
        "2026-11-22T15:06:06 Z",
        "2026-11-22T15:06:06Zx",
        "2026-11-22T15:06:06+2",
        "2026-11-22T15:06:06+02:",
        "2026-11-22T15:06:06+24:00",
        "2026-11-22T15:06:06+00:60",
        " 2026-11-22T15:06:06Z",
        "2026-1-22T15:06:06Z",
        "20261122T150606Z",
        "-026-11-22T15:06:06Z",
    };
    int64_t ms = 42;

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(bad); at++)
        assert_false(timefmt_parse_utc(bad[at], &ms));
    assert_false(timefmt_parse_utc(NULL, &ms));
    assert_int_equal(ms, 42);
}

static void http_date_is_read(void **state)
{
    int64_t ms;

    (void)state;
    assert_true(timefmt_parse_http("Sun, 22 Nov 2026 15:19:59 GMT", &ms));
    assert_true(ms == INT64_C(1795360799000));
    /* The example of RFC 9110, 5.6.7 */
    assert_true(timefmt_parse_http("Sun, 06 Nov 1994 08:49:37 GMT", &ms));
    assert_true(ms == INT64_C(784111777000));
}

static void other_forms_of_http_dates_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Xyz, 06 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "120",
    };
    int64_t ms = 42;

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(bad); at++)
        assert_false(timefmt_parse_http(bad[at], &ms));
    assert_false(timefmt_parse_http(NULL, &ms));
    assert_int_equal(ms, 42);
}

static void durations_read_well_at_every_size(void **state)
{
    static const struct row rows[] = {
        {"0 ms", 0},
        {"850 ms", 850},
        {"999 ms", 999},
        {"1.0 s", 1000},
        {"4.2 s", 4299},
        {"59.9 s", 59999},
        {"1 min 00 s", 60000},
        {"3 min 05 s", 185999},
        {"59 min 59 s", 3599999},
        {"1 h 00 min", 3600000},
        {"2 h 14 min", 8040000},
        {"100 h 00 min", 360000000},
        {"-4.2 s", -4200},
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++)
        assert_string_equal(timefmt_duration(scope, rows[at].ms), rows[at].text);
    assert_non_null(timefmt_duration(scope, INT64_MIN));
}

static void sizes_read_well_at_every_size(void **state)
{
    static const struct row rows[] = {
        {"0 B", 0},
        {"512 B", 512},
        {"1023 B", 1023},
        {"1.0 KiB", 1024},
        {"1.4 MiB", 1500000},
        {"1023.9 MiB", 1073741823},
        {"2.0 GiB", INT64_C(2147483648)},
        {"1.0 TiB", INT64_C(1099511627776)},
        {"8191.9 PiB", INT64_MAX},
        {"-8192.0 PiB", INT64_MIN},
    };
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++)
        assert_string_equal(timefmt_bytes(scope, rows[at].ms), rows[at].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utc_text_is_written_and_read_back),
        cmocka_unit_test(every_day_of_four_centuries_survives_the_round_trip),
        cmocka_unit_test(times_that_have_no_four_digit_year_stop_at_the_ends),
        cmocka_unit_test(forms_of_the_manager_and_offsets_are_read),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(http_date_is_read),
        cmocka_unit_test(other_forms_of_http_dates_are_refused),
        cmocka_unit_test(durations_read_well_at_every_size),
        cmocka_unit_test(sizes_read_well_at_every_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
