/* Over several lives: what a kill, a pause and a clock that is set may not change. */
#include "base/mem.h"
#include "ferry_test.h"
#include "lab.h"

#define MINUTES_MS(n) ((int64_t)(n)*60000)
#define HOURS_MS(n) ((int64_t)(n)*3600000)

static const struct ferry_state plain = {.name = "plain",
                                         .summary = "one unit",
                                         .def = 1,
                                         .timing = lab_timing,
                                         .probe = LAB_PHASE(probe),
                                         .act = LAB_PHASE(act),
                                         .await = LAB_PHASE(await)};
static const struct ferry_state many = {.name = "many",
                                        .summary = "several units",
                                        .def = 1,
                                        .flags = STATE_FANOUT | STATE_PROBE_FIRST,
                                        .timing = lab_timing,
                                        .expand = LAB_PHASE(expand),
                                        .probe = LAB_PHASE(probe),
                                        .act = LAB_PHASE(act),
                                        .await = LAB_PHASE(await),
                                        .verify = LAB_PHASE(verify)};
static const struct ferry_state *const only_plain[] = {&plain, NULL};
static const struct ferry_state *const both[] = {&plain, &many, NULL};

static bool in(const struct lab_call *call, const char *phase)
{
    return strcmp(call->phase, phase) == 0;
}

/* --- killed at every point --- */

/* The manager does what it is asked, and knows what it did. */
static void answer_truly(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    bool there = lab_count(lab, "act", call->key) > 0;

    if (in(call, "expand")) {
        out->say = STATE_DONE;
        out->add = "a b -c d";
    } else if (in(call, "probe")) {
        out->say = there ? STATE_RUNNING : STATE_ABSENT;
    } else if (in(call, "act")) {
        out->say = STATE_RUNNING;
    } else {
        out->say = STATE_DONE;
    }
}

static void killed_at_any_point_each_change_is_made_once(void **state)
{
    unsigned cases = 0;
    bool died = true;

    (void)state;
    for (unsigned n = 1; died; n++) {
        struct lab *lab = lab_new(both, answer_truly);

        died = lab_live_until(lab, n);
        if (died && lab_read_run(lab).state != RUN_DONE) {
            assert_int_equal(lab_live(lab), FERRY_OK);
        }
        assert_int_equal(lab_count(lab, "act", "plain"), 1);
        assert_int_equal(lab_count(lab, "act", "a"), 1);
        assert_int_equal(lab_count(lab, "act", "b"), 1);
        assert_int_equal(lab_count(lab, "act", "c"), 0);
        assert_int_equal(lab_count(lab, "act", "d"), 1);
        assert_int_equal(lab_step(lab, "many").n_done, 3);
        assert_int_equal(lab_step(lab, "many").n_total, 4);
        assert_int_equal(lab_read_run(lab).state, RUN_DONE);
        assert_true(lab_counters_agree(lab));
        lab_free(lab);
        cases++;
    }
    assert_true(cases > 50);
}

static void answer_badly(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_truly(lab, call, out);
    if (in(call, "await") && strcmp(call->key, "plain") == 0) {
        out->say = STATE_FAILED;
        out->code = FERRY_E_ARCHIVE;
        out->reason = "the archive is broken";
    }
}

static void killed_at_any_point_a_failure_stays_a_failure(void **state)
{
    bool died = true;

    (void)state;
    for (unsigned n = 1; died; n++) {
        struct lab *lab = lab_new(both, answer_badly);
        struct run_row run;

        died = lab_live_until(lab, n);
        run = lab_read_run(lab);
        if (run.state != RUN_FAILED) {
            assert_int_equal(lab_live(lab), FERRY_E_ARCHIVE);
        }
        run = lab_read_run(lab);
        assert_int_equal(run.state, RUN_FAILED);
        assert_int_equal(run.code, FERRY_E_ARCHIVE);
        assert_string_equal(run.error, "the archive is broken");
        assert_int_equal(lab_count(lab, "act", "plain"), 1);
        assert_int_equal(lab_count(lab, "expand", NULL), 0);
        lab_free(lab);
    }
}

