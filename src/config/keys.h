/* Every key of upgrade.yaml in one table: the file, the settings and the help are read from it. */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "ferry/error.h"

enum config_kind {
    CONFIG_TEXT,
    CONFIG_VARIABLE, /* name of an environment variable */
    CONFIG_PATH,     /* made absolute */
    CONFIG_MANAGER,  /* http(s)://host[:port], nothing else; a list: nodes of one manager */
    CONFIG_ADDRESS,  /* host or host:port */
    CONFIG_DOWNLOAD, /* http(s) URL that the manager fetches, no user:password@ */
    CONFIG_PROFILE,  /* name of a cfy profile; read before all other keys */
    CONFIG_SNAPSHOT, /* id of a snapshot */
    CONFIG_BOOL,
    CONFIG_INT,      /* min to max */
    CONFIG_NUMBER,   /* above 0, up to max; a fraction is allowed */
    CONFIG_DURATION, /* "5s"; min to max are milliseconds */
    CONFIG_DURATION_OR_AUTO,
    CONFIG_SECONDS,     /* a bare number of seconds, or a duration of whole seconds */
    CONFIG_FAILURES,    /* N, N% or never */
    CONFIG_LIST,        /* of texts */
    CONFIG_ALL_OR_LIST, /* "all" (null), or a list; also "none" ([]) where min is 1 */
    CONFIG_PLUGINS,     /* a list of paths, patterns, folders and {wagon: FILE, ...} (plugins.c) */
    CONFIG_VERSIONS,    /* "latest", "minor", or which plugins to which of them (trees.c) */
    CONFIG_MAPPING,     /* keys of others, handed on as they are (trees.c) */
    CONFIG_VISIBILITY,  /* "tenant", "private" or "global" */
    CONFIG_ON_FAILURE,  /* "continue" or "stop" */
    CONFIG_CERTIFICATE, /* a file of certificates, whose text is kept */
    CONFIG_ZONE,        /* "UTC" or "local" */
    CONFIG_BUSY,        /* "wait", "queue" or "refuse" */
    CONFIG_PATTERN,     /* a name of files with {time}, {date}, {manager} in it */
    CONFIG_WAVES        /* a list of numbers above 0; its last may be "rest" */
};

/* How a value is written. */
enum config_shape {
    CONFIG_SCALAR,
    CONFIG_SEQUENCE, /* of texts */
    CONFIG_GROUP,
    CONFIG_ITEMS, /* a list in which not all items are texts */
    CONFIG_TREE   /* keys that no table lists */
};

struct config_key {
    const char *name; /* "restore.poll" */
    const char *out;  /* GROUP.MEMBER of the options: "restore.poll_ms"; NULL: see references.c */
    enum config_kind kind;
    const char *fallback; /* as it would be written, or NULL: null in the options */
    int64_t min, max;
    const char *since; /* the first ferry that had it */
    const char *help;  /* what it means, in words of everybody: help and man pages print it */
};

extern const struct config_key config_keys[];
extern const size_t config_key_count;
/* "manager", "manager.password", ...: what keys may stand below. */
extern const char *const config_groups[];
extern const size_t config_group_count;

/* The row of a name, or NULL. */
const struct config_key *config_key_find(const char *name);
/* Is this the name of a group of keys ("manager.password")? */
bool config_key_is_group(const char *name);
/* Does a key of this name stand somewhere below this group? */
bool config_key_is_below(const char *name, const char *group);
/* The groups that say where a secret comes from: "manager.password", ... */
extern const char *const config_secrets[];
extern const size_t config_secret_count;
/* Is this one of them? */
bool config_key_is_secret(const char *name);
bool config_key_is_list(const struct config_key *key); /* may be written as a list */
/* May it hold keys that no table lists? */
bool config_key_is_tree(const struct config_key *key);
/* May it change under a run that has begun? See config_override. */
bool config_key_is_replaceable(const struct config_key *key);
/* The key that name was probably meant to be, or NULL. */
const char *config_key_nearest(const char *name);

#endif
