/* Cancelling: what a run did is taken back where it can be, whatever is killed on the way. */
#include "base/mem.h"
#include "ferry_test.h"
#include "lab.h"

static const struct ferry_state first = {.name = "first",
                                         .summary = "can be undone",
                                         .def = 1,
                                         .timing = lab_timing,
                                         .probe = LAB_PHASE(probe),
                                         .act = LAB_PHASE(act)};
static const struct ferry_state point = {.name = "point",
                                         .summary = "no way back",
                                         .def = 1,
                                         .flags = STATE_NO_RETURN,
                                         .timing = lab_timing,
                                         .probe = LAB_PHASE(probe),
                                         .act = LAB_PHASE(act)};
static const struct ferry_state last = {.name = "last",
                                        .summary = "never reached here",
                                        .def = 1,
                                        .timing = lab_timing,
                                        .await = LAB_PHASE(await)};
static const struct ferry_state undo = {.name = "undo",
                                        .summary = "takes the first back",
                                        .def = 1,
                                        .flags = STATE_PROBE_FIRST,
                                        .timing = lab_timing,
                                        .probe = LAB_PHASE(probe),
                                        .act = LAB_PHASE(act)};
static const struct ferry_state *const steps[] = {&first, &point, &last, NULL};
static const struct ferry_state *const undoing[] = {&undo};

static bool in(const struct lab_call *call, const char *phase)
{
    return strcmp(call->phase, phase) == 0;
}

struct world {
    bool on;          /* what `first` did and `undo` takes back */
    unsigned undone;  /* requests of undo that had an effect */
    bool point_fails; /* the point's request is refused */
};

static void answer(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    struct world *world = lab->arg;

    out->say = STATE_DONE;
    if (strcmp(call->key, "undo") == 0) {
        if (in(call, "act")) {
            world->undone += world->on;
            world->on = false;
        } else {
            out->say = world->on ? STATE_ABSENT : STATE_DONE;
        }
    } else if (strcmp(call->key, "first") == 0) {
        if (in(call, "act")) {
            world->on = true;
        } else {
            out->say = world->on ? STATE_DONE : STATE_ABSENT;
        }
    } else if (world->point_fails && in(call, "act")) {
        out->say = STATE_FAILED;
        out->reason = "refused";
    }
}

static struct lab *lab_with(struct world *world)
{
    struct lab *lab = lab_new(steps, answer);

    *world = (struct world){0};
    lab->arg = world;
    lab->workflow.undo = undoing;
    lab->workflow.undo_count = 1;
    return lab;
}

/* A run that stands before the point of no return, its journal open. */
static struct lab *stopped(struct world *world)
{
    struct lab *lab = lab_with(world);

    lab_open(lab);
    assert_int_equal(lab_run_before(lab, "point"), FERRY_E_STOPPED);
    lab->run = lab_read_run(lab);
    return lab;
}

static enum ferry_code cancel(struct lab *lab, bool leave, bool *undoes)
{
    struct engine_options options = lab_options(lab);

    lab->run = lab_read_run(lab);
    return engine_cancel(&options, &lab->run, leave, undoes, &lab->err);
}

static void before_the_point_of_no_return_it_is_undone(void **state)
{
    struct engine_options options;
    struct world world;
    struct lab *lab = stopped(&world);
    bool undoes = false;

    (void)state;
    options = lab_options(lab);
    assert_int_equal(engine_cancel_undoes(&options, &lab->run, &undoes, &lab->err), FERRY_OK);
    assert_true(undoes);
    assert_int_equal(lab_read_run(lab).state, RUN_PAUSED);
    assert_int_equal(cancel(lab, false, &undoes), FERRY_OK);
    assert_true(undoes);
    assert_true(world.on);
    assert_true(lab_read_run(lab).cancel_at_ms > 0);
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_false(world.on);
    assert_int_equal(world.undone, 1);
    assert_int_equal(lab_read_run(lab).state, RUN_CANCELLED);
    assert_int_equal(lab_step(lab, "first").state, STEP_DONE);
    assert_int_equal(lab_step(lab, "point").state, STEP_CANCELLED);
    assert_int_equal(lab_step(lab, "last").state, STEP_CANCELLED);
    assert_int_equal(lab_step(lab, "undo").state, STEP_DONE);
    assert_int_equal(lab_count(lab, "act", "point"), 0);
    assert_int_equal(cancel(lab, false, &undoes), FERRY_E_USAGE);
    assert_int_equal(lab_run(lab), FERRY_E_USAGE);
    lab_free(lab);
}

static void to_leave_it_is_to_end_at_once(void **state)
{
    struct world world;
    struct lab *lab = stopped(&world);
    bool undoes = true;

    (void)state;
    assert_int_equal(cancel(lab, true, &undoes), FERRY_OK);
    assert_false(undoes);
    assert_int_equal(lab_read_run(lab).state, RUN_CANCELLED);
    assert_true(world.on);
    lab_free(lab);
}

