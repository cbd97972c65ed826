#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "journal/sqlite.h"

/* A change that failed spoils its turn: half of it must not be committed. */
static enum ferry_code spoil(struct journal *journal, enum ferry_code code)
{
    if (code == FERRY_E_JOURNAL) {
        journal->turn_failed = true;
    }
    return code;
}

static enum ferry_code fail_row(struct journal *journal, struct ferry_error *err, const char *what)
{
    ferry_fail(err, FERRY_E_JOURNAL, "cannot write the journal \"%s\": %s", journal->path, what);
    return spoil(journal, FERRY_E_JOURNAL);
}

static enum ferry_code check_json(struct journal *journal, const char *column, const char *text,
                                  struct ferry_error *err)
{
    void *scope FERRY_SCOPE = NULL;
    struct json *tree = NULL;

    if (text == NULL) {
        return FERRY_OK;
    }
    scope = mem_scope(NULL);
    if (json_parse(scope, text, strlen(text), &tree, err) == FERRY_OK) {
        return FERRY_OK;
    }
    ferry_error_prefix(err, "cannot write the journal \"%s\": column %s", journal->path, column);
    if (err != NULL) {
        err->code = FERRY_E_JOURNAL;
    }
    return spoil(journal, FERRY_E_JOURNAL);
}

/* Brackets and strings that are closed: all that is looked for in the data of units and events,
   thousands of which are written in a second. */
static bool is_closed(const char *text)
{
    bool in_string = false;
    int depth = 0;

    for (const char *at = text; *at != '\0' && depth >= 0; at++) {
        if (in_string && *at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == '"') {
            in_string = !in_string;
        } else if (!in_string) {
            depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
        }
    }
    return text[0] != '\0' && !in_string && depth == 0;
}

static enum ferry_code check_closed(struct journal *journal, const char *text,
                                    struct ferry_error *err)
{
    if (text == NULL || is_closed(text)) {
        return FERRY_OK;
    }
    return fail_row(journal, err, "column data is no JSON");
}

/* The statement of a change, to be bound; only inside a turn. */
static enum ferry_code change(struct journal *journal, enum journal_statement which,
                              sqlite3_stmt **out, struct ferry_error *err)
{
    assert(journal->in_turn);
    return spoil(journal, journal_statement(journal, which, out, err));
}

static enum ferry_code finish(struct journal *journal, sqlite3_stmt *statement,
                              struct ferry_error *err)
{
    return spoil(journal, journal_step_once(journal, statement, "write", err));
}

static const char *code_text(enum ferry_code code)
{
    return code == FERRY_OK ? NULL : ferry_code_name(code);
}

/* Which of the rules of `run` was broken? The answer is looked up, not read from SQLite's words. */
static enum ferry_code run_refused(struct journal *journal, const struct run_row *row,
                                   struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;

    if (run_is_live(row->state) &&
        journal_statement(journal, STATEMENT_RUN_LIVE, &statement, NULL) == FERRY_OK) {
        struct binder binder = {.statement = statement};
        bool found;

        bind_text(&binder, row->target);
        found = sqlite3_step(statement) == SQLITE_ROW;
        if (found) {
            const char *name = (const char *)sqlite3_column_text(statement, 0);

            ferry_fail(err, FERRY_E_REFUSED, "run %s of %s has not ended yet", name, row->target);
            ferry_error_hint(err, "ferry resume %s, or ferry cancel %s", name, name);
        }
        sqlite3_reset(statement);
        if (found) {
            return FERRY_E_REFUSED;
        }
    }
    ferry_fail(err, FERRY_E_REFUSED, "there is a run with the name %s already", row->name);
    ferry_error_hint(err, "ferry runs lists them");
    return FERRY_E_REFUSED;
}

/* What changes in the life of a run; both statements begin with it. */
static void bind_run(struct binder *binder, const struct journal *journal,
                     const struct run_row *row)
{
    bind_text(binder, run_state_name(row->state));
    bind_text(binder, row->facts);
    bind_text(binder, row->error);
    bind_text(binder, row->hint);
    bind_text(binder, code_text(row->code));
    bind_text(binder, row->stop_before);
    bind_int(binder, row->cancel_at_ms);
    bind_int(binder, row->updated_at_ms);
    bind_int(binder, journal->epoch);
}

static enum ferry_code finish_run(struct journal *journal, sqlite3_stmt *statement,
                                  const struct run_row *row, struct ferry_error *err)
{
    int rc = sqlite3_step(statement);
    enum ferry_code code = FERRY_OK;

    if (rc != SQLITE_DONE && rc != SQLITE_CONSTRAINT_UNIQUE) {
        code = spoil(journal, journal_fail_sqlite(journal, rc, "write", err));
    }
    sqlite3_reset(statement);
    return rc == SQLITE_CONSTRAINT_UNIQUE ? run_refused(journal, row, err) : code;
}

