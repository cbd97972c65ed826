/* How a request becomes a curl handle. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "http/auth.h"
#include "http/transfer.h"

/* Measured on loopback (1 GiB, page cache, CPU seconds): 64 KiB 0.34, 128 KiB 0.29, 256 KiB and
   1 MiB 0.6 (they no longer fit the cache of a core), 2 MiB 0.29; "curl -T" 0.36. */
#define FILE_BUFFER (128L * 1024)
#define TEXT_BUFFER (16L * 1024) /* the least that curl allows */
#define IDLE_MAX_S                                                                                 \
    30L /* re-use no connection that was idle for longer: nginx ends                               \
           them after 75 s, and a write must not meet that moment */
#define KEEPALIVE_S 30L

static bool set_number(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_text(CURL *easy, CURLoption option, const char *value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_callbacks(struct http_transfer *transfer)
{
    CURL *easy = transfer->easy;

    return curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->detail) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_transfer_on_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_transfer_on_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READFUNCTION, http_transfer_on_read) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_READDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, http_transfer_on_ready) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer) == CURLE_OK;
}

/* HTTP/1.1 only: with HTTP/2 a refused stream is sent again. No redirects, no cookies, no netrc.
   Proxies from the environment work as in every curl program. */
static bool set_protocol(struct http_transfer *transfer,
                         const struct http_transfer_options *options)
{
    CURL *easy = transfer->easy;
    const char *path = transfer->request->path;
    char *url = mem_printf(transfer, "%s%s%s", transfer->url, path[0] == '/' ? "" : "/", path);

    return set_text(easy, CURLOPT_URL, url) &&
           set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https") &&
           set_number(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) &&
           set_number(easy, CURLOPT_FOLLOWLOCATION, 0) && set_number(easy, CURLOPT_PATH_AS_IS, 1) &&
           set_number(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1) &&
           set_number(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1) &&
           set_number(easy, CURLOPT_NOSIGNAL, 1) &&
           set_number(easy, CURLOPT_MAXAGE_CONN, IDLE_MAX_S) &&
           set_number(easy, CURLOPT_TCP_KEEPALIVE, 1) &&
           set_number(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S) &&
           set_number(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S) &&
           (options->user_agent == NULL || set_text(easy, CURLOPT_USERAGENT, options->user_agent));
}

static bool set_tls(CURL *easy, const struct http_transfer_options *options)
{
    bool ok = set_number(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) &&
              set_number(easy, CURLOPT_SSL_VERIFYPEER, options->insecure ? 0 : 1) &&
              set_number(easy, CURLOPT_SSL_VERIFYHOST, options->insecure ? 0 : 2);

    if (ok && options->ca_text != NULL) { /* those CAs and no other */
        struct curl_blob blob = {.data = (void *)(uintptr_t)options->ca_text, /* only read */
                                 .len = strlen(options->ca_text),
                                 .flags = CURL_BLOB_NOCOPY};

        ok = curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob) == CURLE_OK &&
             set_text(easy, CURLOPT_CAPATH, NULL);
    } else if (ok && options->ca_file != NULL) { /* that CA and no other */
        ok = set_text(easy, CURLOPT_CAINFO, options->ca_file) &&
             set_text(easy, CURLOPT_CAPATH, NULL);
    }
    return ok;
}

static bool set_times(struct http_transfer *transfer)
{
    CURL *easy = transfer->easy;
    const struct http_request *request = transfer->request;
    int64_t timeout_ms = request->timeout_ms;

    if (timeout_ms == 0 &&
        ((request->body_file == NULL && request->reply_file == NULL) || request->stall_ms == 0)) {
        timeout_ms = HTTP_TIMEOUT_MS;
    }
    transfer->moved_at_ms = transfer->clock->now_ms(transfer->clock);
    return set_number(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms) &&
           set_number(easy, CURLOPT_CONNECTTIMEOUT_MS, HTTP_CONNECT_TIMEOUT_MS);
}

/* --- headers --- */

