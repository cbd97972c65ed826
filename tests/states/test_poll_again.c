/* Failures of a restore that are no end: its archive was not on the node yet (facts 6 no. 28), or
   the broker delivered it a second time (no. 30). */
#include "lab.h"

#include "base/mem.h"

#define P (&state_poll_status)
#define OFF (&state_maintenance_deactivate)
#define NO_FILE                                                                                    \
    "Traceback (most recent call last)\\nFileNotFoundError: [Errno 2] No such file or directory: " \
    "'/opt/manager/resources/snapshots/prod/prod.zip'"
#define NOT_EMPTY                                                                                  \
    "NonRecoverableError: Snapshot restoration on a non-empty manager is not permitted."

static struct lab *failed(const char *error)
{
    struct lab *lab = lab_new(P);

    lab_fact(lab, "restore",
             "{\"execution_id\":\"ours\",\"known\":[\"old-1\"],\"since_ms\":1,\"told_ms\":2}");
    lab_data(lab, "{\"idle\":2,\"ask\":\"execution\"}");
    lab_turn(lab, &P->await, 200,
             mem_printf(lab, "{\"id\":\"ours\",\"status\":\"failed\",\"error\":\"%s\"}", error));
    return lab;
}

static void archive_that_is_not_there_yet_is_asked_for_once_more(void **state)
{
    struct lab *lab = failed(NO_FILE);

    (void)state;
    lab_says(lab, STATE_BACK, "told again (2 of 15)");
    assert_string_equal(lab->verdict[0].back, "restore");
    assert_int_equal(lab->verdict[0].wait_ms, 1500);
    /* the next is another execution; what was there before it is known already */
    lab_fact_is(lab, "restore", "{\"known\":[\"old-1\"],\"since_ms\":1,\"tries\":2}");
    lab_free(lab);
}

static void fifteen_tries_and_no_more(void **state)
{
    (void)state;
    for (int tries = 1; tries <= 16; tries++) {
        struct lab *lab = lab_new(P);

        lab_fact(lab, "restore",
                 mem_printf(lab, "{\"execution_id\":\"ours\",\"tries\":%d}", tries));
        lab_data(lab, "{\"idle\":2,\"ask\":\"execution\"}");
        lab_turn(lab, &P->await, 200,
                 "{\"id\":\"ours\",\"status\":\"failed\",\"error\":\"" NO_FILE "\"}");
        if (tries < 15) {
            lab_says(lab, STATE_BACK, mem_printf(lab, "told again (%d of 15)", tries + 1));
            lab_fact_is(lab, "restore", mem_printf(lab, "{\"tries\":%d}", tries + 1));
        } else {
            lab_says(lab, STATE_FAILED, "the restore ended failed: ");
            assert_non_null(strstr(lab->verdict[0].hint, "until its files are copied"));
            lab_fact_is(lab, "restore.tries", mem_printf(lab, "%d", tries));
            lab_data_is(lab, "{}");
        }
        lab_free(lab);
    }
}

static void other_failures_are_an_end(void **state)
{
    struct lab *lab = failed("RuntimeError: disk full");

    (void)state;
    lab_says(lab, STATE_FAILED, "the restore ended failed: RuntimeError: disk full");
    lab_fact_is(lab, "restore.tries", "absent");
    lab_free(lab);
}

static void missing_file_below_a_flag_that_is_up_is_no_end_yet(void **state)
{
    struct lab *lab = lab_new(P);

    (void)state;
    lab_fact(lab, "restore", "{\"execution_id\":\"ours\"}");
    lab_data(lab, "{\"ask\":\"execution\"}");
    lab_turn(lab, &P->await, 200,
             "{\"id\":\"ours\",\"status\":\"failed\",\"error\":\"" NO_FILE "\"}");
    lab_says(lab, STATE_RUNNING, "its last steps");
    lab_fact_is(lab, "restore.tries", "absent");
    lab_free(lab);
}

/* Below 5.1.1 it is seen when maintenance is off already: so that comes first again. */
static void old_manager_goes_back_to_its_maintenance(void **state)
{
    struct lab *lab = lab_new(OFF);

    (void)state;
    lab_version(lab, "5.0.5");
    lab_fact(lab, "restore", "{\"execution_id\":\"ours\",\"since_ms\":1,\"told_ms\":2}");
    lab_data(lab, "{\"ask\":\"verdict\"}");
    lab_turn(lab, &OFF->await, 200,
             "{\"items\":[{\"id\":\"ours\",\"status\":\"failed\",\"error\":\"" NO_FILE "\"}]}");
    lab_says(lab, STATE_BACK, "told again (2 of 15)");
    assert_string_equal(lab->verdict[0].back, "maintenance_activate");
    lab_fact_is(lab, "restore", "{\"since_ms\":1,\"tries\":2}");
    lab_fact(lab, "restore", "{\"execution_id\":\"ours\",\"tries\":15}");
    lab_turn(lab, &OFF->await, 200,
             "{\"items\":[{\"id\":\"ours\",\"status\":\"failed\",\"error\":\"" NO_FILE "\"}]}");
    lab_says(lab, STATE_FAILED, "the restore ended failed: ");
    lab_free(lab);
}

