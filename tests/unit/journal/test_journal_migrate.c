/* Journals of an older ferry are brought forward, whole or not at all, and leave a copy behind. */
#include "ferry_test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "support/fault_vfs.h"
#include "support/journal_fixture.h"

/* Two releases that never were: a column and a table. Version 1 is what makes the file older. */
static const struct journal_migration made_up[] = {
    {.from = 1,
     .sql = "ALTER TABLE run ADD COLUMN colour TEXT;"
            "UPDATE run SET colour='blue' WHERE state='done'",
     .with_live_runs = true},
    {.from = 2,
     .sql = "CREATE TABLE extra(n INTEGER) STRICT; INSERT INTO extra SELECT count(*)"
            " FROM unit",
     .with_live_runs = true},
    {.sql = NULL},
};
static const struct journal_migration quiet_only[] = {
    {.from = 1, .sql = "CREATE TABLE extra(n INTEGER) STRICT"},
    {.sql = NULL},
};
static const struct journal_migration wrong[] = {
    {.from = 1, .sql = "CREATE TABLE extra(n INTEGER) STRICT"},
    {.from = 2, .sql = "INSERT INTO nowhere VALUES(1)"},
    {.sql = NULL},
};
static const struct journal_hooks to_three = {.version = 3, .migrations = made_up};

static int set_up(void **state)
{
    struct fixture *fixture = fixture_new();

    *state = fixture;
    if (fixture_open(fixture, JOURNAL_WRITE) != FERRY_OK)
        return -1;
    fixture_add_run(fixture->journal, "one", 5);
    fixture_close(fixture);
    return 0;
}

static int tear_down(void **state)
{
    fixture_free(*state);
    return 0;
}

static char *backup_of(struct fixture *fixture)
{
    return mem_printf(fixture, "%s.v1.bak", fixture->path);
}

static void an_older_journal_is_brought_forward_step_by_step(void **state)
{
    struct fixture *fixture = *state;
    struct stat info;
    sqlite3 *db;

    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &to_three), FERRY_OK);
    db = fixture->journal->db;
    assert_true(fixture_query(db, "PRAGMA user_version") == 3);
    assert_true(fixture_query(db, "SELECT n FROM extra") == 5);
    assert_true(fixture_query(db, "SELECT count(colour IS NULL) FROM run") == 1);
    assert_true(fixture_query(db, "PRAGMA foreign_keys") == 1);
    fixture_close(fixture);
    assert_int_equal(stat(backup_of(fixture), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    /* the copy is a whole journal of the older version */
    fixture->path = backup_of(fixture);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_true(fixture_query(fixture->journal->db, "PRAGMA user_version") == 1);
    assert_true(fixture_query(fixture->journal->db, "SELECT count(*) FROM unit") == 5);
}

static void a_migrated_journal_is_not_migrated_again(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &to_three), FERRY_OK);
    fixture_close(fixture);
    assert_int_equal(unlink(backup_of(fixture)), 0);
    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &to_three), FERRY_OK);
    assert_int_equal(access(backup_of(fixture), F_OK), -1);
    fixture_close(fixture);
    /* and the older ferry leaves it alone */
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "newer"));
}

static void a_reader_says_that_it_is_older(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_READ, &to_three), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "older ferry (version 1"));
    assert_non_null(strstr(fixture->err.hint, "ferry resume"));
    assert_int_equal(access(backup_of(fixture), F_OK), -1);
}

static void a_live_run_may_stand_in_the_way(void **state)
{
    struct fixture *fixture = *state;
    const struct journal_hooks hooks = {.version = 2, .migrations = quiet_only};

    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &hooks), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "a run is under way"));
    assert_true(fixture->err.hint[0] != '\0');
    assert_int_equal(access(backup_of(fixture), F_OK), -1);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    struct run_row ended = {.run = 1, .state = RUN_DONE};

    assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_OK);
    assert_int_equal(journal_run_update(fixture->journal, &ended, &fixture->err), FERRY_OK);
    assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_OK);
    fixture_close(fixture);
    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &hooks), FERRY_OK);
}

static void a_step_that_fails_leaves_the_old_version(void **state)
{
    struct fixture *fixture = *state;
    struct journal_hooks hooks = {.version = 3, .migrations = wrong};

    hooks.migrations = (const struct journal_migration[]){
        {.from = 1, .sql = wrong[0].sql, .with_live_runs = true},
        {.from = 2, .sql = wrong[1].sql, .with_live_runs = true},
        {.sql = NULL},
    };
    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &hooks), FERRY_E_JOURNAL);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_true(fixture_query(fixture->journal->db, "PRAGMA user_version") == 1);
    assert_true(fixture_query(fixture->journal->db,
                              "SELECT count(*) FROM sqlite_schema WHERE name='extra'") == 0);
    fixture_close(fixture);
    hooks.version = 4; /* a step is missing on the way */
    hooks.migrations = made_up;
    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &hooks), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "never was"));
}

/* Every operation of the migration fails once. */
static void a_disturbed_migration_can_be_repeated(void **state)
{
    struct journal_hooks hooks = to_three;
    int n = 0;
    int fired;

    (void)state;
    hooks.vfs = FAULT_VFS;
    hooks.files = &fault_files;
    do {
        struct fault_plan plan = {.kinds = FAULT_ALL & ~(unsigned)FAULT_READ, .n = ++n};
        const struct fault_plan none = {0};
        void *inner = NULL;

        assert_int_equal(set_up(&inner), 0);
        struct fixture *fixture = inner;

        fault_set(&plan);
        if (fixture_open_hooked(fixture, JOURNAL_WRITE, &hooks) != FERRY_OK)
            assert_int_equal(fixture->err.code, FERRY_E_JOURNAL);
        fired = fault_fired();
        fixture_kill(fixture);
        fault_set(&none);
        assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &to_three), FERRY_OK);
        assert_true(fixture_query(fixture->journal->db, "SELECT n FROM extra") == 5);
        fixture_free(fixture);
    } while (fired > 0);
    printf("disturbed migrations %d\n", n - 1);
    assert_true(n > 20);
}

int main(void)
{
#define MIGRATE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        MIGRATE_TEST(an_older_journal_is_brought_forward_step_by_step),
        MIGRATE_TEST(a_migrated_journal_is_not_migrated_again),
        MIGRATE_TEST(a_reader_says_that_it_is_older),
        MIGRATE_TEST(a_live_run_may_stand_in_the_way),
        MIGRATE_TEST(a_step_that_fails_leaves_the_old_version),
        cmocka_unit_test(a_disturbed_migration_can_be_repeated),
    };

    fault_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
