#include "journal/statements.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "journal/sqlite.h"

#define RUN_COLUMNS                                                                                \
    "run,uuid,name,workflow,target,state,options,facts,error,hint,code,ferry_version,stop_before," \
    "created_at,updated_at,cancel_at"
#define STEP_COLUMNS                                                                               \
    "run,id&255,name,def,fanout,state,cursor,error,hint,n_total,n_done,n_skipped,n_failed,"        \
    "n_open,n_unknown,started_at,ended_at"
#define UNIT_COLUMNS                                                                               \
    "id>>40,id>>32&255,id&4294967295,key,state,attempt,tries,not_before,deadline_at,intent_at,"    \
    "started_at,ended_at,intent_id,request_digest,remote_id,remote_state,error,hint,data,http"
#define EVENT_COLUMNS "id,run,step,seq,epoch,at,kind,data"

#define LIVE "state IN ('running','paused','blocked')"

/* What changes in the life of a unit besides its intent. Numbered alike in all three statements. */
#define UNIT_SET                                                                                   \
    "UPDATE unit SET state=?1,attempt=?2,tries=?3,epoch=?4,not_before=?5,deadline_at=?6,"          \
    "intent_at=?7,started_at=?8,ended_at=?9,remote_id=?10,remote_state=?11,error=?12,hint=?13,"    \
    "data=?14,http=?15,room=?16"
/* The planner does not choose a partial index without statistics: it is named. */
#define UNITS_IN(table, states)                                                                    \
    "SELECT " UNIT_COLUMNS " FROM " table " WHERE id>?1 AND id<=?2 AND " states                    \
    " ORDER BY id LIMIT ?3"

