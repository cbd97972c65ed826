/* The broker of the manager, as far as it can be reached: a port that takes connections. */
#ifndef PRACTICE_BROKER_H
#define PRACTICE_BROKER_H

#include "base/attr.h"
#include "ferry/error.h"

/* Listens on "HOST:PORT" (port 0: any free one) until the process ends: connections are made by the
   system, and nobody ever says anything on them. *out: the address with its port, owned by ctx. */
enum ferry_code broker_listen(const void *ctx, const char *listen, char **out,
                              struct ferry_error *err) FERRY_CHECK;

#endif
