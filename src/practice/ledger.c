#include "practice/ledger.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "practice/jtext.h"
#include "practice/ledger_agents.h"
#include "practice/ledger_downloads.h"
#include "practice/ledger_watch.h"
#include "practice/practice.h"

#define LOG_ROOM 16384 /* requests remembered one by one */
#define KINDS_ROOM 256 /* different "METHOD path" counted one by one */
#define WINDOW_MS 1000

struct entry {
    char *method, *path;
    int64_t at_ms;
    int status;    /* -1: not answered yet, 0: closed */
    int64_t place; /* in the watch */
};

struct counted {
    char *name;
    int64_t n;
};

struct ledger {
    struct watch *watch;
    int64_t requests, changing;
    struct entry *log; /* a ring: request number n is at n % LOG_ROOM */
    struct counted *kinds;
    size_t kinds_count;
    int64_t max_per_second;
    int64_t busiest_from; /* number of the oldest request inside the last second */
    int64_t first;        /* number of the first request of this process */
    bool dirty;
};

static const char counter_sql[] = "SELECT coalesce(max(n), 0) FROM ledger WHERE kind = ?";

struct ledger *ledger_new(struct practice *practice)
{
    struct ledger *ledger = mem_new(practice, struct ledger);
    ledger->watch = watch_new(practice);
    ledger->log = mem_array(ledger, struct entry, LOG_ROOM);
    ledger->kinds = mem_array(ledger, struct counted, KINDS_ROOM);
    ledger->requests = sql_one_int(practice->sql, 0, counter_sql, "s", "requests");
    ledger->changing = sql_one_int(practice->sql, 0, counter_sql, "s", "changing_requests");
    ledger->max_per_second = sql_one_int(practice->sql, 0, counter_sql, "s", "max_per_second");
    ledger->first = ledger->requests + 1;
    ledger->busiest_from = ledger->first;
    return ledger;
}

void ledger_count(struct practice *practice, const char *kind, const char *name, const char *sub)
{
    sql_do(practice->sql,
           "INSERT INTO ledger VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1", "sss",
           kind, name, sub);
}

static void count_kind(struct ledger *ledger, const char *method, const char *path)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    const char *name = mem_printf(scope, "%s %s", method, path);
    for (size_t i = 0; i < ledger->kinds_count; i++) {
        if (strcmp(ledger->kinds[i].name, name) == 0) {
            ledger->kinds[i].n++;
            return;
        }
    }
    if (ledger->kinds_count < KINDS_ROOM) {
        ledger->kinds[ledger->kinds_count++] =
            (struct counted){.name = mem_strdup(ledger, name), .n = 1};
    }
}

/* The most requests that ever arrived within one second. */
static void count_rate(struct ledger *ledger, int64_t now)
{
    if (ledger->requests - ledger->busiest_from >= LOG_ROOM) {
        ledger->busiest_from = ledger->requests - LOG_ROOM + 1;
    }
    while (ledger->log[ledger->busiest_from % LOG_ROOM].at_ms <= now - WINDOW_MS) {
        ledger->busiest_from++;
    }
    int64_t inside = ledger->requests - ledger->busiest_from + 1;
    if (inside > ledger->max_per_second) {
        ledger->max_per_second = inside;
    }
}

int64_t ledger_request(struct practice *practice, const struct asked *asked)
{
    struct ledger *ledger = practice->ledger;
    ledger->requests++;
    if (strcmp(asked->method, "GET") != 0 && strcmp(asked->method, "HEAD") != 0) {
        ledger->changing++;
    }
    struct entry *entry = &ledger->log[ledger->requests % LOG_ROOM];
    mem_free(entry->method);
    mem_free(entry->path);
    entry->method = mem_strdup(ledger->log, asked->method);
    entry->path = mem_strdup(ledger->log, asked->path);
    entry->at_ms = practice_now_ms(practice);
    entry->status = -1;
    entry->place = watch_request(ledger->watch, asked);
    count_kind(ledger, asked->method, asked->path);
    count_rate(ledger, entry->at_ms);
    ledger->dirty = true;
    return ledger->requests;
}

void ledger_answered(struct practice *practice, int64_t number, int status)
{
    struct ledger *ledger = practice->ledger;
    if (number >= ledger->first && number > ledger->requests - LOG_ROOM) {
        ledger->log[number % LOG_ROOM].status = status;
        watch_answered(ledger->watch, ledger->log[number % LOG_ROOM].place, status);
    }
}

void ledger_restore_begins(struct practice *practice)
{
    watch_restore(practice->ledger->watch, true);
}

void ledger_restore_ends(struct practice *practice)
{
    watch_restore(practice->ledger->watch, false);
}

void ledger_password(struct practice *practice, const char *user, bool right)
{
    watch_password(practice->ledger->watch, user, right);
}

void ledger_flush(struct practice *practice)
{
    struct ledger *ledger = practice->ledger;
    if (!ledger->dirty) {
        return;
    }
    watch_flush(ledger->watch);
    sql_do(practice->sql,
           "INSERT INTO ledger VALUES ('requests', '', '', ?1), ('changing_requests', '', '', ?2),"
           " ('max_per_second', '', '', ?3) ON CONFLICT DO UPDATE SET n = excluded.n",
           "iii", ledger->requests, ledger->changing, ledger->max_per_second);
    ledger->dirty = false;
}

