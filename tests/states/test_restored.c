/* The pace of a restore: silence, polls, and passwords that are refused for most of it. */
#include "lab.h"

#include "base/mem.h"

#define R (&state_restore)
#define P (&state_poll_status)
#define OFF (&state_maintenance_deactivate)
#define WRONG "{\"error_code\":\"unauthorized_error\",\"message\":\"Wrong credentials\"}"
#define MISSING "{\"error_code\":\"not_found_error\"}"

static int64_t quiet_ms(struct lab *lab, const char *told)
{
    struct state_timing timing = {0};

    lab_fact(lab, "restore", "{\"execution_id\":\"ours\"}");
    lab_fact(lab, "restore.told_ms", told);
    P->timing(&lab->context, &timing);
    return timing.quiet_ms;
}

/* facts 6 no. 4: silence from the moment when the manager was told, not from when we looked. */
static void silence_is_counted_from_when_the_restore_was_told(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    assert_int_equal(quiet_ms(lab, "1795356000000"), 30000);
    assert_int_equal(quiet_ms(lab, "1795355988000"), 18000);
    assert_int_equal(quiet_ms(lab, "1795355970000"), 5000); /* an interval from the last question */
    assert_int_equal(quiet_ms(lab, "1795352400000"), 5000);
    assert_int_equal(quiet_ms(lab, "1795359600000"), 30000); /* a clock set back by an hour */
    assert_int_equal(quiet_ms(lab, "null"), 30000);          /* a journal from before */
    lab_version(lab, "6.1.0");
    assert_int_equal(quiet_ms(lab, "1795355988000"), 48000);
    lab_option(lab, "restore.quiet_ms", "5000");
    assert_int_equal(quiet_ms(lab, "1795355998000"), 5000);
    lab_free(lab);
}

/* facts 6 no. 4: after a lost answer the restore may have begun, so questions would disturb it. */
static void restore_whose_answer_was_lost_is_left_in_peace_as_long(void **state)
{
    struct lab *lab = lab_new(R);
    struct state_timing timing = {0};

    (void)state;
    R->timing(&lab->context, &timing);
    assert_int_equal(timing.hush_ms, 30000);
    lab_version(lab, "6.1.0");
    R->timing(&lab->context, &timing);
    assert_int_equal(timing.hush_ms, 60000);
    lab_option(lab, "restore.quiet_ms", "0");
    R->timing(&lab->context, &timing);
    assert_int_equal(timing.hush_ms, 0);
    lab_free(lab);
}

static void refuse(struct lab *lab, const struct ferry_state *state, int64_t wait_ms,
                   enum http_credential who)
{
    lab_asks(lab, &state->await, "GET *");
    lab_asks_in_name_of(lab, who);
    lab_gets(lab, 401, WRONG);
    lab_says(lab, STATE_CANNOT_TELL, "password");
    assert_int_equal(lab->verdict[0].wait_ms, wait_ms);
}

/* facts 6 no. 2 and 5, 2.1: before 5.0.5 no flag tells that the restore is over, and no password
   works for most of it; three tries of 5 s would end before the restore does. */
static void tries_of_a_password_are_spaced_out_where_there_is_no_flag(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_version(lab, "4.6.0");
    lab_fact(lab, "restore", "{\"execution_id\":\"ours\"}");
    lab_option(lab, "manager.after_restore", "{\"username\":\"chief\"}");
    refuse(lab, P, 120000, HTTP_AS_AFTER); /* the first soon, the others far apart */
    refuse(lab, P, 1200000, HTTP_AS_BEFORE);
    refuse(lab, P, 1200000, HTTP_AS_AFTER);
    lab_turn(lab, &P->await, 404, MISSING); /* the snapshot's row: see test_poll_blind.c */
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "credential", "\"before\"");
    lab_free(lab);
}

static void they_are_not_where_a_flag_tells(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_version(lab, "5.0.5");
    lab_fact(lab, "restore", "{\"execution_id\":\"ours\"}");
    lab_option(lab, "manager.after_restore", "{\"username\":\"chief\"}");
    lab_data(lab, "{\"idle\":2,\"ask\":\"login\"}");
    refuse(lab, P, -1, HTTP_AS_AFTER);
    refuse(lab, P, -1, HTTP_AS_BEFORE);
    lab_free(lab);
}

static void verdict_of_an_old_manager_is_spaced_out_too(void **state)
{
    struct lab *lab = lab_new(OFF);

    (void)state;
    lab_version(lab, "4.6.0");
    lab_fact(lab, "restore", "{\"execution_id\":\"ours\",\"since_ms\":1}");
    lab_option(lab, "restore.poll_ms", "1000");
    lab_data(lab, "{\"ask\":\"verdict\"}");
    refuse(lab, OFF, 24000, HTTP_AS_BEFORE);
    refuse(lab, OFF, 240000, HTTP_AS_BEFORE);
    lab_asks(lab, &OFF->await, "GET *");
    lab_gets(lab, 401, WRONG);
    lab_says(lab, STATE_FAILED, "refuses the password: not tried more than 3 times");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_is_counted_from_when_the_restore_was_told),
        cmocka_unit_test(restore_whose_answer_was_lost_is_left_in_peace_as_long),
        cmocka_unit_test(tries_of_a_password_are_spaced_out_where_there_is_no_flag),
        cmocka_unit_test(they_are_not_where_a_flag_tells),
        cmocka_unit_test(verdict_of_an_old_manager_is_spaced_out_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
