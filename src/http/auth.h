/* The one place where a secret becomes a header line. */
#ifndef HTTP_AUTH_H
#define HTTP_AUTH_H

#include "http/client.h"

/* "Authorization: Basic ..." or "Authentication-Token: ...", below ctx: the caller wipes it with
   secret_wipe before it frees it. NULL when the login holds neither a token nor a name with a
   password. A token wins, and never goes with a password: a manager takes one of them.
    */
char *http_auth_line(const void *ctx, const struct http_login *login);
/* True when the login can be used at all. */
bool http_auth_usable(const struct http_login *login);
/* FERRY_E_CONFIG for a name or secret that cannot be put into a header. */
enum ferry_code http_auth_check(const struct http_login *login,
                                struct ferry_error *err) FERRY_CHECK;

#endif
