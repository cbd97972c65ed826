/*
 * The COPY blocks of a PostgreSQL dump, read piece by piece in constant memory. Columns are found
 * by the names in each block's header: their order differs from version to version (facts 5.1).
 */
#ifndef CLOUDIFY_ARCHIVE_COPY_H
#define CLOUDIFY_ARCHIVE_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "ferry/error.h"

#define ARCHIVE_COPY_COLUMNS 12 /* wanted of one table at most */

struct archive_copy_table {
    const char *name;                          /* without schema and quotes */
    const char *columns[ARCHIVE_COPY_COLUMNS]; /* wanted; NULL ends the list */
    size_t required;                           /* the first so many must be there */
    /* Takes a row: values of the wanted columns, decoded; NULL is null or an absent column. They
       are views that end with the call. */
    enum ferry_code (*row)(void *arg, const char *const *values, struct ferry_error *err);
    /* Takes a column that can be of any size piece by piece, before its row: those from `streamed`
       on (0: none). In the row such a value is "" where it was not null. */
    void (*piece)(void *arg, size_t column, const char *data, size_t size);
    size_t streamed;
};

struct archive_copy_sink {
    const struct archive_copy_table *tables;
    size_t table_count;
    /* A line outside of blocks, without its end; very long ones are left out. */
    enum ferry_code (*statement)(void *arg, const char *line, struct ferry_error *err);
    void *arg;
};

struct archive_copy;

/* sink is copied; its tables must live as long as the reader. */
struct archive_copy *archive_copy_new(const void *ctx, const struct archive_copy_sink *sink);
enum ferry_code archive_copy_feed(struct archive_copy *copy, const char *data, size_t size,
                                  struct ferry_error *err) FERRY_CHECK;
/* FERRY_E_ARCHIVE when the dump ends inside a block or held none. */
enum ferry_code archive_copy_end(struct archive_copy *copy, struct ferry_error *err) FERRY_CHECK;
/* Was there a block of this table (index into sink.tables)? */
bool archive_copy_seen(const struct archive_copy *copy, size_t table);

#endif
