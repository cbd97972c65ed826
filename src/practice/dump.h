/* Writing the dump of a data base as pg_dump does: table by table, columns by name. */
#ifndef PRACTICE_DUMP_H
#define PRACTICE_DUMP_H

#include "base/buf.h"
#include "practice/make_plan.h"
#include "practice/zip_write.h"

#define DUMP_COLUMNS_MAX 64

struct dump_table {
    const char *name;
    const char *columns; /* comma separated, quoted where PostgreSQL quotes */
};

/* The tables of a version (10 * major + minor). */
const struct dump_table *dump_tables(int version, size_t *count);

struct dump {
    void (*rows)(struct dump *dump, const char *table); /* writes the rows of a table */
    void *arg;                                          /* its own */
    struct zip_out *out;
    int version;     /* 10 * major + minor */
    struct buf line; /* rows waiting to be written */
    char *names;     /* the columns of the open table, cut apart */
    const char *columns[DUMP_COLUMNS_MAX];
    const char *values[DUMP_COLUMNS_MAX];
    size_t columns_count;
    int64_t row; /* number of the row being set, from 1 */
    char id[24]; /* its _storage_id */
    bool json;   /* JSON columns (6.4 and later), else pickles */
    /* what make-archive has beside */
    const struct make_plan *plan;
    char *workflows; /* as the column of deployments holds them */
    char **plans;    /* of each blueprint of a tenant */
};

/* A dump of the tables of that version, owned by ctx; rows is to be set. */
struct dump *dump_new(const void *ctx, struct zip_out *out, int version);
/* Writes the member pg_data. execution makes the snapshot: it is in its own dump, and deleted by
   the last line. */
void dump_write(struct dump *dump, const char *execution);
/* Starts a row: every column is null, but those with the same value everywhere. */
void dump_row(struct dump *dump);
/* Sets a column by name, where the version has it; the text must last until dump_row_end. */
void dump_set(struct dump *dump, const char *column, const char *text);
/* Sets a column that holds JSON from 6.4 on and an empty pickle before. */
void dump_set_data(struct dump *dump, const char *column, const char *json);
void dump_row_end(struct dump *dump);

/* The rows of an archive to be made; tables that nothing is known of have none. */
void dump_rows(struct dump *dump, const char *table);
/* The rows of events and of logs, as many as the plan has: they differ from each other. */
void dump_rows_events(struct dump *dump);

#endif
