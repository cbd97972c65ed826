/*
 * One request on its way: a curl handle, what has been sent and received, and the reply that comes
 * of it. Made by transfer_setup.c, driven by curl's call-backs, ended by transfer.c.
 */
#ifndef HTTP_TRANSFER_H
#define HTTP_TRANSFER_H

#include <curl/curl.h>

#include "base/buf.h"
#include "http/client.h"
#include "http/reply.h"
#include "http/sink.h"

struct http_transfer {
    struct http_transfer *next; /* in the one list of the client that holds it */
    const struct http_request *request;
    uint64_t ticket;
    struct clock *clock;
    const char *url;             /* of the node, set by the client before the start */
    struct http_login *token_of; /* whose token it carries, NULL: none */
    CURL *easy;                  /* NULL before the start and after the end */
    struct curl_slist *headers;
    struct http_reply *reply; /* below the transfer until it is given away */
    struct http_reply_reader reader;
    struct buf body;
    int file;               /* of body_file, -1: none */
    struct http_sink *sink; /* of reply_file, NULL: none */
    int64_t taken;          /* bytes of the request's body that curl has asked for */
    int began;              /* how often the connection stood ready and the request was let go */
    int64_t started_ms;
    int64_t moved;            /* bytes of both ways when last looked */
    int64_t moved_at_ms;      /* when they were seen to have changed */
    enum ferry_code why_code; /* a reason of our own for cutting it; FERRY_OK: none */
    const char *why;
    char detail[CURL_ERROR_SIZE];
};

/* What all transfers of a client have in common. */
struct http_transfer_options {
    const char *ca_file; /* NULL: the system's, unless there is a ca_text */
    const char *ca_text; /* certificates of several files; they count instead of ca_file */
    bool insecure;
    const char *user_agent;
    struct http_login *before;
    struct http_login *after;
    struct clock *clock;
};

/* Below ctx. Borrows the request and the options' texts until the transfer is freed. */
struct http_transfer *http_transfer_new(const void *ctx,
                                        const struct http_transfer_options *options,
                                        const struct http_request *request, uint64_t ticket);
/* Opens the file, makes transfer->easy. On failure the transfer has ended with HTTP_NOT_SENT. */
bool http_transfer_setup(struct http_transfer *transfer,
                         const struct http_transfer_options *options);
/* Cuts it for a reason of our own; the first reason counts. why: static, or below the transfer. */
void http_transfer_blame(struct http_transfer *transfer, enum ferry_code code, const char *why);
/* Fills the reply. The curl handle must have left its multi handle; it is freed here. */
void http_transfer_end(struct http_transfer *transfer, CURLcode result);
/* Looks whether bytes have moved since it was last asked; true when none has for as long as the
   request allows. Once a file has been sent whole, its answer may take as long as any answer. */
bool http_transfer_stalled(struct http_transfer *transfer, int64_t now_ms);
/* Bytes of the body that left so far. */
int64_t http_transfer_sent(const struct http_transfer *transfer);
/* The path without its query: a query may hold the URL of an archive, with a password in it. */
char *http_transfer_path(const void *ctx, const struct http_request *request);

/* curl's call-backs; arg is the transfer. */
size_t http_transfer_on_read(char *into, size_t size, size_t count, void *arg);
size_t http_transfer_on_header(char *line, size_t size, size_t count, void *arg);
size_t http_transfer_on_body(char *bytes, size_t size, size_t count, void *arg);
int http_transfer_on_ready(void *arg, char *peer, char *own, int peer_port, int own_port);

#endif