static void a_failed_step_of_a_run_that_was_not_ended_ends_it(void **state)
{
    struct lab *lab = lab_new(both, answer_truly);
    struct step_row step;

    (void)state;
    lab_open(lab);
    step = lab_step(lab, "plain");
    step.state = STEP_FAILED;
    step.error = "it failed";
    step.ended_at_ms = LAB_EPOCH_MS;
    assert_int_equal(journal_begin(lab->journal, &lab->err), FERRY_OK);
    assert_int_equal(journal_step_update(lab->journal, &step, &lab->err), FERRY_OK);
    assert_int_equal(journal_commit(lab->journal, &lab->err), FERRY_OK);
    assert_int_equal(lab_run(lab), FERRY_E_FAILED);
    assert_string_equal(lab->err.message, "it failed");
    assert_int_equal(lab_read_run(lab).state, RUN_FAILED);
    assert_int_equal(lab->call_count, 0);
    lab_free(lab);
}

/* --- the settle window --- */

/* The first request gets no answer while ferry lives, and has no effect that a probe can see. */
static void answer_first_is_late(struct lab *lab, const struct lab_call *call,
                                 struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "probe") ? STATE_ABSENT : STATE_DONE;
    out->fate = in(call, "act") && call->nth == 1 ? LAB_NEVER : LAB_GOOD;
}

static void stop_now(struct lab *lab)
{
    if (lab_count(lab, "act", NULL)) {
        longjmp(lab->death, 1);
    }
}

/* Dies while the act is under way; what the clocks do until the next life is the caller's. */
static struct lab *killed_in_the_act(const struct ferry_state *const *states)
{
    struct lab *lab = lab_new(states, answer_first_is_late);

    lab->on_wait = stop_now;
    assert_true(lab_live_until(lab, 100000));
    lab->on_wait = NULL;
    return lab;
}

/* How long after the kill the request is sent again. */
static int64_t sent_again_after(int64_t pause_ms, int64_t jump_ms)
{
    struct lab *lab = killed_in_the_act(only_plain);
    int64_t killed_ms = lab->now_ms, again_ms;

    lab->now_ms += pause_ms;
    lab->wall_offset_ms += jump_ms;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", NULL), 2);
    assert_string_equal(lab_nth(lab, "act", 1)->id, lab_nth(lab, "act", 2)->id);
    again_ms = lab_nth(lab, "act", 2)->at_ms - killed_ms;
    lab_free(lab);
    return again_ms;
}

static void the_settle_window_is_waited_out_whatever_the_wall_clock_says(void **state)
{
    (void)state;
    assert_in_range(sent_again_after(500, 0), LAB_SETTLE_MS, LAB_SETTLE_MS + 1000);
    assert_in_range(sent_again_after(500, HOURS_MS(1)), LAB_SETTLE_MS, LAB_SETTLE_MS + 1000);
    assert_in_range(sent_again_after(500, HOURS_MS(-1)), LAB_SETTLE_MS, LAB_SETTLE_MS + 1000);
}

static void after_a_long_pause_absent_is_believed_at_once(void **state)
{
    (void)state;
    assert_in_range(sent_again_after(HOURS_MS(9), 0), HOURS_MS(9), HOURS_MS(9) + 1000);
    assert_in_range(sent_again_after(HOURS_MS(9), HOURS_MS(-1)), HOURS_MS(9), HOURS_MS(9) + 1000);
}

/* --- deadlines and waits --- */

static void answer_starts(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    out->say = STATE_RUNNING;
    if (in(call, "await") && call->nth == 2) {
        lab->stop = 1;
    }
}

static struct lab *stopped_while_it_runs(void)
{
    struct lab *lab = lab_new(only_plain, answer_starts);

    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_int_equal(lab_unit(lab, "plain", "plain").state, UNIT_STARTED);
    lab->stop = 0;
    return lab;
}

static void answer_page_once_then_done(struct lab *lab, const struct lab_call *call,
                                       struct lab_answer *out)
{
    (void)lab;
    out->say = call->nth < 5 ? STATE_CANNOT_TELL : STATE_DONE;
}

static void a_deadline_that_passed_unseen_leaves_time_to_look(void **state)
{
    struct lab *lab = stopped_while_it_runs();

    (void)state;
    lab->now_ms += HOURS_MS(70);
    lab->answer = answer_page_once_then_done;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", NULL), 1);
    lab_free(lab);
}

static void answer_goes_on(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab, (void)call;
    out->say = STATE_RUNNING;
    out->wait_ms = 20000;
}

/* How long a unit that never ends is followed after a restart. */
static int64_t followed_for(int64_t jump_ms)
{
    struct lab *lab = stopped_while_it_runs();
    int64_t since_ms = lab->now_ms;

    lab->wall_offset_ms += jump_ms;
    lab->answer = answer_goes_on;
    assert_int_equal(lab_live(lab), FERRY_E_UNKNOWN);
    since_ms = lab->now_ms - since_ms;
    lab_free(lab);
    return since_ms;
}

