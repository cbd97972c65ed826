#include "config/secret_command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/mem.h"
#include "base/timefmt.h"

#define POLL_MS 20 /* between two looks at a command that has closed its output but goes on */

/* In the child: a process group of its own (so that all of it can be killed), no terminal input,
   none of our files, and signals as a program expects them. */
static void become(const char *text, int output)
{
    setpgid(0, 0);
    child_become_quiet(-1, output);
    execl("/bin/sh", "sh", "-c", text, (char *)NULL);
    _exit(127);
}

struct child {
    pid_t pid;
    int output;
    int64_t deadline_ms;
    struct clock *clock;
    bool ended;
    int status;
};

static int64_t left_ms(const struct child *child)
{
    int64_t left = child->deadline_ms - child->clock->now_ms(child->clock);

    return left > 0 ? left : 0;
}

/* Reads until the end, size or the deadline. True: the end was seen. */
static bool read_output(const struct child *child, char *bytes, size_t size, size_t *length)
{
    *length = 0;
    while (*length < size && left_ms(child) > 0) {
        struct pollfd wait = {.fd = child->output, .events = POLLIN};
        int ready = poll(&wait, 1, (int)left_ms(child));
        ssize_t got;

        if (ready <= 0) {
            if (ready < 0 && errno != EINTR) {
                return false;
            }
            continue;
        }
        got = read(child->output, bytes + *length, size - *length);
        if (got == 0) {
            return true;
        }
        if (got < 0 && errno != EINTR) {
            return false;
        }
        if (got > 0) {
            *length += (size_t)got;
        }
    }
    return false;
}

static void wait_for_end(struct child *child)
{
    while (!child->ended) {
        pid_t got = waitpid(child->pid, &child->status, WNOHANG);

        child->ended = got == child->pid || (got < 0 && errno != EINTR);
        if (child->ended || left_ms(child) == 0) {
            return;
        }
        (void)poll(NULL, 0, POLL_MS);
    }
}

static void kill_all(struct child *child)
{
    (void)kill(-child->pid, SIGKILL);
    (void)kill(child->pid, SIGKILL); /* it may not have made its group yet */
    while (!child->ended) {
        child->ended = waitpid(child->pid, &child->status, 0) == child->pid || errno != EINTR;
    }
}

static enum ferry_code start(const struct secret_command *command, struct child *child,
                             struct ferry_error *err)
{
    int ends[2];

    if (pipe(ends) != 0) {
        return ferry_fail_errno(err, FERRY_E_IO, errno, "cannot run the %s command", command->what);
    }
    child->pid = fork();
    if (child->pid == 0) {
        become(command->text, ends[1]);
    }
    if (child->pid < 0) {
        int sys = errno;

        close(ends[0]);
        close(ends[1]);
        return ferry_fail_errno(err, FERRY_E_IO, sys, "cannot run the %s command", command->what);
    }
    close(ends[1]);
    child->output = ends[0];
    child->deadline_ms = command->clock->now_ms(command->clock) + command->limit_ms;
    return FERRY_OK;
}

static enum ferry_code refused(struct ferry_error *err)
{
    ferry_error_hint(err, "run it by hand; ferry shows neither its output nor its errors");
    return FERRY_E_CONFIG;
}

enum ferry_code secret_command_run(const struct secret_command *command, char *bytes, size_t size,
                                   size_t *length, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct child child = {.clock = command->clock};
    enum ferry_code code = start(command, &child, err);
    bool complete;
    bool late;

    if (code != FERRY_OK) {
        return code;
    }
    complete = read_output(&child, bytes, size, length);
    if (complete) {
        wait_for_end(&child);
    }
    late = !child.ended && left_ms(&child) == 0;
    if (!child.ended) {
        kill_all(&child);
    }
    close(child.output);
    if (late) {
        ferry_fail(err, FERRY_E_CONFIG, "the %s command took longer than %s", command->what,
                   timefmt_duration(scope, command->limit_ms));
    } else if (!complete) {
        ferry_fail(err, FERRY_E_CONFIG, "the %s command printed more than %zu bytes", command->what,
                   size);
    } else if (WIFSIGNALED(child.status)) {
        ferry_fail(err, FERRY_E_CONFIG, "the %s command was killed by signal %d", command->what,
                   WTERMSIG(child.status));
    } else if (WEXITSTATUS(child.status) != 0) {
        ferry_fail(err, FERRY_E_CONFIG, "the %s command failed with exit code %d", command->what,
                   WEXITSTATUS(child.status));
    } else {
        return FERRY_OK;
    }
    return refused(err);
}