enum ferry_code journal_run_add(struct journal *journal, struct run_row *row,
                                struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = change(journal, STATEMENT_RUN_ADD, &statement, err);

    if (code == FERRY_OK) {
        code = check_json(journal, "options", row->options, err);
    }
    if (code == FERRY_OK) {
        code = check_json(journal, "facts", row->facts, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    struct binder binder = {.statement = statement};

    bind_run(&binder, journal, row);
    bind_text(&binder, row->uuid);
    bind_text(&binder, row->name);
    bind_text(&binder, row->workflow);
    bind_text(&binder, row->target);
    bind_text(&binder, row->options == NULL ? "{}" : row->options);
    bind_text(&binder, row->ferry_version == NULL ? FERRY_VERSION : row->ferry_version);
    bind_int(&binder, row->created_at_ms);
    code = finish_run(journal, statement, row, err);
    if (code == FERRY_OK) {
        row->run = sqlite3_last_insert_rowid(journal->db);
    }
    return code;
}

enum ferry_code journal_run_update(struct journal *journal, const struct run_row *row,
                                   struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = change(journal, STATEMENT_RUN_UPDATE, &statement, err);

    if (code == FERRY_OK) {
        code = check_json(journal, "facts", row->facts, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    struct binder binder = {.statement = statement};

    bind_run(&binder, journal, row);
    bind_int(&binder, row->run);
    code = finish_run(journal, statement, row, err); /* refused: an ended run was to live again */
    if (code == FERRY_OK && sqlite3_changes(journal->db) != 1) {
        return fail_row(journal, err, "there is no such run");
    }
    return code;
}

/* What changes in the life of a step, and its id; both statements begin with it. */
static void bind_step(struct binder *binder, const struct step_row *row)
{
    bind_text(binder, step_state_name(row->state));
    bind_text(binder, row->cursor);
    bind_text(binder, row->error);
    bind_text(binder, row->hint);
    bind_int(binder, row->started_at_ms);
    bind_int(binder, row->ended_at_ms);
    bind_int(binder, JOURNAL_STEP_ID(row->run, row->step));
}

/* The counters of a new step. */
static enum ferry_code add_counters(struct journal *journal, int64_t step_id,
                                    struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = change(journal, STATEMENT_STEP_COUNT_ADD, &statement, err);
    struct binder binder = {.statement = statement};

    if (code != FERRY_OK) {
        return code;
    }
    bind_int(&binder, step_id);
    return finish(journal, statement, err);
}

enum ferry_code journal_step_add(struct journal *journal, const struct step_row *row,
                                 struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = change(journal, STATEMENT_STEP_ADD, &statement, err);

    if (code == FERRY_OK) {
        code = check_json(journal, "cursor", row->cursor, err);
    }
    if (code == FERRY_OK && (row->step < 0 || row->step > JOURNAL_STEP_MAX)) {
        return fail_row(journal, err, "a run has no room for more steps");
    }
    if (code != FERRY_OK) {
        return code;
    }
    struct binder binder = {.statement = statement};

    bind_step(&binder, row);
    bind_int(&binder, row->run);
    bind_text(&binder, row->name);
    bind_int(&binder, row->def);
    bind_int(&binder, row->fanout ? 1 : 0);
    code = finish(journal, statement, err);
    return code == FERRY_OK ? add_counters(journal, JOURNAL_STEP_ID(row->run, row->step), err)
                            : code;
}

enum ferry_code journal_step_update(struct journal *journal, const struct step_row *row,
                                    struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = change(journal, STATEMENT_STEP_UPDATE, &statement, err);

    if (code == FERRY_OK) {
        code = check_json(journal, "cursor", row->cursor, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    struct binder binder = {.statement = statement};

    bind_step(&binder, row);
    code = finish(journal, statement, err);
    if (code == FERRY_OK && sqlite3_changes(journal->db) != 1) {
        return fail_row(journal, err, "there is no such step");
    }
    return code;
}

/* The seq of the unit that a bound statement finds; -1 where it finds none. */
static enum ferry_code look_up_seq(struct journal *journal, sqlite3_stmt *statement, int64_t *seq,
                                   struct ferry_error *err)
{
    int rc = sqlite3_step(statement);
    enum ferry_code code = FERRY_OK;

    *seq = -1;
    if (rc == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
        *seq = sqlite3_column_int64(statement, 0) & JOURNAL_SEQ_MAX;
    } else if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        code = spoil(journal, journal_fail_sqlite(journal, rc, "read", err));
    }
    sqlite3_reset(statement);
    return code;
}

static enum ferry_code next_seq(struct journal *journal, struct step_delta *delta,
                                struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    int64_t last = -1;
    enum ferry_code code;

    if (delta->next_seq >= 0) {
        return FERRY_OK;
    }
    code = change(journal, STATEMENT_UNIT_NEXT_SEQ, &statement, err);
    if (code != FERRY_OK) {
        return code;
    }
    struct binder binder = {.statement = statement};

    bind_int(&binder, JOURNAL_UNIT_ID(delta->run, delta->step, 0));
    bind_int(&binder, JOURNAL_UNIT_ID(delta->run, delta->step, JOURNAL_SEQ_MAX));
    code = look_up_seq(journal, statement, &last, err);
    if (code == FERRY_OK) {
        delta->next_seq = last + 1;
    }
    return code;
}

static enum ferry_code existing_seq(struct journal *journal, struct unit_row *row,
                                    struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = change(journal, STATEMENT_UNIT_SEQ, &statement, err);

    if (code != FERRY_OK) {
        return code;
    }
    struct binder binder = {.statement = statement};

    bind_int(&binder, JOURNAL_STEP_ID(row->run, row->step));
    bind_text(&binder, row->key);
    return look_up_seq(journal, statement, &row->seq, err);
}

/* Space for what a unit usually still gets: times, ids and the manager's word for its state. */
static void bind_room(struct binder *binder, enum unit_state state)
{
    static const int rooms[] = {[UNIT_PENDING] = 102, [UNIT_INTENT] = 40, [UNIT_STARTED] = 12};

    if ((size_t)state < FERRY_COUNT(rooms)) {
        bind_zeros(binder, rooms[state]);
    } else {
        bind_null(binder);
    }
}

/* What changes in the life of a unit, and its id; all three statements begin with it. */
static void bind_unit(struct binder *binder, const struct journal *journal,
                      const struct unit_row *row)
{
    bind_int(binder, row->state);
    bind_int(binder, row->attempt);
    bind_int(binder, row->tries);
    bind_int(binder, journal->epoch);
    bind_int(binder, row->not_before_ms);
    bind_int(binder, row->deadline_ms);
    bind_int(binder, row->intent_at_ms);
    bind_int(binder, row->started_at_ms);
    bind_int(binder, row->ended_at_ms);
    bind_id(binder, row->remote_id);
    bind_text(binder, row->remote_state);
    bind_text(binder, row->error);
    bind_text(binder, row->hint);
    bind_text(binder, row->data);
    bind_int(binder, row->http);
    bind_room(binder, row->state);
    bind_int(binder, JOURNAL_UNIT_ID(row->run, row->step, row->seq));
}

static bool is_open(enum unit_state state)
{
    return state == UNIT_INTENT || state == UNIT_STARTED;
}

static enum ferry_code fail_moved(struct journal *journal, const struct unit_row *row,
                                  enum unit_state from, struct ferry_error *err)
{
    ferry_fail(err, FERRY_E_JOURNAL,
               "cannot write the journal \"%s\": unit %s is not %s any more, or its intent is "
               "another",
               journal->path, row->key == NULL ? "?" : row->key, unit_state_name(from));
    ferry_error_hint(err, "see what became of it: ferry status");
    return spoil(journal, FERRY_E_JOURNAL);
}

/* From now on the unit is found by its intent; two with one intent are refused. */
static enum ferry_code add_open(struct journal *journal, const struct unit_row *row,
                                struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = change(journal, STATEMENT_OPEN_ADD, &statement, err);
    struct binder binder = {.statement = statement};

    if (code != FERRY_OK) {
        return code;
    }
    bind_id(&binder, row->intent_id);
    bind_int(&binder, JOURNAL_UNIT_ID(row->run, row->step, row->seq));
    return finish(journal, statement, err);
}

/* by_unit: by the intent that the stored row has, where the new row may bring another. */
static enum ferry_code remove_open(struct journal *journal, const struct unit_row *row,
                                   enum unit_state from, bool by_unit, struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = change(
        journal, by_unit ? STATEMENT_OPEN_REMOVE_UNIT : STATEMENT_OPEN_REMOVE, &statement, err);
    struct binder binder = {.statement = statement};

    if (code != FERRY_OK) {
        return code;
    }
    if (by_unit) {
        bind_int(&binder, JOURNAL_UNIT_ID(row->run, row->step, row->seq));
    } else {
        bind_id(&binder, row->intent_id);
    }
    code = finish(journal, statement, err);
    if (code == FERRY_OK && sqlite3_changes(journal->db) != 1) {
        return fail_moved(journal, row, from, err);
    }
    return code;
}

enum ferry_code journal_unit_add(struct journal *journal, struct unit_row *row, bool *added,
                                 struct ferry_error *err)
{
    struct step_delta *delta = journal_delta(journal, row->run, row->step);
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = change(journal, STATEMENT_UNIT_ADD, &statement, err);

    if (code == FERRY_OK) {
        code = check_json(journal, "data", row->data, err);
    }
    if (code == FERRY_OK) {
        code = next_seq(journal, delta, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    if (delta->next_seq > JOURNAL_SEQ_MAX) {
        return fail_row(journal, err, "a step has no room for more units");
    }
    struct binder binder = {.statement = statement};

    row->seq = delta->next_seq;
    bind_unit(&binder, journal, row);
    bind_int(&binder, JOURNAL_STEP_ID(row->run, row->step));
    bind_id(&binder, row->intent_id);
    bind_id(&binder, row->request_digest);
    bind_text(&binder, row->key);
    code = finish(journal, statement, err);
    if (code != FERRY_OK) {
        return code;
    }
    *added = sqlite3_changes(journal->db) == 1;
    if (!*added) {
        return existing_seq(journal, row, err);
    }
    if (is_open(row->state)) {
        code = add_open(journal, row, err);
    }
    delta->next_seq++;
    delta->units[row->state]++;
    delta->dirty = true;
    return code;
}

/* The row itself; which it was, and that it still is, is asked in the same statement. */
static enum ferry_code write_unit(struct journal *journal, const struct unit_row *row,
                                  enum unit_state from, bool keeps_intent, struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code =
        change(journal, keeps_intent ? STATEMENT_UNIT_UPDATE_OPEN : STATEMENT_UNIT_UPDATE,
               &statement, err);
    struct binder binder = {.statement = statement};

    if (code != FERRY_OK) {
        return code;
    }
    bind_unit(&binder, journal, row);
    bind_int(&binder, from);
    bind_id(&binder, row->intent_id);
    if (!keeps_intent) {
        bind_id(&binder, row->request_digest);
    }
    code = finish(journal, statement, err);
    if (code == FERRY_OK && sqlite3_changes(journal->db) != 1) {
        return fail_moved(journal, row, from, err);
    }
    return code;
}

enum ferry_code journal_unit_update(struct journal *journal, const struct unit_row *row,
                                    enum unit_state from, struct ferry_error *err)
{
    /* From an open state only its result is new: the intent cannot change. */
    bool keeps_intent = is_open(from) && row->state > UNIT_INTENT;
    struct step_delta *delta = journal_delta(journal, row->run, row->step);
    enum ferry_code code;

    assert(journal->in_turn);
    code = check_closed(journal, row->data, err);
    if (code == FERRY_OK && is_open(from) && !keeps_intent) {
        code = remove_open(journal, row, from, true, err);
    }
    if (code == FERRY_OK) {
        code = write_unit(journal, row, from, keeps_intent, err);
    }
    if (code == FERRY_OK && keeps_intent && !is_open(row->state)) {
        code = remove_open(journal, row, from, false, err);
    }
    if (code == FERRY_OK && !keeps_intent && is_open(row->state)) {
        code = add_open(journal, row, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    delta->units[from]--;
    delta->units[row->state]++;
    delta->dirty = true;
    return FERRY_OK;
}

/* -1 means none, which is stored as NULL. */
static void bind_int_or_none(struct binder *binder, int64_t value)
{
    if (value < 0) {
        bind_null(binder);
    } else {
        bind_int(binder, value);
    }
}

enum ferry_code journal_event_add(struct journal *journal, struct event_row *row,
                                  struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = change(journal, STATEMENT_EVENT_ADD, &statement, err);

    if (code == FERRY_OK) {
        code = check_closed(journal, row->data, err);
    }
    if (code != FERRY_OK) {
        return code;
    }
    struct binder binder = {.statement = statement};

    bind_int(&binder, row->run);
    bind_int_or_none(&binder, row->step);
    bind_int_or_none(&binder, row->seq);
    bind_int(&binder, journal->epoch);
    bind_int(&binder, row->at_ms);
    bind_text(&binder, row->kind);
    bind_text(&binder, row->data);
    code = finish(journal, statement, err);
    if (code == FERRY_OK) {
        row->id = sqlite3_last_insert_rowid(journal->db);
        row->epoch = journal->epoch;
    }
    return code;
}
