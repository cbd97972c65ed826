/*
 * Every write, sync, opening and the like fails once, or from one on: each failure is told, nothing
 * acknowledged gets lost, no turn is there by half, and the file can be opened again.
 */
#include "ferry_test.h"

#include <errno.h>

#include "base/error.h"
#include "base/mem.h"
#include "support/fault_vfs.h"
#include "support/journal_fixture.h"

#define UNITS 8
#define TURNS 12

static const struct journal_hooks faulty = {.vfs = FAULT_VFS, .files = &fault_files};

static int set_up(void **state)
{
    const struct fault_plan none = {0};

    fault_set(&none);
    *state = fixture_new();
    return 0;
}

static int tear_down(void **state)
{
    const struct fault_plan none = {0};

    fault_set(&none);
    fixture_free(*state);
    return 0;
}

/* What may be told of a failure: our code, a reason, and what to do. */
static void assert_told(const struct ferry_error *err, bool is_full)
{
    assert_int_equal(err->code, FERRY_E_JOURNAL);
    assert_true(err->message[0] != '\0' && err->hint[0] != '\0');
    if (is_full)
        assert_non_null(strstr(err->message, "disk is full"));
}

/* One turn of two units and their events; true when it was acknowledged. */
static bool take_turn(struct fixture *fixture, int64_t run, int turn)
{
    struct journal *journal = fixture->journal;
    enum ferry_code code = journal_begin(journal, &fixture->err);

    for (int at = 0; at < 2 && code == FERRY_OK; at++) {
        struct unit_row unit;
        int cycle = turn / 4;

        fixture_unit(&unit, run, (turn % 4) * 2 + at, 1);
        unit.state = (enum unit_state)(cycle + 1);
        code = fixture_move(journal, &unit, (enum unit_state)cycle, &fixture->err);
    }
    if (code == FERRY_OK)
        return journal_commit(journal, &fixture->err) == FERRY_OK;
    journal_rollback(journal);
    return false;
}

/* Opens what is there already, and works. *acked: turns that are promised. */
static void work(struct fixture *fixture, int64_t run, bool is_full, int *acked)
{
    *acked = 0;
    if (fixture_open_hooked(fixture, JOURNAL_WRITE, &faulty) != FERRY_OK) {
        assert_told(&fixture->err, is_full);
        return;
    }
    sqlite3_wal_autocheckpoint(fixture->journal->db, 6);
    while (*acked < TURNS && take_turn(fixture, run, *acked))
        ++*acked;
    if (*acked < TURNS) {
        assert_told(&fixture->err, is_full);
        /* a handle whose commit failed writes nothing more */
        if (fixture->journal->broken)
            assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_E_JOURNAL);
        fixture_kill(fixture);
    } else {
        fixture_close(fixture);
    }
}

/* With the cause removed: all that was promised, at most one turn more, each of them whole. */
static void assert_sound(struct fixture *fixture, int acked)
{
    const struct fault_plan none = {0};
    sqlite3 *db;
    int64_t events;

    fault_set(&none);
    if (fixture_open(fixture, JOURNAL_WRITE) != FERRY_OK)
        print_error("%s\n", fixture->err.message);
    assert_non_null(fixture->journal);
    db = fixture->journal->db;
    assert_true(fixture_query(db, "SELECT count(*) FROM pragma_quick_check"
                                  " WHERE quick_check='ok'") == 1);
    assert_true(fixture_counters_agree(db));
    events = fixture_query(db, "SELECT count(*) FROM event");
    assert_true(events % 2 == 0);
    assert_in_range(events / 2, acked, acked + 1);
    assert_true(fixture_query(db, "SELECT total(state) FROM unit") == events);
    fixture_close(fixture);
}

/* The n-th operation of some kinds fails, for every n until none does. Gives the number of n. */
static int sweep(unsigned kinds, bool stays, bool is_full)
{
    int n = 0;
    int fired;

    do {
        struct fixture *fixture = fixture_new();
        struct fault_plan plan = {.kinds = kinds, .n = ++n, .stays = stays, .is_full = is_full};
        int acked;

        assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
        int64_t run = fixture_add_run(fixture->journal, "one", UNITS);

        fixture_kill(fixture);
        fault_set(&plan);
        work(fixture, run, is_full, &acked);
        fired = fault_fired();
        assert_true(fired > 0 || acked == TURNS);
        assert_sound(fixture, acked);
        fixture_free(fixture);
    } while (fired > 0);
    return n - 1;
}

static void every_failing_write_is_survived(void **state)
{
    (void)state;
    printf("writes %d, staying %d\n", sweep(FAULT_WRITE, false, false),
           sweep(FAULT_WRITE, true, false));
}

static void every_failing_sync_is_survived(void **state)
{
    (void)state;
    printf("syncs %d, staying %d\n", sweep(FAULT_SYNC, false, false),
           sweep(FAULT_SYNC, true, false));
}

static void a_disk_that_runs_full_is_survived_and_named(void **state)
{
    (void)state;
    printf("full %d, staying %d\n", sweep(FAULT_WRITE | FAULT_SYNC, false, true),
           sweep(FAULT_WRITE | FAULT_SYNC, true, true));
}

