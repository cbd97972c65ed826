/*
 * Memory: talloc, by the names of this project. Whatever is allocated here ends with its parent.
 * A failing allocation ends the process: the journal makes that harmless, so nobody tests for it.
 * One object holds less than 256 MiB (a limit of talloc); more counts as a failing allocation.
 * "ctx" is any talloc object, or NULL for a root that the caller frees with mem_free.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <talloc.h>

#include "base/attr.h"

/* One zeroed object of TYPE below ctx. */
#define mem_new(ctx, type) ((type *)mem_zeroed((ctx), sizeof(type), #type))
/* count zeroed objects of TYPE below ctx; overflow of the size ends the process. */
#define mem_array(ctx, type, count) ((type *)mem_zeroed_array((ctx), sizeof(type), (count), #type))
/* Grows or shrinks an array made by mem_array; new elements are not zeroed. */
#define mem_resize(ctx, array, type, count)                                                        \
    ((type *)mem_resized_array((ctx), (array), sizeof(type), (count)))

void *mem_zeroed(const void *ctx, size_t size, const char *name);
void *mem_zeroed_array(const void *ctx, size_t size, size_t count, const char *name);
void *mem_resized_array(const void *ctx, void *array, size_t size, size_t count);
/* An empty context below ctx, for temporary things: free it with mem_free. */
void *mem_scope(const void *ctx);
char *mem_strdup(const void *ctx, const char *text); /* NULL stays NULL */
char *mem_strndup(const void *ctx, const char *text, size_t length);
char *mem_printf(const void *ctx, const char *format, ...) FERRY_PRINTF(2, 3);
char *mem_vprintf(const void *ctx, const char *format, va_list args) FERRY_PRINTF(2, 0);
void *mem_memdup(const void *ctx, const void *data, size_t size);
/* Frees an object and all below it; NULL is fine. */
void mem_free(void *object);
/* A direct child of ctx made by mem_new with this type's name ("struct x"), or NULL. */
void *mem_child(const void *ctx, const char *name);
/* Moves object below new_parent and returns it. */
#define mem_move(new_parent, object) (__extension__ talloc_steal((new_parent), (object)))
/* Ends the process: "out of memory". */
void mem_exhausted(void) FERRY_NORETURN;

/* void *scope FERRY_SCOPE = mem_scope(NULL); is freed where the block ends. */
void mem_scope_release(void *scope_pointer);
#define FERRY_SCOPE FERRY_CLEANUP(mem_scope_release)

#endif
