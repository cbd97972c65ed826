#include "practice/sql.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define SQL_CACHE_SIZE 512 /* slots; a power of two, several times the number of texts in use */

struct kept {
    char *text;
    struct sqlite3_stmt *query;
};

struct sql {
    struct sqlite3 *db;
    unsigned depth; /* of nested transactions */
    struct kept kept[SQL_CACHE_SIZE];
};

static FERRY_NORETURN void give_up(struct sqlite3 *db, const char *text)
{
    (void)fprintf(stderr, "ferry-practice: the store failed: %s: %s\n", sqlite3_errmsg(db), text);
    (void)fflush(stderr);
    abort();
}

static int release(struct sql *sql)
{
    for (size_t i = 0; i < SQL_CACHE_SIZE; i++) {
        (void)sqlite3_finalize(sql->kept[i].query);
    }
    (void)sqlite3_close(sql->db);
    return 0;
}

enum ferry_code sql_open(const void *ctx, const char *path, struct sql **out,
                         struct ferry_error *err)
{
    struct sql *sql = mem_new(ctx, struct sql);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(path, &sql->db, flags, NULL);
    talloc_set_destructor(sql, release);
    if (code != SQLITE_OK) {
        enum ferry_code failed =
            ferry_fail(err, FERRY_E_IO, "cannot open \"%s\": %s", path, sqlite3_errmsg(sql->db));
        mem_free(sql);
        return failed;
    }
    (void)sqlite3_busy_timeout(sql->db, 5000);
    /* A killed process loses nothing with synchronous=OFF; only a power failure would, and that
       is not what this manager is for. */
    sql_script(sql, "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;"
                    "PRAGMA temp_store=MEMORY;");
    *out = sql;
    return FERRY_OK;
}

void sql_script(struct sql *sql, const char *text)
{
    if (sqlite3_exec(sql->db, text, NULL, NULL, NULL) != SQLITE_OK) {
        give_up(sql->db, text);
    }
}

static size_t hash_of(const char *text)
{
    size_t hash = 5381;
    for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
        hash = hash * 33 + *at;
    }
    return hash;
}

struct sqlite3_stmt *sql_prepare(struct sql *sql, const char *text)
{
    struct sqlite3_stmt *query = NULL;
    if (sqlite3_prepare_v2(sql->db, text, -1, &query, NULL) != SQLITE_OK) {
        give_up(sql->db, text);
    }
    return query;
}

static struct sqlite3_stmt *kept_statement(struct sql *sql, const char *text)
{
    size_t at = hash_of(text) & (SQL_CACHE_SIZE - 1);
    for (size_t probes = 0; probes < SQL_CACHE_SIZE; probes++) {
        struct kept *slot = &sql->kept[(at + probes) & (SQL_CACHE_SIZE - 1)];
        if (slot->text == NULL) {
            slot->query = sql_prepare(sql, text);
            slot->text = mem_strdup(sql, text);
            return slot->query;
        }
        if (strcmp(slot->text, text) == 0) {
            if (sqlite3_stmt_busy(slot->query)) {
                give_up(sql->db, text);
            }
            return slot->query;
        }
    }
    give_up(sql->db, "more statements than slots");
}

void sql_bind_text(struct sqlite3_stmt *query, int at, const char *text)
{
    (void)sqlite3_bind_text(query, at, text, -1, SQLITE_TRANSIENT);
}

static void bind_all(struct sqlite3_stmt *query, const char *types, va_list args)
{
    for (int i = 0; types[i] != '\0'; i++) {
        switch (types[i]) {
        case 's':
            sql_bind_text(query, i + 1, va_arg(args, const char *));
            break;
        case 'i':
            (void)sqlite3_bind_int64(query, i + 1, va_arg(args, int64_t));
            break;
        default:
            (void)sqlite3_bind_double(query, i + 1, va_arg(args, double));
            break;
        }
    }
}

bool sql_step(struct sqlite3_stmt *query)
{
    int code = sqlite3_step(query);
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code != SQLITE_DONE) {
        give_up(sqlite3_db_handle(query), sqlite3_sql(query));
    }
    return false;
}

void sql_drop(struct sqlite3_stmt *query)
{
    (void)sqlite3_finalize(query);
}

bool sql_next(struct sqlite3_stmt *query)
{
    bool row = sql_step(query);
    if (!row) {
        sql_end(query);
    }
    return row;
}

void sql_end(struct sqlite3_stmt *query)
{
    (void)sqlite3_reset(query);
    (void)sqlite3_clear_bindings(query);
}

static struct sqlite3_stmt *start(struct sql *sql, const char *text, const char *types,
                                  va_list args)
{
    struct sqlite3_stmt *query = kept_statement(sql, text);
    bind_all(query, types, args);
    return query;
}

int64_t sql_do(struct sql *sql, const char *text, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    struct sqlite3_stmt *query = start(sql, text, types, args);
    va_end(args);
    while (sql_next(query)) {
    }
    return sqlite3_changes64(sql->db);
}

struct sqlite3_stmt *sql_start(struct sql *sql, const char *text, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    struct sqlite3_stmt *query = start(sql, text, types, args);
    va_end(args);
    return query;
}

const char *sql_text(struct sqlite3_stmt *query, int column)
{
    return (const char *)sqlite3_column_text(query, column);
}

int64_t sql_int(struct sqlite3_stmt *query, int column)
{
    return sqlite3_column_int64(query, column);
}

int64_t sql_one_int(struct sql *sql, int64_t fallback, const char *text, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    struct sqlite3_stmt *query = start(sql, text, types, args);
    va_end(args);
    int64_t value = fallback;
    if (sql_next(query)) {
        value = sql_int(query, 0);
        sql_end(query);
    }
    return value;
}

char *sql_one_text(const void *ctx, struct sql *sql, const char *text, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    struct sqlite3_stmt *query = start(sql, text, types, args);
    va_end(args);
    char *value = NULL;
    if (sql_next(query)) {
        value = mem_strdup(ctx, sql_text(query, 0));
        sql_end(query);
    }
    return value;
}

void sql_begin(struct sql *sql)
{
    if (sql->depth++ == 0) {
        sql_script(sql, "BEGIN IMMEDIATE");
    }
}

void sql_commit(struct sql *sql)
{
    if (--sql->depth == 0) {
        sql_script(sql, "COMMIT");
    }
}
