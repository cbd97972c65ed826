#include "support/script_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define CONNECTIONS_MAX 1024
#define HEAD_MAX 65536
#define READ_PIECE 262144

struct connection {
    int fd; /* -1: a free place */
    char *head;
    size_t head_size;
    bool head_done;
    int64_t body_size;
    int64_t body_got;
    const struct script_step *step; /* of the request under way; NULL: none has begun */
    bool answering;
    int64_t due_ms; /* when to go on with the answer */
    size_t sent;    /* of the answer's text */
    int64_t filled; /* of its filler */
    bool held;
};

struct server {
    int listener;
    const struct script_step *steps;
    size_t step_count;
    size_t next_step;
    struct script_seen *seen;
    struct clock *clock;
    struct connection connections[CONNECTIONS_MAX];
    int open;
};

struct script_server {
    pid_t pid;
    int port;
    char *url;
    struct script_seen *seen;
};

static void reset_request(struct connection *connection)
{
    connection->head_size = 0;
    connection->head_done = false;
    connection->body_size = 0;
    connection->body_got = 0;
    connection->step = NULL;
    connection->answering = false;
    connection->sent = 0;
    connection->filled = 0;
}

static void drop(struct server *server, struct connection *connection, bool reset)
{
    if (reset) {
        struct linger linger = {.l_onoff = 1, .l_linger = 0};

        (void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    }
    (void)close(connection->fd);
    free(connection->head);
    memset(connection, 0, sizeof(*connection));
    connection->fd = -1;
    server->open--;
}

static void accept_one(struct server *server)
{
    int fd = accept(server->listener, NULL, NULL);
    struct connection *connection = server->connections;

    if (fd < 0) {
        return;
    }
    while (connection < server->connections + CONNECTIONS_MAX && connection->fd >= 0) {
        connection++;
    }
    if (connection == server->connections + CONNECTIONS_MAX) {
        (void)close(fd);
        return;
    }
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    connection->fd = fd;
    connection->head = malloc(HEAD_MAX);
    reset_request(connection);
    server->seen->connections++;
    server->open++;
    if (server->open > server->seen->most_open) {
        server->seen->most_open = server->open;
    }
}

static int64_t content_length(const char *head)
{
    const char *line = head;

    while ((line = strstr(line, "\r\n")) != NULL) {
        line += 2;
        if (strncasecmp(line, "Content-Length:", 15) == 0) {
            return strtoll(line + 15, NULL, 10);
        }
    }
    return 0;
}

static void log_head(struct script_seen *seen, const char *head, size_t size)
{
    size_t room = SCRIPT_LOG_SIZE - 1 - seen->log_size;

    size = size < room ? size : room;
    memcpy(seen->log + seen->log_size, head, size);
    seen->log_size += size;
    seen->log[seen->log_size] = '\0';
}

/* Takes bytes of the head; gives how many were taken. */
static size_t take_head(struct server *server, struct connection *connection, const char *bytes,
                        size_t size)
{
    size_t before = connection->head_size;
    size_t room = HEAD_MAX - 1 - before;

    size = size < room ? size : room;
    memcpy(connection->head + before, bytes, size);
    connection->head[before + size] = '\0';
    const char *end = strstr(connection->head, "\r\n\r\n");
    if (end == NULL) {
        connection->head_size += size;
        return size;
    }
    size_t head_size = (size_t)(end - connection->head) + 4;
    connection->head[head_size] = '\0';
    connection->head_size = head_size;
    connection->head_done = true;
    connection->body_size = content_length(connection->head);
    server->seen->begun++;
    log_head(server->seen, connection->head, head_size);
    return head_size - before;
}

uint64_t script_hash(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;

    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static void take_body(struct server *server, struct connection *connection, const char *bytes,
                      size_t size)
{
    bool was_whole = connection->body_got >= connection->body_size;
    int64_t to_hash = SCRIPT_HASHED - connection->body_got;

    if (to_hash > 0) {
        size_t count = to_hash < (int64_t)size ? (size_t)to_hash : size;

        server->seen->body_hash = script_hash(server->seen->body_hash, bytes, count);
    }
    connection->body_got += (int64_t)size;
    server->seen->body_bytes += (int64_t)size;
    if (!was_whole && connection->body_got >= connection->body_size) {
        server->seen->complete++;
    }
}

static bool is_due(const struct connection *connection)
{
    const struct script_step *step = connection->step;

    switch (step->when) {
    case SCRIPT_FIRST_BYTE:
        return true;
    case SCRIPT_HEAD:
        return connection->head_done && connection->body_got >= step->body_bytes;
    case SCRIPT_WHOLE:
        break;
    }
    return connection->head_done && connection->body_got >= connection->body_size;
}

static void take_bytes(struct server *server, struct connection *connection, const char *bytes,
                       size_t size)
{
    if (connection->step == NULL) {
        size_t last = server->step_count - 1;

        connection->step = &server->steps[server->next_step < last ? server->next_step : last];
        server->next_step++;
        server->seen->touched++;
    }
    if (!connection->head_done) {
        size_t taken = take_head(server, connection, bytes, size);

        bytes += taken;
        size -= taken;
        if (connection->head_done && connection->body_size == 0) {
            server->seen->complete++;
        }
    }
    if (connection->head_done && size > 0) {
        take_body(server, connection, bytes, size);
    }
    if (!connection->answering && is_due(connection)) {
        connection->answering = true;
        connection->due_ms = server->clock->now_ms(server->clock) + connection->step->delay_ms;
    }
}

static void read_some(struct server *server, struct connection *connection)
{
    static char bytes[READ_PIECE];
    ssize_t got = recv(connection->fd, bytes, sizeof(bytes), 0);

    if (got > 0) {
        take_bytes(server, connection, bytes, (size_t)got);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        drop(server, connection, false);
    }
}

static void end_answer(struct server *server, struct connection *connection)
{
    switch (connection->step->then) {
    case SCRIPT_KEEP:
        reset_request(connection);
        break;
    case SCRIPT_CLOSE:
        drop(server, connection, false);
        break;
    case SCRIPT_RESET:
        drop(server, connection, true);
        break;
    case SCRIPT_HOLD:
        connection->held = true;
        break;
    }
}

/* Sends what the step still has to send, at most a piece. */
static void answer_some(struct server *server, struct connection *connection)
{
    static const char letters[] =
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    const struct script_step *step = connection->step;
    size_t text_left = step->answer == NULL ? 0 : strlen(step->answer) - connection->sent;
    int64_t fill_left = step->filler - connection->filled;
    const char *from = text_left > 0 ? step->answer + connection->sent : letters;
    size_t size = text_left;

    if (text_left == 0) {
        size = fill_left < (int64_t)sizeof(letters) - 1 ? (size_t)fill_left : sizeof(letters) - 1;
    }
    if (step->piece > 0 && size > step->piece) {
        size = step->piece;
    }
    if (size == 0) {
        end_answer(server, connection);
        return;
    }
    ssize_t sent = send(connection->fd, from, size, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            drop(server, connection, false);
        }
        return;
    }
    if (text_left > 0) {
        connection->sent += (size_t)sent;
    } else {
        connection->filled += sent;
    }
    if (step->piece > 0) {
        connection->due_ms = server->clock->now_ms(server->clock) + step->pause_ms;
    }
}

static bool wants_to_write(const struct connection *connection, int64_t now_ms)
{
    return connection->answering && !connection->held && connection->due_ms <= now_ms;
}

/* What to poll for, and for how long: polled[0] is the listener. */
static int prepare(struct server *server, struct pollfd *polled)
{
    int64_t now_ms = server->clock->now_ms(server->clock);
    int64_t wait_ms = -1;

    polled[0] = (struct pollfd){.fd = server->listener, .events = POLLIN};
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        const struct connection *connection = &server->connections[i];
        bool waits = connection->answering && !connection->held;
        /* Bytes of a next request wait in the kernel until this one is answered. */
        short events = waits && connection->step->when == SCRIPT_WHOLE ? 0 : POLLIN;

        polled[i + 1] = (struct pollfd){.fd = connection->fd, .events = events};
        if (connection->fd < 0 || !waits) {
            continue;
        }
        if (connection->due_ms <= now_ms) {
            polled[i + 1].events |= POLLOUT;
        } else if (wait_ms < 0 || connection->due_ms - now_ms < wait_ms) {
            wait_ms = connection->due_ms - now_ms;
        }
    }
    return (int)wait_ms;
}

