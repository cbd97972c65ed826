/* Options that come back: from a saved plan, and changed under a run. */
#include "ferry_test.h"

#include "fixture.h"

/* Options as the loader makes them, as text. */
static char *good_options(const void *mem)
{
    struct loaded loaded;
    char *text;

    load_text(&loaded, MINIMAL, (char *)NULL);
    assert_int_equal(loaded.code, FERRY_OK);
    text = json_print(mem, loaded.options);
    loaded_free(&loaded);
    return text;
}

static enum ferry_code load_plan(struct loaded *loaded, const char *document, const char *setting)
{
    struct config_source source = {
        .file = "plan.json", .settings = &setting, .setting_count = setting == NULL ? 0 : 1};

    memset(loaded, 0, sizeof(*loaded));
    loaded->mem = mem_scope(NULL);
    put_file("plan.json", document);
    return config_load(loaded->mem, &source, &loaded->options, &loaded->err);
}

static void a_saved_plan_gives_back_its_options(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *options = good_options(scope);
    struct loaded loaded;

    (void)state;
    assert_int_equal(load_plan(&loaded, mem_printf(scope, "{\"options\":%s}", options), NULL),
                     FERRY_OK);
    assert_string_equal(json_print(scope, loaded.options), options);
    loaded_free(&loaded);
}

static void a_planned_run_changes_in_logins_url_and_limits_only(void **state)
{
    static const char *const refused[] = {"snapshot.file=x", "agents.concurrency=2",
                                          "manager.username=x", "manager.tenant=x"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *document = mem_printf(scope, "{\"options\":%s}", good_options(scope));
    struct loaded loaded;

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(refused); at++) {
        assert_int_equal(load_plan(&loaded, document, refused[at]), FERRY_E_USAGE);
        assert_non_null(strstr(loaded.err.message, "cannot be changed any more"));
        loaded_free(&loaded);
    }
    assert_int_equal(load_plan(&loaded, document, "manager.url=https://other"), FERRY_OK);
    assert_string_equal(json_string_or(loaded.options, "manager.url", ""), "https://other");
    loaded_free(&loaded);
    assert_int_equal(load_plan(&loaded, document, "limits.in_flight=3"), FERRY_OK);
    assert_int_equal(json_int64_or(loaded.options, "limits.in_flight", 0), 3);
    loaded_free(&loaded);
    assert_int_equal(load_plan(&loaded, document, "manager.password.command=c"), FERRY_OK);
    assert_string_equal(json_print(scope, json_get(loaded.options, "manager.password")),
                        "{\"command\":\"c\"}");
    assert_string_equal(json_string_or(loaded.options, "manager.username", ""), "admin");
    assert_true(json_is_null(json_get(loaded.options, "manager.after_restore")));
    loaded_free(&loaded);
}

static void a_login_after_the_restore_stays_when_another_setting_changes(void **state)
{
    const char *settings[] = {"limits.in_flight=3"};
    struct loaded loaded;
    struct json *out;

    (void)state;
    load_text(&loaded, MINIMAL, "manager.after_restore.password.env=OLD", (char *)NULL);
    assert_int_equal(config_override(loaded.mem, loaded.options, settings, 1, &out, &loaded.err),
                     FERRY_OK);
    assert_string_equal(json_string_or(out, "manager.after_restore.password.env", ""), "OLD");
    assert_string_equal(json_string_or(out, "manager.password.env", ""), "P");
    loaded_free(&loaded);
}

static void what_is_no_plan_is_refused(void **state)
{
    static const char *const rows[][2] = {
        {"{\"options\":", "plan.json is no plan: "},
        {"{}", "plan.json is no plan: it has no options"},
        {"{\"options\":{}}", "plan.json: options lack manager.url"},
    };

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        struct loaded loaded;

        assert_int_equal(load_plan(&loaded, rows[at][0], NULL), FERRY_E_CONFIG);
        assert_int_equal(strncmp(loaded.err.message, rows[at][1], strlen(rows[at][1])), 0);
        loaded_free(&loaded);
    }
}

/* Puts a member into good options and checks them. */
static void assert_spoilt(const char *group, const char *name, const char *json,
                          const char *message)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {0};
    struct json *options, *value, *patch = json_object(scope);
    char *text = good_options(scope);

    assert_int_equal(json_parse(scope, text, strlen(text), &options, &err), FERRY_OK);
    assert_int_equal(json_parse(scope, json, strlen(json), &value, &err), FERRY_OK);
    json_set_json(json_set_object(patch, group), name, value);
    json_merge(options, patch);
    assert_int_equal(config_check_options(options, &err), FERRY_E_CONFIG);
    assert_string_equal(err.message, message);
}

static void spoilt_options_are_refused(void **state)
{
    (void)state;
    assert_spoilt("manager", "password", "\"geheim\"", "options have a wrong manager.password");
    assert_spoilt("manager", "password", "{\"text\":\"geheim\"}",
                  "options have a wrong manager.password");
    assert_spoilt("manager", "after_restore", "{\"username\":\"a\"}",
                  "options have a wrong manager.after_restore");
    assert_spoilt("manager", "url", "\"https://u:p@m\"",
                  "manager.url of the options must not have user:password@ in it: the password "
                  "would be stored");
    assert_spoilt("restore", "poll_ms", "\"5s\"", "options have a wrong restore.poll_ms");
    assert_spoilt("restore", "force", "1", "options have a wrong restore.force");
    assert_spoilt("agents", "tenants", "[1]", "options have a wrong agents.tenants");
    assert_spoilt("agents", "bogus", "1", "options have an unknown member agents.bogus");
    assert_spoilt("bogus", "x", "1", "options have an unknown member bogus");
    assert_spoilt("plugins", "upload", "[1]", "options have a wrong plugins.upload");
    assert_spoilt("plugins", "upload", "[{\"wagon\":\"w\"}]",
                  "options have a wrong plugins.upload");
    assert_spoilt("plugins", "upload", "[{\"wagon\":\"w\",\"yaml\":[]}]",
                  "options have a wrong plugins.upload");
    assert_spoilt("plugins", "mapping", "\"x\"", "options have a wrong plugins.mapping");
    assert_spoilt("plugins", "visibility", "1", "options have a wrong plugins.visibility");
    assert_spoilt("plugins", "to", "null", "options lack plugins.to");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)
    const struct CMUnitTest tests[] = {
        TEST(a_saved_plan_gives_back_its_options),
        TEST(a_planned_run_changes_in_logins_url_and_limits_only),
        TEST(a_login_after_the_restore_stays_when_another_setting_changes),
        TEST(what_is_no_plan_is_refused),
        TEST(spoilt_options_are_refused),
    };

    return cmocka_run_group_tests_name("config: plan", tests, NULL, NULL);
}
