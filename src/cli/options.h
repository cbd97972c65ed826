/*
 * The options of the command line: one row each, from which they are parsed and --help is printed.
 * An option may stand before or after the command's name.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum cli_option {
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_JOURNAL,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_MANAGER,
    OPTION_PROFILE,
    OPTION_USERNAME,
    OPTION_PASSWORD_FILE,
    OPTION_TOKEN_FILE,
    OPTION_TENANT,
    OPTION_CA,
    OPTION_SNAPSHOT,
    OPTION_SNAPSHOT_ID,
    OPTION_SET,
    OPTION_STOP_BEFORE,
    OPTION_WAVE,
    OPTION_OUTPUT,
    OPTION_AT,
    OPTION_MARKDOWN,
    OPTION_DEEP,
    OPTION_REQUESTS,
    OPTION_WATCH,
    OPTION_UNITS,
    OPTION_STEP,
    OPTION_FORMAT,
    OPTION_HTML,
    OPTION_LISTEN,
    OPTION_PUBLIC,
    OPTION_AFTER,
    OPTION_FOLLOW,
    OPTION_AS,
    OPTION_FAILED,
    OPTION_LEAVE,
    OPTION_VERIFY,
    OPTION_METRICS,
    OPTION_PRINT_TIMER,
    OPTION_COUNT
};

/* Which commands take an option. */
enum cli_group {
    GROUP_COMMON = 1,
    GROUP_SOURCE = 2,  /* where a run comes from */
    GROUP_RESUME = 4,  /* what may change under a run */
    GROUP_RUN = 8,     /* --stop-before */
    GROUP_PLAN = 16,   /* --output, --at, --markdown, --requests */
    GROUP_STATUS = 32, /* --watch, --units */
    GROUP_EVENTS = 64, /* --after, --follow */
    GROUP_RESOLVE = 128,
    GROUP_RETRY = 256,
    GROUP_CANCEL = 512,   /* --leave */
    GROUP_BACKUPS = 1024, /* --verify */
    GROUP_BACKUP = 4096,  /* --print-timer */
    GROUP_INSPECT = 2048, /* --deep, --markdown */
    GROUP_REPORT = 8192,  /* --html, --markdown */
    GROUP_WATCH = 16384,  /* --listen, --public */
    GROUP_UPGRADE = 32768 /* --snapshot, --snapshot-id, --wave */
};

enum cli_type {
    TYPE_FLAG,
    TYPE_OPTIONAL, /* a flag that may have a value, behind '=' only */
    TYPE_TEXT,
    TYPE_LIST, /* of texts: may be repeated, or hold commas */
    TYPE_NUMBER,
    TYPE_SETTING
};

struct cli_option_row {
    const char *name; /* "journal": --journal */
    char letter;      /* 'q': -q; 0: none */
    enum cli_type type;
    const char *argument; /* "FILE", or NULL for a flag */
    const char *key;      /* the key of upgrade.yaml that it sets, or NULL */
    const char *env;      /* what is used when it is not given, or NULL */
    unsigned groups;
    const char *help;
};

extern const struct cli_option_row cli_options[OPTION_COUNT];

struct cli_arguments {
    const char *values[OPTION_COUNT]; /* the last one given (a list: all of them), or NULL */
    unsigned counts[OPTION_COUNT];    /* how often it was given */
    const char **settings;            /* KEY=VALUE, in the order of the command line */
    size_t setting_count;
    const char **words; /* what is no option; the first is the command */
    size_t word_count;
};

/* Parses argv[1] and on into *arguments (below mem; texts are borrowed from argv). FERRY_E_USAGE
   with the nearest option in the hint. */
enum ferry_code cli_parse(const void *mem, int argc, char *const *argv,
                          struct cli_arguments *arguments, struct ferry_error *err) FERRY_CHECK;
/* Refuses options that are of none of these groups. */
enum ferry_code cli_check_groups(const struct cli_arguments *arguments, const char *command,
                                 unsigned groups, struct ferry_error *err) FERRY_CHECK;

#endif
