/* What is taken of a cfy profile in each form, beside cfy's variables and ferry's own words. */
#include "ferry_test.h"

#include <sys/stat.h>

#include "config/profile.h"
#include "config/secrets.h"
#include "fixture.h"

#define FOLDER ".cloudify/profiles/prod/"
#define SNAPSHOT "snapshot: {file: /s.zip}\n"
#define PROD "manager: {profile: prod}\n" SNAPSHOT

static const char *const variables[] = {
    "CLOUDIFY_USERNAME",    "CLOUDIFY_PASSWORD",     "CLOUDIFY_TOKEN",        "CLOUDIFY_TENANT",
    "LOCAL_REST_CERT_FILE", "CLOUDIFY_KERBEROS_ENV", "CLOUDIFY_SSL_TRUST_ALL"};

static int setup(void **state)
{
    int code = enter_folder(state);

    for (size_t at = 0; at < FERRY_COUNT(variables); at++)
        unsetenv(variables[at]);
    setenv("CFY_WORKDIR", test_folder(), 1);
    return code;
}

static int teardown(void **state)
{
    for (size_t at = 0; at < FERRY_COUNT(variables); at++)
        unsetenv(variables[at]);
    unsetenv("CFY_WORKDIR");
    return leave_folder(state);
}

struct row {
    const char *profile;  /* context.json */
    const char *set[4];   /* "VARIABLE=VALUE" */
    const char *setting;  /* of ferry's own */
    const char *path;     /* of the options */
    const char *expected; /* what stands there, as JSON; NULL: refused */
    const char *message;  /* of a refusal */
    const char *hint;     /* a part of it */
};
#define GIVES(profile, setting, path, expected, ...)                                               \
    {                                                                                              \
        profile, {__VA_ARGS__}, setting, path, expected, NULL, NULL                                \
    }
#define REFUSES(profile, setting, message, hint, ...)                                              \
    {                                                                                              \
        profile, {__VA_ARGS__}, setting, NULL, NULL, message, hint                                 \
    }

static void set_all(const struct row *row, bool on)
{
    for (size_t at = 0; at < FERRY_COUNT(row->set) && row->set[at] != NULL; at++) {
        char name[64] = "";
        size_t length = strcspn(row->set[at], "=");

        memcpy(name, row->set[at], length);
        if (on)
            setenv(name, row->set[at] + length + 1, 1);
        else
            unsetenv(name);
    }
}

static void check(const struct row *row)
{
    struct loaded loaded;

    put_file(FOLDER "context.json", row->profile);
    set_all(row, true);
    load_text(&loaded, PROD, row->setting, (char *)NULL);
    set_all(row, false);
    if (row->expected == NULL) {
        assert_int_equal(loaded.code, FERRY_E_CONFIG);
        assert_string_equal(loaded.err.message, row->message);
        if (strstr(loaded.err.hint, row->hint) == NULL)
            fail_msg("hint: %s", loaded.err.hint);
        if (strstr(loaded.err.message, "canary") || strstr(loaded.err.hint, "canary"))
            fail_msg("it is shown: %s, %s", loaded.err.message, loaded.err.hint);
    } else {
        char *all;

        if (loaded.code != FERRY_OK)
            fail_msg("%s", loaded.err.message);
        all = json_print(loaded.mem, loaded.options);
        assert_string_equal(json_print(loaded.mem, json_get(loaded.options, row->path)),
                            row->expected);
        if (strstr(all, "canary") != NULL)
            fail_msg("a secret is in the options: %s", all);
    }
    loaded_free(&loaded);
}

static void check_all(const struct row *rows, size_t count)
{
    for (size_t at = 0; at < count; at++)
        check(&rows[at]);
}

#define FULL                                                                                       \
    "{\"manager_ip\":\"a\",\"rest_protocol\":\"https\",\"rest_port\":443,"                         \
    "\"manager_username\":\"u\",\"manager_password\":\"canary\",\"manager_tenant\":\"t\","         \
    "\"rest_certificate\":\"/c.pem\",\"kerberos_env\":false}"
