#include "config/raw.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "config/config.h"

#define FOLDER_MAX 4096 /* bytes of the working folder's path: PATH_MAX of Linux */

char *config_path_join(const void *mem, const char *folder, const char *path)
{
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
        while (*path == '/') {
            path++;
        }
    }
    if (path[0] == '/') {
        return mem_strdup(mem, path);
    }
    if (path[0] == '\0' || strcmp(path, ".") == 0) {
        return mem_strdup(mem, folder);
    }
    return mem_printf(mem, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, path);
}

static const char *folder_of(const void *mem, const char *work_folder, const char *file)
{
    char *whole = config_path_join(mem, work_folder, file);
    char *slash = strrchr(whole, '/');

    if (slash == whole) {
        return "/";
    }
    *slash = '\0';
    return whole;
}

enum ferry_code config_raw_open(void *mem, const char *file, struct config_raw **out,
                                struct ferry_error *err)
{
    struct config_raw *raw = mem_new(mem, struct config_raw);
    char *folder = mem_array(mem, char, FOLDER_MAX);
    enum ferry_code code;

    if (getcwd(folder, FOLDER_MAX) == NULL) {
        return ferry_fail_errno(err, FERRY_E_IO, errno, "cannot name the working folder");
    }
    raw->mem = mem;
    raw->file = file;
    raw->values = mem_array(mem, struct config_value, config_key_count);
    raw->work_folder = folder;
    raw->file_folder = file == NULL ? folder : folder_of(mem, folder, file);
    *out = raw;
    if (file == NULL) {
        return FERRY_OK;
    }
    code = file_read(mem, file, CONFIG_FILE_MAX, &raw->yaml, &raw->yaml_size, err);
    if (code != FERRY_OK) {
        ferry_error_hint(err, "name the file that says what is to be done: ferry.yaml(5)");
    }
    return code;
}

struct config_value *config_raw_value(struct config_raw *raw, const struct config_key *key)
{
    return &raw->values[key - config_keys];
}

struct config_value *config_raw_named(struct config_raw *raw, const char *name)
{
    const struct config_key *key = config_key_find(name);

    assert(key != NULL);
    return config_raw_value(raw, key);
}

bool config_raw_has(struct config_raw *raw, const char *group)
{
    for (size_t at = 0; at < config_key_count; at++) {
        if (raw->values[at].origin != CONFIG_NOT_SET &&
            config_key_is_below(config_keys[at].name, group)) {
            return true;
        }
    }
    return false;
}

void config_raw_forget(struct config_raw *raw, const char *group, enum config_origin origin)
{
    for (size_t at = 0; at < config_key_count; at++) {
        if (raw->values[at].origin < origin && config_key_is_below(config_keys[at].name, group)) {
            raw->values[at].origin = CONFIG_NOT_SET;
        }
    }
}

const char *config_raw_folder(const struct config_raw *raw, const struct config_value *value)
{
    return value->origin == CONFIG_FROM_FILE ? raw->file_folder : raw->work_folder;
}

enum ferry_code config_bad(struct config_raw *raw, const struct config_key *key, size_t item,
                           struct ferry_error *err, const char *format, ...)
{
    enum config_origin origin = config_raw_value(raw, key)->origin;
    const char *place;
    const char *what;
    va_list args;

    va_start(args, format);
    what = mem_vprintf(raw->mem, format, args);
    va_end(args);
    if (origin == CONFIG_FROM_FILE) {
        place = config_yaml_place(raw, key->name, item);
        ferry_fail(err, FERRY_E_CONFIG, "%s: %s %s", place, key->name, what);
    } else if (origin == CONFIG_FROM_PROFILE) {
        ferry_fail(err, FERRY_E_CONFIG, "cfy profile '%s': %s %s",
                   config_key_is_below(key->name, "from") ? raw->old_profile.name
                                                          : raw->profile.name,
                   key->name, what);
    } else if (origin == CONFIG_FROM_ENVIRONMENT) {
        ferry_fail(err, FERRY_E_CONFIG, "the variable of cfy for %s: it %s", key->name, what);
    } else {
        ferry_fail(err, FERRY_E_USAGE, "setting %s %s", key->name, what);
    }
    ferry_error_hint(err, "ferry help %s says what it may be; so does ferry.yaml(5)", key->name);
    return err->code;
}

enum ferry_code config_secret_refused(struct ferry_error *err, enum ferry_code code,
                                      const char *place, const char *key)
{
    ferry_fail(err, code, "%s%s%s says where the %s is, never the text itself",
               place == NULL ? "" : place, place == NULL ? "" : ": ", key, strrchr(key, '.') + 1);
    ferry_error_hint(err,
                     "write it to a file that only you can read and give %s.file, or use "
                     "%s.env or %s.command",
                     key, key, key);
    return code;
}
