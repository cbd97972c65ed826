#include "http/nodes.h"

#include <curl/curl.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static enum ferry_code check_url(const char *url, struct ferry_error *err)
{
    static const struct {
        CURLUPart part;
        const char *why;
    } absent[] = {
        {CURLUPART_USER, "the user belongs into a setting of its own"},
        {CURLUPART_PASSWORD, "the password belongs into a file"},
        {CURLUPART_QUERY, "it must end with the host and port"},
        {CURLUPART_FRAGMENT, "it must end with the host and port"},
    };
    CURLU *parts = curl_url();
    const char *why = NULL;
    char *text = NULL;

    if (parts == NULL) {
        mem_exhausted();
    }
    if (curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        why = "it is not of the form https://host:port";
    }
    if (why == NULL && curl_url_get(parts, CURLUPART_SCHEME, &text, 0) == CURLUE_OK) {
        why = strcmp(text, "https") == 0 || strcmp(text, "http") == 0
                  ? NULL
                  : "it must begin with https:// (or http://)";
        curl_free(text);
    }
    for (size_t i = 0; why == NULL && i < FERRY_COUNT(absent); i++) {
        if (curl_url_get(parts, absent[i].part, &text, 0) == CURLUE_OK) {
            why = absent[i].why;
            curl_free(text);
        }
    }
    if (why == NULL && curl_url_get(parts, CURLUPART_PATH, &text, 0) == CURLUE_OK) {
        why = strcmp(text, "/") == 0 ? NULL : "it must end with the host and port";
        curl_free(text);
    }
    curl_url_cleanup(parts);
    return why == NULL ? FERRY_OK : ferry_fail(err, FERRY_E_CONFIG, "%s", why);
}

static char *without_slash(const void *ctx, const char *url)
{
    size_t length = strlen(url);

    while (length > 0 && url[length - 1] == '/') {
        length--;
    }
    return mem_strndup(ctx, url, length);
}

enum ferry_code http_nodes_init(const void *ctx, const struct http_client_options *options,
                                struct http_nodes *out, struct ferry_error *err)
{
    const char *const *urls = options->node_count > 0 ? options->nodes : &options->url;
    size_t count = options->node_count > 0 ? options->node_count : 1;

    *out = (struct http_nodes){.urls = mem_array(ctx, char *, count), .count = count};
    for (size_t at = 0; at < count; at++) {
        if (urls[at] == NULL) {
            return ferry_fail(err, FERRY_E_CONFIG, "no URL of a manager is given");
        }
        if (check_url(urls[at], err) != FERRY_OK) {
            void *scope FERRY_SCOPE = mem_scope(NULL);

            return ferry_error_prefix(err, "cannot use the URL \"%s\"",
                                      url_without_credentials(scope, urls[at]));
        }
        out->urls[at] = without_slash(ctx, urls[at]);
    }
    return FERRY_OK;
}

const char *http_nodes_pick(const struct http_nodes *nodes, const char *url)
{
    if (url == NULL) {
        return nodes->urls[nodes->current];
    }
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *wanted = without_slash(scope, url);

    for (size_t at = 0; at < nodes->count; at++) {
        if (strcmp(nodes->urls[at], wanted) == 0) {
            return nodes->urls[at];
        }
    }
    return NULL;
}

bool http_nodes_move_on(struct http_nodes *nodes, const char *url)
{
    if (nodes->count < 2 || strcmp(nodes->urls[nodes->current], url) != 0) {
        return false;
    }
    nodes->current = (nodes->current + 1) % nodes->count;
    return true;
}