static void serve(struct server *server)
{
    static struct pollfd polled[CONNECTIONS_MAX + 1];

    for (;;) {
        int wait_ms = prepare(server, polled);

        if (poll(polled, CONNECTIONS_MAX + 1, wait_ms) < 0 && errno != EINTR) {
            _exit(1);
        }
        int64_t now_ms = server->clock->now_ms(server->clock);
        for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
            struct connection *connection = &server->connections[i];
            short ready = polled[i + 1].revents;

            if (connection->fd < 0 || polled[i + 1].fd != connection->fd) {
                continue;
            }
            if ((ready & POLLOUT) != 0 && wants_to_write(connection, now_ms)) {
                answer_some(server, connection);
            } else if ((ready & (POLLIN | POLLHUP | POLLERR)) != 0) {
                read_some(server, connection);
            }
        }
        if ((polled[0].revents & POLLIN) != 0) {
            accept_one(server);
        }
    }
}

static void run_child(int listener, const struct script_step *steps, size_t count,
                      struct script_seen *seen)
{
    static struct server server;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    server.listener = listener;
    server.steps = steps;
    server.step_count = count;
    server.seen = seen;
    server.clock = clock_system();
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        server.connections[i].fd = -1;
    }
    serve(&server);
}

static int listen_on_loopback(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)(const void *)&address, size) != 0 ||
        listen(fd, CONNECTIONS_MAX) != 0 ||
        getsockname(fd, (struct sockaddr *)(void *)&address, &size) != 0) {
        perror("script_server");
        abort();
    }
    *port = ntohs(address.sin_port);
    return fd;
}

static int stop_child(struct script_server *server)
{
    (void)kill(server->pid, SIGKILL);
    (void)waitpid(server->pid, NULL, 0);
    (void)munmap(server->seen, sizeof(*server->seen));
    return 0;
}

struct script_server *script_server_start(const void *ctx, const struct script_step *steps,
                                          size_t count)
{
    struct script_server *server = mem_new(ctx, struct script_server);
    int listener = listen_on_loopback(&server->port);
    void *shared = mmap(NULL, sizeof(*server->seen), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED) {
        perror("script_server");
        abort();
    }
    server->seen = (struct script_seen *)shared;
    server->seen->body_hash = SCRIPT_HASH_START;
    server->url = mem_printf(server, "http://127.0.0.1:%d", server->port);
    server->pid = fork();
    if (server->pid < 0) {
        perror("script_server");
        abort();
    }
    if (server->pid == 0) {
        run_child(listener, steps, count, server->seen);
        _exit(0);
    }
    (void)close(listener);
    talloc_set_destructor(server, stop_child);
    return server;
}

int script_server_port(const struct script_server *server)
{
    return server->port;
}

const char *script_server_url(const struct script_server *server)
{
    return server->url;
}

const struct script_seen *script_server_seen(const struct script_server *server)
{
    return server->seen;
}
