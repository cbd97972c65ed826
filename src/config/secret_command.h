/* The output of a command that knows a secret. */
#ifndef CONFIG_SECRET_COMMAND_H
#define CONFIG_SECRET_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

struct secret_command {
    const char *what;    /* "password" or "token", for messages */
    const char *text;    /* for /bin/sh -c */
    int64_t limit_ms;    /* then it and all it started are killed */
    struct clock *clock; /* monotonic */
};

/* Runs it without a terminal, without input, its errors unseen, and puts its output into bytes
   (at most size; the caller wipes them). FERRY_E_CONFIG when it fails, says too much or takes too
   long. Blocks; signals that the caller has blocked stay so, the command has none blocked. */
enum ferry_code secret_command_run(const struct secret_command *command, char *bytes, size_t size,
                                   size_t *length, struct ferry_error *err) FERRY_CHECK;

#endif
