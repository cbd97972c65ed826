/*
 * Facts section 6 lists what an orchestrator must survive or detect. The table below says by which
 * test each row that concerns the restore is held; rows that no other test holds have theirs here.
 * A row without a test, or a test that is not there any more, fails.
 */
#include "lab.h"

#include "base/file.h"
#include "base/mem.h"

static const int rows_of_the_restore[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  15,
                                          16, 19, 25, 26, 27, 28, 29, 30, 31, 33};

static const struct {
    int row;
    const char *file, *test;
} held_by[] = {
    /* admin's password becomes the snapshot's, seconds after the end */
    {1, "poll_status", "recorded_legacy_restores_end_when_the_flag_is_down_for_good"},
    /* 401 with both passwords for a while */
    {2, "poll_status", "passwords_are_tried_in_turn_and_three_times_each"},
    {2, "restored", "tries_of_a_password_are_spaced_out_where_there_is_no_flag"},
    /* 502, 500, 404, connection refused */
    {3, "poll_status", "all_weather_is_waited_out"},
    /* polling can fail the restore */
    {4, "restored", "silence_is_counted_from_when_the_restore_was_told"},
    {4, "restored", "restore_whose_answer_was_lost_is_left_in_peace_as_long"},
    {4, "poll_status", "pace_is_the_managers_own_unless_said_otherwise"},
    /* snapshot-status says not-running too early, or running for ever */
    {5, "poll_status", "one_down_between_running_ones_is_not_the_end"},
    {5, "poll_status", "flag_left_behind_is_noticed_after_a_while"},
    /* the execution is 404 for a while */
    {6, "poll_status", "vanished_execution_leaves_the_word_to_the_data"},
    {5, "poll_blind", "row_that_stays_does_not_hold_the_run_for_ever"},
    /* executions cannot be asked in maintenance */
    {7, "maintenance", "old_manager_is_asked_how_the_restore_ended_when_maintenance_is_off"},
    {7, "poll_blind", "row_that_goes_tells_that_the_data_are_replaced"},
    /* maintenance is never reached */
    {8, "maintenance", "activation_that_never_comes_fails_with_the_names_of_the_guilty"},
    /* 304 */
    {9, "maintenance", "not_modified_is_no_error"},
    /* a cut upload leaves a row */
    {15, "upload_clear", "row_without_its_whole_archive_is_deleted_and_the_archive_sent_again"},
    {15, "upload_clear", "deletion_with_a_lost_answer_is_looked_up"},
    /* the snapshot is marked failed */
    {16, "facts_rows", "row_16_snapshot_that_is_marked_failed_is_never_restored"},
    /* the row of the snapshot goes with the restore */
    {19, "restore", "row_that_is_gone_with_blueprints_there_means_done"},
    {19, "facts_rows", "row_19_nothing_asks_for_the_snapshot_after_the_restore"},
    /* scheduled executions on both managers */
    {25, "maintenance", "plan_of_deactivation_warns_of_scheduled_executions"},
    {25, "maintenance", "plan_of_deactivation_tells_what_else_would_start"},
    {25, "compare", "scheduled_executions_are_told_after_a_legacy_restore"},
    /* terminated, with entity errors */
    {26, "counts", "fewer_of_anything_fails_with_the_numbers_and_what_to_do"},
    {26, "compare", "errors_in_the_log_fail_though_the_counts_are_right"},
    /* the reboot after restored certificates */
    {27, "poll_reboot", "manager_goes_and_comes_back"},
    {27, "advice", "certificates_without_a_reboot_need_a_restart"},
    /* the archive is late at the node */
    {28, "poll_again", "archive_that_is_not_there_yet_is_asked_for_once_more"},
    {28, "poll_again", "fifteen_tries_and_no_more"},
    /* 503 of nginx's rate limit */
    {29, "facts_rows", "row_29_refusal_by_the_rate_limit_proves_nothing"},
    /* the broker delivers the restore again */
    {30, "poll_again", "second_delivery_finds_the_data_of_the_first"},
    {30, "preflight", "brokers_that_deliver_twice_are_warned_of"},
    /* agents reconnect late */
    {31, "facts_rows", "row_31_agents_that_have_not_come_back_yet_are_replaced_all_the_same"},
    /* tokens are invalid after it */
    {33, "token", "question_is_asked_again_at_once_and_no_password_is_counted"},
    {33, "preflight_asks", "token_that_the_restore_makes_invalid_stops"},
};

