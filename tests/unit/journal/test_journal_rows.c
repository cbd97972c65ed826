/* Rows, counters, events, finding runs. */
#include "ferry_test.h"

#include "base/error.h"
#include "base/mem.h"
#include "support/journal_test.h"

static void states_keep_their_words(void **state)
{
    (void)state;
    assert_string_equal(run_state_name(RUN_RUNNING), "running");
    assert_string_equal(run_state_name(RUN_DONE), "done");
    assert_string_equal(run_state_name((enum run_state)99), "?");
    assert_string_equal(step_state_name(STEP_EXPANDING), "expanding");
    assert_string_equal(step_state_name(STEP_CANCELLED), "cancelled");
    assert_string_equal(unit_state_name(UNIT_PENDING), "pending");
    assert_string_equal(unit_state_name(UNIT_UNKNOWN), "unknown");
    assert_true(run_is_live(RUN_RUNNING) && run_is_live(RUN_PAUSED) && run_is_live(RUN_BLOCKED));
    assert_false(run_is_live(RUN_CANCELLED) || run_is_live(RUN_FAILED) || run_is_live(RUN_DONE));
}

static void a_run_comes_back_as_it_was_written(void **state)
{
    struct fixture *fixture = *state;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct run_row row = {
        .uuid = "0f0e0d0c-0b0a-4908-8706-050403020100",
        .name = "upgrade-1",
        .workflow = "upgrade",
        .target = "https://m.example",
        .state = RUN_PAUSED,
        .options = "{\"a\":1}",
        .facts = "{\"b\":[2]}",
        .error = "it stands",
        .hint = "push it",
        .code = FERRY_E_BUSY,
        .ferry_version = "9.9",
        .stop_before = "restore",
        .created_at_ms = 11,
        .updated_at_ms = 12,
        .cancel_at_ms = 13,
    };
    struct run_row got;

    fixture_begin(fixture);
    assert_int_equal(journal_run_add(fixture->journal, &row, &fixture->err), FERRY_OK);
    fixture_commit(fixture);
    assert_int_equal(journal_run_find(fixture->journal, scope, "upgrade-1", &got, &fixture->err),
                     FERRY_OK);
    assert_true(got.run == row.run && got.run > 0);
    assert_string_equal(got.uuid, row.uuid);
    assert_string_equal(got.workflow, "upgrade");
    assert_string_equal(got.target, row.target);
    assert_int_equal(got.state, RUN_PAUSED);
    assert_string_equal(got.options, row.options);
    assert_string_equal(got.facts, row.facts);
    assert_string_equal(got.error, row.error);
    assert_string_equal(got.hint, row.hint);
    assert_int_equal(got.code, FERRY_E_BUSY);
    assert_string_equal(got.ferry_version, "9.9");
    assert_string_equal(got.stop_before, "restore");
    assert_true(got.created_at_ms == 11 && got.updated_at_ms == 12 && got.cancel_at_ms == 13);
    assert_true(fixture_query(fixture->journal->db, "SELECT max(epoch) FROM run") ==
                journal_epoch(fixture->journal));
}

static void a_run_update_writes_what_it_says(void **state)
{
    struct fixture *fixture = *state;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t run = fixture_add_run(fixture->journal, "one", 0);
    struct run_row row = {.run = run,
                          .state = RUN_FAILED,
                          .facts = "{}",
                          .error = "e",
                          .code = FERRY_E_AUTH,
                          .updated_at_ms = 99,
                          .cancel_at_ms = 98};
    struct run_row got;

    fixture_begin(fixture);
    assert_int_equal(journal_run_update(fixture->journal, &row, &fixture->err), FERRY_OK);
    fixture_commit(fixture);
    assert_int_equal(journal_run_find(fixture->journal, scope, "one", &got, &fixture->err),
                     FERRY_OK);
    assert_int_equal(got.state, RUN_FAILED);
    assert_string_equal(got.facts, "{}");
    assert_string_equal(got.error, "e");
    assert_null(got.hint);
    assert_null(got.stop_before);
    assert_int_equal(got.code, FERRY_E_AUTH);
    assert_true(got.updated_at_ms == 99 && got.cancel_at_ms == 98);
    assert_string_equal(got.target, "https://one.example");
    row.run = 77;
    fixture_begin(fixture);
    assert_int_equal(journal_run_update(fixture->journal, &row, &fixture->err), FERRY_E_JOURNAL);
    journal_rollback(fixture->journal);
}

