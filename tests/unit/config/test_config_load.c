/* What upgrade.yaml and settings become. */
#include "ferry_test.h"

#include <unistd.h>

#include "fixture.h"

static const char *text_of(const struct loaded *loaded, const char *path)
{
    return json_string_or(loaded->options, path, "(none)");
}

static void assert_path(const struct loaded *loaded, const char *path, const char *name)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    assert_string_equal(text_of(loaded, path), mem_printf(scope, "%s/%s", test_folder(), name));
}

static void the_design_example_is_understood_whole(void **state)
{
    static const char text[] =
        "# upgrade.yaml\n"
        "manager:\n"
        "  url: https://new.example:443\n"
        "  username: admin\n"
        "  password: {file: /run/secrets/new}\n"
        "  after_restore: {username: root, password: {file: /run/secrets/old}}\n"
        "  ca: /etc/ferry/ca.pem\n"
        "  tenant: default_tenant\n"
        "from: {url: http://old.example, username: eve, token: {env: OLD}, "
        "ca: /etc/old.pem, "
        "broker: 'rabbit.example:5671'}\n"
        "snapshot: {file: /backup/prod.zip, id: prod-2026-11-20}\n"
        "restore: {force: true, certificates: false, no_reboot: true, quiet: auto, poll: 5s, "
        "timeout: 4h}\n"
        "maintenance: {poll: auto, timeout: 30m}\n"
        "agents: {tenants: [a, b], concurrency: 5, max_failures: 20, stop_old: yes, "
        "install_timeout: 5m, poll: auto, deployments: [acme/db-*], nodes: [vm], "
        "install_methods: [remote], on_failure: stop, waves: [1, 10, 10, rest], "
        "manager_ip: 10.0.0.1, manager_certificate: cert.pem, validate: true, grace: 90s, "
        "pending: 2m}\n"
        "plugins: {upload: [], visibility: global, update: [x], except: [y], to: minor, "
        "names: [n], mapping: {updates: [{plugin_name: n, suggested_version: 1.10}]}, "
        "auto_correct_types: yes, reevaluate_active_statuses: true, force: true, "
        "accept_data_loss: [6.0.1], wait: 5m, poll: auto}\n"
        "limits: {requests_per_second: 2.5, in_flight: 64, settle: 0s}\n";
    static const char expected[] =
        "{\"agents\":{\"concurrency\":5,\"deployments\":[\"acme/db-*\"],\"grace_ms\":90000,"
        "\"install_methods\":[\"remote\"],\"install_timeout\":300,"
        "\"manager_certificate\":\"-----BEGIN "
        "CERTIFICATE-----\\nx\\n\",\"manager_ip\":\"10.0.0.1\","
        "\"max_failures\":20,\"max_failures_percent\":100,\"node_instances\":null,"
        "\"nodes\":[\"vm\"],\"on_failure\":\"stop\",\"pending_ms\":120000,\"poll_ms\":null,"
        "\"stop_old\":true,\"tenants\":[\"a\",\"b\"],\"timeout_ms\":null,\"validate\":true,"
        "\"waves\":[\"1\",\"10\",\"10\",\"rest\"]},"
        "\"limits\":{\"in_flight\":64,\"requests_per_second\":2.5,\"settle_ms\":0},"
        "\"maintenance\":{\"poll_ms\":null,\"timeout_ms\":1800000},"
        "\"manager\":{\"after_restore\":{\"password\":{\"file\":\"/run/secrets/old\"},"
        "\"token\":null,\"username\":\"root\"},\"after_restore_ca\":null,"
        "\"ca\":\"/etc/ferry/ca.pem\",\"nodes\":null,"
        "\"password\":{\"file\":\"/run/secrets/new\"},\"tenant\":\"default_tenant\","
        "\"token\":null,\"url\":\"https://new.example\",\"username\":\"admin\"},"
        "\"metrics\":{\"file\":null},"
        "\"old_manager\":{\"broker\":\"rabbit.example:5671\",\"ca\":\"/etc/old.pem\","
        "\"maintenance\":true,\"nodes\":null,\"password\":null,\"tenant\":\"default_tenant\","
        "\"token\":{\"env\":\"OLD\"},\"url\":\"http://old.example\",\"username\":\"eve\","
        "\"validate_agents\":true},"
        "\"on\":{\"done\":null,\"failed\":null,\"needs_decision\":null,\"step_done\":null,"
        "\"timeout_ms\":30000},"
        "\"plugins\":{\"accept_data_loss\":[\"6.0.1\"],\"auto_correct_types\":true,"
        "\"except\":[\"y\"],\"force\":true,\"mapping\":{\"updates\":[{\"plugin_name\":\"n\","
        "\"suggested_version\":\"1.10\"}]},\"names\":[\"n\"],\"poll_ms\":null,"
        "\"reevaluate_active_statuses\":true,\"timeout_ms\":null,\"to\":\"minor\","
        "\"update\":[\"x\"],\"upload\":[],\"visibility\":\"global\",\"wait_ms\":300000},"
        "\"restore\":{\"certificates\":false,\"force\":true,\"no_reboot\":true,\"poll_ms\":5000,"
        "\"quiet_ms\":null,\"timeout_ms\":14400000},"
        "\"snapshot\":{\"file\":\"/backup/prod.zip\",\"id\":\"prod-2026-11-20\",\"url\":null}}";
    struct loaded loaded;

    (void)state;
    put_file("cert.pem", "-----BEGIN CERTIFICATE-----\nx\n");
    load_text(&loaded, text, (char *)NULL);
    assert_int_equal(loaded.code, FERRY_OK);
    assert_string_equal(json_print_canonical(loaded.mem, loaded.options), expected);
    loaded_free(&loaded);
}

