/*
 * A server for one page, for people on this machine: GET and HEAD only, no thread, nothing kept.
 * libmicrohttpd is behind it.
 */
#ifndef CLI_WEB_H
#define CLI_WEB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct web_page {
    int status;
    const char *type; /* of the content; static */
    char *text;       /* below the ctx given to make */
    const char *csp;  /* Content-Security-Policy, below that ctx; NULL: nothing may be loaded */
};

struct web_options {
    const char *listen; /* "127.0.0.1:8080", "[::1]:0" (0: any free port) */
    bool everywhere;    /* addresses of the network, and any Host, are allowed */
    /* Fills the page of a path ("/"). */
    void (*make)(void *arg, const void *ctx, const char *path, struct web_page *page);
    void *arg;
};

struct web;
/* Listens; freed with ctx. FERRY_E_USAGE: no such address, or one that others can reach. */
enum ferry_code web_new(const void *ctx, const struct web_options *options, struct web **out,
                        struct ferry_error *err) FERRY_CHECK;
/* Where it listens: "http://127.0.0.1:8080/". */
const char *web_url(const struct web *web);
/* Serves what comes within so many milliseconds. */
void web_serve(struct web *web, int ms);

#endif
