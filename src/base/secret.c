#include "base/secret.h"

#include <string.h>

#include "base/mem.h"

struct secret {
    size_t length;
    char bytes[]; /* with a NUL at the end */
};

static int wipe_on_free(struct secret *secret)
{
    secret_wipe(secret->bytes, secret->length);
    return 0;
}

struct secret *secret_new(const void *ctx, const char *bytes, size_t length)
{
    size_t size = sizeof(struct secret) + length + 1;
    struct secret *secret = mem_zeroed(ctx, size, "struct secret");

    secret->length = length;
    if (length > 0) {
        memcpy(secret->bytes, bytes, length);
    }
    talloc_set_destructor(secret, wipe_on_free);
    return secret;
}

const char *secret_reveal(const struct secret *secret)
{
    return secret->bytes;
}

size_t secret_length(const struct secret *secret)
{
    return secret->length;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
    unsigned char difference = 0;

    if (a->length != b->length) {
        return false;
    }
    for (size_t at = 0; at < a->length; at++) {
        difference |= (unsigned char)(a->bytes[at] ^ b->bytes[at]);
    }
    return difference == 0;
}

void secret_wipe(void *memory, size_t size)
{
    if (size > 0) {
        explicit_bzero(memory, size);
    }
}

/* Where the part after "scheme://" begins; 0 when there is no scheme. */
static size_t authority_start(const char *url)
{
    static const char scheme_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789+-.";
    size_t scheme = strspn(url, scheme_chars);

    if (strncmp(url + scheme, "://", 3) == 0) {
        return scheme + 3;
    }
    return strncmp(url, "//", 2) == 0 ? 2 : 0;
}

/* Whether ":NUMBER" ends the authority, as a port does. */
static bool has_port(const char *authority, size_t length)
{
    const char *colon = memchr(authority, ':', length);
    size_t digits = colon == NULL ? 0 : strspn(colon + 1, "0123456789");

    return digits > 0 && digits <= 5 && colon + 1 + digits == authority + length;
}

/* Length of "user:password@", given the text after the scheme. */
static size_t credentials_length(const char *rest)
{
    size_t authority = strcspn(rest, "/?#");
    const char *last_at = strrchr(rest, '@');

    if (last_at == NULL) {
        return 0;
    }
    for (size_t at = authority; at > 0; at--) {
        if (rest[at - 1] == '@') {
            return at;
        }
    }
    /* A password with a bare '/', '?' or '#' ends the authority too early: what then stands in
       the place of the port is no number. Rather too little is shown than a password. */
    if (rest[0] == '[' || memchr(rest, ':', authority) == NULL || has_port(rest, authority)) {
        return 0;
    }
    return (size_t)(last_at - rest) + 1;
}

char *url_without_credentials(const void *ctx, const char *url)
{
    size_t start;

    if (url == NULL) {
        return NULL;
    }
    start = authority_start(url);
    return mem_printf(ctx, "%.*s%s", (int)start, url,
                      url + start + credentials_length(url + start));
}
