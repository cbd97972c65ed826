/*
 * What is taken of a cfy profile, by cfy's own rules (facts 7): a variable of the environment may
 * say what the profile does not hold, never what it holds as well; one way to log in; the
 * certificate of a node, else the one that is named, else the one in the profile's folder. What the
 * operator has written comes before all of it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "config/profile.h"
#include "config/profile_nodes.h"
#include "config/raw.h"

#define OWN_CERTIFICATE "public_rest_cert.crt" /* in a profile's folder */

/* The variables that cfy heeds; an empty one is not set. */
struct variables {
    const char *username, *password, *token, *tenant, *certificate, *kerberos, *trust_all;
};

struct taking {
    struct config_raw *raw;
    struct config_from_profile *from;
    const char *group; /* "manager" or "from" */
    const char *path;  /* of the profile's file */
    const struct json *profile;
    struct variables set;
    struct ferry_error *err;
};

static const char *unless_empty(const char *text)
{
    return text == NULL || text[0] == '\0' ? NULL : text;
}

static struct variables variables_set(void)
{
    return (struct variables){
        .username = unless_empty(getenv("CLOUDIFY_USERNAME")),
        .password = unless_empty(getenv("CLOUDIFY_PASSWORD")),
        .token = unless_empty(getenv("CLOUDIFY_TOKEN")),
        .tenant = unless_empty(getenv("CLOUDIFY_TENANT")),
        .certificate = unless_empty(getenv("LOCAL_REST_CERT_FILE")),
        .kerberos = unless_empty(getenv("CLOUDIFY_KERBEROS_ENV")),
        .trust_all = unless_empty(getenv("CLOUDIFY_SSL_TRUST_ALL")),
    };
}

static struct config_value *named(const struct taking *taking, const char *key)
{
    return config_raw_named(taking->raw, mem_printf(taking->raw->mem, "%s.%s", taking->group, key));
}

static bool is_given(const struct taking *taking, const char *key)
{
    return named(taking, key)->origin != CONFIG_NOT_SET;
}

static bool is_secret_given(const struct taking *taking, const char *name)
{
    return config_raw_has(taking->raw, mem_printf(taking->raw->mem, "%s.%s", taking->group, name));
}

static const char *held(const struct taking *taking, const char *member)
{
    return unless_empty(json_string_or(taking->profile, member, NULL));
}

static void put(const struct taking *taking, const char *key, enum config_origin origin,
                const char *text)
{
    struct config_value *value = named(taking, key);

    value->origin = origin;
    value->text = mem_strdup(taking->raw->mem, text);
}

/* As cfy does: which of the two is meant would be a guess. Neither is shown. */
static enum ferry_code both(const struct taking *taking, const char *what, const char *variable,
                            const char *cure)
{
    ferry_fail(taking->err, FERRY_E_CONFIG, "cfy profile '%s' holds a %s, and %s is set as well",
               taking->from->name, what, variable);
    ferry_error_hint(taking->err, "unset %s, or say which in ferry's own words: %s", variable,
                     cure);
    return FERRY_E_CONFIG;
}

/* A name that may be in the profile or in the environment. */
static enum ferry_code take(const struct taking *taking, const char *key, const char *what,
                            const char *member, const char *variable, const char *in_variable)
{
    const char *in_profile = held(taking, member);

    if (is_given(taking, key)) {
        return FERRY_OK;
    }
    if (in_profile != NULL && in_variable != NULL) {
        return both(taking, what, variable,
                    mem_printf(taking->raw->mem, "%s.%s", taking->group, key));
    }
    if (in_variable != NULL) {
        put(taking, key, CONFIG_FROM_ENVIRONMENT, in_variable);
    } else if (in_profile != NULL) {
        put(taking, key, CONFIG_FROM_PROFILE, in_profile);
    }
    return FERRY_OK;
}

static void take_urls(const struct taking *taking)
{
    struct config_value *value = named(taking, "url");
    size_t count;
    const char *const *urls = profile_nodes_urls(taking->raw->mem, taking->profile, &count);

    if (value->origin == CONFIG_NOT_SET && count > 0) {
        value->origin = CONFIG_FROM_PROFILE;
        value->items = urls;
        value->count = count;
    }
}

/* --- the login --- */

static enum ferry_code check_kerberos(const struct taking *taking)
{
    const struct json *node = json_member(taking->profile, "kerberos_env");
    bool by_profile = json_is_true(node) || unless_empty(json_text(node)) != NULL;

