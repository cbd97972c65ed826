#include <assert.h>

#include "base/error.h"
#include "base/mem.h"
#include "journal/sqlite.h"

/* Version 1 had the counters in step and the intents of open units in an index of unit: two pages
   in every commit, where one does. These texts stay as they are, whatever becomes of the schema. */
static const char to_version_2[] =
    "CREATE TABLE hot("
    " of ANY PRIMARY KEY,"
    " unit INTEGER,"
    " n_total INTEGER, n_done INTEGER, n_skipped INTEGER, n_failed INTEGER,"
    " n_open INTEGER, n_unknown INTEGER,"
    " CHECK((unit IS NULL)=(n_total IS NOT NULL))) STRICT, WITHOUT ROWID;"
    "INSERT INTO hot(of,n_total,n_done,n_skipped,n_failed,n_open,n_unknown)"
    " SELECT id,n_total,n_done,n_skipped,n_failed,n_open,n_unknown FROM step;"
    "INSERT INTO hot(of,unit) SELECT intent_id,id FROM unit INDEXED BY unit_open"
    " WHERE state IN (1,2);"
    "DROP INDEX unit_open;"
    "ALTER TABLE step DROP COLUMN n_total; ALTER TABLE step DROP COLUMN n_done;"
    "ALTER TABLE step DROP COLUMN n_skipped; ALTER TABLE step DROP COLUMN n_failed;"
    "ALTER TABLE step DROP COLUMN n_open; ALTER TABLE step DROP COLUMN n_unknown;";

/* In order, one row a version; the end has no sql. Version 1 is the first. */
const struct journal_migration journal_migrations[] = {
    {.from = 1, .sql = to_version_2, .with_live_runs = true},
    {.sql = NULL},
};

static const struct journal_migration *migration_from(const struct journal *journal, int version)
{
    for (const struct journal_migration *at = journal->hooks.migrations; at->sql != NULL; at++) {
        if (at->from == version) {
            return at;
        }
    }
    return NULL;
}

/* Every step of the way must be known, and be fit for the runs that are under way. */
static enum ferry_code check_way(struct journal *journal, int from, struct ferry_error *err)
{
    int64_t live = 0;
    enum ferry_code code = journal_query_int(
        journal, "SELECT count(*) FROM run WHERE state IN ('running','paused','blocked')", &live,
        err);

    if (code != FERRY_OK) {
        return code;
    }
    for (int version = from; version < journal->hooks.version; version++) {
        const struct journal_migration *step = migration_from(journal, version);

        if (step == NULL) {
            return journal_fail_foreign(journal->path, "it is of a version that never was", err);
        }
        if (live > 0 && !step->with_live_runs) {
            ferry_fail(err, FERRY_E_JOURNAL,
                       "cannot bring the journal \"%s\" from version %d to %d: a run is under way",
                       journal->path, from, journal->hooks.version);
            ferry_error_hint(err, "end or cancel it with the ferry that began it; see: ferry runs");
            return FERRY_E_JOURNAL;
        }
    }
    return FERRY_OK;
}

static enum ferry_code copy_into(struct journal *journal, const char *path, struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = FERRY_OK;
    int rc = sqlite3_prepare_v2(journal->db, "VACUUM INTO ?1", -1, &statement, NULL);

    if (rc == SQLITE_OK) {
        struct binder binder = {.statement = statement};

        bind_text(&binder, path);
        rc = sqlite3_step(statement);
    }
    if (rc != SQLITE_DONE) {
        code = journal_fail_sqlite(journal, rc, "copy", err);
    }
    sqlite3_finalize(statement);
    return code;
}

/* JOURNAL.vN.bak, complete or not at all. */
static enum ferry_code back_up(struct journal *journal, int version, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const struct journal_files *files = journal->hooks.files;
    const char *final = mem_printf(scope, "%s.v%d.bak", journal->path, version);
    const char *path = mem_printf(scope, "%s.new", final);
    int sys = files->remove(path);
    enum ferry_code code;

    if (sys == 0) {
        sys = files->create(path);
    }
    if (sys != 0) {
        return journal_fail_system(path, sys, "copy the journal to", err);
    }
    code = copy_into(journal, path, err);
    if (code != FERRY_OK) {
        return code;
    }
    sys = files->sync(path);
    if (sys == 0) {
        sys = files->rename(path, final);
    }
    if (sys == 0) {
        sys = files->sync_folder(final);
    }
    return sys == 0 ? FERRY_OK : journal_fail_system(path, sys, "copy the journal to", err);
}

static enum ferry_code run_steps(struct journal *journal, int from, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    enum ferry_code code = FERRY_OK;

    for (int version = from; version < journal->hooks.version && code == FERRY_OK; version++) {
        const struct journal_migration *step = migration_from(journal, version);

        assert(step != NULL); /* check_way has been here */
        code = journal_exec(journal, step->sql, "migrate", err);
    }
    if (code == FERRY_OK) {
        code = journal_exec(journal,
                            mem_printf(scope, "PRAGMA user_version=%d", journal->hooks.version),
                            "migrate", err);
    }
    return code;
}

enum ferry_code journal_migrate(struct journal *journal, int from, struct ferry_error *err)
{
    enum ferry_code code = check_way(journal, from, err);

    if (code == FERRY_OK) {
        code = back_up(journal, from, err);
    }
    if (code == FERRY_OK) {
        code = journal_exec(journal, "BEGIN IMMEDIATE", "migrate", err);
    }
    if (code == FERRY_OK) {
        code = run_steps(journal, from, err);
    }
    if (code == FERRY_OK) {
        code = journal_exec(journal, "COMMIT", "migrate", err);
    }
    if (code != FERRY_OK && sqlite3_get_autocommit(journal->db) == 0) {
        sqlite3_exec(journal->db, "ROLLBACK", NULL, NULL, NULL); /* closing does it as well */
    }
    return code;
}
