/* Opening, creating, refusing: what is refused is left byte for byte as it was. */
#include "ferry_test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "support/journal_test.h"

#define FILE_MAX (16 * 1024 * 1024)

static char *beside(struct fixture *fixture, const char *end)
{
    return mem_printf(fixture, "%s%s", fixture->path, end);
}

static void put_file(const char *path, const void *data, size_t size)
{
    struct ferry_error err;

    assert_int_equal(file_write_atomic(path, data, size, 0600, &err), FERRY_OK);
}

static void get_file(struct fixture *fixture, char **data, size_t *size)
{
    assert_int_equal(file_read(fixture, fixture->path, FILE_MAX, data, size, &fixture->err),
                     FERRY_OK);
}

/* A journal that was closed in order, changed by SQL behind ferry's back. */
static void make_then(struct fixture *fixture, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    fixture_add_run(fixture->journal, "one", 3);
    fixture_close(fixture);
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Both modes refuse, with these words, and change nothing. */
static void assert_refused(struct fixture *fixture, const char *words)
{
    static const enum journal_mode modes[] = {JOURNAL_WRITE, JOURNAL_READ};
    char *before = NULL;
    char *after = NULL;
    size_t before_size;
    size_t after_size;

    get_file(fixture, &before, &before_size);
    for (size_t at = 0; at < FERRY_COUNT(modes); at++) {
        assert_int_equal(fixture_open(fixture, modes[at]), FERRY_E_JOURNAL);
        assert_null(fixture->journal);
        assert_non_null(strstr(fixture->err.message, words));
        assert_non_null(strstr(fixture->err.message, fixture->path));
        assert_true(fixture->err.hint[0] != '\0');
        get_file(fixture, &after, &after_size);
        assert_true(before_size == after_size && memcmp(before, after, after_size) == 0);
    }
}

static void a_new_journal_is_private_and_complete(void **state)
{
    struct fixture *fixture = *state;
    struct stat info;

    fixture->path = mem_printf(fixture, "%s/a/b/journal.db", fixture->folder);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_true(journal_epoch(fixture->journal) == 1);
    assert_true(journal_last_alive_ms(fixture->journal) == 0);
    assert_true(stat(fixture->path, &info) == 0 && (info.st_mode & 07777) == 0600);
    assert_true(stat(beside(fixture, "-wal"), &info) == 0 && (info.st_mode & 07777) == 0600);
    assert_true(stat(beside(fixture, ".lock"), &info) == 0 && (info.st_mode & 07777) == 0600);
    assert_true(stat(beside(fixture, ".new"), &info) != 0);
    assert_true(stat(mem_printf(fixture, "%s/a", fixture->folder), &info) == 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    sqlite3 *db = fixture->journal->db;

    assert_true(fixture_query(db, "PRAGMA application_id") == JOURNAL_APPLICATION_ID);
    assert_true(fixture_query(db, "PRAGMA user_version") == JOURNAL_VERSION);
#ifndef FERRY_MUTANT_SYNC
    assert_true(fixture_query(db, "PRAGMA synchronous") == 2);
#endif
    assert_true(fixture_query(db, "PRAGMA foreign_keys") == 1);
    assert_true(fixture_query(db, "PRAGMA trusted_schema") == 0);
    assert_true(fixture_query(db, "PRAGMA busy_timeout") == 5000);
    assert_true(fixture_query(db, "PRAGMA journal_size_limit") == 64 * 1024 * 1024);
    assert_true(fixture_query(db, "PRAGMA cell_size_check") == 1);
    assert_true(fixture_query(db, "SELECT count(*) FROM pragma_table_list"
                                  " WHERE strict AND schema='main'") == 6);
    assert_int_not_equal(sqlite3_exec(db,
                                      "PRAGMA writable_schema=ON;"
                                      "UPDATE sqlite_schema SET sql='x'",
                                      NULL, NULL, NULL),
                         SQLITE_OK); /* DEFENSIVE */
    fixture_close(fixture);
    assert_true(stat(beside(fixture, "-wal"), &info) != 0); /* a clean end leaves one file */
    unlink(fixture->path);
    unlink(beside(fixture, ".lock"));
    rmdir(mem_printf(fixture, "%s/a/b", fixture->folder));
    rmdir(mem_printf(fixture, "%s/a", fixture->folder));
}

static void a_killed_creation_leaves_nothing_in_the_way(void **state)
{
    struct fixture *fixture = *state;

    put_file(beside(fixture, ".new"), "half", 4);
    put_file(beside(fixture, ".new-wal"), "half", 4);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_true(fixture_query(fixture->journal->db, "SELECT count(*) FROM meta") == 1);
    assert_int_equal(access(beside(fixture, ".new"), F_OK), -1);
    assert_int_equal(access(beside(fixture, ".new-wal"), F_OK), -1);
}

static void a_newer_journal_is_refused(void **state)
{
    struct fixture *fixture = *state;
    int newer = JOURNAL_VERSION + 1;

    make_then(fixture, mem_printf(fixture, "PRAGMA user_version=%d", newer));
    assert_refused(fixture, mem_printf(fixture, "newer ferry (version %d", newer));
}

/* The new version may be in the WAL only: whoever wrote it was killed. */
static void a_newer_journal_is_refused_when_only_the_wal_says_so(void **state)
{
    struct fixture *fixture = *state;
    sqlite3 *db = NULL;

    make_then(fixture, "SELECT 1");
    assert_int_equal(sqlite3_open(fixture->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version=9", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_refused(fixture, "newer ferry (version 9");
}

static void the_database_of_another_program_is_refused(void **state)
{
    make_then(*state, "PRAGMA application_id=7");
    assert_refused(*state, "another program");
}

static void files_that_are_no_journal_are_refused(void **state)
{
    struct fixture *fixture = *state;
    char noise[8192];

    for (size_t at = 0; at < sizeof(noise); at++)
        noise[at] = (char)rng_below(&fixture->rng.rng, 256);
    put_file(fixture->path, "", 0);
    assert_refused(fixture, "empty");
    put_file(fixture->path, "hello", 5);
    assert_refused(fixture, "no journal");
    put_file(fixture->path, noise, sizeof(noise));
    assert_refused(fixture, "no journal");
}

static void a_damaged_journal_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char *data = NULL;
    size_t size;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    fixture_add_run(fixture->journal, "one", 300);
    sqlite3_wal_checkpoint_v2(fixture->journal->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    fixture_kill(fixture);
    get_file(fixture, &data, &size);
    assert_true(size > 12 * 4096);
    /* every page but the first two (schema and meta), one after the other */
    for (size_t page = 2; page < size / 4096; page++) {
        char *bad = mem_memdup(fixture, data, size);

        memset(bad + page * 4096, 0x5a, 4096);
        put_file(fixture->path, bad, size);
        assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_E_JOURNAL);
        assert_non_null(strstr(fixture->err.message, "damaged"));
        assert_non_null(strstr(fixture->err.hint, "restore a copy"));
    }
    put_file(fixture->path, data, size);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
}

static void a_truncated_journal_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char *data = NULL;
    size_t size;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    fixture_add_run(fixture->journal, "one", 300);
    sqlite3_wal_checkpoint_v2(fixture->journal->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    fixture_kill(fixture);
    get_file(fixture, &data, &size);
    for (size_t pages = 1; pages < size / 4096; pages++) {
        put_file(fixture->path, data, pages * 4096 - 1);
        assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_E_JOURNAL);
        assert_true(fixture->err.hint[0] != '\0');
    }
}

static void a_folder_is_no_journal(void **state)
{
    struct fixture *fixture = *state;

    fixture->path = fixture->folder;
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "directory"));
    assert_true(fixture->err.hint[0] != '\0');
    unlink(mem_printf(fixture, "%s.lock", fixture->folder));
    fixture->path = mem_strdup(fixture, "/dev/null");
    assert_int_equal(fixture_open(fixture, JOURNAL_READ), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "no plain file"));
    fixture->path = mem_printf(fixture, "%s/", fixture->folder);
    assert_int_equal(fixture_open(fixture, JOURNAL_READ), FERRY_E_JOURNAL);
    fixture->path = mem_printf(fixture, "%s/absent/", fixture->folder);
    assert_int_equal(fixture_open(fixture, JOURNAL_READ), FERRY_E_JOURNAL);
}

