/* Passwords from files, the environment, commands and profiles; and the profiles themselves. */
#include "ferry_test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/secret_command.h"
#include "config/secrets.h"
#include "fixture.h"

static const char *what = "password";

static enum ferry_code read_secret(const void *mem, const char *kind, const char *text,
                                   struct secret **out, struct ferry_error *err)
{
    struct json *reference = json_object(mem);

    json_set_string(reference, kind, text);
    memset(err, 0, sizeof(*err));
    return config_secret_read(mem, what, reference, out, err);
}

static void assert_secret(const char *kind, const char *text, const char *expected)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err;
    struct secret *secret;

    if (read_secret(scope, kind, text, &secret, &err) != FERRY_OK)
        fail_msg("%s", err.message);
    assert_string_equal(secret_reveal(secret), expected);
}

static void assert_no_secret(const char *kind, const char *text, const char *message)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err;
    struct secret *secret;

    assert_int_equal(read_secret(scope, kind, text, &secret, &err), FERRY_E_CONFIG);
    assert_string_equal(err.message, message);
}

static void a_file_is_one_line(void **state)
{
    char big[5000];

    (void)state;
    put_file("pw", "geheim\n");
    assert_secret("file", "pw", "geheim");
    put_file("pw", " two words \r\n");
    assert_secret("file", "pw", " two words ");
    put_file("pw", "no end");
    assert_secret("file", "pw", "no end");
    put_file("pw", "\n");
    assert_no_secret("file", "pw", "the password file pw is empty");
    put_file("pw", "geheim\nmore\n");
    assert_no_secret("file", "pw", "the password file pw holds more than one line");
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    put_file("pw", big);
    assert_no_secret("file", "pw", "cannot read pw: it is larger than the limit of 4096 bytes");
    assert_no_secret("file", "none", "cannot open none: no such file or directory");
}

static void a_file_that_others_can_read_is_refused_with_the_cure(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0644};

    (void)state;
    put_file("pw", "geheim\n");
    for (size_t at = 0; at < FERRY_COUNT(modes); at++) {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct ferry_error err;
        struct secret *secret;

        assert_int_equal(chmod("pw", modes[at]), 0);
        assert_int_equal(read_secret(scope, "file", "pw", &secret, &err), FERRY_E_CONFIG);
        assert_non_null(strstr(err.message, "others may read it"));
        assert_non_null(strstr(err.hint, "chmod 600 pw"));
    }
    assert_int_equal(chmod("pw", 0400), 0);
    assert_secret("file", "pw", "geheim");
}

static void a_variable_must_be_set(void **state)
{
    (void)state;
    unsetenv("FERRY_TEST_PASSWORD");
    assert_no_secret("env", "FERRY_TEST_PASSWORD",
                     "the environment variable FERRY_TEST_PASSWORD, which should hold a password, "
                     "is not set");
    setenv("FERRY_TEST_PASSWORD", "", 1);
    assert_no_secret("env", "FERRY_TEST_PASSWORD",
                     "the environment variable FERRY_TEST_PASSWORD is empty");
    setenv("FERRY_TEST_PASSWORD", "geheim", 1);
    assert_secret("env", "FERRY_TEST_PASSWORD", "geheim");
    unsetenv("FERRY_TEST_PASSWORD");
}

static void a_command_prints_it(void **state)
{
    (void)state;
    assert_secret("command", "echo geheim", "geheim");
    assert_secret("command", "read line || echo no input; echo geheim >&2", "no input");
    assert_no_secret("command", "echo geheim; exit 3",
                     "the password command failed with exit code 3");
    assert_no_secret("command", "no-such-program-here",
                     "the password command failed with exit code 127");
    assert_no_secret("command", "kill -9 $$", "the password command was killed by signal 9");
    assert_no_secret("command", "true", "the output of the password command is empty");
    assert_no_secret("command", "yes | head -c 10000",
                     "the password command printed more than 4096 bytes");
}

