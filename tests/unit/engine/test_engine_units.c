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
static const struct ferry_state *const only_blind[] = {&blind, NULL};

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

/* --- open outcomes --- */

static void answer_lost_but_there(struct lab *lab, const struct lab_call *call,
                                  struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "probe") && call->nth == 1 ? STATE_RUNNING : STATE_DONE;
    out->fate = in(call, "act") ? LAB_LOST : LAB_GOOD;
}

static void a_lost_answer_is_asked_about_and_never_sent_again(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_lost_but_there);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", NULL), 1);
    assert_int_equal(lab_told_count(lab, "unit_open"), 1);
    assert_int_equal(lab_told_count(lab, "unit_adopted"), 1);
    assert_int_equal(lab_unit(lab, "plain", "plain").state, UNIT_DONE);
    lab_free(lab);
}

static void answer_page_and_done(struct lab *lab, const struct lab_call *call,
                                 struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_DONE;
    out->fate = in(call, "act") ? LAB_PAGE : LAB_GOOD;
}

static void the_page_of_a_proxy_is_no_answer(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_page_and_done);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", NULL), 1);
    assert_int_equal(lab_count(lab, "probe", NULL), 1);
    assert_int_equal(lab_told_count(lab, "unit_adopted_done"), 1);
    lab_free(lab);
}

/* The first request is lost without effect. */
static void answer_lost_once(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_good(lab, call, out);
    if (in(call, "act") && call->nth == 1) {
        out->fate = LAB_LOST;
    }
}

static void absent_is_believed_only_after_the_settle_window(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_lost_once);
    const struct lab_record *again;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", NULL), 2);
    assert_int_equal(lab_count(lab, "probe", NULL), 2);
    again = lab_nth(lab, "act", 2);
    assert_true(again->at_ms >= lab->calls[0].at_ms + LAB_SETTLE_MS);
    assert_string_equal(again->id, lab->calls[0].id);
    assert_int_equal(lab_unit(lab, "plain", "plain").attempt, 1);
    assert_int_equal(lab_told_count(lab, "unit_absent"), 1);
    lab_free(lab);
}

static void answer_always_lost(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_ABSENT;
    out->fate = in(call, "act") ? LAB_LOST : LAB_GOOD;
}

static void what_never_has_an_effect_is_not_sent_for_ever(void **state)
{
    struct lab *lab = lab_new(only_careful, answer_always_lost);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_int_equal(lab_count(lab, "act", NULL), 8);
    assert_non_null(strstr(lab_read_run(lab).error, "8 times without effect"));
    assert_int_equal(lab_unit(lab, "careful", "careful").state, UNIT_PENDING);
    lab->answer = answer_good;
    assert_int_equal(lab_live(lab), FERRY_OK);
    lab_free(lab);
}

static void answer_cannot_tell(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_CANNOT_TELL;
    out->reason = in(call, "probe") ? "two of them look alike" : NULL;
}

static void what_the_manager_cannot_tell_is_unknown(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_cannot_tell);
    struct unit_row unit;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_UNKNOWN);
    assert_int_equal(lab_count(lab, "act", NULL), 1);
    assert_in_range(lab_count(lab, "probe", NULL), 20, 60);
    unit = lab_unit(lab, "plain", "plain");
    assert_int_equal(unit.state, UNIT_UNKNOWN);
    assert_non_null(strstr(unit.error, "two of them look alike"));
    assert_non_null(strstr(unit.hint, "ferry resolve lab-1 plain/plain"));
    assert_int_equal(lab_read_run(lab).state, RUN_BLOCKED);
    assert_int_equal(lab_step(lab, "plain").n_unknown, 1);
    assert_int_equal(lab_live(lab), FERRY_E_UNKNOWN); /* nobody has decided yet */
    assert_int_equal(lab_count(lab, "act", NULL), 1);
    lab_free(lab);
}

static void answer_no_word(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab, (void)call;
    out->say = STATE_CANNOT_TELL;
}

static void what_stands_in_the_way_of_the_first_probe_pauses_the_run(void **state)
{
    struct lab *lab = lab_new(only_careful, answer_cannot_tell);

    (void)state;
    lab->deaf = true;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_int_equal(lab_count(lab, "act", NULL), 0);
    assert_in_range(lab_count(lab, "probe", NULL), 20, 60);
    assert_string_equal(lab_read_run(lab).error, "two of them look alike");
    lab->answer = answer_no_word;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_in_range(lab_count(lab, "probe", NULL), 40, 120); /* it began anew */
    assert_non_null(strstr(lab_read_run(lab).error, "does not tell"));
    lab->answer = answer_good;
    assert_int_equal(lab_live(lab), FERRY_OK);
    lab_free(lab);
}

static void a_state_that_cannot_ask_ends_unknown(void **state)
{
    struct lab *lab = lab_new(only_blind, answer_always_lost);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_UNKNOWN);
    assert_int_equal(lab->call_count, 1);
    assert_non_null(strstr(lab_unit(lab, "blind", "blind").error, "cannot ask"));
    lab_free(lab);
}

static void answer_silent_probe(struct lab *lab, const struct lab_call *call,
                                struct lab_answer *out)
{
    (void)lab;
    out->fate = in(call, "probe") && call->nth % 2 ? LAB_PAGE : LAB_LOST;
}

