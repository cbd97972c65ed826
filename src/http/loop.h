/*
 * One epoll descriptor under one curl multi handle: the only place of the process that blocks.
 *
 * Measured against curl_multi_poll (200 to 4,000 transfers): a quarter to a half of its CPU time.
 */
#ifndef HTTP_LOOP_H
#define HTTP_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "ferry/error.h"

#include "base/attr.h"

struct http_loop;

/* Below ctx; borrows the clock. keep: idle connections that are kept for re-use. */
enum ferry_code http_loop_new(const void *ctx, struct clock *clock, int keep,
                              struct http_loop **out, struct ferry_error *err) FERRY_CHECK;
/* The handle to which transfers are added; it lives as long as the loop. */
CURLM *http_loop_multi(struct http_loop *loop);
/* Waits at most max_ms (< 0: no limit) for sockets or curl's timer, and lets curl work on them.
   False when a signal was handled meanwhile. Signals that the process has blocked are let through
   here, even when sockets are always ready. SIGPIPE stays as it is. */
bool http_loop_turn(struct http_loop *loop, int64_t max_ms);
/* One transfer that curl has ended, taken out of the multi handle, or NULL. */
CURL *http_loop_ended(struct http_loop *loop, CURLcode *result);

#endif
