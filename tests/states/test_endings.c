/* Endings of a restore that an operator has to understand: what nobody can know is not claimed, and
   the next step is one that leads somewhere. */
#include <string.h>

#include "lab.h"
#include "states/common.h"

#define P (&state_poll_status)
#define RUNNING "{\"status\": \"running\"}"
#define IDLE "{\"status\": \"not-running\"}"
#define EXECUTION(status, error)                                                                   \
    "{\"id\": \"e-1\", \"workflow_id\": \"restore_snapshot\", \"status\": \"" status               \
    "\", \"error\": \"" error "\"}"

static struct lab *polling(const char *version)
{
    struct lab *lab = lab_new(P);

    lab_version(lab, version);
    lab_fact(lab, "restore", "{\"execution_id\": \"e-1\", \"since_ms\": 1795355900000}");
    lab->units[0].started_at_ms = LAB_NOW_MS;
    return lab;
}

/* Twice down, and the execution is this. */
static struct lab *ended(const char *execution)
{
    struct lab *lab = polling("7.0.5");

    lab_turn(lab, &P->await, 200, IDLE);
    lab_turn(lab, &P->await, 200, IDLE);
    lab_turn(lab, &P->await, 200, execution);
    return lab;
}

/* Each list that is asked for holds so many. */
static void counts(struct lab *lab, int count)
{
    char list[100];

    snprintf(list, sizeof list, "{\"items\": [], \"metadata\": {\"pagination\": {\"total\": %d}}}",
             count);
    do {
        lab_turn(lab, &P->await, 200, list);
    } while (lab->verdict[0].answer == STATE_AGAIN);
}

static void hints(const struct lab *lab, const char *text)
{
    const char *hint = lab->verdict[0].hint;

    if (hint == NULL || strstr(hint, text) == NULL) {
        print_error("the hint is: %s\nand not: %s\n", hint == NULL ? "(none)" : hint, text);
        fail();
    }
}

static void archive_that_nobody_has_seen_and_that_brought_nothing_is_no_success(void **state)
{
    struct lab *lab = ended(EXECUTION("terminated", ""));

    (void)state;
    lab_fact(lab, "archive", "null");
    counts(lab, 0);
    lab_says(lab, STATE_FAILED, "restored nothing");
    hints(lab, "snapshot.file");
    assert_int_equal(lab->verdict[0].code, FERRY_E_ARCHIVE);
    lab_free(lab);
}

static void archive_that_nobody_has_seen_is_not_said_to_be_there(void **state)
{
    struct lab *lab = ended(EXECUTION("terminated", ""));

    (void)state;
    lab_fact(lab, "archive", "null");
    counts(lab, 7);
    lab_says(lab, STATE_DONE, "there are 7 blueprints and 7 deployments now");
    lab_free(lab);
}

static void missing_metadata_is_no_archive_that_is_late(void **state)
{
    struct lab *lab = ended(EXECUTION("failed", "IOError: [Errno 2] No such file or directory: "
                                                "'/tmp/tmp1-snapshot-data/metadata.json'"));

    (void)state;
    lab_says(lab, STATE_FAILED, "metadata.json");
    hints(lab, "another --snapshot-id");
    lab_free(lab);
}

/* Looks at the execution under the flag until it is called stuck; how many minutes that took. */
static int64_t until_stuck(struct lab *lab, const char *execution)
{
    for (int minutes = 0; minutes < 120; minutes++) {
        lab->context.now_ms = LAB_NOW_MS + minutes * STATES_MINUTE_MS;
        lab_turn(lab, &P->await, 200, RUNNING);
        if (json_string_or(lab->units[0].data, "ask", NULL) != NULL) {
            lab_turn(lab, &P->await, 200, execution);
        }
        if (lab->verdict[0].answer == STATE_FAILED) {
            return minutes;
        }
    }
    return -1;
}

static void flag_of_a_failed_restore_does_not_send_back_to_the_same_restore(void **state)
{
    struct lab *lab = polling("7.0.5");

    (void)state;
    assert_int_equal(until_stuck(lab, EXECUTION("failed", "TypeError: argument of type 'NoneType' "
                                                          "is not iterable")),
                     20);
    hints(lab, "begin a new run");
    hints(lab, "rm -f /tmp/cloudify/snapshot_restoring");
    lab_free(lab);
    lab = polling("7.0.5");
    assert_int_equal(until_stuck(lab, EXECUTION("terminated", "")), 20);
    hints(lab, "ferry retry RUN --failed");
    lab_free(lab);
}

/* Half an hour of silence about the execution, but once it has ended no reason for more. */
static void restore_that_has_ended_is_not_shied_at(void **state)
{
    struct lab *lab = polling("5.2.7");

    (void)state;
    assert_int_equal(until_stuck(lab, EXECUTION("terminated", "")), 40);
    lab_free(lab);
}

static void probe_and_first_poll_are_an_interval_apart(void **state)
{
    struct lab *lab = polling("5.2.7");
    struct state_timing timing = {0};

    (void)state;
    lab_fact(lab, "restore.told_ms", "1000"); /* long ago */
    P->timing(&lab->context, &timing);
    assert_int_equal(timing.quiet_ms, 5000);
    lab_free(lab);
}