    if (!by_profile && taking->set.kerberos == NULL) {
        return FERRY_OK;
    }
    ferry_fail(taking->err, FERRY_E_CONFIG,
               by_profile ? "cfy profile '%s' logs in by Kerberos, which ferry cannot"
                          : "CLOUDIFY_KERBEROS_ENV is set: cfy profile '%s' would log in by "
                            "Kerberos, which ferry cannot",
               taking->from->name);
    ferry_error_hint(taking->err, "give %s.password.file or %s.token.file", taking->group,
                     taking->group);
    return FERRY_E_CONFIG;
}

/* Of a password and a token cfy takes one only; where the profile alone holds both, ferry takes the
   password (references.c). */
static enum ferry_code check_one_way(const struct taking *taking)
{
    bool password = taking->from->password || taking->set.password != NULL;
    bool token = taking->from->token || taking->set.token != NULL;

    if (!password || !token || (taking->set.password == NULL && taking->set.token == NULL)) {
        return FERRY_OK;
    }
    ferry_fail(taking->err, FERRY_E_CONFIG,
               "there is a password and a token for cfy profile '%s', and %s is set: cfy takes "
               "only one way to log in",
               taking->from->name,
               taking->set.token != NULL ? "CLOUDIFY_TOKEN" : "CLOUDIFY_PASSWORD");
    ferry_error_hint(taking->err, "unset the variable that is not meant, or give "
                                  "manager.password.file or manager.token.file");
    return FERRY_E_CONFIG;
}

static enum ferry_code take_login(const struct taking *taking)
{
    struct config_from_profile *from = taking->from;
    bool own_password = is_secret_given(taking, "password");
    bool own_login = own_password || is_secret_given(taking, "token");

    from->password = held(taking, "manager_password") != NULL;
    from->token = held(taking, "manager_token") != NULL;
    if (!own_login && check_kerberos(taking) != FERRY_OK) {
        return FERRY_E_CONFIG;
    }
    if (!own_password && from->password && taking->set.password != NULL) {
        return both(taking, "password", "CLOUDIFY_PASSWORD", "manager.password.file");
    }
    if (!own_login && from->token && taking->set.token != NULL) {
        return both(taking, "token", "CLOUDIFY_TOKEN", "manager.token.file");
    }
    from->password_variable = taking->set.password != NULL ? "CLOUDIFY_PASSWORD" : NULL;
    from->token_variable = taking->set.token != NULL ? "CLOUDIFY_TOKEN" : NULL;
    return own_login ? FERRY_OK : check_one_way(taking);
}

/* --- certificates --- */

static bool uses_tls(const struct taking *taking)
{
    static const char scheme[] = "https:";
    const struct config_value *url = named(taking, "url");
    bool found = url->text != NULL && strncasecmp(url->text, scheme, strlen(scheme)) == 0;

    for (size_t at = 0; at < url->count && !found; at++) {
        found = strncasecmp(url->items[at], scheme, strlen(scheme)) == 0;
    }
    return found;
}

/* A certificate that is taken unseen may be anybody's, who then gets the password. */
static enum ferry_code check_trust(const struct taking *taking)
{
    bool by_node = named(taking, "url")->origin == CONFIG_FROM_PROFILE &&
                   profile_nodes_trust_all(taking->profile);

    if (is_given(taking, "ca") || !uses_tls(taking) ||
        (!by_node && taking->set.trust_all == NULL)) {
        return FERRY_OK;
    }
    if (taking->set.trust_all != NULL) {
        ferry_fail(taking->err, FERRY_E_CONFIG,
                   "CLOUDIFY_SSL_TRUST_ALL is set: cfy would take any certificate, ferry takes "
                   "none unseen");
    } else {
        ferry_fail(taking->err, FERRY_E_CONFIG,
                   "cfy profile '%s' has trust_all for a node: cfy would take any certificate, "
                   "ferry takes none unseen",
                   taking->from->name);
    }
    ferry_error_hint(taking->err, "give the manager's certificate, or its CA's, as %s.ca%s",
                     taking->group,
                     taking->set.trust_all != NULL
                         ? " (--ca FILE); or unset the variable, and it is checked as usual"
                         : "");
    return FERRY_E_CONFIG;
}

/* The certificate in the profile's folder; NULL: none is there. */
static const char *own_certificate(const struct taking *taking)
{
    const char *slash = strrchr(taking->path, '/');
    const char *path = mem_printf(taking->raw->mem, "%.*s/" OWN_CERTIFICATE,
                                  (int)(slash - taking->path), taking->path);

    return access(path, F_OK) == 0 ? path : NULL;
}

