#include "config/profile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/yaml_tree.h"

#define NAME_FILE_MAX 4096 /* bytes of active.profile; a name is that of a folder */
#define FOLDERS 4          /* HOME/.cloudify/profiles/NAME */

/* The folder in which cfy keeps what it knows; NULL: nobody says where. */
static char *cfy_folder(const void *mem)
{
    const char *folder = getenv("CFY_WORKDIR");

    if (folder == NULL || folder[0] == '\0') {
        folder = getenv("HOME");
    }
    return folder == NULL || folder[0] == '\0' ? NULL : mem_printf(mem, "%s/.cloudify", folder);
}

static enum ferry_code profile_folder(const void *mem, const char *name, char **path,
                                      struct ferry_error *err)
{
    const char *folder = cfy_folder(mem);

    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL) {
        ferry_fail(err, FERRY_E_CONFIG, "'%s' cannot be the name of a cfy profile", name);
        return FERRY_E_CONFIG;
    }
    if (folder == NULL) {
        ferry_fail(err, FERRY_E_CONFIG,
                   "cannot look for cfy profile '%s': neither CFY_WORKDIR nor HOME is set", name);
        return FERRY_E_CONFIG;
    }
    *path = mem_printf(mem, "%s/profiles/%s", folder, name);
    return FERRY_OK;
}

static enum ferry_code not_there(const char *name, const char *path, struct ferry_error *err)
{
    ferry_fail(err, FERRY_E_CONFIG, "no cfy profile '%s': %s is not there", name, path);
    ferry_error_hint(err, "cfy profiles list shows their names; CFY_WORKDIR says where they are");
    return FERRY_E_CONFIG;
}

enum ferry_code config_profile_read(const void *mem, const char *name, struct json **profile,
                                    char **path, struct ferry_error *err)
{
    static const struct {
        const char *file, *form;
        enum ferry_code (*parse)(const void *, const char *, size_t, struct json **,
                                 struct ferry_error *);
    } forms[] = {{"context.json", "JSON", json_parse}, {"context", "YAML", yaml_tree_parse}};
    char *folder = NULL;
    enum ferry_code code = profile_folder(mem, name, &folder, err);

    if (code != FERRY_OK) {
        return code;
    }
    for (size_t at = 0; at < FERRY_COUNT(forms); at++) {
        char *where = mem_printf(mem, "%s/%s", folder, forms[at].file);
        char *text;
        size_t size;

        code = file_read(mem, where, CONFIG_PROFILE_MAX, &text, &size, err);
        if (code == FERRY_E_NOT_FOUND) {
            ferry_error_clear(err);
            continue;
        }
        if (code != FERRY_OK) {
            return code;
        }
        code = forms[at].parse(mem, text, size, profile, err);
        secret_wipe(text, size); /* it holds the password */
        if (path != NULL) {
            *path = where;
        }
        return code == FERRY_OK && json_is_object(*profile)
                   ? FERRY_OK
                   : ferry_fail(err, FERRY_E_CONFIG, "cfy profile '%s': %s cannot be read as %s",
                                name, where, forms[at].form);
    }
    return not_there(name, mem_printf(mem, "%s/%s", folder, forms[0].file), err);
}

/* Is one of the folders that the file is in closed to others? */
static bool kept_from_others(const char *path)
{
    char *folder = realpath(path, NULL);
    bool kept = false;

    for (int above = 0; folder != NULL && !kept && above < FOLDERS; above++) {
        char *slash = strrchr(folder, '/');
        struct stat info;

        if (slash == NULL || slash == folder) {
            break;
        }
        *slash = '\0';
        kept = stat(folder, &info) == 0 && (info.st_mode & (S_IXGRP | S_IXOTH)) == 0;
    }
    free(folder);
    return kept;
}

enum ferry_code config_profile_check_private(const char *path, struct ferry_error *err)
{
    return kept_from_others(path) ? FERRY_OK : file_check_private(path, err);
}

enum ferry_code config_profile_active(const void *mem, char **name, struct ferry_error *err)
{
    const char *folder = cfy_folder(mem);
    struct ferry_error own = {0};
    char *text;
    size_t size;
    enum ferry_code code;

    *name = NULL;
    if (folder == NULL) {
        return FERRY_OK;
    }
    code = file_read(mem, mem_printf(mem, "%s/active.profile", folder), NAME_FILE_MAX, &text, &size,
                     &own);
    if (code == FERRY_E_NOT_FOUND) {
        return FERRY_OK;
    }
    if (code != FERRY_OK) {
        return ferry_fail(err, FERRY_E_CONFIG, "the active cfy profile: %s", own.message);
    }
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL) {
        size--;
    }
    while (size > 0 && strchr(" \t\r\n", text[0]) != NULL) {
        text++;
        size--;
    }
    if (size > 0 && !(size == strlen("local") && strncmp(text, "local", size) == 0)) {
        *name = mem_strndup(mem, text, size);
    }
    return FERRY_OK;
}
