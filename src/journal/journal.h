/*
 * The journal: what a run intends, what came of it, and what was seen on the way.
 *
 * It is an interface; SQLite (sqlite*.c) is behind it today. One writer owns the journal (a lock
 * that the kernel frees) and holds an epoch, the fencing token, which every commit checks. Readers
 * look on without disturbing it. All changes of one turn of the engine are one transaction:
 * journal_begin, any number of changes, journal_commit. After a commit has returned FERRY_OK its
 * content survives the loss of power.
 *
 * Rows are plain structs (rows.h). Texts in rows that a reading function fills live below the ctx
 * given to it; texts in rows given to a writing function are borrowed for the call. JSON columns
 * travel as text; the journal checks that they parse (of what comes in masses, the data of events
 * and of units that change, only that brackets and strings are closed). Times are unix
 * milliseconds. No column may hold a secret. With every run, unit and event the journal stores the
 * epoch of the writer that wrote it last. A reading function that finds no rows gives NULL and a
 * count of 0.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "journal/rows.h"

struct journal;

enum journal_mode {
    JOURNAL_WRITE, /* takes the lock, raises the epoch, creates the file where absent */
    JOURNAL_READ   /* never locks, never checkpoints, changes no byte of the journal or its WAL;
                      fails where there is no file */
};

struct journal_options {
    const char *path;
    enum journal_mode mode;
    struct clock *clock;
    struct rng *rng;
    bool allow_network_fs; /* the operator's own words */
    const char *owner;     /* of the process, for the lock file: a command name */
    bool disable_lock;     /* the simulator only: several lives in one process */
};

/* Opens, checks, creates or migrates. FERRY_E_BUSY (says who holds it), FERRY_E_JOURNAL (newer,
   not a journal, corrupt, read-only, full, network file system), FERRY_E_NOT_FOUND (reading). */
enum ferry_code journal_open(const void *ctx, const struct journal_options *options,
                             struct journal **out, struct ferry_error *err) FERRY_CHECK;
/* Marks a clean end and lets go of the lock; a journal that is merely freed counts as killed. */
void journal_close(struct journal *journal);
int64_t journal_epoch(const struct journal *journal);
/* When the last writer was last known to be alive (unix ms; 0: never). Read before our own time. */
int64_t journal_last_alive_ms(const struct journal *journal);
/* Leaves a sign of life in the lock file, at most once a second; no transaction, no sync. */
void journal_alive(struct journal *journal, int64_t now_ms);

/* --- one turn. Outside begin..commit no change is possible (assert). A change that fails with
   FERRY_E_JOURNAL spoils its turn: journal_commit then rolls back and fails as well. --- */

/* FERRY_E_FENCED when another writer has raised the epoch. */
enum ferry_code journal_begin(struct journal *journal, struct ferry_error *err) FERRY_CHECK;
/* After a failure the transaction is rolled back, and it is not known whether the disk took it:
   close the journal, open it again, and read. */
enum ferry_code journal_commit(struct journal *journal, struct ferry_error *err) FERRY_CHECK;
void journal_rollback(struct journal *journal);

/* Inserts; sets row->run. A second live run against one target is refused (FERRY_E_REFUSED). */
enum ferry_code journal_run_add(struct journal *journal, struct run_row *row,
                                struct ferry_error *err) FERRY_CHECK;
/* Writes state, facts, error, hint, code, stop_before, cancel_at_ms, updated_at_ms. */
enum ferry_code journal_run_update(struct journal *journal, const struct run_row *row,
                                   struct ferry_error *err) FERRY_CHECK;
enum ferry_code journal_step_add(struct journal *journal, const struct step_row *row,
                                 struct ferry_error *err) FERRY_CHECK;
/* Writes state, cursor, error, hint, times. The counters are the journal's own. */
enum ferry_code journal_step_update(struct journal *journal, const struct step_row *row,
                                    struct ferry_error *err) FERRY_CHECK;
/* Inserts and sets row->seq; a key that is there already is left alone (*added = false, and seq is
   that of the unit that has it). */
enum ferry_code journal_unit_add(struct journal *journal, struct unit_row *row, bool *added,
                                 struct ferry_error *err) FERRY_CHECK;
/* Writes the row if it still is in state `from`, in the same transaction as the step's counters;
   otherwise FERRY_E_JOURNAL: somebody else changed it. */
enum ferry_code journal_unit_update(struct journal *journal, const struct unit_row *row,
                                    enum unit_state from, struct ferry_error *err) FERRY_CHECK;
enum ferry_code journal_event_add(struct journal *journal, struct event_row *row,
                                  struct ferry_error *err) FERRY_CHECK;

/* --- reading; works in both modes, inside and outside of a turn --- */

/* By exact name, or by a prefix of the uuid; FERRY_E_NOT_FOUND, FERRY_E_USAGE when ambiguous.
   NULL: the only live run (FERRY_E_NOT_FOUND none, FERRY_E_USAGE several). */
enum ferry_code journal_run_find(struct journal *journal, const void *ctx, const char *name,
                                 struct run_row *out, struct ferry_error *err) FERRY_CHECK;
/* All runs, newest first, into *rows (an array below ctx). */
enum ferry_code journal_runs(struct journal *journal, const void *ctx, struct run_row **rows,
                             size_t *count, struct ferry_error *err) FERRY_CHECK;
/* The steps of a run in order. */
enum ferry_code journal_steps(struct journal *journal, const void *ctx, int64_t run,
                              struct step_row **rows, size_t *count,
                              struct ferry_error *err) FERRY_CHECK;

enum unit_filter {
    UNITS_PENDING, /* state pending */
    UNITS_OPEN,    /* intent or started */
    UNITS_STUCK,   /* failed or unknown */
    UNITS_ALL
};
struct unit_query {
    int64_t run;
    int step;
    enum unit_filter filter;
    int64_t after_seq; /* -1: from the start */
    size_t limit;
};
/* Up to limit units of a step with seq > after_seq, in order of seq. */
enum ferry_code journal_units(struct journal *journal, const void *ctx,
                              const struct unit_query *query, struct unit_row **rows, size_t *count,
                              struct ferry_error *err) FERRY_CHECK;
struct unit_key {
    int64_t run;
    int step;
    const char *key;
};
/* One unit by its key; FERRY_E_NOT_FOUND. */
enum ferry_code journal_unit_find(struct journal *journal, const void *ctx,
                                  const struct unit_key *key, struct unit_row *out,
                                  struct ferry_error *err) FERRY_CHECK;
struct event_query {
    int64_t run;   /* 0: of all runs */
    int64_t after; /* an id; 0: from the start */
    size_t limit;
};
/* Up to limit events with id > after, oldest first. */
enum ferry_code journal_events(struct journal *journal, const void *ctx,
                               const struct event_query *query, struct event_row **rows,
                               size_t *count, struct ferry_error *err) FERRY_CHECK;
/* Is this intent on disk, open (state intent) and of our epoch? Asked by the transport's gate for
   every changing request; false inside an open turn: not committed yet. */
bool journal_intent_is_open(struct journal *journal, const char *intent_id);

#endif
