/* What is refused, with the place and the words. */
#include "ferry_test.h"

#include <stdio.h>

#include "fixture.h"

#define NEVER "never the text itself"

struct row {
    const char *text, *message, *hint;
};

static void refuse_all(const struct row *rows, size_t count)
{
    for (size_t at = 0; at < count; at++)
        assert_refused(rows[at].text, NULL, FERRY_E_CONFIG, rows[at].message, rows[at].hint);
}

static void unknown_keys_are_refused_where_they_stand(void **state)
{
    static const struct row rows[] = {
        {MINIMAL "restore:\n  force: true\n  forse: true\n",
         "up.yaml:5:3: unknown key restore.forse", "did you mean restore.force?"},
        {MINIMAL "agnets: {concurrency: 1}\n", "up.yaml:3:1: unknown key agnets",
         "did you mean agents?"},
        {MINIMAL "no_reboot: true\n", "up.yaml:3:1: unknown key no_reboot",
         "did you mean restore.no_reboot?"},
        {MINIMAL "force: true\n", "up.yaml:3:1: unknown key force", ""}, /* of two groups */
        {MINIMAL "xyzzy:\n  - 1\n  - {a: b}\n", "up.yaml:3:1: unknown key xyzzy", ""},
        {MINIMAL "restore: {poll: 5s, bogus: {deep: 1}}\n",
         "up.yaml:3:21: unknown key restore.bogus", ""},
        {MINIMAL "limits: {<<: {in_flight: 3}}\n", "up.yaml:3:10: unknown key limits.<<", ""},
    };

    (void)state;
    refuse_all(rows, FERRY_COUNT(rows));
}

static void wrong_types_are_refused_where_they_stand(void **state)
{
    static const struct row rows[] = {
        {MINIMAL "restore: {force: maybe}\n",
         "up.yaml:3:11: restore.force must be true or false, not 'maybe'", NULL},
        {MINIMAL "restore:\n  poll: 5\n",
         "up.yaml:4:3: restore.poll must be auto or a duration such as 500ms, 5s, 30m or 4h, not "
         "'5'",
         NULL},
        {MINIMAL "restore: {timeout: auto}\n",
         "up.yaml:3:11: restore.timeout must be a duration such as 500ms, 5s, 30m or 4h, not "
         "'auto'",
         NULL},
        {MINIMAL "restore: {timeout: 31d}\n",
         "up.yaml:3:11: restore.timeout must be from 1 ms to 720 h 00 min, not '31d'", NULL},
        {MINIMAL "agents: {concurrency: 0}\n",
         "up.yaml:3:10: agents.concurrency must be a number from 1 to 1000, not '0'", NULL},
        {MINIMAL "agents: {max_failures: 101%}\n",
         "up.yaml:3:10: agents.max_failures must be a number of units, a share such as 10%, or "
         "never, not '101%'",
         NULL},
        {MINIMAL "agents: {install_timeout: 1500ms}\n",
         "up.yaml:3:10: agents.install_timeout must be a number of seconds, or a duration such as "
         "5m, not '1500ms'",
         NULL},
        {MINIMAL "limits: {requests_per_second: 0}\n",
         "up.yaml:3:10: limits.requests_per_second must be a number above 0, up to 10000, not '0'",
         NULL},
        {MINIMAL "plugins: {update: some}\n",
         "up.yaml:3:11: plugins.update must be all, none or a list, not 'some'", NULL},
        {MINIMAL "agents: {tenants: none}\n",
         "up.yaml:3:10: agents.tenants must be all or a list, not 'none'", NULL},
        {MINIMAL "agents: {tenants: []}\n",
         "up.yaml:3:10: agents.tenants must be all, or name at least one", NULL},
    };

    (void)state;
    refuse_all(rows, FERRY_COUNT(rows));
}

