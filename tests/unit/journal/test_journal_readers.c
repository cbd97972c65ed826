/* Looking on: beside a writer, after a kill, and without changing a byte. */
#include "ferry_test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "support/journal_test.h"

#define FILE_MAX (64 * 1024 * 1024)

static struct journal *open_reader(struct fixture *fixture)
{
    struct journal_options options = fixture_options(fixture, JOURNAL_READ);
    struct journal *journal = NULL;

    assert_int_equal(journal_open(NULL, &options, &journal, &fixture->err), FERRY_OK);
    return journal;
}

static int64_t done_of(struct fixture *fixture, struct journal *journal, int64_t run)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct step_row *steps = NULL;
    size_t count = 0;

    assert_int_equal(journal_steps(journal, scope, run, &steps, &count, &fixture->err), FERRY_OK);
    assert_int_equal(count, 1);
    return steps[0].n_done;
}

/* In one turn: pending, intent, done. */
static void finish_unit(struct fixture *fixture, int64_t run, int64_t seq)
{
    struct unit_row unit;

    fixture_unit(&unit, run, seq, 1);
    unit.state = UNIT_INTENT;
    assert_int_equal(fixture_move(fixture->journal, &unit, UNIT_PENDING, &fixture->err), FERRY_OK);
    unit.state = UNIT_DONE;
    assert_int_equal(fixture_move(fixture->journal, &unit, UNIT_INTENT, &fixture->err), FERRY_OK);
}

static void a_reader_sees_what_is_committed_and_nothing_else(void **state)
{
    struct fixture *fixture = *state;
    struct journal *reader;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    int64_t run = fixture_add_run(fixture->journal, "one", 50);

    reader = open_reader(fixture);
    for (int64_t seq = 0; seq < 50; seq++) {
        assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_OK);
        finish_unit(fixture, run, seq);
        assert_true(done_of(fixture, reader, run) == seq);
        assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_OK);
        assert_true(done_of(fixture, reader, run) == seq + 1);
    }
    journal_close(reader);
}

/* The WAL is copied back by the writer while readers come and go. */
static void readers_and_checkpoints_do_not_disturb_each_other(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_int_equal(sqlite3_wal_autocheckpoint(fixture->journal->db, 5), SQLITE_OK);
    int64_t run = fixture_add_run(fixture->journal, "one", 200);

    for (int64_t seq = 0; seq < 200; seq++) {
        struct journal *reader = open_reader(fixture);

        assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_OK);
        finish_unit(fixture, run, seq);
        assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_OK);
        assert_true(done_of(fixture, reader, run) == seq + 1);
        assert_true(fixture_counters_agree(reader->db));
        journal_close(reader);
    }
}

struct copy {
    char *data;
    size_t size;
};

static struct copy take_copy(struct fixture *fixture, const char *end)
{
    struct copy copy = {NULL, 0};
    struct ferry_error err;
    char *path = mem_printf(fixture, "%s%s", fixture->path, end);

    if (file_read(fixture, path, FILE_MAX, &copy.data, &copy.size, &err) != FERRY_OK)
        assert_int_equal(err.code, FERRY_E_NOT_FOUND);
    return copy;
}

static bool same_copy(struct copy a, struct copy b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Every reading function once. */
static void read_everything(struct fixture *fixture, int64_t run)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct journal *reader = open_reader(fixture);
    struct ferry_error *err = &fixture->err;
    struct run_row found;
    struct run_row *runs;
    struct unit_row unit;
    struct unit_row *units;
    struct event_row *events;
    size_t count;

    assert_int_equal(journal_run_find(reader, scope, NULL, &found, err), FERRY_OK);
    assert_int_equal(journal_runs(reader, scope, &runs, &count, err), FERRY_OK);
    done_of(fixture, reader, run);
    assert_int_equal(journal_units(reader, scope, &(struct unit_query){run, 0, UNITS_ALL, -1, 99},
                                   &units, &count, err),
                     FERRY_OK);
    assert_int_equal(journal_unit_find(reader, scope,
                                       &(struct unit_key){run, 0, "tenant/deployment-0"}, &unit,
                                       err),
                     FERRY_OK);
    assert_int_equal(
        journal_events(reader, scope, &(struct event_query){run, 0, 99}, &events, &count, err),
        FERRY_OK);
    assert_true(count > 0);
    journal_close(reader);
}

static void readers_change_no_byte(void **state)
{
    struct fixture *fixture = *state;

    for (int clean = 0; clean < 2; clean++) {
        assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
        int64_t run = clean == 1 ? 1 : fixture_add_run(fixture->journal, "one", 50);

        assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_OK);
        finish_unit(fixture, run, clean);
        assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_OK);
        if (clean == 1)
            fixture_close(fixture);
        else
            fixture_kill(fixture); /* the last commits are in the WAL only */
        struct copy before[3] = {take_copy(fixture, ""), take_copy(fixture, "-wal"),
                                 take_copy(fixture, ".lock")};

        assert_true((before[1].size > 0) == (clean == 0));
        for (int round = 0; round < 3; round++)
            read_everything(fixture, run);
        assert_true(same_copy(before[0], take_copy(fixture, "")));
        assert_true(same_copy(before[1], take_copy(fixture, "-wal")));
        assert_true(same_copy(before[2], take_copy(fixture, ".lock")));
    }
}

static void what_a_killed_writer_committed_is_read(void **state)
{
    struct fixture *fixture = *state;
    struct journal *reader;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    int64_t run = fixture_add_run(fixture->journal, "one", 5);

    assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_OK);
    finish_unit(fixture, run, 0);
    assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_OK);
    assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_OK);
    finish_unit(fixture, run, 1);
    fixture_kill(fixture); /* in the middle of a turn */
    reader = open_reader(fixture);
    assert_true(done_of(fixture, reader, run) == 1);
    journal_close(reader);
    /* and after a restart of the machine, without the index of the WAL */
    assert_int_equal(unlink(mem_printf(fixture, "%s-shm", fixture->path)), 0);
    reader = open_reader(fixture);
    assert_true(done_of(fixture, reader, run) == 1);
    assert_true(fixture_counters_agree(reader->db));
    journal_close(reader);
}

static void a_reader_cannot_write(void **state)
{
    struct fixture *fixture = *state;
    struct journal *reader;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    fixture_close(fixture);
    reader = open_reader(fixture);
    assert_int_not_equal(sqlite3_exec(reader->db, "UPDATE meta SET epoch=99", NULL, NULL, NULL),
                         SQLITE_OK);
    journal_alive(reader, 1); /* is left aside */
    journal_close(reader);
}

/* A reader in the way keeps the WAL, not the writer: closing must not wait or fail. */
static void a_writer_closes_beside_a_reader(void **state)
{
    struct fixture *fixture = *state;
    struct journal *reader;
    sqlite3_stmt *statement = NULL;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    fixture_add_run(fixture->journal, "one", 3);
    reader = open_reader(fixture);
    assert_int_equal(sqlite3_prepare_v2(reader->db, "SELECT id FROM unit", -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    fixture_close(fixture);
    sqlite3_finalize(statement);
    journal_close(reader);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_true(fixture_query(fixture->journal->db, "SELECT count(*) FROM unit") == 3);
}

int main(void)
{
#define READER_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        READER_TEST(a_reader_sees_what_is_committed_and_nothing_else),
        READER_TEST(readers_and_checkpoints_do_not_disturb_each_other),
        READER_TEST(readers_change_no_byte),
        READER_TEST(what_a_killed_writer_committed_is_read),
        READER_TEST(a_reader_cannot_write),
        READER_TEST(a_writer_closes_beside_a_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