static void a_unit_comes_back_as_it_was_written(void **state)
{
    struct fixture *fixture = *state;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t run = fixture_add_run(fixture->journal, "one", 3);
    struct unit_row row;
    struct unit_row got;

    fixture_unit(&row, run, 1, 2);
    row.state = UNIT_STARTED;
    row.tries = 3;
    row.not_before_ms = 5;
    row.deadline_ms = 6;
    row.started_at_ms = 7;
    row.ended_at_ms = 8;
    row.request_digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    row.remote_id = "NOT-A-UUID";
    row.remote_state = "started";
    row.error = "e";
    row.hint = "h";
    row.data = "{\"page\":3}";
    row.http = 201;
    fixture_begin(fixture);
    assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_PENDING, &fixture->err),
                     FERRY_OK);
    fixture_commit(fixture);
    assert_int_equal(journal_unit_find(fixture->journal, scope,
                                       &(struct unit_key){run, 0, "tenant/deployment-1"}, &got,
                                       &fixture->err),
                     FERRY_OK);
    assert_true(got.run == run && got.step == 0 && got.seq == 1);
    assert_int_equal(got.state, UNIT_STARTED);
    assert_true(got.attempt == 2 && got.tries == 3 && got.http == 201);
    assert_true(fixture_query(fixture->journal->db, "SELECT max(epoch) FROM unit") ==
                journal_epoch(fixture->journal));
    assert_true(got.not_before_ms == 5 && got.deadline_ms == 6 && got.started_at_ms == 7);
    assert_true(got.ended_at_ms == 8 && got.intent_at_ms == FIXTURE_START_MS);
    assert_string_equal(got.intent_id, row.intent_id);
    assert_string_equal(got.request_digest, row.request_digest);
    assert_string_equal(got.remote_id, "NOT-A-UUID");
    assert_string_equal(got.remote_state, "started");
    assert_string_equal(got.error, "e");
    assert_string_equal(got.hint, "h");
    assert_string_equal(got.data, "{\"page\":3}");
    assert_int_equal(journal_unit_find(fixture->journal, scope,
                                       &(struct unit_key){run, 0, "nobody"}, &got, &fixture->err),
                     FERRY_E_NOT_FOUND);
}

static void a_key_is_added_once(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = fixture_add_run(fixture->journal, "one", 2);
    struct unit_row row = {.run = run, .key = "tenant/deployment-1"};
    bool added = true;

    fixture_begin(fixture);
    assert_int_equal(journal_unit_add(fixture->journal, &row, &added, &fixture->err), FERRY_OK);
    assert_false(added);
    assert_true(row.seq == 1);
    row.key = "tenant/new";
    assert_int_equal(journal_unit_add(fixture->journal, &row, &added, &fixture->err), FERRY_OK);
    assert_true(added && row.seq == 2);
    fixture_commit(fixture);
    assert_true(fixture_counters_agree(fixture->journal->db));
    assert_true(fixture_query(fixture->journal->db, "SELECT n_total FROM hot WHERE unit IS NULL") ==
                3);
}

static void steps_show_the_counters_of_an_open_turn(void **state)
{
    struct fixture *fixture = *state;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t run = fixture_add_run(fixture->journal, "one", 3);
    struct unit_row row;
    struct step_row *steps = NULL;
    size_t count = 0;

    fixture_unit(&row, run, 0, 1);
    row.state = UNIT_INTENT;
    fixture_begin(fixture);
    assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_PENDING, &fixture->err),
                     FERRY_OK);
    assert_int_equal(journal_steps(fixture->journal, scope, run, &steps, &count, &fixture->err),
                     FERRY_OK);
    assert_true(count == 1 && steps[0].n_total == 3 && steps[0].n_open == 1);
    fixture_commit(fixture);
    assert_true(fixture_counters_agree(fixture->journal->db));
}

static void a_step_comes_back_as_it_was_written(void **state)
{
    struct fixture *fixture = *state;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t run = fixture_add_run(fixture->journal, "one", 0);
    struct step_row row = {.run = run, .step = 1, .name = "compare", .def = 7};
    struct step_row *steps = NULL;
    size_t count = 0;

    fixture_begin(fixture);
    assert_int_equal(journal_step_add(fixture->journal, &row, &fixture->err), FERRY_OK);
    row.state = STEP_VERIFYING;
    row.cursor = "{\"offset\":1000}";
    row.error = "e";
    row.hint = "h";
    row.started_at_ms = 4;
    row.ended_at_ms = 5;
    assert_int_equal(journal_step_update(fixture->journal, &row, &fixture->err), FERRY_OK);
    fixture_commit(fixture);
    assert_int_equal(journal_steps(fixture->journal, scope, run, &steps, &count, &fixture->err),
                     FERRY_OK);
    assert_true(count == 2 && steps[0].fanout && !steps[1].fanout);
    assert_string_equal(steps[1].name, "compare");
    assert_true(steps[1].def == 7 && steps[1].state == STEP_VERIFYING);
    assert_string_equal(steps[1].cursor, row.cursor);
    assert_string_equal(steps[1].error, "e");
    assert_string_equal(steps[1].hint, "h");
    assert_true(steps[1].started_at_ms == 4 && steps[1].ended_at_ms == 5);
}

