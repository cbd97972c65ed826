#include <errno.h>

#include "base/error.h"
#include "journal/sqlite.h"

static enum ferry_code damaged(const struct journal *journal, int rc, const char *what,
                               struct ferry_error *err)
{
    ferry_fail(err, FERRY_E_JOURNAL, "cannot %s the journal \"%s\": it is damaged (%s)", what,
               journal->path, sqlite3_errmsg(journal->db));
    ferry_error_hint(err,
                     "keep %s, its -wal and its -shm as they are and restore a copy, or name "
                     "another journal with --journal FILE",
                     journal->path);
    if (err != NULL) {
        err->sys = rc;
    }
    return FERRY_E_JOURNAL;
}

static enum ferry_code locked(const struct journal *journal, const char *what,
                              struct ferry_error *err)
{
    ferry_fail(err, FERRY_E_JOURNAL, "cannot %s the journal \"%s\": another program has locked it",
               what, journal->path);
    ferry_error_hint(err, "end the program that has it open (fuser -v %s), then: ferry resume",
                     journal->path);
    return FERRY_E_JOURNAL;
}

/* The errno value that fits, 0 where SQLite's own words say more. */
static int errno_of(const struct journal *journal, int rc)
{
    int sys = sqlite3_system_errno(journal->db);

    switch (rc & 0xff) {
    case SQLITE_FULL:
        return ENOSPC;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return EACCES;
    case SQLITE_READONLY:
        return sys == EROFS ? EROFS : EACCES;
    case SQLITE_CANTOPEN:
        return sys == 0 ? ENOENT : sys;
    case SQLITE_IOERR:
        return sys == 0 ? EIO : sys;
    default:
        return 0;
    }
}

enum ferry_code journal_fail_sqlite(struct journal *journal, int rc, const char *what,
                                    struct ferry_error *err)
{
    int sys = errno_of(journal, rc);

    switch (rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return damaged(journal, rc, what, err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        locked(journal, what, err);
        break;
    default:
        if (journal_sys_is_full(sys)) {
            ferry_fail(err, FERRY_E_JOURNAL, "cannot %s the journal \"%s\": the disk is full", what,
                       journal->path);
        } else if (sys != 0) {
            ferry_fail_errno(err, FERRY_E_JOURNAL, sys, "cannot %s the journal \"%s\": %s", what,
                             journal->path, sqlite3_errstr(rc));
        } else {
            ferry_fail(err, FERRY_E_JOURNAL, "cannot %s the journal \"%s\": %s", what,
                       journal->path, sqlite3_errmsg(journal->db));
        }
        journal_hint_system(journal->path, sys, err);
        break;
    }
    if (err != NULL) {
        err->sys = rc;
    }
    return FERRY_E_JOURNAL;
}

enum ferry_code journal_fail_newer(const char *path, int version, int known,
                                   struct ferry_error *err)
{
    ferry_fail(err, FERRY_E_JOURNAL,
               "cannot open the journal \"%s\": it is of a newer ferry (version %d, this ferry "
               "knows %d)",
               path, version, known);
    ferry_error_hint(err, "use that ferry; nothing was changed");
    return FERRY_E_JOURNAL;
}

enum ferry_code journal_fail_foreign(const char *path, const char *why, struct ferry_error *err)
{
    ferry_fail(err, FERRY_E_JOURNAL, "cannot open the journal \"%s\": %s", path, why);
    ferry_error_hint(err, "nothing was changed; name another journal with --journal FILE");
    return FERRY_E_JOURNAL;
}