#define BARE                                                                                       \
    "{\"manager_ip\":\"a\",\"rest_protocol\":\"https\",\"rest_port\":\"443\","                     \
    "\"manager_username\":\"u\",\"manager_password\":null,\"manager_token\":\"\"}"
#define NOBODY "{\"manager_ip\":\"a\",\"manager_password\":\"canary\"}"
#define TOKEN "{\"manager_ip\":\"a\",\"manager_username\":\"u\",\"manager_token\":\"canary\"}"

static void a_variable_gives_what_the_profile_does_not_hold(void **state)
{
    static const struct row rows[] = {
        GIVES(NOBODY, NULL, "manager.username", "\"e\"", "CLOUDIFY_USERNAME=e"),
        GIVES(NOBODY, "manager.username=own", "manager.username", "\"own\"", "CLOUDIFY_USERNAME=e"),
        GIVES(BARE, NULL, "manager.password", "{\"env\":\"CLOUDIFY_PASSWORD\"}",
              "CLOUDIFY_PASSWORD=canary"),
        GIVES(BARE, NULL, "manager.token", "{\"env\":\"CLOUDIFY_TOKEN\"}", "CLOUDIFY_TOKEN=canary"),
        GIVES(BARE, NULL, "manager.password", "null", "CLOUDIFY_TOKEN=canary"),
        GIVES(BARE, NULL, "manager.tenant", "\"e\"", "CLOUDIFY_PASSWORD=canary",
              "CLOUDIFY_TENANT=e"),
        GIVES(BARE, NULL, "manager.tenant", "\"default_tenant\"", "CLOUDIFY_PASSWORD=canary"),
        GIVES(BARE, NULL, "manager.ca", "\"/e.pem\"", "CLOUDIFY_PASSWORD=canary",
              "LOCAL_REST_CERT_FILE=/e.pem"),
        /* An empty variable is not set. */
        GIVES(FULL, NULL, "manager.password", "{\"profile\":\"prod\"}", "CLOUDIFY_USERNAME=",
              "CLOUDIFY_PASSWORD=", "LOCAL_REST_CERT_FILE=", "CLOUDIFY_KERBEROS_ENV="),
    };

    (void)state;
    check_all(rows, FERRY_COUNT(rows));
}

static void what_both_hold_is_refused_unless_ferry_is_told(void **state)
{
#define BOTH(what, variable) "cfy profile 'prod' holds a " what ", and " variable " is set as well"
    static const struct row rows[] = {
        REFUSES(FULL, NULL, BOTH("username", "CLOUDIFY_USERNAME"), "manager.username",
                "CLOUDIFY_USERNAME=e"),
        REFUSES(FULL, NULL, BOTH("password", "CLOUDIFY_PASSWORD"), "unset CLOUDIFY_PASSWORD",
                "CLOUDIFY_PASSWORD=canary"),
        REFUSES(FULL, NULL, BOTH("tenant", "CLOUDIFY_TENANT"), "manager.tenant",
                "CLOUDIFY_TENANT=t"),
        REFUSES(FULL, NULL, BOTH("certificate", "LOCAL_REST_CERT_FILE"), "manager.ca",
                "LOCAL_REST_CERT_FILE=/e.pem"),
        REFUSES(TOKEN, NULL, BOTH("token", "CLOUDIFY_TOKEN"), "manager.token",
                "CLOUDIFY_TOKEN=canary"),
        GIVES(FULL, "manager.username=own", "manager.username", "\"own\"", "CLOUDIFY_USERNAME=e"),
        GIVES(FULL, "manager.password.file=/p", "manager.password", "{\"file\":\"/p\"}",
              "CLOUDIFY_PASSWORD=canary"),
        GIVES(TOKEN, "manager.token.file=/t", "manager.token", "{\"file\":\"/t\"}",
              "CLOUDIFY_TOKEN=canary"),
        GIVES(FULL, "manager.tenant=own", "manager.tenant", "\"own\"", "CLOUDIFY_TENANT=e"),
        GIVES(FULL, "manager.ca=/own.pem", "manager.ca", "\"/own.pem\"",
              "LOCAL_REST_CERT_FILE=/e.pem"),
    };

    (void)state;
    check_all(rows, FERRY_COUNT(rows));
}