static void wrong_shapes_are_refused_where_they_stand(void **state)
{
    static const struct row rows[] = {
        {MINIMAL "agents: 5\n", "up.yaml:3:1: agents must have keys below it", NULL},
        {MINIMAL "agents: [a]\n", "up.yaml:3:9: agents must have keys below it", NULL},
        {MINIMAL "restore: {force: [true]}\n", "up.yaml:3:18: restore.force must be a single value",
         NULL},
        {MINIMAL "plugins: {upload: a.zip}\n",
         "up.yaml:3:19: plugins.upload must be a list, such as [a, b]", NULL},
        {MINIMAL "agents: {tenants: [a, [b]]}\n",
         "up.yaml:3:23: an item of agents.tenants must be a single value", NULL},
        {MINIMAL "plugins: {except: [a, b, a]}\n", "up.yaml:3:26: plugins.except names 'a' twice",
         NULL},
        {MINIMAL "plugins: {except: [a, \"\"]}\n",
         "up.yaml:3:23: plugins.except has an item that must not be empty", NULL},
        {MINIMAL "plugins:\n  upload:\n    - up.yaml\n    - no/*.zip\n",
         "up.yaml:6:7: plugins.upload names no file: nothing matches 'no/*.zip'", NULL},
        {MINIMAL "plugins: {upload: [/]}\n",
         "up.yaml:3:20: plugins.upload names folder /, which holds 0 .wgn and 0 .yaml",
         "exactly one .wgn"},
        {MINIMAL "plugins: {upload: [/dev/null]}\n",
         "up.yaml:3:20: plugins.upload names /dev/null, which is no file", NULL},
        {"- a\n", "up.yaml: the file must hold keys such as manager: and snapshot:", NULL},
        {"text\n", "up.yaml: the file must hold keys such as manager: and snapshot:", NULL},
    };

    (void)state;
    refuse_all(rows, FERRY_COUNT(rows));
}

