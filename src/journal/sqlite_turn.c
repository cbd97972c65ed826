#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "journal/sqlite.h"

static enum ferry_code fail_broken(const struct journal *journal, struct ferry_error *err)
{
    ferry_fail(err, FERRY_E_JOURNAL,
               "cannot write the journal \"%s\": a commit failed before, and it is not known what "
               "reached the disk",
               journal->path);
    ferry_error_hint(err, "once the cause is removed: ferry resume");
    return FERRY_E_JOURNAL;
}

static enum ferry_code fail_fenced(struct journal *journal, struct ferry_error *err)
{
    journal->fenced = true;
    ferry_fail(err, FERRY_E_FENCED,
               "cannot write the journal \"%s\": another ferry has taken it over since",
               journal->path);
    ferry_error_hint(err, "nothing more is sent from here; see: ferry status");
    return FERRY_E_FENCED;
}

/* Ends the turn without a trace; what it had collected is forgotten. */
static void end_turn(struct journal *journal, bool keep_seq)
{
    for (size_t at = 0; at < journal->delta_count; at++) {
        struct step_delta *delta = &journal->deltas[at];

        memset(delta->units, 0, sizeof(delta->units));
        delta->dirty = false;
        if (!keep_seq) {
            delta->next_seq = -1;
        }
    }
    journal->in_turn = false;
    journal->turn_failed = false;
}

void journal_rollback(struct journal *journal)
{
    if (!journal->in_turn) {
        return;
    }
    /* SQLite itself has rolled back after some errors; then this would be one more. */
    if (sqlite3_get_autocommit(journal->db) == 0 &&
        sqlite3_exec(journal->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK) {
        journal->broken = true;
    }
    end_turn(journal, false);
}

/* Notes up to which change of the file the epoch is known to be ours. */
static void know_fence(struct journal *journal)
{
    journal->fence_known = sqlite3_file_control(journal->db, "main", SQLITE_FCNTL_DATA_VERSION,
                                                &journal->fence_version) == SQLITE_OK;
}

/* Is the epoch on disk still ours? Asked with the write lock held, so the answer lasts. While no
   other connection has committed anything since the last answer, it cannot be another: SQLite
   counts such commits, and telling so costs a tenth of the question. It counts our own as well:
   that is why journal_commit notes the count anew. */
static enum ferry_code check_fence(struct journal *journal, struct ferry_error *err)
{
#ifdef FERRY_MUTANT_FENCE
    (void)err;
    (void)fail_fenced;
    return journal == NULL ? FERRY_E_FENCED : FERRY_OK;
#else
    sqlite3_stmt *statement = NULL;
    unsigned version = 0;
    enum ferry_code code;
    int rc = sqlite3_file_control(journal->db, "main", SQLITE_FCNTL_DATA_VERSION, &version);

    if (rc == SQLITE_OK && journal->fence_known && version == journal->fence_version) {
        return FERRY_OK;
    }
    journal->fence_known = false;
    code = journal_statement(journal, STATEMENT_FENCE, &statement, err);
    if (code != FERRY_OK) {
        return code;
    }
    struct binder binder = {.statement = statement};

    bind_int(&binder, journal->epoch);
    rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE) {
        code = fail_fenced(journal, err);
    } else if (rc != SQLITE_ROW) {
        code = journal_fail_sqlite(journal, rc, "write", err);
    }
    sqlite3_reset(statement);
    if (code == FERRY_OK) {
        know_fence(journal);
    }
    return code;
#endif
}

