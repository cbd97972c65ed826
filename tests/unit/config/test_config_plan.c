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

static void what_an_earlier_ferry_did_not_know_may_be_absent(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *options, *patch;
    char *text = good_options(scope);

    (void)state;
    assert_int_equal(json_parse(scope, text, strlen(text), &options, NULL), FERRY_OK);
    text = mem_strdup(scope, "{\"agents\":{\"waves\":null,\"validate\":null,\"on_failure\":null}}");
    assert_int_equal(json_parse(scope, text, strlen(text), &patch, NULL), FERRY_OK);
    json_merge(options, patch); /* takes them out */
    assert_null(json_get(options, "agents.waves"));
    assert_int_equal(config_check_options(options, NULL), FERRY_OK);
    text = mem_strdup(scope, "{\"agents\":{\"concurrency\":null}}");
    assert_int_equal(json_parse(scope, text, strlen(text), &patch, NULL), FERRY_OK);
    json_merge(options, patch);
    assert_int_equal(config_check_options(options, NULL), FERRY_E_CONFIG);
}

static void waves_may_be_given_anew(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct loaded loaded;

    (void)state;
    assert_int_equal(load_plan(&loaded, mem_printf(scope, "{\"options\":%s}", good_options(scope)),
                               "agents.waves=100, rest"),
                     FERRY_OK);
    assert_string_equal(json_print(scope, json_get(loaded.options, "agents.waves")),
                        "[\"100\",\"rest\"]");
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

/* Good options with these settings, then overridden by one more. */
static struct json *overridden(struct loaded *loaded, const char *first, const char *second,
                               const char *override)
{
    struct json *out = NULL;

    load_text(loaded, MINIMAL, first, second, (char *)NULL);
    assert_string_equal(loaded->err.message, "");
    if (config_override(loaded->mem, loaded->options, &override, 1, &out, &loaded->err) != FERRY_OK)
        fail_msg("%s", loaded->err.message);
    assert_int_equal(config_check_options(out, &loaded->err), FERRY_OK);
    return out;
}

static void assert_overridden(const char *first, const char *second, const char *override,
                              const char *path, const char *expected)
{
    struct loaded loaded;
    struct json *out = overridden(&loaded, first, second, override);

    assert_string_equal(json_print(loaded.mem, json_get(out, path)), expected);
    loaded_free(&loaded);
}

static void nodes_tokens_and_cas_may_be_given_anew(void **state)
{
    (void)state;
    assert_overridden(NULL, NULL, "manager.url=https://a,https://b", "manager.nodes",
                      "[\"https://a\",\"https://b\"]");
    assert_overridden("manager.url=https://a,https://b", NULL, "manager.url=https://c",
                      "manager.nodes", "null");
    assert_overridden("manager.url=https://a,https://b", NULL, "limits.in_flight=1",
                      "manager.nodes", "[\"https://a\",\"https://b\"]");
    assert_overridden(NULL, NULL, "manager.token.env=T", "manager.token", "{\"env\":\"T\"}");
    assert_overridden(NULL, NULL, "manager.token.env=T", "manager.password", "{\"env\":\"P\"}");
    assert_overridden("manager.token.env=T", NULL, "manager.password.env=N", "manager.token",
                      "{\"env\":\"T\"}");
    assert_overridden(NULL, NULL, "manager.ca=/a.pem", "manager.ca", "\"/a.pem\"");
    assert_overridden("manager.ca=/a.pem", NULL, "manager.after_restore.ca=/b.pem",
                      "manager.after_restore_ca", "\"/b.pem\"");
}

static void a_secret_given_anew_leaves_the_rest_of_its_login(void **state)
{
    (void)state;
    assert_overridden("manager.after_restore.username=root", "manager.after_restore.password.env=A",
                      "manager.after_restore.password.env=B", "manager.after_restore",
                      "{\"password\":{\"env\":\"B\"},\"token\":null,\"username\":\"root\"}");
    assert_overridden("manager.after_restore.username=root", "manager.after_restore.password.env=A",
                      "manager.after_restore.token.env=T", "manager.after_restore",
                      "{\"password\":{\"env\":\"A\"},\"token\":{\"env\":\"T\"},"
                      "\"username\":\"root\"}");
}

#define OLD "from.url=http://o", "from.username=eve"

static void secrets_of_an_old_manager_may_be_given_anew(void **state)
{
    const char *settings[] = {"from.password.env=B", "from.url=http://n"};
    const char *none[] = {"limits.in_flight=3"};
    struct loaded loaded;
    struct json *out = NULL;

    (void)state;
    load_text(&loaded, MINIMAL, OLD, "from.password.env=A", (char *)NULL);
    assert_int_equal(config_override(loaded.mem, loaded.options, settings, 2, &out, &loaded.err),
                     FERRY_OK);
    assert_string_equal(json_print_canonical(loaded.mem, json_get(out, "old_manager")),
                        "{\"broker\":null,\"ca\":null,\"maintenance\":true,\"nodes\":null,"
                        "\"password\":{\"env\":\"B\"},"
                        "\"tenant\":\"default_tenant\",\"token\":null,\"url\":\"http://n\","
                        "\"username\":\"eve\",\"validate_agents\":true}");
    loaded_free(&loaded);
    load_text(&loaded, MINIMAL, (char *)NULL); /* a run without one goes on without one */
    assert_int_equal(config_override(loaded.mem, loaded.options, none, 1, &out, &loaded.err),
                     FERRY_OK);
    assert_true(json_is_null(json_get(out, "old_manager")));
    loaded_free(&loaded);
}

/* As journals and plans hold them that were written before there were nodes and tokens. */
static void options_of_an_earlier_ferry_are_taken(void **state)
{
    static const char *const later[] = {"nodes", "token", "after_restore_ca"};
    const char *setting = "manager.token.env=T";
    struct loaded loaded;
    struct json *old, *manager, *out;

    (void)state;
    load_text(&loaded, MINIMAL, "manager.after_restore.password.env=OLD", (char *)NULL);
    old = json_copy(loaded.mem, loaded.options);
    manager = json_copy(loaded.mem, json_member(old, "manager"));
    for (size_t at = 0; at < FERRY_COUNT(later); at++)
        json_remove(manager, later[at]);
    {
        struct json *login = json_copy(loaded.mem, json_member(manager, "after_restore"));

        json_remove(login, "token");
        json_set_json(manager, "after_restore", login);
    }
    json_set_json(old, "manager", manager);
    assert_int_equal(config_check_options(old, &loaded.err), FERRY_OK);
    assert_int_equal(config_override(loaded.mem, old, &setting, 1, &out, &loaded.err), FERRY_OK);
    assert_string_equal(json_string_or(out, "manager.token.env", ""), "T");
    assert_string_equal(json_string_or(out, "manager.after_restore.password.env", ""), "OLD");
    loaded_free(&loaded);
}

static void options_without_any_secret_are_refused(void **state)
{
    struct loaded loaded;
    struct json *manager;

    (void)state;
    load_text(&loaded, MINIMAL, (char *)NULL);
    manager = json_copy(loaded.mem, json_member(loaded.options, "manager"));
    json_set_null(manager, "password");
    json_set_json(loaded.options, "manager", manager);
    assert_int_equal(config_check_options(loaded.options, &loaded.err), FERRY_E_CONFIG);
    assert_string_equal(loaded.err.message, "options lack manager.password or manager.token");
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
    assert_spoilt("manager", "token", "\"ctok-1\"", "options have a wrong manager.token");
    assert_spoilt("old_manager", "token", "\"ctok-1\"", "options have a wrong old_manager.token");
    assert_spoilt("old_manager", "url", "\"http://o\"",
                  "options lack from.username, .password or .token");
    assert_spoilt("manager", "after_restore", "{\"username\":\"a\",\"token\":\"ctok-1\"}",
                  "options have a wrong manager.after_restore");
    assert_spoilt("manager", "after_restore",
                  "{\"username\":\"a\",\"token\":{\"env\":\"T\"},\"password\":\"geheim\"}",
                  "options have a wrong manager.after_restore");
    assert_spoilt("manager", "after_restore",
                  "{\"username\":\"a\",\"token\":{\"env\":\"T\"},\"secret\":\"geheim\"}",
                  "options have a wrong manager.after_restore");
    assert_spoilt("manager", "nodes", "\"https://m\"", "options have a wrong manager.nodes");
    assert_spoilt("manager", "nodes", "[\"https://a\",\"https://b\"]",
                  "manager.url of the options is not the first of manager.nodes");
    assert_spoilt("manager", "nodes", "[\"https://m\",\"https://u:p@b\"]",
                  "manager.nodes of the options must not have user:password@ in it: the password "
                  "would be stored");
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
        TEST(what_an_earlier_ferry_did_not_know_may_be_absent),
        TEST(waves_may_be_given_anew),
        TEST(a_login_after_the_restore_stays_when_another_setting_changes),
        TEST(nodes_tokens_and_cas_may_be_given_anew),
        TEST(a_secret_given_anew_leaves_the_rest_of_its_login),
        TEST(secrets_of_an_old_manager_may_be_given_anew),
        TEST(options_of_an_earlier_ferry_are_taken),
        TEST(options_without_any_secret_are_refused),
        TEST(what_is_no_plan_is_refused),
        TEST(spoilt_options_are_refused),
    };

    return cmocka_run_group_tests_name("config: plan", tests, NULL, NULL);
}
