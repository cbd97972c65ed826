/*
 * The opcodes of a pickle, without its calls: texts are views of the data, scalars are told apart
 * from texts only, containers are chains of links. They are those of Python's Lib/pickletools.py up
 * to protocol 4, without sets, persistent ids and extensions.
 */
#include <string.h>

#include "base/attr.h"
#include "base/parse.h"
#include "cloudify/pickle_machine.h"

#define PROTOCOL_MAX 4

/* A little-endian number of 1, 2, 4 or 8 bytes. */
static bool take_number(struct pickle *p, unsigned bytes, uint64_t *out)
{
    const unsigned char *from = pickle_take(p, bytes);

    *out = 0;
    for (unsigned i = bytes; from != NULL && i-- > 0;) {
        *out = *out << 8 | from[i];
    }
    return from != NULL;
}

/* The rest of the line, without its end. */
static const char *take_line(struct pickle *p, size_t *size)
{
    const char *from = p->data + p->at;
    const char *end = memchr(from, '\n', p->size - p->at);

    if (end == NULL) {
        return NULL;
    }
    *size = (size_t)(end - from);
    p->at += *size + 1;
    return from;
}

static bool take_line_number(struct pickle *p, uint64_t *out)
{
    char text[16];
    size_t size = 0;
    int64_t number = 0;
    const char *line = take_line(p, &size);

    if (line == NULL || size >= sizeof text) {
        return false;
    }
    memcpy(text, line, size);
    text[size] = '\0';
    bool good = parse_int64(text, 0, PICKLE_VALUES_MAX, &number);
    *out = (uint64_t)number;
    return good;
}

static bool push_text(struct pickle *p, const char *text, size_t size)
{
    pickle_value value = pickle_new_value(p, KIND_TEXT);

    if (value == NOTHING) {
        return false;
    }
    p->values[value].a = (uint32_t)(text - p->data);
    p->values[value].b = (uint32_t)size;
    return pickle_push(p, value);
}

/* --- opcodes: false ends the reading --- */

static bool op_protocol(struct pickle *p, unsigned unused)
{
    const unsigned char *version = pickle_take(p, 1);

    (void)unused;
    return version != NULL && *version <= PROTOCOL_MAX;
}

static bool op_skip(struct pickle *p, unsigned bytes)
{
    return pickle_take(p, bytes) != NULL;
}

static bool op_scalar(struct pickle *p, unsigned bytes)
{
    return pickle_take(p, bytes) != NULL && pickle_push(p, SCALAR);
}

static bool op_scalar_line(struct pickle *p, unsigned unused)
{
    size_t size = 0;

    (void)unused;
    return take_line(p, &size) != NULL && pickle_push(p, SCALAR);
}

static bool op_long(struct pickle *p, unsigned bytes)
{
    uint64_t size = 0;

    return take_number(p, bytes, &size) && size <= PICKLE_SIZE_MAX &&
           pickle_take(p, size) != NULL && pickle_push(p, SCALAR);
}

static bool op_text(struct pickle *p, unsigned bytes)
{
    uint64_t size = 0;

    if (!take_number(p, bytes, &size) || size > PICKLE_SIZE_MAX) {
        return false;
    }
    const unsigned char *text = pickle_take(p, size);
    return text != NULL && push_text(p, (const char *)text, size);
}

/* 'text' or "text". One with an escape is rare in plans and needed nowhere: a scalar will do. */
static bool op_text_quoted(struct pickle *p, unsigned unused)
{
    size_t size = 0;
    const char *line = take_line(p, &size);

    (void)unused;
    if (line == NULL || size < 2 || line[0] != line[size - 1] ||
        (line[0] != '\'' && line[0] != '"')) {
        return false;
    }
    return memchr(line, '\\', size) != NULL ? pickle_push(p, SCALAR)
                                            : push_text(p, line + 1, size - 2);
}

static bool op_text_line(struct pickle *p, unsigned unused)
{
    size_t size = 0;
    const char *line = take_line(p, &size);

    (void)unused;
    if (line == NULL) {
        return false;
    }
    return memchr(line, '\\', size) != NULL ? pickle_push(p, SCALAR) : push_text(p, line, size);
}

static bool op_container(struct pickle *p, unsigned kind)
{
    return pickle_push(p, pickle_new_value(p, (enum kind)kind));
}

static bool op_mark(struct pickle *p, unsigned unused)
{
    (void)unused;
    return pickle_push(p, MARK);
}

/* Where the values above the topmost mark begin; 0: there is no mark. */
static size_t above_mark(const struct pickle *p)
{
    for (size_t i = p->stack_count; i-- > 0;) {
        if (p->stack[i] == MARK) {
            return i + 1;
        }
    }
    return 0;
}

