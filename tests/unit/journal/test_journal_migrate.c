/* Journals of an older ferry are brought forward, whole or not at all, and leave a copy behind. */
#include "ferry_test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "support/fault_vfs.h"
#include "support/journal_test.h"

/* Two releases that never were: a column and a table. They make what this ferry writes older. */
static const struct journal_migration made_up[] = {
    {.from = JOURNAL_VERSION,
     .sql = "ALTER TABLE run ADD COLUMN colour TEXT;"
            "UPDATE run SET colour='blue' WHERE state='done'",
     .with_live_runs = true},
    {.from = JOURNAL_VERSION + 1,
     .sql = "CREATE TABLE extra(n INTEGER) STRICT; INSERT INTO extra SELECT count(*)"
            " FROM unit",
     .with_live_runs = true},
    {.sql = NULL},
};
static const struct journal_migration quiet_only[] = {
    {.from = JOURNAL_VERSION, .sql = "CREATE TABLE extra(n INTEGER) STRICT"},
    {.sql = NULL},
};
static const struct journal_migration wrong[] = {
    {.from = JOURNAL_VERSION, .sql = "CREATE TABLE extra(n INTEGER) STRICT"},
    {.from = JOURNAL_VERSION + 1, .sql = "INSERT INTO nowhere VALUES(1)"},
    {.sql = NULL},
};
static const struct journal_hooks two_later = {.version = JOURNAL_VERSION + 2,
                                               .migrations = made_up};

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

static char *backup_of(struct fixture *fixture)
{
    return mem_printf(fixture, "%s.v%d.bak", fixture->path, JOURNAL_VERSION);
}

static void an_older_journal_is_brought_forward_step_by_step(void **state)
{
    struct fixture *fixture = *state;
    struct stat info;
    sqlite3 *db;

    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &two_later), FERRY_OK);
    db = fixture->journal->db;
    assert_true(fixture_query(db, "PRAGMA user_version") == JOURNAL_VERSION + 2);
    assert_true(fixture_query(db, "SELECT n FROM extra") == 5);
    assert_true(fixture_query(db, "SELECT count(colour IS NULL) FROM run") == 1);
    assert_true(fixture_query(db, "PRAGMA foreign_keys") == 1);
    fixture_close(fixture);
    assert_int_equal(stat(backup_of(fixture), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    /* the copy is a whole journal of the older version */
    fixture->path = backup_of(fixture);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_true(fixture_query(fixture->journal->db, "PRAGMA user_version") == JOURNAL_VERSION);
    assert_true(fixture_query(fixture->journal->db, "SELECT count(*) FROM unit") == 5);
}

static void a_migrated_journal_is_not_migrated_again(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &two_later), FERRY_OK);
    fixture_close(fixture);
    assert_int_equal(unlink(backup_of(fixture)), 0);
    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &two_later), FERRY_OK);
    assert_int_equal(access(backup_of(fixture), F_OK), -1);
    fixture_close(fixture);
    /* and the older ferry leaves it alone */
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "newer"));
}

static void a_reader_says_that_it_is_older(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_READ, &two_later), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message,
                           mem_printf(fixture, "older ferry (version %d", JOURNAL_VERSION)));
    assert_non_null(strstr(fixture->err.hint, "ferry resume"));
    assert_int_equal(access(backup_of(fixture), F_OK), -1);
}

static void a_live_run_may_stand_in_the_way(void **state)
{
    struct fixture *fixture = *state;
    const struct journal_hooks hooks = {.version = JOURNAL_VERSION + 1, .migrations = quiet_only};

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
    struct journal_hooks hooks = {.version = JOURNAL_VERSION + 2, .migrations = wrong};

    hooks.migrations = (const struct journal_migration[]){
        {.from = wrong[0].from, .sql = wrong[0].sql, .with_live_runs = true},
        {.from = wrong[1].from, .sql = wrong[1].sql, .with_live_runs = true},
        {.sql = NULL},
    };
    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &hooks), FERRY_E_JOURNAL);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_true(fixture_query(fixture->journal->db, "PRAGMA user_version") == JOURNAL_VERSION);
    assert_true(fixture_query(fixture->journal->db,
                              "SELECT count(*) FROM sqlite_schema WHERE name='extra'") == 0);
    fixture_close(fixture);
    hooks.version++; /* a step is missing on the way */
    hooks.migrations = made_up;
    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &hooks), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "never was"));
}