static bool has_test(const void *mem, const char *file, const char *test)
{
    char *path = mem_printf(mem, "%s/tests/states/test_%s.c", FERRY_SOURCE_DIR, file);
    struct ferry_error err = {0};
    size_t size = 0;
    char *text = NULL;

    if (file_read(mem, path, (size_t)1 << 20, &text, &size, &err) != FERRY_OK) {
        fail_msg("%s", err.message);
    }
    return strstr(text, mem_printf(mem, "cmocka_unit_test(%s)", test)) != NULL;
}

static void every_row_of_the_restore_is_held_by_a_test_that_is_there(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(rows_of_the_restore) / sizeof(rows_of_the_restore[0]); i++) {
        size_t tests = 0;

        for (size_t k = 0; k < sizeof(held_by) / sizeof(held_by[0]); k++) {
            tests += held_by[k].row == rows_of_the_restore[i];
        }
        if (tests == 0) {
            fail_msg("row %d of the facts is held by no test", rows_of_the_restore[i]);
        }
    }
    for (size_t k = 0; k < sizeof(held_by) / sizeof(held_by[0]); k++) {
        if (!has_test(scope, held_by[k].file, held_by[k].test)) {
            fail_msg("row %d: no test %s in test_%s.c", held_by[k].row, held_by[k].test,
                     held_by[k].file);
        }
    }
}

/* A failed one is not the archive that we sent, whatever an execution says of it. */
static void row_16_snapshot_that_is_marked_failed_is_never_restored(void **state)
{
    static const char failed[] =
        "{\"id\":\"prod\",\"status\":\"failed\",\"error\":\"No space left\"}";
    struct lab *upload = lab_new(&state_upload);
    struct lab *verify = lab_new(&state_verify);

    (void)state;
    lab_turn(upload, &state_upload.verify, 200, failed);
    lab_says(upload, STATE_FAILED, "not there as uploaded, but failed");
    lab_data(verify, "{\"ask\":\"snapshot\"}");
    lab_turn(verify, &state_verify.await, 200, failed);
    lab_says(verify, STATE_FAILED, "not there as uploaded, but failed");
    assert_int_equal(verify->verdict[0].code, FERRY_E_REFUSED);
    lab_free(upload);
    lab_free(verify);
}

/* From 5.0.5 on; before, the missing row is what tells (poll_blind.h). */
static void row_19_nothing_asks_for_the_snapshot_after_the_restore(void **state)
{
    static const struct ferry_state *const later[] = {
        &state_poll_status, &state_maintenance_deactivate, &state_compare};
    static const char *const cursors[] = {
        "",        "execution", "list",           "login",  "tenants", "blueprints", "deployments",
        "plugins", "nodes",     "node-instances", "agents", "reboot",  "verdict"};

    (void)state;
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
        for (size_t k = 0; k < sizeof(cursors) / sizeof(cursors[0]); k++) {
            struct lab *lab = lab_new(later[i]);

            lab_fact(lab, "restore", "{\"execution_id\":\"ours\",\"since_ms\":1}");
            lab_data(lab, mem_printf(lab, "{\"ask\":\"%s\"}", cursors[k]));
            lab_asks(lab, &later[i]->await, "GET /api/v3.1/*");
            assert_null(strstr(lab->request->path, "/snapshots"));
            lab_free(lab);
        }
    }
}

