#include "http/site.h"

#include "base/error.h"
#include "base/mem.h"
#include "http/auth.h"
#include "http/trust.h"

static struct http_login copy_login(const void *ctx, const struct http_login *login)
{
    return (struct http_login){
        .username = mem_strdup(ctx, login->username),
        .password = login->password,
        .token = login->token,
    };
}

static void copy_options(struct http_site_state *site, const struct http_client_options *options)
{
    site->before = copy_login(site, &options->before);
    site->after = copy_login(site, &options->after);
    site->options = (struct http_transfer_options){
        .insecure = options->insecure,
        .user_agent = mem_strdup(site, options->user_agent),
        .before = &site->before,
        .after = &site->after,
        .clock = options->clock,
    };
}

/* The one file of certificates is left to libcurl, which keeps it for all connections; of two it
   takes the text only. */
static enum ferry_code copy_trust(struct http_site_state *site,
                                  const struct http_client_options *options,
                                  struct ferry_error *err)
{
    const char *first = options->ca_file;
    const char *second = options->after_ca_file;
    char *text = NULL;
    enum ferry_code code = FERRY_OK;

    if (first != NULL && second != NULL) {
        code = http_trust_join(site, first, second, &text, err);
    } else if (first != NULL || second != NULL) {
        first = first != NULL ? first : second;
        code = http_trust_check(first, err);
    }
    site->options.ca_file = mem_strdup(site, first);
    site->options.ca_text = text;
    return code;
}

static enum ferry_code check_logins(const struct http_client_options *options,
                                    struct ferry_error *err)
{
    enum ferry_code code = http_auth_check(&options->before, err);

    return code == FERRY_OK ? http_auth_check(&options->after, err) : code;
}

enum ferry_code http_site_new(const void *ctx, const struct http_client_options *options,
                              struct http_site_state **out, struct ferry_error *err)
{
    struct http_site_state *site = mem_new(ctx, struct http_site_state);
    enum ferry_code code = http_nodes_init(site, options, &site->nodes, err);

    copy_options(site, options);
    if (code == FERRY_OK) {
        code = copy_trust(site, options, err);
    }
    if (code == FERRY_OK) {
        code = check_logins(options, err);
    }
    *out = site;
    return code;
}
