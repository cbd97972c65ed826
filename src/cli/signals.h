/* Ctrl-C, once and twice, while a run goes on. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include "ferry/ferry.h"

/* SIGINT and SIGTERM now stop this run: they are blocked, so that they arrive only where the
   library waits, and a handler asks it to stop and says so on the file descriptor. One run at a
   time: a handler can be told nothing but by a global. */
void cli_signals_begin(struct ferry *ferry, int fd);
/* As before. */
void cli_signals_end(void);

#endif
