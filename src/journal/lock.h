/*
 * The lock beside the journal: one writer at a time, known by name.
 *
 * JOURNAL.lock is held by flock(2): the kernel frees it with the process, so it is never stale and
 * never has to be broken. It holds one JSON object that says who has it, and the time at which that
 * process last gave a sign of life. The file stays when the lock is let go: removing it would let
 * two processes lock two files of one name.
 */
#ifndef JOURNAL_LOCK_H
#define JOURNAL_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct journal_lock;

struct journal_lock_options {
    const char *journal; /* path of the journal, absolute */
    const char *owner;   /* name of the command */
    int64_t now_ms;
    bool disable; /* opens and writes the file, but does not lock it */
};

/* Takes the lock, or says who holds it (FERRY_E_BUSY). *last_alive_ms is read before anything is
   written. Freed with ctx, which also lets go of it. */
enum ferry_code journal_lock_take(const void *ctx, const struct journal_lock_options *options,
                                  struct journal_lock **out, int64_t *last_alive_ms,
                                  struct ferry_error *err) FERRY_CHECK;
/* Writes the time, at most once a second. Errors are left aside: it is only a hint. */
void journal_lock_alive(struct journal_lock *lock, int64_t now_ms);
/* Who we are, as JSON without a time; for the journal itself. Lives as long as the lock. */
const char *journal_lock_owner(const struct journal_lock *lock);
/* The last sign of life in the lock file of a journal; 0: none. Takes no lock. */
int64_t journal_lock_read_alive(const char *journal);

#endif
