#include "lab.h"

#include <string.h>

#include "base/mem.h"

#define C (&state_compare)

/* A legacy archive without scheduled executions. */
static struct lab *legacy(void)
{
    struct lab *lab = lab_new(C);

    lab_fact(lab, "archive.executions_scheduled", "0");
    return lab;
}

static void count(struct lab *lab, const char *asked, int total)
{
    lab_asks(lab, &C->await, asked);
    lab_gets(lab, 200,
             mem_printf(lab, "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":%d}}}", total));
}

static void counts(struct lab *lab, int tenants, int blueprints, int deployments, int plugins)
{
    count(lab, "GET /api/v3.1/tenants?_include=name&_size=1", tenants);
    lab_says(lab, STATE_AGAIN, NULL);
    count(lab, "GET /api/v3.1/blueprints?_include=id&_all_tenants=true&_size=1", blueprints);
    count(lab, "GET /api/v3.1/deployments?_include=id&_all_tenants=true&_size=1", deployments);
    count(lab, "GET /api/v3.1/plugins?_include=id&_all_tenants=true&_size=1", plugins);
}

static void equal_counts_are_done_and_written_down(void **state)
{
    struct lab *lab = legacy();

    (void)state;
    counts(lab, 4, 10, 71, 4);
    lab_says(lab, STATE_DONE, "what the archive held");
    lab_fact_is(lab, "compare",
                "{\"blueprints\":{\"archive\":10,\"expected\":10,\"manager\":10},\"deployments\":{"
                "\"archive\":71,\"expected\":71,\"manager\":71},\"plugins\":{\"archive\":4,"
                "\"expected\":4,\"manager\":4},\"tenants\":{\"archive\":4,\"expected\":4,"
                "\"manager\":4}}");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void fewer_of_anything_fails_with_the_numbers(void **state)
{
    struct lab *lab = legacy();

    (void)state;
    counts(lab, 4, 10, 69, 3);
    lab_says(lab, STATE_FAILED, "69 deployments for 71, 3 plugins for 4");
    assert_non_null(strstr(lab->verdict[0].hint, "old manager"));
    lab_free(lab);
}

static void uploaded_plugins_are_expected_on_top(void **state)
{
    struct lab *lab = legacy();

    (void)state;
    lab_fact(lab, "plugins_uploaded", "{\"a\":true,\"b\":true}");
    counts(lab, 4, 10, 71, 4);
    lab_says(lab, STATE_FAILED, "4 plugins for 6");
    counts(lab, 4, 10, 71, 6);
    lab_says(lab, STATE_DONE, "held");
    lab_free(lab);
}

static void more_than_expected_is_told(void **state)
{
    struct lab *lab = legacy();

    (void)state;
    counts(lab, 5, 10, 72, 4);
    lab_says(lab, STATE_DONE, "5 tenants for 4, 72 deployments for 71");
    lab_free(lab);
}

#define LINE(text) "{\"type\":\"cloudify_log\",\"level\":\"error\",\"message\":\"" text "\"}"
#define LOG                                                                                        \
    "GET /api/v3.1/events?execution_id=ours&include_logs=true&_sort=reported_timestamp&_size=500"

/* A restore of the new format; the cursor is at the log when all counts are right. */
static struct lab *new_format(void)
{
    struct lab *lab = legacy();

    lab_fact(lab, "archive",
             "{\"format\":\"new\",\"tenants\":1,\"blueprints\":2,\"deployments\":3,"
             "\"plugins\":2,\"nodes\":4,\"node_instances\":4,\"agents\":0}");
    lab_fact(lab, "restore", "{\"execution_id\":\"ours\"}");
    counts(lab, 1, 2, 3, 2);
    count(lab, "GET /api/v3.1/nodes?_include=id&_all_tenants=true&_size=1", 4);
    return lab;
}

static void new_format_is_counted_to_the_last_row_and_its_log_read(void **state)
{
    struct lab *lab = new_format();

    (void)state;
    count(lab, "GET /api/v3.1/node-instances?_include=id&_all_tenants=true&_size=1", 4);
    count(lab, "GET /api/v3.1/agents?_include=id&_all_tenants=true&_size=1", 0);
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &C->await, LOG);
    assert_string_equal(lab_header(lab, "Tenant"), "default_tenant");
    lab_gets(
        lab, 200,
        "{\"items\":[" LINE("Restoring nodes") "],\"metadata\":{\"pagination\":{\"total\":1}}}");
    lab_says(lab, STATE_DONE, "what the archive held");
    lab_fact_is(lab, "compare.errors", "{\"count\":0,\"first\":[]}");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void errors_in_the_log_fail_though_the_counts_are_right(void **state)
{
    struct lab *lab = new_format();

    (void)state;
    count(lab, "GET *", 4);
    count(lab, "GET *", 0);
    lab_turn(lab, &C->await, 200,
             "{\"items\":[" LINE("Error restoring secret a\\nTraceback") "," LINE(
                 "x Error restoring site b") "],\"metadata\":{\"pagination\":{\"total\":4}}}");
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &C->await, LOG "&_offset=2");
    lab_gets(lab, 200,
             "{\"items\":[" LINE("Error restoring c") "," LINE(
                 "Error restoring d") "],\"metadata\":{\"pagination\":{\"total\":4}}}");
    lab_says(lab, STATE_FAILED,
             "Error restoring secret a; Error restoring site b; Error restoring c and 1 more");
    lab_fact_is(lab, "compare.errors.count", "4");
    lab_data_is(lab, "{}");
    lab_free(lab);
}

