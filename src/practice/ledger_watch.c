#include "practice/ledger_watch.h"

#include <string.h>

#include "base/mem.h"
#include "practice/jtext.h"
#include "practice/ledger.h"
#include "practice/practice.h"
#include "practice/routes.h"

#define DURING_ROOM 2000 /* the newest requests during restores */
#define ROUTES_ROOM 256
#define USERS_ROOM 64

struct during {
    int64_t restore; /* the first is 1 */
    int64_t node;    /* the same */
    int64_t at_ms;   /* since the answer to its POST */
    char *method, *path;
    int status;
    bool auth;
};

struct by_route {
    const char *method, *pattern;
    int64_t n;
};

struct wrong {
    char *user;
    int64_t in_a_row, most, total;
};

struct watch {
    struct practice *practice;
    struct during *during; /* a ring: the n-th is at n % DURING_ROOM */
    int64_t during_count;
    int64_t restore, restore_began_ms;
    bool restoring;
    int64_t by_node[CLUSTER_MOST + 1];
    struct by_route routes[ROUTES_ROOM];
    size_t routes_count;
    struct wrong users[USERS_ROOM];
    size_t users_count;
    bool dirty;
};

static int64_t real_ms(const struct watch *watch)
{
    return watch->practice->clock->realtime_ms(watch->practice->clock);
}

struct watch *watch_new(struct practice *practice)
{
    struct watch *watch = mem_new(practice, struct watch);
    watch->practice = practice;
    watch->during = mem_array(watch, struct during, DURING_ROOM);
    watch->restore = sql_one_int(practice->sql, 0, "SELECT count(*) FROM restores", "");
    watch->restore_began_ms = sql_one_int(
        practice->sql, 0, "SELECT n FROM ledger WHERE kind = 'restore_began' AND name = ''", "");
    watch->restoring = watch->restore_began_ms != 0;
    struct sqlite3_stmt *query = sql_start(
        practice->sql, "SELECT name, n, sub FROM ledger WHERE kind = 'wrong_passwords'", "");
    while (sql_next(query) && watch->users_count < USERS_ROOM) {
        struct wrong *wrong = &watch->users[watch->users_count++];
        wrong->user = mem_strdup(watch, sql_text(query, 0));
        wrong->most = sql_int(query, 1);
    }
    return watch;
}

static void count_route(struct watch *watch, const char *method, const char *path)
{
    const char *pattern = routes_pattern(path);
    for (size_t i = 0; i < watch->routes_count; i++) {
        struct by_route *known = &watch->routes[i];
        if (strcmp(known->pattern, pattern) == 0 && strcmp(known->method, method) == 0) {
            known->n++;
            return;
        }
    }
    if (watch->routes_count < ROUTES_ROOM) {
        watch->routes[watch->routes_count++] =
            (struct by_route){mem_strdup(watch, method), pattern, 1};
    }
}

int64_t watch_request(struct watch *watch, const struct asked *asked)
{
    count_route(watch, asked->method, asked->path);
    watch->by_node[asked->node < CLUSTER_MOST ? asked->node : CLUSTER_MOST]++;
    if (!watch->restoring) {
        return -1;
    }
    int64_t place = watch->during_count++;
    struct during *during = &watch->during[place % DURING_ROOM];
    mem_free(during->method);
    mem_free(during->path);
    *during = (struct during){.restore = watch->restore,
                              .at_ms = real_ms(watch) - watch->restore_began_ms,
                              .node = (int64_t)asked->node + 1,
                              .method = mem_strdup(watch->during, asked->method),
                              .path = mem_strdup(watch->during, asked->path),
                              .status = -1,
                              .auth = asked->auth};
    return place;
}

void watch_answered(struct watch *watch, int64_t place, int status)
{
    if (place >= 0 && place >= watch->during_count - DURING_ROOM) {
        watch->during[place % DURING_ROOM].status = status;
    }
}

void watch_restore(struct watch *watch, bool runs)
{
    watch->restoring = runs;
    watch->restore += runs ? 1 : 0;
    watch->restore_began_ms = runs ? real_ms(watch) : 0;
    sql_do(watch->practice->sql,
           "INSERT OR REPLACE INTO ledger VALUES ('restore_began', '', '', ?)", "i",
           watch->restore_began_ms);
}

