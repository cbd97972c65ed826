/* Every statement of the journal's daily work: text in one table, prepared at first use, once. */
#ifndef JOURNAL_STATEMENTS_H
#define JOURNAL_STATEMENTS_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct journal;

enum journal_statement {
    STATEMENT_BEGIN,
    STATEMENT_FENCE,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_RUN_ADD,
    STATEMENT_RUN_UPDATE,
    STATEMENT_RUN_LIVE,
    STATEMENT_STEP_ADD,
    STATEMENT_STEP_UPDATE,
    STATEMENT_STEP_COUNT,
    STATEMENT_STEP_COUNT_ADD,
    STATEMENT_OPEN_ADD,
    STATEMENT_OPEN_REMOVE,
    STATEMENT_OPEN_REMOVE_UNIT,
    STATEMENT_UNIT_NEXT_SEQ,
    STATEMENT_UNIT_SEQ,
    STATEMENT_UNIT_ADD,
    STATEMENT_UNIT_UPDATE,
    STATEMENT_UNIT_UPDATE_OPEN,
    STATEMENT_EVENT_ADD,
    STATEMENT_RUN_BY_NAME,
    STATEMENT_RUN_BY_PREFIX,
    STATEMENT_RUNS_LIVE,
    STATEMENT_RUNS,
    STATEMENT_STEPS,
    STATEMENT_UNITS_PENDING,
    STATEMENT_UNITS_OPEN,
    STATEMENT_UNITS_STUCK,
    STATEMENT_UNITS_ALL,
    STATEMENT_UNIT_BY_KEY,
    STATEMENT_EVENTS,
    STATEMENT_EVENTS_OF_RUN,
    STATEMENT_INTENT,
    JOURNAL_STATEMENT_COUNT
};

/* The prepared statement, reset and ready to be bound; it stays the journal's. */
enum ferry_code journal_statement(struct journal *journal, enum journal_statement which,
                                  sqlite3_stmt **out, struct ferry_error *err) FERRY_CHECK;
/* Runs a statement that answers nothing, and resets it. */
enum ferry_code journal_step_once(struct journal *journal, sqlite3_stmt *statement,
                                  const char *what, struct ferry_error *err) FERRY_CHECK;

#define BINDER_IDS 3 /* ids that one statement may bind */

/* Binds values one after the other. Texts are borrowed until the statement is reset, and so is the
   binder itself where it has bound an id: the bytes of ids are in it. */
struct binder {
    sqlite3_stmt *statement;
    int at;
    size_t ids;
    unsigned char packed[BINDER_IDS][32];
};
void bind_int(struct binder *binder, int64_t value);
void bind_null(struct binder *binder);
void bind_zeros(struct binder *binder, int size);        /* a blob of zeros */
void bind_text(struct binder *binder, const char *text); /* NULL stays NULL */
/* A uuid or a SHA-256 in its canonical spelling is stored as 16 or 32 bytes; other text as it is.
 */
void bind_id(struct binder *binder, const char *text);

/* Reads columns one after the other; texts are copied below ctx. */
struct columns {
    sqlite3_stmt *statement;
    const void *ctx;
    int at;
};
int64_t column_int(struct columns *columns);
const char *column_text(struct columns *columns); /* NULL where the column is NULL */
const char *column_id(struct columns *columns);   /* as bind_id stored it */
/* A text of fixed size: cut where it is too long, "" where the column is NULL. */
void column_fixed(struct columns *columns, char *out, size_t size);

#endif
