/* Other programs that a test needs: run to the end, or kept until their context ends. */
#ifndef TESTS_SUPPORT_PROCESS_H
#define TESTS_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

/* Runs a program (argv[0] from PATH, ended by NULL) to its end, its output to the file "output.log"
   in the current folder; its exit status, or -1. */
int process_run(const char *const *argv);
/* Starts one; it gets SIGTERM when the result is freed, and is waited for. Its stdout and stderr go
   to the given file. */
struct process *process_start(const void *ctx, const char *const *argv, const char *output);
/* True when a program of that name is in PATH or the sbin folders. */
bool process_exists(const char *name);
/* A port of 127.0.0.1 that was free a moment ago. */
int process_free_port(void);
/* Waits until something listens on that port, 10 s at most. */
bool process_await_port(int port);
/* Makes a new folder below the current one and enters it. Gives its name, to free with ctx. */
char *process_enter_folder(const void *ctx, const char *name);
/* Leaves the folder of process_enter_folder and removes it with its files. Frees the name. */
bool process_leave_folder(char *name);

#endif