/* Moves the values from stack place `from` on into the container. */
static bool fill(struct pickle *p, pickle_value container, size_t from)
{
    bool is_dict = pickle_kind(p, container) == KIND_DICT;
    size_t step = is_dict ? 2 : 1;

    if ((p->stack_count - from) % step != 0) {
        return false;
    }
    for (size_t i = from; i < p->stack_count; i += step) {
        if (!pickle_add_link(p, container, is_dict ? p->stack[i] : NOTHING,
                             p->stack[i + step - 1])) {
            return false;
        }
    }
    p->stack_count = from;
    return true;
}

/* Are there so many values, with no mark between them? */
static bool on_top(const struct pickle *p, size_t count)
{
    for (size_t i = 1; i <= count; i++) {
        if (i > p->stack_count || p->stack[p->stack_count - i] == MARK) {
            return false;
        }
    }
    return true;
}

/* A container of all above the mark. */
static bool op_collect(struct pickle *p, unsigned kind)
{
    size_t from = above_mark(p);
    pickle_value container = pickle_new_value(p, (enum kind)kind);

    if (from == 0 || container == NOTHING || !fill(p, container, from)) {
        return false;
    }
    p->stack_count--; /* the mark */
    return pickle_push(p, container);
}

static bool op_tuple(struct pickle *p, unsigned count)
{
    pickle_value tuple = pickle_new_value(p, KIND_TUPLE);

    if (tuple == NOTHING || !on_top(p, count)) {
        return false;
    }
    return fill(p, tuple, p->stack_count - count) && pickle_push(p, tuple);
}

/* Adds what is above the mark to the container below it. */
static bool op_extend(struct pickle *p, unsigned kind)
{
    size_t from = above_mark(p);

    if (from < 2 || pickle_kind(p, p->stack[from - 2]) != (enum kind)kind ||
        !fill(p, p->stack[from - 2], from)) {
        return false;
    }
    p->stack_count--;
    return true;
}

/* Adds one value, or one key and value, to the container below. */
static bool op_append(struct pickle *p, unsigned kind)
{
    size_t count = kind == KIND_DICT ? 2 : 1;

    if (!on_top(p, count + 1) ||
        pickle_kind(p, p->stack[p->stack_count - count - 1]) != (enum kind)kind) {
        return false;
    }
    return fill(p, p->stack[p->stack_count - count - 1], p->stack_count - count);
}

static bool op_put(struct pickle *p, unsigned bytes)
{
    uint64_t index = 0;

    return (bytes == 0 ? take_line_number(p, &index) : take_number(p, bytes, &index)) &&
           pickle_put(p, index);
}

static bool op_memoize(struct pickle *p, unsigned unused)
{
    (void)unused;
    return pickle_put(p, p->memo_count);
}

static bool op_get(struct pickle *p, unsigned bytes)
{
    uint64_t index = 0;

    return (bytes == 0 ? take_line_number(p, &index) : take_number(p, bytes, &index)) &&
           index < p->memo_room && pickle_push(p, p->memo[index]);
}

static bool is_name(const char *text, size_t size, const char *name)
{
    return strlen(name) == size && memcmp(text, name, size) == 0;
}

struct name {
    const char *text;
    size_t size;
};

/* The classes that may stand in a pickle. Plan and Version are dicts; _reconstructor is how the
   protocols 0 and 1 write an object of such a class. */
static bool push_class(struct pickle *p, const struct name *module, const struct name *name)
{
    static const char *const names[][2] = {
        {"collections", "OrderedDict"}, {"__builtin__", "dict"}, {"builtins", "dict"},
        {"__builtin__", "object"},      {"builtins", "object"},
    };
    static const char parser[] = "dsl_parser.";

    if (module->size >= sizeof parser - 1 && memcmp(module->text, parser, sizeof parser - 1) == 0) {
        return pickle_push(p, DICT_CLASS);
    }
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        if (is_name(module->text, module->size, names[i][0]) &&
            is_name(name->text, name->size, names[i][1])) {
            return pickle_push(p, DICT_CLASS);
        }
    }
    return (is_name(module->text, module->size, "copy_reg") ||
            is_name(module->text, module->size, "copyreg")) &&
           is_name(name->text, name->size, "_reconstructor") && pickle_push(p, REBUILD);
}

static bool op_global(struct pickle *p, unsigned unused)
{
    struct name module;
    struct name name;

    (void)unused;
    module.text = take_line(p, &module.size);
    name.text = module.text == NULL ? NULL : take_line(p, &name.size);
    return name.text != NULL && push_class(p, &module, &name);
}

static bool op_stack_global(struct pickle *p, unsigned unused)
{
    struct name module;
    struct name name;

    (void)unused;
    name.text = pickle_text(p, pickle_pop(p), &name.size);
    module.text = pickle_text(p, pickle_pop(p), &module.size);
    return name.text != NULL && module.text != NULL && push_class(p, &module, &name);
}

/* OrderedDict([[key, value], ...]) */
static bool fill_pairs(struct pickle *p, pickle_value dict, pickle_value pairs)
{
    uint32_t at = 0;

    for (pickle_value pair = pickle_first(p, pairs, &at); pair != NOTHING;
         pair = pickle_next(p, &at)) {
        uint32_t in_pair = 0;
        pickle_value key = pickle_first(p, pair, &in_pair);
        if (!pickle_add_link(p, dict, key, pickle_next(p, &in_pair))) {
            return false;
        }
    }
    return true;
}