static void behind_the_point_nothing_is_undone(void **state)
{
    struct world world;
    struct lab *lab = lab_with(&world);
    bool undoes = true;

    (void)state;
    lab_open(lab);
    assert_int_equal(lab_run_before(lab, "last"), FERRY_E_STOPPED);
    assert_int_equal(cancel(lab, false, &undoes), FERRY_OK);
    assert_false(undoes);
    assert_int_equal(lab_read_run(lab).state, RUN_CANCELLED);
    assert_int_equal(lab_count(lab, "act", "undo"), 0);
    assert_true(world.on);
    lab_free(lab);
}

static void a_run_that_was_refused_at_the_point_is_undone(void **state)
{
    struct world world;
    struct lab *lab = lab_with(&world);
    bool undoes = false;

    (void)state;
    world.point_fails = true;
    assert_int_equal(lab_live(lab), FERRY_E_FAILED);
    lab_open(lab);
    assert_int_equal(cancel(lab, false, &undoes), FERRY_OK);
    assert_true(undoes);
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_false(world.on);
    assert_int_equal(lab_read_run(lab).state, RUN_CANCELLED);
    lab_free(lab);
}

/* The request of `first` is on its way when ferry dies, and the run is cancelled then. */
static void a_request_that_may_still_arrive_is_told_to_those_that_undo(void **state)
{
    struct world world;
    struct lab *lab = lab_with(&world);
    bool undoes = false;

    (void)state;
    for (unsigned n = 1; lab_live_until(lab, n) && lab_count(lab, "act", NULL) == 0; n++) {
        lab_free(lab);
        lab = lab_with(&world);
    }
    lab_kill(lab);
    lab_open(lab);
    assert_int_equal(cancel(lab, false, &undoes), FERRY_OK);
    assert_non_null(
        strstr(lab_read_run(lab).facts, "\"undo\":{\"open\":{\"first\":{\"since_ms\":"));
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_int_equal(lab_read_run(lab).state, RUN_CANCELLED);
    lab_free(lab);
}

static void killed_at_any_point_the_undoing_goes_on(void **state)
{
    bool ended = false;

    (void)state;
    for (unsigned n = 1; !ended; n++) {
        struct world world;
        struct lab *lab = stopped(&world);
        bool undoes = false;

        assert_int_equal(cancel(lab, false, &undoes), FERRY_OK);
        lab_close(lab);
        ended = !lab_live_until(lab, n);
        if (!ended) {
            lab_kill(lab);
            lab_open(lab);
            assert_int_equal(cancel(lab, false, &undoes),
                             lab_read_run(lab).state == RUN_CANCELLED ? FERRY_E_USAGE : FERRY_OK);
            if (lab_read_run(lab).state != RUN_CANCELLED) {
                assert_true(undoes);
                assert_int_equal(lab_run(lab), FERRY_OK);
            }
        }
        assert_int_equal(lab_read_run(lab).state, RUN_CANCELLED);
        assert_int_equal(world.undone, 1);
        assert_true(lab_counters_agree(lab));
        lab_free(lab);
        assert_true(n < 300);
    }
}

static void a_workflow_that_undoes_nothing_ends_at_once(void **state)
{
    struct world world;
    struct lab *lab = lab_with(&world);
    bool undoes = true;
    int64_t n;

    (void)state;
    lab->workflow.undo_count = 0;
    lab_open(lab);
    assert_int_equal(lab_run_before(lab, "point"), FERRY_E_STOPPED);
    assert_int_equal(cancel(lab, false, &undoes), FERRY_OK);
    assert_false(undoes);
    assert_int_equal(lab_read_run(lab).state, RUN_CANCELLED);
    {
        struct engine_options options = lab_options(lab);

        lab->run = lab_read_run(lab);
        assert_int_equal(engine_retry_failed(&options, &lab->run, &n, &lab->err), FERRY_E_USAGE);
    }
    lab_free(lab);
}

/* --- a journal that fails: all of it, or nothing --- */

static const char *denied_table;

static int deny_reading(void *arg, int action, const char *table, const char *column,
                        const char *db, const char *trigger)
{
    (void)arg, (void)column, (void)db, (void)trigger;
    return action == SQLITE_READ && table && strcmp(table, denied_table) == 0 ? SQLITE_DENY
                                                                              : SQLITE_OK;
}

/* Nothing of it is written; and when the journal works again, it is cancelled whole. */
static void is_as_before(struct lab *lab, const struct world *world)
{
    bool undoes = false;

    lab_kill(lab);
    assert_int_equal(lab_read_run(lab).cancel_at_ms, 0);
    assert_int_equal(lab_step(lab, "last").state, STEP_WAITING);
    lab_open(lab);
    assert_int_equal(cancel(lab, false, &undoes), FERRY_OK);
    assert_true(undoes);
    assert_int_equal(lab_run(lab), FERRY_OK);
    assert_false(world->on);
    assert_int_equal(lab_read_run(lab).state, RUN_CANCELLED);
    lab_free(lab);
}

