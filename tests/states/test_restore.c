#include "lab.h"

#define R (&state_restore)
#define NONE "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":0}}}"
#define SOME "{\"items\":[{\"id\":\"x\"}],\"metadata\":{\"pagination\":{\"total\":10}}}"
#define IDLE "{\"status\":\"not-running\"}"
#define RUNNING "{\"status\":\"running\"}"
#define OLD                                                                                        \
    "{\"items\":[{\"id\":\"old-1\",\"status\":\"terminated\"}],\"metadata\":{\"pagination\":{"     \
    "\"total\":1}}}"
#define OLD_AND_OURS                                                                               \
    "{\"items\":[{\"id\":\"ours\",\"status\":\"pending\"},{\"id\":\"old-1\",\"status\":"           \
    "\"terminated\"}],\"metadata\":{\"pagination\":{\"total\":2}}}"
#define WRONG "{\"error_code\":\"unauthorized_error\",\"message\":\"Wrong credentials\"}"

static struct lab *before(void)
{
    return lab_new(R);
}
#define BUSY "{\"error_code\":\"existing_running_execution_error\",\"message\":\"You cannot\"}"
#define LEFT(created, started, status)                                                             \
    "{\"id\":\"left\",\"workflow_id\":\"restore_snapshot\",\"status\":\"" status                   \
    "\",\"created_at\":\"" created "\",\"started_at\":" started "}"
#define OPEN(rows) "{\"items\":[" rows "],\"metadata\":{\"pagination\":{\"total\":1}}}"

/* After a lost answer, with what the first probe had kept. */
static struct lab *after(void)
{
    struct lab *lab = lab_new(R);

    lab->context.repeat = true;
    lab_data(lab, "{\"known\":[\"old-1\"],\"since_ms\":1000}");
    return lab;
}

static void quiet_manager_is_remembered_before_it_is_told(void **state)
{
    struct lab *lab = before();

    (void)state;
    lab_asks(lab, &R->probe, "GET /api/v3.1/snapshot-status");
    lab_asks_in_name_of(lab, HTTP_ANONYMOUS);
    lab_gets(lab, 200, IDLE);
    lab_asks(lab, &R->probe, "GET /api/v3.1/executions?status=pending*");
    assert_string_equal(lab_header(lab, "Tenant"), "default_tenant");
    lab_gets(lab, 200, NONE);
    lab_asks(lab, &R->probe, "GET /api/v3.1/executions?workflow_id=restore_snapshot*");
    lab_gets(lab, 200, OLD);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_data_is(lab, "{\"known\":[\"old-1\"],\"since_ms\":1795356000000}");
    lab_asks(lab, &R->act, "POST /api/v3.1/snapshots/prod/restore");
    assert_string_equal(lab->request->body,
                        "{\"force\":false,\"restore_certificates\":false,\"no_reboot\":false}");
    lab_gets_recorded(lab, "20-restore-legacy-good", 6);
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "restore",
                "{\"execution_id\":\"c5ab7b10-28ca-46d5-8ab4-cc30311842af\",\"known\":[\"old-1\"],"
                "\"since_ms\":1795356000000,\"told_ms\":1795355999000}");
    lab_free(lab);
}

