#include "http/loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

#define EVENTS_A_TURN 64

struct http_loop {
    CURLM *multi;
    struct clock *clock;
    int epoll;
    int64_t due_ms; /* when curl wants to be called without an event; < 0: never */
};

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct http_loop *loop = (struct http_loop *)arg;
    struct epoll_event event = {.data.fd = fd};

    (void)easy;
    (void)socket_arg;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL); /* it may be closed already */
        return 0;
    }
    if ((what & CURL_POLL_IN) != 0) {
        event.events |= EPOLLIN;
    }
    if ((what & CURL_POLL_OUT) != 0) {
        event.events |= EPOLLOUT;
    }
    if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT &&
        epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        return -1;
    }
    return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct http_loop *loop = (struct http_loop *)arg;

    (void)multi;
    loop->due_ms = timeout_ms < 0 ? -1 : loop->clock->now_ms(loop->clock) + timeout_ms;
    return 0;
}

static int loop_destroy(struct http_loop *loop)
{
    (void)curl_multi_cleanup(loop->multi);
    if (loop->epoll >= 0) {
        (void)close(loop->epoll);
    }
    curl_global_cleanup(); /* counted by curl: the last loop of the process does it */
    return 0;
}

enum ferry_code http_loop_new(const void *ctx, struct clock *clock, int keep,
                              struct http_loop **out, struct ferry_error *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return ferry_fail(err, FERRY_E_FAILED, "cannot set up libcurl");
    }
    struct http_loop *loop = mem_new(ctx, struct http_loop);

    loop->clock = clock;
    loop->due_ms = -1;
    loop->multi = curl_multi_init();
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    talloc_set_destructor(loop, loop_destroy);
    if (loop->multi == NULL || loop->epoll < 0) {
        int sys = errno;

        mem_free(loop);
        return ferry_fail_errno(err, FERRY_E_FAILED, sys, "cannot set up the network loop");
    }
    (void)curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
    (void)curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    (void)curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
    (void)curl_multi_setopt(loop->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    (void)curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, (long)keep);
    *out = loop;
    return FERRY_OK;
}

CURLM *http_loop_multi(struct http_loop *loop)
{
    return loop->multi;
}

/* What may arrive while the loop waits: everything; only SIGPIPE keeps the process's own choice. */
static void open_mask(const sigset_t *blocked, sigset_t *mask)
{
    (void)sigemptyset(mask);
    if (sigismember(blocked, SIGPIPE) == 1) {
        (void)sigaddset(mask, SIGPIPE);
    }
}

/* epoll_pwait hands out ready sockets before it looks at signals, so a fast upload could keep a
   Ctrl-C away for ever. True when a pending signal was let through. */
static bool take_pending_signals(const sigset_t *blocked, const sigset_t *mask)
{
    sigset_t pending;

    if (sigpending(&pending) != 0) {
        return false;
    }
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&pending, number) == 1 && sigismember(mask, number) != 1) {
            (void)sigprocmask(SIG_SETMASK, mask, NULL);
            (void)sigprocmask(SIG_SETMASK, blocked, NULL);
            return true;
        }
    }
    return false;
}

static int epoll_timeout(const struct http_loop *loop, int64_t max_ms)
{
    int64_t wait_ms = max_ms;

    if (loop->due_ms >= 0) {
        int64_t now_ms = loop->clock->now_ms(loop->clock);
        int64_t until_ms = loop->due_ms > now_ms ? loop->due_ms - now_ms : 0;

        if (wait_ms < 0 || until_ms < wait_ms) {
            wait_ms = until_ms;
        }
    }
    if (wait_ms < 0) {
        return -1;
    }
    return wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}

static void serve(struct http_loop *loop, const struct epoll_event *event)
{
    int flags = 0;
    int running = 0;

    if ((event->events & EPOLLIN) != 0) {
        flags |= CURL_CSELECT_IN;
    }
    if ((event->events & EPOLLOUT) != 0) {
        flags |= CURL_CSELECT_OUT;
    }
    if ((event->events & (EPOLLERR | EPOLLHUP)) != 0) {
        flags |= CURL_CSELECT_ERR;
    }
    (void)curl_multi_socket_action(loop->multi, event->data.fd, flags, &running);
}

bool http_loop_turn(struct http_loop *loop, int64_t max_ms)
{
    struct epoll_event events[EVENTS_A_TURN];
    sigset_t blocked;
    sigset_t mask;
    int running = 0;

    if (sigprocmask(SIG_BLOCK, NULL, &blocked) != 0) {
        (void)sigemptyset(&blocked);
    }
    open_mask(&blocked, &mask);
    bool signalled = take_pending_signals(&blocked, &mask);
    int timeout = signalled ? 0 : epoll_timeout(loop, max_ms);
    int count = epoll_pwait(loop->epoll, events, EVENTS_A_TURN, timeout, &mask);
    if (count < 0) {
        signalled = true;
    }
    for (int i = 0; i < count; i++) {
        serve(loop, &events[i]);
    }
    if (loop->due_ms >= 0 && loop->clock->now_ms(loop->clock) >= loop->due_ms) {
        loop->due_ms = -1; /* curl sets it again if it wants to be called again */
        (void)curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    return !signalled;
}

CURL *http_loop_ended(struct http_loop *loop, CURLcode *result)
{
    int left = 0;
    CURLMsg *message;

    while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            CURL *easy = message->easy_handle;

            *result = message->data.result;
            (void)curl_multi_remove_handle(loop->multi, easy);
            return easy;
        }
    }
    return NULL;
}
