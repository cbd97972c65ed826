#include "ferry_test.h"

#include "base/backoff.h"

static const struct backoff plain = {.base_ms = 1000, .cap_ms = 60000};

/* Always the lowest or always the highest number: the ends of the range. */
static uint64_t lowest(struct rng *rng)
{
    (void)rng;
    return 0;
}

static void every_wait_lies_between_half_and_all_of_base_times_two_to_the_attempt(void **state)
{
    struct rng_seeded rng;

    (void)state;
    rng_seed(&rng, 1);
    for (unsigned attempt = 0; attempt < 5; attempt++) {
        int64_t high = (int64_t)1000 << attempt;
        int64_t least = INT64_MAX;
        int64_t most = 0;

        for (int round = 0; round < 5000; round++) {
            int64_t wait = backoff_wait_ms(&plain, attempt, -1, &rng.rng);

            least = wait < least ? wait : least;
            most = wait > most ? wait : most;
        }
        assert_in_range(least, high / 2, high / 2 + high / 50);
        assert_in_range(most, high - high / 50, high);
    }
}

static void wait_is_never_over_the_cap(void **state)
{
    struct rng_seeded rng;

    (void)state;
    rng_seed(&rng, 2);
    for (unsigned attempt = 5; attempt < 200; attempt++)
        assert_in_range(backoff_wait_ms(&plain, attempt, -1, &rng.rng), 30000 * (attempt > 5),
                        60000);
    assert_in_range(backoff_wait_ms(&plain, UINT32_MAX, -1, &rng.rng), 30000, 60000);
}

static void huge_base_and_cap_do_not_overflow(void **state)
{
    struct backoff huge = {.base_ms = INT64_MAX / 2 + 5, .cap_ms = INT64_MAX};
    struct rng_seeded rng;

    (void)state;
    rng_seed(&rng, 3);
    for (unsigned attempt = 0; attempt < 70; attempt++)
        assert_true(backoff_wait_ms(&huge, attempt, -1, &rng.rng) >= huge.base_ms / 2);
}

static void base_of_zero_means_no_wait(void **state)
{
    struct backoff none = {.base_ms = 0, .cap_ms = 1000};
    struct rng rng = {.next = lowest};

    (void)state;
    assert_int_equal(backoff_wait_ms(&none, 30, -1, &rng), 0);
    none.base_ms = -5;
    assert_int_equal(backoff_wait_ms(&none, 3, -1, &rng), 0);
}

static void retry_after_wins_over_the_own_wait_and_its_cap(void **state)
{
    struct rng rng = {.next = lowest};

    (void)state;
    assert_int_equal(backoff_wait_ms(&plain, 0, 7000, &rng), 7000);
    assert_int_equal(backoff_wait_ms(&plain, 6, 1000, &rng), 1000);
    assert_int_equal(backoff_wait_ms(&plain, 0, 120000, &rng), 120000);
}

static void retry_after_is_capped_at_five_minutes(void **state)
{
    struct rng rng = {.next = lowest};

    (void)state;
    assert_int_equal(backoff_wait_ms(&plain, 0, 299999, &rng), 299999);
    assert_int_equal(backoff_wait_ms(&plain, 0, 300001, &rng), 300000);
    assert_int_equal(backoff_wait_ms(&plain, 0, INT64_MAX, &rng), 300000);
}

static void retry_after_zero_makes_no_busy_loop(void **state)
{
    struct rng rng = {.next = lowest};

    (void)state;
    assert_int_equal(backoff_wait_ms(&plain, 0, 0, &rng), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wait_lies_between_half_and_all_of_base_times_two_to_the_attempt),
        cmocka_unit_test(wait_is_never_over_the_cap),
        cmocka_unit_test(huge_base_and_cap_do_not_overflow),
        cmocka_unit_test(base_of_zero_means_no_wait),
        cmocka_unit_test(retry_after_wins_over_the_own_wait_and_its_cap),
        cmocka_unit_test(retry_after_is_capped_at_five_minutes),
        cmocka_unit_test(retry_after_zero_makes_no_busy_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
