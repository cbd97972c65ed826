#include "config/references.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/values.h"

#define MESSAGE_MAX 256 /* bytes of a list of missing keys */

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

/* The login after the restore: the same name unless another is given, a password of its own. */
static enum ferry_code put_after_restore(struct config_raw *raw, struct json *manager,
                                         struct ferry_error *err)
{
    static const char group[] = "manager.after_restore";
    const struct config_key *key = config_key_find("manager.after_restore.username");
    const char *username = json_string_or(manager, "username", NULL);
    struct json *login = json_object(raw->mem);
    struct json *password;
    enum ferry_code code = read_reference(raw, "manager.after_restore.password", &password, err);

    if (code == FERRY_OK && config_raw_value(raw, key)->origin != CONFIG_NOT_SET) {
        code = config_value_text(raw, key, &username, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    if (password == NULL) {
        return config_bad(raw, key, CONFIG_NO_ITEM, err,
                          "stands alone: %s.password.file (or .env, .command) is missing", group);
    }
    json_set_string(login, "username", username);
    json_set_json(login, "password", password);
    json_set_json(manager, "after_restore", login);
    return FERRY_OK;
}

enum ferry_code config_references_put(struct config_raw *raw, struct json *manager,
                                      struct ferry_error *err)
{
    struct json *password;
    enum ferry_code code = read_reference(raw, "manager.password", &password, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (password == NULL && raw->profile != NULL) {
        password = json_object(raw->mem);
        json_set_string(password, "profile", raw->profile);
    }
    if (password != NULL) {
        json_set_json(manager, "password", password);
    }
    if (config_raw_has(raw, "manager.after_restore")) {
        return put_after_restore(raw, manager, err);
    }
    if (json_member(manager, "after_restore") == NULL) {
        json_set_null(manager, "after_restore");
    }
    return FERRY_OK;
}

static bool is_set(struct config_raw *raw, const char *name)
{
    return config_raw_named(raw, name)->origin != CONFIG_NOT_SET;
}

enum ferry_code config_check_complete(struct config_raw *raw, struct ferry_error *err)
{
    bool missing[] = {
        !is_set(raw, "manager.url"),
        !is_set(raw, "manager.username"),
        !config_raw_has(raw, "manager.password") && raw->profile == NULL,
        !is_set(raw, "snapshot.file") && !is_set(raw, "snapshot.url"),
    };
    static const char *const names[] = {"manager.url", "manager.username",
                                        "manager.password.file (or .env, .command)",
                                        "snapshot.file (or .url)"};
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
                         raw->file == NULL ? "give a FILE.yaml, or options such as --manager URL"
                                           : "write them there, or give options such as "
                                             "--manager URL");
        return FERRY_E_CONFIG;
    }
    if (is_set(raw, "snapshot.file") && is_set(raw, "snapshot.url")) {
        return config_bad(raw, config_key_find("snapshot.url"), CONFIG_NO_ITEM, err,
                          "cannot stand beside snapshot.file: give one of them");
    }
    return FERRY_OK;
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