static void running_or_left_behind_restore_of_others_blocks(void **state)
{
    struct lab *lab = before();

    (void)state;
    lab_turn(lab, &R->probe, 200, RUNNING);
    lab_says(lab, STATE_FOREIGN, "restore is running");
    assert_non_null(strstr(lab->verdict[0].hint, "rm -f "));
    lab_data(lab, "{\"ask\":\"open\"}");
    lab_turn(lab, &R->probe, 200,
             "{\"items\":[{\"id\":\"dead\",\"status\":\"pending\",\"workflow_id\":"
             "\"restore_snapshot\"}],\"metadata\":{\"pagination\":{\"total\":1}}}");
    lab_says(lab, STATE_FOREIGN, "execution dead, pending");
    assert_non_null(strstr(lab->verdict[0].hint, "--kill dead"));
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void anything_that_runs_is_waited_for(void **state)
{
    struct lab *lab = before();

    (void)state;
    lab_data(lab, "{\"ask\":\"open\"}");
    lab_asks(lab, &R->probe, "GET *");
    lab_gets_recorded(lab, "12-executions", 16);
    lab_says(lab, STATE_RETRY, "2"); /* two scheduled ones */
    lab_data(lab, "{\"ask\":\"open\"}");
    lab_turn(lab, &R->probe, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_data(lab, "{\"ask\":\"known\"}");
    lab_turn(lab, &R->probe, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &R->probe, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, "neither");
    lab_turn(lab, &R->probe, 502, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_free(lab);
}

static void old_managers_are_asked_what_they_can_answer(void **state)
{
    struct lab *lab = before();

    (void)state;
    lab_version(lab, "5.0.5"); /* a flag, but no executions in maintenance */
    lab_turn(lab, &R->probe, 200, IDLE);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_version(lab, "4.6.0"); /* nothing at all */
    lab_needs_nothing(lab, &R->probe);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_version(lab, "5.2.7");
    lab_asks(lab, &R->act, "POST *");
    assert_non_null(strstr(lab->request->body, "recreate_deployments_envs"));
    lab_free(lab);
}

static void refusal_that_cannot_be_cleared_blocks(void **state)
{
    struct lab *lab = before();

    (void)state;
    lab_version(lab, "5.0.5"); /* executions are out of reach in maintenance */
    lab_turn(lab, &R->act, 400, BUSY);
    lab_says(lab, STATE_FOREIGN, "left a pending restore_snapshot execution behind");
    assert_non_null(strstr(lab->verdict[0].hint, "kill"));
    lab_free(lab);
}

/* LAB_NOW_MS is 14:00:00; the manager knew "old-1" two seconds before it refused. */
static struct lab *refused(void)
{
    struct lab *lab = before();

    lab_data(lab, "{\"known\":[\"old-1\"],\"since_ms\":1795355998000}");
    lab_asks(lab, &R->act, "POST /api/v3.1/snapshots/prod/restore");
    lab_gets_recorded(lab, "09-restore-errors", 11);
    lab_says(lab, STATE_RETRY, "left a pending");
    lab_turn(lab, &R->probe, 200, IDLE);
    lab_says(lab, STATE_AGAIN, NULL);
    return lab;
}

static void what_a_refused_restore_left_is_killed_and_the_restore_told_again(void **state)
{
    struct lab *lab = refused();

    (void)state;
    lab_turn(lab, &R->probe, 200, OPEN(LEFT("2026-11-22T13:59:59.086Z", "null", "pending")));
    lab_says(lab, STATE_ABSENT, NULL);
    lab_asks(lab, &R->act, "POST /api/v3.1/executions/left");
    assert_string_equal(lab->request->body, "{\"action\":\"kill\"}");
    assert_non_null(lab_header(lab, "X-BYPASS-MAINTENANCE"));
    lab_gets_recorded(lab, "09-restore-errors", 20);
    lab_says(lab, STATE_RETRY, "killed execution left");
    lab_turn(lab, &R->probe, 200, IDLE);
    lab_turn(lab, &R->probe, 200,
             OPEN(LEFT("2026-11-22T13:59:59.086Z", "null", "kill_cancelling")));
    lab_says(lab, STATE_RETRY, "is being killed");
    lab_turn(lab, &R->probe, 200, IDLE);
    lab_turn(lab, &R->probe, 200, NONE);
    lab_turn(lab, &R->probe, 200, OLD);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_data_is(lab, "{\"known\":[\"old-1\"],\"refusals\":1,\"since_ms\":1795356000000}");
    lab_asks(lab, &R->act, "POST /api/v3.1/snapshots/prod/restore");
    lab_free(lab);
}

static void nothing_is_killed_that_is_not_surely_ours(void **state)
{
    static const char *const others[] = {
        OPEN(LEFT("2026-11-22T13:59:57.999Z", "null", "pending")), /* made before our request */
        OPEN(LEFT("2026-11-22T14:00:01.000Z", "null", "pending")), /* and after it */
        OPEN(LEFT("yesterday", "null", "pending")),
        OPEN(LEFT("2026-11-22T13:59:59.086Z", "\"2026-11-22T13:59:59.900Z\"", "pending")),
        OPEN(LEFT("2026-11-22T13:59:59.086Z", "null", "started")),
        OPEN(LEFT("2026-11-22T13:59:59.086Z", "null", "cancelling")),
        OPEN(LEFT("2026-11-22T13:59:59.086Z", "null",
                  "pending") "," LEFT("2026-11-22T13:59:59.090Z", "null", "pending")),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct lab *lab = refused();

        lab_turn(lab, &R->probe, 200, others[i]);
        lab_says(lab, STATE_FOREIGN, "another restore");
        assert_null(json_get(lab->data[0], "kill"));
        lab_free(lab);
    }
    struct lab *lab = refused();

    lab_data(lab, "{\"known\":[\"left\"]}"); /* it was there before us */
    lab_turn(lab, &R->probe, 200, OPEN(LEFT("2026-11-22T13:59:59.086Z", "null", "pending")));
    lab_says(lab, STATE_FOREIGN, "another restore");
    lab_data(lab, "{\"known\":[],\"refused_ms\":null,\"ask\":\"open\"}"); /* never refused */
    lab_turn(lab, &R->probe, 200, OPEN(LEFT("2026-11-22T13:59:59.086Z", "null", "pending")));
    lab_says(lab, STATE_FOREIGN, "another restore");
    lab_free(lab);
}

static void kill_with_a_lost_answer_is_looked_up(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum state_answer answer;
    } cases[] = {{200, "{\"id\":\"left\",\"status\":\"cancelled\"}", STATE_ABSENT},
                 {200, "{\"id\":\"left\",\"status\":\"pending\"}", STATE_ABSENT},
                 {200, "{\"id\":\"left\",\"status\":\"kill_cancelling\"}", STATE_CANNOT_TELL},
                 {200, "{\"id\":\"left\",\"status\":\"started\"}", STATE_DONE},
                 {404, "{\"error_code\":\"not_found_error\"}", STATE_ABSENT},
                 {502, "{}", STATE_CANNOT_TELL}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lab *lab = after();

        lab_data(lab, "{\"kill\":\"left\"}");
        lab_asks(lab, &R->act, "POST /api/v3.1/executions/left");
        lab_gets_html(lab, 502);
        lab_says(lab, STATE_UNKNOWN, NULL);
        lab_asks(lab, &R->probe, "GET /api/v3.1/executions/left?*");
        lab_gets(lab, cases[i].status, cases[i].body);
        lab_says(lab, cases[i].answer, NULL);
        lab_free(lab);
    }
}

static void three_refusals_or_kills_are_enough(void **state)
{
    struct lab *lab = refused();

    (void)state;
    lab_data(lab, "{\"kills\":3}");
    lab_turn(lab, &R->probe, 200, OPEN(LEFT("2026-11-22T13:59:59.086Z", "null", "pending")));
    lab_says(lab, STATE_FOREIGN, "another restore");
    lab_data(lab, "{\"kill\":\"left\"}");
    lab_turn(lab, &R->act, 400, "{\"error_code\":\"illegal_action_error\"}");
    lab_says(lab, STATE_RETRY, "could not be killed"); /* the next look tells */
    lab_data(lab, "{\"kill\":null,\"refusals\":2}");
    lab_turn(lab, &R->act, 400, BUSY);
    lab_says(lab, STATE_FOREIGN, "something runs");
    assert_non_null(strstr(lab->verdict[0].hint, "ferry resume"));
    lab_free(lab);
}

static void answers_to_the_restore_are_judged_by_their_effect(void **state)
{
    static const struct {
        size_t index;
        enum state_answer answer;
    } recorded[] = {{0, STATE_UNKNOWN}, /* 500: who knows */
                    {2, STATE_FAILED},  {3, STATE_FAILED}, {5, STATE_FAILED},
                    {6, STATE_FAILED},  {7, STATE_FAILED}, {8, STATE_FOREIGN}};
    struct lab *lab = before();

    (void)state;
    for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
        lab_asks(lab, &R->act, "POST *");
        lab_gets_recorded(lab, "09-restore-errors", recorded[i].index);
        lab_says(lab, recorded[i].answer, NULL);
    }
    lab_asks(lab, &R->act, "POST *");
    lab_gets_recorded(lab, "11-maintenance", 84); /* entering maintenance: 503, without effect */
    lab_says(lab, STATE_RETRY, NULL);
    lab_turn(lab, &R->act, 200, "{\"id\":null}");
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_asks(lab, &R->act, "POST *");
    lab_gets_html(lab, 502);
    lab_says(lab, STATE_UNKNOWN, NULL);
    lab_free(lab);
}

static void running_flag_after_a_lost_answer_is_ours(void **state)
{
    struct lab *lab = after();

    (void)state;
    lab_turn(lab, &R->probe, 200, RUNNING);
    lab_says(lab, STATE_DONE, "ours");
    lab_fact_is(lab, "restore",
                "{\"known\":[\"old-1\"],\"since_ms\":1000,\"told_ms\":1795355999000}");
    lab_free(lab);
}

static void new_execution_after_a_lost_answer_is_ours(void **state)
{
    struct lab *lab = after();

    (void)state;
    lab_turn(lab, &R->probe, 200, IDLE);
    lab_asks(lab, &R->probe, "GET /api/v3.1/executions?workflow_id=restore_snapshot*");
    lab_gets(lab, 200, OLD_AND_OURS);
    lab_says(lab, STATE_DONE, NULL);
    lab_fact_is(lab, "restore.execution_id", "\"ours\"");
    assert_string_equal(lab->units[0].remote_id, "ours");
    lab_free(lab);
}

static void absent_needs_every_sign_and_the_flag_down_twice(void **state)
{
    struct lab *lab = after();

    (void)state;
    lab_turn(lab, &R->probe, 200, IDLE);
    lab_turn(lab, &R->probe, 200, OLD);
    lab_asks(lab, &R->probe, "GET /api/v3.1/snapshots/prod");
    lab_gets(lab, 200, "{\"id\":\"prod\",\"status\":\"uploaded\"}");
    lab_asks(lab, &R->probe, "GET /api/v3.1/snapshot-status");
    lab_gets(lab, 200, IDLE);
    lab_says(lab, STATE_ABSENT, NULL);
    lab_data_is(lab, "{\"known\":[\"old-1\"],\"since_ms\":1000}");
    lab_free(lab);
}

static void restore_that_begins_between_the_questions_is_seen(void **state)
{
    struct lab *lab = after();

    (void)state;
    lab_data(lab, "{\"ask\":\"flag again\"}");
    lab_turn(lab, &R->probe, 200, RUNNING);
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void row_that_is_gone_with_blueprints_there_means_done(void **state)
{
    struct lab *lab = after();

    (void)state;
    lab_turn(lab, &R->probe, 200, IDLE);
    lab_turn(lab, &R->probe, 200, OLD);
    lab_turn(lab, &R->probe, 404, "{\"error_code\":\"not_found_error\"}");
    lab_asks(lab, &R->probe, "GET /api/v3.1/blueprints*");
    lab_gets(lab, 200, NONE); /* tables emptied a moment ago, or somebody deleted it */
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_data(lab, "{\"ask\":\"blueprints\"}");
    lab_turn(lab, &R->probe, 200, SOME);
    lab_says(lab, STATE_DONE, NULL);
    lab_free(lab);
}

static void weather_of_a_restore_proves_nothing(void **state)
{
    static const char *const asks[] = {"{\"ask\":null}", "{\"ask\":\"list\"}", "{\"ask\":\"row\"}",
                                       "{\"ask\":\"blueprints\"}"};
    struct lab *lab = after();

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        lab_data(lab, asks[i]);
        lab_asks(lab, &R->probe, "GET *");
        lab_gets_html(lab, 502);
        lab_says(lab, STATE_CANNOT_TELL, NULL);
        lab_data(lab, asks[i]);
        lab_turn(lab, &R->probe, 500, "{\"error_code\":\"internal_server_error\"}");
        lab_says(lab, STATE_CANNOT_TELL, NULL);
    }
    lab_turn(lab, &R->probe, 200, "{\"status\":\"?\"}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_data(lab, "{\"ask\":\"list\"}");
    lab_turn(lab, &R->probe, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_free(lab);
}

static void passwords_are_tried_in_turn_and_three_times_at_most(void **state)
{
    struct lab *lab = after();
    int before = 0;
    int later = 0;

    (void)state;
    lab_option(lab, "manager.after_restore", "{\"username\":\"chief\"}");
    for (int i = 0; i < 6; i++) {
        lab_data(lab, "{\"ask\":\"list\"}");
        lab_asks(lab, &R->probe, "GET *");
        before += lab->request->credential == HTTP_AS_BEFORE;
        later += lab->request->credential == HTTP_AS_AFTER;
        lab_gets(lab, 401, WRONG);
        lab_says(lab, i < 5 ? STATE_CANNOT_TELL : STATE_FOREIGN, NULL);
        if (i < 5) {
            assert_true(lab->verdict[0].wait_ms < 60000);
        }
    }
    assert_int_equal(before, 3);
    assert_int_equal(later, 3);
    assert_non_null(strstr(lab->verdict[0].hint, "then: ferry resume")); /* for one more round */
    lab_data(lab, "{\"ask\":\"list\",\"denied_before\":2,\"denied_after\":2}");
    lab_turn(lab, &R->probe, 200, OLD_AND_OURS);
    lab_says(lab, STATE_DONE, NULL);
    assert_null(json_get(lab->data[0], "denied_before"));
    assert_null(json_get(lab->data[0], "denied_after"));
    lab_free(lab);
}

static void old_manager_in_maintenance_is_judged_by_flag_and_row(void **state)
{
    struct lab *lab = after();

    (void)state;
    lab_version(lab, "5.0.5");
    lab_turn(lab, &R->probe, 200, IDLE);
    lab_asks(lab, &R->probe, "GET /api/v3.1/snapshots/prod");
    lab_gets(lab, 404, "{\"error_code\":\"not_found_error\"}");
    lab_says(lab, STATE_DONE, "row is gone");
    lab_free(lab);
}

static void plan_warns_of_what_a_restore_brings_along(void **state)
{
    struct lab *lab = lab_new(R);
    struct state_timing timing = {0};

    (void)state;
    lab_option(lab, "restore.certificates", "true");
    lab_needs_nothing(lab, &R->plan);
    lab_found(lab, "warning", "reboots");
    lab_found(lab, "note", "nothing can be undone");
    lab_option(lab, "restore.no_reboot", "true");
    lab_needs_nothing(lab, &R->plan);
    lab_found(lab, "warning", "by hand");
    lab_fact(lab, "manager", "null");
    lab_needs_nothing(lab, &R->plan);
    R->timing(&lab->context, &timing);
    assert_true(timing.probe_deadline_ms >= 3600000);
    assert_true(R->flags & STATE_NO_RETURN);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet_manager_is_remembered_before_it_is_told),
        cmocka_unit_test(running_or_left_behind_restore_of_others_blocks),
        cmocka_unit_test(anything_that_runs_is_waited_for),
        cmocka_unit_test(old_managers_are_asked_what_they_can_answer),
        cmocka_unit_test(refusal_that_cannot_be_cleared_blocks),
        cmocka_unit_test(what_a_refused_restore_left_is_killed_and_the_restore_told_again),
        cmocka_unit_test(nothing_is_killed_that_is_not_surely_ours),
        cmocka_unit_test(kill_with_a_lost_answer_is_looked_up),
        cmocka_unit_test(three_refusals_or_kills_are_enough),
        cmocka_unit_test(answers_to_the_restore_are_judged_by_their_effect),
        cmocka_unit_test(running_flag_after_a_lost_answer_is_ours),
        cmocka_unit_test(new_execution_after_a_lost_answer_is_ours),
        cmocka_unit_test(absent_needs_every_sign_and_the_flag_down_twice),
        cmocka_unit_test(restore_that_begins_between_the_questions_is_seen),
        cmocka_unit_test(row_that_is_gone_with_blueprints_there_means_done),
        cmocka_unit_test(weather_of_a_restore_proves_nothing),
        cmocka_unit_test(passwords_are_tried_in_turn_and_three_times_at_most),
        cmocka_unit_test(old_manager_in_maintenance_is_judged_by_flag_and_row),
        cmocka_unit_test(plan_warns_of_what_a_restore_brings_along),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
