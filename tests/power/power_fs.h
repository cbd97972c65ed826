/*
 * A file system in memory that loses power: what was not synced is lost sector by sector.
 *
 * It is a VFS of SQLite ("power") and the journal's own file operations. Every write stays
 * unsynced, in sectors of 512 bytes, until its file is synced; names stay unsynced until the folder
 * is. When the power fails, each unsynced sector is kept or lost by chance, each change of a name
 * likewise, and a file whose length was not synced has its old or its new one; what was cut off a
 * file is lost as a whole or not at all. Afterwards nothing works until power_fs_restart.
 */
#ifndef TESTS_POWER_POWER_FS_H
#define TESTS_POWER_POWER_FS_H

#include <stdbool.h>
#include <stdint.h>

#include "journal/sqlite.h"

#define POWER_VFS "power"

/* Registers the VFS, once a process. */
void power_fs_register(void);
/* An empty disk. Chance comes from rng, which must outlive it. */
void power_fs_reset(struct rng *rng);
/* The power fails at the n-th operation from now that changes the disk (1: the next); 0: never. */
void power_fs_fail_at(int64_t n);
bool power_fs_is_dead(void);
/* Lets the unsynced part be kept or lost, and gives the power back. No file may be open. */
void power_fs_restart(void);
/* A disk that says "synced" and does nothing. */
void power_fs_lie(bool lie);
int64_t power_fs_operations(void);

extern const struct journal_files power_files;

#endif
