/* Occurrences of execution schedules. What is expected was worked out with python-dateutil, which
   the managers use, by the managers' own way to make rules of rows. */
#include "ferry_test.h"

#include "base/mem.h"
#include "base/timefmt.h"
#include "cloudify/recurrence.h"

#define BUDGET 2000000

struct row {
    const char *rule, *since, *until, *after, *at; /* at: NULL: never */
};

static void check(const struct row *row)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t since = 0, until = 0, after = 0, at = 0, budget = BUDGET;
    const char *why = NULL;
    struct recurrence *rule;
    enum recurrence_answer answer;

    assert_true(timefmt_parse_utc(row->since, &since));
    assert_true(row->until == NULL || timefmt_parse_utc(row->until, &until));
    assert_true(timefmt_parse_utc(row->after, &after));
    rule = recurrence_parse(scope, row->rule, since, until, &why);
    assert_non_null(rule);
    answer = recurrence_after(rule, after, &budget, &at);
    if (row->at == NULL) {
        assert_int_equal(answer, RECURRENCE_NEVER);
        return;
    }
    assert_int_equal(answer, RECURRENCE_AT);
    assert_string_equal(mem_printf(scope, "%.19s", timefmt_utc(scope, at)), row->at);
    assert_true(budget < BUDGET);
}

