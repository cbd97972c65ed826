/* "HOST:PORT" as an address to listen on. */
#ifndef PRACTICE_ADDRESS_H
#define PRACTICE_ADDRESS_H

#include <netdb.h>

#include "base/attr.h"
#include "ferry/error.h"

/* IPv6 in brackets; port 0 is any. *out is to be given to freeaddrinfo. FERRY_E_USAGE: no address.
 */
enum ferry_code address_find(const char *listen, struct addrinfo **out,
                             struct ferry_error *err) FERRY_CHECK;

#endif
