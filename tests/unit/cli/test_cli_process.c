/* The program as a process: signals, a full disk, a reader that goes away. */
#include "ferry_test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "support/fake_ferry.h"

#define DONE "{\"run\":\"upgrade-1\",\"state\":\"done\",\"steps\":[]}"
#define FIRST_NOTE "press again to stop now"
#define SECOND_NOTE "stopping now"

struct child {
    pid_t pid;
    int err; /* what it writes to stderr */
    char text[4096];
    size_t length;
};

/* A child that runs "ferry COMMAND" (and a word for it, or NULL) with its stdout in `out` and dies
   of nothing but its own end. */
static void start_command(struct child *child, int out, const char *command, const char *word)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    memset(child, 0, sizeof(*child));
    child->pid = fork();
    assert_true(child->pid >= 0);
    if (child->pid == 0) {
        char *words[] = {strdup("ferry"), strdup(command), word != NULL ? strdup(word) : NULL,
                         NULL};
        struct cli_io io;

        dup2(out, STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        signal(SIGPIPE, SIG_IGN);
        cli_io_system(&io);
        _exit(cli_main(word != NULL ? 3 : 2, words, &io));
    }
    close(ends[1]);
    child->err = ends[0];
}

static void start(struct child *child, int out)
{
    start_command(child, out, "run", NULL);
}

/* Reads stderr until this text has come; false at its end. */
static bool read_until(struct child *child, const char *text)
{
    while (strstr(child->text, text) == NULL) {
        ssize_t got =
            read(child->err, child->text + child->length, sizeof(child->text) - 1 - child->length);

        if (got <= 0)
            return false;
        child->length += (size_t)got;
    }
    return true;
}

static int end_of(struct child *child)
{
    int status;

    (void)read_until(child, "\001"); /* never comes: read to the end */
    close(child->err);
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void interrupted_twice_by(int number, const char *command, const char *word)
{
    static const struct ferry_event event = {
        .id = 1, .at_ms = 1, .kind = "run_started", .run = "upgrade-1"};
    struct child child;
    int null = open("/dev/null", O_WRONLY);

    fake_reset();
    fake_answer(FERRY_E_STOPPED, DONE, "stopped", "ferry resume");
    fake.events = &event;
    fake.event_count = 1;
    fake.wait_for_stop = true;
    start_command(&child, null, command, word);
    assert_true(read_until(&child, "started"));
    kill(child.pid, number);
    assert_true(read_until(&child, FIRST_NOTE));
    assert_null(strstr(child.text, SECOND_NOTE));
    kill(child.pid, number);
    assert_int_equal(end_of(&child), 3);
    assert_non_null(strstr(child.text, SECOND_NOTE));
    close(null);
}

static void two_signals_stop_a_run_in_two_stages(void **state)
{
    (void)state;
    interrupted_twice_by(SIGINT, "run", NULL);
    interrupted_twice_by(SIGTERM, "run", NULL);
}

/* It talks to the manager as a run does, shows what it does, and can be stopped. */
static void two_signals_stop_a_cancel_in_two_stages(void **state)
{
    (void)state;
    interrupted_twice_by(SIGINT, "cancel", "upgrade-1");
}

static void a_signal_before_the_run_waits_is_not_lost(void **state)
{
    struct child child;
    int null = open("/dev/null", O_WRONLY);
    sigset_t set, old;

    (void)state;
    fake_reset();
    fake_answer(FERRY_E_STOPPED, DONE, "stopped", "ferry resume");
    fake.wait_for_stop = true;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, &old);
    start(&child, null);
    kill(child.pid, SIGINT); /* the mask is inherited: it waits there */
    assert_true(read_until(&child, FIRST_NOTE));
    kill(child.pid, SIGINT);
    assert_int_equal(end_of(&child), 3);
    sigprocmask(SIG_SETMASK, &old, NULL);
    close(null);
}

static void a_full_disk_is_an_error(void **state)
{
    struct child child;
    int full = open("/dev/full", O_WRONLY);

    (void)state;
    if (full < 0)
        fail_msg("/dev/full cannot be opened");
    fake_reset();
    fake_answer(FERRY_OK, DONE, NULL, NULL);
    start(&child, full);
    assert_int_equal(end_of(&child), 1);
    assert_non_null(strstr(child.text, "cannot write the result: no space left on device"));
    close(full);
}

static void a_failed_run_keeps_its_exit_code_on_a_full_disk(void **state)
{
    struct child child;
    int full = open("/dev/full", O_WRONLY);

    (void)state;
    fake_reset();
    fake_answer(FERRY_E_UNKNOWN, DONE, "a unit is unknown", "ferry resolve");
    start(&child, full);
    assert_int_equal(end_of(&child), 4);
    assert_non_null(strstr(child.text, "a unit is unknown"));
    assert_non_null(strstr(child.text, "cannot write the result"));
    close(full);
}

static void a_reader_that_goes_away_is_an_error_not_a_death(void **state)
{
    struct child child;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    fake_reset();
    fake_answer(FERRY_OK, DONE, NULL, NULL);
    start(&child, ends[1]);
    assert_int_equal(end_of(&child), 1);
    assert_non_null(strstr(child.text, "cannot write the result"));
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_signals_stop_a_run_in_two_stages),
        cmocka_unit_test(two_signals_stop_a_cancel_in_two_stages),
        cmocka_unit_test(a_signal_before_the_run_waits_is_not_lost),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(a_failed_run_keeps_its_exit_code_on_a_full_disk),
        cmocka_unit_test(a_reader_that_goes_away_is_an_error_not_a_death),
    };

    return cmocka_run_group_tests_name("cli: process", tests, NULL, NULL);
}
