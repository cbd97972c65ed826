#include "http/auth.h"

#include <nettle/base64.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

bool http_auth_usable(const struct http_login *login)
{
    return login->token != NULL || (login->username != NULL && login->password != NULL);
}

/* No control characters: a line end in a token would begin a header of its own. */
static bool fits_a_line(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

enum ferry_code http_auth_check(const struct http_login *login, struct ferry_error *err)
{
    if (login->username != NULL && strchr(login->username, ':') != NULL) {
        return ferry_fail(err, FERRY_E_CONFIG,
                          "cannot log in as \"%s\": a user name must not hold a colon",
                          login->username);
    }
    if (login->token != NULL &&
        !fits_a_line(secret_reveal(login->token), secret_length(login->token))) {
        enum ferry_code code =
            ferry_fail(err, FERRY_E_CONFIG, "cannot use the token: it holds a control character");

        ferry_error_hint(err, "look for a line end inside the token's file");
        return code;
    }
    return FERRY_OK;
}

static char *token_line(const void *ctx, const struct secret *token)
{
    return mem_printf(ctx, "Authentication-Token: %s", secret_reveal(token));
}

static char *basic_line(const void *ctx, const struct http_login *login)
{
    static const char lead[] = "Authorization: Basic ";
    size_t name_length = strlen(login->username);
    size_t pair_length = name_length + 1 + secret_length(login->password);
    uint8_t *pair = mem_array(ctx, uint8_t, pair_length + 1);
    char *line = mem_array(ctx, char, sizeof(lead) + BASE64_ENCODE_RAW_LENGTH(pair_length));

    memcpy(pair, login->username, name_length);
    pair[name_length] = ':';
    memcpy(pair + name_length + 1, secret_reveal(login->password), secret_length(login->password));
    memcpy(line, lead, sizeof(lead) - 1);
    base64_encode_raw(line + sizeof(lead) - 1, pair_length, pair);
    secret_wipe(pair, pair_length);
    mem_free(pair);
    return line;
}

char *http_auth_line(const void *ctx, const struct http_login *login)
{
    if (login->token != NULL) {
        return token_line(ctx, login->token);
    }
    if (login->username == NULL || login->password == NULL) {
        return NULL;
    }
    return basic_line(ctx, login);
}
