/* A run that is cancelled before its restore gives the manager back as it found it. */
#include "lab.h"

#include "base/mem.h"

#define U (&state_undo_maintenance)
#define OFF "{\"status\":\"deactivated\"}"
#define ON(at) "{\"status\":\"activated\",\"activation_requested_at\":\"" at "\"}"
#define OURS_AT "2026-11-22T13:30:00.000Z"
#define LATER "2026-11-22T13:50:00.000Z"
#define IDLE "{\"status\":\"not-running\"}"
#define RUNNING "{\"status\":\"running\"}"

/* This run switched maintenance on, and knows when. */
static struct lab *ours(void)
{
    struct lab *lab = lab_new(U);

    lab_fact(lab, "maintenance", "{\"ours\":true,\"requested_at\":\"" OURS_AT "\"}");
    return lab;
}

/* Its request may have left since half past one, at the latest so long ago; no answer came. */
static struct lab *open_request(int64_t ago_ms)
{
    struct lab *lab = lab_new(U);

    lab_fact(lab, "undo",
             mem_printf(
                 lab, "{\"open\":{\"maintenance_activate\":{\"since_ms\":%lld,\"until_ms\":%lld}}}",
                 (long long)LAB_NOW_MS - 1800000, (long long)(LAB_NOW_MS - ago_ms)));
    return lab;
}

static void what_was_not_switched_by_this_run_stays(void **state)
{
    struct lab *lab = lab_new(U);

    (void)state;
    lab_needs_nothing(lab, &U->probe); /* nothing is even asked */
    lab_says(lab, STATE_SKIP, "did not switch maintenance on");
    lab_fact(lab, "maintenance", "{\"ours\":false,\"requested_at\":\"" OURS_AT "\"}");
    lab_needs_nothing(lab, &U->probe);
    lab_says(lab, STATE_SKIP, "did not switch maintenance on");
    lab_free(lab);
}

static void what_this_run_switched_on_is_switched_off_and_seen_off(void **state)
{
    struct lab *lab = ours();

    (void)state;
    lab_asks(lab, &U->probe, "GET /api/v3.1/maintenance");
    assert_non_null(lab_header(lab, "X-BYPASS-MAINTENANCE"));
    lab_gets(lab, 200, ON(OURS_AT));
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &U->probe, "GET /api/v3.1/snapshot-status");
    lab_gets(lab, 200, IDLE);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_data_is(lab, "{}");
    lab_asks(lab, &U->act, "POST /api/v3.1/maintenance/deactivate");
    lab_gets(lab, 200, OFF);
    lab_says(lab, STATE_RUNNING, NULL);
    lab_turn(lab, &U->await, 200, ON(OURS_AT));
    lab_says(lab, STATE_RUNNING, "still on");
    lab_turn(lab, &U->await, 502, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &U->await, 200, OFF);
    lab_says(lab, STATE_DONE, "off again");
    lab_free(lab);
}

static void maintenance_that_is_only_coming_is_taken_back_too(void **state)
{
    struct lab *lab = ours();

    (void)state;
    lab_turn(lab, &U->probe, 200,
             "{\"status\":\"activating\",\"activation_requested_at\":\"" OURS_AT "\"}");
    lab_says(lab, STATE_AGAIN, NULL);
    lab_version(lab, "4.6.0"); /* and no flag is asked where there is none */
    lab_data(lab, "{\"ask\":null}");
    lab_turn(lab, &U->probe, 200, ON(OURS_AT));
    lab_says(lab, STATE_ABSENT, NULL);
    lab_free(lab);
}

static void maintenance_that_is_off_already_needs_nothing(void **state)
{
    struct lab *lab = ours();

    (void)state;
    lab_turn(lab, &U->probe, 200, OFF);
    lab_says(lab, STATE_SKIP, "is off");
    lab->context.repeat = true; /* a lost answer: it was our request that did it */
    lab_turn(lab, &U->probe, 200, OFF);
    lab_says(lab, STATE_DONE, "is off");
    lab_turn(lab, &U->probe, 200, ON(OURS_AT));
    lab_says(lab, STATE_AGAIN, NULL);
    lab_free(lab);
}

static void what_somebody_else_switched_on_since_stays(void **state)
{
    struct lab *lab = ours();

    (void)state;
    lab_turn(lab, &U->probe, 200, ON(LATER));
    lab_says(lab, STATE_SKIP, "somebody else has switched it on since (at " LATER ")");
    lab_turn(lab, &U->probe, 200, "{\"status\":\"activated\"}"); /* nor where nobody tells when */
    lab_says(lab, STATE_SKIP, "somebody else");
    lab_fact(lab, "maintenance.requested_at", "null"); /* unless it was not told before either */
    lab_turn(lab, &U->probe, 200, ON(LATER));
    lab_says(lab, STATE_AGAIN, NULL);
    lab_free(lab);
}

