/* Inside the server: one request on its way through. */
#ifndef PRACTICE_EXCHANGE_H
#define PRACTICE_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "practice/faults.h"
#include "practice/request.h"

struct server;

enum stage {
    STAGE_NEW,    /* the request line is here */
    STAGE_BODY,   /* the body arrives */
    STAGE_BEFORE, /* waiting before the effect */
    STAGE_AFTER,  /* the reply is ready, waiting */
};

struct exchange {
    struct request request; /* first: the talloc object of everything below */
    struct server *server;
    enum stage stage;
    const struct fault *fault; /* what shall befall it, or NULL */
    int64_t wake_ms;           /* end of the wait */
    int64_t number;            /* in the ledger; 0: not counted */
    bool suspended;
    struct exchange *next; /* in server->waiting */
};

struct server {
    struct practice *practice;
    struct MHD_Daemon *daemon;
    struct exchange *waiting;
    int64_t next_file; /* name of the next upload */
    double bucket;     /* requests above the rate, as nginx counts them */
    int64_t bucket_ms; /* when it was last looked at */
};

/* The request is complete, or its wait is over: goes on as far as it can. */
enum MHD_Result exchange_advance(struct exchange *exchange);
/* Hands the reply to libmicrohttpd. */
enum MHD_Result exchange_send(struct exchange *exchange);
/* The time of waits and rates: never frozen nor put forward. */
int64_t exchange_now_ms(const struct server *server);
/* Resumes those whose wait is over; the time of the next one, or INT64_MAX. */
int64_t exchange_wake(struct server *server, int64_t now_ms);

#endif
