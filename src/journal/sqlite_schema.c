#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "journal/sqlite.h"

/*
 * Schema 2. JSON is checked in C: json_valid() in a CHECK does not go with trusted_schema=OFF.
 *
 * Steps and units are numbered by where they belong: step.id is run * 2^8 + step, unit.id is
 * step.id * 2^32 + seq (JOURNAL_STEP_ID, JOURNAL_UNIT_ID). With a composite key and WITHOUT ROWID
 * every update costs half as much again (measured: 24,000 instructions instead of 15,000).
 * Columns of type ANY hold a uuid as 16 bytes or a SHA-256 as 32 where they can.
 * unit.room keeps space in the row until its results come, so that pages need not be split.
 *
 * Every page that a commit changes costs it time, most of all on a quick disk. So indexes are few,
 * and what each commit changes besides units and events is together in the table hot, as a rule on
 * one page: of each step the counters (`of` is the step's id), of each open unit the intent (`of`
 * is the intent's id). That also makes the ids of open intents unique; an index over all ids ever
 * used would be as large as the table and be hit at random, which cost two thirds of the fan-out's
 * speed (measured). Pending units are found by the primary key, in the order of work; events of one
 * run by the id of its first.
 */
static const char schema_tables[] =
    "CREATE TABLE meta("
    " one INTEGER PRIMARY KEY CHECK(one=1),"
    " journal_id TEXT NOT NULL," /* a copied file keeps it */
    " epoch INTEGER NOT NULL,"   /* the fencing token: raised by every writer */
    " owner TEXT,"               /* of the last writer, JSON */
    " opened_at INTEGER NOT NULL,"
    " clean_close INTEGER NOT NULL) STRICT;"
    "CREATE TABLE run("
    " run INTEGER PRIMARY KEY,"
    " uuid TEXT NOT NULL UNIQUE,"
    " name TEXT NOT NULL UNIQUE,"
    " workflow TEXT NOT NULL,"
    " target TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK(state IN"
    "  ('running','paused','blocked','cancelled','failed','done')),"
    " options TEXT NOT NULL,"
    " facts TEXT, error TEXT, hint TEXT,"
    " code TEXT," /* the name of a ferry_code: the numbers may change */
    " ferry_version TEXT NOT NULL,"
    " stop_before TEXT,"
    " created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, cancel_at INTEGER NOT NULL,"
    " events_after INTEGER NOT NULL," /* its own have greater ids */
    " epoch INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX run_one_live_per_target ON run(target)"
    " WHERE state IN ('running','paused','blocked');"
    "CREATE TABLE step("
    " id INTEGER PRIMARY KEY,"
    " run INTEGER NOT NULL REFERENCES run(run),"
    " name TEXT NOT NULL,"
    " def INTEGER NOT NULL,"
    " fanout INTEGER NOT NULL,"
    " state TEXT NOT NULL CHECK(state IN ('waiting','expanding','running','verifying','done',"
    "  'failed','skipped','cancelled')),"
    " cursor TEXT, error TEXT, hint TEXT,"
    " started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,"
    " CHECK(id>>8=run)) STRICT;";

static const char schema_units[] =
    "CREATE TABLE unit("
    " id INTEGER PRIMARY KEY,"
    " of INTEGER NOT NULL REFERENCES step(id),"
    " key TEXT NOT NULL,"
    " state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 7)," /* enum unit_state */
    " attempt INTEGER NOT NULL, tries INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL," /* of the writer that made the last change */
    " not_before INTEGER NOT NULL, deadline_at INTEGER NOT NULL,"
    " intent_at INTEGER NOT NULL, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL,"
    " intent_id ANY, request_digest ANY, remote_id ANY,"
    " remote_state TEXT, error TEXT, hint TEXT, data TEXT,"
    " http INTEGER NOT NULL,"
    " room BLOB,"
    " CHECK(id>>32=of),"
    " CHECK(state NOT IN (1,2) OR intent_id IS NOT NULL)) STRICT;"
    "CREATE UNIQUE INDEX unit_key ON unit(of,key);"
    "CREATE INDEX unit_stuck ON unit(id) WHERE state IN (5,6);"
    "CREATE TABLE hot("
    " of ANY PRIMARY KEY,"
    " unit INTEGER,"
    " n_total INTEGER, n_done INTEGER, n_skipped INTEGER, n_failed INTEGER,"
    " n_open INTEGER, n_unknown INTEGER,"
    " CHECK((unit IS NULL)=(n_total IS NOT NULL))) STRICT, WITHOUT ROWID;"
    "CREATE TABLE event("
    " id INTEGER PRIMARY KEY," /* dense: no AUTOINCREMENT, and nothing is ever removed */
    " run INTEGER NOT NULL REFERENCES run(run),"
    " step INTEGER, seq INTEGER,"
    " epoch INTEGER NOT NULL, at INTEGER NOT NULL,"
    " kind TEXT NOT NULL, data TEXT) STRICT;"
    "CREATE TRIGGER event_no_update BEFORE UPDATE ON event"
    " BEGIN SELECT RAISE(ABORT,'events are append only'); END;"
    "CREATE TRIGGER event_no_delete BEFORE DELETE ON event"
    " BEGIN SELECT RAISE(ABORT,'events are append only'); END;";

