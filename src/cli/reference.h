/*
 * What the program is besides commands, options, keys and states: exit codes, environment, files,
 * and the words that its texts use. Help and the man pages are made from these tables.
 */
#ifndef CLI_REFERENCE_H
#define CLI_REFERENCE_H

#include <stddef.h>

struct cli_exit {
    int code;
    const char *meaning;
    const char *next; /* what to do */
};

/* A name and what it means. */
struct cli_term {
    const char *name;
    const char *text;
};

extern const struct cli_exit cli_exits[];
extern const size_t cli_exit_count;
extern const struct cli_term cli_variables[]; /* of the environment */
extern const size_t cli_variable_count;
extern const struct cli_term cli_files[];
extern const size_t cli_file_count;
extern const struct cli_term cli_terms[]; /* in alphabetical order */
extern const size_t cli_term_count;

#endif
