/* The program on a terminal: width, colours, the live view, and what turns them off. */
#include "ferry_test.h"

#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "support/fake_ferry.h"

#define RUNNING "{\"run\":\"upgrade-1\",\"state\":\"running\",\"steps\":[]}"
#define DONE "{\"run\":\"upgrade-1\",\"state\":\"done\",\"steps\":[]}"
#define COLUMNS 50
#define OUTPUT_MAX 8192

struct surroundings {
    const char *term, *no_color, *columns; /* variables; NULL: unset */
    unsigned short width;                  /* of the terminal; 0: it does not tell */
};

static void set(const char *name, const char *value)
{
    if (value == NULL) {
        unsetenv(name);
    } else {
        setenv(name, value, 1);
    }
}

/* Runs "ferry COMMAND [OPTION]" on a new terminal and gives all that came out of it. */
static void run_on_terminal(const struct surroundings *around, const char *command,
                            const char *option, char *output)
{
    struct winsize size = {.ws_col = around->width, .ws_row = 24};
    size_t length = 0;
    int master, status;
    pid_t pid = forkpty(&master, NULL, NULL, &size);

    assert_true(pid >= 0);
    if (pid == 0) {
        char *words[] = {strdup("ferry"), strdup(command), option == NULL ? NULL : strdup(option),
                         NULL};
        struct cli_io io;

        set("TERM", around->term);
        set("NO_COLOR", around->no_color);
        set("COLUMNS", around->columns);
        cli_io_system(&io);
        _exit(cli_main(option == NULL ? 2 : 3, words, &io));
    }
    for (;;) { /* a terminal whose last user is gone gives EIO */
        ssize_t got = read(master, output + length, OUTPUT_MAX - 1 - length);

        if (got <= 0) {
            break;
        }
        length += (size_t)got;
    }
    output[length] = '\0';
    close(master);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static const struct ferry_event events[] = {
    {.id = 1, .at_ms = 1000, .kind = "step_started", .run = "upgrade-1", .step = "restore"},
    {.at_ms = 2000,
     .kind = "waiting",
     .run = "upgrade-1",
     .step = "restore",
     .text = "a text that is much wider than this terminal, so that it has to be cut"},
    {.id = 2, .at_ms = 3000, .kind = "step_done", .run = "upgrade-1", .step = "restore"},
};

static int reset(void **state)
{
    (void)state;
    fake_reset();
    fake_answer(FERRY_OK, DONE, NULL, NULL);
    fake.events = events;
    fake.event_count = FERRY_COUNT(events);
    return 0;
}

/* Columns of the widest line of the view; 0: there was none. Its lines are ASCII. */
static size_t widest_live_line(const char *output)
{
    size_t widest = 0;

    for (const char *end = strstr(output, "\033[K\r\n"); end != NULL;
         end = strstr(end + 1, "\033[K\r\n")) {
        size_t length = 0;
        const char *start = end;

        while (start > output && start[-1] != '\n')
            start--;
        for (const char *at = start; at < end; at++) {
            if (*at == '\033') /* up to its letter, it has no width */
                at += strcspn(at, "AJKhlm");
            else if (*at != '\r')
                length++;
        }
        if (length > widest)
            widest = length;
    }
    return widest;
}

static void a_terminal_gets_a_view_that_fits_and_colours(void **state)
{
    static const struct surroundings around = {.term = "xterm", .width = COLUMNS};
    char output[OUTPUT_MAX];

    (void)state;
    run_on_terminal(&around, "run", NULL, output);
    assert_int_equal(widest_live_line(output), COLUMNS - 1);
    assert_non_null(strstr(output, "\033[32m done      restore"));
    assert_null(strstr(output, "\033[?25l")); /* the cursor is never hidden */
}

static void no_color_gives_plain_lines(void **state)
{
    static const struct surroundings around = {.term = "xterm", .no_color = "1", .width = COLUMNS};
    static const struct surroundings empty = {.term = "xterm", .no_color = "", .width = COLUMNS};
    char output[OUTPUT_MAX];

    (void)state;
    run_on_terminal(&around, "run", NULL, output);
    assert_null(strchr(output, '\033'));
    assert_non_null(strstr(output, "1970-01-01T00:00:03.000Z restore done in 2.0 s\r\n"));
    run_on_terminal(&empty, "run", NULL, output);
    assert_non_null(strstr(output, "\033[32m"));
}

static void a_dumb_terminal_gets_plain_lines(void **state)
{
    static const char *const terms[] = {"dumb", NULL};

    (void)state;
    for (size_t at = 0; at < FERRY_COUNT(terms); at++) {
        const struct surroundings around = {.term = terms[at], .width = COLUMNS};
        char output[OUTPUT_MAX];

        run_on_terminal(&around, "run", NULL, output);
        assert_null(strchr(output, '\033'));
        assert_non_null(strstr(output, "1970-01-01T00:00:03.000Z restore done in 2.0 s\r\n"));
    }
}

static void a_terminal_that_tells_no_width_has_that_of_columns_or_80(void **state)
{
    static const struct surroundings given = {.term = "xterm", .columns = "60"};
    static const struct surroundings nothing = {.term = "xterm", .columns = "wide"};
    char output[OUTPUT_MAX];

    (void)state;
    run_on_terminal(&given, "run", NULL, output);
    assert_int_equal(widest_live_line(output), 59);
    run_on_terminal(&nothing, "run", NULL, output);
    assert_int_equal(widest_live_line(output), 79);
}

static void watching_shows_the_view_and_ends_with_the_status(void **state)
{
    static const struct surroundings around = {.term = "xterm", .width = 80};
    char output[OUTPUT_MAX];
    const char *view;

    (void)state;
    fake_reset();
    fake_answer(FERRY_OK, RUNNING, NULL, NULL);
    fake_answer(FERRY_OK, "{\"events\":[],\"last\":0}", NULL, NULL); /* where the last one is */
    fake_answer(FERRY_OK,
                "{\"events\":[{\"id\":1,\"at\":\"1970-01-01T00:00:03.000Z\",\"kind\":\"step_done\","
                "\"run\":\"upgrade-1\",\"step\":\"restore\"}],\"last\":1}",
                NULL, NULL);
    fake_answer(FERRY_OK, RUNNING, NULL, NULL);
    fake_answer(FERRY_OK, "{\"events\":[],\"last\":1}", NULL, NULL);
    fake_answer(FERRY_OK, DONE, NULL, NULL);
    fake_answer(FERRY_OK, "{\"events\":[],\"last\":1}", NULL, NULL);
    run_on_terminal(&around, "status", "--watch", output);
    view = strstr(output, "run upgrade-1: running");
    assert_non_null(view);
    assert_non_null(strstr(view, "00:00:03 restore done"));
    assert_non_null(strstr(view, "\033[32mrun upgrade-1: done"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_terminal_gets_a_view_that_fits_and_colours, reset),
        cmocka_unit_test_setup(no_color_gives_plain_lines, reset),
        cmocka_unit_test_setup(a_dumb_terminal_gets_plain_lines, reset),
        cmocka_unit_test_setup(a_terminal_that_tells_no_width_has_that_of_columns_or_80, reset),
        cmocka_unit_test_setup(watching_shows_the_view_and_ends_with_the_status, reset),
    };

    return cmocka_run_group_tests_name("cli: terminal", tests, NULL, NULL);
}
