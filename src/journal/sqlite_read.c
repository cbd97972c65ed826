#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "journal/rows.h"
#include "journal/sqlite.h"

/* A growing array of rows of one kind, filled from a statement; their texts end with it. */
struct table {
    const void *ctx;
    char *rows;
    size_t size; /* of one row */
    size_t count, room;
    bool (*fill)(struct columns *columns, void *row);
};

static bool fill_run(struct columns *columns, void *out)
{
    struct run_row *row = out;
    bool known;

    row->run = column_int(columns);
    column_fixed(columns, row->uuid, sizeof(row->uuid));
    row->name = column_text(columns);
    row->workflow = column_text(columns);
    row->target = column_text(columns);
    known = run_state_parse(column_text(columns), &row->state);
    row->options = column_text(columns);
    row->facts = column_text(columns);
    row->error = column_text(columns);
    row->hint = column_text(columns);
    row->code = code_parse(column_text(columns));
    row->ferry_version = column_text(columns);
    row->stop_before = column_text(columns);
    row->created_at_ms = column_int(columns);
    row->updated_at_ms = column_int(columns);
    row->cancel_at_ms = column_int(columns);
    return known;
}

static bool fill_step(struct columns *columns, void *out)
{
    struct step_row *row = out;
    bool known;

    row->run = column_int(columns);
    row->step = (int)column_int(columns);
    row->name = column_text(columns);
    row->def = (unsigned)column_int(columns);
    row->fanout = column_int(columns) != 0;
    known = step_state_parse(column_text(columns), &row->state);
    row->cursor = column_text(columns);
    row->error = column_text(columns);
    row->hint = column_text(columns);
    known = known && sqlite3_column_type(columns->statement, columns->at) != SQLITE_NULL;
    row->n_total = column_int(columns);
    row->n_done = column_int(columns);
    row->n_skipped = column_int(columns);
    row->n_failed = column_int(columns);
    row->n_open = column_int(columns);
    row->n_unknown = column_int(columns);
    row->started_at_ms = column_int(columns);
    row->ended_at_ms = column_int(columns);
    return known;
}

static bool fill_unit(struct columns *columns, void *out)
{
    struct unit_row *row = out;
    int64_t state;

    row->run = column_int(columns);
    row->step = (int)column_int(columns);
    row->seq = column_int(columns);
    row->key = column_text(columns);
    state = column_int(columns);
    row->state = (enum unit_state)state;
    row->attempt = (unsigned)column_int(columns);
    row->tries = (unsigned)column_int(columns);
    row->not_before_ms = column_int(columns);
    row->deadline_ms = column_int(columns);
    row->intent_at_ms = column_int(columns);
    row->started_at_ms = column_int(columns);
    row->ended_at_ms = column_int(columns);
    column_fixed(columns, row->intent_id, sizeof(row->intent_id));
    row->request_digest = column_id(columns);
    row->remote_id = column_id(columns);
    row->remote_state = column_text(columns);
    row->error = column_text(columns);
    row->hint = column_text(columns);
    row->data = column_text(columns);
    row->http = (int)column_int(columns);
    return state >= UNIT_PENDING && state <= UNIT_CANCELLED;
}

/* NULL stands for "none" in events. */
static int64_t column_int_or_none(struct columns *columns)
{
    if (sqlite3_column_type(columns->statement, columns->at) != SQLITE_NULL) {
        return column_int(columns);
    }
    columns->at++;
    return -1;
}

static bool fill_event(struct columns *columns, void *out)
{
    struct event_row *row = out;

    row->id = column_int(columns);
    row->run = column_int(columns);
    row->step = (int)column_int_or_none(columns);
    row->seq = column_int_or_none(columns);
    row->epoch = column_int(columns);
    row->at_ms = column_int(columns);
    row->kind = column_text(columns);
    row->data = column_text(columns);
    return true;
}

static void *next_row(struct table *table)
{
    void *row;

    if (table->count == table->room) {
        table->room = table->room == 0 ? 8 : table->room * 2;
        table->rows = mem_resize(table->ctx, table->rows, char, table->room * table->size);
    }
    row = table->rows + table->count++ * table->size;
    memset(row, 0, table->size);
    return row;
}

/* Runs the bound statement to its end. */
static enum ferry_code read_rows(struct journal *journal, sqlite3_stmt *statement,
                                 struct table *table, struct ferry_error *err)
{
    enum ferry_code code = FERRY_OK;
    int rc;

    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        void *row = next_row(table);
        struct columns columns = {.statement = statement, .ctx = table->rows};