static void wrong_plugins_are_refused_where_they_stand(void **state)
{
#define UPLOAD MINIMAL "plugins:\n  upload:\n    - up.yaml\n    - "
#define AT "up.yaml:6:7: plugins.upload "
    static const struct row rows[] = {
        {UPLOAD "{ikon: up.yaml}\n", AT "has an item with the unknown key ikon",
         "{wagon: FILE, yaml: FILE}"},
        {UPLOAD "{yaml: up.yaml}\n", AT "has an item without wagon", "{wagon: FILE, yaml: FILE}"},
        {UPLOAD "{wagon: d/x.wgn}\n", AT "has an item without yaml", "{wagon: FILE, yaml: FILE}"},
        {UPLOAD "{wagon: d/x.wgn, yaml: []}\n", AT "has an item without yaml",
         "{wagon: FILE, yaml: FILE}"},
        {UPLOAD "{wagon: [a]}\n", AT "has an item whose wagon must be a path", NULL},
        {UPLOAD "{wagon: ''}\n", AT "has an item whose wagon must not be empty", NULL},
        {UPLOAD "{title: {a: b}}\n", AT "has an item whose title must be a text", NULL},
        {UPLOAD "{visibility: all}\n",
         AT "has an item whose visibility must be tenant, private or global", NULL},
        {UPLOAD "[x]\n", "up.yaml:6:7: an item of plugins.upload must be a single value", NULL},
        {UPLOAD "[x]\n    - {a: b}\n",
         "up.yaml:6:7: an item of plugins.upload must be a single value", NULL},
        {MINIMAL
         "plugins:\n  upload:\n    - {wagon: d/x.wgn, yaml: up.yaml}\n    - up.yaml\n    - [x]\n",
         "up.yaml:7:7: plugins.upload has an item that is neither a path nor {wagon: FILE, yaml: "
         "FILE}",
         NULL},
        {MINIMAL "plugins: {upload: {a: b}}\n",
         "up.yaml:3:19: plugins.upload must be a list, such as [a, b]", NULL},
        {MINIMAL "plugins: {visibility: all}\n",
         "up.yaml:3:11: plugins.visibility must be tenant, private or global, not 'all'", NULL},
        {MINIMAL "plugins: {to: newest}\n",
         "up.yaml:3:11: plugins.to must be latest, minor or keys such as {latest: [a]}, not "
         "'newest'",
         NULL},
        {MINIMAL "plugins: {to: {newest: [a]}}\n",
         "up.yaml:3:11: plugins.to must be latest, minor, or lists below these two words, not "
         "newest",
         NULL},
        {MINIMAL "plugins: {to: {latest: a}}\n",
         "up.yaml:3:11: plugins.to must be latest, minor, or lists below these two words, not "
         "latest",
         NULL},
        {MINIMAL "plugins: {to: {latest: []}}\n",
         "up.yaml:3:11: plugins.to must name at least one plugin", NULL},
        {MINIMAL "plugins: {to: {latest: [[a]]}}\n",
         "up.yaml:3:11: plugins.to has a name that is no text", NULL},
        {MINIMAL "plugins: {mapping: x}\n", "up.yaml:3:11: plugins.mapping must have keys below it",
         NULL},
        {MINIMAL "plugins: {mapping: {a: b}}\n",
         "up.yaml:3:11: plugins.mapping must have updates below it, and something in them", NULL},
    };
    char absolute[512];

    (void)state;
    put_file("d/x.wgn", "x");
    refuse_all(rows, FERRY_COUNT(rows));
    (void)snprintf(absolute, sizeof(absolute), AT "names %s/no.wgn, which is no file",
                   test_folder());
    assert_refused(UPLOAD "{wagon: no.wgn}\n", NULL, FERRY_E_CONFIG, absolute, NULL);
    (void)snprintf(absolute, sizeof(absolute),
                   AT "names %s/up.yaml: a manager wants a wagon's name to end in .wgn",
                   test_folder());
    assert_refused(UPLOAD "{wagon: up.yaml}\n", NULL, FERRY_E_CONFIG, absolute, NULL);
    (void)snprintf(absolute, sizeof(absolute),
                   AT "names %s/d/x.wgn: a manager wants the name to end in .yaml", test_folder());
    assert_refused(UPLOAD "{yaml: d/x.wgn}\n", NULL, FERRY_E_CONFIG, absolute, NULL);
    (void)snprintf(absolute, sizeof(absolute),
                   AT "has an item with two yamls of one name: %s/up.yaml", test_folder());
    assert_refused(UPLOAD "{yaml: [up.yaml, ./up.yaml]}\n", NULL, FERRY_E_CONFIG, absolute, NULL);
    (void)snprintf(absolute, sizeof(absolute), "up.yaml:7:7: plugins.upload names %s/d/x.wgn twice",
                   test_folder());
    assert_refused(UPLOAD "d/x.wgn\n    - {wagon: d/x.wgn, yaml: up.yaml}\n", NULL, FERRY_E_CONFIG,
                   absolute, NULL);
    assert_refused(
        MINIMAL, "plugins.to={latest: [", FERRY_E_USAGE,
        "setting plugins.to: line 2, column 1: not valid YAML: did not find expected node "
        "content",
        NULL);
    assert_refused(MINIMAL, "plugins.mapping=[{a: b}]", FERRY_E_USAGE,
                   "setting plugins.mapping must have keys below it", NULL);
#undef UPLOAD
#undef AT
}

static void what_is_no_yaml_is_refused(void **state)
{
    static const struct row rows[] = {
        {"manager:\n  url: \"x\n",
         "up.yaml:2:3: not valid YAML from here on: found unexpected end "
         "of stream",
         NULL},
        {"\tmanager: x\n",
         "up.yaml: not valid YAML from here on: found character that cannot start any token", NULL},
        {"a: \001\n", "up.yaml: not valid YAML from here on: control characters are not allowed",
         NULL},
        {MINIMAL "restore: {force: true, force: false}\n",
         "up.yaml:3:18: restore.force is given twice", NULL},
        {MINIMAL "---\nrestore: {}\n", "up.yaml: holds more than one document", NULL},
        {MINIMAL "restore: {[force]: true}\n", "up.yaml:3:10: a key must be a single word", NULL},
        {"manager: {url: *a}\n", "up.yaml:1:11: manager.url: no anchor has the name 'a'", NULL},
    };

    (void)state;
    refuse_all(rows, FERRY_COUNT(rows));
}

