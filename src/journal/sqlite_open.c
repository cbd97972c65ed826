#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "journal/sqlite.h"

/* How long a call waits for the locks that readers and a recovering process hold. */
#define BUSY_TIMEOUT_MS 5000
/* The WAL file is cut to this after a checkpoint. */
#define WAL_SIZE_LIMIT (64 * 1024 * 1024)
/* A journal that was not closed in order is checked whole up to this size; a larger one would keep
   a resume waiting. */
#define QUICK_CHECK_LIMIT (4 * 1024 * 1024)
#define HEADER_SIZE 100 /* bytes; of every SQLite file */

/* The control run of the power test: without FULL, commits must get lost. */
#ifdef FERRY_MUTANT_SYNC
#define SYNCHRONOUS "NORMAL"
#else
#define SYNCHRONOUS "FULL"
#endif

static int journal_release(struct journal *journal)
{
    for (size_t at = 0; at < JOURNAL_STATEMENT_COUNT; at++) {
        sqlite3_finalize(journal->statements[at]);
    }
    if (journal->db != NULL) {
        /* What is merely dropped counts as killed: it leaves the files as they are. */
        sqlite3_db_config(journal->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, journal->clean ? 0 : 1,
                          (int *)NULL);
        sqlite3_close(journal->db);
    }
    journal->db = NULL;
    return 0;
}

enum ferry_code journal_exec(struct journal *journal, const char *sql, const char *what,
                             struct ferry_error *err)
{
    int rc = sqlite3_exec(journal->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? FERRY_OK : journal_fail_sqlite(journal, rc, what, err);
}

enum ferry_code journal_query_int(struct journal *journal, const char *sql, int64_t *out,
                                  struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = FERRY_OK;
    int rc = sqlite3_prepare_v2(journal->db, sql, -1, &statement, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
    }
    if (rc == SQLITE_ROW) {
        *out = sqlite3_column_int64(statement, 0);
    } else if (rc == SQLITE_DONE) {
        code = journal_fail_foreign(journal->path, "a row that every journal has is missing", err);
    } else {
        code = journal_fail_sqlite(journal, rc, "open", err);
    }
    sqlite3_finalize(statement);
    return code;
}

/* Like journal_query_int, for a text, owned by ctx. */
static enum ferry_code query_text(struct journal *journal, const void *ctx, const char *sql,
                                  char **out, struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = FERRY_OK;
    int rc = sqlite3_prepare_v2(journal->db, sql, -1, &statement, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
    }
    if (rc == SQLITE_ROW) {
        *out = mem_strdup(ctx, (const char *)sqlite3_column_text(statement, 0));
    } else {
        code = journal_fail_sqlite(journal, rc, "open", err);
    }
    sqlite3_finalize(statement);
    return code;
}

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Reads the file's first bytes past SQLite, which as yet has taken no lock and written nothing. */
static enum ferry_code check_header(struct journal *journal, struct ferry_error *err)
{
    static const char magic[] = "SQLite format 3";
    unsigned char header[HEADER_SIZE] = {0};
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    int rc = sqlite3_file_control(journal->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);

    if (rc == SQLITE_OK && (file == NULL || file->pMethods == NULL)) {
        rc = SQLITE_CANTOPEN;
    }
    if (rc == SQLITE_OK) {
        rc = file->pMethods->xFileSize(file, &size);
    }
    if (rc != SQLITE_OK) {
        return journal_fail_sqlite(journal, rc, "open", err);
    }
    if (size == 0) {
        return journal_fail_foreign(journal->path, "the file is empty", err);
    }
    if (size < HEADER_SIZE) {
        return journal_fail_foreign(journal->path, "it is no journal of ferry", err);
    }
    rc = file->pMethods->xRead(file, header, HEADER_SIZE, 0);
    if (rc != SQLITE_OK) {
        return journal_fail_sqlite(journal, rc, "read", err);
    }
    if (memcmp(header, magic, sizeof(magic)) != 0) {
        return journal_fail_foreign(journal->path, "it is no journal of ferry", err);
    }
    if (big_endian(header + 68) != JOURNAL_APPLICATION_ID) {
        return journal_fail_foreign(journal->path, "it is a database of another program", err);
    }
    if ((int64_t)big_endian(header + 60) > journal->hooks.version) {
        return journal_fail_newer(journal->path, (int)big_endian(header + 60),
                                  journal->hooks.version, err);
    }
    return FERRY_OK;
}

/* Once more through SQLite, since the truth may still lie in the WAL. */
static enum ferry_code check_version(struct journal *journal, int *version, struct ferry_error *err)
{
    int64_t application = 0;
    int64_t found = 0;
    enum ferry_code code = journal_query_int(journal, "PRAGMA application_id", &application, err);

