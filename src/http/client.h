/*
 * The transport over libcurl: one epoll loop, one thread, one manager.
 *
 * Promises: TLS is verified unless told otherwise in so many words; a request is never sent twice
 * behind the caller's back (libcurl 7.88 re-sends a request whose re-used connection dies before
 * the first byte of the answer: lib/transfer.c, Curl_retry_request); redirects are not followed;
 * bodies of files are streamed with constant memory; replies and headers have limits.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "http/transport.h"

#define HTTP_CONNECT_TIMEOUT_MS                                                                    \
    10000                      /* facts 1.0: the SDK uses 5 s; a restarting manager is slow */
#define HTTP_TIMEOUT_MS 330000 /* facts 1.0: nginx gives up on its upstream after 330 s */

struct http_login {
    const char *username;          /* NULL: the slot cannot be used */
    const struct secret *password; /* borrowed */
    const struct secret *token;    /* instead of a password (Authentication-Token) */
};

struct http_client_options {
    const char *url;     /* "https://host:port", no path, no user */
    const char *ca_file; /* NULL: the system's */
    bool insecure;       /* the operator's own words; never a default */
    struct http_login before;
    struct http_login after; /* username NULL: same as before */
    int max_connections;     /* 0: 64 */
    const char *user_agent;
    struct clock *clock;
    struct log *log; /* may be NULL; lines carry no secret */
};

/* Below ctx; copies the options, borrows the secrets and the clock. FERRY_E_CONFIG for a URL or a
   CA file that cannot be used. Signals that the process has blocked are let through in wait only:
   a handler's flag is seen right after. */
enum ferry_code http_client_new(const void *ctx, const struct http_client_options *options,
                                struct transport **out, struct ferry_error *err) FERRY_CHECK;

#endif
