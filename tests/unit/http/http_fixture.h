/* A client and a scripted server on one context, and one-line exchanges between them. */
#ifndef TESTS_HTTP_FIXTURE_H
#define TESTS_HTTP_FIXTURE_H

#include "ferry_test.h"

#include "http/client.h"
#include "http/outcome.h"
#include "support/script_server.h"

struct http_fixture {
    void *ctx; /* freed by http_fixture_end */
    struct script_server *server;
    const struct script_seen *seen;
    struct transport *client;
};

/* Starts a server with these steps and a client for it, as user "admin". */
struct http_fixture http_fixture_start(const struct script_step *steps, size_t count);
/* A client for another URL in the same context, for tests that bring a server of their own. Takes
   proxies out of the environment. */
struct transport *http_fixture_client(void *ctx, const char *url, const char *ca_file);
void http_fixture_end(struct http_fixture *fixture);

/* Sends it and waits for its reply, 30 s at most (then the test fails). */
struct http_reply *http_exchange(void *ctx, struct transport *client,
                                 const struct http_request *request);
struct http_reply *http_fixture_get(struct http_fixture *fixture, const char *path);
/* A JSON body {"n":1}, or none. */
struct http_reply *http_fixture_send(struct http_fixture *fixture, enum http_method method,
                                     const char *path, bool with_body);

/* Waits until a figure of the server has reached n (its process may lag); fails after 5 s. */
void http_fixture_await(const volatile int *figure, int n);

#define START(steps) http_fixture_start((steps), sizeof(steps) / sizeof((steps)[0]))

#define JSON_200 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define ANSWER_OK JSON_200 "Content-Length: 11\r\n\r\n{\"ok\":true}"

#endif
