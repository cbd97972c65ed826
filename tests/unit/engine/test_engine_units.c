/* One unit: from pending to its end, and all that may come between. */
#include "base/mem.h"
#include "ferry_test.h"
#include "lab.h"

#define MINUTES_MS(n) ((int64_t)(n)*60000)

static const struct ferry_state plain = {.name = "plain",
                                         .summary = "one unit",
                                         .def = 1,
                                         .timing = lab_timing,
                                         .probe = LAB_PHASE(probe),
                                         .act = LAB_PHASE(act),
                                         .await = LAB_PHASE(await)};
static const struct ferry_state careful = {.name = "careful",
                                           .summary = "one unit, probed first",
                                           .def = 1,
                                           .flags = STATE_PROBE_FIRST,
                                           .timing = lab_timing,
                                           .probe = LAB_PHASE(probe),
                                           .act = LAB_PHASE(act),
                                           .await = LAB_PHASE(await)};
static const struct ferry_state looker = {.name = "looker",
                                          .summary = "only looks",
                                          .def = 1,
                                          .timing = lab_timing,
                                          .await = LAB_PHASE(await)};
static const struct ferry_state blind = {.name = "blind",
                                         .summary = "acts and cannot ask",
                                         .def = 1,
                                         .timing = lab_timing,
                                         .act = LAB_PHASE(act)};
static const struct ferry_state *const only_plain[] = {&plain, NULL};
static const struct ferry_state *const only_careful[] = {&careful, NULL};
static const struct ferry_state *const only_looker[] = {&looker, NULL};

static bool in(const struct lab_call *call, const char *phase)
{
    return strcmp(call->phase, phase) == 0;
}

/* --- the straight way --- */

static void answer_good(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    if (in(call, "act")) {
        out->say = STATE_RUNNING;
        out->remote_id = "r-1";
    } else if (in(call, "await")) {
        out->say = call->nth < 3 ? STATE_RUNNING : STATE_DONE;
    } else {
        out->say = STATE_ABSENT;
    }
}

static void a_unit_acts_waits_its_quiet_period_and_is_done(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_good);
    struct unit_row unit;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab->call_count, 4);
    assert_string_equal(lab->calls[0].phase, "act");
    assert_true(lab->calls[1].at_ms >= lab->calls[0].at_ms + 2000);
    assert_true(lab->calls[2].at_ms >= lab->calls[1].at_ms + 1000);
    unit = lab_unit(lab, "plain", "plain");
    assert_int_equal(unit.state, UNIT_DONE);
    assert_int_equal(unit.attempt, 1);
    assert_string_equal(unit.remote_id, "r-1");
    assert_string_equal(unit.intent_id, lab->calls[0].id);
    assert_int_equal(lab_read_run(lab).state, RUN_DONE);
    assert_int_equal(lab_step(lab, "plain").state, STEP_DONE);
    assert_true(lab_counters_agree(lab));
    lab_free(lab);
}

static void a_state_without_an_act_sends_nothing_that_changes(void **state)
{
    struct lab *lab = lab_new(only_looker, answer_good);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "await", NULL), 3);
    assert_int_equal(lab->call_count, 3);
    assert_string_equal(lab_unit(lab, "looker", "looker").intent_id, lab_nth(lab, "await", 1)->id);
    assert_int_equal(lab_unit(lab, "looker", "looker").intent_at_ms, 0);
    lab_free(lab);
}

static void answer_all_there(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab, (void)call;
    out->say = STATE_SKIP;
    out->reason = "it is so already";
}

static void what_is_there_already_is_skipped_with_its_step(void **state)
{
    struct lab *lab = lab_new(only_careful, answer_all_there);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab->call_count, 1);
    assert_int_equal(lab_unit(lab, "careful", "careful").state, UNIT_SKIPPED);
    assert_string_equal(lab_unit(lab, "careful", "careful").error, "it is so already");
    assert_int_equal(lab_step(lab, "careful").state, STEP_SKIPPED);
    assert_int_equal(lab_read_run(lab).state, RUN_DONE);
    lab_free(lab);
}

static void answer_running_there(struct lab *lab, const struct lab_call *call,
                                 struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "probe") ? STATE_RUNNING : STATE_DONE;
}