static void a_set_clock_neither_shortens_nor_stretches_a_deadline_without_bound(void **state)
{
    (void)state;
    assert_in_range(followed_for(0), MINUTES_MS(59), MINUTES_MS(61));
    assert_in_range(followed_for(HOURS_MS(-1)), MINUTES_MS(59), MINUTES_MS(61));
    assert_in_range(followed_for(HOURS_MS(1)), MINUTES_MS(10), MINUTES_MS(12));
    assert_in_range(followed_for(HOURS_MS(1000)), MINUTES_MS(10), MINUTES_MS(12));
}

static int64_t first_poll_after(int64_t jump_ms)
{
    struct lab *lab = stopped_while_it_runs();
    int64_t since_ms = lab->now_ms;

    lab->wall_offset_ms += jump_ms;
    lab->answer = answer_page_once_then_done;
    assert_int_equal(lab_live(lab), FERRY_OK);
    since_ms = lab_nth(lab, "await", 3)->at_ms - since_ms;
    lab_free(lab);
    return since_ms;
}

static void a_set_clock_does_not_stall_the_next_poll(void **state)
{
    (void)state;
    assert_in_range(first_poll_after(0), 0, 1000);
    assert_in_range(first_poll_after(HOURS_MS(1)), 0, 1000);
    assert_in_range(first_poll_after(HOURS_MS(-1)), 0, 2000);
}

/* A quiet period of 20 minutes is kept over a restart. */
static void long_quiet(const struct state_context *context, struct state_timing *timing)
{
    lab_timing(context, timing);
    timing->quiet_ms = MINUTES_MS(20);
    timing->deadline_ms = 0;
}

static void answer_done(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "act") ? STATE_RUNNING : STATE_DONE;
}

static void stop_when_started(struct lab *lab, const struct engine_event *event)
{
    if (strcmp(event->kind, "unit_started") == 0) {
        lab->stop = 1;
    }
}

static void a_quiet_period_is_kept_over_a_restart(void **state)
{
    struct ferry_state quiet = plain;
    const struct ferry_state *const states[] = {&quiet, NULL};
    struct lab *lab;

    (void)state;
    quiet.timing = long_quiet;
    lab = lab_new(states, answer_done);
    lab->on_told = stop_when_started;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    lab->on_told = NULL;
    lab->stop = 0;
    lab->now_ms += 5000;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_true(lab_nth(lab, "await", 1)->at_ms >= lab_nth(lab, "act", 1)->at_ms + MINUTES_MS(20));
    lab_free(lab);
}

static void answer_obstacle_then_stop(struct lab *lab, const struct lab_call *call,
                                      struct lab_answer *out)
{
    out->say = in(call, "act") ? STATE_RETRY : STATE_ABSENT;
    out->reason = "busy";
    out->wait_ms = 60000;
    lab->stop = in(call, "act") ? 1 : 0;
}

static void a_wait_before_the_next_sending_survives_a_restart(void **state)
{
    static const int64_t jumps_ms[] = {0, HOURS_MS(-1)};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct lab *lab = lab_new(only_plain, answer_obstacle_then_stop);

        assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
        assert_true(lab_unit(lab, "plain", "plain").tries == 1);
        lab->stop = 0;
        lab->wall_offset_ms += jumps_ms[i];
        lab->answer = answer_done;
        assert_int_equal(lab_live(lab), FERRY_OK);
        assert_in_range(lab_nth(lab, "act", 2)->at_ms - lab_nth(lab, "act", 1)->at_ms,
                        i ? 60000 : 59000, i ? 301000 : 61000);
        lab_free(lab);
    }
}

/* --- what is in hand is not read again --- */

/* "a" and "b" are open at the kill; then "a" meets an obstacle, and is pending while "b" ends and
   the window of pending units is read for the first time. */
static void answer_second_life(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    bool is_a = strcmp(call->key, "a") == 0;

    (void)lab;
    if (in(call, "probe")) {
        out->say = is_a && call->nth >= 4 && call->nth < 12 ? STATE_RETRY : STATE_ABSENT;
        out->reason = "something holds it";
    } else {
        out->say = STATE_DONE;
    }
}

static void answer_two_hang(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "expand") ? STATE_DONE : STATE_ABSENT;
    out->add = "a b c";
    out->fate = in(call, "act") ? LAB_NEVER : LAB_GOOD;
}

