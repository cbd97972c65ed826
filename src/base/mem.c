#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void mem_exhausted(void)
{
    static const char text[] = "ferry: out of memory\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);

    (void)written; /* nothing is left to be done about it */
    abort();
}

static void *checked(void *object)
{
    if (object == NULL) {
        mem_exhausted();
    }
    return object;
}

static size_t product(size_t size, size_t count)
{
    if (size != 0 && count > SIZE_MAX / size) {
        mem_exhausted();
    }
    return size * count;
}

void *mem_zeroed(const void *ctx, size_t size, const char *name)
{
    void *object = checked(talloc_named_const(ctx, size, name));

    memset(object, 0, size);
    return object;
}

void *mem_zeroed_array(const void *ctx, size_t size, size_t count, const char *name)
{
    return mem_zeroed(ctx, product(size, count), name);
}

void *mem_resized_array(const void *ctx, void *array, size_t size, size_t count)
{
    const char *name = array == NULL ? "array" : talloc_get_name(array);
    size_t bytes = product(size, count);

    if (array == NULL) {
        return checked(talloc_named_const(ctx, bytes, name));
    }
    /* talloc frees the object when asked for no bytes; an empty array still has its place. */
    array = checked(talloc_realloc_size(ctx, array, bytes == 0 ? 1 : bytes));
    talloc_set_name_const(array, name);
    return array;
}

void *mem_scope(const void *ctx)
{
    return checked(talloc_named_const(ctx, 0, "scope"));
}

char *mem_strdup(const void *ctx, const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    return checked(talloc_strdup(ctx, text));
}

char *mem_strndup(const void *ctx, const char *text, size_t length)
{
    if (text == NULL) {
        return NULL;
    }
    return checked(talloc_strndup(ctx, text, length));
}

char *mem_printf(const void *ctx, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = mem_vprintf(ctx, format, args);
    va_end(args);
    return text;
}

char *mem_vprintf(const void *ctx, const char *format, va_list args)
{
    return checked(talloc_vasprintf(ctx, format, args));
}

void *mem_memdup(const void *ctx, const void *data, size_t size)
{
    void *copy = checked(talloc_named_const(ctx, size, "memdup"));

    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

void mem_free(void *object)
{
    if (object != NULL) {
        talloc_free(object);
    }
}

struct child_search {
    const char *name;
    const void *found;
};

static void look_at_child(const void *object, int depth, int max_depth, int is_ref, void *arg)
{
    struct child_search *search = (struct child_search *)arg;

    (void)max_depth;
    if (depth == 1 && !is_ref && search->found == NULL &&
        strcmp(talloc_get_name(object), search->name) == 0) {
        search->found = object;
    }
}

void *mem_child(const void *ctx, const char *name)
{
    struct child_search search = {name, NULL};
    void *child;

    talloc_report_depth_cb(ctx, 0, 1, look_at_child, &search);
    memcpy(&child, &search.found, sizeof(child));
    return child;
}

void mem_scope_release(void *scope_pointer)
{
    void *scope;

    /* The attribute hands over the address of the variable, whatever its type. */
    memcpy(&scope, scope_pointer, sizeof(scope));
    mem_free(scope);
}
