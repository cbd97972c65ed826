#include "practice/address.h"

#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/mem.h"

enum ferry_code address_find(const char *listen, struct addrinfo **out, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *colon = strrchr(listen, ':');
    if (colon == NULL) {
        return ferry_fail(err, FERRY_E_USAGE, "--listen \"%s\" is not HOST:PORT", listen);
    }
    size_t length = (size_t)(colon - listen);
    const char *host = *listen == '[' && length >= 2 ? mem_strndup(scope, listen + 1, length - 2)
                                                     : mem_strndup(scope, listen, length);
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    int code = getaddrinfo(host, colon + 1, &hints, out);
    if (code != 0) {
        return ferry_fail(err, FERRY_E_USAGE, "--listen \"%s\": %s", listen, gai_strerror(code));
    }
    return FERRY_OK;
}
