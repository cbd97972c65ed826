#include "practice/download.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "practice/exchange.h"
#include "practice/ledger_downloads.h"
#include "practice/practice.h"

#define PIECE ((size_t)1 << 20)
#define STALLED_MS 600000 /* "for ever" */
#define PAUSE_MS 20       /* between the pieces of a slow answer */
#define DIED 137

struct download {
    struct exchange *exchange;
    const struct fault *fault; /* NULL: none that acts on bodies */
    int64_t from;              /* of the file */
    int64_t real;              /* bytes that are there */
    int64_t promised;          /* what Content-Length says */
    int64_t sent;              /* handed on, at most a piece more than went out */
    int64_t act_at;            /* bytes after which the fault acts */
    double rate;               /* bytes a second, 0: as fast as it goes */
    int64_t began_ms;
    bool stalled;
    int64_t row;   /* in the ledger, 0: not counted */
    int64_t acked; /* of the connection, before this answer */
};

static const struct fault *body_fault(const struct exchange *exchange)
{
    const struct fault *fault = exchange->fault;
    return fault != NULL && fault_is_of_body(fault->kind) ? fault : NULL;
}

bool download_wanted(const struct exchange *exchange)
{
    const struct reply *reply = &exchange->request.reply;
    bool body = reply->fd >= 0 || reply->body.len > 0;
    return body && (reply->snapshot != NULL || body_fault(exchange) != NULL);
}

/* Bytes that the other end's kernel has confirmed since the connection began; -1: it does not
   say. */
static int64_t bytes_acked(const struct exchange *exchange)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    const union MHD_ConnectionInfo *connection =
        MHD_get_connection_info(exchange->request.connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    memset(&info, 0, sizeof info);
    if (connection == NULL || exchange->port->tls ||
        getsockopt(connection->connect_fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
        return -1;
    }
    return (int64_t)info.tcpi_bytes_acked;
}

static ssize_t pause_for(const struct download *download, int64_t ms)
{
    exchange_pause(download->exchange, ms);
    return 0;
}

/* What befalls the answer when so many bytes of it have gone; 1: nothing. */
static ssize_t act(struct download *download, int64_t at)
{
    const struct fault *fault = download->fault;
    if (fault == NULL || at < download->act_at) {
        return 1;
    }
    if (fault->kind == FAULT_DIE_BODY) {
        _exit(DIED);
    }
    if (fault->kind == FAULT_KILL_CLIENT_BODY) {
        faults_kill_client(fault);
    }
    if (fault->kind == FAULT_KILL_CLIENT_BODY || fault->kind == FAULT_CUT_BODY) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (fault->kind == FAULT_STALL && !download->stalled) {
        download->stalled = true;
        return pause_for(download, fault->delay_ms > 0 ? fault->delay_ms : STALLED_MS);
    }
    return 1;
}

/* How many bytes may go now: to the fault's place, to the end, at the rate. */
static int64_t room_for(const struct download *download, int64_t at, size_t room)
{
    int64_t most = (int64_t)room;
    const struct fault *fault = download->fault;
    if (download->real - at < most) {
        most = download->real - at;
    }
    if (fault != NULL && download->act_at > at && download->act_at - at < most) {
        most = download->act_at - at;
    }
    if (download->rate > 0) {
        int64_t now_ms = exchange_now_ms(download->exchange->server);
        double due = (double)(now_ms - download->began_ms + 1) * download->rate / 1000.0;
        int64_t allowed = (int64_t)due - at;
        most = allowed < most ? allowed : most;
    }
    return most;
}

static ssize_t fill(const struct download *download, int64_t at, char *out, size_t size)
{
    const struct reply *reply = &download->exchange->request.reply;
    ssize_t got = 0;
    if (reply->fd < 0) {
        memcpy(out, buf_text(&reply->body) + at, size);
        return (ssize_t)size;
    }
    do {
        got = pread(reply->fd, out, size, download->from + at);
    } while (got < 0 && errno == EINTR);
    return got > 0 ? got : MHD_CONTENT_READER_END_WITH_ERROR;
}

static ssize_t read_piece(void *arg, uint64_t position, char *out, size_t room)
{
    struct download *download = arg;
    const struct fault *fault = download->fault;
    int64_t at = (int64_t)position;
    ssize_t result = act(download, at);
    if (result != 1) {
        return result;
    }
    if (at >= download->real) { /* more was promised than there is */
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    int64_t size = room_for(download, at, room);
    if (size <= 0) {
        return pause_for(download, PAUSE_MS);
    }
    result = fill(download, at, out, (size_t)size);
    if (result > 0 && fault != NULL && fault->kind == FAULT_CORRUPT) {
        int64_t place = fault->at - download->from - at;
        if (place >= 0 && place < result) {
            out[place] = (char)(out[place] ^ 0x55);
        }
    }
    if (result > 0) {
        download->sent = at + result;
    }
    return result;
}

static void set_fault(struct download *download)
{
    const struct fault *fault = download->fault;
    if (fault == NULL) {
        return;
    }
    download->act_at = fault->bytes < 0 ? download->real / 2 : fault->bytes;
    if (fault->kind == FAULT_WRONG_LENGTH) {
        download->promised = fault->length;
        download->real = fault->length < download->real ? fault->length : download->real;
    }
    if (fault->kind == FAULT_SLOW) {
        download->rate = fault->rate;
    }
}

static void count(struct download *download)
{
    struct exchange *exchange = download->exchange;
    struct reply *reply = &exchange->request.reply;
    if (reply->snapshot == NULL || exchange->request.is_head || exchange->number == 0) {
        return;
    }
    struct ledger_download row = {.snapshot = reply->snapshot,
                                  .status = reply->status,
                                  .from = reply->file_from,
                                  .to = reply->file_from + reply->file_size - 1,
                                  .size = reply->file_total,
                                  .node = (int64_t)exchange->request.node};
    download->row = ledger_download_begins(exchange->server->practice, &row);
    download->acked = bytes_acked(exchange);
    exchange->download = download;
}

struct MHD_Response *download_response(struct exchange *exchange)
{
    struct practice *practice = exchange->server->practice;
    const struct reply *reply = &exchange->request.reply;
    struct download *download = mem_new(exchange, struct download);
    bool file = reply->fd >= 0;
    *download = (struct download){
        .exchange = exchange,
        .fault = body_fault(exchange),
        .from = file ? reply->file_from : 0,
        .real = file ? reply->file_size : (int64_t)reply->body.len,
        .began_ms = exchange_now_ms(exchange->server),
        .rate = reply->snapshot != NULL ? practice_number(practice, "download_rate", 0) : 0};
    download->promised = download->real;
    set_fault(download);
    count(download);
    return MHD_create_response_from_callback((uint64_t)download->promised, PIECE, read_piece,
                                             download, NULL);
}

void download_ended(struct exchange *exchange, bool whole)
{
    struct download *download = exchange->download;
    if (download == NULL) {
        return;
    }
    exchange->download = NULL;
    int64_t acked = bytes_acked(exchange);
    acked = acked < 0 || download->acked < 0 ? -1 : acked - download->acked;
    if (acked > download->sent) { /* the headers of the answer are among them */
        acked = download->sent;
    }
    ledger_download_ended(exchange->server->practice, download->row, download->sent, acked, whole);
}
