#include "http/transfer.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "http/outcome.h"

/* curl keeps copies of header lines, and one of them is the credential. */
static void free_headers(struct http_transfer *transfer)
{
    for (struct curl_slist *line = transfer->headers; line != NULL; line = line->next) {
        secret_wipe(line->data, strlen(line->data));
    }
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
}

static void close_all(struct http_transfer *transfer)
{
    if (transfer->easy != NULL) {
        curl_easy_cleanup(transfer->easy);
        transfer->easy = NULL;
    }
    free_headers(transfer);
    if (transfer->file >= 0) {
        (void)close(transfer->file);
        transfer->file = -1;
    }
}

static int transfer_destroy(struct http_transfer *transfer)
{
    close_all(transfer);
    return 0;
}

struct http_transfer *http_transfer_new(const void *ctx,
                                        const struct http_transfer_options *options,
                                        const struct http_request *request, uint64_t ticket)
{
    struct http_transfer *transfer = mem_new(ctx, struct http_transfer);

    transfer->request = request;
    transfer->ticket = ticket;
    transfer->clock = options->clock;
    transfer->reply = http_reply_new(transfer);
    transfer->file = -1;
    transfer->started_ms = options->clock->now_ms(options->clock);
    buf_init(&transfer->body, transfer->reply,
             request->reply_limit == 0 ? HTTP_REPLY_LIMIT : request->reply_limit);
    http_reply_reader_init(&transfer->reader, transfer->reply);
    talloc_set_destructor(transfer, transfer_destroy);
    return transfer;
}

void http_transfer_blame(struct http_transfer *transfer, enum ferry_code code, const char *why)
{
    if (transfer->why_code == FERRY_OK) {
        transfer->why_code = code;
        transfer->why = why;
    }
}

/* ---- call-backs ---- */

/* Gives body bytes in order, once. There is deliberately no way to rewind. */
size_t http_transfer_on_read(char *into, size_t size, size_t count, void *arg)
{
    struct http_transfer *transfer = (struct http_transfer *)arg;
    const struct http_request *request = transfer->request;
    size_t room = size * count;
    int64_t left = request->body_size - transfer->taken;

    if (left <= 0) {
        return 0;
    }
    if (room > (uint64_t)left) {
        room = (size_t)left;
    }
    if (transfer->file < 0) {
        memcpy(into, request->body + transfer->taken, room);
        transfer->taken += (int64_t)room;
        return room;
    }
    ssize_t got = pread(transfer->file, into, room, (off_t)transfer->taken);
    if (got <= 0) {
        http_transfer_blame(transfer, FERRY_E_IO,
                            got < 0
                                ? mem_printf(transfer, "cannot read \"%s\": %s", request->body_file,
                                             strerror(errno))
                                : mem_printf(transfer, "\"%s\" became shorter while it was sent",
                                             request->body_file));
        return CURL_READFUNC_ABORT;
    }
    transfer->taken += got;
    return (size_t)got;
}

size_t http_transfer_on_header(char *line, size_t size, size_t count, void *arg)
{
    struct http_transfer *transfer = (struct http_transfer *)arg;
    size_t length = size * count;

    if (!http_reply_line(&transfer->reader, line, length)) {
        http_transfer_blame(
            transfer, FERRY_E_PROTOCOL,
            mem_printf(transfer, "the header of the answer is over %zu bytes", HTTP_HEADER_LIMIT));
        return 0;
    }
    return length;
}

/* Whether this answer's body goes into the file. */
static bool begin_sink(struct http_transfer *transfer)
{
    const char *why = NULL;
    long status = 0;

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    if (http_sink_begin(transfer->sink, transfer->reply, (int)status, &why)) {
        return true;
    }
    http_transfer_blame(transfer, FERRY_E_PROTOCOL, mem_strdup(transfer, why));
    return false;
}