/* An object of one of the classes: a dict of its own, filled by what follows or by its argument. */
static bool op_object(struct pickle *p, unsigned unused)
{
    uint32_t at = 0;
    pickle_value arguments = pickle_pop(p);
    pickle_value class = pickle_pop(p);
    pickle_value object = pickle_new_value(p, KIND_DICT);

    (void)unused;
    if (object == NOTHING || pickle_kind(p, arguments) != KIND_TUPLE ||
        (class != DICT_CLASS && class != REBUILD)) {
        return false;
    }
    pickle_value first = pickle_first(p, arguments, &at);
    if (class == DICT_CLASS) {
        return fill_pairs(p, object, first) && pickle_push(p, object);
    }
    (void)pickle_next(p, &at);
    pickle_value state = pickle_next(p, &at); /* (class, base, state) */
    return pickle_push(p, pickle_kind(p, state) == KIND_DICT ? state : object);
}

/* Attributes of an object: not needed. */
static bool op_build(struct pickle *p, unsigned unused)
{
    pickle_value state = pickle_pop(p);

    (void)unused;
    return state != NOTHING && state != MARK && pickle_kind(p, pickle_top(p)) == KIND_DICT;
}

static bool op_pop(struct pickle *p, unsigned unused)
{
    (void)unused;
    return pickle_pop(p) != NOTHING;
}

static bool op_pop_mark(struct pickle *p, unsigned unused)
{
    size_t from = above_mark(p);

    (void)unused;
    p->stack_count = from == 0 ? 0 : from - 1;
    return from != 0;
}

static bool op_again(struct pickle *p, unsigned unused)
{
    (void)unused;
    return pickle_top(p) != MARK && pickle_push(p, pickle_top(p));
}

static bool op_stop(struct pickle *p, unsigned unused)
{
    (void)unused;
    p->root = pickle_pop(p);
    p->stopped = true;
    return p->root != NOTHING && p->root != MARK && p->stack_count == 0;
}

static const struct {
    bool (*run)(struct pickle *p, unsigned argument);
    unsigned argument;
} opcodes[256] = {
    [0x80] = {op_protocol, 0},
    [0x95] = {op_skip, 8}, /* frame */
    ['('] = {op_mark, 0},
    ['.'] = {op_stop, 0},
    ['0'] = {op_pop, 0},
    ['1'] = {op_pop_mark, 0},
    ['2'] = {op_again, 0},
    ['N'] = {op_scalar, 0},
    [0x88] = {op_scalar, 0}, /* true */
    [0x89] = {op_scalar, 0}, /* false */
    ['K'] = {op_scalar, 1},
    ['M'] = {op_scalar, 2},
    ['J'] = {op_scalar, 4},
    ['G'] = {op_scalar, 8},
    ['F'] = {op_scalar_line, 0},
    ['I'] = {op_scalar_line, 0},
    ['L'] = {op_scalar_line, 0},
    [0x8a] = {op_long, 1},
    [0x8b] = {op_long, 4},
    ['U'] = {op_text, 1},
    ['T'] = {op_text, 4},
    ['X'] = {op_text, 4},
    ['B'] = {op_text, 4},
    ['C'] = {op_text, 1},
    [0x8c] = {op_text, 1},
    [0x8d] = {op_text, 8},
    [0x8e] = {op_text, 8},
    ['S'] = {op_text_quoted, 0},
    ['V'] = {op_text_line, 0},
    [']'] = {op_container, KIND_LIST},
    ['}'] = {op_container, KIND_DICT},
    [')'] = {op_container, KIND_TUPLE},
    ['l'] = {op_collect, KIND_LIST},
    ['d'] = {op_collect, KIND_DICT},
    ['t'] = {op_collect, KIND_TUPLE},
    [0x85] = {op_tuple, 1},
    [0x86] = {op_tuple, 2},
    [0x87] = {op_tuple, 3},
    ['a'] = {op_append, KIND_LIST},
    ['s'] = {op_append, KIND_DICT},
    ['e'] = {op_extend, KIND_LIST},
    ['u'] = {op_extend, KIND_DICT},
    ['p'] = {op_put, 0},
    ['q'] = {op_put, 1},
    ['r'] = {op_put, 4},
    ['g'] = {op_get, 0},
    ['h'] = {op_get, 1},
    ['j'] = {op_get, 4},
    [0x94] = {op_memoize, 0},
    ['c'] = {op_global, 0},
    [0x93] = {op_stack_global, 0},
    [0x81] = {op_object, 0}, /* of the newer protocols */
    ['R'] = {op_object, 0},
    ['b'] = {op_build, 0},
};

bool pickle_run(struct pickle *p, unsigned char opcode)
{
    return opcodes[opcode].run != NULL && opcodes[opcode].run(p, opcodes[opcode].argument);
}
