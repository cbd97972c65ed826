#include "practice/list.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "practice/jtext.h"
#include "practice/practice.h"
#include "practice/request.h"

static void write_value(struct buf *out, struct sqlite3_stmt *row, int column, enum field_kind kind)
{
    const char *text = sql_text(row, column);
    if (text == NULL) {
        (void)buf_append(out, "null", 4);
        return;
    }
    switch (kind) {
    case FIELD_BOOL:
        jtext_bool(out, sql_int(row, column) != 0);
        break;
    case FIELD_INT:
    case FIELD_JSON:
        (void)buf_append(out, text, strlen(text));
        break;
    case FIELD_TEXT:
        jtext_string(out, text);
        break;
    }
}

static void write_row(struct buf *out, struct sqlite3_stmt *row, const struct listing *listing,
                      const bool *shown)
{
    bool first = true;
    int column = 0;
    (void)buf_append(out, "{", 1);
    for (size_t i = 0; i < listing->count; i++) {
        if (shown[i]) {
            jtext_key(out, &first, listing->fields[i].name);
            write_value(out, row, column++, listing->fields[i].kind);
        }
    }
    (void)buf_append(out, "}", 1);
}

static void select_shown(struct buf *text, const struct listing *listing, const bool *shown)
{
    const char *comma = "SELECT ";
    for (size_t i = 0; i < listing->count; i++) {
        if (shown[i]) {
            (void)buf_printf(text, "%s%s", comma, listing->fields[i].sql);
            comma = ", ";
        }
    }
    if (*comma == 'S') {
        (void)buf_puts(text, "SELECT NULL");
    }
    (void)buf_printf(text, " FROM %s", listing->table);
}

/* The tenants that a list covers; the value of the first "?" is the user or the tenant. */
static const char *tenants_seen(const struct request *request, const struct listing *listing,
                                bool all)
{
    if (all && request->is_admin) {
        return "(?1 IS NOT NULL)";
    }
    if (all) {
        return "t.tenant IN (SELECT ut.tenant FROM user_tenants ut WHERE ut.username = ?1)";
    }
    return listing->sees_global ? "(t.tenant = ?1 OR t.visibility = 'global')" : "t.tenant = ?1";
}

static struct sqlite3_stmt *prepare(struct request *request, const char *text, const char *scope,
                                    const struct list_query *query)
{
    struct sqlite3_stmt *row = sql_prepare(request->practice->sql, text);
    sql_bind_text(row, 1, scope);
    for (size_t i = 0; i < query->values_count; i++) {
        sql_bind_text(row, (int)i + 2, query->values[i]);
    }
    return row;
}

static void write_pagination(struct buf *out, int64_t total, const struct list_query *query)
{
    (void)buf_printf(out,
                     "{\"metadata\": {\"pagination\": {\"total\": %" PRId64 ", \"size\": %" PRId64
                     ", \"offset\": %" PRId64 "}, \"filtered\": null}, \"items\": [",
                     total, query->size, query->offset);
}

void list_reply(struct request *request, const struct listing *listing, const char *where)
{
    struct list_query query = {0};
    if (!list_query_read(request, listing, &query)) {
        return;
    }
    bool all = (query.all_tenants || listing->whole) && !listing->one_page;
    const char *scope = all ? request->user : request->tenant;
    const char *condition = mem_printf(
        request, " WHERE %s%s%s%s", tenants_seen(request, listing, all),
        where == NULL ? "" : " AND ", where == NULL ? "" : where, buf_text(&query.where));
    struct buf text;
    buf_init(&text, request, 1u << 20);
    (void)buf_printf(&text, "SELECT count(*) FROM %s%s", listing->table, condition);
    struct sqlite3_stmt *row = prepare(request, buf_text(&text), scope, &query);
    int64_t total = sql_step(row) ? sql_int(row, 0) : 0;
    sql_drop(row);
    buf_clear(&text);
    select_shown(&text, listing, query.shown);
    (void)buf_printf(&text, "%s%s", condition, buf_text(&query.order));
    if (!query.all_results && !listing->one_page) {
        (void)buf_printf(&text, " LIMIT %" PRId64 " OFFSET %" PRId64, query.size, query.offset);
    }
    struct buf *out = reply_json(request, 200);
    write_pagination(out, total, &query);
    row = prepare(request, buf_text(&text), scope, &query);
    for (bool first = true; sql_step(row); first = false) {
        (void)buf_puts(out, first ? "" : ", ");
        write_row(out, row, listing, query.shown);
    }
    sql_drop(row);
    (void)buf_puts(out, "]}\n");
}

int64_t list_find(struct request *request, const struct listing *listing, const char *id)
{
    const char *text =
        mem_printf(request, "SELECT t.seq FROM %s WHERE %s AND %s = ?2 ORDER BY t.seq LIMIT 1",
                   listing->table, tenants_seen(request, listing, false), listing->id);
    struct sqlite3_stmt *row = sql_prepare(request->practice->sql, text);
    sql_bind_text(row, 1, request->tenant);
    sql_bind_text(row, 2, id);
    int64_t seq = sql_step(row) ? sql_int(row, 0) : 0;
    sql_drop(row);
    return seq;
}

static void write_by_seq(struct practice *practice, struct buf *out, const struct listing *listing,
                         const bool *shown, int64_t seq)
{
    struct buf text;
    void *scope FERRY_SCOPE = mem_scope(NULL);
    buf_init(&text, scope, 1u << 20);
    select_shown(&text, listing, shown);
    (void)buf_printf(&text, " WHERE t.seq = %" PRId64, seq);
    struct sqlite3_stmt *row = sql_prepare(practice->sql, buf_text(&text));
    if (sql_step(row)) {
        write_row(out, row, listing, shown);
    }
    sql_drop(row);
}

void list_write_row(struct practice *practice, struct buf *out, const struct listing *listing,
                    int64_t seq)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    bool *shown = mem_array(scope, bool, listing->count);
    for (size_t i = 0; i < listing->count; i++) {
        shown[i] = (listing->fields[i].flags & FIELD_SHOWN) != 0 &&
                   profile_has_field(practice->profile, listing->model, listing->fields[i].name);
    }
    write_by_seq(practice, out, listing, shown, seq);
}

void list_reply_one(struct request *request, const struct listing *listing, const char *id)
{
    struct list_query query = {0};
    int64_t seq = list_find(request, listing, id);
    if (seq == 0) {
        reply_not_found(request, listing->model, id);
        return;
    }
    /* Only _include matters for one row. */
    size_t kept = 0;
    for (size_t i = 0; i < request->params_count; i++) {
        if (strcmp(request->params[i].name, "_include") == 0) {
            request->params[kept++] = request->params[i];
        }
    }
    request->params_count = kept;
    if (list_query_read(request, listing, &query)) {
        write_by_seq(request->practice, reply_json(request, 200), listing, query.shown, seq);
        (void)buf_puts(&request->reply.body, "\n");
    }
}
