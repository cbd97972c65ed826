#include "practice/ledger_downloads.h"

#include <string.h>

#include "base/mem.h"
#include "practice/jtext.h"
#include "practice/practice.h"

int64_t ledger_download_begins(struct practice *practice, const struct ledger_download *row)
{
    sql_do(practice->sql,
           "INSERT INTO downloads (snapshot, status, range_from, range_to, size, node)"
           " VALUES (?, ?, ?, ?, ?, ?)",
           "siiiii", row->snapshot, (int64_t)row->status, row->from, row->to, row->size, row->node);
    return sql_one_int(practice->sql, 0, "SELECT last_insert_rowid()", "");
}

void ledger_download_ended(struct practice *practice, int64_t number, int64_t sent, int64_t acked,
                           bool whole)
{
    sql_do(practice->sql, "UPDATE downloads SET sent = ?, acked = ?, done = ? WHERE seq = ?",
           "iiii", sent, acked, (int64_t)whole, number);
}

static void put_row(struct buf *out, struct sqlite3_stmt *row)
{
    static const char *const names[] = {"status", "from", "to", "size", "sent", "acked", "node"};
    bool first = true;
    (void)buf_puts(out, "{");
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        jtext_key(out, &first, names[i]);
        jtext_int(out, sql_int(row, (int)i + 1));
    }
    jtext_key(out, &first, "done");
    (void)buf_puts(out, sql_int(row, 8) != 0 ? "true}" : "false}");
}

void ledger_downloads_write(struct practice *practice, struct buf *out, bool *first)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *last = NULL;
    bool outer = true;
    jtext_key(out, first, "downloads");
    (void)buf_puts(out, "{");
    struct sqlite3_stmt *query =
        sql_start(practice->sql,
                  "SELECT snapshot, status, range_from, range_to, size, sent, acked, node, done"
                  " FROM downloads ORDER BY snapshot, seq",
                  "");
    while (sql_next(query)) {
        bool another = last == NULL || strcmp(last, sql_text(query, 0)) != 0;
        if (another) {
            (void)buf_puts(out, last == NULL ? "" : "]");
            last = mem_strdup(scope, sql_text(query, 0));
            jtext_name(out, &outer, last);
            (void)buf_puts(out, "[");
        }
        (void)buf_puts(out, another ? "" : ", ");
        put_row(out, query);
    }
    (void)buf_puts(out, last == NULL ? "}" : "]}");
}
