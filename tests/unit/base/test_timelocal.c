#include "ferry_test.h"

#include <time.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "base/timelocal.h"

static void in_zone(const char *zone)
{
    assert_int_equal(setenv("TZ", zone, 1), 0);
    tzset();
}

static void times_and_their_zones(void **state)
{
    static const struct {
        const char *zone, *text, *utc, *shown;
    } rows[] = {
        {"UTC", "2026-11-28T02:00:00Z", "2026-11-28T02:00:00.000Z", "2026-11-28T02:00:00+00:00"},
        {"UTC", "2026-11-28 02:00", "2026-11-28T02:00:00.000Z", "2026-11-28T02:00:00+00:00"},
        {"UTC", "2026-11-28 02:00 Z", "2026-11-28T02:00:00.000Z", "2026-11-28T02:00:00+00:00"},
        {"UTC", "2026-11-28T02:00:30.5+01:00", "2026-11-28T01:00:30.500Z",
         "2026-11-28T02:00:30+01:00"},
        {"UTC", "2026-11-28 02:00 -0530", "2026-11-28T07:30:00.000Z", "2026-11-28T02:00:00-05:30"},
        {"UTC", "2026-12-01T00:30+01", "2026-11-30T23:30:00.000Z", "2026-12-01T00:30:00+01:00"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-11-28 02:00", "2026-11-28T01:00:00.000Z",
         "2026-11-28T02:00:00+01:00"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01 02:00", "2026-07-01T00:00:00.000Z",
         "2026-07-01T02:00:00+02:00"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29 03:00", "2026-03-29T01:00:00.000Z",
         "2026-03-29T03:00:00+02:00"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25 02:30 +01:00", "2026-10-25T01:30:00.000Z",
         "2026-10-25T02:30:00+01:00"},
        {"<+0545>-5:45", "2026-12-31 23:59:59", "2026-12-31T18:14:59.000Z",
         "2026-12-31T23:59:59+05:45"},
        {"EST5EDT,M3.2.0,M11.1.0", "2028-02-29 20:00", "2028-03-01T01:00:00.000Z",
         "2028-02-29T20:00:00-05:00"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct ferry_error err = {0};
        int64_t ms = 0;
        int offset = 99;

        in_zone(rows[i].zone);
        assert_int_equal(timelocal_parse(rows[i].text, &ms, &offset, &err), FERRY_OK);
        assert_string_equal(timefmt_utc(scope, ms), rows[i].utc);
        assert_string_equal(timelocal_format(scope, ms, offset), rows[i].shown);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "tomorrow",
                                      "2026-11-28",
                                      "2026-11-28 2:00",
                                      "2026-13-28 02:00",
                                      "2026-02-30 02:00",
                                      "2026-11-28 24:00",
                                      "2026-11-28 02:00 CET",
                                      "2026-11-28 02:00 +1",
                                      "2026-11-28 02:00 +01:0",
                                      "2026-11-28 02:00 +0100:",
                                      "2026-11-28 02:00 +24:00",
                                      "2026-11-28 02:00 +01:60",
                                      "2026-11-28 02:00 ++100",
                                      "2026-11-28 02:00:00:00",
                                      "2026-11-28 02:00 Zz"};

    (void)state;
    in_zone("UTC");
    for (size_t i = 0; i < FERRY_COUNT(bad); i++) {
        struct ferry_error err = {0};
        int64_t ms = 0;
        int offset;

        assert_int_equal(timelocal_parse(bad[i], &ms, &offset, &err), FERRY_E_USAGE);
        assert_non_null(strstr(err.message, "is no time"));
        assert_non_null(strstr(err.hint, "for example"));
    }
}

static void hours_that_are_not_there_or_there_twice(void **state)
{
    struct ferry_error err = {0};
    int64_t ms = 0;
    int offset;

    (void)state;
    in_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_int_equal(timelocal_parse("2026-03-29 02:30", &ms, &offset, &err), FERRY_E_USAGE);
    assert_non_null(strstr(err.message, "does not exist here"));
    assert_int_equal(timelocal_parse("2026-10-25 02:30", &ms, &offset, &err), FERRY_E_USAGE);
    assert_non_null(strstr(err.message, "is there twice"));
    assert_string_equal(err.hint,
                        "say which: 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_and_their_zones),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(hours_that_are_not_there_or_there_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
