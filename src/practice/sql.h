/*
 * SQLite with less ceremony: statements are kept by their text, values are bound by a string of
 * types. The store of the practice manager is its whole world, so an error of SQLite that is not
 * expected ends the process with a message: a test that runs on would only mislead.
 *
 * Types: s text (NULL becomes null), i int64_t, d double.
 */
#ifndef PRACTICE_SQL_H
#define PRACTICE_SQL_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/attr.h"
#include "ferry/error.h"

struct sql;

/* Opens or makes the file; the handle is owned by ctx and closed with it. */
enum ferry_code sql_open(const void *ctx, const char *path, struct sql **out,
                         struct ferry_error *err) FERRY_CHECK;
/* Several statements without values. */
void sql_script(struct sql *sql, const char *text);
/* One statement whose rows are of no interest; returns the number of rows changed. text must be a
   constant or live as long as the handle's cache needs it: it is copied. */
int64_t sql_do(struct sql *sql, const char *text, const char *types, ...);
/* Begins a query. The statement must be read to its end by sql_next or given back by sql_end
   before the same text is used again. */
struct sqlite3_stmt *sql_start(struct sql *sql, const char *text, const char *types, ...);
/* The next row; false at the end, and the statement is given back by itself. */
bool sql_next(struct sqlite3_stmt *query);
void sql_end(struct sqlite3_stmt *query);
const char *sql_text(struct sqlite3_stmt *query, int column); /* a view; NULL for null */
int64_t sql_int(struct sqlite3_stmt *query, int column);
/* The first column of the first row, or the fallback. */
int64_t sql_one_int(struct sql *sql, int64_t fallback, const char *text, const char *types, ...);
char *sql_one_text(const void *ctx, struct sql *sql, const char *text, const char *types, ...);
/* A statement that is not kept, for texts put together at run time; end it with sql_drop. */
struct sqlite3_stmt *sql_prepare(struct sql *sql, const char *text);
bool sql_step(struct sqlite3_stmt *query);
void sql_drop(struct sqlite3_stmt *query);
void sql_bind_text(struct sqlite3_stmt *query, int at, const char *text);

/* Transactions nest by counting: only the outermost one reaches the disk. */
void sql_begin(struct sql *sql);
void sql_commit(struct sql *sql);

#endif