static enum ferry_code write_schema(struct journal *journal, const struct journal_options *options,
                                    struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char id[UUID_TEXT_SIZE];

    uuid_random(options->rng == NULL ? rng_system() : options->rng, id);
    /* The page size has no effect any more once the file is in WAL mode. */
    const char *texts[] = {
        "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; BEGIN IMMEDIATE;",
        schema_tables,
        schema_units,
        mem_printf(scope,
                   "INSERT INTO meta VALUES(1,'%s',0,NULL,0,1);"
                   "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT;",
                   id, JOURNAL_APPLICATION_ID, JOURNAL_VERSION),
    };

    for (size_t at = 0; at < FERRY_COUNT(texts); at++) {
        enum ferry_code code = journal_exec(journal, texts[at], "create", err);

        if (code != FERRY_OK) {
            return code;
        }
    }
    return FERRY_OK;
}

/* Fills the new file and closes it. What closing would copy back from the WAL is copied before,
   since closing does not tell when that fails. */
static enum ferry_code fill_file(const char *path, const struct journal *real,
                                 const struct journal_options *options, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct journal temporary = {.path = mem_strdup(scope, path)};
    enum ferry_code code;
    int rc;

    rc = sqlite3_open_v2(path, &temporary.db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                         real->hooks.vfs);
    if (rc != SQLITE_OK) {
        code = journal_fail_sqlite(&temporary, rc, "create", err);
    } else {
        code = write_schema(&temporary, options, err);
    }
    if (code == FERRY_OK) {
        rc =
            sqlite3_wal_checkpoint_v2(temporary.db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    }
    if (code == FERRY_OK && rc != SQLITE_OK) {
        code = journal_fail_sqlite(&temporary, rc, "create", err);
    }
    sqlite3_close(temporary.db);
    return code;
}

static int remove_all(const struct journal_files *files, const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int sys = 0;

    for (size_t at = 0; at < FERRY_COUNT(ends) && sys == 0; at++) {
        sys = files->remove(mem_printf(scope, "%s%s", path, ends[at]));
    }
    return sys;
}

/* A WAL without its journal holds commits that a new, empty file would swallow or spoil. */
static enum ferry_code refuse_orphans(const struct journal *journal, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *wal = mem_printf(scope, "%s-wal", journal->path);
    int64_t bytes = 0;
    int sys = journal->hooks.files->size(wal, &bytes);

    if (sys == ENOENT) {
        return FERRY_OK;
    }
    if (sys != 0) {
        return journal_fail_system(wal, sys, "create the journal beside", err);
    }
    ferry_fail(err, FERRY_E_JOURNAL,
               "cannot create the journal \"%s\": it is gone, but its write-ahead log is there",
               journal->path);
    ferry_error_hint(err, "put the journal back beside %s, or move that file away", wal);
    return FERRY_E_JOURNAL;
}

enum ferry_code journal_create(struct journal *journal, const struct journal_options *options,
                               struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct journal_files *files = journal->hooks.files;
    const char *path = mem_printf(scope, "%s.new", journal->path);
    enum ferry_code code = refuse_orphans(journal, err);
    int sys;

    if (code != FERRY_OK) {
        return code;
    }
    sys = remove_all(files, path); /* of an attempt that was killed */
    if (sys == 0) {
        sys = files->create(path);
    }
    if (sys != 0) {
        return journal_fail_system(path, sys, "create the journal", err);
    }
    code = fill_file(path, journal, options, err);
    if (code != FERRY_OK) {
        (void)remove_all(files, path); /* the next creation does it too */
        return code;
    }
    sys = files->sync(path);
    if (sys == 0) {
        sys = files->rename(path, journal->path);
    }
    if (sys == 0) {
        sys = files->sync_folder(journal->path);
    }
    if (sys != 0) {
        return journal_fail_system(path, sys, "create the journal", err);
    }
    return FERRY_OK;
}
