#include "cli/web.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/parse.h"

#define CONNECTIONS_MAX 64
#define IDLE_S 15

struct web {
    struct web_options o;
    struct MHD_Daemon *daemon;
    char *url;
    int64_t port;
};

static int stop(struct web *web)
{
    if (web->daemon != NULL) {
        MHD_stop_daemon(web->daemon);
    }
    return 0;
}

/* --- an answer --- */

/* A page of another place must not read this one by a name that it had resolved to our address. */
static bool is_our_name(const struct web *web, const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    size_t length = host == NULL ? 0 : strcspn(host, ":");
    int64_t port = 80;

    if (web->o.everywhere) {
        return true;
    }
    if (host == NULL) {
        return false;
    }
    if (host[0] == '[') {
        length = strcspn(host, "]") + 1;
    }
    if (length > strlen(host) ||
        (host[length] == ':' && !parse_int64(host + length + 1, 1, 65535, &port)) ||
        port != web->port) {
        return false;
    }
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        if (strlen(names[i]) == length && strncmp(host, names[i], length) == 0) {
            return true;
        }
    }
    return false;
}

static void put_headers(struct MHD_Response *response, const struct web_page *page)
{
    const char *const headers[][2] = {
        {"Content-Type", page->type},
        {"Content-Security-Policy",
         page->csp != NULL ? page->csp : "default-src 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cache-Control", "no-store"},
    };

    for (size_t i = 0; i < FERRY_COUNT(headers); i++) {
        (void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
    }
    if (page->status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        (void)MHD_add_response_header(response, "Allow", "GET, HEAD");
    }
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are those of libmicrohttpd */
static enum MHD_Result answer(void *arg, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *size, void **state)
{
    struct web *web = arg;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
    struct web_page page = {.status = MHD_HTTP_OK, .type = "text/plain; charset=utf-8"};
    struct MHD_Response *response;
    enum MHD_Result result;

    (void)version, (void)upload, (void)state;
    *size = 0; /* a body is not read */
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        page.status = MHD_HTTP_METHOD_NOT_ALLOWED;
        page.text = mem_strdup(scope, "read only\n");
    } else if (!is_our_name(web, host)) {
        page.status = MHD_HTTP_FORBIDDEN;
        page.text = mem_strdup(scope, "not under this name\n");
    } else {
        web->o.make(web->o.arg, scope, path, &page);
    }
    response = MHD_create_response_from_buffer(strlen(page.text), page.text, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) {
        return MHD_NO;
    }
    put_headers(response, &page);
    result = MHD_queue_response(connection, (unsigned)page.status, response);
    MHD_destroy_response(response);
    return result;
}

/* --- the address --- */

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)address;

        return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)address;

        return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    }
    return false;
}

/* Is what stands before the port an IPv6 address without brackets? It could be its last part. */
static bool is_bare(const char *text, const char *colon)
{
    return text[0] != '[' && memchr(text, ':', (size_t)(colon - text)) != NULL;
}

/* "HOST:PORT" or "[HOST]:PORT". */
static enum ferry_code resolve(const void *ctx, const char *text, struct addrinfo **out,
                               struct ferry_error *err)
{
    const char *colon = strrchr(text, ':');
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    int64_t port;

    if (colon == NULL || colon == text || is_bare(text, colon) ||
        !parse_int64(colon + 1, 0, 65535, &port)) {
        ferry_fail(err, FERRY_E_USAGE, "--listen: \"%s\" is no address with a port", text);
        ferry_error_hint(err, "for example --listen 127.0.0.1:8080 or --listen [::1]:8080");
        return FERRY_E_USAGE;
    }
    bool bracketed = text[0] == '[' && colon[-1] == ']';
    const char *host = bracketed ? mem_strndup(ctx, text + 1, (size_t)(colon - text) - 2)
                                 : mem_strndup(ctx, text, (size_t)(colon - text));
    int rc = getaddrinfo(host, colon + 1, &hints, out);
    return rc == 0 ? FERRY_OK
                   : ferry_fail(err, FERRY_E_USAGE, "--listen: cannot find \"%s\": %s", host,
                                gai_strerror(rc));
}

static enum ferry_code start(struct web *web, const struct sockaddr *address,
                             struct ferry_error *err)
{
    unsigned flags = MHD_USE_EPOLL | (address->sa_family == AF_INET6 ? MHD_USE_IPv6 : 0);
    const union MHD_DaemonInfo *info;

    errno = 0;
    web->daemon = MHD_start_daemon(flags, 0, NULL, NULL, answer, web, MHD_OPTION_SOCK_ADDR, address,
                                   MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                                   MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_END);
    if (web->daemon == NULL) {
        return ferry_fail_errno(err, FERRY_E_IO, errno, "cannot listen on %s", web->o.listen);
    }
    info = MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_BIND_PORT);
    web->port = info == NULL ? 0 : (int64_t)info->port;
    web->url =
        mem_printf(web, "http://%.*s:%lld/", (int)(strrchr(web->o.listen, ':') - web->o.listen),
                   web->o.listen, (long long)web->port);
    return FERRY_OK;
}

enum ferry_code web_new(const void *ctx, const struct web_options *options, struct web **out,
                        struct ferry_error *err)
{
    struct web *web = mem_new(ctx, struct web);
    struct addrinfo *found = NULL;
    enum ferry_code code = resolve(web, options->listen, &found, err);

    talloc_set_destructor(web, stop);
    web->o = *options;
    if (code == FERRY_OK && !options->everywhere && !is_loopback(found->ai_addr)) {
        ferry_fail(err, FERRY_E_USAGE, "--listen: others can reach %s", options->listen);
        ferry_error_hint(err, "listen on 127.0.0.1, or say that they may look: --public");
        code = FERRY_E_USAGE;
    }
    if (code == FERRY_OK) {
        code = start(web, found->ai_addr, err);
    }
    if (found != NULL) {
        freeaddrinfo(found);
    }
    *out = web;
    return code;
}

const char *web_url(const struct web *web)
{
    return web->url;
}

void web_serve(struct web *web, int ms)
{
    (void)MHD_run_wait(web->daemon, ms);
}
