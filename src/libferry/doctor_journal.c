/* The journal, and whether the place where it lies or would lie can carry one. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/timefmt.h"
#include "journal/system.h"
#include "libferry/doctor.h"

/* The WAL may reach 64 MiB before it is cut (src/journal/sqlite_open.c), the journal of ten
   thousand deployments takes tens, and a new version keeps a copy of the old one. */
#define SPACE_WANTED ((int64_t)256 << 20)
#define SPACE_LEAST ((int64_t)16 << 20)
#define SLOW_COMMIT_MS 50 /* a commit a turn: 20 turns a second are enough for any manager */
#define PROBE_COMMITS 5

/* The nearest folder above path that is there. */
static char *folder_there(const void *mem, const char *path)
{
    char *folder = mem_strdup(mem, path), *slash;

    do {
        slash = strrchr(folder, '/');
        if (slash == NULL) {
            return mem_strdup(mem, ".");
        }
        *(slash == folder ? slash + 1 : slash) = '\0';
    } while (access(folder, F_OK) && strcmp(folder, "/") != 0);
    return folder;
}

static const char *fs_name(const void *mem, const char *folder)
{
    static const struct {
        unsigned long type;
        const char *name;
    } known[] = {{0xef53, "ext4"},    {0x58465342, "XFS"},   {0x9123683e, "Btrfs"},
                 {0x2fc12fc1, "ZFS"}, {0x01021994, "tmpfs"}, {0x794c7630, "overlay"},
                 {0xf2f52010, "F2FS"}};
    struct statfs info;

    if (statfs(folder, &info)) {
        return strerror(errno);
    }
    for (size_t i = 0; i < FERRY_COUNT(known); i++) {
        if (((unsigned long)info.f_type & 0xffffffffUL) == known[i].type) {
            return known[i].name;
        }
    }
    return mem_printf(mem, "type %#lx", (unsigned long)info.f_type & 0xffffffffUL);
}

static void check_fs(struct doctor *doctor, const char *folder)
{
    struct ferry_error err = {0};
    const char *name = fs_name(doctor->mem, folder);
    char *inside = mem_printf(doctor->mem, "%s/journal.db", folder);

    if (!doctor->ferry->o.allow_network_fs &&
        journal_check_fs(&journal_system_files, inside, &err)) {
        doctor_stop(doctor, "journal_file_system", &err);
    } else if (strcmp(name, "tmpfs") == 0) {
        doctor_say(doctor, "journal_file_system", DOCTOR_WARNING,
                   "name a journal on a disk: --journal FILE or FERRY_JOURNAL",
                   "%s is on a tmpfs: a power cut or a reboot takes the journal away", folder);
    } else {
        doctor_say(doctor, "journal_file_system", DOCTOR_OK, NULL, "%s is on %s", folder, name);
    }
}

static void check_space(struct doctor *doctor, const char *folder)
{
    struct statvfs info;
    int64_t bytes;

    if (statvfs(folder, &info)) {
        doctor_say(doctor, "journal_space", DOCTOR_CANNOT_TELL, NULL, "%s: %s", folder,
                   strerror(errno));
        return;
    }
    bytes = (int64_t)info.f_bavail * (int64_t)info.f_frsize;
    if (bytes < SPACE_WANTED || (info.f_files > 0 && info.f_favail < 8)) {
        doctor_say(doctor, "journal_space", bytes < SPACE_LEAST ? DOCTOR_STOPS : DOCTOR_WARNING,
                   "make room, or name a journal elsewhere: --journal FILE",
                   "%s and %llu files are free in %s; a journal wants %s",
                   timefmt_bytes(doctor->mem, bytes), (unsigned long long)info.f_favail, folder,
                   timefmt_bytes(doctor->mem, SPACE_WANTED));
    } else {
        doctor_say(doctor, "journal_space", DOCTOR_OK, NULL, "%s free",
                   timefmt_bytes(doctor->mem, bytes));
    }
}

/* --- a data base of our own beside the journal, for a moment --- */

static int first_text(void *arg, int count, char **values, char **names)
{
    char *out = arg;

    (void)names;
    if (count > 0 && values[0]) {
        (void)snprintf(out, 16, "%s", values[0]);
    }
    return 0;
}

/* How a data base behaves there: "" when well, else why not. */
static const char *try_wal(struct doctor *doctor, sqlite3 *db, int64_t *commit_ms)
{
    struct clock *clock = doctor->ferry->clock;
    char mode[16] = "", level[16] = "";
    int64_t begin;

    if (sqlite3_exec(db, "PRAGMA journal_mode=WAL", first_text, mode, NULL) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA synchronous=FULL; PRAGMA synchronous", first_text, level, NULL) !=
            SQLITE_OK ||
        sqlite3_exec(db, "CREATE TABLE probe(n INTEGER PRIMARY KEY) STRICT", NULL, NULL, NULL) !=
            SQLITE_OK) {
        return sqlite3_errmsg(db);
    }
    if (strcmp(mode, "wal") != 0) {
        return "it does not carry a write-ahead log (WAL)";
    }
    if (strcmp(level, "2") != 0) {
        return "SQLite does not take synchronous=FULL";
    }
    begin = clock->now_ms(clock);
    for (int i = 0; i < PROBE_COMMITS; i++) {
        if (sqlite3_exec(db, "INSERT INTO probe DEFAULT VALUES", NULL, NULL, NULL) != SQLITE_OK) {
            return sqlite3_errmsg(db);
        }
    }
    *commit_ms = (clock->now_ms(clock) - begin) / PROBE_COMMITS;
    return "";
}

