/*
 * What was written, before it is judged: one value a key, as text, with where it came from, so
 * that every complaint can point at its place.
 */
#ifndef CONFIG_RAW_H
#define CONFIG_RAW_H

#include <stdint.h>

#include "base/json.h"
#include "config/keys.h"

enum config_origin {
    CONFIG_NOT_SET,
    CONFIG_FROM_PROFILE,
    CONFIG_FROM_ENVIRONMENT, /* a variable of cfy's, which stands beside a profile */
    CONFIG_FROM_FILE,
    CONFIG_FROM_SETTING
};

struct config_value {
    enum config_origin origin;
    const char *text;         /* a single value; NULL when it is a list */
    const char *const *items; /* a list */
    size_t count;
    const struct json *tree; /* what was written as keys, or as a list with such items; then text
                                and items are NULL */
};

/* The cfy profile of a manager. */
struct config_from_profile {
    const char *name;              /* NULL: none was read */
    bool active;                   /* nobody named it: it is the active one */
    bool password;                 /* does it hold a password? */
    bool token;                    /* a token? */
    const char *password_variable; /* holds the password in its place; NULL: none does */
    const char *token_variable;    /* the token */
};

struct config_raw {
    void *mem;        /* where all this lives */
    const char *file; /* as the caller named it, or NULL */
    char *yaml;       /* its text */
    size_t yaml_size;
    const char *file_folder;     /* absolute; the working folder when there is no file */
    const char *work_folder;     /* absolute */
    struct config_value *values; /* one for each of config_keys */
    enum config_shape *shapes;   /* how the file wrote each key and group, see yaml_schema.h */
    struct config_from_profile profile;     /* of manager */
    struct config_from_profile old_profile; /* of from */
};

#define CONFIG_NO_ITEM SIZE_MAX

/* An empty record below mem; reads the text of file (may be NULL). */
enum ferry_code config_raw_open(void *mem, const char *file, struct config_raw **out,
                                struct ferry_error *err) FERRY_CHECK;
struct config_value *config_raw_value(struct config_raw *raw, const struct config_key *key);
/* The same by name; the name must be in the table. */
struct config_value *config_raw_named(struct config_raw *raw, const char *name);
/* Is any key of this group set? */
bool config_raw_has(struct config_raw *raw, const char *group);
/* Unsets all keys of a group that came from an origin below this one. */
void config_raw_forget(struct config_raw *raw, const char *group, enum config_origin origin);
/* FOLDER/path, or path itself when it is absolute. Owned by mem. */
char *config_path_join(const void *mem, const char *folder, const char *path);
/* The folder that relative paths of this value begin in. */
const char *config_raw_folder(const struct config_raw *raw, const struct config_value *value);

/* Reads the file's text into values whose origin is lower (config_yaml.c). */
enum ferry_code config_yaml_load(struct config_raw *raw, struct ferry_error *err) FERRY_CHECK;
/* "FILE:LINE:COLUMN" of a key that stands in the file, or of an item of its list; "FILE" when it
   cannot be found. Owned by raw->mem. */
char *config_yaml_place(struct config_raw *raw, const char *key, size_t item);

/* Reads settings; with `replaceable` only those that config_key_is_replaceable. */
enum ferry_code config_settings_load(struct config_raw *raw, const char *const *settings,
                                     size_t count, bool replaceable,
                                     struct ferry_error *err) FERRY_CHECK;

/* Reads the cfy profiles that manager.profile and from.profile name, or the active one when
   nothing names a manager, for what nobody else has set; with cfy's variables beside the first. */
enum ferry_code config_profile_load(struct config_raw *raw, struct ferry_error *err) FERRY_CHECK;

/* FERRY_E_CONFIG (the file) or FERRY_E_USAGE (a setting): "PLACE: KEY WHAT". */
enum ferry_code config_bad(struct config_raw *raw, const struct config_key *key, size_t item,
                           struct ferry_error *err, const char *format, ...) FERRY_PRINTF(5, 6);
/* "the text itself is refused": for a secret that was written down; key: one of config_secrets.
   place may be NULL. */
enum ferry_code config_secret_refused(struct ferry_error *err, enum ferry_code code,
                                      const char *place, const char *key);

#endif
