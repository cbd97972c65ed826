#include "cloudify/pickle.h"

#include <string.h>

#include "base/mem.h"
#include "cloudify/pickle_machine.h"

#define FIRST_ROOM 256

/* --- memory --- */

static size_t more_room(size_t room)
{
    size_t more = room == 0 ? FIRST_ROOM : room + room / 2;

    return more > PICKLE_VALUES_MAX ? PICKLE_VALUES_MAX : more;
}

pickle_value pickle_new_value(struct pickle *p, enum kind kind)
{
    if (p->value_count == PICKLE_VALUES_MAX) {
        return NOTHING;
    }
    if (p->value_count == p->value_room) {
        p->value_room = more_room(p->value_room);
        p->values = mem_resize(p, p->values, struct value, p->value_room);
    }
    p->values[p->value_count] = (struct value){.kind = kind};
    return (pickle_value)p->value_count++;
}

bool pickle_push(struct pickle *p, pickle_value value)
{
    if (value == NOTHING || p->stack_count == PICKLE_VALUES_MAX) {
        return false;
    }
    if (p->stack_count == p->stack_room) {
        p->stack_room = more_room(p->stack_room);
        p->stack = mem_resize(p, p->stack, pickle_value, p->stack_room);
    }
    p->stack[p->stack_count++] = value;
    return true;
}

/* The topmost value; NOTHING when there is none, which no opcode accepts. */
pickle_value pickle_pop(struct pickle *p)
{
    return p->stack_count == 0 ? NOTHING : p->stack[--p->stack_count];
}

pickle_value pickle_top(const struct pickle *p)
{
    return p->stack_count == 0 ? NOTHING : p->stack[p->stack_count - 1];
}

enum kind pickle_kind(const struct pickle *p, pickle_value value)
{
    return p->values[value].kind;
}

bool pickle_add_link(struct pickle *p, pickle_value container, pickle_value key, pickle_value item)
{
    if (p->link_count == PICKLE_VALUES_MAX) {
        return false;
    }
    if (p->link_count == p->link_room) {
        p->link_room = more_room(p->link_room);
        p->links = mem_resize(p, p->links, struct link, p->link_room);
    }
    uint32_t added = (uint32_t)p->link_count++;
    struct value *to = &p->values[container];
    p->links[added] = (struct link){.key = key, .value = item};
    if (to->a == 0) {
        to->a = added;
    } else {
        p->links[to->b].next = added;
    }
    to->b = added;
    return true;
}

bool pickle_put(struct pickle *p, uint64_t index)
{
    if (index >= PICKLE_VALUES_MAX || pickle_top(p) == NOTHING || pickle_top(p) == MARK) {
        return false;
    }
    if (index >= p->memo_room) {
        size_t old = p->memo_room;
        do {
            p->memo_room = more_room(p->memo_room);
        } while (index >= p->memo_room);
        p->memo = mem_resize(p, p->memo, pickle_value, p->memo_room);
        memset(p->memo + old, 0, (p->memo_room - old) * sizeof *p->memo);
    }
    p->memo_count += p->memo[index] == NOTHING;
    p->memo[index] = pickle_top(p);
    return true;
}

const unsigned char *pickle_take(struct pickle *p, size_t size)
{
    if (size > p->size - p->at) {
        return NULL;
    }
    p->at += size;
    return (const unsigned char *)p->data + p->at - size;
}

/* --- the result --- */

struct pickle *pickle_read(const void *ctx, const char *data, size_t size)
{
    struct pickle *p = mem_new(ctx, struct pickle);
    static const enum kind fixed[FIXED_COUNT] = {KIND_NONE, KIND_MARK, KIND_SCALAR, KIND_CLASS,
                                                 KIND_REBUILD};

    p->data = data;
    p->size = size;
    for (size_t i = 0; i < FIXED_COUNT; i++) {
        (void)pickle_new_value(p, fixed[i]);
    }
    p->link_count = 1;
    p->link_room = FIRST_ROOM;
    p->links = mem_array(p, struct link, FIRST_ROOM);
    bool good = size > 0 && size <= PICKLE_SIZE_MAX;
    while (good && !p->stopped) {
        const unsigned char *op = pickle_take(p, 1);
        good = op != NULL && pickle_run(p, *op);
    }
    if (!good) {
        mem_free(p);
        return NULL;
    }
    return p;
}

pickle_value pickle_root(const struct pickle *pickle)
{
    return pickle->root;
}

pickle_value pickle_get(struct pickle *p, pickle_value dict, const char *key)
{
    size_t length = strlen(key);
    pickle_value found = NOTHING;

    if (pickle_kind(p, dict) != KIND_DICT) {
        return NOTHING;
    }
    for (uint32_t at = p->values[dict].a; at != 0; at = p->links[at].next) {
        const struct value *name = &p->values[p->links[at].key];
        p->steps++;
        if (name->kind == KIND_TEXT && name->b == length &&
            memcmp(p->data + name->a, key, length) == 0) {
            found = p->links[at].value; /* the last of a key counts */
        }
    }
    return found;
}

pickle_value pickle_first(struct pickle *p, pickle_value list, uint32_t *at)
{
    enum kind kind = pickle_kind(p, list);

    *at = kind == KIND_LIST || kind == KIND_TUPLE ? p->values[list].a : 0;
    p->steps++;
    return p->links[*at].value;
}

pickle_value pickle_next(struct pickle *p, uint32_t *at)
{
    *at = *at == 0 ? 0 : p->links[*at].next;
    p->steps++;
    return p->links[*at].value;
}

const char *pickle_text(const struct pickle *p, pickle_value value, size_t *size)
{
    *size = p->values[value].b;
    return p->values[value].kind == KIND_TEXT ? p->data + p->values[value].a : NULL;
}

int64_t pickle_steps(const struct pickle *pickle)
{
    return pickle->steps;
}