/* --- a second delivery by the broker: facts 6 no. 30 --- */

/* The first has taken the snapshot's row with it. */
static void row_is_gone(struct lab *lab, const struct state_phase *phase)
{
    lab_asks(lab, phase, "GET /api/v3.1/snapshots/prod");
    lab_gets(lab, 404, "{\"error_code\":\"not_found_error\"}");
    lab_says(lab, STATE_AGAIN, NULL);
}

static void second_delivery_finds_the_data_of_the_first(void **state)
{
    struct lab *lab = failed(NOT_EMPTY);

    (void)state;
    lab_says(lab, STATE_AGAIN, NULL);
    row_is_gone(lab, &P->await);
    LAB_COUNTS(lab, &P->await, 4, 10, 71, 4);
    lab_says(lab, STATE_DONE, "ran the restore twice; the second was refused");
    lab_data_is(lab, "{}");
    lab_fact_is(lab, "credential", "\"before\"");
    lab_free(lab);
}

static void refusal_without_the_data_is_what_it_says(void **state)
{
    struct lab *lab = failed(NOT_EMPTY);

    (void)state;
    row_is_gone(lab, &P->await);
    LAB_COUNTS(lab, &P->await, 1, 2, 0, 0);
    lab_says(lab, STATE_FAILED, "non-empty manager is not permitted");
    assert_non_null(strstr(lab->verdict[0].hint, "restore.force"));
    lab_data_is(lab, "{}");
    lab_free(lab);
}

/* A manager that somebody has filled with the same things: nothing was restored. */
static void refusal_with_the_snapshot_still_there_is_what_it_says(void **state)
{
    struct lab *lab = failed(NOT_EMPTY);

    (void)state;
    lab_asks(lab, &P->await, "GET /api/v3.1/snapshots/prod");
    lab_gets(lab, 200, "{\"id\":\"prod\",\"status\":\"uploaded\"}");
    lab_says(lab, STATE_FAILED, "non-empty manager is not permitted");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void with_force_or_nothing_to_count_the_refusal_stands(void **state)
{
    static const char body[] =
        "{\"id\":\"ours\",\"status\":\"failed\",\"error\":\"" NOT_EMPTY "\"}";

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct lab *lab = lab_new(P);

        lab_fact(lab, "restore", "{\"execution_id\":\"ours\"}");
        lab_data(lab, "{\"idle\":2,\"ask\":\"execution\"}");
        if (i == 0) {
            lab_option(lab, "restore.force", "true"); /* then it cannot have been refused by this */
        } else {
            lab_fact(lab, "archive.blueprints", "0"); /* then nothing tells the first from none */
        }
        lab_turn(lab, &P->await, 200, body);
        lab_says(lab, STATE_FAILED, "non-empty manager");
        lab_free(lab);
    }
}

/* Below 5.1.1 it is seen when maintenance is off. */
static void second_delivery_on_an_old_manager_is_told_apart_too(void **state)
{
    static const struct {
        int totals[4];
        enum state_answer answer;
        const char *reason;
    } cases[] = {{{4, 10, 71, 4}, STATE_DONE, "ran it twice; the second was refused"},
                 {{1, 2, 0, 0}, STATE_FAILED, "non-empty manager is not permitted"}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct lab *lab = lab_new(OFF);

        lab_version(lab, "5.0.5");
        lab_fact(lab, "restore", "{\"execution_id\":\"ours\",\"since_ms\":1}");
        lab_data(lab, "{\"ask\":\"verdict\"}");
        lab_turn(lab, &OFF->await, 200,
                 "{\"items\":[{\"id\":\"ours\",\"status\":\"failed\",\"error\":\"" NOT_EMPTY
                 "\"}]}");
        lab_says(lab, STATE_AGAIN, NULL);
        row_is_gone(lab, &OFF->await);
        lab_counts(lab, &OFF->await, cases[i].totals, 4);
        lab_says(lab, cases[i].answer, cases[i].reason);
        if (cases[i].answer == STATE_FAILED) {
            lab_data_is(lab, "{}");
            lab_fact_is(lab, "restore.verdict", "absent");
        }
        lab_free(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(archive_that_is_not_there_yet_is_asked_for_once_more),
        cmocka_unit_test(fifteen_tries_and_no_more),
        cmocka_unit_test(other_failures_are_an_end),
        cmocka_unit_test(missing_file_below_a_flag_that_is_up_is_no_end_yet),
        cmocka_unit_test(old_manager_goes_back_to_its_maintenance),
        cmocka_unit_test(second_delivery_finds_the_data_of_the_first),
        cmocka_unit_test(refusal_without_the_data_is_what_it_says),
        cmocka_unit_test(refusal_with_the_snapshot_still_there_is_what_it_says),
        cmocka_unit_test(with_force_or_nothing_to_count_the_refusal_stands),
        cmocka_unit_test(second_delivery_on_an_old_manager_is_told_apart_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
