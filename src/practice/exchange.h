/* Inside the server: one request on its way through. */
#ifndef PRACTICE_EXCHANGE_H
#define PRACTICE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>
#include <sys/socket.h>

#include "practice/cluster.h"
#include "practice/faults.h"
#include "practice/request.h"

struct server;
struct download;

enum stage {
    STAGE_NEW,     /* the request line is here */
    STAGE_BODY,    /* the body arrives */
    STAGE_LIMITED, /* waiting for the rate limit */
    STAGE_BEFORE,  /* waiting before the effect */
    STAGE_AFTER,   /* the reply is ready, waiting */
};

/* One port: a node of the cluster, or the port of the tests. */
struct port {
    struct server *server;
    size_t node;
    const char *host; /* as given, to be shown */
    struct sockaddr_storage address;
    struct MHD_Daemon *daemon; /* NULL: refuses connections */
    unsigned number;           /* of the port, once it is known */
    bool tls, restored;        /* shows the certificate that a restore has brought */
    double bucket;             /* requests above the rate, as nginx counts them */
    int64_t bucket_ms;         /* when it was last looked at */
};

struct exchange {
    struct request request; /* first: the talloc object of everything below */
    struct server *server;
    struct port *port;
    enum stage stage;
    const struct fault *fault; /* what shall befall it, or NULL */
    int64_t wake_ms;           /* end of the wait */
    int64_t number;            /* in the ledger; 0: not counted */
    struct download *download; /* the body under way that the ledger counts, or NULL */
    bool suspended, limited;   /* limited: the rate limit has had its say */
    struct exchange *next;     /* in server->waiting */
};

struct server {
    struct practice *practice;
    struct port ports[CLUSTER_MOST + 1]; /* the last one: for /practice alone */
    struct exchange *waiting;
    int64_t next_file; /* name of the next upload */
};

/* The request is complete, or its wait is over: goes on as far as it can. */
enum MHD_Result exchange_advance(struct exchange *exchange);
/* Nothing more is sent for so long; the reader of a body calls it and gives no bytes. */
void exchange_pause(struct exchange *exchange, int64_t ms);
/* Hands the reply to libmicrohttpd. */
enum MHD_Result exchange_send(struct exchange *exchange);
/* The time of waits and rates: never frozen nor put forward. */
int64_t exchange_now_ms(const struct server *server);
/* Resumes those whose wait is over; the time of the next one, or INT64_MAX. */
int64_t exchange_wake(struct server *server, int64_t now_ms);

#endif