static bool add_line(struct http_transfer *transfer, const char *line)
{
    struct curl_slist *longer = curl_slist_append(transfer->headers, line);

    if (longer == NULL) {
        mem_exhausted();
    }
    for (const char *at = line; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            transfer->headers = longer;
            http_transfer_blame(transfer, FERRY_E_USAGE,
                                "a header of the request holds a control character");
            return false;
        }
    }
    transfer->headers = longer;
    return true;
}

static bool add_credential(struct http_transfer *transfer,
                           const struct http_transfer_options *options)
{
    struct http_login *login = options->before;

    if (transfer->request->credential == HTTP_ANONYMOUS) {
        return true;
    }
    if (transfer->request->credential == HTTP_AS_AFTER && http_auth_usable(options->after)) {
        login = options->after;
    }
    char *line = http_auth_line(transfer, login);
    if (line == NULL) {
        http_transfer_blame(transfer, FERRY_E_CONFIG, "no user and password are configured");
        return false;
    }
    transfer->token_of = login->token != NULL ? login : NULL;
    bool ok = add_line(transfer, line);
    secret_wipe(line, strlen(line));
    mem_free(line);
    return ok;
}

static bool set_headers(struct http_transfer *transfer, const struct http_transfer_options *options)
{
    const struct http_request *request = transfer->request;
    bool ok = add_line(transfer, "Expect:"); /* no waiting for 100 Continue */

    for (size_t i = 0; ok && i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];

        /* "Name;" is how curl is told to send a header without a value. */
        ok = add_line(transfer, header->value[0] == '\0'
                                    ? mem_printf(transfer, "%s;", header->name)
                                    : mem_printf(transfer, "%s: %s", header->name, header->value));
    }
    if (ok && request->reply_offset > 0) {
        ok = add_line(transfer, mem_printf(transfer, "Range: bytes=%lld-",
                                           (long long)request->reply_offset)) &&
             (request->reply_etag == NULL ||
              add_line(transfer, mem_printf(transfer, "If-Range: %s", request->reply_etag)));
    }
    if (ok && request->content_type != NULL) {
        ok = add_line(transfer, mem_printf(transfer, "Content-Type: %s", request->content_type));
    }
    return ok && add_credential(transfer, options) &&
           curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK;
}

/* --- the method and its body --- */

#ifndef FERRY_MUTANT_RESEND
/*
 * The one way on which changing requests are sent. libcurl repeats a request by itself when a
 * re-used connection dies before the first byte of the answer. Three things stand against it:
 * the connection is a fresh one where there is no body to hold the request back, or where a whole
 * file would be lost with a stale connection; the body comes from a call-back that cannot be
 * rewound (libcurl then ends with code 65); and http_transfer_on_ready lets a request go once.
 */
static bool set_change(struct http_transfer *transfer)
{
    CURL *easy = transfer->easy;
    const struct http_request *request = transfer->request;
    bool fresh = request->body_size == 0 || request->body_file != NULL;

    return set_number(easy, CURLOPT_UPLOAD, 1) &&
           curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body_size) ==
               CURLE_OK &&
           set_text(easy, CURLOPT_CUSTOMREQUEST, http_method_name(request->method)) &&
           set_number(easy, CURLOPT_UPLOAD_BUFFERSIZE,
                      request->body_file != NULL ? FILE_BUFFER : TEXT_BUFFER) &&
           set_number(easy, CURLOPT_FRESH_CONNECT, fresh ? 1 : 0);
}
#else
static bool set_change(struct http_transfer *transfer)
{
    CURL *easy = transfer->easy;
    const struct http_request *request = transfer->request;

    return curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size) ==
               CURLE_OK &&
           set_number(easy, CURLOPT_POST, 1) &&
           (request->body_file != NULL ||
            set_text(easy, CURLOPT_COPYPOSTFIELDS, request->body == NULL ? "" : request->body)) &&
           set_text(easy, CURLOPT_CUSTOMREQUEST, http_method_name(request->method));
}
#endif

