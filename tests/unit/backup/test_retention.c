/* Retention by hand-made histories: what stays is written out, name by name. */
#include "ferry_test.h"

#include "backup/retention.h"
#include "base/attr.h"
#include "base/mem.h"
#include "base/timefmt.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define DAY_MS INT64_C(86400000)
#define MOST 64

struct history {
    struct retention_entry entries[MOST];
    struct retention_verdict verdicts[MOST];
    size_t count;
    void *scope;
    int64_t now_ms;
};

static int64_t at(const char *time)
{
    int64_t ms = 0;

    assert_true(timefmt_parse_utc(time, &ms));
    return ms;
}

static int set_up(void **state)
{
    struct history *history = mem_new(NULL, struct history);

    history->scope = history;
    *state = history;
    return 0;
}

static int tear_down(void **state)
{
    mem_free(*state);
    return setenv("TZ", "UTC", 1);
}

static struct retention_entry *add(struct history *history, const char *time)
{
    struct retention_entry *entry = &history->entries[history->count++];

    *entry = (struct retention_entry){
        .name = mem_printf(history->scope, "%s.zip", time),
        .manager = "https://prod",
        .taken_at_ms = at(time),
        .made_by_ferry = true,
        .proven = true,
    };
    return entry;
}

/* One at 02:30 of each of so many days. */
static void add_days(struct history *history, const char *first, int days)
{
    int64_t ms = at(first);

    for (int day = 0; day < days; day++) {
        add(history, timefmt_utc(history->scope, ms + day * DAY_MS));
    }
}

static void judge(struct history *history, const struct retention_policy *policy)
{
    retention_judge(history->scope, policy, history->entries, history->count, history->now_ms,
                    history->verdicts);
    for (size_t i = 0; i < history->count; i++) {
        assert_non_null(history->verdicts[i].why);
    }
}

/* The days ("01-02") that stay, in the order of the history. */
static const char *kept(const struct history *history)
{
    char *text = mem_strdup(history->scope, "");

    for (size_t i = 0; i < history->count; i++) {
        if (history->verdicts[i].keep) {
            text = mem_printf(history->scope, "%s%s%.5s", text, *text ? " " : "",
                              history->entries[i].name + 5);
        }
    }
    return text;
}

static const char *why(const struct history *history, const char *time)
{
    for (size_t i = 0; i < history->count; i++) {
        if (strncmp(history->entries[i].name, time, strlen(time)) == 0) {
            return history->verdicts[i].why;
        }
    }
    fail_msg("no backup of %s", time);
    return "";
}

static void a_week_over_the_end_of_a_year(void **state)
{
    struct history *history = *state;
    const struct retention_policy policy = {
        .daily = 3, .weekly = 2, .monthly = 2, .yearly = 2, .unproven_ms = DAY_MS};

    add_days(history, "2026-12-20T02:30:00Z", 16); /* Sunday 20th to Monday 4th of January */
    history->now_ms = at("2027-01-04T03:00:00Z");
    judge(history, &policy);
    assert_string_equal(kept(history), "12-31 01-02 01-03 01-04");
    assert_string_equal(why(history, "2027-01-04"),
                        "daily 1 of 3 (2027-01-04), weekly 1 of 2 (2027-W01), "
                        "monthly 1 of 2 (2027-01), yearly 1 of 2 (2027)");
    assert_string_equal(why(history, "2027-01-03"),
                        "daily 2 of 3 (2027-01-03), weekly 2 of 2 (2026-W53)");
    assert_string_equal(why(history, "2027-01-02"), "daily 3 of 3 (2027-01-02)");
    assert_string_equal(why(history, "2026-12-31"),
                        "monthly 2 of 2 (2026-12), yearly 2 of 2 (2026)");
    assert_string_equal(why(history, "2027-01-01"), "newer ones hold the slots");
}

static void days_without_a_backup_take_no_slot(void **state)
{
    struct history *history = *state;

    add_days(history, "2026-02-20T02:30:00Z", 3); /* 20th to 22nd */
    add_days(history, "2026-02-27T02:30:00Z", 1);
    add_days(history, "2026-03-02T02:30:00Z", 2);
    history->now_ms = at("2026-03-09T03:00:00Z"); /* nothing for six days */
    judge(history, &(struct retention_policy){.daily = 4});
    assert_string_equal(kept(history), "02-22 02-27 03-02 03-03");
}

