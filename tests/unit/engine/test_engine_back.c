/* Steps back: an earlier step begins again, whatever is killed on the way. */
#include "base/mem.h"
#include "ferry_test.h"
#include "lab.h"

static const struct ferry_state act_1 = {.name = "act_1",
                                         .summary = "its first try has no effect",
                                         .def = 1,
                                         .timing = lab_timing,
                                         .probe = LAB_PHASE(probe),
                                         .act = LAB_PHASE(act)};
static const struct ferry_state between = {.name = "between",
                                           .summary = "only looks",
                                           .def = 1,
                                           .timing = lab_timing,
                                           .await = LAB_PHASE(await)};
static const struct ferry_state sees = {.name = "sees",
                                        .summary = "sees that nothing came of it",
                                        .def = 1,
                                        .timing = lab_timing,
                                        .await = LAB_PHASE(await)};
static const struct ferry_state *const neighbours[] = {&act_1, &sees, NULL};
static const struct ferry_state *const apart[] = {&act_1, &between, &sees, NULL};

static bool in(const struct lab_call *call, const char *phase)
{
    return strcmp(call->phase, phase) == 0;
}

/* Which of the requests of act_1 have arrived, by their ids: each attempt has one. */
struct world {
    char ids[16][UUID_TEXT_SIZE];
    unsigned arrived;   /* different ids */
    unsigned doubled;   /* an id that came again */
    unsigned effective; /* number of the attempt that has an effect; 0: none ever */
};

static void arrive(struct world *world, const char *id)
{
    for (unsigned i = 0; i < world->arrived; i++) {
        if (strcmp(world->ids[i], id) == 0) {
            world->doubled++;
            return;
        }
    }
    memcpy(world->ids[world->arrived++], id, UUID_TEXT_SIZE);
}

static void answer(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    struct world *world = lab->arg;

    out->say = STATE_DONE;
    if (in(call, "act")) {
        arrive(world, call->id);
    } else if (in(call, "probe")) {
        out->say =
            world->arrived >= lab_unit(lab, "act_1", "act_1").attempt ? STATE_DONE : STATE_ABSENT;
    } else if (strcmp(call->key, "sees") == 0 &&
               (world->effective == 0 || world->arrived < world->effective)) {
        out->say = STATE_BACK;
        out->back = "act_1";
        out->reason = "nothing came of it";
        out->wait_ms = 1500;
    }
}

static struct lab *lab_with(const struct ferry_state *const *states, struct world *world)
{
    struct lab *lab = lab_new(states, answer);

    *world = (struct world){.effective = 2};
    lab->arg = world;
    return lab;
}

static void an_earlier_step_is_done_again_with_an_id_of_its_own(void **state)
{
    struct world world;
    struct lab *lab = lab_with(neighbours, &world);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(world.arrived, 2);
    assert_int_equal(world.doubled, 0);
    assert_int_equal(lab_count(lab, "await", "sees"), 2);
    assert_int_equal(lab_told_count(lab, "step_back"), 1);
    assert_string_equal(lab_told_last(lab, "step_back")->text, "nothing came of it");
    assert_true(lab_nth(lab, "act", 2)->at_ms - lab_nth(lab, "await", 1)->at_ms >= 1500);
    assert_int_equal(lab_unit(lab, "act_1", "act_1").attempt, 2);
    assert_int_equal(lab_step(lab, "act_1").state, STEP_DONE);
    assert_int_equal(lab_step(lab, "sees").state, STEP_DONE);
    assert_true(lab_counters_agree(lab));
    lab_free(lab);
}

static void steps_between_follow_it_once_more(void **state)
{
    struct world world;
    struct lab *lab = lab_with(apart, &world);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(world.arrived, 2);
    assert_int_equal(lab_count(lab, "await", "between"), 2);
    assert_int_equal(lab_count(lab, "await", "sees"), 2);
    assert_true(lab_counters_agree(lab));
    lab_free(lab);
}

/* Dies at its n-th point, for every n, and goes on: the same end, no request of an id twice. */
static void killed_at_any_point_the_way_back_is_whole(void **state)
{
    bool ended = false;

    (void)state;
    for (unsigned n = 1; !ended; n++) {
        struct world world;
        struct lab *lab = lab_with(apart, &world);

        ended = !lab_live_until(lab, n);
        if (lab_read_run(lab).state != RUN_DONE) {
            assert_false(ended);
            lab_kill(lab);
            assert_int_equal(lab_live(lab), FERRY_OK);
        }
        assert_int_equal(world.arrived, 2);
        assert_int_equal(world.doubled, 0);
        assert_int_equal(lab_step(lab, "sees").state, STEP_DONE);
        assert_int_equal(lab_read_run(lab).state, RUN_DONE);
        assert_true(lab_counters_agree(lab));
        lab_free(lab);
        assert_true(n < 500);
    }
}

