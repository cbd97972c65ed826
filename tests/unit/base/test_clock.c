#include "ferry_test.h"

#include <stdbool.h>

#include "base/clock.h"

static void monotonic_clock_never_goes_back(void **state)
{
    struct clock *clock = clock_system();
    int64_t before = clock->now_ms(clock);

    (void)state;
    for (int round = 0; round < 1000; round++) {
        int64_t now = clock->now_ms(clock);

        assert_true(now >= before);
        before = now;
    }
}

static void real_time_is_unix_time_in_milliseconds(void **state)
{
    struct clock *clock = clock_system();

    (void)state;
    /* Between 2024 and 2100: seconds or microseconds would lie far outside. */
    assert_in_range(clock->realtime_ms(clock), INT64_C(1704067200000), INT64_C(4102444800000));
}

static void system_numbers_differ(void **state)
{
    struct rng *rng = rng_system();
    uint64_t first = rng->next(rng);

    (void)state;
    assert_true(rng->next(rng) != first || rng->next(rng) != first);
}

static void seeded_numbers_are_those_of_splitmix64(void **state)
{
    struct rng_seeded rng;

    (void)state;
    /* First numbers for the seed 1234567, as published with the algorithm's test programs. */
    rng_seed(&rng, 1234567);
    assert_true(rng.rng.next(&rng.rng) == UINT64_C(6457827717110365317));
    assert_true(rng.rng.next(&rng.rng) == UINT64_C(3203168211198807973));
    assert_true(rng.rng.next(&rng.rng) == UINT64_C(9817491932198370423));
}

static void same_seed_gives_the_same_numbers_again(void **state)
{
    struct rng_seeded one;
    struct rng_seeded two;

    (void)state;
    rng_seed(&one, 99);
    rng_seed(&two, 99);
    for (int round = 0; round < 100; round++)
        assert_true(one.rng.next(&one.rng) == two.rng.next(&two.rng));
    rng_seed(&two, 100);
    assert_true(one.rng.next(&one.rng) != two.rng.next(&two.rng));
}

static void bounded_numbers_reach_every_value_and_no_other(void **state)
{
    struct rng_seeded rng;
    int seen[6] = {0};

    (void)state;
    rng_seed(&rng, 5);
    for (int round = 0; round < 6000; round++) {
        uint64_t number = rng_below(&rng.rng, 6);

        assert_true(number < 6);
        seen[number]++;
    }
    for (int number = 0; number < 6; number++)
        assert_in_range(seen[number], 850, 1150);
    assert_true(rng_below(&rng.rng, 0) == 0);
    assert_true(rng_below(&rng.rng, 1) == 0);
}

static uint64_t counting_up(struct rng *rng)
{
    return ((struct rng_seeded *)rng)->state++;
}

static void numbers_that_would_favour_small_rests_are_thrown_away(void **state)
{
    /* 2^64 mod 3 is 1: the number 0 is thrown away, 1 is the first that counts. */
    struct rng_seeded rng = {.rng = {.next = counting_up}, .state = 0};

    (void)state;
    assert_true(rng_below(&rng.rng, 3) == 1);
    assert_true(rng.state == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monotonic_clock_never_goes_back),
        cmocka_unit_test(real_time_is_unix_time_in_milliseconds),
        cmocka_unit_test(system_numbers_differ),
        cmocka_unit_test(seeded_numbers_are_those_of_splitmix64),
        cmocka_unit_test(same_seed_gives_the_same_numbers_again),
        cmocka_unit_test(bounded_numbers_reach_every_value_and_no_other),
        cmocka_unit_test(numbers_that_would_favour_small_rests_are_thrown_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