static void links_lead_to_one_lock_and_not_to_nowhere(void **state)
{
    struct fixture *fixture = *state;
    char *link = beside(fixture, "-link");
    struct journal *first;

    assert_int_equal(symlink(fixture->path, link), 0);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    first = fixture->journal;
    fixture->path = link;
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_E_BUSY);
    journal_close(first);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    fixture_close(fixture);
    unlink(link);
    assert_int_equal(symlink("/nowhere/at/all", link), 0);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "link to nowhere"));
}

static void a_reader_does_not_create(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture_open(fixture, JOURNAL_READ), FERRY_E_NOT_FOUND);
    assert_non_null(strstr(fixture->err.message, fixture->path));
    assert_true(fixture->err.hint[0] != '\0');
    assert_int_equal(access(fixture->path, F_OK), -1);
    assert_int_equal(access(beside(fixture, ".lock"), F_OK), -1);
}

static void a_wal_without_its_journal_is_not_written_over(void **state)
{
    struct fixture *fixture = *state;

    put_file(beside(fixture, "-wal"), "commits", 7);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "write-ahead log"));
    assert_int_equal(access(fixture->path, F_OK), -1);
    assert_int_equal(access(beside(fixture, "-wal"), F_OK), 0);
}

static int nfs_type(const char *path FERRY_UNUSED, uint64_t *type)
{
    *type = 0x6969;
    return 0;
}

