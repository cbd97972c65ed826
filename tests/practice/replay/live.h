/* A practice manager of our own for a test, and requests to it. */
#ifndef TESTS_PRACTICE_LIVE_H
#define TESTS_PRACTICE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/json.h"

#define LIVE_URLS 9

struct live {
    void *ctx;
    pid_t pid;
    char *url;             /* "http://127.0.0.1:41234" */
    char *urls[LIVE_URLS]; /* of each node; the first is url */
    char *control;         /* of --control, or NULL */
    char *broker;          /* HOST:PORT of --broker, or NULL */
    char *data;            /* its folder, made by live_start when NULL */
    void *curl;
};

/* Bytes to send; data NULL: no body. */
struct blob {
    char *data;
    size_t size;
};

struct answer {
    const void *ctx;
    long status; /* 0: no answer */
    const char *type, *etag, *modified, *date;
    char *body;
    size_t size;
    struct json *json; /* NULL: none or no JSON */
};

/* Starts the program with --data and the given options (NULL-ended); ends the test on failure. */
void live_start(struct live *live, const char *const *options);
/* SIGKILL or SIGTERM; returns the wait status. */
int live_end(struct live *live, int signal);
/* headers: NULL-ended lines, or NULL. The answer is owned by ctx. */
struct answer live_ask(struct live *live, const void *ctx, const char *method, const char *path,
                       const char *const *headers, struct blob body);
/* POST to a door of tests; ends the test unless 200. */
void live_set(struct live *live, const char *door, const char *json);
void live_advance(struct live *live, long ms);

#endif
