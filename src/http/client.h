/*
 * The transport over libcurl: one epoll loop, one thread, one manager of one or more nodes, or two
 * such managers (sites), each with its own URLs, logins and trust.
 *
 * Promises: TLS (1.2 or later) is verified unless told otherwise in so many words; a changing
 * request is never sent twice behind the caller's back (libcurl 7.88 re-sends a request whose
 * re-used connection dies before the first byte of the answer: lib/transfer.c, Curl_retry_request),
 * a GET or HEAD may be; "not sent" is said only of requests that were never let onto a connection;
 * redirects are not followed, cookies and .netrc not used; it speaks HTTP/1.1 only; bodies of files
 * are streamed with constant memory; replies and headers have limits; no secret is in an error or
 * in the log, and neither is the query of a path.
 *
 * A manager of several nodes (a cluster) is asked by way of one of them, at first the first. When a
 * request that names no node was certainly not sent (no connection, no name, no TLS), or a proxy
 * answered it with 502, those that come after go to the next node, round and round. No request is
 * ever repeated for that: the caller asks again, and sees in the reply who was asked. A request
 * that names a node goes there or nowhere, and its fate moves nobody: a node that restores is down
 * for minutes.
 *
 * Proxies come from the environment as with every curl program (https_proxy, http_proxy, no_proxy):
 * some managers can be reached in no other way. A proxy that refuses the tunnel: not sent.
 * The process should ignore SIGPIPE.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "http/transport.h"

/* facts 1.0: the SDK connects within 5 s, but a restarting manager is slow */
#define HTTP_CONNECT_TIMEOUT_MS 10000
/* facts 1.0: nginx gives up on its upstream after 330 s */
#define HTTP_TIMEOUT_MS 330000

/* With a token and a password: the token is used until the manager refuses it (401), from then on
   the password. Never both in one request. */
struct http_login {
    const char *username;          /* with a password; no colon in it */
    const struct secret *password; /* borrowed */
    const struct secret *token;    /* borrowed */
};

struct http_client_options {
    const char *url;           /* "https://host:port", no path, no user */
    const char *const *nodes;  /* all URLs of a manager that has several, url among them */
    size_t node_count;         /* 0: url alone */
    const char *ca_file;       /* this CA and no other; NULL: the system's */
    const char *after_ca_file; /* believed as well from the start: of certificates that a restore
                                  puts in place. Alone it is the only one, too: the system's are
                                  never mixed with any. NULL: none */
    bool insecure;             /* the operator's own words; never a default */
    struct http_login before;
    struct http_login after; /* neither password nor token: the same as before */
    /* The manager of HTTP_SITE_OLD; what stands above counts, what stands below is shared. NULL:
       there is none, and requests to it are not sent (FERRY_E_CONFIG). */
    const struct http_client_options *old;
    int max_connections; /* transfers at once, the others wait their turn; 0: 64 */
    const char *user_agent;
    struct clock *clock;
    struct log *log; /* may be NULL; lines carry no secret */
};

/* Below ctx; copies the options, borrows the secrets, the clock and the log. FERRY_E_CONFIG for a
   URL, a CA file or a login that cannot be used. Signals that the process has blocked are let
   through in wait only, however busy the sockets are: a handler's flag is seen right after.
   Freeing the transport cuts what is under way. */
enum ferry_code http_client_new(const void *ctx, const struct http_client_options *options,
                                struct transport **out, struct ferry_error *err) FERRY_CHECK;

#endif
