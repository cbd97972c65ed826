/* A journal in a folder of its own, a clock that stands still until it is moved, and rows to put
 * in. */
#ifndef TESTS_SUPPORT_JOURNAL_FIXTURE_H
#define TESTS_SUPPORT_JOURNAL_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "journal/sqlite.h"

#define FIXTURE_START_MS INT64_C(1763900000000) /* 2025-11-23 */

struct fixture_clock {
    struct clock clock;
    int64_t now_ms;
};

struct fixture {
    char *folder; /* made by fixture_new, removed by fixture_free */
    char *path;   /* of the journal, not made yet */
    struct fixture_clock clock;
    struct rng_seeded rng;
    struct journal *journal; /* as opened last, or NULL */
    struct ferry_error err;
};

struct fixture *fixture_new(void);
/* Drops the journal as a kill would, and removes the folder. */
void fixture_free(struct fixture *fixture);

struct journal_options fixture_options(struct fixture *fixture, enum journal_mode mode);
/* Opens fixture->path; the code is returned, the journal is in fixture->journal. */
enum ferry_code fixture_open(struct fixture *fixture, enum journal_mode mode);
enum ferry_code fixture_open_hooked(struct fixture *fixture, enum journal_mode mode,
                                    const struct journal_hooks *hooks);
/* Drops the handle without closing it in order. */
void fixture_kill(struct fixture *fixture);
void fixture_close(struct fixture *fixture);

/* One live run with one fan-out step of `units` pending units, in a turn of its own. Gives the run.
 */
int64_t fixture_add_run(struct journal *journal, const char *name, int units);
/* A unit as fixture_add_run made it; its intent id is that of attempt. */
void fixture_unit(struct unit_row *row, int64_t run, int64_t seq, unsigned attempt);
/* One change of a unit with an event, inside a turn. */
enum ferry_code fixture_move(struct journal *journal, const struct unit_row *row,
                             enum unit_state from, struct ferry_error *err);

/* Counts the units anew and compares with the steps' counters, and the open ones with what the
   journal knows as open. */
bool fixture_counters_agree(sqlite3 *db);
/* One number from a connection; false where it fails or there is no row. */
bool fixture_try_query(sqlite3 *db, const char *sql, int64_t *out);
/* The same, which must succeed. */
int64_t fixture_query(sqlite3 *db, const char *sql);

#endif
