/*
 * Retention by chance: random policies over random histories, held against a second statement of
 * the rules that shares nothing with the first: no sorting, no texts, no C library calendar.
 * A failing seed is named; test_backup_retention_property SEED COUNT repeats it.
 */
#include "ferry_test.h"

#include "backup/retention.h"
#include "base/attr.h"
#include "base/clock.h"
#include "base/mem.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)
#define FROM_MS INT64_C(1767225600000) /* 2026-01-01 */
#define MOST 160

static uint64_t first_seed = 1;
static uint64_t rounds = 1000;

struct world {
    struct retention_entry entries[MOST];
    struct retention_verdict verdicts[MOST];
    int64_t periods[MOST][4]; /* of the second statement */
    size_t count;
    struct retention_policy policy;
    int64_t now_ms;
    uint64_t seed;
    struct rng_seeded rng;
};

/* --- the second statement --- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

struct date {
    int64_t year, month;
};

/* Month by month from 2025 on: slow and plain. */
static struct date date_of(int64_t day, int64_t *day_of_month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct date date = {2025, 1};

    assert_true(day >= 20089); /* 2025-01-01 */
    day -= 20089;

    for (;;) {
        bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
        int64_t length = lengths[date.month - 1] + (date.month == 2 && leap ? 1 : 0);

        if (day < length) {
            *day_of_month = day + 1;
            return date;
        }
        day -= length;
        date.year += date.month == 12 ? 1 : 0;
        date.month = date.month % 12 + 1;
    }
}

/* The rule of the European Union: summer from the last Sunday of March to that of October, 01:00
   UTC both. */
static bool is_summer(int64_t ms)
{
    int64_t day = floor_div(ms, DAY_MS), of_month;
    struct date date = date_of(day, &of_month);
    int64_t weekday = (day + 3) % 7; /* Monday is 0; 1970 began on a Thursday */
    int64_t last_sunday = of_month + (6 - weekday);

    if (date.month != 3 && date.month != 10) {
        return date.month > 3 && date.month < 10;
    }
    while (last_sunday + 7 <= 31) {
        last_sunday += 7;
    }
    while (last_sunday > 31) {
        last_sunday -= 7;
    }
    return (of_month > last_sunday || (of_month == last_sunday && ms - day * DAY_MS >= HOUR_MS)) ==
           (date.month == 3);
}

/* A number for the period that a moment lies in, greater for a later one. */
static int64_t period_of(int rule, int64_t ms, bool local)
{
    int64_t day, of_month;
    struct date date;

    if (local) {
        ms += is_summer(ms) ? 2 * HOUR_MS : HOUR_MS;
    }
    day = floor_div(ms, DAY_MS);
    date = date_of(day, &of_month);
    switch (rule) {
    case 0:
        return day;
    case 1:
        return floor_div(day + 3, 7);
    case 2:
        return date.year * 12 + date.month;
    default:
        return date.year;
    }
}

static bool counts(const struct world *world, size_t at)
{
    const struct retention_entry *entry = &world->entries[at];

    return entry->made_by_ferry && entry->proven && entry->taken_at_ms <= world->now_ms + DAY_MS;
}

static bool same_manager(const struct world *world, size_t a, size_t b)
{
    return strcmp(world->entries[a].manager, world->entries[b].manager) == 0;
}

static bool is_newer(const struct world *world, size_t a, size_t b)
{
    const struct retention_entry *left = &world->entries[a], *right = &world->entries[b];

    if (left->taken_at_ms == right->taken_at_ms) {
        return strcmp(left->name, right->name) > 0;
    }
    return left->taken_at_ms > right->taken_at_ms;
}

/* A slot is its own when no newer one shares its period, and fewer than slots later periods have
   a backup, each counted at the newest of its days. */
static bool has_slot(const struct world *world, size_t at, int rule, int64_t slots)
{
    int64_t mine = world->periods[at][rule], later = 0;

    for (size_t i = 0; i < world->count; i++) {
        int64_t theirs = world->periods[i][rule];
        bool is_first = true;

        if (!counts(world, i) || !same_manager(world, at, i)) {
            continue;
        }
        if (theirs == mine && is_newer(world, i, at)) {
            return false;
        }
        for (size_t k = 0; k < world->count && theirs > mine; k++) {
            if (counts(world, k) && same_manager(world, at, k) && is_newer(world, k, i) &&
                world->periods[k][rule] == theirs) {
                is_first = false;
            }
        }
        later += theirs > mine && is_first ? 1 : 0;
    }
    return later < slots;
}