static void what_is_left_out_has_the_designs_defaults(void **state)
{
    static const char expected[] =
        "{\"agents\":{\"concurrency\":5,\"deployments\":null,\"grace_ms\":60000,"
        "\"install_methods\":null,\"install_timeout\":300,\"manager_certificate\":null,"
        "\"manager_ip\":null,\"max_failures\":-1,\"max_failures_percent\":10,"
        "\"node_instances\":null,\"nodes\":null,\"on_failure\":\"continue\",\"pending_ms\":null,"
        "\"poll_ms\":null,\"stop_old\":false,\"tenants\":null,\"timeout_ms\":null,"
        "\"validate\":false,\"waves\":[]},"
        "\"limits\":{\"in_flight\":64,\"requests_per_second\":5,\"settle_ms\":null},"
        "\"maintenance\":{\"poll_ms\":null,\"timeout_ms\":1800000},"
        "\"manager\":{\"after_restore\":null,\"after_restore_ca\":null,\"ca\":null,"
        "\"nodes\":null,\"password\":{\"env\":\"P\"},"
        "\"tenant\":\"default_tenant\",\"token\":null,\"url\":\"https://"
        "m\",\"username\":\"admin\"},"
        "\"metrics\":{\"file\":null},"
        "\"old_manager\":null,"
        "\"on\":{\"done\":null,\"failed\":null,\"needs_decision\":null,\"step_done\":null,"
        "\"timeout_ms\":30000},"
        "\"plugins\":{\"accept_data_loss\":[],\"auto_correct_types\":false,\"except\":[],"
        "\"force\":false,\"mapping\":null,\"names\":[],\"poll_ms\":null,"
        "\"reevaluate_active_statuses\":false,\"timeout_ms\":null,\"to\":\"latest\","
        "\"update\":null,\"upload\":[],\"visibility\":\"tenant\",\"wait_ms\":1800000},"
        "\"restore\":{\"certificates\":false,\"force\":false,\"no_reboot\":false,\"poll_ms\":null,"
        "\"quiet_ms\":null,\"timeout_ms\":14400000},"
        "\"snapshot\":{\"file\":\"/b/p.zip\",\"id\":\"p\",\"url\":null}}";
    struct loaded loaded;

    (void)state;
    load_text(&loaded,
              "manager: {url: https://m, username: admin, password: {env: P}}\n"
              "snapshot: {file: /b/p.zip}\n"
              "agents:\nrestore: {poll: null}\n",
              (char *)NULL);
    assert_int_equal(loaded.code, FERRY_OK);
    assert_string_equal(json_print_canonical(loaded.mem, loaded.options), expected);
    loaded_free(&loaded);
}

