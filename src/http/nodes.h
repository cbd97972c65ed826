/* The nodes of one manager, and which of them is asked at present. No I/O. */
#ifndef HTTP_NODES_H
#define HTTP_NODES_H

#include "http/client.h"

struct http_nodes {
    char **urls; /* without a final slash */
    size_t count;
    size_t current;
};

/* Copies the URLs of the options, below ctx. FERRY_E_CONFIG for one that cannot be used. */
enum ferry_code http_nodes_init(const void *ctx, const struct http_client_options *options,
                                struct http_nodes *out, struct ferry_error *err) FERRY_CHECK;
/* The node that is asked at present, or the one of this URL (its own text), or NULL: it is none. */
const char *http_nodes_pick(const struct http_nodes *nodes, const char *url);
/* Says that the node of this URL failed. When it is the present one and has others beside it, the
   next takes its place: true. Others may have said so before: then nothing happens. */
bool http_nodes_move_on(struct http_nodes *nodes, const char *url);

#endif