static void every_failing_opening_reading_and_mapping_is_survived(void **state)
{
    (void)state;
    printf("openings %d, maps %d, truncations %d, reads %d\n", sweep(FAULT_OPEN, false, false),
           sweep(FAULT_SHM, false, false), sweep(FAULT_TRUNCATE, false, false),
           sweep(FAULT_READ, false, false));
}

/* Creation fails at every operation: the next attempt makes a whole journal, or finds one. */
static void every_failing_creation_can_be_repeated(void **state)
{
    int n = 0;
    int fired;

    (void)state;
    do {
        struct fixture *fixture = fixture_new();
        struct fault_plan plan = {.kinds = FAULT_ALL, .n = ++n, .stays = n % 2 == 0};
        enum ferry_code code;

        fault_set(&plan);
        code = fixture_open_hooked(fixture, JOURNAL_WRITE, &faulty);
        fired = fault_fired();
        if (code != FERRY_OK)
            assert_told(&fixture->err, false);
        fixture_kill(fixture);
        assert_sound(fixture, 0);
        fixture_free(fixture);
    } while (fired > 0);
    printf("creations %d\n", n - 1);
}

static void a_failed_commit_breaks_the_handle(void **state)
{
    struct fixture *fixture = *state;
    const struct fault_plan sync_fails = {.kinds = FAULT_SYNC, .n = 1};
    struct unit_row unit;

    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &faulty), FERRY_OK);
    int64_t run = fixture_add_run(fixture->journal, "one", 2);

    fixture_unit(&unit, run, 0, 1);
    unit.state = UNIT_INTENT;
    assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_OK);
    assert_int_equal(journal_unit_update(fixture->journal, &unit, UNIT_PENDING, &fixture->err),
                     FERRY_OK);
    fault_set(&sync_fails);
    assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_E_JOURNAL);
    assert_int_equal(fault_fired(), 1);
    /* it is not known what the disk has: nothing may be sent on the strength of it */
    assert_false(journal_intent_is_open(fixture->journal, unit.intent_id));
    assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "a commit failed before"));
    fixture_close(fixture); /* marks nothing */
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_true(journal_epoch(fixture->journal) == 2);
    assert_true(fixture_counters_agree(fixture->journal->db));
}

/* Somebody's shell has a transaction open: the turn waits, then says so, and may be tried again. */
static void a_foreign_lock_is_named(void **state)
{
    struct fixture *fixture = *state;
    sqlite3 *other = NULL;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_int_equal(sqlite3_open(fixture->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_busy_timeout(fixture->journal->db, 10);
    assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "another program has locked it"));
    assert_non_null(strstr(fixture->err.hint, "fuser"));
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_OK);
    assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_OK);
}

/* The hints by errno that no test can bring about on this machine. */
static void every_reason_has_its_next_step(void **state)
{
    static const struct {
        int sys;
        const char *hint;
    } cases[] = {
        {ENOSPC, "make room"},      {EDQUOT, "make room"}, {EROFS, "mount it writable"},
        {EACCES, "read and write"}, {ENOENT, "--journal"}, {ELOOP, "--journal"},
        {EIO, "kernel's log"},
    };

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(cases); at++) {
        struct ferry_error err;

        assert_int_equal(journal_fail_system("/x/j.db", cases[at].sys, "open the journal", &err),
                         FERRY_E_JOURNAL);
        assert_non_null(strstr(err.message, "/x/j.db"));
        assert_non_null(strstr(err.hint, cases[at].hint));
        assert_int_equal(err.sys, cases[at].sys);
    }
}

/* A file system that does not carry WAL: refused, since SQLite would quietly use another mode. */
static void a_journal_without_wal_is_refused(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    fixture_close(fixture);
    sqlite3_vfs *real = sqlite3_vfs_find("unix-none"); /* has no shared memory */

    if (real == NULL) {
        print_message("SKIP: this SQLite has no VFS \"unix-none\"\n");
        skip();
    }
    struct journal_hooks hooks = {.vfs = "unix-none"};

    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &hooks), FERRY_E_JOURNAL);
    assert_true(fixture->err.hint[0] != '\0');
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
}

static void a_setting_that_is_not_taken_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    struct journal_hooks hooks = {.synchronous = "PERHAPS"}; /* SQLite takes it for something */

    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &hooks), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "synchronous"));
}

int main(void)
{
#define FAULT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FAULT_TEST(every_failing_write_is_survived),
        FAULT_TEST(every_failing_sync_is_survived),
        FAULT_TEST(a_disk_that_runs_full_is_survived_and_named),
        FAULT_TEST(every_failing_opening_reading_and_mapping_is_survived),
        FAULT_TEST(every_failing_creation_can_be_repeated),
        FAULT_TEST(a_failed_commit_breaks_the_handle),
        FAULT_TEST(a_foreign_lock_is_named),
        FAULT_TEST(every_reason_has_its_next_step),
        FAULT_TEST(a_journal_without_wal_is_refused),
        FAULT_TEST(a_setting_that_is_not_taken_is_noticed),
    };

    fault_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