static void a_manager_that_is_away_makes_nothing_unknown(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_silent_probe);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_int_equal(lab_unit(lab, "plain", "plain").state, UNIT_INTENT);
    assert_int_equal(lab_read_run(lab).state, RUN_PAUSED);
    lab->answer = answer_lost_but_there;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", NULL), 1);
    lab_free(lab);
}

/* --- waiting for the end --- */

static void answer_never_ends(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_RUNNING;
    out->reason = in(call, "await") ? "still at it" : NULL;
    out->wait_ms = in(call, "await") ? 30000 : -1;
}

static void what_does_not_end_in_time_is_unknown(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_never_ends);
    int64_t began_ms = lab->now_ms;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_UNKNOWN);
    assert_in_range(lab->now_ms - began_ms, MINUTES_MS(60), MINUTES_MS(62));
    assert_non_null(strstr(lab_unit(lab, "plain", "plain").error, "still at it"));
    lab_free(lab);
}

static void answer_silent_await(struct lab *lab, const struct lab_call *call,
                                struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_RUNNING;
    out->fate = in(call, "await") ? LAB_LOST : LAB_GOOD;
}

static void a_manager_that_is_away_at_the_deadline_pauses_the_run(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_silent_await);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_int_equal(lab_unit(lab, "plain", "plain").state, UNIT_STARTED);
    lab->answer = answer_good;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "act", NULL), 1);
    lab_free(lab);
}

static void answer_pages(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    answer_good(lab, call, out);
    if (in(call, "await") && call->nth < 5) {
        out->say = STATE_AGAIN;
        out->data = call->nth == 1 ? "{\"page\":1}" : "{\"page\":2}";
    }
}

static void a_phase_may_ask_several_requests_in_a_row(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_pages);
    const struct lab_record *first;

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    first = lab_nth(lab, "await", 1);
    assert_true(lab_nth(lab, "await", 5)->at_ms - first->at_ms < 100);
    assert_string_equal(lab_unit(lab, "plain", "plain").data, "{\"page\":2}");
    lab_free(lab);
}

/* 300 polls: one says another word of the manager, one other notes. */
static void answer_long(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = in(call, "await") && call->nth == 300 ? STATE_DONE : STATE_RUNNING;
    if (in(call, "await")) {
        out->remote_state = call->nth < 100 ? "queued" : "started";
        out->data = call->nth < 200 ? "{\"seen\":1}" : "{\"seen\":2}";
        out->facts = "{\"maintenance\":{\"on\":true}}";
        out->reason = "going on";
    }
}

static void a_poll_that_changed_nothing_writes_nothing(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_long);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_OK);
    assert_int_equal(lab_count(lab, "await", NULL), 300);
    /* created, run, step, intent, started, three news, the end, run: and not 300 */
    assert_in_range(lab->commits, 6, 12);
    assert_int_equal(lab_told_count(lab, "running"), 1);
    lab_free(lab);
}

static void answer_starts(struct lab *lab, const struct lab_call *call, struct lab_answer *out)
{
    (void)lab;
    out->say = STATE_RUNNING;
    out->remote_id = in(call, "await") ? "r-2" : NULL;
    out->remote_state = call->nth > 1 ? "started" : "queued";
    if (call->nth == 3) {
        lab->stop = 1;
    }
}

static void what_a_poll_has_found_is_on_disk_at_once(void **state)
{
    struct lab *lab = lab_new(only_plain, answer_starts);

    (void)state;
    assert_int_equal(lab_live(lab), FERRY_E_STOPPED);
    assert_string_equal(lab_unit(lab, "plain", "plain").remote_id, "r-2");
    assert_string_equal(lab_unit(lab, "plain", "plain").remote_state, "started");
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
        cmocka_unit_test(a_lost_answer_is_asked_about_and_never_sent_again),
        cmocka_unit_test(the_page_of_a_proxy_is_no_answer),
        cmocka_unit_test(absent_is_believed_only_after_the_settle_window),
        cmocka_unit_test(what_never_has_an_effect_is_not_sent_for_ever),
        cmocka_unit_test(what_the_manager_cannot_tell_is_unknown),
        cmocka_unit_test(what_stands_in_the_way_of_the_first_probe_pauses_the_run),
        cmocka_unit_test(a_state_that_cannot_ask_ends_unknown),
        cmocka_unit_test(a_manager_that_is_away_makes_nothing_unknown),
        cmocka_unit_test(what_does_not_end_in_time_is_unknown),
        cmocka_unit_test(a_manager_that_is_away_at_the_deadline_pauses_the_run),
        cmocka_unit_test(a_phase_may_ask_several_requests_in_a_row),
        cmocka_unit_test(a_poll_that_changed_nothing_writes_nothing),
        cmocka_unit_test(what_a_poll_has_found_is_on_disk_at_once),
        cmocka_unit_test(a_refusal_fails_the_run_with_its_code_reason_and_hint),
        cmocka_unit_test(something_foreign_blocks_the_run_and_changes_nothing),
        cmocka_unit_test(an_answer_that_comes_twice_counts_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
