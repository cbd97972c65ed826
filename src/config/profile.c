#include "config/profile.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/secret.h"
#include "config/raw.h"
#include "config/url.h"

static enum ferry_code profile_path(const void *mem, const char *name, char **path,
                                    struct ferry_error *err)
{
    const char *folder = getenv("CFY_WORKDIR");

    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL) {
        ferry_fail(err, FERRY_E_CONFIG, "'%s' cannot be the name of a cfy profile", name);
        return FERRY_E_CONFIG;
    }
    if (folder == NULL || folder[0] == '\0') {
        folder = getenv("HOME");
    }
    if (folder == NULL || folder[0] == '\0') {
        ferry_fail(err, FERRY_E_CONFIG,
                   "cannot look for cfy profile '%s': neither CFY_WORKDIR nor HOME is set", name);
        return FERRY_E_CONFIG;
    }
    *path = mem_printf(mem, "%s/.cloudify/profiles/%s/context.json", folder, name);
    return FERRY_OK;
}

static enum ferry_code not_there(const char *name, const char *path, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    /* Up to cfy 5.1 the file was YAML with a tag of Python's: facts 7. */
    char *old = mem_printf(scope, "%.*s", (int)(strlen(path) - strlen(".json")), path);

    if (access(old, F_OK) == 0) {
        ferry_fail(err, FERRY_E_CONFIG, "cfy profile '%s' is in the form of cfy before 5.2", name);
        ferry_error_hint(err, "give manager.url, manager.username and manager.password.file");
        return FERRY_E_CONFIG;
    }
    ferry_fail(err, FERRY_E_CONFIG, "no cfy profile '%s': %s is not there", name, path);
    ferry_error_hint(err, "cfy profiles list shows their names; CFY_WORKDIR says where they are");
    return FERRY_E_CONFIG;
}

enum ferry_code config_profile_read(const void *mem, const char *name, struct json **profile,
                                    char **path, struct ferry_error *err)
{
    char *where = NULL;
    char *text;
    size_t size;
    enum ferry_code code = profile_path(mem, name, &where, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (path != NULL) {
        *path = where;
    }
    code = file_read(mem, where, CONFIG_PROFILE_MAX, &text, &size, err);
    if (code == FERRY_E_NOT_FOUND) {
        return not_there(name, where, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    code = json_parse(mem, text, size, profile, err);
    secret_wipe(text, size); /* it holds the password */
    if (code == FERRY_OK && json_is_object(*profile)) {
        return FERRY_OK;
    }
    return ferry_fail(err, FERRY_E_CONFIG, "cfy profile '%s': %s cannot be read as JSON", name,
                      where);
}

/* A number or a text, both are found in profiles; NULL when it is neither. */
static const char *port_text(const void *mem, const struct json *holder)
{
    const struct json *node = json_member(holder, "rest_port");

    if (json_is_number(node)) {
        return mem_printf(mem, "%" PRId64, json_int64_or(holder, "rest_port", 0));
    }
    return json_text(node);
}

/* The URL of a host; holder says protocol and port, or the profile does. NULL without a host. */
static const char *url_of(const void *mem, const struct json *profile, const struct json *holder,
                          const char *host)
{
    const char *scheme =
        json_string_or(holder, "rest_protocol", json_string_or(profile, "rest_protocol", "http"));
    const char *port = port_text(mem, holder);
    bool v6 = host != NULL && strchr(host, ':') != NULL && host[0] != '[';

    if (host == NULL || host[0] == '\0') {
        return NULL;
    }
    port = port != NULL ? port : port_text(mem, profile);
    return mem_printf(mem, "%s://%s%s%s%s%s", scheme, v6 ? "[" : "", host, v6 ? "]" : "",
                      port == NULL ? "" : ":", port == NULL ? "" : port);
}

static struct config_value *named(struct config_raw *raw, const char *group, const char *key)
{
    return config_raw_named(raw, mem_printf(raw->mem, "%s.%s", group, key));
}

static void take(struct config_raw *raw, const char *group, const char *key, const char *text)
{
    struct config_value *value = named(raw, group, key);

    if (value->origin != CONFIG_NOT_SET || text == NULL || text[0] == '\0') {
        return;
    }
    value->origin = CONFIG_FROM_PROFILE;
    value->text = mem_strdup(raw->mem, text);
}

/* Do both name the same host and port, however they are written? */
static bool same_url(const void *mem, const char *a, const char *b)
{
    char *one = NULL;
    char *other = NULL;

    return config_url_manager(mem, a, &one) == NULL && config_url_manager(mem, b, &other) == NULL &&
           strcmp(one, other) == 0;
}

/* The manager that cfy asks first, then the others of its cluster in their order: facts 7. */
static void take_urls(struct config_raw *raw, const char *group, const struct json *profile)
{
    const struct json *managers = json_get(profile, "cluster.manager");
    const char **urls = mem_array(raw->mem, const char *, json_size(managers) + 1);
    struct config_value *value = named(raw, group, "url");
    size_t count = 0;

    urls[0] = url_of(raw->mem, profile, profile, json_string_or(profile, "manager_ip", NULL));
    if (value->origin != CONFIG_NOT_SET || urls[0] == NULL) {
        return;
    }
    for (const struct json *node = json_first(managers); node != NULL; node = json_next(node)) {
        const char *url = url_of(raw->mem, profile, node, json_string_or(node, "host_ip", NULL));
        size_t before = 0;

        while (url != NULL && before <= count && !same_url(raw->mem, urls[before], url)) {
            before++;
        }
        if (url != NULL && before > count) {
            urls[++count] = url;
        }
    }
    value->origin = CONFIG_FROM_PROFILE;
    value->items = urls;
    value->count = count + 1;
}

static bool holds(const struct json *profile, const char *name)
{
    return json_string_or(profile, name, "")[0] != '\0';
}

static enum ferry_code load(struct config_raw *raw, const char *group,
                            struct config_from_profile *from, struct ferry_error *err)
{
    const struct config_value *value = named(raw, group, "profile");
    struct json *profile;
    enum ferry_code code;

    if (value->origin == CONFIG_NOT_SET) {
        return FERRY_OK;
    }
    code = config_profile_read(raw->mem, value->text, &profile, NULL, err);
    if (code != FERRY_OK) {
        return code;
    }
    from->name = value->text;
    from->password = holds(profile, "manager_password");
    from->token = holds(profile, "manager_token");
    take_urls(raw, group, profile);
    take(raw, group, "username", json_string_or(profile, "manager_username", NULL));
    take(raw, group, "tenant", json_string_or(profile, "manager_tenant", NULL));
    take(raw, group, "ca", json_string_or(profile, "rest_certificate", NULL));
    return FERRY_OK;
}

enum ferry_code config_profile_load(struct config_raw *raw, struct ferry_error *err)
{
    enum ferry_code code = load(raw, "manager", &raw->profile, err);

    return code == FERRY_OK ? load(raw, "old_manager", &raw->old_profile, err) : code;
}