        if (!table->fill(&columns, row)) {
            rc = SQLITE_CORRUPT;
            break;
        }
    }
    if (rc != SQLITE_DONE) {
        code = journal_fail_sqlite(journal, rc, "read", err);
    }
    sqlite3_reset(statement);
    return code;
}

/* Runs the bound statement for a caller who wants an array; NULL, and nothing kept, on failure or
   where there is no row. */
static void *read_array(struct journal *journal, sqlite3_stmt *statement, struct table *table,
                        enum ferry_code *code, struct ferry_error *err)
{
    *code = read_rows(journal, statement, table, err);
    if (*code == FERRY_OK) {
        return table->rows;
    }
    mem_free(table->rows);
    table->rows = NULL;
    table->count = 0;
    return NULL;
}

static enum ferry_code no_live_run(struct ferry_error *err)
{
    ferry_fail(err, FERRY_E_NOT_FOUND, "no run waits to be resumed");
    ferry_error_hint(err, "ferry runs lists those that have ended");
    return FERRY_E_NOT_FOUND;
}

static enum ferry_code several_runs(const char *name, const struct run_row *rows,
                                    struct ferry_error *err)
{
    if (name == NULL) {
        ferry_fail(err, FERRY_E_USAGE, "several runs are under way: %s, %s", rows[0].name,
                   rows[1].name);
    } else {
        ferry_fail(err, FERRY_E_USAGE, "several runs begin with \"%s\": %s (%s), %s (%s)", name,
                   rows[0].uuid, rows[0].name, rows[1].uuid, rows[1].name);
    }
    ferry_error_hint(err, "name one of them; ferry runs lists all");
    return FERRY_E_USAGE;
}

/* Up to two runs that fit; which has the name, or NULL, bound as the only value. */
static enum ferry_code find_runs(struct journal *journal, enum journal_statement which,
                                 const char *name, struct table *table, struct ferry_error *err)
{
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = journal_statement(journal, which, &statement, err);
    struct binder binder = {.statement = statement};

    if (code != FERRY_OK) {
        return code;
    }
    if (name != NULL) {
        bind_text(&binder, name);
    }
    return read_rows(journal, statement, table, err);
}

static char *lower_case(const void *ctx, const char *text)
{
    char *copy = mem_strdup(ctx, text);

    for (char *at = copy; *at != '\0'; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return copy;
}

static enum ferry_code no_such_run(struct journal *journal, const char *name,
                                   struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct ferry_error ignored = {0};
    struct run_row *rows = NULL;
    const char **names;
    const char *near = NULL;
    size_t count = 0;

    if (journal_runs(journal, scope, &rows, &count, &ignored) == FERRY_OK) {
        names = mem_array(scope, const char *, count + 1);
        for (size_t at = 0; at < count; at++) {
            names[at] = rows[at].name;
        }
        near = nearest_word(name, names, count);
    }
    ferry_fail(err, FERRY_E_NOT_FOUND, "there is no run \"%s\"", name);
    if (near != NULL) {
        ferry_error_hint(err, "did you mean %s? ferry runs lists them", near);
    } else {
        ferry_error_hint(err, "ferry runs lists them");
    }
    return FERRY_E_NOT_FOUND;
}

enum ferry_code journal_run_find(struct journal *journal, const void *ctx, const char *name,
                                 struct run_row *out, struct ferry_error *err)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    struct table table = {.ctx = scope, .size = sizeof(*out), .fill = fill_run};
    const struct run_row *rows;
    enum ferry_code code;

    if (name == NULL) {
        code = find_runs(journal, STATEMENT_RUNS_LIVE, NULL, &table, err);
    } else {
        code = find_runs(journal, STATEMENT_RUN_BY_NAME, name, &table, err);
        if (code == FERRY_OK && table.count == 0 && name[0] != '\0') {
            code =
                find_runs(journal, STATEMENT_RUN_BY_PREFIX, lower_case(scope, name), &table, err);
        }
    }
    if (code != FERRY_OK) {
        return code;
    }
    rows = (const void *)table.rows;
    if (table.count == 0) {
        return name == NULL ? no_live_run(err) : no_such_run(journal, name, err);
    }
    if (table.count > 1) {
        return several_runs(name, rows, err);
    }
    *out = rows[0];
    mem_move(ctx, table.rows);
    return FERRY_OK;
}