static void the_newest_of_a_day_stands_for_it(void **state)
{
    struct history *history = *state;

    add(history, "2026-02-20T23:59:59Z");
    add(history, "2026-02-21T00:00:00Z");
    add(history, "2026-02-21T12:00:00Z");
    add(history, "2026-02-21T11:00:00Z");
    history->now_ms = at("2026-02-21T13:00:00Z");
    judge(history, &(struct retention_policy){.daily = 2});
    assert_string_equal(why(history, "2026-02-21T12"), "daily 1 of 2 (2026-02-21)");
    assert_string_equal(why(history, "2026-02-20"), "daily 2 of 2 (2026-02-20)");
    assert_false(history->verdicts[1].keep || history->verdicts[3].keep);
}

/* 01:30 and 23:30 Berlin time of the days around both clock changes. */
static void clock_changes_neither_join_nor_split_days(void **state)
{
    struct history *history = *state;
    const struct retention_policy local = {.daily = 3, .local_zone = true};

    assert_int_equal(setenv("TZ", BERLIN, 1), 0);
    add(history, "2026-10-23T23:30:00Z"); /* 24th 01:30 +2 */
    add(history, "2026-10-24T21:30:00Z"); /* 24th 23:30 +2 */
    add(history, "2026-10-24T23:30:00Z"); /* 25th 01:30 +2 */
    add(history, "2026-10-25T22:30:00Z"); /* 25th 23:30 +1, 23 hours later by the clock */
    add(history, "2026-10-26T00:30:00Z"); /* 26th 01:30 +1 */
    history->now_ms = at("2026-10-26T01:00:00Z");
    judge(history, &local);
    assert_string_equal(kept(history), "10-24 10-25 10-26");
    assert_string_equal(why(history, "2026-10-24T21"), "daily 3 of 3 (2026-10-24)");
    assert_string_equal(why(history, "2026-10-25T22"), "daily 2 of 3 (2026-10-25)");
    history->count = 0;
    add(history, "2026-03-28T00:30:00Z"); /* 28th 01:30 +1 */
    add(history, "2026-03-28T22:30:00Z"); /* 28th 23:30 +1 */
    add(history, "2026-03-29T00:30:00Z"); /* 29th 01:30 +1 */
    add(history, "2026-03-29T21:30:00Z"); /* 29th 23:30 +2 */
    add(history, "2026-03-29T22:30:00Z"); /* 30th 00:30 +2 */
    history->now_ms = at("2026-03-30T01:00:00Z");
    judge(history, &local);
    assert_string_equal(why(history, "2026-03-28T22"), "daily 3 of 3 (2026-03-28)");
    assert_string_equal(why(history, "2026-03-29T21"), "daily 2 of 3 (2026-03-29)");
    assert_string_equal(why(history, "2026-03-29T22"), "daily 1 of 3 (2026-03-30)");
    assert_false(history->verdicts[0].keep || history->verdicts[2].keep);
}

/* Where clocks go back over midnight, a day comes, goes and comes again; it has one slot. */
static void a_day_that_comes_twice_has_one_slot(void **state)
{
    struct history *history = *state;

    assert_int_equal(setenv("TZ", "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01", 1), 0);
    add(history, "2026-11-01T02:00:00Z"); /* 31st, 23:30 */
    add(history, "2026-11-01T02:30:30Z"); /* the 1st, 00:00:30 */
    add(history, "2026-11-01T03:00:00Z"); /* 31st again, 23:30 */
    add(history, "2026-11-01T04:00:00Z"); /* the 1st */
    history->now_ms = at("2026-11-01T05:00:00Z");
    judge(history, &(struct retention_policy){.daily = 4, .local_zone = true});
    assert_string_equal(why(history, "2026-11-01T04"), "daily 1 of 4 (2026-11-01)");
    assert_string_equal(why(history, "2026-11-01T03"), "daily 2 of 4 (2026-10-31)");
    assert_false(history->verdicts[0].keep || history->verdicts[1].keep);
}

static void what_is_not_proven_fills_no_slot_and_goes_late(void **state)
{
    struct history *history = *state;
    const struct retention_policy policy = {.daily = 2, .unproven_ms = 7 * DAY_MS};

    add_days(history, "2026-05-01T02:30:00Z", 12);
    history->entries[1].proven = false;  /* 2nd: older than seven days */
    history->entries[4].proven = false;  /* 5th: exactly seven days old */
    history->entries[5].proven = false;  /* 6th: not yet */
    history->entries[11].proven = false; /* 12th: newer than the newest proven one */
    history->now_ms = at("2026-05-12T02:30:00Z");
    judge(history, &policy);
    assert_string_equal(kept(history), "05-06 05-10 05-11 05-12");
    assert_string_equal(why(history, "2026-05-02"), "not proven, and a newer one is");
    assert_string_equal(why(history, "2026-05-12"), "not older than the newest proven one");
}