static void there_is_one_way_to_log_in(void **state)
{
#define WAYS(variable)                                                                             \
    "there is a password and a token for cfy profile 'prod', and " variable                        \
    " is set: cfy takes only one way to log in"
#define KERBEROS "{\"manager_ip\":\"a\",\"manager_username\":\"u\",\"kerberos_env\":true}"
    static const struct row rows[] = {
        REFUSES(FULL, NULL, WAYS("CLOUDIFY_TOKEN"), "unset", "CLOUDIFY_TOKEN=canary"),
        REFUSES(TOKEN, NULL, WAYS("CLOUDIFY_PASSWORD"), "unset", "CLOUDIFY_PASSWORD=canary"),
        REFUSES(BARE, NULL, WAYS("CLOUDIFY_TOKEN"), "manager.password.file",
                "CLOUDIFY_PASSWORD=canary", "CLOUDIFY_TOKEN=canary"),
        GIVES(FULL, "manager.password.env=P", "manager.token", "null", "CLOUDIFY_TOKEN=canary"),
        REFUSES(KERBEROS, NULL, "cfy profile 'prod' logs in by Kerberos, which ferry cannot",
                "manager.password.file", NULL),
        REFUSES(FULL, NULL,
                "CLOUDIFY_KERBEROS_ENV is set: cfy profile 'prod' would log in by Kerberos, which "
                "ferry cannot",
                "manager.password.file", "CLOUDIFY_KERBEROS_ENV=true"),
        GIVES(KERBEROS, "manager.password.env=P", "manager.password", "{\"env\":\"P\"}", NULL),
    };

    (void)state;
    check_all(rows, FERRY_COUNT(rows));
}

#define NODE(host, more)                                                                           \
    "{\"host_ip\":\"" host "\",\"rest_port\":443,\"rest_protocol\":\"https\"" more "}"
#define CLUSTER(nodes)                                                                             \
    "{\"manager_ip\":\"a\",\"rest_protocol\":\"https\",\"rest_port\":443,"                         \
    "\"manager_username\":\"u\",\"manager_password\":\"canary\",\"cluster\":{\"manager\":[" nodes  \
    "]}}"

static void nothing_is_trusted_unseen(void **state)
{
    static const char by_variable[] =
        "CLOUDIFY_SSL_TRUST_ALL is set: cfy would take any certificate, ferry takes none unseen";
    static const char by_node[] = "cfy profile 'prod' has trust_all for a node: cfy would take any "
                                  "certificate, ferry takes none unseen";
    static const char trusting[] = CLUSTER(NODE("a", "") "," NODE("b", ",\"trust_all\":true"));
    static const struct row rows[] = {
        REFUSES(FULL, NULL, by_variable, "--ca FILE", "CLOUDIFY_SSL_TRUST_ALL=no"),
        GIVES(FULL, "manager.ca=/own.pem", "manager.ca", "\"/own.pem\"",
              "CLOUDIFY_SSL_TRUST_ALL=1"),
        GIVES(FULL, NULL, "manager.ca", "\"/c.pem\"", "CLOUDIFY_SSL_TRUST_ALL="),
        GIVES(TOKEN, NULL, "manager.url", "\"http://a\"", "CLOUDIFY_SSL_TRUST_ALL=1"),
        REFUSES(TOKEN, "manager.url=https://m", by_variable, "unset the variable",
                "CLOUDIFY_SSL_TRUST_ALL=1"),
        REFUSES(trusting, NULL, by_node, "manager.ca", NULL),
        GIVES(trusting, "manager.url=https://m", "manager.nodes", "null", NULL),
        GIVES(CLUSTER(NODE("a", ",\"trust_all\":false") "," NODE("b", ",\"trust_all\":null")), NULL,
              "manager.nodes", "[\"https://a\",\"https://b\"]", NULL),
    };

    (void)state;
    check_all(rows, FERRY_COUNT(rows));
}