/* facts 10.5 no. 2 */
static void twice_the_node_instances_are_a_second_restore(void **state)
{
    struct lab *lab = new_format();

    (void)state;
    count(lab, "GET /api/v3.1/node-instances?_include=id&_all_tenants=true&_size=1", 8);
    count(lab, "GET /api/v3.1/agents?_include=id&_all_tenants=true&_size=1", 0);
    lab_asks(lab, &C->await, LOG);
    lab_gets(lab, 200, "{\"items\":[],\"metadata\":{\"pagination\":{\"total\":0}}}");
    lab_says(lab, STATE_FAILED, "holds everything twice: 8 node-instances for 4");
    lab_free(lab);
}

static void missing_rows_and_errors_are_told_together(void **state)
{
    struct lab *lab = new_format();

    (void)state;
    count(lab, "GET *", 3);
    count(lab, "GET *", 0);
    lab_turn(
        lab, &C->await, 200,
        "{\"items\":[" LINE("Error restoring x") "],\"metadata\":{\"pagination\":{\"total\":1}}}");
    lab_says(lab, STATE_FAILED, "3 node-instances for 4; Error restoring x");
    lab_free(lab);
}

static void log_that_is_not_shown_is_told_and_weather_begins_again(void **state)
{
    struct lab *lab = new_format();

    (void)state;
    count(lab, "GET *", 4);
    count(lab, "GET *", 0);
    lab_turn(lab, &C->await, 400, "{\"error_code\":\"bad_parameters_error\"}");
    lab_says(lab, STATE_AGAIN, NULL);
    lab_asks(lab, &C->await,
             "GET /api/v3.1/events?type=cloudify_event&type=cloudify_log&execution_id=ours&*");
    lab_gets(lab, 400, "{\"error_code\":\"bad_parameters_error\"}");
    lab_says(lab, STATE_DONE, "did not show the restore's log");
    lab_data_is(lab, "{}");
    lab_data(lab, "{\"ask\":\"log\"}");
    lab_turn(lab, &C->await, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &C->await, 502, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_asks(lab, &C->await, "GET /api/v3.1/tenants*");
    lab_free(lab);
}

static void log_without_an_end_is_not_read_for_ever(void **state)
{
    struct lab *lab = new_format();
    int pages = 0;

    (void)state;
    count(lab, "GET *", 4);
    count(lab, "GET *", 0);
    const char *line = LINE("Error restoring x");
    char *rows = mem_strdup(lab, line);

    for (int i = 1; i < 500; i++) {
        rows = mem_printf(lab, "%s,%s", rows, line);
    }
    do {
        lab_turn(lab, &C->await, 200,
                 mem_printf(lab,
                            "{\"items\":[%s],\"metadata\":{\"pagination\":{\"total\":9999999}}}",
                            rows));
    } while (++pages < 100 && lab->verdict[0].answer == STATE_AGAIN);
    assert_int_equal(pages, 20);
    lab_says(lab, STATE_FAILED, "and 9997 more");
    lab_free(lab);
}

#define WAS(deployment, ended)                                                                     \
    "{\"id\":\"x\",\"workflow_id\":\"heal\",\"deployment_id\":\"" deployment                       \
    "\",\"tenant_name\":\"acme\",\"scheduled_for\":\"2026-11-22T19:32:44.511Z\",\"ended_at\":"     \
    "\"" ended "\"}"

static void scheduled_executions_are_told_after_a_legacy_restore(void **state)
{
    struct lab *lab = legacy();

    (void)state;
    lab_fact(lab, "archive.executions_scheduled", "2");
    lab_fact(lab, "restore.since_ms", "1795356000000");
    counts(lab, 4, 10, 71, 4);
    lab_asks(lab, &C->await, "GET /api/v3.1/executions?status=failed&*");
    lab_gets(lab, 200,
             "{\"items\":[" WAS("old", "2026-11-22T13:00:00.000Z") "," WAS(
                 "d1", "2026-11-22T14:00:20.000Z") ",{\"id\":\"y\",\"scheduled_for\":null}],"
                                                   "\"metadata\":{\"pagination\":{\"total\":4}}}");
    lab_asks(lab, &C->await, "GET /api/v3.1/executions?status=failed&*");
    assert_non_null(strstr(lab->request->path, "&_offset=3"));
    lab_gets(lab, 200,
             "{\"items\":[" WAS("d2", "") "],\"metadata\":{\"pagination\":{\"total\":4}}}");
    lab_asks(lab, &C->await, "GET /api/v3.1/execution-schedules?*");
    lab_gets(lab, 200,
             "{\"items\":[{\"id\":\"hourly\"},{\"id\":\"heal_restored_ab12\",\"workflow_id\":"
             "\"heal\",\"deployment_id\":\"d2\",\"tenant_name\":\"acme\",\"next_occurrence\":null,"
             "\"since\":\"2026-11-22T19:32:44.000Z\"}],\"metadata\":{\"pagination\":{\"total\":2}"
             "}}");
    lab_says(lab, STATE_DONE,
             "warning: of the scheduled executions the restore marked 2 failed "
             "and made 1 anew as schedules (heal on d1 in acme at 2026-11-22T19:");
    lab_fact_is(lab, "scheduled.again", "1");
    lab_fact_is(lab, "scheduled.failed", "2");
    assert_int_equal(json_size(json_get(lab->facts, "scheduled.rows")), 3);
    lab_data_is(lab, "{}");
    lab_free(lab);
}

static void recorded_failed_ones_are_found_and_older_managers_have_no_schedules(void **state)
{
    struct lab *lab = legacy();

    (void)state;
    lab_version(lab, "5.1.4"); /* those to come stay scheduled there */
    lab_fact(lab, "archive.executions_scheduled", "2");
    counts(lab, 4, 10, 71, 4);
    lab_asks(lab, &C->await, "GET /api/v3.1/executions?status=failed&*");
    lab_gets_recorded(lab, "20-restore-legacy-good", 15);
    lab_says(lab, STATE_DONE, "marked 2 failed and made 0 anew");
    lab_fact_is(lab, "scheduled.rows",
                "[{\"deployment\":\"dep-empty-1\",\"tenant\":\"?\",\"was\":\"failed\",\"when\":"
                "\"2026-11-22T19:32:44.511Z\",\"workflow\":\"execute_operation\"},{\"deployment\":"
                "\"dep-host-2\",\"tenant\":\"?\",\"was\":\"failed\",\"when\":"
                "\"2026-11-22T09:32:44.511Z\",\"workflow\":\"execute_operation\"}]");
    lab_version(lab, "4.6.0"); /* nothing special there */
    counts(lab, 4, 10, 71, 4);
    lab_says(lab, STATE_DONE, "held");
    lab_free(lab);
}

static void schedules_that_are_not_shown_do_not_fail_a_run(void **state)
{
    struct lab *lab = legacy();

    (void)state;
    lab_fact(lab, "archive.executions_scheduled", "2");
    counts(lab, 4, 10, 71, 4);
    lab_turn(lab, &C->await, 400, "{\"error_code\":\"bad_parameters_error\"}");
    lab_turn(lab, &C->await, 403, "{\"error_code\":\"forbidden_error\"}");
    lab_says(lab, STATE_DONE, "held");
    lab_data_is(lab, "{}");
    counts(lab, 4, 10, 70, 4);
    lab_turn(lab, &C->await, 502, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_asks(lab, &C->await, "GET /api/v3.1/tenants*");
    lab_free(lab);
}

static void archive_that_nobody_saw_is_not_compared(void **state)
{
    struct lab *lab = legacy();

    (void)state;
    lab_fact(lab, "archive", "null");
    counts(lab, 4, 0, 0, 0);
    count(lab, "GET /api/v3.1/executions?status=failed&*", 0);
    count(lab, "GET /api/v3.1/execution-schedules?*", 0);
    lab_says(lab, STATE_DONE, "never seen");
    lab_data_is(lab, "{}");
    lab_fact_is(lab, "compare.tenants", "{\"manager\":4}");
    lab_fact(lab, "archive", "{\"format\":\"new\",\"tenants\":0}");
    counts(lab, 1, 0, 0, 0);
    for (int i = 0; i < 3; i++) {
        count(lab, "GET *", 0);
    }
    lab_says(lab, STATE_DONE, "held"); /* no execution known: no log to read */
    lab_free(lab);
}

static void list_without_a_total_is_asked_again(void **state)
{
    struct lab *lab = legacy();
    struct state_timing timing = {0};

    (void)state;
    lab_turn(lab, &C->await, 200, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_turn(lab, &C->await, 500, "{}");
    lab_says(lab, STATE_CANNOT_TELL, NULL);
    lab_needs_nothing(lab, &C->plan);
    lab_found(lab, "units", "1");
    C->timing(&lab->context, &timing);
    assert_true(timing.deadline_ms > 0);
    lab_free(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_counts_are_done_and_written_down),
        cmocka_unit_test(fewer_of_anything_fails_with_the_numbers),
        cmocka_unit_test(uploaded_plugins_are_expected_on_top),
        cmocka_unit_test(more_than_expected_is_told),
        cmocka_unit_test(new_format_is_counted_to_the_last_row_and_its_log_read),
        cmocka_unit_test(errors_in_the_log_fail_though_the_counts_are_right),
        cmocka_unit_test(twice_the_node_instances_are_a_second_restore),
        cmocka_unit_test(missing_rows_and_errors_are_told_together),
        cmocka_unit_test(log_that_is_not_shown_is_told_and_weather_begins_again),
        cmocka_unit_test(log_without_an_end_is_not_read_for_ever),
        cmocka_unit_test(scheduled_executions_are_told_after_a_legacy_restore),
        cmocka_unit_test(recorded_failed_ones_are_found_and_older_managers_have_no_schedules),
        cmocka_unit_test(schedules_that_are_not_shown_do_not_fail_a_run),
        cmocka_unit_test(archive_that_nobody_saw_is_not_compared),
        cmocka_unit_test(list_without_a_total_is_asked_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