    if (code == FERRY_OK) {
        code = journal_query_int(journal, "PRAGMA user_version", &found, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    if (application != JOURNAL_APPLICATION_ID) {
        return journal_fail_foreign(journal->path, "it is a database of another program", err);
    }
    if (found > journal->hooks.version) {
        return journal_fail_newer(journal->path, (int)found, journal->hooks.version, err);
    }
    *version = (int)found;
    return FERRY_OK;
}

/* Asks for a mode and believes only the answer: NFS refuses WAL, builds differ in defaults. */
static enum ferry_code set_durable(struct journal *journal, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    static const char *const levels[] = {"OFF", "NORMAL", "FULL", "EXTRA"};
    const char *wanted = journal->hooks.synchronous;
    char *mode = NULL;
    int64_t level = -1;
    enum ferry_code code = query_text(journal, scope, "PRAGMA journal_mode=WAL", &mode, err);

    if (code != FERRY_OK) {
        return code;
    }
    if (mode == NULL || strcmp(mode, "wal") != 0) {
        return journal_fail_foreign(journal->path,
                                    "its file system does not carry a write-ahead log (WAL)", err);
    }
    code = journal_exec(journal, mem_printf(scope, "PRAGMA synchronous=%s", wanted), "open", err);
    if (code == FERRY_OK) {
        code = journal_query_int(journal, "PRAGMA synchronous", &level, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    if (level < 0 || level >= (int64_t)FERRY_COUNT(levels) || strcmp(levels[level], wanted) != 0) {
        return journal_fail_foreign(journal->path, "SQLite does not take synchronous=FULL", err);
    }
    return FERRY_OK;
}

static enum ferry_code harden(struct journal *journal, struct ferry_error *err)
{
    sqlite3_db_config(journal->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    return journal_exec(journal, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;", "open",
                        err);
}

/* Only after a kill, and only where it is quick: a full check belongs to `ferry doctor`. */
static enum ferry_code check_content(struct journal *journal, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    int64_t clean = 0;
    int64_t pages = 0;
    char *answer = NULL;
    enum ferry_code code;

    code = journal_query_int(journal, "SELECT clean_close FROM meta WHERE one=1", &clean, err);
    if (code == FERRY_OK) {
        code = journal_query_int(journal, "PRAGMA page_count", &pages, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    if (clean != 0 || pages * 4096 > journal->hooks.quick_check_limit) {
        return FERRY_OK;
    }
    code = query_text(journal, scope, "PRAGMA quick_check(1)", &answer, err);
    if (code != FERRY_OK) {
        return code;
    }
    if (answer != NULL && strcmp(answer, "ok") == 0) {
        return FERRY_OK;
    }
    ferry_fail(err, FERRY_E_JOURNAL, "cannot open the journal \"%s\": it is damaged (%s)",
               journal->path, answer == NULL ? "no answer" : answer);
    ferry_error_hint(err, "keep %s and its -wal as they are and restore a copy", journal->path);
    return FERRY_E_JOURNAL;
}

/* The lock file may have lost its time with the power; what is on disk says no less. */
static enum ferry_code read_last_alive(struct journal *journal, struct ferry_error *err)
{
    int64_t stored = 0;
    enum ferry_code code = journal_query_int(
        journal,
        "SELECT max(opened_at,coalesce((SELECT at FROM event ORDER BY id DESC LIMIT 1),0))"
        " FROM meta WHERE one=1",
        &stored, err);

    if (code == FERRY_OK && stored > journal->last_alive_ms) {
        journal->last_alive_ms = stored;
    }
    return code;
}

static enum ferry_code raise_epoch(struct journal *journal, struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = FERRY_OK;
    int rc = sqlite3_prepare_v2(journal->db,
                                "UPDATE meta SET epoch=epoch+1,clean_close=0,owner=?1,opened_at=?2"
                                " WHERE one=1 RETURNING epoch",
                                -1, &statement, NULL);

    if (rc == SQLITE_OK) {
        struct binder binder = {.statement = statement};

        bind_text(&binder, journal_lock_owner(journal->lock));
        bind_int(&binder, journal->clock->realtime_ms(journal->clock));
        rc = sqlite3_step(statement);
    }
    if (rc == SQLITE_ROW) {
        journal->epoch = sqlite3_column_int64(statement, 0);
        rc = sqlite3_step(statement); /* here it commits */
    }
    if (rc != SQLITE_DONE) {
        code = journal_fail_sqlite(journal, rc, "open", err);
    } else if (journal->epoch == 0) {
        code = journal_fail_foreign(journal->path, "a row that every journal has is missing", err);
    }
    sqlite3_finalize(statement);
    return code;
}

static enum ferry_code open_file(struct journal *journal, const char *name, int more_flags,
                                 struct ferry_error *err)
{
    int flags = journal->mode == JOURNAL_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    int rc = sqlite3_open_v2(name, &journal->db,
                             flags | more_flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                             journal->hooks.vfs);

    if (rc != SQLITE_OK) {
        return journal_fail_sqlite(journal, rc, "open", err);
    }
    /* Until the file is known to be ours and not newer, closing it must not write to it either. */
    sqlite3_db_config(journal->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    sqlite3_busy_timeout(journal->db, BUSY_TIMEOUT_MS);
    if (journal->mode == JOURNAL_WRITE && sqlite3_db_readonly(journal->db, "main") == 1) {
        return journal_fail_system(journal->path, EACCES, "write the journal", err);
    }
    return check_header(journal, err);
}

static enum ferry_code open_checked(struct journal *journal, int *version, struct ferry_error *err)
{
    enum ferry_code code = open_file(journal, journal->path, 0, err);

    if (code == FERRY_OK) {
        code = harden(journal, err);
    }
    if (code == FERRY_OK) {
        code = check_version(journal, version, err);
    }
    return code;
}

/* SQLite reads a journal beside a WAL and its index, which it makes where they are absent. In a
   folder where it may not, and without a WAL, the file alone is the truth: it was closed in order,
   and no writer of this user can begin meanwhile. */
static enum ferry_code open_archived(struct journal *journal, int *version, struct ferry_error *err)
{
    struct buf name;
    int64_t bytes = 0;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    char *wal = mem_printf(scope, "%s-wal", journal->path);
    char *folder = mem_strndup(scope, journal->path,
                               (size_t)(strrchr(journal->path, '/') + 1 - journal->path));
    enum ferry_code code;

    if (access(folder, W_OK) == 0 || journal->hooks.files->size(wal, &bytes) != ENOENT) {
        return FERRY_E_JOURNAL;
    }
    buf_init(&name, scope, SIZE_MAX);
    if (!buf_puts(&name, "file:") || !buf_put_escaped(&name, journal->path) ||
        !buf_puts(&name, "?immutable=1")) {
        return FERRY_E_JOURNAL;
    }
    sqlite3_close(journal->db);
    journal->db = NULL;
    code = open_file(journal, buf_text(&name), SQLITE_OPEN_URI, err);
    if (code == FERRY_OK) {
        code = harden(journal, err);
    }
    if (code == FERRY_OK) {
        code = check_version(journal, version, err);
    }
    return code;
}

static enum ferry_code open_readable(struct journal *journal, int *version, struct ferry_error *err)
{
    enum ferry_code code = open_checked(journal, version, err);

    return code == FERRY_E_JOURNAL ? open_archived(journal, version, err) : code;
}

static enum ferry_code open_writer(struct journal *journal, int version, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    enum ferry_code code = set_durable(journal, err);

    if (code == FERRY_OK) {
        code = check_content(journal, err);
    }
    if (code == FERRY_OK && version < journal->hooks.version) {
        code = journal_migrate(journal, version, err);
    }
    if (code == FERRY_OK) {
        code =
            journal_exec(journal,
                         mem_printf(scope, "PRAGMA foreign_keys=ON; PRAGMA journal_size_limit=%d;",
                                    WAL_SIZE_LIMIT),
                         "open", err);
    }
    if (code == FERRY_OK) {
        code = read_last_alive(journal, err);
    }
    if (code == FERRY_OK) {
        code = raise_epoch(journal, err);
    }
    if (code == FERRY_OK) {
        journal_alive(journal, journal->clock->realtime_ms(journal->clock));
    }
    return code;
}

static enum ferry_code open_reader(struct journal *journal, int version, struct ferry_error *err)
{
    if (version < journal->hooks.version) {
        ferry_fail(err, FERRY_E_JOURNAL,
                   "cannot read the journal \"%s\": it is of an older ferry (version %d, this "
                   "ferry reads %d)",
                   journal->path, version, journal->hooks.version);
        ferry_error_hint(err, "any command that writes brings it up to date: ferry resume");
        return FERRY_E_JOURNAL;
    }
    journal->last_alive_ms = journal_lock_read_alive(journal->path);
    enum ferry_code code = read_last_alive(journal, err);

    if (code == FERRY_OK) {
        code =
            journal_query_int(journal, "SELECT epoch FROM meta WHERE one=1", &journal->epoch, err);
    }
    return code;
}

/* Creates the file where it may and must. */
static enum ferry_code find_file(struct journal *journal, const struct journal_options *options,
                                 struct ferry_error *err)
{
    int64_t bytes = 0;
    int sys = journal->hooks.files->size(journal->path, &bytes);

    if (sys == ENOENT && journal->mode == JOURNAL_WRITE) {
        return journal_create(journal, options, err);
    }
    if (sys == ENOENT) {
        ferry_fail(err, FERRY_E_NOT_FOUND, "there is no journal \"%s\"", journal->path);
        ferry_error_hint(err, "ferry run begins one; --journal FILE names another");
        return FERRY_E_NOT_FOUND;
    }
    return sys == 0 ? FERRY_OK : journal_fail_system(journal->path, sys, "open the journal", err);
}

static enum ferry_code take_lock(struct journal *journal, const struct journal_options *options,
                                 struct ferry_error *err)
{
    struct journal_lock_options lock = {
        .journal = journal->path,
        .owner = options->owner,
        .now_ms = journal->clock->realtime_ms(journal->clock),
        .disable = options->disable_lock,
    };

    if (journal->mode == JOURNAL_READ) {
        return FERRY_OK;
    }
    return journal_lock_take(journal, &lock, &journal->lock, &journal->last_alive_ms, err);
}

static void set_hooks(struct journal *journal, const struct journal_hooks *hooks)
{
    struct journal_hooks *own = &journal->hooks;

    if (hooks != NULL) {
        *own = *hooks;
    }
    if (own->files == NULL) {
        own->files = &journal_system_files;
    }
    if (own->synchronous == NULL) {
        own->synchronous = SYNCHRONOUS;
    }
    if (own->version == 0) {
        own->version = JOURNAL_VERSION;
    }
    if (own->migrations == NULL) {
        own->migrations = journal_migrations;
    }
    if (own->quick_check_limit == 0) {
        own->quick_check_limit = QUICK_CHECK_LIMIT;
    }
}

enum ferry_code journal_open_hooked(const void *ctx, const struct journal_options *options,
                                    const struct journal_hooks *hooks, struct journal **out,
                                    struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct journal *journal = mem_new(scope, struct journal);
    bool writes = options->mode == JOURNAL_WRITE;
    int version = 0;
    enum ferry_code code;

    journal->mode = options->mode;
    journal->clock = options->clock == NULL ? clock_system() : options->clock;
    set_hooks(journal, hooks);
    talloc_set_destructor(journal, journal_release);
    code = journal_resolve(journal, options->path, writes, &journal->path, err);
    if (code == FERRY_OK && !options->allow_network_fs) {
        code = journal_check_fs(journal->hooks.files, journal->path, err);
    }
    if (code == FERRY_OK) {
        code = take_lock(journal, options, err);
    }
    if (code == FERRY_OK) {
        code = find_file(journal, options, err);
    }
    if (code == FERRY_OK) {
        code =
            writes ? open_checked(journal, &version, err) : open_readable(journal, &version, err);
    }
    if (code == FERRY_OK) {
        code = writes ? open_writer(journal, version, err) : open_reader(journal, version, err);
    }
    if (code == FERRY_OK) {
        *out = mem_move(ctx, journal);
    }
    return code;
}

enum ferry_code journal_open(const void *ctx, const struct journal_options *options,
                             struct journal **out, struct ferry_error *err)
{
    return journal_open_hooked(ctx, options, NULL, out, err);
}
