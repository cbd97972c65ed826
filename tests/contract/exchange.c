#include "contract/exchange.h"

#include "ferry_test.h"

#include <dirent.h>
#include <strings.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#define FOLDER FERRY_SOURCE_DIR "/tests/data/contract"
#define FILE_LIMIT ((size_t)64 << 20)
#define FILES_MAX 200

static const char *header(const struct json *headers, const char *name)
{
    for (const struct json *one = json_first(headers); one != NULL; one = json_next(one)) {
        if (strcasecmp(json_key(one), name) == 0) {
            return json_text(one);
        }
    }
    return NULL;
}

static enum exchange_gap gap_of(const struct exchange *exchange, const struct json *response)
{
    const char *type = exchange->content_type == NULL ? "" : exchange->content_type;

    if (exchange->method == NULL) {
        return EXCHANGE_COMMENT;
    }
    if (exchange->status == 0) {
        return EXCHANGE_SUMMARY;
    }
    if (json_get(response, "headers") == NULL && exchange->json == NULL) {
        return EXCHANGE_STATUS_ONLY;
    }
    if (strcmp(type, "application/octet-stream") == 0 && strcmp(exchange->method, "HEAD") != 0) {
        return EXCHANGE_DOWNLOAD;
    }
    if (strcmp(exchange->method, "OPTIONS") == 0 || strcmp(exchange->method, "PATCH") == 0 ||
        (strncmp(exchange->path, "/api/v3.1/", 10) != 0 && strcmp(exchange->path, "/") != 0)) {
        return EXCHANGE_NOT_OURS;
    }
    return EXCHANGE_WHOLE;
}

static void visit_entry(const struct exchange_visitor *visitor, struct exchange *exchange,
                        const struct json *entry)
{
    const struct json *response = json_get(entry, "response");
    const char *comment = json_string_or(entry, "comment", "");

    if (strncmp(comment, "=== ", 4) == 0) {
        exchange->section = comment + 4;
    }
    exchange->note = json_string_or(entry, "note", "");
    exchange->method = json_string_or(entry, "request.method", NULL);
    exchange->path = json_string_or(entry, "request.path", "");
    exchange->asked = json_get(entry, "request.json");
    exchange->request_headers = json_get(entry, "request.headers");
    exchange->status = (int)json_int64_or(response, "status", 0);
    exchange->json = json_get(response, "json");
    exchange->raw = json_string_or(response, "raw_body", NULL);
    exchange->content_type = header(json_get(response, "headers"), "Content-Type");
    if (exchange->content_type == NULL && exchange->json != NULL) {
        exchange->content_type = "application/json";
    }
    visitor->visit(visitor->arg, exchange, gap_of(exchange, response));
}

/* "unauthorized_error: User unauthorized: ..." as the body that it was made of. */
static const struct json *error_body(const void *ctx, const char *text)
{
    const char *colon = strstr(text, ": ");
    struct json *body = json_object(ctx);

    json_set_string(body, "error_code", mem_strndup(ctx, text, (size_t)(colon - text)));
    json_set_string(body, "message", colon + 2);
    return body;
}

static const struct json *list_body(const void *ctx, const char *text)
{
    struct json *body = json_object(ctx);
    struct json *page = json_set_object(json_set_object(body, "metadata"), "pagination");

    json_set_int(page, "total", strtol(text + strlen("total="), NULL, 10));
    (void)json_set_array(body, "items");
    return body;
}

static void visit_span(const struct exchange_visitor *visitor, struct exchange *exchange,
                       const struct json *span)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct json *value = json_get(span, "value");
    const char *text = json_text(value);

    exchange->status = (int)json_int64_or(span, "status", 0);
    exchange->json = value;
    exchange->raw = NULL;
    exchange->content_type = "application/json";
    if (text != NULL && text[0] == '<') {
        exchange->json = NULL;
        exchange->raw = text;
        exchange->content_type = "text/html";
    } else if (text != NULL && strncmp(text, "total=", 6) == 0) {
        exchange->json = list_body(scope, text);
    } else if (text != NULL && strstr(text, "_error: ") != NULL) {
        exchange->json = error_body(scope, text);
    }
    visitor->span(visitor->arg, exchange);
}

static void visit_timeline(const struct exchange_visitor *visitor, struct exchange *exchange,
                           const struct json *timeline)
{
    for (const struct json *probe = json_first(timeline); probe != NULL; probe = json_next(probe)) {
        exchange->path = json_key(probe);
        exchange->method = "GET";
        exchange->note = "timeline";
        for (const struct json *span = json_first(probe); span != NULL; span = json_next(span)) {
            visit_span(visitor, exchange, span);
            exchange->number++;
        }
    }
}

/* Bytes of archives were recorded as text with NULs, which base/json.h refuses for good reason. */
static void mend_nuls(char *text)
{
    for (char *at = text; (at = strstr(at, "\\u0000")) != NULL; at += 6) {
        memcpy(at, "\\u003f", 6);
    }
}

void exchange_file(const char *file, const struct exchange_visitor *visitor)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error err = {.code = FERRY_OK};
    struct exchange exchange = {.file = file, .section = ""};
    struct json *document = NULL;
    char *text = NULL;
    size_t size = 0;

    if (file_read(scope, mem_printf(scope, FOLDER "/%s", file), FILE_LIMIT, &text, &size, &err) !=
        FERRY_OK) {
        fail_msg("%s: %s", file, err.message);
    }
    mend_nuls(text);
    if (json_parse(scope, text, size, &document, &err) != FERRY_OK) {
        fail_msg("%s: %s", file, err.message);
    }
    const struct json *entries = json_get(document, "exchanges");
    assert_true(json_size(entries) > 0);
    for (const struct json *entry = json_first(entries); entry != NULL; entry = json_next(entry)) {
        visit_entry(visitor, &exchange, entry);
        exchange.number++;
    }
    if (visitor->span != NULL) {
        exchange.number = 0;
        visit_timeline(visitor, &exchange, json_get(document, "timeline"));
    }
}

static int is_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

size_t exchange_each(const struct exchange_visitor *visitor)
{
    struct dirent **list = NULL;
    int count = scandir(FOLDER, &list, is_json, alphasort);

    assert_true(count > 0 && count < FILES_MAX);
    for (int i = 0; i < count; i++) {
        exchange_file(list[i]->d_name, visitor);
        free(list[i]);
    }
    free(list);
    return (size_t)count;
}

struct http_reply *exchange_reply(const void *ctx, const struct exchange *exchange)
{
    struct http_reply *reply = http_reply_new(ctx);
    const char *body = exchange->raw;

    if (exchange->json != NULL) {
        body = json_print(reply, exchange->json);
    }
    http_reply_fill(reply, exchange->status, exchange->content_type, body == NULL ? "" : body,
                    body == NULL ? 0 : strlen(body));
    return reply;
}

bool exchange_is(const struct exchange *exchange, const char *method, const char *pattern)
{
    const char *path = exchange->path;

    if (strcmp(exchange->method, method) != 0 || strncmp(path, "/api/v3.1/", 10) != 0) {
        return false;
    }
    for (path += 10; *pattern != '\0'; pattern++) {
        if (*pattern == '*') {
            size_t length = strcspn(path, "/?");
            if (length == 0) {
                return false;
            }
            path += length;
        } else if (*pattern != *path++) {
            return false;
        }
    }
    return *path == '\0' || *path == '?';
}
