/*
 * A VFS of SQLite that lets one operation fail, or all from one on: the n-th of the kinds asked
 * for. It wraps the system's VFS and stands beside it by the name FAULT_VFS; fault_files are the
 * journal's own file operations, counted as one more kind.
 */
#ifndef TESTS_SUPPORT_FAULT_VFS_H
#define TESTS_SUPPORT_FAULT_VFS_H

#include <stdbool.h>

#include "journal/sqlite.h"

#define FAULT_VFS "fault"

enum fault_kind {
    FAULT_READ = 1,
    FAULT_WRITE = 2,
    FAULT_SYNC = 4,
    FAULT_TRUNCATE = 8,
    FAULT_OPEN = 16,
    FAULT_SHM = 32,
    FAULT_FILES = 64, /* create, rename, remove, sync of the journal's own */
    FAULT_ALL = 127
};

struct fault_plan {
    unsigned kinds; /* which operations count, of enum fault_kind */
    int n;          /* the first that fails, from 1; 0: none */
    bool stays;     /* all after it fail as well: a disk that stays full */
    bool is_full;   /* SQLITE_FULL and ENOSPC instead of an I/O error */
};

/* Registers the VFS, once a process. */
void fault_register(void);
/* Counting starts anew. */
void fault_set(const struct fault_plan *plan);
/* How many operations have failed since fault_set. */
int fault_fired(void);

extern const struct journal_files fault_files;

#endif