static void units_are_read_by_state_and_in_order(void **state)
{
    struct fixture *fixture = *state;
    static const enum unit_state states[] = {UNIT_DONE,    UNIT_INTENT,  UNIT_PENDING,
                                             UNIT_STARTED, UNIT_FAILED,  UNIT_UNKNOWN,
                                             UNIT_PENDING, UNIT_SKIPPED, UNIT_CANCELLED};
    static const struct {
        enum unit_filter filter;
        int64_t after;
        size_t limit, count;
        int64_t first;
    } cases[] = {
        {UNITS_PENDING, -1, 99, 2, 2}, {UNITS_PENDING, 2, 99, 1, 6}, {UNITS_OPEN, -1, 99, 2, 1},
        {UNITS_OPEN, -1, 1, 1, 1},     {UNITS_STUCK, -1, 99, 2, 4},  {UNITS_ALL, -1, 99, 9, 0},
        {UNITS_ALL, 3, 2, 2, 4},       {UNITS_ALL, 8, 99, 0, 0},     {UNITS_ALL, -1, 0, 0, 0},
    };
    int64_t run = fixture_add_run(fixture->journal, "one", (int)FERRY_COUNT(states));

    fixture_begin(fixture);
    for (size_t at = 0; at < FERRY_COUNT(states); at++) {
        struct unit_row row;

        fixture_unit(&row, run, (int64_t)at, 1);
        row.state = states[at];
        assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_PENDING, &fixture->err),
                         FERRY_OK);
    }
    fixture_commit(fixture);
    for (size_t at = 0; at < FERRY_COUNT(cases); at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct unit_row *rows = NULL;
        size_t count = 99;

        assert_int_equal(journal_units(fixture->journal, scope,
                                       &(struct unit_query){run, 0, cases[at].filter,
                                                            cases[at].after, cases[at].limit},
                                       &rows, &count, &fixture->err),
                         FERRY_OK);
        assert_int_equal(count, cases[at].count);
        assert_true(count == 0 || rows[0].seq == cases[at].first);
        for (size_t row = 1; row < count; row++)
            assert_true(rows[row].seq > rows[row - 1].seq);
    }
}

static void runs_are_found_by_name_and_by_prefix(void **state)
{
    struct fixture *fixture = *state;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct run_row got = {0};
    struct run_row *rows = NULL;
    size_t count = 0;

    assert_int_equal(journal_run_find(fixture->journal, scope, NULL, &got, &fixture->err),
                     FERRY_E_NOT_FOUND);
    int64_t one = fixture_add_run(fixture->journal, "one", 0);

    assert_int_equal(journal_run_find(fixture->journal, scope, NULL, &got, &fixture->err),
                     FERRY_OK);
    assert_true(got.run == one);
    int64_t two = fixture_add_run(fixture->journal, "two", 0);

    assert_int_equal(journal_run_find(fixture->journal, scope, NULL, &got, &fixture->err),
                     FERRY_E_USAGE);
    assert_non_null(strstr(fixture->err.message, "one"));
    assert_non_null(strstr(fixture->err.message, "two"));
    assert_int_equal(journal_run_find(fixture->journal, scope, "two", &got, &fixture->err),
                     FERRY_OK);
    assert_true(got.run == two);
    char prefix[9];

    snprintf(prefix, sizeof(prefix), "%.8s", got.uuid);
    for (char *at = prefix; *at != '\0'; at++)
        *at = (char)(*at >= 'a' ? *at - 'a' + 'A' : *at);
    assert_int_equal(journal_run_find(fixture->journal, scope, prefix, &got, &fixture->err),
                     FERRY_OK);
    assert_true(got.run == two);
    assert_int_equal(journal_run_find(fixture->journal, scope, "", &got, &fixture->err),
                     FERRY_E_NOT_FOUND);
    assert_int_equal(journal_run_find(fixture->journal, scope, "%", &got, &fixture->err),
                     FERRY_E_NOT_FOUND);
    assert_true(fixture->err.hint[0] != '\0');
    assert_int_equal(journal_runs(fixture->journal, scope, &rows, &count, &fixture->err), FERRY_OK);
    assert_true(count == 2 && rows[0].run == two && rows[1].run == one);
}

