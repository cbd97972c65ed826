/* Secrets are read when they are needed, from where the configuration says, and kept nowhere. */
#ifndef CONFIG_SECRETS_H
#define CONFIG_SECRETS_H

#include "base/error.h"
#include "base/json.h"
#include "base/secret.h"

#define CONFIG_SECRET_MAX 4096         /* bytes, with the end of line */
#define CONFIG_SECRET_COMMAND_MS 30000 /* a command that asks a vault over the network */

/*
 * Reads one line from what the reference names:
 *   {"file": PATH}     refused when others than the owner may read it
 *   {"env": NAME}      refused when not set
 *   {"command": TEXT}  run by /bin/sh; its output is never shown, its errors neither
 *   {"profile": NAME}  the password or token in the context.json of a cfy profile
 * what: "password" or "token". The end of line is removed. Empty, longer than CONFIG_SECRET_MAX,
 * more than one line or a NUL: FERRY_E_CONFIG. The secret is owned by ctx.
 */
enum ferry_code config_secret_read(const void *ctx, const char *what, const struct json *reference,
                                   struct secret **out, struct ferry_error *err) FERRY_CHECK;

#endif
