/*
 * The HTTP side: libmicrohttpd in its epoll mode, driven by one loop in this thread. It collects a
 * request (large bodies go to a file as they come), lets faults and the rate limit have their say,
 * gives it to routes.h and sends the reply.
 */
#ifndef PRACTICE_SERVER_H
#define PRACTICE_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "ferry/error.h"

struct practice;
struct server;

/* Listens as the options say; *out is owned by practice. */
enum ferry_code server_start(struct practice *practice, struct server **out,
                             struct ferry_error *err) FERRY_CHECK;
/* "http://127.0.0.1:41234", owned by ctx. */
char *server_url(const struct server *server, const void *ctx, size_t node);
/* Opens and closes ports as the cluster's nodes are up, down, or show another certificate; but not
   the one of a node, in whose call-back this may be. CLUSTER_MOST: none is spared. */
void server_follow(struct server *server, size_t except);
/* Serves until SIGTERM or SIGINT, which must be blocked. */
void server_run(struct server *server);
void server_stop(struct server *server);

#endif
