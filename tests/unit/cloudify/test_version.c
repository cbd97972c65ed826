#include "ferry_test.h"

#include "base/mem.h"
#include "cloudify/version.h"

static void versions_are_read_as_managers_and_agents_write_them(void **state)
{
    static const struct {
        const char *text;
        int major, minor, service;
        const char *suffix;
    } good[] = {
        {"7.1.0.dev1", 7, 1, 0, "dev1"},
        {"7.0.5", 7, 0, 5, ""},
        {"7.1.0-.dev1", 7, 1, 0, "dev1"},
        {"5.1.0", 5, 1, 0, ""},
        {"4.6", 4, 6, 0, ""},
        {"6.3.0-ga", 6, 3, 0, "ga"},
        {"4.5.5.1", 4, 5, 5, "1"},
        {"10.20.30", 10, 20, 30, ""},
    };
    static const char *const bad[] = {"",       "7",     "7.",     "x.1",  "7.x",   "-7.1", " 7.1",
                                      "7.1000", "7.1 0", "1234.1", "7..1", "7.1\n", NULL};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(good); i++) {
        struct cloudify_version version;
        assert_true(cloudify_version_parse(good[i].text, &version));
        assert_int_equal(version.major, good[i].major);
        assert_int_equal(version.minor, good[i].minor);
        assert_int_equal(version.service, good[i].service);
        assert_string_equal(version.suffix, good[i].suffix);
    }
    for (size_t i = 0; i < FERRY_COUNT(bad); i++) {
        struct cloudify_version version = {.major = -1};
        assert_false(cloudify_version_parse(bad[i], &version));
        assert_int_equal(version.major, -1);
    }
}

static void versions_compare_without_their_suffix(void **state)
{
    static const struct {
        const char *a, *b;
        int sign;
    } cases[] = {{"7.1.0.dev1", "7.1.0", 0}, {"7.1.0-.dev1", "7.1.0.dev1", 0},
                 {"4.6", "4.6.0", 0},        {"7.0.5", "7.1.0", -1},
                 {"6.10.0", "6.4.2", 1},     {"5.2.7", "5.2.6", 1},
                 {"10.0", "9.9.9", 1}};

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(cases); i++) {
        int order = 99;
        assert_true(cloudify_version_compare_text(cases[i].a, cases[i].b, &order));
        assert_int_equal((order > 0) - (order < 0), cases[i].sign);
    }
    int order = 99;
    assert_false(cloudify_version_compare_text("7.1", "nothing", &order));
}

/* What the facts say, typed again by hand: section 1.1, 1.2, 1.3, 4.1, 9. */
static void capabilities_are_those_of_the_facts(void **state)
{
    static const struct {
        const char *version;
        bool status, bypass, id, recreate, replaces, legacy_flag, updates, force_query, loss;
        int64_t quiet_ms;
    } expected[] = {
        {"4.5", 0, 0, 0, 1, 0, 0, 0, 0, 0, 60000},
        {"4.6.0", 0, 0, 0, 1, 0, 0, 0, 0, 0, 60000},
        {"5.0.0", 0, 0, 0, 1, 0, 0, 1, 1, 0, 60000},
        {"5.0.5", 1, 0, 0, 1, 0, 0, 1, 1, 0, 60000},
        {"5.1.0", 1, 0, 0, 1, 0, 0, 1, 0, 0, 60000},
        {"5.1.1", 1, 1, 0, 1, 0, 0, 1, 0, 0, 60000},
        {"5.2.6", 1, 1, 0, 1, 0, 0, 1, 0, 1, 60000},
        {"5.2.7", 1, 1, 0, 1, 0, 0, 1, 0, 0, 60000},
        {"6.0.1", 1, 1, 0, 0, 0, 0, 1, 0, 1, 60000},
        {"6.1.0", 1, 1, 0, 0, 0, 0, 1, 0, 1, 60000},
        {"6.2.0", 1, 1, 0, 0, 0, 0, 1, 0, 1, 30000},
        {"6.3.0", 1, 1, 1, 0, 0, 0, 1, 0, 0, 30000},
        {"6.4.2", 1, 1, 1, 0, 0, 0, 1, 0, 0, 30000},
        {"7.0.5", 1, 1, 1, 0, 1, 1, 1, 0, 0, 30000},
        {"7.1.0.dev1", 1, 1, 1, 0, 1, 1, 1, 0, 0, 30000},
        {"9.0.0", 1, 1, 1, 0, 1, 1, 1, 0, 0, 30000},
    };

    (void)state;
    for (size_t i = 0; i < FERRY_COUNT(expected); i++) {
        const struct cloudify_caps *caps = cloudify_caps_for(expected[i].version);
        assert_non_null(caps);
        assert_int_equal(caps->has_snapshot_status, expected[i].status);
        assert_int_equal(caps->bypass_maintenance, expected[i].bypass);
        assert_int_equal(caps->client_execution_id, expected[i].id);
        assert_int_equal(caps->recreate_deployments_envs_required, expected[i].recreate);
        assert_int_equal(caps->upload_replaces, expected[i].replaces);
        assert_int_equal(caps->legacy_flag, expected[i].legacy_flag);
        assert_int_equal(caps->plugins_updates, expected[i].updates);
        assert_int_equal(caps->plugins_update_force_in_query, expected[i].force_query);
        assert_int_equal(caps->data_loss_on_failed_plugin_update, expected[i].loss);
        assert_int_equal(caps->quiet_ms, expected[i].quiet_ms);
        assert_int_equal(caps->poll_ms, 5000);
    }
}

