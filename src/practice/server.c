#include "practice/server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "practice/address.h"
#include "practice/download.h"
#include "practice/exchange.h"
#include "practice/jobs.h"
#include "practice/ledger.h"
#include "practice/practice.h"
#include "practice/routes.h"

#define CONNECTION_MEMORY ((size_t)256 << 10) /* bytes read at once; large uploads want it */
#define CONNECTIONS_MOST 8192u
#define KEY_LIMIT ((size_t)1 << 20)

static void *begin(void *arg, const char *uri, struct MHD_Connection *connection)
{
    struct port *port = arg;
    struct server *server = port->server;
    struct exchange *exchange = mem_new(server, struct exchange);
    struct request *request = &exchange->request;
    exchange->server = server;
    exchange->port = port;
    request->node = port->node;
    request->practice = server->practice;
    request->connection = connection;
    request->raw_uri = mem_strdup(exchange, uri);
    request->body_fd = -1;
    request->reply.fd = -1;
    buf_init(&request->body, exchange, REQUEST_BODY_LIMIT);
    buf_init(&request->reply.body, exchange, (size_t)1 << 30);
    return exchange;
}

static enum MHD_Result add_param(void *arg, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    (void)kind;
    request_add_param(arg, name, value);
    return MHD_YES;
}

static void open_body_file(struct exchange *exchange)
{
    struct request *request = &exchange->request;
    struct server *server = exchange->server;
    request->body_path =
        mem_printf(exchange, "%s/uploads/%ld-%" PRId64, server->practice->options.data,
                   (long)getpid(), server->next_file++);
    request->body_fd = open(request->body_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static enum MHD_Result headers_are_here(struct exchange *exchange, const char *url,
                                        const char *method)
{
    struct request *request = &exchange->request;
    struct practice *practice = exchange->server->practice;
    exchange->stage = STAGE_BODY;
    request->method = mem_strdup(exchange, method);
    request->path = mem_strdup(exchange, url);
    request->is_head = strcmp(method, "HEAD") == 0;
    (void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, add_param, request);
    if (strncmp(url, "/practice/", 10) != 0) {
        bool auth = request_header(request, "Authorization") != NULL ||
                    request_header(request, "Authentication-Token") != NULL;
        struct asked asked = {method, url, request->node, auth};
        exchange->number = ledger_request(practice, &asked);
        exchange->fault = faults_match(practice->faults, method, url);
        request->fault = exchange->fault;
    }
    if (routes_streams(method, url)) {
        open_body_file(exchange);
    }
    return MHD_YES;
}

static bool write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        data += written;
        size -= (size_t)written;
    }
    return true;
}

/* Faults with after_bytes act in the middle of a body. */
static bool cut_short(struct exchange *exchange)
{
    const struct fault *fault = exchange->fault;
    if (fault == NULL || fault->after_bytes < 0 ||
        exchange->request.body_bytes < fault->after_bytes) {
        return false;
    }
    if (fault->kind == FAULT_DIE_BEFORE) {
        _exit(137);
    }
    if (fault->kind == FAULT_KILL_CLIENT_BEFORE) {
        faults_kill_client(fault);
    }
    return fault->kind == FAULT_KILL_CLIENT_BEFORE || fault->kind == FAULT_DROP_BEFORE;
}

static enum MHD_Result take_body(struct exchange *exchange, const char *data, size_t *size)
{
    struct request *request = &exchange->request;
    request->body_bytes += (int64_t)*size;
    bool kept = request->body_fd >= 0 ? write_all(request->body_fd, data, *size)
                                      : buf_append(&request->body, data, *size);
    *size = 0;
    if (!kept || cut_short(exchange)) {
        ledger_answered(exchange->server->practice, exchange->number, 0);
        return MHD_NO;
    }
    return MHD_YES;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are those of libmicrohttpd */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **state)
{
    (void)arg;
    (void)connection;
    (void)version;
    struct exchange *exchange = *state;
    if (exchange->stage == STAGE_NEW) {
        return headers_are_here(exchange, url, method);
    }
    if (*size > 0) {
        return take_body(exchange, data, size);
    }
    return exchange_advance(exchange);
}