static void what_is_missing_is_named(void **state)
{
    static const struct row rows[] = {
        {"",
         "up.yaml: missing: manager.url, manager.username, manager.password.file or "
         "manager.token.file (or .env, "
         ".command), snapshot.file (or .url; or from, to take it there)",
         "--manager URL"},
        {"manager: {url: \"https://m\", username: a, password: {env: P}}\n",
         "up.yaml: missing: snapshot.file (or .url; or from, to take it there)",
         "write them there"},
        {MINIMAL "manager2: 1\n", "up.yaml:3:1: unknown key manager2", "did you mean manager?"},
    };

    (void)state;
    refuse_all(rows, FERRY_COUNT(rows));
    assert_refused(NULL, "manager.url=https://m", FERRY_E_CONFIG,
                   "missing: manager.username, manager.password.file or manager.token.file (or "
                   ".env, .command), "
                   "snapshot.file (or .url; or from, to take it there)",
                   "give a FILE.yaml");
}

static void a_password_that_is_written_down_is_refused_and_not_repeated(void **state)
{
    static const struct row rows[] = {
        {"manager:\n  url: https://m\n  password: geheim\n",
         "up.yaml:3:3: manager.password says where the password is, " NEVER,
         "a file that only you can read and give manager.password.file"},
        {MINIMAL "x: 1\nmanager: {after_restore: {password: geheim}}\n",
         "up.yaml:3:1: unknown key x", NULL},
        {"manager: {after_restore: {password: geheim}}\n",
         "up.yaml:1:27: manager.after_restore.password says where the password is, " NEVER,
         "manager.after_restore.password.env"},
        {"manager:\n  token: geheim\n",
         "up.yaml:2:3: manager.token says where the token is, " NEVER, "manager.token.command"},
        {"manager: {after_restore: {token: geheim}}\n",
         "up.yaml:1:27: manager.after_restore.token says where the token is, " NEVER,
         "manager.after_restore.token.file"},
        {"manager: {password: {text: geheim}}\n", "up.yaml:1:22: unknown key manager.password.text",
         "one of file, env and command"},
        {"manager: {password: [geheim]}\n",
         "up.yaml:1:21: manager.password says where the password is, " NEVER, NULL},
    };

    (void)state;
    refuse_all(rows, FERRY_COUNT(rows));
    assert_refused(MINIMAL, "manager.password=geheim", FERRY_E_USAGE,
                   "manager.password says where the password is, " NEVER, "manager.password.file");
    assert_refused(MINIMAL, "manager.token=geheim", FERRY_E_USAGE,
                   "manager.token says where the token is, " NEVER, "manager.token.file");
    assert_refused(MINIMAL, "manager.pasword=geheim", FERRY_E_USAGE,
                   "unknown setting manager.pasword", "did you mean manager.password?");
}

static void one_place_for_each_secret_and_one_origin_of_the_snapshot(void **state)
{
    static const struct row rows[] = {
        {"manager: {url: \"https://m\", username: a, password: {file: a, env: B}}\n"
         "snapshot: {file: a}\n",
         "up.yaml:1:62: manager.password.env cannot stand beside manager.password.file: give one "
         "of "
         "them",
         NULL},
        {"manager: {url: \"https://m\", username: a, password: {env: B}}\n"
         "snapshot: {file: a, url: \"http://s/a\"}\n",
         "up.yaml:2:21: snapshot.url cannot stand beside snapshot.file: give one of them", NULL},
        {"manager: {url: \"https://m\", username: a, password: {env: 1B}}\n"
         "snapshot: {file: a}\n",
         "up.yaml:1:53: manager.password.env must be the name of an environment variable", NULL},
    };

    (void)state;
    refuse_all(rows, FERRY_COUNT(rows));
    assert_refused(
        MINIMAL, "manager.after_restore.username=b", FERRY_E_USAGE,
        "setting manager.after_restore.username stands alone: "
        "manager.after_restore.password.file or .token.file (or .env, .command) is missing",
        NULL);
}

