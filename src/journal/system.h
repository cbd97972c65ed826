/* What the journal asks of the file system beside SQLite, and what it says when that fails. */
#ifndef JOURNAL_SYSTEM_H
#define JOURNAL_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* All return 0 or an errno value. Tests bring a file system of their own. */
struct journal_files {
    int (*size)(const char *path, int64_t *bytes); /* EISDIR, EINVAL where it is no plain file */
    int (*create)(const char *path);               /* an empty file, mode 0600; EEXIST */
    int (*rename)(const char *from, const char *to);
    int (*remove)(const char *path);                  /* a file that is not there is no error */
    int (*sync)(const char *path);                    /* its content */
    int (*sync_folder)(const char *path);             /* the names in the folder that holds path */
    int (*fs_type)(const char *path, uint64_t *type); /* f_type of statfs, of that folder */
};

extern const struct journal_files journal_system_files;

/* "cannot WHAT "PATH": WHY" with the hint that belongs to the errno value. FERRY_E_JOURNAL. */
enum ferry_code journal_fail_system(const char *path, int sys, const char *what,
                                    struct ferry_error *err);
/* Only the hint, where an errno value calls for one. */
void journal_hint_system(const char *path, int sys, struct ferry_error *err);
bool journal_sys_is_full(int sys);

/* The path by which everybody finds the same lock: absolute, without symbolic links. The file
   itself may be absent; its folder is made if make_folder says so. Owned by ctx. */
enum ferry_code journal_resolve(const void *ctx, const char *path, bool make_folder, char **out,
                                struct ferry_error *err) FERRY_CHECK;
/* FERRY_E_JOURNAL where the journal would lie on a network file system. */
enum ferry_code journal_check_fs(const struct journal_files *files, const char *path,
                                 struct ferry_error *err) FERRY_CHECK;

#endif
