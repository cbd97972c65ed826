/*
 * Completion for shells, printed from the tables. What stands for a value in a command's usage or
 * in an option's row ("FILE", "RUN", "a|b") says what is offered there.
 */
#ifndef CLI_COMPLETE_H
#define CLI_COMPLETE_H

#include "cli/book.h"

#include <stdio.h>

struct complete_offer {
    bool files;   /* FILE, ARCHIVE, and names with a dot: FILE.yaml */
    bool folders; /* DIR, FOLDER */
    bool runs;    /* RUN: ferry runs is asked */
    bool open;    /* KEY=VALUE: the word goes on behind it */
    char *words;  /* with spaces between; "": none */
};

/* Reads a usage ("RUN UNIT --as done|failed") or what stands for an option's value. Below mem. */
struct complete_offer complete_offer(const void *mem, const struct cli_book *book,
                                     const char *usage);
/* "true false": the words that a key takes, "" where it takes any. Below mem. */
char *complete_values(const void *mem, const struct cli_key *key);

void complete_bash(FILE *file, const struct cli_book *book);
void complete_zsh(FILE *file, const struct cli_book *book);
void complete_fish(FILE *file, const struct cli_book *book);

#endif
