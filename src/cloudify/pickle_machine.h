/* The machine inside pickle.h: its stack, values and links. Nobody else includes this. */
#ifndef CLOUDIFY_PICKLE_MACHINE_H
#define CLOUDIFY_PICKLE_MACHINE_H

#include "cloudify/pickle.h"

enum kind {
    KIND_NONE,
    KIND_MARK,
    KIND_SCALAR,
    KIND_CLASS,
    KIND_REBUILD,
    KIND_TEXT,
    KIND_LIST,
    KIND_TUPLE,
    KIND_DICT
};

/* Values that exist once. */
enum { NOTHING, MARK, SCALAR, DICT_CLASS, REBUILD, FIXED_COUNT };

struct value {
    enum kind kind;
    uint32_t a; /* text: offset in the data; container: first link, 0: empty */
    uint32_t b; /* text: bytes; container: last link */
};

struct link {
    pickle_value key; /* dicts */
    pickle_value value;
    uint32_t next; /* 0: the last */
};

struct pickle {
    const char *data;
    size_t size;
    size_t at;
    struct value *values;
    struct link *links; /* [0] is not used */
    pickle_value *stack;
    pickle_value *memo;
    size_t value_count, value_room, link_count, link_room, stack_count, stack_room, memo_room,
        memo_count;
    bool stopped;
    pickle_value root;
    int64_t steps;
};

/* Each gives NOTHING or false when there is no room or no value. */
pickle_value pickle_new_value(struct pickle *p, enum kind kind);
bool pickle_push(struct pickle *p, pickle_value value);
pickle_value pickle_pop(struct pickle *p);
pickle_value pickle_top(const struct pickle *p);
enum kind pickle_kind(const struct pickle *p, pickle_value value);
bool pickle_add_link(struct pickle *p, pickle_value container, pickle_value key, pickle_value item);
bool pickle_put(struct pickle *p, uint64_t index); /* the topmost value into the memo */
const unsigned char *pickle_take(struct pickle *p, size_t size);

/* Runs one opcode; false: it is none that may be run, or it does not fit. */
bool pickle_run(struct pickle *p, unsigned char opcode);

#endif