static void an_ambiguous_prefix_is_told(void **state)
{
    struct fixture *fixture = *state;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct run_row row = {.uuid = "abc00000-0000-4000-8000-000000000001",
                          .name = "x",
                          .workflow = "backup",
                          .target = "https://x",
                          .state = RUN_DONE};
    struct run_row got;

    fixture_begin(fixture);
    assert_int_equal(journal_run_add(fixture->journal, &row, &fixture->err), FERRY_OK);
    row.uuid[35] = '2';
    row.name = "y";
    assert_int_equal(journal_run_add(fixture->journal, &row, &fixture->err), FERRY_OK);
    fixture_commit(fixture);
    assert_int_equal(journal_run_find(fixture->journal, scope, "abc", &got, &fixture->err),
                     FERRY_E_USAGE);
    assert_non_null(strstr(fixture->err.message, "000001"));
    assert_int_equal(journal_run_find(fixture->journal, scope, row.uuid, &got, &fixture->err),
                     FERRY_OK);
    assert_string_equal(got.name, "y");
}

static void one_target_has_one_live_run(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = fixture_add_run(fixture->journal, "one", 0);
    struct run_row other = {.uuid = "abc00000-0000-4000-8000-000000000001",
                            .name = "other",
                            .workflow = "upgrade",
                            .target = "https://one.example",
                            .state = RUN_RUNNING};
    struct run_row ended = {.run = run, .state = RUN_DONE};

    fixture_begin(fixture);
    assert_int_equal(journal_run_add(fixture->journal, &other, &fixture->err), FERRY_E_REFUSED);
    assert_non_null(strstr(fixture->err.message, "run one"));
    assert_non_null(strstr(fixture->err.hint, "ferry resume one"));
    assert_int_equal(journal_run_update(fixture->journal, &ended, &fixture->err), FERRY_OK);
    assert_int_equal(journal_run_add(fixture->journal, &other, &fixture->err), FERRY_OK);
    ended.state = RUN_RUNNING; /* it may not come back to life beside the other */
    assert_int_equal(journal_run_update(fixture->journal, &ended, &fixture->err), FERRY_E_REFUSED);
    fixture_commit(fixture);
    other.name = "other";
    other.target = "https://elsewhere";
    other.uuid[35] = '3';
    fixture_begin(fixture);
    assert_int_equal(journal_run_add(fixture->journal, &other, &fixture->err), FERRY_E_REFUSED);
    assert_non_null(strstr(fixture->err.message, "other"));
    journal_rollback(fixture->journal);
}

static void events_are_dense_and_only_grow(void **state)
{
    struct fixture *fixture = *state;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t runs[2] = {fixture_add_run(fixture->journal, "one", 0),
                       fixture_add_run(fixture->journal, "two", 0)};
    struct event_row *rows = NULL;
    size_t count = 0;

    for (int64_t at = 1; at <= 10; at++) {
        struct event_row row = {.run = runs[at % 2],
                                .step = -1,
                                .seq = -1,
                                .at_ms = at,
                                .kind = "tick",
                                .data = at == 4 ? "{\"n\":4}" : NULL};

        fixture_begin(fixture);
        assert_int_equal(journal_event_add(fixture->journal, &row, &fixture->err), FERRY_OK);
        journal_rollback(fixture->journal); /* burns no id */
        fixture_begin(fixture);
        assert_int_equal(journal_event_add(fixture->journal, &row, &fixture->err), FERRY_OK);
        fixture_commit(fixture);
        assert_true(row.id == at && row.epoch == journal_epoch(fixture->journal));
    }
    assert_int_equal(journal_events(fixture->journal, scope, &(struct event_query){0, 2, 99}, &rows,
                                    &count, &fixture->err),
                     FERRY_OK);
    assert_int_equal(count, 8);
    for (size_t at = 0; at < count; at++)
        assert_true(rows[at].id == (int64_t)at + 3 && rows[at].step == -1 && rows[at].seq == -1);
    assert_string_equal(rows[1].data, "{\"n\":4}");
    assert_string_equal(rows[0].kind, "tick");
    assert_int_equal(journal_events(fixture->journal, scope, &(struct event_query){runs[1], 3, 2},
                                    &rows, &count, &fixture->err),
                     FERRY_OK);
    assert_true(count == 2 && rows[0].id == 5 && rows[1].id == 7);
    assert_int_not_equal(
        sqlite3_exec(fixture->journal->db, "UPDATE event SET at=0", NULL, NULL, NULL), SQLITE_OK);
    assert_int_not_equal(sqlite3_exec(fixture->journal->db, "DELETE FROM event", NULL, NULL, NULL),
                         SQLITE_OK);
    assert_true(fixture_query(fixture->journal->db, "SELECT count(*) FROM event") == 10);
}