size_t http_transfer_on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct http_transfer *transfer = (struct http_transfer *)arg;
    size_t length = size * count;

    transfer->reader.in_body = true;
    if (transfer->sink != NULL) {
        const char *why = NULL;

        if (!begin_sink(transfer)) {
            return 0;
        }
        if (http_sink_takes(transfer->sink)) {
            if (http_sink_write(transfer->sink, bytes, length, &why)) {
                return length;
            }
            http_transfer_blame(transfer, FERRY_E_IO, mem_strdup(transfer, why));
            return 0;
        }
    }
    if (!buf_append(&transfer->body, bytes, length)) {
        http_transfer_blame(
            transfer, FERRY_E_PROTOCOL,
            mem_printf(transfer, "the answer is over %zu bytes", transfer->body.limit));
        return 0;
    }
    return length;
}

/* curl calls this each time before a request is put on a connection: the first time it is let go,
   any further time would be a repetition that nobody decided (curl 7.88: Curl_retry_request in
   lib/transfer.c, for re-used connections that die before the first byte of the answer). */
int http_transfer_on_ready(void *arg, char *peer, char *own, int peer_port, int own_port)
{
    struct http_transfer *transfer = (struct http_transfer *)arg;

    (void)peer;
    (void)own;
    (void)peer_port;
    (void)own_port;
#ifndef FERRY_MUTANT_RESEND
    if (transfer->began > 0 && http_method_changes(transfer->request->method)) {
        http_transfer_blame(transfer, FERRY_E_UNREACHABLE,
                            "the connection died before the answer; not sent again");
        return CURL_PREREQFUNC_ABORT;
    }
#endif
    transfer->began++;
    return CURL_PREREQFUNC_OK;
}

/* ---- the end ---- */

char *http_transfer_path(const void *ctx, const struct http_request *request)
{
    return mem_strndup(ctx, request->path, strcspn(request->path, "?"));
}

int64_t http_transfer_sent(const struct http_transfer *transfer)
{
    curl_off_t sent = 0;

    if (transfer->easy != NULL) {
        (void)curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    }
    return (int64_t)sent;
}

bool http_transfer_stalled(struct http_transfer *transfer, int64_t now_ms)
{
    const struct http_request *request = transfer->request;
    int64_t allowed_ms = request->stall_ms;
    int64_t sent = http_transfer_sent(transfer);
    int64_t moved = sent + (int64_t)transfer->reader.bytes + (int64_t)transfer->body.len +
                    (transfer->sink != NULL ? http_sink_bytes(transfer->sink) : 0);

    if (request->body_file != NULL && sent >= request->body_size && transfer->reader.bytes == 0 &&
        allowed_ms < HTTP_TIMEOUT_MS) {
        allowed_ms = HTTP_TIMEOUT_MS;
    }
    if (moved != transfer->moved) {
        transfer->moved = moved;
        transfer->moved_at_ms = now_ms;
    }
    if (now_ms - transfer->moved_at_ms < allowed_ms) {
        return false;
    }
    http_transfer_blame(transfer, FERRY_E_UNREACHABLE,
                        mem_printf(transfer, "no byte moved for %lld ms", (long long)allowed_ms));
    return true;
}

/* curl's words in our form: lower case at the start (but "SSL ..." stays), no line end. */
static char *soften(const void *ctx, const char *words)
{
    char *text = mem_strndup(ctx, words, strcspn(words, "\r\n"));
    size_t at = 1;

    if (text[0] == '\0') {
        return text;
    }
    while (islower((unsigned char)text[at])) {
        at++;
    }
    if (text[at] == ' ' || text[at] == '\0') {
        text[0] = (char)tolower((unsigned char)text[0]);
    }
    return text;
}

