/* One writer: the lock, its owner by name, the epoch, the fence, the signs of life. */
#include "ferry_test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "support/journal_test.h"

/* A second handle on the same journal in one process, as the simulator has them. */
static struct journal *open_unlocked(struct fixture *fixture)
{
    struct journal_options options = fixture_options(fixture, JOURNAL_WRITE);
    struct journal *journal = NULL;

    options.disable_lock = true;
    assert_int_equal(journal_open(NULL, &options, &journal, &fixture->err), FERRY_OK);
    return journal;
}

static struct json *lock_content(struct fixture *fixture)
{
    struct json *tree = NULL;
    char *text = NULL;
    size_t size;

    assert_int_equal(file_read(fixture, mem_printf(fixture, "%s.lock", fixture->path), 4096, &text,
                               &size, &fixture->err),
                     FERRY_OK);
    assert_int_equal(json_parse(fixture, text, size, &tree, &fixture->err), FERRY_OK);
    return tree;
}

/* Holds the journal in another process until it is killed. */
static pid_t start_holder(struct fixture *fixture)
{
    int ready[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        if (fixture_open(fixture, JOURNAL_WRITE) != FERRY_OK)
            _exit(1);
        if (write(ready[1], "r", 1) != 1)
            _exit(2);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return child;
}

static void a_second_writer_is_told_who_has_it(void **state)
{
    struct fixture *fixture = *state;
    pid_t holder = start_holder(fixture);
    char pid[32];
    int status;

    snprintf(pid, sizeof(pid), "process %d", (int)holder);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_E_BUSY);
    assert_non_null(strstr(fixture->err.message, "ferry test has it"));
    assert_non_null(strstr(fixture->err.message, pid));
    assert_non_null(strstr(fixture->err.hint, "kill -INT"));
    assert_int_equal(fixture_open(fixture, JOURNAL_READ), FERRY_OK); /* looking on is free */
    fixture_close(fixture);
    assert_int_equal(kill(holder, SIGKILL), 0);
    assert_int_equal(waitpid(holder, &status, 0), holder);
    /* freed by the kernel, at once */
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_true(journal_epoch(fixture->journal) == 2);
}

static void the_lock_file_tells_the_owner(void **state)
{
    struct fixture *fixture = *state;
    const struct json *owner;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    owner = lock_content(fixture);
    assert_true(json_int64_or(owner, "pid", 0) == getpid());
    assert_true(json_int64_or(owner, "start_ticks", 0) > 0);
    assert_string_equal(json_string_or(owner, "command", ""), "ferry test");
    assert_string_equal(json_string_or(owner, "version", ""), FERRY_VERSION);
    assert_true(strlen(json_string_or(owner, "boot_id", "")) == 36);
    assert_true(strlen(json_string_or(owner, "host", "")) > 0);
    assert_non_null(strstr(json_string_or(owner, "since", ""), "2025-11-23T"));
}

static void an_unreadable_lock_file_does_not_hide_that_it_is_held(void **state)
{
    struct fixture *fixture = *state;
    struct journal *first;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    first = fixture->journal;
    assert_int_equal(truncate(mem_printf(fixture, "%s.lock", fixture->path), 0), 0);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_E_BUSY);
    assert_non_null(strstr(fixture->err.message, "another process"));
    assert_non_null(strstr(fixture->err.hint, "fuser"));
    journal_close(first);
}

static void every_writer_has_an_epoch_of_its_own(void **state)
{
    struct fixture *fixture = *state;

    for (int64_t epoch = 1; epoch <= 6; epoch++) {
        assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
        assert_true(journal_epoch(fixture->journal) == epoch);
        assert_true(fixture_query(fixture->journal->db, "SELECT clean_close FROM meta") == 0);
        if (epoch % 2 == 0)
            fixture_kill(fixture);
        else
            fixture_close(fixture);
        assert_int_equal(fixture_open(fixture, JOURNAL_READ), FERRY_OK);
        assert_true(journal_epoch(fixture->journal) == epoch);
        assert_true(fixture_query(fixture->journal->db, "SELECT clean_close FROM meta") ==
                    epoch % 2);
        fixture_close(fixture);
    }
}

