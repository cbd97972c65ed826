/* backup.yaml: read from the same table, and its keys kept apart from those of an upgrade. */
#include "ferry_test.h"

#include "config/workflow.h"
#include "fixture.h"

#define LOGIN "manager: {url: https://m, username: u, password: {env: PW}}\n"
#define BACKUP LOGIN "backup: {directory: /b}\n"

static void each_option_has_its_default(void **state)
{
    struct loaded loaded;

    (void)state;
    load_text(&loaded, BACKUP, (char *)NULL);
    assert_int_equal(loaded.code, FERRY_OK);
    assert_string_equal(config_workflow_name(loaded.options), "backup");
    assert_string_equal(
        json_print(loaded.mem, json_member(loaded.options, "backup")),
        "{\"directory\":\"/b\",\"name\":\"{manager}-{time}\",\"credentials\":true,\"logs\":true,"
        "\"events\":true,\"metrics\":false,\"tempdir\":null,\"legacy\":true,"
        "\"listener_timeout\":null,\"busy\":\"wait\",\"wait_ms\":7200000,\"timeout_ms\":14400000,"
        "\"poll_ms\":null,\"delete_after\":false}");
    assert_string_equal(json_print(loaded.mem, json_member(loaded.options, "keep")),
                        "{\"daily\":null,\"weekly\":null,\"monthly\":null,\"yearly\":null,"
                        "\"zone\":\"UTC\",\"unproven_ms\":604800000}");
    assert_null(json_member(loaded.options, "snapshot"));
    assert_null(json_member(loaded.options, "restore"));
    loaded_free(&loaded);
}

static void every_option_can_be_given(void **state)
{
    struct loaded loaded;

    (void)state;
    load_text(&loaded,
              LOGIN "backup:\n  directory: here\n  name: 'prod-{date}'\n"
                    "  options: {credentials: false, logs: false, events: false, metrics: true,\n"
                    "            tempdir: /big, legacy: false, listener_timeout: 5m}\n"
                    "  busy: queue\n  wait: 1h\n  timeout: 2h\n  poll: 1s\n  delete_after: true\n"
                    "keep: {daily: 7, weekly: 4, monthly: 12, yearly: 3}\n",
              "keep.daily=8", (char *)NULL);
    assert_int_equal(loaded.code, FERRY_OK);
    assert_int_equal(json_int64_or(loaded.options, "keep.daily", 0), 8);
    assert_int_equal(json_int64_or(loaded.options, "keep.yearly", 0), 3);
    assert_int_equal(json_int64_or(loaded.options, "backup.listener_timeout", 0), 300);
    assert_false(json_bool_or(loaded.options, "backup.legacy", true));
    assert_string_equal(json_string_or(loaded.options, "backup.tempdir", ""), "/big");
    assert_string_equal(json_string_or(loaded.options, "backup.busy", ""), "queue");
    assert_int_equal(json_string_or(loaded.options, "backup.directory", "")[0], '/');
    loaded_free(&loaded);
}

static void keys_of_the_other_workflow_are_refused_by_name(void **state)
{
    (void)state;
    assert_refused(BACKUP "restore: {force: true}\n", NULL, FERRY_E_CONFIG,
                   "up.yaml:2:10: backup.directory is a key of a backup, not of an upgrade", NULL);
}

static void wrong_values_are_refused_where_they_stand(void **state)
{
    (void)state;
    assert_refused(LOGIN "backup: {directory: /b, busy: hurry}\n", NULL, FERRY_E_CONFIG,
                   "up.yaml:2:25: backup.busy must be wait, queue or refuse, not 'hurry'", NULL);
    assert_refused(LOGIN "backup: {directory: /b, name: ../x}\n", NULL, FERRY_E_CONFIG,
                   "up.yaml:2:25: backup.name must not begin with '.' or '-'", NULL);
    assert_refused(LOGIN "backup: {directory: /b, name: 'a/{time}'}\n", NULL, FERRY_E_CONFIG,
                   "up.yaml:2:25: backup.name may have letters, digits, '.', '_', '-', {time}, "
                   "{date} and {manager} only",
                   NULL);
    assert_refused(LOGIN "keep: {daily: 7}\n", NULL, FERRY_E_CONFIG,
                   "up.yaml: missing: backup.directory", NULL);
    assert_refused(LOGIN "backup: {directory: /b, wiat: 1h}\n", NULL, FERRY_E_CONFIG,
                   "up.yaml:2:25: unknown key backup.wiat", "did you mean backup.wait?");
}

static void chosen_workflow_refuses_the_other_file(void **state)
{
    struct ferry_error err = {0};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *options;
    struct config_source source = {.file = "up.yaml", .workflow = "backup"};

    (void)state;
    put_file("up.yaml", MINIMAL);
    assert_int_equal(config_load(scope, &source, &options, &err), FERRY_E_CONFIG);
    assert_string_equal(err.message,
                        "up.yaml:2:12: snapshot.file is a key of an upgrade, not of a backup");
    put_file("up.yaml", BACKUP);
    source.workflow = "upgrade";
    assert_int_equal(config_load(scope, &source, &options, &err), FERRY_E_CONFIG);
    assert_string_equal(err.message,
                        "up.yaml:2:10: backup.directory is a key of a backup, not of an upgrade");
    source.workflow = "dinner";
    assert_int_equal(config_load(scope, &source, &options, &err), FERRY_E_USAGE);
}

static void limits_of_a_run_may_change_and_its_folder_may_not(void **state)
{
    static const char *const limits[] = {"limits.in_flight=3"};
    static const char *const folder[] = {"backup.directory=/c"};
    struct ferry_error err = {0};
    struct loaded loaded;
    struct json *out;

    (void)state;
    load_text(&loaded, BACKUP, (char *)NULL);
    assert_int_equal(config_override(loaded.mem, loaded.options, limits, 1, &out, &err), FERRY_OK);
    assert_int_equal(json_int64_or(out, "limits.in_flight", 0), 3);
    assert_string_equal(config_workflow_name(out), "backup");
    assert_int_equal(config_override(loaded.mem, loaded.options, folder, 1, &out, &err),
                     FERRY_E_USAGE);
    loaded_free(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_option_has_its_default, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(every_option_can_be_given, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(keys_of_the_other_workflow_are_refused_by_name,
                                        enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(wrong_values_are_refused_where_they_stand, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(chosen_workflow_refuses_the_other_file, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(limits_of_a_run_may_change_and_its_folder_may_not,
                                        enter_folder, leave_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
