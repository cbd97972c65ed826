#include "ferry_test.h"

#include "base/attr.h"
#include "base/calendar.h"
#include "base/timefmt.h"

static void is(enum calendar_period period, const char *at, bool local, const char *wanted)
{
    char text[CALENDAR_TEXT_SIZE];
    int64_t ms;

    assert_true(timefmt_parse_utc(at, &ms));
    calendar_text(period, ms, local, text);
    assert_string_equal(text, wanted);
}

static void periods_have_names_that_sort(void **state)
{
    (void)state;
    is(CALENDAR_DAY, "2026-11-22T23:59:59.999Z", false, "2026-11-22");
    is(CALENDAR_MONTH, "2026-11-22T15:06:06Z", false, "2026-11");
    is(CALENDAR_YEAR, "2026-11-22T15:06:06Z", false, "2026");
    is(CALENDAR_DAY, "1969-12-31T23:59:59.999Z", false, "1969-12-31");
    is(CALENDAR_DAY, "1970-01-01T00:00:00Z", false, "1970-01-01");
}

static void weeks_are_those_of_iso_8601(void **state)
{
    (void)state;
    is(CALENDAR_WEEK, "2026-11-22T23:59:59Z", false, "2026-W47"); /* a Sunday */
    is(CALENDAR_WEEK, "2026-11-23T00:00:00Z", false, "2026-W48");
    is(CALENDAR_WEEK, "2025-12-29T00:00:00Z", false, "2026-W01"); /* of the next year already */
    is(CALENDAR_WEEK, "2027-01-03T23:59:59Z", false, "2026-W53"); /* of the last year still */
    is(CALENDAR_WEEK, "2027-01-04T00:00:00Z", false, "2027-W01");
}

static void local_days_follow_the_clock_changes(void **state)
{
    (void)state;
    assert_int_equal(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
    is(CALENDAR_DAY, "2026-03-28T22:59:59Z", true, "2026-03-28");
    is(CALENDAR_DAY, "2026-03-28T23:00:00Z", true, "2026-03-29"); /* a day of 23 hours */
    is(CALENDAR_DAY, "2026-03-29T21:59:59Z", true, "2026-03-29");
    is(CALENDAR_DAY, "2026-03-29T22:00:00Z", true, "2026-03-30");
    is(CALENDAR_DAY, "2026-10-25T22:59:59Z", true, "2026-10-25"); /* a day of 25 hours */
    is(CALENDAR_DAY, "2026-10-25T23:00:00Z", true, "2026-10-26");
    is(CALENDAR_DAY, "2026-10-25T23:00:00Z", false, "2026-10-25");
    assert_int_equal(setenv("TZ", "UTC", 1), 0);
    is(CALENDAR_DAY, "2026-10-25T23:00:00Z", true, "2026-10-25");
}

static void a_moment_beyond_all_calendars_has_no_name(void **state)
{
    char text[CALENDAR_TEXT_SIZE] = "left";

    (void)state;
    calendar_text(CALENDAR_DAY, INT64_MAX, false, text); /* year 292 million: it has a name */
    assert_string_not_equal(text, "left");
    assert_true(strlen(text) < CALENDAR_TEXT_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(periods_have_names_that_sort),
        cmocka_unit_test(weeks_are_those_of_iso_8601),
        cmocka_unit_test(local_days_follow_the_clock_changes),
        cmocka_unit_test(a_moment_beyond_all_calendars_has_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