static void on_end(void *arg, struct MHD_Connection *connection, void **state,
                   enum MHD_RequestTerminationCode why)
{
    struct exchange *exchange = *state;
    (void)arg;
    (void)connection;
    if (exchange == NULL) {
        return;
    }
    download_ended(exchange, why == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    struct server *server = exchange->server;
    for (struct exchange **at = &server->waiting; *at != NULL; at = &(*at)->next) {
        if (*at == exchange) {
            *at = exchange->next;
            break;
        }
    }
    if (exchange->request.body_fd >= 0) {
        (void)close(exchange->request.body_fd);
    }
    if (exchange->request.body_path != NULL) {
        (void)unlink(exchange->request.body_path);
    }
    if (exchange->request.reply.fd >= 0) {
        (void)close(exchange->request.reply.fd);
    }
    mem_free(exchange);
    *state = NULL;
}

static void raise_limits(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Reads certificate and key into MHD's options, as far as the port has them. */
static enum ferry_code read_keys(struct port *port, struct MHD_OptionItem *tls,
                                 struct ferry_error *err)
{
    const struct practice_options *options = &port->server->practice->options;
    bool restored = port->restored && options->restored_cert != NULL;
    char *cert = NULL;
    char *key = NULL;
    size_t size = 0;
    enum ferry_code code =
        file_read(port->server, restored ? options->restored_cert : options->tls_cert, KEY_LIMIT,
                  &cert, &size, err);
    if (code == FERRY_OK) {
        code = file_read(port->server, restored ? options->restored_key : options->tls_key,
                         KEY_LIMIT, &key, &size, err);
    }
    tls[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, cert};
    tls[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, key};
    return code;
}

static void set_number(struct port *port, unsigned number)
{
    port->number = number;
    if (port->address.ss_family == AF_INET6) {
        ((struct sockaddr_in6 *)(void *)&port->address)->sin6_port = htons((uint16_t)number);
    } else {
        ((struct sockaddr_in *)(void *)&port->address)->sin_port = htons((uint16_t)number);
    }
}

static enum ferry_code open_port(struct port *port, struct ferry_error *err)
{
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_END, 0, NULL}, {MHD_OPTION_END, 0, NULL}, {MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    flags |= port->address.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0u;
    port->restored = port->server->practice->state.certificate == CERTIFICATE_RESTORED;
    if (port->tls) {
        enum ferry_code code = read_keys(port, tls, err);
        if (code != FERRY_OK) {
            return code;
        }
        flags |= MHD_USE_TLS;
    }
    port->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, port, MHD_OPTION_SOCK_ADDR, &port->address,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT,
        CONNECTIONS_MOST, MHD_OPTION_URI_LOG_CALLBACK, begin, port, MHD_OPTION_NOTIFY_COMPLETED,
        on_end, port, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    if (port->daemon == NULL) {
        return ferry_fail_errno(err, FERRY_E_IO, errno, "cannot listen on %s", port->host);
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(port->daemon, MHD_DAEMON_INFO_BIND_PORT);
    set_number(port, info == NULL ? port->number : info->port);
    return FERRY_OK;
}

static enum ferry_code add_port(struct server *server, size_t node, const char *listen,
                                struct ferry_error *err)
{
    struct addrinfo *address = NULL;
    struct port *port = &server->ports[node];
    const struct practice_options *options = &server->practice->options;
    *port = (struct port){.server = server,
                          .node = node,
                          .host = listen,
                          .tls = options->tls_cert != NULL && node != CLUSTER_CONTROL,
                          .bucket_ms = exchange_now_ms(server)};
    enum ferry_code code = address_find(listen, &address, err);
    if (code != FERRY_OK) {
        return code;
    }
    assert(address != NULL);
    memcpy(&port->address, address->ai_addr, address->ai_addrlen);
    freeaddrinfo(address);
    const char *digits = strrchr(listen, ':') + 1;
    if (node > 0 && node != CLUSTER_CONTROL) { /* the nodes after the first take the next ports */
        set_number(port, strcmp(digits, "0") == 0 ? 0 : server->ports[0].number + (unsigned)node);
    }
    return cluster_listens(server->practice, node) ? open_port(port, err) : FERRY_OK;
}

enum ferry_code server_start(struct practice *practice, struct server **out,
                             struct ferry_error *err)
{
    struct server *server = mem_new(practice, struct server);
    const struct practice_options *options = &practice->options;
    enum ferry_code code = FERRY_OK;
    server->practice = practice;
    raise_limits();
    for (size_t i = 0; i < practice->cluster.count && code == FERRY_OK; i++) {
        code = add_port(server, i, options->listen, err);
    }
    if (code == FERRY_OK && options->control != NULL) {
        code = add_port(server, CLUSTER_CONTROL, options->control, err);
    }
    *out = server;
    return code;
}

char *server_url(const struct server *server, const void *ctx, size_t node)
{
    const struct port *port = &server->ports[node];
    int length = (int)(strrchr(port->host, ':') - port->host);
    return mem_printf(ctx, "%s://%.*s:%u", port->tls ? "https" : "http", length, port->host,
                      port->number);
}

static void close_port(struct server *server, struct port *port)
{
    (void)exchange_wake(server, INT64_MAX - 1); /* suspended connections may not be left */
    MHD_stop_daemon(port->daemon);
    port->daemon = NULL;
}

void server_follow(struct server *server, size_t except)
{
    const struct practice *practice = server->practice;
    bool restored = practice->state.certificate == CERTIFICATE_RESTORED;
    struct ferry_error err;
    for (size_t i = 0; i < practice->cluster.count; i++) {
        struct port *port = &server->ports[i];
        bool listens = cluster_listens(practice, i);
        if (i == except) {
            continue;
        }
        if (port->daemon != NULL && (!listens || (port->tls && port->restored != restored))) {
            close_port(server, port);
        }
        if (port->daemon == NULL && listens && open_port(port, &err) != FERRY_OK) {
            (void)fprintf(stderr, "ferry-practice: %s\n", err.message);
        }
    }
}

/* Milliseconds until something is to be done without a byte arriving; -1: nothing. */
static int timeout_ms(struct server *server, int64_t next_wake_ms)
{
    int64_t now = practice_now_ms(server->practice);
    int64_t next = server->practice->next_job_ms;
    int64_t wait = next == INT64_MAX ? -1 : next > now ? next - now : 0;
    if (next_wake_ms != INT64_MAX) {
        int64_t until = next_wake_ms - exchange_now_ms(server);
        until = until < 0 ? 0 : until;
        wait = wait < 0 || until < wait ? until : wait;
    }
    for (size_t i = 0; i < FERRY_COUNT(server->ports); i++) {
        MHD_UNSIGNED_LONG_LONG wanted = 0;
        struct MHD_Daemon *daemon = server->ports[i].daemon;
        if (daemon != NULL && MHD_get_timeout(daemon, &wanted) == MHD_YES &&
            (wait < 0 || (int64_t)wanted < wait)) {
            wait = (int64_t)wanted;
        }
    }
    return wait > 60000 ? 60000 : (int)wait;
}

/* Fills fds after the first with one of each port that listens; returns how many. */
static nfds_t poll_list(struct server *server, struct pollfd *fds)
{
    nfds_t count = 1;
    for (size_t i = 0; i < FERRY_COUNT(server->ports); i++) {
        if (server->ports[i].daemon != NULL) {
            const union MHD_DaemonInfo *info =
                MHD_get_daemon_info(server->ports[i].daemon, MHD_DAEMON_INFO_EPOLL_FD);
            fds[count++] =
                (struct pollfd){.fd = info == NULL ? -1 : info->epoll_fd, .events = POLLIN};
        }
    }
    return count;
}

void server_run(struct server *server)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    struct pollfd fds[FERRY_COUNT(server->ports) + 1] = {
        {.fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), .events = POLLIN}};
    int64_t next_wake_ms = INT64_MAX;
    while ((fds[0].revents & POLLIN) == 0) {
        if (poll(fds, poll_list(server, fds), timeout_ms(server, next_wake_ms)) < 0 &&
            errno != EINTR) {
            break;
        }
        jobs_run(server->practice, practice_now_ms(server->practice));
        server_follow(server, CLUSTER_MOST);
        (void)exchange_wake(server, exchange_now_ms(server));
        for (size_t i = 0; i < FERRY_COUNT(server->ports); i++) {
            if (server->ports[i].daemon != NULL) {
                (void)MHD_run(server->ports[i].daemon);
            }
        }
        server_follow(server, CLUSTER_MOST);
        /* A request may have begun to wait just now. */
        next_wake_ms = exchange_wake(server, exchange_now_ms(server));
    }
    (void)close(fds[0].fd);
}

void server_stop(struct server *server)
{
    for (size_t i = 0; i < FERRY_COUNT(server->ports); i++) {
        if (server->ports[i].daemon != NULL) {
            close_port(server, &server->ports[i]);
        }
    }
    sql_begin(server->practice->sql);
    ledger_flush(server->practice);
    sql_commit(server->practice->sql);
}
