/* The recorded exchanges of a real manager (tests/data/contract), as replies that ferry can read.
 */
#ifndef TESTS_CONTRACT_EXCHANGE_H
#define TESTS_CONTRACT_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "http/message.h"

struct exchange {
    const char *file;         /* "20-restore-legacy-good.json" */
    size_t number;            /* in the file, from 0 */
    const char *section;      /* the last comment "=== ..." before it, or "" */
    const char *note;         /* "" when there is none */
    const char *method;       /* "GET" */
    const char *path;         /* with the query */
    const struct json *asked; /* JSON body of the request, or NULL */
    const struct json *request_headers;
    int status;
    const struct json *json;  /* the recorded body, or NULL */
    const char *raw;          /* the recorded text of another body, or NULL */
    const char *content_type; /* lower case, without parameters, or NULL */
};

/* Why an exchange cannot be judged; EXCHANGE_WHOLE: it can. */
enum exchange_gap {
    EXCHANGE_WHOLE,
    EXCHANGE_COMMENT,     /* a remark of the recorder, or an answer without its request */
    EXCHANGE_STATUS_ONLY, /* the recorder kept the status alone */
    EXCHANGE_SUMMARY,     /* several answers in one entry */
    EXCHANGE_DOWNLOAD,    /* bytes of an archive */
    EXCHANGE_NOT_OURS     /* a method or page that ferry never asks for */
};
#define EXCHANGE_GAPS 6

struct exchange_visitor {
    void (*visit)(void *arg, const struct exchange *exchange, enum exchange_gap gap);
    /* One span of a timeline of a restore, as an exchange: path is the probe's name. May be NULL.
     */
    void (*span)(void *arg, const struct exchange *exchange);
    void *arg;
};

/* Visits all files of the folder in order of their names. Returns the number of files. */
size_t exchange_each(const struct exchange_visitor *visitor);
/* Visits one file. Fails the test when it is not there. */
void exchange_file(const char *file, const struct exchange_visitor *visitor);
/* The reply that the transport would have made of it, below ctx. */
struct http_reply *exchange_reply(const void *ctx, const struct exchange *exchange);
/* True when the path, without its query, matches: "*" stands for one segment. */
bool exchange_is(const struct exchange *exchange, const char *method, const char *pattern);

#endif
