/* What is open: outcomes that must be found out, and ends that are waited for. */
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
static const struct ferry_state blind = {.name = "blind",
                                         .summary = "acts and cannot ask",
                                         .def = 1,
                                         .timing = lab_timing,
                                         .act = LAB_PHASE(act)};
static const struct ferry_state *const only_plain[] = {&plain, NULL};
static const struct ferry_state *const only_careful[] = {&careful, NULL};
static const struct ferry_state *const only_blind[] = {&blind, NULL};

static bool in(const struct lab_call *call, const char *phase)
{
    return strcmp(call->phase, phase) == 0;
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