/* Every operation of the migration fails once; the next open finds the old version, or the new. */
static void disturb(int (*set_up_one)(void **state), const struct journal_hooks *undisturbed,
                    void (*check)(struct fixture *fixture))
{
    struct journal_hooks hooks = undisturbed == NULL ? (struct journal_hooks){0} : *undisturbed;
    int n = 0;
    int fired;

    hooks.vfs = FAULT_VFS;
    hooks.files = &fault_files;
    do {
        struct fault_plan plan = {.kinds = FAULT_ALL & ~(unsigned)FAULT_READ, .n = ++n};
        const struct fault_plan none = {0};
        void *inner = NULL;

        assert_int_equal(set_up_one(&inner), 0);
        struct fixture *fixture = inner;

        fault_set(&plan);
        if (fixture_open_hooked(fixture, JOURNAL_WRITE, &hooks) != FERRY_OK)
            assert_int_equal(fixture->err.code, FERRY_E_JOURNAL);
        fired = fault_fired();
        fixture_kill(fixture);
        fault_set(&none);
        assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, undisturbed), FERRY_OK);
        check(fixture);
        fixture_free(fixture);
    } while (fired > 0);
    printf("disturbed migrations %d\n", n - 1);
    assert_true(n > 20);
}

static void check_made_up(struct fixture *fixture)
{
    assert_true(fixture_query(fixture->journal->db, "SELECT n FROM extra") == 5);
}

static void a_disturbed_migration_can_be_repeated(void **state)
{
    (void)state;
    disturb(set_up, &two_later, check_made_up);
}

/* --- the golden journals: one of each version that was, as the ferry of its day left it. v1: an
   ended run, and a paused one (2) whose step 1 has a unit in each state, the last with an intent
   that is no uuid --- */

static int set_up_version_1(void **state)
{
    struct fixture *fixture = fixture_new();
    char *data = NULL;
    size_t size = 0;

    *state = fixture;
    if (file_read(fixture, FERRY_SOURCE_DIR "/tests/data/journals/v1.db", 1024 * 1024, &data, &size,
                  &fixture->err) != FERRY_OK)
        return -1;
    return file_write_atomic(fixture->path, data, size, 0600, &fixture->err) == FERRY_OK ? 0 : -1;
}