static void restore_of_somebody_else_is_not_disturbed(void **state)
{
    struct lab *lab = ours();

    (void)state;
    lab_turn(lab, &U->probe, 200, ON(OURS_AT));
    lab_turn(lab, &U->probe, 200, RUNNING);
    lab_says(lab, STATE_SKIP, "a restore that is not of this run is under way");
    lab_data_is(lab, "{}");
    lab_turn(lab, &U->probe, 200, ON(OURS_AT));
    lab_turn(lab, &U->probe, 200, "{\"status\":\"Sleeping\"}");
    lab_says(lab, STATE_CANNOT_TELL, "neither");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void request_that_may_still_arrive_is_waited_for(void **state)
{
    struct lab *lab = open_request(10000);

    (void)state;
    lab_turn(lab, &U->probe, 200, OFF);
    lab_says(lab, STATE_RETRY, "may still arrive");
    assert_int_equal(lab->verdict[0].wait_ms, 80000); /* what is left of the settle window */
    lab->context.now_ms += 80000;
    lab_turn(lab, &U->probe, 200, OFF);
    lab_says(lab, STATE_SKIP, "is off");
    lab_free(lab);
    lab = open_request(-3600000); /* the clock was set back: never longer than the window */
    lab_option(lab, "limits", "{\"settle_ms\":60000}");
    lab_turn(lab, &U->probe, 200, OFF);
    lab_says(lab, STATE_RETRY, "may still arrive");
    assert_int_equal(lab->verdict[0].wait_ms, 60000);
    lab_free(lab);
}

static void request_that_did_arrive_is_known_by_its_time(void **state)
{
    struct lab *lab = open_request(10000);

    (void)state;
    lab_turn(lab, &U->probe, 200, ON("2026-11-22T13:29:58.500Z")); /* two clocks: 1.5 s before */
    lab_says(lab, STATE_AGAIN, NULL);
    lab_data(lab, "{\"ask\":null}");
    lab_turn(lab, &U->probe, 200, ON("2026-11-22T13:29:57.000Z"));
    lab_says(lab, STATE_SKIP, "somebody else");
    lab_turn(lab, &U->probe, 200, ON("2026-11-22T14:01:20.000Z")); /* the settle window's end */
    lab_says(lab, STATE_AGAIN, NULL);
    lab_data(lab, "{\"ask\":null}");
    lab_turn(lab, &U->probe, 200, ON("2026-11-22T14:01:23.000Z")); /* ours would have come before */
    lab_says(lab, STATE_SKIP, "somebody else");
    lab_turn(lab, &U->probe, 200, ON("yesterday"));
    lab_says(lab, STATE_SKIP, "somebody else");
    lab_free(lab);
    lab = open_request(10000); /* a manager whose clock is an hour ahead, and was seen to be */
    lab_fact(lab, "maintenance", "{\"ahead_ms\":3600000}");
    lab_turn(lab, &U->probe, 200, ON("2026-11-22T13:30:00.000Z"));
    lab_says(lab, STATE_SKIP, "somebody else");
    lab_turn(lab, &U->probe, 200, ON("2026-11-22T14:30:00.000Z"));
    lab_says(lab, STATE_AGAIN, NULL);
    lab_free(lab);
}

static void answers_to_the_deactivation_are_judged_by_their_effect(void **state)
{
    struct lab *lab = ours();

    (void)state;
    lab_turn(lab, &U->act, 304, "");
    lab_says(lab, STATE_RUNNING, NULL);
    lab_asks(lab, &U->act, "POST *");
    lab_gets_html(lab, 502);
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_asks(lab, &U->act, "POST *");
    lab_gets_silence(lab);
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_turn(lab, &U->act, 429, "{}");
    lab_says(lab, STATE_RETRY, NULL);
    lab_turn(lab, &U->act, 400, "{\"error_code\":\"bad_parameters_error\",\"message\":\"no\"}");
    lab_says(lab, STATE_FOREIGN,
             "bad_parameters_error: no"); /* never FAILED: what remains must be seen */
    assert_int_equal(lab->verdict[0].code, FERRY_E_REFUSED);
    assert_non_null(strstr(lab->verdict[0].hint, "ferry cancel RUN --leave"));
    lab_turn(lab, &U->act, 403, "{\"error_code\":\"forbidden_error\"}");
    lab_says(lab, STATE_FOREIGN, "permit");
    assert_int_equal(lab->verdict[0].code, FERRY_E_AUTH);
    lab_free(lab);
}

static void answers_without_sense_are_asked_again(void **state)
{
    struct lab *lab = ours();
    struct state_timing timing = {0};

    (void)state;
    lab_turn(lab, &U->probe, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, "without a state");
    lab_turn(lab, &U->probe, 500, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &U->await, 401, "{\"error_code\":\"unauthorized_error\"}");
    lab_says(lab, STATE_CANNOT_TELL, "password");
    U->timing(&lab->context, &timing);
    assert_int_equal(timing.interval_ms, 5000);
    assert_int_equal(timing.deadline_ms, 1800000);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_switched_by_this_run_stays),
        cmocka_unit_test(what_this_run_switched_on_is_switched_off_and_seen_off),
        cmocka_unit_test(maintenance_that_is_only_coming_is_taken_back_too),
        cmocka_unit_test(maintenance_that_is_off_already_needs_nothing),
        cmocka_unit_test(what_somebody_else_switched_on_since_stays),
        cmocka_unit_test(restore_of_somebody_else_is_not_disturbed),
        cmocka_unit_test(request_that_may_still_arrive_is_waited_for),
        cmocka_unit_test(request_that_did_arrive_is_known_by_its_time),
        cmocka_unit_test(answers_to_the_deactivation_are_judged_by_their_effect),
        cmocka_unit_test(answers_without_sense_are_asked_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
