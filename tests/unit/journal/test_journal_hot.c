/* What every commit changes: the counters of the steps and the intents of the open units. */
#include "ferry_test.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "support/journal_test.h"

/* What a long life of units does to the counters: every edge at random, some turns rolled back. */
static void counters_equal_a_recount(void **state)
{
    struct fixture *fixture = *state;
    enum { UNITS = 40 };
    int64_t runs[2] = {fixture_add_run(fixture->journal, "one", UNITS),
                       fixture_add_run(fixture->journal, "two", UNITS)};
    enum unit_state now[2][UNITS] = {{UNIT_PENDING}};

    for (int turn = 0; turn < 300; turn++) {
        enum unit_state next[2][UNITS];
        bool keep = rng_below(&fixture->rng.rng, 4) != 0;

        memcpy(next, now, sizeof(now));
        fixture_begin(fixture);
        for (int change = 0; change < 8; change++) {
            size_t which = (size_t)rng_below(&fixture->rng.rng, 2);
            size_t seq = (size_t)rng_below(&fixture->rng.rng, UNITS);
            struct unit_row row;

            fixture_unit(&row, runs[which], (int64_t)seq, 1);
            row.state = (enum unit_state)rng_below(&fixture->rng.rng, UNIT_CANCELLED + 1);
            assert_int_equal(fixture_move(fixture->journal, &row, next[which][seq], &fixture->err),
                             FERRY_OK);
            next[which][seq] = row.state;
        }
        if (keep) {
            fixture_commit(fixture);
            memcpy(now, next, sizeof(now));
        } else {
            journal_rollback(fixture->journal);
        }
        assert_true(fixture_counters_agree(fixture->journal->db));
    }
}

/* What lies beside the rows of steps and units is never taken for granted. */
static void missing_counters_and_intents_are_noticed(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = fixture_add_run(fixture->journal, "one", 2);
    struct step_row *steps = NULL;
    struct unit_row row;
    size_t count;

    fixture_unit(&row, run, 0, 1);
    row.state = UNIT_INTENT;
    fixture_begin(fixture);
    assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_PENDING, &fixture->err),
                     FERRY_OK);
    fixture_commit(fixture);
    assert_int_equal(sqlite3_exec(fixture->journal->db, "DELETE FROM hot WHERE unit IS NOT NULL",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_false(fixture_counters_agree(fixture->journal->db));
    for (enum unit_state next = UNIT_PENDING; next <= UNIT_DONE; next += UNIT_DONE) {
        row.state = next;
        fixture_begin(fixture);
        assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_INTENT, &fixture->err),
                         FERRY_E_JOURNAL);
        assert_non_null(strstr(fixture->err.message, "intent"));
        assert_true(fixture->err.hint[0] != '\0');
        assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_E_JOURNAL);
    }
    assert_int_equal(sqlite3_exec(fixture->journal->db, "DELETE FROM hot", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(journal_steps(fixture->journal, fixture, run, &steps, &count, &fixture->err),
                     FERRY_E_JOURNAL);
    row.seq = 1;
    fixture_begin(fixture);
    assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_PENDING, &fixture->err),
                     FERRY_OK);
    assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "counters"));
    assert_true(fixture->err.hint[0] != '\0');
}

/* Pages that were written ahead since the file was made; none are copied back meanwhile. */
static int64_t pages_written(struct fixture *fixture)
{
    struct stat info;

    assert_int_equal(stat(mem_printf(fixture, "%s-wal", fixture->path), &info), 0);
    return info.st_size / (4096 + 24);
}

/* Each page of a commit costs time: the unit, its event, and what every commit changes. */
static void a_commit_of_result_and_intent_writes_three_pages(void **state)
{
    struct fixture *fixture = *state;
    enum { UNITS = 100 };
    int64_t run = fixture_add_run(fixture->journal, "one", UNITS);
    int64_t pages = pages_written(fixture);
    struct unit_row row;

    for (int64_t seq = 0; seq < UNITS; seq++) {
        fixture_begin(fixture);
        if (seq > 0) {
            fixture_unit(&row, run, seq - 1, 1);
            row.state = UNIT_DONE;
            assert_int_equal(fixture_move(fixture->journal, &row, UNIT_INTENT, &fixture->err),
                             FERRY_OK);
        }
        fixture_unit(&row, run, seq, 1);
        row.state = UNIT_INTENT;
        assert_int_equal(fixture_move(fixture->journal, &row, UNIT_PENDING, &fixture->err),
                         FERRY_OK);
        fixture_commit(fixture);
    }
    /* now and then two units lie on two pages, or the events begin a new one */
    pages = pages_written(fixture) - pages;
    assert_in_range(pages, UNITS * 3, UNITS * 3 + UNITS / 5);
    pages = pages_written(fixture);
    row.state = UNIT_STARTED; /* as open as before: no counter changes */
    fixture_begin(fixture);
    assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_INTENT, &fixture->err),
                     FERRY_OK);
    fixture_commit(fixture);
    assert_true(pages_written(fixture) == pages + 1);
}

int main(void)
{
#define HOT_TEST(name)                                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_set_up_opened, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        HOT_TEST(counters_equal_a_recount),
        HOT_TEST(missing_counters_and_intents_are_noticed),
        HOT_TEST(a_commit_of_result_and_intent_writes_three_pages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
