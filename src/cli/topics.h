/* ferry help TOPIC: what is no command. */
#ifndef CLI_TOPICS_H
#define CLI_TOPICS_H

#include "cli/book.h"
#include "cli/cli.h"

struct cli_topic {
    const char *name;
    const char *summary;
    void (*print)(FILE *file, const struct cli_book *book);
};

/* keys, states, exit-codes, ... */
extern const struct cli_topic cli_topics[];
extern const size_t cli_topic_count;

/* Prints the page of a topic, a key, a group of keys or a state. False: there is none. */
bool cli_topic_print(FILE *file, const struct cli_book *book, const char *name);
/* The nearest command, topic, key, state, term or variable, or NULL. */
const char *cli_topic_nearest(const void *mem, const struct cli_book *book, const char *name);

#endif