static bool set_method(struct http_transfer *transfer)
{
    if (http_method_changes(transfer->request->method)) {
        return set_change(transfer);
    }
    if (transfer->sink != NULL &&
        !set_number(transfer->easy, CURLOPT_BUFFERSIZE, (long)HTTP_SINK_BUFFER)) {
        return false;
    }
    return set_number(transfer->easy, CURLOPT_HTTPGET, 1) &&
           set_number(transfer->easy, CURLOPT_NOBODY,
                      transfer->request->method == HTTP_HEAD ? 1 : 0);
}

static bool open_file(struct http_transfer *transfer)
{
    const struct http_request *request = transfer->request;
    struct stat info;

    if (request->body_file == NULL) {
        return true;
    }
    transfer->file = open(request->body_file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (transfer->file < 0 || fstat(transfer->file, &info) != 0) {
        http_transfer_blame(
            transfer, FERRY_E_IO,
            mem_printf(transfer, "cannot open \"%s\": %s", request->body_file, strerror(errno)));
        return false;
    }
    if (!S_ISREG(info.st_mode)) {
        http_transfer_blame(
            transfer, FERRY_E_IO,
            mem_printf(transfer, "\"%s\" is not a regular file", request->body_file));
        return false;
    }
    if ((int64_t)info.st_size != request->body_size) {
        http_transfer_blame(transfer, FERRY_E_IO,
                            mem_printf(transfer, "\"%s\" has %lld bytes, but had %lld before",
                                       request->body_file, (long long)info.st_size,
                                       (long long)request->body_size));
        return false;
    }
    (void)posix_fadvise(transfer->file, 0, 0, POSIX_FADV_SEQUENTIAL);
    return true;
}

/* Opens a connection and is done. Straight: a proxy's yes would say nothing about the peer. */
static bool set_knock(struct http_transfer *transfer)
{
    CURL *easy = transfer->easy;

    return set_text(easy, CURLOPT_URL,
                    mem_printf(transfer, "http://%s/", transfer->request->knock)) &&
           set_text(easy, CURLOPT_PROTOCOLS_STR, "http") && set_text(easy, CURLOPT_PROXY, "") &&
           set_number(easy, CURLOPT_CONNECT_ONLY, 1) && set_number(easy, CURLOPT_NOSIGNAL, 1);
}

/* The chain is shown by the handshake only: on a connection that is re-used there is none. */
static bool set_certificate(const struct http_transfer *transfer)
{
    return !transfer->request->wants_certificate ||
           (set_number(transfer->easy, CURLOPT_CERTINFO, 1) &&
            set_number(transfer->easy, CURLOPT_FRESH_CONNECT, 1));
}

static bool set_request(struct http_transfer *transfer, const struct http_transfer_options *options)
{
    return set_protocol(transfer, options) && set_tls(transfer->easy, options) &&
           set_certificate(transfer) && set_headers(transfer, options) && set_method(transfer);
}

/* The file that the reply goes to, and larger pieces for it. */
static bool open_sink(struct http_transfer *transfer)
{
    const char *why = NULL;

    if (transfer->request->reply_file == NULL) {
        return true;
    }
    transfer->sink = http_sink_open(transfer, transfer->request, &why);
    if (transfer->sink == NULL) {
        http_transfer_blame(transfer, FERRY_E_IO, why);
    }
    return transfer->sink != NULL;
}

bool http_transfer_setup(struct http_transfer *transfer,
                         const struct http_transfer_options *options)
{
    if (!open_file(transfer)) {
        http_transfer_end(transfer, CURLE_READ_ERROR);
        return false;
    }
    if (!open_sink(transfer)) {
        http_transfer_end(transfer, CURLE_WRITE_ERROR);
        return false;
    }
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL) {
        mem_exhausted();
    }
    bool knocks = transfer->request->knock != NULL;

    if (!set_callbacks(transfer) || !set_times(transfer) ||
        !(knocks ? set_knock(transfer) : set_request(transfer, options))) {
        http_transfer_blame(transfer, FERRY_E_FAILED, "libcurl does not take an option");
        http_transfer_end(transfer, CURLE_BAD_FUNCTION_ARGUMENT);
        return false;
    }
    return true;
}