/* The profile's own comes after the one that is named, and before both comes that of a node. */
static enum ferry_code take_certificate(const struct taking *taking)
{
    const struct config_value *ca = named(taking, "ca");
    const char *path = NULL;

    if (is_given(taking, "ca")) {
        return FERRY_OK;
    }
    if (take(taking, "ca", "certificate", "rest_certificate", "LOCAL_REST_CERT_FILE",
             taking->set.certificate) != FERRY_OK) {
        return FERRY_E_CONFIG;
    }
    if (ca->origin == CONFIG_NOT_SET && (path = own_certificate(taking)) != NULL) {
        put(taking, "ca", CONFIG_FROM_PROFILE, path);
    }
    if (named(taking, "url")->origin != CONFIG_FROM_PROFILE) {
        return FERRY_OK;
    }
    if (profile_nodes_certificate(taking->profile, ca->text, &path, taking->err) != FERRY_OK) {
        return ferry_error_prefix(taking->err, "cfy profile '%s'", taking->from->name);
    }
    if (path != NULL && path != ca->text) {
        put(taking, "ca", CONFIG_FROM_PROFILE, path);
    }
    return FERRY_OK;
}

/* --- a profile as a whole --- */

/* The profile that is meant; NULL: none. */
static enum ferry_code choose(const struct taking *taking, const char **name)
{
    const struct config_value *value = named(taking, "profile");
    bool by_word =
        value->origin != CONFIG_NOT_SET && strcmp(value->text, CONFIG_PROFILE_ACTIVE) == 0;
    char *active = NULL;

    *name = value->origin != CONFIG_NOT_SET ? value->text : NULL;
    if (!by_word &&
        (*name != NULL || is_given(taking, "url") || strcmp(taking->group, "manager") != 0)) {
        return FERRY_OK;
    }
    if (config_profile_active(taking->raw->mem, &active, taking->err) != FERRY_OK) {
        return FERRY_E_CONFIG;
    }
    *name = active;
    taking->from->active = active != NULL && !by_word;
    if (active == NULL && by_word) {
        ferry_fail(taking->err, FERRY_E_CONFIG, "no profile of cfy is active");
        ferry_error_hint(taking->err, "name one: --profile NAME (manager.profile); cfy profiles "
                                      "list shows them");
        return FERRY_E_CONFIG;
    }
    return FERRY_OK;
}

static enum ferry_code not_active(const struct taking *taking)
{
    if (!taking->from->active) {
        return FERRY_E_CONFIG;
    }
    (void)ferry_error_prefix(taking->err, "no manager is named, and of cfy's active profile");
    ferry_error_hint(taking->err, "give manager.url (--manager URL) or --profile NAME");
    return FERRY_E_CONFIG;
}

static enum ferry_code load(struct config_raw *raw, const char *group,
                            struct config_from_profile *from, struct ferry_error *err)
{
    struct taking taking = {.raw = raw, .from = from, .group = group, .err = err};
    struct json *profile;
    char *path;
    enum ferry_code code = choose(&taking, &from->name);

    if (code != FERRY_OK || from->name == NULL) {
        return code;
    }
    if (config_profile_read(raw->mem, from->name, &profile, &path, err) != FERRY_OK) {
        return not_active(&taking);
    }
    taking.profile = profile;
    taking.path = path;
    if (strcmp(group, "manager") == 0) { /* one set of variables is for one manager */
        taking.set = variables_set();
    }
    take_urls(&taking);
    if (check_trust(&taking) != FERRY_OK || take_login(&taking) != FERRY_OK ||
        take(&taking, "username", "username", "manager_username", "CLOUDIFY_USERNAME",
             taking.set.username) != FERRY_OK ||
        take(&taking, "tenant", "tenant", "manager_tenant", "CLOUDIFY_TENANT", taking.set.tenant) !=
            FERRY_OK) {
        return FERRY_E_CONFIG;
    }
    return take_certificate(&taking);
}

enum ferry_code config_profile_load(struct config_raw *raw, struct ferry_error *err)
{
    struct ferry_error own = {0};
    enum ferry_code code;

    err = err == NULL ? &own : err;
    code = load(raw, "manager", &raw->profile, err);
    return code == FERRY_OK ? load(raw, "from", &raw->old_profile, err) : code;
}