static void occurrences_are_those_of_the_managers(void **state)
{
    static const struct row rows[] = {
        {"{\"recurrence\": null, \"count\": 1, \"weekdays\": null}", "2026-11-22 16:32:44", NULL,
         "2026-11-22 16:32:43", "2026-11-22T16:32:44"},
        {"{\"recurrence\": null, \"count\": 1, \"weekdays\": null}", "2026-11-22 16:32:44", NULL,
         "2026-11-22 16:32:44", NULL},
        {"{\"recurrence\": \"1 hours\", \"count\": null, \"weekdays\": null}",
         "2026-11-22 15:17:44", NULL, "2026-11-22 15:17:43", "2026-11-22T15:17:44"},
        {"{\"recurrence\": \"1 hours\", \"count\": null, \"weekdays\": null}",
         "2026-11-22 15:17:44", NULL, "2026-11-28 02:00:00", "2026-11-28T02:17:44"},
        {"{\"recurrence\": \"1 days\"}", "2026-11-23 14:32:44", NULL, "2026-11-30 14:32:44",
         "2026-12-01T14:32:44"},
        {"{\"recurrence\": \"1 days\"}", "2026-11-23 14:32:44", NULL, "2026-12-31 23:59:59",
         "2027-01-01T14:32:44"},
        {"{\"recurrence\": \"2 weeks\"}", "2024-02-29 12:00:00", "2026-12-01 00:00:00",
         "2026-11-19 12:00:00", NULL},
        {"{\"recurrence\": \"2 weeks\"}", "2024-02-29 12:00:00", "2026-12-01 00:00:00",
         "2026-11-01 00:00:00", "2026-11-05T12:00:00"},
        {"{\"recurrence\": \"1 months\"}", "2026-01-31 23:30:00", NULL, "2026-01-31 23:30:00",
         "2026-03-31T23:30:00"},
        {"{\"recurrence\": \"1 months\"}", "2026-01-31 23:30:00", NULL, "2026-04-01 00:00:00",
         "2026-05-31T23:30:00"},
        {"{\"recurrence\": \"1 months\"}", "2026-01-31 23:30:00", NULL, "2027-12-31 23:30:00",
         "2028-01-31T23:30:00"},
        {"{\"recurrence\": \"1mo\"}", "2026-01-30 08:00:00", NULL, "2026-02-01 00:00:00",
         "2026-03-30T08:00:00"},
        {"{\"recurrence\": \"1 years\"}", "2024-02-29 12:00:00", NULL, "2024-02-29 12:00:00",
         "2028-02-29T12:00:00"},
        {"{\"recurrence\": \"1 years\"}", "2024-02-29 12:00:00", NULL, "2095-01-01 00:00:00",
         "2096-02-29T12:00:00"},
        {"{\"recurrence\": \"90 minutes\"}", "2026-11-27 23:10:00", NULL, "2026-11-28 01:00:00",
         "2026-11-28T02:10:00"},
        {"{\"recurrence\": \"15 min\"}", "2019-01-01 00:07:00", NULL, "2026-11-28 02:07:00",
         "2026-11-28T02:22:00"},
        {"{\"recurrence\": \"30 sec\"}", "2019-01-01 00:00:10", NULL, "2026-11-28 02:00:10",
         "2026-11-28T02:00:40"},
        {"{\"recurrence\": \"1 days\", \"count\": 3}", "2026-11-26 03:00:00", NULL,
         "2026-11-27 03:00:00", "2026-11-28T03:00:00"},
        {"{\"recurrence\": \"1 days\", \"count\": 3}", "2026-11-26 03:00:00", NULL,
         "2026-11-28 03:00:00", NULL},
        {"{\"recurrence\": \"2 weeks\", \"count\": 5, \"weekdays\": [\"SU\", \"MO\", \"TH\"]}",
         "2026-11-27 06:00:00", NULL, "2026-11-27 06:00:00", "2026-11-29T06:00:00"},
        {"{\"recurrence\": \"2 weeks\", \"count\": 5, \"weekdays\": [\"SU\", \"MO\", \"TH\"]}",
         "2026-11-27 06:00:00", NULL, "2026-12-13 06:00:00", "2026-12-21T06:00:00"},
        {"{\"recurrence\": \"2 weeks\", \"count\": 5, \"weekdays\": [\"SU\", \"MO\", \"TH\"]}",
         "2026-11-27 06:00:00", NULL, "2026-12-24 06:00:00", NULL},
        {"{\"recurrence\": \"2 weeks\", \"count\": 5, \"weekdays\": [\"SU\", \"MO\", \"TH\"]}",
         "2026-11-27 06:00:00", NULL, "2026-12-27 06:00:00", NULL},
        {"{\"recurrence\": \"1 months\", \"weekdays\": [\"1SU\", \"L-FR\"]}", "2026-11-01 04:00:00",
         NULL, "2026-11-01 04:00:00", "2026-11-27T04:00:00"},
        {"{\"recurrence\": \"1 months\", \"weekdays\": [\"1SU\", \"L-FR\"]}", "2026-11-01 04:00:00",
         NULL, "2026-11-27 04:00:00", "2026-12-06T04:00:00"},
        {"{\"recurrence\": \"1 days\", \"weekdays\": [\"SA\"]}", "2026-11-26 22:00:00",
         "2026-11-28 21:59:59", "2026-11-26 23:00:00", NULL},
        {"{\"rrule\": \"RRULE:FREQ=DAILY;INTERVAL=3\"}", "2026-11-26 10:00:00", NULL,
         "2026-11-28 02:00:00", "2026-11-29T10:00:00"},
        {"{\"rrule\": \"FREQ=MONTHLY;BYDAY=-1FR;COUNT=2\"}", "2026-11-01 10:00:00", NULL,
         "2026-11-28 00:00:00", "2026-12-25T10:00:00"},
        {"{\"rrule\": \"FREQ=MONTHLY;BYDAY=-1FR;COUNT=2\"}", "2026-11-01 10:00:00", NULL,
         "2026-12-25 10:00:00", NULL},
        {"{\"rrule\": \"FREQ=WEEKLY;BYDAY=MO,WE;BYHOUR=2,14;WKST=SU;INTERVAL=2\"}",
         "2026-11-25 10:30:00", NULL, "2026-11-25 14:30:00", "2026-12-07T02:30:00"},
        {"{\"rrule\": \"FREQ=MONTHLY;BYMONTHDAY=-1\"}", "2024-01-15 00:00:00", NULL,
         "2024-02-01 00:00:00", "2024-02-29T00:00:00"},
        {"{\"rrule\": \"FREQ=DAILY;UNTIL=20261201T000000\"}", "2026-11-26 10:00:00",
         "2027-01-01 00:00:00", "2026-11-29 10:00:00", "2026-11-30T10:00:00"},
        {"{\"rrule\": \"FREQ=DAILY;UNTIL=20261201T000000\"}", "2026-11-26 10:00:00",
         "2027-01-01 00:00:00", "2026-11-30 10:00:00", NULL},
        {"{\"rrule\": \"freq=yearly;bymonth=2;bymonthday=29\"}", "2026-01-01 05:00:00", NULL,
         "2026-11-28 00:00:00", "2028-02-29T05:00:00"},
        {"{\"rrule\": \"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1\"}", "2026-11-01 18:00:00",
         NULL, "2026-11-30 18:00:00", "2026-12-31T18:00:00"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(rows); i++) {
        check(&rows[i]);
    }
}

static void what_is_not_understood_is_said(void **state)
{
    static const char *const bad[] = {
        "{}",
        "[]",
        "nonsense",
        "{\"recurrence\": \"sometimes\"}",
        "{\"recurrence\": \"0 days\"}",
        "{\"recurrence\": \"99999999999999999999 days\"}",
        "{\"count\": 2}",
        "{\"count\": 1, \"weekdays\": [\"MO\"]}", /* a manager would search for ever */
        "{\"recurrence\": \"1 day\", \"weekdays\": [\"XX\"]}",
        "{\"recurrence\": \"1 day\", \"weekdays\": [1]}",
        "{\"rrule\": \"INTERVAL=2\"}",
        "{\"rrule\": \"FREQ=DAILY;BYWEEKNO=1\"}",
        "{\"rrule\": \"FREQ=DAILY;BYHOUR=24\"}",
        "{\"rrule\": \"FREQ=DAILY;BYHOUR\"}",
        "{\"rrule\": \"FREQ=DAILY;BYMONTHDAY=0\"}",
        "{\"rrule\": \"FREQ=DAILY;BYSETPOS=0\"}",
        "{\"rrule\": \"FREQ=DAILY;COUNT=-1\"}",
        "{\"rrule\": \"FREQ=OFTEN\"}",
        "{\"rrule\": \"FREQ=DAILY;UNTIL=2026\"}",
        "{\"rrule\": \"FREQ=DAILY;WKST=XX\"}",
        "{\"rrule\": \"FREQ=DAILY\\nEXDATE:20260101\"}"};
    const char *why = NULL;

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(bad); i++) {
        assert_null(recurrence_parse(NULL, bad[i], 0, 0, &why));
        assert_non_null(why);
    }
    assert_null(recurrence_parse(NULL, NULL, 0, 0, &why));
}

static void a_hostile_rule_ends_with_its_budget(void **state)
{
    static const char *const hostile[] = {
        "{\"rrule\": \"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31\"}",
        "{\"rrule\": \"FREQ=SECONDLY;COUNT=2000000000\"}",
        "{\"rrule\": \"FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30\"}",
        "{\"recurrence\": \"1 seconds\", \"count\": 2000000000, \"weekdays\": [\"MO\", \"TU\"]}"};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(hostile); i++) {
        int64_t budget = 100000, at = 0, far = INT64_C(253000000000000);
        const char *why = NULL;
        struct recurrence *rule = recurrence_parse(NULL, hostile[i], 1000, 0, &why);

        assert_non_null(rule);
        assert_int_equal(recurrence_after(rule, far / 2, &budget, &at), RECURRENCE_UNKNOWN);
        assert_true(budget < 0);
        mem_free(rule);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(occurrences_are_those_of_the_managers),
        cmocka_unit_test(what_is_not_understood_is_said),
        cmocka_unit_test(a_hostile_rule_ends_with_its_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
