#include "practice/broker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "practice/address.h"

#define BACKLOG 1024 /* connections that are never taken up */

static int open_socket(const struct addrinfo *address)
{
    static const int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 &&
        (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
         bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

enum ferry_code broker_listen(const void *ctx, const char *listen, char **out,
                              struct ferry_error *err)
{
    struct addrinfo *address = NULL;
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    enum ferry_code code = address_find(listen, &address, err);
    if (code != FERRY_OK) {
        return code;
    }
    int fd = open_socket(address);
    freeaddrinfo(address);
    memset(&bound, 0, sizeof bound);
    if (fd < 0 || getsockname(fd, (struct sockaddr *)&bound, &size) != 0) {
        return ferry_fail_errno(err, FERRY_E_IO, errno, "cannot listen on %s", listen);
    }
    unsigned port = bound.ss_family == AF_INET6
                        ? ntohs(((struct sockaddr_in6 *)(void *)&bound)->sin6_port)
                        : ntohs(((struct sockaddr_in *)(void *)&bound)->sin_port);
    *out = mem_printf(ctx, "%.*s:%u", (int)(strrchr(listen, ':') - listen), listen, port);
    return FERRY_OK;
}