static void the_older_of_two_writers_is_fenced_off(void **state)
{
    struct fixture *fixture = *state;
    struct journal *old = open_unlocked(fixture);
    int64_t run = fixture_add_run(old, "one", 2);
    struct unit_row unit;

    fixture_unit(&unit, run, 0, 1);
    unit.state = UNIT_INTENT;
    assert_int_equal(journal_begin(old, &fixture->err), FERRY_OK);
    assert_int_equal(journal_unit_update(old, &unit, UNIT_PENDING, &fixture->err), FERRY_OK);
    assert_int_equal(journal_commit(old, &fixture->err), FERRY_OK);
    assert_true(journal_intent_is_open(old, unit.intent_id));
    fixture->journal = open_unlocked(fixture);
    /* it may not send any more, not even what it had announced before */
    assert_false(journal_intent_is_open(old, unit.intent_id));
    assert_false(journal_intent_is_open(fixture->journal, unit.intent_id));
    for (int turn = 0; turn < 3; turn++) {
        assert_int_equal(journal_begin(old, &fixture->err), FERRY_E_FENCED);
        assert_non_null(strstr(fixture->err.message, "another ferry"));
        assert_true(fixture->err.hint[0] != '\0');
    }
    assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_OK);
    assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_OK);
    journal_close(old); /* leaves no mark in what is another's now */
    assert_true(fixture_query(fixture->journal->db, "SELECT clean_close FROM meta") == 0);
    assert_true(fixture_query(fixture->journal->db, "SELECT epoch FROM meta") == 2);
}

/* Whose journal it is is asked anew only when somebody else has committed. */
static void the_fence_is_asked_only_after_the_commit_of_another(void **state)
{
    struct fixture *fixture = *state;
    sqlite3 *other = NULL;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    int64_t run = fixture_add_run(fixture->journal, "one", 0);
    sqlite3_stmt *fence = fixture->journal->statements[STATEMENT_FENCE];

    assert_int_equal(sqlite3_open(fixture->path, &other), SQLITE_OK);
    for (int turn = 0; turn < 6; turn++) {
        struct event_row event = {.run = run, .step = -1, .seq = -1, .kind = "tick"};

        assert_int_equal(sqlite3_stmt_status(fence, SQLITE_STMTSTATUS_RUN, 0), 1 + turn / 3);
        if (turn == 2)
            assert_int_equal(
                sqlite3_exec(other, "UPDATE meta SET opened_at=opened_at+1", NULL, NULL, NULL),
                SQLITE_OK);
        if (turn == 4)
            assert_true(fixture_query(fixture->journal->db, "SELECT count(*) FROM meta") == 1);
        assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_OK);
        assert_int_equal(journal_event_add(fixture->journal, &event, &fixture->err), FERRY_OK);
        assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_OK);
    }
    assert_int_equal(sqlite3_exec(other, "UPDATE meta SET epoch=epoch+1", NULL, NULL, NULL),
                     SQLITE_OK);
    /* not even reading what the other wrote makes it ours */
    assert_true(fixture_query(fixture->journal->db, "SELECT epoch FROM meta") == 2);
    assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_E_FENCED);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
}

static void two_writers_never_both_succeed(void **state)
{
    struct fixture *fixture = *state;
    struct journal *writers[2] = {open_unlocked(fixture), NULL};
    int64_t run = fixture_add_run(writers[0], "one", 1);
    int64_t last_epoch = 0;

    for (int turn = 0; turn < 60; turn++) {
        size_t which = (size_t)rng_below(&fixture->rng.rng, 2);
        struct event_row event = {.run = run, .step = -1, .seq = -1, .kind = "tick"};

        if (writers[which] == NULL || rng_below(&fixture->rng.rng, 5) == 0) {
            mem_free(writers[which]);
            writers[which] = open_unlocked(fixture);
        }
        if (journal_begin(writers[which], &fixture->err) != FERRY_OK)
            continue;
        assert_int_equal(journal_event_add(writers[which], &event, &fixture->err), FERRY_OK);
        assert_int_equal(journal_commit(writers[which], &fixture->err), FERRY_OK);
        assert_true(event.epoch >= last_epoch);
        last_epoch = event.epoch;
    }
    fixture->journal = writers[0];
    assert_true(fixture_query(writers[0]->db, "SELECT count(*) FROM event a JOIN event b"
                                              " ON b.id=a.id+1 WHERE b.epoch<a.epoch") == 0);
    mem_free(writers[1]);
}