static const char *const statement_texts[JOURNAL_STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_FENCE] = "SELECT 1 FROM meta WHERE one=1 AND epoch=?1",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_RUN_ADD] = "INSERT INTO run(state,facts,error,hint,code,stop_before,cancel_at,"
                          "updated_at,epoch,uuid,name,workflow,target,options,ferry_version,"
                          "created_at,events_after) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,"
                          "?13,?14,?15,?16,(SELECT coalesce(max(id),0) FROM event))",
    [STATEMENT_RUN_UPDATE] = "UPDATE run SET state=?1,facts=?2,error=?3,hint=?4,code=?5,"
                             "stop_before=?6,cancel_at=?7,updated_at=?8,epoch=?9 WHERE run=?10",
    [STATEMENT_RUN_LIVE] = "SELECT name FROM run INDEXED BY run_one_live_per_target"
                           " WHERE target=?1 AND " LIVE,
    [STATEMENT_STEP_ADD] = "INSERT INTO step(state,cursor,error,hint,started_at,ended_at,id,run,"
                           "name,def,fanout) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
    [STATEMENT_STEP_UPDATE] = "UPDATE step SET state=?1,cursor=?2,error=?3,hint=?4,started_at=?5,"
                              "ended_at=?6 WHERE id=?7",
    [STATEMENT_STEP_COUNT] = "UPDATE hot SET n_total=n_total+?1,n_done=n_done+?2,"
                             "n_skipped=n_skipped+?3,n_failed=n_failed+?4,n_open=n_open+?5,"
                             "n_unknown=n_unknown+?6 WHERE of=?7",
    [STATEMENT_STEP_COUNT_ADD] = "INSERT INTO hot(of,n_total,n_done,n_skipped,n_failed,n_open,"
                                 "n_unknown) VALUES(?1,0,0,0,0,0,0)",
    [STATEMENT_OPEN_ADD] = "INSERT INTO hot(of,unit) VALUES(?1,?2)",
    [STATEMENT_OPEN_REMOVE] = "DELETE FROM hot WHERE of=?1",
    [STATEMENT_OPEN_REMOVE_UNIT] = "DELETE FROM hot WHERE of="
                                   "(SELECT intent_id FROM unit WHERE id=?1)",
    [STATEMENT_UNIT_NEXT_SEQ] = "SELECT max(id) FROM unit WHERE id BETWEEN ?1 AND ?2",
    [STATEMENT_UNIT_SEQ] = "SELECT id FROM unit WHERE of=?1 AND key=?2",
    [STATEMENT_UNIT_ADD] =
        "INSERT INTO unit(state,attempt,tries,epoch,not_before,deadline_at,intent_at,started_at,"
        "ended_at,remote_id,remote_state,error,hint,data,http,room,id,of,intent_id,request_digest,"
        "key) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21)"
        " ON CONFLICT(of,key) DO NOTHING",
    [STATEMENT_UNIT_UPDATE] = UNIT_SET ",intent_id=?19,request_digest=?20"
                                       " WHERE id=?17 AND state=?18",
    [STATEMENT_UNIT_UPDATE_OPEN] = UNIT_SET " WHERE id=?17 AND state=?18 AND intent_id=?19",
    [STATEMENT_EVENT_ADD] = "INSERT INTO event(run,step,seq,epoch,at,kind,data)"
                            " VALUES(?1,?2,?3,?4,?5,?6,?7)",
    [STATEMENT_RUN_BY_NAME] = "SELECT " RUN_COLUMNS " FROM run WHERE name=?1",
    [STATEMENT_RUN_BY_PREFIX] =
        "SELECT " RUN_COLUMNS " FROM run WHERE uuid>=?1 AND uuid<?1||'g' ORDER BY uuid LIMIT 2",
    [STATEMENT_RUNS_LIVE] = "SELECT " RUN_COLUMNS " FROM run WHERE " LIVE " ORDER BY run LIMIT 2",
    [STATEMENT_RUNS] = "SELECT " RUN_COLUMNS " FROM run ORDER BY run DESC",
    /* The plus takes away the affinity of the id, with which `of` could not be looked up. */
    [STATEMENT_STEPS] = "SELECT " STEP_COLUMNS " FROM step LEFT JOIN hot ON of=+id"
                        " WHERE id BETWEEN ?1<<8 AND ?1<<8|255 ORDER BY id",
    [STATEMENT_UNITS_PENDING] = UNITS_IN("unit", "state=0"),
    [STATEMENT_UNITS_OPEN] = "SELECT " UNIT_COLUMNS " FROM unit WHERE id IN"
                             " (SELECT unit FROM hot WHERE unit>?1 AND unit<=?2)"
                             " ORDER BY id LIMIT ?3",
    [STATEMENT_UNITS_STUCK] = UNITS_IN("unit INDEXED BY unit_stuck", "state IN (5,6)"),
    [STATEMENT_UNITS_ALL] =
        "SELECT " UNIT_COLUMNS " FROM unit WHERE id>?1 AND id<=?2 ORDER BY id LIMIT ?3",
    [STATEMENT_UNIT_BY_KEY] = "SELECT " UNIT_COLUMNS " FROM unit WHERE of=?1 AND key=?2",
    [STATEMENT_EVENTS] = "SELECT " EVENT_COLUMNS " FROM event WHERE id>?1 ORDER BY id LIMIT ?2",
    [STATEMENT_EVENTS_OF_RUN] = "SELECT " EVENT_COLUMNS " FROM event"
                                " WHERE run=?1 AND id>max(?2,(SELECT events_after FROM run WHERE"
                                " run=?1)) ORDER BY id LIMIT ?3",
#ifdef FERRY_MUTANT_FENCE
    [STATEMENT_INTENT] = "SELECT 1 FROM hot JOIN unit ON unit.id=hot.unit"
                         " WHERE hot.of=?1 AND intent_id=?1 AND state=1 AND epoch=?2",
#else
    [STATEMENT_INTENT] = "SELECT 1 FROM hot JOIN unit ON unit.id=hot.unit JOIN meta ON one=1"
                         " WHERE hot.of=?1 AND intent_id=?1 AND state=1 AND unit.epoch=?2"
                         " AND meta.epoch=?2",
#endif
};

enum ferry_code journal_statement(struct journal *journal, enum journal_statement which,
                                  sqlite3_stmt **out, struct ferry_error *err)
{
    sqlite3_stmt **slot = &journal->statements[which];
    int rc;

    if (*slot == NULL) {
        rc = sqlite3_prepare_v3(journal->db, statement_texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                slot, NULL);
        if (rc != SQLITE_OK) {
            return journal_fail_sqlite(journal, rc, "read", err);
        }
    }
    *out = *slot;
    return FERRY_OK;
}

enum ferry_code journal_step_once(struct journal *journal, sqlite3_stmt *statement,
                                  const char *what, struct ferry_error *err)
{
    int rc = sqlite3_step(statement);
    enum ferry_code code = FERRY_OK;

    if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
        code = journal_fail_sqlite(journal, rc, what, err); /* before the reset forgets it */
    }
    sqlite3_reset(statement);
    return code;
}

