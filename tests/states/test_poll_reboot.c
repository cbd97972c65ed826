/* Restored certificates bring a reboot (facts 6 no. 27): the restore is over when the manager is
   back from it, or when nobody has seen it go for long. */
#include "lab.h"

#define P (&state_poll_status)
#define IDLE "{\"status\":\"not-running\"}"
#define RUNNING "{\"status\":\"running\"}"
#define TERMINATED "{\"id\":\"ours\",\"status\":\"terminated\",\"error\":\"\"}"

/* The flag was down twice; the execution is asked next. */
static struct lab *certified(void)
{
    struct lab *lab = lab_new(P);

    lab_fact(lab, "restore", "{\"execution_id\":\"ours\",\"known\":[]}");
    lab_option(lab, "manager.after_restore", "{\"username\":\"chief\"}");
    lab_option(lab, "restore.certificates", "true");
    lab_data(lab, "{\"idle\":2,\"ask\":\"execution\"}");
    return lab;
}

/* Ended and counted: now it waits for the reboot. */
static struct lab *rebooting(void)
{
    struct lab *lab = certified();

    lab_turn(lab, &P->await, 200, TERMINATED);
    LAB_COUNTS(lab, &P->await, 4, 10, 71, 4);
    lab_says(lab, STATE_RUNNING, "waiting for the reboot");
    return lab;
}

static void is_told_by_login(struct lab *lab)
{
    lab_asks(lab, &P->await, "GET /api/v3.1/maintenance");
    lab_asks_in_name_of(lab, HTTP_AS_AFTER);
    lab_gets(lab, 200, "{\"status\":\"activated\"}");
    lab_says(lab, STATE_DONE, NULL);
    lab_data_is(lab, "{}");
    lab_fact_is(lab, "credential", "\"after\"");
}

static void manager_goes_and_comes_back(void **state)
{
    struct lab *lab = rebooting();

    (void)state;
    lab_asks(lab, &P->await, "GET /api/v3.1/snapshot-status");
    lab_asks_in_name_of(lab, HTTP_ANONYMOUS);
    lab_gets(lab, 200, IDLE); /* it has not gone yet */
    lab_says(lab, STATE_RUNNING, "waiting for the manager to reboot");
    lab_asks(lab, &P->await, "GET *");
    lab_gets_silence(lab);
    lab_says(lab, STATE_CANNOT_TELL, "the manager reboots (no answer");
    lab_turn(lab, &P->await, 200,
             IDLE); /* once may be the last of the old or the first of the new */
    lab_says(lab, STATE_RUNNING, "is back");
    lab_asks(lab, &P->await, "GET *");
    lab_gets_html(lab, 502); /* its services come up one after the other */
    lab_says(lab, STATE_CANNOT_TELL, "reboots");
    lab_turn(lab, &P->await, 200, RUNNING); /* whatever the flag says: it answers */
    lab_says(lab, STATE_RUNNING, "is back");
    lab_turn(lab, &P->await, 200, IDLE);
    lab_says(lab, STATE_RUNNING, "is back");
    is_told_by_login(lab);
    lab_free(lab);
}

static void reboot_that_nobody_sees_is_not_waited_for_for_ever(void **state)
{
    struct lab *lab = rebooting();
    int polls = 0;

    (void)state;
    do {
        lab_asks(lab, &P->await, "GET /api/v3.1/snapshot-status");
        lab_gets(lab, 200, IDLE);
        lab_says(lab, STATE_RUNNING, ++polls < 36 ? "waiting for" : "nobody has seen");
    } while (polls < 36);
    is_told_by_login(lab);
    lab_free(lab);
}

static void reboot_seen_while_the_flag_was_asked_is_not_awaited_again(void **state)
{
    struct lab *lab = certified();

    (void)state;
    lab_data(lab, "{\"idle\":1,\"ask\":null}");
    lab_asks(lab, &P->await, "GET /api/v3.1/snapshot-status");
    lab_gets_silence(lab);
    lab_data_is(lab, "{\"away\":true}");
    lab_turn(lab, &P->await, 200, IDLE);
    lab_turn(lab, &P->await, 200, IDLE);
    lab_turn(lab, &P->await, 200, TERMINATED);
    LAB_COUNTS(lab, &P->await, 4, 10, 71, 4);
    lab_says(lab, STATE_DONE, "what the archive held is there");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

/* facts 2.3: services are stopped in the middle of a restore too; facts 2.2: the flag goes down
   last of all, with the reboot. */
static void silence_before_the_flag_was_up_again_was_no_reboot(void **state)
{
    struct lab *lab = certified();

    (void)state;
    lab_data(lab, "{\"idle\":null,\"ask\":null}");
    lab_asks(lab, &P->await, "GET /api/v3.1/snapshot-status");
    lab_gets_silence(lab);
    lab_data_is(lab, "{\"away\":true}");
    lab_turn(lab, &P->await, 200, RUNNING);
    lab_data_is(lab, "{}");
    lab_turn(lab, &P->await, 200, IDLE);
    lab_turn(lab, &P->await, 200, IDLE);
    lab_turn(lab, &P->await, 200, TERMINATED);
    LAB_COUNTS(lab, &P->await, 4, 10, 71, 4);
    lab_says(lab, STATE_RUNNING, "waiting for the reboot");
    lab_free(lab);
}

static void weather_that_answers_is_no_reboot(void **state)
{
    struct lab *lab = certified();

    (void)state;
    lab_data(lab, "{\"idle\":null,\"ask\":null}");
    lab_asks(lab, &P->await, "GET *");
    lab_gets_html(lab, 502);
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void without_certificates_or_reboot_nothing_is_awaited(void **state)
{
    static const char *const options[][2] = {{"restore.certificates", "false"},
                                             {"restore.no_reboot", "true"}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct lab *lab = certified();

        lab_option(lab, options[i][0], options[i][1]);
        lab_turn(lab, &P->await, 200, TERMINATED);
        LAB_COUNTS(lab, &P->await, 4, 10, 71, 4);
        lab_says(lab, STATE_DONE, NULL);
        lab_free(lab);
    }
}

static void counts_that_are_wrong_end_it_before_the_reboot(void **state)
{
    struct lab *lab = certified();

    (void)state;
    lab_turn(lab, &P->await, 200, TERMINATED);
    LAB_COUNTS(lab, &P->await, 4, 9, 71, 4);
    lab_says(lab, STATE_FAILED, "9 blueprints for 10");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

/* Whatever the manager says of its flag, it has answered. */
static void error_of_the_manager_is_a_manager_that_is_there(void **state)
{
    struct lab *lab = rebooting();

    (void)state;
    lab_data(lab, "{\"away\":true,\"steady\":1}");
    lab_turn(lab, &P->await, 404, "{\"error_code\":\"not_found_error\"}");
    lab_says(lab, STATE_RUNNING, "is back");
    is_told_by_login(lab);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manager_goes_and_comes_back),
        cmocka_unit_test(reboot_that_nobody_sees_is_not_waited_for_for_ever),
        cmocka_unit_test(reboot_seen_while_the_flag_was_asked_is_not_awaited_again),
        cmocka_unit_test(silence_before_the_flag_was_up_again_was_no_reboot),
        cmocka_unit_test(weather_that_answers_is_no_reboot),
        cmocka_unit_test(without_certificates_or_reboot_nothing_is_awaited),
        cmocka_unit_test(counts_that_are_wrong_end_it_before_the_reboot),
        cmocka_unit_test(error_of_the_manager_is_a_manager_that_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