static void intents_of_an_older_epoch_are_not_ours(void **state)
{
    struct fixture *fixture = *state;
    struct unit_row unit;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    int64_t run = fixture_add_run(fixture->journal, "one", 1);

    fixture_unit(&unit, run, 0, 1);
    unit.state = UNIT_INTENT;
    assert_int_equal(journal_begin(fixture->journal, &fixture->err), FERRY_OK);
    assert_int_equal(journal_unit_update(fixture->journal, &unit, UNIT_PENDING, &fixture->err),
                     FERRY_OK);
    assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_OK);
    fixture_kill(fixture);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_false(journal_intent_is_open(fixture->journal, unit.intent_id));
}

static void life_is_shown_at_most_once_a_second(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        int64_t at, shown;
    } signs[] = {{500, 0}, {999, 0}, {1000, 1000}, {1700, 1000}, {2000, 2000}, {-5000, -5000}};

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_true(json_int64_or(lock_content(fixture), "alive_ms", 0) == FIXTURE_START_MS);
    for (size_t at = 0; at < FERRY_COUNT(signs); at++) {
        journal_alive(fixture->journal, FIXTURE_START_MS + signs[at].at);
        assert_true(json_int64_or(lock_content(fixture), "alive_ms", 0) ==
                    FIXTURE_START_MS + signs[at].shown);
    }
    assert_true(json_int64_or(lock_content(fixture), "pid", 0) == getpid());
}

static void the_next_writer_learns_when_the_last_was_alive(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_true(journal_last_alive_ms(fixture->journal) == 0);
    journal_alive(fixture->journal, FIXTURE_START_MS + 60000);
    fixture_kill(fixture);
    fixture->clock.now_ms = FIXTURE_START_MS + 3600000;
    assert_int_equal(fixture_open(fixture, JOURNAL_READ), FERRY_OK);
    assert_true(journal_last_alive_ms(fixture->journal) == FIXTURE_START_MS + 60000);
    fixture_close(fixture);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_true(journal_last_alive_ms(fixture->journal) == FIXTURE_START_MS + 60000);
    fixture_kill(fixture);
    /* the lock file is only a hint: without it the journal's own times count */
    assert_int_equal(unlink(mem_printf(fixture, "%s.lock", fixture->path)), 0);
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    assert_true(journal_last_alive_ms(fixture->journal) == FIXTURE_START_MS + 3600000);
}

static void a_failed_opening_keeps_the_last_sign_of_life(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    fixture_close(fixture);
    assert_int_equal(truncate(fixture->path, 0), 0);
    fixture->clock.now_ms += 5000;
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_E_JOURNAL);
    assert_true(json_int64_or(lock_content(fixture), "alive_ms", 0) == FIXTURE_START_MS);
}

int main(void)
{
#define LOCK_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        LOCK_TEST(a_second_writer_is_told_who_has_it),
        LOCK_TEST(the_lock_file_tells_the_owner),
        LOCK_TEST(an_unreadable_lock_file_does_not_hide_that_it_is_held),
        LOCK_TEST(every_writer_has_an_epoch_of_its_own),
        LOCK_TEST(the_older_of_two_writers_is_fenced_off),
        LOCK_TEST(the_fence_is_asked_only_after_the_commit_of_another),
        LOCK_TEST(two_writers_never_both_succeed),
        LOCK_TEST(intents_of_an_older_epoch_are_not_ours),
        LOCK_TEST(life_is_shown_at_most_once_a_second),
        LOCK_TEST(the_next_writer_learns_when_the_last_was_alive),
        LOCK_TEST(a_failed_opening_keeps_the_last_sign_of_life),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