static void check_wal(struct doctor *doctor, const char *probe)
{
    int64_t commit_ms = 0;
    sqlite3 *db = NULL;
    const char *why = "no memory";

    if (sqlite3_open(probe, &db) == SQLITE_OK) {
        why = try_wal(doctor, db, &commit_ms);
    } else if (db) {
        why = sqlite3_errmsg(db);
    }
    if (*why) {
        doctor_say(doctor, "journal_wal", DOCTOR_STOPS,
                   "name a journal on a local disk: --journal FILE",
                   "a journal cannot work there: %s", why);
    } else {
        doctor_say(doctor, "journal_wal", commit_ms > SLOW_COMMIT_MS ? DOCTOR_WARNING : DOCTOR_OK,
                   commit_ms > SLOW_COMMIT_MS ? "a faster disk makes a faster run" : NULL,
                   "WAL and synchronous=FULL are taken; a commit takes %" PRId64 " ms", commit_ms);
    }
    (void)sqlite3_close(db);
}

/* The kernel must keep two apart by flock(2): one writer at a time rests on that. */
static void check_flock(struct doctor *doctor, const char *probe)
{
    int first = open(probe, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int second = open(probe, O_RDWR | O_CLOEXEC);

    if (first < 0 || second < 0 || flock(first, LOCK_EX | LOCK_NB)) {
        doctor_say(doctor, "journal_lock", DOCTOR_STOPS, "name a journal on a local disk",
                   "no lock can be had there: %s", strerror(errno));
    } else if (!flock(second, LOCK_EX | LOCK_NB)) {
        doctor_say(doctor, "journal_lock", DOCTOR_STOPS, "name a journal on a local disk",
                   "a lock that is held can be had a second time there");
    } else {
        doctor_say(doctor, "journal_lock", DOCTOR_OK, NULL, "the kernel keeps two writers apart");
    }
    if (first >= 0) {
        (void)close(first);
    }
    if (second >= 0) {
        (void)close(second);
    }
}

static void check_folder(struct doctor *doctor, const char *folder)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    char *probe = mem_printf(doctor->mem, "%s/.ferry-doctor-%ld", folder, (long)getpid());

    if (access(folder, W_OK | X_OK)) {
        doctor_say(doctor, "journal_folder", DOCTOR_STOPS,
                   "let this user write there, or name another journal: --journal FILE",
                   "%s cannot be written: %s", folder, strerror(errno));
        return;
    }
    doctor_say(doctor, "journal_folder", DOCTOR_OK, NULL, "%s can be written", folder);
    check_wal(doctor, probe);
    check_flock(doctor, mem_printf(doctor->mem, "%s.lock", probe));
    for (size_t i = 0; i < FERRY_COUNT(ends); i++) {
        (void)unlink(mem_printf(doctor->mem, "%s%s", probe, ends[i]));
    }
}

/* --- the journal itself --- */

/* All of it, which opening a journal does only for small ones. */
static void check_content(struct doctor *doctor, const char *path)
{
    char answer[16] = "";
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL);

    if (rc == SQLITE_OK) {
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
        (void)sqlite3_busy_timeout(db, 5000);
        rc = sqlite3_exec(db, "PRAGMA integrity_check(1)", first_text, answer, NULL);
    }
    if (rc != SQLITE_OK || strcmp(answer, "ok") != 0) {
        doctor_say(doctor, "journal_content", DOCTOR_STOPS,
                   "keep the file and its -wal as they are, and go on from a copy of it",
                   "the journal is damaged: %s",
                   rc != SQLITE_OK && db ? sqlite3_errmsg(db) : answer);
    } else {
        doctor_say(doctor, "journal_content", DOCTOR_OK, NULL, "every page of it is whole");
    }
    (void)sqlite3_close(db);
}

static void check_journal(struct doctor *doctor, const char *path)
{
    struct ferry_error err = {0};
    struct journal *journal = NULL;
    struct run_row *rows = NULL, *live = NULL;
    size_t count = 0;
    enum ferry_code code = FERRY_E_NOT_FOUND;

    if (!access(path, F_OK) || errno != ENOENT) {
        code = ferry_open_journal(doctor->mem, doctor->ferry, JOURNAL_READ, &journal, &err);
    }
    if (code == FERRY_E_NOT_FOUND) {
        doctor_say(doctor, "journal", DOCTOR_OK, NULL,
                   "%s is not there yet: the first run makes it", path);
        return;
    }
    if (code || journal_runs(journal, doctor->mem, &rows, &count, &err)) {
        doctor_stop(doctor, "journal", &err);
        journal_close(journal);
        return;
    }
    for (size_t i = 0; i < count && !live; i++) {
        live = run_is_live(rows[i].state) ? &rows[i] : NULL;
    }
    if (live) {
        doctor_say(doctor, "journal", DOCTOR_OK, NULL, "%s: %zu runs; %s has not ended, it is %s",
                   path, count, live->name, run_state_name(live->state));
    } else {
        doctor_say(doctor, "journal", DOCTOR_OK, NULL, "%s: %zu runs, all have ended", path, count);
    }
    journal_close(journal);
    check_content(doctor, path);
}

void doctor_journal(struct doctor *doctor)
{
    const char *path = doctor->ferry->journal_path;
    char *folder = folder_there(doctor->mem, path);

    check_fs(doctor, folder);
    check_space(doctor, folder);
    check_folder(doctor, folder);
    check_journal(doctor, path);
}