/* A failed bind (no memory, a text over SQLite's limit of 1 GB) would write NULL in its place. */
static void check_bind(int rc)
{
    if (rc != SQLITE_OK) {
        mem_exhausted();
    }
}

void bind_int(struct binder *binder, int64_t value)
{
    check_bind(sqlite3_bind_int64(binder->statement, ++binder->at, value));
}

void bind_null(struct binder *binder)
{
    check_bind(sqlite3_bind_null(binder->statement, ++binder->at));
}

void bind_zeros(struct binder *binder, int size)
{
    check_bind(sqlite3_bind_zeroblob(binder->statement, ++binder->at, size));
}

void bind_text(struct binder *binder, const char *text)
{
    check_bind(sqlite3_bind_text(binder->statement, ++binder->at, text, -1, SQLITE_STATIC));
}

/* The value of a digit and one more; 0: no digit. Every turn packs half a dozen ids. */
static const unsigned char hex_values[UCHAR_MAX + 1] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

static bool is_dash(size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

/* 36 characters of a uuid or 64 of a SHA-256, lower case, into bytes; 0: neither. */
static int pack_id(const char *text, unsigned char *out)
{
    size_t length = strlen(text);
    bool is_uuid = length == UUID_TEXT_SIZE - 1;
    int size = 0;

    if (!is_uuid && length != DIGEST_SHA256_HEX - 1) {
        return 0;
    }
    for (size_t at = 0; at < length; at += 2) {
        unsigned high;
        unsigned low;

        if (is_uuid && is_dash(at)) {
            if (text[at] != '-') {
                return 0;
            }
            at++;
        }
        high = hex_values[(unsigned char)text[at]];
        low = hex_values[(unsigned char)text[at + 1]];
        if (high == 0 || low == 0) {
            return 0;
        }
        out[size++] = (unsigned char)((high - 1) << 4 | (low - 1));
    }
    return size;
}

void bind_id(struct binder *binder, const char *text)
{
    unsigned char *bytes;
    int size;

    assert(binder->ids < BINDER_IDS);
    bytes = binder->packed[binder->ids];
    size = text == NULL ? 0 : pack_id(text, bytes);
    if (size == 0) {
        bind_text(binder, text == NULL || text[0] == '\0' ? NULL : text);
        return;
    }
    binder->ids++;
    check_bind(sqlite3_bind_blob(binder->statement, ++binder->at, bytes, size, SQLITE_STATIC));
}

int64_t column_int(struct columns *columns)
{
    return sqlite3_column_int64(columns->statement, columns->at++);
}

const char *column_text(struct columns *columns)
{
    int at = columns->at++;
    const unsigned char *text = sqlite3_column_text(columns->statement, at);

    if (text == NULL) {
        return NULL;
    }
    return mem_strndup(columns->ctx, (const char *)text,
                       (size_t)sqlite3_column_bytes(columns->statement, at));
}

static void unpack_id(const unsigned char *bytes, int size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;

    for (int at = 0; at < size; at++) {
        if (size == 16 && is_dash(used)) {
            out[used++] = '-';
        }
        out[used++] = digits[bytes[at] >> 4];
        out[used++] = digits[bytes[at] & 15];
    }
    out[used] = '\0';
}

/* The text of an id column, in out where it was packed; NULL where the column is NULL. */
static const char *id_text(struct columns *columns, char out[DIGEST_SHA256_HEX])
{
    int at = columns->at++;
    int size;

    if (sqlite3_column_type(columns->statement, at) != SQLITE_BLOB) {
        return (const char *)sqlite3_column_text(columns->statement, at);
    }
    size = sqlite3_column_bytes(columns->statement, at);
    if (size != 16 && size != 32) {
        return NULL;
    }
    unpack_id(sqlite3_column_blob(columns->statement, at), size, out);
    return out;
}

const char *column_id(struct columns *columns)
{
    char text[DIGEST_SHA256_HEX];

    return mem_strdup(columns->ctx, id_text(columns, text));
}

void column_fixed(struct columns *columns, char *out, size_t size)
{
    char packed[DIGEST_SHA256_HEX];
    const char *text = id_text(columns, packed);
    size_t length = text == NULL ? 0 : strnlen(text, size - 1);

    if (length > 0) {
        memcpy(out, text, length);
    }
    out[length] = '\0';
}
