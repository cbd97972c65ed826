/* The one place where curl's codes and HTTP's statuses become what ferry knows about a request. */
#ifndef HTTP_OUTCOME_H
#define HTTP_OUTCOME_H

#include "http/message.h"

/* What an answer means for the effect of the request. */
enum http_effect {
    HTTP_EFFECT_YES,     /* 2xx: it took effect */
    HTTP_EFFECT_ALREADY, /* 304: it was so before */
    HTTP_EFFECT_NO,      /* the peer refused it for good: 4xx */
    HTTP_EFFECT_LATER,   /* refused for now, certainly without effect: 429, the manager's own 503 */
    HTTP_EFFECT_MAYBE    /* 5xx of a proxy or a crash in the middle, or an answer not understood */
};

/* Of a transfer that ended with curl_code; request_bytes: bytes of it that were written. */
enum http_outcome http_outcome_of_curl(int curl_code, int64_t request_bytes, int status,
                                       enum ferry_code *code);
/* Of an answered reply. A 503 counts as refused only when it is the manager's own JSON with an
   error_code: an HTML 503 may come from a proxy behind which the request goes on. */
enum http_effect http_effect_of(const struct http_reply *reply);
/* Says this reply that the node which was asked is not there, so that another should be? It was
   not sent, for a reason of the node's or the way to it, or a proxy answered 502 in its place. */
bool http_node_failed(const struct http_reply *reply);

#endif
