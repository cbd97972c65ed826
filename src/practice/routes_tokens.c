#include <string.h>

#include "base/mem.h"
#include "base/timefmt.h"
#include "practice/jtext.h"
#include "practice/ledger.h"
#include "practice/practice.h"
#include "practice/request.h"
#include "practice/routes.h"

#define ID_LENGTH 10
#define SECRET_LENGTH 40

static char *random_word(struct practice *practice, const void *ctx, size_t length)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    char *word = mem_array(ctx, char, length + 1);
    for (size_t i = 0; i < length; i++) {
        word[i] = letters[rng_below(practice->rng, sizeof letters - 1)];
    }
    return word;
}

/* "+10h", "+30m", "+2d" or a time; false: not one, or past. */
static bool read_expiration(struct practice *practice, const char *text, int64_t *out_ms)
{
    int64_t now = practice_now_ms(practice);
    int64_t amount = 0;
    if (*text != '+') {
        return timefmt_parse_utc(text, out_ms) && *out_ms > now;
    }
    const char *at = text + 1;
    for (; *at >= '0' && *at <= '9' && amount < 1000000; at++) {
        amount = amount * 10 + (*at - '0');
    }
    int64_t unit = *at == 'h' ? 3600 : *at == 'd' ? 86400 : *at == 'm' ? 60 : 0;
    *out_ms = now + amount * unit * 1000;
    return unit != 0 && at[1] == '\0' && amount > 0;
}

static const char token_columns[] = "SELECT id, username, secret, (SELECT role FROM users u WHERE"
                                    " u.username = t.username), expiration_date, last_used,"
                                    " description FROM tokens t";

static void write_token(struct buf *out, void *ctx, struct sqlite3_stmt *row, bool open)
{
    static const char *const names[] = {
        "id", "username", "value", "role", "expiration_date", "last_used", "description"};
    bool first = true;
    (void)buf_puts(out, "{");
    for (size_t i = 0; i < FERRY_COUNT(names); i++) {
        const char *text = sql_text(row, (int)i);
        if (i == 2) {
            text = mem_printf(ctx, "ctok-%s-%s", sql_text(row, 0),
                              open && text != NULL ? text : "********");
        }
        jtext_key(out, &first, names[i]);
        jtext_string(out, text);
    }
    (void)buf_puts(out, "}");
}

void handle_token_create(struct request *request)
{
    struct practice *practice = request->practice;
    const char *expires = json_string_or(request->json, "expiration_date", NULL);
    int64_t expires_ms = 0;
    if (expires != NULL && !read_expiration(practice, expires, &expires_ms)) {
        reply_internal_error(request, mem_printf(request,
                                                 "ValueError: %s is not a legal time "
                                                 "format. accepted formats are "
                                                 "YYYY-MM-DD HH:MM | HH:MM",
                                                 expires));
        return;
    }
    const char *id = random_word(practice, request, ID_LENGTH);
    sql_do(practice->sql,
           "INSERT INTO tokens (id, secret, username, expiration_date, description)"
           " VALUES (?, ?, ?, ?, ?)",
           "sssss", id, random_word(practice, request, SECRET_LENGTH), request->user,
           expires == NULL ? NULL : timefmt_utc(request, expires_ms),
           json_string_or(request->json, "description", NULL));
    ledger_count(practice, LEDGER_TOKENS, request->user, "");
    const char *text = mem_printf(request, "%s WHERE id = ?", token_columns);
    struct sqlite3_stmt *row = sql_start(practice->sql, text, "s", id);
    if (sql_next(row)) {
        write_token(reply_json(request, 200), request, row, true);
        sql_end(row);
    }
}

/* Before 6.4: one opaque token a user, made when it is first asked for. */
static void reply_old_token(struct request *request, const char *user)
{
    struct practice *practice = request->practice;
    sql_do(practice->sql,
           "INSERT INTO tokens (id, secret, username) SELECT ?1, ?1, username FROM users"
           " WHERE username = ?2 AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.username = ?2)",
           "ss", random_word(practice, request, SECRET_LENGTH), user);
    const char *value = sql_one_text(
        request, practice->sql, "SELECT secret FROM tokens WHERE username = ? LIMIT 1", "s", user);
    if (value == NULL) {
        reply_not_found(request, "User", user);
        return;
    }
    struct json *out = json_object(request);
    json_set_string(out, "username", user);
    json_set_string(out, "value", value);
    json_set_string(out, "role",
                    sql_one_text(request, practice->sql,
                                 "SELECT role FROM users WHERE username = ?", "s", user));
    reply_json_node(request, 200, out);
}

void handle_user_token(struct request *request)
{
    if (!request->is_admin) {
        reply_error(request, 403, "forbidden_error",
                    "User `%s` is not permitted to perform the action user_token", request->user);
        return;
    }
    reply_old_token(request, request->args[0]);
}

void handle_token_list(struct request *request)
{
    struct practice *practice = request->practice;
    if (!practice->profile->token_rows) {
        reply_old_token(request, request->user);
        return;
    }
    struct buf items;
    buf_init(&items, request, JTEXT_LIMIT);
    int64_t total = 0;
    const char *text =
        mem_printf(request, "%s WHERE ?1 OR username = ?2 ORDER BY seq", token_columns);
    struct sqlite3_stmt *row =
        sql_start(practice->sql, text, "is", (int64_t)request->is_admin, request->user);
    while (sql_next(row)) {
        (void)buf_puts(&items, total++ == 0 ? "" : ", ");
        write_token(&items, request, row, false);
    }
    struct buf *out = reply_json(request, 200);
    (void)buf_puts(out, "{\"metadata\": {\"pagination\": {\"total\": ");
    jtext_int(out, total);
    (void)buf_puts(out, ", \"size\": 1000, \"offset\": 0}, \"filtered\": null}, \"items\": [");
    (void)buf_append(out, buf_text(&items), items.len);
    (void)buf_puts(out, "]}\n");
}

static bool reply_no_token(struct request *request)
{
    reply_error(request, 404, "not_found_error", "Could not find token %s", request->args[0]);
    return false;
}

void handle_token_get(struct request *request)
{
    const char *text = mem_printf(request, "%s WHERE id = ?", token_columns);
    struct sqlite3_stmt *row = sql_start(request->practice->sql, text, "s", request->args[0]);
    if (!sql_next(row)) {
        (void)reply_no_token(request);
        return;
    }
    write_token(reply_json(request, 200), request, row, false);
    sql_end(row);
}

void handle_token_delete(struct request *request)
{
    if (sql_do(request->practice->sql, "DELETE FROM tokens WHERE id = ?", "s", request->args[0]) ==
        0) {
        (void)reply_no_token(request);
        return;
    }
    reply_empty(request, 204);
}