static void urls_of_managers_have_scheme_host_and_port_only(void **state)
{
    static const char *const rows[][2] = {
        {"ftp://m", "must begin with http:// or https://"},
        {"m.example", "must begin with http:// or https://"},
        {"https:/m", "must begin with http:// or https://"},
        {"https://", "has no host"},
        {"https://:80", "has no host"},
        {"https://m:0", "has a bad port"},
        {"https://m:65536", "has a bad port"},
        {"https://m:", "has a bad port"},
        {"https://m:12345678901", "has a bad port"},
        {"https://[::1", "has a bad address in brackets"},
        {"https://m!x", "has a bad host"},
        {"https://m m", "must not have spaces"},
        {"https://u:pw@m", "must not have user:password@ in it: the password would be stored"},
        {"https://m/api", "must end after host and port: paths are added by ferry"},
        {"https://m?x", "must end after host and port: paths are added by ferry"},
        {"", "must not be empty"},
    };

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(rows); at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);

        assert_refused(MINIMAL, mem_printf(scope, "manager.url=%s", rows[at][0]), FERRY_E_USAGE,
                       mem_printf(scope, "setting manager.url %s", rows[at][1]), NULL);
    }
    assert_refused(MINIMAL, "snapshot.url=https://u:p@s/a.zip", FERRY_E_USAGE,
                   "setting snapshot.url must not have user:password@ in it: the password would be "
                   "stored",
                   NULL);
    assert_refused(MINIMAL, "snapshot.url=https://s/", FERRY_E_USAGE,
                   "setting snapshot.url names no file", NULL);
}

#define REST ", username: u, password: {env: P}}\nsnapshot: {file: a}\n"

static void each_url_of_a_list_is_judged_where_it_stands(void **state)
{
    static const struct row rows[] = {
        {"manager: {url: [https://a, https://b/x]" REST,
         "up.yaml:1:28: manager.url must end after host and port: paths are added by ferry", NULL},
        {"manager: {url: [https://a, \"https://u:geheim@b\"]" REST,
         "up.yaml:1:28: manager.url must not have user:password@ in it: the password would be "
         "stored",
         NULL},
        {"manager: {url: []" REST, "up.yaml:1:11: manager.url must not be empty", NULL},
        {"manager: {url: {a: b}" REST, "up.yaml:1:16: manager.url must be a single value", NULL},
    };

    (void)state;
    refuse_all(rows, FERRY_COUNT(rows));
    assert_refused(MINIMAL, "manager.url=https://a, https://A:443/", FERRY_E_USAGE,
                   "setting manager.url names 'https://a' twice", NULL);
    assert_refused(MINIMAL, "manager.url=https://a,,https://b", FERRY_E_USAGE,
                   "setting manager.url must not be empty", NULL);
}

static void a_new_ca_wants_the_old_one_beside_it(void **state)
{
    (void)state;
    assert_refused(MINIMAL, "manager.after_restore.ca=/new.pem", FERRY_E_USAGE,
                   "setting manager.after_restore.ca stands alone: manager.ca is missing",
                   "before the restore");
}

static void ids_that_no_manager_takes_are_refused(void **state)
{
    char longest[300] = "snapshot.id=";

    (void)state;
    assert_refused(MINIMAL, "snapshot.id=1a", FERRY_E_USAGE,
                   "setting snapshot.id must begin with a letter", NULL);
    assert_refused(MINIMAL, "snapshot.id=a/b", FERRY_E_USAGE,
                   "setting snapshot.id may have letters, digits, '.', '_' and '-' only", NULL);
    memset(longest + strlen(longest), 'a', 257);
    assert_refused(MINIMAL, longest, FERRY_E_USAGE,
                   "setting snapshot.id must not be longer than 256 letters", NULL);
}

