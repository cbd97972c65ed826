/* For commands that look again and again. */
#ifndef CLI_WAIT_H
#define CLI_WAIT_H

#include <stdbool.h>

#include "base/json.h"

#define CLI_LOOK_MS 1000

/* Waits for CLI_LOOK_MS, less when a signal comes. */
void cli_wait(void);
/* Does a ferry work on the run of this status, so that more may come? */
bool cli_is_running(const struct json *status);

#endif