static void what_runs_already_is_adopted_not_begun(void **state)
{
    struct lab *lab = lab_new(only_careful, answer_running_there);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", NULL), 0);
    assert_int_equal(lab_told_count(lab, "unit_adopted"), 1);
    lab_free(lab);
}

/* --- requests that never left --- */

static void answer_not_sent(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_ABSENT;
    out->fate = in(call, "act") ? LAB_NOT_SENT : LAB_GOOD;
}

static void what_cannot_be_sent_pauses_the_run_after_growing_waits(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_not_sent);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_int_equal(lab_count(lab, "act", NULL), 8);
    assert_int_equal(lab_unit(lab, "plain", "plain").state, UNIT_PENDING);
    assert_int_equal(lab_read_run(lab).state, RUN_PAUSED);
    assert_non_null(strstr(lab_read_run(lab).error, "connection refused"));
    assert_non_null(strstr(lab_read_run(lab).hint, "nothing was sent"));
    assert_true(lab->calls[7].at_ms - lab->calls[6].at_ms > 8000);
    assert_int_equal(lab_count(lab, "probe", NULL), 0);
    lab->answer = answer_good;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_unit(lab, "plain", "plain").attempt, 1);
    lab_free(lab);
}

/* --- obstacles --- */

static void answer_obstacle(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "act") ? STATE_RETRY : STATE_ABSENT;
    out->reason = in(call, "act") ? "a restore is running" : NULL;
    out->hint = in(call, "act") ? "wait for it" : NULL;
}

static void an_obstacle_is_waited_for_with_growing_waits_and_then_blocks(void **state)
{
    static const struct ferry_state *const *const both[] = {only_plain, only_careful};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct lab *lab = lab_new(both[i], answer_obstacle);
        const char *name = both[i][0]->name;
        unsigned acts;

        assert_int_equal(lab_live(lab), FERRY_E_REFUSED);
        acts = lab_count(lab, "act", NULL);
        assert_in_range(acts, 20, 60); /* 10 minutes, at most 30 s between two */
        assert_true(lab_nth(lab, "act", acts)->at_ms - lab_nth(lab, "act", 1)->at_ms >=
                    MINUTES_MS(10));
        assert_int_equal(lab_read_run(lab).state, RUN_BLOCKED);
        assert_string_equal(lab_read_run(lab).error, "a restore is running");
        assert_string_equal(lab_read_run(lab).hint, "wait for it");
        assert_int_equal(lab_unit(lab, name, name).state, UNIT_PENDING);
        lab->answer = answer_good;
        assert_int_equal(lab_live(lab), FERRY_OK);
        assert_int_equal(lab_unit(lab, name, name).attempt, 1);
        lab_free(lab);
    }
}

static bool ask_nothing(const struct state_context *context, const struct state_unit *units,
                        size_t n, struct http_request **request, struct state_verdict *verdicts,
                        const void *mem)
{
    (void)context, (void)units, (void)n, (void)request, (void)mem, (void)verdicts;
    return false;
}

static void an_act_that_asks_nothing_and_says_nothing_is_an_obstacle(void **state)
{
    struct ferry_state mute = blind;
    const struct ferry_state *const states[] = {&mute, NULL};
    struct lab *lab;

    (void)state;
    mute.act.ask = ask_nothing;
    lab = lab_new(states, answer_good);
    assert_int_equal(lab_live(lab), FERRY_E_REFUSED);
    assert_int_equal(lab->call_count, 0);
    assert_int_equal(lab_unit(lab, "blind", "blind").state, UNIT_PENDING);
    lab_free(lab);
}

static void answer_busy(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_good(lab, call, out);
    if (in(call, "act") && call->nth == 1) {
        out->say = STATE_RETRY;
        out->reason = "slow down";
        out->status = 429;
        out->retry_after_ms = 45000;
    }
}

static void a_busy_manager_is_left_alone_as_long_as_it_asks(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_busy);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", NULL), 2);
    assert_true(lab->calls[1].at_ms >= lab->calls[0].at_ms + 45000);
    assert_string_equal(lab->calls[1].id, lab->calls[0].id);
    lab_free(lab);
}

/* --- bad ends --- */