static void steps_that_cannot_be_read_or_written_leave_the_run_as_it_was(void **state)
{
    static const char *const triggers[] = {
        "CREATE TEMP TRIGGER full BEFORE UPDATE ON step WHEN NEW.ended_at>0 BEGIN "
        "SELECT RAISE(FAIL, 'full'); END",
        "CREATE TEMP TRIGGER full BEFORE INSERT ON step BEGIN SELECT RAISE(FAIL, 'full'); END",
        "CREATE TEMP TRIGGER full BEFORE UPDATE ON run BEGIN SELECT RAISE(FAIL, 'full'); END",
        "CREATE TEMP TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(FAIL, 'full'); END",
    };
    bool undoes;

    (void)state;
    for (size_t i = 0; i < sizeof triggers / sizeof triggers[0]; i++) {
        struct world world;
        struct lab *lab = stopped(&world);

        sqlite3_exec(lab->journal->db, triggers[i], NULL, NULL, NULL);
        assert_int_equal(cancel(lab, false, &undoes), FERRY_E_JOURNAL);
        is_as_before(lab, &world);
    }
    struct world world;
    struct lab *lab = stopped(&world);
    struct engine_options options = lab_options(lab);

    denied_table = "step";
    lab->run = lab_read_run(lab);
    sqlite3_set_authorizer(lab->journal->db, deny_reading, NULL);
    assert_int_equal(engine_cancel(&options, &lab->run, false, &undoes, &lab->err),
                     FERRY_E_JOURNAL);
    is_as_before(lab, &world);
}

static void facts_that_cannot_be_understood_are_not_overwritten(void **state)
{
    struct world world;
    struct lab *lab = stopped(&world);
    struct engine_options options = lab_options(lab);
    bool undoes;

    (void)state;
    lab->run = lab_read_run(lab);
    lab->run.facts = "{half";
    assert_int_not_equal(engine_cancel(&options, &lab->run, false, &undoes, &lab->err), FERRY_OK);
    assert_non_null(strstr(lab->err.message, "in the journal"));
    is_as_before(lab, &world);
}

/* A failed step is ended too, or it would stop the undoing; where that cannot be written, nothing
   is. */
static void failed_step_that_cannot_be_written_is_not_cancelled(void **state)
{
    struct world world;
    struct lab *lab = lab_with(&world);
    bool undoes;

    (void)state;
    world.point_fails = true;
    assert_int_equal(lab_live(lab), FERRY_E_FAILED);
    lab_open(lab);
    sqlite3_exec(lab->journal->db,
                 "CREATE TEMP TRIGGER full BEFORE UPDATE ON step WHEN OLD.name='point' BEGIN "
                 "SELECT RAISE(FAIL, 'full'); END",
                 NULL, NULL, NULL);
    assert_int_equal(cancel(lab, false, &undoes), FERRY_E_JOURNAL);
    lab_kill(lab);
    assert_int_equal(lab_step(lab, "point").state, STEP_FAILED);
    assert_int_equal(lab_read_run(lab).cancel_at_ms, 0);
    lab_free(lab);
}

/* The request of `first` is open, and cannot be read. */
static void open_request_that_cannot_be_read_leaves_the_run_as_it_was(void **state)
{
    struct world world;
    struct lab *lab = lab_with(&world);
    struct engine_options options;
    bool undoes;

    (void)state;
    for (unsigned n = 1; lab_live_until(lab, n) && lab_count(lab, "act", NULL) == 0; n++) {
        lab_free(lab);
        lab = lab_with(&world);
    }
    lab_kill(lab);
    lab_open(lab);
    options = lab_options(lab);
    denied_table = "unit";
    lab->run = lab_read_run(lab);
    sqlite3_set_authorizer(lab->journal->db, deny_reading, NULL);
    assert_int_equal(engine_cancel(&options, &lab->run, false, &undoes, &lab->err),
                     FERRY_E_JOURNAL);
    is_as_before(lab, &world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_point_of_no_return_it_is_undone),
        cmocka_unit_test(to_leave_it_is_to_end_at_once),
        cmocka_unit_test(behind_the_point_nothing_is_undone),
        cmocka_unit_test(a_run_that_was_refused_at_the_point_is_undone),
        cmocka_unit_test(a_request_that_may_still_arrive_is_told_to_those_that_undo),
        cmocka_unit_test(killed_at_any_point_the_undoing_goes_on),
        cmocka_unit_test(a_workflow_that_undoes_nothing_ends_at_once),
        cmocka_unit_test(steps_that_cannot_be_read_or_written_leave_the_run_as_it_was),
        cmocka_unit_test(facts_that_cannot_be_understood_are_not_overwritten),
        cmocka_unit_test(failed_step_that_cannot_be_written_is_not_cancelled),
        cmocka_unit_test(open_request_that_cannot_be_read_leaves_the_run_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
