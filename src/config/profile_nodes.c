#include "config/profile_nodes.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/url.h"

#define CERTIFICATE_MAX ((size_t)1 << 20) /* bytes of a file of certificates */

/* The first manager of the cluster: cfy keeps nodes by their role, cfy 4 had one plain list; up to
   5.0 the member has an underscore. NULL: it is no cluster. */
static const struct json *first_node(const struct json *profile)
{
    static const char *const names[] = {"cluster", "_cluster"};

    for (size_t at = 0; at < FERRY_COUNT(names); at++) {
        const struct json *cluster = json_member(profile, names[at]);
        const struct json *nodes =
            json_is_array(cluster) ? cluster : json_member(cluster, "manager");

        if (json_is_array(nodes) && json_size(nodes) > 0) {
            return json_first(nodes);
        }
    }
    return NULL;
}

static const char *host_of(const struct json *node)
{
    return json_string_or(node, "host_ip", json_string_or(node, "manager_ip", NULL));
}

/* A number or a text, both are found in profiles; NULL when it is neither. */
static const char *port_text(const void *mem, const struct json *holder)
{
    const struct json *node = json_member(holder, "rest_port");

    if (json_is_number(node)) {
        return mem_printf(mem, "%" PRId64, json_int64_or(holder, "rest_port", 0));
    }
    return json_text(node);
}

/* The URL of a host; holder says protocol and port, or the profile does. NULL without a host. */
static const char *url_of(const void *mem, const struct json *profile, const struct json *holder,
                          const char *host)
{
    const char *scheme =
        json_string_or(holder, "rest_protocol", json_string_or(profile, "rest_protocol", "http"));
    const char *port = port_text(mem, holder);
    bool v6 = host != NULL && strchr(host, ':') != NULL && host[0] != '[';

    if (host == NULL || host[0] == '\0') {
        return NULL;
    }
    port = port != NULL ? port : port_text(mem, profile);
    return mem_printf(mem, "%s://%s%s%s%s%s", scheme, v6 ? "[" : "", host, v6 ? "]" : "",
                      port == NULL ? "" : ":", port == NULL ? "" : port);
}

/* Do both name the same host and port, however they are written? */
static bool same_url(const void *mem, const char *a, const char *b)
{
    char *one = NULL;
    char *other = NULL;

    return config_url_manager(mem, a, &one) == NULL && config_url_manager(mem, b, &other) == NULL &&
           strcmp(one, other) == 0;
}

static bool is_there(const void *mem, const char *const *urls, size_t count, const char *url)
{
    for (size_t at = 0; at < count; at++) {
        if (same_url(mem, urls[at], url)) {
            return true;
        }
    }
    return false;
}

const char *const *profile_nodes_urls(const void *mem, const struct json *profile, size_t *count)
{
    const struct json *node = first_node(profile);
    const char *main_host = json_string_or(profile, "manager_ip", NULL);
    size_t most = 1;
    const char **urls;

    for (const struct json *at = node; at != NULL; at = json_next(at)) {
        most++;
    }
    urls = mem_array(mem, const char *, most);
    *count = 0;
    urls[0] = url_of(mem, profile, profile, main_host);
    if (urls[0] == NULL) {
        return urls;
    }
    for (*count = 1; node != NULL; node = json_next(node)) {
        const char *url = url_of(mem, profile, node, host_of(node));
        bool is_main = strcmp(json_string_or(node, "hostname", ""), main_host) == 0;

        if (url != NULL && !is_main && !is_there(mem, urls, *count, url)) {
            urls[(*count)++] = url;
        }
    }
    return urls;
}

bool profile_nodes_trust_all(const struct json *profile)
{
    for (const struct json *node = first_node(profile); node != NULL; node = json_next(node)) {
        if (json_bool_or(node, "trust_all", false) ||
            json_string_or(node, "trust_all", "")[0] != '\0') {
            return true;
        }
    }
    return false;
}

/* Do two files hold the same? What cannot be read is not the same. */
static bool same_file(const char *a, const char *b)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *one, *other;
    size_t size, other_size;

    if (strcmp(a, b) == 0) {
        return true;
    }
    return file_read(scope, a, CERTIFICATE_MAX, &one, &size, NULL) == FERRY_OK &&
           file_read(scope, b, CERTIFICATE_MAX, &other, &other_size, NULL) == FERRY_OK &&
           size == other_size && memcmp(one, other, size) == 0;
}

enum ferry_code profile_nodes_certificate(const struct json *profile, const char *of_all,
                                          const char **out, struct ferry_error *err)
{
    const struct json *node = first_node(profile);

    *out = node == NULL ? of_all : NULL;
    for (; node != NULL; node = json_next(node)) {
        const char *own = json_string_or(node, "cert", "");

        own = own[0] != '\0' ? own : of_all;
        if (own == NULL) {
            continue;
        }
        if (*out != NULL && !same_file(*out, own)) {
            ferry_fail(err, FERRY_E_CONFIG,
                       "the nodes have different certificates, and ferry takes one file of them: "
                       "%s, %s",
                       *out, own);
            ferry_error_hint(err,
                             "put them into one file and name it: cat %s %s > nodes.pem, then "
                             "manager.ca (--ca nodes.pem)",
                             *out, own);
            return FERRY_E_CONFIG;
        }
        *out = own;
    }
    return FERRY_OK;
}