static bool should_stay(const struct world *world, size_t at)
{
    const struct retention_entry *entry = &world->entries[at];
    const struct retention_policy *policy = &world->policy;
    const int64_t slots[] = {policy->daily, policy->weekly, policy->monthly, policy->yearly};
    bool newer_proven = false;

    if (!entry->made_by_ferry || slots[0] + slots[1] + slots[2] + slots[3] == 0 ||
        (policy->manager && strcmp(policy->manager, entry->manager) != 0) ||
        entry->taken_at_ms > world->now_ms + DAY_MS) {
        return true;
    }
    if (counts(world, at)) {
        for (int rule = 0; rule < 4; rule++) {
            if (has_slot(world, at, rule, slots[rule])) {
                return true;
            }
        }
        return false;
    }
    for (size_t i = 0; i < world->count; i++) {
        newer_proven |= counts(world, i) && same_manager(world, at, i) &&
                        world->entries[i].taken_at_ms > entry->taken_at_ms;
    }
    return !newer_proven || world->now_ms - entry->taken_at_ms < policy->unproven_ms;
}

/* --- chance --- */

static int64_t below(struct world *world, uint64_t bound)
{
    return (int64_t)rng_below(&world->rng.rng, bound);
}

static void make_policy(struct world *world)
{
    static const uint64_t most[] = {10, 6, 14, 5};
    int64_t *slots[] = {&world->policy.daily, &world->policy.weekly, &world->policy.monthly,
                        &world->policy.yearly};

    for (size_t i = 0; i < FERRY_COUNT(slots); i++) {
        *slots[i] = below(world, 3) == 0 ? 0 : below(world, most[i]);
    }
    world->policy.local_zone = below(world, 2) == 0;
    world->policy.unproven_ms = below(world, 15) * DAY_MS;
    world->policy.manager = below(world, 4) == 0 ? "https://b" : NULL;
}

/* From several a day to one a fortnight, with failed days, strangers, equal times, and clocks that
   run ahead. */
static void make_world(void *scope, struct world *world, uint64_t seed)
{
    static const int64_t steps[] = {2 * HOUR_MS, 8 * HOUR_MS, DAY_MS, DAY_MS, 14 * DAY_MS};
    int64_t at, step;

    *world = (struct world){.seed = seed};
    rng_seed(&world->rng, seed);
    make_policy(world);
    world->count = (size_t)below(world, MOST);
    step = steps[below(world, FERRY_COUNT(steps))];
    at = FROM_MS + below(world, 700) * DAY_MS;
    for (size_t i = 0; i < world->count; i++) {
        at += below(world, 20) == 0 ? 0 : step + below(world, 7) * HOUR_MS / 6;
        at += below(world, 25) == 0 ? below(world, 40) * DAY_MS : 0; /* a stretch of failures */
        world->entries[i] = (struct retention_entry){
            .name = mem_printf(scope, "%zu.zip", i),
            .manager = below(world, 5) == 0 ? "https://b" : "https://a",
            .taken_at_ms = at,
            .made_by_ferry = below(world, 12) != 0,
            .proven = below(world, 6) != 0,
        };
    }
    world->now_ms = at + below(world, 6) * DAY_MS - (below(world, 5) == 0 ? 3 * DAY_MS : 0);
}

static void shuffle(struct world *world)
{
    for (size_t i = world->count; i > 1; i--) {
        size_t k = (size_t)below(world, i);
        struct retention_entry entry = world->entries[k];

        world->entries[k] = world->entries[i - 1];
        world->entries[i - 1] = entry;
    }
}

static void judge(void *scope, struct world *world)
{
    for (size_t i = 0; i < world->count; i++) {
        for (int rule = 0; rule < 4; rule++) {
            world->periods[i][rule] =
                period_of(rule, world->entries[i].taken_at_ms, world->policy.local_zone);
        }
    }
    retention_judge(scope, &world->policy, world->entries, world->count, world->now_ms,
                    world->verdicts);
}

#define HOLD(world, at, condition)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fail_msg("seed %llu, %s: not %s", (unsigned long long)(world)->seed,                   \
                     (world)->entries[at].name, #condition);                                       \
        }                                                                                          \
    } while (0)

static void check_newest(const struct world *world, size_t at)
{
    bool newest = counts(world, at);

    for (size_t i = 0; i < world->count; i++) {
        if (counts(world, i) && same_manager(world, at, i)) {
            newest &= !is_newer(world, i, at);
        }
    }
    if (newest) {
        HOLD(world, at, world->verdicts[at].keep);
        for (size_t i = 0; i < world->count; i++) {
            HOLD(world, i,
                 world->verdicts[i].keep || !same_manager(world, at, i) ||
                     world->entries[i].taken_at_ms <= world->entries[at].taken_at_ms);
        }
    }
}