static void a_way_back_that_cannot_be_written_is_none(void **state)
{
    struct world world;
    struct lab *lab = lab_with(neighbours, &world);

    (void)state;
    lab_open(lab);
    sqlite3_exec(lab->journal->db,
                 "CREATE TEMP TRIGGER full BEFORE UPDATE ON unit WHEN OLD.attempt<NEW.attempt "
                 "AND OLD.key='act_1' BEGIN SELECT RAISE(FAIL, 'full'); END",
                 NULL, NULL, NULL);
    assert_int_equal(lab_run(lab), FERRY_E_JOURNAL);
    assert_int_equal(world.arrived, 1);
    lab_kill(lab);
    assert_int_equal(lab_unit(lab, "act_1", "act_1").attempt, 1);
    assert_int_equal(lab_step(lab, "act_1").state, STEP_DONE);
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(world.arrived, 2);
    lab_free(lab);
}

static void a_way_back_whose_steps_cannot_be_written_is_none(void **state)
{
    struct world world;
    struct lab *lab = lab_with(neighbours, &world);

    (void)state;
    lab_open(lab);
    sqlite3_exec(lab->journal->db,
                 "CREATE TEMP TRIGGER full BEFORE UPDATE ON step WHEN OLD.name='act_1' AND "
                 "OLD.ended_at>0 AND NEW.ended_at=0 BEGIN SELECT RAISE(FAIL, 'full'); END",
                 NULL, NULL, NULL);
    assert_int_equal(lab_run(lab), FERRY_E_JOURNAL);
    lab_kill(lab);
    assert_int_equal(lab_unit(lab, "act_1", "act_1").attempt, 1);
    assert_int_equal(lab_step(lab, "act_1").state, STEP_DONE);
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(world.arrived, 2);
    assert_true(lab_counters_agree(lab));
    lab_free(lab);
}

static int deny_units(void *arg, int action, const char *table, const char *column, const char *db,
                      const char *trigger)
{
    (void)arg, (void)column, (void)db, (void)trigger;
    return action == SQLITE_READ && table && strcmp(table, "unit") == 0 ? SQLITE_DENY : SQLITE_OK;
}

static void answer_and_deny(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer(lab, call, out);
    if (out->say == STATE_BACK) {
        sqlite3_set_authorizer(lab->journal->db, deny_units, NULL);
    }
}

static void a_way_back_to_what_cannot_be_read_pauses_the_run(void **state)
{
    struct world world;
    struct lab *lab = lab_with(neighbours, &world);

    (void)state;
    lab->answer = answer_and_deny;
    lab_open(lab);
    assert_int_equal(lab_run(lab), FERRY_E_JOURNAL);
    assert_int_equal(lab_told_count(lab, "step_back"), 0);
    lab_kill(lab);
    lab->answer = answer;
    assert_int_equal(lab_unit(lab, "act_1", "act_1").attempt, 1);
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(world.arrived, 2);
    assert_int_equal(world.doubled, 0);
    lab_free(lab);
}

/* --- the hush after an open act --- */

static void hushed_timing(const struct state_context *context, struct state_timing *timing)
{
    lab_timing(context, timing);
    timing->hush_ms = 30000;
}

static const struct ferry_state hushed = {.name = "hushed",
                                          .summary = "not to be disturbed",
                                          .def = 1,
                                          .timing = hushed_timing,
                                          .probe = LAB_PHASE(probe),
                                          .act = LAB_PHASE(act)};
static const struct ferry_state *const only_hushed[] = {&hushed, NULL};

static void answer_lost(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_DONE;
    out->fate = in(call, "act") ? LAB_LOST : LAB_GOOD;
}

static void an_open_act_is_left_alone_for_a_while(void **state)
{
    struct lab *lab = lab_new(only_hushed, answer_lost);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_true(lab_nth(lab, "probe", 1)->at_ms - lab_nth(lab, "act", 1)->at_ms >= 30000);
    lab_free(lab);
}

static void after_a_kill_only_the_rest_of_the_while_is_waited(void **state)
{
    struct lab *lab = lab_new(only_hushed, answer_lost);
    int64_t acted_ms;

    (void)state;
    for (unsigned n = 1; lab_live_until(lab, n) && lab_count(lab, "act", NULL) == 0; n++) {
        lab_free(lab);
        lab = lab_new(only_hushed, answer_lost);
    }
    lab_kill(lab);
    acted_ms = lab_nth(lab, "act", 1)->at_ms;
    lab->now_ms += 10000;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_in_range(lab_nth(lab, "probe", 1)->at_ms - acted_ms, 29000, 32000);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_earlier_step_is_done_again_with_an_id_of_its_own),
        cmocka_unit_test(steps_between_follow_it_once_more),
        cmocka_unit_test(killed_at_any_point_the_way_back_is_whole),
        cmocka_unit_test(a_way_back_that_cannot_be_written_is_none),
        cmocka_unit_test(a_way_back_whose_steps_cannot_be_written_is_none),
        cmocka_unit_test(a_way_back_to_what_cannot_be_read_pauses_the_run),
        cmocka_unit_test(an_open_act_is_left_alone_for_a_while),
        cmocka_unit_test(after_a_kill_only_the_rest_of_the_while_is_waited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
