#include <stdarg.h>
#include <string.h>

#include "base/mem.h"
#include "practice/jtext.h"
#include "practice/request.h"

#define TYPE_JSON "application/json"
#define TYPE_FLASK "text/html; charset=utf-8"

static struct buf *fresh(struct request *request, int status, const char *type)
{
    request->reply.status = status;
    request->reply.type = type;
    buf_clear(&request->reply.body);
    return &request->reply.body;
}

struct buf *reply_json(struct request *request, int status)
{
    return fresh(request, status, TYPE_JSON);
}

void reply_json_text(struct request *request, int status, const char *text)
{
    (void)buf_puts(fresh(request, status, TYPE_JSON), text);
}

void reply_json_node(struct request *request, int status, const struct json *node)
{
    reply_json_text(request, status, json_print(request, node));
}

static void put_error(struct request *request, int status, const char *code, const char *message)
{
    struct buf *out = reply_json(request, status);
    (void)buf_puts(out, "{\"error_code\": ");
    jtext_string(out, code);
    (void)buf_puts(out, ", \"message\": ");
    jtext_string(out, message);
}

void reply_error(struct request *request, int status, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_error(request, status, code, mem_vprintf(request, format, args));
    va_end(args);
    (void)buf_puts(&request->reply.body, ", \"server_traceback\": null}\n");
}

void reply_invalid(struct request *request, int status, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_error(request, status, code, mem_vprintf(request, format, args));
    va_end(args);
    (void)buf_puts(&request->reply.body, "}\n");
}

void reply_internal_error(struct request *request, const char *last_line)
{
    put_error(request, 500, "internal_server_error",
              "Internal error occurred in manager REST server - InternalServerError: 500 Internal "
              "Server Error: The server encountered an internal error and was unable to complete "
              "your request. Either the server is overloaded or there is an error in the "
              "application.");
    struct buf *out = &request->reply.body;
    (void)buf_puts(out, ", \"server_traceback\": ");
    jtext_string(out, mem_printf(request, "Traceback (most recent call last):\n%s\n", last_line));
    (void)buf_puts(out, "}\n");
}

void reply_maintenance(struct request *request, const char *code)
{
    put_error(request, 503, code,
              "Your request was rejected since Cloudify manager is currently in maintenance mode");
    (void)buf_puts(&request->reply.body, ", \"server_traceback\": \"NoneType: None\\n\"}\n");
}

void reply_not_found(struct request *request, const char *model, const char *id)
{
    reply_error(request, 404, "not_found_error", "Requested `%s` with ID `%s` was not found", model,
                id);
}

void reply_flask(struct request *request, int status)
{
    const char *title = "Not Found";
    const char *text = "The requested URL was not found on the server. If you entered the URL "
                       "manually please check your spelling and try again.";
    if (status == 405) {
        title = "Method Not Allowed";
        text = "The method is not allowed for the requested URL.";
    } else if (status == 400) {
        title = "Bad Request";
        text = "The browser (or proxy) sent a request that this server could not understand.";
    } else if (status == 500) {
        title = "Internal Server Error";
        text = "The server encountered an internal error and was unable to complete your request.";
    }
    (void)buf_printf(fresh(request, status, TYPE_FLASK),
                     "<!doctype html>\n<html lang=en>\n<title>%d %s</title>\n<h1>%s</h1>\n"
                     "<p>%s</p>\n",
                     status, title, title, text);
}

static const char *nginx_title(int status)
{
    switch (status) {
    case 404:
        return "Not Found";
    case 412:
        return "Precondition Failed";
    case 413:
        return "Request Entity Too Large";
    case 414:
        return "Request-URI Too Large";
    case 416:
        return "Requested Range Not Satisfiable";
    case 502:
        return "Bad Gateway";
    case 503:
        return "Service Temporarily Unavailable";
    case 504:
        return "Gateway Time-out";
    default:
        return "Bad Request";
    }
}

void reply_nginx(struct request *request, int status)
{
    const char *title = nginx_title(status);
    (void)buf_printf(fresh(request, status, "text/html"),
                     "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n"
                     "<center><h1>%d %s</h1></center>\r\n<hr><center>nginx</center>\r\n"
                     "</body>\r\n</html>\r\n",
                     status, title, status, title);
}

void reply_empty(struct request *request, int status)
{
    (void)fresh(request, status, status == 204 ? TYPE_JSON : NULL);
}

void reply_header(struct request *request, const char *name, const char *value)
{
    struct reply *reply = &request->reply;
    if (reply->headers_count < REPLY_HEADERS) {
        reply->headers[reply->headers_count++] =
            (struct param){mem_strdup(request, name), mem_strdup(request, value)};
    }
}
