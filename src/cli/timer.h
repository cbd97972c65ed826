/* ferry backup --print-timer. */
#ifndef CLI_TIMER_H
#define CLI_TIMER_H

#include "cli/cli.h"

/* Prints the files that its value asks for: service, timer, systemd (both), cron; without one all,
   each below a line with its name. */
enum ferry_code cli_print_timer(struct invocation *invocation, struct ferry_error *err) FERRY_CHECK;

#endif
