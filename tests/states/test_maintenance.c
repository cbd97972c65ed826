#include "lab.h"

#define ON (&state_maintenance_activate)
#define OFF (&state_maintenance_deactivate)
#define SCHEDULED                                                                                  \
    "{\"status\":\"activating\",\"remaining_executions\":[{\"id\":\"x\",\"status\":\"scheduled\"," \
    "\"deployment_id\":\"dep-empty-1\",\"workflow_id\":\"execute_operation\"}]}"

static void quiet_manager_is_activated_at_once(void **state)
{
    struct lab *lab = lab_new(ON);

    (void)state;
    lab_asks(lab, &ON->probe, "GET /api/v3.1/maintenance");
    assert_non_null(lab_header(lab, "X-BYPASS-MAINTENANCE"));
    lab_gets_recorded(lab, "11-maintenance", 0);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &ON->act, "POST /api/v3.1/maintenance/activate");
    lab_gets_recorded(lab, "11-maintenance", 14);
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "maintenance",
                "{\"ahead_ms\":0,\"ours\":true,\"requested_at\":\"2026-11-22T14:27:30.151Z\"}");
    lab_free(lab);
}

static void busy_manager_is_awaited_and_what_it_waits_for_is_named(void **state)
{
    struct lab *lab = lab_new(ON);

    (void)state;
    lab_asks(lab, &ON->act, "POST *");
    lab_gets_recorded(lab, "11-maintenance", 75);
    lab_says(lab, STATE_RUNNING, NULL);
    lab_asks(lab, &ON->await, "GET /api/v3.1/maintenance");
    lab_gets_recorded(lab, "11-maintenance", 76);
    lab_says(lab, STATE_RUNNING, "install on dep-slow (started)");
    lab_asks(lab, &ON->await, "GET *");
    lab_gets_recorded(lab, "11b-maintenance-flip-and-queue-deadlock", 3);
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void activation_that_never_comes_fails_with_the_names_of_the_guilty(void **state)
{
    struct lab *lab = lab_new(ON);

    (void)state;
    lab->units[0].started_at_ms = LAB_NOW_MS - 1800000;
    lab_turn(lab, &ON->await, 200, SCHEDULED);
    lab_says(lab, STATE_FAILED, "execute_operation on dep-empty-1 (scheduled)");
    assert_non_null(strstr(lab->verdict[0].hint, "cancel them"));
    lab_free(lab);
}

static void already_activated_is_skipped_and_not_ours(void **state)
{
    struct lab *lab = lab_new(ON);

    (void)state;
    lab_asks(lab, &ON->probe, "GET *");
    lab_gets_recorded(lab, "11-maintenance", 15);
    lab_says(lab, STATE_SKIP, "not by this run");
    lab_fact_is(lab, "maintenance.ours", "false");
    lab_turn(lab, &ON->probe, 200, SCHEDULED);
    lab_says(lab, STATE_RUNNING, NULL);
    lab_fact_is(lab, "maintenance.ours", "false");
    lab_free(lab);
}

static void lost_activation_is_adopted(void **state)
{
    struct lab *lab = lab_new(ON);

    (void)state;
    lab->context.repeat = true;
    lab_asks(lab, &ON->probe, "GET *");
    lab_gets_recorded(lab, "11-maintenance", 15);
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "maintenance.ours", "true");
    lab_turn(lab, &ON->probe, 200, "{\"status\":\"deactivated\"}");
    lab_says(lab, STATE_ABSENT, NULL);
    lab_free(lab);
}

static void not_modified_is_no_error(void **state)
{
    struct lab *on = lab_new(ON);
    struct lab *off = lab_new(OFF);

    (void)state;
    lab_asks(on, &ON->act, "POST *");
    lab_gets_recorded(on, "11-maintenance", 16);
    lab_says(on, STATE_RUNNING, NULL);
    lab_fact_is(on, "maintenance.ours", "false");
    lab_asks(off, &OFF->act, "POST *");
    lab_gets_recorded(off, "11-maintenance", 72);
    lab_says(off, STATE_RUNNING, NULL);
    lab_free(on);
    lab_free(off);
}