static void an_old_manager_is_named_whole_or_not_at_all(void **state)
{
    static const char one[] = "from.url=http://o";

    (void)state;
    assert_refused(MINIMAL "from: {tenant: x}\n", NULL, FERRY_E_USAGE,
                   "setting from.url is missing: from is incomplete", NULL);
    assert_refused(MINIMAL, one, FERRY_E_USAGE,
                   "setting from.username is missing: from is incomplete", NULL);
    assert_refused(MINIMAL "from: {url: \"http://o\", username: x}\n", NULL, FERRY_E_CONFIG,
                   "up.yaml:3:25: from.username stands alone: from.password.file or "
                   ".token.file (or .env, .command) is missing",
                   NULL);
    assert_refused(MINIMAL "from: {url: \"http://o\", username: x, password: {env: P}, "
                           "broker: \"h:0\"}\n",
                   NULL, FERRY_E_CONFIG, "up.yaml:3:58: from.broker must be HOST or HOST:PORT",
                   NULL);
}

static void settings_alone_are_enough(void **state)
{
    struct loaded loaded;

    (void)state;
    load_text(&loaded, NULL, "manager.url=http://H.Example:80/", "manager.username=u",
              "manager.password.command=pass show x", "snapshot.url=https://s/a/1st.zip?v=2",
              (char *)NULL);
    assert_int_equal(loaded.code, FERRY_OK);
    assert_string_equal(text_of(&loaded, "manager.url"), "http://h.example");
    assert_string_equal(text_of(&loaded, "manager.password.command"), "pass show x");
    assert_string_equal(text_of(&loaded, "snapshot.url"), "https://s/a/1st.zip?v=2");
    assert_string_equal(text_of(&loaded, "snapshot.id"), "snapshot-1st");
    assert_true(json_is_null(json_get(loaded.options, "snapshot.file")));
    loaded_free(&loaded);
}

static void settings_win_over_the_file_and_later_ones_over_earlier(void **state)
{
    struct loaded loaded;

    (void)state;
    load_text(&loaded, MINIMAL "agents: {tenants: [x], concurrency: 2}\nplugins: {update: [p]}\n",
              "agents.concurrency=7", "agents.concurrency=8", "agents.tenants=a, b",
              "plugins.update=none", "manager.password.file=pw", "snapshot.url=http://s/x.zip",
              "limits.requests_per_second=0.5", "agents.max_failures=never", (char *)NULL);
    assert_int_equal(loaded.code, FERRY_OK);
    assert_int_equal(json_int64_or(loaded.options, "agents.concurrency", 0), 8);
    assert_string_equal(json_print(loaded.mem, json_get(loaded.options, "agents.tenants")),
                        "[\"a\",\"b\"]");
    assert_string_equal(json_print(loaded.mem, json_get(loaded.options, "plugins.update")), "[]");
    assert_true(json_is_null(json_get(loaded.options, "snapshot.file")));
    assert_null(json_get(loaded.options, "manager.password.env"));
    assert_path(&loaded, "manager.password.file", "pw");
    assert_int_equal(json_int64_or(loaded.options, "agents.max_failures", 0), -1);
    assert_int_equal(json_int64_or(loaded.options, "agents.max_failures_percent", 0), 100);
    loaded_free(&loaded);
}

static void paths_of_the_file_begin_at_its_folder_those_of_settings_here(void **state)
{
    struct config_source source = {.file = "sub/up.yaml"};
    const char *settings[] = {"manager.ca=./ca.pem"};
    struct loaded loaded = {.mem = mem_scope(NULL)};

    (void)state;
    put_file("sub/up.yaml", MINIMAL "plugins: {upload: [\"p/*.zip\", p/b.zip, ./c.zip]}\n");
    put_file("sub/p/b.zip", "b");
    put_file("sub/p/a.zip", "a");
    put_file("sub/p/a.txt", "no");
    put_file("sub/c.zip", "c");
    source.settings = settings;
    source.setting_count = 1;
    assert_int_equal(config_load(loaded.mem, &source, &loaded.options, &loaded.err), FERRY_OK);
    assert_path(&loaded, "snapshot.file", "sub/prod.zip");
    assert_path(&loaded, "manager.ca", "ca.pem");
    assert_string_equal(json_print(loaded.mem, json_get(loaded.options, "plugins.upload")),
                        mem_printf(loaded.mem,
                                   "[\"%s/sub/p/a.zip\",\"%s/sub/p/b.zip\",\"%s/sub/c.zip\"]",
                                   test_folder(), test_folder(), test_folder()));
    loaded_free(&loaded);
}

