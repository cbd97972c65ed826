#include "cli/signals.h"

#include <errno.h>
#include <signal.h>

#include "ui/ui.h"

static struct {
    struct ferry *volatile ferry;
    volatile sig_atomic_t count;
    volatile sig_atomic_t fd;
    volatile sig_atomic_t continued;
    struct sigaction old_interrupt, old_terminate;
    sigset_t old_mask;
} state;

static void on_signal(int number)
{
    int sys = errno;

    (void)number;
    if (state.ferry != NULL) {
        state.count = state.count + 1;
        ferry_stop(state.ferry);
        if (state.count <= 2 && state.fd >= 0) {
            ui_signal_note(state.fd, state.count);
        }
    }
    errno = sys;
}

static void both(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGINT);
    (void)sigaddset(set, SIGTERM);
}

void cli_signals_begin(struct ferry *ferry, int fd)
{
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: a wait must end */
    sigset_t set;

    both(&set);
    both(&action.sa_mask);
    (void)sigprocmask(SIG_BLOCK, &set, &state.old_mask);
    state.ferry = ferry;
    state.count = 0;
    state.fd = fd;
    (void)sigaction(SIGINT, &action, &state.old_interrupt);
    (void)sigaction(SIGTERM, &action, &state.old_terminate);
}

void cli_signals_end(void)
{
    if (state.ferry == NULL) {
        return;
    }
    /* A signal that came after the run's end has nothing to stop: the handler takes it in silence.
     */
    state.ferry = NULL;
    (void)sigprocmask(SIG_SETMASK, &state.old_mask, NULL);
    (void)sigaction(SIGINT, &state.old_interrupt, NULL);
    (void)sigaction(SIGTERM, &state.old_terminate, NULL);
}

int cli_signals_count(void)
{
    return state.count;
}

static void on_change(int number)
{
    if (number == SIGCONT) {
        state.continued = 1;
    }
}

void cli_signals_watch(void)
{
    struct sigaction action = {.sa_handler = on_change}; /* no SA_RESTART: a wait must end */

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGWINCH, &action, NULL);
    (void)sigaction(SIGCONT, &action, NULL);
}

bool cli_signals_continued(void)
{
    bool continued = state.continued != 0;

    state.continued = 0;
    return continued;
}