static void the_certificate_of_a_node_comes_first(void **state)
{
#define DIFFERENT                                                                                  \
    "cfy profile 'prod': the nodes have different certificates, and ferry takes one file of "      \
    "them: one.pem, other.pem"
    static const struct row rows[] = {
        GIVES(CLUSTER(NODE("a", ",\"cert\":\"/n.pem\"") "," NODE("b", ",\"cert\":\"/n.pem\"")),
              NULL, "manager.ca", "\"/n.pem\"", "LOCAL_REST_CERT_FILE=/e.pem"),
        /* two files that hold the same */
        GIVES(CLUSTER(NODE("a", ",\"cert\":\"one.pem\"") "," NODE("b", ",\"cert\":\"same.pem\"")),
              "manager.tenant=t", "manager.tenant", "\"t\"", NULL),
        REFUSES(
            CLUSTER(NODE("a", ",\"cert\":\"one.pem\"") "," NODE("b", ",\"cert\":\"other.pem\"")),
            NULL, DIFFERENT, "cat one.pem other.pem > nodes.pem", NULL),
        REFUSES(CLUSTER(NODE("a", ",\"cert\":\"one.pem\"") "," NODE("b", "")), NULL, DIFFERENT,
                "manager.ca", "LOCAL_REST_CERT_FILE=other.pem"),
        GIVES(CLUSTER(NODE("a", ",\"cert\":\"one.pem\"") "," NODE("b", ",\"cert\":\"other.pem\"")),
              "manager.ca=/own.pem", "manager.ca", "\"/own.pem\"", NULL),
    };

    (void)state;
    put_file("one.pem", "1");
    put_file("same.pem", "1");
    put_file("other.pem", "2");
    check_all(rows, FERRY_COUNT(rows));
}

static void the_certificate_in_the_profile_s_folder_comes_last(void **state)
{
    struct loaded loaded;
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    put_file(FOLDER "public_rest_cert.crt", "1");
    check(&(struct row)GIVES(FULL, NULL, "manager.ca", "\"/c.pem\"", NULL));
    put_file(FOLDER "context.json", TOKEN);
    load_text(&loaded, PROD, (char *)NULL);
    assert_string_equal(json_string_or(loaded.options, "manager.ca", ""),
                        mem_printf(scope, "%s/" FOLDER "public_rest_cert.crt", test_folder()));
    loaded_free(&loaded);
}

static void clusters_are_read_in_each_form(void **state)
{
    static const struct row rows[] = {
        GIVES("{\"manager_ip\":\"a\",\"manager_username\":\"u\",\"manager_password\":\"canary\","
              "\"rest_port\":80,\"cluster\":[{\"manager_ip\":\"b\",\"name\":\"x\"},{\"manager_ip\":"
              "\"a\"}]}",
              NULL, "manager.nodes", "[\"http://a\",\"http://b\"]", NULL),
        GIVES("{\"manager_ip\":\"a\",\"manager_username\":\"u\",\"manager_password\":\"canary\","
              "\"cluster\":[]}",
              NULL, "manager.nodes", "null", NULL),
        /* the first one by its name: cfy does not ask it twice */
        GIVES(
            "{\"manager_ip\":\"m1\",\"manager_username\":\"u\",\"manager_password\":\"canary\","
            "\"cluster\":{\"manager\":[{\"host_ip\":\"10.0.0.1\",\"hostname\":\"m1\"},{\"host_ip\":"
            "\"10.0.0.2\",\"hostname\":\"m2\"}],\"broker\":[{\"host_ip\":\"10.0.0.9\"}]}}",
            NULL, "manager.nodes", "[\"http://m1\",\"http://10.0.0.2\"]", NULL),
    };

    (void)state;
    check_all(rows, FERRY_COUNT(rows));
}

