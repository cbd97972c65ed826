/* Ctrl-C, once and twice, while a run goes on. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <stdbool.h>

#include "ferry/ferry.h"

/* SIGINT and SIGTERM now stop this run: they are blocked, so that they arrive only where the
   library waits, and a handler asks it to stop and says so on the file descriptor (-1: it does
   not). One run at a time: a handler can be told nothing but by a global. */
void cli_signals_begin(struct ferry *ferry, int fd);
/* As before. */
void cli_signals_end(void);
/* How often the run was asked to stop. */
int cli_signals_count(void);

/* From now on a change of the terminal's size, and SIGCONT, end a wait. */
void cli_signals_watch(void);
/* Has the process been stopped, and goes on, since this was asked last? */
bool cli_signals_continued(void);

#endif