static void a_folder_named_like_a_pattern_is_just_a_folder(void **state)
{
    struct config_source source = {.file = "[ab]/up.yaml"};
    struct loaded loaded = {.mem = mem_scope(NULL)};

    (void)state;
    put_file("[ab]/up.yaml", MINIMAL "plugins: {upload: [\"*.zip\"]}\n");
    put_file("[ab]/x.zip", "x");
    put_file("a/wrong.zip", "x");
    assert_int_equal(config_load(loaded.mem, &source, &loaded.options, &loaded.err), FERRY_OK);
    assert_string_equal(json_print(loaded.mem, json_get(loaded.options, "plugins.upload")),
                        mem_printf(loaded.mem, "[\"%s/[ab]/x.zip\"]", test_folder()));
    loaded_free(&loaded);
}

static void assert_plugins(const struct loaded *loaded, const char *path, const char *json)
{
    if (loaded->code != FERRY_OK) {
        fail_msg("%s", loaded->err.message);
    }
    assert_string_equal(json_print(loaded->mem, json_get(loaded->options, path)), json);
}

static void plugins_may_be_archives_folders_and_parts(void **state)
{
    struct loaded loaded;

    (void)state;
    put_file("p/a.zip", "a");
    put_file("d/x.wgn", "x");
    put_file("d/plugin.yaml", "y");
    put_file("d/old.yaml", "y");
    put_file("d/icon.png", "i");
    put_file("d/README", "r");
    put_file("w.wgn", "w");
    put_file("w.yaml", "y");
    load_text(&loaded,
              MINIMAL "plugins:\n  upload:\n    - p/*.zip\n    - d/\n"
                      "    - {wagon: w.wgn, yaml: w.yaml, title: A b, visibility: private}\n"
                      "    - \"*.wgn\"\n",
              (char *)NULL);
    assert_plugins(&loaded, "plugins.upload",
                   mem_printf(loaded.mem,
                              "[\"%s/p/a.zip\",{\"yaml\":[\"%s/d/old.yaml\","
                              "\"%s/d/plugin.yaml\"],\"icon\":\"%s/d/icon.png\",\"wagon\":"
                              "\"%s/d/x.wgn\"},{\"wagon\":\"%s/w.wgn\",\"yaml\":[\"%s/w.yaml\"],"
                              "\"title\":\"A b\",\"visibility\":\"private\"}]",
                              test_folder(), test_folder(), test_folder(), test_folder(),
                              test_folder(), test_folder(), test_folder()));
    loaded_free(&loaded);
    load_text(&loaded, MINIMAL "plugins: {upload: [p/a.zip]}\n",
              "plugins.upload=[{wagon: w.wgn, yaml: [w.yaml, d/plugin.yaml], icon: d/icon.png}]",
              (char *)NULL);
    assert_plugins(&loaded, "plugins.upload",
                   mem_printf(loaded.mem,
                              "[{\"wagon\":\"%s/w.wgn\",\"yaml\":[\"%s/w.yaml\","
                              "\"%s/d/plugin.yaml\"],\"icon\":\"%s/d/icon.png\"}]",
                              test_folder(), test_folder(), test_folder(), test_folder()));
    loaded_free(&loaded);
    /* a later setting ends an earlier one of the other shape */
    load_text(&loaded, MINIMAL, "plugins.upload=[{wagon: w.wgn, yaml: w.yaml}]",
              "plugins.upload=p/a.zip", (char *)NULL);
    assert_plugins(&loaded, "plugins.upload",
                   mem_printf(loaded.mem, "[\"%s/p/a.zip\"]", test_folder()));
    loaded_free(&loaded);
}

static void plugins_go_to_latest_or_minor_by_name(void **state)
{
    struct loaded loaded;

    (void)state;
    load_text(&loaded, MINIMAL "plugins:\n  to: {latest: [a, b], minor: [c]}\n", (char *)NULL);
    assert_plugins(&loaded, "plugins.to", "{\"latest\":[\"a\",\"b\"],\"minor\":[\"c\"]}");
    loaded_free(&loaded);
    load_text(&loaded, MINIMAL, "plugins.to={minor: [c]}", "plugins.mapping={updates: [x]}",
              (char *)NULL);
    assert_plugins(&loaded, "plugins.to", "{\"minor\":[\"c\"]}");
    assert_plugins(&loaded, "plugins.mapping", "{\"updates\":[\"x\"]}");
    loaded_free(&loaded);
    load_text(&loaded, MINIMAL "plugins:\n  to: {latest: [a]}\n", "plugins.to=latest",
              (char *)NULL);
    assert_plugins(&loaded, "plugins.to", "\"latest\"");
    loaded_free(&loaded);
}

