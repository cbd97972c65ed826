#include "ferry_test.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/command.h"
#include "base/file.h"
#include "base/mem.h"

static char folder[] = "command-XXXXXX";

static int64_t now_ms(void)
{
    return clock_system()->now_ms(clock_system());
}

/* Runs to its end in the folder of the test. */
static enum command_end run(const char *text, const char *input, int64_t limit_ms, int *detail)
{
    struct command_start command = {.text = text, .input = input, .limit_ms = limit_ms};
    int pid = 0;

    assert_int_equal(command_begin(&command, &pid, NULL), FERRY_OK);
    return command_wait(pid, detail);
}

static void the_end_is_told_as_it_was(void **state)
{
    int detail;

    (void)state;
    assert_int_equal(run("exit 0", "", 10000, &detail), COMMAND_GOOD);
    assert_int_equal(run("exit 41", "", 10000, &detail), COMMAND_FAILED);
    assert_int_equal(detail, 41);
    assert_int_equal(run("/no/such/program", "", 10000, &detail), COMMAND_FAILED);
    assert_int_equal(detail, 127);
    assert_int_equal(run("kill -TERM $$", "", 10000, &detail), COMMAND_KILLED);
    assert_int_equal(detail, SIGTERM);
}

static void nobody_waits_for_it(void **state)
{
    struct command_start command = {.text = "sleep 0.3", .input = "", .limit_ms = 10000};
    int64_t begun_ms = now_ms();
    int pid = 0, detail;

    (void)state;
    assert_int_equal(command_begin(&command, &pid, NULL), FERRY_OK);
    assert_int_equal(command_look(pid, &detail), COMMAND_RUNS);
    assert_true(now_ms() - begun_ms < 250);
    assert_int_equal(command_wait(pid, &detail), COMMAND_GOOD);
    assert_true(now_ms() - begun_ms >= 300);
}

static void all_of_it_is_killed_at_its_limit(void **state)
{
    int64_t begun_ms = now_ms();
    int detail;

    (void)state;
    assert_int_equal(run("sleep 1.2 && touch late & trap '' TERM INT; sleep 30", "", 200, &detail),
                     COMMAND_LATE);
    assert_true(now_ms() - begun_ms < 5000);
    (void)usleep(1500000); /* what it had begun would have ended by now */
    assert_int_not_equal(access("late", F_OK), 0);
}

static void it_reads_more_than_a_pipe_holds(void **state)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *text = mem_array(scope, char, 3000001), *got;
    size_t size;
    int detail;

    (void)state;
    memset(text, 'x', 3000000);
    assert_int_equal(run("cat >got", text, 10000, &detail), COMMAND_GOOD);
    assert_int_equal(file_read(scope, "got", 4000000, &got, &size, NULL), FERRY_OK);
    assert_int_equal(size, 3000000);
    /* Who does not read it does not disturb us either. */
    assert_int_equal(run("exec <&-; exit 0", text, 10000, &detail), COMMAND_GOOD);
}

static void it_gets_none_of_our_files_signals_and_secrets(void **state)
{
    static const char *const set[] = {"FERRY_HOOK=done", NULL};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct command_start command = {.text =
                                        "ls /proc/self/fd >files; env >variables; kill -INT $$; :",
                                    .input = "",
                                    .set = set,
                                    .limit_ms = 10000};
    int fd = open("/dev/null", O_RDONLY); /* not closed on exec: somebody's mistake */
    int pid = 0, detail;
    char *text;

    (void)state;
    assert_int_equal(setenv("SECRET_PASSWORD", "s3cret", 1), 0);
    assert_int_equal(setenv("LC_TIME", "C", 1), 0);
    assert_true(signal(SIGINT, SIG_IGN) != SIG_ERR);
    assert_int_equal(command_begin(&command, &pid, NULL), FERRY_OK);
    assert_int_equal(command_wait(pid, &detail), COMMAND_KILLED); /* SIGINT is not ignored there */
    assert_int_equal(detail, SIGINT);
    assert_int_equal(file_read(scope, "files", 4000, &text, NULL, NULL), FERRY_OK);
    assert_string_equal(text, "0\n1\n2\n3\n"); /* 3 is ls's own, on the folder */
    assert_int_equal(file_read(scope, "variables", 40000, &text, NULL, NULL), FERRY_OK);
    assert_null(strstr(text, "s3cret"));
    assert_non_null(strstr(text, "FERRY_HOOK=done\n"));
    assert_non_null(strstr(text, "LC_TIME=C\n"));
    assert_non_null(strstr(text, "PATH="));
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_told_as_it_was),
        cmocka_unit_test(nobody_waits_for_it),
        cmocka_unit_test(all_of_it_is_killed_at_its_limit),
        cmocka_unit_test(it_reads_more_than_a_pipe_holds),
        cmocka_unit_test(it_gets_none_of_our_files_signals_and_secrets),
    };
    int failed;

    if (!mkdtemp(folder) || chdir(folder) != 0) {
        return 1;
    }
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink("got");
    (void)unlink("files");
    (void)unlink("variables");
    if (chdir("..") != 0 || rmdir(folder) != 0) {
        return 1;
    }
    return failed;
}
