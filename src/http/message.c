#include "http/message.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"

static const char *const method_names[] = {
    [HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
    [HTTP_PUT] = "PUT", [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
};

bool http_method_changes(enum http_method method)
{
    return method != HTTP_GET && method != HTTP_HEAD;
}

const char *http_method_name(enum http_method method)
{
    return method_names[method];
}

struct http_request *http_request_new(const void *ctx, enum http_method method, const char *path)
{
    struct http_request *request = mem_new(ctx, struct http_request);

    request->method = method;
    request->path = mem_strdup(request, path);
    return request;
}

void http_request_header(struct http_request *request, const char *name, const char *value)
{
    assert(request->header_count < HTTP_HEADERS_MAX);
    struct http_header *header = &request->headers[request->header_count++];

    header->name = mem_strdup(request, name);
    header->value = mem_strdup(request, value);
}

void http_request_json(struct http_request *request, const struct json *body)
{
    char *text = json_print(request, body);

    request->content_type = "application/json";
    request->body = text;
    request->body_size = (int64_t)strlen(text);
    request->body_file = NULL;
}

void http_request_digest(const struct http_request *request, char out[65])
{
    struct digest_sha256 *digest = digest_sha256_new(NULL);
    const char *method = http_method_name(request->method);

    if (request->site == HTTP_SITE_OLD) {
        digest_sha256_add(digest, "old ", 4);
    } else if (request->site == HTTP_SITE_LOCAL) {
        digest_sha256_add(digest, "local ", 6);
    }
    digest_sha256_add(digest, method, strlen(method));
    digest_sha256_add(digest, "\n", 1);
    digest_sha256_add(digest, request->path, strlen(request->path));
    digest_sha256_add(digest, "\n", 1);
    if (request->body != NULL) {
        digest_sha256_add(digest, request->body, (size_t)request->body_size);
    }
    digest_sha256_end(digest, out);
    mem_free(digest);
}

struct http_reply *http_reply_new(const void *ctx)
{
    struct http_reply *reply = mem_new(ctx, struct http_reply);

    reply->outcome = HTTP_UNKNOWN;
    reply->code = FERRY_E_UNKNOWN;
    reply->content_length = -1;
    reply->retry_after_ms = -1;
    reply->date_ms = -1;
    reply->cert_until_ms = -1;
    reply->range_from = reply->range_total = reply->file_bytes = -1;
    return reply;
}