enum ferry_code journal_begin(struct journal *journal, struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code;

    assert(journal->mode == JOURNAL_WRITE && !journal->in_turn);
    if (journal->fenced) {
        return fail_fenced(journal, err);
    }
    if (journal->broken) {
        return fail_broken(journal, err);
    }
    code = journal_statement(journal, STATEMENT_BEGIN, &statement, err);
    if (code == FERRY_OK) {
        code = journal_step_once(journal, statement, "write", err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    journal->in_turn = true;
    code = check_fence(journal, err);
    if (code != FERRY_OK) {
        journal_rollback(journal);
    }
    return code;
}

struct step_delta *journal_delta(struct journal *journal, int64_t run, int step)
{
    struct step_delta *delta;

    if (journal->delta_last < journal->delta_count) {
        delta = &journal->deltas[journal->delta_last];
        if (delta->run == run && delta->step == step) {
            return delta;
        }
    }
    for (size_t at = 0; at < journal->delta_count; at++) {
        delta = &journal->deltas[at];
        if (delta->run == run && delta->step == step) {
            journal->delta_last = at;
            return delta;
        }
    }
    if (journal->delta_count == journal->delta_room) {
        journal->delta_room = journal->delta_room == 0 ? 16 : journal->delta_room * 2;
        journal->deltas =
            mem_resize(journal, journal->deltas, struct step_delta, journal->delta_room);
    }
    journal->delta_last = journal->delta_count++;
    delta = &journal->deltas[journal->delta_last];
    *delta = (struct step_delta){.run = run, .step = step, .next_seq = -1};
    return delta;
}

static enum ferry_code write_delta(struct journal *journal, struct step_delta *delta,
                                   struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = journal_statement(journal, STATEMENT_STEP_COUNT, &statement, err);
    struct binder binder = {.statement = statement};
    int64_t total = 0;

    if (code != FERRY_OK) {
        return code;
    }
    for (int state = UNIT_PENDING; state <= UNIT_CANCELLED; state++) {
        total += delta->units[state];
    }
    bind_int(&binder, total);
    bind_int(&binder, delta->units[UNIT_DONE]);
    bind_int(&binder, delta->units[UNIT_SKIPPED]);
    bind_int(&binder, delta->units[UNIT_FAILED]);
    bind_int(&binder, delta->units[UNIT_INTENT] + delta->units[UNIT_STARTED]);
    bind_int(&binder, delta->units[UNIT_UNKNOWN]);
    bind_int(&binder, JOURNAL_STEP_ID(delta->run, delta->step));
    code = journal_step_once(journal, statement, "write", err);
    if (code == FERRY_OK && sqlite3_changes(journal->db) != 1) {
        ferry_fail(err, FERRY_E_JOURNAL,
                   "cannot write the journal \"%s\": the counters of a step are missing",
                   journal->path);
        ferry_error_hint(err, "the journal is damaged: keep it as it is and restore a copy");
        code = FERRY_E_JOURNAL;
    }
    if (code != FERRY_OK) {
        return code;
    }
    memset(delta->units, 0, sizeof(delta->units));
    delta->dirty = false;
    return FERRY_OK;
}

enum ferry_code journal_flush_deltas(struct journal *journal, struct ferry_error *err)
{
    for (size_t at = 0; at < journal->delta_count; at++) {
        if (!journal->deltas[at].dirty) {
            continue;
        }
        enum ferry_code code = write_delta(journal, &journal->deltas[at], err);

        if (code != FERRY_OK) {
            journal->turn_failed = true;
            return code;
        }
    }
    return FERRY_OK;
}

enum ferry_code journal_commit(struct journal *journal, struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code;

    assert(journal->in_turn);
    if (journal->turn_failed) {
        journal_rollback(journal);
        ferry_fail(err, FERRY_E_JOURNAL,
                   "cannot commit to the journal \"%s\": a change of this turn was refused",
                   journal->path);
        return FERRY_E_JOURNAL;
    }
    code = journal_flush_deltas(journal, err);
    if (code == FERRY_OK) {
        code = journal_statement(journal, STATEMENT_COMMIT, &statement, err);
    }
    if (code == FERRY_OK) {
        code = journal_step_once(journal, statement, "write", err);
    }
    if (code != FERRY_OK) {
        journal_rollback(journal);
        journal->broken = true;
        return code;
    }
    /* No other commit can be among those counted by now: SQLite counts them when it begins. */
    know_fence(journal);
    end_turn(journal, true);
    return FERRY_OK;
}

/* The mark of a clean end, under the fence: of a journal that is another's now, nothing is written.
 */
static enum ferry_code mark_clean(struct journal *journal)
{
    enum ferry_code code = journal_begin(journal, NULL);

    if (code != FERRY_OK) {
        return code;
    }
    code = journal_exec(journal, "UPDATE meta SET clean_close=1 WHERE one=1", "close", NULL);
    if (code == FERRY_OK) {
        return journal_commit(journal, NULL);
    }
    journal_rollback(journal);
    return code;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL) {
        return;
    }
    journal_rollback(journal);
    if (journal->mode == JOURNAL_WRITE && mark_clean(journal) == FERRY_OK) {
        /* Without a reader in the way this empties the WAL; with one it stays, and is no less
           durable. */
        journal->clean = true;
        sqlite3_busy_timeout(journal->db, 0);
        sqlite3_wal_checkpoint_v2(journal->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    }
    mem_free(journal);
}

int64_t journal_epoch(const struct journal *journal)
{
    return journal->epoch;
}

int64_t journal_last_alive_ms(const struct journal *journal)
{
    return journal->last_alive_ms;
}

void journal_alive(struct journal *journal, int64_t now_ms)
{
    if (journal->lock != NULL) {
        journal_lock_alive(journal->lock, now_ms);
    }
}

bool journal_intent_is_open(struct journal *journal, const char *intent_id)
{
    sqlite3_stmt *statement = NULL;
    bool is_open = false;

    if (journal->in_turn || journal->broken || intent_id == NULL || intent_id[0] == '\0') {
        return false;
    }
    if (journal_statement(journal, STATEMENT_INTENT, &statement, NULL) != FERRY_OK) {
        return false;
    }
    struct binder binder = {.statement = statement};

    bind_id(&binder, intent_id);
    bind_int(&binder, journal->epoch);
    is_open = sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_reset(statement);
    return is_open;
}
