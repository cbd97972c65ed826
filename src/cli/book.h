/* What libferry says of itself, read once: its keys and its states. */
#ifndef CLI_BOOK_H
#define CLI_BOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "ferry/ferry.h"

struct cli_key {
    const char *name;
    const char *type;
    const struct json *values;    /* words that it takes, or NULL */
    const char *fallback, *range; /* or NULL */
    const char *since, *help;
    const char *workflows; /* "upgrade, backup": runs of which kinds take it */
    bool resume;           /* may be given anew to ferry resume */
};

struct cli_state {
    const char *workflow;
    const char *name, *summary;
    const char *sends, *expects, *crash;
    bool undoes; /* part of ferry cancel, not of a run */
    bool again;  /* an earlier workflow has it too, and there all is said */
};

struct cli_book {
    struct cli_key *keys; /* in the order of the file */
    size_t key_count;
    struct cli_state *states; /* workflow after workflow, in their order */
    size_t state_count;
};

/* Everything below mem. A text that is missing is "". */
enum ferry_code cli_book_open(const void *mem, struct cli_book *book,
                              struct ferry_error *err) FERRY_CHECK;
/* The row of a name, or NULL. */
const struct cli_key *cli_book_key(const struct cli_book *book, const char *name);
const struct cli_state *cli_book_state(const struct cli_book *book, const char *name);
/* "upload, restore": the states from *at on that were told under an earlier workflow; *at is then
   the last of them. NULL: the one at *at is new. Below mem. */
char *cli_book_again(const void *mem, const struct cli_book *book, size_t *at);
/* Is this the beginning of a key's name, up to one of its dots ("agents")? */
bool cli_book_is_group(const struct cli_book *book, const char *name);

#endif