/* As cfy 4 and 5.0 wrote it, with the tags of Python 2. */
static const char in_yaml[] = "!CloudifyProfileContext\n"
                              "_cluster:\n"
                              "  manager:\n"
                              "  - {host_ip: 10.0.0.5, hostname: m1}\n"
                              "  - {cert: null, host_ip: !!python/unicode '10.0.0.6'}\n"
                              "_profile_name: !!python/unicode 'prod'\n"
                              "_ssh_port: '22'\n"
                              "kerberos_env: false\n"
                              "manager_ip: 10.0.0.5\n"
                              "manager_password: !!python/unicode '007'\n"
                              "manager_tenant: !!python/unicode 't'\n"
                              "manager_username: admin\n"
                              "provider_context: {}\n"
                              "rest_certificate: null\n"
                              "rest_port: 8080\n"
                              "rest_protocol: http\n"
                              "ssh_key: null\n";

static void the_older_form_is_read_too(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct json *reference = json_object(scope);
    struct secret *secret;
    struct ferry_error err = {0};
    struct loaded loaded;

    (void)state;
    put_file(FOLDER "context", in_yaml);
    load_text(&loaded, PROD, (char *)NULL);
    assert_string_equal(loaded.err.message, "");
    assert_string_equal(
        json_print_canonical(loaded.mem, json_get(loaded.options, "manager")),
        "{\"after_restore\":null,\"after_restore_ca\":null,\"ca\":null,\"nodes\":[\"http://"
        "10.0.0.5:8080\",\"http://10.0.0.6:8080\"],\"password\":{\"profile\":\"prod\"},\"tenant\":"
        "\"t\",\"token\":null,\"url\":\"http://10.0.0.5:8080\",\"username\":\"admin\"}");
    loaded_free(&loaded);
    json_set_string(reference, "profile", "prod");
    assert_int_equal(config_secret_read(scope, "password", reference, &secret, &err), FERRY_OK);
    assert_string_equal(secret_reveal(secret), "007");
    /* The newer one counts where both are there. */
    put_file(FOLDER "context.json", FULL);
    load_text(&loaded, PROD, (char *)NULL);
    assert_string_equal(json_string_or(loaded.options, "manager.url", ""), "https://a");
    loaded_free(&loaded);
}

static void neither_form_is_shown_when_it_is_broken(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    put_file(FOLDER "context", "manager_password: \"canary");
    assert_refused(PROD, NULL, FERRY_E_CONFIG,
                   mem_printf(scope,
                              "cfy profile 'prod': %s/" FOLDER "context cannot be read as "
                              "YAML",
                              test_folder()),
                   NULL);
}

static void a_private_folder_protects_what_cfy_leaves_readable(void **state)
{
    static const char *const closed[] = {".", ".cloudify", ".cloudify/profiles", FOLDER};
    struct ferry_error err = {0};

    (void)state;
    put_file(FOLDER "context.json", FULL);
    assert_int_equal(chmod(FOLDER "context.json", 0644), 0);
    for (size_t at = 0; at < FERRY_COUNT(closed); at++) {
        let_others_in();
        assert_int_equal(config_profile_check_private(FOLDER "context.json", &err), FERRY_E_CONFIG);
        assert_int_equal(chmod(closed[at], 0700), 0);
        assert_int_equal(config_profile_check_private(FOLDER "context.json", &err), FERRY_OK);
    }
    let_others_in();
    assert_non_null(strstr(err.hint, "chmod 600"));
    assert_int_equal(chmod(FOLDER "context.json", 0600), 0);
    assert_int_equal(config_profile_check_private(FOLDER "context.json", &err), FERRY_OK);
}

/* Loads what names no manager, and tells which profile was taken as the active one. */
static const char *active_of(const char *text, const char *setting, struct loaded *loaded)
{
    const char *active = "not told";
    struct config_source source = {.file = "up.yaml",
                                   .settings = &setting,
                                   .setting_count = setting == NULL ? 0 : 1,
                                   .active = &active};

    memset(loaded, 0, sizeof(*loaded));
    loaded->mem = mem_scope(NULL);
    put_file("up.yaml", text);
    loaded->code = config_load(loaded->mem, &source, &loaded->options, &loaded->err);
    return active;
}