/* No flag tells there whether the restore is over. */
static void old_manager_without_a_password_is_not_said_to_have_ended(void **state)
{
    struct lab *lab = polling("4.6.0");

    (void)state;
    for (int i = 0; i < 3; i++) {
        lab_turn(lab, &P->await, 401, "{\"error_code\": \"unauthorized_error\"}");
    }
    lab_says(lab, STATE_FAILED, "may have ended, still be at work or be stuck");
    lab_free(lab);
}

#define WRONG "{\"error_code\": \"unauthorized_error\"}"

/* The answer to the restore was lost; what is asked now is answered so until it is enough. */
static struct lab *probing(const char *version)
{
    struct lab *lab = lab_new(&state_restore);

    lab_version(lab, version);
    lab->context.repeat = true;
    lab->units[0].intent_at_ms = LAB_NOW_MS;
    lab_option(lab, "manager.after_restore", "{\"username\": \"admin\", \"password\": {}}");
    return lab;
}

static void refused_password_after_a_lost_answer_is_a_restore_where_no_flag_tells(void **state)
{
    struct lab *lab = probing("4.6.0");

    (void)state;
    lab_turn(lab, &state_restore.probe, 401, WRONG);
    lab_says(lab, STATE_DONE, "as in a restore");
    lab_free(lab);
    lab = polling("4.6.0"); /* which counts that try */
    lab_option(lab, "manager.after_restore", "{\"username\": \"admin\", \"password\": {}}");
    lab_fact(lab, "restore.denied", "true");
    lab_turn(lab, &P->await, 401, WRONG);
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &P->await, 401, WRONG);
    lab_says(lab, STATE_FAILED, "not tried more than 3 times");
    lab_free(lab);
}

static void probe_of_a_lost_answer_does_not_lock_the_account(void **state)
{
    struct lab *lab = probing("7.0.5");

    (void)state;
    for (int i = 0; i < 3; i++) {
        lab_data(lab, "{\"ask\": \"list\"}");
        lab_turn(lab, &state_restore.probe, 401, WRONG);
    }
    lab_says(lab, STATE_FOREIGN, "not tried more than 3 times");
    hints(lab, "ferry resume");
    assert_int_equal(lab->verdict[0].code, FERRY_E_AUTH);
    lab_free(lab);
}

static void reboot_that_nobody_saw_is_advised(void **state)
{
    struct lab *lab = ended(EXECUTION("terminated", ""));

    (void)state;
    lab_option(lab, "restore.certificates", "true");
    lab_fact(lab, "archive", "null");
    counts(lab, 7); /* goes on with waiting for the reboot */
    for (int i = 0; i < 60 && lab->verdict[0].answer != STATE_DONE; i++) {
        lab_turn(lab, &P->await, 200, IDLE);
    }
    lab_says(lab, STATE_DONE, NULL);
    assert_non_null(
        strstr(json_string_or(lab->facts, "advice[0]", json_print(lab->mem, lab->facts)),
               "nobody has seen the manager reboot"));
    lab_free(lab);
}

static void failed_snapshot_and_missing_license_say_what_to_do(void **state)
{
    struct lab *lab = lab_new(&state_restore);

    (void)state;
    lab_turn(lab, &state_restore.act, 400,
             "{\"message\": \"Failed snapshot cannot be restored\", \"error_code\": "
             "\"snapshot_action_error\"}");
    lab_says(lab, STATE_FAILED, "Failed snapshot");
    hints(lab, "another --snapshot-id");
    lab_free(lab);
    lab = lab_new(&state_upload);
    lab_turn(lab, &state_upload.plan, 400,
             "{\"message\": \"No license\", \"error_code\": \"missing_cloudify_license\"}");
    lab_found(lab, "blocker", "missing_cloudify_license");
    lab_free(lab);
}

/* In maintenance executions cannot be asked there: a person has to end it before the kill. */
static void old_manager_that_refused_is_cleared_outside_maintenance(void **state)
{
    struct lab *lab = lab_new(&state_restore);

    (void)state;
    lab_version(lab, "5.0.5");
    lab_turn(lab, &state_restore.act, 400,
             "{\"message\": \"busy\", \"error_code\": \"existing_running_execution_error\"}");
    lab_says(lab, STATE_FOREIGN, "left a pending restore_snapshot execution behind");
    hints(lab, "cfy maintenance-mode deactivate");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(archive_that_nobody_has_seen_and_that_brought_nothing_is_no_success),
        cmocka_unit_test(archive_that_nobody_has_seen_is_not_said_to_be_there),
        cmocka_unit_test(missing_metadata_is_no_archive_that_is_late),
        cmocka_unit_test(flag_of_a_failed_restore_does_not_send_back_to_the_same_restore),
        cmocka_unit_test(restore_that_has_ended_is_not_shied_at),
        cmocka_unit_test(probe_and_first_poll_are_an_interval_apart),
        cmocka_unit_test(old_manager_without_a_password_is_not_said_to_have_ended),
        cmocka_unit_test(refused_password_after_a_lost_answer_is_a_restore_where_no_flag_tells),
        cmocka_unit_test(probe_of_a_lost_answer_does_not_lock_the_account),
        cmocka_unit_test(reboot_that_nobody_saw_is_advised),
        cmocka_unit_test(failed_snapshot_and_missing_license_say_what_to_do),
        cmocka_unit_test(old_manager_that_refused_is_cleared_outside_maintenance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
