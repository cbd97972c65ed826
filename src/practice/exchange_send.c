#include "practice/exchange.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "practice/download.h"
#include "practice/file_reply.h"
#include "practice/ledger.h"
#include "practice/practice.h"

static struct MHD_Response *response_for(struct exchange *exchange)
{
    struct reply *reply = &exchange->request.reply;
    if (download_wanted(exchange)) {
        return download_response(exchange);
    }
    if (reply->fd >= 0) {
        struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(
            (uint64_t)reply->file_size, reply->fd, (uint64_t)reply->file_from);
        reply->fd = -1;
        return response;
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
    int64_t offset_ms = exchange->server->practice->traffic.date_offset_ms;
    if (offset_ms != 0) {
        int64_t seconds = (exchange_now_ms(exchange->server) + offset_ms) / 1000;
        (void)MHD_add_response_header(response, "Date", http_date(exchange, (time_t)seconds));
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
