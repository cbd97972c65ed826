/* from: an upgrade that takes its snapshot on the old manager itself. */
#include "ferry_test.h"

#include "config/workflow.h"
#include "fixture.h"

#define NEW "manager: {url: https://m, username: u, password: {env: PW}}\n"
#define FROM "from: {url: https://o, username: v, password: {env: OLD}}\n"
#define TAKEN NEW FROM "backup: {directory: /b}\n"

static const char *workflow_of(struct loaded *loaded)
{
    assert_int_equal(loaded->code, FERRY_OK);
    return config_workflow_name(loaded->options);
}

static void file_says_whether_the_snapshot_is_taken_or_given(void **state)
{
    static const struct {
        const char *text, *workflow;
    } cases[] = {
        {TAKEN, "upgrade_from"},
        {NEW FROM "snapshot: {url: 'http://o/{snapshot}.zip'}\n", "upgrade_from"},
        {NEW FROM "snapshot: {file: /a.zip}\n", "upgrade"},
        {NEW FROM "snapshot: {url: 'http://o/a.zip'}\n", "upgrade"},
        {NEW "snapshot: {file: /a.zip}\n", "upgrade"},
        {NEW "backup: {directory: /b}\n", "backup"},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        struct loaded loaded;

        load_text(&loaded, cases[i].text, (char *)NULL);
        assert_string_equal(workflow_of(&loaded), cases[i].workflow);
        loaded_free(&loaded);
    }
}

static void names_are_left_to_the_run(void **state)
{
    struct loaded loaded;

    (void)state;
    load_text(&loaded, TAKEN, "from.maintenance=false", (char *)NULL);
    assert_string_equal(workflow_of(&loaded), "upgrade_from");
    assert_string_equal(json_print(loaded.mem, json_member(loaded.options, "snapshot")),
                        "{\"file\":null,\"url\":null,\"id\":null}");
    assert_false(json_bool_or(loaded.options, "old_manager.maintenance", true));
    assert_true(json_bool_or(loaded.options, "old_manager.validate_agents", false));
    assert_string_equal(json_string_or(loaded.options, "backup.directory", ""), "/b");
    assert_null(json_get(loaded.options, "backup.delete_after"));
    assert_null(json_member(loaded.options, "keep"));
    loaded_free(&loaded);
}

static void what_does_not_fit_together_is_refused(void **state)
{
    (void)state;
    assert_refused(NEW FROM, NULL, FERRY_E_CONFIG, "up.yaml: missing: backup.directory", NULL);
    assert_refused(TAKEN "snapshot: {file: /a.zip}\n", NULL, FERRY_E_CONFIG,
                   "up.yaml:3:10: backup.directory is a key of a backup, not of an upgrade",
                   "the snapshot is taken on the old manager only where neither snapshot.file nor "
                   "another snapshot.url is given");
    assert_refused(TAKEN "keep: {daily: 7}\n", NULL, FERRY_E_CONFIG,
                   "up.yaml:4:8: keep.daily is a key of a backup, not of an upgrade that takes its "
                   "snapshot itself",
                   NULL);
    assert_refused(NEW FROM "backup: {directory: /b, delete_after: true}\n", NULL, FERRY_E_CONFIG,
                   "up.yaml:3:25: backup.delete_after is a key of a backup, not of an upgrade that "
                   "takes its snapshot itself",
                   NULL);
    assert_refused(NEW "snapshot: {url: 'http://o/{snapshot}.zip'}\n", NULL, FERRY_E_CONFIG,
                   "up.yaml:2:12: snapshot.url has {snapshot} in it, and there is no from",
                   "name the old manager in from: the snapshot is taken there");
    assert_refused(NEW "from: {tenant: x}\nbackup: {directory: /b}\n", NULL, FERRY_E_USAGE,
                   "setting from.url is missing: from is incomplete", NULL);
}

/* A restore onto the manager that the snapshot is of would delete what it holds. */
static void the_old_manager_is_not_the_new_one(void **state)
{
    static const char *const moved[] = {"from.url=HTTPS://M:443/"};
    static const char *const login = "from.password.env=B";
    struct loaded loaded;
    struct json *out = NULL;

    (void)state;
    assert_refused(TAKEN, moved[0], FERRY_E_CONFIG,
                   "from.url and manager.url name the same manager: https://m",
                   "from is the old manager, which must live on beside the new one; a restore onto "
                   "it would delete what it holds");
    assert_refused(TAKEN, "from.url=https://p, https://m", FERRY_E_CONFIG,
                   "from.url and manager.url name the same manager: https://m", NULL);
    assert_refused(TAKEN, "manager.url=https://p, https://o", FERRY_E_CONFIG,
                   "from.url and manager.url name the same manager: https://o", NULL);
    load_text(&loaded, TAKEN, login, (char *)NULL);
    assert_int_equal(config_override(loaded.mem, loaded.options, moved, 1, &out, &loaded.err),
                     FERRY_E_CONFIG);
    loaded_free(&loaded);
}

static void run_that_has_begun_takes_secrets_of_both(void **state)
{
    static const char *const both[] = {"from.password.env=NEWER", "manager.password.env=NEWEST"};
    static const char *const folder[] = {"backup.directory=/c"};
    struct loaded loaded;
    struct json *options, *out = NULL;

    (void)state;
    load_text(&loaded, TAKEN, (char *)NULL);
    options = json_copy(loaded.mem, loaded.options);
    json_set_string((struct json *)(uintptr_t)json_member(options, "snapshot"), "id", "s");
    json_set_string((struct json *)(uintptr_t)json_member(options, "snapshot"), "file", "/b/s.zip");
    assert_int_equal(config_override(loaded.mem, options, both, 2, &out, &loaded.err), FERRY_OK);
    assert_string_equal(config_workflow_name(out), "upgrade_from");
    assert_string_equal(json_string_or(out, "old_manager.password.env", ""), "NEWER");
    assert_string_equal(json_string_or(out, "manager.password.env", ""), "NEWEST");
    assert_string_equal(json_string_or(out, "snapshot.file", ""), "/b/s.zip");
    assert_int_equal(config_override(loaded.mem, options, folder, 1, &out, &loaded.err),
                     FERRY_E_USAGE);
    loaded_free(&loaded);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(file_says_whether_the_snapshot_is_taken_or_given),
        TEST(names_are_left_to_the_run),
        TEST(what_does_not_fit_together_is_refused),
        TEST(the_old_manager_is_not_the_new_one),
        TEST(run_that_has_begun_takes_secrets_of_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
