/*
 * A command of the operator that runs beside us: by a shell, with a text on its standard input, in
 * a process group of its own, with a limit after which all of it is killed. Nobody waits for it: a
 * small process of its own keeps the limit, also when ours ends.
 *
 * It gets none of our files, no terminal, and of our environment only what every program needs
 * (PATH, HOME, USER, LOGNAME, SHELL, LANG, LC_*, TZ, TMPDIR, XDG_RUNTIME_DIR): what holds a secret
 * does not reach it. What it prints is thrown away.
 */
#ifndef BASE_COMMAND_H
#define BASE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "ferry/error.h"

struct command_start {
    const char *text;       /* for /bin/sh -c */
    const char *input;      /* what it reads; of any length */
    const char *const *set; /* "NAME=VALUE"s for its environment, ended by NULL; or NULL */
    int64_t limit_ms;
};

enum command_end {
    COMMAND_RUNS,
    COMMAND_GOOD,   /* exit code 0 */
    COMMAND_FAILED, /* another one, in *detail */
    COMMAND_KILLED, /* by a signal, in *detail */
    COMMAND_LATE    /* the limit was reached */
};

/* Starts it; *pid is for command_look. FERRY_E_IO. */
enum ferry_code command_begin(const struct command_start *command, int *pid,
                              struct ferry_error *err) FERRY_CHECK;
/* Has it ended, and how? Never waits. Once it has ended, pid is not to be used again. */
enum command_end command_look(int pid, int *detail);
/* The same, but waits until it has ended: never much longer than its limit. */
enum command_end command_wait(int pid, int *detail);

#endif
