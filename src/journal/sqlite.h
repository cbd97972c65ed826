/*
 * What the files of the SQLite journal share, and the hooks by which tests put a world of their
 * own under it. Nobody outside src/journal and its tests includes this.
 */
#ifndef JOURNAL_SQLITE_H
#define JOURNAL_SQLITE_H

#include <sqlite3.h>

#include "journal/journal.h"
#include "journal/lock.h"
#include "journal/statements.h"
#include "journal/system.h"

#define JOURNAL_APPLICATION_ID 0x46455259 /* "FERY", in bytes 68 to 71 of the file */
#define JOURNAL_VERSION 2                 /* user_version that this ferry writes */

/* How steps and units are numbered: by where they belong. */
#define JOURNAL_STEP_MAX 255
#define JOURNAL_SEQ_MAX INT64_C(0xffffffff)
#define JOURNAL_STEP_ID(run, step) ((int64_t)(run)*256 + (step))
#define JOURNAL_UNIT_ID(run, step, seq) (JOURNAL_STEP_ID(run, step) * (JOURNAL_SEQ_MAX + 1) + (seq))

/* One step of the schema, from one version to the next. The last row has no sql. */
struct journal_migration {
    int from;
    const char *sql;
    bool with_live_runs; /* the states of this release can finish runs begun before it */
};

/* Tests only; production passes NULL and gets the defaults. */
struct journal_hooks {
    const char *vfs;                            /* of SQLite; NULL: the system's */
    const struct journal_files *files;          /* NULL: the system's */
    const char *synchronous;                    /* NULL: FULL */
    int version;                                /* 0: JOURNAL_VERSION */
    const struct journal_migration *migrations; /* NULL: those of this release */
    int64_t quick_check_limit;                  /* bytes; 0: QUICK_CHECK_LIMIT */
};

/* Changes of one step's units in the open turn, by state; written once at the commit. */
struct step_delta {
    int64_t run;
    int step;
    int64_t next_seq; /* -1: not asked yet */
    int64_t units[UNIT_CANCELLED + 1];
    bool dirty;
};

struct journal {
    sqlite3 *db;
    char *path;
    enum journal_mode mode;
    struct journal_hooks hooks;
    struct clock *clock;
    struct journal_lock *lock; /* NULL in a reader */
    int64_t epoch;
    int64_t last_alive_ms;
    bool in_turn;
    bool turn_failed; /* a change of this turn failed: it cannot be committed any more */
    bool broken;      /* a commit failed: nothing more is written by this handle */
    bool fenced;
    bool fence_known;       /* the epoch was ours when the file had this version: */
    unsigned fence_version; /* SQLITE_FCNTL_DATA_VERSION */
    bool clean;             /* closed in order: the last to leave may empty and remove the WAL */
    sqlite3_stmt *statements[JOURNAL_STATEMENT_COUNT];
    struct step_delta *deltas;
    size_t delta_count, delta_room, delta_last;
};

/* journal_open with another world under it. */
enum ferry_code journal_open_hooked(const void *ctx, const struct journal_options *options,
                                    const struct journal_hooks *hooks, struct journal **out,
                                    struct ferry_error *err) FERRY_CHECK;

/* --- sqlite_error.c: the only place where SQLite's codes and errno become ours --- */

/* "cannot WHAT the journal "PATH": WHY", with the hint that belongs to it. FERRY_E_JOURNAL. */
enum ferry_code journal_fail_sqlite(struct journal *journal, int rc, const char *what,
                                    struct ferry_error *err);
enum ferry_code journal_fail_newer(const char *path, int version, int known,
                                   struct ferry_error *err);
enum ferry_code journal_fail_foreign(const char *path, const char *why, struct ferry_error *err);

/* --- sqlite_schema.c --- */

/* Makes an empty journal at path, which does not exist: complete or not at all. */
enum ferry_code journal_create(struct journal *journal, const struct journal_options *options,
                               struct ferry_error *err) FERRY_CHECK;

/* --- sqlite_migrate.c --- */

extern const struct journal_migration journal_migrations[];

/* Brings the file from an older version to ours; a copy of the old one is left beside it. */
enum ferry_code journal_migrate(struct journal *journal, int from,
                                struct ferry_error *err) FERRY_CHECK;

/* --- sqlite_open.c --- */

/* Runs SQL without results. */
enum ferry_code journal_exec(struct journal *journal, const char *sql, const char *what,
                             struct ferry_error *err) FERRY_CHECK;
/* The one integer that a PRAGMA or SELECT answers. */
enum ferry_code journal_query_int(struct journal *journal, const char *sql, int64_t *out,
                                  struct ferry_error *err) FERRY_CHECK;

/* --- sqlite_turn.c --- */

/* Writes the counters that the open turn has collected. */
enum ferry_code journal_flush_deltas(struct journal *journal, struct ferry_error *err) FERRY_CHECK;
struct step_delta *journal_delta(struct journal *journal, int64_t run, int step);

#endif
