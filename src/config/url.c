#include "config/url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/parse.h"

struct parts {
    const char *scheme; /* as a constant: "http" or "https" */
    const char *host;
    size_t host_length;
    int64_t port; /* 0: none given */
    const char *rest;
};

/* A name, an IPv4 address, or an IPv6 address in brackets. */
static const char *read_host(struct parts *parts, const char *authority, size_t length)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-._";
    size_t host;

    if (length > 0 && authority[0] == '[') {
        host = 1 + strspn(authority + 1, "0123456789abcdefABCDEF:.%");
        if (host < 3 || host >= length || authority[host] != ']') {
            return "has a bad address in brackets";
        }
        host++;
    } else {
        host = strspn(authority, letters);
        if (host == 0) {
            return "has no host";
        }
    }
    if (host > length) {
        host = length;
    }
    parts->host = authority;
    parts->host_length = host;
    return NULL;
}

static const char *read_port(struct parts *parts, const char *text, size_t length)
{
    char digits[8];

    if (length == 0) {
        return NULL;
    }
    if (text[0] != ':') {
        return "has a bad host";
    }
    if (length > sizeof(digits)) {
        return "has a bad port";
    }
    memcpy(digits, text + 1, length - 1);
    digits[length - 1] = '\0';
    if (!parse_int64(digits, 1, 65535, &parts->port)) {
        return "has a bad port";
    }
    return NULL;
}

static const char *split(const char *text, struct parts *parts)
{
    static const char *const schemes[] = {"http", "https"};
    size_t scheme = strcspn(text, ":");
    const char *authority;
    size_t length;
    const char *problem;

    memset(parts, 0, sizeof(*parts));
    for (size_t at = 0; at < FERRY_COUNT(schemes); at++) {
        if (scheme == strlen(schemes[at]) && strncasecmp(text, schemes[at], scheme) == 0) {
            parts->scheme = schemes[at];
        }
    }
    if (parts->scheme == NULL || strncmp(text + scheme, "://", 3) != 0) {
        return "must begin with http:// or https://";
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (isspace((unsigned char)*at) || iscntrl((unsigned char)*at)) {
            return "must not have spaces";
        }
    }
    authority = text + scheme + 3;
    length = strcspn(authority, "/?#");
    if (memchr(authority, '@', length) != NULL) {
        return "must not have user:password@ in it: the password would be stored";
    }
    parts->rest = authority + length;
    problem = read_host(parts, authority, length);
    if (problem != NULL) {
        return problem;
    }
    return read_port(parts, authority + parts->host_length, length - parts->host_length);
}

const char *config_url_manager(const void *mem, const char *text, char **out)
{
    struct parts parts;
    const char *problem = split(text, &parts);
    char *host;

    if (problem != NULL) {
        return problem;
    }
    if (parts.rest[0] != '\0' && strcmp(parts.rest, "/") != 0) {
        return "must end after host and port: paths are added by ferry";
    }
    host = mem_strndup(mem, parts.host, parts.host_length);
    for (char *at = host; *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    if (parts.port == 0 || parts.port == (strcmp(parts.scheme, "https") == 0 ? 443 : 80)) {
        *out = mem_printf(mem, "%s://%s", parts.scheme, host);
    } else {
        *out = mem_printf(mem, "%s://%s:%d", parts.scheme, host, (int)parts.port);
    }
    return NULL;
}

const char *config_url_download(const char *text)
{
    struct parts parts;
    const char *problem = split(text, &parts);

    if (problem != NULL) {
        return problem;
    }
    return parts.rest[0] != '/' || parts.rest[1] == '\0' ? "names no file" : NULL;
}
