#include "base/digest.h"

#include <ctype.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <string.h>

#include "base/mem.h"

#define UUID_SIZE 16

struct digest_sha256 {
    struct sha256_ctx state;
};

static const char hex_digits[] = "0123456789abcdef";

static void put_hex(const uint8_t *bytes, size_t size, char *out)
{
    for (size_t at = 0; at < size; at++) {
        *out++ = hex_digits[bytes[at] >> 4];
        *out++ = hex_digits[bytes[at] & 15];
    }
}

static void finish(struct sha256_ctx *state, char out[DIGEST_SHA256_HEX])
{
    uint8_t bytes[SHA256_DIGEST_SIZE];

    sha256_digest(state, sizeof(bytes), bytes);
    put_hex(bytes, sizeof(bytes), out);
    out[DIGEST_SHA256_HEX - 1] = '\0';
}

void digest_sha256_hex(const void *data, size_t size, char out[DIGEST_SHA256_HEX])
{
    struct sha256_ctx state;

    sha256_init(&state);
    sha256_update(&state, size, data);
    finish(&state, out);
}

struct digest_sha256 *digest_sha256_new(const void *ctx)
{
    struct digest_sha256 *digest = mem_new(ctx, struct digest_sha256);

    sha256_init(&digest->state);
    return digest;
}

void digest_sha256_add(struct digest_sha256 *digest, const void *data, size_t size)
{
    sha256_update(&digest->state, size, data);
}

void digest_sha256_end(struct digest_sha256 *digest, char out[DIGEST_SHA256_HEX])
{
    finish(&digest->state, out);
}

/* Sets version and variant (RFC 9562, 4.1 and 4.2) and writes 8-4-4-4-12. */
static void put_uuid(uint8_t bytes[UUID_SIZE], unsigned version, char out[UUID_TEXT_SIZE])
{
    static const size_t groups[] = {4, 2, 2, 2, 6};

    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | version << 4);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    for (size_t group = 0; group < sizeof(groups) / sizeof(groups[0]); group++) {
        if (group > 0) {
            *out++ = '-';
        }
        put_hex(bytes, groups[group], out);
        out += 2 * groups[group];
        bytes += groups[group];
    }
    *out = '\0';
}

void uuid_random(struct rng *rng, char out[UUID_TEXT_SIZE])
{
    uint64_t bits[2];
    uint8_t bytes[UUID_SIZE];

    bits[0] = rng->next(rng);
    bits[1] = rng->next(rng);
    memcpy(bytes, bits, sizeof(bytes));
    put_uuid(bytes, 4, out);
}

static int hex_value(char digit)
{
    const char *at = digit == '\0' ? NULL : strchr(hex_digits, tolower((unsigned char)digit));

    return at == NULL ? -1 : (int)(at - hex_digits);
}

/* The bytes of "8-4-4-4-12"; 0 when text is no uuid, else their number. */
static size_t uuid_bytes(const char *text, uint8_t out[UUID_SIZE])
{
    if (strlen(text) != UUID_TEXT_SIZE - 1) {
        return 0;
    }
    for (size_t at = 0; at < UUID_SIZE; at++) {
        int high;
        int low;

        if (at == 4 || at == 6 || at == 8 || at == 10) {
            if (*text++ != '-') {
                return 0;
            }
        }
        high = hex_value(text[0]);
        low = high < 0 ? -1 : hex_value(text[1]);
        if (low < 0) {
            return 0;
        }
        out[at] = (uint8_t)(high << 4 | low);
        text += 2;
    }
    return UUID_SIZE;
}

void uuid_derive(const char *name_space, const char *name, char out[UUID_TEXT_SIZE])
{
    struct sha1_ctx state;
    uint8_t bytes[SHA1_DIGEST_SIZE];
    size_t known = uuid_bytes(name_space, bytes);

    sha1_init(&state);
    if (known > 0) {
        sha1_update(&state, known, bytes);
    } else {
        sha1_update(&state, strlen(name_space), (const uint8_t *)name_space);
    }
    sha1_update(&state, strlen(name), (const uint8_t *)name);
    sha1_digest(&state, sizeof(bytes), bytes);
    put_uuid(bytes, 5, out);
}
