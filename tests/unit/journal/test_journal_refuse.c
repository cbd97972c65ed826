/* What is not written: texts that do not parse, numbers without room, ids that are none; and a
   refused change spoils its turn. */
#include "base/mem.h"
#include "ferry_test.h"
#include "support/journal_test.h"

/* The turn is spoilt: its commit fails, says so, and leaves nothing behind. */
static void assert_spoilt(struct fixture *fixture, enum ferry_code code, const char *word)
{
    assert_int_equal(code, FERRY_E_JOURNAL);
    assert_int_equal(fixture->err.code, FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, word));
    assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_E_JOURNAL);
    assert_non_null(strstr(fixture->err.message, "refused"));
}

static void texts_that_are_no_json_spoil_their_turn(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = fixture_add_run(fixture->journal, "one", 0);
    struct run_row other = {.name = "two", .workflow = "upgrade", .target = "t", .options = "{"};
    struct step_row step = {.run = run, .step = 1, .name = "x", .def = 1, .cursor = "[1,"};
    struct unit_row unit = {.run = run, .key = "k", .data = "{\"a\":"};
    bool added;

    fixture_begin(fixture);
    assert_spoilt(fixture, journal_run_add(fixture->journal, &other, &fixture->err), "options");
    other.options = "{}";
    other.facts = "nonsense";
    fixture_begin(fixture);
    assert_spoilt(fixture, journal_run_add(fixture->journal, &other, &fixture->err), "facts");
    other.run = run;
    fixture_begin(fixture);
    assert_spoilt(fixture, journal_run_update(fixture->journal, &other, &fixture->err), "facts");
    fixture_begin(fixture);
    assert_spoilt(fixture, journal_step_add(fixture->journal, &step, &fixture->err), "cursor");
    step.step = 0;
    fixture_begin(fixture);
    assert_spoilt(fixture, journal_step_update(fixture->journal, &step, &fixture->err), "cursor");
    fixture_begin(fixture);
    assert_spoilt(fixture, journal_unit_add(fixture->journal, &unit, &added, &fixture->err),
                  "data");
    assert_int_equal(fixture_query(fixture->journal->db, "SELECT count(*) FROM run"), 1);
    assert_int_equal(fixture_query(fixture->journal->db, "SELECT count(*) FROM unit"), 0);
}

static void numbers_have_their_limits(void **state)
{
    struct fixture *fixture = *state;
    int64_t run = fixture_add_run(fixture->journal, "one", 1);
    struct step_row step = {.run = run, .step = JOURNAL_STEP_MAX + 1, .name = "x", .def = 1};
    struct unit_row unit = {.run = run, .key = "one more"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    bool added;

    fixture_begin(fixture);
    assert_spoilt(fixture, journal_step_add(fixture->journal, &step, &fixture->err),
                  "no room for more steps");
    step.step = -1;
    fixture_begin(fixture);
    assert_spoilt(fixture, journal_step_add(fixture->journal, &step, &fixture->err),
                  "no room for more steps");
    step.step = JOURNAL_STEP_MAX;
    fixture_begin(fixture);
    assert_int_equal(journal_step_add(fixture->journal, &step, &fixture->err), FERRY_OK);
    assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_OK);
    assert_int_equal(sqlite3_exec(fixture->journal->db,
                                  mem_printf(scope, "UPDATE unit SET id=%lld",
                                             (long long)JOURNAL_UNIT_ID(run, 0, JOURNAL_SEQ_MAX)),
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    fixture_kill(fixture); /* the next seq is asked of the file */
    assert_int_equal(fixture_open(fixture, JOURNAL_WRITE), FERRY_OK);
    fixture_begin(fixture);
    assert_spoilt(fixture, journal_unit_add(fixture->journal, &unit, &added, &fixture->err),
                  "no room for more units");
}

static void what_is_no_id_opens_nothing(void **state)
{
    static const char *const texts[] = {"", "short", "6ba7b811x9dad-11d1-80b4-00c04fd430c8",
                                        "6ba7b811-9dad-11d1-80b4-00c04fd430cX",
                                        "6BA7B811-9DAD-11D1-80B4-00C04FD430C8"};
    struct fixture *fixture = *state;
    int64_t run = fixture_add_run(fixture->journal, "one", 1);
    struct unit_row unit;

    fixture_unit(&unit, run, 0, 1);
    unit.state = UNIT_INTENT;
    fixture_begin(fixture);
    assert_int_equal(journal_unit_update(fixture->journal, &unit, UNIT_PENDING, &fixture->err),
                     FERRY_OK);
    assert_int_equal(journal_commit(fixture->journal, &fixture->err), FERRY_OK);
    assert_true(journal_intent_is_open(fixture->journal, unit.intent_id));
    for (size_t i = 0; i < FERRY_COUNT(texts); i++) {
        assert_false(journal_intent_is_open(fixture->journal, texts[i]));
    }
    assert_false(journal_intent_is_open(fixture->journal, NULL));
}

static void unknown_words_are_no_states(void **state)
{
    enum run_state run = RUN_PAUSED;
    enum step_state step = STEP_RUNNING;

    (void)state;
    assert_false(run_state_parse("asleep", &run));
    assert_int_equal(run, RUN_PAUSED);
    assert_false(step_state_parse("asleep", &step));
    assert_int_equal(step, STEP_RUNNING);
    assert_int_equal(code_parse("FERRY_E_OF_ANOTHER_RELEASE"), FERRY_E_FAILED);
    assert_int_equal(code_parse(NULL), FERRY_OK);
}

static void a_journal_that_is_none_can_be_closed(void **state)
{
    (void)state;
    journal_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts_that_are_no_json_spoil_their_turn,
                                        fixture_set_up_opened, fixture_tear_down),
        cmocka_unit_test_setup_teardown(numbers_have_their_limits, fixture_set_up_opened,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_id_opens_nothing, fixture_set_up_opened,
                                        fixture_tear_down),
        cmocka_unit_test(unknown_words_are_no_states),
        cmocka_unit_test(a_journal_that_is_none_can_be_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
