#include "practice/exchange.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "practice/ledger.h"
#include "practice/practice.h"

#define CUT_PIECE 4096

/* Half of a body, then the end of the connection. */
struct cut {
    const char *data;
    size_t half;
};

static ssize_t read_half(void *arg, uint64_t at, char *out, size_t room)
{
    const struct cut *cut = arg;
    if (at >= cut->half) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t size = cut->half - (size_t)at;
    size = size < room ? size : room;
    memcpy(out, cut->data + at, size);
    return (ssize_t)size;
}

static struct MHD_Response *cut_response(struct exchange *exchange)
{
    const struct buf *body = &exchange->request.reply.body;
    struct cut *cut = mem_new(exchange, struct cut);
    *cut = (struct cut){.data = buf_text(body), .half = body->len / 2};
    return MHD_create_response_from_callback(body->len, CUT_PIECE, read_half, cut, NULL);
}

static struct MHD_Response *response_for(struct exchange *exchange)
{
    struct reply *reply = &exchange->request.reply;
    if (reply->fd >= 0) {
        struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(
            (uint64_t)reply->file_size, reply->fd, (uint64_t)reply->file_from);
        reply->fd = -1;
        return response;
    }
    if (exchange->fault != NULL && exchange->fault->kind == FAULT_CUT_BODY && reply->body.len > 0) {
        return cut_response(exchange);
    }
    /* The buffer lives until the exchange is freed, which is after the reply has gone. */
    return MHD_create_response_from_buffer(reply->body.len, reply->body.data,
                                           MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result exchange_send(struct exchange *exchange)
{
    struct reply *reply = &exchange->request.reply;
    struct MHD_Response *response = response_for(exchange);
    if (response == NULL) {
        return MHD_NO;
    }
    (void)MHD_add_response_header(response, "Server", "nginx");
    if (reply->type != NULL) {
        (void)MHD_add_response_header(response, "Content-Type", reply->type);
    }
    for (size_t i = 0; i < reply->headers_count; i++) {
        (void)MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
    }
    enum MHD_Result result =
        MHD_queue_response(exchange->request.connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    ledger_answered(exchange->server->practice, exchange->number, reply->status);
    return result;
}
