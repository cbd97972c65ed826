/* Files of certificates that the manager's is checked against. */
#ifndef HTTP_TRUST_H
#define HTTP_TRUST_H

#include "base/error.h"

/* Can this file be read, and does it hold a certificate in PEM form? FERRY_E_CONFIG if not. */
enum ferry_code http_trust_check(const char *path, struct ferry_error *err) FERRY_CHECK;
/* The texts of two such files as one, below ctx. */
enum ferry_code http_trust_join(const void *ctx, const char *first, const char *second, char **text,
                                struct ferry_error *err) FERRY_CHECK;

#endif