/* What stays is judged once more: all of it stays. */
static void check_again(void *scope, const struct world *world)
{
    struct world *after = mem_new(scope, struct world);

    *after = *world;
    after->count = 0;
    for (size_t i = 0; i < world->count; i++) {
        if (world->verdicts[i].keep) {
            after->entries[after->count++] = world->entries[i];
        }
    }
    judge(scope, after);
    for (size_t i = 0; i < after->count; i++) {
        HOLD(after, i, after->verdicts[i].keep);
    }
}

/* A more generous policy removes nothing that this one keeps. */
static void check_generous(void *scope, const struct world *world)
{
    struct world *more = mem_new(scope, struct world);
    int64_t *slots[] = {&more->policy.daily, &more->policy.weekly, &more->policy.monthly,
                        &more->policy.yearly};

    *more = *world;
    *slots[below(more, 4)] += 1 + below(more, 3);
    more->policy.unproven_ms += below(more, 3) * DAY_MS;
    judge(scope, more);
    for (size_t i = 0; i < world->count; i++) {
        bool was_off = world->policy.daily + world->policy.weekly + world->policy.monthly +
                           world->policy.yearly ==
                       0;

        HOLD(world, i, !world->verdicts[i].keep || more->verdicts[i].keep || was_off);
    }
}

static void random_policies_over_random_histories(void **state)
{
    size_t gone = 0, stayed = 0;

    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + rounds; seed++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct world *world = mem_new(scope, struct world);

        make_world(scope, world, seed);
        shuffle(world);
        judge(scope, world);
        for (size_t i = 0; i < world->count; i++) {
            HOLD(world, i, world->verdicts[i].keep == should_stay(world, i));
            HOLD(world, i, world->verdicts[i].why && world->verdicts[i].why[0]);
            check_newest(world, i);
            gone += world->verdicts[i].keep ? 0 : 1;
            stayed += world->verdicts[i].keep ? 1 : 0;
        }
        check_again(scope, world);
        check_generous(scope, world);
    }
    assert_true(gone > rounds && stayed > rounds); /* both were tried, and often */
}

/* Three years of nights at half past two, some of them failed; each morning the folder is pruned.
   What is in it is what one pruning of the whole history would have left. */
static void pruning_each_day_leaves_what_pruning_once_does(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + 3; seed++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct world *folder = mem_new(scope, struct world);
        struct retention_entry *all = mem_array(scope, struct retention_entry, 1100);
        struct retention_verdict *once = mem_array(scope, struct retention_verdict, 1100);
        size_t count = 0;

        *folder = (struct world){.seed = seed};
        rng_seed(&folder->rng, seed);
        folder->policy = (struct retention_policy){.daily = 7,
                                                   .weekly = 4,
                                                   .monthly = 12,
                                                   .yearly = 2,
                                                   .local_zone = true,
                                                   .unproven_ms = 3 * DAY_MS};
        for (int64_t day = 0; day < 1096; day++) {
            void *turn FERRY_SCOPE = mem_scope(NULL);
            int64_t chance = below(folder, 12);
            size_t left = 0;

            folder->now_ms = FROM_MS + day * DAY_MS + 3 * HOUR_MS / 2 + below(folder, 90) * 60000;
            if (chance > 0) { /* 0: the manager was away */
                all[count] = (struct retention_entry){
                    .name = mem_printf(scope, "%04d.zip", (int)day),
                    .manager = "https://a",
                    .taken_at_ms = folder->now_ms,
                    .made_by_ferry = true,
                    .proven = chance > 1, /* 1: the download was damaged */
                };
                folder->entries[folder->count++] = all[count++];
            }
            judge(turn, folder);
            for (size_t i = 0; i < folder->count; i++) {
                HOLD(folder, i, folder->verdicts[i].keep == should_stay(folder, i));
                if (folder->verdicts[i].keep) {
                    folder->entries[left++] = folder->entries[i];
                }
            }
            folder->count = left;
            assert_true(left <= 7 + 4 + 12 + 2 + 4);
            retention_judge(turn, &folder->policy, all, count, folder->now_ms, once);
            for (size_t i = 0, k = 0; i < count; i++) {
                if (once[i].keep) {
                    assert_true(k < folder->count);
                    assert_string_equal(all[i].name, folder->entries[k].name);
                    k++;
                }
            }
        }
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_policies_over_random_histories),
        cmocka_unit_test(pruning_each_day_leaves_what_pruning_once_does),
    };

    if (argc > 2) {
        first_seed = strtoull(argv[1], NULL, 10);
        rounds = strtoull(argv[2], NULL, 10);
    }
    assert_int_equal(setenv("TZ", BERLIN, 1), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
