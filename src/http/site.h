/* One manager as the client knows it: its nodes, who we are there, and whom we believe there. */
#ifndef HTTP_SITE_H
#define HTTP_SITE_H

#include "http/nodes.h"
#include "http/transfer.h"

struct http_site_state {
    struct http_nodes nodes;
    struct http_login before;
    struct http_login after;
    struct http_transfer_options options; /* points at the logins here */
};

/* Below ctx; copies the options. FERRY_E_CONFIG for a URL, a CA file or a login that cannot be
   used. */
enum ferry_code http_site_new(const void *ctx, const struct http_client_options *options,
                              struct http_site_state **out, struct ferry_error *err) FERRY_CHECK;

#endif