#define CHECK(name, condition, source) assert_int_equal(caps->name, condition);

/* A line with a version of its own needs a row that begins there: forgetting it shows here. */
static void every_version_finds_the_row_that_its_conditions_ask_for(void **state)
{
    int checked = 0;

    (void)state;
    for (int major = 4; major <= 8; major++) {
        for (int minor = major == 4 ? 5 : 0; minor <= 9; minor++) {
            for (int service = 0; service <= 9; service++) {
                char text[48];
                (void)snprintf(text, sizeof text, "%d.%d.%d", major, minor, service);
                const struct cloudify_caps *caps = cloudify_caps_for(text);
                const int v = CLOUDIFY_V(major, minor, service);
                assert_non_null(caps);
                CLOUDIFY_CAPS(CHECK, v)
                assert_int_equal(caps->tokens, v >= CLOUDIFY_V(6, 4, 0) ? CLOUDIFY_TOKENS_ROWS
                                                                        : CLOUDIFY_TOKENS_ONE);
                checked++;
            }
        }
    }
    assert_int_equal(checked, 450);
}

static void flag_files_lie_where_each_version_has_them(void **state)
{
    (void)state;
    assert_null(cloudify_caps_for("5.0.0")->flag_path);
    assert_string_equal(cloudify_caps_for("5.0.5")->flag_path,
                        "/opt/manager/snapshot_status/snapshot_restoring");
    assert_string_equal(cloudify_caps_for("7.0.5")->flag_path, "/tmp/cloudify/snapshot_restoring");
}

static void old_managers_are_refused_with_the_reason(void **state)
{
    const struct cloudify_caps *caps = NULL;
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    assert_int_equal(cloudify_caps_find("4.4.1", &caps, &err), FERRY_E_REFUSED);
    assert_non_null(strstr(err.message, "maintenance"));
    assert_int_not_equal(err.hint[0], '\0');
    assert_int_equal(cloudify_caps_find("<html>", &caps, &err), FERRY_E_PROTOCOL);
    assert_int_equal(cloudify_caps_find(NULL, &caps, &err), FERRY_E_PROTOCOL);
    assert_null(caps);
    assert_null(cloudify_caps_for("3.4.0"));
    assert_int_equal(cloudify_caps_find("4.5.0", &caps, &err), FERRY_OK);
    assert_non_null(caps);
}

static void a_newer_manager_is_treated_like_the_newest_known_with_a_warning(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_null(cloudify_version_warning(scope, "7.1.0.dev1"));
    assert_null(cloudify_version_warning(scope, "7.1.9"));
    assert_null(cloudify_version_warning(scope, "4.6"));
    assert_non_null(cloudify_version_warning(scope, "7.2.0"));
    assert_non_null(cloudify_version_warning(scope, "8.0"));
    assert_ptr_equal(cloudify_caps_for("8.0"), cloudify_caps_for("7.1.0"));
}

static void restores_that_a_manager_refuses_are_known_beforehand(void **state)
{
    struct ferry_error err = {.code = FERRY_OK};

    (void)state;
    assert_int_equal(cloudify_restore_allowed("7.1.0.dev1", "7.1.0", &err), FERRY_OK);
    assert_int_equal(cloudify_restore_allowed("7.0.5", "7.1.0", &err), FERRY_E_REFUSED);
    assert_int_equal(cloudify_restore_allowed("7.0.5", "3.4.2", &err), FERRY_E_REFUSED);
    assert_int_equal(cloudify_restore_allowed("4.6.0", "3.4.2", &err), FERRY_OK);
    assert_int_equal(cloudify_restore_allowed("7.0.5", "4.0.0", &err), FERRY_OK);
    assert_int_equal(cloudify_restore_allowed("7.0.5", "who", &err), FERRY_E_ARCHIVE);
    assert_int_equal(cloudify_restore_allowed("who", "7.0.5", &err), FERRY_E_PROTOCOL);
    assert_true(cloudify_restore_tested("7.0.5", "5.1.0"));
    assert_true(cloudify_restore_tested("6.4.2", "5.1.4"));
    assert_true(cloudify_restore_tested("7.1.0.dev1", "7.1.0"));
    assert_false(cloudify_restore_tested("7.0.5", "4.6.0"));
    assert_false(cloudify_restore_tested("6.4.2", "5.0.5"));
    assert_false(cloudify_restore_tested("5.2.7", "6.0.0"));
}

static void every_capability_names_its_source(void **state)
{
    const struct cloudify_caps *caps = cloudify_caps_for("7.0.5");
    const char *name = NULL;
    const char *source = NULL;
    bool value = false;
    size_t i = 0;

    (void)state;
    for (; cloudify_caps_describe(caps, i, &name, &value, &source); i++) {
        assert_int_equal(strncmp(source, "facts ", 6), 0);
        if (strcmp(name, "upload_replaces") == 0) {
            assert_true(value);
        }
    }
    assert_true(i > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_read_as_managers_and_agents_write_them),
        cmocka_unit_test(versions_compare_without_their_suffix),
        cmocka_unit_test(capabilities_are_those_of_the_facts),
        cmocka_unit_test(every_version_finds_the_row_that_its_conditions_ask_for),
        cmocka_unit_test(flag_files_lie_where_each_version_has_them),
        cmocka_unit_test(old_managers_are_refused_with_the_reason),
        cmocka_unit_test(a_newer_manager_is_treated_like_the_newest_known_with_a_warning),
        cmocka_unit_test(restores_that_a_manager_refuses_are_known_beforehand),
        cmocka_unit_test(every_capability_names_its_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
