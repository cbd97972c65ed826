#include "config/references.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/values.h"

#define MESSAGE_MAX 512 /* bytes of a list of missing keys */

static bool is_set(struct config_raw *raw, const char *name)
{
    return config_raw_named(raw, name)->origin != CONFIG_NOT_SET;
}

/* The place that a group names ({"file": PATH}); *out is NULL when it names none. */
static enum ferry_code read_reference(struct config_raw *raw, const char *group, struct json **out,
                                      struct ferry_error *err)
{
    static const char *const kinds[] = {"file", "env", "command"};
    const struct config_key *first = NULL;

    *out = NULL;
    for (size_t at = 0; at < FERRY_COUNT(kinds); at++) {
        char *name = mem_printf(raw->mem, "%s.%s", group, kinds[at]);
        const struct config_key *key = config_key_find(name);
        const char *text;
        enum ferry_code code;

        if (config_raw_value(raw, key)->origin == CONFIG_NOT_SET) {
            continue;
        }
        if (first != NULL) {
            return config_bad(raw, key, CONFIG_NO_ITEM, err,
                              "cannot stand beside %s: give one of them", first->name);
        }
        first = key;
        code = config_value_text(raw, key, &text, err);
        if (code != FERRY_OK) {
            return code;
        }
        *out = json_object(raw->mem);
        json_set_string(*out, kinds[at], text);
    }
    return FERRY_OK;
}

/* Writes the place of a secret; without one, what is there stays, else there is none. */
static void put_or_keep(struct json *login, const char *name, const struct json *reference)
{
    if (reference != NULL) {
        json_set_json(login, name, reference);
    } else if (json_member(login, name) == NULL) {
        json_set_null(login, name);
    }
}

static bool has_secret(const struct json *login)
{
    return json_is_object(json_member(login, "password")) ||
           json_is_object(json_member(login, "token"));
}

/* The login after the restore: the same name unless another is given, a password or token of its
   own. */
static enum ferry_code put_after_restore(struct config_raw *raw, struct json *manager,
                                         struct ferry_error *err)
{
    static const char group[] = "manager.after_restore";
    const struct config_key *key = config_key_find("manager.after_restore.username");
    const struct json *old = json_member(manager, "after_restore");
    struct json *login = json_is_object(old) ? json_copy(raw->mem, old) : json_object(raw->mem);
    const char *username =
        json_string_or(login, "username", json_string_or(manager, "username", NULL));
    struct json *password = NULL;
    struct json *token = NULL;
    enum ferry_code code = read_reference(raw, "manager.after_restore.password", &password, err);