void watch_password(struct watch *watch, const char *user, bool right)
{
    struct wrong *wrong = NULL;
    for (size_t i = 0; i < watch->users_count && wrong == NULL; i++) {
        wrong = strcmp(watch->users[i].user, user) == 0 ? &watch->users[i] : NULL;
    }
    if (wrong == NULL) {
        if (right || watch->users_count == USERS_ROOM) {
            return;
        }
        wrong = &watch->users[watch->users_count++];
        *wrong = (struct wrong){.user = mem_strdup(watch, user)};
    }
    wrong->in_a_row = right ? 0 : wrong->in_a_row + 1;
    wrong->total += right ? 0 : 1;
    if (wrong->in_a_row > wrong->most) {
        wrong->most = wrong->in_a_row;
        watch->dirty = true;
    }
}

void watch_flush(struct watch *watch)
{
    for (size_t i = 0; watch->dirty && i < watch->users_count; i++) {
        sql_do(watch->practice->sql,
               "INSERT OR REPLACE INTO ledger VALUES ('wrong_passwords', ?, '', ?)", "si",
               watch->users[i].user, watch->users[i].most);
    }
    watch->dirty = false;
}

static void write_during(const struct watch *watch, struct buf *out)
{
    int64_t from = watch->during_count > DURING_ROOM ? watch->during_count - DURING_ROOM : 0;
    (void)buf_puts(out, "[");
    for (int64_t n = from; n < watch->during_count; n++) {
        const struct during *during = &watch->during[n % DURING_ROOM];
        bool first = true;
        (void)buf_puts(out, n == from ? "{" : ", {");
        jtext_key(out, &first, "restore");
        jtext_int(out, during->restore);
        jtext_key(out, &first, "node");
        jtext_int(out, during->node);
        jtext_key(out, &first, "at_ms");
        jtext_int(out, during->at_ms);
        jtext_key(out, &first, "method");
        jtext_string(out, during->method);
        jtext_key(out, &first, "path");
        jtext_string(out, during->path);
        jtext_key(out, &first, "status");
        jtext_int(out, during->status);
        jtext_key(out, &first, "auth");
        jtext_bool(out, during->auth);
        (void)buf_puts(out, "}");
    }
    (void)buf_puts(out, "]");
}

static void write_routes(const struct watch *watch, struct buf *out)
{
    void *scope FERRY_SCOPE = mem_scope(NULL);
    bool first = true;
    (void)buf_puts(out, "{");
    for (size_t i = 0; i < watch->routes_count; i++) {
        const struct by_route *route = &watch->routes[i];
        jtext_name(out, &first, mem_printf(scope, "%s %s", route->method, route->pattern));
        jtext_int(out, route->n);
    }
    (void)buf_puts(out, "}");
}

/* A list: the first is of node 1. */
static void write_nodes(const struct watch *watch, struct buf *out)
{
    (void)buf_puts(out, "[");
    for (size_t i = 0; i < watch->practice->cluster.count; i++) {
        (void)buf_puts(out, i == 0 ? "" : ", ");
        jtext_int(out, watch->by_node[i]);
    }
    (void)buf_puts(out, "]");
}

static void write_users(const struct watch *watch, struct buf *out)
{
    bool outer = true;
    (void)buf_puts(out, "{");
    for (size_t i = 0; i < watch->users_count; i++) {
        const struct wrong *wrong = &watch->users[i];
        bool first = true;
        jtext_name(out, &outer, wrong->user);
        (void)buf_puts(out, "{");
        jtext_key(out, &first, "in_a_row");
        jtext_int(out, wrong->in_a_row);
        jtext_key(out, &first, "most_in_a_row");
        jtext_int(out, wrong->most);
        jtext_key(out, &first, "total");
        jtext_int(out, wrong->total);
        (void)buf_puts(out, "}");
    }
    (void)buf_puts(out, "}");
}

void watch_write(struct watch *watch, struct buf *out, bool *first)
{
    jtext_key(out, first, "during_restore");
    write_during(watch, out);
    jtext_key(out, first, "by_route");
    write_routes(watch, out);
    jtext_key(out, first, "by_node");
    write_nodes(watch, out);
    jtext_key(out, first, "wrong_passwords");
    write_users(watch, out);
}