static void maintenance_that_somebody_ended_fails(void **state)
{
    struct lab *lab = lab_new(ON);

    (void)state;
    lab_turn(lab, &ON->await, 200, "{\"status\":\"deactivated\"}");
    lab_says(lab, STATE_FAILED, "somebody");
    lab_turn(lab, &ON->await, 200, "{\"status\":\"on the moon\"}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &ON->probe, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &ON->await, 502, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_free(lab);
}

static void third_wrong_password_blocks_and_a_right_one_forgives(void **state)
{
    struct lab *lab = lab_new(ON);

    (void)state;
    for (int i = 0; i < 2; i++) {
        lab_asks(lab, &ON->await, "GET *");
        lab_gets_recorded(lab, "02-auth-failures", 1);
        lab_says(lab, STATE_CANNOT_TELL, "Wrong credentials");
    }
    lab_turn(lab, &ON->await, 200, SCHEDULED);
    lab_data_is(lab, "{}");
    for (int i = 0; i < 3; i++) {
        lab_asks(lab, &ON->await, "GET *");
        lab_gets_recorded(lab, "02-auth-failures", 1);
    }
    lab_says(lab, STATE_FOREIGN, "3 times");
    assert_int_equal(lab->verdict[0].code, FERRY_E_AUTH);
    lab_data_is(lab, "{}"); /* after the operator's correction it begins anew */
    lab_asks(lab, &ON->await, "GET *");
    lab_gets_recorded(lab, "02-auth-failures", 6);
    lab_says(lab, STATE_FOREIGN, "no_such_tenant");
    assert_int_equal(lab->verdict[0].code, FERRY_E_AUTH);
    lab_free(lab);
}

static void wrong_password_of_a_change_blocks_at_once(void **state)
{
    struct lab *lab = lab_new(ON);

    (void)state;
    lab_asks(lab, &ON->act, "POST *");
    lab_gets_recorded(lab, "02-auth-failures", 1);
    lab_says(lab, STATE_FOREIGN, "password");
    assert_int_equal(lab->verdict[0].code, FERRY_E_AUTH);
    lab_asks(lab, &ON->act, "POST *");
    lab_gets_recorded(lab, "02-auth-failures", 16);
    lab_says(lab, STATE_FOREIGN, "permit");
    lab_turn(lab, &ON->act, 429, "{}");
    lab_says(lab, STATE_RETRY, NULL);
    lab_asks(lab, &ON->act, "POST *");
    lab_gets_html(lab, 503);
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_asks(lab, &ON->act, "POST *");
    lab_gets_html(lab, 307);
    lab_says(lab, STATE_FAILED, NULL);
    lab_asks(lab, &ON->act, "POST *");
    lab_gets_html(lab, 200);
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_free(lab);
}

static void plan_tells_of_maintenance(void **state)
{
    struct lab *lab = lab_new(ON);

    (void)state;
    lab_turn(lab, &ON->plan, 200, SCHEDULED);
    lab_says(lab, STATE_DONE, NULL);
    lab_found(lab, "warning maintenance", "in maintenance already (activating)");
    lab_free(lab);
}

static void plan_of_a_quiet_manager_warns_of_nothing(void **state)
{
    struct lab *lab = lab_new(ON);

    (void)state;
    lab_turn(lab, &ON->plan, 200, "{\"status\":\"deactivated\"}");
    lab_found(lab, "ok maintenance", "deactivated");
    lab_found_nothing(lab, "warning");
    lab_fact(lab, "manager", "null");
    lab_needs_nothing(lab, &ON->plan);
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void deactivation_is_seen_before_it_is_believed(void **state)
{
    struct lab *lab = lab_new(OFF);

    (void)state;
    lab_turn(lab, &OFF->probe, 200, "{\"status\":\"activated\"}");
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &OFF->act, "POST /api/v3.1/maintenance/deactivate");
    lab_gets_recorded(lab, "11-maintenance", 70);
    lab_says(lab, STATE_RUNNING, NULL);
    lab_turn(lab, &OFF->await, 200, "{\"status\":\"activated\"}");
    lab_says(lab, STATE_RUNNING, NULL);
    lab_turn(lab, &OFF->await, 401, "{\"error_code\":\"unauthorized_error\"}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_asks(lab, &OFF->await, "GET *");
    lab_gets_recorded(lab, "11-maintenance", 71);
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void deactivated_manager_is_left_alone(void **state)
{
    struct lab *lab = lab_new(OFF);

    (void)state;
    lab_turn(lab, &OFF->probe, 200, "{\"status\":\"deactivated\"}");
    lab_says(lab, STATE_SKIP, "already");
    lab->context.repeat = true;
    lab_turn(lab, &OFF->probe, 200, "{\"status\":\"deactivated\"}");
    lab_says(lab, STATE_DONE, NULL);
    lab_turn(lab, &OFF->probe, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &OFF->probe, 500, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &OFF->act, 500, "{}");
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_free(lab);
}

static void later_states_ask_in_the_name_that_works(void **state)
{
    struct lab *lab = lab_new(OFF);

    (void)state;
    lab_asks(lab, &OFF->probe, "GET *");
    lab_asks_in_name_of(lab, HTTP_AS_BEFORE);
    lab_fact(lab, "credential", "\"after\"");
    lab_asks(lab, &OFF->probe, "GET *");
    lab_asks_in_name_of(lab, HTTP_AS_AFTER);
    lab_asks(lab, &OFF->act, "POST *");
    lab_asks_in_name_of(lab, HTTP_AS_AFTER);
    lab_free(lab);
}

static void plan_of_deactivation_warns_of_scheduled_executions(void **state)
{
    struct lab *lab = lab_new(OFF);

    (void)state;
    lab_fact(lab, "archive.executions_scheduled", "3");
    lab_needs_nothing(lab, &OFF->plan);
    lab_found(lab, "warning", "3 scheduled executions: the restore marks them failed");
    lab_version(lab, "5.1.4");
    lab_needs_nothing(lab, &OFF->plan);
    lab_found(lab, "warning", "those overdue");
    lab_free(lab);
}

/* facts 6 no. 25, 2.8 */
static void plan_of_deactivation_tells_what_else_would_start(void **state)
{
    struct lab *lab = lab_new(OFF);

    (void)state;
    lab_fact(lab, "archive.executions_queued", "0");
    lab_fact(lab, "archive.schedules", "0");
    lab_needs_nothing(lab, &OFF->plan);
    lab_found_nothing(lab, "warning");
    lab_found_nothing(lab, "note");
    lab_fact(lab, "archive.executions_queued", "2");
    lab_fact(lab, "archive.schedules", "5");
    lab_version(lab, "5.1.4"); /* neither starts them nor knows schedules */
    lab_needs_nothing(lab, &OFF->plan);
    lab_found(lab, "warning", "2 queued executions -> let them end");
    lab_found_nothing(lab, "note");
    lab_version(lab, "7.1.0");
    lab_needs_nothing(lab, &OFF->plan);
    lab_found(lab, "warning", "2 queued executions: they start when maintenance ends");
    lab_found(lab, "note", "5 schedules");
    lab_free(lab);
}

static void polls_are_as_often_as_configured(void **state)
{
    struct lab *lab = lab_new(ON);
    struct state_timing timing = {0};

    (void)state;
    ON->timing(&lab->context, &timing);
    assert_int_equal(timing.interval_ms, 5000);
    assert_true(timing.deadline_ms > 1800000);
    lab_option(lab, "maintenance.poll_ms", "200");
    OFF->timing(&lab->context, &timing);
    assert_int_equal(timing.interval_ms, 200);
    lab_free(lab);
}

/* --- managers below 5.1.1 tell how the restore ended only when maintenance is off --- */

#define OFF_NOW "{\"status\":\"deactivated\"}"
#define ROWS(rows) "{\"items\":[" rows "],\"metadata\":{\"pagination\":{\"total\":1}}}"
#define ROW(id, status, created)                                                                   \
    "{\"id\":\"" id "\",\"status\":\"" status "\",\"error\":\"\",\"created_at\":\"" created "\"}"
#define RESTORES "GET /api/v3.1/executions?workflow_id=restore_snapshot&*"

static struct lab *old_manager(const char *version)
{
    struct lab *lab = lab_new(OFF);

    lab_version(lab, version);
    lab_fact(lab, "restore", "{\"execution_id\":\"ours\",\"since_ms\":1795355990000}");
    lab_fact(lab, "credential", "\"after\"");
    lab_option(lab, "manager.after_restore", "{\"username\":\"admin\"}");
    lab_turn(lab, &OFF->await, 200, OFF_NOW);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &OFF->await, RESTORES);
    lab_asks_in_name_of(lab, HTTP_AS_AFTER);
    assert_null(lab_header(lab, "X-BYPASS-MAINTENANCE"));
    return lab;
}

static void old_manager_is_asked_how_the_restore_ended_when_maintenance_is_off(void **state)
{
    struct lab *lab = old_manager("5.0.5");
    struct state_timing timing = {0};

    (void)state;
    OFF->timing(&lab->context, &timing);
    assert_true(timing.deadline_ms >= 4 * 3600 * 1000); /* the restore's patience */
    lab_gets(lab, 200, ROWS(ROW("theirs", "failed", "") "," ROW("ours", "started", "")));
    lab_says(lab, STATE_RUNNING, "the restore is started");
    lab_asks(lab, &OFF->await, RESTORES); /* and asked again, not the maintenance */
    lab_gets(lab, 200, ROWS(ROW("theirs", "failed", "") "," ROW("ours", "terminated", "")));
    lab_says(lab, STATE_AGAIN, NULL);
    LAB_COUNTS(lab, &OFF->await, 4, 10, 71, 4); /* terminated alone proves nothing */
    lab_asks_in_name_of(lab, HTTP_AS_AFTER);
    lab_says(lab, STATE_DONE, "the restore has ended: terminated");
    lab_data_is(lab, "{}");
    lab_fact_is(lab, "compare.plugins", "{\"archive\":4,\"expected\":4,\"manager\":4}");
    lab_fact_is(lab, "restore.verdict", "\"terminated\"");
    lab_turn(lab, &OFF->probe, 200, OFF_NOW); /* once read, no more */
    lab_says(lab, STATE_SKIP, NULL);
    lab_free(lab);
}

static void restore_that_failed_stops_an_old_manager_too(void **state)
{
    struct lab *lab = old_manager("5.1.0");

    (void)state;
    lab_gets(lab, 200,
             ROWS("{\"id\":\"ours\",\"status\":\"failed\",\"error\":\"Traceback\\nError: Snapshot "
                  "restoration on a non-empty manager is not permitted\"}"));
    lab_asks(lab, &OFF->await, "GET /api/v3.1/snapshots/prod"); /* no second delivery either */
    lab_gets(lab, 200, "{\"id\":\"prod\",\"status\":\"uploaded\"}");
    lab_says(lab, STATE_FAILED, "the restore ended failed");
    assert_non_null(strstr(lab->verdict[0].hint, "restore.force"));
    lab_data_is(lab, "{}");
    lab_turn(lab, &OFF->probe, 200,
             OFF_NOW); /* off already, by whomever: it is read all the same */
    lab_says(lab, STATE_RUNNING, "off");
    lab_free(lab);
}

static void execution_that_is_lost_is_looked_for_and_then_left_to_the_counts(void **state)
{
    static const struct {
        const char *version;
        int looks;
    } cases[] = {{"5.0.5", 6}, {"4.6.0", 120}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct lab *lab = old_manager(cases[i].version);
        int looks = 0;

        do {
            lab_turn(lab, &OFF->await, 200, ROWS(ROW("theirs", "terminated", "")));
        } while (++looks < 1000 && lab->verdict[0].answer == STATE_CANNOT_TELL);
        assert_int_equal(looks, cases[i].looks);
        lab_says(lab, STATE_AGAIN, NULL);
        LAB_COUNTS(lab, &OFF->await, 4, 10, 71, 4);
        lab_says(lab, STATE_DONE, "its execution is lost");
        lab_fact_is(lab, "restore.verdict", "\"lost\"");
        lab_free(lab);
    }
}

static void old_manager_that_holds_less_than_the_archive_stops_the_run(void **state)
{
    struct lab *lab = old_manager("5.0.5");

    (void)state;
    lab_gets(lab, 200, ROWS(ROW("ours", "terminated", "")));
    LAB_COUNTS(lab, &OFF->await, 4, 10, 70, 4);
    lab_says(lab, STATE_FAILED, "less than the archive: 70 deployments for 71");
    assert_non_null(strstr(lab->verdict[0].hint, "resolve RUN maintenance_deactivate --as done"));
    lab_fact_is(lab, "restore.verdict", "absent");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void execution_without_a_known_id_is_told_by_its_date(void **state)
{
    struct lab *lab = old_manager("4.6.0");

    (void)state;
    lab_fact(lab, "restore.execution_id", "null");
    lab_gets(lab, 200, ROWS(ROW("came-along", "failed", "2026-11-21T10:00:00.000Z")));
    lab_says(lab, STATE_CANNOT_TELL, "not to be seen");
    lab_turn(lab, &OFF->await, 200,
             ROWS(ROW("came-along", "failed", "2026-11-21T10:00:00.000Z") "," ROW(
                 "new", "terminated", "2026-11-22T14:00:01.000Z")));
    lab_says(lab, STATE_AGAIN, NULL);
    LAB_COUNTS(lab, &OFF->await, 4, 10, 71, 4);
    lab_says(lab, STATE_DONE, "terminated");
    lab_fact_is(lab, "restore.verdict", "\"terminated\"");
    lab_free(lab);
}

static void old_manager_may_still_change_its_password_or_never_begin(void **state)
{
    static const char wrong[] = "{\"error_code\":\"unauthorized_error\",\"message\":\"Wrong\"}";
    struct lab *lab = old_manager("4.6.0");

    (void)state;
    lab_gets_html(lab, 502);
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &OFF->await, 401, wrong);
    lab_says(lab, STATE_CANNOT_TELL, "password");
    lab_asks(lab, &OFF->await, RESTORES);
    lab_asks_in_name_of(lab, HTTP_AS_BEFORE);
    lab_gets(lab, 200, ROWS(ROW("ours", "pending", "")));
    lab_says(lab, STATE_RUNNING, "pending");
    for (int i = 0; i < 3; i++) {
        lab_turn(lab, &OFF->await, 401, wrong);
    }
    lab_says(lab, STATE_FAILED, "refuses both passwords");
    assert_int_equal(lab->verdict[0].code, FERRY_E_AUTH);
    lab_free(lab);
    lab = old_manager("5.0.5");
    lab->context.now_ms += 11 * 60 * 1000;
    lab_gets(lab, 200, ROWS(ROW("ours", "pending", "")));
    lab_says(lab, STATE_FAILED, "never began");
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet_manager_is_activated_at_once),
        cmocka_unit_test(busy_manager_is_awaited_and_what_it_waits_for_is_named),
        cmocka_unit_test(activation_that_never_comes_fails_with_the_names_of_the_guilty),
        cmocka_unit_test(already_activated_is_skipped_and_not_ours),
        cmocka_unit_test(lost_activation_is_adopted),
        cmocka_unit_test(not_modified_is_no_error),
        cmocka_unit_test(maintenance_that_somebody_ended_fails),
        cmocka_unit_test(third_wrong_password_blocks_and_a_right_one_forgives),
        cmocka_unit_test(wrong_password_of_a_change_blocks_at_once),
        cmocka_unit_test(plan_tells_of_maintenance),
        cmocka_unit_test(plan_of_a_quiet_manager_warns_of_nothing),
        cmocka_unit_test(deactivation_is_seen_before_it_is_believed),
        cmocka_unit_test(deactivated_manager_is_left_alone),
        cmocka_unit_test(old_manager_is_asked_how_the_restore_ended_when_maintenance_is_off),
        cmocka_unit_test(restore_that_failed_stops_an_old_manager_too),
        cmocka_unit_test(execution_that_is_lost_is_looked_for_and_then_left_to_the_counts),
        cmocka_unit_test(old_manager_that_holds_less_than_the_archive_stops_the_run),
        cmocka_unit_test(execution_without_a_known_id_is_told_by_its_date),
        cmocka_unit_test(old_manager_may_still_change_its_password_or_never_begin),
        cmocka_unit_test(later_states_ask_in_the_name_that_works),
        cmocka_unit_test(plan_of_deactivation_warns_of_scheduled_executions),
        cmocka_unit_test(plan_of_deactivation_tells_what_else_would_start),
        cmocka_unit_test(polls_are_as_often_as_configured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