static void the_active_profile_is_taken_when_nothing_names_a_manager(void **state)
{
    struct loaded loaded;

    (void)state;
    put_file(FOLDER "context.json", FULL);
    put_file(".cloudify/active.profile", " prod\n");
    assert_string_equal(active_of(SNAPSHOT, NULL, &loaded), "prod");
    assert_string_equal(loaded.err.message, "");
    assert_string_equal(json_string_or(loaded.options, "manager.url", ""), "https://a");
    assert_string_equal(json_string_or(loaded.options, "manager.password.profile", ""), "prod");
    loaded_free(&loaded);
    /* A word for it is a name: nothing is to be told. */
    assert_null(active_of(SNAPSHOT, "manager.profile=active", &loaded));
    assert_string_equal(json_string_or(loaded.options, "manager.password.profile", ""), "prod");
    loaded_free(&loaded);
    /* Who names a manager has named it: neither the profile nor the variables count. */
    setenv("CLOUDIFY_PASSWORD", "canary", 1);
    setenv("CLOUDIFY_USERNAME", "canary", 1);
    setenv("CLOUDIFY_SSL_TRUST_ALL", "1", 1);
    assert_null(active_of(MINIMAL, NULL, &loaded));
    assert_int_equal(loaded.code, FERRY_OK);
    assert_string_equal(json_string_or(loaded.options, "manager.url", ""), "https://m");
    assert_string_equal(json_string_or(loaded.options, "manager.username", ""), "admin");
    loaded_free(&loaded);
    assert_refused("manager: {url: \"https://m\"}\n" SNAPSHOT, NULL, FERRY_E_CONFIG,
                   "up.yaml: missing: manager.username, manager.password.file or "
                   "manager.token.file (or .env, .command)",
                   NULL);
}

static void an_active_profile_that_names_no_manager_is_none(void **state)
{
    static const char missing[] =
        "up.yaml: missing: manager.url, manager.username, manager.password.file or "
        "manager.token.file (or .env, .command)";
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    assert_refused(SNAPSHOT, NULL, FERRY_E_CONFIG, missing, NULL);
    put_file(".cloudify/active.profile", "local");
    assert_refused(SNAPSHOT, NULL, FERRY_E_CONFIG, missing, NULL);
    assert_refused(SNAPSHOT, "manager.profile=active", FERRY_E_CONFIG,
                   "no profile of cfy is active", "--profile NAME");
    put_file(".cloudify/active.profile", "gone");
    assert_refused(SNAPSHOT, NULL, FERRY_E_CONFIG,
                   mem_printf(scope,
                              "no manager is named, and of cfy's active profile: no cfy profile "
                              "'gone': %s/.cloudify/profiles/gone/context.json is not there",
                              test_folder()),
                   "--manager URL");
}

/* One set of variables is for one manager: the new one. */
static void the_old_manager_s_profile_stands_alone(void **state)
{
    struct loaded loaded;

    (void)state;
    put_file(FOLDER "context.json", FULL);
    setenv("CLOUDIFY_PASSWORD", "canary", 1);
    setenv("CLOUDIFY_USERNAME", "canary", 1);
    load_text(&loaded, MINIMAL "from: {profile: prod}\n", (char *)NULL);
    assert_string_equal(loaded.err.message, "");
    assert_string_equal(json_string_or(loaded.options, "old_manager.password.profile", ""), "prod");
    assert_string_equal(json_string_or(loaded.options, "old_manager.username", ""), "u");
    loaded_free(&loaded);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_variable_gives_what_the_profile_does_not_hold),
        TEST(what_both_hold_is_refused_unless_ferry_is_told),
        TEST(there_is_one_way_to_log_in),
        TEST(nothing_is_trusted_unseen),
        TEST(the_certificate_of_a_node_comes_first),
        TEST(the_certificate_in_the_profile_s_folder_comes_last),
        TEST(clusters_are_read_in_each_form),
        TEST(the_older_form_is_read_too),
        TEST(neither_form_is_shown_when_it_is_broken),
        TEST(a_private_folder_protects_what_cfy_leaves_readable),
        TEST(the_active_profile_is_taken_when_nothing_names_a_manager),
        TEST(an_active_profile_that_names_no_manager_is_none),
        TEST(the_old_manager_s_profile_stands_alone),
    };

    return cmocka_run_group_tests_name("config: profiles", tests, NULL, NULL);
}