/* nginx's own page, of a manager that refuses more than 10 requests a second. */
static void row_29_refusal_by_the_rate_limit_proves_nothing(void **state)
{
    static const struct {
        const struct ferry_state *state;
        const struct state_phase *phase;
        enum state_answer answer;
    } cases[] = {
        {&state_upload, &state_upload.probe, STATE_CANNOT_TELL},
        {&state_maintenance_activate, &state_maintenance_activate.probe, STATE_CANNOT_TELL},
        {&state_maintenance_activate, &state_maintenance_activate.act, STATE_UNKNOWN},
        {&state_maintenance_activate, &state_maintenance_activate.await, STATE_CANNOT_TELL},
        {&state_verify, &state_verify.await, STATE_CANNOT_TELL},
        {&state_restore, &state_restore.probe, STATE_CANNOT_TELL},
        {&state_restore, &state_restore.act, STATE_UNKNOWN},
        {&state_poll_status, &state_poll_status.await, STATE_CANNOT_TELL},
        {&state_maintenance_deactivate, &state_maintenance_deactivate.act, STATE_UNKNOWN},
        {&state_maintenance_deactivate, &state_maintenance_deactivate.await, STATE_CANNOT_TELL},
        {&state_compare, &state_compare.await, STATE_CANNOT_TELL},
        {&state_undo_maintenance, &state_undo_maintenance.act, STATE_UNKNOWN},
        {&state_undo_maintenance, &state_undo_maintenance.await, STATE_CANNOT_TELL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = lab_new(cases[i].state);

        lab_fact(lab, "maintenance", "{\"ours\":true}");
        lab_asks(lab, cases[i].phase, "*");
        lab_gets_html(lab, 503);
        lab_says(lab, cases[i].answer, "503");
        lab_free(lab);
    }
}

/* They need up to 50 s; install_new_agents reaches them through the old manager's broker, and does
   not wait for them here. */
static void row_31_agents_that_have_not_come_back_yet_are_replaced_all_the_same(void **state)
{
    struct lab *lab = lab_new(&state_install_new_agents);

    (void)state;
    lab_turn(lab, &state_install_new_agents.expand, 200,
             "{\"items\":[{\"id\":\"vm1\",\"node_instance_id\":\"vm1\",\"deployment\":\"d1\","
             "\"tenant_name\":\"acme\",\"version\":\"5.0.5\",\"state\":\"restored\",\"created_at\":"
             "\"2026-11-22T10:00:00.000Z\"}],\"metadata\":{\"pagination\":{\"total\":1}}}");
    lab_turn(lab, &state_install_new_agents.expand, 200,
             "{\"items\":[{\"id\":\"vm1\",\"host_id\":\"vm1\",\"state\":\"started\","
             "\"deployment_id\":\"d1\",\"tenant_name\":\"acme\"}],\"metadata\":{\"pagination\":{"
             "\"total\":1}}}");
    lab_turn(lab, &state_install_new_agents.expand, 200,
             "{\"items\":[{\"id\":\"d1\",\"tenant_name\":\"acme\",\"workflows\":[{\"name\":"
             "\"install_new_agents\",\"is_available\":true}]}],\"metadata\":{\"pagination\":{"
             "\"total\":1}}}");
    lab_says(lab, STATE_DONE, NULL);
    assert_string_equal(json_print(lab, lab->units_added), "[\"acme/d1\"]");
    assert_string_equal(json_print(lab, lab->units_skipped), "[]");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_restore_is_held_by_a_test_that_is_there),
        cmocka_unit_test(row_16_snapshot_that_is_marked_failed_is_never_restored),
        cmocka_unit_test(row_19_nothing_asks_for_the_snapshot_after_the_restore),
        cmocka_unit_test(row_29_refusal_by_the_rate_limit_proves_nothing),
        cmocka_unit_test(row_31_agents_that_have_not_come_back_yet_are_replaced_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