static void bad_settings_are_refused(void **state)
{
    (void)state;
    assert_refused(MINIMAL, "restore.forse=1", FERRY_E_USAGE, "unknown setting restore.forse",
                   "did you mean restore.force?");
    assert_refused(MINIMAL, "restore=1", FERRY_E_USAGE, "setting restore is a group of keys", NULL);
    assert_refused(MINIMAL, "abc", FERRY_E_USAGE, "a setting is KEY=VALUE, but one has no '='",
                   "agents.concurrency=10");
    assert_refused(MINIMAL, "agents.concurrency=x", FERRY_E_USAGE,
                   "setting agents.concurrency must be a number from 1 to 1000, not 'x'", NULL);
    assert_refused(MINIMAL, "manager.username=a\nb", FERRY_E_USAGE,
                   "setting manager.username has a control character in it", NULL);
    assert_refused(MINIMAL, "plugins.upload=no.zip", FERRY_E_USAGE,
                   "setting plugins.upload names no file: nothing matches 'no.zip'", NULL);
}

static void waves_and_policy_are_judged(void **state)
{
    static const char word[] = "setting agents.waves must have numbers from 1 and at its end rest, "
                               "not ";
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_refused(MINIMAL, "agents.waves=0,rest", FERRY_E_USAGE, mem_printf(scope, "%s'0'", word),
                   NULL);
    assert_refused(MINIMAL, "agents.waves=1,ten", FERRY_E_USAGE, mem_printf(scope, "%s'ten'", word),
                   NULL);
    assert_refused(MINIMAL, "agents.waves=rest,1", FERRY_E_USAGE,
                   "setting agents.waves has something behind rest", NULL);
    assert_refused(MINIMAL, "agents.on_failure=retry", FERRY_E_USAGE,
                   "setting agents.on_failure must be continue or stop, not 'retry'", NULL);
}

static void a_private_key_never_gets_into_the_options(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *path = mem_printf(scope, "%s/c.pem", test_folder());

    (void)state;
    put_file("c.pem", "-----BEGIN CERTIFICATE-----\n-----BEGIN RSA PRIVATE KEY-----\n");
    assert_refused(MINIMAL, "agents.manager_certificate=c.pem", FERRY_E_USAGE,
                   mem_printf(scope,
                              "setting agents.manager_certificate names %s, which holds a private "
                              "key: give a file with the certificate alone",
                              path),
                   NULL);
    put_file("c.pem", "hello\n");
    assert_refused(
        MINIMAL, "agents.manager_certificate=c.pem", FERRY_E_USAGE,
        mem_printf(scope, "setting agents.manager_certificate names %s, which holds no certificate",
                   path),
        NULL);
}

static void a_file_that_is_not_there_is_told(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct config_source source = {.file = "none.yaml"};
    struct ferry_error err = {0};
    struct json *options;

    (void)state;
    assert_int_equal(config_load(scope, &source, &options, &err), FERRY_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "none.yaml"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)
    const struct CMUnitTest tests[] = {
        TEST(unknown_keys_are_refused_where_they_stand),
        TEST(wrong_types_are_refused_where_they_stand),
        TEST(wrong_shapes_are_refused_where_they_stand),
        TEST(wrong_plugins_are_refused_where_they_stand),
        TEST(what_is_no_yaml_is_refused),
        TEST(what_is_missing_is_named),
        TEST(a_password_that_is_written_down_is_refused_and_not_repeated),
        TEST(one_place_for_each_secret_and_one_origin_of_the_snapshot),
        TEST(urls_of_managers_have_scheme_host_and_port_only),
        TEST(each_url_of_a_list_is_judged_where_it_stands),
        TEST(a_new_ca_wants_the_old_one_beside_it),
        TEST(ids_that_no_manager_takes_are_refused),
        TEST(bad_settings_are_refused),
        TEST(waves_and_policy_are_judged),
        TEST(a_private_key_never_gets_into_the_options),
        TEST(a_file_that_is_not_there_is_told),
    };

    return cmocka_run_group_tests_name("config: refuse", tests, NULL, NULL);
}
