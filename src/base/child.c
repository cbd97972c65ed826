#include "base/child.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static void default_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++) {
        (void)signal(number, SIG_DFL);
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

void child_become_quiet(int input, int output)
{
    int null = open("/dev/null", O_RDWR);

    if (null < 0 || dup2(input < 0 ? null : input, STDIN_FILENO) < 0 ||
        dup2(output < 0 ? null : output, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0) {
        _exit(126);
    }
    closefrom(STDERR_FILENO + 1);
    default_signals();
}