static void two_at_a_time(const struct state_context *context, struct state_timing *timing)
{
    lab_timing(context, timing);
    timing->concurrency = 2;
}

static void two_are_under_way(struct lab *lab)
{
    if (lab_count(lab, "act", NULL) == 2) {
        longjmp(lab->death, 1);
    }
}

static void a_unit_in_hand_is_not_taken_from_the_journal_again(void **state)
{
    struct ferry_state two = many;
    const struct ferry_state *const states[] = {&two, NULL};
    struct lab *lab;

    (void)state;
    two.timing = two_at_a_time;
    lab = lab_new(states, answer_two_hang);
    lab->on_wait = two_are_under_way;
    assert_true(lab_live_until(lab, 100000));
    lab->on_wait = NULL;
    lab->answer = answer_second_life;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", "a"), 2);
    assert_int_equal(lab_count(lab, "act", "c"), 1);
    assert_int_equal(lab_step(lab, "many").n_done, 3);
    assert_true(lab_counters_agree(lab));
    lab_free(lab);
}

static void five_thousand_at_a_time(const struct state_context *context,
                                    struct state_timing *timing)
{
    lab_timing(context, timing);
    timing->concurrency = 5000;
}

static void answer_thousands(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    out->say = in(call, "act") ? STATE_RUNNING : lab->arg ? STATE_DONE : STATE_RUNNING;
    if (in(call, "expand")) {
        out->say = STATE_DONE;
        out->add_count = 4500;
    } else if (in(call, "act") && strcmp(call->key, "u04499") == 0) {
        lab->stop = 1;
    }
}

static void thousands_of_open_units_are_all_taken_up(void **state)
{
    struct ferry_state wide = many;
    const struct ferry_state *const states[] = {&wide, NULL};
    struct lab *lab;

    (void)state;
    wide.timing = five_thousand_at_a_time;
    wide.flags = STATE_FANOUT;
    wide.await.batch = 500;
    lab = lab_new(states, answer_thousands);
    lab->options = "{\"limits\":{\"requests_per_second\":0,\"in_flight\":5000}}";
    lab->deaf = true;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_int_equal(lab_step(lab, "many").n_open, 4500);
    lab->stop = 0;
    lab->arg = lab;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_step(lab, "many").n_done, 4500);
    assert_true(lab_counters_agree(lab));
    lab_free(lab);
}

/* --- a journal of another release --- */

static void a_step_of_another_release_is_left_alone(void **state)
{
    struct ferry_state newer = many;
    const struct ferry_state *const states[] = {&plain, &newer, NULL};
    struct lab *lab = lab_new(both, answer_truly);

    (void)state;
    lab_open(lab);
    assert_int_equal(lab_run_before(lab, "many"), FERRY_E_STOPPED);
    lab_close(lab);
    newer.def = 2;
    lab->states[1] = states[1];
    assert_int_equal(lab_live(lab), FERRY_E_JOURNAL);
    assert_non_null(strstr(lab->err.message, "\"many\" in version 1"));
    assert_non_null(strstr(lab->err.hint, "laboratory"));
    assert_int_equal(lab_count(lab, "expand", NULL), 0);
    newer.def = 1;
    newer.name = "renamed";
    assert_int_equal(lab_live(lab), FERRY_E_JOURNAL);
    newer.name = "many";
    assert_int_equal(lab_live(lab), FERRY_OK);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_point_each_change_is_made_once),
        cmocka_unit_test(killed_at_any_point_a_failure_stays_a_failure),
        cmocka_unit_test(a_failed_step_of_a_run_that_was_not_ended_ends_it),
        cmocka_unit_test(the_settle_window_is_waited_out_whatever_the_wall_clock_says),
        cmocka_unit_test(after_a_long_pause_absent_is_believed_at_once),
        cmocka_unit_test(a_deadline_that_passed_unseen_leaves_time_to_look),
        cmocka_unit_test(a_set_clock_neither_shortens_nor_stretches_a_deadline_without_bound),
        cmocka_unit_test(a_set_clock_does_not_stall_the_next_poll),
        cmocka_unit_test(a_quiet_period_is_kept_over_a_restart),
        cmocka_unit_test(a_wait_before_the_next_sending_survives_a_restart),
        cmocka_unit_test(a_unit_in_hand_is_not_taken_from_the_journal_again),
        cmocka_unit_test(thousands_of_open_units_are_all_taken_up),
        cmocka_unit_test(a_step_of_another_release_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
