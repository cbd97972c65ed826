#include "http/trust.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#define CA_FILE_LIMIT ((size_t)16 * 1024 * 1024)

static enum ferry_code read_certificates(const void *ctx, const char *path, char **text,
                                         struct ferry_error *err)
{
    size_t size = 0;

    if (file_read(ctx, path, CA_FILE_LIMIT, text, &size, err) != FERRY_OK) {
        (void)ferry_error_prefix(err, "cannot use the CA file");
        if (err != NULL) {
            err->code = FERRY_E_CONFIG;
        }
        return FERRY_E_CONFIG;
    }
    if (strstr(*text, "-----BEGIN CERTIFICATE-----") == NULL &&
        strstr(*text, "-----BEGIN TRUSTED CERTIFICATE-----") == NULL) {
        return ferry_fail(err, FERRY_E_CONFIG,
                          "cannot use the CA file \"%s\": it holds no certificate in PEM form",
                          path);
    }
    return FERRY_OK;
}

enum ferry_code http_trust_check(const char *path, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *text = NULL;

    return read_certificates(scope, path, &text, err);
}

enum ferry_code http_trust_join(const void *ctx, const char *first, const char *second, char **text,
                                struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *a = NULL;
    char *b = NULL;
    enum ferry_code code = read_certificates(scope, first, &a, err);

    if (code == FERRY_OK) {
        code = read_certificates(scope, second, &b, err);
    }
    if (code == FERRY_OK) {
        *text = mem_printf(ctx, "%s\n%s", a, b);
    }
    return code;
}
