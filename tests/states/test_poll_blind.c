/* Following a restore before 5.0.5, where nothing but snapshots can be asked in maintenance: the
   snapshot's own row goes with the data that the restore replaces (facts 2.7; 6 no. 5, 7 and 19).
 */
#include "lab.h"

#define P (&state_poll_status)
#define R (&state_restore)
#define ROW "{\"id\":\"prod\",\"status\":\"uploaded\"}"
#define GONE "{\"error_code\":\"not_found_error\"}"
#define WRONG "{\"error_code\":\"unauthorized_error\",\"message\":\"Wrong credentials\"}"
#define SNAPSHOT "GET /api/v3.1/snapshots/prod"

static struct lab *blind(const struct ferry_state *state)
{
    struct lab *lab = lab_new(state);

    lab_version(lab, "4.6.0");
    lab_option(lab, "manager.after_restore", "{\"username\":\"chief\"}");
    lab_fact(lab, "restore", "{\"execution_id\":\"ours\"}");
    return lab;
}

static void row_that_goes_tells_that_the_data_are_replaced(void **state)
{
    struct lab *lab = blind(P);

    (void)state;
    lab_asks(lab, &P->await, SNAPSHOT);
    lab_asks_in_name_of(lab, HTTP_AS_AFTER);
    assert_null(lab_header(lab, "X-BYPASS-MAINTENANCE"));
    lab_gets(lab, 200, ROW);
    lab_says(lab, STATE_RUNNING, "not replaced the data yet");
    lab_asks(lab, &P->await, SNAPSHOT);
    lab_gets(lab, 404, GONE);
    lab_says(lab, STATE_DONE, "seen when maintenance is off");
    lab_fact_is(lab, "credential", "\"after\"");
    lab_fact_is(lab, "restore.verdict", "absent"); /* maintenance_deactivate reads it */
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void weather_is_waited_out(void **state)
{
    struct lab *lab = blind(P);

    (void)state;
    lab_asks(lab, &P->await, SNAPSHOT);
    lab_gets_html(lab, 502);
    lab_says(lab, STATE_CANNOT_TELL, "goes on (HTTP 502");
    lab_asks(lab, &P->await, SNAPSHOT);
    lab_gets_silence(lab);
    lab_says(lab, STATE_CANNOT_TELL, "goes on (no answer");
    lab_asks(lab, &P->await, SNAPSHOT);
    lab_gets_html(lab, 404); /* of nginx, not of the manager: proves nothing */
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_free(lab);
}

static void row_that_stays_does_not_hold_the_run_for_ever(void **state)
{
    struct lab *lab = blind(P);

    (void)state;
    lab->context.now_ms = lab->units[0].started_at_ms + 1800000 - 1;
    lab_turn(lab, &P->await, 200, ROW);
    lab_says(lab, STATE_RUNNING, NULL);
    lab->context.now_ms++;
    lab_turn(lab, &P->await, 200, ROW);
    lab_says(lab, STATE_DONE, "not replaced after 30 min");
    lab_fact_is(lab, "restore.verdict", "absent");
    lab_free(lab);
}

static void both_passwords_are_tried_three_times_and_no_more(void **state)
{
    struct lab *lab = blind(P);

    (void)state;
    for (int i = 0; i < 6; i++) {
        lab_asks(lab, &P->await, SNAPSHOT);
        lab_asks_in_name_of(lab, i % 2 == 0 ? HTTP_AS_AFTER : HTTP_AS_BEFORE);
        lab_gets(lab, 401, WRONG);
        lab_says(lab, i < 5 ? STATE_CANNOT_TELL : STATE_FAILED, NULL);
    }
    assert_int_equal(lab->verdict[0].code, FERRY_E_AUTH);
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void right_password_forgives_the_wrong_ones(void **state)
{
    struct lab *lab = blind(P);

    (void)state;
    lab_turn(lab, &P->await, 401, WRONG);
    lab_turn(lab, &P->await, 200, ROW);
    lab_data_is(lab, "{\"who\":\"before\"}");
    lab_free(lab);
}

static void before_the_act_nothing_can_be_asked(void **state)
{
    struct lab *lab = blind(R);

    (void)state;
    lab_needs_nothing(lab, &R->probe);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_free(lab);
}

/* After a lost answer: the row is the only sign. */
static void lost_answer_is_settled_by_the_row(void **state)
{
    struct lab *lab = blind(R);

    (void)state;
    lab->context.repeat = true;
    lab_asks(lab, &R->probe, SNAPSHOT);
    lab_gets(lab, 200, ROW);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_data_is(lab, "{}");
    lab_turn(lab, &R->probe, 404, GONE);
    lab_says(lab, STATE_DONE, "row is gone");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_that_goes_tells_that_the_data_are_replaced),
        cmocka_unit_test(weather_is_waited_out),
        cmocka_unit_test(row_that_stays_does_not_hold_the_run_for_ever),
        cmocka_unit_test(both_passwords_are_tried_three_times_and_no_more),
        cmocka_unit_test(right_password_forgives_the_wrong_ones),
        cmocka_unit_test(before_the_act_nothing_can_be_asked),
        cmocka_unit_test(lost_answer_is_settled_by_the_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