static void a_unit_that_moved_is_not_written(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = fixture_add_run(fixture->journal, "one", 1);
    struct unit_row row;

    fixture_unit(&row, run, 0, 1);
    row.state = UNIT_INTENT;
    fixture_begin(fixture);
    assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_FAILED, &fixture->err),
                     FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "not failed any more"));
    /* the rest of such a turn must not be committed either */
    assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_E_JOURNAL);
    fixture_begin(fixture);
    assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_PENDING, &fixture->err),
                     FERRY_OK);
    fixture_commit(fixture);
    fixture_unit(&row, run, 0, 2); /* an open intent cannot change its id */
    row.state = UNIT_DONE;
    fixture_begin(fixture);
    assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_INTENT, &fixture->err),
                     FERRY_E_JOURNAL);
    journal_rollback(fixture->journal);
    assert_true(fixture_counters_agree(fixture->journal->db));
}

static void an_intent_is_open_only_once_committed(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = fixture_add_run(fixture->journal, "one", 1);
    struct unit_row row;

    fixture_unit(&row, run, 0, 1);
    assert_false(journal_intent_is_open(fixture->journal, row.intent_id));
    row.state = UNIT_INTENT;
    fixture_begin(fixture);
    assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_PENDING, &fixture->err),
                     FERRY_OK);
    assert_false(journal_intent_is_open(fixture->journal, row.intent_id));
    fixture_commit(fixture);
    assert_true(journal_intent_is_open(fixture->journal, row.intent_id));
    assert_false(journal_intent_is_open(fixture->journal, ""));
    assert_false(journal_intent_is_open(fixture->journal, "0f0e0d0c-0b0a-4908-8706-050403020100"));
    row.state = UNIT_STARTED;
    fixture_begin(fixture);
    assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_INTENT, &fixture->err),
                     FERRY_OK);
    fixture_commit(fixture);
    assert_false(journal_intent_is_open(fixture->journal, row.intent_id));
}

static void rows_that_make_no_sense_are_refused(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = fixture_add_run(fixture->journal, "one", 2);
    struct unit_row row = {.run = run, .seq = 0, .state = UNIT_INTENT};
    struct event_row event = {.run = run, .kind = "x", .data = "{\"broken\""};
    struct step_row step = {.run = run, .step = 9};

    fixture_begin(fixture); /* an intent without an id */
    assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_PENDING, &fixture->err),
                     FERRY_E_JOURNAL);
    journal_rollback(fixture->journal);
    fixture_begin(fixture); /* not JSON */
    assert_int_equal(journal_event_add(fixture->journal, &event, &fixture->err), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "data"));
    journal_rollback(fixture->journal);
    fixture_begin(fixture); /* no such step */
    assert_int_equal(journal_step_update(fixture->journal, &step, &fixture->err), FERRY_E_JOURNAL);
    journal_rollback(fixture->journal);
    fixture_unit(&row, run, 0, 1);
    row.state = UNIT_INTENT;
    fixture_begin(fixture); /* one id for two units */
    assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_PENDING, &fixture->err),
                     FERRY_OK);
    row.seq = 1;
    assert_int_equal(journal_unit_update(fixture->journal, &row, UNIT_PENDING, &fixture->err),
                     FERRY_E_JOURNAL);
    journal_rollback(fixture->journal);
    assert_true(fixture_query(fixture->journal->db, "SELECT sum(state) FROM unit") == 0);
}

int main(void)
{
#define ROW_TEST(name)                                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_set_up_opened, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_keep_their_words),
        ROW_TEST(a_run_comes_back_as_it_was_written),
        ROW_TEST(a_run_update_writes_what_it_says),
        ROW_TEST(a_step_comes_back_as_it_was_written),
        ROW_TEST(a_unit_comes_back_as_it_was_written),
        ROW_TEST(a_key_is_added_once),
        ROW_TEST(steps_show_the_counters_of_an_open_turn),
        ROW_TEST(units_are_read_by_state_and_in_order),
        ROW_TEST(runs_are_found_by_name_and_by_prefix),
        ROW_TEST(an_ambiguous_prefix_is_told),
        ROW_TEST(one_target_has_one_live_run),
        ROW_TEST(events_are_dense_and_only_grow),
        ROW_TEST(a_unit_that_moved_is_not_written),
        ROW_TEST(an_intent_is_open_only_once_committed),
        ROW_TEST(rows_that_make_no_sense_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