static void a_command_has_no_signals_blocked(void **state)
{
    sigset_t set, old;

    (void)state;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &old);
    signal(SIGPIPE, SIG_IGN);
    assert_no_secret("command", "kill -TERM $$; echo still here",
                     "the password command was killed by signal 15");
    assert_no_secret("command", "kill -PIPE $$; echo still here",
                     "the password command was killed by signal 13");
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static void a_command_that_takes_too_long_is_killed_with_all_it_started(void **state)
{
    static const char *const commands[] = {
        "sleep 60",               /* waits */
        "exec >&-; sleep 60",     /* has closed its output, but goes on */
        "sleep 60 > alive & wait" /* has a child of its own, which holds the fifo open */
    };
    struct clock *clock = clock_system();
    struct pollfd alive = {.events = POLLIN};

    (void)state;
    assert_int_equal(mkfifo("alive", 0600), 0);
    alive.fd = open("alive", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(alive.fd >= 0);
    for (size_t at = 0; at < FERRY_COUNT(commands); at++) {
        struct secret_command command = {
            .what = "password", .text = commands[at], .limit_ms = 300, .clock = clock};
        struct ferry_error err = {0};
        int64_t began_ms = clock->now_ms(clock);
        char bytes[64];
        size_t length;

        assert_int_equal(secret_command_run(&command, bytes, sizeof(bytes), &length, &err),
                         FERRY_E_CONFIG);
        assert_string_equal(err.message, "the password command took longer than 300 ms");
        assert_true(clock->now_ms(clock) - began_ms >= 300);
        assert_true(clock->now_ms(clock) - began_ms < 10000);
    }
    /* The fifo hangs up when its last writer is gone. */
    assert_int_equal(poll(&alive, 1, 10000), 1);
    assert_true((alive.revents & POLLHUP) != 0);
    close(alive.fd);
}

static void nothing_named_is_refused(void **state)
{
    (void)state;
    assert_no_secret("text", "geheim",
                     "a password comes from a file, the environment, a command or a cfy profile, "
                     "and none is named");
}

static void a_token_is_read_like_a_password_and_called_a_token(void **state)
{
    (void)state;
    what = "token";
    put_file("tk", "ctok-1\n");
    assert_secret("file", "tk", "ctok-1");
    put_file("tk", "");
    assert_no_secret("file", "tk", "the token file tk is empty");
    assert_no_secret("command", "exit 3", "the token command failed with exit code 3");
    assert_no_secret("command", "true", "the output of the token command is empty");
    unsetenv("FERRY_TEST_TOKEN");
    assert_no_secret("env", "FERRY_TEST_TOKEN",
                     "the environment variable FERRY_TEST_TOKEN, which should hold a token, is "
                     "not set");
    put_file("tk", "ctok-1\n");
    assert_int_equal(chmod("tk", 0644), 0);
    {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct ferry_error err;
        struct secret *secret;

        assert_int_equal(read_secret(scope, "file", "tk", &secret, &err), FERRY_E_CONFIG);
        assert_non_null(strstr(err.message, "others may read it"));
    }
    what = "password";
}

#define CONTEXT ".cloudify/profiles/prod/context.json"

static void a_profile_gives_what_nobody_else_says(void **state)
{
    struct loaded loaded;

    (void)state;
    setenv("CFY_WORKDIR", test_folder(), 1);
    put_file(CONTEXT, "{\"manager_ip\":\"10.0.0.5\",\"rest_port\":\"443\",\"rest_protocol\":"
                      "\"https\",\"manager_username\":\"u\",\"manager_password\":\"geheim\","
                      "\"manager_tenant\":\"t\",\"rest_certificate\":\"/c.pem\"}");
    load_text(&loaded, "manager: {profile: prod, tenant: other}\nsnapshot: {file: /s.zip}\n",
              (char *)NULL);
    assert_string_equal(loaded.err.message, "");
    assert_string_equal(
        json_print_canonical(loaded.mem, json_get(loaded.options, "manager")),
        "{\"after_restore\":null,\"after_restore_ca\":null,\"ca\":\"/c.pem\",\"nodes\":null,"
        "\"password\":{\"profile\":\"prod\"},\"tenant\":\"other\",\"token\":null,\"url\":\"https://"
        "10.0.0.5\",\"username\":\"u\"}");
    assert_secret("profile", "prod", "geheim");
    loaded_free(&loaded);
    load_text(&loaded, NULL, "manager.profile=prod", "manager.password.env=P",
              "snapshot.file=/s.zip", (char *)NULL);
    assert_string_equal(json_string_or(loaded.options, "manager.password.env", ""), "P");
    loaded_free(&loaded);
    chmod(CONTEXT, 0644);
    let_others_in();
    {
        void *scope FERRY_SCOPE = mem_scope(NULL);
        struct ferry_error err;
        struct secret *secret;

        assert_int_equal(read_secret(scope, "profile", "prod", &secret, &err), FERRY_E_CONFIG);
        assert_non_null(strstr(err.message, "others may read it"));
    }
    unsetenv("CFY_WORKDIR");
}

/* Loads the profile with this text, and expects a member of the manager's to be this JSON. */
static void assert_profile(const char *context, const char *setting, const char *path,
                           const char *expected)
{
    struct loaded loaded;

    setenv("CFY_WORKDIR", test_folder(), 1);
    put_file(CONTEXT, context);
    load_text(&loaded, "manager: {profile: prod, username: u}\nsnapshot: {file: /s.zip}\n", setting,
              (char *)NULL);
    assert_string_equal(loaded.err.message, "");
    assert_string_equal(json_print(loaded.mem, json_get(loaded.options, path)), expected);
    loaded_free(&loaded);
    unsetenv("CFY_WORKDIR");
}

#define NODES                                                                                      \
    "{\"manager_ip\":\"10.0.0.5\",\"rest_port\":443,\"rest_protocol\":\"https\","                  \
    "\"manager_password\":\"geheim\",\"cluster\":{\"db\":[{\"host_ip\":\"10.0.0.9\"}],"            \
    "\"manager\":[{\"host_ip\":\"10.0.0.7\",\"rest_port\":\"8443\",\"rest_protocol\":\"https\"},"  \
    "{\"host_ip\":\"10.0.0.5\",\"rest_port\":\"443\"},{\"host_ip\":\"fd00::1\"},{\"hostname\":"    \
    "\"x\"}]}}"

static void a_profile_of_a_cluster_gives_its_nodes(void **state)
{
    (void)state;
    assert_profile(NODES, NULL, "manager.nodes",
                   "[\"https://10.0.0.5\",\"https://10.0.0.7:8443\",\"https://[fd00::1]\"]");
    assert_profile(NODES, NULL, "manager.url", "\"https://10.0.0.5\"");
    assert_profile(NODES, "manager.url=https://m", "manager.nodes", "null");
    assert_profile("{\"manager_ip\":\"a\",\"cluster\":{\"manager\":[{\"host_ip\":\"a\"}]}}", NULL,
                   "manager.nodes", "null");
    assert_profile("{\"manager_ip\":\"a\",\"cluster\":{}}", NULL, "manager.nodes", "null");
    assert_profile("{\"manager_ip\":\"a\",\"cluster\":null}", NULL, "manager.url", "\"http://a\"");
}

/* Basic authentication is what outlives a restore: the token counts when there is nothing else. */
static void a_profile_is_asked_for_its_token_only_without_a_password(void **state)
{
    static const char both[] = "{\"manager_ip\":\"a\",\"manager_password\":\"p\","
                               "\"manager_token\":\"canary\"}";
    static const char token[] = "{\"manager_ip\":\"a\",\"manager_token\":\"canary\"}";

    (void)state;
    assert_profile(both, NULL, "manager.password", "{\"profile\":\"prod\"}");
    assert_profile(both, NULL, "manager.token", "null");
    assert_profile(both, "manager.token.env=T", "manager.password", "{\"profile\":\"prod\"}");
    assert_profile(token, NULL, "manager.password", "null");
    assert_profile(token, NULL, "manager.token", "{\"profile\":\"prod\"}");
    assert_profile(token, "manager.token.env=T", "manager.token", "{\"env\":\"T\"}");
    assert_profile(token, "manager.token.env=T", "manager.password", "null");
    assert_profile(token, "manager.password.env=P", "manager.token", "null");
    setenv("CFY_WORKDIR", test_folder(), 1);
    what = "token";
    assert_secret("profile", "prod", "canary");
    what = "password";
    assert_no_secret("profile", "prod", "cfy profile 'prod' holds no password");
    unsetenv("CFY_WORKDIR");
}

static void a_profile_that_cannot_be_used_is_told(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);

    (void)state;
    setenv("CFY_WORKDIR", test_folder(), 1);
    assert_refused(MINIMAL, "manager.profile=../x", FERRY_E_CONFIG,
                   "'../x' cannot be the name of a cfy profile", NULL);
    assert_refused(MINIMAL, "manager.profile=none", FERRY_E_CONFIG,
                   mem_printf(scope,
                              "no cfy profile 'none': %s/.cloudify/profiles/none/context.json is "
                              "not there",
                              test_folder()),
                   "cfy profiles list");
    put_file(CONTEXT, "not json");
    assert_refused(MINIMAL, "manager.profile=prod", FERRY_E_CONFIG,
                   mem_printf(scope, "cfy profile 'prod': %s/" CONTEXT " cannot be read as JSON",
                              test_folder()),
                   NULL);
    put_file(CONTEXT, "{\"manager_ip\":\"m/x\",\"manager_username\":\"u\"}");
    assert_refused("snapshot: {file: a}\n", "manager.profile=prod", FERRY_E_CONFIG,
                   "cfy profile 'prod': manager.url must end after host and port: paths are added "
                   "by ferry",
                   NULL);
    assert_no_secret("profile", "prod", "cfy profile 'prod' holds no password");
    unsetenv("CFY_WORKDIR");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_one_line),
        TEST(a_file_that_others_can_read_is_refused_with_the_cure),
        TEST(a_variable_must_be_set),
        TEST(a_command_prints_it),
        TEST(a_command_has_no_signals_blocked),
        TEST(a_command_that_takes_too_long_is_killed_with_all_it_started),
        TEST(nothing_named_is_refused),
        TEST(a_token_is_read_like_a_password_and_called_a_token),
        TEST(a_profile_gives_what_nobody_else_says),
        TEST(a_profile_of_a_cluster_gives_its_nodes),
        TEST(a_profile_is_asked_for_its_token_only_without_a_password),
        TEST(a_profile_that_cannot_be_used_is_told),
    };

    return cmocka_run_group_tests_name("config: secrets", tests, NULL, NULL);
}