static void what_is_as_old_as_the_newest_proven_one_stays(void **state)
{
    struct history *history = *state;

    add(history, "2026-05-01T02:30:00Z");
    add(history, "2026-05-01T02:30:00Z")->proven = false;
    history->entries[1].name = "another.zip";
    history->now_ms = at("2026-06-01T02:30:00Z");
    judge(history, &(struct retention_policy){.daily = 1});
    assert_true(history->verdicts[0].keep && history->verdicts[1].keep);
}

static void without_a_proven_one_nothing_goes(void **state)
{
    struct history *history = *state;

    add_days(history, "2026-05-01T02:30:00Z", 3);
    for (size_t i = 0; i < 3; i++) {
        history->entries[i].proven = false;
    }
    history->now_ms = at("2027-05-12T02:30:00Z");
    judge(history, &(struct retention_policy){.daily = 1});
    assert_string_equal(kept(history), "05-01 05-02 05-03");
}

static void the_last_proven_one_stays_however_old(void **state)
{
    struct history *history = *state;

    add(history, "1971-05-01T02:30:00Z");
    add(history, "1971-05-02T02:30:00Z")->proven = false;
    history->now_ms = at("2027-05-12T02:30:00Z");
    judge(history, &(struct retention_policy){.daily = 1});
    assert_string_equal(kept(history), "05-01 05-02");
}

static void strangers_and_other_managers_are_left_alone(void **state)
{
    struct history *history = *state;
    struct retention_policy policy = {.daily = 1, .manager = "https://prod"};

    add_days(history, "2026-05-01T02:30:00Z", 6);
    history->entries[0].made_by_ferry = false;
    history->entries[0].manager = NULL;
    history->entries[1].manager = "https://test";
    history->entries[2].manager = "https://test";
    history->now_ms = at("2026-05-06T02:30:00Z");
    judge(history, &policy);
    assert_string_equal(kept(history), "05-01 05-02 05-03 05-06");
    assert_string_equal(why(history, "2026-05-01"), "not made by ferry");
    assert_string_equal(why(history, "2026-05-02"), "of another manager");
    policy.manager = NULL; /* for all: each has slots of its own */
    judge(history, &policy);
    assert_string_equal(kept(history), "05-01 05-03 05-06");
}

/* It is the way back from that upgrade, whatever a nightly backup makes of the same folder. */
static void what_an_upgrade_began_with_stays(void **state)
{
    struct history *history = *state;

    add_days(history, "2026-05-01T02:30:00Z", 4);
    history->entries[1].of_upgrade = true;
    history->now_ms = at("2026-05-04T02:30:00Z");
    judge(history, &(struct retention_policy){.daily = 2});
    assert_string_equal(kept(history), "05-02 05-03 05-04");
    assert_string_equal(why(history, "2026-05-02"), "an upgrade began with it");
}

static void a_date_in_the_future_takes_no_slot(void **state)
{
    struct history *history = *state;

    add_days(history, "2026-05-01T02:30:00Z", 2);
    add(history, "2099-01-01T00:00:00Z");
    add(history, "2026-05-03T02:00:00Z"); /* a manager's clock that is ahead by an hour */
    history->now_ms = at("2026-05-03T01:00:00Z");
    judge(history, &(struct retention_policy){.daily = 1});
    assert_string_equal(kept(history), "01-01 05-03");
    assert_string_equal(why(history, "2099"), "dated in the future");
}

static void a_policy_of_zeros_removes_nothing(void **state)
{
    struct history *history = *state;

    add_days(history, "2026-05-01T02:30:00Z", 3);
    history->now_ms = at("2027-05-01T00:00:00Z");
    judge(history, &(struct retention_policy){0});
    assert_string_equal(kept(history), "05-01 05-02 05-03");
    history->count = 0;
    judge(history, &(struct retention_policy){.daily = 1}); /* no entries at all */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_week_over_the_end_of_a_year),
        TEST(days_without_a_backup_take_no_slot),
        TEST(the_newest_of_a_day_stands_for_it),
        TEST(clock_changes_neither_join_nor_split_days),
        TEST(a_day_that_comes_twice_has_one_slot),
        TEST(what_is_not_proven_fills_no_slot_and_goes_late),
        TEST(what_is_as_old_as_the_newest_proven_one_stays),
        TEST(without_a_proven_one_nothing_goes),
        TEST(the_last_proven_one_stays_however_old),
        TEST(strangers_and_other_managers_are_left_alone),
        TEST(what_an_upgrade_began_with_stays),
        TEST(a_date_in_the_future_takes_no_slot),
        TEST(a_policy_of_zeros_removes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