/* Nothing that was in it is lost or changed; called once the journal is open. */
static void check_version_1(struct fixture *fixture)
{
    static const char *const open[] = {"t/intent", "t/started", "t/own id"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct unit_row *units = NULL;
    struct step_row *steps = NULL;
    sqlite3 *db = fixture->journal->db;
    size_t count = 0;

    assert_true(fixture_query(db, "PRAGMA user_version") == JOURNAL_VERSION);
    assert_true(fixture_counters_agree(db));
    assert_true(fixture_query(db, "SELECT count(*) FROM pragma_foreign_key_check") == 0);
    assert_true(fixture_query(db, "SELECT count(*) FROM pragma_integrity_check"
                                  " WHERE integrity_check='ok'") == 1);
    assert_true(fixture_query(db, "SELECT count(*) FROM unit") == 14);
    assert_true(fixture_query(db, "SELECT count(*) FROM event") == 21);
    assert_int_equal(journal_steps(fixture->journal, scope, 2, &steps, &count, &fixture->err),
                     FERRY_OK);
    assert_int_equal(count, 3);
    assert_string_equal(steps[1].name, "install_new_agents");
    assert_true(steps[1].state == STEP_RUNNING && steps[1].started_at_ms == FIXTURE_START_MS + 1);
    assert_true(steps[1].n_total == 9 && steps[1].n_done == 1 && steps[1].n_skipped == 1 &&
                steps[1].n_failed == 1 && steps[1].n_open == 3 && steps[1].n_unknown == 1);
    assert_int_equal(journal_units(fixture->journal, scope,
                                   &(struct unit_query){2, 1, UNITS_OPEN, -1, 99}, &units, &count,
                                   &fixture->err),
                     FERRY_OK);
    assert_int_equal(count, FERRY_COUNT(open));
    for (size_t at = 0; at < count; at++)
        assert_string_equal(units[at].key, open[at]);
    assert_string_equal(units[0].intent_id, "44444444-4444-4444-8444-444444444441");
    assert_string_equal(units[2].intent_id, "install-7");
}

static void a_journal_of_version_1_is_brought_forward(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    check_version_1(fixture);
    assert_true(journal_epoch(fixture->journal) == 2);
    fixture_close(fixture);
    fixture->path = mem_printf(fixture, "%s.v1.bak", fixture->path);
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    assert_true(fixture_query(db, "PRAGMA user_version") == 1);
    assert_true(fixture_query(db, "SELECT sum(n_total) FROM step") == 14);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* What was open goes on: each open unit is answered, and none of their intents is ours to send. */
static void the_open_units_of_version_1_can_be_ended(void **state)
{
    struct fixture *fixture = *state;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct unit_row *units = NULL;
    size_t count = 0;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_int_equal(journal_units(fixture->journal, scope,
                                   &(struct unit_query){2, 1, UNITS_OPEN, -1, 99}, &units, &count,
                                   &fixture->err),
                     FERRY_OK);
    for (size_t at = 0; at < count; at++) {
        enum unit_state from = units[at].state;

        assert_false(journal_intent_is_open(fixture->journal, units[at].intent_id));
        units[at].state = at == 0 ? UNIT_PENDING : UNIT_DONE;
        assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_OK);
        assert_int_equal(fixture_move(fixture->journal, &units[at], from, &fixture->err), FERRY_OK);
        assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_OK);
    }
    assert_true(fixture_counters_agree(fixture->journal->db));
    assert_true(fixture_query(fixture->journal->db, "SELECT sum(n_open) FROM hot") == 0);
}

static void only_a_writer_brings_version_1_forward(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture_open(fixture, JOURNAL_READ), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "older ferry (version 1"));
}

/* All definitions in order of their names, without the blanks. */
static char *schema_of(struct fixture *fixture)
{
    sqlite3_stmt *statement = NULL;
    char *text;

    assert_int_equal(sqlite3_prepare_v2(fixture->journal->db,
                                        "SELECT group_concat(replace(sql,' ',''),';') FROM"
                                        " (SELECT sql FROM sqlite_schema ORDER BY name)",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    text = mem_strdup(fixture, (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return text;
}

static void what_is_brought_forward_is_like_what_is_new(void **state)
{
    struct fixture *fixture = *state;
    struct fixture *other = fixture_new();

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_int_equal(fixture_open(other, JOURNAL_WRITE), FERRY_OK);
    assert_string_equal(schema_of(fixture), schema_of(other));
    fixture_free(other);
}

static void a_disturbed_migration_of_version_1_can_be_repeated(void **state)
{
    (void)state;
    disturb(set_up_version_1, NULL, check_version_1);
}

int main(void)
{
#define MIGRATE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)
#define GOLDEN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_version_1, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        MIGRATE_TEST(an_older_journal_is_brought_forward_step_by_step),
        MIGRATE_TEST(a_migrated_journal_is_not_migrated_again),
        MIGRATE_TEST(a_reader_says_that_it_is_older),
        MIGRATE_TEST(a_live_run_may_stand_in_the_way),
        MIGRATE_TEST(a_step_that_fails_leaves_the_old_version),
        cmocka_unit_test(a_disturbed_migration_can_be_repeated),
        GOLDEN_TEST(a_journal_of_version_1_is_brought_forward),
        GOLDEN_TEST(the_open_units_of_version_1_can_be_ended),
        GOLDEN_TEST(only_a_writer_brings_version_1_forward),
        GOLDEN_TEST(what_is_brought_forward_is_like_what_is_new),
        cmocka_unit_test(a_disturbed_migration_of_version_1_can_be_repeated),
    };

    fault_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
