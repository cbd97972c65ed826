/* A token that a restore made invalid (facts 6 no. 33): its login's password is used from then on,
   and that was no try of the password. */
#include "lab.h"

#include "states/preflight.h"

#define UP (&state_upload)
#define ON (&state_maintenance_activate)
#define P (&state_poll_status)
#define WRONG "{\"error_code\":\"unauthorized_error\",\"message\":\"Wrong credentials\"}"

static void question_is_asked_again_at_once_and_no_password_is_counted(void **state)
{
    struct lab *lab = lab_new(ON);

    (void)state;
    lab_asks(lab, &ON->await, "GET *");
    lab_gets_token_refused(lab);
    lab_says(lab, STATE_CANNOT_TELL, "refuses the token; from now on the password is used");
    assert_int_equal(lab->verdict[0].wait_ms, 0);
    lab_data_is(lab, "{}");
    for (int i = 0; i < 3; i++) { /* three tries of the password are left */
        lab_turn(lab, &ON->await, 401, WRONG);
        lab_says(lab, i < 2 ? STATE_CANNOT_TELL : STATE_FOREIGN, NULL);
    }
    lab_free(lab);
}

static void change_is_sent_again_for_it_had_no_effect(void **state)
{
    struct lab *lab = lab_new(ON);

    (void)state;
    lab_asks(lab, &ON->act, "POST *");
    lab_gets_token_refused(lab);
    lab_says(lab, STATE_RETRY, "refuses the token");
    assert_int_equal(lab->verdict[0].wait_ms, 0);
    lab_fact_is(lab, "maintenance", "absent");
    lab_free(lab);
}

static void plan_warns_and_asks_again(void **state)
{
    struct lab *lab = lab_new(&preflight_manager);

    (void)state;
    lab->context.planning = true;
    lab_fact(lab, "manager", "null");
    lab_asks(lab, &preflight_manager.plan, "GET /api/v3.1/version");
    lab_gets_token_refused(lab);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_found(lab, "warning", "refuses the token");
    lab_found_nothing(lab, "blocker");
    lab_asks(lab, &preflight_manager.plan, "GET /api/v3.1/version");
    lab_free(lab);
}

static void behind_a_restore_it_is_weather(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_fact(lab, "restore", "{\"execution_id\":\"ours\"}");
    lab_data(lab, "{\"idle\":2,\"ask\":\"execution\"}");
    lab_asks(lab, &P->await, "GET *");
    lab_gets_token_refused(lab);
    lab_says(lab, STATE_CANNOT_TELL, "token");
    lab_data_is(lab, "{}"); /* not counted as a wrong password */
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(question_is_asked_again_at_once_and_no_password_is_counted),
        cmocka_unit_test(change_is_sent_again_for_it_had_no_effect),
        cmocka_unit_test(plan_warns_and_asks_again),
        cmocka_unit_test(behind_a_restore_it_is_weather),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