static void a_snapshot_without_an_id_gets_one_that_managers_take(void **state)
{
    static const char *const rows[][2] = {
        {"prod.zip", "prod"},         {"2026-11-20.zip", "snapshot-2026-11-20"},
        {"a b\xc3\xa4.zip", "a-b--"}, {"x.tar.zip", "x.tar"},
        {".zip", "snapshot-.zip"},    {"PROD", "PROD"},
    };

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        struct loaded loaded;
        void *scope FERRY_SCOPE = mem_scope(NULL);

        load_text(&loaded, MINIMAL, mem_printf(scope, "snapshot.file=%s", rows[at][0]),
                  (char *)NULL);
        assert_int_equal(loaded.code, FERRY_OK);
        assert_string_equal(text_of(&loaded, "snapshot.id"), rows[at][1]);
        loaded_free(&loaded);
    }
}

static void aliases_and_quotes_are_yaml_as_usual(void **state)
{
    struct loaded loaded;

    (void)state;
    load_text(&loaded,
              "manager:\n  url: 'https://[fd00::1]:8443'\n  username: &who \"ad: min\"\n"
              "  password:\n    file: >-\n      /a\n      b\n"
              "  after_restore:\n    username: *who\n    password: {env: OLD}\n"
              "snapshot:\n  file: \"p.zip\"\n",
              (char *)NULL);
    assert_string_equal(loaded.err.message, "");
    assert_string_equal(text_of(&loaded, "manager.url"), "https://[fd00::1]:8443");
    assert_string_equal(text_of(&loaded, "manager.after_restore.username"), "ad: min");
    assert_string_equal(text_of(&loaded, "manager.password.file"), "/a b");
    loaded_free(&loaded);
}

static void after_restore_has_the_same_name_unless_another_is_given(void **state)
{
    struct loaded loaded;

    (void)state;
    load_text(&loaded, MINIMAL, "manager.after_restore.password.env=OLD", (char *)NULL);
    assert_int_equal(loaded.code, FERRY_OK);
    assert_string_equal(text_of(&loaded, "manager.after_restore.username"), "admin");
    assert_string_equal(text_of(&loaded, "manager.after_restore.password.env"), "OLD");
    loaded_free(&loaded);
}

static void assert_json(const struct loaded *loaded, const char *path, const char *expected)
{
    assert_string_equal(json_print(loaded->mem, json_get(loaded->options, path)), expected);
}

#define SNAPSHOT "snapshot: {file: prod.zip}\n"

static void several_urls_are_the_nodes_of_one_manager(void **state)
{
    static const char flow[] = "manager: {url: [https://B.example:443/, https://a:8443], username: "
                               "u, password: {env: P}}\n" SNAPSHOT;
    static const char block[] = "manager:\n  url:\n    - https://b.example\n    - https://a:8443\n"
                                "  username: u\n  password: {env: P}\n" SNAPSHOT;
    static const char *const texts[] = {flow, block, MINIMAL};

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(texts); at++) {
        struct loaded loaded;

        load_text(&loaded, texts[at],
                  at == 2 ? "manager.url=https://b.example, https://a:8443" : NULL, (char *)NULL);
        assert_string_equal(loaded.err.message, "");
        assert_json(&loaded, "manager.url", "\"https://b.example\"");
        assert_json(&loaded, "manager.nodes", "[\"https://b.example\",\"https://a:8443\"]");
        loaded_free(&loaded);
    }
}