static void put_flat(struct practice *practice, struct buf *out, bool *first)
{
    static const char *const kinds[] = {LEDGER_UPLOADS,    LEDGER_PLUGINS, LEDGER_PLUGINS_DELETED,
                                        LEDGER_UPDATES,    LEDGER_CREATED, LEDGER_DELETED,
                                        LEDGER_ACTIONS,    LEDGER_TOKENS,  LEDGER_UPDATES_EMPTY,
                                        LEDGER_MAINTENANCE};
    for (size_t i = 0; i < FERRY_COUNT(kinds); i++) {
        jtext_key(out, first, kinds[i]);
        (void)buf_puts(out, "{");
        bool inner = true;
        struct sqlite3_stmt *query =
            sql_start(practice->sql, "SELECT name, n FROM ledger WHERE kind = ? ORDER BY name", "s",
                      kinds[i]);
        while (sql_next(query)) {
            jtext_name(out, &inner, sql_text(query, 0));
            jtext_int(out, sql_int(query, 1));
        }
        (void)buf_puts(out, "}");
    }
}

static void put_nested(struct practice *practice, struct buf *out, bool *first)
{
    static const char *const kinds[] = {LEDGER_EXECUTIONS, LEDGER_DRY_RUNS, LEDGER_SCHEDULED,
                                        LEDGER_EXECUTION_ACTIONS};
    void *scope FERRY_SCOPE = mem_scope(NULL);
    for (size_t i = 0; i < FERRY_COUNT(kinds); i++) {
        jtext_key(out, first, kinds[i]);
        (void)buf_puts(out, "{");
        bool outer = true;
        bool inner = true;
        const char *last = NULL;
        struct sqlite3_stmt *query = sql_start(
            practice->sql, "SELECT name, sub, n FROM ledger WHERE kind = ? ORDER BY name, sub", "s",
            kinds[i]);
        while (sql_next(query)) {
            if (last == NULL || strcmp(last, sql_text(query, 0)) != 0) {
                (void)buf_puts(out, last == NULL ? "" : "}");
                last = mem_strdup(scope, sql_text(query, 0));
                jtext_name(out, &outer, last);
                (void)buf_puts(out, "{");
                inner = true;
            }
            jtext_name(out, &inner, sql_text(query, 1));
            jtext_int(out, sql_int(query, 2));
        }
        (void)buf_puts(out, last == NULL ? "}" : "}}");
    }
}

static void put_restores(struct practice *practice, struct buf *out, bool *first)
{
    static const char *const names[] = {"snapshot_id", "execution_id", "status"};
    jtext_key(out, first, "restores");
    (void)buf_puts(out, "[");
    const char *comma = "";
    struct sqlite3_stmt *query = sql_start(
        practice->sql, "SELECT snapshot_id, execution_id, status FROM restores ORDER BY seq", "");
    while (sql_next(query)) {
        (void)buf_printf(out, "%s{", comma);
        bool inner = true;
        for (size_t i = 0; i < FERRY_COUNT(names); i++) {
            jtext_key(out, &inner, names[i]);
            jtext_string(out, sql_text(query, (int)i));
        }
        (void)buf_puts(out, "}");
        comma = ", ";
    }
    (void)buf_puts(out, "]");
}

static void put_number(struct buf *out, bool *first, const char *name, int64_t value)
{
    jtext_key(out, first, name);
    jtext_int(out, value);
}

void ledger_write(struct practice *practice, struct buf *out)
{
    static const char one[] = "SELECT n FROM ledger WHERE kind = ? AND name = '' AND sub = ''";
    const struct ledger *ledger = practice->ledger;
    bool first = true;
    (void)buf_puts(out, "{");
    put_flat(practice, out, &first);
    put_nested(practice, out, &first);
    put_restores(practice, out, &first);
    put_number(out, &first, LEDGER_ACTIVATIONS,
               sql_one_int(practice->sql, 0, one, "s", LEDGER_ACTIVATIONS));
    put_number(out, &first, LEDGER_DEACTIVATIONS,
               sql_one_int(practice->sql, 0, one, "s", LEDGER_DEACTIVATIONS));
    put_number(out, &first, "requests", ledger->requests);
    put_number(out, &first, "changing_requests", ledger->changing);
    put_number(out, &first, "max_per_second", ledger->max_per_second);
    jtext_key(out, &first, "requests_by");
    (void)buf_puts(out, "{");
    bool inner = true;
    for (size_t i = 0; i < ledger->kinds_count; i++) {
        jtext_name(out, &inner, ledger->kinds[i].name);
        jtext_int(out, ledger->kinds[i].n);
    }
    (void)buf_puts(out, "}");
    watch_write(ledger->watch, out, &first);
    ledger_agents_write(practice, out, &first);
    ledger_downloads_write(practice, out, &first);
    (void)buf_puts(out, "}");
}

void ledger_write_requests(struct practice *practice, struct buf *out, int64_t after)
{
    const struct ledger *ledger = practice->ledger;
    int64_t from = after + 1 < ledger->first ? ledger->first : after + 1;
    if (from <= ledger->requests - LOG_ROOM) {
        from = ledger->requests - LOG_ROOM + 1;
    }
    (void)buf_puts(out, "{\"requests\": [");
    for (int64_t n = from; n <= ledger->requests; n++) {
        const struct entry *entry = &ledger->log[n % LOG_ROOM];
        bool first = true;
        (void)buf_puts(out, n == from ? "{" : ", {");
        put_number(out, &first, "n", n);
        jtext_key(out, &first, "method");
        jtext_string(out, entry->method);
        jtext_key(out, &first, "path");
        jtext_string(out, entry->path);
        put_number(out, &first, "t", entry->at_ms);
        put_number(out, &first, "status", entry->status);
        (void)buf_puts(out, "}");
    }
    (void)buf_puts(out, "]}");
}
