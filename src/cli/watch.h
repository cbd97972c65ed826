/* ferry status --watch: looks on, by way of the journal, until the run stands still. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "cli/cli.h"

/* On a terminal the view that the run itself shows; elsewhere a line for each event; with --json a
   document a line, where it has changed. Ends with how the run stands. */
enum ferry_code cli_watch(struct invocation *invocation, struct ferry *ferry,
                          struct ferry_error *err) FERRY_CHECK;

#endif