static void answer_refused(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab, (void)call;
    out->say = STATE_FAILED;
    out->code = FERRY_E_ARCHIVE;
    out->reason = "no such archive";
    out->hint = "look at it";
}

static void a_refusal_fails_the_run_with_its_code_reason_and_hint(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_refused);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_ARCHIVE);
    assert_string_equal(lab->err.message, "no such archive");
    assert_string_equal(lab->err.hint, "look at it");
    assert_int_equal(lab_read_run(lab).state, RUN_FAILED);
    assert_int_equal(lab_read_run(lab).code, FERRY_E_ARCHIVE);
    assert_int_equal(lab_step(lab, "plain").state, STEP_FAILED);
    assert_string_equal(lab_step(lab, "plain").hint, "look at it");
    assert_int_equal(lab_live(lab), FERRY_E_USAGE);
    assert_non_null(strstr(lab->err.hint, "ferry retry lab-1 --failed"));
    lab_free(lab);
}

static void answer_foreign(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    const char *phase = lab->arg;

    answer_good(lab, call, out);
    if (in(call, "act") && strcmp(phase, "reprobe") == 0) {
        out->fate = LAB_LOST;
    }
    if (in(call, phase) || (in(call, "probe") && strcmp(phase, "reprobe") == 0)) {
        out->say = STATE_FOREIGN;
        out->reason = "bob restores something else";
        out->hint = "ask bob";
    }
}

static void answer_lost_but_there(struct lab *lab, const struct lab_call *call,
                                  struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "probe") && call->nth == 1 ? STATE_RUNNING : STATE_DONE;
    out->fate = in(call, "act") ? LAB_LOST : LAB_GOOD;
}

static void something_foreign_blocks_the_run_and_changes_nothing(void **state)
{
    static const struct {
        char phase[8];
        enum unit_state left;
    } cases[] = {{"probe", UNIT_PENDING},
                 {"act", UNIT_PENDING},
                 {"reprobe", UNIT_INTENT},
                 {"await", UNIT_STARTED}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct lab *lab = lab_new(i == 0 ? only_careful : only_plain, answer_foreign);
        const char *name = lab->states[0]->name;
        char phase[8];

        memcpy(phase, cases[i].phase, sizeof phase);
        lab->arg = phase;
        assert_int_equal(lab_live(lab), FERRY_E_REFUSED);
        assert_int_equal(lab_read_run(lab).state, RUN_BLOCKED);
        assert_string_equal(lab_read_run(lab).error, "bob restores something else");
        assert_int_equal(lab_unit(lab, name, name).state, cases[i].left);
        assert_string_equal(lab_unit(lab, name, name).hint, "ask bob");
        lab->answer = i == 2 ? answer_lost_but_there : answer_good;
        assert_int_equal(lab_live(lab), FERRY_OK);
        assert_null(lab_read_run(lab).error);
        lab_free(lab);
    }
}

/* --- doubled answers --- */

static void answer_twice(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_good(lab, call, out);
    out->fate = LAB_TWICE;
}

static void an_answer_that_comes_twice_counts_once(void **state)
{
    struct lab *lab = lab_new(only_careful, answer_twice);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab->call_count, 5);
    assert_int_equal(lab_told_count(lab, "unit_started"), 1);
    assert_true(lab_counters_agree(lab));
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_acts_waits_its_quiet_period_and_is_done),
        cmocka_unit_test(a_state_without_an_act_sends_nothing_that_changes),
        cmocka_unit_test(what_is_there_already_is_skipped_with_its_step),
        cmocka_unit_test(what_runs_already_is_adopted_not_begun),
        cmocka_unit_test(what_cannot_be_sent_pauses_the_run_after_growing_waits),
        cmocka_unit_test(an_obstacle_is_waited_for_with_growing_waits_and_then_blocks),
        cmocka_unit_test(an_act_that_asks_nothing_and_says_nothing_is_an_obstacle),
        cmocka_unit_test(a_busy_manager_is_left_alone_as_long_as_it_asks),
        cmocka_unit_test(a_refusal_fails_the_run_with_its_code_reason_and_hint),
        cmocka_unit_test(something_foreign_blocks_the_run_and_changes_nothing),
        cmocka_unit_test(an_answer_that_comes_twice_counts_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