static void one_url_is_one_however_it_is_written(void **state)
{
    struct loaded loaded;

    (void)state;
    load_text(&loaded, "manager: {url: [https://m], username: u, password: {env: P}}\n" SNAPSHOT,
              (char *)NULL);
    assert_json(&loaded, "manager.url", "\"https://m\"");
    assert_json(&loaded, "manager.nodes", "null");
    loaded_free(&loaded);
    load_text(&loaded, MINIMAL, "manager.url=[https://a, https://b]", "manager.url=https://c",
              (char *)NULL);
    assert_json(&loaded, "manager.url", "\"https://c\"");
    assert_json(&loaded, "manager.nodes", "null");
    loaded_free(&loaded);
}

static void a_token_may_stand_for_a_password_or_beside_it(void **state)
{
    struct loaded loaded;

    (void)state;
    load_text(&loaded,
              "manager:\n  url: https://m\n  username: u\n  token: {file: tk}\n"
              "  after_restore: {token: {env: T}}\n" SNAPSHOT,
              (char *)NULL);
    assert_string_equal(loaded.err.message, "");
    assert_path(&loaded, "manager.token.file", "tk");
    assert_json(&loaded, "manager.password", "null");
    assert_json(&loaded, "manager.after_restore",
                "{\"password\":null,\"token\":{\"env\":\"T\"},\"username\":\"u\"}");
    loaded_free(&loaded);
    load_text(&loaded, MINIMAL, "manager.token.command=pass show t",
              "manager.after_restore.token.env=T", "manager.after_restore.password.env=OLD",
              "manager.after_restore.username=root", (char *)NULL);
    assert_json(&loaded, "manager.password", "{\"env\":\"P\"}");
    assert_json(&loaded, "manager.token", "{\"command\":\"pass show t\"}");
    assert_json(&loaded, "manager.after_restore",
                "{\"password\":{\"env\":\"OLD\"},\"token\":{\"env\":\"T\"},"
                "\"username\":\"root\"}");
    loaded_free(&loaded);
}

static void the_ca_of_after_the_restore_is_no_login(void **state)
{
    struct loaded loaded;

    (void)state;
    load_text(&loaded, MINIMAL, "manager.ca=ca.pem", "manager.after_restore.ca=new.pem",
              (char *)NULL);
    assert_string_equal(loaded.err.message, "");
    assert_path(&loaded, "manager.after_restore_ca", "new.pem");
    assert_json(&loaded, "manager.after_restore", "null");
    loaded_free(&loaded);
}

/* Options hold where secrets are; reading them is somebody else's. */
static void no_secret_comes_into_the_options(void **state)
{
    static const char canary[] = "canary-7f3a";
    struct loaded loaded;

    (void)state;
    put_file("secret", canary);
    setenv("FERRY_TEST_CANARY", canary, 1);
    load_text(&loaded, NULL, "manager.url=https://m", "manager.username=u",
              "manager.password.file=secret", "manager.token.env=FERRY_TEST_CANARY",
              "manager.after_restore.password.env=FERRY_TEST_CANARY",
              "manager.after_restore.token.command=cat secret", "snapshot.file=/s.zip",
              (char *)NULL);
    assert_string_equal(loaded.err.message, "");
    assert_null(strstr(json_print(loaded.mem, loaded.options), canary));
    loaded_free(&loaded);
    unsetenv("FERRY_TEST_CANARY");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)
    const struct CMUnitTest tests[] = {
        TEST(the_design_example_is_understood_whole),
        TEST(what_is_left_out_has_the_designs_defaults),
        TEST(an_old_manager_is_named_whole_or_not_at_all),
        TEST(settings_alone_are_enough),
        TEST(settings_win_over_the_file_and_later_ones_over_earlier),
        TEST(paths_of_the_file_begin_at_its_folder_those_of_settings_here),
        TEST(a_folder_named_like_a_pattern_is_just_a_folder),
        TEST(plugins_may_be_archives_folders_and_parts),
        TEST(plugins_go_to_latest_or_minor_by_name),
        TEST(a_snapshot_without_an_id_gets_one_that_managers_take),
        TEST(aliases_and_quotes_are_yaml_as_usual),
        TEST(after_restore_has_the_same_name_unless_another_is_given),
        TEST(several_urls_are_the_nodes_of_one_manager),
        TEST(one_url_is_one_however_it_is_written),
        TEST(a_token_may_stand_for_a_password_or_beside_it),
        TEST(the_ca_of_after_the_restore_is_no_login),
        TEST(no_secret_comes_into_the_options),
    };

    return cmocka_run_group_tests_name("config: load", tests, NULL, NULL);
}
