#include "cli/wait.h"

#include <poll.h>
#include <string.h>

void cli_wait(void)
{
    (void)poll(NULL, 0, CLI_LOOK_MS);
}

bool cli_is_running(const struct json *status)
{
    return strcmp(json_string_or(status, "state", ""), "running") == 0;
}
