#include "base/command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#define LOOK_MS 20

/* How the process that keeps the limit tells the end by its own exit code: codes of a shell end at
   255, so the two ends without a code need another way. */
enum { LATE_SIGNAL = SIGALRM };

extern char **environ;

static bool is_harmless(const char *variable)
{
    static const char *const names[] = {
        "PATH=", "HOME=", "USER=",   "LOGNAME=", "SHELL=",
        "LANG=", "TZ=",   "TMPDIR=", "LC_",      "XDG_RUNTIME_DIR="};

    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        if (strncmp(variable, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

static char **make_environment(const void *ctx, const char *const *set)
{
    size_t count = 0, used = 0;
    char **made;

    while (environ && environ[count]) {
        count++;
    }
    for (size_t i = 0; set && set[i]; i++) {
        count++;
    }
    made = mem_array(ctx, char *, count + 1);
    for (size_t i = 0; environ && environ[i]; i++) {
        if (is_harmless(environ[i])) {
            made[used++] = mem_strdup(ctx, environ[i]);
        }
    }
    for (size_t i = 0; set && set[i]; i++) {
        made[used++] = mem_strdup(ctx, set[i]);
    }
    return made;
}

/* The end of the child becomes our own: its code, or its signal. */
static void end_like(int status)
{
    if (WIFEXITED(status)) {
        _exit(WEXITSTATUS(status));
    }
    (void)kill(getpid(), WTERMSIG(status));
    (void)pause();
    _exit(126);
}

/* Keeps the limit, and ends as the command does; by SIGALRM when it was late. */
static void keep_limit(pid_t pid, int64_t limit_ms)
{
    struct clock *clock = clock_system();
    int64_t deadline_ms = clock->now_ms(clock) + limit_ms;
    int status = 0;

    while (waitpid(pid, &status, WNOHANG) != pid) {
        if (clock->now_ms(clock) >= deadline_ms) {
            (void)kill(-pid, SIGKILL);
            (void)kill(pid, SIGKILL); /* it may not have made its group yet */
            (void)waitpid(pid, &status, 0);
            (void)kill(getpid(), LATE_SIGNAL);
            (void)pause();
        }
        (void)poll(NULL, 0, LOOK_MS);
    }
    end_like(status);
}

static void run_beside(const struct command_start *command, char **environment, int input)
{
    char *const arguments[] = {(char[]){"sh"}, (char[]){"-c"}, mem_strdup(NULL, command->text),
                               NULL};
    pid_t pid;

    (void)setpgid(0, 0); /* what the terminal sends to ferry is not meant for it */
    child_become_quiet(input, -1);
    pid = fork();
    if (pid < 0) {
        _exit(126);
    }
    if (pid == 0) {
        (void)setpgid(0, 0);
        (void)execve("/bin/sh", arguments, environment);
        _exit(127);
    }
    (void)close(STDIN_FILENO);
    keep_limit(pid, command->limit_ms);
}

/* A file without a name that holds the text: nothing to wait for, however much it is. */
static FILE *hold(const char *text)
{
    FILE *file = tmpfile();

    if (file &&
        (fputs(text, file) < 0 || fflush(file) != 0 || lseek(fileno(file), 0, SEEK_SET) != 0)) {
        int sys = errno;

        (void)fclose(file);
        errno = sys;
        return NULL;
    }
    return file;
}

enum ferry_code command_begin(const struct command_start *command, int *pid,
                              struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char **environment = make_environment(scope, command->set);
    FILE *input = hold(command->input);
    pid_t child;
    int sys;

    if (!input) {
        return ferry_fail_errno(err, FERRY_E_IO, errno, "cannot give a command its input");
    }
    child = fork();
    if (child == 0) {
        run_beside(command, environment, fileno(input));
    }
    sys = errno;
    (void)fclose(input);
    if (child < 0) {
        return ferry_fail_errno(err, FERRY_E_IO, sys, "cannot start a command");
    }
    *pid = child;
    return FERRY_OK;
}

static enum command_end understand(int status, int *detail)
{
    *detail = 0;
    if (WIFSIGNALED(status)) {
        *detail = WTERMSIG(status);
        return *detail == LATE_SIGNAL ? COMMAND_LATE : COMMAND_KILLED;
    }
    *detail = WEXITSTATUS(status);
    return *detail == 0 ? COMMAND_GOOD : COMMAND_FAILED;
}

enum command_end command_look(int pid, int *detail)
{
    int status = 0;
    pid_t got = waitpid(pid, &status, WNOHANG);

    if (got == 0 || (got < 0 && errno == EINTR)) {
        return COMMAND_RUNS;
    }
    return understand(got == pid ? status : 0, detail); /* else somebody has waited for it */
}

enum command_end command_wait(int pid, int *detail)
{
    int status = 0;
    pid_t got;

    do {
        got = waitpid(pid, &status, 0);
    } while (got < 0 && errno == EINTR);
    return understand(got == pid ? status : 0, detail);
}