/* "GET /path: no whole answer from https://host: reason" */
static char *error_text(struct http_transfer *transfer, CURLcode result)
{
    struct http_reply *reply = transfer->reply;
    char *path = http_transfer_path(transfer, transfer->request);
    const char *what = "cannot reach";
    const char *why = transfer->why;

    if (why == NULL && transfer->began > 0 && result == CURLE_OUT_OF_MEMORY) {
        why = "a header line of the answer is too long";
    }
    if (why == NULL) {
        why = soften(transfer,
                     transfer->detail[0] != '\0' ? transfer->detail : curl_easy_strerror(result));
    }
    if (reply->outcome == HTTP_UNKNOWN) {
        what = "no whole answer from";
    } else if (result == CURLE_PEER_FAILED_VERIFICATION) {
        what = "cannot trust the certificate of";
    } else if (transfer->why != NULL) {
        what = "nothing was sent to";
    }
    if (transfer->request->knock != NULL) {
        return mem_printf(reply, "cannot reach %s: %s", transfer->request->knock, why);
    }
    return mem_printf(reply, "%s %s: %s %s: %s", http_method_name(transfer->request->method), path,
                      what, transfer->url, why);
}

/* When the server's own certificate ends; -1: curl was not asked, or tells it in no form we know
   ("Nov 26 06:22:00 2027 GMT" with OpenSSL, "2027-11-26 06:22:00 GMT" with GnuTLS). */
static int64_t cert_until_ms(CURL *easy)
{
    static const char mark[] = "Expire date:";
    struct curl_certinfo *info = NULL;
    int64_t ms = -1;

    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK || info == NULL ||
        info->num_of_certs < 1) {
        return -1;
    }
    for (const struct curl_slist *line = info->certinfo[0]; line != NULL; line = line->next) {
        if (strncmp(line->data, mark, sizeof mark - 1) == 0) {
            time_t at = curl_getdate(line->data + sizeof mark - 1, NULL);

            ms = at < 0 ? -1 : (int64_t)at * 1000;
        }
    }
    return ms;
}

/* Nothing is asked there, so that the connection stands is all that can be known. */
static void end_knock(struct http_transfer *transfer, CURLcode result)
{
    struct http_reply *reply = transfer->reply;

    if (result == CURLE_OK) {
        reply->outcome = HTTP_ANSWERED;
        reply->code = FERRY_OK;
    } else {
        reply->outcome = http_outcome_of_curl((int)result, 0, 0, &reply->code);
    }
}

/* An answer without a body counts too: an empty file. What cannot be written makes it no answer. */
static CURLcode end_sink(struct http_transfer *transfer, CURLcode result)
{
    const char *why = NULL;
    bool good = true;

    if (transfer->sink == NULL) {
        return result;
    }
    if (result == CURLE_OK) {
        good = begin_sink(transfer);
    }
    if (!http_sink_end(transfer->sink, transfer->reply, &why)) {
        http_transfer_blame(transfer, FERRY_E_IO, mem_strdup(transfer, why));
        good = false;
    }
    return result == CURLE_OK && !good ? CURLE_WRITE_ERROR : result;
}

void http_transfer_end(struct http_transfer *transfer, CURLcode result)
{
    struct http_reply *reply = transfer->reply;
    long status = 0;

    result = end_sink(transfer, result);
    if (transfer->easy != NULL) {
        (void)curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    }
    if (transfer->easy != NULL && transfer->request->wants_certificate) {
        reply->cert_until_ms = cert_until_ms(transfer->easy);
    }
    reply->status = status >= 200 ? (int)status : 0;
    /* Once the request was let go, nothing tells for certain that no byte of it left: curl counts
       what the socket took at once, not what it took later. So "let go" counts as sent. */
    reply->outcome =
        http_outcome_of_curl((int)result, transfer->began > 0 ? 1 : 0, reply->status, &reply->code);
    if (transfer->request->knock != NULL) {
        end_knock(transfer, result);
    }
    reply->sent_bytes = http_transfer_sent(transfer);
    reply->took_ms = transfer->clock->now_ms(transfer->clock) - transfer->started_ms;
    reply->body = buf_text(&transfer->body);
    reply->body_size = transfer->body.len;
    if (reply->outcome != HTTP_ANSWERED) {
        reply->sys = (int)result;
        if (transfer->why_code != FERRY_OK) {
            reply->code = transfer->why_code;
        }
        reply->error = error_text(transfer, result);
    }
    http_reply_end(&transfer->reader, transfer->clock->realtime_ms(transfer->clock));
    close_all(transfer);
}