    if (code == FERRY_OK) {
        code = read_reference(raw, "manager.after_restore.token", &token, err);
    }
    if (code == FERRY_OK && config_raw_value(raw, key)->origin != CONFIG_NOT_SET) {
        code = config_value_text(raw, key, &username, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    put_or_keep(login, "password", password);
    put_or_keep(login, "token", token);
    if (!has_secret(login)) {
        return config_bad(
            raw, key, CONFIG_NO_ITEM, err,
            "stands alone: %s.password.file or .token.file (or .env, .command) is missing", group);
    }
    json_set_string(login, "username", username);
    json_set_json(manager, "after_restore", login);
    return FERRY_OK;
}

/* {"env": VARIABLE}, or {"profile": NAME} without one. */
static struct json *reference_to(const struct config_raw *raw, const char *variable,
                                 const char *profile)
{
    struct json *reference = json_object(raw->mem);

    json_set_string(reference, variable != NULL ? "env" : "profile",
                    variable != NULL ? variable : profile);
    return reference;
}

/* A profile is asked for its password, or for its token when it has nothing else; cfy's variables
   stand in for what it does not hold. */
static void ask_profile(struct config_raw *raw, const struct config_from_profile *from,
                        struct json **password, struct json **token)
{
    bool has_password = from->password || from->password_variable != NULL;
    bool has_token = from->token || from->token_variable != NULL;

    if (from->name == NULL || *password != NULL || (*token != NULL && !has_password)) {
        return;
    }
    if (!has_password && has_token) {
        *token = reference_to(raw, from->token_variable, from->name);
    } else {
        *password = reference_to(raw, from->password_variable, from->name);
    }
}

/* The password and the token of a manager. */
static enum ferry_code put_login(struct config_raw *raw, const char *group,
                                 const struct config_from_profile *from, struct json *manager,
                                 struct ferry_error *err)
{
    struct json *password = NULL;
    struct json *token = NULL;
    enum ferry_code code =
        read_reference(raw, mem_printf(raw->mem, "%s.password", group), &password, err);

    if (code == FERRY_OK) {
        code = read_reference(raw, mem_printf(raw->mem, "%s.token", group), &token, err);
    }
    if (code == FERRY_OK) {
        ask_profile(raw, from, &password, &token);
        put_or_keep(manager, "password", password);
        put_or_keep(manager, "token", token);
    }
    return code;
}

/* Whom to believe before the restore would be a guess: the system's store is not mixed with a CA of
   the operator's. */
static enum ferry_code check_cas(struct config_raw *raw, const struct json *manager,
                                 struct ferry_error *err)
{
    const struct config_key *key = config_key_find("manager.after_restore.ca");

    if (!json_is_string(json_member(manager, "after_restore_ca")) ||
        json_is_string(json_member(manager, "ca"))) {
        return FERRY_OK;
    }
    enum ferry_code code =
        config_bad(raw, key, CONFIG_NO_ITEM, err, "stands alone: manager.ca is missing");
    ferry_error_hint(err, "give manager.ca as well: the CA of the certificate that the manager has "
                          "before the restore");
    return code;
}

enum ferry_code config_references_put(struct config_raw *raw, struct json *manager,
                                      struct ferry_error *err)
{
    enum ferry_code code = check_cas(raw, manager, err);

    if (code == FERRY_OK) {
        code = put_login(raw, "manager", &raw->profile, manager, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    if (is_set(raw, "manager.after_restore.username") ||
        config_raw_has(raw, "manager.after_restore.password") ||
        config_raw_has(raw, "manager.after_restore.token")) {
        return put_after_restore(raw, manager, err);
    }
    if (json_member(manager, "after_restore") == NULL) {
        json_set_null(manager, "after_restore");
    }
    return FERRY_OK;
}

enum ferry_code config_references_put_old(struct config_raw *raw, struct json *old,
                                          struct ferry_error *err)
{
    static const char *const must[] = {"url", "username"};

    if (!config_raw_has(raw, "from") && !json_is_string(json_member(old, "url"))) {
        return FERRY_OK;
    }
    if (put_login(raw, "from", &raw->old_profile, old, err) != FERRY_OK) {
        return err->code;
    }
    for (size_t at = 0; at < FERRY_COUNT(must); at++) {
        if (!json_is_string(json_member(old, must[at]))) {
            return config_bad(raw, config_key_find(mem_printf(raw->mem, "from.%s", must[at])),
                              CONFIG_NO_ITEM, err, "is missing: from is incomplete");
        }
    }
    if (!has_secret(old)) {
        return config_bad(raw, config_key_find("from.username"), CONFIG_NO_ITEM, err,
                          "stands alone: from.password.file or .token.file (or .env, "
                          ".command) is missing");
    }
    return FERRY_OK;
}

bool config_is_node(const struct json *manager, const char *url)
{
    const struct json *node = json_first(json_member(manager, "nodes"));

    while (node != NULL && strcmp(json_text(node), url) != 0) {
        node = json_next(node);
    }
    return node != NULL || strcmp(json_string_or(manager, "url", ""), url) == 0;
}

const char *config_same_manager(const struct json *one, const struct json *other)
{
    const char *url = json_string_or(other, "url", NULL);
    const struct json *node = json_first(json_member(other, "nodes"));

    while (node != NULL && !config_is_node(one, json_text(node))) {
        node = json_next(node);
    }
    if (node != NULL) {
        return json_text(node);
    }
    return url != NULL && config_is_node(one, url) ? url : NULL;
}

enum ferry_code config_check_two_managers(const struct json *manager, const struct json *old,
                                          struct ferry_error *err)
{
    const char *url = config_same_manager(manager, old);

    if (url == NULL) {
        return FERRY_OK;
    }
    ferry_fail(err, FERRY_E_CONFIG, "from.url and manager.url name the same manager: %s", url);
    ferry_error_hint(err, "from is the old manager, which must live on beside the new one; a "
                          "restore onto it would delete what it holds");
    return FERRY_E_CONFIG;
}

/* What stands for a snapshot of the old manager needs an old manager. */
static enum ferry_code check_mark(struct config_raw *raw, enum config_workflow workflow,
                                  struct ferry_error *err)
{
    const char *url = config_raw_named(raw, "snapshot.url")->text;
    enum ferry_code code;

    if (workflow == CONFIG_UPGRADE_FROM || url == NULL ||
        strstr(url, CONFIG_SNAPSHOT_MARK) == NULL) {
        return FERRY_OK;
    }
    code = config_bad(raw, config_key_find("snapshot.url"), CONFIG_NO_ITEM, err,
                      "has " CONFIG_SNAPSHOT_MARK " in it, and there is no from");
    ferry_error_hint(err, "name the old manager in from: the snapshot is taken there");
    return code;
}

static bool has_login(struct config_raw *raw)
{
    return config_raw_has(raw, "manager.password") || config_raw_has(raw, "manager.token") ||
           raw->profile.name != NULL;
}

/* An archive that is given, or, where a snapshot is taken, a folder for it. */
static bool has_archive(struct config_raw *raw, const char *place)
{
    return is_set(raw, place) || is_set(raw, "snapshot.url");
}

enum ferry_code config_check_complete(struct config_raw *raw, enum config_workflow workflow,
                                      struct ferry_error *err)
{
    bool is_given = workflow == CONFIG_UPGRADE;
    bool missing[] = {
        !is_set(raw, "manager.url"),
        !is_set(raw, "manager.username"),
        !has_login(raw),
        is_given && !has_archive(raw, "snapshot.file"),
        !is_given && !has_archive(raw, "backup.directory"),
    };
    static const char *const names[] = {
        "manager.url", "manager.username",
        "manager.password.file or manager.token.file (or .env, .command)",
        "snapshot.file (or .url; or from, to take it there)", "backup.directory"};
    struct buf list;

    buf_init(&list, raw->mem, MESSAGE_MAX);
    for (size_t at = 0; at < FERRY_COUNT(names); at++) {
        if (missing[at]) {
            buf_printf(&list, "%s%s", list.len > 0 ? ", " : "", names[at]);
        }
    }
    if (list.len > 0) {
        ferry_fail(err, FERRY_E_CONFIG, "%s%smissing: %s", raw->file == NULL ? "" : raw->file,
                   raw->file == NULL ? "" : ": ", buf_text(&list));
        ferry_error_hint(err, "%s",
                         raw->file == NULL ? "give a FILE.yaml, or options such as --manager URL; "
                                             "--profile NAME takes what cfy knows"
                                           : "write them there, or give options such as "
                                             "--manager URL");
        return FERRY_E_CONFIG;
    }
    if (is_set(raw, "snapshot.file") && is_set(raw, "snapshot.url")) {
        return config_bad(raw, config_key_find("snapshot.url"), CONFIG_NO_ITEM, err,
                          "cannot stand beside snapshot.file: give one of them");
    }
    return check_mark(raw, workflow, err);
}

static bool is_letter(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

char *config_snapshot_id(const void *mem, const char *path)
{
    size_t length = strcspn(path, "?#");
    size_t start = length;
    char *id;

    while (start > 0 && path[start - 1] != '/') {
        start--;
    }
    if (length - start > 4 && strncmp(path + length - 4, ".zip", 4) == 0) {
        length -= 4;
    }
    id = mem_printf(mem, "%s%.*s", length > start && is_letter(path[start]) ? "" : "snapshot-",
                    (int)(length - start), path + start);
    for (char *at = id; *at != '\0'; at++) {
        if (!is_letter(*at) && strchr("0123456789._-", *at) == NULL) {
            *at = '-';
        }
    }
    if (strlen(id) > CONFIG_SNAPSHOT_ID_MAX) {
        id[CONFIG_SNAPSHOT_ID_MAX] = '\0';
    }
    return id;
}