enum ferry_code journal_runs(struct journal *journal, const void *ctx, struct run_row **rows,
                             size_t *count, struct ferry_error *err)
{
    struct table table = {.ctx = ctx, .size = sizeof(**rows), .fill = fill_run};
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = journal_statement(journal, STATEMENT_RUNS, &statement, err);

    if (code != FERRY_OK) {
        return code;
    }
    *rows = read_array(journal, statement, &table, &code, err);
    *count = table.count;
    return code;
}

enum ferry_code journal_steps(struct journal *journal, const void *ctx, int64_t run,
                              struct step_row **rows, size_t *count, struct ferry_error *err)
{
    struct table table = {.ctx = ctx, .size = sizeof(**rows), .fill = fill_step};
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = journal_statement(journal, STATEMENT_STEPS, &statement, err);
    struct binder binder = {.statement = statement};

    if (code == FERRY_OK && journal->in_turn) {
        code = journal_flush_deltas(journal, err); /* the counters are to be right here too */
    }
    if (code != FERRY_OK) {
        return code;
    }
    bind_int(&binder, run);
    *rows = read_array(journal, statement, &table, &code, err);
    *count = table.count;
    return code;
}

static int64_t sql_limit(size_t limit)
{
    return limit > (size_t)INT64_MAX ? INT64_MAX : (int64_t)limit;
}

enum ferry_code journal_units(struct journal *journal, const void *ctx,
                              const struct unit_query *query, struct unit_row **rows, size_t *count,
                              struct ferry_error *err)
{
    static const enum journal_statement statements[] = {
        [UNITS_PENDING] = STATEMENT_UNITS_PENDING,
        [UNITS_OPEN] = STATEMENT_UNITS_OPEN,
        [UNITS_STUCK] = STATEMENT_UNITS_STUCK,
        [UNITS_ALL] = STATEMENT_UNITS_ALL,
    };
    struct table table = {.ctx = ctx, .size = sizeof(**rows), .fill = fill_unit};
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = journal_statement(journal, statements[query->filter], &statement, err);
    struct binder binder = {.statement = statement};

    if (code != FERRY_OK) {
        return code;
    }
    bind_int(&binder, JOURNAL_UNIT_ID(query->run, query->step,
                                      query->after_seq < 0 ? -1 : query->after_seq));
    bind_int(&binder, JOURNAL_UNIT_ID(query->run, query->step, JOURNAL_SEQ_MAX));
    bind_int(&binder, sql_limit(query->limit));
    *rows = read_array(journal, statement, &table, &code, err);
    *count = table.count;
    return code;
}

enum ferry_code journal_unit_find(struct journal *journal, const void *ctx,
                                  const struct unit_key *key, struct unit_row *out,
                                  struct ferry_error *err)
{
    struct table table = {.ctx = ctx, .size = sizeof(*out), .fill = fill_unit};
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = journal_statement(journal, STATEMENT_UNIT_BY_KEY, &statement, err);
    struct binder binder = {.statement = statement};
    const struct unit_row *rows;

    if (code != FERRY_OK) {
        return code;
    }
    bind_int(&binder, JOURNAL_STEP_ID(key->run, key->step));
    bind_text(&binder, key->key);
    rows = read_array(journal, statement, &table, &code, err);
    if (code != FERRY_OK) {
        return code;
    }
    if (table.count == 0) {
        return ferry_fail(err, FERRY_E_NOT_FOUND, "there is no unit \"%s\" in this step", key->key);
    }
    *out = rows[0];
    return FERRY_OK;
}

enum ferry_code journal_events(struct journal *journal, const void *ctx,
                               const struct event_query *query, struct event_row **rows,
                               size_t *count, struct ferry_error *err)
{
    struct table table = {.ctx = ctx, .size = sizeof(**rows), .fill = fill_event};
    sqlite3_stmt *statement = NULL;
    enum ferry_code code = journal_statement(
        journal, query->run == 0 ? STATEMENT_EVENTS : STATEMENT_EVENTS_OF_RUN, &statement, err);
    struct binder binder = {.statement = statement};

    if (code != FERRY_OK) {
        return code;
    }
    if (query->run != 0) {
        bind_int(&binder, query->run);
    }
    bind_int(&binder, query->after);
    bind_int(&binder, sql_limit(query->limit));
    *rows = read_array(journal, statement, &table, &code, err);
    *count = table.count;
    return code;
}