static void a_network_file_system_needs_the_operators_word(void **state)
{
    struct fixture *fixture = *state;
    struct journal_files files = journal_system_files;
    struct journal_hooks hooks = {.files = &files};
    struct journal_options options = fixture_options(fixture, JOURNAL_WRITE);

    files.fs_type = nfs_type;
    assert_int_equal(fixture_open_hooked(fixture, JOURNAL_WRITE, &hooks), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "network file system (NFS)"));
    assert_int_equal(access(fixture->path, F_OK), -1);
    options.allow_network_fs = true;
    assert_int_equal(journal_open_hooked(NULL, &options, &hooks, &fixture->journal, &fixture->err),
                     FERRY_OK);
}

/* What a user without rights to the file is told. As root the test takes another user's place. */
static void permissions_are_named(void **state)
{
    struct fixture *fixture = *state;
    pid_t child;
    int status;

    make_then(fixture, "SELECT 1");
    assert_int_equal(chmod(fixture->path, 0444), 0);
    assert_int_equal(chmod(beside(fixture, ".lock"), 0666), 0);
    assert_int_equal(chmod(fixture->folder, 0755), 0);
    child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(9);
        if (fixture_open(fixture, JOURNAL_WRITE) != FERRY_E_JOURNAL)
            _exit(1);
        if (strstr(fixture->err.message, "permission denied") == NULL ||
            strstr(fixture->err.hint, "read and write") == NULL)
            _exit(2);
        /* a closed journal in a folder that cannot be written: an archive, and readable */
        if (fixture_open(fixture, JOURNAL_READ) != FERRY_OK)
            _exit(3);
        if (fixture_query(fixture->journal->db, "SELECT count(*) FROM unit") != 3)
            _exit(4);
        fixture_kill(fixture);
        fixture->path = mem_printf(fixture, "%s/other.db", fixture->folder);
        if (fixture_open(fixture, JOURNAL_WRITE) != FERRY_E_JOURNAL)
            _exit(5);
        fixture->path = mem_printf(fixture, "%s/sub/other.db", fixture->folder);
        if (fixture_open(fixture, JOURNAL_WRITE) != FERRY_E_JOURNAL ||
            strstr(fixture->err.message, "folder") == NULL)
            _exit(6);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_rows_nonsense_is_told_as_damage(void **state)
{
    struct fixture *fixture = *state;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct run_row *rows;
    size_t count;

    make_then(fixture, "PRAGMA ignore_check_constraints=ON; UPDATE run SET state='dancing'");
    assert_int_equal(fixture_open(fixture, JOURNAL_READ), FERRY_OK);
    assert_int_equal(journal_runs(fixture->journal, scope, &rows, &count, &fixture->err),
                     FERRY_E_JOURNAL);
    assert_null(rows);
    assert_non_null(strstr(fixture->err.message, "damaged"));
    fixture_kill(fixture);
    unlink(fixture->path);
    unlink(beside(fixture, "-wal"));
    make_then(fixture, "DELETE FROM meta");
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_E_JOURNAL);
}

int main(void)
{
#define OPEN_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        OPEN_TEST(a_new_journal_is_private_and_complete),
        OPEN_TEST(a_killed_creation_leaves_nothing_in_the_way),
        OPEN_TEST(a_newer_journal_is_refused),
        OPEN_TEST(a_newer_journal_is_refused_when_only_the_wal_says_so),
        OPEN_TEST(the_database_of_another_program_is_refused),
        OPEN_TEST(files_that_are_no_journal_are_refused),
        OPEN_TEST(a_damaged_journal_is_refused),
        OPEN_TEST(a_truncated_journal_is_refused),
        OPEN_TEST(a_folder_is_no_journal),
        OPEN_TEST(links_lead_to_one_lock_and_not_to_nowhere),
        OPEN_TEST(a_reader_does_not_create),
        OPEN_TEST(a_wal_without_its_journal_is_not_written_over),
        OPEN_TEST(a_network_file_system_needs_the_operators_word),
        OPEN_TEST(permissions_are_named),
        OPEN_TEST(a_rows_nonsense_is_told_as_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
