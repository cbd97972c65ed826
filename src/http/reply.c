#include "http/reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/timefmt.h"

#define RETRY_AFTER_MAX_S (INT64_C(10) * 365 * 86400) /* beyond it the text is nonsense */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* "Application/JSON; charset=utf-8" as "application/json"; NULL for an empty one. */
static char *plain_type(const void *ctx, const char *text)
{
    size_t length = strcspn(text, "; \t\r\n");

    if (length == 0) {
        return NULL;
    }
    char *type = mem_strndup(ctx, text, length);
    for (char *at = type; *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return type;
}

static void parse_body(struct http_reply *reply)
{
    struct json *json = NULL;

    if (reply->content_type != NULL && strcmp(reply->content_type, "application/json") == 0 &&
        reply->body_size > 0 &&
        json_parse(reply, reply->body, reply->body_size, &json, NULL) == FERRY_OK) {
        reply->json = json;
    }
}

void http_reply_fill(struct http_reply *reply, int status, const char *content_type,
                     const char *body, size_t body_size)
{
    reply->outcome = HTTP_ANSWERED;
    reply->code = FERRY_OK;
    reply->status = status;
    reply->content_type = content_type == NULL ? NULL : plain_type(reply, content_type);
    reply->body_size = body == NULL ? 0 : body_size;
    char *copy = mem_array(reply, char, reply->body_size + 1);
    if (reply->body_size > 0) {
        memcpy(copy, body, reply->body_size);
    }
    reply->body = copy;
    parse_body(reply);
}

void http_reply_reader_init(struct http_reply_reader *reader, struct http_reply *reply)
{
    *reader = (struct http_reply_reader){.reply = reply, .retry_at_ms = -1};
}

static void start_anew(struct http_reply_reader *reader)
{
    struct http_reply *reply = reader->reply;

    reply->content_type = NULL;
    reply->content_length = -1;
    reply->retry_after_ms = -1;
    reply->date_ms = -1;
    reply->etag = NULL;
    reply->takes_ranges = false;
    reply->range_from = reply->range_total = -1;
    reader->retry_at_ms = -1;
}

static void take_retry_after(struct http_reply_reader *reader, const char *value)
{
    int64_t number = 0;

    if (parse_int64(value, 0, RETRY_AFTER_MAX_S, &number)) {
        reader->reply->retry_after_ms = number * 1000;
    } else if (timefmt_parse_http(value, &number)) {
        reader->retry_at_ms = number;
    }
}

/* "bytes 100-199/1000" */
static void take_range(struct http_reply *reply, const char *value)
{
    char number[24];
    size_t length = strcspn(value, "-");
    const char *slash = strchr(value, '/');

    if (strncmp(value, "bytes ", 6) != 0 || length < 6 || length - 6 >= sizeof number) {
        return;
    }
    memcpy(number, value + 6, length - 6);
    number[length - 6] = '\0';
    if (!parse_int64(number, 0, INT64_MAX, &reply->range_from)) {
        reply->range_from = -1;
    }
    if (slash != NULL && !parse_int64(slash + 1, 0, INT64_MAX, &reply->range_total)) {
        reply->range_total = -1;
    }
}

/* Headers about the file that an answer is a part of. */
static void take_file_header(struct http_reply *reply, const char *name, size_t name_length,
                             const char *value)
{
    if (name_length == 4 && strncasecmp(name, "ETag", 4) == 0) {
        reply->etag = value[0] == '\0' ? NULL : mem_strdup(reply, value);
    } else if (name_length == 13 && strncasecmp(name, "Accept-Ranges", 13) == 0) {
        reply->takes_ranges = strcasecmp(value, "bytes") == 0;
    } else if (name_length == 13 && strncasecmp(name, "Content-Range", 13) == 0) {
        take_range(reply, value);
        reply->takes_ranges = true;
    }
}

static void take_header(struct http_reply_reader *reader, const char *name, size_t name_length,
                        const char *value)
{
    struct http_reply *reply = reader->reply;
    int64_t number = 0;

    if (name_length == 12 && strncasecmp(name, "Content-Type", 12) == 0) {
        reply->content_type = plain_type(reply, value);
    } else if (name_length == 14 && strncasecmp(name, "Content-Length", 14) == 0) {
        if (parse_int64(value, 0, INT64_MAX, &number)) {
            reply->content_length = number;
        }
    } else if (name_length == 11 && strncasecmp(name, "Retry-After", 11) == 0) {
        take_retry_after(reader, value);
    } else if (name_length == 4 && strncasecmp(name, "Date", 4) == 0) {
        if (timefmt_parse_http(value, &number)) {
            reply->date_ms = number;
        }
    } else {
        take_file_header(reply, name, name_length, value);
    }
}

bool http_reply_line(struct http_reply_reader *reader, const char *line, size_t length)
{
    reader->bytes += length;
    if (reader->bytes > HTTP_HEADER_LIMIT) {
        return false;
    }
    if (reader->in_body) {
        return true;
    }
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        start_anew(reader);
        return true;
    }
    while (length > 0 && is_blank(line[length - 1])) {
        length--;
    }
    const char *colon = length == 0 ? NULL : memchr(line, ':', length);
    if (colon == NULL || is_blank(line[0])) {
        return true; /* the empty line, or a folded one: nothing that we ask for is ever folded */
    }
    const char *value = colon + 1;
    const char *end = line + length;
    while (value < end && is_blank(*value)) {
        value++;
    }
    char *text = mem_strndup(reader->reply, value, (size_t)(end - value));
    take_header(reader, line, (size_t)(colon - line), text);
    mem_free(text);
    return true;
}

void http_reply_end(struct http_reply_reader *reader, int64_t realtime_ms)
{
    struct http_reply *reply = reader->reply;

    if (reply->retry_after_ms < 0 && reader->retry_at_ms >= 0) {
        int64_t from = reply->date_ms >= 0 ? reply->date_ms : realtime_ms;

        reply->retry_after_ms = reader->retry_at_ms > from ? reader->retry_at_ms - from : 0;
    }
    if (reply->body == NULL) {
        reply->body = "";
    }
    if (reply->outcome == HTTP_ANSWERED) {
        parse_body(reply);
    }
}
