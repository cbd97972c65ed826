/* One request as the handlers see it, with its reply. Everything lives below the request. */
#ifndef PRACTICE_REQUEST_H
#define PRACTICE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/json.h"

struct MHD_Connection;
struct practice;
struct fault;
struct route;

#define REQUEST_ARGS 2                 /* variable path segments of one route, at most */
#define REQUEST_BODY_LIMIT (64u << 20) /* bytes of a body that is kept in memory */
#define REPLY_HEADERS 10

struct param {
    const char *name, *value;
};

struct reply {
    int status;
    const char *type; /* Content-Type, NULL: none */
    struct buf body;
    int fd;                       /* a file instead of the body, taken over; -1: none */
    int64_t file_from, file_size; /* the part that is answered */
    int64_t file_total;
    const char *snapshot; /* whose archive it is, for the ledger; NULL: none */
    struct param headers[REPLY_HEADERS];
    size_t headers_count;
};

struct request {
    struct practice *practice;
    struct MHD_Connection *connection;
    const char *method, *path, *raw_uri;
    struct param *params; /* of the query, decoded, in order */
    size_t params_count, params_room;
    struct buf body;       /* of small bodies */
    int body_fd;           /* of large ones: a file in DIR/uploads, -1: none */
    const char *body_path; /* its name; NULL once a handler has taken it */
    int64_t body_bytes;
    bool is_head;
    size_t node; /* of the cluster, from 0; CLUSTER_CONTROL: the port for /practice alone */
    /* set on the way to the handler */
    const struct fault *fault; /* that shall befall it, or NULL */
    const struct route *route;
    const char *args[REQUEST_ARGS];
    const char *user, *role; /* NULL: anonymous */
    bool is_admin;           /* sys_admin */
    bool is_bootstrap;       /* user id 0 */
    const char *tenant;      /* as far as checked: the tenant exists and the user may use it */
    struct json *json;       /* body of a JSON route */
    struct reply reply;
};

const char *request_header(const struct request *request, const char *name);
/* The first query parameter of a name, or NULL. */
const char *request_param(const struct request *request, const char *name);
/* Takes every query parameter of a name away. */
void request_drop_param(struct request *request, const char *name);
void request_add_param(struct request *request, const char *name, const char *value);

/* --- replies; each sets status and body as the real manager would --- */

/* The body is JSON, to be written into the returned buffer. */
struct buf *reply_json(struct request *request, int status);
void reply_json_node(struct request *request, int status, const struct json *node);
void reply_json_text(struct request *request, int status, const char *text);
/* {"error_code", "message", "server_traceback": null} */
void reply_error(struct request *request, int status, const char *code, const char *format, ...)
    FERRY_PRINTF(4, 5);
/* The same without server_traceback, as validation of query parameters answers. */
void reply_invalid(struct request *request, int status, const char *code, const char *format, ...)
    FERRY_PRINTF(4, 5);
/* 500 with a traceback that ends in last_line. */
void reply_internal_error(struct request *request, const char *last_line);
/* 503 of maintenance mode. */
void reply_maintenance(struct request *request, const char *code);
void reply_not_found(struct request *request, const char *model, const char *id);
/* HTML of the application: 400, 404, 405. */
void reply_flask(struct request *request, int status);
/* HTML of nginx: 404, 412, 413, 414, 416, 502, 503, 504. */
void reply_nginx(struct request *request, int status);
void reply_empty(struct request *request, int status);
void reply_header(struct request *request, const char *name, const char *value);

#endif
